package c

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// index is the type of loop counters: int, which is fastest everywhere, unless 16 bits could not count the largest table.
func (g *generator) index() string {
	largest := 0
	for i := range g.plan.Layers {
		l := &g.plan.Layers[i]
		largest = max(largest, l.N)
		if l.Term != nil {
			largest = max(largest, len(l.Term.Matrix.Ints))
			if l.Term.Embed != nil {
				largest = max(largest, len(l.Term.Embed.Ints))
			}
		}
	}
	if max(largest, len(g.plan.Readout.Matrix.Ints)) < 1<<15 {
		return "int"
	}
	return "int32_t"
}

// each opens a loop over n entries.
func (g *generator) each(counter string, n int) string {
	return fmt.Sprintf("for (%s %s = 0; %s < %d; %s++) {", g.index(), counter, counter, n, counter)
}

// layerPrinter prints the functions of one layer.
type layerPrinter struct {
	*generator
	l         *lower.Layer
	name      string // of its state in the struct
	stepName  string // of its function
	z         int    // lane of the transform
	sum       int    // lane of the sum
	acc       int    // lane of the product that flows in
	transform [2]string
	signs     string
	presigns  string
	perm      string
	bias      [2]string
	source    string // declarations in front of the loop that the product needs
	product   [2]string
	arrays    int // bytes of them on the stack
}

func (g *generator) layer(i int) {
	l := &g.plan.Layers[i]
	p := &layerPrinter{generator: g, l: l, name: g.layers[i], stepName: g.steps[i]}
	p.z = lane(l.ZBits + 1)
	p.sum = wide(l.ZBits+1, l.RBits, l.SumBits)
	if t := l.Term; t != nil {
		p.sum = max(p.sum, wide(t.OutBits))
		p.acc = wide(t.AccBits, t.MidMulBits, t.MidBits, t.OutBits, t.InBits)
	}
	p.layerTables()
	p.hadamard()
	p.stepFunction()
	g.stackBytes = max(g.stackBytes, p.arrays)
}

// halvings lists after which pairs of stages each phase halves; without staged rounding after none.
func (p *layerPrinter) halvings(phase int) []bool {
	out := make([]bool, p.l.K/2)
	for i := range out {
		out[i] = p.l.Staged && p.l.Round[phase].Shift > i
	}
	return out
}

// shift is what is left to round after the transform.
func (p *layerPrinter) shift(phase int) int {
	if p.l.Staged {
		return max(0, p.l.Round[phase].Shift-p.l.K/2)
	}
	return p.l.Round[phase].Shift
}

func (p *layerPrinter) hadamard() {
	if p.l.K == 0 {
		return
	}
	even, odd := p.halvings(arith.Even), p.halvings(arith.Odd)
	name := p.names.Get("hadamard_" + p.name)
	p.transform = [2]string{name, name}
	if fmt.Sprint(even) != fmt.Sprint(odd) {
		p.transform[arith.Odd] = p.names.Get("hadamard_" + p.name + "_odd")
		p.hadamardFunction(p.transform[arith.Odd], odd)
	}
	p.hadamardFunction(name, even)
}

// pass is stages of butterflies that are computed together, so that loads and stores between them are saved: one to three
// stages, the first of a stride, halved behind the second when halve is set.
type pass struct {
	stride, stages int
	halve          bool
}

// passes lists the transform's. Staged rounding orders the stages by stride. Exact sums may come in any order: the widest
// strides first, so that a compiler widens the state to the transform's lanes in a pass without shuffles, two stages a
// pass, and three in one of them when their number is odd.
func (p *layerPrinter) passes(halve []bool) (out []pass) {
	if p.l.Staged {
		for i, h := range halve {
			out = append(out, pass{1 << (2 * i), 2, h})
		}
		if p.l.K%2 == 1 {
			out = append(out, pass{p.l.Block / 2, 1, false})
		}
		return out
	}
	for left := p.l.K; left > 0; {
		n := min(2, left)
		if len(out) == 1 && left%2 == 1 && left >= 3 {
			n = 3
		}
		left -= n
		out = append(out, pass{1 << left, n, false})
	}
	return out
}

