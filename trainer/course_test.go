package trainer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"pgregory.net/rapid"
)

const endless = `model m
input x : i8[2] / 32
param U : int4[16, 2]
param V : int4[2, 16]
state h : int16[16]
h <- hadamard(h, leak = 1/8) + U*x
y = V*h
output class = argmax(y) at every step
train { data = "s.csv"  stream = yes  truncate = 8  batch = 5  epochs = 3  rate = 0.01 }
`

// endlessRun is a run on recordings of some lengths, whose label is whether the last two steps rose.
func endlessRun(t testing.TB, lengths []int, folder string, overrides ...string) *Run {
	t.Helper()
	ast, errs := dsl.Parse("model.hrn", []byte(endless))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		t.Fatal(errs)
	}
	c, err := ReadConfig(m, overrides, []string{"stream"})
	if err != nil {
		t.Fatal(err)
	}
	set := recorded(t, lengths)
	c.Settle(c.Pieces(&set.Train))
	if err := Fits(m, c.Loss, set); err != nil {
		t.Fatal(err)
	}
	n := network.New(m)
	n.Initialise(c.Seed, network.RandomSigns)
	task := Task{Model: m, Loss: c.Loss, Classes: len(set.Classes)}
	r := &Run{Net: n, Config: c, Train: task.Split(&set.Train, data.Augment{Noise: 0.01}), Valid: task.Split(&set.Train, data.Augment{}),
		Fingerprint: Fingerprint{Model: "test"}, Keep: func(Metrics) error { return nil }}
	if folder != "" {
		r.Folder = openFolder(t, folder)
	}
	return r
}

// recorded is a set of recordings of some lengths.
func recorded(t testing.TB, lengths []int) *data.Set {
	t.Helper()
	var text strings.Builder
	text.WriteString("id,class,v,w\n")
	rng := rand.New(rand.NewPCG(1, 1))
	for id, steps := range lengths {
		for v := 0; steps > 0; steps-- {
			v += rng.IntN(21) - 10
			class := "falls"
			if v > 0 {
				class = "rises"
			}
			if rng.IntN(5) == 0 {
				class = ""
			}
			fmt.Fprintf(&text, "%d,%s,%d,%d\n", id, class, v, rng.IntN(100))
		}
	}
	return table(t, text.String(), "id=id", "label=class", "values=v,w", "stream=yes")
}

// TestWalks holds the course of an epoch of unbroken recordings to what it promises: whole pieces within their recordings, each step
// once at most, and lanes that go on where they were.
func TestWalks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(1, 90), 1, 7).Draw(rt, "lengths")
		lengths = append(lengths, 20)
		r := endlessRun(t, lengths, "")
		r.Config.Batch = rapid.IntRange(1, 40).Draw(rt, "batch")
		c := r.course(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1)))
		seen, count, goOn := map[Piece]bool{}, 0, 0
		for i, b := range c.batches {
			if len(b) == 0 || len(b) > r.Config.Batch || i > 0 && len(b) > len(c.batches[i-1]) {
				rt.Fatalf("batch %d has %d lanes", i, len(b))
			}
			for lane, p := range b {
				steps := r.Train.StepsOf(p.Sequence)
				if count++; p.From < 0 || p.From > 0 && p.From+c.steps > steps {
					rt.Fatalf("a piece begins at %d of %d steps", p.From, steps)
				}
				for s := range c.steps {
					at := Piece{p.Sequence, p.From + s}
					if seen[at] {
						rt.Fatalf("step %v comes twice", at)
					}
					seen[at] = true
				}
				if i > 0 && c.batches[i-1][lane] == (Piece{p.Sequence, p.From - c.steps}) {
					goOn++
				}
			}
		}
		if count != r.passed() || len(c.batches) != r.batches() {
			rt.Fatalf("%d pieces in %d batches, want %d in %d", count, len(c.batches), r.passed(), r.batches())
		}
		if least := count - len(lengths) - r.Config.Batch; goOn < least {
			rt.Fatalf("%d of %d pieces go on where the one before ended, want %d", goOn, count, least)
		}
	})
}

// TestCarriedResumeIsExact stops a training on unbroken recordings within an epoch, where lanes are within their recordings.
func TestCarriedResumeIsExact(t *testing.T) {
	for _, overrides := range [][]string{nil, {"carry=no"}, {"draws=2", "average=0.9", "repeat=2"}} {
		resumes(t, []int{1, 4, 9, 15}, func(dir string) *Run { return endlessRun(t, []int{83, 40, 129, 16, 200}, dir, overrides...) })
	}
}

// TestCarriedStatesAreUsed trains with the state carried on, which sees what is before its pieces, and without, which does not.
func TestCarriedStatesAreUsed(t *testing.T) {
	loss := map[string]float64{}
	for _, carry := range []string{"yes", "no"} {
		r := endlessRun(t, []int{83, 40, 129, 16, 200}, "", "carry="+carry, "rate=1e-9", "epochs=1")
		h, err := r.Start(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		loss[carry] = h[0].Loss
	}
	if loss["yes"] == loss["no"] {
		t.Errorf("the loss is %v either way", loss["yes"])
	}
}

// TestLongPieces: a piece is no longer than the longest recording, so that a large truncate takes no memory for what is not there.
func TestLongPieces(t *testing.T) {
	r := endlessRun(t, []int{41, 30, 37}, "", "truncate=1048576")
	longest := 0
	for i := range r.Train.Len() {
		longest = max(longest, r.Train.StepsOf(i))
	}
	if c := r.course(rand.New(rand.NewPCG(1, 1))); c.steps != longest+longest%2 {
		t.Errorf("pieces of %d steps, of recordings of %d at most", c.steps, longest)
	}
}
