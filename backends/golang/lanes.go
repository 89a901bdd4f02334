package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// lanewise reports whether the whole update of a packed state can run on words, both lanes at a time. Sums and
// differences of words are exact in both lanes as long as the results fit 32 bits. A right shift needs lanes that are
// not negative, so z is offset by base<<shift, which leaves the lanes room for ZBits plus the difference of the shifts.
func (d *layer) lanewise() bool {
	even, odd := d.Round[arith.Even], d.Round[arith.Odd]
	if !d.packed || even.Mul != 1 || odd.Mul != 1 || min(even.Shift, odd.Shift) < 0 || max(even.Shift, odd.Shift) >= d.ZBits {
		return false
	}
	spread := max(even.Shift, odd.Shift) - min(even.Shift, odd.Shift)
	return d.ZBits+spread <= 30 && d.SumBits <= 31 && d.Bits < 32 && (d.Term == nil || d.Term.OutBits <= 31)
}

// base is the exponent of the offset that a rounded transform has in its lanes; it is the same in both phases, so that
// signs and biases need not know the phase.
func (d *layer) base() int {
	return d.ZBits - min(d.Round[arith.Even].Shift, d.Round[arith.Odd].Shift)
}

// inWords reports whether a term is multiplied in both lanes at a time, with words of two weights.
func (d *layer) inWords() bool {
	t := d.Term
	if t == nil || t.Source == lower.FromOneHot || t.Source == lower.FromState || t.Matrix.Cols > 2 || t.Matrix.Adders != nil || t.AccBits > 29 {
		return false
	}
	for ph := range t.Out {
		if (t.Mid[ph] != arith.Requant{Mul: 1}) || t.Out[ph].Mul != 1 || t.Out[ph].Shift >= t.AccBits {
			return false
		}
	}
	return true
}

// unit is the index of the unit in the lower lane of a word.
func (d *layer) unit(w int) int {
	if d.gap == d.N/2 {
		return w
	}
	return w + w&^(d.gap-1)
}

// ones is 1 in both lanes.
func (g *generator) ones() *jen.Statement {
	g.usesOnes = true
	return jen.Id("ones")
}

// words writes a table of words that hold two integers each, 16 integers a line.
func (g *generator) words(d *layer, want, comment string, ints []int64, cols int) string {
	n := g.names.pick(want)
	g.tableBytes += 8 * d.N / 2 * cols
	of := jen.Index(jen.Lit(d.N / 2))
	if cols > 1 {
		of.Index(jen.Lit(cols))
	}
	var cells []string
	for w := range d.N / 2 {
		var row []string
		for c := range cols {
			lo, hi := ints[d.unit(w)*cols+c], ints[(d.unit(w)+d.gap)*cols+c]
			row = append(row, word(lo, hi))
		}
		cell := strings.Join(row, ", ")
		if cols > 1 {
			cell = "{" + cell + "}"
		}
		cells = append(cells, cell)
	}
	g.tables = append(g.tables, jen.Comment(n+" "+comment).Line().Comment("A word holds the entries of two units, as the state does.").Line().
		Var().Id(n).Op("=").Add(of).Int64().Values(chunked(cells, perLine/2/cols)))
	return n
}

// word is the constant expression lo + hi<<32.
func word(lo, hi int64) string {
	if hi < 0 {
		return fmt.Sprintf("%d - %d<<32", lo, -hi)
	}
	return fmt.Sprintf("%d + %d<<32", lo, hi)
}

func chunked(cells []string, n int) *jen.Statement {
	s := jen.Line()
	for line := range slices.Chunk(cells, max(n, 1)) {
		s.Op(strings.Join(line, ", ") + ",").Line()
	}
	return s
}

// signWords writes the masks that negate lanes.
func (g *generator) signWords(d *layer) string {
	n := g.names.pick("signs" + d.title)
	g.tableBytes += 8 * d.N / 2
	g.usesSigns = true
	cells := make([]string, d.N/2)
	for w := range cells {
		cells[w] = map[[2]int8]string{{1, 1}: "pp", {-1, 1}: "np", {1, -1}: "pn", {-1, -1}: "nn"}[[2]int8{d.Signs[d.unit(w)], d.Signs[d.unit(w)+d.gap]}]
	}
	g.tables = append(g.tables, jen.Commentf("%s negates units of %s: p leaves one as it is, n negates it; the lower lane's comes first.", n, d.Name).Line().
		Var().Id(n).Op("=").Index(jen.Lit(d.N/2)).Uint64().Values(chunked(cells, perLine)))
	return n
}

