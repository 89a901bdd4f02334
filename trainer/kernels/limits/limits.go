// Package limits measures what a machine can do at best for package kernels: move the rows of a tile, and add them. It
// computes nothing of use, and knows no kernel. internal/bench/kernels prints its times beside those of the kernels.
package limits

import "slices"

//go:generate go run ../asm -limits -out limits_amd64.s -stubs limits_amd64.go -pkg limits

// Set is the loops of one instruction set. It must be one that the machine has: package kernels knows.
type Set struct {
	Name string // as in package kernels
	// Copy copies whole rows of 16.
	Copy func(dst, src []float32)
	// Add adds numbers in registers, Butterfly subtracts as many as it adds, in the instructions of the transforms.
	Add, Butterfly func(rounds int)
	// Round is how many numbers a round of Add or Butterfly computes.
	Round int
}

// Find gives the loops of a set of package kernels.
func Find(name string) (Set, bool) {
	all := append(assembled(), portable)
	i := slices.IndexFunc(all, func(s Set) bool { return s.Name == name })
	if i < 0 {
		return Set{}, false
	}
	return all[i], true
}

var portable = Set{
	Name: "portable",
	Copy: func(dst, src []float32) {
		for len(dst) >= 16 && len(src) >= 16 {
			d, s := (*[16]float32)(dst), (*[16]float32)(src)
			for l := range d {
				d[l] = s[l]
			}
			dst, src = dst[16:], src[16:]
		}
	},
	Add:       adds,
	Butterfly: butterflies,
	Round:     8,
}

// sink keeps the compiler from leaving out what nothing needs, and from knowing what the sums are.
var sink [9]float32

func adds(rounds int) {
	a, b, c, d, e, f, g, h, v := sink[0], sink[1], sink[2], sink[3], sink[4], sink[5], sink[6], sink[7], sink[8]
	for range rounds {
		a, b, c, d = a+v, b+v, c+v, d+v
		e, f, g, h = e+v, f+v, g+v, h+v
	}
	sink = [9]float32{a, b, c, d, e, f, g, h, v}
}

func butterflies(rounds int) {
	a, b, c, d, e, f, g, h, v := sink[0], sink[1], sink[2], sink[3], sink[4], sink[5], sink[6], sink[7], sink[8]
	for range rounds {
		a, b, c, d = a+v, b-v, c+v, d-v
		e, f, g, h = e+v, f-v, g+v, h-v
	}
	sink = [9]float32{a, b, c, d, e, f, g, h, v}
}
