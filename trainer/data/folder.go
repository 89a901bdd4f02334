package data

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// recordedFile is a file that holds one recording, and what its path says of it.
type recordedFile struct {
	dataFile
	name         string // below the folder, without what it ends in: walk/anna_01
	label, group string // "" where the path does not say
}

// How far a folder is searched for recordings.
const (
	maxDepth = 4
	maxFiles = 1 << 17
)

// recordedExtensions are how files that hold one recording each are called.
var recordedExtensions = []string{".csv", ".tsv", ".tab", ".txt", ".dat", ".wav"}

// filesBelow finds the files of a folder that may be recordings, in the order of their paths.
func filesBelow(dir string) (paths []string, err error) {
	entries := 0
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		hidden := rel != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "__MACOSX")
		if entries++; entries > 2*maxFiles || len(paths) > maxFiles {
			return errTooMany
		}
		switch {
		case e.IsDir() && (hidden || strings.Count(rel, string(filepath.Separator)) >= maxDepth):
			return fs.SkipDir
		case !e.IsDir() && !hidden && slices.Contains(recordedExtensions, files.Extension(path)):
			paths = append(paths, path)
		}
		return nil
	})
	if errors.Is(err, errTooMany) {
		return nil, fail(dir, "").Errorf(code, "has more than %s in it", diag.Count(maxFiles, "file")).
			Helpf("name the folder of the recordings alone, or a pattern such as  \"%s/*.csv\"", dir)
	}
	if err != nil {
		return nil, fail(dir, "").Errorf(code, "cannot be read: %v", fileio.Reason(err)).Helpf("check its permissions")
	}
	return paths, nil
}

var errTooMany = errors.New("too many files")

