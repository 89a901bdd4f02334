package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/spell"
)

// speller spells a program of the step form in C. It decides nothing about arithmetic: a statement is a statement, an operation an
// operator or a function at the head of the file.
type speller struct {
	writer
	program *step.Program
	prefix  string
	core    string          // start of the names of the state and of its functions: prefix, or that of a course where the model restarts
	stream  map[string]bool // the states that are no course's
	index   string          // what counts and addresses: int or int32_t
	dialect dialect
	token   bool // the input is a token, which is passed by value
	names   *lower.Names
	scope   *scope
	needs   map[string]*needs // of functions
	funcs   map[string]string // their names in C
	local   []backends.Named  // arrays of functions that belong to parts of the model
	inline  writer            // the functions at the head of the file
	inlined map[string]bool
	bytes   map[string]bool // counters of 8 bits
	// assembly is the functions that AVR has in assembly; nil for none.
	assembly *assembly
	room     room
	decides  bool     // there is a class, the index of the largest output
	largest  *largest // in its function
}

// array is how C gets at an array.
type array struct {
	text   string
	elem   step.Int
	kind   step.Kind
	scalar bool
	len    int
}

// scope is the names of a block.
type scope struct {
	above  *scope
	values map[string]string
	arrays map[string]array
	// cursors are of the loop whose block this is.
	cursors []*cursor
}

func (s *scope) inner() *scope {
	return &scope{above: s, values: map[string]string{}, arrays: map[string]array{}}
}

// name is what C calls a value.
func (s *scope) name(of string) string {
	for ; s != nil; s = s.above {
		if n, ok := s.values[of]; ok {
			return n
		}
	}
	panic(fmt.Sprintf("c: the form reads %q, which nothing names", of))
}

func (s *scope) array(of string) array {
	for ; s != nil; s = s.above {
		if a, ok := s.arrays[of]; ok {
			return a
		}
	}
	panic(fmt.Sprintf("c: the form has no array %q", of))
}

// taken reports whether a name of C hides one of this function.
func (s *scope) taken(name string) bool {
	for ; s != nil; s = s.above {
		for _, v := range s.values {
			if v == name {
				return true
			}
		}
		for _, a := range s.arrays {
			if a.text == name {
				return true
			}
		}
	}
	return false
}

// declare names a value of the form in C.
func (s *speller) declare(name string) string {
	out := s.unique(name)
	s.scope.values[name] = out
	return out
}

// fresh is a name in C, until the end of the block, of what the form has no name for.
func (s *speller) fresh(name string) string {
	out := s.unique(name)
	s.scope.values["&"+out] = out
	return out
}

// unique is a name that hides no other.
func (s *speller) unique(name string) string {
	out := name
	for i := 2; s.scope.taken(out) || slices.Contains(reserved, out); i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	return out
}

// block spells statements between braces that the caller writes.
func (s *speller) block(body []step.Stmt) {
	s.scope = s.scope.inner()
	defer func() { s.scope = s.scope.above }()
	for _, st := range body {
		switch v := st.(type) {
		case step.Let:
			s.let(v)
		case step.Set:
			s.set(v)
		case step.Store:
			s.store(v)
		case step.For:
			s.loop(v)
		case step.IfOdd:
			s.ifOdd(v)
		case step.Choose:
			s.choose(v)
		case step.Call:
			s.line(s.funcs[v.Func], "(", strings.Join(s.arguments(v.Func), ", "), ");")
		case step.Remark:
			s.comment(v.Text)
		default:
			panic(fmt.Sprintf("c: no spelling of the statement %T", v))
		}
	}
}

// let spells a definition.
func (s *speller) let(l step.Let) {
	value := s.to(l.Value.Type, s.expr(l.Value)).text // before the name holds
	head := "const "
	if l.Mutable {
		head = ""
	}
	s.line(head, s.typeName(l.Value.Type), " ", s.declare(l.Name), " = ", value, ";")
}

// assign spells "a = value", or "a += rest" where the value is a plus something and C calculates in a's type.
func (s *speller) assign(target string, t step.Int, value *step.Expr) {
	if t.Lanes == 1 && t.Bits >= 32 && (value.Op == step.OpAdd || value.Op == step.OpSub) && value.Type == t {
		if a, b := s.expr(value.Args[0]), value.Args[1]; a.text == target && !isNumber(b) {
			s.line(target, " ", operators[value.Op].text, "= ", s.to(t, s.signed(b)).text, ";")
			return
		}
	}
	s.line(target, " = ", s.to(t, s.expr(value)).text, ";")
}

func (s *speller) set(v step.Set) { s.assign(s.scope.name(v.Name), v.Value.Type, v.Value) }

func (s *speller) store(v step.Store) {
	if s.largest != nil && s.scope.array(v.Array).kind == step.Output {
		s.keep(v)
		return
	}
	s.assign(s.element(v.Array, v.Index).text, s.scope.array(v.Array).elem, v.Value)
}

