package avr

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// unsupported is a construct that has no assembly here.
type unsupported struct{ what string }

func (u unsupported) Error() string { return u.what + " has no assembly" }

func refuse(format string, args ...any) { panic(unsupported{fmt.Sprintf(format, args...)}) }

func reg(r int) string { return fmt.Sprintf("r%d", r) }

// eval computes an expression. Owned says that the registers are the caller's to change and to free.
func (g *generator) eval(e *step.Expr) (v value, owned bool) {
	switch e.Op {
	case step.OpConst:
		if e.Value == 0 {
			return g.nothing(bytes(e)), false
		}
		return g.constant(e.Value, bytes(e)), true
	case step.OpVar:
		return g.use(e.Name)
	case step.OpLoad:
		return g.load(e), true
	case step.OpExt:
		return g.eval(e.Args[0])
	case step.OpTrunc:
		return g.truncated(e)
	case step.OpField:
		return g.field(e)
	case step.OpAdd:
		return g.add(e), true
	case step.OpSub:
		return g.sub(e), true
	case step.OpNeg:
		return g.neg(e), true
	case step.OpMul, step.OpMulWide:
		return g.product(e), true
	case step.OpShl:
		return g.shiftLeft(g.full(e.Args[0], bytes(e)), int(e.Value)), true
	case step.OpShr:
		return g.shiftRight(g.full(e.Args[0], bytes(e)), int(e.Value)), true
	case step.OpRound:
		v := g.full(e.Args[0], bytes(e))
		g.addConstant(&v, 1<<(e.Value-1))
		return g.shiftRight(v, int(e.Value)), true
	case step.OpXor:
		return g.xor(e), true
	case step.OpAnd:
		return g.and(e), true
	case step.OpMin:
		return g.atMost(e), true
	case step.OpMax:
		return g.relu(e), true
	case step.OpClamp:
		return g.clamp(e), true
	}
	refuse("%s", e.Op)
	return value{}, false
}

func bytes(e *step.Expr) int {
	if e.Type.Lanes != 1 || e.Type == step.Index {
		refuse("%v", e.Type)
	}
	return e.Type.Bits / 8
}

// constant loads a number.
func (g *generator) constant(n int64, size int) value {
	v := value{regs: g.pick(size, immediate)}
	for i, r := range v.regs {
		g.emit("ldi %s, %d", reg(r), n>>(8*i)&0xff)
	}
	return v
}

// nothing is 0, in a register that always holds it.
func (g *generator) nothing(size int) value {
	v := value{unsigned: true}
	for range size {
		v.regs = append(v.regs, g.zero())
	}
	return v
}

// own makes a value the caller's.
func (g *generator) own(v value, owned bool, c class) value {
	if owned && v.holds(c) {
		return v
	}
	w := value{g.pick(len(v.regs), c), v.unsigned}
	g.move(w.regs, v.regs)
	if owned {
		g.free(v.regs)
	}
	return w
}

// move copies registers, in pairs where both are even.
func (g *generator) move(to, from []int) {
	for i := 0; i < len(to); i++ {
		if i+1 < len(to) && to[i]%2 == 0 && from[i]%2 == 0 && to[i+1] == to[i]+1 && from[i+1] == from[i]+1 {
			g.emit("movw %s, %s", reg(to[i]), reg(from[i]))
			i++
			continue
		}
		g.emit("mov %s, %s", reg(to[i]), reg(from[i]))
	}
}

// full computes an expression into as many bytes, owned.
func (g *generator) full(e *step.Expr, size int) value {
	v, owned := g.eval(e)
	return g.extended(g.own(v, owned, anyOf), size)
}

// extended adds the bytes that repeat the sign, or are zero, or drops those that do.
func (g *generator) extended(v value, size int) value {
	if len(v.regs) > size {
		g.free(v.regs[size:])
		v.regs = v.regs[:size]
	}
	n := len(v.regs)
	if n == size {
		return v
	}
	var more []int
	if n == 1 && v.regs[0]%2 == 0 && v.regs[0]+1 <= lastValue && !g.busy[v.regs[0]+1] {
		more = g.take(v.regs[0] + 1)
		if size > 2 {
			more = append(more, g.pick(size-2, anyOf)...)
		}
	} else {
		more = g.pick(size-n, anyOf)
	}
	top := v.regs[n-1]
	for i, r := range more {
		switch {
		case v.unsigned:
			g.emit("clr %s", reg(r))
		case i == 0:
			g.emit("mov %s, %s", reg(r), reg(top))
			g.emit("lsl %s", reg(r))
			g.emit("sbc %s, %s", reg(r), reg(r))
		default:
			g.emit("mov %s, %s", reg(r), reg(more[0]))
		}
	}
	v.regs = append(append([]int{}, v.regs...), more...)
	return v
}

