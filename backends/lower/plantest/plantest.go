// Package plantest makes random plans and sequences for the tests of backends. Its widths are plain interval
// bounds, so every plan is one that no input can overflow. It is not the compiler's own lowering, which lives in
// package lower; start with Random.
package plantest

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// Random gives a plan with any feature a plan can have, n up to about 64 and now and then 256.
func Random(rng *rand.Rand) *lower.Plan {
	k := rng.Intn(7)
	if rng.Intn(16) == 0 {
		k = 7 + rng.Intn(2)
	}
	return WithOrder(rng, k)
}

// WithOrder gives a random plan whose first layer has blocks of order 2^k.
func WithOrder(rng *rand.Rand, k int) *lower.Plan {
	b := builder{rng: rng, p: &lower.Plan{
		Name:    fmt.Sprintf("random%d", rng.Intn(1000)),
		Comment: []string{"made by plantest"},
	}}
	b.input()
	b.layer(k, nil)
	for rng.Intn(4) == 0 && len(b.p.Layers) < 3 {
		b.layer(rng.Intn(6), &b.p.Layers[len(b.p.Layers)-1])
	}
	b.readout()
	return b.p
}

// Leak gives most layers of a plan a leak: one for all blocks, one a block, or some in turn.
func Leak(rng *rand.Rand, p *lower.Plan) *lower.Plan {
	for i := range p.Layers {
		l := &p.Layers[i]
		blocks := l.N / l.Block
		if l.Leak = nil; rng.Intn(4) == 0 {
			continue
		}
		turn := []int{1, blocks, 2 - blocks%2}[rng.Intn(3)]
		for range turn {
			l.Leak = append(l.Leak, 1+rng.Intn(arith.MaxLeak))
		}
		l.Leak = slices.Repeat(l.Leak, blocks/turn)
	}
	return p
}

// Restart makes a plan restart: up to four copies of the states, of short courses. With even, the hop is even where odd and even steps
// differ.
func Restart(rng *rand.Rand, p *lower.Plan, even bool) *lower.Plan {
	p.Hop = 1 + rng.Intn(5)
	if even && p.TwoPhase() {
		p.Hop = 2 + 2*rng.Intn(2)
	}
	p.Steps = p.Hop * (1 + rng.Intn(4))
	if p.Output.When == ir.Mean { // of any number of steps, only the largest output has a meaning
		p.Output.Decision = ir.Argmax
	}
	return p
}

// Decide gives a plan a readout of some rows, of which a decide block of any settings makes its decisions at every step. Margins
// are about what scores differ by. A plan that restarts does so with it.
func Decide(rng *rand.Rand, p *lower.Plan, rows int) *lower.Plan {
	r := &p.Readout
	b := builder{rng: rng, p: p}
	last := &p.Layers[r.Layer]
	if p.Output.When, p.Output.Decision = ir.EveryStep, ir.Argmax; p.Hop == 0 {
		p.Steps = 0
	}
	r.Rescale, r.MeanBits, r.RescaleBits, r.Threshold = nil, 0, 0, arith.Phased[int64]{}
	r.Matrix = b.matrix("V", rows, last.N)
	acc := bound(&r.Matrix, 1<<(last.Bits-1), false)
	even := make([]int64, rows)
	odd := make([]int64, rows)
	for i := range even {
		v := rng.NormFloat64() * 100
		even[i], odd[i] = int64(v), int64(v)
		if r.Unit.Parity {
			odd[i] = int64(v * math.Sqrt2)
		}
	}
	if r.Bias = (arith.Phased[[]int64]{}); rng.Intn(4) > 0 {
		r.Bias = arith.Phased[[]int64]{even, odd}
		acc += 1000
	}
	r.YBits = width(acc)
	d := &lower.Decide{Rule: decider.Rule{Hold: []int{0, 1, 3, 300}[rng.Intn(4)], Smooth: []int{0, 0, 1, 2, 4}[rng.Intn(5)], Start: rng.Intn(rows+1) - 1, Odd: arith.Identity}}
	if r.Unit.Parity {
		d.Odd = decider.Odd
	}
	d.ScoreBits, d.AverageBits = r.YBits, r.YBits+d.Smooth
	d.Margin = 1 + int64(rng.ExpFloat64()*float64(acc)/16)<<d.Smooth*int64(rng.Intn(2))
	d.Margin = min(d.Margin, 1<<d.AverageBits-1)
	p.Decide = d
	p.Output.Decide = &decider.Settings{Hold: d.Hold, Smooth: 1 << d.Smooth, Threshold: 0.75, Start: d.Start} // for words; the rule has the margin
	return p
}

