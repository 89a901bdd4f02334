package step

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Error is what is wrong with a program, and where.
type Error struct {
	Func  string // where it is about a function
	Stmt  string // the statement's line
	Line  int    // its number within the function, from 0; -1 where it is about no statement
	Expr  string // the part of it
	While string // of a run: the parity and the counters of the loops
	What  string
}

func (e *Error) Error() string {
	s := "step form"
	if e.Func != "" {
		s += ": function " + e.Func
	}
	if e.Stmt != "" {
		s += fmt.Sprintf(", `%s`", cut(e.Stmt))
	}
	if e.Expr != "" && e.Expr != e.Stmt {
		s += fmt.Sprintf(", in `%s`", cut(e.Expr))
	}
	if e.While != "" {
		s += " (" + e.While + ")"
	}
	return s + ": " + e.What
}

// cut keeps a text readable.
func cut(s string) string {
	if len(s) > 160 {
		return s[:157] + "..."
	}
	return s
}

// Bounds of what is read and run.
const (
	maxEntries = 1 << 22 // of all arrays but tables together, lanes counted
	maxDepth   = 64      // of blocks, and of brackets in a text, within each other
	maxNested  = 512     // of expressions
	maxWork    = 1 << 30 // expressions that steps and outputs compute, of even and odd t together
)

// Secret says what of a value depends on data, and so must decide no address and no branch where time is to be constant.
type Secret uint8

// What values depend on.
const (
	Token  Secret = 1 << iota // the one entry of the input, which may be a token
	Data                      // other entries of the input, or states that they went into
	Public Secret = 0
)

// opcode is an Op as a small number, for the loops of the verifier and of the machine.
type opcode uint8

const (
	cConst opcode = iota
	cVar
	cLoad
	cPhase
	cAdd
	cSub
	cMul
	cMulWide
	cNeg
	cShl
	cShr
	cRound
	cHalfAdd
	cHalfSub
	cSatAdd
	cAnd
	cXor
	cMin
	cMax
	cClamp
	cCrop
	cExt
	cTrunc
	cField
	cPack
	cLane
	cSwap
	cDot
)

// node is a checked expression: names are slots and arrays.
type node struct {
	e      *Expr
	code   opcode
	lanes  int
	lo, hi int64 // of the type
	a, b   *node
	c      *node
	slot   int // of a name
	array  arith.Phased[int]
	secret Secret
	home   *line
	seen   arith.Interval // by the verifier, every lane; Lo above Hi before it is computed
	id     int
}

// line is a checked statement.
type line struct {
	s           Stmt
	fn          *function
	n           int // its number in the function
	value       *node
	index       *node
	slot        int // of a Let, Set or For
	array       arith.Phased[int]
	from, to    int
	by          int
	independent bool
	body        []*line // of a For, and of an IfOdd at odd steps
	even        []*line
	call        *function
}

// function is a checked function.
type function struct {
	f       *Func
	n       int // position
	scratch []int
	body    []*line
	slots   int
	lines   int
}

// checked is a program whose names, kinds and types are right.
type checked struct {
	p         *Program
	arrays    []*Array // of the program, then of each function
	owner     []*function
	secrets   []Secret // of what arrays hold
	funcs     []*function
	step, out *function
	decide    *function // nil for none
	input     int       // array, or -1
	nodes     []*node
}

// fail is how the checker and the runs end early; guard turns it into an error.
type fail struct{ *Error }

func guard(err *error) {
	switch r := recover().(type) {
	case nil:
	case fail:
		*err = r.Error
	default:
		panic(r)
	}
}

type checker struct {
	*checked
	fn        *function
	line      *line
	names     map[string]name // in sight
	slots     int
	depth     int // of blocks
	depthExpr int
	apart     int  // independent loops around
	odd       bool // something reads the parity
}

// name is what a name in sight stands for.
type name struct {
	what    string // "array", "value", "variable", "counter"
	slot    int
	typ     Int
	array   arith.Phased[int]
	mutable bool
	apart   int // independent loops around its declaration
}

// check resolves a program and checks all that needs no numbers: names, kinds of arrays, types of operands.
func check(p *Program) (c *checked, err error) {
	defer guard(&err)
	k := &checker{checked: &checked{p: p, input: -1}, names: map[string]name{}}
	k.program()
	k.taint()
	if w := k.work(); w > maxWork {
		k.errorf(nil, "steps and outputs compute more than %d expressions", maxWork)
	}
	return k.checked, nil
}

