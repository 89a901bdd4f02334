package data

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// load loads a set with settings such as "layout=rows", and fails the test when that does not work.
func load(t testing.TB, name string, settings ...string) *Set {
	t.Helper()
	s, err := Load(name, options(t, settings...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(t testing.TB, settings ...string) Options {
	t.Helper()
	o := Defaults()
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		if known, err := o.Set(name, value); !known || err != nil {
			t.Fatalf("%s: known %v, %v", s, known, err)
		}
	}
	return o
}

// known loads a known set of ../shared, or skips.
func knownSet(t *testing.T, name string, settings ...string) *Set {
	t.Helper()
	k := Find(name)
	t.Setenv(known.DirVariable, filepath.Dir(shared.Path(t, "data", k.Folder)))
	return load(t, name, settings...)
}

func values(s *Sequences, i int) []float64 {
	x := make([]float64, s.T*s.D)
	s.Values(i, x)
	return x
}

func tokens(s *Sequences, i int) []int32 {
	x := make([]int32, s.T)
	s.Tokens(i, x)
	return x
}

// labels counts the sequences of each class, or the steps.
func labels(s *Sequences) map[int32]int {
	out, all := map[int32]int{}, make([]int32, s.T)
	for i := range s.N {
		if !s.EachStep {
			out[s.Label(i)]++
			continue
		}
		s.Labels(i, all)
		for _, l := range all {
			if l >= 0 {
				out[l]++
			}
		}
	}
	return out
}

func TestKnownSets(t *testing.T) {
	for _, k := range KnownSets {
		t.Run(k.Name, func(t *testing.T) {
			if k.Where() == "" { // a package of the system, or the caller's HRNNC_DATA, has it otherwise
				t.Setenv(known.DirVariable, filepath.Dir(shared.Path(t, "data", k.Folder)))
			}
			s := load(t, k.Name, "valid=0")
			if s.Train.N != k.Train || s.Valid.N != k.Valid || s.Test.N != k.Test {
				t.Errorf("%d + %d + %d sequences; the table says %d + %d + %d", s.Train.N, s.Valid.N, s.Test.N, k.Train, k.Valid, k.Test)
			}
			if s.Train.T != k.T || s.Train.D != k.D || len(s.Classes) != k.Classes || s.Train.Outputs != k.Numbers {
				t.Errorf("%d x %d, %d classes, %d numbers; the table says %d x %d, %d, %d",
					s.Train.T, s.Train.D, len(s.Classes), s.Train.Outputs, k.T, k.D, k.Classes, k.Numbers)
			}
			for _, part := range []*Sequences{&s.Train, &s.Test} {
				if n := labels(part); k.Classes > 0 && len(n) != k.Classes {
					t.Errorf("labels %v", n)
				}
			}
			if (s.Train.Groups != nil) != (k.Kind&(Grouped|Streams) != 0) {
				t.Errorf("groups are known: %v", s.Train.Groups != nil)
			}
			d := s.Describe()
			if d.Train != k.Train || len(d.Classes) != k.Classes || (len(d.Channels) == 0) != (k.Kind&Text != 0) {
				t.Errorf("described as %+v", d)
			}
		})
	}
}

func TestMNIST(t *testing.T) {
	s := knownSet(t, "mnist")
	if s.Train.N != 54_000 || s.Valid.N != 6_000 {
		t.Errorf("%d + %d", s.Train.N, s.Valid.N)
	}
	// The first test image is a 7 whose first ink, 84, is at line 7, column 6.
	x := values(&s.Test, 0)
	if s.Test.Label(0) != 7 || x[7*28+6] != 84*(1.0/255) || x[7*28+5] != 0 {
		t.Errorf("label %d, pixels %v", s.Test.Label(0), x[7*28:8*28])
	}
	rows, columns := knownSet(t, "mnist", "layout=rows"), knownSet(t, "mnist", "layout=columns")
	if rows.Test.T != 28 || rows.Test.D != 28 || !slices.Equal(values(&rows.Test, 0), x) {
		t.Error("rows are not the lines of the image")
	}
	c := values(&columns.Test, 0)
	for line := range 28 {
		for column := range 28 {
			if c[column*28+line] != x[line*28+column] {
				t.Fatalf("line %d, column %d", line, column)
			}
		}
	}
	permuted := knownSet(t, "mnist", "permute=92916", "limit=10")
	p := values(&permuted.Test, 0)
	whole := knownSet(t, "mnist", "limit=10")
	y := values(&whole.Test, 0)
	for at, from := range numpyPermutation(92916, 784) {
		if p[at] != y[from] {
			t.Fatalf("step %d is not pixel %d", at, from)
		}
	}
	if len(permuted.Notes) != 3 || !strings.Contains(strings.Join(permuted.Notes, "; "), "RandomState(92916).permutation(784)") {
		t.Errorf("notes %q", permuted.Notes)
	}
}

func TestFashion(t *testing.T) {
	if Find("fashion").Where() == "" {
		t.Skip("skipped: no Fashion-MNIST (apt-get install dataset-fashion-mnist)")
	}
	if s := load(t, "fashion"); s.Classes[s.Test.Label(0)] != "ankle boot" {
		t.Errorf("the first test image is a %s", s.Classes[s.Test.Label(0)])
	}
}

func TestHAR(t *testing.T) {
	s := knownSet(t, "har")
	if n := labels(&s.Test); n[0] != 496 || n[5] != 537 {
		t.Errorf("labels %v", n)
	}
	in := map[int32]bool{}
	for _, g := range s.Train.Groups {
		in[g] = true
	}
	for _, part := range []*Sequences{&s.Valid, &s.Test} {
		for _, g := range part.Groups {
			if in[g] {
				t.Fatalf("person %d is in the training part and another", g)
			}
		}
	}
	if got := distinct(s.Test.Groups); len(got) != 9 || got[0] != 2 {
		t.Errorf("test persons %v", got)
	}
	// Gravity: at rest the total acceleration is 1 g long.
	for i := range s.Test.N {
		if s.Classes[s.Test.Label(i)] == "standing" {
			x := values(&s.Test, i)
			if g := x[6]*x[6] + x[7]*x[7] + x[8]*x[8]; g < 0.8 || g > 1.2 {
				t.Errorf("the square of the acceleration at rest is %v", g)
			}
			break
		}
	}
}

func TestHAR2(t *testing.T) {
	six, two := knownSet(t, "har", "valid=0"), knownSet(t, "har2", "valid=0")
	for i := range six.Test.N {
		name := six.Classes[six.Test.Label(i)]
		first := name == "sitting" || name == "lying" || name == "walking upstairs"
		if first != (two.Test.Label(i) == 0) {
			t.Fatalf("%s is class %d", name, two.Test.Label(i))
		}
	}
	for d, m := range measure(&two.Train, 1) {
		if m.mean() > 1e-4 || m.mean() < -1e-4 || m.deviation() < 0.999 || m.deviation() > 1.001 {
			t.Errorf("channel %d: mean %v, deviation %v", d, m.mean(), m.deviation())
		}
	}
	if none := knownSet(t, "har2", "normalise=none"); none.Channels[0].Offset != 0 {
		t.Error("normalise=none normalises")
	}
}

func TestHAPT(t *testing.T) {
	s := knownSet(t, "hapt", "valid=0")
	if got := distinct(s.Test.Groups); got[0] != 22 || len(got) != 9 {
		t.Errorf("test persons %v", got)
	}
	six := knownSet(t, "hapt", "valid=0", "channels=all")
	a, b := values(&s.Test, 17), values(&six.Test, 17)
	if six.Train.D != 6 || a[5*3+1] != b[5*6+1] || six.Channels[3].Name != "gyro x" {
		t.Errorf("%d channels, %v", six.Train.D, six.Channels)
	}
	// The first labelled interval of the training part: experiment 1, standing, samples[250:1233].
	arrays, err := files.OpenNpz(filepath.Join(os.Getenv(known.DirVariable), "hapt", "hapt_raw.npz"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := arrays.Get("exp01_user01")
	if err != nil {
		t.Fatal(err)
	}
	if x := values(&s.Train, 0); s.Train.Label(0) != 4 || x[0] != raw.Float(250*6) || x[2] != raw.Float(250*6+2) {
		t.Errorf("the first window starts with %v", x[:3])
	}
	whole := knownSet(t, "hapt", "valid=0", "stream=yes")
	labels := make([]int32, whole.Train.T)
	whole.Train.Labels(0, labels)
	x := make([]float64, 3)
	whole.Train.Piece(0, 250, x)
	if labels[248] != -1 || labels[249] != 4 || labels[1231] != 4 || labels[1232] != -1 || x[0] != raw.Float(250*6) || whole.Test.N != 18 {
		t.Errorf("unbroken: labels %v, %v; values %v; %d recordings to test", labels[248:250], labels[1231:1233], x, whole.Test.N)
	}
	authors := knownSet(t, "hapt", "test=2,4,9,10,12,13,18,20,24", "window=64", "stride=64")
	if got := distinct(authors.Test.Groups); len(got) != 9 || got[0] != 2 || authors.Test.T != 64 {
		t.Errorf("test persons %v of %d steps", got, authors.Test.T)
	}
}

func TestCMAPSS(t *testing.T) {
	s, six := knownSet(t, "cmapss"), knownSet(t, "cmapss", "window=60", "channels=all")
	if s.Train.N+s.Valid.N != 20_631 || s.Test.N != 100 || s.Targets[0] != "remaining flights" || s.Channels[0].Name != "T24" {
		t.Errorf("%d + %d + %d, %v, %v", s.Train.N, s.Valid.N, s.Test.N, s.Targets, s.Channels)
	}
	engines := map[string][]float64{} // the lives that the windows of each end with
	for _, part := range []*Sequences{&s.Train, &s.Valid} {
		of := map[string]bool{}
		for i := range part.N {
			var left [1]float64
			part.Targets(i, left[:])
			name := part.Origin(i).Recording
			engines[name], of[name] = append(engines[name], left[0]), true
		}
		if tenth := len(of) == 10; tenth != (part == &s.Valid) {
			t.Errorf("%d engines in a part", len(of))
		}
	}
	for name, lives := range engines {
		n := len(lives)
		if lives[0] != 125 || lives[n-1] != 0 || lives[n-2] != 1 || lives[n-126] != 125 || lives[n-127] != 125 || lives[n-125] != 124 {
			t.Errorf("%s: lives from %v to %v", name, lives[0], lives[n-1])
		}
	}
	if len(engines) != 100 {
		t.Errorf("%d engines fly until they fail", len(engines))
	}
	// The first engine of the test stops after its 31st flight, with 112 left; the 15th after 76, with 83; the 67th has 77 left.
	for i, want := range map[int]float64{0: 112, 14: 83, 66: 77, 25: 119, 94: 128} {
		var left [1]float64
		if s.Test.Targets(i, left[:]); left[0] != want {
			t.Errorf("engine %d has %v flights left, not %v", i+1, left[0], want)
		}
	}
	x, long := values(&s.Test, 0), values(&six.Test, 0)
	if o := s.Test.Origin(0); o.Recording != "test 1" || o.Step != 1 || six.Test.Origin(0).Step != 31-60 || s.Train.Origin(0).Step != -29 {
		t.Errorf("the windows begin at %+v", o)
	}
	for step := range 60 {
		row := long[step*24 : (step+1)*24]
		if copied := step < 29; copied && !slices.Equal(row, long[:24]) {
			t.Fatalf("step %d is no copy of the first flight", step)
		}
		if step >= 30 && row[4] != x[(step-30)*14] {
			t.Fatalf("step %d", step)
		}
	}
	// The first training engine begins at T24 = 641.82 and P30 = 554.36.
	if first := values(&s.Train, 0); s.Train.Origin(0).Recording == "train 1" && (math.Abs(first[29*14]-641.82) > 1e-4 || math.Abs(first[3]-554.36) > 1e-4) {
		t.Errorf("the first flight is %v", first[:14])
	}
}

// TestMITBIH checks where windows and names lie by the first beats of record 100: marks at samples 77, 370, 662, ... and the first S at 2044.
func TestMITBIH(t *testing.T) {
	s, whole := knownSet(t, "mitbih"), knownSet(t, "mitbih", "stream=yes")
	if s.Test.Origin(0).Recording != "100" || s.Test.Origin(0).Step != 77/6+25-144 || s.Hz != 60 || whole.Classes[0] != "background" {
		t.Fatalf("the first window of the test is %+v, at %v Hz; classes %v", s.Test.Origin(0), s.Hz, whole.Classes)
	}
	lead := make([]float64, 2*500)
	whole.Test.Piece(0, 0, lead)
	for i, mark := range []int{77, 370, 662} {
		x, end := values(&s.Test, i), mark/6+25
		if !slices.Equal(x[2*max(0, 144-end):], lead[2*max(0, end-144):2*end]) || s.Test.Label(i) != 0 {
			t.Errorf("beat %d does not end 0.4 s behind its mark, or is a %d", i, s.Test.Label(i))
		}
		for k := range 2 * (144 - end) {
			if x[k] != 0 {
				t.Fatalf("value %d, before the record: %v", k, x[k])
			}
		}
	}
	labels := make([]int32, 400)
	whole.Test.PieceLabels(0, 0, labels)
	want := make([]int32, 30) // from the step of the first S on
	for k := range 18 {
		if want[k] = -1; k >= 6 && k < 12 {
			want[k] = 2
		}
	}
	if got := labels[2044/6:]; !slices.Equal(got[:30], want) || s.Test.Label(7) != 1 {
		t.Errorf("the first S is %v, and beat 7 a %d", got[:30], s.Test.Label(7))
	}
	long := knownSet(t, "mitbih", "window=200", "frame=2")
	if long.Test.T != 100 || long.Test.D != 4 || !slices.Equal(values(&long.Test, 9)[2*(200-144):], values(&s.Test, 9)) {
		t.Errorf("%d x %d", long.Test.T, long.Test.D)
	}
	in := map[string]part{}
	for to, part := range map[part]*Sequences{train: &s.Train, valid: &s.Valid, test: &s.Test} {
		for i := range part.N {
			name := part.Origin(i).Recording
			if before, ok := in[name]; ok && before != to {
				t.Fatalf("record %s is in two parts", name)
			}
			in[name] = to
		}
	}
	if len(in) != 44 || in["201"] != valid || in["202"] != test {
		t.Errorf("%d records: %v", len(in), in)
	}
	all := knownSet(t, "mitbih", "valid=0")
	if all.Train.N != 51_013-1_963 || all.Valid.N != 0 { // 201 is of a man whose other record is tested
		t.Errorf("without validation %d + %d windows", all.Train.N, all.Valid.N)
	}
	// Beat 7 is the S, and comes early; beat 8 comes late. A beat's rhythm begins with its mark.
	rhythm := knownSet(t, "mitbih", "channels=rhythm")
	for i, sign := range []float64{0, -1, 1} {
		x := values(&rhythm.Test, 6+i)
		last, mark := 32*x[143], 32*x[143-24]
		if last != mark || sign == 0 && last != 0 || sign*last < math.Abs(sign) || sign < 0 && 32*x[143-25] == mark {
			t.Errorf("beat %d has the rhythm %v", 6+i, x[110:])
		}
	}
	if _, err := Load("mitbih", options(t, "stream=yes", "channels=rhythm")); err == nil || !strings.Contains(err.Error(), "no channel") {
		t.Errorf("got %v", err)
	}
	if _, err := Load("mitbih", options(t, "stride=2")); err == nil || !strings.Contains(err.Error(), "each beat has one window") {
		t.Errorf("got %v", err)
	}
}

func TestFSDD(t *testing.T) {
	s := knownSet(t, "fsdd", "limit=100")
	if got := distinct(s.Valid.Groups); len(got) < 2 {
		t.Errorf("the test part has all speakers, and validation only %v", got)
	}
	for i := range s.Test.N {
		x := values(&s.Test, i)
		if x[len(x)-1] == 0 && x[len(x)-2] == 0 && x[len(x)-3] == 0 && x[len(x)-4] == 0 {
			t.Fatalf("recording %d does not end at the last step", i)
		}
	}
	bands := knownSet(t, "fsdd", "features=bands", "length=50")
	if bands.Test.T != 50 || bands.Test.D != frontend.NumBands {
		t.Errorf("%d x %d", bands.Test.T, bands.Test.D)
	}
	for _, m := range measure(&bands.Test, 1) {
		if m.most < 0.4 || m.most > 240.0/255 {
			t.Errorf("the largest feature is %v", m.most)
		}
	}
}

func TestSST2(t *testing.T) {
	s := knownSet(t, "sst2")
	// "it 's a charming and often affecting journey ."
	var words []string
	for _, w := range tokens(&s.Test, 0) {
		if w != padding {
			words = append(words, s.Vocabulary[w])
		}
	}
	if got := strings.Join(words, " "); got != "it 's a charming and often affecting journey" || s.Classes[s.Test.Label(0)] != "positive" {
		t.Errorf("got %q", got)
	}
	small := knownSet(t, "sst2", "vocabulary=100", "length=8", "min_count=2")
	if small.Train.Vocabulary != 100 || small.Train.T != 8 {
		t.Errorf("%d tokens, %d steps", small.Train.Vocabulary, small.Train.T)
	}
	for i := range small.Train.N {
		for _, w := range tokens(&small.Train, i) {
			if w < 0 || w >= 100 {
				t.Fatalf("token %d", w)
			}
		}
	}
}

// TestTampered checks that a known set with other bytes is refused, and that the same content packed otherwise is not.
func TestTampered(t *testing.T) {
	k := Find("mnist1d")
	dir := t.TempDir()
	t.Setenv(known.DirVariable, dir)
	if err := os.MkdirAll(filepath.Join(dir, k.Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, k.Folder, "mnist1d.npz"), []byte("PK\x03\x04"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load("mnist1d", Defaults()); err == nil || !strings.Contains(err.Error(), "is not the known file") {
		t.Errorf("got %v", err)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv(known.DirVariable, t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	_, err := Load("har", Defaults())
	if err == nil || !strings.Contains(err.Error(), "har: error[data]: the data set is not on this machine; help: hrnnc data get har  where there is a network; or fetch https://archive.ics.uci.edu/") ||
		!strings.HasSuffix(err.Error(), "yourself and unpack it into $HRNNC_DATA/har") {
		t.Errorf("got %v", err)
	}
	if _, err = Load("mnits", Defaults()); err == nil || !strings.Contains(err.Error(), "did you mean mnist?") {
		t.Errorf("got %v", err)
	}
}