// matching finds the files of a pattern such as rec/*.csv; nil when it is none, or matches nothing.
func matching(pattern string) (paths []string) {
	if !strings.ContainsAny(pattern, "*?[") {
		return nil
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	for _, path := range found {
		if below, err := filesBelow(path); err == nil { // of a file, itself
			paths = append(paths, below...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// recordedPool reads files that hold a recording each: sound, or tables with a step a row.
func recordedPool(name string, paths []string, o *Options) (*pool, error) {
	sounds := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return files.Extension(p) != ".wav" })
	others := len(paths) - len(sounds)
	if len(sounds) == 0 {
		return recordedTables(name, recordedFiles(paths), o)
	}
	p, err := soundPool(name, recordedFiles(sounds), o)
	if err == nil && others > 0 {
		p.note("not read: %s beside the .wav files", diag.Count(others, "file"))
	}
	return p, err
}

// recordedFiles names files by their paths below the folder that they have in common. A folder called train or test says the part.
func recordedFiles(paths []string) []recordedFile {
	common := filepath.Dir(paths[0])
	for _, p := range paths {
		for !strings.HasPrefix(p, withSlash(common)) && common != filepath.Dir(common) {
			common = filepath.Dir(common)
		}
	}
	list := make([]recordedFile, len(paths))
	inParts := true
	for i, p := range paths {
		rel := filepath.ToSlash(strings.TrimPrefix(p, withSlash(common)))
		rel = files.UnpackedName(rel)
		list[i] = recordedFile{dataFile{p, unassigned}, strings.TrimSuffix(rel, filepath.Ext(rel)), "", ""}
		word, _, _ := strings.Cut(list[i].name, "/")
		inParts = inParts && partWords[strings.ToLower(word)] != unassigned
	}
	if !inParts {
		return list
	}
	for i := range list {
		word, rest, _ := strings.Cut(list[i].name, "/")
		list[i].part, list[i].name = partWords[strings.ToLower(word)], rest
	}
	return list
}

func withSlash(dir string) string {
	if dir == "." {
		return ""
	}
	return strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator)
}

// fromPaths says of which class and person each file is: by the pattern  files,  or else by the folders that the files lie in, or by
// their names up to the first mark, or up to a number. why says which it is; "" when the paths say no class.
func fromPaths(name string, list []recordedFile, pattern string) (why string, err error) {
	if pattern != "" {
		return pattern, byPattern(name, list, pattern)
	}
	for _, guess := range []struct {
		why   string
		label func(name string) string
	}{
		{"the folder that it lies in", func(n string) string {
			dir, _, ok := strings.Cut(n, "/")
			if !ok {
				return ""
			}
			return dir
		}},
		{"its name up to the first of . _ -", func(n string) string {
			base := n[strings.LastIndex(n, "/")+1:]
			if i := strings.IndexAny(base, "._-"); i > 0 {
				return base[:i]
			}
			return ""
		}},
		{"its name up to the number behind it", func(n string) string {
			base := n[strings.LastIndex(n, "/")+1:]
			return strings.TrimRight(base, "0123456789 ()")
		}},
	} {
		if labels := labelsBy(list, guess.label); labels != nil {
			for i := range list {
				list[i].label = labels[i]
			}
			return guess.why, nil
		}
	}
	return "", nil
}

// labelsBy gives the classes of files as a guess has them; nil when it gives some none, all the same, or hardly any the same.
func labelsBy(list []recordedFile, label func(name string) string) []string {
	count := map[string]int{}
	labels := make([]string, len(list))
	for i, f := range list {
		if labels[i] = label(f.name); labels[i] == "" {
			return nil
		}
		count[labels[i]]++
	}
	if len(count) < 2 || len(count) > 2 && 2*len(count) > len(list) {
		return nil
	}
	return labels
}

// byPattern reads classes and persons from the paths of files, below their folder and without what they end in.
func byPattern(name string, list []recordedFile, pattern string) error {
	var b strings.Builder
	var fields []string
	for rest := pattern; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{"):
			field, more, ok := strings.Cut(rest[1:], "}")
			if !ok || !slices.Contains([]string{"label", "group", "id"}, field) || slices.Contains(fields, field) {
				return fail(name, "").Errorf(code, "files has %q", diag.Short(rest)).
					Helpf("write  files = \"{label}_{group}_*\"  or the like, with {label}, {group} and {id} at most once")
			}
			fields, rest = append(fields, field), more
			b.WriteString("([^/]+?)")
		case rest[0] == '*':
			rest = rest[1:]
			b.WriteString("[^/]*")
		default:
			end := strings.IndexAny(rest, "{*")
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[:end]))
			rest = rest[end:]
		}
	}
	expression := regexp.MustCompile("^" + b.String() + "$")
	for i := range list {
		f := &list[i]
		found := expression.FindStringSubmatch(f.name)
		if found == nil {
			return fail(f.path, "").Errorf(code, "is not called as  files = %s  says", diag.Short(pattern)).
				Helpf("the pattern is of the path below the folder, without its end: %s", diag.Short(f.name))
		}
		for k, field := range fields {
			switch text := files.Clean(found[k+1]); field {
			case "label":
				f.label = text
			case "group":
				f.group = text
			case "id":
				f.name = text
			}
		}
	}
	return nil
}

// recordedTables reads tables that hold a recording each.
func recordedTables(name string, list []recordedFile, o *Options) (*pool, error) {
	t := newTable(name, o)
	why, err := fromPaths(name, list, o.Columns.Files)
	if err != nil {
		return nil, err
	}
	if t.cols.ID == "" {
		t.cols.ID = wholeFile
	}
	for i, f := range list {
		r, err := files.OpenRows(f.path, t.cols.dialect())
		if err != nil {
			return nil, err
		}
		if i == 0 && !o.Unlabelled {
			t.classOfFile = f.label != "" && o.Columns.Label == "" && len(o.Columns.Targets) == 0 && (o.Columns.Files != "" || len(answerColumns(r.Header)) == 0)
		}
		if err := t.recording(r, f); err != nil {
			return nil, err
		}
	}
	t.p.note("a file is a recording, called by its path")
	if t.classOfFile {
		t.p.note("the class of a file is %s; files = \"{label}_*\" or the like says another, label = COLUMN a column", classBy(why))
	}
	return t.finish(name)
}

// classBy says where classes come from.
func classBy(why string) string {
	if strings.Contains(why, "{") {
		return "as files = " + why + " says"
	}
	return why
}

// recording takes the rows of a file in.
func (t *table) recording(r *files.Rows, f recordedFile) error {
	if r.Label != "" && t.classOfFile {
		r.Label = "" // no row has a class
	}
	t.of = f
	return t.readRows(r, f.part)
}
