package datapath

import (
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// row is a row of the recurrence before it is rounded: value is z, or with every bit inverted where inverted is 1 (nil: never),
// which is -z - 1. Where minus is 1 (nil: never) -z stands for z in value, before the inversion.
type row struct{ value, inverted, minus *Expr }

// roundedRow is sign * round(z), the sign being negative where exactly one of inverted and minus is 1. Rounding is a carry:
// round(z) is z >> k plus the highest of the bits that are dropped, and -round(z) is the same of ~z; where z is known by -z,
// the carry looks at the bits below, too.
func roundedRow(l *lower.Layer, r row, odd *Expr) number {
	var p arith.Phased[number]
	for ph := range p {
		p[ph] = r.rounded(l.Rest(ph))
	}
	return byPhase(odd, p, l.Rest(0) == l.Rest(1))
}

func (r row) rounded(k int) number {
	if k == 0 {
		// -z = ~z + 1, and z = ~(-z) + 1.
		return number{r.value, r.inverted}
	}
	v := r.value.To(max(r.value.Bits, k+1))
	half := v.Bit(k - 1)
	if r.minus == nil {
		return number{v.Down(k), half}
	}
	some, all := Zero(), One()
	if k > 1 {
		some, all = v.Slice(k-2, 0).Any(), v.Slice(k-2, 0).All()
	}
	// inverted: -z stands there, and -round(z) is wanted. Not: z - 1, and round(z).
	inverted := r.inverted
	if inverted == nil {
		inverted = Zero()
	}
	carry := Mux(inverted, Or(half, all), And(half, some))
	return number{v.Down(k), Mux(r.minus, carry, half)}
}

// moreCycles is what an update takes beyond the plain one: two for a rescale of the product, one for what leaks, which fits beside it.
func moreCycles(l *lower.Layer) int {
	switch {
	case l.Term != nil && l.Term.Mid != identityBoth:
		return 2
	case len(l.Leak) > 0:
		return 1
	}
	return 0
}

// mid is what comes of a product before the shift, moreCycles later: itself, or rescaled by about the square root of two.
func (b *builder) mid(name string, l *lower.Layer, product number, odd *Expr) number {
	t := l.Term
	if t.Mid == identityBoth {
		product.Value = b.delay(name+"_", product.Value, moreCycles(l), false)
		if product.Carry != nil {
			product.Carry = b.delay(name+"_carry_", product.Carry, moreCycles(l), false)
		}
		return product
	}
	whole := product.Value
	if product.Carry != nil {
		whole = b.plus(name+"_whole", t.AccBits, Int(1, 0), product)
	}
	bits := t.MidMulBits
	for _, q := range t.Mid {
		bits = max(bits, q.Shift+2, whole.Bits)
	}
	var p arith.Phased[number]
	for ph, q := range t.Mid {
		v := whole.To(bits)
		if q.Mul != 1 {
			v = b.times([]string{name + "_even", name + "_odd"}[ph], whole, q.Mul, bits)
		}
		v = b.Delayed([]string{name + "_mid_even", name + "_mid_odd"}[ph], v)
		p[ph] = number{Value: v}.rounded(q.Shift)
	}
	n := byPhase(odd, p, t.Mid[0] == t.Mid[1])
	out := number{Value: b.Delayed(name+"_mid", n.Value.AsSigned())}
	if n.Carry != nil {
		out.Carry = b.Delayed(name+"_mid_carry", n.Carry)
	}
	return out
}

// shiftedOut is what flows in as it is added: shifted by what even and odd steps take.
func shiftedOut(shift arith.Phased[int], n number, odd *Expr) number {
	return byPhase(odd, arith.Phased[number]{n.rounded(shift[0]), n.rounded(shift[1])}, shift[0] == shift[1])
}

// recurrence is what of a unit's update is known before what flows in: its rounded row, without what leaks, and its bias (nil: none), in
// a register, 1 + moreCycles after the row. What leaks is found in the first of those cycles and taken off in the second, in which which
// numbers it as leak does.
func (b *builder) recurrence(name string, l *lower.Layer, r row, odd, bias, which *Expr) *Expr {
	rounded, cycles := roundedRow(l, r, odd), 1+moreCycles(l)
	total := b.total(name+"_total", l, rounded, bias)
	if kinds := leaksOf(l); len(kinds) > 0 {
		v := b.Delayed(name+"_leaks", b.whole(name, l, rounded, kinds))
		if bias == nil {
			total = v
		} else {
			total = b.Delayed(name+"_biased", total.AsSigned())
		}
		negative := r.negative()
		if negative != nil && !negative.constant() {
			negative = b.Delayed(name+"_negative", negative)
		}
		if which != nil {
			which = b.Delayed(name+"_which", which)
		}
		total = b.plus(name+"_kept", total.Bits, total, leak(v, kinds, negative, which))
		cycles--
	}
	return b.delay(name+"_row", total.AsSigned(), cycles, false)
}

// total adds a row and a bias (nil: none), modulo the width of the sum.
func (b *builder) total(name string, l *lower.Layer, r number, bias *Expr) *Expr {
	if bias == nil {
		bias = Int(1, 0)
		if r.Carry == nil {
			return r.Value
		}
	}
	bits := min(max(r.Value.Bits, bias.Bits)+1, max(l.SumBits, l.Bits))
	return b.plus(name, bits, bias, r)
}

// settled is a unit's new value: total plus what flows in (its Value nil: nothing), saturated. clamped is 1 where it was
// beyond the state's range, nil where it cannot be.
func (b *builder) settled(name string, l *lower.Layer, total *Expr, in number) (g, clamped *Expr) {
	bits := max(l.SumBits, l.Bits)
	sum := total
	if in.Value != nil {
		sum = b.plus(name+"_sum", bits, total, in)
	} else if sum.Op != OpRef {
		sum = b.Wire(name+"_sum", sum.To(bits).AsSigned())
	} else {
		sum = sum.To(bits)
	}
	if !l.Saturate || bits == l.Bits {
		return sum.To(l.Bits).AsSigned(), nil
	}
	if sum.Op != OpRef {
		sum = b.Wire(name+"_sum", sum)
	}
	above := sum.Slice(bits-1, l.Bits-1)
	fits := b.Wire(name+"_fits", Or(above.All(), above.Any().Not()))
	end := Cat(sum.Top(), Repeat(l.Bits-1, sum.Top().Not()))
	if l.Bits == 1 {
		end = sum.Top()
	}
	return b.Wire(name, Mux(fits, sum.Slice(l.Bits-1, 0), end).AsSigned()), fits.Not()
}

// signTable is 1 where a row is negated, nil where none is.
func signTable(signs []int8) []int64 {
	out := make([]int64, len(signs))
	some := false
	for i, s := range signs {
		if s < 0 {
			out[i], some = 1, true
		}
	}
	if !some {
		return nil
	}
	return out
}

// folded moves signs in front of a transform of order 1, which is none, into those behind it: nothing is rounded between. What
// leaks is, and its l is less than 0 where the sign was.
func folded(l *lower.Layer) *lower.Layer {
	if l.K > 0 || l.PreSigns == nil {
		return l
	}
	out := *l
	out.Signs = make([]int8, l.N)
	for i := range out.Signs {
		from := i
		if l.Perm != nil {
			from = l.Perm[i]
		}
		out.Signs[i] = l.Signs[i] * l.PreSigns[from]
	}
	if l.Leak != nil {
		out.Leak = make(arith.Leak, l.N)
		for i, s := range l.PreSigns {
			out.Leak[i] = int(s) * l.Leak.At(i, l.N)
		}
	}
	out.PreSigns = nil
	return &out
}

// slots are the units that tables have words of: groups of lanes units, one group after another.
type slots struct {
	at     *Expr // the group's number, when its word is addressed
	groups int
	lanes  int
	unit   func(group, lane int) int
	odd    *Expr // the parity of the step, at that time
}

// constants looks up the signs and biases of units, and which of the layer's leaks is theirs, in one table, a cycle after their
// address. nil stands for none: a sign of 1 negates its row.
func (b *builder) constants(l *lower.Layer, s slots) (signs, biases, leaks []*Expr) {
	negative := signTable(l.Signs)
	width, byPhase := 0, false
	for ph := range l.Bias {
		for i, v := range l.Bias[ph] {
			if v != 0 {
				width = max(width, arith.SignedBits(v))
			}
			byPhase = byPhase || v != l.Bias[0][i]
		}
	}
	fields := width
	what := "bias"
	if negative != nil {
		fields++
		what = "above the bias a sign: 1 negates the row"
	}
	if width == 0 {
		what = "sign: 1 negates the row"
	}
	kinds := leaksOf(l)
	which := 0
	if len(kinds) > 1 {
		which = count(len(kinds))
		fields += which
		what += "; on top which leak"
	}
	if fields == 0 {
		return nil, nil, nil
	}
	at, depth := s.at, s.groups
	if byPhase {
		what += "; odd steps behind the even ones"
		at, depth = Cat(s.odd, at), depth+1<<at.Bits
	}
	words := b.wideRom("biases", fields, false, depth, s.lanes, func(word, lane int) int64 {
		group := word & (1<<s.at.Bits - 1)
		if group >= s.groups {
			return 0
		}
		unit := s.unit(group, lane)
		v := int64(0)
		if width > 0 {
			v = l.Bias[word>>s.at.Bits&1][unit] & int64(mask(width))
		}
		if negative != nil {
			v |= negative[unit] << width
		}
		if which > 0 {
			v |= int64(slices.Index(kinds, l.LeakOf(unit))) << (fields - which)
		}
		return v
	}, at, what)
	for _, word := range words {
		if negative != nil {
			signs = append(signs, word.Bit(fields-which-1))
		}
		if width > 0 {
			biases = append(biases, word.Slice(width-1, 0).AsSigned())
		}
		if which > 0 {
			leaks = append(leaks, word.Slice(fields-1, fields-which))
		}
	}
	return signs, biases, leaks
}

// leaksOf are the different leaks of a layer; less than 0 where what leaks is negated, before its sign.
func leaksOf(l *lower.Layer) []int {
	kinds := slices.Clone(l.Leak)
	slices.Sort(kinds)
	return slices.Compact([]int(kinds))
}

// negative is 1 where the rounded row is that of -z; nil: never.
func (r row) negative() *Expr {
	switch {
	case r.inverted == nil:
		return r.minus
	case r.minus != nil:
		return Xor(r.inverted, r.minus)
	}
	return r.inverted
}

// whole is a rounded row in a wire in which any of a layer's leaks can be shifted out.
func (b *builder) whole(name string, l *lower.Layer, rounded number, kinds []int) *Expr {
	bits := max(min(rounded.Value.Bits, l.ZBits-min(l.Rest(0), l.Rest(1))+1)+1, kinds[len(kinds)-1]+1, 1-kinds[0])
	return b.plus(name+"_rounded", bits, Int(1, 0), rounded)
}

// leak is what is to be added to a rounded row v, negative where negative is 1 (nil: never), for what leaks: by one of several l, which
// which numbers.
//
// Of r leaks floor((r + 2^(l-1)) / 2^l), and of -r the negative of that, floor((-r + 2^(l-1) - 1) / 2^l): what is shifted out
// becomes a carry, as in rounding.
func leak(v *Expr, kinds []int, negative, which *Expr) number {
	var lost, carries []*Expr
	for _, k := range kinds {
		positive := One()
		if negative != nil {
			positive = negative.Not()
		}
		if k < 0 {
			k, positive = -k, positive.Not()
		}
		carry := v.Bit(k - 1)
		if !positive.constant() || positive.Value == 0 {
			below := Zero()
			if k > 1 {
				below = v.Slice(k-2, 0).Any()
			}
			carry = And(carry, Or(positive, below))
		}
		lost, carries = append(lost, v.Down(k).To(v.Bits)), append(carries, carry)
	}
	if which != nil {
		for len(lost) < 1<<which.Bits {
			lost, carries = append(lost, lost[0]), append(carries, carries[0])
		}
		lost[0], carries[0] = pick(which, lost), pick(which, carries)
	}
	return number{lost[0].AsSigned().Not(), carries[0].Not()}
}
