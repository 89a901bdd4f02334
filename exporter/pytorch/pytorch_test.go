package pytorch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/exttool/exttest"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// apart is what agree.py says of a model.
type apart struct {
	Real, Loss   float64 // as parts of what they should be
	Gradients    map[string]float64
	Decided      int // decisions that differ
	Differing    int // integers
	DecidedFixed int `json:"decided_fixed"`
	Saved        float64
	Refused      string
}

// TestModelsAgree holds exported modules of random models to both interpreters, the real level to 1e-5 of the largest output and the
// fixed level to every bit, to the trainer, whose loss and gradients they have within 1e-4, and to the weights that they load and save.
func TestModelsAgree(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir := t.TempDir()
	seeds := map[string]int64{}
	missing := []string{"decide", "start =", "restart", "leak", "staged", "permute", "presigns", "embed", "onehot", " mean", "every step", "last", "alarm", "argmax"}
	for seed := int64(1); len(seeds) < 16 || len(missing) > 0; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 256})
		if err != nil {
			t.Fatal(err)
		}
		has := func(construct string) bool { return strings.Contains(g.Text, construct) }
		if len(seeds) >= 16 && !slices.ContainsFunc(missing, has) {
			continue
		}
		name := fmt.Sprintf("%03d", seed)
		if write(t, filepath.Join(dir, name), g.Text, g.Weights, seed) {
			seeds[name], missing = seed, slices.DeleteFunc(missing, has)
		}
	}
	for dense, seed := 0, int64(1); dense < 12; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 128, Dense: true})
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("dense%d", seed)
		if write(t, filepath.Join(dir, name), g.Text, g.Weights, seed) {
			seeds[name] = seed
			dense++
		}
	}
	for i, text := range others {
		w, err := modelgen.Weights(text, 1)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("other%d", i)
		seeds[name] = 0
		if !write(t, filepath.Join(dir, name), text, w, 1) {
			t.Errorf("no integers can run\n%s", text)
		}
	}
	refused, compared, signs := 0, 0, 0 // signs: models whose signs of a recurrent matrix have gradients that are compared
	for name, a := range agree(t, python, dir) {
		text, _ := os.ReadFile(filepath.Join(dir, name, "model.hrn"))
		if a.Refused != "" {
			refused++
		}
		if !(a.Real < 1e-5) || a.Differing+a.Decided+a.DecidedFixed > 0 || !(a.Loss < 1e-4) || a.Saved != 0 {
			t.Errorf("seed %d: %+v\n%s", seeds[name], a, text)
		}
		compared += min(1, len(a.Gradients))
		if _, ok := a.Gradients["W1/presigns"]; ok {
			signs++
		}
		for tensor, g := range a.Gradients {
			if !(g < 1e-4) {
				t.Errorf("seed %d: the gradient of %s is apart by %g\n%s", seeds[name], tensor, g, text)
			}
		}
	}
	if signs < 2 {
		t.Errorf("the signs of %d recurrent matrices are compared", signs)
	}
	if refused > len(seeds)/4 || compared < len(seeds)/4 {
		t.Errorf("of %d models %d are refused at the fixed level, and of %d gradients are compared", len(seeds), refused, compared)
	}
}

// others has what random models have not: several biases, a state without a product, names that modules have methods of, classes
// that are decided on a stream that restarts, two layers whose units do not alternate alike, and labels of any spelling.
var others = []string{
	`model names
input x : i8[2] / 32
steps 30
param rnn.half : int4[16, 2]   param rnn.float : [16]   param forward : [16]
param rnn.weight : ternary[16, 16]
param type : int5[3, 16]
state h : int14[16]   state g : int15[16]
h <- hadamard(h, block = 4) + rnn.half*x + rnn.float + forward
g <- hadamard(g, block = 8) + rnn.weight*h
labels "ja\\\"", "n\u00e9in", "\u2028"
output class = argmax(type*relu(g)) at every step
`, `model bias_alone
steps 20
input x : u8
param b : [8]   param U : binary   param V : int4[2, 8]   param q : sign   param s : sign
state g : int13[8]   state h : int12[8] headroom 0
g <- hadamard(g) + b
h <- hadamard(h, presigns = q, signs = s) + U*relu(g)
output alarm = V*relu(h) > 0.25 mean
`, `model stream
input x : i6[3] * 0.05
restart 10 hop 2
param U : int4[32, 3]   param b : [32]
param V : int4[4, 32]   param c : [4]
state h : int12[32]
h <- hadamard(h, rounding = staged) + U*x + b
output class = argmax(V*relu(h) + c) at every step
decide { hold = 2  smooth = 4  threshold = 0.55  start = 2 }
`}

