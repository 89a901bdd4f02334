package c

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// valueLane is the type of an output: 32 bits or 64.
func (g *generator) valueLane() int {
	r := &g.plan.Readout
	if g.plan.Output.When == ir.Mean {
		return wide(r.MeanBits, r.YBits)
	}
	return wide(r.YBits)
}

// readout prints the product of the output with the last state.
func (g *generator) readout() {
	r, c := &g.plan.Readout, &g.code
	w := &r.Matrix
	y := wide(r.YBits)
	bias := g.biasTables("output_bias", "Bias of the outputs", r.Bias)
	what := fmt.Sprintf("%s [%d, %d], %d bits an entry, row by row.", w.Name, w.Rows, w.Cols, w.Bits)
	var v string
	if w.Adders == nil {
		v = g.table(w.Name, what, w.Ints)
	}
	entry := fmt.Sprintf("s->%s[j]", g.layers[r.Layer])
	if r.Relu {
		entry = fmt.Sprintf("(%s > 0 ? %s : 0)", entry, entry)
	}
	params := fmt.Sprintf("const %s_state *s, %s y[%d]", g.prefix, ctype(y), w.Rows)
	if bias[0] != bias[1] {
		params += ", int odd"
	}
	c.line("")
	c.comment("The outputs of the state at hand: %s times %s, plus a bias.", w.Name, map[bool]string{true: "relu(" + g.plan.Layers[r.Layer].Name + ")", false: g.plan.Layers[r.Layer].Name}[r.Relu])
	c.line("static void readout(%s)", params)
	c.line("{")
	if w.Adders != nil {
		g.readoutAdders(w, y, entry)
	} else {
		c.line("%s", g.each("i", w.Rows))
		c.line("TABLE %s *const row = &%s[i * %d];", g.tableType(w.Ints), v, w.Cols)
		c.line("%s acc = 0;", ctype(y))
		c.line("%s", g.each("j", w.Cols))
		c.line("acc += row[j] * %s;", cast(y, entry))
		c.line("}")
		c.line("y[i] = acc;")
		c.line("}")
	}
	if bias[0] != "" {
		g.addBias(w.Rows, bias)
	}
	c.line("}")
}

func (g *generator) addBias(rows int, bias [2]string) {
	c := &g.code
	b := bias[0]
	if bias[0] != bias[1] {
		b = "bias"
		c.line("TABLE %s *const bias = odd ? %s : %s;", g.biasType(), bias[arith.Odd], bias[arith.Even])
	}
	c.line("%s", g.each("i", rows))
	c.line("y[i] += %s[i];", b)
	c.line("}")
}

// biasType is the type of both bias tables of the output.
func (g *generator) biasType() string {
	return ctype(g.tableLane(g.plan.Readout.Bias[0], g.plan.Readout.Bias[1]))
}

func (g *generator) readoutAdders(w *lower.Matrix, y int, entry string) {
	c := &g.code
	c.line("%s v[%d];", ctype(y), w.Cols)
	c.line("%s", g.each("j", w.Cols))
	c.line("v[j] = %s;", entry)
	c.line("}")
	for _, s := range strings.Split(strings.TrimSuffix(adderCode(w.Adders, ctype(y), func(i int) string { return fmt.Sprintf("y[%d]", i) }), "\n"), "\n") {
		c.line("%s", s)
	}
}

func (g *generator) readoutCall(state, odd string) string {
	if b := g.plan.Readout.Bias; b[0] != nil && fmt.Sprint(b[0]) != fmt.Sprint(b[1]) {
		return fmt.Sprintf("readout(%s, y, %s);", state, odd)
	}
	return fmt.Sprintf("readout(%s, y);", state)
}

// step prints the public functions that move a model on.
func (g *generator) step() {
	c, p := &g.code, g.plan
	c.line("")
	c.line("void %s_init(%s_state *s)", g.prefix, g.prefix)
	c.line("{")
	c.line("memset(s, 0, sizeof *s);")
	c.line("}")
	c.line("")
	c.line("void %s_step(%s_state *s, %s)", g.prefix, g.prefix, g.inputParam())
	c.line("{")
	if g.twoPhase {
		c.line("const int odd = !s->odd; /* the first step is number 1 */")
	}
	for i := range p.Layers {
		lp := &layerPrinter{generator: g, l: &p.Layers[i]}
		_, args := lp.signature()
		c.line("%s(%s);", g.steps[i], args)
	}
	if !g.readsInput() {
		c.line("(void)%s;", g.inputArg())
	}
	if p.Output.When == ir.Mean {
		g.accumulate()
	}
	if g.twoPhase {
		c.line("s->odd = (uint8_t)odd;")
	}
	c.line("}")
}

