package step

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// layer builds one recurrence.
type layer struct {
	*builder
	*lower.Layer
	c     LayerChoice
	fn    *Func
	state *Array
	z     *Array // of the transform; the state itself where it needs no other
	lanes int
	gap   int // Pairs: distance between the units of a word
	cross bool
	work  Int // that the transform is calculated in
	upd   update
	// leaks are the l of the lanes of the words whose update is being built, and around is what their loops count from.
	leaks  [2]int
	around *Expr
	// rate is with Rated how much of the value in hand leaks, in parts of 1 in 2^Leak.Most(); nil: leaks say it. rates are those of the blocks.
	rate  *Expr
	rates *Array
	// unread says that the unit whose update is being built is one that no output reads.
	unread bool
}

func (b *builder) layer(i int) *layer {
	p := &b.plan.Layers[i]
	l := &layer{builder: b, Layer: p, c: b.choice.Layers[i], lanes: 1}
	elem := Int{Bits: lane(p.Bits), Lanes: 1}
	if l.c.InPlace {
		elem.Bits = max(l.c.Lane, elem.Bits)
	}
	l.work = Int{Bits: max(l.c.Lane, b.choice.Word), Lanes: 1}
	doc := fmt.Sprintf("state %s, %d units of %d bits", p.Name, p.N, p.Bits)
	if l.c.Pairs {
		l.lanes = 2
		l.gap, l.cross = pairGap(p)
		elem = Int{Bits: l.c.Lane, Lanes: 2}
		l.work = elem
		if l.gap == p.N/2 {
			doc += fmt.Sprintf(": word w holds unit w and, above it, unit w + %d", l.gap)
		} else {
			doc += fmt.Sprintf(": word w holds unit u = w + (w & ~%d) and, above it, unit u + %d", l.gap-1, l.gap)
		}
	}
	l.state = b.state(p.Name, doc, elem, p.N/l.lanes, arith.OfBits(p.Bits))
	l.fn = &Func{Name: b.names.Get("step_" + p.Name), Doc: fmt.Sprintf("One step of layer %s (docs/numerics.md, section 3): "+
		"%s = saturate(signs * round(S %s) + input + bias).", p.Name, p.Name, p.Name)}
	return l
}

// words is the number of entries of the state.
func (l *layer) words() int { return l.N / l.lanes }

// unit is the unit in a lane of a word.
func (l *layer) unit(word, lane int) int {
	if l.lanes == 1 {
		return word
	}
	if l.gap == l.N/2 {
		return word + lane*l.gap
	}
	return word + word&^(l.gap-1) + lane*l.gap
}

// across reports whether the last stage is between the lanes of a word.
func (l *layer) across() bool { return l.cross }

// unitAt is the unit in the lower lane of a word.
func (l *layer) unitAt(word *Expr) *Expr {
	if l.lanes == 1 || l.gap == l.words() {
		return word
	}
	return Add(word, And(word, Const(Index, ^int64(l.gap-1))))
}

// function makes the function of a step.
func (l *layer) function() {
	l.z = l.state
	if !l.c.InPlace && !l.c.Pairs && (len(l.c.Passes) > 1 || !l.c.Fused) && (len(l.c.Passes) > 0 || l.Perm != nil) {
		l.z = l.fn.scratch(l.names, "z", Int{Bits: l.c.Lane, Lanes: 1}, l.N)
	}
	l.upd = l.newUpdate()
	l.fn.Body = append(l.fn.Body, l.upd.before...)
	differ := halvingsDiffer(l.Layer)
	last := len(l.c.Passes) - 1
	plain := len(l.c.Passes)
	if l.c.Fused {
		plain--
	}
	l.fn.Body = append(l.fn.Body, perPhase(differ, func(ph int) (out []Stmt) {
		for i := range plain {
			out = append(out, l.pass(i, ph)...)
		}
		return out
	})...)
	if len(l.c.Passes) == 0 && l.z != l.state {
		l.fn.Body = append(l.fn.Body, each("i", l.N, Store{l.z.Name, Counter("i"), As(l.entry(Counter("i")), l.z.Elem)}))
	}
	l.fn.Body = append(l.fn.Body, perPhase(l.TwoPhase(), func(ph int) []Stmt {
		out := append(l.upd.prepare(ph), l.leakAhead(ph)...)
		if l.c.Fused {
			return append(out, l.pass(last, ph)...)
		}
		return append(out, l.updateLoop(ph)...)
	})...)
	l.builder.add(l.fn)
}

