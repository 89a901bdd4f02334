// Package step is the form of a model for processors: one step and one output as loops over arrays of integers, with every
// decision about passes, lanes, masks and widths made. Printers spell it and decide nothing; its price is counted on it; a
// verifier proves that no value leaves its type. build.go makes it from a plan and a schedule; check.go resolves its names and
// types, verify.go proves it on intervals, run.go runs it on numbers, count.go counts; text.go prints and parse.go reads it.
// Start with Program.
package step

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Int is the type of a value: Lanes two's complement integers of Bits bits each, 1 lane for a plain integer. A processor has
// it in one register: 8, 16, 24, 32 or 64 bits, or two lanes of 16 in a word of 32, or two of 32 in one of 64.
//
// Two lanes in a word stand for lo + hi * 2^Bits with both signed: sums, differences and products with constants of words are
// those of the lanes, as long as no lane overflows. Lanes without sign are bits of the word side by side, so that
// words of them are also masked, shifted and exchanged.
type Int struct {
	Bits     int
	Lanes    int
	Unsigned bool // such numbers only add up; what is calculated with is signed
}

// Integer types. Index is the type of what counts and addresses: at least 16 bits, as wide as the arrays need.
var (
	I8    = Int{Bits: 8, Lanes: 1}
	I16   = Int{Bits: 16, Lanes: 1}
	I24   = Int{Bits: 24, Lanes: 1}
	I32   = Int{Bits: 32, Lanes: 1}
	I64   = Int{Bits: 64, Lanes: 1}
	Index = Int{Bits: 0, Lanes: 1}
)

// Range is what a lane of the type holds.
func (t Int) Range() arith.Interval {
	switch {
	case t == Index:
		return arith.Between(-1<<31, 1<<31-1)
	case t.Unsigned:
		return arith.Between(0, 1<<t.Bits-1)
	}
	return arith.OfBits(t.Bits)
}

// Bytes is the size of an entry of an array of the type.
func (t Int) Bytes() int { return t.Bits * t.Lanes / 8 }

// Program is one model on a processor. Between steps its memory is the State arrays and, where steps of even and odd t differ,
// whether t is odd; all are zero before the first step.
type Program struct {
	Name     string
	Arrays   []*Array // tables, states, the input and the output; what functions need for themselves stands with them
	Funcs    []*Func  // a function stands behind those that it calls
	Step     string   // the function that consumes the input of a step; inside, Odd is the parity of the step that it takes
	Output   string   // the function that fills the output; Odd is the parity of the last step
	TwoPhase bool     // whether anything reads Odd
	// Decide is the function that decides on the outputs of a step where the model restarts: on those of the oldest course, which Output has
	// filled. Its states are the only ones that are no course's, and no other function has them. "" where Step decides, or nothing does.
	Decide string
	// Origins says what of the model arrays and functions are for, by their names, where a plan made the program. No text has it.
	Origins  map[string]lower.Origin
	Decision string // the state whose one entry is the class decided on and 1, and 0 before the first step; "" for none
}

// Stream are the names of the states that Decide keeps, which are no course's.
func (p *Program) Stream() map[string]bool {
	out := map[string]bool{}
	for _, f := range p.Funcs {
		if f.Name == p.Decide {
			loads(f.Body, out)
			stores(f.Body, out)
		}
	}
	for _, a := range p.Arrays {
		if a.Kind != State {
			delete(out, a.Name)
		}
	}
	return out
}

// Kind says what an array is and who writes it.
type Kind string

// The kinds of arrays.
const (
	Table   Kind = "table"   // constant, in program memory where that is another memory
	State   Kind = "state"   // kept between steps; the caller's
	Input   Kind = "input"   // of a step: a vector, or a token as its one entry
	Output  Kind = "output"  // what Output fills
	Scratch Kind = "scratch" // of a function, without value when it begins
)

// Array is an array of integers. Range holds every lane of every entry: of a table it is the smallest, of the input what the
// model was compiled for, of a state what the verifier is to prove after each step, given that it held before.
type Array struct {
	Kind  Kind
	Name  string
	Doc   string
	Elem  Int
	Len   int
	Data  []int64 // Table: entry by entry; of two lanes, the lower first
	Range arith.Interval
}

// Func is a function without parameters: every array is in its sight.
type Func struct {
	Name    string
	Doc     string
	Scratch []*Array
	Body    []Stmt
}

// Stmt is one of Let, Set, Store, For, IfOdd, Choose, Call and Remark.
type Stmt interface{ stmt() }

// Let names a value. With Mutable, Set may change it. The name holds until the end of the block.
type Let struct {
	Name    string
	Value   *Expr
	Mutable bool
}

// Set gives a mutable name a new value.
type Set struct {
	Name  string
	Value *Expr
}

// Store writes an entry of an array.
type Store struct {
	Array string
	Index *Expr
	Value *Expr
}

// For runs its body with Var = From, From+By, ... below To; By is above 0. Independent says that no iteration reads what another
// writes, arrays and mutable names alike, so that they may run in any order or together; the verifier checks it.
type For struct {
	Var          string
	From, To, By int
	Independent  bool
	Body         []Stmt
}

// IfOdd runs one body at steps of odd t and another at those of even t.
type IfOdd struct{ Odd, Even []Stmt }

// Choose names one of two arrays of the same type by the parity of the step: tables, or states.
type Choose struct{ Name, Odd, Even string }

// Call runs a function that stands before this one.
type Call struct{ Func string }

// Remark is a comment for the reader of what is made.
type Remark struct{ Text string }

func (Let) stmt()    {}
func (Set) stmt()    {}
func (Store) stmt()  {}
func (For) stmt()    {}
func (IfOdd) stmt()  {}
func (Choose) stmt() {}
func (Call) stmt()   {}
func (Remark) stmt() {}
