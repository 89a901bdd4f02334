package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

const curves = `model curves
input x : i8[1] / 32
steps 40
param U : int4[64, 1]
param b : [64]
param V : int4[10, 64]
param c : [10]
state h : int16[64]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
train { data = curves  epochs = 4  batch = 20  rate = 0.005 }
`

// newRun makes a run of a model in a folder.
func newRun(t testing.TB, text, folder string, overrides ...string) *Run {
	t.Helper()
	ast, errs := dsl.Parse("model.hrn", []byte(text))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		t.Fatal(errs)
	}
	c, err := ReadConfig(m, overrides, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := network.New(m)
	n.Initialise(c.Seed, network.RandomSigns)
	o := data.Defaults()
	o.Sequences = 2000
	set, err := data.Load(c.Data, o)
	if err != nil {
		t.Fatal(err)
	}
	c.Settle(set.Train.N)
	if err := Fits(m, c.Loss, set); err != nil {
		t.Fatal(err)
	}
	task := Task{Model: m, Loss: c.Loss, Classes: len(set.Classes)}
	return &Run{Net: n, Config: c, Train: task.Split(&set.Train, data.Augment{Noise: 0.01}), Valid: task.Split(&set.Valid, data.Augment{}),
		Folder: openFolder(t, folder), Fingerprint: Fingerprint{Model: "test"}, Keep: func(Metrics) error { return nil }}
}

