package ir

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Op is the name of an operation.
type Op string

// The operations. Their meaning stands in Ops.
const (
	OpInput    Op = "input"
	OpState    Op = "state"
	OpConst    Op = "const"
	OpOneHot   Op = "onehot"
	OpEmbed    Op = "embed"
	OpColumn   Op = "column"
	OpMatVec   Op = "matvec"
	OpHadamard Op = "hadamard"
	OpLeak     Op = "leak"
	OpSigns    Op = "signs"
	OpPermute  Op = "permute"
	OpAdd      Op = "add"
	OpRelu     Op = "relu"
	OpScale    Op = "scale"
	OpRequant  Op = "requant"
	OpExt      Op = "ext"
	OpTrunc    Op = "trunc"
	OpSat      Op = "sat"
)

// OpInfo is one row of the op table. Check is the op's own verifier: it sees a value whose operands are verified
// and says in words what is wrong with its attributes and shapes.
type OpInfo struct {
	Op     Op
	Args   int
	Levels []Level
	Attrs  string // attributes it reads
	Doc    string
	Check  func(m *Module, v *Value) error
}

var (
	both      = []Level{Real, Fixed}
	realOnly  = []Level{Real}
	fixedOnly = []Level{Fixed}
)

// Ops is the op table: every operation of both levels. Elementwise operands have equal shapes; at the fixed
// level they also have equal widths and scales, and a result always fits its width (the interpreter checks it).
var Ops = []OpInfo{
	{OpInput, 0, both, "", "the input of this step: integers at both levels; the real level scales them by Input.Scale", checkInput},
	{OpState, 0, both, "index", "state number index, as the previous step left it", checkState},
	{OpConst, 0, both, "const or even, odd", "a constant; even and odd give one for the steps of even and of odd t", checkConst},
	{OpOneHot, 1, both, "", "token -> vector of vocab entries, 1 at the token and 0 elsewhere", checkOneHot},
	{OpEmbed, 2, both, "", "row of the table (first operand, [vocab, d]) that the token (second) names", checkEmbed},
	{OpColumn, 2, both, "", "column of the matrix (first operand) that the token (second) names: matvec of a onehot", checkColumn},
	{OpMatVec, 2, both, "", "matrix [r, c] (first operand, a const) times vector [c]", checkMatVec},
	{OpHadamard, 1, both, "block, norm, staged", "I (x) H_m in natural order; real with norm: divided by sqrt(m); fixed: exact sums, or with staged rounded between stages", checkHadamard},
	{OpLeak, 1, both, "leak", "v - 2^-l v, with an l for every run of entries, all as long; fixed: v - ((v + 2^(l-1)) >> l)", checkLeak},
	{OpSigns, 2, both, "", "vector times a constant vector of +1 and -1", checkSigns},
	{OpPermute, 2, both, "", "result[i] = vector[index[i]], index a constant permutation", checkPermute},
	{OpAdd, 2, both, "", "sum of two vectors", checkSameShape},
	{OpRelu, 1, both, "", "max(v, 0)", checkSameShape},
	{OpScale, 1, realOnly, "factor", "vector times a factor, one for even and one for odd steps", checkSameShape},
	{OpRequant, 1, fixedOnly, "requant", "(v*mul + half) >> shift, one map for even and one for odd steps", checkRequant},
	{OpExt, 1, fixedOnly, "", "the same integers in a wider type", checkExt},
	{OpTrunc, 1, fixedOnly, "", "the same integers in a narrower type, which range analysis proved to hold them", checkTrunc},
	{OpSat, 1, fixedOnly, "", "clamp to the width of the result", checkTrunc},
}

// Info finds the row of an op.
func Info(op Op) (OpInfo, bool) {
	i := slices.IndexFunc(Ops, func(r OpInfo) bool { return r.Op == op })
	if i < 0 {
		return OpInfo{}, false
	}
	return Ops[i], true
}

func (m *Module) arg(v *Value, i int) *Value { return m.Values[v.Args[i]] }

func wantShape(v *Value, shape ...int) error {
	if !slices.Equal(v.Type.Shape, shape) {
		return fmt.Errorf("its shape is %v, want %v", v.Type.Shape, shape)
	}
	return nil
}

func checkInput(m *Module, v *Value) error {
	if m.Input.Kind == Token {
		return wantShape(v)
	}
	return wantShape(v, m.Input.Size)
}

func checkState(m *Module, v *Value) error {
	if v.Index < 0 || v.Index >= len(m.States) {
		return fmt.Errorf("there is no state number %d", v.Index)
	}
	return wantShape(v, m.States[v.Index].Size)
}

