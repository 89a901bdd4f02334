// Package avr spells functions of the step form as assembly for AVR, where compilers move what need not move: every value of a
// loop's body is in registers, arrays are walked by pointers, products are added as they come. A function that has no assembly
// here, because of an operation or of its need for registers, stays C. It decides nothing about arithmetic. Start with Spell.
package avr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Names says how assembly and C name the same things.
type Names struct {
	Function string            // the symbol of the function
	Tables   map[string]string // the symbols of tables in program memory
	Offsets  map[string]int    // of the state arrays in the struct, in bytes
	Largest  bool              // the function gives the index of the largest output, the first of equals, instead of filling them
}

// Function is the assembly of a function, and what it costs: cycles of a call at even and at odd t, the call itself apart, bytes of
// code, and bytes of stack with the way back.
type Function struct {
	Text   string
	Cycles arith.Phased[int]
	Bytes  int
	Stack  int
}

// Spell gives the assembly of a function of a program that was proven, and within it of those that it calls: void f(state *, const
// input *, uint8_t odd), void f(const state *, value *) or, with Names.Largest, int f(const state *), as avr-gcc calls it. The error, which Unable tells from others, says why it has none.
func Spell(p *step.Program, f *step.Func, r *step.Report, n Names) (out *Function, err error) {
	g := &generator{turns: 1, phases: arith.Phased[bool]{true, true}, program: p, report: r, names: n, uses: map[string]int{}, bound: map[string]*binding{}, arrays: map[string]*step.Array{}}
	defer func() {
		switch x := recover().(type) {
		case nil:
		case unsupported, outOfRegisters:
			out, err = nil, x.(error)
		default:
			panic(x)
		}
	}()
	for _, a := range p.Arrays {
		g.arrays[a.Name] = a
	}
	g.frames = map[string]int{}
	g.room(f)
	if n.Largest {
		g.largest = g.frameSize
		g.frameSize += 1 + g.outputBytes()
	}
	g.function(f)
	return g.finish(f), nil
}

// room gives the arrays of a function, and of those that it calls, their places on the stack.
func (g *generator) room(f *step.Func) {
	for _, a := range f.Scratch {
		g.arrays[a.Name] = a
		g.frames[a.Name] = g.frameSize
		g.frameSize += a.Elem.Bytes() * a.Len
	}
	for _, s := range f.Body {
		if c, ok := s.(step.Call); ok {
			g.room(g.callee(c))
		}
	}
}

func (g *generator) callee(c step.Call) *step.Func {
	for _, f := range g.program.Funcs {
		if f.Name == c.Func {
			return f
		}
	}
	panic("avr: there is no function " + c.Func)
}

