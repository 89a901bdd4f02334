package avr

import "fmt"

// The registers of AVR as this package uses them: r0 and r1 take products, r2 is zero, X, Y and Z (r26 to r31) are pointers, and
// r3 to r25 hold values, the lowest byte of a value first.
const (
	productLow, productHigh = 0, 1
	zero                    = 2
	x, y, z                 = 26, 28, 30
	firstValue, lastValue   = 3, 25
)

// class is what a register must allow.
type class int

const (
	anyOf     class = iota
	immediate       // r16 to r25: operations with constants
	factor          // r16 to r23: products of every sign
)

func (c class) first() int {
	if c == anyOf {
		return firstValue
	}
	return 16
}

func (c class) last() int {
	if c == factor {
		return 23
	}
	return lastValue
}

// value is a number in registers. It has the value of its type in fewer bytes where the rest repeat the sign or are zero.
type value struct {
	regs     []int
	unsigned bool
}

// holds reports whether every register of the value is of a class.
func (v value) holds(c class) bool {
	for _, r := range v.regs {
		if r < c.first() || r > c.last() {
			return false
		}
	}
	return true
}

// registersFrom are as many registers as the value has, from one on.
func (v value) registersFrom(r int) []int {
	out := make([]int, len(v.regs))
	for i := range out {
		out[i] = r + i
	}
	return out
}

// file is which registers are in use, and which ever were.
type file struct {
	busy [32]bool
	used [32]bool
}

// outOfRegisters is a function that needs more registers than there are.
type outOfRegisters struct{}

func (outOfRegisters) Error() string { return "it needs more registers than AVR has" }

func (f *file) take(regs ...int) []int {
	for _, r := range regs {
		if f.busy[r] {
			panic(fmt.Sprintf("avr: r%d is taken twice", r))
		}
		f.busy[r], f.used[r] = true, true
	}
	return regs
}

func (f *file) free(regs []int) {
	for _, r := range regs {
		f.busy[r] = false
	}
}

// pick takes n registers of a class, in even pairs as far as that goes, so that movw moves them; where anyOf will do, low ones, since
// there are fewer of the others.
func (f *file) pick(n int, c class) []int {
	var out []int
	for n-len(out) >= 2 {
		found := false
		for r := c.first() + c.first()%2; r+1 <= c.last(); r += 2 {
			if !f.busy[r] && !f.busy[r+1] {
				out = append(out, f.take(r, r+1)...)
				found = true
				break
			}
		}
		if !found {
			break
		}
	}
	for len(out) < n {
		best := -1
		for r := c.first(); r <= c.last(); r++ {
			if f.busy[r] {
				continue
			}
			if f.busy[r^1] || best < 0 { // the other half of a broken pair first
				best = r
				if f.busy[r^1] {
					break
				}
			}
		}
		if best < 0 {
			f.free(out)
			panic(outOfRegisters{})
		}
		out = append(out, f.take(best)...)
	}
	return out
}
