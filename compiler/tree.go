package compiler

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// manifestName is the file that marks a folder as made by hrnnc: the report, and the hash of every file beside it.
const manifestName = "hrnnc.json"

type manifest struct {
	Report   any               `json:"report"`
	Files    map[string]string `json:"files"`              // path -> SHA-256
	Products []string          `json:"products,omitempty"` // paths of what Makefiles make, which can be made again
	Seal     string            `json:"manifest_sha256"`    // of the manifest itself, with unsealed in this place
}

// unsealed stands in a manifest where its own hash comes.
var unsealed = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// Write puts an output into a folder, whole or not at all: everything goes to a temporary folder beside it, which then
// takes its place. A folder that hrnnc did not make, or in which anything was changed or added since, is left alone and
// reported, unless force is set.
func (o *Output) Write(dir string, force bool) error {
	var products []string
	for _, t := range Targets {
		if len(o.Files[t.Name()]) == 0 {
			continue
		}
		for _, p := range t.Products() {
			products = append(products, t.Name()+"/"+p)
		}
	}
	return WriteTree(dir, force, o.tree(), products, o.Report)
}

// WriteTree puts files and their manifest, which holds a report and the paths of what is made from the files, into a folder, as
// Output.Write does.
func WriteTree(dir string, force bool, files []backends.File, products []string, report any) error {
	m := manifest{Report: report, Files: map[string]string{}, Products: products, Seal: unsealed}
	for _, f := range files {
		m.Files[f.Path] = digest(f.Data)
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	data = reseal(data, unsealed, digest(data))
	files = append(files, backends.File{Path: manifestName, Data: data})
	may := func(there string) error {
		if force {
			return nil
		}
		return mayReplace(dir, there)
	}
	return fileio.WriteFolder(dir, may, func(put fileio.Put) error {
		for _, f := range files {
			if err := put(f.Path, f.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// tree is every file with its target's folder in front, and the words of the tokens, a line each, beside them.
func (o *Output) tree() []backends.File {
	var out []backends.File
	if len(o.Vocabulary) > 0 {
		var text strings.Builder
		for _, w := range o.Vocabulary {
			text.WriteString(spell.Line(w) + "\n") // whose line is its token
		}
		out = append(out, backends.File{Path: "vocabulary.txt", Data: []byte(text.String())})
	}
	for _, t := range Targets {
		for _, f := range o.Files[t.Name()] {
			out = append(out, backends.File{Path: t.Name() + "/" + f.Path, Data: f.Data})
		}
	}
	return out
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// reseal puts another hash in the place of a manifest's own, which is its last.
func reseal(data []byte, was, is string) []byte {
	at := bytes.LastIndex(data, []byte(was))
	if at < 0 {
		return data
	}
	return slices.Concat(data[:at], []byte(is), data[at+len(was):])
}

// mayReplace reports what of the user's a folder holds. dir is how the user calls it, there where it lies.
func mayReplace(dir, there string) error {
	refuse := func(format string, args ...any) error {
		return diag.List{diag.InFile(dir, "").Errorf("output", format, args...).
			Helpf("choose another folder with -o, or give --force to replace this one")}
	}
	entries, err := os.ReadDir(there)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return refuse("cannot be read: %v", errors.Unwrap(err))
	}
	var m manifest
	data, err := os.ReadFile(filepath.Join(there, manifestName))
	if err != nil || json.Unmarshal(data, &m) != nil || m.Files == nil || m.Seal == "" {
		return refuse("is a folder that hrnnc did not make")
	}
	foreign, err := m.foreign(there)
	if err != nil {
		return refuse("cannot be read: %v", errors.Unwrap(err))
	}
	if digest(reseal(data, m.Seal, unsealed)) != m.Seal {
		foreign = append(foreign, manifestName)
	}
	if len(foreign) > 0 {
		return refuse("holds what hrnnc did not write: %s", shortList(foreign))
	}
	return nil
}

func shortList(names []string) string {
	const most = 4
	if len(names) <= most {
		return diag.Names(names)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// product reports whether a Makefile makes a file: a * in a name of Products stands for a part of a path.
func (m manifest) product(name string) bool {
	return slices.ContainsFunc(m.Products, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// foreign lists what of a folder is not the manifest's: files that differ from it, and files, links and empty folders that it
// does not name.
func (m manifest) foreign(dir string) ([]string, error) {
	folders := map[string]bool{".": true}
	for name := range m.Files {
		addFolders(folders, name)
	}
	for _, name := range m.Products {
		addFolders(folders, name)
	}
	var out []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case d.IsDir():
			entries, err := os.ReadDir(file)
			if len(entries) == 0 && !folders[name] {
				out = append(out, name+"/")
			}
			return err
		case d.Type().IsRegular() && (name == manifestName || m.product(name)):
			return nil
		}
		if want, known := m.Files[name]; known && d.Type().IsRegular() {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if digest(data) == want {
				return nil
			}
		}
		out = append(out, name)
		return nil
	})
	slices.Sort(out)
	return out, err
}

// addFolders adds every folder above a file.
func addFolders(folders map[string]bool, name string) {
	for dir := path.Dir(name); !folders[dir] && dir != "/"; dir = path.Dir(dir) {
		folders[dir] = true
	}
}
