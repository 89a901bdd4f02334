package dsl

import "slices"

// Word is a word of the language: how it is written, and what it means. The checker's messages and editors say the same.
type Word struct{ Name, Form, Doc string }

// Functions are the names that can be called.
var Functions = []Word{
	{"hadamard", "hadamard(h)", "The recurrence: trained signs times the Hadamard matrix times the state, over the square root of its order. n log2 n additions, no multiplication."},
	{"relu", "relu(h)", "max(h, 0), entry by entry. It stands where a matrix reads a state; the recurrence is linear."},
	{"onehot", "onehot(t)", "A token as a vector: 1 at its number, 0 elsewhere. A matrix times it is one of its columns, which costs no multiplication."},
	{"embed", "embed(E, t)", "The row of table E of a token."},
	{"argmax", "argmax(y)", "The index of the largest output, the first of equals."},
	{"threshold", "threshold(y, 0.5)", "One bit an output: whether it is above a number. y > 0.5 is the same."},
	{"mean", "output y mean", "The mean of the outputs over all steps; it is said last, as a time."},
}

// Options are those of hadamard, behind its state.
var Options = []Word{
	{"block", "block = 16", "H is block diagonal, with blocks of this order, over its square root: a power of two that divides the units. Left out: one block."},
	{"leak", "leak = 1/32", "The state forgets this part of itself at every step: a power of two, or a list for the blocks in turn. Left out: it keeps everything."},
	{"rounding", "rounding = staged", "staged: rounds inside the transform, so that it fits narrow lanes; other results. once: at its end, as where it is left out."},
	{"signs", "signs = s", "Another param for the trained signs. Left out: the tensor h.signs of the weights file."},
	{"permute", "permute = p", "Reads entry p[i] for entry i of the state, before the signs of presigns. Left out: the order as it is."},
	{"presigns", "presigns = s", "Signs on the columns too: H (q .* h). Left out: none."},
}

// Roundings are what the option rounding may be.
var Roundings = []Word{
	{"once", "rounding = once", "Rounds once, at the end of the transform."},
	{"staged", "rounding = staged", "Rounds inside the transform, so that it fits narrow lanes; other results than once."},
}

// InputTypes, WeightTypes and StateTypes are the types as they are usually written; other numbers of bits are possible.
var (
	InputTypes = []Word{
		{"u8", "u8[1] / 255", "Integers from 0 to 255; u1 to u16 are possible."},
		{"u16", "u16[1]", "Integers from 0 to 65,535."},
		{"i8", "i8[3] / 32", "Integers from -128 to 127; i2 to i16 are possible."},
		{"i12", "i12[3] * 0.001", "Integers from -2,048 to 2,047."},
		{"i16", "i16[3]", "Integers from -32,768 to 32,767."},
		{"token", "token[1000]", "One integer from 0, the name of a symbol."},
	}
	WeightTypes = []Word{
		{"binary", "binary[512, 1]", "-u or +u: 1 bit a weight. For matrices and tables."},
		{"ternary", "ternary[512, 1]", "-u, 0 or +u: 2 bits a weight. For matrices and tables."},
		{"int2", "int2[512, 1]", "Integers of 2 bits, times u. For matrices and tables."},
		{"int3", "int3[512, 1]", "Integers of 3 bits, times u. For matrices and tables."},
		{"int4", "int4[512, 1]", "Integers of 4 bits, times u. For matrices and tables; int2 to int16 are possible."},
		{"int5", "int5[512, 1]", "Integers of 5 bits, times u. For matrices and tables."},
		{"int6", "int6[512, 1]", "Integers of 6 bits, times u. For matrices and tables."},
		{"int7", "int7[512, 1]", "Integers of 7 bits, times u. For matrices and tables."},
		{"int8", "int8[512, 1]", "Integers of 8 bits, times u. For matrices and tables."},
		{"int16", "int16[512, 1]", "Integers of 16 bits, times u. For matrices and tables."},
		{"real", "[512]", "Real numbers, which become integers in the unit of what they are added to. For biases and dense recurrent matrices; the same as no type."},
		{"sign", "sign[512]", "-1 where the tensor is negative, otherwise +1. For signs = s and presigns = s."},
		{"index", "index[512]", "A permutation: 0 to n-1, each once. For permute = p."},
	}
	StateTypes = []Word{
		{"int8", "int8[512]", "8 bits a unit, the narrowest."},
		{"int12", "int12[512]", "12 bits a unit; int8 to int32 are possible."},
		{"int16", "int16[512]", "16 bits a unit, which suits most models; taken where none is written."},
		{"int24", "int24[512]", "24 bits a unit."},
		{"int32", "int32[512]", "32 bits a unit, the widest."},
	}
)

// Clauses are the words that go on a statement.
var Clauses = map[string][]Word{
	"restart": {{"hop", "hop 32", "Steps from the start of a copy of the states to that of the next; it divides the restart."}},
	"state": {
		{"range", "range 12.5", "The largest |h| that occurs, in real units: it says what one bit of the state is worth. hrnnc calibrate measures it."},
		{"headroom", "headroom 1", "Bits above that range, 0 to 7. A state that leaves all of it is clamped. Left out: 1."},
	},
	"output": {
		{"at last", "at last", "After the last step; the same as nothing."},
		{"at every step", "at every step", "After each step."},
		{"mean", "mean", "After the last step, from the mean of the outputs over all steps; needs steps or restart."},
	},
}

// Keywords are the words that begin a statement.
func Keywords() []Word {
	out := make([]Word, len(forms))
	for i, f := range forms {
		out[i] = Word{f.keyword, f.looks, f.doc}
	}
	return out
}

// wordNamed finds a word by its name, nil where there is none.
func wordNamed(words []Word, name string) *Word {
	i := slices.IndexFunc(words, func(w Word) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return &words[i]
}

func wordNames(words []Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Name
	}
	return out
}

// functions are the names of Functions.
var functions = wordNames(Functions)

// callForm shows how a function, or an option of hadamard, is written; "" of neither.
func callForm(name string) string {
	for _, words := range [][]Word{Functions, Options} {
		if w := wordNamed(words, name); w != nil {
			return w.Form
		}
	}
	return ""
}
