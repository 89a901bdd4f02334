package step

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Machine runs a program on numbers, in the simplest way: the reference for what is spelled from it, and the check that what
// the verifier proved holds. Not for more than one goroutine.
type Machine struct {
	*checked
	T       int // steps done; the next is T+1
	phase   int
	mem     [][]int64 // of each array, lane by lane; of tables their Data
	defined [][]bool  // of scratch and outputs
	frames  [][]pairOf
	running []counter
	watch   func(n *node, v pairOf) // for tests
}

// pairOf is a value: the lower lane, or the plain integer, and the upper.
type pairOf struct{ l, h int64 }

// NewMachine gives a machine with all states zero. The error is what Verify would say of names, kinds and types.
func NewMachine(p *Program) (*Machine, error) {
	c, err := check(p)
	if err != nil {
		return nil, err
	}
	m := &Machine{checked: c}
	for i, a := range c.arrays {
		mem := a.Data
		if a.Kind != Table {
			mem = make([]int64, a.Len*a.Elem.Lanes)
		}
		m.mem = append(m.mem, mem)
		m.defined = append(m.defined, nil)
		if a.Kind == Scratch || a.Kind == Output {
			m.defined[i] = make([]bool, len(mem))
		}
	}
	for _, f := range c.funcs {
		m.frames = append(m.frames, make([]pairOf, f.slots))
	}
	return m, nil
}

// Reset returns to the states before the first step.
func (m *Machine) Reset() {
	m.T = 0
	for i, a := range m.arrays {
		if a.Kind == State {
			clear(m.mem[i])
		}
	}
}

// State gives the lanes of a state by its name, which the caller may read and write; nil where there is none.
func (m *Machine) State(name string) []int64 {
	for i, a := range m.arrays {
		if a.Kind == State && a.Name == name {
			return m.mem[i]
		}
	}
	return nil
}

// Step consumes one input: as many integers as the input has entries. The error is an *Error: a value that does not fit its
// type or its claim, an index outside, or a read of what was not written; the states are then of no use.
func (m *Machine) Step(x []int64) (err error) {
	defer guard(&err)
	if m.input >= 0 {
		if a := m.arrays[m.input]; len(x) != len(m.mem[m.input]) {
			m.errorf(nil, nil, "an input of %d numbers; it takes %d", len(x), len(m.mem[m.input]))
		} else if bad := outside(x, a.Range); bad >= 0 {
			m.errorf(nil, nil, "entry %d of the input is %d, and its range is %s", bad, x[bad], rangeText(a.Range))
		}
		copy(m.mem[m.input], x)
	}
	m.T++
	m.begin()
	m.call(m.step)
	if m.decide != nil {
		m.call(m.out)
		m.call(m.decide)
	}
	for i, a := range m.arrays {
		if a.Kind == State {
			m.within(a, m.mem[i])
		}
	}
	return nil
}

// Output gives what the output function fills after the steps so far: the arrays of kind Output, in the order of the program; and
// behind them the class decided on, where the program decides (-1 before the first step).
// The error is as that of Step.
func (m *Machine) Output() (y []int64, err error) {
	defer guard(&err)
	m.begin()
	m.call(m.out)
	for i, a := range m.arrays {
		if a.Kind == Output {
			for j, ok := range m.defined[i] {
				if !ok {
					m.errorf(nil, nil, "entry %d of output %s is left without value", j/a.Elem.Lanes, a.Name)
				}
			}
			m.within(a, m.mem[i])
			y = append(y, m.mem[i]...)
		}
	}
	if m.p.Decision != "" {
		y = append(y, m.State(m.p.Decision)[0]-1)
	}
	return y, nil
}

func (m *Machine) begin() {
	m.phase, m.running = 0, m.running[:0]
	if m.p.TwoPhase {
		m.phase = m.T & 1
	}
	for i, a := range m.arrays {
		if a.Kind == Output {
			clear(m.defined[i])
		}
	}
}

func (m *Machine) within(a *Array, v []int64) {
	if bad := outside(v, a.Range); bad >= 0 {
		m.errorf(nil, nil, "entry %d of %s is left at %d, and its range is %s", bad/a.Elem.Lanes, a.Name, v[bad], rangeText(a.Range))
	}
}

// outside is the first place of a number outside a range, or -1.
func outside(v []int64, r arith.Interval) int {
	for i, x := range v {
		if x < r.Lo || x > r.Hi {
			return i
		}
	}
	return -1
}

func (m *Machine) errorf(l *line, n *node, format string, args ...any) {
	e := &Error{What: fmt.Sprintf(format, args...), Line: -1}
	at := []string{fmt.Sprintf("t = %d", m.T)}
	if l != nil {
		e.Func, e.Stmt, e.Line = l.fn.f.Name, stmtText(l.s), l.n
		for _, c := range m.running {
			at = append(at, fmt.Sprintf("%s = %d", c.l.s.(For).Var, c.at))
		}
	}
	e.While = strings.Join(at, ", ")
	if n != nil {
		e.Expr = n.e.String()
	}
	panic(fail{e})
}

func (m *Machine) call(f *function) {
	for _, i := range f.scratch {
		clear(m.defined[i])
	}
	m.block(f.body, m.frames[f.n])
}

