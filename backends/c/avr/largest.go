package avr

import "github.com/hrnnc/hrnnc/backends/lower/step"

// The function that gives the index of the largest output computes outputs as the one that fills them does, and keeps the largest of
// them and its index on the stack.

// outputBytes is the size of an output.
func (g *generator) outputBytes() int {
	for _, a := range g.program.Arrays {
		if a.Kind == step.Output {
			return a.Elem.Bytes()
		}
	}
	panic("avr: a program without an output")
}

// atLargest moves X to a byte of what is kept.
func (g *generator) atLargest(offset int) {
	g.emit("movw r26, r%d", g.frame)
	g.advance(x, g.largest+offset)
	g.dynamic = dynamic{}
}

// beginLargest keeps the index 0 and the least number.
func (g *generator) beginLargest() {
	g.atLargest(0)
	for range g.outputBytes() {
		g.emit("st X+, r%d", g.zero())
	}
	t := g.pick(1, immediate)
	g.emit("ldi r%d, 0x80", t[0])
	g.emit("st X, r%d", t[0])
	g.free(t)
}

// keep puts an output and its index in the place of those that are kept where it is larger; without a branch, and a skipped
// instruction takes the time of one that is not. r0 and r1 are free here.
func (g *generator) keep(v value, at affine) {
	index := g.pick(1, immediate)
	g.emit("ldi r%d, %d", index[0], at.constant&0xff)
	for name, times := range at.by {
		b := g.bound[name]
		if b == nil || times < 0 || times > 8 {
			refuse("an output at such an index")
		}
		for range times {
			g.emit("add r%d, r%d", index[0], b.regs[0])
		}
	}
	g.atLargest(1)
	compare := "cp"
	for _, r := range v.regs {
		g.emit("ld r0, X+")
		g.emit("%s r0, r%d", compare, r)
		compare = "cpc"
	}
	const signed = 4 // the bit of the status register that says that the first was less
	g.emit("in r1, 0x3f")
	for i := len(v.regs) - 1; i >= 0; i-- {
		g.emit("ld r0, -X")
		g.emit("sbrs r1, %d", signed)
		g.emit("mov r%d, r0", v.regs[i])
		g.emit("st X, r%d", v.regs[i])
	}
	g.emit("ld r0, -X")
	g.emit("sbrc r1, %d", signed)
	g.emit("mov r0, r%d", index[0])
	g.emit("st X, r0")
	g.multiplied = true
	g.free(v.regs)
	g.free(index)
}

// endLargest returns the index.
func (g *generator) endLargest() {
	g.atLargest(0)
	g.emit("ld r24, X")
	g.emit("ldi r25, 0")
}
