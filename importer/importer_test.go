package importer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/hadamard"
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// checkpoint is a set of tensors under the authors' names.
type checkpoint map[string]*weights.Tensor

func (c checkpoint) put(name string, data []float64, shape ...int) {
	c[name] = &weights.Tensor{Name: name, Shape: shape, DType: "F32", Data: data}
}

func (c checkpoint) file() *weights.File {
	f := &weights.File{Path: "best.npz", Format: weights.Npz, Metadata: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		f.Tensors = append(f.Tensors, c[name])
	}
	return f
}

func random(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = rng.NormFloat64() / 4
	}
	return out
}

const (
	units   = 24
	block   = 8
	entries = 3
	outputs = 5
)

// denseHadamard is signs, permutations and one scale around blocks of a Hadamard matrix.
func denseHadamard(rng *rand.Rand, scale float64, permuted bool) []float64 {
	w := make([]float64, units*units)
	rows, cols := rng.Perm(units), rng.Perm(units)
	sign := func() float64 { return float64(2*rng.Intn(2) - 1) }
	colSigns := make([]float64, units)
	for j := range colSigns {
		colSigns[j] = 1
		if permuted {
			colSigns[j] = sign()
		}
	}
	for i := range units {
		s := sign()
		for j := range units {
			r, c := i, j
			if permuted {
				r, c = rows[i], cols[j]
			}
			if r/block == c/block {
				w[i*units+j] = scale * s * colSigns[j] * float64(hadamard.Entry(r%block, c%block))
			}
		}
	}
	return w
}

func dense(rng *rand.Rand, w []float64) checkpoint {
	c := checkpoint{}
	c.put("input_layer.weight", random(rng, units*entries), units, entries)
	c.put("recurrent_layer.weight", w, units, units)
	c.put("recurrent_layer.bias", random(rng, units), units)
	c.put("output_layer.weight", random(rng, outputs*units), outputs, units)
	c.put("output_layer.bias", random(rng, outputs), outputs)
	return c
}

// run computes the dense recurrence as it is written, in float64, and the imported model at its real level.
func run(t *testing.T, c checkpoint, im *importer.Imported, steps int) (want, got []float64) {
	t.Helper()
	m, err := compiler.FromParts("model.hrn", []byte(im.Text), im.Weights)
	if err != nil {
		t.Fatalf("%v\n%s", err, im.Text)
	}
	rng := rand.New(rand.NewSource(5))
	x := passes.Sequences(m.Real, 1, steps, rng)
	out, err := m.RunReal(context.Background(), x, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := make([]float64, units)
	for _, row := range x[0] {
		next := append([]float64(nil), c["recurrent_layer.bias"].Data...)
		for i := range next {
			for j := range units {
				next[i] += c["recurrent_layer.weight"].Data[i*units+j] * h[j]
			}
			for j := range entries {
				next[i] += c["input_layer.weight"].Data[i*entries+j] * float64(row[j]) / 255
			}
		}
		h = next
	}
	want = append([]float64(nil), c["output_layer.bias"].Data...)
	for i := range want {
		for j := range units {
			want[i] += c["output_layer.weight"].Data[i*units+j] * math.Max(h[j], 0)
		}
	}
	return want, out.Y.Floats
}

// TestDenseRecurrence imports dense matrices, and holds the model against the dense recurrence. int16 weights are all
// that differs.
func TestDenseRecurrence(t *testing.T) {
	for _, permuted := range []bool{false, true} {
		t.Run(fmt.Sprintf("permuted=%v", permuted), func(t *testing.T) {
			rng := rand.New(rand.NewSource(3))
			c := dense(rng, denseHadamard(rng, 1/math.Sqrt(block), permuted))
			im, err := importer.Import(c.file(), nil, importer.Options{Name: "dense", Input: "u8", Scale: "1/255", Steps: 30})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(im.Text, "W*h") != permuted || !permuted && !strings.Contains(im.Text, "hadamard(h, block = 8)") {
				t.Errorf("the recurrence is not what it should be:\n%s", im.Text)
			}
			want, got := run(t, c, im, 30)
			for i := range want {
				if math.Abs(want[i]-got[i]) > 2e-3 {
					t.Errorf("output %d: %v, the dense recurrence gives %v", i, got[i], want[i])
				}
			}
		})
	}
}

// TestRefusals are checkpoints that are no HadamRNN; each is one diagnostic that names the tensor and the remedy.
func TestRefusals(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	good := func() checkpoint { return dense(rng, denseHadamard(rng, 1/math.Sqrt(block), false)) }
	for name, c := range map[string]struct {
		change func(c checkpoint)
		want   []string
	}{
		"noise": {func(c checkpoint) { c.put("recurrent_layer.weight", random(rng, units*units), units, units) },
			[]string{"recurrent_layer.weight", "not a signed Hadamard"}},
		"one entry": {func(c checkpoint) { c["recurrent_layer.weight"].Data[7] *= -1 }, []string{"not a signed Hadamard"}},
		"scale":     {func(c checkpoint) { c.put("recurrent_layer.weight", denseHadamard(rng, 0.2, false), units, units) }, []string{"--normalise"}},
		"NaN":       {func(c checkpoint) { c["input_layer.weight"].Data[4] = math.NaN() }, []string{"input_layer.weight", "NaN"}},
		"missing":   {func(c checkpoint) { delete(c, "output_layer.weight") }, []string{"output_layer"}},
		"shape":     {func(c checkpoint) { c["output_layer.bias"].Shape = []int{outputs - 1} }, []string{"output_layer.bias"}},
		"not square": {func(c checkpoint) {
			c.put("recurrent_layer.weight", random(rng, units*(units-1)), units, units-1)
		}, []string{"recurrent_layer.weight"}},
	} {
		t.Run(name, func(t *testing.T) {
			ckpt := good()
			c.change(ckpt)
			_, err := importer.Import(ckpt.file(), nil, importer.Options{Input: "u8"})
			var d *diag.Diagnostic
			if !errors.As(err, &d) || d.Help == "" {
				t.Fatalf("it is taken, or refused without help: %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\nlacks %q", err, w)
				}
			}
		})
	}
}

