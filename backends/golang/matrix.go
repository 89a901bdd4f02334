package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// multiply gives the statement y = W x for a constant matrix: y and x are fields of the model, of rows integers of type
// acc and columns of type in. The function it calls is written here, in the form that suits the matrix.
func (g *generator) multiply(w *lower.Matrix, y, acc, x, in string) jen.Code {
	n := g.names.pick("times" + camel(w.Name, true))
	form := g.dense
	switch {
	case w.Adders != nil:
		form = g.adders
	case byGroups(w):
		form = g.groups
	}
	doc, body := form(w, acc, in)
	g.helpers = append(g.helpers, jen.Commentf("%s computes y = %s x%s", n, w.Name, doc).Line().
		Func().Params(jen.Id("m").Op("*").Id("Model")).Id(n).Params(
		jen.Id("y").Op("*").Index(jen.Lit(w.Rows)).Id(acc),
		jen.Id("x").Op("*").Index(jen.Lit(w.Cols)).Id(in),
	).Block(body...))
	return jen.Id("m").Dot(n).Call(jen.Op("&").Add(field(y)), jen.Op("&").Add(field(x)))
}

// dense is one row of products after the other, several at a time where the columns allow.
func (g *generator) dense(w *lower.Matrix, acc, in string) (string, []jen.Code) {
	table := g.table("weights"+camel(w.Name, true), storage(w.Bits), fmt.Sprintf("is the matrix %s, a row an output.", w.Name), w.Ints, w.Rows, w.Cols)
	weight := storage(w.Bits)
	inner := jen.For(jen.List(jen.Id("j"), jen.Id("v")).Op(":=").Range().Id("x")).Block(
		jen.Id("acc").Op("+=").Add(expr{jen.Id("row").Index(jen.Id("j")), weight, atom}.as(acc).times(name("v", in).as(acc)).code))
	if n := window(w.Cols); n > 1 {
		part := func(of, typ string) *jen.Statement {
			return jen.Parens(jen.Op("*").Index(jen.Lit(n)).Id(typ)).Parens(jen.Id(of).Index(jen.Id("j").Op(":")))
		}
		var total expr
		for k := range n {
			p := expr{jen.Id("w").Index(jen.Lit(k)), weight, atom}.as(acc).times(expr{jen.Id("v").Index(jen.Lit(k)), in, atom}.as(acc))
			if k == 0 {
				total = p
			} else {
				total = total.plus(p)
			}
		}
		inner = jen.For(jen.Id("j").Op(":=").Lit(0), jen.Id("j").Op("<").Lit(w.Cols), jen.Id("j").Op("+=").Lit(n)).Block(
			jen.List(jen.Id("w"), jen.Id("v")).Op(":=").List(part("row", weight), part("x", in)),
			jen.Id("acc").Op("+=").Add(total.code))
	}
	return ".", []jen.Code{
		jen.For(jen.Id("i").Op(":=").Range().Id("y")).Block(
			jen.Id("row").Op(":=").Op("&").Id(table).Index(jen.Id("i")),
			jen.Var().Id("acc").Id(acc),
			inner,
			jen.Id("y").Index(jen.Id("i")).Op("=").Id("acc")),
	}
}

// window is how many columns dense handles at a time: their number is known, so no index is checked when it runs.
func window(cols int) int {
	for _, n := range []int{8, 7, 6, 5, 4, 3, 2} {
		if cols%n == 0 {
			return n
		}
	}
	return 1
}