// truncated keeps the lower bytes.
func (g *generator) truncated(e *step.Expr) (value, bool) {
	v, owned := g.eval(e.Args[0])
	size := bytes(e)
	if len(v.regs) > size {
		if owned {
			g.free(v.regs[size:])
		}
		v.regs = v.regs[:size]
	}
	if len(v.regs) == size {
		v.unsigned = e.Type.Unsigned || v.unsigned
	}
	return v, owned
}

// field takes bits out of a byte.
func (g *generator) field(e *step.Expr) (value, bool) {
	v, owned := g.eval(e.Args[0])
	at, width := e.At, int(e.Value)
	if at/8 != (at+width-1)/8 {
		refuse("a field across bytes")
	}
	r := v.regs[at/8]
	if owned {
		for _, other := range v.regs {
			if other != r {
				g.free([]int{other})
			}
		}
	}
	v = value{[]int{r}, !e.Signed}
	at %= 8
	if width == 8 {
		return v, owned
	}
	if e.Signed {
		v = g.own(v, owned, anyOf)
		for range 8 - at - width {
			g.emit("lsl %s", reg(v.regs[0]))
		}
		for range 8 - width {
			g.emit("asr %s", reg(v.regs[0]))
		}
		return v, true
	}
	v = g.own(v, owned, factor)
	r = v.regs[0]
	if at >= 4 {
		g.emit("swap %s", reg(r))
		at -= 4
		for range at {
			g.emit("lsr %s", reg(r))
		}
	} else {
		for range at {
			g.emit("lsr %s", reg(r))
		}
	}
	g.emit("andi %s, %d", reg(r), 1<<width-1)
	return v, true
}

// isProduct reports whether an expression is a product that can be added without being named.
func isProduct(e *step.Expr) bool {
	for e.Op == step.OpExt || e.Op == step.OpTrunc {
		e = e.Args[0]
	}
	return e.Op == step.OpMul || e.Op == step.OpMulWide
}

func (g *generator) add(e *step.Expr) value {
	a, b := e.Args[0], e.Args[1]
	size := bytes(e)
	if isProduct(a) && !isProduct(b) {
		a, b = b, a
	}
	if b.Op == step.OpConst {
		v := g.full(a, size)
		g.addConstant(&v, b.Value)
		return v
	}
	if s := b; s.Op == step.OpShl && s.Value == 8 && size == 2 {
		// Two bytes of a record that are one number.
		lo, loOwned := g.eval(a)
		hi, hiOwned := g.eval(s.Args[0])
		if len(lo.regs) == 1 && lo.unsigned && len(hi.regs) == 1 {
			lo, hi = g.own(lo, loOwned, anyOf), g.own(hi, hiOwned, anyOf)
			return value{[]int{lo.regs[0], hi.regs[0]}, hi.unsigned}
		}
		refuse("a shift by a byte")
	}
	acc := g.sumOperand(a, &b, size)
	g.addTo(acc, b)
	acc.unsigned = false
	return acc
}

// sumOperand computes the operand of a sum that becomes the result: the one whose registers are free for it.
func (g *generator) sumOperand(a *step.Expr, b **step.Expr, size int) value {
	if g.dies(*b) && !g.dies(a) && !isProduct(*b) {
		a, *b = *b, a
	}
	return g.full(a, size)
}

// dies reports whether an expression is a name that is read for the last time.
func (g *generator) dies(e *step.Expr) bool {
	for e.Op == step.OpExt {
		e = e.Args[0]
	}
	return e.Op == step.OpVar && g.lastUse(e.Name)
}

// addTo adds an expression to a value.
func (g *generator) addTo(acc value, e *step.Expr) {
	if isProduct(e) {
		g.addProduct(acc, e)
		return
	}
	v, owned := g.eval(e)
	g.addUp("add", "adc", acc, v)
	if owned {
		g.free(v.regs)
	}
}

