package golang

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// layer is a layer of the plan and how the generated package holds it.
//
// A packed state keeps two integers a word, low + high<<32 with both signed, so that one addition of words does two
// of the transform exactly: the lanes hold every sum, for ZBits is at most 32. Lanes are units of two halves of the
// state when those are different blocks, and else of the two halves of a block; then the last stage, between the
// lanes, is done where they are taken apart.
type layer struct {
	*lower.Layer
	field  string // of the model
	title  string // in names of functions and tables
	packed bool
	cross  bool   // packed: the last stage is between the lanes
	gap    int    // packed: distance between the units of a word
	elem   string // type of an entry of the field
}

func (g *generator) layout(l *lower.Layer) *layer {
	d := &layer{Layer: l, field: g.names.pick(camel(l.Name, false)), title: camel(l.Name, true)}
	d.packed = l.K >= 2 && l.N >= 8 && l.ZBits <= 32 && !l.Staged && l.Perm == nil && l.PreSigns == nil
	switch blocks := l.N / l.Block; {
	case !d.packed:
		d.elem = storage(max(l.ZBits, l.Bits))
		if l.Staged {
			d.elem = storage(max(l.ZBits, l.Bits, l.Round[0].Shift, l.Round[1].Shift) + 1)
		}
	case blocks%2 == 0:
		d.elem, d.gap = "int64", l.N/2
	default:
		d.elem, d.gap, d.cross = "int64", l.Block/2, true
	}
	return d
}

// words is the length of the field.
func (d *layer) words() int {
	if d.packed {
		return d.N / 2
	}
	return d.N
}

// doc describes the field.
func (d *layer) doc() string {
	switch {
	case !d.packed:
		return fmt.Sprintf("%s is the state %s, %d integers of %d bits; entries are as wide as the sums of its transform.", d.field, d.Name, d.N, d.Bits)
	case d.gap == d.N/2:
		return fmt.Sprintf("%s is the state %s, %d integers of %d bits: word w holds unit w + unit w+%d << 32.", d.field, d.Name, d.N, d.Bits, d.gap)
	}
	return fmt.Sprintf("%s is the state %s, %d integers of %d bits: word w holds unit i + unit i+%d << 32, i = w + w&^%d.", d.field, d.Name, d.N, d.Bits, d.gap, d.gap-1)
}

// unpack takes a word v apart into lo and hi of a type.
func unpack(typ string) jen.Code {
	lo := expr{jen.Id("v"), "int64", atom}.as("int32").as(typ)
	hi := expr{jen.Parens(jen.Id("v").Op("+").Lit(1).Op("<<").Lit(31)).Op(">>").Lit(32), "int64", product}.as(typ)
	return jen.List(jen.Id("lo"), jen.Id("hi")).Op(":=").List(lo.code, hi.code)
}

// forWords loops over a packed state, with v the word and i the unit of its lower lane.
func (d *layer) forWords(body ...jen.Code) jen.Code {
	if d.gap == d.N/2 {
		return jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Op("&").Add(field(d.field))).Block(body...)
	}
	index := jen.Id("i").Op(":=").Id("w").Op("+").Id("w").Op("&^").Lit(d.gap - 1)
	return jen.For(jen.List(jen.Id("w"), jen.Id("v")).Op(":=").Range().Op("&").Add(field(d.field))).Block(append([]jen.Code{index}, body...)...)
}

// forEachWord loops over a packed state as forWords does, without naming the unit.
func (d *layer) forEachWord(body ...jen.Code) jen.Code {
	return jen.For(jen.List(d.word(), jen.Id("v")).Op(":=").Range().Op("&").Add(field(d.field))).Block(body...)
}

// word is the index of the word in both.
func (d *layer) word() *jen.Statement {
	if d.gap == d.N/2 {
		return jen.Id("i")
	}
	return jen.Id("w")
}

// read copies a state, through relu if asked for and through f, to a scratch field of N entries of a type.
func (g *generator) read(d *layer, relu bool, to, typ string, f func(expr) expr) jen.Code {
	put := func(index, v *jen.Statement) *jen.Statement { return field(to).Index(index).Op("=").Add(v) }
	entry := func(id, t string) *jen.Statement { return f(name(id, t).relu(relu)).as(typ).code }
	if !d.packed {
		return jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Op("&").Add(field(d.field))).Block(
			put(jen.Id("i"), entry("v", d.elem)))
	}
	t := work(d.Bits)
	return d.forWords(unpack(t), put(jen.Id("i"), entry("lo", t)), put(jen.Id("i").Op("+").Lit(d.gap), entry("hi", t)))
}