// hadamardFunction prints the transform of a state into z.
func (p *layerPrinter) hadamardFunction(name string, halve []bool) {
	l, t := p.l, ctype(p.z)
	rounding := "exact"
	if l.Staged {
		rounding = "rounded between stages"
	}
	p.code.line("")
	p.code.comment("The Hadamard transform in blocks of %d in natural order, %s: %d stages of butterflies.", l.Block, rounding, l.K)
	p.code.line("static void %s(%s z[%d], const %s from[%d])", name, t, l.N, ctype(lane(l.Bits)), l.N)
	p.code.line("{")
	for i, s := range p.passes(halve) {
		p.pass(s, i == 0)
	}
	p.code.line("}")
}

// entry is an entry of the state in front of the transform.
func (p *layerPrinter) entry(index string) string {
	v := fmt.Sprintf("from[%s]", index)
	if p.presigns == "" {
		return v
	}
	if p.z > 16 {
		v = cast(p.z, v) // the smallest int has no negative, and it may have 16 bits
	}
	return p.narrow(fmt.Sprintf("(%s ^ %s[%s]) - %s[%s]", v, p.presigns, index, p.presigns, index))
}

// pass prints one pass. Entry k of a butterfly is k strides behind the first; level by level, entry k meets the one whose
// number differs in that level's bit.
func (p *layerPrinter) pass(s pass, first bool) {
	c := &p.code
	n := 1 << s.stages
	at, end := p.pairs(n*s.stride, s.stride)
	read := func(index string) string {
		if first {
			return p.entry(index)
		}
		return fmt.Sprintf("z[%s]", index)
	}
	names := []string{"a", "b", "c"}
	var loads []string
	for k := range n {
		loads = append(loads, fmt.Sprintf("a%d = %s", k, read(at(k*s.stride))))
	}
	for len(loads) > 0 {
		m := min(4, len(loads))
		c.line("const %s %s;", ctype(p.z), strings.Join(loads[:m], ", "))
		loads = loads[m:]
	}
	wideType := ctype(max(p.z, 32))
	if p.z < 32 {
		wideType = "int"
	}
	sum := func(level, k int) string {
		name, bit := names[level], 1<<level
		if k&bit == 0 {
			return fmt.Sprintf("%s%d + %s%d", name, k, name, k|bit)
		}
		return fmt.Sprintf("%s%d - %s%d", name, k&^bit, name, k)
	}
	for level := range s.stages - 1 {
		var parts []string
		for k := range n {
			parts = append(parts, fmt.Sprintf("%s%d = %s", names[level+1], k, sum(level, k)))
		}
		for len(parts) > 0 {
			m := min(4, len(parts))
			c.line("const %s %s;", wideType, strings.Join(parts[:m], ", "))
			parts = parts[m:]
		}
	}
	for k := range n {
		v := sum(s.stages-1, k)
		if s.halve {
			v = p.requant(v, arith.Requant{Mul: 1, Shift: 1}, max(p.z, 32))
		}
		c.line("z[%s] = %s;", at(k*s.stride), p.narrow(v))
	}
	end()
}

func (p *layerPrinter) narrow(v string) string {
	if p.z < 32 {
		return cast(p.z, v)
	}
	return v
}

// pairs opens the loops over groups of span entries and over the stride entries in each that start a butterfly, one loop
// where the other would run once. It gives the index of an entry at an offset, and what closes the loops.
func (p *layerPrinter) pairs(span, stride int) (at func(offset int) string, end func()) {
	c := &p.code
	index := "i + j"
	open := 1
	switch {
	case stride == 1:
		index = "i"
		c.line("for (%s i = 0; i < %d; i += %d) {", p.index(), p.l.N, span)
	case span == p.l.N:
		index = "j"
		c.line("%s", p.each("j", stride))
	default:
		open = 2
		c.line("for (%s i = 0; i < %d; i += %d) {", p.index(), p.l.N, span)
		c.line("%s", p.each("j", stride))
	}
	at = func(offset int) string {
		if offset == 0 {
			return index
		}
		return fmt.Sprintf("%s + %d", index, offset)
	}
	return at, func() {
		for range open {
			c.line("}")
		}
	}
}

