// Package lower turns a fixed-level module into a Plan: the layers, matrices, shifts and widths of one step with
// every arithmetic decision made, so that backends only choose loops, memories and spelling. It holds the plan's
// types, its interpreter (run.go) and its extraction from the IR (extract.go); it knows no target language.
// Start with Plan; docs/numerics.md section 3 gives the equations its fields are named after.
package lower

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// Plan is one model at the fixed level. A step runs the layers in order, each seeing the new state of the one
// before; the readout is computed from the last layer when the output asks for it.
type Plan struct {
	Name    string
	Comment []string // lines for the header of generated files: command, version, hashes
	Input   ir.Input
	Steps   int // of a sequence, or of a course where Hop is set; 0: endless
	Hop     int // steps from the start of a course to that of the next; 0: nothing restarts
	Layers  []Layer
	Readout Readout
	Output  ir.Output
	Decide  *Decide // nil: a decision is that of its step
}

// Decide makes decisions of the outputs of every step (docs/numerics.md, "The decide block"), one step after another: package
// decider has the rule, and its reference.
type Decide struct {
	decider.Rule
	ScoreBits   int // width of the scores at the unit of even steps
	AverageBits int // width of the averages
}

// Keeps reports whether averages are kept between steps; without smoothing they are the scores.
func (d *Decide) Keeps() bool { return d.Smooth > 0 }

// Entries is how many integers a plan gives at once: its outputs, and behind them the decision where a decide block makes it.
func (p *Plan) Entries() int {
	if p.Decide != nil {
		return p.Readout.Matrix.Rows + 1
	}
	return p.Readout.Matrix.Rows
}

// Longest is how many steps a sequence has at most; 0 for no end.
func (p *Plan) Longest() int {
	if p.Hop > 0 {
		return 0
	}
	return p.Steps
}

// Courses is how many copies of the states run at a time: 1 where nothing restarts. They start in turn, one every Hop steps, take in
// every input, and end after Steps of them; the oldest answers (docs/numerics.md, "Restarts").
func (p *Plan) Courses() int {
	if p.Hop > 0 {
		return p.Steps / p.Hop
	}
	return 1
}

// Age is how many steps the state has seen that answers after t of them: all, or those of the oldest course.
func (p *Plan) Age(t int) int {
	if p.Hop == 0 {
		return t
	}
	return t - p.Hop*max(0, (t-1)/p.Hop+1-p.Courses())
}

// TwoPhase reports whether steps of even and odd t differ anywhere, so that a step counter is needed.
// The first step is t = 1.
func (p *Plan) TwoPhase() bool {
	if p.Readout.twoPhase() || p.Decide != nil && p.Decide.Odd != arith.Identity {
		return true
	}
	for i := range p.Layers {
		if p.Layers[i].TwoPhase() {
			return true
		}
	}
	return false
}

// Layer is one recurrence:
//
//	z   = S (PreSigns .* g)                     exact, ZBits wide (or rounded between stages when Staged)
//	r_i = Round[t&1](z[Perm[i]])                no rounding left when Staged; then less what leaks, LeakOf(i)
//	g_i = sat_Bits(Signs_i * r_i + Term_i + Bias[t&1]_i)
//
// All widths are of signed two's complement integers and are proven to hold every value they are given.
type Layer struct {
	Name     string // of the state, "h"
	N        int    // hidden units
	Block    int    // m = 2^K; N is a multiple
	K        int    // butterfly stages
	Bits     int    // B, width of the state
	PreSigns []int8 // +1 or -1 each, or nil for all +1
	Staged   bool   // rounding = staged: Shift[t&1] halvings are spread over the stages
	ZBits    int    // width of z and of everything inside the transform
	Round    arith.Phased[arith.Requant]
	Leak     arith.Leak // by entries of z, in runs; nil: none
	Perm     []int      // nil: identity
	Signs    []int8
	RBits    int                   // width of Signs*r (holds the negation too)
	Term     *Term                 // nil: no input term
	Bias     arith.Phased[[]int64] // beta at even and odd t; equal slices when they do not differ; nil for none
	SumBits  int                   // width of the sum before saturation
	Saturate bool                  // false: the sum is proven to fit Bits
}

