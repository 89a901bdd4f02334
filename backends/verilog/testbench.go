package verilog

import (
	"fmt"
	"math/rand"
	"slices"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// benchValues fill templates/testbench.v.tmpl.
type benchValues struct {
	topValues
	BeatWord, Beats, BeatDepth int
	Every                      bool // step has outputs
	Settled                    int  // the step of a sequence from which on cycles are StepCycles
	Outputs, OutputDepth       int
	OutWord                    int    // bits of a golden output
	OutText                    string // what is compared with it
	Sequences, Short           int    // golden sequences, and how many of them are short: the first ones
	PauseSequences             int    // that a run with pauses takes
	Resets                     int
	Saturated                  int64
}

const (
	shortSequences = 3 // of 1, 2 and 3 steps
	maxSequences   = 2 // that make the state as large as it gets
	maxSteps       = 8 // of one
	resets         = 8
	// pausedCycles is about how long a run with pauses may be: seconds in Icarus Verilog for the slowest designs.
	pausedCycles = 60000
)

// withEdges puts short sequences in front of golden vectors, one behind the other without a pause, and puts behind them those
// whose inputs make the state as large as inputs can make it. It says how many of their updates saturate.
func withEdges(p *lower.Plan, v backends.Vectors) (backends.Vectors, int64) {
	rng := rand.New(rand.NewSource(1))
	var x [][][]int64
	for i := range shortSequences {
		x = append(x, randomInputs(rng, p, atMost(p, i+1)))
	}
	var saturated int64
	var large [][][]int64
	for range maxSequences {
		s, n := enlarging(rng, p, atMost(p, maxSteps))
		large, saturated = append(large, s), saturated+n
	}
	return backends.Vectors{
		X: slices.Concat(x, v.X, large),
		Y: slices.Concat(p.Outputs(x), v.Y, p.Outputs(large)),
	}, saturated
}

// atMost is a number of steps, within those that the model's widths are proven for.
func atMost(p *lower.Plan, steps int) int {
	if most := p.Longest(); most > 0 {
		return min(steps, most)
	}
	return steps
}

func inputOf(p *lower.Plan, pick func(lo, hi int64) int64) []int64 {
	lo, hi := p.Input.Range()
	row := make([]int64, p.Input.Size)
	for i := range row {
		row[i] = pick(lo, hi)
	}
	return row
}

func randomInputs(rng *rand.Rand, p *lower.Plan, steps int) [][]int64 {
	out := make([][]int64, steps)
	for t := range out {
		out[t] = inputOf(p, func(lo, hi int64) int64 { return lo + rng.Int63n(hi-lo+1) })
	}
	return out
}

// enlarging is a sequence that takes at each step, of some inputs at the ends of their range, the one that makes the state
// largest, with how many updates saturate on it.
func enlarging(rng *rand.Rand, p *lower.Plan, steps int) ([][]int64, int64) {
	m := lower.NewMachine(p)
	out := make([][]int64, steps)
	for t := range out {
		var best *lower.Machine
		for range 8 {
			x := inputOf(p, func(lo, hi int64) int64 { return []int64{lo, hi}[rng.Intn(2)] })
			if next := m.Clone(); best == nil || largest(next, x) > largest(best, nil) {
				best, out[t] = next, x
			}
		}
		m = best
	}
	return out, m.Saturated
}

// largest is the sum of a machine's states' magnitudes, after a step where x is one.
func largest(m *lower.Machine, x []int64) (sum int64) {
	if x != nil {
		m.Step(x)
	}
	for _, g := range m.G {
		for _, v := range g {
			sum += max(v, -v)
		}
	}
	return sum
}

// testbench writes the golden vectors and the testbench that runs them, and gives what it says of them.
func (w *writer) testbench(v backends.Vectors) benchValues {
	t := benchValues{topValues: w.top(), Resets: resets, Every: w.plan.Output.When == ir.EveryStep}
	t.BeatWord, t.Settled = t.IB+1, datapath.Settled
	if len(v.X) > 0 {
		v, t.Saturated = withEdges(w.plan, v)
		t.Short = shortSequences
	}
	t.Sequences = len(v.X)
	steps := 0
	for _, s := range v.X {
		steps = max(steps, len(s))
	}
	t.PauseSequences = min(max(1, pausedCycles/max(1, steps*(t.OutputStepCycles+t.D))), t.Sequences)
	var beats, outputs []int64
	for i, sequence := range v.X {
		for step, row := range sequence {
			for j, x := range row {
				last := int64(0)
				if step == len(sequence)-1 && j == len(row)-1 {
					last = 1
				}
				beats = append(beats, x&(1<<t.IB-1)|last<<t.IB)
			}
		}
		class := int64(-1) // of the step before
		for step, row := range v.Y[i] {
			if w.plan.Output.When != ir.EveryStep {
				step = len(sequence) - 1
			}
			outputs = append(outputs, w.goldens(row, step+1, class)...)
			if w.plan.Decide != nil {
				class = row[len(row)-1]
			}
		}
	}
	t.Beats, t.Outputs = len(beats), len(outputs)
	t.OutWord, t.OutText = t.Y, "out_data"
	if t.Threshold {
		t.OutWord, t.OutText = t.Y+1, "{out_bit, out_data}"
	}
	if t.Golden {
		t.OutWord += t.RowBits + 1
		t.OutText = fmt.Sprintf("{out_last & out_changed, {%d{out_last}} & out_class, out_data}", t.RowBits)
	}
	in, out := grouped(beats, 1, 2), grouped(outputs, 1, 2)
	t.BeatDepth, t.OutputDepth = in.words, out.words
	w.files = append(w.files,
		in.file(t.Prefix+"_inputs.hex", t.BeatWord),
		out.file(t.Prefix+"_outputs.hex", t.OutWord))
	w.print(t.Prefix+"_tb.v", "testbench.v", t)
	return t
}

// goldens are the outputs of a step as the testbench compares them; class is that of the step before, -1 for none.
func (w *writer) goldens(row []int64, t int, class int64) []int64 {
	y := row[:w.plan.Readout.Matrix.Rows]
	out := make([]int64, len(y))
	for i, v := range y {
		out[i] = w.golden(v, t)
	}
	if w.goldenClass() {
		bits, last := w.outputBits(), len(y)-1
		for i := range out {
			out[i] &= 1<<bits - 1
		}
		decided := row[len(y)]
		out[last] |= decided << bits
		if class >= 0 && class != decided {
			out[last] |= 1 << (bits + clog2(len(y)))
		}
	}
	return out
}

// golden is an output after t steps as the testbench compares it: with out_bit above it where the output has one.
func (w *writer) golden(y int64, t int) int64 {
	p := w.plan
	if p.Output.Decision != ir.Threshold {
		return y
	}
	limit := p.Readout.Threshold[t&1]
	if p.Output.When == ir.Mean {
		limit = p.Readout.Threshold[arith.Even]
	}
	y, bit := y&(1<<w.outputBits()-1), y > limit
	if bit {
		y |= 1 << w.outputBits()
	}
	return y
}
