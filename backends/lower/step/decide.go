package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
)

// decide builds the decide block: the outputs are computed within the step and kept, where the output's function finds them, and a
// second function averages them, finds the leader and decides. Where the model restarts, the step is that of a course, and the second
// function stands beside it and reads the outputs of the oldest. Nothing in it branches or addresses by data: what may not be is
// masked, and a mask is the sign of a difference.
type decide struct {
	*builder
	*lower.Decide
	scores   *Array // the outputs of the last step; where the model restarts, the output itself
	averages *Array // nil where they are the scores
	decision *Array // the class and 1; 0 before the first step
	rest     *Array // steps in which the decision stays; nil without hold
	rows     int
	yBits    int // of a score as it is computed
	t        Int // what averages are calculated in
}

func (r *readout) newDecide() *decide {
	defer r.about(lower.PartOutput, 0)()
	d := &decide{builder: r.builder, Decide: r.plan.Decide, rows: r.Matrix.Rows, yBits: r.YBits}
	if d.scores = r.out; r.plan.Hop == 0 {
		d.scores = d.kept("scores", "the outputs of the last step", r.YBits, r.Matrix.Rows)
	}
	if d.Keeps() {
		d.averages = d.kept("averages", "the outputs, averaged over the steps", d.AverageBits, r.Matrix.Rows)
	}
	counter := func(name, doc string, most int) *Array {
		most64 := int64(most)
		return d.state(name, doc, Int{Bits: lane(arith.SignedBits(most64) - 1), Lanes: 1, Unsigned: true}, 1, arith.Between(0, most64))
	}
	d.decision = counter("decision", "the class decided on and 1; 0 before the first step", r.Matrix.Rows)
	d.prog.Decision = d.decision.Name
	if d.Hold > 0 {
		d.rest = counter("hold", "steps in which the decision stays", d.Hold)
	}
	d.t = d.calc(d.AverageBits + 1)
	return d
}

// kept adds a state of numbers of some bits.
func (d *decide) kept(name, doc string, bits, n int) *Array {
	elem := Int{Bits: lane(bits), Lanes: 1}
	if c := d.calc(bits); c.Bits < elem.Bits {
		elem = c
	}
	return d.state(name, doc, elem, n, arith.OfBits(bits))
}

// afterStep makes the functions, and calls them.
func (d *decide) afterStep(r *readout) []Stmt {
	scores := &Func{Name: d.names.Get("score"), Doc: "Computes the outputs."}
	scores.Body = r.product(scores, func(i, v *Expr) Stmt { return Store{d.scores.Name, i, As(v, d.scores.Elem)} })
	d.add(scores)
	return []Stmt{Call{scores.Name}, Call{d.function().Name}}
}

// function makes the one that decides on scores.
func (d *decide) function() *Func {
	f := d.add(&Func{Name: d.names.Get("decide"), Doc: "Averages the outputs and decides."})
	f.Body = d.body()
	return f
}

// negative is -1 below 0, else 0.
func negative(a *Expr) *Expr { return Shr(a, a.Type.Bits-1) }

// not turns a mask.
func not(a *Expr) *Expr { return Xor(a, Const(a.Type, -1)) }

func (d *decide) constant(v int64) *Expr { return Const(d.t, v) }

// score is entry i at the unit of even steps.
func (d *decide) score(i *Expr) *Expr {
	y := Load(d.scores, i)
	if d.scores.Kind == Output {
		y = y.Claimed(d.yBits)
	}
	if d.Odd == arith.Identity {
		return As(y, d.t).Claimed(d.ScoreBits)
	}
	wide := d.calc(d.t.Bits, d.yBits+arith.SignedBits(d.Odd.Mul)-1)
	return As(ByPhase(As(y, wide), Requant(As(y, wide), d.Odd)).Claimed(d.ScoreBits), d.t)
}

