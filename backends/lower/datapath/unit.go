package datapath

import (
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// rounded is a value after a rounding shift, with the half that rounds it still to be added: the carry of an adder that adds
// something else anyway.
type rounded struct{ value, half *Expr }

// shifted is a value after the shift of even or odd steps. The value must have a name.
func shifted(v *Expr, shift arith.Phased[int], odd *Expr) rounded {
	at := func(ph int) rounded {
		s := shift[ph]
		switch {
		case s == 0:
			return rounded{v, Zero()}
		case s < 0:
			return rounded{v.Up(-s), Zero()}
		case s > v.Bits: // the half is above every value
			return rounded{v.Top().AsSigned(), v.Top()}
		}
		return rounded{v.Down(s), v.Bit(s - 1)}
	}
	even := at(arith.Even)
	if shift[0] == shift[1] {
		return even
	}
	o := at(arith.Odd)
	n := max(even.value.Bits, o.value.Bits)
	return rounded{Mux(odd, o.value.To(n), even.value.To(n)), Mux(odd, o.half, even.half)}
}

// product is the sum of weights times values, named. Every weight stands beside the others in word, the first in the low bits,
// of bits each, as stored gives them; values are signed or not.
func product(d *Design, name string, word *Expr, width int, values []*Expr, bitsOf int) *Expr {
	var terms []*Expr
	for j, v := range values {
		w := word.Slice(j*width+width-1, j*width)
		terms = append(terms, weighted(d, name, j, w, width, v)...)
	}
	return sumOf(d, name, terms, bitsOf)
}

// weighted is one weight times a value, as terms to be added.
func weighted(d *Design, name string, j int, w *Expr, width int, v *Expr) []*Expr {
	v = v.signed()
	switch width {
	case 1: // the sign alone
		c := w
		return []*Expr{NotIf(c, v), Cat(Zero(), c).AsSigned()}
	}
	var terms []*Expr
	for b := 0; b < width; b += 2 {
		low := Gate(w.Bit(b), v)
		if b+1 == width { // the weight's sign alone: minus
			n := v.Bits + 1
			terms = append(terms, d.Wire(indexed(name+"_top", j), Sub(Int(n, 0), low.To(n))).AsSigned().Up(b))
			break
		}
		high := Gate(w.Bit(b+1), v)
		n := v.Bits + 2
		pair := Add(low.To(n), high.Up(1).To(n))
		if b+2 == width {
			pair = Sub(low.To(n), high.Up(1).To(n))
		}
		terms = append(terms, d.Wire(indexed(indexed(name+"_pair", j), b/2), pair).AsSigned().Up(b))
	}
	return terms
}

func indexed(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
}

// sumOf adds signed terms in a tree, in bitsOf bits at most.
func sumOf(d *Design, name string, terms []*Expr, bitsOf int) *Expr {
	level := 0
	for len(terms) > 1 {
		var next []*Expr
		for i := 0; i+1 < len(terms); i += 2 {
			n := min(max(terms[i].Bits, terms[i+1].Bits)+1, bitsOf)
			next = append(next, d.Wire(indexed(indexed(name+"_sum", level), i/2), Sum(n, terms[i].To(min(n, terms[i].Bits)), terms[i+1].To(min(n, terms[i+1].Bits)))))
		}
		if len(terms)%2 == 1 {
			next = append(next, terms[len(terms)-1])
		}
		terms = next
		level++
	}
	return terms[0]
}

// stored is a weight as its table has it: 1 bit for -1 and 1, where 1 stands for -1; else two's complement.
func stored(w int64, width int) int64 {
	if width == 1 {
		if w < 0 {
			return 1
		}
		return 0
	}
	return w & (1<<width - 1)
}

// updateUnit is what updates one unit a cycle: g = saturate(sign * round(z) + term + bias), in one cycle.
type updateUnit struct {
	layer *lower.Layer
	odd   *Expr // of the step; needed where steps differ
}

// negated is z or its complement: minus one less, which rounding makes up for, because -((z + half) >> s) = (~z + half) >> s.
func (u updateUnit) negated(sign, z *Expr) *Expr {
	if sign == nil {
		return z
	}
	return NotIf(sign, z)
}

// add computes g from the registers z (negated), acc (the product, nil for none), bias (nil for none) and sign (nil for none).
func (u updateUnit) add(d *Design, name string, z, acc, bias, sign *Expr) *Expr {
	l := u.layer
	rest := arith.Phased[int]{l.Rest(arith.Even), l.Rest(arith.Odd)}
	if l.Staged {
		rest = arith.Phased[int]{l.Rest(0), l.Rest(1)}
	}
	r := shifted(z, rest, u.odd)
	if sign != nil { // without a shift nothing rounds, and the complement needs its one
		for ph := range rest {
			if rest[ph] == 0 {
				is := One()
				if rest[0] != rest[1] {
					is = u.odd
					if ph == arith.Even {
						is = u.odd.Not()
					}
				}
				r.half = Or(r.half, And(sign, is))
			}
		}
	}
	width := max(l.SumBits, r.value.Bits, l.Bits)
	if l.Saturate {
		width = max(width, l.Bits+1)
	}
	addend, carry := bias, Zero()
	if acc != nil {
		t := l.Term
		a := shifted(acc, arith.Phased[int]{t.Out[0].Shift, t.Out[1].Shift}, u.odd)
		switch {
		case bias == nil && a.half.constant():
			addend = a.value
		case bias == nil:
			n := a.value.Bits + 1
			addend = d.Wire(name+"term", AddCarry(a.value.To(n), Int(n, 0), a.half).AsSigned())
		default:
			n := min(width, max(a.value.Bits, bias.Bits)+1)
			addend = d.Wire(name+"term", AddCarry(a.value.To(n), bias.To(n), a.half)).AsSigned()
		}
	}
	if addend == nil {
		addend = Int(1, 0)
	}
	width = max(width, addend.Bits)
	sum := d.Wire(name+"sum", AddCarry(r.value.To(width), addend.To(width), Or(r.half, carry)), "before saturation").AsSigned()
	switch {
	case l.Saturate:
		top := sum.Slice(width-1, l.Bits-1)
		fits := d.Wire(name+"fits", Or(top.All(), top.Any().Not()))
		return d.Wire(name+"g", Mux(fits, sum.Slice(l.Bits-1, 0), Cat(sum.Top(), Repeat(l.Bits-1, sum.Top().Not())))).AsSigned()
	}
	return sum.To(l.Bits)
}

// counterBits are those that count n things, at least 1.
func counterBits(n int) int { return max(1, bits.Len(uint(n-1))) }
