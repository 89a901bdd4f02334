package schedule

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// Features counts what costs time or room, by kind: operations by width, loads and stores by array and width, addresses that are
// calculated, rounds of loops, values that find no register. What a kind costs is a row of a chip.
type Features map[string]float64

// exactly is the feature of what is known without a price: it counts as it stands.
const exactly = "exactly"

func (f Features) names() []string { return slices.Sorted(maps.Keys(f)) }

// times is how often something is: at steps of even and odd t, and in the code.
type times struct{ even, odd, code float64 }

func (t times) by(n float64) times { return times{t.even * n, t.odd * n, t.code * n} }

// kind is a feature's name, in up to three words.
type kind [3]string

func (k kind) String() string { return strings.TrimRight(strings.Join(k[:], "."), ".") }

// counter walks a program.
type counter struct {
	p       *step.Program
	chip    *chip.Part
	machine machine
	funcs   map[string]*step.Func
	out     map[kind]*times
	done    map[string]bool  // functions whose code was counted
	known   map[string]Known // functions that a target knows exactly
	in      string           // the function at hand
	spilled map[string]int   // bytes of a function's values that find no register
}

// arrays in sight, by name.
type sight map[string]*step.Array

func newCounter(p *step.Program, c *chip.Part, known map[string]Known) *counter {
	k := &counter{p: p, chip: c, machine: machineOf(c), known: known, funcs: map[string]*step.Func{}, out: map[kind]*times{}, done: map[string]bool{}, spilled: map[string]int{}}
	for _, f := range p.Funcs {
		k.funcs[f.Name] = f
	}
	return k
}

// take gives what was counted since the last time.
func (k *counter) take() (even, odd, code Features) {
	even, odd, code = Features{}, Features{}, Features{}
	for n, t := range k.out {
		name := n.String()
		for _, f := range []struct {
			to Features
			n  float64
		}{{even, t.even}, {odd, t.odd}, {code, t.code}} {
			if f.n != 0 {
				f.to[name] = f.n
			}
		}
	}
	k.out = map[kind]*times{}
	return even, odd, code
}

func (k *counter) add(t times, words ...string) {
	var n kind
	copy(n[:], words)
	have := k.out[n]
	if have == nil {
		have = &times{}
		k.out[n] = have
	}
	have.even += t.even
	have.odd += t.odd
	have.code += t.code
}

func (k *counter) function(name string, t times) {
	if k.done[name] {
		t.code = 0
	}
	k.done[name] = true
	f := k.funcs[name]
	if e, ok := k.known[name]; ok {
		k.add(t, "knowncall")
		k.add(times{t.even * e.Time[0], t.odd * e.Time[1], t.code * float64(e.Code)}, exactly)
		return
	}
	k.add(t, "call")
	arrays := sight{}
	for _, a := range k.p.Arrays {
		arrays[a.Name] = a
	}
	for _, a := range f.Scratch {
		arrays[a.Name] = a
		if a.Len > 1 {
			k.add(t, "scratch")
		}
	}
	outer := k.in
	k.in = name
	k.block(f.Body, t, arrays, nil)
	k.in = outer
}

// class is how wide a chip calculates a type: on one of 8 bits as it stands, else a word, two, or a pair of lanes.
func (k *counter) class(t step.Int) string {
	switch {
	case t == step.Index:
		return "index"
	case t.Lanes > 1:
		return bits(t.Bits) + "x2"
	case k.chip.Word == 8:
		return bits(t.Bits)
	case t.Bits > 32:
		return "64"
	}
	return "32"
}

func bits(n int) string {
	switch n {
	case 8:
		return "8"
	case 16:
		return "16"
	case 32:
		return "32"
	}
	return strconv.Itoa(n)
}

// block counts statements that run some times; round is the loop that they are the body of, if any.
func (k *counter) block(body []step.Stmt, t times, arrays sight, round *step.For) {
	inner := arrays
	copied := false
	b := &addresses{k: k, seen: map[place]map[int]bool{}, order: map[string][]place{}}
	merged := k.merged(body, arrays)
	for i, s := range body {
		switch s := s.(type) {
		case step.Let:
			k.expr(s.Value, "", t, inner, b)
		case step.Set:
			k.expr(s.Value, "", t, inner, b)
		case step.Store:
			k.expr(s.Value, "", t, inner, b)
			a := inner[s.Array]
			second := b.use(s.Array, a, s.Index, true)
			if _, ok := merged[i]; ok {
				second = "merged"
			}
			k.add(t, "store"+second, bits(size(a.Elem)))
		case step.For:
			n := float64((s.To - s.From + s.By - 1) / s.By)
			k.add(t, "loop")
			each := times{t.even * n, t.odd * n, t.code}
			k.add(each, "round")
			k.block(s.Body, each, inner, &s)
		case step.IfOdd:
			k.add(t, "if")
			k.block(s.Odd, times{0, t.odd, t.code}, inner, nil)
			k.block(s.Even, times{t.even, 0, t.code}, inner, nil)
		case step.Choose:
			if !copied {
				inner, copied = maps.Clone(arrays), true
			}
			k.add(t, "choose")
			inner[s.Name] = inner[s.Even]
		case step.Call:
			k.function(s.Func, t)
		}
	}
	b.count(t)
	if k.machine.pointers > 0 {
		tables, ram := b.order["table"], b.order["ram"]
		room := k.machine.pointers
		if len(tables) > 0 {
			room-- // program memory is read through one of them
		}
		k.add(t.by(turns(tables, 1, round != nil)), "repoint", "table")
		k.add(t.by(turns(ram, room, round != nil)), "repoint", "ram")
	}
	k.spills(body, merged, t, inner, round)
}