// adders is straight-line code for a graph of shifts and additions. Sums may wrap on the way: each result fits.
func (g *generator) adders(w *lower.Matrix, acc, in string) (string, []jen.Code) {
	a := w.Adders
	used := make([]bool, a.Inputs+len(a.Nodes))
	for _, o := range a.Out {
		if o.Node >= 0 {
			used[o.Node] = true
		}
	}
	for i := len(a.Nodes) - 1; i >= 0; i-- {
		if used[a.Inputs+i] {
			used[a.Nodes[i].A], used[a.Nodes[i].B] = true, true
		}
	}
	node := func(i int) expr {
		if i < a.Inputs {
			return expr{jen.Id("x").Index(jen.Lit(i)), in, atom}.as(acc)
		}
		return name(fmt.Sprintf("s%d", i-a.Inputs+1), acc)
	}
	var body []jen.Code
	for i, n := range a.Nodes {
		if !used[a.Inputs+i] {
			continue
		}
		op := "+"
		if n.Sub {
			op = "-"
		}
		body = append(body, node(a.Inputs+i).code.Op(":=").Add(node(n.A).round(-n.ShiftA).at(sum)).Op(op).Add(node(n.B).round(-n.ShiftB).at(product)))
	}
	for i, o := range a.Out {
		v := expr{jen.Lit(0), acc, atom}
		if o.Node >= 0 {
			v = node(o.Node).round(-o.Shift)
		}
		code := v.at(sum)
		if o.Neg && o.Node >= 0 {
			code = jen.Op("-").Add(v.at(atom))
		}
		body = append(body, jen.Id("y").Index(jen.Lit(i)).Op("=").Add(code))
	}
	return fmt.Sprintf(" with %d shared additions instead of products.", len(a.Nodes)), body
}

// byGroups reports whether a matrix of +1 and -1 is large enough for tables of the sums of eight entries.
func byGroups(w *lower.Matrix) bool { return w.Bits == 1 && w.Rows >= 32 && w.Cols%8 == 0 }

// groups handles eight columns at a time: the 256 sums that their signs can give are made once, by 255 subtractions,
// and each row picks one by a byte. That is rows + 256 operations for eight columns, and one bit of table a weight.
func (g *generator) groups(w *lower.Matrix, acc, in string) (string, []jen.Code) {
	bytes := make([]int64, 0, len(w.Ints)/8)
	for c := 0; c < w.Cols; c += 8 {
		for r := range w.Rows {
			var b int64
			for k := range 8 {
				if w.Ints[r*w.Cols+c+k] < 0 {
					b |= 1 << k
				}
			}
			bytes = append(bytes, b)
		}
	}
	table := g.table("signs"+camel(w.Name, true), "uint8", fmt.Sprintf("is the matrix %s of +1 and -1: entry [c][r] holds row r, columns 8c to 8c+7, bit k set where column 8c+k is -1.", w.Name), bytes, w.Cols/8, w.Rows)
	sums := field(g.scratch("sums", 256, acc))
	sized := func(k int) *jen.Statement {
		return expr{jen.Id("p").Index(jen.Id("k")), in, atom}.as(acc).mul(int64(k)).code
	}
	return ", eight columns at a time: sums holds what their signs can give, and a row picks one by a byte.", []jen.Code{
		jen.Op("*").Id("y").Op("=").Index(jen.Lit(w.Rows)).Id(acc).Values(),
		jen.Id("sums").Op(":=").Op("&").Add(sums),
		jen.For(jen.Id("c").Op(":=").Range().Op("&").Id(table)).Block(
			jen.Id("p").Op(":=").Parens(jen.Op("*").Index(jen.Lit(8)).Id(in)).Parens(jen.Id("x").Index(jen.Lit(8).Op("*").Id("c").Op(":"))),
			jen.Id("sums").Index(jen.Lit(0)).Op("=").Lit(0),
			jen.For(jen.Id("k").Op(":=").Range().Id("p")).Block(
				jen.Id("sums").Index(jen.Lit(0)).Op("+=").Add(sized(1))),
			jen.For(jen.Id("k").Op(":=").Range().Id("p")).Block(
				jen.List(jen.Id("plus"), jen.Id("minus")).Op(":=").List(
					jen.Id("sums").Index(jen.Op(":").Lit(1).Op("<<").Id("k")),
					jen.Id("sums").Index(jen.Lit(1).Op("<<").Id("k").Op(":").Lit(2).Op("<<").Id("k"))),
				jen.For(jen.List(jen.Id("b"), jen.Id("v")).Op(":=").Range().Id("plus")).Block(
					jen.Id("minus").Index(jen.Id("b")).Op("=").Id("v").Op("-").Add(sized(2)))),
			jen.For(jen.List(jen.Id("r"), jen.Id("b")).Op(":=").Range().Op("&").Id(table).Index(jen.Id("c"))).Block(
				jen.Id("y").Index(jen.Id("r")).Op("+=").Id("sums").Index(jen.Id("b")))),
	}
}