// flat is a body with those of the functions that it calls.
func (g *generator) flat(body []step.Stmt) (out []step.Stmt) {
	for _, s := range body {
		if c, ok := s.(step.Call); ok {
			out = append(out, g.flat(g.callee(c).Body)...)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Unable reports whether an error of Spell says that a function has no assembly.
func Unable(err error) bool {
	var u unsupported
	return errors.As(err, &u) || errors.As(err, &outOfRegisters{})
}

// generator makes the body of one function.
type generator struct {
	file
	program    *step.Program
	report     *step.Report
	names      Names
	arrays     map[string]*step.Array
	uses       map[string]int // reads of each name that are left
	bound      map[string]*binding
	depth      int // of loops
	lines      []string
	words      int // of code so far
	cycles     arith.Phased[int]
	turns      int                // of the loops around what is emitted
	phases     arith.Phased[bool] // of the steps that run what is emitted
	labels     int
	multiplied bool
	needsZero  bool
	pointers   map[string]*pointer // of arrays in the loop at hand
	far        map[string]*pointer // where a second pointer walks 64 bytes ahead
	origin     map[string]int      // where each array's walk begins, in bytes
	inputReads int                 // that are left
	state      pointer             // Y, against the start of the struct
	output     int                 // the pair of registers that holds the address of the output
	input      int                 // the pair of registers that holds the address of the input; 0 when it is no longer needed
	dynamic    dynamic             // X outside of loops
	frames     map[string]int      // where scratch arrays are on the stack
	frameSize  int
	largest    int // where on the stack the index of the largest output is, and behind it the output
	frame      int // the pair of registers with its address
	odd        int // the register that holds the parity
}

// binding is where a name is.
type binding struct {
	value
	depth int
}

func (g *generator) emit(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	g.lines = append(g.lines, "\t"+line)
	g.words++
	g.spend(cyclesOf(line))
}

func (g *generator) label() string {
	g.labels++
	return fmt.Sprintf(".L%s_%d", g.names.Function, g.labels)
}

func (g *generator) place(label string) { g.lines = append(g.lines, label+":") }

func (g *generator) remark(text string) { g.lines = append(g.lines, "\t; "+text) }

// zero is the register that is 0.
func (g *generator) zero() int {
	g.needsZero = true
	return zero
}

// use reads a name. The last read of one that was named in the same loop gives its registers away.
func (g *generator) use(name string) (value, bool) {
	b := g.bound[name]
	if b == nil {
		refuse("the index %s as a number", name)
	}
	g.uses[name]--
	if g.uses[name] == 0 && b.depth == g.depth {
		delete(g.bound, name)
		return b.value, true
	}
	return b.value, false
}

func (g *generator) lastUse(name string) bool {
	b := g.bound[name]
	return b != nil && g.uses[name] == 1 && b.depth == g.depth
}

// bind names a value that is owned.
func (g *generator) bind(name string, v value) {
	if g.uses[name] == 0 {
		g.free(v.regs)
		return
	}
	g.bound[name] = &binding{v, g.depth}
}

// countExpr counts the reads of names.
func countExpr(e *step.Expr, uses map[string]int) {
	if e.Op == step.OpVar {
		uses[e.Name]++
	}
	for _, a := range e.Args {
		countExpr(a, uses)
	}
}

func count(body []step.Stmt, uses map[string]int) {
	for _, s := range body {
		switch s := s.(type) {
		case step.Let:
			countExpr(s.Value, uses)
		case step.Set:
			countExpr(s.Value, uses)
		case step.Store:
			countExpr(s.Index, uses)
			countExpr(s.Value, uses)
		case step.For:
			count(s.Body, uses)
		case step.IfOdd:
			count(s.Odd, uses)
			count(s.Even, uses)
		}
	}
}

func (g *generator) function(f *step.Func) {
	g.state = pointer{reg: y}
	body := g.flat(f.Body)
	if g.inputReads = readsOfInput(body); g.inputReads > 0 {
		g.take(22, 23)
		g.input = 22
	}
	if g.writesOutput(body) && !g.names.Largest {
		r := g.pick(2, anyOf)
		g.move(r, []int{22, 23})
		g.output = r[0]
	}
	if readsParity(body) {
		r := g.pick(1, anyOf)
		g.emit("mov %s, r20", reg(r[0]))
		g.odd = r[0]
	}
	if g.frameSize > 0 {
		g.frame = g.pick(2, anyOf)[0]
		g.emit("in r26, 0x3d ; room on the stack")
		g.emit("in r27, 0x3e")
		g.advance(x, -g.frameSize)
		g.setStack()
		g.emit("adiw r26, 1")
		g.emit("movw r%d, r26", g.frame)
	}
	if g.names.Largest {
		g.beginLargest()
	}
	g.statements(f.Body)
	if g.names.Largest {
		g.endLargest()
	}
	if g.frameSize > 0 {
		g.emit("in r26, 0x3d")
		g.emit("in r27, 0x3e")
		g.advance(x, g.frameSize)
		g.setStack()
	}
}

// setStack moves the stack pointer to X, with interrupts off between its bytes.
func (g *generator) setStack() {
	g.emit("in r0, 0x3f")
	g.emit("cli")
	g.emit("out 0x3e, r27")
	g.emit("out 0x3f, r0")
	g.emit("out 0x3d, r26")
}

func readsOfInput(body []step.Stmt) (n int) {
	visitLoads(body, func(e *step.Expr) {
		if e.Name == "x" {
			n++
		}
	})
	return n
}

func (g *generator) writesOutput(body []step.Stmt) bool {
	for _, s := range body {
		switch s := s.(type) {
		case step.Store:
			if g.arrays[s.Array] != nil && g.arrays[s.Array].Kind == step.Output {
				return true
			}
		case step.For:
			if g.writesOutput(s.Body) {
				return true
			}
		}
	}
	return false
}

func readsParity(body []step.Stmt) bool {
	for _, s := range body {
		if _, ok := s.(step.IfOdd); ok {
			return true
		}
	}
	return false
}

// visitLoads calls a function with every load.
func visitLoads(body []step.Stmt, f func(e *step.Expr)) {
	var expr func(e *step.Expr)
	expr = func(e *step.Expr) {
		if e.Op == step.OpLoad {
			f(e)
			return
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
			expr(s.Value)
		case step.For:
			visitLoads(s.Body, f)
		case step.IfOdd:
			visitLoads(s.Odd, f)
			visitLoads(s.Even, f)
		}
	}
}

func (g *generator) statements(body []step.Stmt) {
	reads := map[string]int{}
	count(body, reads)
	for _, s := range body {
		if l, ok := s.(step.Let); ok {
			g.uses[l.Name] = reads[l.Name]
		}
	}
	for _, s := range body {
		switch s := s.(type) {
		case step.Let:
			g.let(s)
		case step.Set:
			g.set(s)
		case step.Store:
			g.store(s)
		case step.For:
			g.loop(s)
		case step.IfOdd:
			g.branch(s)
		case step.Call:
			g.remark(g.callee(s).Doc)
			g.statements(g.callee(s).Body)
		case step.Remark:
			g.remark(s.Text)
		default:
			refuse("%T", s)
		}
	}
}

func (g *generator) let(s step.Let) {
	size := s.Value.Type.Bits / 8
	if s.Value.Type == step.Index {
		g.nameIndex(s)
		return
	}
	if s.Mutable {
		g.bound[s.Name] = &binding{g.extended(g.own2(s.Value, anyOf), size), g.depth}
		return
	}
	c := anyOf
	if size == 1 && s.Value.Op != step.OpLoad || g.pointers == nil && size == 1 {
		c = factor
	}
	v := g.own2(s.Value, c)
	if g.pointers == nil && c == anyOf {
		v = g.low(v)
	}
	g.bind(s.Name, v)
}

// nameIndex names an index of a byte, which pointers start from. It stays until the function ends.
func (g *generator) nameIndex(s step.Let) {
	r, ok := g.report.Range(s.Value)
	if !ok || r.Lo < 0 || r.Hi > 255 {
		refuse("an index beyond a byte")
	}
	v := g.extended(g.own2(s.Value, anyOf), 1)
	g.uses[s.Name] = 1 << 30
	g.bind(s.Name, v)
}

// low moves what lives through loops out of the registers that constants need.
func (g *generator) low(v value) value {
	for r := firstValue + 1; v.regs[0] >= 16 && r+len(v.regs) <= 16; r += 2 {
		free := true
		for i := range v.regs {
			free = free && !g.busy[r+i]
		}
		if free {
			to := g.take(v.registersFrom(r)...)
			g.move(to, v.regs)
			g.free(v.regs)
			return value{to, v.unsigned}
		}
	}
	return v
}

// own2 computes an expression into registers of a class.
func (g *generator) own2(e *step.Expr, c class) value {
	v, owned := g.eval(e)
	if c == factor && len(v.regs) != 1 {
		c = anyOf
	}
	return g.own(v, owned, c)
}

// set changes a name; a sum with itself in place.
func (g *generator) set(s step.Set) {
	b := g.bound[s.Name]
	e := s.Value
	if e.Op == step.OpAdd {
		for i, a := range e.Args {
			if a.Op == step.OpVar && a.Name == s.Name {
				g.uses[s.Name]--
				other := e.Args[1-i]
				if other.Op == step.OpConst {
					g.addConstant(&b.value, other.Value)
				} else {
					g.addTo(b.value, other)
				}
				return
			}
		}
	}
	v := g.full(e, len(b.regs))
	g.move(b.regs, v.regs)
	g.free(v.regs)
}

// branch takes one body at odd steps and another at even ones; both leave the pointers where they were.
func (g *generator) branch(s step.IfOdd) {
	if g.depth > 0 {
		refuse("a branch within a loop or a branch")
	}
	odd, even, end := g.label(), g.label(), g.label()
	g.moveState(0)
	input := g.input
	body := func(body []step.Stmt) {
		if n := readsOfInput(body); n > 0 {
			if g.input == 0 {
				g.input = g.take(input, input+1)[0]
			}
			g.inputReads = n
		}
		g.depth++ // what both bodies read stays in its registers
		g.statements(body)
		g.moveState(0)
		g.depth--
	}
	g.emit("tst %s", reg(g.odd))
	g.emit("brne %s", odd)
	g.phases = arith.Phased[bool]{arith.Even: true}
	g.emit("rjmp %s", even)
	g.phases = arith.Phased[bool]{arith.Odd: true}
	g.spend(1) // the branch was taken
	g.place(odd)
	body(s.Odd)
	g.emit("rjmp %s", end)
	g.phases = arith.Phased[bool]{arith.Even: true}
	g.place(even)
	body(s.Even)
	g.place(end)
	g.phases = arith.Phased[bool]{true, true}
	g.release()
}

// release frees what was named at this depth and is read no more.
func (g *generator) release() {
	for name, b := range g.bound {
		if g.uses[name] <= 0 && b.depth == g.depth {
			g.free(b.regs)
			delete(g.bound, name)
		}
	}
}

// finish is the whole function, with what saves and restores registers.
func (g *generator) finish(f *step.Func) *Function {
	body := g.lines
	g.lines = nil
	line := func(format string, args ...any) { g.lines = append(g.lines, fmt.Sprintf(format, args...)) }
	line("")
	doc := f.Doc
	if g.names.Largest {
		doc = "The index of the largest output, the first of equals."
	}
	line("; %s", doc)
	line("\t.section .text.%s, \"ax\", @progbits", g.names.Function)
	line("\t.global %s", g.names.Function)
	line("\t.type %s, @function", g.names.Function)
	line("%s:", g.names.Function)
	var saved []int
	for r := 2; r <= 17; r++ {
		if g.used[r] || r == zero && g.needsZero {
			saved = append(saved, r)
		}
	}
	saved = append(saved, 28, 29)
	for _, r := range saved {
		g.emit("push r%d", r)
	}
	if g.needsZero {
		g.emit("clr r%d", zero)
	}
	g.emit("movw r28, r24")
	g.lines = append(g.lines, body...)
	if g.multiplied {
		g.emit("clr r1")
	}
	for i := len(saved) - 1; i >= 0; i-- {
		g.emit("pop r%d", saved[i])
	}
	g.emit("ret")
	line("\t.size %[1]s, .-%[1]s", g.names.Function)
	const wayBack = 2
	return &Function{Text: strings.Join(g.lines, "\n") + "\n", Cycles: g.cycles, Bytes: 2 * g.words, Stack: len(saved) + g.frameSize + wayBack}
}