// merged are the stores of halves and bytes that compilers make one store of a word of, with the statement that it then stands at:
// where the last of them was.
func (k *counter) merged(body []step.Stmt, arrays sight) map[int]int {
	if !k.machine.pairs {
		return nil
	}
	type word struct {
		array, base string
		at          int
	}
	words := map[word][]int{}
	for i, s := range body {
		store, ok := s.(step.Store)
		if !ok || arrays[store.Array] == nil {
			continue
		}
		bytes := size(arrays[store.Array].Elem) / 8
		if bytes < 4 {
			base, offset := split(store.Index)
			w := word{store.Array, base, offset * bytes / 4}
			words[w] = append(words[w], i)
		}
	}
	out := map[int]int{}
	for _, stores := range words {
		if len(stores) < 2 {
			continue
		}
		for _, i := range stores {
			out[i] = stores[len(stores)-1]
		}
	}
	return out
}

func size(t step.Int) int { return max(t.Bits*t.Lanes, 8) }

// place is what a load or a store points at: an array, and the moving part of the index.
type place struct{ where, array, base string }

// addresses are the places of a block, with the constant parts of their indices in multiples of what an offset reaches.
type addresses struct {
	k    *counter
	seen map[place]map[int]bool
	// last is the entry that was used last, in bytes: a neighbour may come with it.
	last  place
	at    int
	store bool
	// order is what pointers point at, one after the other.
	order map[string][]place
}

// use notes an entry, and says "pair" where it stands behind the one before, so that both are one load or store.
func (b *addresses) use(name string, a *step.Array, index *step.Expr, store bool) (pair string) {
	base, offset := split(index)
	where := "ram"
	if a.Kind == step.Table {
		where = "table"
	}
	bytes := size(a.Elem) / 8
	p := place{where, name, base}
	if b.seen[p] == nil {
		b.seen[p] = map[int]bool{}
	}
	b.seen[p][offset*bytes/(b.k.machine.reach(bytes)+1)] = true
	if base != "" || a.Kind == step.Table {
		b.order[where] = append(b.order[where], p)
	}
	at := offset * bytes
	if b.k.machine.pairs && bytes == 4 && b.last == p && b.at == at-4 && b.store == store {
		b.last = place{} // a third is the first of another pair
		return "pair"
	}
	b.last, b.at, b.store = p, at, store
	return ""
}

// count adds the addresses.
func (b *addresses) count(t times) {
	for p, windows := range b.seen {
		what := "address"
		if p.base == "" {
			what = "fixed"
		}
		b.k.add(t, what, p.where)
		b.k.add(t.by(float64(len(windows)-1)), "far", p.where)
	}
}

// turns is how often a pointer is given another place, where there are so few pointers; what is needed last gives way.
func turns(order []place, room int, loop bool) (n float64) {
	first := 0
	if loop {
		first = len(order)
		order = append(slices.Clone(order), order...)
	}
	var in []place
	for i, p := range order {
		if slices.Contains(in, p) {
			continue
		}
		if i >= first {
			n++
		}
		if len(in) < room {
			in = append(in, p)
			continue
		}
		victim, far := 0, -1
		for j, h := range in {
			next := slices.Index(order[i:], h)
			if next < 0 {
				victim = j
				break
			}
			if next > far {
				victim, far = j, next
			}
		}
		in[victim] = p
	}
	return n
}

