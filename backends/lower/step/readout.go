package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// readout builds the output: the product of the last state, its bias, and the mean.
type readout struct {
	*builder
	*lower.Readout
	c    ReadoutChoice
	l    *layer
	read int // units that are read, the first ones
	y    Int // of Y
	out  *Array
	bias arith.Phased[*Array]
	// packedTables are those of packed rows by the first of them.
	packedTables map[int]*Array
	// of a mean
	sums  arith.Phased[*Array]
	kept  *Array // Deferred: the sum of relu(h) a unit
	count *Array // Deferred: steps so far
	// of a decide block
	decide *decide
}

func (b *builder) newReadout() *readout {
	defer b.about(lower.PartReadout, 0)()
	r := &readout{builder: b, Readout: &b.plan.Readout, c: b.choice.Readout, packedTables: map[int]*Array{}}
	r.l = b.layers[r.Layer]
	r.read = columnsRead(&r.Matrix)
	switch {
	case r.c.Deferred && r.l.lanes == 2:
		r.read = r.l.N // both lanes of a word are added up
	case r.c.Deferred && r.l.c.Fused: // a pass adds up all units of a stride, or none
		stride, _ := r.l.stride(len(r.l.c.Passes) - 1)
		r.read = min(roundUp(r.read, stride), r.l.N)
	case r.c.Multiple > 1:
		r.read = min(roundUp(r.read, r.c.Multiple), r.l.N)
	}
	r.y = b.calc(r.YBits)
	value := max(32, lane(r.YBits))
	mean := b.plan.Output.When == ir.Mean
	if mean {
		value = max(value, lane(r.MeanBits))
	}
	r.out = b.array(&Array{Kind: Output, Name: "y", Elem: Int{Bits: value, Lanes: 1}, Len: r.Matrix.Rows})
	r.out.Range = r.out.Elem.Range()
	switch {
	case r.plan.Decide != nil:
		r.decide = r.newDecide()
	case r.c.Deferred:
		r.defer_()
	case mean:
		r.sums[arith.Even] = r.sum("sum", "the outputs so far, added up")
		r.sums[arith.Odd] = r.sums[arith.Even]
		if r.Rescale != nil {
			r.sums[arith.Odd] = r.sum("sum_odd", "the outputs of odd steps, added up, whose unit is smaller by sqrt(2)")
		}
	}
	return r
}

// columnsRead is up to which column a matrix has weights that are not 0, and 1 at least.
func columnsRead(w *lower.Matrix) int {
	most := 1
	for i, v := range w.Ints {
		if v != 0 {
			most = max(most, i%w.Cols+1)
		}
	}
	return most
}

// withColumns is a matrix of the first columns of another, and columns of 0 behind those.
func withColumns(w *lower.Matrix, cols int) *lower.Matrix {
	if cols == w.Cols {
		return w
	}
	out := &lower.Matrix{Name: w.Name, Rows: w.Rows, Cols: cols, Bits: w.Bits}
	for row := range w.Rows {
		out.Ints = append(out.Ints, w.Ints[row*w.Cols:row*w.Cols+min(cols, w.Cols)]...)
		out.Ints = append(out.Ints, make([]int64, max(cols-w.Cols, 0))...)
	}
	return out
}

func (r *readout) sum(name, doc string) *Array {
	elem := Int{Bits: lane(r.MeanBits), Lanes: 1}
	if c := r.calc(r.MeanBits); c.Bits < elem.Bits {
		elem = c
	}
	return r.state(name, doc, elem, r.Matrix.Rows, arith.OfBits(r.MeanBits))
}

// most is the largest relu(h) of the last layer.
func (r *readout) most() int64 { return 1<<(r.l.Bits-1) - 1 }

// period is how many steps the sum of a unit holds, a power of two; 0 when it holds all that the model has.
func (r *readout) period() int {
	fit := r.sumOfUnit().Range().Hi / r.most()
	if fit >= int64(r.plan.Steps) {
		return 0
	}
	p := 1
	for int64(2*p) <= fit {
		p *= 2
	}
	return p
}

