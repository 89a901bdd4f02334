package c

// dialect is how C is written for a chip. The bits are the same in all of them.
type dialect struct {
	steady   bool // no branch that depends on data
	avr      bool // assembly for AVR beside the C that does the same
	arm      bool // saturating instructions of Arm
	dsp      bool // those on two halves of a word
	counters bool // counters of 8 bits where they suffice
}

// dialectOf is what a chip is best served with.
func dialectOf(set *settings) dialect {
	d := dialect{steady: set.steady}
	if p := set.part; p != nil {
		d.counters = p.Word == 8
		if set.asm {
			d.avr, d.arm, d.dsp = p.Arch == "avr", p.Arch == "arm", p.Arch == "arm" && p.Lanes > 1
		}
	}
	return d
}
