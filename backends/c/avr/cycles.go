package avr

import "strings"

// cycles are those of instructions that take more than one on ATmega chips (AVR instruction set manual, DS40002198). A branch that is
// taken and a skip take one more than here: see where they are made.
var cycles = map[string]int{"mul": 2, "muls": 2, "mulsu": 2, "adiw": 2, "sbiw": 2, "ld": 2, "ldd": 2, "st": 2, "std": 2, "lpm": 3,
	"push": 2, "pop": 2, "rjmp": 2, "ret": 4}

// cyclesOf is what a line of assembly takes.
func cyclesOf(line string) int {
	name, _, _ := strings.Cut(line, " ")
	if n, ok := cycles[name]; ok {
		return n
	}
	return 1
}

// spend counts cycles, as often as the loops around run, at the steps that get there.
func (g *generator) spend(n int) {
	for ph, runs := range g.phases {
		if runs {
			g.cycles[ph] += n * g.turns
		}
	}
}

// alternatives emits code of which every path takes the same cycles.
func (g *generator) alternatives(cycles int, emit func()) {
	phases := g.phases
	g.phases[0], g.phases[1] = false, false
	emit()
	g.phases = phases
	g.spend(cycles)
}
