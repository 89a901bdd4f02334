// Package ir is the compiler's intermediate representation: a model as one step function whose
// arguments are the states and the input, and whose results are the next states and the output.
// It has two levels, Real (float64) and Fixed (integers), one op table (ops.go), a builder, a verifier,
// a printer and a parser. It knows no pass and no backend. Start with Module and Value, then ops.go.
package ir

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Level says which of the two meanings of docs/numerics.md a module has.
type Level string

// The levels.
const (
	Real  Level = "real"
	Fixed Level = "fixed"
)

// ID names a value: its index in Module.Values. Operands come before their users.
type ID int

// Module is one model: h' , y = step(x, h). Hidden memory does not exist.
type Module struct {
	Name   string
	Level  Level
	Steps  int // steps of a sequence, or of a course where it restarts; 0 for an endless stream
	Hop    int // steps from the start of a course to that of the next; 0: the model does not restart
	Input  Input
	States []State
	Values []*Value // dense, topologically ordered
	Y      ID       // the readout, a vector of outputs
	Output Output
}

// Longest is how many steps a sequence has at most: Steps, but 0, for no end, where courses restart.
func (m *Module) Longest() int {
	if m.Hop > 0 {
		return 0
	}
	return m.Steps
}

// InputKind is what a step receives.
type InputKind string

// The kinds of input. Token carries one integer below Vocab, whether it is embedded or one-hot.
const (
	Vector InputKind = "vector"
	Token  InputKind = "token"
)

// Input describes what a step receives: Size integers of Bits bits, each Scale in real units, or one token.
type Input struct {
	Name   string
	Kind   InputKind
	Size   int     // d, entries a step (1 for a token)
	Bits   int     // 1 to 16; width as declared
	Signed bool    // int8 against u8
	Scale  float64 // real value of one; 1 for tokens
	Vocab  int     // tokens only
	// Channels says how entries come from values of the training data; nil where that is unknown.
	Channels []Channel
	// Words says that tokens are words, numbered by the vocabulary that hrnnc train leaves. It changes no result.
	Words bool
	Span  diag.Span
}

// Range gives the smallest and largest integer an entry can have.
func (in Input) Range() (lo, hi int64) {
	switch {
	case in.Kind == Token:
		return 0, int64(in.Vocab) - 1
	case in.Signed:
		return -1 << (in.Bits - 1), 1<<(in.Bits-1) - 1
	}
	return 0, 1<<in.Bits - 1
}

// Integers are those that an entry of an input may be, from the first to the last.
type Integers struct{ first, last float64 }

// Integers gives those of the input.
func (in *Input) Integers() Integers {
	lo, hi := in.Range()
	return Integers{float64(lo), float64(hi)}
}

// Nearest gives the integer nearest to a value in units of the input: the even one of two, and the first or the last for values
// beyond them.
func (i Integers) Nearest(u float64) float64 {
	switch u = math.RoundToEven(u); {
	case u < i.first:
		return i.first
	case u > i.last:
		return i.last
	}
	return u
}

// State is memory between steps, zero before the first.
type State struct {
	Name string
	Size int     // n
	Bits int     // B, width of the fixed level's integers
	Max  float64 // M: calibrated maximum of |h| at the real level; 0 when unknown
	Next ID      // the value that replaces it
	// HeadroomBits is kept free above Max when the unit is chosen (docs/numerics.md; default 1).
	HeadroomBits int
	Scale        Scale // fixed level: unit of the integers
	Span         diag.Span
}

// When says at which steps the output is produced.
type When string

// The times of an output.
const (
	AtLast    When = "last"
	EveryStep When = "every"
	Mean      When = "mean"
)

// Decision is what is made of the outputs.
type Decision string

// The decisions.
const (
	Logits    Decision = "logits"
	Argmax    Decision = "argmax" // index of the largest, the first of equals
	Threshold Decision = "threshold"
)

// Output describes how y leaves the model.
type Output struct {
	Name      string
	When      When
	Decision  Decision
	Threshold float64  // real units; Threshold only: bit i is y_i > Threshold
	Labels    []string // names of the classes, or empty
	// Decide, of an argmax at every step, makes decisions that do not flicker of the outputs; nil: the class is the largest.
	Decide *decider.Settings
	// Channels says what values of the training data the outputs in real units stand for: Gain times the output plus Offset.
	// nil where they are those values, or where that is unknown.
	Channels []Channel
	Span     diag.Span
}

// Scale gives the real value of a fixed-level integer g at step t (the first step is t = 1):
// Unit * g, divided by sqrt(2) at odd t when Parity is set (docs/numerics.md, parity scaling).
type Scale struct {
	Unit   float64
	Parity bool
}

// At gives the unit at step t.
func (s Scale) At(t int) float64 {
	if s.Parity && t%2 == 1 {
		return s.Unit * math.Sqrt2 / 2
	}
	return s.Unit
}

// Type is the type of a value. A real value has Bits 0; a fixed one is a signed integer of Bits bits
// (1 to 63) in two's complement. Shape is [n] for a vector, [rows, cols] for a matrix, [] for a token.
type Type struct {
	Bits  int
	Shape []int
	Scale Scale // fixed level only; zero Unit means a pure number (a sign, an index)
}

// Len is the number of entries.
func (t Type) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Value is one operation and its result.
type Value struct {
	Op   Op
	Args []ID
	Type Type
	Name string // a hint for names in generated code, such as "h_next"
	// Proof says why a narrow width or a missing saturation is right, in words, where range analysis made it so.
	Proof string
	Span  diag.Span

	// Attributes; which of them an op reads stands in the op table.
	Index   int                         // state: which one
	Const   *Tensor                     // const
	Block   int                         // hadamard: m, a power of two
	Norm    bool                        // hadamard, real level: entries +-1/sqrt(m) instead of +-1
	Staged  *arith.Phased[int]          // hadamard, fixed level: total shift at even and odd t, rounded between stages (docs/numerics.md)
	Leak    arith.Leak                  // leak: the l of every run of entries
	Factor  arith.Phased[float64]       // scale: factor at even and odd t
	Requant arith.Phased[arith.Requant] // requant: map at even and odd t
	Phases  *arith.Phased[*Tensor]      // const that alternates: at even and odd t (Const is nil)
}

// Tensor is a constant. Real holds what the real level uses. Ints is set for quantised weights and at the fixed
// level; for quantised weights Real[i] = Unit * Ints[i].
type Tensor struct {
	Name  string
	Shape []int
	Real  []float64
	Ints  []int64
	Unit  float64
	Bits  int // bits an entry takes when stored: 1 for signs and binary, 2 for ternary, p for int p
	// Weight is the declared type ("int4", "ternary", "binary", "sign", "real").
	Weight string
}
