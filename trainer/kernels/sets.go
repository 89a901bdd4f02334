package kernels

import (
	"fmt"
	"math/bits"
	"strings"
)

// set is one instruction set's kernels. Their arguments are those of the exported functions, checked.
type set struct {
	name   string
	usable bool

	maxLog int // the largest radix is 1<<maxLog
	// radix[log] does log stages of the transform in one pass, on rows that lie stride apart.
	radix [6]func(x []float32, stride int)

	mulRows    func(dst, s, x []float32)
	mulRowsAdd func(dst, s, x, y []float32)
	subMulRows func(dst, s, x, y []float32)
	addRows    func(acc, x []float32)
	fmaRows    func(acc, x, y []float32)
	relu       func(dst, x []float32)
	reluMask   func(g, x []float32)
	reduceRows func(dst, acc []float32)
	matMul     func(dst, w, b, x []float32, rows, cols int)
	matMulT    func(dst, w, g []float32, rows, cols int)
	outer      func(dw, g, x []float32, rows, cols int)
}

// sets are those that this machine can run, the fastest first.
var sets = usable(append(assembled(), portable))

var active = sets[0]

func usable(all []set) []set {
	var list []set
	for _, s := range all {
		if s.usable {
			list = append(list, s)
		}
	}
	return list
}

// Set is the instruction set in use: "avx512", "avx2" or "portable".
func Set() string { return active.name }

// Use changes the instruction set, for tests and benchmarks. No kernel may run meanwhile.
func Use(name string) error {
	for _, s := range sets {
		if s.name == name {
			active = s
			return nil
		}
	}
	return fmt.Errorf("no instruction set %q: this machine has %s", name, strings.Join(Available(), ", "))
}

// Available lists the instruction sets that this machine can run, the fastest first.
func Available() []string {
	var names []string
	for _, s := range sets {
		names = append(names, s.name)
	}
	return names
}

// cached is the most rows that a pass of the transform may be spread over: in an eight-way cache of 32 KB, the rows of one
// radix lie in so few sets beyond that they push each other out.
const cached = 512

// transform does the passes of Transform, in the order of its stages.
func (s *set) transform(x []float32, m int) {
	if m > cached {
		s.radix[2](x, m/4)
		for ; len(x) > 0; x = x[m/4*Lanes:] {
			s.transform(x[:m/4*Lanes], m/4)
		}
		return
	}
	stages := bits.Len(uint(m)) - 1
	// The fewest passes over the tile that the set's registers allow, of stages as equal as can be.
	for passes := (stages + s.maxLog - 1) / s.maxLog; passes > 0; passes-- {
		log := stages / passes
		stages -= log
		s.radix[log](x, 1<<stages)
	}
}