// LeakOf is the l of what leaks from a unit's r, 0 for nothing.
func (l *Layer) LeakOf(unit int) int {
	if l.Leak == nil {
		return 0
	}
	if l.Perm != nil {
		unit = l.Perm[unit]
	}
	return l.Leak.At(unit, l.N)
}

// TwoPhase reports whether even and odd steps differ.
func (l *Layer) TwoPhase() bool {
	return l.Round[0] != l.Round[1] || (l.Term != nil && l.Term.twoPhase()) || !equal(l.Bias[0], l.Bias[1])
}

// Halves reports whether the transform halves its entries after a stage, which is counted from 1.
func (l *Layer) Halves(stage, phase int) bool {
	return l.Staged && arith.Halves(stage, l.Round[phase].Shift)
}

// Rest is the shift that is left to round after the transform.
func (l *Layer) Rest(phase int) int {
	if l.Staged {
		return arith.Rest(l.K, l.Round[phase].Shift)
	}
	return l.Round[phase].Shift
}

// Source says what a term's matrix multiplies.
type Source string

// The sources of a term.
const (
	FromVector Source = "vector" // the input vector X
	FromOneHot Source = "onehot" // the column that the input token names
	FromEmbed  Source = "embed"  // the row of Embed that the input token names
	FromState  Source = "state"  // the new state of layer Layer, through relu when Relu
)

// Term is what flows into a layer: a = Out[t&1](Mid[t&1](Matrix * In[t&1](source))).
// For FromOneHot the product is Matrix[:, token] * In[t&1](1).
type Term struct {
	Source     Source
	Layer      int // FromState
	Relu       bool
	Held       arith.Interval              // FromState: what the numbers are within that are read, through relu; the zero value where only the state's width says
	Embed      *ir.Tensor                  // FromEmbed: Ints [vocab, d]
	In         arith.Phased[arith.Requant] // X -> X' (identity at even t); equal to round_half_even(sqrt(2) 2^f X) for every X in range
	InBits     int                         // width of In's results
	InMulBits  int                         // width of v*Mul + half inside In
	Matrix     Matrix
	AccBits    int                         // width of the product
	Mid        arith.Phased[arith.Requant] // rescale by sqrt(2) or 1/sqrt(2) where units do not alternate alike; identity otherwise
	MidBits    int                         // width of Mid's results
	MidMulBits int                         // width of v*Mul + half inside Mid
	Out        arith.Phased[arith.Requant] // the shift by e (Mul is 1)
	OutBits    int                         // width of a; at least that of the product plus rounding
}

func (t *Term) twoPhase() bool {
	return t.In[0] != t.In[1] || t.Mid[0] != t.Mid[1] || t.Out[0] != t.Out[1]
}

// Matrix is a constant integer matrix in row-major order.
type Matrix struct {
	Name       string
	Rows, Cols int
	Ints       []int64
	Bits       int // width of an entry: 1 for +1/-1 only, 2 for ternary and int2, p for int p
}

// Readout is Y = Matrix * relu(g) + Bias[t&1] of the last layer, YBits wide.
// For a mean, Y of all steps is added (MeanBits wide): all together, or when Rescale is set as
// sumEven + Rescale(sumOdd), once at the end.
type Readout struct {
	Relu        bool
	Layer       int
	Matrix      Matrix
	Bias        arith.Phased[[]int64]
	YBits       int
	MeanBits    int
	Rescale     *arith.Requant
	RescaleBits int // width of sumOdd*Mul + half
	// Threshold is compared with Y (or the mean's sum): bit = Y > Threshold[t&1]. Set for ir.Threshold only;
	// for a mean it is Threshold[0], whatever t.
	Threshold arith.Phased[int64]
	// Unit gives the real value of Y (of the sum, for a mean: before dividing by the number of steps).
	Unit ir.Scale
}

func (r *Readout) twoPhase() bool {
	return !equal(r.Bias[0], r.Bias[1]) || r.Threshold[0] != r.Threshold[1] || r.Rescale != nil
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
