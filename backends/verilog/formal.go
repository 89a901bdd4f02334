package verilog

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
)

// formalValues fill the templates of formal/: stream, hold, reset and definition.
type formalValues struct {
	topValues
	Proof    string
	Data     bool   // the property is about values, not only about the stream
	Most     string // the largest token, where not every value of in_data is one
	Every    bool
	TwoPhase bool
	DBits    int
	IdleBits int
	Rest     int // cycles without sign of life, at most; 0 where they are too many to be proven

	// Of a definition.
	W                         int // bits of all its values
	Registers, Lines, Clocked []string
	Outputs                   []string
	ClassLines                []string
	ClassText, BitText        string
}

const (
	// mostIdle are cycles that a proof still counts.
	mostIdle = 128
	// mostDefined are the units, and the products, of a model whose definition is written out.
	mostUnits, mostProducts = 16, 256
)

// formal writes the properties, each a module around the model, and says what they are.
func (w *writer) formal() {
	for _, p := range w.proofs() {
		v := formalValues{topValues: w.top(), Proof: p.Name, Data: p.Name != sim.Stream, Every: w.plan.Output.When == ir.EveryStep,
			TwoPhase: w.plan.TwoPhase(), DBits: clog2(w.plan.Input.Size)}
		if n := w.plan.Input.Vocab; n > 0 && n&(n-1) != 0 {
			v.Most = lit(v.IB, n-1)
		}
		if rest := v.OutputStepCycles + 1; rest <= mostIdle {
			v.Rest = rest
		}
		v.IdleBits = bits.Len(uint(v.Rest)) + 1
		if p.Name == sim.Definition {
			v.define(w.plan)
		}
		w.print("formal/"+p.Name+".sv", p.Name+".sv", v)
	}
}

// proofs are the properties of the design, in formal/ of its folder.
func (d *design) proofs() []sim.Proof {
	t := d.top()
	twoSteps := 2*(t.OutputStepCycles+t.D) + 4
	out := []sim.Proof{
		{Name: sim.Stream, Says: "every step's outputs leave once, in order, and are offered until taken, whatever pauses", Cycles: twoSteps},
		{Name: sim.Hold, Says: "an output keeps its value until it is taken", Cycles: twoSteps, Cut: true},
		{Name: sim.Reset, Says: "a reset returns to the first state, from any", Cycles: t.OutputStepCycles + t.D + 4, Bounded: true},
	}
	if d.definable() {
		out = append(out, sim.Proof{Name: sim.Definition, Says: "outputs are those of the definition, for every input and all pauses", Cycles: twoSteps, Bounded: true})
	}
	return out
}

// definable reports whether a model is small enough for its definition to be written out and compared.
func (d *design) definable() bool {
	units, products := 0, len(d.plan.Readout.Matrix.Ints)
	for i := range d.plan.Layers {
		l := &d.plan.Layers[i]
		units += l.N
		if l.Term != nil {
			products += len(l.Term.Matrix.Ints)
			if l.Term.Embed != nil {
				products += len(l.Term.Embed.Ints)
			}
		}
	}
	return units <= mostUnits && products <= mostProducts
}

// define writes out a step, all values at one width that holds each.
func (v *formalValues) define(p *lower.Plan) {
	v.W = definedBits(p)
	x := v.inputs(p)
	states := map[int][]string{}
	for i := range p.Layers {
		states[i] = v.layer(p, i, x, states)
	}
	v.readout(p, states[p.Readout.Layer])
	if p.Output.Decision == ir.Argmax && p.Decide == nil {
		v.ClassText = v.largest()
	}
	if p.Output.Decision == ir.Threshold {
		v.BitText = fmt.Sprintf("(expected > %s)", v.phased(p.Readout.Threshold, p.Output.When == ir.Mean, func(t int64) string { return slit(v.W, t) }))
	}
}

