package pytorch_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	randv2 "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/exporter/pytorch"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/exttool/exttest"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// trained are models of each kind of data: windows and classes, their numbers' bits, unbroken recordings whose states are carried on, tokens, numbers.
var trained = map[string]string{
	"windows": `model windows
input x : i8[1] / 32
steps 40
param U : int4[16, 1]   param b : [16]
param V : ternary[10, 16]   param c : [10]
state h : int16[16]
h <- hadamard(h, block = 8, leak = 1/64) + U*x + b
output class = argmax(V*relu(h) + c) mean
weights "w.safetensors"
train { data = curves  sequences = 61  limit = 61  epochs = 3  batch = 14  rate = 0.01  optimizer = adamw  weight_decay = 0.1  average = 0.9
  weight_limit = 2  read_units = 12  class_weight = balanced  label_smoothing = 0.1  sign_init = balanced  repeat = 2  warmup = 1  score = macro_f1 }
`,
	"bits": `model bits
input x : i8[1] / 32
steps 40
param U : int4[16, 1]   param b : [16]
param V : int4[4, 16]
state h : int16[16]
h <- hadamard(h, block = 8) + U*x + b
output digit = V*h > 0.1 at last
weights "w.safetensors"
train { data = curves  sequences = 61  limit = 61  epochs = 2  batch = 14  rate = 0.01  score = macro_f1 }
`,
	"stream": `model stream
input x : i8[1] / 16
param U : int4[16, 1]
param V : int4[2, 16]
state h : int16[16]
h <- hadamard(h, leak = 1/8) + U*x
output class = argmax(V*h) at every step
weights "w.safetensors"
train { data = "days.csv"  id = day  label = act  stream = yes  hold = 0  valid = 0  epochs = 2  batch = 3  truncate = 4  keep = last  schedule = step }
`,
	"numbers": `model numbers
input x : i8[4] / 32
steps 5
param U : int8[32, 4]   param b : [32]
param V : int8[1, 32]
state h : int16[32]
h <- hadamard(h) + U*x + b
output total = V*h at last
weights "w.safetensors"
train { data = "walks.npz"  epochs = 2  batch = 20  augment_noise = 0.1  augment_scale = 0.1  augment_shift = 2  augment_drop = [0.1, 0.2]  augment_warp = 0.1
  draws = 2  frame = 2  normalise = channel }
`,
	"tokens": `model tokens
input t : token[10]
param E : int4[10, 3]   param U : int4[32, 3]
param V : int4[9, 32]
state h : int10[32]
h <- hadamard(h) + U*embed(E, t)
output class = argmax(V*relu(h)) at every step
weights "w.safetensors"
train { data = "copy(5)"  sequences = 40  limit = 40  epochs = 2  batch = 13 }
`}

// exported is a model of trained in a folder of its own, read and exported.
type exported struct {
	dir   string
	study *study.Study
}

func export(t *testing.T, dir, text string) exported {
	t.Helper()
	e := exported{dir: dir}
	write(t, dir, map[string][]byte{"model.hrn": []byte(text), "days.csv": days(), "walks.npz": walks(t)})
	var err error
	if e.study, err = study.New(filepath.Join(e.dir, "model.hrn"), study.Options{}); err != nil {
		t.Fatal(err)
	}
	training := e.study.Elsewhere()
	var net *network.Network
	if strings.Contains(text, "W*h") {
		w, err := modelgen.Weights(text, 1)
		if err != nil {
			t.Fatal(err)
		}
		net = network.New(e.study.Model)
		if err := trainer.LoadWeights(w, net); err != nil {
			t.Fatal(err)
		}
		if err := weights.WriteSafetensors(filepath.Join(dir, "first.safetensors"), w); err != nil {
			t.Fatal(err)
		}
	}
	module, err := pytorch.Module(e.study.Model, net)
	if err != nil {
		t.Fatal(err)
	}
	data, err := training.Data()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string][]byte{pytorch.ModuleName: module, pytorch.TrainName: training.Script(), pytorch.DataName: data})
	return e
}

