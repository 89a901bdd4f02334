package ir

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
	OpAdders   Op = "adders"
	OpHadamard Op = "hadamard"
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

// OpInfo is one row of the op table.
type OpInfo struct {
	Op     Op
	Args   int
	Levels []Level
	Attrs  string // attributes it reads, as printed
	Doc    string
}

// Ops is the op table: every operation of both levels. Elementwise operands have equal shapes; at the fixed
// level they also have equal widths and scales, and a result always fits its width (the interpreter checks it).
var Ops = []OpInfo{
	{OpInput, 0, both, "", "the input of this step: integers at both levels; the real level scales them by Input.Scale"},
	{OpState, 0, both, "index", "state number index, as the previous step left it"},
	{OpConst, 0, both, "const | phases", "a constant; phases gives one for even and one for odd steps"},
	{OpOneHot, 1, both, "", "token -> vector of Vocab entries, 1 at the token and 0 elsewhere"},
	{OpEmbed, 2, both, "", "row of the table (first operand, [vocab, d]) that the token (second) names"},
	{OpColumn, 2, both, "", "column of the matrix (first operand) that the token (second) names: matvec of a onehot"},
	{OpMatVec, 2, both, "", "matrix [r, c] (first operand, a const) times vector [c]"},
	{OpAdders, 1, fixed, "adders", "a constant matrix times a vector, as a graph of shifts and additions"},
	{OpHadamard, 1, both, "block, norm, staged", "I (x) H_m in natural order; real with norm: divided by sqrt(m); fixed: exact sums, or rounded between stages when staged"},
	{OpSigns, 2, both, "", "vector times a constant vector of +1 and -1"},
	{OpPermute, 2, both, "", "result[i] = vector[index[i]], index a constant permutation"},
	{OpAdd, 2, both, "", "sum of two vectors"},
	{OpRelu, 1, both, "", "max(v, 0)"},
	{OpScale, 1, real, "factor", "vector times a factor, one for even and one for odd steps"},
	{OpRequant, 1, fixed, "requant", "(v*mul + half) >> shift, one map for even and one for odd steps"},
	{OpExt, 1, fixed, "", "the same integers in a wider type"},
	{OpTrunc, 1, fixed, "", "the same integers in a narrower type, which range analysis proved to hold them"},
	{OpSat, 1, fixed, "", "clamp to the width of the result"},
}

var (
	both  = []Level{Real, Fixed}
	real  = []Level{Real}
	fixed = []Level{Fixed}
)
