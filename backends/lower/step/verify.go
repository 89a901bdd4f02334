package step

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Report is what the verifier found of a program that is right.
type Report struct {
	Claims []Claimed `json:"claims,omitempty"` // in the order of the text
	// DataAddresses depend on data: time may depend on it where memories have caches or banks.
	DataAddresses []Place `json:"data_addresses,omitempty"`
	// TokenAddresses are of entries of tables that a one-entry input names.
	TokenAddresses []Place        `json:"token_addresses,omitempty"`
	Found          []Held         `json:"-"` // what every array held at most, in the order of the program
	Work           int64          `json:"-"` // expressions computed
	ranges         map[*Expr]span // of every expression
}

type span = arith.Interval

// Claimed is a claim of the program that the verifier took.
type Claimed struct {
	Place
	Claim arith.Interval `json:"claim"`
	Seen  arith.Interval `json:"intervals"` // what intervals alone say
}

// Needed reports whether intervals alone would say less.
func (c Claimed) Needed() bool { return !c.Seen.Within(c.Claim) }

// Place is where in a program.
type Place struct {
	Func string `json:"function"`
	Stmt string `json:"statement"`
	Expr string `json:"expression"`
}

func (p Place) String() string {
	return fmt.Sprintf("function %s, `%s`, in `%s`", p.Func, cut(p.Stmt), cut(p.Expr))
}

// Held is what an array held in every lane of every entry, at any time.
type Held struct {
	Array *Array
	Range arith.Interval
}

// Range is what an expression of the program can be, in every lane; false for one that no step and no output computes.
func (r *Report) Range(e *Expr) (arith.Interval, bool) {
	i, ok := r.ranges[e]
	return i, ok
}

// ConstantTime is an error where an address depends on data; there are no branches that do.
func (r *Report) ConstantTime() error {
	if len(r.DataAddresses) == 0 {
		return nil
	}
	p := r.DataAddresses[0]
	return &Error{Func: p.Func, Stmt: p.Stmt, Line: -1, Expr: p.Expr,
		What: fmt.Sprintf("an address depends on data, which constant time forbids; there are %d such places", len(r.DataAddresses))}
}

// Verify proves a program: for all inputs and states within their ranges every value fits its type, every index is inside its
// array, nothing is read before it is written, states end within their ranges, and loops are independent where they say so.
func Verify(p *Program) error {
	_, err := Prove(p)
	return err
}

// Prove is Verify with what it found. It runs the step and the output, at even and odd t, with intervals in place of numbers:
// loops have constant bounds and nothing branches on data, so each statement runs as often as on the chip. The error is an *Error.
func Prove(p *Program) (r *Report, err error) {
	c, err := check(p)
	if err != nil {
		return nil, err
	}
	v := &verifier{checked: c}
	defer guard(&err)
	v.work = c.work()
	v.begin()
	for v.phase = range v.phases() {
		v.run(v.step)
		v.run(v.out)
		if v.decide != nil { // on what the output was left at
			v.run(v.decide)
		}
	}
	return v.report(), nil
}

func (c *checked) phases() int {
	if c.p.TwoPhase {
		return 2
	}
	return 1
}

// val is what an expression can be: the lower lane and the upper. Values of the lower are lo, lo+stride, ..., where that is known.
type val struct {
	l, h   span
	stride int64
}

func point(v int64) span { return span{Lo: v, Hi: v} }

// verifier runs a program on intervals.
type verifier struct {
	*checked
	phase   int
	mem     [][]span // of each array that is no table, lane by lane
	held    []span   // of each array
	defined [][]bool // of scratch and outputs
	tables  []*rangeTable
	frames  [][]val // of each function; none calls itself
	loops   []*race // the independent loops that run, outermost first
	races   []*race // one a depth, kept for the next loop
	ids     uint32  // iterations of independent loops so far
	running []counter
	work    int64
}

type counter struct {
	l  *line
	at int
}