// TestNormalise scales a matrix that is a multiple of a Hadamard one.
func TestNormalise(t *testing.T) {
	rng := rand.New(rand.NewSource(6))
	c := dense(rng, denseHadamard(rng, 0.2, true))
	im, err := importer.Import(c.file(), nil, importer.Options{Input: "u8", Scale: "1/255", Normalise: true, Steps: 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range c["recurrent_layer.weight"].Data {
		c["recurrent_layer.weight"].Data[i] *= 1 / math.Sqrt(block) / 0.2
	}
	want, got := run(t, c, im, 10)
	for i := range want {
		if math.Abs(want[i]-got[i]) > 2e-3 {
			t.Errorf("output %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// quantised is a checkpoint of the authors' code with two layers and an embedding.
func quantised(rng *rand.Rand) checkpoint {
	const n, d, vocab = 16, 4, 20
	c := checkpoint{}
	signs := func() []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = float64(2*rng.Intn(2) - 1)
		}
		return out
	}
	c.put("word_embedding.weight", random(rng, vocab*d), vocab, d)
	c.put("input_layer.parametrizations.weight.original", random(rng, n*d), n, d)
	c.put("recurrent_layer.sign_vector", signs(), n)
	c.put("input_layer_2.original_weight", random(rng, n*n), n, n)
	c.put("recurrent_layer_2.sign_vector", signs(), n)
	c.put("output_layer.parametrizations.weight.original", random(rng, 2*n), 2, n)
	c.put("output_layer.bias", random(rng, 2), 2)
	return c
}

func TestConfigAndStackedLayers(t *testing.T) {
	for name, text := range map[string]string{
		"config.yaml": "MODEL:\n  HIDDEN_SIZE: 16\n  NUM_BITS: 2\n  BASIC_BLOCK: 2\n  QOUTPUT: true\nDATASET:\n  NAME: sst2\n",
		"config.json": `{"config": {"hidden_size": 16, "num_bits": 2, "basic_block": 2, "qoutput": true}}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			c, err := importer.ReadConfig(path)
			if err != nil {
				t.Fatal(err)
			}
			im, err := importer.Import(quantised(rand.New(rand.NewSource(8))).file(), c, importer.Options{Name: "text", Input: "token", Steps: 12})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"block = 4", "embed(E, ", "state h2", "int2", "binary", "token[20]"} {
				if !strings.Contains(im.Text, want) {
					t.Errorf("the model lacks %q:\n%s", want, im.Text)
				}
			}
			if _, err := compiler.FromParts("model.hrn", []byte(im.Text), im.Weights); err != nil {
				t.Errorf("%v\n%s", err, im.Text)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	for _, bad := range []string{"", "a: b", "MODEL: {NUM_BITS: 99, HIDDEN_SIZE: 4}", "{{{"} {
		if err := os.WriteFile(path, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := importer.ReadConfig(path)
		var d *diag.Diagnostic
		if !errors.As(err, &d) || d.Help == "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
