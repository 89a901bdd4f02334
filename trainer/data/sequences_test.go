package data

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// everything reads all of a set: values or tokens, labels or targets, groups, in all parts.
func everything(s *Set) []float64 {
	var out []float64
	for _, part := range []*Sequences{&s.Train, &s.Valid, &s.Test} {
		steps := 1
		if part.EachStep {
			steps = part.T
		}
		for i := range part.N {
			if part.Vocabulary > 0 {
				for _, v := range tokens(part, i) {
					out = append(out, float64(v))
				}
			} else {
				out = append(out, values(part, i)...)
			}
			if part.Outputs > 0 {
				y := make([]float64, steps*part.Outputs)
				part.Targets(i, y)
				out = append(out, y...)
				continue
			}
			y := make([]int32, steps)
			part.Labels(i, y)
			for _, v := range y {
				out = append(out, float64(v))
			}
		}
	}
	return out
}

// TestDeterministic loads sets of every kind twice, and reads the second from several goroutines at once.
func TestDeterministic(t *testing.T) {
	text := t.TempDir()
	filetest.Write(t, text, "train.csv", []byte("label,text\n0,one two\n1,two three\n0,four\n1,five\n0,six two\n1,one\n0,x y\n1,z\n0,a\n1,b\n"))
	for name, settings := range map[string][]string{
		"copy(7)":    {"sequences=20", "limit=15"},
		"adding(9)":  {"sequences=20", "limit=15"},
		"curves(16)": {"sequences=20", "limit=15"},
		images(t):    {"permute=3", "valid=30%", "normalise=channel"},
		text:         {"valid=30%"},
		saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 40, 5, 2), "y": ints('i', 8, 40, 5), "groups": intArray(slices.Repeat([]int64{1, 2, 3, 4}, 10)...)}): {"channels=1", "subsample=2"},
	} {
		want := everything(load(t, name, settings...))
		again := load(t, name, settings...)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if !slices.Equal(everything(again), want) {
					t.Errorf("%s differs the second time", name)
				}
			})
		}
		wait.Wait()
	}
}

// TestSeedDrawsValidation checks that a seed changes the validation part and no test part.
func TestSeedDrawsValidation(t *testing.T) {
	path := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 100, 4), "y": intArray(slices.Repeat([]int64{0, 1}, 50)...)})
	o := Defaults()
	a, err := Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Seed = 1
	b, err := Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a.Valid.index, b.Valid.index) || !slices.Equal(a.Test.index, b.Test.index) {
		t.Errorf("validation %v and %v, test %v and %v", a.Valid.index, b.Valid.index, a.Test.index, b.Test.index)
	}
}

func BenchmarkValues(b *testing.B) {
	pixels := make(files.Packed[uint8], 100*784)
	for _, layout := range []string{"pixels", "permuted"} {
		b.Run(layout, func(b *testing.B) {
			p := &pool{n: 100, x: array{Numbers: pixels, size: 784}, y: array{Numbers: make(files.Packed[int32], 100), size: 1},
				frame: frame{steps: 28, channels: 28, image: true}, channels: []Channel{{Scale: 1.0 / 255}}, kind: Images}
			o := Options{}
			if layout == "permuted" {
				o.Permute = 92916
			}
			s, err := p.set("images", o)
			if err != nil {
				b.Fatal(err)
			}
			x := make([]float64, 784)
			b.SetBytes(784)
			for b.Loop() {
				s.Train.Values(rand.IntN(100), x)
			}
		})
	}
}
