// Package bounds is range analysis: what every value of a fixed-level module can be, proven, not measured. arith.Interval
// arithmetic is the floor; for a known number of steps, or for a state that leaks, the orthogonality of the recurrence gives a
// second bound, and the smaller holds (docs/numerics.md section 4). It changes nothing; passes and lowering read its tables. Start with Of.
package bounds

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Table holds an interval an entry, for every value of a module at even and at odd t. The two are apart until a width is
// taken: an input that is wide at odd t never meets the shift of even t.
type Table struct {
	Phases arith.Phased[[][]arith.Interval]
	// Norm bounds the Euclidean norm of each state's integers over all steps; +Inf where no bound but the width is known.
	Norm []float64
}

// TypeError is a value whose type is too narrow for what it can be.
type TypeError struct {
	ID   ir.ID
	Need int // bits
}

func (e *TypeError) Error() string { return fmt.Sprintf("%%%d may need %d bits", e.ID, e.Need) }

// Of analyses a fixed-level module. It fails when some value may leave 63 bits, naming it, or, with a *TypeError, the width of its type.
func Of(m *ir.Module) (*Table, error) {
	a := &analysis{m: m, unclamped: map[ir.ID]int64{}}
	for ph := range a.Phases {
		a.Phases[ph] = make([][]arith.Interval, len(m.Values))
	}
	for range m.States {
		a.Norm = append(a.Norm, math.Inf(1))
	}
	err := a.sweep()
	for i := range m.States { // in the order of the layers: what flows into one is known by what those below can be
		if a.tightenByNorm(i) {
			err = a.sweep() // what was too wide may fit now
		}
	}
	if err != nil {
		return nil, err
	}
	for id, v := range m.Values {
		if need := a.Hull(ir.ID(id)).Bits(); len(v.Type.Shape) > 0 && need > v.Type.Bits {
			return nil, &TypeError{ir.ID(id), need}
		}
	}
	return &a.Table, nil
}

type analysis struct {
	m *ir.Module
	// unclamped bounds, by norm, the magnitude of sums that are about to be saturated.
	unclamped map[ir.ID]int64
	phase     int // of the step that a sweep looks at
	Table
}

// sweep computes every value's intervals from its operands', in order, at even t and then at odd t what differs there. A value that may
// leave 63 bits is an error, and taken for anything that they hold.
func (a *analysis) sweep() (first error) {
	differs := make([]bool, len(a.m.Values))
	for a.phase = range a.Phases {
		for id, v := range a.m.Values {
			differs[id] = alternates(v) || slices.ContainsFunc(v.Args, func(x ir.ID) bool { return differs[x] })
			if a.phase == arith.Odd && !differs[id] {
				a.Phases[arith.Odd][id] = a.Phases[arith.Even][id]
				continue
			}
			out, err := a.value(v)
			if err != nil {
				out = repeat(width(ir.MaxBits), max(v.Type.Len(), 1))
				first = cmp.Or(first, fmt.Errorf("%%%d = %s%s: %w", id, v.Op, named(v), err))
			}
			if most, ok := a.unclamped[ir.ID(id)]; ok {
				out = each(out, arith.Between(-most, most).Intersect)
			}
			a.Phases[a.phase][id] = out
		}
	}
	return first
}

// alternates reports whether an op does something else at odd t than at even t.
func alternates(v *ir.Value) bool {
	return v.Phases != nil || v.Requant[arith.Even] != v.Requant[arith.Odd] || v.Staged != nil && v.Staged[arith.Even] != v.Staged[arith.Odd]
}

func named(v *ir.Value) string {
	if v.Name == "" {
		return ""
	}
	return " (" + v.Name + ")"
}

func (a *analysis) arg(v *ir.Value, i int) []arith.Interval { return a.Phases[a.phase][v.Args[i]] }