// loop spells a For. A counter that is as narrow as an int adds up in it, and is narrowed again.
func (s *speller) loop(v step.For) {
	counter, mark := s.index, ""
	if s.dialect.counters {
		mark = "u"
		if v.From >= 0 && v.To+v.By <= 256 {
			counter = "uint8_t"
		}
	}
	cursors, moves := s.cursors(v)
	s.scope = s.scope.inner()
	defer func() { s.scope = s.scope.above }()
	s.scope.cursors = cursors
	i := s.declare(v.Var)
	s.bytes[i] = counter == "uint8_t"
	next := i + "++"
	switch {
	case v.By != 1 && counter == "uint8_t":
		next = fmt.Sprintf("%s = (uint8_t)(%s + %d%s)", i, i, v.By, mark)
	case v.By != 1:
		next = fmt.Sprintf("%s += %d%s", i, v.By, mark)
	}
	s.open(fmt.Sprintf("for (%s %s = %d%s; %s < %d%s; %s) {", counter, i, v.From, mark, i, v.To, mark, next))
	s.block(v.Body)
	for _, move := range moves {
		s.line(move)
	}
	s.close("}")
}

func (s *speller) ifOdd(v step.IfOdd) {
	switch {
	case len(v.Odd) == 0:
		s.open("if (odd == 0u) {")
		s.block(v.Even)
	case len(v.Even) == 0:
		s.open("if (", s.odd(), ") {")
		s.block(v.Odd)
	default:
		s.open("if (", s.odd(), ") {")
		s.block(v.Odd)
		s.reopen("} else {")
		s.block(v.Even)
	}
	s.close("}")
}

// choose names one of two arrays by a pointer.
func (s *speller) choose(v step.Choose) {
	odd, even := s.scope.array(v.Odd), s.scope.array(v.Even)
	name := s.declare(v.Name)
	delete(s.scope.values, v.Name)
	s.scope.arrays[v.Name] = array{text: name, elem: odd.elem, kind: odd.kind, len: odd.len}
	qualifier := ""
	if odd.kind == step.Table {
		qualifier = tableQualifier(odd.elem)
	} else if odd.kind == step.Input {
		qualifier = "const "
	}
	s.line(qualifier, s.typeName(odd.elem), " *const ", name, " = (", s.odd(), ") ? ", odd.text, " : ", even.text, ";")
}

// newSpeller gives names to what a program has.
func newSpeller(p *step.Program, set *settings, token bool) *speller {
	prefix, core := set.prefix, set.prefix
	if set.restarts {
		core += "_course"
	}
	s := &speller{program: p, prefix: prefix, core: core, stream: p.Stream(), dialect: dialectOf(set), token: token, index: indexType(p, dialectOf(set)), inlined: map[string]bool{}, bytes: map[string]bool{},
		funcs: map[string]string{}, needs: needsOf(p, roomOf(set)), room: roomOf(set)}
	s.names = lower.NewNames(slices.Concat(reserved, parts, apiNames(prefix), locals(p))...)
	s.scope = (*scope)(nil).inner()
	for _, f := range p.Funcs {
		switch f.Name {
		case p.Step:
			s.funcs[f.Name] = core + "_step"
		case p.Output:
			s.funcs[f.Name] = core + "_output"
		default:
			s.funcs[f.Name] = s.names.Get(plain(f.Name))
		}
	}
	for _, a := range p.Arrays {
		out := array{elem: a.Elem, kind: a.Kind, len: a.Len}
		if set.wide && a.Kind == step.Table && a.Elem == step.I8 {
			out.elem = step.I16
		}
		switch a.Kind {
		case step.Input:
			out.text = "x"
			if token {
				out.text, out.scalar = "token", true
			}
		case step.Output:
			out.text = "y"
		case step.State:
			out.text = "s->" + s.names.Get(plain(a.Name))
		default:
			out.text = s.names.Get(plain(a.Name))
		}
		s.scope.arrays[a.Name] = out
	}
	return s
}

// member is the name of a state in the struct.
func (s *speller) member(a *step.Array) string {
	return strings.TrimPrefix(s.scope.array(a.Name).text, "s->")
}

// plain is a name that no header of a board has as a macro: what looks like one becomes small letters.
func plain(name string) string {
	if spell.Macro(lower.Word(name)) {
		return strings.ToLower(name)
	}
	return name
}

// indexType is int, which is fastest everywhere, unless 16 bits could not count the largest array. Where counters have 8 bits, what
// is calculated of them has no sign either.
func indexType(p *step.Program, d dialect) string {
	largest := 0
	for _, a := range p.Arrays {
		largest = max(largest, a.Len)
	}
	for _, f := range p.Funcs {
		for _, a := range f.Scratch {
			largest = max(largest, a.Len)
		}
	}
	switch {
	case d.counters && largest < 1<<15:
		return "unsigned"
	case d.counters:
		return "uint32_t"
	case largest < 1<<15:
		return "int"
	}
	return "int32_t"
}
