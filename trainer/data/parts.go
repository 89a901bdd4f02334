package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// partWords are the words for parts, in names of files and folders.
var partWords = map[string]part{"train": train, "training": train, "valid": valid, "validation": valid, "val": valid, "dev": valid, "test": test, "testing": test}

// set is what the files of one data set have in common: folder/NAME and .ts.
type partedSet struct{ stem, ext string }

// partOf reads a file's name; false when it names no part.
func partOf(path string) (partedSet, part, bool) {
	dir, base := filepath.Split(path)
	m := files.PartName.FindStringSubmatch(base)
	if m == nil {
		return partedSet{}, unassigned, false
	}
	return partedSet{dir + m[1], files.Extension(base)}, partWords[strings.ToLower(m[2])], true
}

// partsBeside are the files of the set that a file is of, with the part of each; the file alone when its name says nothing,
// or when a test part lacks its training part.
func partsBeside(path string) []dataFile {
	alone := []dataFile{{path, unassigned}}
	set, _, ok := partOf(path)
	if !ok {
		return alone
	}
	if list := partedSets(filepath.Dir(path))[set.in(filepath.Dir(path))]; len(list) > 1 {
		return list
	}
	return alone
}

// in is the set with the folder spelt as partedSets does.
func (s partedSet) in(dir string) partedSet {
	return partedSet{filepath.Join(dir, filepath.Base(s.stem)), s.ext}
}

// partedSets are the sets of a folder that lie in a training file and others, those of each in the order of the parts.
func partedSets(dir string) map[partedSet][]dataFile {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	sets := map[partedSet][]dataFile{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		set, of, ok := partOf(path)
		if f := formatOf(path); !ok || e.IsDir() || f == nil || !f.parted {
			continue
		}
		sets[set] = append(sets[set], dataFile{path, of})
	}
	for set, list := range sets {
		slices.SortStableFunc(list, func(a, b dataFile) int { return int(a.part) - int(b.part) })
		if list[0].part != train || len(list) > 1 && list[1].part == train {
			delete(sets, set)
		}
	}
	return sets
}

// partedSetOf is the set of a folder that lies in a training file and others: that of the folder's name where there are
// several, and of the format that comes first in the table.
func partedSetOf(dir string) ([]dataFile, error) {
	sets := partedSets(dir)
	stems := map[string]bool{}
	for s := range sets {
		stems[s.stem] = true
	}
	stem := ""
	switch absolute, err := filepath.Abs(dir); {
	case len(stems) == 0:
		return nil, nil
	case len(stems) == 1:
		for s := range stems {
			stem = s
		}
	case err == nil && stems[filepath.Join(dir, filepath.Base(absolute))]:
		stem = filepath.Join(dir, filepath.Base(absolute))
	default:
		var names []string
		for s := range stems {
			names = append(names, filepath.Base(s))
		}
		slices.Sort(names)
		return nil, fail(dir, "").Errorf(code, "holds several data sets: %s", strings.Join(names, ", ")).
			Helpf("name one file of the one that is meant")
	}
	for _, ext := range []string{".ts", ".arff", ".tsv", ".txt", ".csv", ".tab", ""} {
		if list := sets[partedSet{stem, ext}]; list != nil {
			return list, nil
		}
	}
	return nil, nil
}