// stride is the first stride of a pass and the number of the first of its stages, counted from 1 in the order of strides.
func (l *layer) stride(pass int) (stride, stage int) {
	before := 0
	for i, s := range l.c.Passes {
		if i < pass != l.c.Descending && i != pass {
			before += s
		}
	}
	return 1 << before, before + 1
}

// entry is a word of the state in front of the transform, in the type that it is calculated in.
func (l *layer) entry(index *Expr) *Expr {
	v := As(Load(l.state, index), l.work)
	if l.upd.presigns == nil {
		return v
	}
	m := As(Load(l.upd.presigns, index), l.work)
	negated := Sub(Xor(v, m), m)
	if l.ZBits <= l.Bits { // the plan knows that the state never fills its width
		return negated.Claimed(l.ZBits)
	}
	return negated
}

// levels are the names of the values behind each level of butterflies.
var levels = []string{"a", "b", "c", "d", "e"}

// pass makes one pass over the words.
func (l *layer) pass(number, ph int) []Stmt {
	over := func(from, to int) []Stmt { return l.passOver(number, ph, from, to) }
	if l.c.Fused && number == len(l.c.Passes)-1 {
		return l.eachRun(over)
	}
	return over(0, l.words())
}

// passOver makes a pass over some words: groups of 2^stages words, a stride apart, through their stages.
func (l *layer) passOver(number, ph, from, to int) []Stmt {
	stages := l.c.Passes[number]
	stride, stage := l.stride(number)
	n := 1 << stages
	base, outer, inner := l.loops(n, stride)
	at := func(k int) *Expr { return sum(base, At(k*stride)) }
	segments := l.segments(stage, stages, ph)
	raise, lifted := int64(0), l.lifted()
	if number == len(l.c.Passes)-1 {
		raise = l.raise(ph)
		for _, s := range segments {
			if s.halves {
				raise *= 2 // which halves it again, exactly
			}
		}
	}

	var body []Stmt
	v := make([]*Expr, n)
	put := func(level, k int, e *Expr) {
		var s Stmt
		s, v[k] = let(fmt.Sprintf("%s%d", levels[level], k), e)
		body = append(body, s)
	}
	for k := range n {
		var e *Expr
		if number == 0 {
			e = l.entry(at(k))
		} else {
			e = As(Load(l.z, at(k)), l.work)
		}
		if segments[0].halves && k&(1<<segments[0].stages-1) == 0 {
			e = Add(e, Const(l.work, 1))
		}
		if k == 0 && !lifted {
			e = Add(e, Const(l.work, raise)) // the butterflies bring it to all
		}
		put(0, k, e)
	}
	level := 0
	for si, seg := range segments {
		for s := range seg.stages {
			old := append([]*Expr(nil), v...)
			halve := seg.halves && s == seg.stages-1
			for _, k := range butterflies(n, level) {
				a, b := old[k&^(1<<level)], old[k|1<<level]
				e := l.butterfly(a, b, k&(1<<level) != 0, halve)
				switch {
				case k>>(level+1) != 0:
				case lifted && number < len(l.c.Passes)-1: // of the first group of a block
					e = perhapsRaised(e, l.raise(arith.Even), l.raise(arith.Odd))
				default:
					e = raised(e, raise)
				}
				// The 1 that a halving rounds with, once for the sums that it reaches.
				if halve && si+1 < len(segments) && segments[si+1].halves && k>>(level+1)&(1<<segments[si+1].stages-1) == 0 {
					e = Add(e, Const(l.work, 1))
				}
				put(level+1, k, e)
			}
			level++
		}
	}
	if l.c.Fused && number == len(l.c.Passes)-1 {
		words := make([][]Stmt, n)
		for k := range n {
			where := site{at(k), l.position(inner, outer, n, k), l.unitAt(at(k))}
			if l.lanes == 2 && n*stride == l.gap && outer != nil { // the groups are blocks
				where.unit = sum(outer, at(k))
			}
			l.unread = l.beyond(k, stride, outer != nil && inner != nil || inner == nil)
			words[k] = l.updateWord(v[k], where, fmt.Sprint(k), ph)
			l.unread = false
		}
		body = append(body, l.together(words)...)
	} else {
		// A value that is only stored needs no name.
		for i, k := range butterflies(n, level-1) {
			at := len(body) - n + i
			body[at] = Store{l.z.Name, sum(base, At(k*stride)), As(body[at].(Let).Value, l.z.Elem)}
		}
	}
	if number == 0 && lifted {
		return l.lift(n, stride, body)
	}
	return l.nest(n, stride, from, to, body)
}

