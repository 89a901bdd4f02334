package c

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// generator prints one model. model fills it; header, source and the others put the pieces into files.
type generator struct {
	plan       *lower.Plan
	prefix     string
	wide       bool // tables of at least 16 bits an entry
	names      *lower.Names
	tables     printer // static const tables
	code       printer // functions
	members    []string
	layers     []string // name of each layer's state in the struct
	steps      []string // and of its function
	twoPhase   bool
	rounds     map[int]bool // widths that round_shift is needed in
	tableBytes int
	stateBytes int // sizeof the struct, where numbers are aligned to their own size
	stateAlign int
	stackBytes int // arrays of the function of a step that has most
}

func newGenerator(p *lower.Plan, s settings) *generator {
	g := &generator{plan: p, prefix: s.prefix, wide: s.wide, twoPhase: p.TwoPhase(), rounds: map[int]bool{}}
	g.names = lower.NewNames(append(g.taken(), keywords...)...)
	return g
}

// taken are the names that tables cannot have: what the header declares, and the locals of adder graphs.
func (g *generator) taken() []string {
	out := []string{g.prefix}
	for _, s := range []string{"init", "step", "output", "class", "bits", "state", "input", "value", "quantise", "classes"} {
		out = append(out, g.prefix+"_"+s)
	}
	nodes := func(w *lower.Matrix) {
		if w.Adders != nil {
			for i := range w.Adders.Nodes {
				out = append(out, fmt.Sprintf("n%d", i))
			}
		}
	}
	for i := range g.plan.Layers {
		if t := g.plan.Layers[i].Term; t != nil {
			nodes(&t.Matrix)
		}
	}
	nodes(&g.plan.Readout.Matrix)
	return out
}

// table writes a constant table in the smallest type that holds it, and gives its name.
func (g *generator) table(hint, comment string, v []int64) string {
	return g.tableOf(g.tableLane(v), hint, comment, v)
}

// tableOf is table in a type of the caller's choice.
func (g *generator) tableOf(lane int, hint, comment string, v []int64) string {
	name := g.names.Get(hint)
	g.tables.line("")
	g.tables.comment("%s", comment)
	g.tables.line("static TABLE %s %s[%d] = {", ctype(lane), name, len(v))
	g.tables.numbers(v)
	g.tables.line("};")
	g.tableBytes += len(v) * lane / 8
	return name
}

// tableLane is the width of the smallest type that holds all numbers, or where tables are wide, 16 bits at least.
func (g *generator) tableLane(v ...[]int64) int {
	bits := 1
	if g.wide {
		bits = 16
	}
	for _, numbers := range v {
		for _, n := range numbers {
			bits = max(bits, arith.SignedBits(n))
		}
	}
	return lane(bits)
}

// memberHint is what a state is called in the struct, which stands in a header: what looks like a macro becomes small letters.
func memberHint(state string) string {
	if spell.Macro(lower.Word(state)) {
		return strings.ToLower(state)
	}
	return state
}

// member adds an array to the state struct.
func (g *generator) member(bits, n int, name, comment string) {
	g.members = append(g.members, fmt.Sprintf("%s %s[%d]; %s", ctype(lane(bits)), name, n, inline(comment)))
	g.place(lane(bits)/8, n)
}

// place counts n numbers of a size into the struct.
func (g *generator) place(size, n int) {
	g.stateAlign = max(g.stateAlign, size)
	g.stateBytes = roundUp(g.stateBytes, size) + size*n
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func (g *generator) model() {
	p := g.plan
	for i := range p.Layers {
		l := &p.Layers[i]
		g.layers = append(g.layers, g.names.Get(memberHint(l.Name)))
		g.steps = append(g.steps, g.names.Get("step_"+g.layers[i]))
		g.member(l.Bits, l.N, g.layers[i], fmt.Sprintf("state %s", l.Name))
	}
	r := &p.Readout
	if p.Output.When == ir.Mean {
		g.member(r.MeanBits, r.Matrix.Rows, "sum", "of the outputs so far")
		if r.Rescale != nil {
			g.member(r.MeanBits, r.Matrix.Rows, "sum_odd", "of the outputs of odd steps, whose unit is smaller by sqrt(2)")
		}
	}
	if g.twoPhase {
		g.members = append(g.members, "uint8_t odd; /* 1 after an odd number of steps */")
		g.place(1, 1)
	}
	g.stateBytes = roundUp(g.stateBytes, g.stateAlign)
	for i := range p.Layers {
		g.layer(i)
	}
	g.readout()
	g.step()
	g.output()
}

// requant is v -> (v*Mul + half) >> Shift as an expression of a lane; v must be of that lane already.
func (g *generator) requant(v string, r arith.Requant, lane int) string {
	if r.Mul != 1 {
		v = fmt.Sprintf("%s * %s", parens(v), literal(r.Mul))
	}
	switch {
	case r.Shift > 0:
		g.rounds[lane] = true
		return fmt.Sprintf("round_shift%d(%s, %d)", lane, v, r.Shift)
	case r.Shift < 0:
		return fmt.Sprintf("%s * %s", parens(v), literal(1<<-r.Shift))
	}
	return v
}

func parens(v string) string {
	if strings.ContainsAny(v, "+?") && !strings.HasPrefix(v, "round_shift") {
		return "(" + v + ")"
	}
	return v
}

// byPhase is an expression that is one thing at odd steps and another at even ones.
func byPhase(even, odd string) string {
	if even == odd {
		return even
	}
	return fmt.Sprintf("odd ? %s : %s", odd, even)
}

// cast converts an expression to a lane.
func cast(lane int, v string) string {
	if strings.ContainsAny(v, " ") && !(strings.HasPrefix(v, "round_shift") || strings.HasPrefix(v, "(") && strings.HasSuffix(v, ")")) {
		v = "(" + v + ")"
	}
	return fmt.Sprintf("(%s)%s", ctype(lane), v)
}