func (k *checker) errorf(e *Expr, format string, args ...any) {
	x := &Error{What: fmt.Sprintf(format, args...), Line: -1}
	if k.fn != nil {
		x.Func = k.fn.f.Name
	}
	if k.line != nil {
		x.Stmt, x.Line = stmtText(k.line.s), k.line.n
	}
	if e != nil {
		x.Expr = e.String()
	}
	panic(fail{x})
}

var identifier = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (k *checker) goodName(what, s string) {
	if !identifier.MatchString(s) {
		k.errorf(nil, "%s %q is no name: letters, digits and _ make one", what, s)
	}
}

func (k *checker) declare(what, s string, n name) {
	k.goodName(what, s)
	if old, ok := k.names[s]; ok {
		k.errorf(nil, "%s %s: there is a %s of that name in sight", what, s, old.what)
	}
	k.names[s] = n
}

func (k *checker) program() {
	p := k.p
	entries := 0
	for _, a := range p.Arrays {
		switch a.Kind {
		case Table, State, Output:
		case Input:
			if k.input >= 0 {
				k.errorf(nil, "%s and %s are both inputs; a step has one", k.arrays[k.input].Name, a.Name)
			}
			k.input = len(k.arrays)
		default:
			k.errorf(nil, "array %s of the program is %q; table, state, input or output is possible, scratch stands in functions", a.Name, a.Kind)
		}
		k.addArray(a, nil, &entries)
	}
	funcs := map[string]*function{}
	for _, f := range p.Funcs {
		k.goodName("function", f.Name)
		if funcs[f.Name] != nil {
			k.errorf(nil, "there are two functions %s", f.Name)
		}
		k.function(f, funcs, &entries)
		funcs[f.Name] = k.funcs[len(k.funcs)-1]
	}
	k.step, k.out, k.decide = funcs[p.Step], funcs[p.Output], funcs[p.Decide]
	switch i := slices.IndexFunc(p.Arrays, func(a *Array) bool { return a.Name == p.Decision && a.Kind == State && a.Len == 1 }); {
	case k.step == nil || k.out == nil:
		k.errorf(nil, "step %q and output %q must both be functions of the program", p.Step, p.Output)
	case p.Decision != "" && i < 0:
		k.errorf(nil, "the program decides %q, which is no state of one entry", p.Decision)
	case p.Decide != "" && (k.decide == nil || p.Decision == ""):
		k.errorf(nil, "it decides by %q, which is no function of the program", p.Decide)
	}
	if k.odd != p.TwoPhase {
		if k.odd {
			k.errorf(nil, "something reads the parity of the step, and the program does not say so: set TwoPhase, `parity` in its first line")
		}
		k.errorf(nil, "the program says that its steps have a parity, and nothing reads it: leave out TwoPhase, `parity` in its first line")
	}
	k.access()
}

func (k *checker) addArray(a *Array, owner *function, entries *int) {
	k.declare("array", a.Name, name{what: "array", typ: a.Elem, array: arith.Both(len(k.arrays))})
	k.arrays = append(k.arrays, a)
	k.owner = append(k.owner, owner)
	if !a.Elem.Stored() {
		k.errorf(nil, "array %s holds %v; i8 to i64, u8, u16, u32, i16x2 or i32x2 is possible", a.Name, a.Elem)
	}
	if a.Len < 1 {
		k.errorf(nil, "array %s has %d entries; one at least is wanted", a.Name, a.Len)
	}
	if a.Kind != Table {
		if a.Len > maxEntries {
			k.errorf(nil, "array %s has %d entries; at most %d are possible", a.Name, a.Len, maxEntries)
		}
		if *entries += a.Len * a.Elem.Lanes; *entries > maxEntries {
			k.errorf(nil, "the arrays up to %s have %d entries together; at most %d are possible", a.Name, *entries, maxEntries)
		}
	}
	if a.Range.Lo > a.Range.Hi || !a.Range.Within(a.Elem.Range()) {
		k.errorf(nil, "array %s: the range %s is not within %v, %s", a.Name, rangeText(a.Range), a.Elem, rangeText(a.Elem.Range()))
	}
	if a.Kind == State && !arith.Between(0, 0).Within(a.Range) {
		k.errorf(nil, "state %s begins as zero, which is not in its range %s", a.Name, rangeText(a.Range))
	}
	if a.Kind != Table {
		if len(a.Data) > 0 {
			k.errorf(nil, "array %s is %s and has data; only tables do", a.Name, a.Kind)
		}
		return
	}
	if len(a.Data) != a.Len*a.Elem.Lanes {
		k.errorf(nil, "table %s has %d numbers for %d entries of %v", a.Name, len(a.Data), a.Len, a.Elem)
	}
	if have := arith.Between(slices.Min(a.Data), slices.Max(a.Data)); have != a.Range {
		k.errorf(nil, "table %s: its range is %s, and %s is written", a.Name, rangeText(have), rangeText(a.Range))
	}
}

