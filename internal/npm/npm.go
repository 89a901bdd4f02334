// Package npm has npm fetch packages, once, into the user's cache, from where node runs them. It knows no package. Start with Install.
package npm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Tools are the commands that it takes.
var Tools = []string{"node", "npm"}

// Folder is where the packages are, whether they are there or not.
func Folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "hrnnc", "npm"), nil
}

// Install has npm put packages, each NAME@VERSION, into the folder, where they are not. No script of theirs runs. watch, which may be
// nil, hears of it before.
func Install(ctx context.Context, watch func(what string), packages ...string) (folder string, err error) {
	if folder, err = Folder(); err != nil {
		return "", err
	}
	there := true
	for _, p := range packages {
		at := strings.LastIndexByte(p, '@')
		data, err := os.ReadFile(filepath.Join(folder, "node_modules", filepath.FromSlash(p[:at]), "package.json"))
		there = there && err == nil && bytes.Contains(data, fmt.Appendf(nil, "%q", p[at+1:]))
	}
	if there {
		return folder, nil
	}
	if watch != nil {
		watch("npm fetches " + strings.Join(packages, " "))
	}
	if err := fileio.MakeFolder(folder); err != nil {
		return "", err
	}
	lock, err := fileio.LockFolder(folder)
	if err != nil {
		return "", err
	}
	defer lock.Release()
	_, err = exttool.Run(ctx, folder, nil, "npm", append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder}, packages...)...)
	return folder, err
}
