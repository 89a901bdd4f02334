package arith

import "math/bits"

// SignedBits is the width of the smallest two's complement integer that holds n.
func SignedBits(n int64) int { return bits.Len64(uint64(n^(n>>63))) + 1 }

// Interval is a closed range of integers.
type Interval struct {
	Lo int64 `json:"lo"`
	Hi int64 `json:"hi"`
}

// Between is the interval from lo to hi.
func Between(lo, hi int64) Interval { return Interval{lo, hi} }

// OfBits is everything that a two's complement integer of some bits, 1 to 64, can be.
func OfBits(bits int) Interval { return Interval{-1 << (bits - 1), 1<<(bits-1) - 1} }

// Bits is the width of a two's complement integer that holds the whole interval.
func (i Interval) Bits() int { return max(SignedBits(i.Lo), SignedBits(i.Hi)) }

// Magnitude is the largest absolute value.
func (i Interval) Magnitude() int64 { return max(i.Hi, -i.Lo) }

// Union is the smallest interval that holds both.
func (i Interval) Union(j Interval) Interval { return Interval{min(i.Lo, j.Lo), max(i.Hi, j.Hi)} }

// Intersect is what both hold; Lo is above Hi where that is nothing.
func (i Interval) Intersect(j Interval) Interval { return Interval{max(i.Lo, j.Lo), min(i.Hi, j.Hi)} }

// Within reports whether j holds all of i.
func (i Interval) Within(j Interval) bool { return j.Lo <= i.Lo && i.Hi <= j.Hi }
