package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"

	"hrnnc/internal/diag"
	"hrnnc/internal/fileio"
)

// DirVariable names the environment variable with the folder that holds one folder for each known set.
const DirVariable = "HRNNC_DATA"

// places are the folders where a known set may lie, the preferred one first.
func (k *Known) places() []string {
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

// Where gives the folder that holds all files of the set, "" when it is missing.
func (k *Known) Where() string {
	for _, dir := range k.places() {
		if k.complete(dir) {
			return dir
		}
	}
	return ""
}

func (k *Known) complete(dir string) bool {
	for _, f := range k.Files {
		if f.in(dir) == "" {
			return false
		}
	}
	return true
}

// in gives the path of the file in a folder: packed or, where the reader takes that too, unpacked. "" when it is missing.
func (f File) in(dir string) string {
	for _, name := range []string{f.Name, strings.TrimSuffix(f.Name, ".gz")} {
		if exists(dir, name) {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// open reads the set, once its files are known to be those of the table.
func (k *Known) open(o Options) (*pool, error) {
	dir := k.Where()
	if dir == "" {
		return nil, k.missing()
	}
	for _, f := range k.Files {
		path := f.in(dir)
		data, err := fileio.Read(path, code)
		if err != nil {
			return nil, err
		}
		if err := f.check(path, data); err != nil {
			return nil, err
		}
	}
	p, err := k.read(dir, o)
	if err != nil {
		return nil, err
	}
	p.kind, p.source, p.licence = k.Kind, k.Source, k.Licence
	return p, nil
}

// check compares the file's bytes with the table, as they are or unpacked.
func (f File) check(path string, data []byte) error {
	sum := digest(data)
	if sum == f.SHA256 || sum == f.Unpacked {
		return nil
	}
	if f.Unpacked != "" {
		content, err := unpack(path, data)
		if err != nil {
			return err
		}
		if sum = digest(content); sum == f.Unpacked {
			return nil
		}
	}
	return fail(path, "").Errorf(code, "is not the known file: its SHA-256 is %s...", sum[:16]).
		Helpf("fetch or copy it again; a set of your own is named by its path, not by this name")
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Lookup is Find with an error for a name that is not known.
func Lookup(name string) (*Known, error) {
	if k := Find(name); k != nil {
		return k, nil
	}
	return nil, fail(name, "").Errorf(code, "there is no known data set of this name%s", didYouMean(name)).Helpf("hrnnc data list  shows them")
}

// missing says how to get the set.
func (k *Known) missing() *diag.Diagnostic {
	return fail(k.Name, "").Errorf(code, "the data set is not on this machine").Helpf("%s", k.ways())
}

// ways are the two ways to get the set.
func (k *Known) ways() string {
	var names []string
	for _, f := range k.Files {
		names = append(names, f.Name)
	}
	put := fmt.Sprintf("put %s into $%s/%s", strings.Join(names, ", "), DirVariable, k.Folder)
	switch {
	case k.System != "":
		put += fmt.Sprintf(" (on Debian, apt install dataset-%s puts them into %s, which is found too)", filepath.Base(k.System), k.System)
	case k.Original != "":
		return fmt.Sprintf("%s; or unpack the archive that it was made from, %s, and name its folder:  --data \"%s\"", put, k.Source, k.Original)
	case k.URL == "":
		return fmt.Sprintf("%s; hrnnc knows no place to fetch it from; it was made from %s", put, k.Source)
	}
	return fmt.Sprintf("hrnnc data get %s  where there is a network; or %s", k.Name, put)
}

// didYouMean suggests the known set or generator that looks like a name.
func didYouMean(name string) string {
	best, distance := "", 3
	for _, k := range KnownSets {
		if d := levenshtein.ComputeDistance(name, k.Name); d < distance {
			best, distance = k.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