// sumOfUnit is the type of the sum of a unit.
func (r *readout) sumOfUnit() Int {
	if r.c.Sum == 32 {
		return I32
	}
	return Int{Bits: 16, Lanes: 1, Unsigned: true}
}

func (r *readout) defer_() {
	switch elem := r.sumOfUnit(); {
	case r.most() > 1<<(elem.Bits-2), elem.Bits == 32 && r.period() > 0:
		r.fail("a sum of %d bits a unit is too narrow for a deferred mean", elem.Bits)
	case r.l.lanes == 2 && (elem.Bits == 16 || r.l.across()):
		r.fail("the sums of a deferred mean are of plain units, or of 32 bits")
	}
	what := "relu of " + r.l.Name + ", added up over the steps"
	if r.period() > 0 {
		what += " since its turn; sum has the rest"
		r.sums = arith.Both(r.sum("sum", "the outputs so far, added up, bias apart, without what total holds"))
	}
	steps := int64(r.plan.Steps)
	most := r.sumOfUnit().Range().Hi
	if r.period() == 0 {
		most = steps * r.most()
	}
	r.kept = r.state("total", what, r.sumOfUnit(), r.read, arith.Between(0, most))
	r.count = r.state("steps", "steps so far", Int{Bits: lane(arith.SignedBits(steps) - 1), Lanes: 1, Unsigned: true}, 1, arith.Between(0, steps))
}

// collect is what a mean that is deferred does with each new unit; at is the index of its state.
func (r *readout) collect(l *layer, g, at *Expr) []Stmt {
	if r.kept == nil || l != r.l || l.unread {
		return nil
	}
	g = Relu(g)
	if l.lanes == 1 {
		return []Stmt{r.keep(g, at)}
	}
	s, both := let("k", g)
	return []Stmt{s, r.keep(Lane(both, 0), at), r.keep(Lane(both, 1), sum(at, At(l.gap)))}
}

// keep adds relu(h) of a unit to its sum.
func (r *readout) keep(g, at *Expr) Stmt {
	add := Add(LoadRaw(r.kept, at), As(g, r.kept.Elem))
	claim := r.kept.Range
	add.Claim = &claim
	return Store{r.kept.Name, at, add}
}

func (r *readout) biasTables() {
	even, odd := r.Bias[arith.Even], r.Bias[arith.Odd]
	switch {
	case even == nil:
	case fmt.Sprint(even) == fmt.Sprint(odd):
		r.bias = arith.Both(r.table("output_bias", "Bias of the outputs.", even))
	default:
		elem := Int{Bits: lane(hull(append(append([]int64{}, even...), odd...)).Bits()), Lanes: 1}
		r.bias[arith.Even] = r.tableOf(elem, "output_bias_even", "Bias of the outputs at even steps.", even)
		r.bias[arith.Odd] = r.tableOf(elem, "output_bias_odd", "Bias of the outputs at odd steps.", odd)
	}
}

// unit is a unit of the last state, through relu, in a type.
func (r *readout) unit(g *Expr, t Int) *Expr {
	g = As(g, t)
	if r.Relu {
		return Relu(g)
	}
	return g
}

// into says what becomes of row i of the product.
type into func(row, v *Expr) Stmt