func (v *verifier) begin() {
	for i, a := range v.arrays {
		n := a.Len * a.Elem.Lanes
		v.held = append(v.held, a.Range)
		v.tables = append(v.tables, nil)
		if a.Kind == Table {
			v.tables[i] = newRangeTable(a.Data)
			n = 0
		}
		if a.Kind == Scratch || a.Kind == Output {
			v.held[i] = span{Lo: 1, Hi: 0}
		}
		v.mem = append(v.mem, make([]span, n))
		for j := range v.mem[i] {
			v.mem[i][j] = a.Range
		}
		v.defined = append(v.defined, nil)
		if a.Kind == Scratch || a.Kind == Output {
			v.defined[i] = make([]bool, n)
		}
	}
	for _, f := range v.funcs {
		v.frames = append(v.frames, make([]val, f.slots))
	}
}

func (v *verifier) errorf(l *line, n *node, format string, args ...any) {
	e := &Error{What: fmt.Sprintf(format, args...), Line: -1}
	if l != nil {
		e.Func, e.Stmt, e.Line = l.fn.f.Name, stmtText(l.s), l.n
		var at []string
		if v.p.TwoPhase {
			at = append(at, [...]string{"even t", "odd t"}[v.phase])
		}
		for _, c := range v.running {
			at = append(at, fmt.Sprintf("%s = %d", c.l.s.(For).Var, c.at))
		}
		e.While = strings.Join(at, ", ")
	}
	if n != nil {
		e.Expr = n.e.String()
	}
	panic(fail{e})
}

// run runs the step, the output or what decides from states that may be anything in their ranges.
func (v *verifier) run(f *function) {
	for i, a := range v.arrays {
		switch a.Kind {
		case State:
			for j := range v.mem[i] {
				v.mem[i][j] = a.Range
			}
		case Output:
			if f != v.decide {
				clear(v.defined[i])
			}
		}
	}
	v.call(f)
	for i, a := range v.arrays {
		for j, have := range v.mem[i] {
			switch {
			case a.Kind == State && !have.Within(a.Range):
				v.errorf(nil, nil, "function %s leaves %s in entry %d of state %s, whose range is %s", f.f.Name, rangeText(have), j/a.Elem.Lanes, a.Name, rangeText(a.Range))
			case a.Kind == Output && f == v.out && !v.defined[i][j]:
				v.errorf(nil, nil, "function %s leaves entry %d of output %s without value", f.f.Name, j/a.Elem.Lanes, a.Name)
			case a.Kind == Output && f == v.out && !have.Within(a.Range):
				v.errorf(nil, nil, "function %s leaves %s in entry %d of output %s, whose range is %s", f.f.Name, rangeText(have), j/a.Elem.Lanes, a.Name, rangeText(a.Range))
			}
		}
	}
}

func (v *verifier) call(f *function) {
	for _, i := range f.scratch {
		clear(v.defined[i])
		for _, r := range v.loops {
			r.forget(i)
		}
	}
	v.block(f.body, v.frames[f.n])
}

func (v *verifier) block(body []*line, frame []val) {
	for _, l := range body {
		switch l.s.(type) {
		case Let:
			frame[l.slot] = v.eval(l.value, frame)
		case Set:
			frame[l.slot] = v.eval(l.value, frame)
		case Store:
			index := v.eval(l.index, frame)
			v.store(l, index, v.eval(l.value, frame))
		case For:
			v.loop(l, frame)
		case IfOdd:
			if v.phase == arith.Odd {
				v.block(l.body, frame)
			} else {
				v.block(l.even, frame)
			}
		case Call:
			v.call(l.call)
		}
	}
}

func (v *verifier) loop(l *line, frame []val) {
	v.running = append(v.running, counter{l: l})
	if l.independent {
		depth := len(v.loops)
		if depth == len(v.races) {
			v.races = append(v.races, newRace(v.arrays))
		}
		v.loops = append(v.loops, v.races[depth])
		v.races[depth].base = v.ids + 1
	}
	for i := l.from; i < l.to; i += l.by {
		v.running[len(v.running)-1].at = i
		if l.independent {
			v.ids++
			v.loops[len(v.loops)-1].now = v.ids
		}
		frame[l.slot] = val{l: point(int64(i))}
		v.block(l.body, frame)
	}
	if l.independent {
		v.loops = v.loops[:len(v.loops)-1]
	}
	v.running = v.running[:len(v.running)-1]
}

