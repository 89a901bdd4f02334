package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// A mean over steps is linear: the sum of V relu(h_t) is V times the sum of relu(h_t). A sum of 16 bits a unit is kept instead of
// a product a step. Where it does not hold all steps, some units a step, in turn, are multiplied and start again.

// flush counts the step, and moves the sums of the units whose turn it is into those of the outputs.
func (r *readout) flush(f *Func) []Stmt {
	count := Load(r.count, At(0))
	next := Add(count, Const(count.Type, 1))
	next.Claim = &arith.Interval{Lo: 0, Hi: int64(r.plan.Steps)}
	counted := Store{r.count.Name, At(0), next}
	period := r.period()
	if period == 0 {
		return []Stmt{counted}
	}
	units := (r.l.N + period - 1) / period
	turns := (r.l.N + units - 1) / units
	turn := And(As(count, r.calc(r.count.Elem.Bits)), Const(r.calc(r.count.Elem.Bits), int64(period-1)))
	if turns < period {
		turn = Min(turn, Const(turn.Type, int64(turns-1)))
	}
	s, at := let("turn", As(turn, Index))
	out := []Stmt{s}
	t, p := r.packedTable(0, r.Matrix.Rows)
	words := t.Len / r.l.N
	acc := r.calc(r.MeanBits)
	for k := range units {
		if k > 0 && r.l.N%units != 0 {
			r.fail("the units of a deferred mean take no turns of equal size")
		}
		unit := sum(Times(at, int64(units)), At(k))
		name := func(n string) string { return fmt.Sprintf("%s%d", n, k) }
		s, g := let(name("g"), LoadRaw(r.kept, unit))
		out = append(out, s, Store{r.kept.Name, unit, Const(sumOfUnits, 0)})
		wide := As(g, acc)
		b, back := let(name("back"), Times(wide, p.offset))
		out = append(out, b)
		for w := range words {
			s, word := let(fmt.Sprintf("w%d_%d", k, w), Load(t, sum(Times(unit, int64(words)), At(w))))
			out = append(out, s)
			for i := w * p.per; i < min(r.Matrix.Rows, (w+1)*p.per); i++ {
				product := Sub(Mul(Field(word, i%p.per*p.bits, p.bits, false, acc), wide), back)
				sums := r.sums[arith.Even]
				total := Add(As(Load(sums, At(i)), acc), product).Claimed(r.MeanBits)
				out = append(out, Store{sums.Name, At(i), As(total, sums.Elem)})
			}
		}
	}
	return append(out, counted)
}

// deferredOutput is the product with the sums of the units, plus the bias of every step.
func (r *readout) deferredOutput(*Func) []Stmt {
	var out []Stmt
	acc := r.out.Elem
	var steps *Expr
	if r.bias[0] != nil {
		var s Stmt
		s, steps = let("count", As(Load(r.count, At(0)), acc))
		out = append(out, s)
	}
	put := func(i, v *Expr) Stmt {
		if steps != nil {
			v = Add(v, Mul(As(Load(r.bias[0], i), acc), steps)).Claimed(r.MeanBits)
		}
		if r.sums[arith.Even] != nil {
			v = Add(v, As(Load(r.sums[arith.Even], i), acc)).Claimed(r.MeanBits)
		}
		return Store{r.out.Name, i, As(v, acc)}
	}
	t, p := r.packedTable(0, r.Matrix.Rows)
	y := r.y
	r.y = acc
	out = append(out, r.packedRows(t, p, 0, r.Matrix.Rows, acc, r.MeanBits, values{func(j *Expr) *Expr { return Load(r.kept, j) }, 17}, put)...)
	r.y = y
	return out
}
