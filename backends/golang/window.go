package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// A loop over groups of entries takes a window of each array, a pointer to a smaller one: p := (*[64]int64)(m.h[i:]). Its indices
// are then those within the group, which need no sum when the program runs, and no check.

// linear is an index as a sum of names times factors and a constant.
type linear struct {
	terms    []term
	constant int64
}

type term struct {
	name   string
	factor int64
}

// linearOf takes an index apart; false where it is no such sum.
func linearOf(e *step.Expr) (l linear, ok bool) {
	switch e.Op {
	case step.OpConst:
		return linear{constant: e.Value}, true
	case step.OpVar:
		return linear{terms: []term{{e.Name, 1}}}, true
	case step.OpAdd:
		a, ok1 := linearOf(e.Args[0])
		b, ok2 := linearOf(e.Args[1])
		for _, t := range b.terms {
			a = a.plus(t)
		}
		a.constant += b.constant
		return a, ok1 && ok2
	case step.OpShl:
		a, ok := linearOf(e.Args[0])
		return a.times(1 << e.Value), ok
	case step.OpMul:
		if e.Args[1].Op == step.OpConst {
			a, ok := linearOf(e.Args[0])
			return a.times(e.Args[1].Value), ok
		}
	}
	return linear{}, false
}

func (l linear) plus(t term) linear {
	for i := range l.terms {
		if l.terms[i].name == t.name {
			l.terms = slices.Clone(l.terms)
			l.terms[i].factor += t.factor
			return l
		}
	}
	l.terms = append(slices.Clone(l.terms), t)
	return l
}

func (l linear) times(n int64) linear {
	out := linear{constant: l.constant * n}
	for _, t := range l.terms {
		out.terms = append(out.terms, term{t.name, t.factor * n})
	}
	return out
}

// without leaves a name out, and the constant.
func (l linear) without(name string) linear {
	var out linear
	for _, t := range l.terms {
		if t.name != name {
			out.terms = append(out.terms, t)
		}
	}
	return out
}

// code spells a sum.
func (f *function) code(l linear) *jen.Statement {
	var e expr
	for i, t := range l.terms {
		v := leaf(jen.Id(f.local(t.name)), "int")
		if t.factor != 1 {
			v = infix(v, "*", leaf(literal(t.factor), ""))
		}
		if i == 0 {
			e = v
		} else {
			e = infix(e, "+", v)
		}
	}
	switch {
	case len(l.terms) == 0:
		return literal(l.constant)
	case l.constant > 0:
		e = infix(e, "+", leaf(literal(l.constant), ""))
	case l.constant < 0:
		e = infix(e, "-", leaf(literal(-l.constant), ""))
	}
	return e.code
}

func (l linear) String() string { return fmt.Sprint(l.terms) }

// window is a name that stands for a part of an array.
type window struct {
	array, base string
	local       string
}

// access is one use of an array: what is fixed in front of a loop, and what moves in it.
type access struct {
	array  string
	base   linear
	moving string // the counter of an inner loop that walks over the window; "" for none
	offset int64
	last   int64 // the largest index within the window
	isRow  bool  // a loop takes several entries of it at a time
}

// row is the access one loop further out, where the innermost takes several entries at a time.
func (a access) row(loops []counter) (access, bool) {
	n := len(loops) - 1
	if n < 0 || loops[n].by == 1 || a.moving != "" || !slices.Contains(a.base.terms, term{loops[n].name, 1}) {
		return a, false
	}
	c := loops[n]
	a.moving, a.base, a.isRow = c.name, a.base.without(c.name), true
	a.last += int64((c.to - 1) / c.by * c.by)
	return a, len(a.base.terms) > 0
}

// counter is a loop around an access, the innermost last.
type counter struct {
	name   string
	to, by int
}

// accessOf says how an index is taken apart: the counter of the innermost loop moves, where it takes every entry; false where
// that leaves no base, so that no window is of use.
func accessOf(array string, index *step.Expr, loops []counter) (access, bool) {
	l, ok := linearOf(index)
	if !ok || len(l.terms) == 0 {
		return access{}, false
	}
	a := access{array: array, offset: l.constant, last: l.constant}
	if n := len(loops) - 1; n >= 0 && loops[n].by == 1 && slices.Contains(l.terms, term{loops[n].name, 1}) {
		a.moving, a.last = loops[n].name, a.last+int64(loops[n].to)-1
	}
	a.base = l.without(a.moving)
	return a, len(a.base.terms) > 0 && a.offset >= 0
}

