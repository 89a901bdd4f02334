package verilog

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// updateValues fill templates/layer.v.tmpl.
type updateValues struct {
	*layer
	WordBits              int
	SourceA, SourceBits   int // of what flows in; 0 for none, no address where it is one entry
	TokenBits             int
	ColumnBits            int
	WeightWord, BiasWord  int
	HalvesByPhase         bool
	SourceText            string
	ProductText           string
	RoundText, SumText    string
	Clocked               []string // what unit i of a group does at a clock edge
	product               string   // what a is made of, after its accumulation
	productBits, termBits int
}

func (l *layer) oneHot() bool      { return l.Term != nil && l.Term.Source == lower.FromOneHot }
func (l *layer) columnBits() int   { return clog2(l.C) }
func (l *layer) biasByPhase() bool { return differ(l.Bias) }

func differ(b arith.Phased[[]int64]) bool {
	for i := range b[0] {
		if b[0][i] != b[1][i] {
			return true
		}
	}
	return false
}

func (l *layer) weightComment() string {
	text := fmt.Sprintf("words of %d rows of one column, the first in the low bits, %s", l.W, weightBits(l.Term.Matrix.Bits))
	if l.oneHot() {
		return text + "; the columns one after another."
	}
	return text + "; column after column, then the next rows."
}

func (r *readout) weightComment() string {
	return fmt.Sprintf("words of %d columns, the first in the low bits, %s.", r.state.W, weightBits(r.Matrix.Bits))
}

func weightBits(p int) string {
	if p == 1 {
		return "1 bit an entry, 1 for -1"
	}
	return fmt.Sprintf("%d bits an entry", p)
}

// OneHot, HasBias, BiasByPhase, Signed and LastColumn are for the template.
func (v updateValues) OneHot() bool      { return v.oneHot() }
func (v updateValues) HasBias() bool     { return v.Bias[0] != nil }
func (v updateValues) BiasByPhase() bool { return v.biasByPhase() }
func (v updateValues) Signed() bool      { return v.Tables["Signs"].Depth > 0 }
func (v updateValues) LastWord() int     { return v.Words - 1 }
func (v updateValues) LastColumn() int   { return v.C - 1 }
func (v updateValues) WeightComment() string {
	return fmt.Sprintf("%s: %s", v.Term.Matrix.Name, v.weightComment())
}

func (l *layer) update(d *design) updateValues {
	v := updateValues{layer: l, WordBits: l.W * l.M, ColumnBits: l.columnBits(),
		BiasWord: l.W * l.Tables["Bias"].Bits, WeightWord: l.W * l.Tables["Weights"].Bits, HalvesByPhase: l.transform().HalvesByPhase}
	if l.Term != nil {
		v.source(d)
		v.products()
	}
	v.round()
	v.sum()
	return v
}

// source prints how an entry v of what flows in reaches the weights, and sets the ports that it takes.
func (v *updateValues) source(d *design) {
	t := v.Term
	var l lines
	l.indent = "    "
	if v.C > 1 {
		cell := clog2(v.Words * v.C)
		l.line("")
		l.line("reg %sweight_address, weight_address1;", span(cell))
		l.line("reg begins1, begins2; // a group of units")
		l.line("always @(posedge clk) begin")
		l.line("    weight_address <= transformed ? %s : weight_address + %s;", lit(cell, 0), lit(cell, 1))
		l.line("    weight_address1 <= weight_address;")
		l.line("    begins1 <= column == %s;", lit(v.ColumnBits, 0))
		l.line("    begins2 <= begins1;")
		l.line("end")
	}
	column := "column"
	if v.C == 1 {
		column = lit(1, 0)
	}
	if d.plan.Input.Kind == ir.Token && t.Source != lower.FromState {
		v.TokenBits = d.inputBits()
	}
	entry, width := "", 0
	switch t.Source {
	case lower.FromOneHot:
		v.SourceText = l.String()
		return
	case lower.FromVector:
		v.SourceBits = d.inputBits()
		l.line("")
		l.line("// The entry of the input.")
		if v.C > 1 {
			v.SourceA = v.ColumnBits
			l.line("assign source_address = column;")
		}
		width = v.SourceBits
		entry = "entry"
		if d.plan.Input.Signed {
			l.line("wire signed %sentry = source_word;", span(width))
		} else {
			width++
			l.line("wire signed %sentry = {1'b0, source_word};", span(width))
		}
	case lower.FromEmbed:
		entry, width = v.embedded(&l, column)
	case lower.FromState:
		entry, width = v.fromState(&l)
	}
	scaled, bits := l.requant("scaled", entry, width, t.In, t.InMulBits)
	l.line("reg signed %sv;", span(bits))
	l.line("always @(posedge clk) v <= %s;", scaled)
	v.product, v.productBits = "v", bits
	v.SourceText = l.String()
}