// masks are -1 for a sign of -1 and 0 for +1: (v ^ mask) - mask negates without a branch or a product.
func masks(signs []int8) (out []int64, negates bool) {
	for _, s := range signs {
		m := int64(0)
		if s < 0 {
			m, negates = -1, true
		}
		out = append(out, m)
	}
	return out, negates
}

func (p *layerPrinter) layerTables() {
	l := p.l
	if m, negates := masks(l.Signs); negates {
		p.signs = p.table(p.name+"_signs", fmt.Sprintf("Signs of the rows of the recurrence of %s: -1 negates, 0 does not.", l.Name), m)
	}
	if m, negates := masks(l.PreSigns); negates {
		p.presigns = p.table(p.name+"_presigns", fmt.Sprintf("Signs in front of the transform of %s: -1 negates, 0 does not.", l.Name), m)
	}
	if l.Perm != nil {
		order := make([]int64, l.N)
		for i, j := range l.Perm {
			order[i] = int64(j)
		}
		p.perm = p.table(p.name+"_order", fmt.Sprintf("Unit i of %s takes entry order[i] of the transform.", l.Name), order)
	}
	p.bias = p.biasTables(p.name+"_bias", fmt.Sprintf("Bias of %s", l.Name), l.Bias)
	if l.Term != nil {
		p.term(l.Term)
	}
}

// biasTables writes one table, or one for even and one for odd steps where they differ; empty names for none.
func (g *generator) biasTables(name, comment string, b [2][]int64) [2]string {
	if b[0] == nil {
		return [2]string{}
	}
	if fmt.Sprint(b[0]) == fmt.Sprint(b[1]) {
		t := g.table(name, comment+".", b[0])
		return [2]string{t, t}
	}
	lane := g.tableLane(b[0], b[1])
	return [2]string{
		g.tableOf(lane, name+"_even", comment+" at even steps.", b[0]),
		g.tableOf(lane, name+"_odd", comment+" at odd steps.", b[1]),
	}
}

// smallInput is how many products are written out in the update loop.
const smallInput = 4

func (p *layerPrinter) term(t *lower.Term) {
	w := &t.Matrix
	what := fmt.Sprintf("%s [%d, %d], %d bits an entry", w.Name, w.Rows, w.Cols, w.Bits)
	switch {
	case t.Source == lower.FromOneHot:
		u := p.table(w.Name, what+", column by column.", transposed(w))
		p.source = fmt.Sprintf("TABLE %s *const column = &%s[(%s)token * %d];\n", p.tableType(w.Ints), u, p.index(), w.Rows)
		for ph := range p.product {
			one := t.In[ph].Apply(1)
			p.product[ph] = cast(p.acc, "column[i]")
			if one != 1 {
				p.product[ph] += " * " + literal(one)
			}
		}
	case w.Adders != nil:
		p.adders(t)
	case w.Cols <= smallInput && t.Source == lower.FromVector:
		u := p.table(w.Name, what+", column by column.", transposed(w))
		var terms []string
		for c := range w.Cols {
			p.source += fmt.Sprintf("const %s x%d = %s;\n", ctype(p.acc), c, p.input(t, fmt.Sprintf("x[%d]", c)))
			at := "i"
			if c > 0 {
				at = fmt.Sprintf("i + %d", c*w.Rows)
			}
			terms = append(terms, fmt.Sprintf("%s[%s] * x%d", u, at, c))
		}
		p.product = [2]string{strings.Join(terms, " + "), strings.Join(terms, " + ")}
	default:
		p.rows(t, what)
	}
}

// rows prints the product as an inner loop over a row; v holds the vector.
func (p *layerPrinter) rows(t *lower.Term, what string) {
	w := &t.Matrix
	u := p.table(w.Name, what+", row by row.", w.Ints)
	p.source = p.vector(t) +
		fmt.Sprintf("%s a[%d];\n%s\nTABLE %s *const row = &%s[i * %d];\n%s acc = 0;\n%s\nacc += row[j] * v[j];\n}\na[i] = acc;\n}\n",
			ctype(p.acc), w.Rows, p.each("i", w.Rows), p.tableType(w.Ints), u, w.Cols, ctype(p.acc), p.each("j", w.Cols))
	p.product = [2]string{"a[i]", "a[i]"}
	p.stack(p.acc, w.Rows)
}

func (p *layerPrinter) stack(lane, n int) { p.arrays += lane / 8 * n }

