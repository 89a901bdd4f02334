package lower

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Work counts what one part of a step does. Shifts, negations and comparisons are not counted: they cost wires on an
// FPGA and are free beside an addition in most instruction sets.
type Work struct {
	Adds int `json:"adds"`
	Muls int `json:"muls"`
}

func (w Work) times(n int) Work { return Work{w.Adds * n, w.Muls * n} }

func (w Work) plus(v Work) Work { return Work{w.Adds + v.Adds, w.Muls + v.Muls} }

// Cost is what a plan holds and what a step of it does.
type Cost struct {
	Parameters int  `json:"parameters"` // weights, signs, biases and table entries
	Bits       int  `json:"bits"`       // of those, stored as densely as their types allow
	StateBits  int  `json:"state_bits"` // of all courses, as are the recurrence and the input
	Recurrence Work `json:"recurrence"` // transforms, rounding, and adding what flows in: n log2 m + at most 3n additions, 5n with a leak
	Input      Work `json:"input"`      // products that flow into the layers
	Readout    Work `json:"readout"`    // of one output
}

// Total is the additions and multiplications of a step with outputs.
func (c Cost) Total() int {
	all := c.Recurrence.plus(c.Input).plus(c.Readout)
	return all.Adds + all.Muls
}

// Cost counts a plan.
func (p *Plan) Cost() Cost {
	var c Cost
	for i := range p.Layers {
		l := &p.Layers[i]
		c.layer(l)
	}
	n := p.Courses()
	c.StateBits, c.Recurrence, c.Input = n*c.StateBits, c.Recurrence.times(n), c.Input.times(n)
	r := &p.Readout
	c.matrix(&r.Matrix)
	c.bias(r.Bias)
	c.Readout = r.Matrix.work()
	if r.Bias[0] != nil {
		c.Readout.Adds += r.Matrix.Rows
	}
	if p.Output.When == ir.Mean {
		c.Readout.Adds += r.Matrix.Rows
		c.Readout = c.Readout.times(n)
	}
	if p.Decide != nil {
		c.decide(p.Decide, r.Matrix.Rows)
	}
	return c
}

func (c *Cost) layer(l *Layer) {
	c.StateBits += l.N * l.Bits
	c.Parameters += l.N
	c.Bits += l.N
	if l.PreSigns != nil {
		c.Parameters += l.N
		c.Bits += l.N
	}
	if l.Perm != nil {
		c.Parameters += l.N
		c.Bits += l.N * arith.SignedBits(int64(l.N-1))
	}
	c.Recurrence.Adds += l.N * l.K
	if l.Round[0].Shift > 0 || l.Round[1].Shift > 0 {
		c.Recurrence.Adds += l.N
	}
	if l.Leak != nil {
		c.Recurrence.Adds += 2 * l.N
	}
	if l.Bias[0] != nil {
		c.Recurrence.Adds += l.N
		c.bias(l.Bias)
	}
	if l.Term == nil {
		return
	}
	c.Recurrence.Adds += l.N
	t := l.Term
	c.matrix(&t.Matrix)
	if t.Source == FromEmbed {
		c.Parameters += len(t.Embed.Ints)
		c.Bits += len(t.Embed.Ints) * t.Embed.Bits
	}
	if t.Source != FromOneHot {
		c.Input = c.Input.plus(t.Matrix.work())
	} else if t.In[0].Mul != 1 || t.In[1].Mul != 1 {
		c.Input.Muls += t.Matrix.Rows
	}
	for ph := range t.In {
		if t.In[ph].Mul != 1 && t.Source != FromOneHot {
			c.Input.Muls += t.Matrix.Cols
			break
		}
	}
}

// decide counts a decide block: what it keeps, the averages, the rescaling of odd steps and the lead.
func (c *Cost) decide(d *Decide, rows int) {
	c.StateBits += arith.SignedBits(int64(rows)) - 1
	if d.Hold > 0 {
		c.StateBits += arith.SignedBits(int64(d.Hold)) - 1
	}
	if d.Keeps() {
		c.StateBits += rows * d.AverageBits
		c.Readout.Adds += 3 * rows
	}
	if d.Odd != arith.Identity {
		c.Readout.Muls += rows
	}
	c.Readout.Adds++
}

func (c *Cost) matrix(w *Matrix) {
	c.Parameters += len(w.Ints)
	c.Bits += len(w.Ints) * w.Bits
}

func (c *Cost) bias(b arith.Phased[[]int64]) {
	for ph, v := range b {
		if v == nil || ph == 1 && equal(b[0], b[1]) {
			continue
		}
		if ph == 0 {
			c.Parameters += len(v)
		}
		width := 1
		for _, n := range v {
			width = max(width, arith.SignedBits(n))
		}
		c.Bits += len(v) * width
	}
}

// work counts a product: weights of 0 cost nothing, powers of two no multiplication.
func (w *Matrix) work() Work {
	var k Work
	for r := range w.Rows {
		terms := 0
		for _, q := range w.Ints[r*w.Cols : r*w.Cols+w.Cols] {
			if q == 0 {
				continue
			}
			terms++
			if q = max(q, -q); q&(q-1) != 0 {
				k.Muls++
			}
		}
		k.Adds += max(terms-1, 0)
	}
	return k
}