// definedBits is the widest value of a plan, and a bit of room.
func definedBits(p *lower.Plan) int {
	w := max(p.Readout.YBits, p.Readout.MeanBits, p.Readout.RescaleBits, p.Input.Bits+1)
	for i := range p.Layers {
		l := &p.Layers[i]
		w = max(w, l.ZBits, l.Bits+l.K+1, l.RBits, l.SumBits)
		if t := l.Term; t != nil {
			w = max(w, t.InBits, t.InMulBits, t.AccBits, t.MidBits, t.MidMulBits, t.OutBits)
		}
	}
	for _, t := range p.Readout.Threshold {
		w = max(w, arith.SignedBits(t))
	}
	return min(w+1, 64)
}

// wire adds a value and gives its name.
func (v *formalValues) wire(name, format string, args ...any) string {
	v.Lines = append(v.Lines, fmt.Sprintf("wire signed %s%s = %s;", span(v.W), name, fmt.Sprintf(format, args...)))
	return name
}

// phased is a value at the step at hand.
func (v *formalValues) phased(x arith.Phased[int64], even bool, text func(int64) string) string {
	if x[0] == x[1] || even {
		return text(x[arith.Even])
	}
	return fmt.Sprintf("(odd ? %s : %s)", text(x[arith.Odd]), text(x[arith.Even]))
}

// inputs are the entries of a step, the last one still at the port.
func (v *formalValues) inputs(p *lower.Plan) []string {
	out := make([]string, p.Input.Size)
	for i := range out {
		out[i] = fmt.Sprintf("x_%d", i)
		source := "in_data"
		if i < len(out)-1 {
			source = fmt.Sprintf("entry_%d", i)
			v.Lines = append(v.Lines, fmt.Sprintf("reg %s%s;", span(v.IB), source))
			v.Clocked = append(v.Clocked, fmt.Sprintf("if (in_valid & in_ready & beat == %s) %s <= in_data;", lit(v.DBits, i), source))
		}
		if p.Input.Signed {
			v.wire(out[i], "$signed(%s)", source)
		} else {
			v.wire(out[i], "$signed({1'b0, %s})", source)
		}
	}
	return out
}

// requant is v -> (v*Mul + half) >> Shift at the step at hand.
func (v *formalValues) requant(name, of string, r arith.Phased[arith.Requant]) string {
	if r == arith.Both(arith.Identity) {
		return of
	}
	text := func(q arith.Requant) string {
		out := fmt.Sprintf("(%s * %s)", of, slit(v.W, q.Mul))
		switch {
		case q.Shift > 0:
			return fmt.Sprintf("((%s + %s) >>> %d)", out, slit(v.W, 1<<(q.Shift-1)), q.Shift)
		case q.Shift < 0:
			return fmt.Sprintf("(%s <<< %d)", out, -q.Shift)
		}
		return out
	}
	if r[0] == r[1] {
		return v.wire(name, "%s", text(r[0]))
	}
	return v.wire(name, "odd ? %s : %s", text(r[arith.Odd]), text(r[arith.Even]))
}

// product is a row of a matrix times a vector.
func (v *formalValues) product(m *lower.Matrix, row int, x []string) string {
	var terms []string
	for c, name := range x {
		if q := m.Ints[row*m.Cols+c]; q != 0 {
			terms = append(terms, fmt.Sprintf("%s * %s", slit(v.W, q), name))
		}
	}
	if len(terms) == 0 {
		return lit(v.W, 0)
	}
	return strings.Join(terms, " + ")
}