// offset is what has to be added to the sum of a unit's parts: it takes back the offsets that keep the lanes of the
// rounded transform and of the product positive, and leaves the one that a clamp wants.
func (d *layer) offset(ph int) int64 {
	back := -(int64(1) << d.base())
	if d.clamped() {
		back += 1 << (d.Bits - 1)
	}
	if t := d.Term; d.inWords() && t.Out[ph].Shift > 0 {
		back -= 1 << (t.AccBits - t.Out[ph].Shift)
	}
	return back
}

// clamped reports whether values can leave the state's range.
func (d *layer) clamped() bool { return d.Saturate && d.SumBits > d.Bits }

// biasWords writes the biases, with the offset of the lanes and the 1 that a negated unit needs because -r is ^r + 1.
func (g *generator) biasWords(d *layer) (names [2]string) {
	var b arith.Phased[[]int64]
	for ph := range b {
		b[ph] = make([]int64, d.N)
		for i := range b[ph] {
			b[ph][i] = d.offset(ph)
			if d.Bias[ph] != nil {
				b[ph][i] += d.Bias[ph][i]
			}
			if d.Signs[i] < 0 {
				b[ph][i]++
			}
		}
	}
	plus := func(ph int) string {
		text := fmt.Sprintf(", less the offsets of the lanes (%d)", -d.offset(ph))
		if slices.Contains(d.Signs, -1) {
			text += ", plus 1 where the unit's transform is negated (-r is ^r + 1)"
		}
		return text
	}
	if slices.Equal(b[0], b[1]) {
		names[0] = g.words(d, "bias"+d.title, fmt.Sprintf("is the bias of %s%s.", d.Name, plus(0)), b[0], 1)
		names[1] = names[0]
		return names
	}
	for ph, when := range []string{"Even", "Odd"} {
		names[ph] = g.words(d, "bias"+d.title+when, fmt.Sprintf("is the bias of %s at %s t%s.", d.Name, strings.ToLower(when), plus(ph)), b[ph], 1)
	}
	return names
}

// weightWords is a term whose products are made in both lanes at a time; before and entry are as in a flow, for words.
func (g *generator) weightWords(d *layer) func(ph int) *flow {
	t := d.Term
	w := &t.Matrix
	table := g.words(d, "weights"+camel(w.Name, true), fmt.Sprintf("is the matrix %s, a row a unit.", w.Name), w.Ints, w.Cols)
	before, input := g.inputs(t)
	return func(ph int) *flow {
		start := before
		for j := range w.Cols {
			x := scaled(input(jen.Lit(j)), t, ph, "int64")
			start = append(start[:len(start):len(start)], jen.Id(fmt.Sprintf("x%d", j)).Op(":=").Add(x.code))
		}
		return &flow{start, func(index *jen.Statement) expr {
			var total expr
			for j := range w.Cols {
				cell := jen.Id(table).Index(index.Clone())
				if w.Cols > 1 {
					cell.Index(jen.Lit(j))
				}
				p := expr{cell, "int64", atom}.times(name(fmt.Sprintf("x%d", j), "int64"))
				if j == 0 {
					total = p
				} else {
					total = total.plus(p)
				}
			}
			return g.roundLanes(total, t.Out[ph].Shift, t.AccBits)
		}}
	}
}

// roundLanes is expr.round of both lanes of a word, which hold integers of some bits; a right shift leaves 2^(bits-shift)
// in each lane, which the bias takes back.
func (g *generator) roundLanes(e expr, shift, bits int) expr {
	if shift <= 0 {
		return e.round(shift)
	}
	// With 2^bits added a lane is positive, and what the shift moves into it from above is masked away.
	offset := expr{e.at(sum).Op("+").Parens(power(bits).Op("+").Add(power(shift - 1))).Op("*").Add(g.ones()), "int64", sum}
	shifted := jen.Int64().Call(jen.Uint64().Call(offset.code).Op(">>").Lit(shift).Op("&").Parens(jen.Parens(power(bits - shift + 1).Op("-").Lit(1)).Op("*").Add(g.ones())))
	return expr{shifted, "int64", atom}
}