// lifted reports whether what the last pass is raised by is added to the first word of every block, in front of all passes, instead
// of that of every group of the last: the state is as wide as the transform, and blocks are fewer. A loop around the first pass is one
// of blocks.
func (l *layer) lifted() bool {
	last := len(l.c.Passes) - 1
	if !l.c.InPlace || !l.c.Fused || l.Staged || l.lanes > 1 || l.upd.presigns != nil || last < 1 || l.raise(arith.Even) == 0 && l.raise(arith.Odd) == 0 {
		return false
	}
	few := 4 // a load, an addition and a store in the place of additions
	if !l.c.Descending {
		few = 8 // and a loop
	}
	return l.Block > few<<l.c.Passes[last]
}

// lift is the loops of the first pass around a body, with the first word of every block raised ahead.
func (l *layer) lift(n, stride int, body []Stmt) []Stmt {
	by := Const(l.work, l.raise(arith.Even))
	if odd := l.raise(arith.Odd); odd != by.Value {
		by = ByPhase(by, Const(l.work, odd))
	}
	add := func(at *Expr) Stmt { return Store{l.z.Name, at, As(Add(As(Load(l.z, at), l.work), by), l.z.Elem)} }
	loops := l.nest(n, stride, 0, l.words(), body)
	switch {
	case l.Block == l.N:
		return append([]Stmt{add(At(0))}, loops...)
	case l.c.Descending:
		around := loops[0].(For)
		around.Body = append([]Stmt{add(Counter("i"))}, around.Body...)
		return []Stmt{around}
	}
	return append([]Stmt{For{Var: "i", To: l.N, By: l.Block, Independent: true, Body: []Stmt{add(Counter("i"))}}}, loops...)
}

// together puts the updates of words one behind the other; those of Joined two by two, so that loads and stores of neighbours stand
// together, which processors do at once.
func (l *layer) together(words [][]Stmt) (out []Stmt) {
	for k := 0; k < len(words); k++ {
		if l.upd.joined == nil || k+1 == len(words) || len(words[k]) != len(words[k+1]) {
			out = append(out, words[k]...)
			continue
		}
		for i := range words[k] {
			out = append(out, words[k][i], words[k+1][i])
		}
		k++
	}
	return out
}

// butterflies lists the entries of a group so that those of one butterfly of a level, which read the same two, stand together.
func butterflies(n, level int) []int {
	var out []int
	for k := range n {
		if k&(1<<level) == 0 {
			out = append(out, k, k|1<<level)
		}
	}
	return out
}

// butterfly is a + b or a - b, halved where a stage ends a pair that staged rounding halves.
func (l *layer) butterfly(a, b *Expr, minus, halve bool) *Expr {
	switch {
	case halve && l.lanes == 2 && minus:
		return HalfSub(a, b)
	case halve && l.lanes == 2:
		return HalfAdd(a, b)
	}
	e := Add(a, b)
	if minus {
		e = Sub(a, b)
	}
	if halve {
		return Shr(e, 1)
	}
	return l.claimed(e)
}

// claimed marks a sum of the transform whose bound the plan proved by norms, which are smaller than intervals.
func (l *layer) claimed(e *Expr) *Expr {
	if !l.Staged && l.ZBits < l.Bits+l.K+1 {
		return e.Claimed(l.ZBits)
	}
	return e
}

// segment is stages that end with a halving, or the rest of a pass.
type segment struct {
	stages int
	halves bool
}

// segments cuts a pass at its halvings.
func (l *layer) segments(stage, stages, ph int) []segment {
	var out []segment
	n := 0
	for s := range stages {
		n++
		if l.Staged && arith.Halves(stage+s, l.Round[ph].Shift) {
			out = append(out, segment{n, true})
			n = 0
		}
	}
	if n > 0 {
		out = append(out, segment{n, false})
	}
	return out
}

// loops says the index of a group's first word and its parts: the start of the span, and the word within the stride; nil for
// the one that does not move.
func (l *layer) loops(n, stride int) (base, outer, inner *Expr) {
	outer, inner = l.from(Counter("i")), Counter("j")
	switch {
	case stride == 1:
		return outer, outer, nil
	case n*stride == l.words():
		return inner, nil, inner
	}
	return sum(outer, inner), outer, inner
}