// step writes the method that advances one layer, and returns its call.
func (g *generator) step(d *layer) jen.Code {
	n := g.names.pick("step" + d.title)
	var body []jen.Code
	if d.PreSigns != nil {
		table := g.table("preSigns"+d.title, "int8", fmt.Sprintf("multiplies %s ahead of its transform.", d.Name), widen(d.PreSigns), d.N)
		body = append(body, jen.For(jen.List(jen.Id("i"), jen.Id("s")).Op(":=").Range().Op("&").Id(table)).Block(
			field(d.field).Index(jen.Id("i")).Op("*=").Add(name("s", "int8").as(d.elem).code)))
	}
	update := g.updates(d)
	params, args := g.params(d)
	doc := []string{fmt.Sprintf("advances %s: its transform, rounded, with signs, plus what flows in, clamped to %d bits", d.Name, d.Bits), "(docs/numerics.md, section 3)."}
	if !d.Staged {
		body = append(body, g.transformAll(d, -1)...)
	}
	if !d.TwoPhase() {
		g.method(n, doc, params, nil, append(body, update(arith.Even)...))
		return jen.Id("m").Dot(n).Call(args...)
	}
	odd, even := g.names.pick("update"+d.title+"Odd"), g.names.pick("update"+d.title+"Even")
	body = append(body, jen.If(jen.Id("m").Dot("odd")).Block(
		jen.Id("m").Dot(odd).Call(args...)).Else().Block(
		jen.Id("m").Dot(even).Call(args...)))
	g.method(n, doc, params, nil, body)
	g.method(odd, []string{fmt.Sprintf("is the part of %s that is particular to odd t.", n)}, params, nil, update(arith.Odd))
	g.method(even, []string{fmt.Sprintf("is the part of %s that is particular to even t.", n)}, params, nil, update(arith.Even))
	return jen.Id("m").Dot(n).Call(args...)
}

// updates prepares the tables of a layer and gives what follows its transform, at even and odd t.
func (g *generator) updates(d *layer) func(ph int) []jen.Code {
	if g.wide && d.lanewise() {
		return g.lanes(d)
	}
	u := updater{g: g, layer: d}
	if slices.Contains(d.Signs, -1) {
		u.signs = g.table("signs"+d.title, "int8", fmt.Sprintf("multiplies the rounded transform of %s.", d.Name), widen(d.Signs), d.N)
	}
	var biases [2]string
	if d.Bias[0] != nil {
		biases, u.biasType = g.bias("bias"+d.title, d.Name, d.Bias)
	}
	if d.Perm != nil {
		ints := make([]int64, d.N)
		for i, v := range d.Perm {
			ints[i] = int64(v)
		}
		typ := "uint16"
		if d.N > 1<<16 {
			typ = "int32"
		}
		u.perm = g.table("perm"+d.title, typ, fmt.Sprintf("names the entry of the transform that each unit of %s takes.", d.Name), ints, d.N)
	}
	terms := g.term(d)
	return func(ph int) []jen.Code {
		at := u
		at.ph, at.bias, at.term = ph, biases[ph], terms.phase(ph)
		return at.code()
	}
}

// transformAll transforms every block of a state; shift as in transform.
func (g *generator) transformAll(d *layer, shift int) []jen.Code {
	block := d.Block
	if d.cross {
		block /= 2
	}
	if block == 1 {
		return nil
	}
	n := g.transform(block, d.elem, shift)
	if block == d.words() {
		return append(g.raise(d, jen.Lit(0)), jen.Id(n).Call(jen.Op("&").Add(field(d.field))))
	}
	return []jen.Code{jen.For(jen.Id("i").Op(":=").Lit(0), jen.Id("i").Op("<").Lit(d.words()), jen.Id("i").Op("+=").Lit(block)).Block(append(g.raise(d, jen.Id("i")),
		jen.Id(n).Call(jen.Parens(jen.Op("*").Index(jen.Lit(block)).Id(d.elem)).Parens(field(d.field).Index(jen.Id("i").Op(":")))))...)}
}

// raise adds the offset of a rounded transform's lanes to the first word of a block, whose transform adds it to every word.
func (g *generator) raise(d *layer, word *jen.Statement) []jen.Code {
	if !g.raised(d) {
		return nil
	}
	return []jen.Code{
		jen.Comment(fmt.Sprintf("The transform brings what is added to its first entry to all: 2^%d, so that no lane is negative.", d.ZBits-1)),
		field(d.field).Index(word).Op("+=").Add(power(d.ZBits - 1)).Op("*").Add(g.ones()),
	}
}

// raised reports whether the offset is added ahead of the transform: there is one, its sums are exact, and the update
// runs on words.
func (g *generator) raised(d *layer) bool {
	return g.wide && d.lanewise() && d.cross && d.Block > 2 && !d.Staged
}