func (g *generator) readsInput() bool {
	for i := range g.plan.Layers {
		if t := g.plan.Layers[i].Term; t != nil && t.Source != lower.FromState {
			return true
		}
	}
	return false
}

func (g *generator) accumulate() {
	c, r := &g.code, &g.plan.Readout
	y := wide(r.YBits)
	c.line("%s y[%d];", ctype(y), r.Matrix.Rows)
	arrays := y / 8 * r.Matrix.Rows
	if r.Matrix.Adders != nil {
		arrays += y / 8 * r.Matrix.Cols
	}
	g.stackBytes = max(g.stackBytes, arrays)
	c.line("%s", g.readoutCall("s", "odd"))
	c.line("%s", g.each("i", r.Matrix.Rows))
	add := func(sum string) {
		v := fmt.Sprintf("s->%s[i] + y[i]", sum)
		if t := lane(r.MeanBits); t < max(32, y) {
			v = cast(t, v)
		}
		c.line("s->%s[i] = %s;", sum, v)
	}
	if r.Rescale == nil {
		add("sum")
	} else {
		c.line("if (odd) {")
		add("sum_odd")
		c.line("} else {")
		add("sum")
		c.line("}")
	}
	c.line("}")
}

// output prints what a caller reads: the accumulators, and the decision.
func (g *generator) output() {
	c, p := &g.code, g.plan
	rows := p.Readout.Matrix.Rows
	c.line("")
	c.line("void %s_output(const %s_state *s, %s_value y[%d])", g.prefix, g.prefix, g.prefix, rows)
	c.line("{")
	if p.Output.When == ir.Mean {
		g.meanOutput(rows)
	} else {
		c.line("%s", g.readoutCall("s", "s->odd"))
	}
	c.line("}")
	switch p.Output.Decision {
	case ir.Argmax:
		c.line("")
		c.line("int %s_class(const %s_state *s)", g.prefix, g.prefix)
		c.line("{")
		c.line("%s_value y[%d];", g.prefix, rows)
		c.line("int best = 0;")
		c.line("%s_output(s, y);", g.prefix)
		c.line("for (int i = 1; i < %d; i++) {", rows)
		c.line("if (y[i] > y[best]) {")
		c.line("best = i;")
		c.line("}")
		c.line("}")
		c.line("return best;")
		c.line("}")
	case ir.Threshold:
		g.thresholdBits(rows)
	}
}

func (g *generator) meanOutput(rows int) {
	c, r := &g.code, &g.plan.Readout
	c.line("%s", g.each("i", rows))
	v := "s->sum[i]"
	if r.Rescale != nil {
		l := wide(r.RescaleBits)
		odd := g.requant(cast(l, "s->sum_odd[i]"), *r.Rescale, l)
		if l > g.valueLane() {
			odd = cast(g.valueLane(), odd)
		}
		v += " + " + odd
	}
	c.line("y[i] = %s;", v)
	c.line("}")
}

func (g *generator) thresholdBits(rows int) {
	c, r := &g.code, &g.plan.Readout
	c.line("")
	c.line("void %s_bits(const %s_state *s, uint8_t bits[%d])", g.prefix, g.prefix, rows)
	c.line("{")
	c.line("%s_value y[%d];", g.prefix, rows)
	even, odd := literal(r.Threshold[0]), literal(r.Threshold[1])
	limit := even
	if g.plan.Output.When != ir.Mean && even != odd {
		limit = fmt.Sprintf("(s->odd ? %s : %s)", odd, even)
	}
	c.line("%s_output(s, y);", g.prefix)
	c.line("%s", g.each("i", rows))
	c.line("bits[i] = (uint8_t)(y[i] > %s);", limit)
	c.line("}")
	c.line("}")
}
