package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// tree writes files into a folder, and the folders that they lie in.
func tree(t testing.TB, list map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range list {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRecordedFiles reads a folder of files that hold one recording each: the class is that of the folder, of the file's name or of a
// column.
func TestRecordedFiles(t *testing.T) {
	const a, b, c = "ax,ay\n1,2\n3,4\n5,6\n", "ax,ay\n7,8\n9,10\n", "ax,ay\n11,12\n13,14\n"
	const bare = "1,2\n3,4\n"
	for _, test := range []struct {
		name     string
		list     map[string]string
		settings string
		note     string
		test     int // windows of the test part
	}{
		{"the folder", map[string]string{"run/1.csv": a, "walk/1.csv": b, "walk/2.csv": c}, "", "the class of a file is the folder that it lies in", 0},
		{"the folder, in parts", map[string]string{"train/run/1.csv": a, "train/walk/1.csv": b, "test/walk/2.csv": c}, "", "the folder that it lies in", 1},
		{"a name", map[string]string{"run_1.csv": a, "walk_1.csv": b, "walk_2.csv": c}, "", "its name up to the first of . _ -", 0},
		{"a name with a point", map[string]string{"run.1.csv": a, "walk.1.csv": b, "walk.2.csv": c}, "", "its name up to the first of . _ -", 0},
		{"a name with a number", map[string]string{"run1.csv": a, "walk1.csv": b, "walk2.csv": c}, "", "its name up to the number behind it", 0},
		{"a pattern", map[string]string{"x/anna-run.csv": a, "x/ben-walk.csv": b, "y/ben-walk.csv": c}, "files=*/{group}-{label}", "as files = */{group}-{label} says", 0},
		{"a column", map[string]string{"1.csv": "class," + strings.ReplaceAll(strings.ReplaceAll(a, "\n", "\nrun,"), "run,\n", ""), "2.csv": "class,ax,ay\nwalk,7,8\nwalk,9,10\n", "3.csv": "class,ax,ay\nwalk,11,12\nwalk,13,14\n"}, "", "", 0},
		{"without names of columns", map[string]string{"run_1.csv": bare, "walk_1.csv": bare, "walk_2.txt": "1\t2\n3\t4\n"}, "", "its name", 0},
	} {
		list := test.list
		for name, text := range list {
			list[name] = strings.TrimSuffix(text, "\nrun,") + "\n"
		}
		dir := tree(t, list)
		s, err := Load(dir, options(t, append(strings.Fields(test.settings), "window=2", "valid=0", "hold=0")...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if s.Train.N != 3-test.test || s.Test.N != test.test || s.Train.D != 2 || !slices.Equal(s.Classes, []string{"run", "walk"}) || s.Train.Label(0) != 0 || s.Train.Label(1) != 1 {
			t.Errorf("%s: %d + %d of %d values, classes %v", test.name, s.Train.N, s.Test.N, s.Train.D, s.Classes)
		}
		if !noted(s, test.note) || !noted(s, "a file is a recording") {
			t.Errorf("%s: notes %q", test.name, s.Notes)
		}
	}
	dir := tree(t, map[string]string{"run_1.csv": a, "run_2.csv": b, "walk_1.csv": c, "other.md": "x"})
	s := load(t, filepath.Join(dir, "*_1.csv"), "window=2", "valid=0", "hold=0")
	if got := s.Train.N; got != 2 {
		t.Errorf("of a pattern: %d windows", got)
	}
	o := options(t, "window=2", "valid=0", "hold=0")
	o.Unlabelled = true
	if s, err := Load(filepath.Join(dir, "run_1.csv"), o); err != nil || s.Train.N != 1 || !noted(s, "the file is one recording") {
		t.Errorf("one recording: %v", err)
	}
	for _, test := range []struct{ path, settings, want string }{
		{filepath.Join(dir, "*.dat"), "", "no file is called so"},
		{dir, "files={label}-{group}", "is not called as  files = {label}-{group}  says; help: the pattern is of the path below the folder, without its end: run_1"},
		{dir, "files={what}", "write  files ="},
		{dir, "", "its recordings have different lengths, 2 to 3 steps; help: cut windows:  window = 2,  stride = 1;  or pad and cut them all:  length = 3"},
		{tree(t, map[string]string{"1.csv": a, "2.csv": b}), "window=2", "which column is the label cannot be guessed"},
		{tree(t, map[string]string{"a_1.csv": a, "b_1.csv": "ax\n1\n"}), "window=1", "there is no column ay"},
	} {
		if _, err := Load(test.path, options(t, strings.Fields(test.settings)...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: got %v", test.path, test.settings, err)
		}
	}
}

// TestFilesOfOtherColumns matches columns by their names, and says which are left out.
func TestFilesOfOtherColumns(t *testing.T) {
	dir := tree(t, map[string]string{"run/1.csv": "a,b\n1,2\n3,4\n", "run/2.csv": "b,a\n2,1\n4,3\n", "walk/3.csv": "a,b,c\n5,6,7\n7,8,9\n"})
	s := load(t, dir, "window=2", "valid=0", "hold=0")
	if got := values(&s.Train, 1); !slices.Equal(got, []float64{1, 2, 3, 4}) || !noted(s, "columns of 3.csv that are not read, since the file before it has none of that name: c") {
		t.Errorf("%v, %q", got, s.Notes)
	}
}

// TestLongLine refuses what is no table before its fields are told apart.
func TestLongLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte("a,b\n"+strings.Repeat("0,", 2<<20)+"0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, Defaults()); err == nil || !strings.Contains(err.Error(), "a.csv:2:1: error[data]: has 4194306 bytes in one line") {
		t.Errorf("got %v", err)
	}
}

// TestSounds reads a folder of WAV files.
func TestSounds(t *testing.T) {
	dir := tree(t, map[string]string{"no/1.wav": filetest.WAV[int16](1, 1, 16000, 1, 2, 3, 4), "yes/1.wav": filetest.WAV[int16](1, 1, 16000, 5, 6, 7, 8), "yes/2.wav": filetest.WAV[int16](1, 1, 16000, 9, 10), "list.csv": "x"})
	s := load(t, dir, "window=2", "valid=0", "hold=0")
	if got := values(&s.Train, 3); s.Train.N != 5 || !slices.Equal(got, []float64{7.0 / 32768, 8.0 / 32768}) || s.Train.Label(3) != 1 || !noted(s, "not read: 1 file beside the .wav files") {
		t.Errorf("%d windows, %v, notes %q", s.Train.N, got, s.Notes)
	}
	if s = load(t, dir, "length=4", "valid=0", "hold=0"); !slices.Equal(values(&s.Train, 2), []float64{0, 0, 9.0 / 32768, 10.0 / 32768}) {
		t.Errorf("padded: %v", values(&s.Train, 2))
	}
	frames := make([]int16, 2*frontend.FrameSamples)
	for i := range frames {
		frames[i] = int16(i * i)
	}
	dir = tree(t, map[string]string{"no_1.wav": filetest.WAV(1, 1, 16000, frames...), "yes_1.wav": filetest.WAV(1, 1, 16000, frames[:frontend.FrameSamples+frontend.FrameHop]...)})
	if s = load(t, dir, "features=bands", "window=2", "valid=0", "hold=0"); s.Train.N != 2 || s.Train.D != frontend.NumBands || s.Channels[0].Name != "125 Hz" {
		t.Errorf("bands: %d x %d, %v", s.Train.N, s.Train.D, s.Channels[0])
	}
	for name, file := range map[string]string{"8 bits": filetest.WAV[uint8](1, 1, 8000, 0, 128, 192), "floats": filetest.WAV[float32](3, 1, 8000, -1, 0, 0.5), "32 bits": filetest.WAV[int32](1, 1, 8000, -1<<31, 0, 1<<30)} {
		s := load(t, tree(t, map[string]string{"a_1.wav": file, "b_1.wav": file}), "valid=0", "hold=0")
		if got := values(&s.Train, 0); !slices.Equal(got, []float64{-1, 0, 0.5}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	stereo := load(t, tree(t, map[string]string{"a_1.wav": filetest.WAV[int16](1, 2, 8000, 1, 2, 3, 4), "b_1.wav": filetest.WAV[int16](1, 2, 8000, 1, 2, 3, 4)}), "valid=0", "hold=0")
	if stereo.Train.T != 2 || stereo.Train.D != 2 || stereo.Channels[1].Name != "channel 2 at 8000 Hz" {
		t.Errorf("two channels: %d x %d", stereo.Train.T, stereo.Train.D)
	}
	o := options(t, "valid=0", "hold=0")
	o.Unlabelled, o.Meaning = true, &Meaning{Channels: []Channel{{Name: "sample at 16000 Hz", Scale: 1}}}
	if _, err := Load(filetest.Write(t, t.TempDir(), "a.wav", []byte(filetest.WAV[int16](1, 1, 8000, 1, 2))), o); err == nil || !strings.Contains(err.Error(), "its values are sample at 8000 Hz; the model was trained on sample at 16000 Hz") {
		t.Errorf("another rate: %v", err)
	}
	for want, list := range map[string]map[string]string{
		"b_1.wav: error[data]: has 1 channel at 16000 Hz; ": {"a_1.wav": filetest.WAV[int16](1, 1, 8000, 1), "b_1.wav": filetest.WAV[int16](1, 1, 16000, 1)},
		"has 1 channel of 16 bits at 8000 Hz, format 2":     {"a_1.wav": filetest.WAV[int16](2, 1, 8000, 1), "b_1.wav": filetest.WAV[int16](1, 1, 8000, 1)},
		"which class each file is of cannot be told":        {"1.wav": filetest.WAV[int16](1, 1, 8000, 1), "2.wav": filetest.WAV[int16](1, 1, 8000, 1)},
		"is not a WAV file":                                 {"a_1.wav": "RIFF", "b_1.wav": "x"},
	} {
		if _, err := Load(tree(t, list), options(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
