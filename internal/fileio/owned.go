package fileio

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// writtenName is the file in which a Folder lists what hrnnc wrote.
const writtenName = "hrnnc-written.json"

// Folder is a folder that hrnnc writes into, over some time, beside what the user has there. It is locked, and knows by
// their hashes the files that hrnnc wrote: nothing else is replaced or removed, and neither is one that was changed since.
type Folder struct {
	path  string // as the user names it
	below string // of the names in it, with slashes; "" for all of the folder
	state *written
}

// written is what a Folder and those below it share.
type written struct {
	root      string
	lock      *Lock
	elsewhere map[string]string // name -> path
	now       map[string]string // the hash that a file has, once this process wrote it
	// Files holds the hashes that a file may have: that of the last content and, while it is replaced, that of the next. A
	// process that is killed leaves one of them.
	Files map[string][]string `json:"files"`
}

// OpenFolder makes and locks a folder and reads what hrnnc wrote there before. Where another process has it, the error has the
// code "locked". Close lets go of it.
func OpenFolder(path string) (*Folder, error) {
	if err := MakeFolder(path); err != nil {
		return nil, err
	}
	lock, err := LockFolder(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{path: path, state: &written{root: path, lock: lock, elsewhere: map[string]string{}, now: map[string]string{}}}
	list := filepath.Join(path, writtenName)
	data, err := os.ReadFile(list)
	if err == nil {
		err = json.Unmarshal(data, f.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Close()
		return nil, diag.InFile(list, "").Errorf("output", "is not the list of files that hrnnc writes").Helpf("move it away, or choose another folder with -o")
	}
	if f.state.Files == nil {
		f.state.Files = map[string][]string{}
	}
	return f, nil
}

// Close lets others have the folder, and removes it when it is empty.
func (f *Folder) Close() {
	f.state.lock.Release()
	_ = os.Remove(f.state.root) // which fails when anything is in it
}

// Empty reports whether the folder holds nothing but what this type keeps there.
func (f *Folder) Empty() bool {
	entries, err := os.ReadDir(f.path)
	return err != nil || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != lockName && e.Name() != writtenName })
}

// Sub is a folder in the folder, under the same lock. It is made when something is written to it.
func (f *Folder) Sub(name string) *Folder {
	return &Folder{path: filepath.Join(f.path, name), below: path.Join(f.below, name), state: f.state}
}

// Elsewhere gives a file that lies outside the folder a name in it.
func (f *Folder) Elsewhere(name, path string) { f.state.elsewhere[f.key(name)] = path }

// Path is the path of a file by its name, which has slashes.
func (f *Folder) Path(name string) string { return f.state.at(f.key(name)) }

func (f *Folder) key(name string) string { return path.Join(f.below, name) }

func (s *written) at(key string) string {
	if path, ok := s.elsewhere[key]; ok {
		return path
	}
	return filepath.Join(s.root, filepath.FromSlash(key))
}

// Claim is an error when one of the names is taken by what hrnnc did not write, or what was changed since.
func (f *Folder) Claim(names ...string) error {
	for _, name := range names {
		there, own, err := f.state.owns(f.key(name))
		if err != nil {
			return err
		}
		if there && !own {
			return diag.InFile(f.Path(name), "").Errorf("output", "would be replaced, and is not as hrnnc wrote it").
				Helpf("move it away, or choose another folder with -o")
		}
		if there {
			if err := MayRewrite(f.Path(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// owns reports whether anything has a name, and whether hrnnc wrote it as it is.
func (s *written) owns(key string) (there, own bool, err error) {
	path := s.at(key)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return true, false, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return true, false, diag.InFile(path, "").Errorf("output", "would be replaced, and cannot be read: %s", Reason(err)).Helpf("move it away")
	}
	return true, slices.Contains(s.Files[key], digest(data)), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Content is a file to be written to a Folder.
type Content struct {
	Name string
	Data []byte
}

// Write writes files, each whole or not at all. Their names have been claimed.
func (f *Folder) Write(files ...Content) error {
	s := f.state
	for _, c := range files {
		key, next := f.key(c.Name), digest(c.Data)
		had := s.Files[key]
		if now, known := s.now[key]; known {
			had = []string{now}
		}
		if s.Files[key] = had; !slices.Contains(had, next) {
			s.Files[key] = append([]string{next}, had...)
		}
		if err := MakeFolder(filepath.Dir(s.at(key))); err != nil {
			return err
		}
	}
	if err := s.save(); err != nil {
		return err
	}
	for _, c := range files {
		if err := Rewrite(f.Path(c.Name), c.Data); err != nil {
			return err
		}
		s.now[f.key(c.Name)] = digest(c.Data)
	}
	return nil
}

func (s *written) save() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return Rewrite(filepath.Join(s.root, writtenName), append(data, '\n'))
}

// Remove removes files that hrnnc wrote, and the folders below this one that become empty by it. What is not as hrnnc wrote it
// stays.
func (f *Folder) Remove(names ...string) error {
	for _, name := range names {
		key := f.key(name)
		_, own, err := f.state.owns(key)
		if err != nil {
			return err
		}
		if !own {
			continue
		}
		file := f.state.at(key)
		if err := os.Remove(file); err != nil {
			return diag.InFile(file, "").Errorf("write", "cannot be removed: %s", Reason(err)).Helpf("check the permissions of its folder")
		}
		delete(f.state.Files, key)
		delete(f.state.now, key)
		if _, far := f.state.elsewhere[key]; far {
			continue
		}
		for dir := path.Dir(key); dir != "." && os.Remove(f.state.at(dir)) == nil; dir = path.Dir(dir) {
		}
	}
	return f.state.save()
}

// Names are the files that hrnnc wrote below this folder, sorted.
func (f *Folder) Names() []string {
	var out []string
	for key := range f.state.Files {
		if _, far := f.state.elsewhere[key]; far {
			continue
		}
		if name, err := filepath.Rel(filepath.FromSlash("/"+f.below), filepath.FromSlash("/"+key)); err == nil && filepath.IsLocal(name) {
			out = append(out, filepath.ToSlash(name))
		}
	}
	slices.Sort(out)
	return out
}

// Clear removes everything that hrnnc wrote below this folder, as Remove does, and the list of it where nothing is left of that.
func (f *Folder) Clear() error {
	if err := f.Remove(f.Names()...); err != nil {
		return err
	}
	if len(f.state.Files) == 0 {
		if err := os.Remove(filepath.Join(f.state.root, writtenName)); err != nil {
			return diag.InFile(f.path, "").Errorf("write", "cannot be cleared: %s", Reason(err)).Helpf("check the permissions of its folder")
		}
	}
	return nil
}