// product makes the rows of the matrix times the state, plus the bias, in loops of a function.
func (r *readout) product(f *Func, put into) []Stmt {
	var head []Stmt
	bias := func(i *Expr) *Expr { return nil }
	switch {
	case r.bias[0] == nil:
	case r.bias[0] == r.bias[1]:
		bias = func(i *Expr) *Expr { return As(Load(r.bias[0], i), r.y) }
	default:
		head = append(head, Choose{Name: "bias", Odd: r.bias[arith.Odd].Name, Even: r.bias[arith.Even].Name})
		bias = func(i *Expr) *Expr { return As(LoadAs(r.bias[0].Elem, "bias", i), r.y) }
	}
	put2 := func(i, v *Expr) Stmt {
		if b := bias(i); b != nil {
			v = Add(v, b).Claimed(r.YBits)
		}
		return put(i, v)
	}
	switch {
	case r.c.Product == Packed || r.c.Product == Dots:
		return append(head, r.packed(f, put2)...)
	case r.c.Product == Rows && r.l.lanes == 1 && !r.c.Copied:
		return append(head, r.rows(put2)...)
	}
	// The others read the state from an array.
	v := f.scratch(r.names, "vector", Int{Bits: lane(r.l.Bits), Lanes: 1}, r.l.N)
	y := f.scratch(r.names, "outputs", r.y, r.Matrix.Rows)
	head = append(head, r.l.eachUnit("j", func(g, unit *Expr) []Stmt {
		return []Stmt{Store{v.Name, unit, As(r.unit(g, r.calc(r.l.Bits)), v.Elem)}}
	})...)
	in := vectorIn{array: v, entries: arith.OfBits(r.l.Bits)}
	if r.Relu {
		in.entries.Lo = 0
	}
	head = append(head, r.multiply(f, &r.Matrix, r.c.Product, in, y, r.y, r.YBits)...)
	i := Counter("i")
	return append(head, each("i", r.Matrix.Rows, put2(i, Load(y, i))))
}

// rows multiplies row by row, straight from the state.
func (r *readout) rows(put into) []Stmt {
	w := withColumns(&r.Matrix, r.read)
	t := r.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, row by row.", w.Name, w.Rows, w.Cols, w.Bits), w.Ints)
	row := r.row(w, t, r.y, func(j *Expr) *Expr { return r.unit(Load(r.l.state, j), r.y) })
	return []Stmt{each("i", w.Rows, append(row, put(Counter("i"), Var(r.y, "acc")))...)}
}

// afterStep is what a step adds to a mean, and how it decides.
func (r *readout) afterStep(f *Func) []Stmt {
	switch {
	case r.decide != nil && r.plan.Hop > 0:
		return nil
	case r.decide != nil:
		return r.decide.afterStep(r)
	case r.plan.Output.When != ir.Mean:
		return nil
	case r.kept != nil:
		return r.flush()
	}
	sums, head := r.sums[arith.Even].Name, []Stmt{}
	if r.Rescale != nil {
		head = append(head, Choose{Name: "total", Odd: r.sums[arith.Odd].Name, Even: r.sums[arith.Even].Name})
		sums = "total"
	}
	elem := r.sums[0].Elem
	calc := r.calc(max(r.MeanBits, r.YBits))
	return append(head, r.product(f, func(i, v *Expr) Stmt {
		total := Add(As(LoadAs(elem, sums, i), calc), As(v, calc)).Claimed(r.MeanBits)
		return Store{sums, i, As(total, elem)}
	})...)
}

// output fills y.
func (r *readout) output(f *Func) []Stmt {
	i := Counter("i")
	switch {
	case r.decide != nil && r.plan.Hop == 0:
		return []Stmt{each("i", r.Matrix.Rows, Store{r.out.Name, i, As(Load(r.decide.scores, i), r.out.Elem)})}
	case r.plan.Output.When != ir.Mean:
		return r.product(f, func(i, v *Expr) Stmt { return Store{r.out.Name, i, As(v, r.out.Elem)} })
	case r.kept != nil:
		return r.deferredOutput()
	}
	v := As(Load(r.sums[arith.Even], i), r.out.Elem)
	if r.Rescale != nil {
		wide := r.calc(r.RescaleBits, r.out.Elem.Bits)
		v = As(Add(As(v, wide), r.rescaled(As(Load(r.sums[arith.Odd], i), wide))).Claimed(r.MeanBits), r.out.Elem)
	}
	return []Stmt{each("i", r.Matrix.Rows, Store{r.out.Name, i, v})}
}

// rescaled brings the sum of odd steps to the unit of even ones.
func (r *readout) rescaled(v *Expr) *Expr {
	product := Times(v, r.Rescale.Mul).Claimed(r.RescaleBits)
	product.Claim.Hi -= 1 << (r.Rescale.Shift - 1) // RescaleBits hold the half that rounds, too
	return Round(product, r.Rescale.Shift)
}
