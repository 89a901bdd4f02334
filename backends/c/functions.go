package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// needs is what a function and those that it calls take from outside.
type needs struct {
	state, writes      bool // the struct, and whether something in it changes
	input, output, odd bool
	fills              bool          // the output, which it may also read alone
	scratch            []*step.Array // of a function that calls this one
	stack              int           // bytes of arrays and values, without those of calls
	calls              []string
}

// needsOf works out the needs of every function. A function stands behind those that it calls.
func needsOf(p *step.Program, r room) map[string]*needs {
	arrays := map[string]*step.Array{}
	for _, a := range p.Arrays {
		arrays[a.Name] = a
	}
	for _, f := range p.Funcs {
		for _, a := range f.Scratch {
			arrays[a.Name] = a
		}
	}
	out := map[string]*needs{}
	for _, f := range p.Funcs {
		out[f.Name] = needsOfFunc(f, arrays, out, r)
	}
	return out
}

// room is what a call may take of the stack beside arrays, in bytes: slot for a value at least, and frame for the way back and the
// registers that it keeps.
type room struct{ slot, frame int }

// roomOf is that of a chip.
func roomOf(set *settings) room {
	switch {
	case set.part == nil || set.part.Kind == chip.Host:
		return room{4, 64}
	case set.part.Word == 8:
		return room{2, 24}
	case set.part.Arch == "riscv":
		return room{4, 64}
	}
	return room{4, 48}
}

// bytes is the size of an entry: where values have 32 bits, there is no integer of 24.
func (r room) bytes(t step.Int) int {
	if t.Bits == 24 && r.slot > 2 {
		return 4
	}
	return t.Bytes()
}

func needsOfFunc(f *step.Func, arrays map[string]*step.Array, known map[string]*needs, r room) *needs {
	n := &needs{}
	chosen := map[string][2]string{}
	var use func(name string, writes bool)
	use = func(name string, writes bool) {
		if two, ok := chosen[name]; ok {
			use(two[0], writes)
			use(two[1], writes)
			return
		}
		a := arrays[name]
		if i := slices.IndexFunc(f.Scratch, func(a *step.Array) bool { return a.Name == name }); i >= 0 {
			a = f.Scratch[i]
		}
		if a == nil {
			panic(fmt.Sprintf("c: the form has no array %q", name))
		}
		switch a.Kind {
		case step.State:
			n.state, n.writes = true, n.writes || writes
		case step.Input:
			n.input = true
		case step.Output:
			n.output, n.fills = true, n.fills || writes
		case step.Scratch:
			if !slices.Contains(f.Scratch, a) && !slices.Contains(n.scratch, a) {
				n.scratch = append(n.scratch, a)
			}
		}
	}
	walk(f.Body, func(st step.Stmt) {
		switch v := st.(type) {
		case step.Let:
			n.stack += max(v.Value.Type.Bytes(), r.slot)
		case step.Store:
			use(v.Array, true)
		case step.IfOdd:
			n.odd = true
		case step.Choose:
			n.odd = true
			chosen[v.Name] = [2]string{v.Odd, v.Even}
			n.stack += r.slot
		case step.For:
			n.stack += 2 * r.slot
		case step.Call:
			c := known[v.Func]
			n.state, n.writes = n.state || c.state, n.writes || c.writes
			n.input, n.output, n.odd = n.input || c.input, n.output || c.output, n.odd || c.odd
			n.fills = n.fills || c.fills
			for _, a := range c.scratch {
				use(a.Name, false)
			}
			n.calls = append(n.calls, v.Func)
		}
	}, func(e *step.Expr) {
		switch e.Op {
		case step.OpLoad:
			use(e.Name, false)
		case step.OpPhase:
			n.odd = true
		}
	})
	for _, a := range f.Scratch {
		n.stack += r.bytes(a.Elem) * a.Len
	}
	n.stack += r.frame
	return n
}