func (k *checker) function(f *Func, funcs map[string]*function, entries *int) {
	fn := &function{f: f, n: len(k.funcs)}
	k.fn = fn
	k.slots = 0
	outer := k.names
	k.names = copyNames(outer)
	for _, a := range f.Scratch {
		if a.Kind != Scratch {
			k.errorf(nil, "array %s of the function is %q; only scratch stands in functions", a.Name, a.Kind)
		}
		fn.scratch = append(fn.scratch, len(k.arrays))
		k.addArray(a, fn, entries)
	}
	fn.body = k.block(f.Body, funcs)
	fn.slots = k.slots
	k.names, k.fn = outer, nil
	k.funcs = append(k.funcs, fn)
}

func copyNames(m map[string]name) map[string]name {
	c := make(map[string]name, len(m)+8)
	for s, n := range m {
		c[s] = n
	}
	return c
}

// block checks statements; what they declare is out of sight behind them.
func (k *checker) block(body []Stmt, funcs map[string]*function) (out []*line) {
	if k.depth++; k.depth > maxDepth {
		k.errorf(nil, "blocks nest deeper than %d", maxDepth)
	}
	var declared []string
	for _, s := range body {
		l := &line{s: s, fn: k.fn, n: k.fn.lines}
		k.fn.lines++
		k.line = l
		if d := k.stmt(l, funcs); d != "" {
			declared = append(declared, d)
		}
		out = append(out, l)
		k.line = nil
	}
	for _, d := range declared {
		delete(k.names, d)
	}
	k.depth--
	return out
}

// stmt checks one statement and gives the name that it declares.
func (k *checker) stmt(l *line, funcs map[string]*function) string {
	switch s := l.s.(type) {
	case Let:
		l.value = k.expr(s.Value)
		what := "value"
		if s.Mutable {
			what = "variable"
		}
		l.slot = k.slot()
		k.declare(what, s.Name, name{what: what, typ: s.Value.Type, slot: l.slot, mutable: s.Mutable, apart: k.apart})
		return s.Name
	case Set:
		n := k.find(s.Name)
		if !n.mutable {
			k.errorf(nil, "%s is a %s; only what `var` (Mutable) names can be set", s.Name, n.what)
		}
		if n.apart < k.apart {
			k.errorf(nil, "an iteration of an independent loop sets %s, which belongs to all of them", s.Name)
		}
		l.slot, l.value = n.slot, k.expr(s.Value)
		k.sameType(s.Value, n.typ, s.Name)
	case Store:
		n := k.find(s.Array)
		if n.what != "array" {
			k.errorf(nil, "%s is a %s, not an array", s.Array, n.what)
		}
		l.array, l.index, l.value = n.array, k.index(s.Index), k.expr(s.Value)
		for _, a := range n.array {
			if kind := k.arrays[a].Kind; kind != State && kind != Output && kind != Scratch {
				k.errorf(nil, "%s is %s; only states, outputs and scratch are written", k.arrays[a].Name, kind)
			}
		}
		if s.Value.Type != n.typ { // an unsigned entry is written as it is added up, or as it is loaded
			k.sameType(s.Value, loaded(n.typ), "an entry of "+s.Array)
		}
	case For:
		if r := Index.Range(); s.By < 1 || s.To < s.From || int64(s.From) < r.Lo || int64(s.To) > r.Hi || int64(s.By) > r.Hi {
			k.errorf(nil, "from %d to %d by %d: the step is at least 1, the end not before the beginning, and all fit 32 bits", s.From, s.To, s.By)
		}
		l.from, l.to, l.by, l.independent, l.slot = s.From, s.To, s.By, s.Independent, k.slot()
		k.declare("counter", s.Var, name{what: "counter", typ: Index, slot: l.slot})
		if s.Independent {
			k.apart++
			defer func() { k.apart-- }()
		}
		l.body = k.inner(l, s.Body, funcs)
		delete(k.names, s.Var)
	case IfOdd:
		k.odd = true
		l.body = k.inner(l, s.Odd, funcs)
		l.even = k.inner(l, s.Even, funcs)
	case Choose:
		k.odd = true
		even, odd := k.find(s.Even), k.find(s.Odd)
		if even.what != "array" || odd.what != "array" {
			k.errorf(nil, "%s and %s must both be arrays", s.Even, s.Odd)
		}
		if even.typ != odd.typ {
			k.errorf(nil, "%s holds %v and %s %v; both must hold the same", s.Even, even.typ, s.Odd, odd.typ)
		}
		k.declare("choice", s.Name, name{what: "array", typ: even.typ, array: arith.Phased[int]{even.array[arith.Even], odd.array[arith.Odd]}})
		return s.Name
	case Call:
		if l.call = funcs[s.Func]; l.call == nil {
			k.errorf(nil, "no function %s stands before %s", s.Func, k.fn.f.Name)
		}
	case Remark:
	default:
		k.errorf(nil, "%T is no statement of the form", s)
	}
	return ""
}