// days are recordings of different lengths, with steps that have no label.
func days() []byte {
	var out strings.Builder
	out.WriteString("day,x,act\n")
	rng := rand.New(rand.NewSource(1))
	for day, steps := range []int{23, 8, 15, 4, 31} {
		for i := range steps {
			fmt.Fprintf(&out, "%d,%.3f,%s\n", day, rng.NormFloat64(), []string{"a", "b", ""}[rng.Intn(3)%(2+i%2)])
		}
	}
	return []byte(out.String())
}

// walks are sequences of two values, and a number to give of each.
func walks(t *testing.T) []byte {
	rng := rand.New(rand.NewSource(1))
	x, y := &npy.Array{Shape: []int{60, 10, 2}, Kind: 'f', Size: 8}, &npy.Array{Shape: []int{60, 1}, Kind: 'f', Size: 8}
	for range 60 {
		sum := 0.0
		for range 20 {
			x.Floats = append(x.Floats, rng.NormFloat64())
			sum += x.Floats[len(x.Floats)-1]
		}
		y.Floats = append(y.Floats, sum)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, a := range map[string]*npy.Array{"x": x, "y": y} {
		w, err := z.Create(name + ".npy")
		if err == nil {
			err = npy.Write(w, a)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// trainAll runs train.py of every model in a folder, in so many processes: testdata/train_all.py says how.
func trainAll(t *testing.T, python, dir string, processes int, args string) {
	t.Helper()
	script, err := filepath.Abs("testdata/train_all.py")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"OMP_NUM_THREADS=1", "MASTER_PORT=" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)}
	listener.Close()
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	var all sync.WaitGroup
	errs := make([]error, processes)
	for rank := range processes {
		line := append([]string{script, dir, strconv.Itoa(processes), strconv.Itoa(rank)}, strings.Fields(args)...)
		all.Go(func() { _, errs[rank] = exttool.RunEnv(ctx, dir, env, nil, python, line...) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (e exported) weights(t *testing.T, name string) *weights.File {
	t.Helper()
	f, err := weights.Open(filepath.Join(e.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// apart is the largest difference of two weights files, as a part of each tensor's largest magnitude, in ranges too.
func apart(t *testing.T, a, b *weights.File) (most float64) {
	t.Helper()
	if len(a.Tensors) != len(b.Tensors) {
		t.Fatalf("%d and %d tensors", len(a.Tensors), len(b.Tensors))
	}
	for i, x := range a.Tensors {
		y, largest := b.Tensors[i], 1e-3
		for _, v := range x.Data {
			largest = max(largest, math.Abs(v))
		}
		for k, v := range x.Data {
			most = max(most, math.Abs(v-y.Data[k])/largest)
		}
	}
	r, s := number(t, a.Metadata["range.h"]), number(t, b.Metadata["range.h"])
	return max(most, math.Abs(r-s)/r)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// epochs reads metrics.jsonl of a run.
func (e exported) epochs(t *testing.T, name string) (out []trainer.Metrics) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(e.dir, name, trainer.MetricsName))
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var m trainer.Metrics
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// TestTrainingElsewhere trains exported models in one process and in two, and holds what comes of it to each other and to hrnnc: the
// weights compile as they are, and score on the validation part, in hrnnc, what train.py says. In float64, two processes differ by no
// more than what float32 cuts off their weights. (Small blocks of an even power of two can bring a state to 0 exactly, in front of a
// relu, where the last bit of a sum decides a slope.)
func TestTrainingElsewhere(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir, models := t.TempDir(), map[string]exported{}
	for name, text := range trained {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		models[name] = export(t, filepath.Join(dir, name), text)
	}
	const common = "--device cpu --float64 "
	to := func(name string) string { return "--run @/" + name + " -o @/" + name + ".safetensors" }
	trainAll(t, python, dir, 1, common+to("one")+" --then "+common+to("again")+" --interrupt --then "+common+to("again")+" --resume --then "+
		"--device cpu --finetune --from @/one.safetensors "+to("tuned"))
	trainAll(t, python, dir, 2, common+to("two"))
	for name, e := range models {
		t.Run(name, func(t *testing.T) {
			f := e.weights(t, "one.safetensors")
			m, err := compiler.Load(filepath.Join(e.dir, "model.hrn"), f.Path)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Warnings) > 0 {
				t.Errorf("warnings %v", m.Warnings)
			}
			if _, err := m.Lower(passes.Config{}); err != nil {
				t.Error(err)
			}
			e.scores(t, "one")
			if a := apart(t, f, e.weights(t, "again.safetensors")); a != 0 {
				t.Errorf("a training that was interrupted and resumed gives weights that are apart by %g from those of one that was not", a)
			}
			e.tuned(t)
			if a := apart(t, f, e.weights(t, "two.safetensors")); !(a < 1e-6) {
				t.Errorf("two processes give weights that are apart by %g from those of one", a)
			}
		})
	}
}

// tuned holds finetuning to what a chip computes of its weights: their ranges give the units that training rounded to, so that the
// integers of hrnnc score what train.py says, or what they did before where nothing was better.
func (e exported) tuned(t *testing.T) {
	t.Helper()
	history := e.epochs(t, "tuned/finetune")
	if len(history) != 1 {
		t.Fatalf("the finetuning is %+v", history)
	}
	before, after, said := e.fixedScore(t, "one.safetensors"), e.fixedScore(t, "tuned/finetune/best.safetensors"), history[0].ValidScore
	want := before
	if said > before {
		want = said
	}
	if math.Abs(after-want) > 1e-5*math.Abs(want) {
		t.Errorf("finetuned integers score %g, train.py says %g, and %g before", after, said, before)
	}
}

// fixedScore is how well the integers of weights do on the validation part.
func (e exported) fixedScore(t *testing.T, name string) float64 {
	t.Helper()
	return e.score(t, name, "fixed")
}

// score is what the model's score says, or minus the loss of numbers.
func (e exported) score(t *testing.T, name, level string) float64 {
	t.Helper()
	s, err := study.Trained(filepath.Join(e.dir, "model.hrn"), study.Options{Weights: filepath.Join(e.dir, name)})
	if err != nil {
		t.Fatal(err)
	}
	split := "valid"
	if s.Set.Valid.N == 0 {
		split = "train"
	}
	score, err := s.Score(context.Background(), split, level, nil)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case score.Regression:
		return -score.Loss
	case e.study.Config.Score == trainer.MacroF1:
		return float64(score.MacroF1)
	}
	return score.Accuracy
}

// scores compares the loss and the ranges of the weights that a run kept with those that hrnnc finds.
func (e exported) scores(t *testing.T, run string) {
	t.Helper()
	f := e.weights(t, run+"/best.safetensors")
	trained, err := study.Trained(filepath.Join(e.dir, "model.hrn"), study.Options{Weights: f.Path})
	if err != nil {
		t.Fatal(err)
	}
	s := e.study
	part := &s.Set.Valid
	if part.N == 0 {
		part = &s.Set.Train
	}
	source := s.Elsewhere().Task.Split(part, s.Elsewhere().Augment)
	score, err := trainer.Score(context.Background(), trained.Net, source, nil)
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := trainer.Ranges(context.Background(), trained.Net, source)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := number(t, f.Metadata["range.h"]), ranges["h"]; math.Abs(got-want) > 1e-5*want {
		t.Errorf("the range of h is %g, hrnnc measures %g", got, want)
	}
	var kept trainer.Metrics
	for _, m := range e.epochs(t, run) {
		if m.Best {
			kept = m
		}
	}
	if math.Abs(kept.ValidLoss-score.Mean()) > 1e-4*math.Abs(score.Mean()) {
		t.Errorf("the loss of epoch %d on validation is %g, hrnnc computes %g", kept.Epoch, kept.ValidLoss, score.Mean())
	}
	if want := e.score(t, run+"/best.safetensors", "real"); math.Abs(kept.ValidScore-want) > 1e-4*math.Abs(want) {
		t.Errorf("the score of epoch %d on validation is %g, hrnnc computes %g", kept.Epoch, kept.ValidScore, want)
	}
}

// TestEverySettingIsThere: train.py has every setting of a training, and everything that changes training sequences.
func TestEverySettingIsThere(t *testing.T) {
	script := export(t, t.TempDir(), trained["windows"]).study.Elsewhere().Script()
	elsewhere := []string{"data", "standardise", "class_weight"} // in data.npz, and as class_weights, a number each
	for _, s := range trainer.Settings {
		if !slices.Contains(elsewhere, s.Key) && !strings.Contains(string(script), "\n    "+s.Key+"=") {
			t.Errorf("train.py has no %s", s.Key)
		}
	}
	for _, s := range data.Settings {
		if name, ok := strings.CutPrefix(s.Name, "augment_"); ok && !strings.Contains(string(script), `AUGMENT["`+name+`"]`) {
			t.Errorf("train.py has no %s", s.Name)
		}
	}
}

// TestMovedElsewhere: augment_pixels and augment_erase make the images of hrnnc train, each as often, under a permutation of the pixels and a
// normalisation; what is read without them is hrnnc's to the integer, and train.py trains on it.
func TestMovedElsewhere(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o777); err != nil {
		t.Fatal(err)
	}
	var pixels []byte
	for i := range 8 {
		pixels = append(pixels, byte(9*i+40), byte(9*i+70), byte(9*i+110), byte(9*i+130), byte(9*i+160), byte(9*i+180))
	}
	for _, part := range []string{"train", "t10k"} {
		filetest.Write(t, filepath.Join(dir, "images"), part+"-images-idx3-ubyte", filetest.IDX(8, []int{8, 2, 3}, pixels...))
		filetest.Write(t, filepath.Join(dir, "images"), part+"-labels-idx1-ubyte", filetest.IDX(8, []int{8}, 0, 1, 0, 1, 0, 1, 0, 1))
	}
	e := export(t, dir, `model moved
input x : i8[1] / 32
steps 6
param U : int8[16, 1]
param V : int8[2, 16]
state h : int16[16]
h <- hadamard(h) + U*x
output class = argmax(V*h) at last
weights "w.safetensors"
train { data = "images"  valid = 0  permute = 7  normalise = channel  augment_pixels = 1  augment_erase = 2  epochs = 1  draws = 1 }
`)
	write(t, dir, map[string][]byte{"move.py": []byte(`import collections, json, numpy, torch, train
part = train.Part(numpy.load("data.npz"), "train", torch.device("cpu"))
one = lambda *seeds: ",".join(str(int(v)) for v in part.batch([(1, 0)], part.steps(), list(seeds))[0].flatten())
print(json.dumps(dict(plain=one(), moved=collections.Counter(one(seed) for seed in range(8000)))))
`)})
	out, err := exttool.Run(context.Background(), dir, nil, python, "move.py")
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere struct {
		Plain string
		Moved map[string]int
	}
	if err := json.Unmarshal(out, &elsewhere); err != nil {
		t.Fatal(err)
	}
	s, rng := e.study, randv2.New(randv2.NewPCG(1, 2))
	source := s.Elsewhere().Task.Split(&s.Set.Train, s.Elsewhere().Augment)
	one := func(rng *randv2.Rand) string {
		b := &network.Batch{N: 1, T: 6, D: 1, X: make([]float32, 6), Labels: make([]int32, 1)}
		source.Fill(b, 0, trainer.Piece{Sequence: 1}, rng)
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(b.X), "[]"), " ", ",")
	}
	here := map[string]int{}
	for range 8000 {
		here[one(rng)]++
	}
	if plain := one(nil); plain != elsewhere.Plain {
		t.Errorf("without augmentation train.py reads %s, and hrnnc %s", elsewhere.Plain, plain)
	}
	if len(here) < 40 {
		t.Errorf("hrnnc makes %d images of one", len(here))
	}
	for image := range elsewhere.Moved {
		here[image] += 0 // those of both
	}
	for image, n := range here {
		if m := elsewhere.Moved[image]; math.Abs(float64(n-m)) > 5*math.Sqrt(float64(n+m)) {
			t.Errorf("hrnnc makes %s %d times, train.py %d", image, n, m)
		}
	}
	if out, err := exttool.Run(context.Background(), dir, nil, python, "train.py", "--device", "cpu"); err != nil || !strings.Contains(string(out), "weights in ") {
		t.Errorf("%v\n%s", err, out)
	}
	e.scores(t, "run")
}

// TestTurnedElsewhere: what augment_rotate makes of a sensor has the length that it had, in the units of the sensor.
func TestTurnedElsewhere(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir, rows := t.TempDir(), "id,acc_x,acc_y,acc_z,act\n"
	for i := range 240 {
		rows += fmt.Sprintf("%d,%d,%d,%d,%s\n", i/8, 3+i*7%11, -4+i*5%13, 9+i*3%7, []string{"walk", "sit"}[i/8%2])
	}
	write(t, dir, map[string][]byte{"acc.csv": []byte(rows)})
	export(t, dir, `model turned
input x : i16[3] / 4096
steps 8
param U : int8[16, 3]
param V : int8[2, 16]
state h : int16[16]
h <- hadamard(h) + U*x
output class = argmax(V*h) at last
weights "w.safetensors"
train { data = "acc.csv"  id = id  label = act  normalise = channel  augment_rotate = 90 }
`)
	write(t, dir, map[string][]byte{"turn.py": []byte(`import torch, train
a = train.AUGMENT
x = torch.from_numpy(__import__("numpy").load("data.npz")["train_x"])
sensed = lambda x: (x - torch.tensor(a["offset"])) / torch.tensor(a["gain"])
plain, moved = 0.0, 0.0
for k in range(len(x)):
    y = train.augmented(x[k].clone(), torch.Generator().manual_seed(k), True)
    plain = max(plain, float((sensed(y).norm(dim=1) - sensed(x[k]).norm(dim=1)).abs().max()))
    moved = max(moved, float((sensed(y) - sensed(x[k])).abs().max()))
whole = float((sensed(x[0]) - sensed(x[0]).round()).abs().max())
print(plain < 1e-3, moved > 1, whole < 1e-3, a["sensors"])
`)})
	out, err := exttool.Run(context.Background(), dir, nil, python, "turn.py")
	if err != nil || !strings.HasPrefix(string(out), "True True True [[0, 1, 2]]") {
		t.Errorf("the length of what a sensor measures, how far it moves, and its whole numbers: %v\n%s", err, out)
	}
}

// TestTrainingLonger resumes a run with more epochs: under a schedule that does not depend on their number it is the run that had as many
// from the start, and under a cosine the change of the rate is said. What was set when it began holds. What else is changed is refused.
func TestTrainingLonger(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir := t.TempDir()
	export(t, dir, trained["windows"])
	exec := func(name string, more ...string) string {
		args := append([]string{"train.py", "--device", "cpu", "--run", name, "-o", name + ".safetensors"}, more...)
		out, err := exttool.Run(context.Background(), dir, nil, python, args...)
		if err != nil {
			return string(out) + err.Error()
		}
		return string(out)
	}
	run := func(name string, more ...string) string {
		return exec(name, append([]string{"--set", "draws=1"}, more...)...)
	}
	run("whole", "--set", "schedule=step", "--set", "epochs=3")
	run("longer", "--set", "schedule=step", "--set", "epochs=1")
	first, err := os.ReadFile(filepath.Join(dir, "longer.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	const set = "going on behind epoch 1 of 1, with epochs=1 schedule=step in place of what train.py has\nnothing is left to train; for more epochs add  --set epochs=2\n"
	if out := exec("longer", "--resume"); !strings.HasPrefix(out, set) {
		t.Errorf("a run that is resumed has not what was set:\n%s", out)
	}
	if again, err := os.ReadFile(filepath.Join(dir, "longer.safetensors")); err != nil || !bytes.Equal(first, again) {
		t.Errorf("a run that was complete trained on: %v", err)
	}
	const longer = "going on behind epoch 1 of 3, with schedule=step in place of what train.py has\nepoch   2"
	if out := exec("longer", "--resume", "--set", "epochs=3"); !strings.HasPrefix(out, longer) {
		t.Errorf("nothing says how the run goes on:\n%s", out)
	}
	e := exported{dir: dir}
	if a := apart(t, e.weights(t, "whole.safetensors"), e.weights(t, "longer.safetensors")); a != 0 {
		t.Errorf("a run that was made longer gives weights that are apart by %g from those of one that was as long from the start", a)
	}
	for _, c := range []struct{ want, set string }{
		{"has 3 epochs, and the run shall have 2", "epochs=2"}, {"was made with another rate; undo that, or begin another run", "rate=0.5"},
	} {
		if out := exec("longer", "--resume", "--set", c.set); !strings.Contains(out, c.want) {
			t.Errorf("--set %s does not say %q:\n%s", c.set, c.want, out)
		}
	}
	run("cosine", "--set", "schedule=cosine", "--set", "epochs=2", "--set", "warmup=0", "--set", "floor=0")
	out := run("cosine", "--set", "schedule=cosine", "--set", "epochs=4", "--set", "warmup=0", "--set", "floor=0", "--resume")
	if !strings.Contains(out, "the rate is 0.5 of the full one here, not 0\n") {
		t.Errorf("nothing says that the rate rises:\n%s", out)
	}
	write(t, filepath.Join(dir, "cosine"), map[string][]byte{"checkpoint.pt": []byte("half")})
	if out := exec("cosine", "--resume"); !strings.Contains(out, filepath.Join("cosine", "checkpoint.pt")+" is damaged") {
		t.Errorf("nothing says that the checkpoint is damaged:\n%s", out)
	}
}

// TestSmoothingIsSet: what is set of the loss reaches it.
func TestSmoothingIsSet(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir, losses := t.TempDir(), map[string]float64{}
	e := export(t, dir, trained["windows"])
	for _, smoothing := range []string{"0", "0.5"} {
		_, err := exttool.Run(context.Background(), dir, nil, python, "train.py", "--device", "cpu", "--run", smoothing,
			"--set", "draws=1", "--set", "epochs=1", "--set", "rate=1e-9", "--set", "sign_rate=0", "--set", "label_smoothing="+smoothing)
		if err != nil {
			t.Fatal(err)
		}
		losses[smoothing] = e.epochs(t, smoothing)[0].Loss
	}
	if losses["0"] == losses["0.5"] {
		t.Errorf("with and without label_smoothing the loss is %g", losses["0"])
	}
}

// TestRecurrentMatrix trains the signs of a matrix in one process and in two: what comes out is a Hadamard matrix still, and one whose
// entries stand elsewhere is refused, as is a training from nothing.
func TestRecurrentMatrix(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	root := t.TempDir()
	dir := filepath.Join(root, "matrix")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	e := export(t, dir, `model matrix
input x : i8[1] / 32
steps 40
param W : [16, 16]   param U : int4[16, 1]
param V : ternary[10, 16]
state h : int16[16]
h <- W*h + U*x
output class = argmax(V*relu(h)) mean
weights "matrix.safetensors"
train { data = curves  sequences = 60  limit = 60  epochs = 3  batch = 6  rate = 0.01  sign_rate = 0.5  keep = last }
`)
	const args = "--device cpu --float64 --from @/first.safetensors "
	trainAll(t, python, root, 1, args+"--run @/one -o @/one.safetensors")
	trainAll(t, python, root, 2, args+"--run @/two -o @/two.safetensors")
	if a := apart(t, e.weights(t, "one.safetensors"), e.weights(t, "two.safetensors")); !(a < 1e-6) {
		t.Errorf("two processes give weights that are apart by %g from those of one", a)
	}
	first, one := e.weights(t, "first.safetensors"), e.weights(t, "one.safetensors")
	before, _ := first.Param("W", "real", 16, 16)
	after, err := one.Param("W", "real", 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(before.Data, after.Data) {
		t.Error("no sign of the matrix was trained")
	}
	m, err := compiler.Load(filepath.Join(dir, "model.hrn"), one.Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Lower(passes.Config{}); err != nil {
		t.Error(err)
	}
	e.scores(t, "one")

	slices.Reverse(before.Data) // entries stand elsewhere
	if err := weights.WriteSafetensors(filepath.Join(dir, "other.safetensors"), first); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{"add  --from matrix.safetensors": nil, "export the model again with  --weights other.safetensors": {"--from", "other.safetensors"}} {
		_, err := exttool.Run(context.Background(), dir, nil, python, append([]string{"train.py", "--device", "cpu", "--run", "none"}, args...)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q: %v", args, want, err)
		}
	}
}

// TestTrainingRefuses makes a person's mistakes with train.py and the module: each is said in a line, before anything is written.
func TestTrainingRefuses(t *testing.T) {
	python := exttest.Python(t, "numpy", "torch")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "windows"), 0o777); err != nil {
		t.Fatal(err)
	}
	export(t, filepath.Join(dir, "windows"), trained["windows"])
	script := `import contextlib, io, os, sys
sys.path.insert(0, os.path.abspath(sys.argv[1]))
os.chdir(sys.argv[1])
import torch, train
from model import Model
def attempt(what, do):
    try:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            do()
        print(what, "| went through")
    except SystemExit as err:
        print(what, "|", err, said.getvalue().replace("\n", " "))
    except ValueError as err:
        print(what, "|", err)
def run(*args):
    sys.argv = ["train.py", "--device", "cpu", *args]
    attempt(" ".join(args), train.main)
Model().save("whole.safetensors")
open("half.safetensors", "wb").write(open("whole.safetensors", "rb").read()[:-9])
for pair in "epochs=0 epochs=many batch=0 rate=0 rate=nan sign_init=odd keep=all optimizer=sgd schedule=none average=1 truncate=3 weight_limit=0.5 carry=maybe epochs".split():
    run("--set", pair)
for path in ("nope.safetensors", "data.npz", "half.safetensors"):
    run("--from", path)
run("--device", "abacus")
import json, numpy
arrays = dict(numpy.load("data.npz"))
numpy.savez("other.npz", **dict(arrays, train_x=arrays["train_x"].repeat(3, 2)))
numpy.savez("none.npz", x=arrays["train_x"])
open("cut.npz", "wb").write(open("data.npz", "rb").read()[:-99])
for path in ("nope.npz", "cut.npz", "none.npz", "other.npz"):
    run("--data", path)
def tensor(path, kind, shape):
    header = json.dumps({"b": dict(dtype=kind, shape=shape, data_offsets=[0, 8])}).encode()
    open(path, "wb").write(len(header).to_bytes(8, "little") + header + bytes(8))
tensor("f8.safetensors", "F8_E4M3", [8])
tensor("shape.safetensors", "F32", [3])
for path in ("f8.safetensors", "shape.safetensors"):
    run("--from", path)
run("-o", "nosuch/x.safetensors")
run("-o", ".")
run("--run", "model.py")
run("--finetune", "--from", "whole.safetensors")
attempt("shape", lambda: Model()(torch.zeros(2, 40, 3)))
attempt("fine", lambda: train.changed(train.SETTINGS, [f"{k}={'yes' if v is True else 'no' if v is False else v}" for k, v in train.SETTINGS.items() if k in train.FORMS and k != "loss"]))
print("left:", *sorted(os.listdir()))
`
	write(t, dir, map[string][]byte{"mistakes.py": []byte(script)})
	said, err := exttool.Run(context.Background(), dir, nil, python, "mistakes.py", "windows")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	out := string(said)
	for _, want := range []string{
		"--set epochs=0 | --set epochs=0: write  epochs = 20: 1 to", "epochs=many | --set epochs=many: write", "batch=0: write", "rate=0: write", "rate=nan: write",
		"sign_init=odd: write  sign_init = balanced  or  random", "keep=all: write", "optimizer=sgd: write", "schedule=none: write", "average=1: write",
		"truncate=3: write", "weight_limit=0.5: write", "carry=maybe: write", "--set epochs: write",
		"nope.safetensors | --from nope.safetensors: [Errno 2] No such file", "data.npz is no safetensors file", "half.safetensors is a part of a safetensors file",
		"--data nope.npz | nope.npz: there is no such file: export the model again", "cut.npz is no data of hrnnc export, or a part of them: export",
		"none.npz is no data of hrnnc export", "other.npz is the data of another model: a step is of shape [1] here and [3] there: export",
		"--from f8.safetensors: f8.safetensors: tensor b is of type F8_E4M3, and may be of F64", "tensor b has 2 values, and its shape is [3]: save it again",
		"-o nosuch/x.safetensors is in no folder that is there", "-o . is in no folder that is there, or is one itself", "--run model.py is a file: name a folder",
		"--finetune: the range of state h is not known: load weights that have it, as hrnnc calibrate writes",
		"--device abacus: PyTorch has none here", "shape | x is [2, 40, 3], and the model reads [sequences, steps, 1]", "fine | went through",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if strings.Count(out, "went through") != 1 || strings.Contains(out, "windows.safetensors") {
		t.Errorf("a mistake went through:\n%s", out)
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
