package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// manifestName is the file that marks a folder as made by hrnnc: the report, and the hash of every file beside it.
const manifestName = "hrnnc.json"

// buildFolder is where generated Makefiles build; what is in it can be built again.
const buildFolder = "build"

type manifest struct {
	Report Report            `json:"report"`
	Files  map[string]string `json:"files"` // path -> SHA-256
}

// Write puts an output into a folder, whole or not at all: everything goes to a temporary folder beside it, which then
// takes its place. A folder that hrnnc did not make, or whose files were changed or added to since, is left alone and
// reported, unless force is set.
func (o *Output) Write(dir string, force bool) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return writeError(dir, err)
	}
	if !force {
		if err := mayReplace(dir); err != nil {
			return err
		}
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return writeError(parent, err)
	}
	tmp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".tmp-")
	if err != nil {
		return writeError(parent, err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return writeError(tmp, err)
	}
	files := o.tree()
	data, err := o.manifest(files)
	if err != nil {
		return err
	}
	files = append(files, backends.File{Path: manifestName, Data: data})
	if err := writeFiles(tmp, files); err != nil {
		return writeError(dir, err)
	}
	return swap(tmp, dir)
}

// tree is every file with its target's folder in front, and the words of the tokens, a line each, beside them.
func (o *Output) tree() []backends.File {
	var out []backends.File
	if len(o.Vocabulary) > 0 {
		out = append(out, backends.File{Path: "vocabulary.txt", Data: []byte(strings.Join(o.Vocabulary, "\n") + "\n")})
	}
	for _, t := range Targets {
		for _, f := range o.Files[t.Name()] {
			out = append(out, backends.File{Path: t.Name() + "/" + f.Path, Data: f.Data})
		}
	}
	return out
}

func (o *Output) manifest(files []backends.File) ([]byte, error) {
	m := manifest{Report: o.Report, Files: map[string]string{}}
	for _, f := range files {
		m.Files[f.Path] = hash(f.Data)
	}
	data, err := json.MarshalIndent(m, "", "  ")
	return append(data, '\n'), err
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func writeFiles(dir string, files []backends.File) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// swap puts tmp where dir is. What was there is put back if that fails.
func swap(tmp, dir string) error {
	old := tmp + ".old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(dir, err)
	}
	had := err == nil
	if err := os.Rename(tmp, dir); err != nil {
		if had {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return writeError(dir, err)
	}
	if had {
		return os.RemoveAll(old)
	}
	return nil
}

func writeError(path string, err error) error {
	reason := err.Error()
	var p *fs.PathError
	if errors.As(err, &p) {
		reason = p.Err.Error()
	}
	return diag.List{diag.InFile(path, "").Errorf("output", "cannot be written: %s", reason).Helpf("choose another folder with -o")}
}

// mayReplace reports what of the user's a folder holds.
func mayReplace(dir string) error {
	refuse := func(format string, args ...any) error {
		return diag.List{diag.InFile(dir, "").Errorf("output", format, args...).
			Helpf("choose another folder with -o, or give --force to replace this one")}
	}
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return writeError(dir, err)
	}
	if !info.IsDir() {
		return refuse("is a file")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return writeError(dir, err)
	}
	if len(entries) == 0 {
		return nil
	}
	var m manifest
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil || json.Unmarshal(data, &m) != nil || m.Files == nil {
		return refuse("is a folder that hrnnc did not make")
	}
	changed, err := changedFiles(dir, m)
	if err != nil {
		return writeError(dir, err)
	}
	if len(changed) > 0 {
		return refuse("holds what hrnnc did not write: %s", shortList(changed))
	}
	return nil
}

func shortList(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// changedFiles lists files that differ from the manifest or do not stand in it.
func changedFiles(dir string, m manifest) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == buildFolder {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if name == manifestName {
			return nil
		}
		want, known := m.Files[name]
		if known && d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			known = hash(data) == want
		}
		if !known {
			out = append(out, name)
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}