// openFolder takes a folder; Close lets the next run have it.
func openFolder(t testing.TB, path string) *fileio.Folder {
	t.Helper()
	f, err := fileio.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func latents(n *network.Network) string {
	var b strings.Builder
	for _, p := range n.Params {
		fmt.Fprintln(&b, p.Name, p.Latent)
	}
	return b.String()
}

// TestResumeIsExact stops a run at several places and goes on from its checkpoint: the weights and the history are those
// of a run that was never stopped.
func TestResumeIsExact(t *testing.T) {
	for _, overrides := range [][]string{nil, {"average=0.95", "weight_limit=2", "draws=2", "epochs=2"}} {
		resumeIsExact(t, overrides)
	}
}

func resumeIsExact(t *testing.T, overrides []string) {
	t.Helper()
	resumes(t, []int{3, 60, 140}, func(dir string) *Run { return newRun(t, curves, dir, overrides...) })
}

// resumes stops a run after so many batches, and compares it with one that was never stopped.
func resumes(t *testing.T, stops []int, newRun func(dir string) *Run) {
	t.Helper()
	whole := newRun(t.TempDir())
	want, err := whole.Start(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range len(stops) + 1 {
		run := newRun(dir)
		ctx, cancel := context.WithCancel(context.Background())
		run.Watch = func(e Event) {
			if i < len(stops) && (e.Epoch-1)*e.Batches+e.Batch >= stops[i] {
				cancel()
			}
		}
		got, err := run.Start(ctx, i > 0)
		cancel()
		run.Folder.Close()
		if i < len(stops) {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("stop %d: error %v", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for j := range want {
			a, b := want[j], got[j]
			a.Seconds, b.Seconds = 0, 0
			if a != b {
				t.Errorf("epoch %d: %+v, without a stop %+v", j+1, b, a)
			}
		}
		if latents(run.Net) != latents(whole.Net) {
			t.Error("the weights differ from those of a run that was never stopped")
		}
	}
}

// TestResumeRefusesAnotherRun keeps a checkpoint from being mixed with another model.
func TestResumeRefusesAnotherRun(t *testing.T) {
	dir := t.TempDir()
	first := newRun(t, curves, dir, "epochs=1")
	if _, err := first.Start(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	first.Folder.Close()
	second := newRun(t, curves, dir, "epochs=2")
	second.Fingerprint.Settings = "other"
	if _, err := second.Start(context.Background(), true); err == nil || !strings.Contains(err.Error(), "another train block: epochs was 1, and is 2; help") {
		t.Errorf("error %v", err)
	}
	if _, err := newRun(t, curves, t.TempDir()).Start(context.Background(), true); err == nil || !strings.Contains(err.Error(), "no checkpoint") {
		t.Errorf("error %v", err)
	}
}

// TestTrains trains two small tasks to their accuracy.
func TestTrains(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       float64
		overrides  []string
	}{
		{"curves", curves, 0.97, []string{"epochs=12"}},
		{"copy", `model copy
input t : token[10]
param U : int4[64, 10]
param b
param V : int4[9, 64]
param c
state h : int16[64]
h <- hadamard(h) + U*onehot(t) + b
y = V*relu(h) + c
output class = argmax(y) at every step
train { data = "copy(1)"  epochs = 30  batch = 20  rate = 0.01 }
`, 0.6, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			history, err := newRun(t, c.text, t.TempDir(), c.overrides...).Start(context.Background(), false)
			if err != nil {
				t.Fatal(err)
			}
			best := slices.MaxFunc(history, func(a, b Metrics) int { return int(math.Copysign(1, a.ValidScore-b.ValidScore)) })
			if best.ValidScore < c.want {
				t.Errorf("accuracy %.3f, want %.3f", best.ValidScore, c.want)
			}
			if last := history[len(history)-1]; last.Loss > history[0].Loss/2 {
				t.Errorf("the loss went from %.3g to %.3g", history[0].Loss, last.Loss)
			}
		})
	}
}

// poisoned gives inputs that are no numbers from some sequence on.
type poisoned struct{ Source }

func (p poisoned) Fill(b *network.Batch, slot int, piece Piece, rng *rand.Rand) {
	p.Source.Fill(b, slot, piece, rng)
	if piece.Sequence == 7 {
		b.X[slot*b.T*b.D] = float32(math.NaN())
	}
}

func TestDivergenceStops(t *testing.T) {
	run := newRun(t, curves, t.TempDir())
	run.Train = poisoned{run.Train}
	_, err := run.Start(context.Background(), false)
	var d *DivergedError
	if !errors.As(err, &d) || d.Epoch != 1 || d.Step < 1 || d.What != "the loss" {
		t.Errorf("error %v", err)
	}
}

func TestReadConfig(t *testing.T) {
	ast, _ := dsl.Parse("model.hrn", []byte(strings.Replace(curves, "rate = 0.005", "rate = fast  epoch = 3  optimizer = sgd", 1)))
	m, _ := dsl.Check(ast)
	_, err := ReadConfig(m, []string{"clip=2", "nonsense"}, []string{"window"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"model.hrn:12:", "rate = fast cannot be", "did you mean epochs?", "optimizer = adam  or  adamw", `"nonsense" sets nothing`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
}

// TestSavedWeights are those that are read back, ranges included.
func TestSavedWeights(t *testing.T) {
	run := newRun(t, curves, t.TempDir())
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := weights.WriteSafetensors(path, WeightsFile(run.Net, metadata.Metadata{Ranges: map[string]float64{"h": 12.5}})); err != nil {
		t.Fatal(err)
	}
	f, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["range.h"] != "12.5" {
		t.Errorf("metadata %v", f.Metadata)
	}
	want := latents(run.Net)
	run.Net.Initialise(99, network.RandomSigns)
	if err := LoadWeights(f, run.Net); err != nil {
		t.Fatal(err)
	}
	if latents(run.Net) != want {
		t.Error("the weights read back are others")
	}
}

// TestRepeat: an epoch passes over the training part as often as it is told, and resuming in the midst of it is exact.
func TestRepeat(t *testing.T) {
	r := newRun(t, curves, t.TempDir(), "repeat=3", "batch=64", "epochs=2")
	r.Train = few{r.Train, 40}
	seen := map[int]int{}
	r.Train = counted{r.Train, seen}
	batches := 0
	r.Watch = func(e Event) {
		if e.Done == nil {
			batches = e.Batches
		}
	}
	if _, err := r.Start(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if batches != 2 {
		t.Errorf("%d batches of 64 in an epoch of 3 times 40 sequences", batches)
	}
	for i := range 40 {
		if seen[i] != 6 {
			t.Fatalf("sequence %d was read %d times in 2 epochs of 3 passes", i, seen[i])
		}
	}
}

// few is the first sequences of a source.
type few struct {
	Source
	n int
}

func (f few) Len() int { return f.n }

// counted counts how often each sequence is read.
type counted struct {
	Source
	seen map[int]int
}

func (c counted) Fill(b *network.Batch, slot int, p Piece, rng *rand.Rand) {
	c.seen[p.Sequence]++
	c.Source.Fill(b, slot, p, rng)
}

// TestKeepLast: the weights of the last epoch are kept, whatever validation says.
func TestKeepLast(t *testing.T) {
	for keep, want := range map[string]bool{"best": false, "last": true} {
		r := newRun(t, curves, t.TempDir(), "keep="+keep, "epochs=3", "rate=1e-12", "sign_rate=0") // nothing changes
		kept := 0
		r.Keep = func(m Metrics) error { kept = m.Epoch; return nil }
		if _, err := r.Start(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		if (kept == 3) != want {
			t.Errorf("keep = %s kept epoch %d", keep, kept)
		}
	}
}

// TestAverageIsKept: what is validated, kept and left at the end is the average of the weights, and training goes on with the
// weights themselves.
func TestAverageIsKept(t *testing.T) {
	kept := map[string]string{}
	for _, average := range []string{"0", "0.95"} {
		r := newRun(t, curves, t.TempDir(), "average="+average, "epochs=2", "keep=last")
		r.Keep = func(Metrics) error { kept[average] = latents(r.Net); return nil }
		if _, err := r.Start(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		if kept[average] != latents(r.Net) {
			t.Errorf("average = %s: the network is left with other weights than were kept", average)
		}
		if average == "0" {
			continue
		}
		r.swapAverage()
		if latents(r.Net) != kept["0"] {
			t.Error("averaging changed how the weights themselves are trained")
		}
	}
	if kept["0"] == kept["0.95"] {
		t.Error("the average is the weights")
	}
}

// TestDraws: of several draws the one is trained whose loss a short training takes lowest, and the first is the one without a choice.
func TestDraws(t *testing.T) {
	var drawn *Drawn
	tried := map[int]bool{}
	r := newRun(t, curves, t.TempDir(), "draws=3", "epochs=1")
	r.Train = few{r.Train, 200}
	r.Watch = func(e Event) {
		if e.Drawn != nil {
			drawn = e.Drawn
		}
		tried[e.Draw] = true
	}
	history, err := r.Start(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	if drawn == nil || len(drawn.Losses) != 3 || len(history) != 1 || !tried[1] || !tried[3] || !tried[0] {
		t.Fatalf("drawn %+v, tried %v, %d epochs", drawn, tried, len(history))
	}
	if i := slices.Index(drawn.Losses, slices.Min(drawn.Losses)); drawn.Chosen != i+1 {
		t.Errorf("draw %d is trained of the losses %v", drawn.Chosen, drawn.Losses)
	}
	if r.seedOf(0) != r.Config.Seed || r.seedOf(1) == r.seedOf(2) {
		t.Errorf("seeds %d, %d, %d", r.seedOf(0), r.seedOf(1), r.seedOf(2))
	}
	// The training is that of the draw alone.
	alone := newRun(t, curves, t.TempDir(), "epochs=1")
	alone.Train = few{alone.Train, 200}
	alone.Net.Initialise(r.seedOf(drawn.Chosen-1), alone.Config.SignInit)
	if _, err := alone.Start(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if latents(alone.Net) != latents(r.Net) {
		t.Error("the weights are not those of the draw that was chosen, trained")
	}
}

// TestADrawThatDiverges is not the one that is trained.
func TestADrawThatDiverges(t *testing.T) {
	r := newRun(t, curves, t.TempDir(), "draws=2", "epochs=1")
	r.Train = &breaking{Source: few{r.Train, 40}}
	var drawn *Drawn
	r.Watch = func(e Event) {
		if e.Drawn != nil {
			drawn = e.Drawn
		}
	}
	if _, err := r.Start(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if drawn == nil || drawn.Chosen != 2 || !math.IsInf(drawn.Losses[0], 1) {
		t.Errorf("drawn %+v", drawn)
	}
}

// breaking gives one input that is no number, the first time that it is read.
type breaking struct {
	Source
	broken bool
}

func (b *breaking) Fill(batch *network.Batch, slot int, p Piece, rng *rand.Rand) {
	b.Source.Fill(batch, slot, p, rng)
	if !b.broken {
		batch.X[slot*batch.T*batch.D] = float32(math.NaN())
	}
	b.broken = true
}

// TestReadUnits: the output reads the first units only, the average too, and what cannot be is refused.
func TestReadUnits(t *testing.T) {
	for _, average := range []string{"0", "0.9"} {
		r := newRun(t, curves, t.TempDir(), "read_units=24", "draws=2", "epochs=1", "average="+average)
		r.Train = few{r.Train, 200}
		if _, err := r.Start(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		read := map[int]bool{}
		for i, w := range r.Net.Param("V").Used {
			if w != 0 {
				read[i%64] = true
			}
		}
		for unit := range 64 {
			if read[unit] != (unit < 24) {
				t.Errorf("average = %s: unit %d is read: %v", average, unit, read[unit])
			}
		}
	}
	for text, want := range map[string]string{curves: "state h has 64 units", strings.Replace(curves, "V : int4", "V : binary", 1): "V is binary"} {
		ast, _ := dsl.Parse("model.hrn", []byte(text))
		m, _ := dsl.Check(ast)
		units := map[bool]string{true: "32", false: "65"}[strings.Contains(text, "binary")]
		if _, err := ReadConfig(m, []string{"read_units=" + units}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read_units = %s: error %v", units, err)
		}
		if _, err := ReadConfig(m, []string{"read_units=12", "weight_limit=2"}, nil); want == "state h has 64 units" && (err == nil || !strings.Contains(err.Error(), "weight_limit = 4.6")) {
			t.Errorf("weights that are clamped to nothing: error %v", err)
		}
	}
}
