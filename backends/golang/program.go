package golang

import (
	"fmt"
	"maps"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// array is how an array of the program is written.
type array struct {
	*step.Array
	code   *jen.Statement // m.h, weightsU, x
	elem   string
	single bool // the input, where it is one number
}

// function spells one function of the program.
type function struct {
	g      *generator
	arrays map[string]*array // in sight
	locals map[string]string // the form's names to Go's
	names  names

	odd     *jen.Statement  // whether the step is of odd t
	inSight map[string]bool // names that have values
	loops   []counter
	windows []window
}

// declare makes the fields, tables and parameters of all arrays, then the methods.
func (g *generator) program() {
	for _, a := range g.prog.Arrays {
		g.declare(a)
	}
	for i, f := range g.prog.Funcs {
		for _, a := range f.Scratch {
			g.scratch(i, a)
		}
	}
	for _, f := range g.prog.Funcs {
		switch f.Name {
		case g.prog.Step:
			g.step = f
		case g.prog.Output:
			g.output = f
		case g.prog.Decide:
			g.decide = f
		default:
			id := g.names.pick(camel(f.Name, false))
			g.named = append(g.named, backends.Named{Name: id, Of: g.prog.Origins[f.Name], Func: true})
			g.calls[f.Name] = id
			g.method(id, []string{"is " + lowerFirst(f.Doc)}, g.params(f), nil, g.body(f, nil))
		}
	}
}

func lowerFirst(s string) string {
	for i, r := range s {
		return string(unicode.ToLower(r)) + s[i+len(string(r)):]
	}
	return s
}

func (g *generator) declare(a *step.Array) {
	out := &array{Array: a, elem: goType(a.Elem)}
	switch a.Kind {
	case step.Input:
		out.code, out.elem, out.single = jen.Id(g.inputName()), g.inputType(), !g.byPointer()
	case step.Output:
		out.code = jen.Id("y")
	case step.Table:
		out.code = jen.Id(g.table(a))
	case step.State:
		out.code = g.field(a, a.Doc)
	}
	g.arrays[a.Name] = out
	g.belongs(out)
}

// belongs notes what of the model an array is for.
func (g *generator) belongs(a *array) {
	if of, ok := g.prog.Origins[a.Name]; ok {
		text := fmt.Sprintf("%#v", a.code)
		g.named = append(g.named, backends.Named{Name: text[strings.LastIndexByte(text, '.')+1:], Of: of})
	}
}

// field adds an array to the model.
func (g *generator) field(a *step.Array, doc string) *jen.Statement {
	n := g.names.pick(camel(a.Name, false))
	g.members[n] = true
	fields := &g.fields
	if g.prog.Stream()[a.Name] {
		fields = &g.stream
	}
	*fields = append(*fields, modelField{n, goType(a.Elem), a.Len, n + " is " + doc, a.Elem.Bytes()})
	return jen.Id("m").Dot(n)
}

// scratch makes an array of a function a field: TinyGo moves large local arrays to the heap. Functions that do not call each
// other share it.
func (g *generator) scratch(fn int, a *step.Array) {
	busy := map[string]bool{}
	for name, users := range g.scratches {
		for _, u := range users {
			if u == fn || g.reaches(u, fn) || g.reaches(fn, u) {
				busy[name] = true
			}
		}
	}
	key := func(i int) string {
		return fmt.Sprintf("%s %s %d %d", strings.TrimRight(a.Name, "_0123456789"), a.Elem, a.Len, i)
	}
	i := 0
	for busy[key(i)] {
		i++
	}
	first := len(g.scratches[key(i)]) == 0
	g.scratches[key(i)] = append(g.scratches[key(i)], fn)
	if first {
		g.scratchCode[key(i)] = g.field(a, "scratch: "+a.Doc)
	}
	g.arrays[a.Name] = &array{Array: a, code: g.scratchCode[key(i)], elem: goType(a.Elem)}
	g.belongs(g.arrays[a.Name])
}

// reaches reports whether one function calls another, at any distance.
func (g *generator) reaches(from, to int) bool {
	found := false
	walk(g.prog.Funcs[from].Body, func(s step.Stmt) {
		c, ok := s.(step.Call)
		if !ok {
			return
		}
		for i, f := range g.prog.Funcs {
			found = found || f.Name == c.Func && (i == to || g.reaches(i, to))
		}
	}, nil)
	return found
}

// walk sees every statement, and the expressions of each where they are asked for.
func walk(body []step.Stmt, see func(step.Stmt), expr func(*step.Expr)) {
	var visit func(e *step.Expr)
	visit = func(e *step.Expr) {
		if e == nil || expr == nil {
			return
		}
		expr(e)
		for _, a := range e.Args {
			visit(a)
		}
	}
	for _, s := range body {
		if see != nil {
			see(s)
		}
		switch s := s.(type) {
		case step.Let:
			visit(s.Value)
		case step.Set:
			visit(s.Value)
		case step.Store:
			visit(s.Index)
			visit(s.Value)
		case step.For:
			walk(s.Body, see, expr)
		case step.IfOdd:
			walk(s.Odd, see, expr)
			walk(s.Even, see, expr)
		}
	}
}

// params are the input, where the function or one that it calls reads it.
func (g *generator) params(f *step.Func) []jen.Code {
	if g.readsInput(f) {
		return []jen.Code{g.inputParam()}
	}
	return nil
}

func (g *generator) readsInput(f *step.Func) bool {
	reads := false
	walk(f.Body, nil, func(e *step.Expr) {
		reads = reads || e.Op == step.OpLoad && g.arrays[e.Name] != nil && g.arrays[e.Name].Kind == step.Input
	})
	return reads
}

// body spells the statements of a function behind some of its own.
func (g *generator) body(fn *step.Func, before []jen.Code) []jen.Code {
	f := &function{g: g, arrays: maps.Clone(g.arrays), locals: map[string]string{}, names: maps.Clone(g.names), odd: jen.Id("m").Dot("odd"), inSight: map[string]bool{}}
	for n := range g.members {
		delete(f.names, n)
	}
	for _, n := range []string{"m", "x", "y", "token"} {
		f.names[n] = true
	}
	if fn == g.decide { // which is Model's
		f.odd, f.names["odd"] = jen.Id("odd"), true
	}
	return append(before, f.block(byPhase(fn.Body))...)
}

// local is Go's name for one of the form.
func (f *function) local(name string) string {
	if n, ok := f.locals[name]; ok {
		return n
	}
	n := f.names.pick(camel(name, false))
	f.locals[name] = n
	return n
}

// byPhase takes expressions that differ between even and odd steps apart, into branches around the outermost loop.
func byPhase(body []step.Stmt) []step.Stmt {
	var out []step.Stmt
	for _, s := range body {
		differs := false
		walk([]step.Stmt{s}, nil, func(e *step.Expr) { differs = differs || e.Op == step.OpPhase })
		l, isLet := s.(step.Let)
		switch {
		case !differs:
			out = append(out, s)
		case isLet:
			out = append(out, step.Let{Name: l.Name, Value: atPhase(l.Value, arith.Even), Mutable: true},
				step.IfOdd{Odd: []step.Stmt{step.Set{Name: l.Name, Value: atPhase(l.Value, arith.Odd)}}})
		default:
			out = append(out, step.IfOdd{Odd: []step.Stmt{stmtAt(s, arith.Odd)}, Even: []step.Stmt{stmtAt(s, arith.Even)}})
		}
	}
	return out
}

func stmtAt(s step.Stmt, ph int) step.Stmt {
	switch s := s.(type) {
	case step.Let:
		s.Value = atPhase(s.Value, ph)
		return s
	case step.Set:
		s.Value = atPhase(s.Value, ph)
		return s
	case step.Store:
		s.Index, s.Value = atPhase(s.Index, ph), atPhase(s.Value, ph)
		return s
	case step.For:
		body := make([]step.Stmt, len(s.Body))
		for i, inner := range s.Body {
			body[i] = stmtAt(inner, ph)
		}
		s.Body = body
		return s
	}
	return s
}

func atPhase(e *step.Expr, ph int) *step.Expr {
	if e.Op == step.OpPhase {
		return atPhase(e.Args[ph], ph)
	}
	c := *e
	c.Args = make([]*step.Expr, len(e.Args))
	for i, a := range e.Args {
		c.Args[i] = atPhase(a, ph)
	}
	return &c
}

// block spells statements. What is alike and short stands on one line, as long as nothing reads what the line makes.
func (f *function) block(body []step.Stmt) []jen.Code {
	var out []jen.Code
	outer, windows := maps.Clone(f.inSight), len(f.windows)
	for i := 0; i < len(body); {
		n := together(body[i:])
		for k := range n {
			out = append(out, f.open(body[i+k:])...)
		}
		out = append(out, f.stmt(body[i:i+n])...)
		for _, s := range body[i : i+n] {
			if l, ok := s.(step.Let); ok {
				f.inSight[l.Name] = true
			}
		}
		i += n
	}
	for _, w := range f.windows[windows:] {
		delete(f.names, w.local)
	}
	f.inSight, f.windows = outer, f.windows[:windows]
	return out
}

// together is how many statements, from the first on, stand on one line.
func together(body []step.Stmt) int {
	most, made := 1, map[string]bool{}
	first := shape(body[0])
	if first.kind == "" {
		return 1
	}
	if first.leaf {
		most = 8
	} else {
		most = 4
	}
	n := 0
	for _, s := range body[:min(most, len(body))] {
		sh := shape(s)
		if sh.kind != first.kind || sh.leaf != first.leaf || n > 0 && reads(s, made) {
			break
		}
		made[sh.makes] = true
		n++
	}
	return max(n, 1)
}

// looks is what a statement looks like: of what kind it is, without which it stands alone; what it makes; and whether its value
// is a plain entry.
type looks struct {
	kind, makes string
	leaf        bool
}

func shape(s step.Stmt) looks {
	var e *step.Expr
	var l looks
	switch s := s.(type) {
	case step.Let:
		e, l = s.Value, looks{kind: "let " + strings.TrimRight(s.Name, "_0123456789"), makes: s.Name}
		if s.Mutable || strings.TrimRight(s.Name, "0123456789") == s.Name {
			return looks{}
		}
	case step.Store:
		e, l = s.Value, looks{kind: "store " + s.Array, makes: s.Array}
		if increment(s) != nil || s.Index.Op == step.OpConst {
			return looks{}
		}
	default:
		return looks{}
	}
	short := func(e *step.Expr) bool {
		return e.Op == step.OpVar || e.Op == step.OpConst || e.Op == step.OpLoad || e.Op == step.OpExt && e.Args[0].Op == step.OpLoad
	}
	switch l.leaf = short(e); {
	case l.leaf, (e.Op == step.OpAdd || e.Op == step.OpSub) && short(e.Args[0]) && short(e.Args[1]):
		return l
	}
	return looks{}
}

// reads reports whether a statement reads a name or an array.
func reads(s step.Stmt, made map[string]bool) bool {
	found := false
	walk([]step.Stmt{s}, nil, func(e *step.Expr) { found = found || made[e.Name] && e.Name != "" })
	return found
}

// stmt spells statements of one line.
func (f *function) stmt(s []step.Stmt) []jen.Code {
	switch first := s[0].(type) {
	case step.Let:
		var left, right []jen.Code
		for _, s := range s {
			l := s.(step.Let)
			v := f.value(l.Value).typed(goType(l.Value.Type))
			if l.Mutable && l.Value.Op == step.OpConst && l.Value.Value == 0 {
				return []jen.Code{jen.Var().Id(f.local(l.Name)).Id(goType(l.Value.Type))}
			}
			left, right = append(left, jen.Id(f.local(l.Name))), append(right, v.code)
		}
		return []jen.Code{jen.List(left...).Op(":=").List(right...)}
	case step.Set:
		to := jen.Id(f.local(first.Name))
		if e := first.Value; e.Op == step.OpAdd && e.Args[0].Op == step.OpVar && e.Args[0].Name == first.Name {
			return []jen.Code{to.Op("+=").Add(f.value(e.Args[1]).code)}
		}
		return []jen.Code{to.Op("=").Add(f.value(first.Value).code)}
	case step.Store:
		if more := increment(first); more != nil {
			return []jen.Code{jen.Add(f.place(first)).Op("+=").Add(f.value(more).as(f.arrays[first.Array].elem).code)}
		}
		var left, right []jen.Code
		for _, s := range s {
			st := s.(step.Store)
			left, right = append(left, f.place(st)), append(right, f.raw(st.Value).as(f.arrays[st.Array].elem).code)
		}
		return []jen.Code{jen.List(left...).Op("=").List(right...)}
	case step.For:
		return []jen.Code{f.loop(first)}
	case step.IfOdd:
		if len(first.Odd) == 0 {
			return []jen.Code{jen.If(jen.Op("!").Add(f.odd)).Block(f.block(byPhase(first.Even))...)}
		}
		branch := jen.If(f.odd.Clone()).Block(f.block(byPhase(first.Odd))...)
		if len(first.Even) > 0 {
			branch.Else().Block(f.block(byPhase(first.Even))...)
		}
		return []jen.Code{branch}
	case step.Choose:
		even, odd := f.arrays[first.Even], f.arrays[first.Odd]
		to := f.local(first.Name)
		f.arrays[first.Name] = &array{Array: even.Array, code: jen.Id(to), elem: even.elem}
		return []jen.Code{
			jen.Id(to).Op(":=").Op("&").Add(even.code),
			jen.If(f.odd.Clone()).Block(jen.Id(to).Op("=").Op("&").Add(odd.code)),
		}
	case step.Call:
		var args []jen.Code
		for _, fn := range f.g.prog.Funcs {
			if fn.Name == first.Func && f.g.readsInput(fn) {
				args = []jen.Code{jen.Id(f.g.inputName())}
			}
		}
		return []jen.Code{jen.Id("m").Dot(f.g.calls[first.Func]).Call(args...)}
	case step.Remark:
		return []jen.Code{jen.Comment(comment(first.Text))}
	}
	f.g.fail("statement %T has no spelling", s[0])
	return nil
}

// increment is what a store adds to the entry; nil where it does something else.
func increment(s step.Store) *step.Expr {
	e := s.Value
	if e.Op == step.OpTrunc || e.Op == step.OpExt {
		return nil
	}
	if e.Op == step.OpAdd && e.Args[0].Op == step.OpLoad && e.Args[0].Name == s.Array && e.Args[0].Args[0].String() == s.Index.String() {
		return e.Args[1]
	}
	return nil
}

func (f *function) loop(s step.For) jen.Code {
	v := jen.Id(f.local(s.Var))
	f.loops, f.inSight[s.Var] = append(f.loops, counter{s.Var, s.To, s.By}), true
	body := f.block(byPhase(s.Body))
	f.loops = f.loops[:len(f.loops)-1]
	delete(f.inSight, s.Var)
	if s.From == 0 && s.By == 1 {
		return jen.For(v.Op(":=").Range().Lit(s.To)).Block(body...)
	}
	next := v.Clone().Op("+=").Lit(s.By)
	if s.By == 1 {
		next = v.Clone().Op("++")
	}
	return jen.For(v.Clone().Op(":=").Lit(s.From), v.Clone().Op("<").Lit(s.To), next).Block(body...)
}

// place is what a store writes.
func (f *function) place(s step.Store) *jen.Statement { return f.entry(s.Array, s.Index).code }

// entry is an entry of an array, in the array's type.
func (f *function) entry(name string, index *step.Expr) expr {
	a := f.arrays[name]
	if a == nil {
		f.g.fail("nothing in sight is named %s", name)
		return leaf(jen.Lit(0), "")
	}
	if a.single {
		return leaf(a.code.Clone(), a.elem)
	}
	if at, ok := accessOf(name, index, f.loops); ok {
		if w := f.window(name, at.base); w != "" {
			within := linear{constant: at.offset}
			if at.moving != "" {
				within.terms = []term{{at.moving, 1}}
			}
			return leaf(jen.Id(w).Index(f.code(within)), a.elem)
		}
	}
	if l, ok := linearOf(index); ok {
		return leaf(jen.Add(a.code).Index(f.code(l)), a.elem)
	}
	// Any integer may be an index: one byte into 256 entries needs no check.
	for index.Op == step.OpExt && index.Type == step.Index {
		index = index.Args[0]
	}
	return leaf(jen.Add(a.code).Index(f.raw(index).code), a.elem)
}