// laneTerm gives the term of a layer in words, or nil.
func (g *generator) laneTerm(d *layer) func(ph int) *flow {
	switch {
	case d.Term == nil:
		return func(int) *flow { return nil }
	case d.inWords():
		return g.weightWords(d)
	}
	scalar := g.term(d)
	return func(ph int) *flow {
		f := scalar.phase(ph)
		return &flow{f.before, func(index *jen.Statement) expr {
			lo, hi := f.entry(jen.Id("i")).as("int64"), f.entry(jen.Id("i").Op("+").Lit(d.gap)).as("int64")
			return lo.plus(hi.round(-32))
		}}
	}
}

// lanes gives the updates of a packed state that runs on words, at even and odd t.
func (g *generator) lanes(d *layer) func(ph int) []jen.Code {
	signs := ""
	if slices.Contains(d.Signs, -1) {
		signs = g.signWords(d)
	}
	bias := g.biasWords(d)
	term := g.laneTerm(d)
	return func(ph int) []jen.Code {
		f := term(ph)
		var before []jen.Code
		if f != nil {
			before = f.before
		}
		body := append(g.roundWord(d, ph, signs), g.addWords(d, bias[ph], f)...)
		loop := d.forEachWord
		if f != nil && !d.inWords() {
			loop = d.forWords
		}
		return append(before[:len(before):len(before)], loop(body...))
	}
}

// roundWord turns the word v of a transform into u, with r + 2^base in each lane, or ^r where it is to be negated.
func (g *generator) roundWord(d *layer, ph int, signs string) []jen.Code {
	shift, u := d.Round[ph].Shift, jen.Id("u")
	offset := int64(1) << (d.base() + shift)
	if shift > 0 {
		offset += 1 << (shift - 1)
	}
	var body []jen.Code
	if d.cross {
		raised := u.Clone().Op(":=").Uint64().Call(jen.Id("v"))
		if !g.raised(d) {
			raised.Op("+").Add(power(d.ZBits - 1)).Op("*").Add(g.ones())
		}
		body = append(body,
			jen.Comment("The last stage, between the lanes: lo + hi and lo - hi, as lo + ^hi + 1."), raised,
			u.Clone().Op("=").Parens(jen.Id("u").Op("<<").Lit(32).Op("|").Id("u").Op(">>").Lit(32)).Op("+").Parens(jen.Id("u").Op("^").Parens(jen.Lit(1).Op("<<").Lit(32).Op("-").Lit(1)).Op("<<").Lit(32)).
				Op("+").Parens(number(offset-1<<d.ZBits).Op("+").Add(number(offset+1)).Op("<<").Lit(32)))
	} else {
		body = append(body, u.Clone().Op(":=").Uint64().Call(jen.Id("v")).Op("+").Add(number(offset)).Op("*").Add(g.ones()))
	}
	rounded := jen.Id("u")
	if shift > 0 {
		rounded.Op(">>").Lit(shift)
	}
	if signs != "" {
		rounded = jen.Parens(rounded.Op("^").Id(signs).Index(d.word()))
	}
	return append(body,
		jen.Comment(fmt.Sprintf("Rounded, with signs; the offset of 2^%d keeps the lanes positive.", d.base())),
		u.Clone().Op("=").Add(rounded).Op("&").Parens(jen.Parens(power(d.base()+1).Op("-").Lit(1)).Op("*").Add(g.ones())))
}

// addWords adds what flows into a word, clamps and stores it.
func (g *generator) addWords(d *layer, bias string, f *flow) []jen.Code {
	v := jen.Id("v").Op("=").Int64().Call(jen.Id("u"))
	if f != nil {
		v.Op("+").Add(f.entry(d.word()).at(product))
	}
	v.Op("+").Id(bias).Index(d.word())
	store := field(d.field).Index(d.word()).Op("=").Id("v")
	if !d.clamped() {
		return []jen.Code{v, store}
	}
	limit := func(v string) *jen.Statement {
		return jen.Id("min").Call(jen.Id("max").Call(jen.Id(v), jen.Lit(0)), power(d.Bits).Op("-").Lit(1))
	}
	return []jen.Code{
		jen.Comment(fmt.Sprintf("Offset by 2^%d, a lane in range has no bit above its %d.", d.Bits-1, d.Bits)), v,
		jen.If(jen.Uint64().Call(jen.Id("v")).Op("&^").Parens(jen.Parens(power(d.Bits).Op("-").Lit(1)).Op("*").Add(g.ones())).Op("!=").Lit(0)).Block(
			unpack("int64"),
			jen.Id("v").Op("=").Add(limit("lo")).Op("+").Add(limit("hi")).Op("<<").Lit(32)),
		store.Op("-").Add(power(d.Bits - 1)).Op("*").Add(g.ones()),
	}
}