func (v *formalValues) layer(p *lower.Plan, i int, x []string, states map[int][]string) []string {
	l := &p.Layers[i]
	name := func(what string, j int) string { return fmt.Sprintf("%s_%d_%d", what, i, j) }
	g := make([]string, l.N)
	for j := range g {
		register := name("state", j)
		v.Registers = append(v.Registers, register)
		text := fmt.Sprintf("first ? %s : %s", lit(v.W, 0), register)
		if l.PreSigns != nil && l.PreSigns[j] < 0 {
			text = fmt.Sprintf("first ? %s : -%s", lit(v.W, 0), register)
		}
		g[j] = v.wire(name("before", j), "%s", text)
	}
	z := v.transform(l, g, name)
	a := v.term(p, l, x, states, name)
	out := make([]string, l.N)
	for j := range out {
		from := j
		if l.Perm != nil {
			from = l.Perm[j]
		}
		r := z[from]
		if !l.Staged {
			r = v.requant(name("rounded", j), r, l.Round)
		}
		if k := l.LeakOf(j); k > 0 {
			r = v.wire(name("leaked", j), "%[1]s - ((%[1]s + %[2]s) >>> %[3]d)", r, slit(v.W, 1<<(k-1)), k)
		}
		sum := r
		if l.Signs[j] < 0 {
			sum = "-" + r
		}
		if a != nil {
			sum += " + " + a[j]
		}
		if l.Bias[0] != nil {
			sum += " + " + v.phased(arith.Phased[int64]{l.Bias[0][j], l.Bias[1][j]}, false, func(b int64) string { return slit(v.W, b) })
		}
		v.wire(name("sum", j), "%s", sum)
		low, high := int64(-1)<<(l.Bits-1), int64(1)<<(l.Bits-1)-1
		out[j] = v.wire(name("after", j), "%[1]s < %[2]s ? %[2]s : %[1]s > %[3]s ? %[3]s : %[1]s", name("sum", j), slit(v.W, low), slit(v.W, high))
		v.Clocked = append(v.Clocked, fmt.Sprintf("if (step) %s <= %s;", name("state", j), out[j]))
	}
	return out
}

// transform is H times a state: sums of whole rows, or stage by stage where each stage rounds.
func (v *formalValues) transform(l *lower.Layer, g []string, name func(string, int) string) []string {
	z := make([]string, l.N)
	if !l.Staged {
		for j := range z {
			var b strings.Builder
			for c := range l.Block {
				sign := " + "
				if hadamard.Entry(j%l.Block, c) < 0 {
					sign = " - "
				}
				b.WriteString(sign + g[j/l.Block*l.Block+c])
			}
			z[j] = v.wire(name("transformed", j), "%s", strings.TrimPrefix(b.String(), " + "))
		}
		return z
	}
	copy(z, g)
	for s := range l.K {
		next := make([]string, l.N)
		for j := range z {
			sum := fmt.Sprintf("%s + %s", z[j&^(1<<s)], z[j|1<<s])
			if j>>s&1 == 1 {
				sum = fmt.Sprintf("%s - %s", z[j&^(1<<s)], z[j])
			}
			full := v.wire(name(fmt.Sprintf("stage%d", s+1), j), "%s", sum)
			var r arith.Phased[arith.Requant]
			for ph := range r {
				r[ph] = arith.Identity
				if l.Halves(s+1, ph) {
					r[ph].Shift = 1
				}
			}
			next[j] = v.requant(name(fmt.Sprintf("halved%d", s+1), j), full, r)
		}
		z = next
	}
	for j := range z {
		r := arith.Both(arith.Identity)
		for ph := range r {
			r[ph].Shift = arith.Rest(l.K, l.Round[ph].Shift)
		}
		z[j] = v.requant(name("rest", j), z[j], r)
	}
	return z
}

func (v *formalValues) term(p *lower.Plan, l *lower.Layer, x []string, states map[int][]string, name func(string, int) string) []string {
	t := l.Term
	if t == nil {
		return nil
	}
	source := x
	switch t.Source {
	case lower.FromOneHot:
		source = nil
		for token := range t.Matrix.Cols {
			source = append(source, v.wire(name("is", token), "%s == %s ? %s : %s", x[0], slit(v.W, int64(token)), slit(v.W, 1), slit(v.W, 0)))
		}
	case lower.FromEmbed:
		source = nil
		for c := range t.Matrix.Cols {
			text := lit(v.W, 0)
			for token := range p.Input.Vocab {
				text = fmt.Sprintf("%s == %s ? %s : %s", x[0], slit(v.W, int64(token)), slit(v.W, t.Embed.Ints[token*t.Matrix.Cols+c]), text)
			}
			source = append(source, v.wire(name("embedded", c), "%s", text))
		}
	case lower.FromState:
		source = v.relu(states[t.Layer], t.Relu, func(j int) string { return name("below", j) })
	}
	for c := range source {
		if t.Source == lower.FromOneHot {
			one := t.In
			source[c] = v.wire(name("hot", c), "%s != %s ? %s : %s", source[c], lit(v.W, 0),
				v.phased(arith.Phased[int64]{one[0].Apply(1), one[1].Apply(1)}, false, func(n int64) string { return slit(v.W, n) }), lit(v.W, 0))
			continue
		}
		source[c] = v.requant(name("scaled", c), source[c], t.In)
	}
	out := make([]string, l.N)
	for j := range out {
		a := v.wire(name("product", j), "%s", v.product(&t.Matrix, j, source))
		out[j] = v.requant(name("term", j), v.requant(name("middle", j), a, t.Mid), t.Out)
	}
	return out
}