// accesses lists those of statements, by what is around each of them.
func accesses(body []step.Stmt, loops []counter, see func(a access, loops []counter)) {
	var expr func(e *step.Expr)
	use := func(array string, index *step.Expr) {
		if a, ok := accessOf(array, index, loops); ok {
			see(a, loops)
		}
	}
	expr = func(e *step.Expr) {
		if e.Op == step.OpLoad {
			use(e.Name, e.Args[0])
		}
		for _, a := range e.Args {
			expr(a)
		}
	}
	for _, s := range body {
		switch s := s.(type) {
		case step.Let:
			expr(s.Value)
		case step.Set:
			expr(s.Value)
		case step.Store:
			use(s.Array, s.Index)
			expr(s.Index)
			expr(s.Value)
		case step.For:
			accesses(s.Body, append(slices.Clone(loops), counter{s.Var, s.To, s.By}), see)
		case step.IfOdd:
			accesses(s.Odd, loops, see)
			accesses(s.Even, loops, see)
		}
	}
}

// open makes the windows that the first of some statements of a block needs and that can stand in front of it: their bases are
// known, and what moves does so within the statement. They are as long as any statement of the block needs.
func (f *function) open(body []step.Stmt) []jen.Code {
	var out []jen.Code
	var wanted []access
	here := len(f.loops)
	want := func(a access) {
		if f.arrays[a.array] == nil || f.arrays[a.array].single || f.window(a.array, a.base) != "" || !f.known(a.base) {
			return
		}
		if !slices.ContainsFunc(wanted, func(b access) bool { return b.array == a.array && b.base.String() == a.base.String() }) {
			wanted = append(wanted, a)
		}
	}
	accesses(body[:1], f.loops, func(a access, loops []counter) {
		if row, ok := a.row(loops); ok && len(loops) == here+1 {
			want(row)
		}
		if a.moving == "" || len(loops) > here { // else it moves around this block, not in it
			want(a)
		}
	})
	for _, w := range wanted {
		n, uses := int64(0), 0
		accesses(body, f.loops, func(a access, loops []counter) {
			if row, ok := a.row(loops); ok && w.isRow {
				a = row
			}
			if a.array == w.array && a.base.String() == w.base.String() {
				n, uses = max(n, a.last+1), uses+1
			}
		})
		a := f.arrays[w.array]
		if uses == 1 && w.moving == "" || n == 1 || n >= int64(a.Len) {
			continue
		}
		// A window of a row starts at the row.
		from, at := a.code, w.base
		if c := here - 1; c >= 0 && slices.Contains(at.terms, term{f.loops[c].name, 1}) {
			if row := f.window(w.array, at.without(f.loops[c].name)); row != "" {
				from, at = jen.Id(row), linear{terms: []term{{f.loops[c].name, 1}}}
			}
		}
		name := f.names.pick(f.windowName(a))
		if w.isRow {
			delete(f.names, name)
			name = f.names.pick("row")
		}
		f.windows = append(f.windows, window{w.array, w.base.String(), name})
		out = append(out, jen.Id(name).Op(":=").Parens(jen.Op("*").Index(jen.Lit(int(n))).Id(a.elem)).Parens(jen.Add(from).Index(jen.Add(f.code(at)).Op(":"))))
	}
	return out
}

// windowName is the first word of the array's name, where that is not the array's own.
func (f *function) windowName(a *array) string {
	n := camel(a.Name, false)
	if first, _, more := strings.Cut(a.Name, "_"); more {
		n = camel(first, false)
	}
	return n
}

// window is the name that stands for a part of an array, or "".
func (f *function) window(array string, base linear) string {
	for _, w := range slices.Backward(f.windows) {
		if w.array == array && w.base == base.String() {
			return w.local
		}
	}
	return ""
}

// known reports whether all names of a base have values.
func (f *function) known(l linear) bool {
	for _, t := range l.terms {
		if !f.inSight[t.name] {
			return false
		}
	}
	return true
}
