package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// A mean over steps is linear: the sum of V relu(h_t) is V times the sum of relu(h_t). A sum a unit is kept instead of a product a
// step, of 32 or 16 bits. Where those do not hold all steps, some units a step, in turn, are multiplied and start again.

// flush counts the step and, in a function of its own, moves the sums of the units whose turn it is into those of the outputs.
func (r *readout) flush() []Stmt {
	count := LoadRaw(r.count, At(0))
	next := Add(count, Const(count.Type, 1))
	next.Claim = &arith.Interval{Lo: 0, Hi: int64(r.plan.Steps)}
	counted := Store{r.count.Name, At(0), next}
	if r.period() == 0 {
		return []Stmt{counted}
	}
	f := r.add(&Func{Name: r.names.Get("flush"), Doc: "Moves the sums of the units whose turn it is into those of the outputs."})
	f.Body = r.turn()
	return []Stmt{Call{f.Name}, counted}
}

// turn multiplies the sums of some units by their weights.
func (r *readout) turn() []Stmt {
	period, n := r.period(), r.read
	units := (n + period - 1) / period
	if n%units != 0 {
		r.fail("the units of a deferred mean take no turns of equal size")
	}
	t, p := r.packedTable(0, r.Matrix.Rows)
	words := t.Len / n
	acc := r.calc(r.MeanBits)
	count := As(LoadRaw(r.count, At(0)), r.calc(r.count.Elem.Bits+1))
	turn := And(count, Const(count.Type, int64(period-1)))
	if n/units < period {
		turn = Min(turn, Const(count.Type, int64(n/units-1)))
	}
	s, at := let("turn", As(turn, Index))
	out := []Stmt{s}
	unit := func(k int) *Expr { return sum(Times(at, int64(units)), At(k)) }
	g := make([]*Expr, units)
	var total *Expr
	for k := range g {
		s, g[k] = let(fmt.Sprintf("g%d", k), LoadRaw(r.kept, unit(k)))
		out = append(out, s, Store{r.kept.Name, unit(k), Const(r.kept.Elem, 0)})
		if total == nil {
			total = As(g[k], acc)
		} else {
			total = Add(total, As(g[k], acc))
		}
	}
	s, back := let("back", Times(total, p.offset))
	out = append(out, s)
	row := func(w *Expr, rows int) []Stmt {
		var body []Stmt
		word := make([]*Expr, units)
		for k := range word {
			s, word[k] = let(fmt.Sprintf("w%d", k), Load(t, sum(Times(unit(k), int64(words)), w)))
			body = append(body, s)
		}
		for i := range rows {
			sums, to := r.sums[arith.Even], sum(Times(w, int64(p.per)), At(i))
			v := Sub(As(Load(sums, to), acc), back)
			for k := range word {
				v = Add(v, Mul(Field(word[k], i*p.bits, p.bits, false, acc), As(g[k], acc)))
			}
			body = append(body, Store{sums.Name, to, As(v.Claimed(r.MeanBits), sums.Elem)})
		}
		return body
	}
	return append(out, r.eachWord(p, row)...)
}

// eachWord makes what is done with every word of packed weights of a unit: a loop, and apart the last word where it is not full.
func (r *readout) eachWord(p packing, body func(w *Expr, rows int) []Stmt) []Stmt {
	full, rest := r.Matrix.Rows/p.per, r.Matrix.Rows%p.per
	var out []Stmt
	if full > 0 {
		out = append(out, For{Var: "r", To: full, By: 1, Body: body(Counter("r"), p.per)})
	}
	if rest > 0 {
		out = append(out, body(At(full), rest)...)
	}
	return out
}

// deferredOutput is the product with the sums of the units, plus the bias of every step. On small processors it is a loop over the
// words of weights, since it is rarely asked for.
func (r *readout) deferredOutput() []Stmt {
	var out []Stmt
	value := r.out.Elem
	var steps *Expr
	if r.bias[0] != nil {
		var s Stmt
		s, steps = let("count", As(LoadRaw(r.count, At(0)), value))
		out = append(out, s)
	}
	put := func(i, v *Expr) Stmt {
		v = As(v, value)
		if steps != nil {
			v = Add(v, Mul(As(Load(r.bias[0], i), value), steps)).Claimed(r.MeanBits)
		}
		if r.sums[arith.Even] != nil {
			v = Add(v, As(Load(r.sums[arith.Even], i), value)).Claimed(r.MeanBits)
		}
		return Store{r.out.Name, i, v}
	}
	t, p := r.packedTable(0, r.Matrix.Rows)
	unit := values{func(j *Expr) *Expr { return Load(r.kept, j) }, r.kept.Range.Bits()}
	if r.choice.Word > 16 {
		y := r.y
		r.y = value
		out = append(out, r.packedRows(t, p, 0, r.Matrix.Rows, value, r.MeanBits, unit, put)...)
		r.y = y
		return out
	}
	words := t.Len / r.read
	acc := r.calc(r.MeanBits, unit.bits+p.bits+arith.SignedBits(int64(r.read)))
	return append(out, r.eachWord(p, func(w *Expr, rows int) []Stmt {
		var body []Stmt
		mutable := func(name string) *Expr {
			body = append(body, Let{Name: name, Value: Const(acc, 0), Mutable: true})
			return Var(acc, name)
		}
		total := mutable("total")
		sums := make([]*Expr, rows)
		for i := range sums {
			sums[i] = mutable(fmt.Sprintf("s%d", i))
		}
		j := Counter("j")
		s, g := let("g", LoadRaw(r.kept, j))
		word, w0 := let("w0", Load(t, sum(Times(j, int64(words)), w)))
		inner := []Stmt{s, word, Set{total.Name, Add(total, As(g, acc))}}
		for i, v := range sums {
			inner = append(inner, Set{v.Name, Add(v, Mul(Field(w0, i*p.bits, p.bits, false, acc), As(g, acc)))})
		}
		body = append(body, For{Var: "j", To: r.read, By: 1, Body: inner})
		s, back := let("back", Times(total, p.offset))
		body = append(body, s)
		for i, v := range sums {
			body = append(body, put(sum(Times(w, int64(p.per)), At(i)), Sub(v, back).Claimed(r.MeanBits)))
		}
		return body
	})...)
}