// split is the moving part of an index, as text, and its constant part.
func split(e *step.Expr) (string, int) {
	switch e.Op {
	case step.OpConst:
		return "", int(e.Value)
	case step.OpVar:
		return e.Name, 0
	case step.OpAdd:
		a, n := split(e.Args[0])
		b, m := split(e.Args[1])
		switch {
		case a == "":
			return b, n + m
		case b == "":
			return a, n + m
		}
		return a + "+" + b, n + m
	case step.OpShl:
		if a, n := split(e.Args[0]); a != "" {
			return a + "<<" + strconv.FormatInt(e.Value, 10), n << e.Value
		}
	case step.OpMul:
		if c := e.Args[1]; c.Op == step.OpConst {
			if a, n := split(e.Args[0]); a != "" {
				return "(" + a + ")*" + strconv.FormatInt(c.Value, 10), n * int(c.Value)
			}
		}
	}
	return e.String(), 0
}

// narrow reports whether a value comes from fewer bits than a processor of 8 calculates it in: a product of such is cheaper.
func narrow(e *step.Expr) bool {
	switch e.Op {
	case step.OpExt:
		return e.Args[0].Type.Bits <= 16 && e.Args[0].Type != step.Index || narrow(e.Args[0])
	case step.OpConst:
		return e.Value >= -1<<15 && e.Value < 1<<15
	case step.OpField:
		return e.Value < 16
	}
	return false
}

// folds reports whether an operand is part of the instruction of the operation on it: a shift of what is added, on some chips, and a
// product that is added.
func (k *counter) folds(parent step.Op, e *step.Expr) bool {
	if !k.machine.folds || k.class(e.Type) != "32" {
		return false
	}
	switch e.Op {
	case step.OpShl, step.OpShr, step.OpRound:
		return parent == step.OpAdd || parent == step.OpSub || parent == step.OpAnd || parent == step.OpXor
	case step.OpMul:
		return parent == step.OpAdd || parent == step.OpSub
	}
	return false
}

// expr counts an expression; folded is "folded" for one that is part of the instruction of the operation on it.
func (k *counter) expr(e *step.Expr, folded string, t times, arrays sight, b *addresses) {
	if e.Op == step.OpPhase {
		k.add(t, "phase")
		k.expr(e.Args[0], "", times{t.even, 0, t.code}, arrays, b)
		k.expr(e.Args[1], "", times{0, t.odd, t.code}, arrays, b)
		return
	}
	c := k.class(e.Type)
	switch e.Op {
	case step.OpConst, step.OpVar:
		return
	case step.OpLoad:
		a := arrays[e.Name]
		where := "ram"
		if a.Kind == step.Table {
			where = "table"
		}
		pair := b.use(e.Name, a, e.Args[0], false)
		k.add(t, "load"+pair, where, bits(size(a.Elem)))
		if !plainIndex(e.Args[0]) {
			k.expr(e.Args[0], "", t, arrays, b)
		}
		return
	}
	if n := k.narrowed(e); n != e {
		k.expr(n, folded, t, arrays, b)
		return
	}
	if below := k.below(e); below != nil {
		k.add(t, "clampbelow", c)
		k.expr(below, "", t, arrays, b)
		return
	}
	k.operation(e, c, folded, t, arrays)
	used := false
	for _, a := range e.Args {
		if !used && k.folds(e.Op, a) {
			used = true // one operand of an instruction
			k.expr(a, "folded", t, arrays, b)
			continue
		}
		k.expr(a, "", t, arrays, b)
	}
}

// narrowed is a truncation whose operand is calculated in no more bits than are left of it, as compilers do where bytes cost.
func (k *counter) narrowed(e *step.Expr) *step.Expr {
	if e.Op != step.OpTrunc || k.chip.Word > 8 {
		return e
	}
	if n := within(e.Args[0], e.Type); n != nil {
		return n
	}
	return e
}

// within is a value calculated in a narrower type, of which the low bits are right; nil where that takes the rest.
func within(e *step.Expr, t step.Int) *step.Expr {
	switch e.Op {
	case step.OpConst:
		return step.Const(t, e.Value)
	case step.OpExt:
		from := e.Args[0]
		switch {
		case from.Type == step.Index:
			return nil
		case from.Type.Bits == t.Bits:
			return from
		case from.Type.Bits < t.Bits:
			return &step.Expr{Op: step.OpExt, Type: t, Args: e.Args}
		}
		return within(from, t)
	case step.OpAdd, step.OpSub, step.OpMul, step.OpNeg, step.OpShl, step.OpXor, step.OpAnd:
		out := *e
		out.Type, out.Claim, out.Args = t, nil, nil
		for _, a := range e.Args {
			n := within(a, t)
			if n == nil {
				n = &step.Expr{Op: step.OpTrunc, Type: t, Args: []*step.Expr{a}}
			}
			out.Args = append(out.Args, n)
		}
		return &out
	}
	return nil
}

// below is what a clamp begins with where it is made of other instructions, and its argument holds the first of them.
func (k *counter) below(e *step.Expr) *step.Expr {
	if e.Op != step.OpClamp || k.machine.saturates || k.chip.Word != 32 || e.Type.Lanes > 1 {
		return nil
	}
	return step.Below(e.Args[0], int(e.Value))
}