func (k *checker) inner(l *line, body []Stmt, funcs map[string]*function) []*line {
	out := k.block(body, funcs)
	k.line = l
	return out
}

func (k *checker) slot() int {
	k.slots++
	return k.slots - 1
}

func (k *checker) find(s string) name {
	n, ok := k.names[s]
	if !ok {
		k.errorf(nil, "nothing in sight is named %q", s)
	}
	return n
}

func (k *checker) sameType(e *Expr, t Int, what string) {
	if e.Type != t {
		k.errorf(e, "it is %v, and %s is %v; nothing widens by itself: use ext or trunc", e.Type, what, t)
	}
}

func (k *checker) index(e *Expr) *node {
	n := k.expr(e)
	if e.Type != Index {
		k.errorf(e, "an index is of type index, not %v: use ext or trunc", e.Type)
	}
	return n
}

// Stored reports whether an array can hold entries of the type.
func (t Int) Stored() bool {
	if t.Unsigned {
		return t.Lanes == 1 && (t.Bits == 8 || t.Bits == 16 || t.Bits == 32) || t.Lanes == 2 && t.Bits == 32
	}
	return t != Index && t.computed()
}

// computed reports whether an expression can be of the type.
func (t Int) computed() bool {
	switch {
	case t == Index:
		return true
	case t.Unsigned:
		return t.Stored()
	case t.Lanes == 2:
		return t.Bits == 16 || t.Bits == 32
	}
	return t.Lanes == 1 && slices.Contains([]int{8, 16, 24, 32, 64}, t.Bits)
}

// addsUp are the operations that unsigned numbers may be of, and onWords those that their lanes may be of: bits of a word are
// those of its lanes only where the lower one has no sign, which would show in the upper.
var (
	addsUp  = []Op{OpConst, OpVar, OpLoad, OpPhase, OpAdd, OpExt, OpTrunc}
	onWords = append([]Op{OpAnd, OpXor, OpShr, OpSwap, OpPack}, addsUp...)
)

// lane is the type of one lane.
func (t Int) lane() Int {
	t.Lanes = 1
	return t
}

// loaded is the type that an entry has in an expression.
func loaded(t Int) Int {
	if t.Unsigned && t.Lanes == 1 {
		t.Unsigned = false
		t.Bits *= 2
	}
	return t
}