// entries are the places that an index names: from the first to the last by the stride.
func (v *verifier) entries(l *line, n *node, array int, index val) (first, last, by int) {
	a := v.arrays[array]
	if index.l.Lo < 0 || index.l.Hi >= int64(a.Len) {
		v.errorf(l, n, "the index is %s, and %s has entries 0 to %d", valuesText(index.l), a.Name, a.Len-1)
	}
	return int(index.l.Lo), int(index.l.Hi), int(max(index.stride, 1))
}

func valuesText(i span) string {
	if i.Lo == i.Hi {
		return fmt.Sprint(i.Lo)
	}
	return rangeText(i)
}

func (v *verifier) load(n *node, index val) val {
	array := n.array[v.phase]
	a := v.arrays[array]
	first, last, by := v.entries(n.home, n, array, index)
	if t := v.tables[array]; t != nil {
		if a.Elem.Lanes == 2 {
			return val{l: t.over(2*first, 2*last, 2*by), h: t.over(2*first+1, 2*last+1, 2*by), stride: 1}
		}
		return val{l: t.over(first, last, by), stride: 1}
	}
	mem, lanes := v.mem[array], a.Elem.Lanes
	out := val{l: mem[first*lanes], h: mem[first*lanes+lanes-1], stride: 1}
	for i := first; i <= last; i += by {
		if d := v.defined[array]; d != nil && !d[i*lanes] {
			v.errorf(n.home, n, "entry %d of %s is read before it is written", i, a.Name)
		}
		out.l = out.l.Union(mem[i*lanes])
		out.h = out.h.Union(mem[i*lanes+lanes-1])
		for _, r := range v.loops {
			if !r.read(array, i) {
				v.errorf(n.home, n, "an iteration of an independent loop reads entry %d of %s, which another writes", i, a.Name)
			}
		}
	}
	return out
}

func (v *verifier) store(l *line, index, value val) {
	array := l.array[v.phase]
	a := v.arrays[array]
	first, last, by := v.entries(l, l.index, array, index)
	limit := a.Elem.Range()
	v.held[array] = union(v.held[array], value.l)
	if !value.l.Within(limit) {
		v.errorf(l, l.value, "values of %s do not fit %v, an entry of %s", rangeText(value.l), a.Elem, a.Name)
	}
	lanes := a.Elem.Lanes
	if lanes == 2 {
		v.held[array] = union(v.held[array], value.h)
	}
	mem := v.mem[array]
	for i := first; i <= last; i += by {
		for _, r := range v.loops {
			if !r.write(array, i) {
				v.errorf(l, nil, "an iteration of an independent loop writes entry %d of %s, which another reads or writes", i, a.Name)
			}
		}
		lo, hi := value.l, value.h
		if d := v.defined[array]; d != nil {
			if first == last {
				d[i*lanes], d[i*lanes+lanes-1] = true, true
			} else if !d[i*lanes] {
				continue // it may still be without value
			}
		}
		if first != last { // one of them is written
			lo = lo.Union(mem[i*lanes])
			hi = hi.Union(mem[i*lanes+lanes-1])
		}
		mem[i*lanes] = lo
		if lanes == 2 {
			mem[i*lanes+1] = hi
		}
	}
}

// union takes the empty interval too.
func union(i, j span) span {
	if i.Lo > i.Hi {
		return j
	}
	return i.Union(j)
}

// race watches one independent loop: which of its iterations read and wrote an entry last.
type race struct {
	base, now uint32       // the ids of its first iteration and of the one that runs
	entries   [][]accesses // of arrays that are written
}

// accesses of an entry: iterations, as ids; one below the loop's base is of another loop.
type accesses struct{ writer, reader, another uint32 }

