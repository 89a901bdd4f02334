package verilog

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// readoutValues fill templates/readout.v.tmpl.
type readoutValues struct {
	*readout
	A, W, StateBits      int
	Words                int
	StateName            string
	RowBits, CellBits    int
	WeightWord, BiasBits int
	ProductWord          int
	Mean                 bool
	Argmax, Threshold    bool
	ProductText          string
	StartText            string
	AddendText           string
	OutText              string
}

func (r *readout) biasByPhase() bool { return differ(r.Bias) }

// HasBias and the others are for the template.
func (v readoutValues) HasBias() bool      { return v.Bias[0] != nil }
func (v readoutValues) BiasByPhase() bool  { return v.biasByPhase() }
func (v readoutValues) LastWord() int      { return v.Words - 1 }
func (v readoutValues) LastRow() int       { return v.Matrix.Rows - 1 }
func (v readoutValues) MatrixName() string { return v.Matrix.Name }
func (v readoutValues) WeightComment() string {
	return fmt.Sprintf("%s: %s", v.Matrix.Name, v.weightComment())
}

// Spare reports whether words have bits that outputs do not need: those above the state's own.
func (v readoutValues) Spare() bool { return v.state.M > v.state.Bits }

// TwoPhase reports whether even and odd steps differ in the outputs.
func (v readoutValues) TwoPhase() bool { return v.readout.twoPhase(v.Threshold) }

func (r *readout) twoPhase(threshold bool) bool {
	return r.biasByPhase() || r.Rescale != nil || threshold && r.Readout.Threshold[0] != r.Readout.Threshold[1]
}

func (r *readout) values(d *design) readoutValues {
	s := r.state
	v := readoutValues{readout: r, A: s.A, W: s.W, Words: s.Words, StateBits: s.W * s.M, StateName: s.Name,
		RowBits: clog2(r.Matrix.Rows), CellBits: clog2(max(2, r.Matrix.Rows*s.Words)), WeightWord: s.W * r.Matrix.Bits,
		BiasBits: r.Tables["Bias"].Bits, ProductWord: s.W * r.P, Mean: d.plan.Output.When == ir.Mean,
		Argmax: d.plan.Output.Decision == ir.Argmax, Threshold: d.plan.Output.Decision == ir.Threshold}
	v.product(s)
	v.StartText = lit(r.Sum, 0)
	if v.HasBias() {
		v.StartText = extend("bias", v.BiasBits, r.Sum)
	}
	v.AddendText = fmt.Sprintf("products[j * %d +: %d]", r.P, r.P)
	if r.P < r.Sum {
		v.AddendText = fmt.Sprintf("{{%d{products[j * %d + %d]}}, %s}", r.Sum-r.P, r.P, r.P-1, v.AddendText)
	}
	v.out()
	return v
}

func (v *readoutValues) product(s *layer) {
	var l lines
	l.indent = "            "
	live := "valid1"
	if v.Relu {
		live = fmt.Sprintf("valid1 & ~state_word[i * %d + %d]", s.M, s.Bits-1)
	}
	l.line("wire signed %sunit = %s ? state_word[i * %d +: %d] : %s;", span(s.Bits), live, s.M, s.Bits, lit(s.Bits, 0))
	name, _ := l.product("unit", s.Bits, v.Matrix.Bits)
	l.line("always @(posedge clk) if (valid1) products[i * %d +: %d] <= %s;", v.P, v.P, name)
	v.ProductText = l.String()
}

func (v *readoutValues) out() {
	var l lines
	l.indent = "    "
	switch {
	case !v.Mean:
		l.line("assign out_data = sum;")
	case v.Rescale == nil:
		v.sums(&l)
	default:
		v.sumsByPhase(&l)
	}
	if v.Argmax {
		v.class(&l)
	}
	if v.Threshold {
		v.bit(&l)
	}
	v.OutText = l.String()
}