func (k *checker) expr(e *Expr) *node {
	if e == nil {
		k.errorf(nil, "an expression is missing")
	}
	if k.depthExpr++; k.depthExpr > maxNested {
		k.errorf(nil, "an expression nests deeper than %d", maxNested)
	}
	defer func() { k.depthExpr-- }()
	rule, ok := rules[e.Op]
	if !ok {
		k.errorf(nil, "there is no operation %q", e.Op)
	}
	if len(e.Args) != rule.args {
		k.errorf(nil, "%s has %d arguments, not %d", e.Op, rule.args, len(e.Args))
	}
	if !e.Type.computed() {
		k.errorf(e, "it is of type %v, which no expression can be", e.Type)
	}
	switch {
	case e.Type.Unsigned && e.Type.Lanes == 2:
		if !slices.Contains(onWords, e.Op) {
			k.errorf(e, "it is %v, and lanes without sign are added, masked and shifted; use trunc", e.Type)
		}
	case e.Type.Unsigned && !slices.Contains(addsUp, e.Op):
		k.errorf(e, "it is %v, and unsigned numbers only add up; use ext", e.Type)
	}
	n := &node{e: e, code: rule.code, lanes: e.Type.Lanes, lo: e.Type.Range().Lo, hi: e.Type.Range().Hi, home: k.line, id: len(k.nodes),
		seen: arith.Interval{Lo: 1, Hi: 0}}
	k.nodes = append(k.nodes, n)
	for i, a := range e.Args {
		*[]**node{&n.a, &n.b, &n.c}[i] = k.expr(a)
	}
	if e.Claim != nil && e.Claim.Lo > e.Claim.Hi {
		k.errorf(e, "the claim holds no value")
	}
	switch e.Op {
	case OpVar:
		v := k.find(e.Name)
		if v.what == "array" {
			k.errorf(e, "%s is an array; an entry of it is %s[index]", e.Name, e.Name)
		}
		k.sameType(e, v.typ, "what it names")
		n.slot = v.slot
	case OpLoad:
		v := k.find(e.Name)
		if v.what != "array" {
			k.errorf(e, "%s is a %s, not an array", e.Name, v.what)
		}
		if e.Type != v.typ { // raw
			k.sameType(e, loaded(v.typ), "an entry of "+e.Name)
		}
		if e.Args[0].Type != Index {
			k.errorf(e, "an index is of type index, not %v: use ext or trunc", e.Args[0].Type)
		}
		n.array = v.array
	case OpPhase:
		k.odd = true
	}
	if rule.check != nil {
		if wrong := rule.check(e); wrong != "" {
			k.errorf(e, "%s", wrong)
		}
	}
	return n
}

// rules says of each operation how many arguments it has and, in check, what is wrong with their types or its numbers.
var rules map[Op]struct {
	code  opcode
	args  int
	check func(e *Expr) string
}

func init() {
	rules = map[Op]struct {
		code  opcode
		args  int
		check func(e *Expr) string
	}{
		OpConst:   {cConst, 0, nil},
		OpVar:     {cVar, 0, nil},
		OpLoad:    {cLoad, 1, nil},
		OpPhase:   {cPhase, 2, alike},
		OpAdd:     {cAdd, 2, alike},
		OpSub:     {cSub, 2, alike},
		OpMul:     {cMul, 2, factor},
		OpMulWide: {cMulWide, 2, wide},
		OpNeg:     {cNeg, 1, alike},
		OpShl:     {cShl, 1, both(alike, amount)},
		OpShr:     {cShr, 1, both(alike, amount)},
		OpRound:   {cRound, 1, both(alike, amount)},
		OpHalfAdd: {cHalfAdd, 2, alike},
		OpHalfSub: {cHalfSub, 2, alike},
		OpSatAdd:  {cSatAdd, 2, both(alike, noIndex)},
		OpAnd:     {cAnd, 2, alike},
		OpXor:     {cXor, 2, alike},
		OpMin:     {cMin, 2, alike},
		OpMax:     {cMax, 2, alike},
		OpClamp:   {cClamp, 1, both(alike, clampBits)},
		OpCrop:    {cCrop, 1, both(alike, cropBits)},
		OpExt:     {cExt, 1, wider},
		OpTrunc:   {cTrunc, 1, narrower},
		OpField:   {cField, 1, field},
		OpPack:    {cPack, 2, pack},
		OpLane:    {cLane, 1, oneLane},
		OpSwap:    {cSwap, 1, swap},
		OpDot:     {cDot, 3, dot},
	}
}

func both(checks ...func(*Expr) string) func(*Expr) string {
	return func(e *Expr) string {
		for _, c := range checks {
			if s := c(e); s != "" {
				return s
			}
		}
		return ""
	}
}

func alike(e *Expr) string {
	for _, a := range e.Args {
		if a.Type != e.Type {
			return fmt.Sprintf("the result is %v and `%v` is %v; all must be alike: use ext or trunc", e.Type, a, a.Type)
		}
	}
	return ""
}

func noIndex(e *Expr) string {
	if e.Type == Index {
		return "an index has no width to clamp to"
	}
	return ""
}

// bits is the width of a lane; an index counts as the narrowest that it may be.
func (t Int) bits() int {
	if t == Index {
		return 16
	}
	return t.Bits
}