func newRace(arrays []*Array) *race {
	r := &race{entries: make([][]accesses, len(arrays))}
	for i, a := range arrays {
		if a.Kind != Table && a.Kind != Input {
			r.entries[i] = make([]accesses, a.Len)
		}
	}
	return r
}

// forget is about scratch that has just got new.
func (r *race) forget(array int) { clear(r.entries[array]) }

// read notes a read and reports whether no other iteration writes.
func (r *race) read(array, i int) bool {
	if r.entries[array] == nil {
		return true
	}
	e := &r.entries[array][i]
	if e.reader != r.now {
		if e.reader >= r.base {
			e.another = e.reader
		}
		e.reader = r.now
	}
	return e.writer < r.base || e.writer == r.now
}

// write notes a write and reports whether no other iteration reads or writes.
func (r *race) write(array, i int) bool {
	e := &r.entries[array][i]
	alone := (e.writer < r.base || e.writer == r.now) && (e.reader < r.base || e.reader == r.now) && e.another < r.base
	e.writer = r.now
	return alone
}

// rangeTable gives the range of stretches of a table, by blocks.
type rangeTable struct {
	data   []int64
	blocks []span
}

const rangeBlock = 64

func newRangeTable(data []int64) *rangeTable {
	t := &rangeTable{data: data}
	for at := 0; at < len(data); at += rangeBlock {
		t.blocks = append(t.blocks, t.each(at, min(at+rangeBlock, len(data))-1, 1))
	}
	return t
}

func (t *rangeTable) each(first, last, by int) span {
	out := point(t.data[first])
	for i := first + by; i <= last; i += by {
		out.Lo = min(out.Lo, t.data[i])
		out.Hi = max(out.Hi, t.data[i])
	}
	return out
}

func (t *rangeTable) over(first, last, by int) span {
	if by != 1 || last-first < 4*rangeBlock {
		return t.each(first, last, by)
	}
	from, to := first/rangeBlock+1, last/rangeBlock // whole blocks from from to before to
	out := t.each(first, from*rangeBlock-1, 1).Union(t.each(to*rangeBlock, last, 1))
	for _, b := range t.blocks[from:to] {
		out = out.Union(b)
	}
	return out
}

// report is what is left when all is proven.
func (v *verifier) report() *Report {
	r := &Report{Work: v.work, ranges: map[*Expr]span{}}
	for i, a := range v.arrays {
		r.Found = append(r.Found, Held{a, v.held[i]})
	}
	for _, n := range v.nodes {
		if n.seen.Lo > n.seen.Hi {
			continue
		}
		have := n.seen
		if n.e.Claim != nil {
			place := Place{n.home.fn.f.Name, stmtText(n.home.s), n.e.String()}
			r.Claims = append(r.Claims, Claimed{place, *n.e.Claim, n.seen})
			have = have.Intersect(*n.e.Claim)
		}
		if old, ok := r.ranges[n.e]; ok {
			have = have.Union(old)
		}
		r.ranges[n.e] = have
	}
	address := func(l *line, index *node, arrays arith.Phased[int], e *Expr) {
		if index.secret == Public {
			return
		}
		place := Place{l.fn.f.Name, stmtText(l.s), e.String()}
		table := v.arrays[arrays[arith.Even]].Kind == Table && v.arrays[arrays[arith.Odd]].Kind == Table
		switch {
		case index.secret == Token && table:
			r.TokenAddresses = append(r.TokenAddresses, place)
		default:
			r.DataAddresses = append(r.DataAddresses, place)
		}
	}
	see := func(l *line, n *node) {
		if n != nil && n.code == cLoad {
			address(l, n.a, n.array, n.e)
		}
		if _, ok := l.s.(Store); ok && n == nil {
			address(l, l.index, l.array, l.index.e)
		}
	}
	reached := map[*function]bool{}
	v.visit(v.step, reached, see)
	v.visit(v.out, reached, see)
	v.visit(v.decide, reached, see)
	return r
}
