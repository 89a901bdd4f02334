package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// sensors are tables whose values are far from what a float32 tells apart: their spread is small beside their size.
var sensors = []struct {
	name       string
	centre, by float64
	format     string
}{
	{"air pressure", 101_325, 5, "%.2f"},
	{"twenty million", 2e7, 10, "%.3f"},
	{"counts", 1e9, 30, "%.0f"},
	{"all digits", 1013.25, 0.05, "%.17g"},
	{"tiny", 1e-12, 1e-13, "%.4g"},
}

// TestDataAndRawGiveTheSameBits trains on values of a table, and holds hrnnc run --data, which reads them as training does, to
// hrnnc run --raw, which reads them as the documentation of a chip says.
func TestDataAndRawGiveTheSameBits(t *testing.T) {
	for _, s := range sensors {
		t.Run(s.name, func(t *testing.T) {
			const recordings, steps = 60, 20
			rng := rand.New(rand.NewPCG(1, 2))
			var table strings.Builder
			var values []float64
			table.WriteString("id,v,class\n")
			for i := range recordings {
				for step := range steps {
					text := fmt.Sprintf(s.format, s.centre+s.by*(float64(i%2*2-1)*float64(step)/steps+0.6*rng.NormFloat64()))
					v, err := strconv.ParseFloat(text, 64)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, v)
					fmt.Fprintf(&table, "%d,%s,%s\n", i, text, []string{"down", "up"}[i%2])
				}
			}
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name) }
			write := func(name string, body []byte) {
				t.Helper()
				if err := os.WriteFile(at(name), body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("s.csv", []byte(table.String()))
			write("model.hrn", fmt.Appendf(nil, `model m
input x : i8[1] / 32
steps %d
param U : int4[32, 1]
param b : [32]
param V : int4[2, 32]
param c : [2]
state h : int16[32]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y)
weights "model.safetensors"
train { data = "s.csv"  id = id  label = class  normalise = channel  epochs = 1  batch = 16 }
`, steps))
			if err := npy.WriteFile(at("x.npy"), npy.FromFloats(values, recordings, steps)); err != nil {
				t.Fatal(err)
			}
			command(t, "train", at("model.hrn"))
			command(t, "run", at("model.hrn"), "--data", at("s.csv"), "--level", "fixed", "-o", at("data.npy"))
			command(t, "run", at("model.hrn"), "--input", at("x.npy"), "--raw", "--level", "fixed", "-o", at("raw.npy"))
			data, fromRaw := readInts(t, at("data.npy")), readInts(t, at("raw.npy"))
			if len(data) != recordings*2 || !slices.Equal(data, fromRaw) {
				t.Errorf("%d outputs of --data, %d of --raw, and they differ", len(data), len(fromRaw))
			}
			if slices.Min(data) == slices.Max(data) {
				t.Errorf("all outputs are %v", data[0])
			}
		})
	}
}

// TestTargetsOfAnySize checks that a regression on numbers with a large mean scores as one on small numbers does.
func TestTargetsOfAnySize(t *testing.T) {
	var scores []float64
	for _, centre := range []float64{0, 1e9, 1e12} {
		dir := t.TempDir()
		rng := rand.New(rand.NewPCG(1, 2))
		var table strings.Builder
		table.WriteString("a,b,c,d,t\n")
		for range 200 {
			sum := 0.0
			for range 4 {
				v := float64(rng.IntN(200) - 100)
				sum += v
				fmt.Fprintf(&table, "%v,", v)
			}
			fmt.Fprintf(&table, "%.3f\n", centre+sum/8)
		}
		file := filepath.Join(dir, "model.hrn")
		for name, text := range map[string]string{"s.csv": table.String(), "model.hrn": `model m
input x : i8[1] / 32
steps 4
param U : int4[32, 1]
param b : [32]
param V : int4[1, 32]
param c : [1]
state h : int16[32]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output y
weights "model.safetensors"
train { data = "s.csv"  targets = t  epochs = 3  batch = 16 }
`} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		command(t, "train", file)
		tr, err := study.Trained(file, study.Options{})
		if err != nil {
			t.Fatal(err)
		}
		score, err := tr.Score(t.Context(), "test", "fixed", nil)
		if err != nil {
			t.Fatal(err)
		}
		scores = append(scores, float64(score.R2))
	}
	for _, r2 := range scores {
		if math.Abs(r2-scores[0]) > 0.01 || math.IsNaN(r2) {
			t.Errorf("R2 %v for means of 0, 1e9 and 1e12", scores)
		}
	}
}

// command runs hrnnc, which must succeed.
func command(t *testing.T, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, &out, &errs); code != 0 {
		t.Fatalf("hrnnc %s: exit code %d: %s", strings.Join(args, " "), code, errs.String())
	}
}

func readInts(t *testing.T, path string) []int64 {
	t.Helper()
	a, err := compiler.ReadArray(path)
	if err != nil {
		t.Fatal(err)
	}
	return a.Ints
}
