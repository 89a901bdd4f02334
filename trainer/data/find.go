package data

import (
	"cmp"
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

// Where gives the folder that holds the set, its files or its archive unpacked, "" when it is missing.
func (k *Known) Where() string {
	for _, dir := range k.places() {
		if k.complete(dir) || k.Archive.root(dir) != "" {
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
		if files.Exists(dir, name) {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// open reads the set: the files of the table, once they are known to be those, or else the unpacked archive.
func (k *Known) open(o Options) (*pool, error) {
	dir := k.Where()
	switch {
	case dir == "":
		return nil, k.missing()
	case !k.complete(dir):
		p, err := k.openArchive(k.Archive.root(dir), o)
		if err != nil {
			if bad := k.check(dir); bad != nil { // whatever the options
				err = k.again(dir, bad)
			}
		}
		return p, err
	}
	if err := k.checkFiles(dir); err != nil {
		return nil, k.again(dir, err)
	}
	return k.as(k.read(dir, o))
}

// check reads what a folder holds of the set, the files of the table or the unpacked archive, all of it.
func (k *Known) check(dir string) error {
	defer fileio.ForgetInputs(dir)
	if k.complete(dir) {
		return k.checkFiles(dir)
	}
	_, err := k.openArchive(k.Archive.root(dir), Defaults())
	return err
}

// replaces reports whether Get brings what takes the place of a damaged set in a folder.
func (k *Known) replaces(dir string) bool {
	return k.URL != "" || k.Archive != nil && !k.complete(dir)
}

// again is the error of a damaged set in a folder, with the way out.
func (k *Known) again(dir string, err error) error {
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

func (k *Known) openArchive(root string, o Options) (*pool, error) {
	return k.as(k.Archive.read(root, k.Archive.Count, o))
}

// as makes the known set of what was read.
func (k *Known) as(p *pool, err error) (*pool, error) {
	if err != nil {
		return nil, err
	}
	if k.adapt != nil {
		k.adapt(p)
	}
	p.kind, p.source, p.licence, p.hz = k.Kind, k.Source, k.Licence, cmp.Or(p.hz, k.Hz)
	return p, nil
}

func (k *Known) checkFiles(dir string) error {
	for _, f := range k.Files {
		if err := f.checkAt(f.in(dir)); err != nil {
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

// didYouMean suggests the known set or generator that looks like a name.
func didYouMean(name string) string {
	var names []string
	for _, k := range KnownSets {
		names = append(names, k.Name)
	}
	best := diag.Nearest(name, names)
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
