package step

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Build makes the program of a plan under a choice: the only place that knows radix, lanes, masks and offsets. The error says
// why the plan does not allow the choice. Whether its types hold every value is for Verify to prove.
func Build(p *lower.Plan, c Choice) (*Program, error) { return NewWorkshop(p).Build(c) }

// Workshop builds programs of one plan under many choices, several at a time: what they have in common is computed once.
type Workshop struct {
	plan   *lower.Plan
	mu     sync.Mutex
	graphs map[*int64]func() *arith.AdderGraph // by a matrix's first entry
}

func NewWorkshop(p *lower.Plan) *Workshop {
	return &Workshop{plan: p, graphs: map[*int64]func() *arith.AdderGraph{}}
}

// adders are the shared additions of a matrix of the plan, which nobody changes.
func (s *Workshop) adders(w *lower.Matrix) *arith.AdderGraph {
	s.mu.Lock()
	graph := s.graphs[&w.Ints[0]]
	if graph == nil {
		graph = sync.OnceValue(func() *arith.AdderGraph { return arith.ShareAdders(w.Ints, w.Rows, w.Cols) })
		s.graphs[&w.Ints[0]] = graph
	}
	s.mu.Unlock()
	return graph()
}

// Build is the function of that name.
func (s *Workshop) Build(c Choice) (prog *Program, err error) {
	p := s.plan
	if err := c.Check(p); err != nil {
		return nil, err
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			prog, err = nil, r.error
		default:
			panic(r)
		}
	}()
	b := &builder{Workshop: s, choice: c, names: localNames().Inner(), embeds: map[*ir.Tensor]*Array{}}
	b.prog = &Program{Name: p.Name, TwoPhase: p.TwoPhase(), Origins: map[string]lower.Origin{}}
	b.input()
	var layers []*layer
	for i := range p.Layers {
		done := b.about(lower.PartState, i)
		layers = append(layers, b.layer(i))
		done()
	}
	b.layers = layers
	b.readout = b.newReadout()
	for i, l := range layers {
		done := b.about(lower.PartRecurrence, i)
		l.function()
		done()
	}
	b.outputs()
	b.prog.prune()
	return b.prog, nil
}

// localNames are what the builder names within functions, and the arrays that callers know: arrays named by the model are called
// otherwise.
var localNames = sync.OnceValue(func() *lower.Names {
	out := []string{"x", "y", "odd", "i", "j", "k", "m", "c", "f", "r", "q", "p", "g", "s", "t", "u", "v", "w", "acc", "back", "bias", "column", "count", "row",
		"start", "total", "turn", "lo", "hi"}
	for _, letters := range []string{"a", "b", "c", "d", "e", "f", "g", "n", "r", "s", "t", "u", "v", "w", "x", "lo", "hi", "back"} {
		for i := range 64 {
			out = append(out, fmt.Sprint(letters, i))
		}
	}
	return lower.NewNames(out...)
})

// builder collects a program.
type builder struct {
	*Workshop
	choice  Choice
	prog    *Program
	names   *lower.Names
	x       *Array
	layers  []*layer
	readout *readout
	embeds  map[*ir.Tensor]*Array
	of      lower.Origin // of what is made
}

// about says what of the model is made from here on, and gives the way back.
func (b *builder) about(part lower.Part, layer int) (done func()) {
	was := b.of
	b.of = lower.Origin{Part: part, Layer: layer}
	return func() { b.of = was }
}

// refusal ends a build whose choice the plan does not allow.
type refusal struct{ error }

func (b *builder) fail(format string, args ...any) { panic(refusal{fmt.Errorf(format, args...)}) }

func (b *builder) input() {
	defer b.about(lower.PartInput, 0)()
	in := b.plan.Input
	lo, hi := in.Range()
	t := Int{Bits: lane(in.Bits), Lanes: 1}
	if in.Kind == ir.Token || !in.Signed {
		t.Unsigned = true
		t.Bits = lane(arith.SignedBits(hi) - 1)
	}
	b.x = b.array(&Array{Kind: Input, Name: "x", Elem: t, Len: in.Size, Range: arith.Between(lo, hi)})
}

// array adds an array of the program.
func (b *builder) array(a *Array) *Array {
	of := b.of
	if a.Kind == Table && strings.HasPrefix(a.Name, "bias_") {
		of.Part = lower.PartBias
	}
	b.prog.Origins[a.Name] = of
	b.prog.Arrays = append(b.prog.Arrays, a)
	return a
}