// walk visits every statement and every expression, in order.
func walk(body []step.Stmt, stmt func(step.Stmt), expr func(*step.Expr)) {
	var visit func(e *step.Expr)
	visit = func(e *step.Expr) {
		for _, a := range e.Args {
			visit(a)
		}
		expr(e)
	}
	for _, st := range body {
		stmt(st)
		switch v := st.(type) {
		case step.Let:
			visit(v.Value)
		case step.Set:
			visit(v.Value)
		case step.Store:
			visit(v.Index)
			visit(v.Value)
		case step.For:
			walk(v.Body, stmt, expr)
		case step.IfOdd:
			walk(v.Odd, stmt, expr)
			walk(v.Even, stmt, expr)
		}
	}
}

// locals are the names of values in functions, which no table may have.
func locals(p *step.Program) (out []string) {
	for _, f := range p.Funcs {
		walk(f.Body, func(st step.Stmt) {
			switch v := st.(type) {
			case step.Let:
				out = append(out, v.Name)
			case step.For:
				out = append(out, v.Var)
			case step.Choose:
				out = append(out, v.Name)
			}
		}, func(*step.Expr) {})
	}
	return out
}

// function spells one of the form.
func (s *speller) function(f *step.Func) {
	n := s.needs[f.Name]
	s.scope = s.scope.inner()
	defer func() { s.scope = s.scope.above }()
	public := f.Name == s.program.Step || f.Name == s.program.Output
	for _, a := range n.scratch {
		s.scope.arrays[a.Name] = array{text: s.declareArray(a.Name), elem: a.Elem, kind: a.Kind, len: a.Len}
	}
	s.blank()
	switch {
	case public:
		if s.assembly.has(f.Name) {
			s.directive("if !", s.assemblyMacro())
			defer s.directive("endif")
		}
		s.line(s.signature(s.core, f.Name))
	case s.assembly.holds(f.Name):
		s.directive("if !", s.assemblyMacro())
		defer s.directive("endif")
		s.comment(f.Doc)
		s.line("static void ", s.funcs[f.Name], "(", strings.Join(s.parameters(f.Name), ", "), ")")
	case s.assembly.has(f.Name):
		parameters := "(" + strings.Join(s.parameters(f.Name), ", ") + ")"
		s.directive("if ", s.assemblyMacro())
		s.line("extern void ", s.funcs[f.Name], parameters, ";")
		s.directive("else")
		defer s.directive("endif")
		s.comment(f.Doc)
		s.line("static void ", s.funcs[f.Name], parameters)
	default:
		s.comment(f.Doc)
		s.line("static void ", s.funcs[f.Name], "(", strings.Join(s.parameters(f.Name), ", "), ")")
	}
	s.open("{")
	s.declareArrays(f)
	if public {
		s.begin(f.Name, n)
	}
	s.block(f.Body)
	if f.Name == s.program.Step && s.program.TwoPhase {
		s.line("s->odd = odd;")
	}
	s.close("}")
}

// declareArrays declares the arrays of a function.
func (s *speller) declareArrays(f *step.Func) {
	for _, a := range f.Scratch {
		text := s.declareArray(a.Name)
		s.scope.arrays[a.Name] = array{text: text, elem: a.Elem, kind: a.Kind, len: a.Len}
		if of, ok := s.program.Origins[a.Name]; ok {
			s.local = append(s.local, backends.Named{Name: text, Of: of})
		}
		if s.pointed(f, a) {
			entries := s.declareArray(a.Name + "_entries")
			s.line(s.typeName(a.Elem), " ", entries, fmt.Sprintf("[%d];", a.Len))
			s.line(s.typeName(a.Elem), " *", text, " = ", entries, ";")
			s.directive("if defined __GNUC__")
			s.line(`__asm__("" : "+r"(`, text, `)); /* an entry is an offset from a register, not from the stack's end */`)
			s.directive("endif")
			continue
		}
		s.line(s.typeName(a.Elem), " ", text, fmt.Sprintf("[%d];", a.Len))
	}
}