func amount(e *Expr) string {
	if e.Value < 1 || e.Value >= int64(e.Type.bits()) {
		return fmt.Sprintf("a shift by %d in %v; 1 to %d is possible", e.Value, e.Type, e.Type.bits()-1)
	}
	return ""
}

func clampBits(e *Expr) string {
	if e.Type == Index || e.Value < 1 || e.Value > int64(e.Type.Bits) {
		return fmt.Sprintf("a clamp to %d bits in %v", e.Value, e.Type)
	}
	return ""
}

func cropBits(e *Expr) string {
	if e.Type == Index || e.Value < 1 || e.Value >= int64(e.Type.Bits) {
		return fmt.Sprintf("a crop to %d bits in %v", e.Value, e.Type)
	}
	return ""
}

// factor allows a factor as wide as the word of both lanes, too: what it holds is a lane's.
func factor(e *Expr) string {
	word := Int{Bits: e.Type.Bits * e.Type.Lanes, Lanes: 1}
	if e.Args[0].Type != e.Type || e.Args[1].Type != e.Type.lane() && e.Args[1].Type != word {
		return fmt.Sprintf("a product in %v is of %v and %v, not of %v and %v", e.Type, e.Type, e.Type.lane(), e.Args[0].Type, e.Args[1].Type)
	}
	return ""
}

func wide(e *Expr) string {
	t := e.Args[0].Type
	if t.Lanes != 1 || t == Index || e.Args[1].Type != t || e.Type.Lanes != 1 || e.Type.Bits != 2*t.Bits {
		return fmt.Sprintf("%v from %v and %v; the factors are plain and alike, and the product has twice their bits", e.Type, t, e.Args[1].Type)
	}
	return ""
}

func wider(e *Expr) string {
	t := e.Args[0].Type
	if t.Lanes != e.Type.Lanes || t == Index || e.Type != Index && e.Type.Bits <= t.Bits {
		return fmt.Sprintf("%v is not wider than %v, lane by lane", e.Type, t)
	}
	return ""
}

func narrower(e *Expr) string {
	t := e.Args[0].Type
	wider := t != Index && (e.Type.Bits > t.Bits || e.Type.Bits == t.Bits && e.Type.Unsigned == t.Unsigned)
	if t.Lanes != e.Type.Lanes || e.Type == Index || wider {
		return fmt.Sprintf("%v is not narrower than %v, lane by lane", e.Type, t)
	}
	return ""
}

func field(e *Expr) string {
	t := e.Args[0].Type
	switch {
	case t.Lanes != e.Type.Lanes || t == Index:
		return fmt.Sprintf("bits of %v as %v; both have as many lanes", t, e.Type)
	case e.At < 0 || e.Value < 1 || int64(e.At)+e.Value > int64(t.Bits):
		return fmt.Sprintf("bits %d to %d of %v", e.At, int64(e.At)+e.Value-1, t)
	case e.Type != Index && e.Value > int64(e.Type.Bits), e.Type != Index && !e.Signed && e.Value == int64(e.Type.Bits):
		return fmt.Sprintf("%d bits do not fit %v", e.Value, e.Type)
	}
	return ""
}

func pack(e *Expr) string {
	if e.Type.Lanes != 2 || e.Args[0].Type != e.Type.lane() || e.Args[1].Type != e.Type.lane() {
		return fmt.Sprintf("%v from %v and %v; two lanes are made of two plain integers of their type", e.Type, e.Args[0].Type, e.Args[1].Type)
	}
	return ""
}

func oneLane(e *Expr) string {
	if t := e.Args[0].Type; t.Lanes != 2 || e.Type != t.lane() || e.Value < 0 || e.Value > 1 {
		return fmt.Sprintf("lane %d of %v as %v", e.Value, t, e.Type)
	}
	return ""
}

func swap(e *Expr) string {
	if e.Type.Lanes != 2 {
		return fmt.Sprintf("%v has no lanes to exchange", e.Type)
	}
	return alike(e)
}

func dot(e *Expr) string {
	pair := Int{Bits: 16, Lanes: 2}
	if e.Type != I32 || e.Args[2].Type != I32 || e.Args[0].Type != pair || e.Args[1].Type != pair {
		return fmt.Sprintf("%v from %v, %v and %v; it is i32 from i16x2, i16x2 and i32", e.Type, e.Args[0].Type, e.Args[1].Type, e.Args[2].Type)
	}
	return ""
}