// vector fills v with what the matrix multiplies.
func (p *layerPrinter) vector(t *lower.Term) string {
	cols := t.Matrix.Cols
	entry := "x[j]"
	before := ""
	switch t.Source {
	case lower.FromState:
		entry = "s->" + p.layers[t.Layer] + "[j]"
		if t.Relu {
			entry = fmt.Sprintf("(%s > 0 ? %s : 0)", entry, entry)
		}
	case lower.FromEmbed:
		e := p.table(t.Embed.Name, fmt.Sprintf("%s: one row of %d a token.", t.Embed.Name, cols), t.Embed.Ints)
		before = fmt.Sprintf("TABLE %s *const embedding = &%s[(%s)token * %d];\n", p.tableType(t.Embed.Ints), e, p.index(), cols)
		entry = "embedding[j]"
	}
	p.stack(p.acc, cols)
	return before + fmt.Sprintf("%s v[%d];\n%s\nv[j] = %s;\n}\n", ctype(p.acc), cols, p.each("j", cols), p.input(t, entry))
}

// input is one entry of the vector, requantised as the phase has it.
func (p *layerPrinter) input(t *lower.Term, entry string) string {
	in := wide(t.InMulBits, t.InBits)
	spell := func(r arith.Requant) string {
		if r == (arith.Requant{Mul: 1}) {
			return entry
		}
		v := p.requant(cast(in, entry), r, in)
		if in > p.acc {
			v = cast(p.acc, v)
		}
		return v
	}
	return byPhase(spell(t.In[arith.Even]), spell(t.In[arith.Odd]))
}

// adders prints the product as shared additions, into a.
func (p *layerPrinter) adders(t *lower.Term) {
	rows := t.Matrix.Rows
	p.source = p.vector(t) + fmt.Sprintf("%s a[%d];\n", ctype(p.acc), rows) +
		adderCode(t.Matrix.Adders, ctype(p.acc), func(i int) string { return fmt.Sprintf("a[%d]", i) })
	p.product = [2]string{"a[i]", "a[i]"}
	p.stack(p.acc, rows)
}

// adderCode writes a graph of shifts and additions over v; shifts are products with powers of two, which C defines for
// negative numbers too.
func adderCode(g *arith.AdderGraph, t string, out func(i int) string) string {
	var b strings.Builder
	if g.Zero() {
		b.WriteString("(void)v;\n")
	}
	node := func(n, shift int) string {
		name := fmt.Sprintf("v[%d]", n)
		if n >= g.Inputs {
			name = fmt.Sprintf("n%d", n-g.Inputs)
		}
		if shift > 0 {
			name += " * " + literal(1<<shift)
		}
		return name
	}
	for i, n := range g.Nodes {
		op := "+"
		if n.Sub {
			op = "-"
		}
		fmt.Fprintf(&b, "const %s n%d = %s %s %s;\n", t, i, node(n.A, n.ShiftA), op, node(n.B, n.ShiftB))
	}
	for i, o := range g.Out {
		v := "0"
		if o.Node >= 0 {
			v = node(o.Node, o.Shift)
		}
		if o.Neg {
			v = "-" + v
		}
		fmt.Fprintf(&b, "%s = %s;\n", out(i), v)
	}
	return b.String()
}

func transposed(w *lower.Matrix) []int64 {
	out := make([]int64, len(w.Ints))
	for r := range w.Rows {
		for c := range w.Cols {
			out[c*w.Rows+r] = w.Ints[r*w.Cols+c]
		}
	}
	return out
}

func (g *generator) tableType(v []int64) string { return ctype(g.tableLane(v)) }

// inputParam is the parameter that carries a step's input.
func (g *generator) inputParam() string {
	if g.plan.Input.Kind == ir.Token {
		return fmt.Sprintf("%s_input token", g.prefix)
	}
	return fmt.Sprintf("const %s_input x[%d]", g.prefix, g.plan.Input.Size)
}

func (g *generator) inputArg() string {
	if g.plan.Input.Kind == ir.Token {
		return "token"
	}
	return "x"
}

func (p *layerPrinter) readsInput() bool {
	return p.l.Term != nil && p.l.Term.Source != lower.FromState
}

