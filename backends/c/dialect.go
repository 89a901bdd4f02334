package c

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
)

// dialect is how C is written for a chip. The bits are the same in all of them.
type dialect struct {
	steady   bool // no branch that depends on data
	avr      bool // assembly for AVR beside the C that does the same
	arm      bool // saturating instructions of Arm
	dsp      bool // those on two halves of a word
	counters bool // counters of 8 bits where they suffice
	pointers bool // pointers to small arrays of a function
	cursors  bool // pointers that walk arrays in loops
	products int  // the width from which on products are the library's, in a time that nobody promises; 0 for none
	parts    int  // the width from which on products are made of narrower ones, in one time; 0 for none
}

// narrow reports whether a chip has the instructions of ARMv6-M only, most of which know eight registers.
func narrow(p *chip.Part) bool {
	return slices.ContainsFunc(p.Build.Flags, func(f string) bool { return strings.HasPrefix(f, "-mcpu=cortex-m0") })
}

// dialectOf is what a chip is best served with.
func dialectOf(set *settings) dialect {
	d := dialect{steady: set.steady}
	if p := set.part; p != nil {
		d.counters, d.cursors, d.pointers = p.Word == 8, p.Word == 8, p.Word == 32 && !narrow(p)
		switch {
		case p.Arch == "avr":
			d.parts = 24
		case narrow(p): // 32 bits by 32 give 32
			d.parts = 64
		case p.Arch == "xtensa":
			d.products = 32
		}
		if set.asm {
			d.avr, d.arm, d.dsp = p.Arch == "avr", p.Arch == "arm", p.Arch == "arm" && p.Lanes > 1
		}
	}
	return d
}