// pointed reports whether an array of a function is read through a pointer that compilers keep in a register: a small one of plain
// numbers, whose entries data of tables names or that no state could be an entry of.
func (s *speller) pointed(f *step.Func, a *step.Array) bool {
	if !s.dialect.pointers || a.Len > 64 || a.Elem.Lanes > 1 {
		return false
	}
	for _, other := range s.program.Arrays {
		if other.Kind == step.State && other.Elem == a.Elem {
			return a.Elem.Bits == 32 && named(f, a)
		}
	}
	return a.Elem.Bits < 32 || named(f, a)
}

// named reports whether data of tables names the entries of an array.
func named(f *step.Func, a *step.Array) (found bool) {
	walk(f.Body, func(step.Stmt) {}, func(e *step.Expr) {
		found = found || e.Op == step.OpLoad && e.Name == a.Name && e.Args[0].Op == step.OpField
	})
	return found
}

// declareArray names an array of a function.
func (s *speller) declareArray(name string) string {
	text := s.declare(name)
	delete(s.scope.values, name)
	return text
}

// begin is what public functions have in front of their body.
func (s *speller) begin(name string, n *needs) {
	steps := name == s.program.Step
	switch {
	case steps && s.program.TwoPhase:
		s.line("const uint8_t odd = (uint8_t)(s->odd ^ 1u); /* the first step is number 1 */")
	case n.odd:
		s.line("const uint8_t odd = s->odd;")
	}
	if steps && !n.state && !s.program.TwoPhase || !steps && !n.state && !n.odd {
		s.line("(void)s;")
	}
	if steps && !n.input {
		s.line("(void)", s.inputArgument(), ";")
	}
}

// signature of a public function, of the model or of a course.
func (s *speller) signature(prefix, name string) string {
	if name == s.program.Step {
		return fmt.Sprintf("void %s_step(%s_state *s, %s)", prefix, prefix, s.inputParameter())
	}
	return fmt.Sprintf("void %s_output(const %s_state *s, %s)", prefix, prefix, s.outputParameter())
}

// parameters of a function of the form, and the arguments of a call within another.
func (s *speller) parameters(name string) (out []string) {
	n := s.needs[name]
	if n.state {
		constant := ""
		if !n.writes {
			constant = "const "
		}
		whose := s.core
		if name == s.program.Decide {
			whose = s.prefix
		}
		out = append(out, constant+"struct "+whose+"_state *s")
	}
	if n.input {
		out = append(out, s.inputParameter())
	}
	switch {
	case n.fills:
		out = append(out, s.outputParameter())
	case n.output:
		out = append(out, "const "+s.outputParameter())
	}
	for _, a := range n.scratch {
		out = append(out, fmt.Sprintf("%s %s[%d]", s.typeName(a.Elem), s.scratchName(a), a.Len))
	}
	if n.odd {
		out = append(out, "uint8_t odd")
	}
	if out == nil {
		out = []string{"void"}
	}
	return out
}

func (s *speller) arguments(name string) (out []string) {
	n := s.needs[name]
	if n.state {
		out = append(out, "s")
	}
	if n.input {
		out = append(out, s.inputArgument())
	}
	if n.output {
		out = append(out, "y")
	}
	for _, a := range n.scratch {
		out = append(out, s.scratchName(a))
	}
	if n.odd {
		out = append(out, "odd")
	}
	return out
}

func (s *speller) scratchName(a *step.Array) string { return s.scope.array(a.Name).text }

// inputParameter is the parameter that carries a step's input.
func (s *speller) inputParameter() string {
	if s.token {
		return s.prefix + "_input token"
	}
	return fmt.Sprintf("const %s_input x[%d]", s.prefix, s.find(step.Input).Len)
}

func (s *speller) inputArgument() string {
	if s.token {
		return "token"
	}
	return "x"
}

func (s *speller) outputParameter() string {
	return fmt.Sprintf("%s_value y[%d]", s.prefix, s.find(step.Output).Len)
}

// find is the one array of a kind.
func (s *speller) find(k step.Kind) *step.Array {
	for _, a := range s.program.Arrays {
		if a.Kind == k {
			return a
		}
	}
	panic(fmt.Sprintf("c: the form has no array of the kind %s", k))
}