// state adds an array that is kept between steps.
func (b *builder) state(hint, doc string, elem Int, n int, r arith.Interval) *Array {
	return b.array(&Array{Kind: State, Name: b.names.Get(hint), Doc: doc, Elem: elem, Len: n, Range: r})
}

// table adds a constant array, in the narrowest type that holds it.
func (b *builder) table(hint, doc string, v []int64) *Array {
	r := hull(v)
	return b.tableOf(Int{Bits: lane(r.Bits()), Lanes: 1}, hint, doc, v)
}

func (b *builder) tableOf(elem Int, hint, doc string, v []int64) *Array {
	return b.array(&Array{Kind: Table, Name: b.names.Get(hint), Doc: doc, Elem: elem, Len: len(v) / elem.Lanes, Data: v, Range: hull(v)})
}

func hull(v []int64) arith.Interval {
	if len(v) == 0 {
		return arith.Interval{}
	}
	return arith.Between(slices.Min(v), slices.Max(v))
}

// calc is the type to calculate numbers of some bits in: at least the processor's word. Where that has 16 bits, three bytes are
// cheaper than four.
func (b *builder) calc(bits ...int) Int {
	if most := slices.Max(bits); b.choice.Word == 16 && most > 16 && most <= 24 {
		return I24
	}
	return Int{Bits: max(lane(slices.Max(bits)), b.choice.Word), Lanes: 1}
}

func (b *builder) add(f *Func) *Func {
	b.prog.Origins[f.Name] = b.of
	for _, a := range f.Scratch {
		if of := b.of; of.Part == lower.PartRecurrence {
			if a.Doc != scratchDocs["z"] {
				of.Part = lower.PartInflow // the only other thing that a layer makes in arrays of its own
			}
			b.prog.Origins[a.Name] = of
		}
	}
	b.prog.Funcs = append(b.prog.Funcs, f)
	return f
}

// scratch adds an array of a function.
func (f *Func) scratch(names *lower.Names, hint string, elem Int, n int) *Array {
	a := &Array{Kind: Scratch, Name: names.Get(hint), Doc: scratchDocs[hint], Elem: elem, Len: n, Range: elem.Range()}
	f.Scratch = append(f.Scratch, a)
	return a
}

var scratchDocs = map[string]string{
	"z":        "the transform",
	"vector":   "what a matrix multiplies",
	"pairs":    "what a matrix multiplies, two entries a word",
	"inflow":   "what flows into the state, before it is rounded",
	"products": "the product of the input with each weight that occurs",
	"sums":     "what the signs of eight entries can add up to",
	"outputs":  "the product of the output",
}

// perPhase makes statements that may differ between even and odd steps: once, or in both branches.
func perPhase(differ bool, make func(ph int) []Stmt) []Stmt {
	if !differ {
		return make(arith.Even)
	}
	return []Stmt{IfOdd{Odd: make(arith.Odd), Even: make(arith.Even)}}
}

// sum adds indices.
func sum(parts ...*Expr) *Expr {
	out := At(0)
	for _, p := range parts {
		out = Add(out, p)
	}
	return out
}

// each is a loop over n entries whose iterations do not depend on each other.
func each(v string, n int, body ...Stmt) Stmt {
	return For{Var: v, To: n, By: 1, Independent: true, Body: body}
}

// let is a Let and the variable that it makes.
func let(name string, value *Expr) (Stmt, *Expr) {
	return Let{Name: name, Value: value}, Var(value.Type, name)
}

// outputs makes the functions that a caller sees.
func (b *builder) outputs() {
	defer b.about(lower.PartReadout, 0)()
	r := b.readout
	r.biasTables()
	body := []Stmt{}
	for _, l := range b.layers {
		body = append(body, Call{l.fn.Name})
	}
	step := &Func{Name: b.names.Get("step"), Doc: "Consumes the input of a step."}
	step.Body = append(body, r.afterStep(step)...)
	b.add(step) // behind the functions that it calls
	output := b.add(&Func{Name: b.names.Get("output"), Doc: "Fills the output."})
	output.Body = r.output(output)
	b.prog.Step, b.prog.Output = step.Name, output.Name
	if r.decide != nil && b.plan.Hop > 0 {
		b.prog.Decide = r.decide.function().Name
	}
}