// addUp adds or subtracts registers; a shorter operand is extended on the way.
func (g *generator) addUp(first, next string, acc, v value) {
	sign := -1
	if len(v.regs) < len(acc.regs) && !v.unsigned {
		r := g.pick(1, anyOf)
		sign = r[0]
		g.emit("mov %s, %s", reg(sign), reg(v.regs[len(v.regs)-1]))
		g.emit("lsl %s", reg(sign))
		g.emit("sbc %s, %s", reg(sign), reg(sign))
	}
	op := first
	for i, r := range acc.regs {
		switch {
		case i < len(v.regs):
			g.emit("%s %s, %s", op, reg(r), reg(v.regs[i]))
		case v.unsigned:
			g.emit("%s %s, %s", op, reg(r), reg(g.zero()))
		default:
			g.emit("%s %s, %s", op, reg(r), reg(sign))
		}
		op = next
	}
	if sign >= 0 {
		g.free([]int{sign})
	}
}

func (g *generator) sub(e *step.Expr) value {
	size := bytes(e)
	a, b := e.Args[0], e.Args[1]
	if b.Op == step.OpConst {
		v := g.full(a, size)
		g.addConstant(&v, -b.Value)
		return v
	}
	acc := g.full(a, size)
	v, owned := g.eval(b)
	g.addUp("sub", "sbc", acc, v)
	if owned {
		g.free(v.regs)
	}
	acc.unsigned = false
	return acc
}

func (g *generator) neg(e *step.Expr) value {
	size := bytes(e)
	v, owned := g.eval(e.Args[0])
	acc := value{regs: g.pick(size, anyOf)}
	for _, r := range acc.regs {
		g.emit("clr %s", reg(r))
	}
	g.addUp("sub", "sbc", acc, v)
	if owned {
		g.free(v.regs)
	}
	return acc
}

// addConstant adds a number to a value. Registers below r16 take no constants: there 1 comes from the carry, others from a register.
func (g *generator) addConstant(v *value, n int64) {
	v.unsigned = false
	switch {
	case n == 0:
		return
	case v.holds(immediate) && n == 1 && len(v.regs) == 2 && v.regs[0] == 24:
		g.emit("adiw r24, 1")
		return
	case v.holds(immediate):
		op := "subi"
		for i, r := range v.regs {
			g.emit("%s %s, %d", op, reg(r), -n>>(8*i)&0xff)
			op = "sbci"
		}
		return
	case n == 1:
		g.emit("sec")
		for _, r := range v.regs {
			g.emit("adc %s, %s", reg(r), reg(g.zero()))
		}
		return
	}
	t := g.pick(1, immediate)
	op := "add"
	for i, r := range v.regs {
		g.emit("ldi %s, %d", reg(t[0]), n>>(8*i)&0xff)
		g.emit("%s %s, %s", op, reg(r), reg(t[0]))
		op = "adc"
	}
	g.free(t)
}

// factors are the operands of a product: a byte, and a number of one or two.
func (g *generator) factors(e *step.Expr) (small, large value, free func()) {
	for e.Op == step.OpExt || e.Op == step.OpTrunc {
		e = e.Args[0]
	}
	a, aOwned := g.eval(e.Args[0])
	b, bOwned := g.eval(e.Args[1])
	if len(a.regs) > 1 {
		a, b, aOwned, bOwned = b, a, bOwned, aOwned
	}
	if len(a.regs) != 1 || len(b.regs) > 2 {
		refuse("a product of numbers of %d and %d bytes", len(a.regs), len(b.regs))
	}
	needs := func(v value, owned bool) (value, bool) {
		if v.holds(factor) {
			return v, owned
		}
		return g.own(v, owned, factor), true
	}
	if !a.unsigned || !b.unsigned {
		a, aOwned = needs(a, aOwned)
		if !b.unsigned && len(b.regs) == 1 || !a.unsigned {
			b, bOwned = needs(b, bOwned)
		} else if top := (value{b.regs[len(b.regs)-1:], b.unsigned}); !top.holds(factor) && !b.unsigned {
			b, bOwned = needs(b, bOwned)
		}
	}
	return a, b, func() {
		if aOwned {
			g.free(a.regs)
		}
		if bOwned {
			g.free(b.regs)
		}
	}
}