// nest puts a body into the loops of a pass over some words.
func (l *layer) nest(n, stride, from, to int, body []Stmt) []Stmt {
	groups := func(body []Stmt) []Stmt {
		return []Stmt{For{Var: "i", From: from, To: to, By: n * stride, Independent: true, Body: body}}
	}
	columns := func(body []Stmt) []Stmt { return []Stmt{each("j", stride, body...)} }
	switch {
	case stride == 1:
		return groups(body)
	case n*stride == l.words():
		return columns(body)
	}
	return groups(columns(body))
}

// position counts words in the order in which a fused pass updates them.
func (l *layer) position(inner, outer *Expr, n, k int) *Expr {
	p := At(k)
	if outer != nil {
		p = Add(outer, p)
	}
	if inner != nil {
		p = Add(Times(inner, int64(n)), p)
	}
	return p
}

// order lists the words in the order in which they are updated.
func (l *layer) order() []int {
	out := make([]int, 0, l.words())
	if !l.c.Fused {
		for w := range l.words() {
			out = append(out, w)
		}
		return out
	}
	last := len(l.c.Passes) - 1
	stride, _ := l.stride(last)
	n := 1 << l.c.Passes[last]
	for i := 0; i < l.words(); i += n * stride {
		for j := range stride {
			for k := range n {
				out = append(out, i+j+k*stride)
			}
		}
	}
	return out
}

// readUnits is how many of the layer's units, the first, a mean that is deferred adds up.
func (l *layer) readUnits() int {
	if r := l.builder.readout; r.kept != nil && r.l == l {
		return r.read
	}
	return l.N
}

// beyond reports whether the units k*stride to (k+1)*stride, of every group where there are several, are such that no output reads.
func (l *layer) beyond(k, stride int, groups bool) bool {
	n := l.readUnits()
	switch {
	case n == l.N:
		return false
	case groups || k*stride < n && (k+1)*stride > n:
		l.fail("a pass updates units that outputs read together with others")
	}
	return k*stride >= n
}

// updateLoop updates every word in a loop of its own.
func (l *layer) updateLoop(ph int) []Stmt {
	if leaksAhead(l.Layer) {
		return l.updateOver(0, l.words(), ph)
	}
	return l.eachRun(func(from, to int) []Stmt { return l.updateOver(from, to, ph) })
}

// updateOver updates some words.
func (l *layer) updateOver(first, end, ph int) []Stmt {
	i := l.from(Counter("i"))
	from := i
	if l.Perm != nil {
		from = As(Load(l.upd.perm, i), Index)
	}
	var z *Expr
	switch {
	case len(l.c.Passes) == 0 && l.z == l.state:
		z = l.entry(from)
	default:
		z = As(Load(l.z, from), l.work)
	}
	var head []Stmt
	if l.lanes == 2 {
		var s Stmt
		s, z = let("v", z)
		head = append(head, s)
	}
	loop := func(from, to int) Stmt {
		body := append(slices.Clone(head), l.updateWord(z, site{i, i, i}, "", ph)...)
		return For{Var: "i", From: from, To: to, By: 1, Independent: true, Body: body}
	}
	if n := l.readUnits(); n < l.N && l.lanes == 1 {
		if first > 0 || end < l.N {
			l.fail("units that no output reads are updated together with those of their block")
		}
		read := loop(0, n)
		l.unread = true
		rest := loop(n, l.N)
		l.unread = false
		return []Stmt{read, rest}
	}
	if l.gap == l.words() || l.lanes == 1 {
		return []Stmt{loop(first, end)}
	}
	// Word k + j of the block from word k on holds unit 2k + j.
	k, j := l.from(Counter("k")), Counter("j")
	at := sum(k, j)
	s, z := let("v", As(Load(l.z, at), l.work))
	body := append([]Stmt{s}, l.updateWord(z, site{at, at, sum(k, k, j)}, "", ph)...)
	return []Stmt{For{Var: "k", From: first, To: end, By: l.gap, Independent: true, Body: []Stmt{each("j", l.gap, body...)}}}
}

// raised moves the claim of a value to which something was added.
func raised(e *Expr, by int64) *Expr {
	if e.Claim == nil || by == 0 {
		return e
	}
	c := *e
	c.Claim = &arith.Interval{Lo: e.Claim.Lo + by, Hi: e.Claim.Hi + by}
	return &c
}

// perhapsRaised widens the claim of a value to which one of two numbers may have been added.
func perhapsRaised(e *Expr, even, odd int64) *Expr {
	if e.Claim == nil {
		return e
	}
	c := *e
	c.Claim = &arith.Interval{Lo: e.Claim.Lo + min(even, odd, 0), Hi: e.Claim.Hi + max(even, odd, 0)}
	return &c
}
