package avr

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// nest is one loop, or two of which the outer holds nothing but the inner.
type nest struct {
	loops []step.For
	body  []step.Stmt
}

func nestOf(s step.For) nest {
	n := nest{loops: []step.For{s}, body: s.Body}
	if len(s.Body) == 1 {
		if inner, ok := s.Body[0].(step.For); ok {
			n.loops = append(n.loops, inner)
			n.body = inner.Body
		}
	}
	return n
}

func trips(f step.For) int { return (f.To - f.From + f.By - 1) / f.By }

// walk is how an array is walked in a nest: how many bytes a turn of each loop moves on, and where the least access begins.
type walk struct {
	array  *step.Array
	by     []int
	origin int
	end    int    // of the last access
	start  int    // where the counters' first values move it to
	count  int    // accesses
	name   string // of an index that it starts from, and how many bytes one of that is
	named  int
}

// walks lists the arrays of a nest.
func (g *generator) walks(n nest) []*walk {
	var out []*walk
	access := func(name string, index *step.Expr) {
		a := g.arrays[name]
		if a == nil || a.Kind == step.Input || a.Kind == step.Output {
			refuse("the array %s in a loop", name)
		}
		if g.isLookup(a, index) {
			return
		}
		at := affineOf(index)
		by := make([]int, len(n.loops))
		start := at.constant
		for i, l := range n.loops {
			by[i] = at.by[l.Var] * l.By * a.Elem.Bytes()
			start += at.by[l.Var] * l.From
			delete(at.by, l.Var)
		}
		name, named := "", 0
		for n, times := range at.by {
			if name != "" || g.bound[n] == nil {
				refuse("an index that is no counter")
			}
			name, named = n, times*a.Elem.Bytes()
		}
		origin := at.constant * a.Elem.Bytes()
		for _, w := range out {
			if w.array == a {
				for i := range by {
					if w.by[i] != by[i] {
						refuse("an array that is walked in two ways")
					}
				}
				if w.name != name || w.named != named {
					refuse("an array that is walked from two places")
				}
				w.origin, w.end = min(w.origin, origin), max(w.end, origin+a.Elem.Bytes())
				w.count++
				return
			}
		}
		out = append(out, &walk{array: a, by: by, origin: origin, end: origin + a.Elem.Bytes(), start: (start - at.constant) * a.Elem.Bytes(), count: 1, name: name, named: named})
	}
	visitLoads(n.body, func(e *step.Expr) { access(e.Name, e.Args[0]) })
	for _, s := range n.body {
		switch s := s.(type) {
		case step.Store:
			access(s.Array, s.Index)
		case step.For, step.IfOdd:
			refuse("loops that are nested so")
		}
	}
	return out
}

// loop makes a nest: its pointers stand at the first turn's accesses when it begins, and walk with the turns.
func (g *generator) loop(s step.For) {
	if g.pointers != nil {
		refuse("loops that are nested so")
	}
	n := nestOf(s)
	if !straight(n.body) {
		g.outer(s)
		return
	}
	walks := g.walks(n)
	g.dynamic = dynamic{}
	g.pointers, g.far, g.origin = map[string]*pointer{}, map[string]*pointer{}, map[string]int{}
	defer func() { g.pointers, g.far, g.origin = nil, nil, nil }()
	g.assign(walks)

	var counters [][]int
	var labels []string
	g.depth++
	for i, l := range n.loops {
		if trips(l) > 256 {
			refuse("a loop of %d turns", trips(l))
		}
		c := g.pick(1, anyOf)
		counters = append(counters, c)
		g.count(c[0], trips(l))
		if i == 0 {
			g.loadTable(walks)
		}
		label := g.label()
		labels = append(labels, label)
		g.place(label)
		g.turns *= trips(l)
	}
	start := g.words
	g.depth++
	g.statements(n.body)
	g.depth--
	for i := len(n.loops) - 1; i >= 0; i-- {
		for _, w := range walks {
			p := g.pointers[w.array.Name]
			d := w.by[i]
			if i == len(n.loops)-1 {
				d -= p.at
			} else {
				d -= w.by[i+1] * trips(n.loops[i+1])
			}
			g.advance(p.reg, d)
			if q := g.far[w.array.Name]; q != nil {
				g.advance(q.reg, d+p.at-q.at)
				q.at = 0
			}
			p.at = 0
		}
		g.turn(counters[i][0], labels[i], start, trips(n.loops[i]))
		g.free(counters[i])
	}
	g.depth--
	g.release()
	for _, w := range walks {
		if g.pointers[w.array.Name].reg == y {
			g.state.at = g.names.Offsets[w.array.Name] + w.origin + w.start + w.by[0]*trips(n.loops[0])
		}
	}
}

// straight reports whether a body has no loops.
func straight(body []step.Stmt) bool {
	for _, s := range body {
		if _, ok := s.(step.For); ok {
			return false
		}
	}
	return true
}