func (m *Machine) block(body []*line, frame []pairOf) {
	for _, l := range body {
		switch l.s.(type) {
		case Let, Set:
			frame[l.slot] = m.eval(l.value, frame)
		case Store:
			m.store(l, m.eval(l.index, frame).l, m.eval(l.value, frame))
		case For:
			m.running = append(m.running, counter{l: l})
			for i := l.from; i < l.to; i += l.by {
				m.running[len(m.running)-1].at = i
				frame[l.slot] = pairOf{l: int64(i)}
				m.block(l.body, frame)
			}
			m.running = m.running[:len(m.running)-1]
		case IfOdd:
			if m.phase == arith.Odd {
				m.block(l.body, frame)
			} else {
				m.block(l.even, frame)
			}
		case Call:
			m.call(l.call)
		}
	}
}

func (m *Machine) entry(l *line, n *node, array int, index int64) int {
	a := m.arrays[array]
	if index < 0 || index >= int64(a.Len) {
		m.errorf(l, n, "the index is %d, and %s has entries 0 to %d", index, a.Name, a.Len-1)
	}
	return int(index) * a.Elem.Lanes
}

func (m *Machine) load(n *node, index int64) pairOf {
	array := n.array[m.phase]
	at := m.entry(n.home, n, array, index)
	if d := m.defined[array]; d != nil && !d[at] {
		m.errorf(n.home, n, "entry %d of %s is read before it is written", index, m.arrays[array].Name)
	}
	v := pairOf{l: m.mem[array][at]}
	if m.arrays[array].Elem.Lanes == 2 {
		v.h = m.mem[array][at+1]
	}
	return v
}

func (m *Machine) store(l *line, index int64, v pairOf) {
	array := l.array[m.phase]
	at := m.entry(l, l.index, array, index)
	a := m.arrays[array]
	if r := a.Elem.Range(); v.l < r.Lo || v.l > r.Hi {
		m.errorf(l, l.value, "%d does not fit %v, an entry of %s", v.l, a.Elem, a.Name)
	}
	mem := [2]int64{v.l, v.h}
	copy(m.mem[array][at:at+a.Elem.Lanes], mem[:])
	if d := m.defined[array]; d != nil {
		for i := range a.Elem.Lanes {
			d[at+i] = true
		}
	}
}

func (m *Machine) eval(n *node, frame []pairOf) pairOf {
	var a, b, out pairOf
	if n.code == cPhase {
		if m.phase == arith.Odd {
			return m.eval(n.b, frame)
		}
		return m.eval(n.a, frame)
	}
	if n.a != nil {
		a = m.eval(n.a, frame)
	}
	if n.b != nil {
		b = m.eval(n.b, frame)
	}
	switch n.code {
	case cConst:
		out = pairOf{n.e.Value, n.e.Value}
	case cVar:
		out = frame[n.slot]
	case cLoad:
		out = m.load(n, a.l)
	case cPack:
		out = pairOf{a.l, b.l}
	case cLane:
		out = a
		if n.e.Value == 1 {
			out.l = a.h
		}
	case cSwap:
		out = pairOf{a.h, a.l}
	case cDot:
		c := m.eval(n.c, frame)
		first := c.l + a.l*b.l
		if n.e.Claim == nil {
			m.fits(n, first)
		}
		out.l = first + a.h*b.h
	default:
		if n.code == cMul {
			b.h = b.l
		}
		out.l = m.apply(n, a.l, b.l)
		if n.lanes == 2 {
			out.h = m.apply(n, a.h, b.h)
		}
	}
	m.fits(n, out.l)
	if n.lanes == 2 {
		m.fits(n, out.h)
	}
	if m.watch != nil {
		m.watch(n, out)
	}
	return out
}

func (m *Machine) fits(n *node, v int64) {
	if c := n.e.Claim; c != nil && (v < c.Lo || v > c.Hi) {
		m.errorf(n.home, n, "it is %d, and the claim is %s", v, rangeText(*c))
	}
	if v < n.lo || v > n.hi {
		m.errorf(n.home, n, "%d does not fit %v", v, n.e.Type)
	}
}

// apply computes one lane, exactly.
func (m *Machine) apply(n *node, a, b int64) int64 {
	e := n.e
	out, ok := int64(0), true
	switch n.code {
	case cAdd:
		out, ok = add(a, b)
	case cSub:
		out, ok = sub(a, b)
	case cMul, cMulWide:
		out, ok = mul(a, b)
	case cNeg:
		out, ok = sub(0, a)
	case cShl:
		out, ok = mul(a, 1<<e.Value)
	case cShr:
		out = a >> e.Value
	case cRound:
		var sum int64
		if sum, ok = add(a, 1<<(e.Value-1)); ok {
			m.sum(n, sum)
		}
		out = sum >> e.Value
	case cHalfAdd:
		out = halfAdd(a, b)
	case cHalfSub:
		out = halfSub(a, b)
	case cSatAdd:
		out = satAdd(a, b, e.Type)
	case cAnd:
		out = a & b
	case cXor:
		out = a ^ b
	case cMin:
		out = min(a, b)
	case cMax:
		out = max(a, b)
	case cClamp:
		out = clamp(a, arith.OfBits(int(e.Value)))
	case cCrop:
		out = clamp(a, span{Lo: 0, Hi: 1<<e.Value - 1})
	case cExt, cTrunc:
		out = a
	case cField:
		out = takeField(e, a)
	default:
		panic(fmt.Sprintf("step: operation %d has no number", n.code))
	}
	if !ok {
		m.errorf(n.home, n, "of %d and %d, it does not fit 64 bits", a, b)
	}
	return out
}

// sum checks what a rounding adds up to before its shift.
func (m *Machine) sum(n *node, v int64) {
	if v < n.lo || v > n.hi {
		m.errorf(n.home, n, "the sum %d before the shift does not fit %v", v, n.e.Type)
	}
}
