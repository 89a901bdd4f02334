package study

import (
	"context"
	"runtime"
	"sync"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// recording is one unbroken recording with the scores that a model gives its classes, step by step.
type recording struct {
	truth   []int32 // -1: does not count
	classes int
	// One of them, [steps][classes]: logits, or integers of a unit.
	reals []float64
	ints  []int64
	unit  ir.Scale
}

// decide makes the decisions of settings.
func (r *recording) decide(s decider.Settings) ([]int32, error) {
	out := make([]int32, len(r.truth))
	if r.reals != nil {
		d := decider.NewReal(s, 1)
		for t := range out {
			out[t] = int32(d.Step(r.reals[t*r.classes : (t+1)*r.classes]))
		}
		return out, nil
	}
	d, err := decider.New(s, r.unit.Unit, r.unit.Parity)
	if err != nil {
		return nil, err
	}
	for t := range out {
		out[t] = int32(d.Step((t+1)&1, r.ints[t*r.classes:(t+1)*r.classes]))
	}
	return out, nil
}

// trials judge the decisions of several settings side by side.
type trials struct {
	rules    stream.Rules
	settings []decider.Settings
	tallies  []*stream.Tally
	shown    int // of the settings
}

func (t *trials) add(s decider.Settings) {
	t.settings, t.tallies = append(t.settings, s), append(t.tallies, stream.New(t.rules))
}

// judge decides on a recording with each of the settings, on all cores, and gives the decisions of those that are shown. They are a sequence
// of the stage's work together.
func (t *trials) judge(ctx context.Context, unit int, r *recording, stage Stage) (shown []int32, err error) {
	var wg sync.WaitGroup
	errs := make([]error, len(t.settings))
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(t.settings)) {
		wg.Go(func() {
			for k := range next {
				decided, err := r.decide(t.settings[k])
				if errs[k] = err; err != nil {
					continue
				}
				t.tallies[k].Add(stream.Recording{Unit: unit, Truth: r.truth, Decided: decided})
				if k == t.shown {
					shown = decided
				}
				stage.Add(1 / float64(len(t.settings)))
			}
		})
	}
	for k := range t.settings {
		if ctx.Err() != nil {
			break
		}
		next <- k
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// recordingValues is about how many values of recordings are held at a time.
const recordingValues = 2 << 20

// eachRecording runs the recordings of a part at a level, in order, each from a new state to its end.
func (s *Study) eachRecording(ctx context.Context, part *data.Sequences, level string, visit func(i int, r *recording) error) error {
	run, err := s.streamRunner(level)
	if err != nil {
		return err
	}
	for from := 0; from < part.N; {
		to, longest := from, 0
		for to < part.N {
			if longest = max(longest, part.Steps(to)); to > from && longest*(to+1-from)*max(part.D, s.Net.Outputs()) > recordingValues {
				break
			}
			to++
		}
		some := part.Slice(from, to)
		err := trainer.EachBatch(ctx, s.Net, s.source(some), some.N, func(b *network.Batch) error {
			recordings, err := run(ctx, b)
			if err != nil {
				return err
			}
			for k, r := range recordings {
				n := some.Steps(k)
				r.truth = b.Labels[k*b.T : k*b.T+n]
				if err := visit(from+k, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// streamRunner gives what computes the scores of a batch of recordings at a level.
func (s *Study) streamRunner(level string) (func(ctx context.Context, b *network.Batch) ([]*recording, error), error) {
	if level == "real" && s.Model.Hop == 0 { // the network in training knows no restarts
		return func(_ context.Context, b *network.Batch) ([]*recording, error) {
			rows := s.Net.Outputs()
			y := make([]float64, b.N*b.T*rows)
			s.Net.Evaluate(b, func(i int, row []float32) { // tiles end in any order
				for j, v := range row {
					y[i*rows+j] = float64(v)
				}
			})
			return s.realRecordings(b, y), nil
		}, nil
	}
	l, err := s.lower(asStream)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, b *network.Batch) ([]*recording, error) {
		if level == "real" {
			got, err := l.RunReal(ctx, sequencesOf(b), nil)
			if err != nil {
				return nil, err
			}
			return s.realRecordings(b, got.Y.Floats), nil
		}
		got, err := l.Run(ctx, quickest(level), sequencesOf(b), nil)
		if err != nil {
			return nil, err
		}
		out := make([]*recording, b.N)
		for k := range out {
			own := ofRecording(got.Y.Ints, b.N, k)
			if s.Model.Output.Decision == ir.Threshold {
				own = against(own, func(t int) int64 { return l.Plan.Readout.Threshold[(t+1)&1] })
			}
			out[k] = &recording{classes: s.decisions(), ints: own, unit: l.Plan.Readout.Unit}
		}
		return out, nil
	}, nil
}

// realRecordings parts the outputs of a batch.
func (s *Study) realRecordings(b *network.Batch, y []float64) []*recording {
	out := make([]*recording, b.N)
	for k := range out {
		own := ofRecording(y, b.N, k)
		if s.Model.Output.Decision == ir.Threshold {
			own = against(own, func(int) float64 { return s.Model.Output.Threshold })
		}
		out[k] = &recording{classes: s.decisions(), reals: own}
	}
	return out
}

// ofRecording are the outputs of one of n recordings.
func ofRecording[T any](y []T, n, k int) []T { return y[k*len(y)/n : (k+1)*len(y)/n] }

// against makes two scores a step where there is one output: 0, and by how much it exceeds a threshold.
func against[T int64 | float64](y []T, threshold func(t int) T) []T {
	out := make([]T, 2*len(y))
	for t, v := range y {
		out[2*t+1] = v - threshold(t)
	}
	return out
}

// asStream makes a loaded model one that gives its scores at every step, whatever decides on them.
func asStream(m *compiler.Model) { m.Real.Output.When, m.Real.Output.Decide = ir.EveryStep, nil }

// streams makes a model one that answers at every step of recordings without end. Its errors are diagnostics.
func (s *Study) streams() error {
	out, at := &s.Model.Output, diag.At(s.Model.Output.Span)
	switch {
	case out.When == ir.Mean:
		return at.Errorf("stream", "the output is a mean over a sequence, and a stream has no end to take one at").
			Helpf("write  output ... at every step;  smooth  in a decide block takes a mean that forgets")
	case s.Model.Steps > 0 && s.Model.Hop == 0:
		return diag.InFile(s.File, "").Errorf("stream", "sequences of this model end after %s, and a stream does not end", diag.Count(s.Model.Steps, "step")).
			Helpf("leave  steps  out, and let states forget, as  hadamard(h, leak = 1/32)  does; or start them anew, as  %s  does", dsl.RestartFor(s.Model.Steps, 4))
	case out.Decision == ir.Logits:
		return at.Errorf("stream", "the output is numbers, and what is judged of a stream is decisions").
			Helpf("hrnnc eval without --stream scores a regression;  stream = yes  in the train block makes it whole recordings")
	case out.Decision == ir.Threshold && s.Net.Outputs() > 1:
		return at.Errorf("stream", "several things can be true at once, and what is judged of a stream is one decision at a time").
			Helpf("write  output ... = argmax(y) at every step")
	}
	s.atLast, out.When = out.When == ir.AtLast, ir.EveryStep
	return nil
}