func (v *updateValues) embedded(l *lines, column string) (string, int) {
	e := v.Tables["Embed"]
	l.line("")
	l.line("// %s: the vectors of the tokens.", v.Term.Embed.Name)
	l.line("reg %sembeddings [0:%d];", span(e.Bits), e.Depth-1)
	l.line("%s", e.Fill("embeddings"))
	l.line("reg signed %sentry;", span(e.Bits))
	l.line("always @(posedge clk) entry <= embeddings[{token, %s}];", column)
	return "entry", e.Bits
}

// fromState picks one integer of a word of the layer below.
func (v *updateValues) fromState(l *lines) (string, int) {
	s := v.below
	v.SourceA, v.SourceBits = s.A, s.W*s.M
	lanes := s.StageShift
	l.line("")
	l.line("// The unit of %s.", s.Name)
	switch {
	case s.Words == 1:
		l.line("assign source_address = 1'd0;")
	case lanes == 0:
		l.line("assign source_address = column;")
	default:
		l.line("assign source_address = column[%d:%d];", v.ColumnBits-1, lanes)
	}
	entry := "source_word"
	if lanes > 0 {
		entry = "below"
		l.line("reg %slane;", span(lanes))
		l.line("always @(posedge clk) lane <= column[%d:0];", lanes-1)
		l.line("reg %sbelow;", span(s.Bits))
		l.line("always @*")
		l.line("    case (lane)")
		for i := 1; i < s.W; i++ {
			l.line("        %s: below = source_word[%d:%d];", lit(lanes, i), i*s.M+s.Bits-1, i*s.M)
		}
		l.line("        default: below = source_word[%d:0];", s.Bits-1)
		l.line("    endcase")
	}
	if s.M > s.Bits {
		l.line("wire unused = &{1'b0, source_word};")
	}
	value := fmt.Sprintf("%s[%d:0]", entry, s.Bits-1)
	if lanes > 0 {
		value = entry
	}
	if v.Term.Relu {
		value = fmt.Sprintf("%s[%d] ? %s : %s", entry, s.Bits-1, lit(s.Bits, 0), value)
	}
	l.line("wire signed %sentry = %s;", span(s.Bits), value)
	return "entry", s.Bits
}

// products prints, for unit i of a group, the product with its weights and what is made of it: a, in register.
func (v *updateValues) products() {
	t := v.Term
	var l lines
	l.indent = "            "
	acc := "acc"
	var width int
	if t.Source == lower.FromOneHot {
		acc, width = v.tokenProduct(&l)
	} else {
		product, bits := l.product(v.product, v.productBits, t.Matrix.Bits)
		width = max(t.AccBits, bits)
		addend := l.widened("product_wide", product, bits, width)
		l.line("reg signed %sacc;", span(width))
		if v.C > 1 {
			v.clocked("if (valid2) acc <= begins2 ? %s : acc + %s;", addend, addend)
		} else {
			v.clocked("if (ends[2]) acc <= %s;", addend)
		}
	}
	mid, width := l.requant("mid", acc, width, t.Mid, t.MidMulBits)
	out, width := l.requant("out", mid, width, t.Out, t.OutBits)
	l.line("reg signed %sa;", span(width))
	v.clocked("if (ends[3]) a <= %s;", out)
	v.termBits = width
	v.ProductText = l.String()
}