// operation counts an operation without its operands.
func (k *counter) operation(e *step.Expr, c, folded string, t times, arrays sight) {
	small := k.chip.Word == 8
	switch e.Op {
	case step.OpAdd, step.OpSub, step.OpAnd, step.OpXor:
		what := "add"
		if slices.ContainsFunc(e.Args, func(a *step.Expr) bool { return a.Op == step.OpConst }) {
			what = "addconst"
		}
		k.add(t, what, c)
	case step.OpMul:
		switch {
		case small && e.Type.Bits > 16 && narrow(e.Args[0]) && narrow(e.Args[1]):
			k.add(t, "mulnarrow", c)
		case e.Args[1].Op == step.OpConst:
			k.add(t, "mulconst", c)
		default:
			k.add(t, "mul", c, folded)
		}
	case step.OpShl, step.OpShr, step.OpRound:
		what := map[step.Op]string{step.OpShl: "shl", step.OpShr: "shr", step.OpRound: "rnd"}[e.Op]
		if a := e.Args[0]; small && e.Op == step.OpShl && c == "16" && a.Op == step.OpExt && a.Args[0].Type.Bits == 8 && e.Value > straight {
			k.add(t, "shlbyte", c) // a product
			return
		}
		k.add(t, what, c, folded)
		if small || c == "64" {
			k.shift(int(e.Value), c, t)
		}
	case step.OpMax, step.OpMin:
		if a := e.Args[1]; e.Op == step.OpMax && a.Op == step.OpConst && a.Value == 0 {
			k.add(t, "relu", c)
		} else {
			k.add(t, "max", c)
		}
	case step.OpExt:
		from := e.Args[0]
		switch {
		case small:
			k.add(t, "ext", bits(from.Type.Bits), bits(e.Type.Bits))
		case c == "64" || e.Type.Lanes > 1:
			k.add(t, "ext", c)
		case from.Op != step.OpLoad && from.Type.Bits < 32:
			k.add(t, "ext", "32")
		}
	case step.OpTrunc:
		switch {
		case small || e.Type.Lanes > 1:
			k.add(t, "trunc", c)
		case e.Type.Bits < 32:
			k.add(t, "trunc", bits(e.Type.Bits))
		}
	case step.OpField:
		from := e.Args[0].Type.Bits
		what := "mid"
		switch {
		case e.At == 0:
			what = "low"
		case e.At+int(e.Value) >= from || e.Args[0].Op == step.OpLoad && e.At+int(e.Value) >= size(arrays[e.Args[0].Name].Elem):
			what = "top"
		}
		if e.Signed {
			what += ".s"
		} else {
			what += ".u"
		}
		k.add(t, "field", what, c)
		if small { // shifts of a word of at least 16 bits
			word := max(16, size(e.Args[0].Type))
			if e.Signed {
				k.shift(max(0, word-e.At-int(e.Value)), bits(word), t)
				k.shift(word-int(e.Value), bits(word), t)
			} else {
				k.shift(e.At, bits(word), t)
			}
		}
	case step.OpClamp:
		switch {
		case c == "32" && step.Bits(e.Args[0]) >= 32:
			k.add(t, "clampfar", c)
		case c == "16" && e.Value <= 8:
			k.add(t, "clampbyte", c)
		default:
			k.add(t, "clamp", c)
		}
	default:
		k.add(t, string(e.Op), c)
	}
}

// straight is how many bits are shifted without a loop by numbers of several registers.
const straight = 2

// shift counts how far a number is shifted that takes several registers: bytes are moved, few bits stand one after the other, more
// take turns in a loop.
func (k *counter) shift(n int, c string, t times) {
	switch {
	case k.chip.Word == 8 && c == "16" && n > 8:
		k.add(t, "byte", c)
		k.add(t.by(float64(n-8)), "bit", "8")
	case n%8 == 0 || k.chip.Word > 8:
		k.add(t.by(float64(n/8)), "byte", c)
		k.add(t.by(float64(n%8)), "bit", c)
	case n <= straight:
		k.add(t.by(float64(n)), "bit", c)
	default:
		k.add(times{t.even * float64(n), t.odd * float64(n), t.code}, "turn", c)
	}
}

// plainIndex reports whether an index is a sum of counters, which addressing takes in.
func plainIndex(e *step.Expr) bool {
	switch e.Op {
	case step.OpConst, step.OpVar:
		return true
	case step.OpAdd, step.OpShl, step.OpMul:
		return !slices.ContainsFunc(e.Args, func(a *step.Expr) bool { return !plainIndex(a) })
	}
	return false
}