func (v *formalValues) relu(g []string, on bool, name func(int) string) []string {
	if !on {
		return append([]string(nil), g...)
	}
	out := make([]string, len(g))
	for j := range g {
		out[j] = v.wire(name(j), "%s < 0 ? %s : %s", g[j], lit(v.W, 0), g[j])
	}
	return out
}

func (v *formalValues) readout(p *lower.Plan, g []string) {
	r := &p.Readout
	h := v.relu(g, r.Relu, func(j int) string { return fmt.Sprintf("read_%d", j) })
	for o := range r.Matrix.Rows {
		text := v.product(&r.Matrix, o, h)
		if r.Bias[0] != nil {
			text += " + " + v.phased(arith.Phased[int64]{r.Bias[0][o], r.Bias[1][o]}, false, func(b int64) string { return slit(v.W, b) })
		}
		if p.Output.When != ir.Mean {
			v.Outputs = append(v.Outputs, v.wire(fmt.Sprintf("y_%d", o), "%s", text))
			continue
		}
		one := v.wire(fmt.Sprintf("output_%d", o), "%s", text)
		if r.Rescale == nil {
			v.Registers = append(v.Registers, fmt.Sprintf("added_%d", o))
			y := v.wire(fmt.Sprintf("y_%d", o), "%s + (first ? %s : added_%d)", one, lit(v.W, 0), o)
			v.Outputs, v.Clocked = append(v.Outputs, y), append(v.Clocked, fmt.Sprintf("if (step) added_%d <= %s;", o, y))
			continue
		}
		sums := [2]string{}
		for ph, kind := range []string{"even", "odd"} {
			register := fmt.Sprintf("%s_before_%d", kind, o)
			at := "~odd"
			if ph == arith.Odd {
				at = "odd"
			}
			v.Registers = append(v.Registers, register)
			sums[ph] = v.wire(fmt.Sprintf("%s_sum_%d", kind, o), "(first ? %s : %s) + (%s ? %s : %s)", lit(v.W, 0), register, at, one, lit(v.W, 0))
			v.Clocked = append(v.Clocked, fmt.Sprintf("if (step) %s <= %s;", register, sums[ph]))
		}
		odd := v.requant(fmt.Sprintf("rescaled_%d", o), sums[arith.Odd], arith.Both(*r.Rescale))
		v.Outputs = append(v.Outputs, v.wire(fmt.Sprintf("y_%d", o), "%s + %s", sums[arith.Even], odd))
	}
}

// largest is the number of the first largest output that has to come.
func (v *formalValues) largest() string {
	best, class := v.Outputs[0]+"_now", lit(v.RowBits, 0)
	for o, y := range v.Outputs[1:] {
		n := o + 1
		v.ClassLines = append(v.ClassLines, fmt.Sprintf("wire better_%d = %s_now > %s;", n, y, best),
			fmt.Sprintf("wire %sclass_%d = better_%d ? %s : %s;", span(v.RowBits), n, n, lit(v.RowBits, n), class),
			fmt.Sprintf("wire signed %sbest_%d = better_%d ? %s_now : %s;", span(v.W), n, n, y, best))
		best, class = fmt.Sprintf("best_%d", n), fmt.Sprintf("class_%d", n)
	}
	return class
}

// Proofs are the properties of a plan's design, which stand in formal/ of its folder.
func Proofs(p *lower.Plan, s backends.Settings) ([]sim.Proof, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, err
	}
	d, err := designFor(p, set)
	if err != nil {
		return nil, err
	}
	return d.proofs(), nil
}
