// Package form reads the one sentence of a model off a module, and writes it back, at both levels:
//
//	h' = sat(outer(round(hadamard(inner(h)))) + terms + biases)
//
// where inner and outer are signed permutations. At the real level round is a factor, and nothing saturates. Passes, range
// analysis and lowering read it here; none recognises it for itself. It knows no pass and no target. Start with Update and
// UpdateOf.
package form

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// None is the ID of what is not there.
const None ir.ID = -1

// Update is the next value of one state.
type Update struct {
	Recurrence
	Sum
	Total     ir.ID // what Saturates may clamp: the whole sum, seen through changes of width
	Saturates bool  // fixed level: a sum beyond the state's width is clamped, not proven impossible
	Proof     string
}

// Recurrence is the term of an update that reads the state as the last step left it: outer(round(hadamard(inner(h)))).
type Recurrence struct {
	State  int
	Inner  SignedPermutation
	Block  int
	Norm   bool // real level: the transform divides by sqrt(Block)
	Staged bool // the rounding is spread over the stages of the transform
	// Factor is the real level's: of all scales around the transform.
	Factor arith.Phased[float64]
	// Round is the fixed level's: between the transform and Outer, or spread over the stages.
	Round arith.Phased[arith.Requant]
	// Leak is what each run of units forgets, before Outer; nil for nothing.
	Leak  arith.Leak
	Outer SignedPermutation
	Name  string    // of the transform
	Span  diag.Span // of the transform
	// Whole and Transform are the term and its transform as they were read.
	Whole, Transform ir.ID
}

// Sum is the rest of an update, and all of a readout: what is added up.
type Sum struct {
	Terms  []Term
	Biases []Bias
}

// Added lists the values that a sum adds up.
func (s Sum) Added() (ids []ir.ID) {
	for _, t := range s.Terms {
		ids = append(ids, t.ID)
	}
	for _, b := range s.Biases {
		ids = append(ids, b.ID)
	}
	return ids
}

// Term is one that is no constant; of a product with a constant matrix it says of what:
//
//	Factor * (Matrix * source)          real level
//	rescale(Matrix * rescale(source))   fixed level
type Term struct {
	ID      ir.ID                 // the whole term, seen through changes of width
	Factor  arith.Phased[float64] // real level
	Rescale []ir.ID               // fixed level: the requants behind the product, the last one first
	Product ir.ID                 // a matvec or column; None where the term is something else
	Source  Source
}

// Bias is a constant, times Factor at the real level.
type Bias struct {
	ID     ir.ID
	Const  *ir.Value
	Factor arith.Phased[float64]
}

// Kind says what the matrix of a term multiplies.
type Kind string

// The kinds of sources.
const (
	Vector Kind = "vector" // the input
	OneHot Kind = "onehot" // the input token: a column of the matrix
	Embed  Kind = "embed"  // the row of a table that the input token names
	State  Kind = "state"  // the new value of a state, through relu or not
	Other  Kind = ""
)

// Source is what the matrix of a term multiplies.
type Source struct {
	Kind    Kind
	ID      ir.ID // operand of the product
	Rescale ir.ID // fixed level: the requant between Value and the product, or None
	Value   ir.ID // what is rescaled, seen through changes of width
	State   int   // of kind State: which
	Relu    bool  // of kind State
}

// steady is a factor that changes nothing.
var steady = arith.Both(1.0)
