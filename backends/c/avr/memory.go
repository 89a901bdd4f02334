package avr

import (
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// pointer is a pair of registers that walks an array. at is how many bytes it is beyond where the array, as the loop at hand sees
// it, begins; for Y outside of loops, beyond the start of the struct.
type pointer struct {
	reg int
	at  int
}

// moveTo moves a pointer by constants.
func (g *generator) moveTo(p *pointer, at int) {
	d := at - p.at
	p.at = at
	g.advance(p.reg, d)
}

func (g *generator) advance(r, d int) {
	switch {
	case d == 0:
	case d > 0 && d <= 63:
		g.emit("adiw r%d, %d", r, d)
	case d < 0 && d >= -63:
		g.emit("sbiw r%d, %d", r, -d)
	default:
		g.emit("subi r%d, %d", r, -d&0xff)
		g.emit("sbci r%d, %d", r+1, -d>>8&0xff)
	}
}

// moveState brings Y to a place in the struct.
func (g *generator) moveState(at int) { g.moveTo(&g.state, at) }

// affine is an index as constant + outer*i + inner*j.
type affine struct {
	constant int
	by       map[string]int
}

func affineOf(e *step.Expr) affine {
	a := affine{by: map[string]int{}}
	var walk func(e *step.Expr, times int)
	walk = func(e *step.Expr, times int) {
		switch e.Op {
		case step.OpConst:
			a.constant += times * int(e.Value)
		case step.OpVar:
			a.by[e.Name] += times
		case step.OpAdd:
			walk(e.Args[0], times)
			walk(e.Args[1], times)
		case step.OpSub:
			walk(e.Args[0], times)
			walk(e.Args[1], -times)
		case step.OpShl:
			walk(e.Args[0], times<<e.Value)
		case step.OpMul:
			if e.Args[1].Op != step.OpConst {
				refuse("an index that is a product of variables")
			}
			walk(e.Args[0], times*int(e.Args[1].Value))
		case step.OpExt, step.OpTrunc:
			walk(e.Args[0], times)
		default:
			refuse("an index by %s", e.Op)
		}
	}
	walk(e, 1)
	return a
}

// load reads an entry of an array.
func (g *generator) load(e *step.Expr) value {
	a := g.arrays[e.Name]
	if a == nil {
		refuse("the array %s", e.Name)
	}
	size := a.Elem.Bytes()
	if g.isLookup(a, e.Args[0]) {
		return g.lookup(a, e.Args[0], size)
	}
	at := affineOf(e.Args[0])
	if a.Kind == step.Input {
		return g.loadInput(a, at, size, factor)
	}
	v := value{g.pick(size, anyOf), a.Elem.Unsigned}
	p, offset := g.reach(a, at, size)
	switch p.reg {
	case z:
		if a.Kind == step.Table {
			for _, r := range v.regs {
				g.emit("lpm r%d, Z+", r)
			}
			p.at += size
			return v
		}
		fallthrough
	case y:
		for i, r := range v.regs {
			g.emit("ldd r%d, %s+%d", r, pointerName(p.reg), offset-p.at+i)
		}
	case x:
		for i, r := range v.regs {
			if i < size-1 {
				g.emit("ld r%d, X+", r)
			} else {
				g.emit("ld r%d, X", r)
			}
		}
		p.at = offset + size - 1
	}
	return v
}

func pointerName(r int) string { return map[int]string{x: "X", y: "Y", z: "Z"}[r] }

// loadInput reads an entry of the input, whose address came as an argument; behind the last one it is not needed.
func (g *generator) loadInput(a *step.Array, at affine, size int, c class) value {
	if g.pointers != nil || len(at.by) > 0 || g.input == 0 {
		refuse("an input within a loop")
	}
	v := value{g.pick(size, c), a.Elem.Unsigned}
	g.emit("movw r30, r%d", g.input)
	for i, r := range v.regs {
		g.emit("ldd r%d, Z+%d", r, at.constant*size+i)
	}
	if g.inputReads--; g.inputReads == 0 {
		g.free([]int{g.input, g.input + 1})
		g.input = 0
	}
	return v
}

// dynamic is where X stands outside of loops: at an array from a named index on.
type dynamic struct {
	pointer
	array string
	name  string
	by    int // bytes that one of the name moves
}

// target is the pointer to reach an access by, and the access's offset against what the pointer counts from.
func (g *generator) target(a *step.Array, at affine) (p *pointer, offset int) {
	offset = at.constant * a.Elem.Bytes()
	if p = g.pointers[a.Name]; p != nil {
		offset -= g.origin[a.Name]
		if q := g.far[a.Name]; q != nil && offset+a.Elem.Bytes() > reach {
			return q, offset - reach
		}
		return p, offset
	}
	if g.pointers != nil {
		refuse("an index by a name within a loop")
	}
	name, by := "", 0
	for n, times := range at.by {
		if len(at.by) > 1 || g.bound[n] == nil {
			refuse("an index by several names")
		}
		name, by = n, times*a.Elem.Bytes()
	}
	switch {
	case a.Kind == step.State && name == "":
		return &g.state, offset + g.names.Offsets[a.Name]
	case a.Kind == step.Table:
		g.emit("ldi r30, lo8(%s)", g.names.Tables[a.Name])
		g.emit("ldi r31, hi8(%s)", g.names.Tables[a.Name])
		if name != "" {
			g.addNamed(z, name, by)
		}
		return &pointer{reg: z}, offset
	case a.Kind != step.State && a.Kind != step.Output:
		refuse("the array %s here", a.Name)
	}
	{
		d := dynamic{pointer{x, 0}, a.Name, name, by}
		if g.dynamic.array != d.array || g.dynamic.name != d.name || g.dynamic.by != d.by {
			if a.Kind == step.Output {
				g.emit("movw r26, r%d", g.output)
			} else {
				g.emit("movw r26, r28")
				g.advance(x, g.names.Offsets[a.Name]-g.state.at)
			}
			if name != "" {
				g.addNamed(x, name, by)
			}
			g.dynamic = d
		}
	}
	return &g.dynamic.pointer, offset
}

// addNamed moves a pointer by a named index.
func (g *generator) addNamed(r int, name string, by int) {
	if by < 1 || by > 255 {
		refuse("an index that moves by %d bytes", by)
	}
	t := g.pick(1, immediate)
	g.emit("ldi r%d, %d", t[0], by)
	g.emit("mul r%d, r%d", g.bound[name].regs[0], t[0])
	g.emit("add r%d, r0", r)
	g.emit("adc r%d, r1", r+1)
	g.free(t)
	g.multiplied = true
}

// reach gives the pointer of an access of some bytes, moved as far as that needs, and the access's offset.
func (g *generator) reach(a *step.Array, at affine, size int) (p *pointer, offset int) {
	p, offset = g.target(a, at)
	switch {
	case p.reg == x || a.Kind == step.Table:
		g.moveTo(p, offset)
	case offset < p.at:
		g.moveTo(p, offset)
	case offset+size-1-p.at > 63:
		g.moveTo(p, offset)
	}
	return p, offset
}

// store writes an entry of an array.
func (g *generator) store(s step.Store) {
	a := g.arrays[s.Array]
	if a == nil {
		refuse("the array %s", s.Array)
	}
	size := a.Elem.Bytes()
	v, owned := g.eval(s.Value)
	if len(v.regs) < size {
		v, owned = g.extended(g.own(v, owned, anyOf), size), true
	}
	at := affineOf(s.Index)
	if g.names.Largest && a.Kind == step.Output {
		g.keep(g.own(v, owned, anyOf), at)
		return
	}
	p, offset := g.target(a, at)
	switch {
	case p.reg == x && p.at == offset+size-1 && size > 1: // X stands at the end of what was loaded from there
		g.emit("st X, r%d", v.regs[size-1])
		for i := size - 2; i >= 0; i-- {
			g.emit("st -X, r%d", v.regs[i])
		}
		p.at = offset
	case p.reg == x:
		g.moveTo(p, offset)
		for i, r := range v.regs[:size] {
			if i < size-1 {
				g.emit("st X+, r%d", r)
			} else {
				g.emit("st X, r%d", r)
			}
		}
		p.at = offset + size - 1
	default:
		p, offset = g.reach(a, at, size)
		for i, r := range v.regs[:size] {
			g.emit("std %s+%d, r%d", pointerName(p.reg), offset-p.at+i, r)
		}
	}
	if owned {
		g.free(v.regs)
	}
}

// isLookup reports whether an entry of an array on the stack is picked by a field of a record.
func (g *generator) isLookup(a *step.Array, index *step.Expr) bool {
	return a.Kind == step.Scratch && index.Op == step.OpField
}

// lookup reads the entry that a field picks, by way of Z, which comes back to the table that it walks.
func (g *generator) lookup(a *step.Array, index *step.Expr, size int) value {
	if size != 2 || g.frames[a.Name] != 0 || a.Len > 127 {
		refuse("an entry of %d bytes, picked", size)
	}
	var at value
	if index.At > 0 && index.At+int(index.Value) <= 8 {
		// A bit further up, the field is twice the number: the offset in bytes.
		f := *index
		f.At--
		f.Value++
		at = g.pickedOffset(&f)
	} else {
		v, owned := g.field(index)
		at = g.own(v, owned, immediate)
		g.emit("lsl r%d", at.regs[0])
	}
	var saved []int
	for _, p := range g.pointers {
		if p.reg == z {
			saved = g.pick(2, anyOf)
			g.move(saved, []int{z, z + 1})
		}
	}
	g.emit("movw r30, r%d", g.frame)
	g.emit("add r30, r%d", at.regs[0])
	g.emit("adc r31, r%d", g.zero())
	g.free(at.regs)
	v := value{regs: g.pick(2, anyOf)}
	g.emit("ld r%d, Z", v.regs[0])
	g.emit("ldd r%d, Z+1", v.regs[1])
	if saved != nil {
		g.move([]int{z, z + 1}, saved)
		g.free(saved)
	}
	return v
}

// pickedOffset is a field whose lowest bit, which belongs to another, is cleared.
func (g *generator) pickedOffset(f *step.Expr) value {
	v, owned := g.eval(f.Args[0])
	v = g.own(v, owned, immediate)
	for range f.At {
		g.emit("lsr r%d", v.regs[0])
	}
	g.emit("andi r%d, %d", v.regs[0], 1<<f.Value-2)
	return v
}