// times multiplies two bytes into r1:r0.
func (g *generator) times(a int, aUnsigned bool, b int, bUnsigned bool) {
	switch {
	case aUnsigned && bUnsigned:
		g.emit("mul %s, %s", reg(a), reg(b))
	case !aUnsigned && !bUnsigned:
		g.emit("muls %s, %s", reg(a), reg(b))
	case aUnsigned:
		g.emit("mulsu %s, %s", reg(b), reg(a))
	default:
		g.emit("mulsu %s, %s", reg(a), reg(b))
	}
	g.multiplied = true
}

// product makes a product that has a place of its own.
func (g *generator) product(e *step.Expr) value {
	a, b, free := g.factors(e)
	defer free()
	return g.multiply(a, b, bytes(e))
}

// multiply makes the product of a byte and one or two, in some bytes.
func (g *generator) multiply(a, b value, size int) value {
	if size == 1 {
		refuse("a product of one byte")
	}
	low := b.unsigned || len(b.regs) == 2
	g.times(b.regs[0], low, a.regs[0], a.unsigned)
	out := value{regs: g.pick(2, anyOf), unsigned: a.unsigned && b.unsigned}
	g.move(out.regs, []int{productLow, productHigh})
	if len(b.regs) == 2 {
		if !a.unsigned {
			refuse("a product of a signed byte and a longer number")
		}
		g.times(b.regs[1], b.unsigned, a.regs[0], true)
		g.emit("add %s, r0", reg(out.regs[1]))
		if size > 2 {
			top := g.pick(1, anyOf)
			g.emit("mov %s, %s", reg(top[0]), reg(g.zero()))
			g.emit("adc %s, r1", reg(top[0]))
			out.regs = append(out.regs, top...)
		}
	}
	return g.extended(out, size)
}

// addProduct adds a product to a value: a byte times one or two.
func (g *generator) addProduct(acc value, e *step.Expr) {
	a, b, free := g.factors(e)
	defer free()
	low := b.unsigned || len(b.regs) == 2
	if len(b.regs) == 2 && !a.unsigned {
		refuse("a product of a signed byte and a longer number")
	}
	if len(acc.regs) > 2 && (!low || !a.unsigned) || len(b.regs) == 2 && len(acc.regs) > 3 && !b.unsigned {
		v := g.multiply(a, b, len(acc.regs)) // its sign goes further than two registers
		g.addUp("add", "adc", acc, v)
		g.free(v.regs)
		return
	}
	g.times(b.regs[0], low, a.regs[0], a.unsigned)
	g.addAt(acc, 0)
	if len(b.regs) == 2 {
		g.times(b.regs[1], b.unsigned, a.regs[0], true)
		g.addAt(acc, 1)
	}
}

// addAt adds r1:r0 to the bytes of a value from one on.
func (g *generator) addAt(acc value, at int) {
	op := "add"
	for i, r := range acc.regs[at:] {
		from := g.zeroAfter(i)
		g.emit("%s %s, %s", op, reg(r), reg(from))
		op = "adc"
	}
}

func (g *generator) zeroAfter(i int) int {
	if i < 2 {
		return i
	}
	return g.zero()
}

func (g *generator) shiftLeft(v value, n int) value {
	for range n {
		op := "lsl"
		for _, r := range v.regs {
			g.emit("%s %s", op, reg(r))
			op = "rol"
		}
	}
	return v
}

// shiftRight divides by 2^n, rounding down. The bytes that a shift empties are dropped; six and seven bits go the other way.
func (g *generator) shiftRight(v value, n int) value {
	for ; n >= 8 && len(v.regs) > 1; n -= 8 {
		g.free(v.regs[:1])
		v.regs = v.regs[1:]
	}
	if n >= 6 && len(v.regs) == 2 && !v.unsigned {
		top := g.pick(1, anyOf)[0]
		g.emit("mov %s, %s", reg(top), reg(v.regs[1]))
		g.emit("lsl %s", reg(top))
		g.emit("sbc %s, %s", reg(top), reg(top))
		for range 8 - n {
			g.emit("lsl %s", reg(v.regs[0]))
			g.emit("rol %s", reg(v.regs[1]))
			g.emit("rol %s", reg(top))
		}
		g.free(v.regs[:1])
		return value{[]int{v.regs[1], top}, false}
	}
	for range n {
		op := "asr"
		if v.unsigned {
			op = "lsr"
		}
		for i := len(v.regs) - 1; i >= 0; i-- {
			g.emit("%s %s", op, reg(v.regs[i]))
			op = "ror"
		}
	}
	return v
}