func (a *analysis) value(v *ir.Value) ([]arith.Interval, error) {
	switch v.Op {
	case ir.OpInput:
		lo, hi := a.m.Input.Range()
		return repeat(arith.Between(lo, hi), max(v.Type.Len(), 1)), nil
	case ir.OpState:
		return repeat(a.state(v.Index), v.Type.Len()), nil
	case ir.OpConst:
		return a.constant(v), nil
	case ir.OpOneHot:
		return repeat(arith.Between(0, 1), v.Type.Len()), nil
	case ir.OpEmbed, ir.OpColumn:
		return a.lookup(v), nil
	case ir.OpMatVec:
		return a.matVec(v)
	case ir.OpHadamard:
		return a.hadamard(v)
	case ir.OpSigns:
		return zip(a.arg(v, 0), a.arg(v, 1), func(x, s arith.Interval) arith.Interval {
			if s.Lo < 0 {
				return arith.Between(-x.Hi, -x.Lo)
			}
			return x
		}), nil
	case ir.OpPermute:
		out := make([]arith.Interval, v.Type.Len())
		for i, j := range a.arg(v, 1) {
			out[i] = a.arg(v, 0)[j.Lo]
		}
		return out, nil
	case ir.OpAdd:
		return a.add(v)
	case ir.OpRelu:
		return each(a.arg(v, 0), func(x arith.Interval) arith.Interval { return arith.Between(max(x.Lo, 0), max(x.Hi, 0)) }), nil
	case ir.OpRequant:
		return a.requant(v)
	case ir.OpLeak:
		x := a.arg(v, 0)
		out := make([]arith.Interval, len(x))
		for i, e := range x {
			l := v.Leak.At(i, len(x))
			out[i] = arith.Between(arith.Leaked(e.Lo, l), arith.Leaked(e.Hi, l)) // it grows with the entry
		}
		return out, nil
	case ir.OpSat:
		w := width(v.Type.Bits)
		return each(a.arg(v, 0), func(x arith.Interval) arith.Interval {
			return arith.Between(min(max(x.Lo, w.Lo), w.Hi), min(max(x.Hi, w.Lo), w.Hi))
		}), nil
	}
	return a.arg(v, 0), nil // ext, trunc
}

func width(bits int) arith.Interval { return arith.Between(-1<<(bits-1), 1<<(bits-1)-1) }

// state is what its width allows, or less when its norm is bounded.
func (a *analysis) state(i int) arith.Interval {
	w := width(a.m.States[i].Bits)
	if n := a.Norm[i]; n < 1<<62 {
		b := int64(math.Floor(n))
		w = w.Intersect(arith.Between(-b, b))
	}
	return w
}

func (a *analysis) constant(v *ir.Value) []arith.Interval {
	t := v.Const
	if v.Phases != nil {
		t = v.Phases[a.phase]
	}
	out := make([]arith.Interval, len(t.Ints))
	for i, x := range t.Ints {
		out[i] = arith.Between(x, x)
	}
	return out
}

// lookup is the union over all tokens.
func (a *analysis) lookup(v *ir.Value) []arith.Interval {
	table, shape := a.arg(v, 0), a.m.Values[v.Args[0]].Type.Shape
	rows, cols := shape[0], shape[1]
	out := make([]arith.Interval, v.Type.Len())
	for i := range out {
		if v.Op == ir.OpEmbed {
			out[i] = table[i]
			for r := range rows {
				out[i] = out[i].Union(table[r*cols+i])
			}
			continue
		}
		out[i] = table[i*cols]
		for c := range cols {
			out[i] = out[i].Union(table[i*cols+c])
		}
	}
	return out
}

// sum adds intervals in big integers, so that overflow is seen and not suffered.
type sum struct{ lo, hi big.Int }

func (s *sum) add(x arith.Interval, times int64) {
	lo, hi := x.Lo, x.Hi
	if times < 0 {
		lo, hi = hi, lo
	}
	addProduct(&s.lo, lo, times)
	addProduct(&s.hi, hi, times)
}

