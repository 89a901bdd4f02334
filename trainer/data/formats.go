package data

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// dataFile is a file of a data set, and the part that its sequences belong to.
type dataFile struct {
	path string
	part part
}

// format is a kind of file that holds a data set.
type format struct {
	name string   // as messages have it
	ext  []string // how files of it are called, packed (.gz, .xz) or not
	// starts says how the text or the bytes of it begin, where a name says nothing.
	starts []string
	// parted says that a set may lie in several files, such as NAME_TRAIN and NAME_TEST.
	parted bool
	read   func(name string, list []dataFile, o *Options) (*pool, error)
}

// formats are all of them, the likelier first.
func formats() []format {
	return []format{
		{"a table (.csv, .tsv, .txt)", []string{".csv", ".tsv", ".tab", ".txt", ".dat", ".data"}, nil, true, tablePool},
		{"a .ts file of the UEA and UCR archive", []string{".ts"}, []string{"@problemname", "@timestamps"}, true, tsPool},
		{"an .arff file of Weka", []string{".arff"}, []string{"@relation"}, true, arffPool},
		{"a .wav file", []string{".wav"}, []string{"RIFF"}, false, readSound},
		{"an .npz file", []string{".npz"}, []string{"PK\x03\x04"}, false, readNpz},
		{"an .npy file beside that of its labels", []string{".npy"}, []string{"\x93NUMPY"}, false, readNpy},
	}
}

// formatOf is the format that a file's name says; nil when it says none.
func formatOf(path string) *format {
	ext := files.Extension(path)
	_, _, isPart := partOf(path)
	for _, f := range formats() {
		if slices.Contains(f.ext, ext) || ext == "" && isPart && f.parted {
			return &f
		}
	}
	return nil
}

// foreign are kinds of files that people have, and how to make one of ours of them.
var foreign = map[string]string{
	".xlsx": sheetHelp, ".xls": sheetHelp, ".ods": sheetHelp, ".json": "save it as CSV", ".jsonl": "save it as CSV",
	".parquet": pandasHelp, ".feather": pandasHelp, ".pkl": pandasHelp, ".pickle": pandasHelp,
	".mat": numpyHelp, ".h5": numpyHelp, ".hdf5": numpyHelp, ".pt": numpyHelp, ".pth": numpyHelp,
	".mp3": soundHelp, ".flac": soundHelp, ".ogg": soundHelp,
	".zip": folderHelp, ".tar": folderHelp, ".tgz": folderHelp,
}

const (
	sheetHelp  = "save the sheet as CSV"
	pandasHelp = "load it where it was made, and save a table with to_csv, or the arrays with np.savez(path, x=x, y=y)"
	numpyHelp  = "load it where it was made, and save the arrays with np.savez(path, x=x, y=y)"
	soundHelp  = "convert it to .wav, for instance with sox"
	folderHelp = "unpack it, and name the folder"
)

// readSound reads one recording, for a model to answer.
func readSound(path string, _ []dataFile, o *Options) (*pool, error) {
	return soundPool(path, recordedFiles([]string{path}), o)
}

// formatIn is the format that a file's content says; nil when it says none.
func formatIn(data []byte) *format {
	start := strings.ToLower(string(data[:min(len(data), 1<<16)]))
	lines := files.LineReader{Text: strings.TrimPrefix(start, "\xef\xbb\xbf")}
	first, _ := lines.Next()
	for _, f := range formats() {
		for _, s := range f.starts {
			if s = strings.ToLower(s); strings.HasPrefix(start, s) || strings.HasPrefix(first, s) {
				return &f
			}
		}
	}
	return nil
}

// readNpz reads the arrays of an archive.
func readNpz(path string, _ []dataFile, o *Options) (*pool, error) {
	a, err := files.OpenNpz(path)
	if err != nil {
		return nil, err
	}
	return arrayPool(a, o)
}

// readNpy reads an array and its labels.
func readNpy(path string, _ []dataFile, o *Options) (*pool, error) { return openPair(path, o) }