func agree(t *testing.T, python, dir string) map[string]apart {
	t.Helper()
	script, err := filepath.Abs("testdata/agree.py")
	if err != nil {
		t.Fatal(err)
	}
	text, err := exttool.Run(context.Background(), dir, nil, python, script, dir)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]apart
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// write exports a model into a folder, with sequences and what they give; not where no integers can run it.
func write(t *testing.T, dir, text string, w *weights.File, seed int64) bool {
	t.Helper()
	m, err := compiler.FromParts("model.hrn", []byte(text), w)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	l, err := m.Lower(passes.Config{})
	var list diag.List
	if errors.As(err, &list) && (list[0].Code == "width" || list[0].Code == "range" || list[0].Code == "decide") {
		return false
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	x := passes.Sequences(m.Real, 5, 37, rand.New(rand.NewSource(seed)))
	real, err := m.RunReal(context.Background(), x, nil)
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := l.Run(context.Background(), "fixed", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	net := network.New(m.Checked)
	if err := trainer.LoadWeights(w, net); err != nil {
		t.Fatal(err)
	}
	module, err := Module(m.Checked, net)
	if err != nil {
		t.Fatal(err)
	}
	training := gradients(t, dir, m.Checked, w, passes.Sequences(m.Real, 3+6, 37, rand.New(rand.NewSource(seed)))[3:], seed)
	for name, data := range map[string][]byte{ModuleName: module, TrainName: training.Script(), "model.hrn": []byte(text)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), w); err != nil {
		t.Fatal(err)
	}
	arrays := map[string]*npy.Array{"x": inputs(x, m.Checked.Input.Vocab > 0), "real": real.Y, "fixed": fixed.Y}
	if real.Decisions != nil {
		arrays["decided"], arrays["decided_fixed"] = npy.FromInts(real.Decisions, len(x), real.T), npy.FromInts(fixed.Decisions, len(x), fixed.T)
	}
	for name, a := range arrays {
		if err := npy.WriteFile(filepath.Join(dir, name+".npy"), a); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

// gradients has the trainer compute the loss of a random batch and its gradients, and leaves them in a folder.
func gradients(t *testing.T, dir string, m *dsl.Model, w *weights.File, x [][][]int64, seed int64) *Training {
	t.Helper()
	rng := rand.New(rand.NewSource(seed))
	net := network.New(m)
	if err := trainer.LoadWeights(w, net); err != nil {
		t.Fatal(err)
	}
	if m.Hop > 0 {
		for i := range x {
			x[i] = x[i][:min(len(x[i]), m.Steps)] // training knows no copies
		}
	}
	n, steps, outputs := len(x), len(x[0]), net.Outputs()
	training := &Training{Model: m, Config: trainer.Config{Loss: net.Loss}, Set: &data.Set{}}
	if kinds := map[network.Loss]int{network.CrossEntropy: outputs, network.BinaryCrossEntropy: 2 * outputs}[net.Loss]; kinds > 0 && rng.Intn(2) == 0 {
		training.Config.Smoothing = 0.1
		for range kinds {
			training.Weights = append(training.Weights, rng.Float32()*2)
		}
	}
	net.Objective = network.Objective{Weights: training.Weights, Smoothing: training.Config.Smoothing}
	b := &network.Batch{N: n, T: steps, D: m.Input.Size}
	in := inputs(x, m.Input.Vocab > 0)
	for _, v := range in.Ints {
		if m.Input.Vocab > 0 {
			b.Tokens = append(b.Tokens, int32(v))
		} else {
			b.X = append(b.X, float32(v))
		}
	}
	arrays := map[string]*npy.Array{"batch": in}
	shape := []int{n}
	if m.Output.When == ir.EveryStep {
		shape = append(shape, steps)
	}
	answers := n * net.Answers(steps)
	if net.Loss == network.MeanSquared {
		y := &npy.Array{Shape: append(shape, outputs), Kind: 'f', Size: 4}
		for i := range answers * outputs {
			b.Targets = append(b.Targets, float32(rng.NormFloat64()))
			if i%7 == 3 {
				b.Targets[i] = float32(math.NaN())
			}
			y.Floats = append(y.Floats, float64(b.Targets[i]))
		}
		arrays["answers"] = y
	} else {
		y := &npy.Array{Shape: shape, Kind: 'i', Size: 4}
		most := outputs
		if net.Loss == network.BinaryCrossEntropy {
			most = 1 << outputs
		}
		for range answers {
			b.Labels = append(b.Labels, int32(rng.Intn(most+1)-1))
			y.Ints = append(y.Ints, int64(b.Labels[len(b.Labels)-1]))
		}
		arrays["answers"] = y
	}
	arrays["loss"] = npy.FromFloats([]float64{net.Step(b).Mean()}, 1)
	for _, p := range net.Params {
		if !p.Fixed {
			g := &npy.Array{Shape: p.Shape, Kind: 'f', Size: 8}
			for _, v := range p.Grad {
				g.Floats = append(g.Floats, float64(v))
			}
			arrays["gradient."+p.Name] = g
		}
	}
	for name, a := range arrays {
		if err := npy.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "%")+".npy"), a); err != nil {
			t.Fatal(err)
		}
	}
	return training
}

func inputs(x [][][]int64, tokens bool) *npy.Array {
	var all []int64
	for _, s := range x {
		for _, row := range s {
			all = append(all, row...)
		}
	}
	if tokens {
		return npy.FromInts(all, len(x), len(x[0]))
	}
	return npy.FromInts(all, len(x), len(x[0]), len(x[0][0]))
}