func addProduct(s *big.Int, a, b int64) {
	if arith.SignedBits(a)+arith.SignedBits(b) <= 62 {
		s.Add(s, big.NewInt(a*b))
		return
	}
	s.Add(s, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
}

func (s *sum) interval() (arith.Interval, error) {
	if s.lo.BitLen() >= ir.MaxBits || s.hi.BitLen() >= ir.MaxBits {
		return arith.Interval{}, fmt.Errorf("it may need %d bits; %d is the most", max(s.lo.BitLen(), s.hi.BitLen())+1, ir.MaxBits)
	}
	return arith.Between(s.lo.Int64(), s.hi.Int64()), nil
}

func (a *analysis) matVec(v *ir.Value) ([]arith.Interval, error) {
	w, x := a.arg(v, 0), a.arg(v, 1)
	if fitsPlain(w, x) {
		return matVecPlain(w, x, v.Type.Len()), nil
	}
	out := make([]arith.Interval, v.Type.Len())
	for r := range out {
		var s sum
		for c, xc := range x {
			s.add(xc, w[r*len(x)+c].Lo)
		}
		var err error
		if out[r], err = s.interval(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fitsPlain reports whether sums of products cannot leave 62 bits.
func fitsPlain(w, x []arith.Interval) bool {
	return hull(w).Bits()+hull(x).Bits()+arith.SignedBits(int64(len(x))) <= 62
}

func hull(v []arith.Interval) arith.Interval {
	h := v[0]
	for _, x := range v {
		h = h.Union(x)
	}
	return h
}

// Hull is the smallest interval around all entries of a value, at every t.
func (t *Table) Hull(id ir.ID) arith.Interval {
	return t.HullAt(id, arith.Even).Union(t.HullAt(id, arith.Odd))
}

// HullAt is the smallest interval around all entries of a value at even or at odd t.
func (t *Table) HullAt(id ir.ID, phase int) arith.Interval { return hull(t.Phases[phase][id]) }

func matVecPlain(w, x []arith.Interval, rows int) []arith.Interval {
	out := make([]arith.Interval, rows)
	for r := range out {
		var lo, hi int64
		for c, xc := range x {
			if k := w[r*len(x)+c].Lo; k >= 0 {
				lo, hi = lo+k*xc.Lo, hi+k*xc.Hi
			} else {
				lo, hi = lo+k*xc.Hi, hi+k*xc.Lo
			}
		}
		out[r] = arith.Between(lo, hi)
	}
	return out
}

// hadamard bounds a block's sums: row 0 adds every entry, each other row adds one half and subtracts the other. Where
// the norm of the state is bounded, sqrt(m) times it bounds every row. Inside a staged transform every stage's values
// are bounded by staged.
func (a *analysis) hadamard(v *ir.Value) ([]arith.Interval, error) {
	x := a.arg(v, 0)
	out := make([]arith.Interval, len(x))
	if v.Staged != nil {
		return repeat(staged(hull(x), v.Block, v.Staged[a.phase]), len(x)), nil
	}
	norm := a.normBehind(v.Args[0]) * math.Sqrt(float64(v.Block))
	for b := 0; b < len(x); b += v.Block {
		h := hull(x[b : b+v.Block])
		if h.Bits()+arith.SignedBits(int64(v.Block)) > ir.MaxBits {
			return nil, fmt.Errorf("it may need %d bits; %d is the most", h.Bits()+arith.SignedBits(int64(v.Block)), ir.MaxBits)
		}
		m := int64(v.Block)
		all := arith.Between(m*h.Lo, m*h.Hi)
		rest := arith.Between(m/2*(h.Lo-h.Hi), m/2*(h.Hi-h.Lo))
		if norm < 1<<62 {
			most := int64(math.Ceil(norm))
			all, rest = all.Intersect(arith.Between(-most, most)), rest.Intersect(arith.Between(-most, most))
		}
		out[b] = all
		for i := b + 1; i < b+v.Block; i++ {
			out[i] = rest
		}
	}
	return out, nil
}

// normBehind is the norm bound of the state that a value permutes or negates.
func (a *analysis) normBehind(id ir.ID) float64 {
	if i := a.stateBehind(id); i >= 0 {
		return a.Norm[i]
	}
	return math.Inf(1)
}

// stateBehind is the number of the state that a value permutes or negates, or -1.
func (a *analysis) stateBehind(id ir.ID) int {
	for {
		v := a.m.Values[id]
		switch v.Op {
		case ir.OpState:
			return v.Index
		case ir.OpSigns, ir.OpPermute, ir.OpExt, ir.OpTrunc:
			id = v.Args[0]
		default:
			return -1
		}
	}
}

// staged bounds every intermediate and final value of a staged transform. By induction over pairs of stages: entries from
// -M to M-1 give -2M to 2M-1 after one stage and -4M to 4M-2 after two, since a sum is at most 2M-2 and a difference at
// least 1-2M; halving with half up then gives -2M to 2M-1, the same form again. Hence B+1+ceil(k/2) bits hold a state of
// B bits (docs/numerics.md, staged rounding).
func staged(x arith.Interval, block, shift int) arith.Interval {
	m := max(-x.Lo, x.Hi+1)
	peak := m
	for stage, stride := 1, 1; stride < block; stage, stride = stage+1, stride*2 {
		m *= 2
		peak = max(peak, m)
		if arith.Halves(stage, shift) {
			m /= 2
		}
	}
	return arith.Between(-peak, peak-1)
}

func (a *analysis) add(v *ir.Value) ([]arith.Interval, error) {
	x, y := a.arg(v, 0), a.arg(v, 1)
	out := make([]arith.Interval, len(x))
	for i := range x {
		var s sum
		s.add(x[i], 1)
		s.add(y[i], 1)
		var err error
		if out[i], err = s.interval(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// requant maps both ends, which is exact because the map is monotonic; the product must fit too.
func (a *analysis) requant(v *ir.Value) ([]arith.Interval, error) {
	x := a.arg(v, 0)
	out := make([]arith.Interval, len(x))
	for i, e := range x {
		var err error
		if out[i], err = Requant(e, v.Requant[a.phase]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Product is the range of v*Mul plus its rounding constant: what an implementation holds before the right shift, or
// after the left one.
func Product(e arith.Interval, r arith.Requant) (arith.Interval, error) {
	var s sum
	scale := r.Mul
	half := int64(0)
	if r.Shift > 0 {
		half = 1 << (r.Shift - 1)
	}
	if r.Shift < 0 {
		if arith.SignedBits(r.Mul)-r.Shift > 62 {
			return arith.Interval{}, fmt.Errorf("it may need more than %d bits", ir.MaxBits)
		}
		scale <<= -r.Shift
	}
	s.add(e, scale)
	s.add(arith.Between(0, half), 1)
	return s.interval()
}

// Requant is the range of a requantised interval.
func Requant(e arith.Interval, r arith.Requant) (arith.Interval, error) {
	if _, err := Product(e, r); err != nil {
		return arith.Interval{}, err
	}
	lo, hi := r.Apply(e.Lo), r.Apply(e.Hi)
	return arith.Between(min(lo, hi), max(lo, hi)), nil
}

func repeat(i arith.Interval, n int) []arith.Interval {
	out := make([]arith.Interval, n)
	for j := range out {
		out[j] = i
	}
	return out
}

func each(x []arith.Interval, f func(arith.Interval) arith.Interval) []arith.Interval {
	out := make([]arith.Interval, len(x))
	for i := range x {
		out[i] = f(x[i])
	}
	return out
}

func zip(x, y []arith.Interval, f func(a, b arith.Interval) arith.Interval) []arith.Interval {
	out := make([]arith.Interval, len(x))
	for i := range x {
		out[i] = f(x[i], y[i])
	}
	return out
}
