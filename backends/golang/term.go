package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// narrow is how many columns of a matrix are multiplied where the product is needed. Wider ones are multiplied ahead,
// into a scratch field.
const narrow = 4

// terms is what flows into a layer, prepared for both phases.
type terms struct {
	term  *lower.Term
	flows [2]*flow
}

// flow is a term at even or odd t: statements ahead of the loop over units, and the term of one unit.
type flow struct {
	before []jen.Code
	entry  func(index *jen.Statement) expr
}

func (t *terms) phase(ph int) *flow {
	if t.term == nil {
		return nil
	}
	return t.flows[ph]
}

// params gives the parameters of a layer's methods and the arguments of a call with the same names.
func (g *generator) params(d *layer) (params, args []jen.Code) {
	if d.Term == nil || d.Term.Source == lower.FromState {
		return nil, nil
	}
	return []jen.Code{g.inputParam()}, []jen.Code{jen.Id(g.inputName())}
}

func (g *generator) term(d *layer) *terms {
	t := d.Term
	out := &terms{term: t}
	if t == nil {
		return out
	}
	w := &t.Matrix
	var source func(ph int) ([]jen.Code, func(*jen.Statement) expr)
	switch {
	case t.Source == lower.FromOneHot:
		source = g.column(t)
	case w.Cols <= narrow && t.Source != lower.FromState && w.Adders == nil:
		source = g.inline(t)
	default:
		source = g.ahead(d)
	}
	two := d.TwoPhase()
	for ph := range out.flows {
		if ph == arith.Odd && !two {
			out.flows[ph] = out.flows[arith.Even]
			break
		}
		before, entry := source(ph)
		out.flows[ph] = &flow{before, func(index *jen.Statement) expr {
			e := entry(index).requant(t.Mid[ph], t.MidMulBits, t.MidBits)
			return e.requant(t.Out[ph], t.OutBits, t.OutBits)
		}}
	}
	return out
}

// column takes the column that a token names, times the token's 1.
func (g *generator) column(t *lower.Term) func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
	w, typ := &t.Matrix, storage(t.Matrix.Bits)
	table := g.table("weights"+camel(w.Name, true), typ, fmt.Sprintf("is the matrix %s, a row a token.", w.Name), transposed(w), w.Cols, w.Rows)
	return func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
		return []jen.Code{jen.Id("column").Op(":=").Op("&").Id(table).Index(jen.Id(g.inputName()))},
			func(index *jen.Statement) expr {
				return expr{jen.Id("column").Index(index.Clone()), typ, atom}.as(work(t.AccBits)).mul(t.In[ph].Apply(1))
			}
	}
}

// inputs gives the entries of the input vector or of the embedding, as they come in.
func (g *generator) inputs(t *lower.Term) (before []jen.Code, entry func(j *jen.Statement) expr) {
	if t.Source == lower.FromEmbed {
		e := t.Embed
		typ := narrowest(e.Ints)
		table, ok := g.embeds[e]
		if !ok {
			table = g.table("embed"+camel(e.Name, true), typ, fmt.Sprintf("is the embedding %s, a row a token.", e.Name), e.Ints, e.Shape...)
			g.embeds[e] = table
		}
		return []jen.Code{jen.Id("row").Op(":=").Op("&").Id(table).Index(jen.Id(g.inputName()))},
			func(j *jen.Statement) expr { return expr{jen.Id("row").Index(j), typ, atom} }
	}
	if g.p.Input.Size == 1 {
		return nil, func(*jen.Statement) expr { return name(g.inputName(), g.inputType()) }
	}
	return nil, func(j *jen.Statement) expr {
		return expr{jen.Id(g.inputName()).Index(j), g.inputType(), atom}
	}
}

// scaled is an entry of the input as the matrix takes it, in a type.
func scaled(x expr, t *lower.Term, ph int, typ string) expr {
	if (t.In[ph] == arith.Requant{Mul: 1}) {
		return x.as(typ)
	}
	return x.as(work(t.InMulBits)).requant(t.In[ph], t.InMulBits, t.InBits).as(typ)
}

// inline multiplies a few inputs by a row of the matrix where the unit needs it.
func (g *generator) inline(t *lower.Term) func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
	w, typ, acc := &t.Matrix, storage(t.Matrix.Bits), work(t.AccBits)
	shape := []int{w.Rows, w.Cols}
	if w.Cols == 1 {
		shape = shape[:1]
	}
	table := g.table("weights"+camel(w.Name, true), typ, fmt.Sprintf("is the matrix %s, a row a unit.", w.Name), w.Ints, shape...)
	before, input := g.inputs(t)
	return func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
		start := before
		for j := range w.Cols {
			x := scaled(input(jen.Lit(j)), t, ph, acc)
			start = append(start[:len(start):len(start)], jen.Id(fmt.Sprintf("x%d", j)).Op(":=").Add(x.code))
		}
		return start, func(index *jen.Statement) expr {
			var total expr
			for j := range w.Cols {
				cell := jen.Id(table).Index(index.Clone())
				if w.Cols > 1 {
					cell.Index(jen.Lit(j))
				}
				p := expr{cell, typ, atom}.as(acc).times(name(fmt.Sprintf("x%d", j), acc))
				if j == 0 {
					total = p
				} else {
					total = total.plus(p)
				}
			}
			return total
		}
	}
}

// ahead multiplies the whole vector into a scratch field first.
func (g *generator) ahead(d *layer) func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
	t := d.Term
	w, acc, typ := &t.Matrix, work(t.AccBits), storage(t.InBits)
	in, out := g.scratch("in", w.Cols, typ), g.scratch("acc", w.Rows, acc)
	multiply := g.multiply(w, out, acc, in, typ)
	var before []jen.Code
	var input func(*jen.Statement) expr
	if t.Source != lower.FromState {
		before, input = g.inputs(t)
	}
	return func(ph int) ([]jen.Code, func(*jen.Statement) expr) {
		scale := func(e expr) expr { return scaled(e, t, ph, typ) }
		var fill jen.Code
		if t.Source == lower.FromState {
			fill = g.read(g.layers[t.Layer], t.Relu, in, typ, scale)
		} else {
			fill = jen.For(jen.Id("j").Op(":=").Range().Op("&").Add(field(in))).Block(
				field(in).Index(jen.Id("j")).Op("=").Add(scale(input(jen.Id("j"))).code))
		}
		start := append(before[:len(before):len(before)], fill, multiply)
		return start, func(index *jen.Statement) expr { return expr{field(out).Index(index.Clone()), acc, atom} }
	}
}