func (v *readoutValues) sums(l *lines) {
	n := v.Matrix.Rows
	l.line("")
	l.line("reg %ssums [0:%d];", span(v.MeanY), max(2, n)-1)
	l.line("reg %sso_far;", span(v.MeanY))
	l.line("wire %sadded = %s + (first ? %s : so_far);", span(v.MeanY), extend("sum", v.Sum, v.MeanY), lit(v.MeanY, 0))
	l.line("reg %smean;", span(v.MeanY))
	l.line("always @(posedge clk) begin")
	l.line("    so_far <= sums[row];")
	l.line("    if (adding) begin")
	l.line("        sums[row] <= added;")
	l.line("        mean <= added;")
	l.line("    end")
	l.line("end")
	l.line("assign out_data = mean;")
}

// sumsByPhase keeps the sums of even and of odd steps apart, since a unit is smaller by sqrt(2) at odd ones; they meet
// when they leave.
func (v *readoutValues) sumsByPhase(l *lines) {
	n, w := max(2, v.Matrix.Rows), v.MeanY
	l.line("")
	l.line("// At odd steps a unit is smaller by sqrt(2): their sums are kept apart until they leave.")
	l.line("reg %ssums_even [0:%d];", span(w), n-1)
	l.line("reg %ssums_odd [0:%d];", span(w), n-1)
	l.line("reg %sread_even, read_odd;", span(w))
	l.line("reg seen_even; // a step of even number, in this sequence")
	l.line("wire %sbefore_even = seen_even ? read_even : %s;", span(w), lit(w, 0))
	l.line("wire %sbefore_odd = first ? %s : read_odd;", span(w), lit(w, 0))
	l.line("wire %sadded = %s + (odd ? before_odd : before_even);", span(w), extend("sum", v.Sum, w))
	l.line("reg signed %smean_even, mean_odd;", span(w))
	l.line("always @(posedge clk) begin")
	l.line("    read_even <= sums_even[row];")
	l.line("    read_odd <= sums_odd[row];")
	l.line("    if (adding & ~odd) sums_even[row] <= added;")
	l.line("    if (adding & odd) sums_odd[row] <= added;")
	l.line("    if (adding) begin")
	l.line("        mean_even <= odd ? before_even : added;")
	l.line("        mean_odd <= odd ? added : before_odd;")
	l.line("    end")
	l.line("    if (rst | done & last)")
	l.line("        seen_even <= 1'b0;")
	l.line("    else if (done & ~odd)")
	l.line("        seen_even <= 1'b1;")
	l.line("end")
	name, bits := l.requant("rescaled", "mean_odd", w, arith.Both(*v.Rescale), v.RescaleBits)
	l.line("assign out_data = mean_even + %s[%d:0];", name, w-1)
	if bits > w {
		l.line("wire unused_high = &{1'b0, %s[%d:%d]};", name, bits-1, w)
	}
}

func (v *readoutValues) class(l *lines) {
	l.line("")
	l.line("reg signed %sbest;", span(v.Y))
	l.line("reg %sbest_row;", span(v.RowBits))
	l.line("wire better = row == %s | $signed(out_data) > best;", lit(v.RowBits, 0))
	l.line("assign out_class = better ? row : best_row;")
	l.line("always @(posedge clk)")
	l.line("    if (out_valid & out_ready & better) begin")
	l.line("        best <= out_data;")
	l.line("        best_row <= row;")
	l.line("    end")
}

func (v *readoutValues) bit(l *lines) {
	width := v.Y + 1
	limit := func(t int64) string {
		if width < ir.MaxBits {
			t = min(max(t, -1<<(width-1)), 1<<(width-1)-1)
		}
		return slit(width, t)
	}
	even, odd := limit(v.Readout.Threshold[arith.Even]), limit(v.Readout.Threshold[arith.Odd])
	text := even
	if !v.Mean && even != odd {
		text = fmt.Sprintf("(odd ? %s : %s)", odd, even)
	}
	l.line("")
	l.line("wire signed %svalue = {out_data[%d], out_data};", span(width), v.Y-1)
	l.line("assign out_bit = value > %s;", text)
}