// tokenProduct is the weight of the token's column times what a 1 is worth at even and odd steps.
func (v *updateValues) tokenProduct(l *lines) (string, int) {
	t := v.Term
	p := t.Matrix.Bits
	even, odd := t.In[arith.Even].Apply(1), t.In[arith.Odd].Apply(1)
	width := max(t.AccBits, p+widest([]int64{even, odd}))
	if p == 1 {
		l.line("wire signed %sentry_weight = weight[i] ? -%s : %s;", span(2), slit(2, 1), slit(2, 1))
		p = 2
		width = max(width, p+widest([]int64{even, odd}))
	} else {
		l.line("wire signed %sentry_weight = weight[i * %d +: %d];", span(p), p, p)
	}
	wide := l.widened("factor", "entry_weight", p, width)
	l.line("reg signed %sacc;", span(width))
	times := func(one int64) string {
		if one == 1 {
			return wide
		}
		return fmt.Sprintf("%s * %s", wide, slit(width, one))
	}
	if even == odd {
		v.clocked("if (ends[2]) acc <= %s;", times(even))
	} else {
		v.clocked("if (ends[2]) acc <= odd ? %s : %s;", times(odd), times(even))
	}
	return "acc", width
}

// clocked adds an assignment at the clock edge; each waits for its turn, which spares power and a simulator's time.
func (v *updateValues) clocked(format string, args ...any) {
	v.Clocked = append(v.Clocked, fmt.Sprintf(format, args...))
}

// roundedBits is the width of the rounded z.
func (l *layer) roundedBits() int {
	if l.Rest(arith.Even) == 0 && l.Rest(arith.Odd) == 0 {
		return l.M
	}
	return l.M + 1
}

func (v *updateValues) round() {
	var l lines
	l.indent = "            "
	l.line("wire signed %sz = live ? state_word[i * %d +: %d] : %s;", span(v.M), v.M, v.M, lit(v.M, 0))
	r := arith.Phased[arith.Requant]{{Mul: 1, Shift: v.Rest(arith.Even)}, {Mul: 1, Shift: v.Rest(arith.Odd)}}
	value, bits := l.requant("rounded", "z", v.M, r, v.M+1)
	l.line("reg signed %sr;", span(bits))
	v.clocked("if (ends[3]) r <= %s;", value)
	v.RoundText = l.String()
}

func (v *updateValues) sum() {
	var l lines
	l.indent = "            "
	r := v.roundedBits()
	width := max(v.SumBits, r, v.termBits, v.Tables["Bias"].Bits, v.Bits)
	if v.Saturate {
		width = max(width, v.Bits+1)
	}
	wide := l.widened("r_wide", "r", r, width)
	sum := wide
	if v.Signed() {
		sum = fmt.Sprintf("(sign[i] ? -%s : %s)", wide, wide)
	}
	if v.Term != nil {
		sum += " + " + l.widened("a_wide", "a", v.termBits, width)
	}
	if v.HasBias() {
		b := v.Tables["Bias"].Bits
		l.line("wire signed %sb = bias[i * %d +: %d];", span(b), b, b)
		sum += " + " + l.widened("b_wide", "b", b, width)
	}
	l.line("wire signed %ssum = %s;", span(width), sum)
	switch {
	case v.Saturate:
		l.line("wire fits = sum[%d:%d] == {%d{sum[%d]}};", width-1, v.Bits-1, width-v.Bits+1, width-1)
		l.line("wire %sg = fits ? sum[%d:0] : {sum[%d], {%d{~sum[%d]}}};", span(v.Bits), v.Bits-1, width-1, v.Bits-1, width-1)
	case width > v.Bits:
		l.line("wire %sg = sum[%d:0]; // proven to fit", span(v.Bits), v.Bits-1)
		l.line("wire unused = &{1'b0, sum[%d:%d]};", width-1, v.Bits)
	default:
		l.line("wire %sg = sum; // proven to fit", span(v.Bits))
	}
	l.line("assign g_word[i * %d +: %d] = %s;", v.M, v.M, extend("g", v.Bits, v.M))
	v.SumText = l.String()
}