// outer makes a loop that holds others among its statements. Its counter counts up, and is an index that pointers start from.
func (g *generator) outer(s step.For) {
	if s.From != 0 || s.By != 1 || s.To > 255 {
		refuse("an outer loop of this kind")
	}
	start := g.state.at
	c := g.pick(1, immediate)
	g.emit("ldi r%d, 0", c[0])
	g.bound[s.Var] = &binding{value{c, true}, g.depth}
	g.uses[s.Var] = 1 << 30
	label := g.label()
	g.place(label)
	words := g.words
	g.turns *= s.To
	g.depth++
	g.dynamic = dynamic{}
	g.statements(s.Body)
	g.dynamic = dynamic{}
	g.moveState(start)
	g.depth--
	g.emit("inc r%d", c[0])
	g.emit("cpi r%d, %d", c[0], s.To)
	g.back("brne", "breq", label, words, s.To)
	delete(g.bound, s.Var)
	g.free(c)
	g.release()
}

// back jumps to a label under a condition, and ends a loop of some turns; a branch reaches 63 words.
func (g *generator) back(branch, opposite, label string, start, trips int) {
	if g.words-start <= 50 {
		g.emit("%s %s", branch, label)
		g.turns /= trips
		g.spend(trips - 1) // taken
		return
	}
	done := g.label()
	g.emit("%s %s", opposite, done)
	g.emit("rjmp %s", label)
	g.place(done)
	g.turns /= trips
	g.spend(1 - cycles["rjmp"]) // at the last turn the branch is taken and the jump is not
}

// count loads a counter.
func (g *generator) count(r, n int) {
	n &= 0xff
	if r >= 16 {
		g.emit("ldi r%d, %d", r, n)
		return
	}
	t := g.pick(1, immediate)
	g.emit("ldi r%d, %d", t[0], n)
	g.emit("mov r%d, r%d", r, t[0])
	g.free(t)
}

// turn counts down and goes back; a branch reaches 63 words.
func (g *generator) turn(r int, label string, start, trips int) {
	g.emit("dec r%d", r)
	g.back("brne", "breq", label, start, trips)
}

// assign gives every array of a nest its pointer: a table Z, since only that reads program memory; of the others the one with most
// accesses Y, which reaches 63 bytes on, the next Z where it is free, else X.
func (g *generator) assign(walks []*walk) {
	free := []int{y, x}
	tables := 0
	for _, w := range walks {
		if w.array.Kind == step.Table {
			tables++
		}
	}
	switch tables {
	case 0:
		free = []int{y, z, x}
	case 1:
	default:
		refuse("a loop with %d tables", tables)
	}
	for {
		var next *walk
		for _, w := range walks {
			if g.pointers[w.array.Name] == nil && (next == nil || w.count > next.count) {
				next = w
			}
		}
		if next == nil {
			break
		}
		a := next.array
		g.origin[a.Name] = next.origin
		if a.Kind == step.Table {
			g.pointers[a.Name] = &pointer{reg: z}
			continue
		}
		if len(free) == 0 {
			refuse("a loop with so many arrays")
		}
		r := free[0]
		if a.Kind == step.Scratch || next.name != "" { // Y stays with the state
			r = free[len(free)-1]
			free = free[:len(free)-1]
		} else {
			free = free[1:]
		}
		g.pointers[a.Name] = &pointer{reg: r}
		if a.Kind == step.Scratch {
			g.emit("movw r%d, r%d", r, g.frame)
			g.advance(r, g.frames[a.Name]+next.origin+next.start)
			continue
		}
		target := g.names.Offsets[a.Name] + next.origin + next.start
		if r == y {
			g.moveState(target)
			continue
		}
		g.emit("movw r%d, r28", r)
		g.advance(r, target-g.state.at)
		if next.name != "" {
			g.addNamed(r, next.name, next.named)
		}
	}
	// An array that Y does not reach the end of is walked by Z as well, where that is free.
	if len(free) == 0 || free[0] != z {
		return
	}
	for _, w := range walks {
		if p := g.pointers[w.array.Name]; p.reg == y && w.end-w.origin > reach && w.end-w.origin-reach <= reach {
			g.far[w.array.Name] = &pointer{reg: z}
			g.emit("movw r30, r28")
			g.advance(z, reach)
		}
	}
}

// reach is how many bytes a pointer with a displacement reaches.
const reach = 64

// loadTable loads Z with the address of a table, behind everything that uses it for other ends.
func (g *generator) loadTable(walks []*walk) {
	for _, w := range walks {
		if w.array.Kind == step.Table {
			name := g.names.Tables[w.array.Name]
			if at := w.origin + w.start; at != 0 {
				name = fmt.Sprintf("%s+%d", name, at)
			}
			g.emit("ldi r30, lo8(%s)", name)
			g.emit("ldi r31, hi8(%s)", name)
			if w.name != "" {
				g.addNamed(z, w.name, w.named)
			}
		}
	}
}
