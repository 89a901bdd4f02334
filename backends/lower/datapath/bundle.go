package datapath

// bundle is a memory whose words hold several values side by side, in as few memories as words of 64 bits take: what is read and
// written at one address shares block RAM.
type bundle struct {
	parts []*Memory
	each  int // values a word
	bits  int // of a value
	count int // of values
}

// bundle adds the memories; m.Bits is the width of a value, and a word holds at most so many.
func (d *Design) bundle(m Memory, count, most int) *bundle {
	b := &bundle{each: min(count, most, max(1, 64/m.Bits)), bits: m.Bits, count: count}
	name := m.Name
	for low := 0; low < count; low += b.each {
		m.Bits = b.bits * min(b.each, count-low)
		m.Signed = m.Signed && b.each == 1
		m.Name = laned(name, groupsOf(count, b.each), low/b.each)
		b.parts = append(b.parts, d.Memory(m))
	}
	return b
}

// read gives the signed values at an address, a cycle later.
func (b *bundle) read(d *Design, name string, address, enable *Expr) []*Expr {
	var out []*Expr
	for i, m := range b.parts {
		word := d.Read(m, laned(name, len(b.parts), i), address, enable)
		for low := 0; low < word.Bits; low += b.bits {
			out = append(out, word.Slice(low+b.bits-1, low).AsSigned())
		}
	}
	return out
}

// write writes all values at an address.
func (b *bundle) write(when, address *Expr, values []*Expr) {
	for i, m := range b.parts {
		low := i * b.each
		var parts []*Expr
		for v := min(b.count, low+b.each) - 1; v >= low; v-- {
			parts = append(parts, values[v].AsUnsigned())
		}
		m.Write(when, address, Cat(parts...))
	}
}