// Sequences gives n sequences of steps inputs each within the input's range, edges included.
func Sequences(rng *rand.Rand, p *lower.Plan, n, steps int) [][][]int64 {
	lo, hi := p.Input.Range()
	pick := []func(t int) int64{
		func(int) int64 { return lo },
		func(int) int64 { return hi },
		func(t int) int64 { return []int64{lo, hi}[t&1] },
		func(int) int64 { return lo + rng.Int63n(hi-lo+1) },
	}
	out := make([][][]int64, n)
	for i := range out {
		f := pick[min(rng.Intn(8), 3)]
		for t := range steps {
			x := make([]int64, p.Input.Size)
			for j := range x {
				x[j] = f(t)
			}
			out[i] = append(out[i], x)
		}
	}
	return out
}

type builder struct {
	rng    *rand.Rand
	p      *lower.Plan
	embed  *ir.Tensor
	source lower.Source
}

// width is the number of bits of a signed integer that holds -a to a.
func width(a int64) int { return bits.Len64(uint64(a)) + 1 }

func (b *builder) input() {
	in := ir.Input{Name: "x", Kind: ir.Vector, Size: 1 + b.rng.Intn(6), Bits: 1 + b.rng.Intn(10), Signed: b.rng.Intn(3) == 0, Scale: 1}
	in.Bits = max(in.Bits, 2)
	b.source = lower.FromVector
	if b.rng.Intn(3) == 0 {
		in = ir.Input{Name: "symbol", Kind: ir.Token, Size: 1, Scale: 1, Vocab: 2 + b.rng.Intn(20)}
		b.source = lower.FromOneHot
		if b.rng.Intn(2) == 0 {
			b.source = lower.FromEmbed
			d := 1 + b.rng.Intn(6)
			b.embed = &ir.Tensor{Name: "E", Shape: []int{in.Vocab, d}, Ints: b.ints(in.Vocab*d, 8), Bits: 8, Weight: "int8"}
		}
	}
	b.p.Input = in
}

func (b *builder) ints(n, p int) []int64 {
	out := make([]int64, n)
	for i := range out {
		switch p {
		case 1:
			out[i] = int64(2*b.rng.Intn(2) - 1)
		case 2:
			out[i] = int64(b.rng.Intn(3) - 1)
		default:
			out[i] = int64(b.rng.Intn(1<<p) - 1<<(p-1))
		}
	}
	return out
}

func (b *builder) matrix(name string, rows, cols int) lower.Matrix {
	p := []int{1, 2, 3, 4, 4, 5, 8}[b.rng.Intn(7)]
	return lower.Matrix{Name: name, Rows: rows, Cols: cols, Ints: b.ints(rows*cols, p), Bits: p}
}

// bound is the largest absolute value of w times a vector of entries up to x.
func bound(w *lower.Matrix, x int64, oneHot bool) int64 {
	var worst int64
	for r := range w.Rows {
		var sum int64
		for c := range w.Cols {
			a := max(w.Ints[r*w.Cols+c], -w.Ints[r*w.Cols+c])
			if oneHot {
				sum = max(sum, a)
			} else {
				sum += a
			}
		}
		worst = max(worst, sum*x)
	}
	return worst
}

func (b *builder) layer(k int, below *lower.Layer) {
	rng := b.rng
	q := 1 + rng.Intn(3)
	l := lower.Layer{Name: fmt.Sprintf("h%d", len(b.p.Layers)+1), Block: 1 << k, K: k, N: q << k,
		Bits: []int{8, 12, 16, 16, 16, 20, 24, 32}[rng.Intn(8)], Saturate: true}
	l.Signs = b.signs(l.N)
	if rng.Intn(4) == 0 {
		l.PreSigns = b.signs(l.N)
	}
	if rng.Intn(4) == 0 {
		l.Perm = rng.Perm(l.N)
	}
	for ph := range 2 {
		l.Round[ph] = arith.Requant{Mul: 1, Shift: (k + 1 - ph*(k&1)) / 2}
	}
	l.Round[0].Shift = (k + 1) / 2
	l.Round[1].Shift = k / 2
	peak := int64(1) << (l.Bits - 1)
	l.ZBits = l.Bits + k + 1
	rmax := peak << uint(k) >> uint(k/2)
	if k > 0 && rng.Intn(4) == 0 {
		l.Staged = true
		l.ZBits = l.Bits + 1 + (k+1)/2 + 1
		rmax = 1 << (l.ZBits - 1)
	}
	l.RBits = width(rmax + 1)
	l.Term = b.term(&l, below)
	sum := rmax + 1
	if l.Term != nil {
		sum += 1 << (l.Term.OutBits - 1)
	}
	if rng.Intn(5) > 0 {
		for ph := range 2 {
			l.Bias[ph] = make([]int64, l.N)
		}
		for i := range l.N {
			v := rng.NormFloat64() * float64(peak) / 8
			l.Bias[0][i] = int64(v)
			l.Bias[1][i] = int64(v)
			if k&1 == 1 {
				l.Bias[1][i] = int64(v * math.Sqrt2)
			}
			sum = max(sum, sum+max(l.Bias[1][i], -l.Bias[1][i]))
		}
		sum += 2 * peak
	}
	l.SumBits = max(width(sum), l.Bits)
	b.p.Layers = append(b.p.Layers, l)
}