func (d *decide) body() (out []Stmt) {
	small := d.calc(arith.SignedBits(int64(d.rows+1)), arith.SignedBits(int64(d.Hold)))
	of := func(v int64) *Expr { return Const(small, v) }
	set := func(name string, value *Expr) *Expr {
		s, v := let(name, value)
		out = append(out, s)
		return v
	}
	mutable := func(hint string, value *Expr) *Expr {
		name := d.names.Get(hint)
		out = append(out, Let{Name: name, Value: value, Mutable: true})
		return Var(value.Type, name)
	}
	decided := set("s", As(Load(d.decision, At(0)), small))
	fresh := set("f", negative(Sub(decided, of(1))))
	top := mutable("top", d.constant(arith.OfBits(d.AverageBits).Lo))
	mine := mutable("mine", d.constant(0))
	best, class := mutable("best", of(0)), mutable("class", of(1))

	i := Counter("i")
	var loop []Stmt
	inner := func(name string, value *Expr) *Expr {
		s, v := let(name, value)
		loop = append(loop, s)
		return v
	}
	a := inner("g", d.score(i))
	if d.averages != nil {
		old := inner("u", As(Load(d.averages, i), d.t))
		kept := Sub(old, Round(old, d.Smooth)).Claimed(d.AverageBits)
		first := And(Sub(d.shifted(a, inner), a), As(fresh, d.t)) // to averages of 0
		a = inner("v", Add(Add(kept, a).Claimed(d.AverageBits), first).Claimed(d.AverageBits))
		loop = append(loop, Store{d.averages.Name, i, As(a, d.averages.Elem)})
	}
	below := inner("w", Sub(top, a))
	leads := inner("m", negative(below))
	is := negative(Sub(Xor(decided, class), of(1)))
	most := arith.Between(0, int64(d.rows))
	next := Add(class, of(1))
	next.Claim = &arith.Interval{Lo: 1, Hi: int64(d.rows) + 1}
	chosen := Xor(best, And(Xor(best, class), As(leads, small)))
	chosen.Claim = &most
	loop = append(loop,
		Set{top.Name, Sub(top, And(below, leads)).Claimed(d.AverageBits)},
		Set{best.Name, chosen},
		Set{mine.Name, Add(mine, And(a, As(is, d.t))).Claimed(d.AverageBits)},
		Set{class.Name, next})
	out = append(out, For{Var: "i", To: d.rows, By: 1, Body: loop})

	lead := Relu(Sub(top, mine)) // there is no class yet at the first step
	change := And(As(not(negative(Sub(lead, d.constant(d.Margin)))), small), not(fresh))
	if d.rest != nil {
		rest := set("r", As(Load(d.rest, At(0)), small))
		free := set("q", negative(Sub(rest, of(1))))
		change = set("c", And(change, free))
		left := Add(Sub(rest, Add(free, of(1))), And(of(int64(d.Hold)), change))
		left.Claim = &arith.Interval{Lo: 0, Hi: int64(d.Hold)}
		left = set("n0", left) // named: what C narrows to a type without sign is no sum there
		out = append(out, Store{d.rest.Name, At(0), As(left, d.rest.Elem)})
	}
	if d.Start == decider.NoStart {
		change = Xor(change, fresh)
	}
	now := Xor(decided, And(Xor(decided, best), change))
	if d.Start != decider.NoStart {
		now = Add(now, And(of(int64(d.Start+1)), fresh))
	}
	now.Claim = &most
	now = set("n1", now)
	return append(out, Store{d.decision.Name, At(0), As(now, d.decision.Elem)})
}

// shifted is S a. Where three bytes are calculated in, that is sums: their shifts are products.
func (d *decide) shifted(a *Expr, name func(string, *Expr) *Expr) *Expr {
	if d.t != I24 {
		return Shl(a, d.Smooth)
	}
	for n := range d.Smooth {
		a = name(fmt.Sprintf("d%d", n), Add(a, a))
	}
	return a
}