// access checks that a step leaves the output alone, an output the input and the states, and what decides behind both of them all but
// its own states.
func (k *checker) access() {
	called := map[*function]bool{}
	k.visit(k.step, called, func(*line, *node) {})
	k.visit(k.out, called, func(*line, *node) {})
	for f := range called {
		if f == k.decide {
			k.errorf(nil, "%s decides behind an output, and is called before", f.f.Name)
		}
	}
	k.visit(k.decide, called, func(*line, *node) {})
	for _, f := range k.funcs {
		if !called[f] {
			k.errorf(nil, "neither %s nor %s calls function %s", k.p.Step, k.p.Output, f.f.Name)
		}
	}
	course := map[int]bool{} // the states of a step and an output
	for _, entry := range []struct {
		f           *function
		what        string
		read, write []Kind
	}{
		{k.step, "a step", []Kind{Output}, []Kind{Output}},
		{k.out, "an output", []Kind{Input}, []Kind{State}},
		{k.decide, "a decision", []Kind{Input}, []Kind{Output}},
	} {
		reached := map[*function]bool{}
		k.visit(entry.f, reached, func(l *line, n *node) {
			k.fn, k.line = l.fn, l
			arrays, kinds, verb := l.array, entry.write, "writes"
			switch {
			case n != nil && n.code == cLoad:
				arrays, kinds, verb = n.array, entry.read, "reads"
			case n != nil:
				return
			default:
				if _, ok := l.s.(Store); !ok {
					return
				}
			}
			for _, a := range arrays {
				switch {
				case entry.f != k.decide:
					course[a] = true
				case k.arrays[a].Kind == State && course[a]:
					k.errorf(nil, "%s and a decision share %s, which is state", k.p.Step, k.arrays[a].Name)
				}
				if slices.Contains(kinds, k.arrays[a].Kind) {
					k.errorf(nil, "%s %s %s, which is %s", entry.what, verb, k.arrays[a].Name, k.arrays[a].Kind)
				}
			}
		})
		k.fn, k.line = nil, nil
	}
}

// visit sees every statement (with a nil node) and every expression that a function reaches.
func (c *checked) visit(f *function, reached map[*function]bool, see func(*line, *node)) {
	if f == nil || reached[f] {
		return
	}
	reached[f] = true
	var expr func(l *line, n *node)
	expr = func(l *line, n *node) {
		if n != nil {
			expr(l, n.a)
			expr(l, n.b)
			expr(l, n.c)
			see(l, n)
		}
	}
	var block func([]*line)
	block = func(body []*line) {
		for _, l := range body {
			expr(l, l.index)
			expr(l, l.value)
			see(l, nil)
			block(l.body)
			block(l.even)
			if l.call != nil {
				c.visit(l.call, reached, see)
			}
		}
	}
	block(f.body)
}

// taint finds what depends on data: it repeats until nothing new does.
func (k *checker) taint() {
	k.secrets = make([]Secret, len(k.arrays))
	if k.input >= 0 {
		k.secrets[k.input] = Data
		if k.arrays[k.input].Len == 1 {
			k.secrets[k.input] = Token
		}
	}
	slots := make([][]Secret, len(k.funcs))
	for i, f := range k.funcs {
		slots[i] = make([]Secret, f.slots)
	}
	for changed := true; changed; {
		changed = false
		raise := func(to *Secret, by Secret) {
			if *to|by != *to {
				*to |= by
				changed = true
			}
		}
		reached := map[*function]bool{}
		see := func(l *line, n *node) {
			own := slots[l.fn.n]
			if n == nil {
				switch l.s.(type) {
				case Let, Set:
					raise(&own[l.slot], l.value.secret)
				case Store:
					by := l.value.secret | l.index.secret
					for _, a := range l.array {
						if k.arrays[a].Kind == State && by != Public {
							by = Data // a token that is kept is data
						}
						raise(&k.secrets[a], by)
					}
				}
				return
			}
			s := n.secret
			for _, arg := range []*node{n.a, n.b, n.c} {
				if arg != nil {
					s |= arg.secret
				}
			}
			switch n.code {
			case cVar:
				s |= own[n.slot]
			case cLoad:
				s |= k.secrets[n.array[arith.Even]] | k.secrets[n.array[arith.Odd]]
			}
			raise(&n.secret, s)
		}
		k.visit(k.step, reached, see)
		k.visit(k.out, reached, see)
		k.visit(k.decide, reached, see)
	}
}