// updater writes what follows the transform at even or odd t.
type updater struct {
	g                 *generator
	layer             *layer
	ph                int
	signs, bias, perm string // tables, or ""
	biasType          string
	term              *flow // nil for none
}

// typ is the type to compute in: it holds z plus its rounding constant, r, a and their sum.
func (u *updater) typ() string {
	d, r := u.layer, u.layer.Round[u.ph]
	bits := max(d.ZBits, d.RBits, d.SumBits, d.Bits)
	if !d.Staged {
		bits = max(bits, max(d.ZBits, r.Shift)+1)
		if r.Mul != 1 {
			bits = 64
		}
	}
	if d.Term != nil {
		bits = max(bits, d.Term.OutBits)
	}
	return work(bits)
}

func (u *updater) code() []jen.Code {
	d := u.layer
	var body []jen.Code
	if d.Staged {
		body = u.g.transformAll(d, d.Round[u.ph].Shift)
	}
	if u.term != nil {
		body = append(body, u.term.before...)
	}
	if d.packed {
		return append(body, u.pairs()...)
	}
	return append(body, u.singles()...)
}

// value is the new integer of unit index before it is clamped, from the transform's z.
func (u *updater) value(z expr, index *jen.Statement) expr {
	t := u.typ()
	entry := func(table, typ string) expr { return expr{jen.Id(table).Index(index.Clone()), typ, atom}.as(t) }
	v := z.as(t)
	if !u.layer.Staged {
		r := u.layer.Round[u.ph]
		v = v.mul(r.Mul).round(r.Shift)
	}
	if u.signs != "" {
		v = entry(u.signs, "int8").times(v)
	}
	if u.term != nil {
		v = v.plus(u.term.entry(index).as(t))
	}
	if u.bias != "" {
		v = v.plus(entry(u.bias, u.biasType))
	}
	return v
}

// clamp is min(max(v, lowest), highest).
func (u *updater) clamp(v *jen.Statement) *jen.Statement {
	b := u.layer.Bits
	lo, hi := -(int64(1) << (b - 1)), int64(1)<<(b-1)-1
	return jen.Id("min").Call(jen.Id("max").Call(v, number(lo)), number(hi))
}

// singles handles one unit at a time.
func (u *updater) singles() []jen.Code {
	d := u.layer
	z, loop := name("v", d.elem), jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Op("&").Add(field(d.field))
	var body []jen.Code
	if u.perm != "" {
		scratch := u.g.scratch("z", d.N, d.elem)
		body = append(body, field(scratch).Op("=").Add(field(d.field)))
		z = expr{field(scratch).Index(jen.Id(u.perm).Index(jen.Id("i"))), d.elem, atom}
		loop = jen.Id("i").Op(":=").Range().Op("&").Add(field(d.field))
	}
	v := u.value(z, jen.Id("i"))
	if u.layer.clamped() {
		v = expr{u.clamp(v.code), v.typ, atom}
	}
	return append(body, jen.For(loop).Block(field(d.field).Index(jen.Id("i")).Op("=").Add(v.as(d.elem).code)))
}

// pairs handles the two units of a word at a time.
func (u *updater) pairs() []jen.Code {
	d, t := u.layer, u.typ()
	body := []jen.Code{unpack(t)}
	if d.cross {
		body = append(body, jen.List(jen.Id("lo"), jen.Id("hi")).Op("=").List(jen.Id("lo").Op("+").Id("hi"), jen.Id("lo").Op("-").Id("hi")))
	}
	body = append(body,
		jen.Id("lo").Op("=").Add(u.value(name("lo", t), jen.Id("i")).code),
		jen.Id("hi").Op("=").Add(u.value(name("hi", t), jen.Id("i").Op("+").Lit(d.gap)).code))
	if u.layer.clamped() {
		// Values in range leave nothing above the state's bits once its lowest is taken off: one branch, rarely
		// taken, instead of four.
		above := func(v string) *jen.Statement {
			return jen.Id("u" + t).Call(jen.Id(v).Op("+").Add(power(d.Bits - 1)))
		}
		body = append(body, jen.If(jen.Parens(above("lo").Op("|").Add(above("hi"))).Op(">>").Lit(d.Bits).Op("!=").Lit(0)).Block(
			jen.List(jen.Id("lo"), jen.Id("hi")).Op("=").List(u.clamp(jen.Id("lo")), u.clamp(jen.Id("hi")))))
	}
	lo, hi := name("lo", t).as("int64"), name("hi", t).as("int64")
	body = append(body, field(d.field).Index(d.word()).Op("=").Add(lo.code).Op("+").Add(hi.code).Op("<<").Lit(32))
	return []jen.Code{d.forWords(body...)}
}

// field is a field of the model.
func field(f string) *jen.Statement { return jen.Id("m").Dot(f) }
