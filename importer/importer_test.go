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

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
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

// layouts are the names that one network has in other places, by the names of the authors' code. A sum of two stands for a
// tensor that is halved.
var layouts = map[string][5]string{ // U, W, b, V, c
	"nn.Linear":              {"i2h.weight", "h2h.weight", "i2h.bias", "h2o.weight", "h2o.bias"},
	"DataParallel":           {"module.input_layer.weight", "module.recurrent_layer.weight", "module.recurrent_layer.bias", "module.output_layer.weight", "module.output_layer.bias"},
	"torch.compile":          {"_orig_mod.module.in_proj.weight", "_orig_mod.module.rec.weight", "_orig_mod.module.rec.bias", "_orig_mod.module.fc.weight", "_orig_mod.module.fc.bias"},
	"nn.RNN":                 {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0+rnn.bias_hh_l0", "classifier.weight", "classifier.bias"},
	"nn.RNNCell":             {"cell.weight_ih", "cell.weight_hh", "cell.bias_hh+cell.bias_ih", "head.weight", "head.bias"},
	"hrnnc":                  {"U", "W", "b", "V", "c"},
	"a common prefix":        {"net.encoder.rnn.U", "net.encoder.rnn.W", "net.encoder.rnn.b", "net.encoder.rnn.V", "net.encoder.rnn.c"},
	"nn.Linear's bias":       {"input_layer.weight", "recurrent_layer.weight", "input_layer.bias", "output_layer.weight", "output_layer.bias"},
	"two biases":             {"input_layer.weight", "recurrent_layer.weight", "input_layer.bias+recurrent_layer.bias", "output_layer.weight", "output_layer.bias"},
	"matrices":               {"W_in", "W_rec", "b_rec", "W_out", "b_out"},
	"capitals":               {"Win", "Whh", "bias_hh", "Wout", "outBias"},
	"letters":                {"net.Wx", "net.Wh", "net.bh", "net.Wy", "net.by"},
	"two letters":            {"Wxh", "Whh", "bxh+bhh", "Why", "bhy"},
	"a Sequential":           {"0.weight", "1.weight", "0.bias", "2.weight", "2.bias"},
	"np.savez":               {"arr_0", "arr_1", "arr_2", "arr_3", "arr_4"},
	"words that do not help": {"model.cell.one.weight", "model.cell.two.weight", "model.cell.two.bias", "model.cell.three.weight", "model.cell.three.bias"},
}

// TestLayouts imports one network under many names: the models are the same.
func TestLayouts(t *testing.T) {
	rng := rand.New(rand.NewSource(12))
	c := dense(rng, denseHadamard(rng, 1/math.Sqrt(block), false))
	o := importer.Options{Name: "dense", Input: "u8", Scale: "1/255", Steps: 30}
	want, err := importer.Import(c.file(), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	from := [5]string{"input_layer.weight", "recurrent_layer.weight", "recurrent_layer.bias", "output_layer.weight", "output_layer.bias"}
	for layout, names := range layouts {
		t.Run(layout, func(t *testing.T) {
			other := checkpoint{}
			for i, name := range names {
				parts := strings.Split(name, "+")
				for _, part := range parts {
					data := slices.Clone(c[from[i]].Data)
					for j := range data {
						data[j] /= float64(len(parts))
					}
					other.put(part, data, c[from[i]].Shape...)
				}
			}
			got, err := importer.Import(other.file(), nil, o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != want.Text {
				t.Errorf("another model:\n%s", got.Text)
			}
			if d := cmp.Diff(want.Weights.Tensors, got.Weights.Tensors); d != "" {
				t.Error(d)
			}
			if len(got.Choices) != len(other) {
				t.Errorf("%d of %d tensors are told of: %v", len(got.Choices), len(other), got.Choices)
			}
		})
	}
}

// TestNoTensorIsDropped are tensors beside those of a network: used, or an error that says what they could be.
func TestNoTensorIsDropped(t *testing.T) {
	rng := rand.New(rand.NewSource(13))
	for name, test := range map[string]struct {
		change func(c checkpoint)
		o      importer.Options
		want   string // of the error; "" for none
	}{
		"a norm": {func(c checkpoint) { c.put("norm.weight", random(rng, units), units) }, importer.Options{},
			"1 of its 6 tensors have no place in the model: norm.weight [24]"},
		"left out":         {func(c checkpoint) { c.put("norm.weight", random(rng, units), units) }, importer.Options{Ignore: []string{"norm.*"}}, ""},
		"an initial state": {func(c checkpoint) { c.put("h0", random(rng, units), units) }, importer.Options{}, "no place in the model: h0 [24]"},
		"a counter":        {func(c checkpoint) { c.put("norm.num_batches_tracked", []float64{3}) }, importer.Options{}, "no place in the model: norm.num_batches_tracked []"},
		"a third matrix":   {func(c checkpoint) { c.put("attention.weight", random(rng, units*units), units, units) }, importer.Options{}, "no place in the model: attention.weight [24, 24]"},
		"a second input": {func(c checkpoint) { c.put("skip.input_layer.weight", random(rng, units*entries), units, entries) }, importer.Options{},
			"it is not clear which tensor is U: input_layer.weight [24, 3], skip.input_layer.weight [24, 3]"},
		"a third layer":   {func(c checkpoint) { c.put("rnn.weight_ih_l2", random(rng, units*units), units, units) }, importer.Options{}, "no place in the model"},
		"half a layer":    {func(c checkpoint) { c.put("rnn.weight_ih_l1", random(rng, units*units), units, units) }, importer.Options{}, "has a part of a second layer"},
		"an LSTM":         {func(c checkpoint) { c.put("lstm.weight_hh_l0", random(rng, 4*units*units), 4*units, units) }, importer.Options{}, "that of an LSTM"},
		"both directions": {func(c checkpoint) { c.put("rnn.weight_ih_l0_reverse", random(rng, units*units), units, units) }, importer.Options{}, "bidirectional"},
		"mapped over a name": {func(c checkpoint) { c.put("other", random(rng, units), units) }, importer.Options{Map: map[importer.Role][]string{importer.RoleBias: {"other"}}},
			"no place in the model: recurrent_layer.bias [24]"},
		"mapped and added": {func(c checkpoint) { c.put("other", random(rng, units), units) },
			importer.Options{Map: map[importer.Role][]string{importer.RoleBias: {"other", "recurrent_layer.bias"}}}, ""},
		"mapped twice": {func(c checkpoint) {}, importer.Options{Map: map[importer.Role][]string{importer.RoleBias: {"output_layer.bias"}, importer.RoleC: {"output_layer.bias"}}},
			"is named twice, for b and here"},
		"mapped wrongly": {func(c checkpoint) {}, importer.Options{Map: map[importer.Role][]string{importer.RoleU: {"output_layer.weight"}, importer.RoleV: {"input_layer.weight"}}},
			"is [5, 24]; U, which it is taken for, is [24, inputs]"},
		"transposed": {func(c checkpoint) {
			for from, to := range map[string]string{"input_layer.weight": "input.kernel", "output_layer.weight": "output.kernel"} {
				c.put(to, c[from].Data, c[from].Shape[1], c[from].Shape[0])
				delete(c, from)
			}
			delete(c, "output_layer.bias")
			delete(c, "recurrent_layer.bias")
		}, importer.Options{}, "it looks transposed"},
		"signs and a matrix": {func(c checkpoint) {
			c.put("recurrent_layer.sign_vector", []float64(slices.Repeat([]float64{1, -1}, units/2)), units)
		}, importer.Options{},
			"does not say its blocks and bits"},
		"unsigned": {func(c checkpoint) { c["input_layer.weight"].DType = "U8" }, importer.Options{}, "has type U8, which has no minus"},
		"a matrix of bools": {func(c checkpoint) {
			for i, v := range c["recurrent_layer.weight"].Data {
				c["recurrent_layer.weight"].Data[i] = map[bool]float64{true: 1}[v > 0]
			}
			c["recurrent_layer.weight"].DType = "BOOL"
		}, importer.Options{}, "has type BOOL, which has no minus"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dense(rng, denseHadamard(rng, 1/math.Sqrt(block), false))
			test.change(c)
			test.o.Input = "u8"
			im, err := importer.Import(c.file(), nil, test.o)
			var d *diag.Diagnostic
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "" && len(im.Choices) != len(c):
				t.Errorf("%d of %d tensors are told of", len(im.Choices), len(c))
			case test.want != "" && (!errors.As(err, &d) || d.Help == "" || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v\nlacks %q", err, test.want)
			}
		})
	}
}

// TestTwoDenseLayers imports a stacked nn.RNN whose recurrences are permuted Hadamards.
func TestTwoDenseLayers(t *testing.T) {
	rng := rand.New(rand.NewSource(14))
	c := checkpoint{}
	c.put("weight_ih_l0", random(rng, units*entries), units, entries)
	c.put("weight_hh_l0", denseHadamard(rng, 1/math.Sqrt(block), true), units, units)
	c.put("weight_ih_l1", random(rng, units*units), units, units)
	c.put("weight_hh_l1", denseHadamard(rng, 1/math.Sqrt(block), false), units, units)
	c.put("bias_hh_l1", random(rng, units), units)
	c.put("fc.weight", random(rng, outputs*units), outputs, units)
	im, err := importer.Import(c.file(), nil, importer.Options{Input: "u8", Steps: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"h1 <- W*h1 + U*x\n", "h2 <- W2*h2 + B*relu(h1) + b2\n", "param B : int16[24, 24]"} {
		if !strings.Contains(im.Text, want) {
			t.Errorf("the model lacks %q:\n%s", want, im.Text)
		}
	}
	if _, err := compiler.FromParts("model.hrn", []byte(im.Text), im.Weights); err != nil {
		t.Error(err)
	}
}

func TestParseMap(t *testing.T) {
	got, err := importer.ParseMap([]string{"U=W_ih.weight, b=a.bias+b.bias", "h.signs=d"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[importer.Role][]string{importer.RoleU: {"W_ih.weight"}, importer.RoleBias: {"a.bias", "b.bias"}, importer.RoleSigns: {"d"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"U", "U=", "X=a", "U=a,U=b", "U=a+b", ""} {
		if _, err := importer.ParseMap([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
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
