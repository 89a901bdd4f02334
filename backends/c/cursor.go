package c

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// A processor of 8 bits adds up an address byte by byte, and its compilers do so anew for entries that are far from each other. There
// the innermost loops are spelled with pointers, a cursor for each stretch of an array that a displacement reaches.

// displacement is how many bytes behind a pointer an instruction of AVR reaches.
const displacement = 64

// cursor is a pointer into an array that moves on with a loop's counter.
type cursor struct {
	array  string
	line   line
	at     int // the constant part of the index that it points at, at every turn
	end    int // the last one that it reaches
	last   int // the last one of its line
	writes bool
	text   string
}

// line is the part of an index that moves: times the counter, plus what stands still, as the form prints it.
type line struct {
	counter string
	times   int
	base    string
}

// indexOf takes an index apart: its line along a counter, what stands still in it, nil for 0, and its constant part. ok is false for
// an index that is no sum.
func indexOf(e *step.Expr, counter string) (l line, base *step.Expr, constant int, ok bool) {
	l.counter, ok = counter, true
	var add func(e *step.Expr, times int)
	add = func(e *step.Expr, times int) {
		switch {
		case e.Op == step.OpConst:
			constant += times * int(e.Value)
		case e.Op == step.OpVar && e.Name == counter:
			l.times += times
		case e.Op == step.OpAdd:
			add(e.Args[0], times)
			add(e.Args[1], times)
		case e.Op == step.OpShl:
			add(e.Args[0], times<<e.Value)
		case e.Op == step.OpMul && e.Args[1].Op == step.OpConst:
			add(e.Args[0], times*int(e.Args[1].Value))
		case e.Op == step.OpVar && times > 0:
			part := step.Times(e, int64(times))
			if base == nil {
				base = part
			} else {
				base = step.Add(base, part)
			}
		default:
			ok = false
		}
	}
	add(e, 1)
	if base != nil {
		l.base = base.String()
	}
	return l, base, constant, ok
}

// cursors declares the pointers of a loop, in front of it, and gives what moves them on behind a turn. A loop that holds others has
// none, and an index by what a turn defines stays an index.
func (s *speller) cursors(v step.For) (found []*cursor, moves []string) {
	if !s.dialect.cursors || !straight(v.Body) {
		return nil, nil
	}
	defined := map[string]bool{}
	var all []*cursor
	bases := map[line]*step.Expr{}
	see := func(name string, index *step.Expr, writes bool) {
		l, base, at, ok := indexOf(index, v.Var)
		a := s.scope.array(name)
		if !ok || l.times <= 0 || a.scalar || s.largest != nil && a.kind == step.Output || base != nil && reads(base, defined) {
			return
		}
		bases[l] = base
		all = append(all, &cursor{array: name, line: l, at: at, end: at, writes: writes})
	}
	walk(v.Body, func(st step.Stmt) {
		switch x := st.(type) {
		case step.Let:
			defined[x.Name] = true
		case step.Store:
			see(x.Array, x.Index, true)
		}
	}, func(e *step.Expr) {
		if e.Op == step.OpLoad {
			see(e.Name, e.Args[0], false)
		}
	})
	turns := (v.To - v.From + v.By - 1) / v.By
	for _, c := range stretches(all, s) {
		a := s.scope.array(c.array)
		from, by := c.at+c.line.times*v.From, c.line.times*v.By
		// Behind the last turn a pointer may stand behind the last entry, not further.
		if gap := by - (c.last - c.at + 1); gap > 0 {
			past := max(from+turns*by-a.len, 0)
			c.at, from = c.at-past, from-past
			if c.line.base != "" || from < 0 || (c.end-c.at+1)*a.elem.Bytes() > displacement {
				continue
			}
		}
		qualifier := ""
		switch {
		case a.kind == step.Table:
			qualifier = tableQualifier(a.elem)
		case !c.writes:
			qualifier = "const "
		}
		start := step.At(from)
		if b := bases[c.line]; b != nil {
			start = step.Add(b, start)
		}
		first := s.element(c.array, start).text
		c.text = s.fresh(plain(c.array) + "_at")
		s.line(qualifier, s.typeName(a.elem), " *", c.text, " = &", first, ";")
		found = append(found, c)
		moves = append(moves, fmt.Sprintf("%s = &%s[%d];", c.text, c.text, by))
	}
	return found, moves
}

// stretches joins the accesses of each line through an array to as few cursors as reach them, in the order of the first accesses.
func stretches(all []*cursor, s *speller) (out []*cursor) {
	var groups [][]*cursor
	for _, c := range all {
		i := slices.IndexFunc(groups, func(g []*cursor) bool { return g[0].array == c.array && g[0].line == c.line })
		if i < 0 {
			groups, i = append(groups, nil), len(groups)
		}
		groups[i] = append(groups[i], c)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b *cursor) int { return a.at - b.at })
		size := s.scope.array(g[0].array).elem.Bytes()
		var open *cursor
		for _, c := range g {
			if open == nil || (c.at-open.at+1)*size > displacement {
				open = c
				open.last = g[len(g)-1].at
				out = append(out, c)
			}
			open.end, open.writes = c.at, open.writes || c.writes
		}
	}
	return out
}

// cursor finds the pointer of an entry, and where the entry is behind it; nil where none reaches it.
func (s *scope) cursor(array string, index *step.Expr) (c *cursor, offset int) {
	for ; s != nil; s = s.above {
		for _, c := range s.cursors {
			if c.array != array {
				continue
			}
			if l, _, at, ok := indexOf(index, c.line.counter); ok && l == c.line && c.at <= at && at <= c.end {
				return c, at - c.at
			}
		}
	}
	return nil, 0
}

// straight reports whether a body has no loops and chooses no arrays.
func straight(body []step.Stmt) bool {
	ok := true
	walk(body, func(st step.Stmt) {
		switch st.(type) {
		case step.For, step.Choose, step.Call:
			ok = false
		}
	}, func(*step.Expr) {})
	return ok
}

// reads reports whether a value reads one of some names.
func reads(e *step.Expr, names map[string]bool) bool {
	return e.Op == step.OpVar && names[e.Name] || slices.ContainsFunc(e.Args, func(a *step.Expr) bool { return reads(a, names) })
}
