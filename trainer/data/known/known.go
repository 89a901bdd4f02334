// Package known is the table of the data sets that hrnnc knows by name: what they are, where their files lie, what those must be to the
// byte, and how they are fetched. How they are read is package data's. Start with Sets and Find.
package known

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// code is the code of every diagnostic of this package.
const code = "data"

// DirVariable names the environment variable with the folder that holds one folder for each known set.
const DirVariable = "HRNNC_DATA"

// places are the folders where a known set may lie, the preferred one first.
func (k *Set) places() []string {
	var out []string
	if dir := os.Getenv(DirVariable); dir != "" {
		out = append(out, filepath.Join(dir, k.Folder))
	}
	if cache, err := os.UserCacheDir(); err == nil {
		out = append(out, filepath.Join(cache, "hrnnc", k.Folder))
	}
	if k.System != "" {
		out = append(out, k.System)
	}
	return out
}

// Where gives the folder that holds the set, its files or its archive unpacked, "" when it is missing.
func (k *Set) Where() string {
	for _, dir := range k.places() {
		if k.Complete(dir) || k.Archive.Root(dir) != "" {
			return dir
		}
	}
	return ""
}

// Complete reports whether a folder has all files of the table.
func (k *Set) Complete(dir string) bool {
	for _, f := range k.Files {
		if f.In(dir) == "" {
			return false
		}
	}
	return true
}

// In gives the path of the file in a folder: packed or, where the reader takes that too, unpacked. "" when it is missing.
func (f File) In(dir string) string {
	for _, name := range []string{f.Name, strings.TrimSuffix(f.Name, ".gz")} {
		if files.Exists(dir, name) {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// Check reads what a folder holds of the set, the files of the table or the unpacked archive, all of it; whole reads an unpacked one.
func (k *Set) Check(dir string, whole func(root string) error) error {
	defer fileio.ForgetInputs(dir)
	if k.Complete(dir) {
		return k.CheckFiles(dir)
	}
	return whole(k.Archive.Root(dir))
}

// replaces reports whether Get brings what takes the place of a damaged set in a folder.
func (k *Set) replaces(dir string) bool {
	return k.URL != "" || k.Archive != nil && !k.Complete(dir)
}

// Again is the error of a damaged set in a folder, with the way out.
func (k *Set) Again(dir string, err error) error {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		switch {
		case k.replaces(dir):
			d.Help = fmt.Sprintf("hrnnc data get %s  fetches it again; a set of your own is named by its path, not by this name", k.Name)
		case k.Archive != nil:
			d.Help = fmt.Sprintf("move it away; then  hrnnc data get %s  fetches what its authors publish", k.Name)
		}
	}
	return err
}

// CheckFiles compares the files of a folder with the table.
func (k *Set) CheckFiles(dir string) error {
	for _, f := range k.Files {
		if err := f.checkAt(f.In(dir)); err != nil {
			return err
		}
	}
	return nil
}

// checkAt reads the file at a path and compares it with the table.
func (f File) checkAt(path string) error {
	data, err := fileio.Read(path, code)
	if err != nil {
		return err
	}
	return f.check(path, data)
}

// check compares the file's bytes with the table, as they are or unpacked.
func (f File) check(path string, data []byte) error {
	sum := digest(data)
	if sum == f.SHA256 || sum == f.Unpacked {
		return nil
	}
	if f.Unpacked != "" {
		content, err := files.Unpack(path, data)
		if err != nil {
			return err
		}
		if sum = digest(content); sum == f.Unpacked {
			return nil
		}
	}
	return diag.InFile(path, "").Errorf(code, "is not the known file: its SHA-256 is %s...", sum[:16]).
		Helpf("fetch or copy it again; a set of your own is named by its path, not by this name")
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Missing says how to get the set.
func (k *Set) Missing() *diag.Diagnostic {
	return diag.InFile(k.Name, "").Errorf(code, "the data set is not on this machine").Helpf("%s", k.ways())
}

// ways are the two ways to get the set.
func (k *Set) ways() string {
	var names []string
	for _, f := range k.Files {
		names = append(names, f.Name)
	}
	into := "$" + DirVariable + "/" + k.Folder
	if places := k.places(); os.Getenv(DirVariable) == "" && len(places) > 0 {
		into = places[0]
	}
	put := fmt.Sprintf("put %s into %s", strings.Join(names, ", "), into)
	switch {
	case k.System != "":
		put += fmt.Sprintf(" (on Debian, apt install dataset-%s puts them into %s, which is found too)", filepath.Base(k.System), k.System)
	case k.Archive != nil:
		put = fmt.Sprintf("fetch %s yourself and unpack it into %s", k.Archive.URL, into)
	case k.URL == "":
		return fmt.Sprintf("%s (hrnnc knows no place to fetch it from; it was made from %s); or train on a generated set, such as curves(%d)", put, k.Source, k.T)
	}
	return fmt.Sprintf("hrnnc data get %s  where there is a network; or %s", k.Name, put)
}

// Nearest suggests the known set or generator that looks like a name.
func Nearest(name string) string {
	var names []string
	for _, k := range Sets {
		names = append(names, k.Name)
	}
	best := diag.Nearest(name, names)
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