func (b *builder) signs(n int) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = int8(2*b.rng.Intn(2) - 1)
	}
	return s
}

var same = arith.Both(arith.Identity)

func (b *builder) term(l, below *lower.Layer) *lower.Term {
	rng := b.rng
	t := &lower.Term{Source: b.source, In: same, Mid: same, Out: same}
	e := rng.Intn(5) - 2
	var x int64
	cols := b.p.Input.Size
	if below != nil {
		t.Source, t.Layer, t.Relu = lower.FromState, len(b.p.Layers)-1, rng.Intn(3) > 0
		cols = below.N
		x = 1 << (below.Bits - 1)
		t.Matrix = lower.Matrix{Name: "B", Rows: l.N, Cols: cols, Ints: b.ints(l.N*cols, 1), Bits: 1}
		if rng.Intn(3) == 0 {
			t.Mid[1] = []arith.Requant{{Mul: 23170, Shift: 15}, {Mul: 46341, Shift: 15}}[rng.Intn(2)]
		}
	} else {
		lo, hi := b.p.Input.Range()
		x = max(hi, -lo)
		switch t.Source {
		case lower.FromOneHot:
			cols, x = b.p.Input.Vocab, 1
		case lower.FromEmbed:
			cols, x = b.embed.Shape[1], 128
			t.Embed = b.embed
		}
		t.Matrix = b.matrix("U", l.N, cols)
		if l.K&1 == 1 && below == nil {
			f := max(0, e+t.Matrix.Bits+bits.Len(uint(cols-1)))
			t.In[1] = arith.Requant{Mul: int64(math.Round(math.Sqrt2 * math.Ldexp(1, f+20))), Shift: 20}
			t.Out[1].Shift = f
		}
	}
	t.InMulBits = width(x*max(t.In[0].Mul, t.In[1].Mul) + 1<<20)
	xin := max(x, t.In[1].Apply(x)+1)
	t.InBits = width(xin)
	acc := bound(&t.Matrix, xin, t.Source == lower.FromOneHot)
	t.AccBits = width(acc)
	t.MidMulBits = width(acc*t.Mid[1].Mul + 1<<15)
	mid := max(acc, t.Mid[1].Apply(acc)+1)
	t.MidBits = width(mid)
	t.Out[0].Shift -= e
	t.Out[1].Shift -= e
	out := mid + 1
	for _, r := range t.Out {
		out = max(out, r.Apply(mid)+1, mid+1<<max(r.Shift, 0))
	}
	t.OutBits = width(out)
	return t
}

func (b *builder) readout() {
	rng := b.rng
	last := &b.p.Layers[len(b.p.Layers)-1]
	r := lower.Readout{Layer: len(b.p.Layers) - 1, Relu: rng.Intn(4) > 0, Unit: ir.Scale{Unit: 1, Parity: last.K&1 == 1}}
	r.Matrix = b.matrix("V", 1+rng.Intn(5), last.N)
	acc := bound(&r.Matrix, 1<<(last.Bits-1), false)
	if rng.Intn(5) > 0 {
		for ph := range 2 {
			r.Bias[ph] = make([]int64, r.Matrix.Rows)
		}
		for i := range r.Matrix.Rows {
			v := rng.NormFloat64() * 1000
			r.Bias[0][i], r.Bias[1][i] = int64(v), int64(v)
			if last.K&1 == 1 {
				r.Bias[1][i] = int64(v * math.Sqrt2)
			}
		}
		acc += 10000
	}
	r.YBits = width(acc)
	out := ir.Output{Name: "y", When: []ir.When{ir.AtLast, ir.EveryStep, ir.Mean}[rng.Intn(3)],
		Decision: []ir.Decision{ir.Logits, ir.Argmax, ir.Threshold}[rng.Intn(3)]}
	if out.When == ir.Mean {
		b.p.Steps = 64
		r.MeanBits = width(acc * 64 * 2)
		if last.K&1 == 1 {
			r.Rescale = &arith.Requant{Mul: 23170, Shift: 15}
			r.RescaleBits = width(acc*64*23170 + 1<<15)
		}
	}
	if out.Decision == ir.Threshold {
		r.Threshold = arith.Phased[int64]{int64(rng.Intn(2000) - 1000), int64(rng.Intn(2000) - 1000)}
		if last.K&1 == 0 || out.When == ir.Mean {
			r.Threshold[1] = r.Threshold[0]
		}
	}
	b.p.Output, b.p.Readout = out, r
}
