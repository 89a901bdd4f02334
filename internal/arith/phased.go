package arith

// Even and Odd index what differs between the steps of even and of odd t. The first step is t = 1.
const (
	Even = 0
	Odd  = 1
)

// Phased is something at steps of even and at steps of odd t.
type Phased[T any] [2]T

// Both is the same thing at every step.
func Both[T any](v T) Phased[T] { return Phased[T]{v, v} }

// At is the thing of step t.
func (p Phased[T]) At(t int) T { return p[t&1] }