// xor inverts a value where a bit of a record is set, without a branch that takes another time.
func (g *generator) xor(e *step.Expr) value {
	mask := e.Args[1]
	if mask.Op != step.OpField || mask.Value != 1 || !mask.Signed {
		refuse("an exclusive or with anything but one bit")
	}
	v := g.full(e.Args[0], bytes(e))
	m, owned := g.eval(mask.Args[0])
	for _, r := range v.regs {
		g.emit("sbrc %s, %d", reg(m.regs[mask.At/8]), mask.At%8)
		g.emit("com %s", reg(r))
	}
	if owned {
		g.free(m.regs)
	}
	return v
}

// and masks the lowest byte.
func (g *generator) and(e *step.Expr) value {
	mask := e.Args[1]
	if mask.Op != step.OpConst || mask.Value < 0 || mask.Value > 255 {
		refuse("a mask beyond a byte")
	}
	v, owned := g.eval(e.Args[0])
	if owned {
		g.free(v.regs[1:])
	}
	v = g.own(value{v.regs[:1], true}, owned, immediate)
	g.emit("andi %s, %d", reg(v.regs[0]), mask.Value)
	return v
}

// atMost is a byte without sign, or a constant where that is less; both take as long.
func (g *generator) atMost(e *step.Expr) value {
	limit := e.Args[1]
	r, ok := g.report.Range(e.Args[0])
	if limit.Op != step.OpConst || limit.Value < 0 || limit.Value > 254 || !ok || r.Lo < 0 || r.Hi > 255 {
		refuse("a minimum of more than bytes")
	}
	v, owned := g.eval(e.Args[0])
	if owned {
		g.free(v.regs[1:])
	}
	v = g.own(value{v.regs[:1], true}, owned, immediate)
	g.alternatives(3, func() {
		below := g.label()
		g.emit("cpi %s, %d", reg(v.regs[0]), limit.Value+1)
		g.emit("brlo %s", below)
		g.emit("ldi %s, %d", reg(v.regs[0]), limit.Value)
		g.place(below)
	})
	return v
}

// relu clears a value whose sign is set; a skip takes as long as what it skips.
func (g *generator) relu(e *step.Expr) value {
	if c := e.Args[1]; c.Op != step.OpConst || c.Value != 0 {
		refuse("a maximum with anything but 0")
	}
	v := g.full(e.Args[0], bytes(e))
	top := v.regs[len(v.regs)-1]
	for _, r := range v.regs {
		g.emit("sbrc %s, 7", reg(top))
		g.emit("clr %s", reg(r))
	}
	v.unsigned = true
	return v
}

// clamp keeps a number of two bytes within 9 to 15 bits, in eleven cycles whichever way it goes. The upper byte, raised by half
// its range, tells whether it is inside; where it is not, the sign fills all bits below.
func (g *generator) clamp(e *step.Expr) value {
	bits := int(e.Value)
	if bytes(e) != 2 || bits < 9 || bits > 15 {
		refuse("a clamp to %d bits", bits)
	}
	r, ok := g.report.Range(e.Args[0])
	half := 1 << (bits - 9)
	if !ok || r.Hi+int64(half)<<8 > 1<<15-1 {
		refuse("a clamp of a number that uses all of 16 bits")
	}
	v := g.own(g.full(e.Args[0], 2), true, immediate)
	lo, hi := reg(v.regs[0]), reg(v.regs[1])
	inside, done := g.label(), g.label()
	g.alternatives(11, func() {
		g.emit("subi %s, %d", hi, -half&0xff)
		g.emit("cpi %s, %d", hi, 2*half)
		g.emit("brlo %s", inside)
		g.emit("lsl %s", hi)
		g.emit("sbc %s, %s", lo, lo)
		g.emit("com %s", lo)
		g.emit("mov %s, %s", hi, lo)
		g.emit("andi %s, %d", hi, 2*half-1)
		g.emit("rjmp %s", done)
		g.place(inside)
		g.emit("rjmp .+0")
		g.emit("rjmp .+0")
		g.emit("rjmp .+0")
		g.place(done)
		g.emit("subi %s, %d", hi, half)
	})
	return v
}