func checkConst(m *Module, v *Value) error {
	for _, t := range v.Tensors() {
		if t == nil {
			return fmt.Errorf("it needs a constant for even and one for odd steps")
		}
		if !slices.Equal(t.Shape, v.Type.Shape) {
			return fmt.Errorf("its constant has shape %v, its type %v", t.Shape, v.Type.Shape)
		}
		if m.Level == Fixed {
			if err := fitsAll(t.Ints, v.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

func fitsAll(ints []int64, t Type) error {
	if len(ints) != t.Len() {
		return fmt.Errorf("it has %d integers for shape %v", len(ints), t.Shape)
	}
	for i, n := range ints {
		if arith.SignedBits(n) > t.Bits {
			return fmt.Errorf("entry %d, %d, does not fit %s", i, n, diag.Count(t.Bits, "bit"))
		}
	}
	return nil
}

// token finds the vocabulary behind a token operand.
func (m *Module) token(v *Value, i int) (int, error) {
	if a := m.arg(v, i); a.Op != OpInput || m.Input.Kind != Token {
		return 0, fmt.Errorf("operand %d is not a token", i+1)
	}
	return m.Input.Vocab, nil
}

func checkOneHot(m *Module, v *Value) error {
	vocab, err := m.token(v, 0)
	if err != nil {
		return err
	}
	return wantShape(v, vocab)
}

// matrix gives the shape of a constant matrix operand.
func (m *Module) matrix(v *Value, i int) (rows, cols int, err error) {
	a := m.arg(v, i)
	if a.Op != OpConst || a.Const == nil || len(a.Type.Shape) != 2 {
		return 0, 0, fmt.Errorf("operand %d is not a constant matrix, the same at every step", i+1)
	}
	return a.Type.Shape[0], a.Type.Shape[1], nil
}

func checkEmbed(m *Module, v *Value) error {
	vocab, err := m.token(v, 1)
	if err != nil {
		return err
	}
	rows, cols, err := m.matrix(v, 0)
	if err == nil && rows != vocab {
		err = fmt.Errorf("the table has %s for %s", diag.Count(rows, "row"), diag.Count(vocab, "token"))
	}
	if err != nil {
		return err
	}
	return wantShape(v, cols)
}

func checkColumn(m *Module, v *Value) error {
	vocab, err := m.token(v, 1)
	if err != nil {
		return err
	}
	rows, cols, err := m.matrix(v, 0)
	if err == nil && cols != vocab {
		err = fmt.Errorf("the matrix has %s for %s", diag.Count(cols, "column"), diag.Count(vocab, "token"))
	}
	if err != nil {
		return err
	}
	return wantShape(v, rows)
}

func checkMatVec(m *Module, v *Value) error {
	rows, cols, err := m.matrix(v, 0)
	if err != nil {
		return err
	}
	if err := wantShape(m.arg(v, 1), cols); err != nil {
		return fmt.Errorf("operand 2: %w", err)
	}
	return wantShape(v, rows)
}

func checkHadamard(m *Module, v *Value) error {
	n := m.arg(v, 0).Type.Len()
	switch {
	case v.Block < 1 || bits.OnesCount(uint(v.Block)) != 1:
		return fmt.Errorf("its block, %d, is not a power of two", v.Block)
	case n%v.Block != 0:
		return fmt.Errorf("its block, %d, does not divide %d", v.Block, n)
	case m.Level == Fixed && v.Norm:
		return fmt.Errorf("norm belongs to the real level")
	}
	if v.Staged != nil && m.Level == Fixed {
		for _, s := range v.Staged {
			if s < 0 || s > 32 {
				return fmt.Errorf("its staged shift, %d, is not from 0 to 32", s)
			}
		}
	}
	return checkSameShape(m, v)
}

func checkLeak(m *Module, v *Value) error {
	n := m.arg(v, 0).Type.Len()
	if len(v.Leak) == 0 || n%len(v.Leak) != 0 {
		return fmt.Errorf("its leak has %s, which do not divide %d", diag.Count(len(v.Leak), "entry"), n)
	}
	for _, l := range v.Leak {
		if l < 1 || l > arith.MaxLeak {
			return fmt.Errorf("its leak, 2^-%d, is not from 2^-1 to 2^-%d", l, arith.MaxLeak)
		}
	}
	return checkSameShape(m, v)
}

func checkSameShape(m *Module, v *Value) error {
	if len(v.Type.Shape) != 1 {
		return fmt.Errorf("it is not a vector")
	}
	for i := range v.Args {
		if err := wantShape(m.arg(v, i), v.Type.Shape...); err != nil {
			return fmt.Errorf("operand %d: %w", i+1, err)
		}
	}
	return nil
}

func (m *Module) constInts(v *Value, i int) ([]int64, error) {
	a := m.arg(v, i)
	if a.Op != OpConst || a.Const == nil || a.Const.Ints == nil {
		return nil, fmt.Errorf("operand %d is not a constant of integers", i+1)
	}
	return a.Const.Ints, nil
}

func checkSigns(m *Module, v *Value) error {
	s, err := m.constInts(v, 1)
	if err != nil {
		return err
	}
	for i, n := range s {
		if n != 1 && n != -1 {
			return fmt.Errorf("sign %d is %d, not 1 or -1", i, n)
		}
	}
	return checkSameShape(m, v)
}

func checkPermute(m *Module, v *Value) error {
	index, err := m.constInts(v, 1)
	if err != nil {
		return err
	}
	seen := make([]bool, len(index))
	for i, n := range index {
		if n < 0 || n >= int64(len(index)) || seen[n] {
			return fmt.Errorf("index %d, %d, makes it no permutation of 0 to %d", i, n, len(index)-1)
		}
		seen[n] = true
	}
	return checkSameShape(m, v)
}

func checkRequant(m *Module, v *Value) error {
	for _, r := range v.Requant {
		if r.Mul < 1 {
			return fmt.Errorf("its factor, %d, is not positive: both even and odd need one", r.Mul)
		}
		if r.Shift < -62 || r.Shift > 62 {
			return fmt.Errorf("its shift, %d, is beyond 62 bits", r.Shift)
		}
	}
	return checkSameShape(m, v)
}

func checkExt(m *Module, v *Value) error {
	if from := m.arg(v, 0).Type.Bits; v.Type.Bits < from {
		return fmt.Errorf("it narrows %s to %d", diag.Count(from, "bit"), v.Type.Bits)
	}
	return checkSameShape(m, v)
}

func checkTrunc(m *Module, v *Value) error {
	if from := m.arg(v, 0).Type.Bits; v.Type.Bits > from {
		return fmt.Errorf("it widens %s to %d", diag.Count(from, "bit"), v.Type.Bits)
	}
	return checkSameShape(m, v)
}