// signature is the layer's parameters and arguments: only what it uses.
func (p *layerPrinter) signature() (params, args string) {
	params, args = fmt.Sprintf("%s_state *s", p.prefix), "s"
	if p.readsInput() {
		params += ", " + p.inputParam()
		args += ", " + p.inputArg()
	}
	if p.l.TwoPhase() {
		params += ", int odd"
		args += ", odd"
	}
	return params, args
}

func (p *layerPrinter) stepFunction() {
	l, c := p.l, &p.code
	params, _ := p.signature()
	c.line("")
	c.comment("One step of layer %s (docs/numerics.md, section 3): %s = saturate(signs * round(S %s) + input + bias).", l.Name, l.Name, l.Name)
	c.line("static void %s(%s)", p.stepName, params)
	c.line("{")
	c.line("%s z[%d];", ctype(p.z), l.N)
	p.stack(p.z, l.N)
	call := func(name string) { c.line("%s(z, s->%s);", name, p.name) }
	switch {
	case l.K == 0:
		c.line("const %s *const from = s->%s;", ctype(lane(l.Bits)), p.name)
		c.line("%s", p.each("i", l.N))
		c.line("z[i] = %s;", p.entry("i"))
		c.line("}")
	case p.transform[0] == p.transform[1]:
		call(p.transform[0])
	default:
		c.line("if (odd) {")
		call(p.transform[arith.Odd])
		c.line("} else {")
		call(p.transform[arith.Even])
		c.line("}")
	}
	if p.source != "" {
		for _, s := range strings.Split(strings.TrimSuffix(p.source, "\n"), "\n") {
			c.line("%s", s)
		}
	}
	even, odd := p.loop(arith.Even), p.loop(arith.Odd)
	if fmt.Sprint(even) == fmt.Sprint(odd) {
		p.lines(even)
	} else {
		c.line("if (odd) {")
		p.lines(odd)
		c.line("} else {")
		p.lines(even)
		c.line("}")
	}
	c.line("}")
}

func (p *layerPrinter) lines(v []string) {
	for _, s := range v {
		p.code.line("%s", s)
	}
}

// loop is the update of every unit at one phase.
func (p *layerPrinter) loop(phase int) []string {
	l, t := p.l, ctype(p.sum)
	z := "z[i]"
	if p.perm != "" {
		z = fmt.Sprintf("z[%s[i]]", p.perm)
	}
	out := []string{p.each("i", l.N)}
	round := arith.Requant{Mul: 1, Shift: p.shift(phase)}
	switch {
	case p.signs == "":
		out = append(out, fmt.Sprintf("%s g = %s;", t, p.requant(z, round, p.sum)))
	case round.Shift > 0:
		// -v - 1, which ^ -1 gives, rounds half up to minus what v does.
		out = append(out, fmt.Sprintf("%s g = %s;", t, p.requant(fmt.Sprintf("%s ^ %s[i]", z, p.signs), round, p.sum)))
	default:
		out = append(out, fmt.Sprintf("%s g = (%s ^ %s[i]) - %s[i];", t, z, p.signs, p.signs))
	}
	if l.Term != nil {
		a := p.product[phase]
		for _, r := range []arith.Requant{l.Term.Mid[phase], l.Term.Out[phase]} {
			if r != (arith.Requant{Mul: 1}) {
				a = p.requant(a, r, p.acc)
			}
		}
		if p.acc > p.sum {
			a = cast(p.sum, a)
		}
		out = append(out, fmt.Sprintf("g += %s;", a))
	}
	if b := p.bias[phase]; b != "" {
		out = append(out, fmt.Sprintf("g += %s[i];", b))
	}
	if l.Saturate {
		// Two statements: compilers make a minimum and a maximum of them, and of nested conditions they do not.
		lo, hi := literal(-1<<(l.Bits-1)), literal(1<<(l.Bits-1)-1)
		out = append(out, fmt.Sprintf("g = g < %s ? %s : g;", lo, lo), fmt.Sprintf("g = g > %s ? %s : g;", hi, hi))
	}
	store := "g"
	if lane(l.Bits) < p.sum {
		store = cast(lane(l.Bits), store)
	}
	return append(out, fmt.Sprintf("s->%s[i] = %s;", p.name, store), "}")
}
