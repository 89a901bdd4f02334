package design

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// trial is a way to change training sequences in time that may suit them.
type trial struct {
	name    string
	without []string // settings that are left out
	right   []bool   // by sequence, of the folds that each was held out of
}

// Short trainings tell trials apart: with each fold held out, of so many steps of the optimiser.
const (
	folds       = 3
	tryUpdates  = 600
	fewestTried = 12 // sequences
	mostTried   = 1000
	mostSteps   = 4 * wantedSteps // of a sequence, or tries take minutes
)

// Tries is how many short trainings Try makes; 0 where there is nothing to try.
func (d *Design) Tries() int {
	return folds * len(d.trials())
}

// trials are what is tried, the likeliest first. Where sequences are many, their own variety teaches what augmentation would.
func (d *Design) trials() []trial {
	shift, warp := d.Setting("augment_shift"), d.Setting("augment_warp")
	if d.answer != class || shift == "" || warp == "" || d.facts.n > mostTried || d.steps() > mostSteps || d.facts.n < fewestTried {
		return nil
	}
	for _, g := range d.given {
		if g[0] == "augment_shift" || g[0] == "augment_warp" {
			return nil
		}
	}
	return []trial{{name: "shift and warp"}, {name: "shift", without: []string{"augment_warp"}},
		{name: "neither", without: []string{"augment_shift", "augment_warp"}}}
}

// Try trains shortly with and without augmentation in time, each sequence held out once, and keeps what decides best. A later
// trial has to beat an earlier one by more than chance would. done hears how many trainings are complete, with the part of the one
// that runs.
func (d *Design) Try(ctx context.Context, done func(n float64)) error {
	trials := d.trials()
	if trials == nil {
		return nil
	}
	set, err := d.load(d.DataSettings())
	if err != nil {
		return err
	}
	m, err := d.Model()
	if err != nil {
		return err
	}
	held, n := deal(set), 0
	for i := range trials {
		trials[i].right = make([]bool, set.Train.N)
		for fold := range folds {
			if err := d.train(ctx, m, set, &trials[i], held, fold, func(part float64) { done(float64(n) + part) }); err != nil {
				return err
			}
			n++
			done(float64(n))
		}
	}
	best := 0
	for i := 1; i < len(trials); i++ {
		if beats(trials[i].right, trials[best].right) {
			best = i
		}
	}
	d.settle(trials, best)
	return nil
}

// beats reports whether a is right more often than b by more than a standard deviation of what chance gives: of sequences on
// which they differ, as in McNemar's test.
func beats(a, b []bool) bool {
	more, less := 0, 0
	for i := range a {
		switch {
		case a[i] && !b[i]:
			more++
		case b[i] && !a[i]:
			less++
		}
	}
	return float64(more-less) > math.Sqrt(float64(more+less))
}

// settle keeps a trial, and says what it and the others scored.
func (d *Design) settle(trials []trial, best int) {
	score := func(t trial) string {
		n := 0
		for _, r := range t.right {
			if r {
				n++
			}
		}
		return strconv.Itoa(int(math.Round(100 * float64(n) / float64(len(t.right)))))
	}
	var scores []string
	for _, t := range trials {
		scores = append(scores, t.name+" "+score(t))
	}
	reason := "tried, % right of held-out thirds: " + strings.Join(scores, ", ")
	gone := trials[best].without
	d.settings = slices.DeleteFunc(d.settings, func(c Choice) bool { return slices.Contains(gone, c.Name) })
	for i := range d.settings {
		if c := &d.settings[i]; c.Name == "augment_shift" {
			c.Reason = reason
			return
		}
	}
	for i := range d.settings {
		if c := &d.settings[i]; c.Name == "sign_init" {
			c.Reason += "; no augment_shift: " + reason
		}
	}
}

// deal gives every training sequence the fold that it is held out of: of each class as many, and all windows of one person or
// recording together.
func deal(set *data.Set) []int {
	_, of := set.Train.Independent()
	label := map[int]int32{}
	var sources []int
	for i, k := range of {
		if _, ok := label[k]; !ok {
			sources = append(sources, k)
			label[k] = set.Train.Label(i)
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
	slices.SortStableFunc(sources, func(a, b int) int { return cmp.Compare(label[a], label[b]) })
	fold := map[int]int{}
	for i, k := range sources {
		fold[k] = i % folds
	}
	out := make([]int, len(of))
	for i, k := range of {
		out[i] = fold[k]
	}
	return out
}

// train trains on all but a fold, and notes which of its sequences are decided right. done hears what part of it is complete.
func (d *Design) train(ctx context.Context, m *dsl.Model, set *data.Set, t *trial, held []int, fold int, done func(part float64)) error {
	net := network.New(m)
	c, err := trainer.ReadConfig(m, nil, settingNames())
	if err != nil {
		return err
	}
	var in, out []int
	for i, f := range held {
		if f == fold {
			out = append(out, i)
		} else {
			in = append(in, i)
		}
	}
	if len(in) == 0 || len(out) == 0 {
		return nil
	}
	c.Epochs, c.Repeat, c.Keep = 1, (d.updates*batch+len(in)-1)/len(in), trainer.KeepLast
	c.Settle(len(in))
	net.Initialise(c.Seed, c.SignInit)
	o, err := options(d.DataSettings(), t.without)
	if err != nil {
		return err
	}
	task := trainer.Task{Model: m, Loss: c.Loss, Classes: len(set.Classes)}
	run := &trainer.Run{Net: net, Config: c, Train: chosen{task.Split(&set.Train, o.Augment), in}, Valid: chosen{task.Split(&set.Train, data.Augment{}), out},
		Watch: func(e trainer.Event) { done(float64(e.Batch) / float64(max(1, e.Batches))) },
		Keep:  func(trainer.Metrics) error { return nil }}
	if _, err := run.Start(ctx, false); err != nil {
		return err
	}
	label := make([]int32, 1)
	_, err = trainer.Score(ctx, net, run.Valid, func(i int, y []float32) {
		set.Train.Labels(out[i], label)
		best := 0
		for k, v := range y {
			if v > y[best] {
				best = k
			}
		}
		t.right[out[i]] = int32(best) == label[0]
	})
	return err
}

func settingNames() []string {
	var out []string
	for _, s := range data.Settings {
		out = append(out, s.Name)
	}
	return out
}

// options are those of settings, some left out.
func options(settings [][2]string, without []string) (data.Options, error) {
	o := data.Defaults()
	for _, s := range settings {
		if slices.Contains(without, s[0]) {
			continue
		}
		if _, err := o.Set(s[0], s[1]); err != nil {
			return o, err
		}
	}
	return o, nil
}

// chosen is some of a source's sequences.
type chosen struct {
	trainer.Source
	index []int
}

func (c chosen) Len() int { return len(c.index) }

func (c chosen) StepsOf(i int) int { return c.Source.StepsOf(c.index[i]) }

func (c chosen) Fill(b *network.Batch, slot int, p trainer.Piece, rng *rand.Rand) {
	p.Sequence = c.index[p.Sequence]
	c.Source.Fill(b, slot, p, rng)
}
