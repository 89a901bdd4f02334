package data

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// openPath reads what lies at a path of the user.
func openPath(path string, o Options) (*pool, error) {
	if path == files.StandardInput {
		return openStandardInput(&o)
	}
	info, err := os.Stat(path)
	if err != nil {
		if paths := matching(path); len(paths) > 0 {
			return openFiles(path, paths, &o)
		}
	}
	switch {
	case err != nil && strings.ContainsAny(path, "*?["):
		return nil, fail(path, "").Errorf(code, "no file is called so").Helpf("the pattern matches none of %s; quote it, so that the shell leaves it alone", strings.Join(recordedExtensions, " "))
	case err != nil && !strings.ContainsAny(path, `/\.`):
		return nil, fail(path, "").Errorf(code, "there is no data set of this name%s", known.Nearest(path)).
			Helpf("hrnnc data list  shows the known sets; a file or folder is named by its path")
	case err != nil:
		_, err := fileio.Read(path, code) // says what is wrong
		return nil, err
	case info.IsDir():
		return openFolder(path, &o)
	}
	f := formatOf(path)
	if help := foreign[files.Extension(path)]; help != "" {
		return nil, fail(path, "").Errorf(code, "is of no known kind: %s is not read", files.Extension(path)).Helpf("%s", help)
	}
	if f == nil {
		if data, err := files.ReadUnpacked(path); err == nil {
			f = formatIn(data)
		}
	}
	if f == nil {
		return nil, fail(path, "").Errorf(code, "is of no known kind").Helpf("%s", readable)
	}
	list := []dataFile{{path, unassigned}}
	if f.parted && !o.Unlabelled && o.Hold > 0 {
		list = partsBeside(path)
	}
	if len(list) == 1 {
		return f.read(path, list, &o)
	}
	p, err := f.read(path, list, &o)
	if err == nil {
		p.note("read with the files of its other parts: %s; hold = 0 reads the named one alone", strings.Join(baseNames(list), ", "))
	}
	return p, err
}

// openFiles reads the files of a pattern: the parts of a set, or a recording each.
func openFiles(name string, paths []string, o *Options) (*pool, error) {
	if len(paths) == 1 {
		return openPath(paths[0], *o)
	}
	var set []dataFile
	for _, path := range paths {
		if list := partsBeside(path); len(list) > 1 && len(list) == len(paths) {
			set = list
		}
	}
	if set != nil && !o.Unlabelled {
		return formatOf(set[0].path).read(name, set, o)
	}
	return recordedPool(name, paths, o)
}

// openStandardInput reads what is piped in: by how it begins, or as a table.
func openStandardInput(o *Options) (*pool, error) {
	data, err := files.ReadUnpacked(files.StandardInput)
	if err != nil {
		return nil, err
	}
	f := formatIn(data)
	if f == nil {
		f = &formats()[0]
	}
	return f.read(files.StandardInput, []dataFile{{files.StandardInput, unassigned}}, o)
}

func baseNames(list []dataFile) (names []string) {
	for _, f := range list {
		names = append(names, filepath.Base(f.path))
	}
	return names
}

// readable says what can be read.
const readable = "a set is an .npz file, an .npy file beside that of its labels, a .csv, .tsv or .txt table, a .ts file of the UEA and UCR archive, an .arff file (.gz or .xz too), or a folder of IDX files, " +
	"of .npy files, of train.csv and test.csv, of NAME_TRAIN.ts and NAME_TEST.ts, of .csv or .wav files that are a recording each, in the layout of the UCI HAR archive, or of what the authors of a known set publish"

// openPair reads x.npy with the labels that lie beside it: its name with y for x.
func openPair(path string, o *Options) (*pool, error) {
	dir, base := filepath.Split(path)
	name := strings.TrimSuffix(base, ".npy")
	a, err := files.OpenNpyFolder(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	labels := labelsOf(name, a.Has)
	if !o.Unlabelled && !a.Has(labels) {
		return nil, fail(path, "").Errorf(code, "the labels of %s are not beside it", base).
			Helpf("call them as it, with y for x (x.npy, y.npy), or save both with np.savez")
	}
	pair := *o
	pair.Arrays = append([]string{"x=" + name, "y=" + labels}, o.Arrays...)
	a.Names = []string{name, labels}
	return numpyPool(a, &pair)
}

// labelsOf gives the name of the labels of x, x_train or walk_x; X has Y or, as scikit-learn spells it, y.
func labelsOf(name string, has func(string) bool) string {
	for _, pair := range [][2]string{{"x", "y"}, {"X", "Y"}, {"X", "y"}} {
		if rest, ok := strings.CutPrefix(name, pair[0]); ok && has(pair[1]+rest) {
			return pair[1] + rest
		}
		if rest, ok := strings.CutSuffix(name, "_"+pair[0]); ok && has(rest+"_"+pair[1]) {
			return rest + "_" + pair[1]
		}
	}
	return name + "_labels"
}

// openFolder finds out what a folder holds.
func openFolder(dir string, o *Options) (*pool, error) {
	switch {
	case isIDXFolder(dir):
		return imagePool(dir, o)
	case isUCIHAR(dir):
		return uciPool(dir)
	}
	if list := tableFiles(dir); len(list) > 0 {
		return tablePool(dir, list, o)
	}
	if list, err := partedSetOf(dir); err != nil || len(list) > 0 {
		if err != nil {
			return nil, err
		}
		return formatOf(list[0].path).read(dir, list, o)
	}
	a, err := files.OpenNpyFolder(dir)
	if err != nil {
		return nil, err
	}
	if len(a.Names) > 0 {
		return arrayPool(a, o)
	}
	if k := archiveIn(dir); k != nil {
		return k.openArchive(k.Archive.Root(dir), *o)
	}
	if only := onlySet(dir); only != "" {
		return openPath(only, *o)
	}
	paths, err := filesBelow(dir)
	if err != nil {
		return nil, err
	}
	if len(paths) > 0 {
		return recordedPool(dir, paths, o)
	}
	return nil, fail(dir, "").Errorf(code, "the folder holds no data set").Helpf("%s", readable)
}

// onlySet is the one file of a folder that may hold a set; "" when there are others, or folders that may.
func onlySet(dir string) (only string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		switch f := formatOf(e.Name()); {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() || f != nil && (only != "" || f.ext[0] == ".wav"):
			return ""
		case f != nil:
			only = filepath.Join(dir, e.Name())
		}
	}
	return only
}

// archiveIn is the known set whose archive is unpacked in a folder; nil when none is.
func archiveIn(dir string) *Known {
	for i := range KnownSets {
		if k := &KnownSets[i]; k.Archive.Root(dir) != "" {
			return k
		}
	}
	return nil
}

// tableFiles are train.csv, valid.csv or dev.csv, and test.csv of a folder, or the same as .tsv, packed or not. Without
// a test file its part is held out from the training file.
func tableFiles(dir string) []dataFile {
	var out []dataFile
	for _, f := range []struct {
		name string
		part part
	}{{"train", train}, {"valid", valid}, {"dev", valid}, {"test", test}} {
		if path := findTable(dir, f.name); path != "" {
			out = append(out, dataFile{path, f.part})
		}
	}
	if len(out) == 0 || out[0].part != train {
		return nil
	}
	if out[len(out)-1].part != test {
		out[0].part = unassigned
	}
	return out
}

func findTable(dir, name string) string {
	for _, kind := range []string{".csv", ".tsv"} {
		for _, packed := range []string{"", ".gz", ".xz"} {
			if files.Exists(dir, name+kind+packed) {
				return filepath.Join(dir, name+kind+packed)
			}
		}
	}
	return ""
}
