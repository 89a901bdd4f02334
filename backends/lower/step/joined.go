package step

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// joined keeps the weights of a unit and its constant in the lanes of words, which dot products with the input and 1 add up: one
// instruction a word. The first word has a weight in its lower lane and the constant, in front of the shift of the product, in its
// upper one. The half that rounds the transform is added to one entry of each group, and with it a multiple of the rounding that
// the constants take back, with one sign for units that are negated and the other for the rest: so the sign of the upper lane is
// the sign of the unit.
type joined struct {
	words int
	table arith.Phased[*Array]
	far   arith.Phased[int64] // what the constants are moved by
	shift arith.Phased[int]   // of the product
	x     []*Expr
}

func (u *update) newJoined() *joined {
	t := u.term
	if t.t == nil || t.t.Source != lower.FromVector || u.lanes != 1 || !u.c.Fused || u.c.Merged || u.c.Ahead || u.c.Record > 0 || u.sum != I32 || u.work != I32 ||
		t.t.InBits > 16 || t.t.Matrix.Bits > 16 || t.t.Matrix.Cols > u.c.Unroll {
		u.fail("weights and constants are not joined")
	}
	j := &joined{words: t.t.Matrix.Cols/2 + 1}
	var data arith.Phased[[]int64]
	for ph := range data {
		data[ph] = u.joinedData(j, ph)
	}
	doc := fmt.Sprintf("%s [%d, %d] and the constants of %s, whose sign is the unit's, %d words a unit in the order of the last pass",
		t.t.Matrix.Name, t.t.Matrix.Rows, t.t.Matrix.Cols, u.Name, j.words)
	if slices.Equal(data[0], data[1]) {
		j.table = arith.Both(u.tableOf(pair, "units_"+u.Name, doc+".", data[0]))
		return j
	}
	j.table[arith.Even] = u.tableOf(pair, "units_"+u.Name+"_even", doc+", at even steps.", data[0])
	j.table[arith.Odd] = u.tableOf(pair, "units_"+u.Name+"_odd", doc+", at odd steps.", data[1])
	return j
}

// joinedData lays out the words of a parity.
func (u *update) joinedData(j *joined, ph int) []int64 {
	t := u.term.t
	shift, half := 0, int64(0)
	switch n, ok := u.term.half(ph); {
	case ok:
		shift, half = n, 1<<(n-1)
	case t.Mid[ph] != arith.Identity || t.Out[ph] != arith.Identity:
		u.fail("a product that is scaled is not joined with constants")
	}
	j.shift[ph] = shift
	constants := make([]int64, u.N)
	far := int64(1) << shift
	for i := range constants {
		if u.Bias[ph] != nil {
			constants[i] = u.Bias[ph][i]
		}
		if u.negated(i) {
			constants[i]++ // -v is ~v + 1
		}
		constants[i] = constants[i]<<shift + half
		for far <= max(constants[i], -constants[i]) {
			far *= 2
		}
	}
	if far > 1<<14 {
		u.fail("constants of more than 15 bits are not joined with weights")
	}
	j.far[ph] = far
	cols := t.Matrix.Cols
	data := make([]int64, 0, 2*j.words*u.N)
	for _, i := range u.order() {
		c := constants[i] + far
		if u.negated(i) {
			c -= 2 * far
		}
		row := t.Matrix.Ints[i*cols : (i+1)*cols]
		data = append(append(append(data, row[0], c), row[1:]...), make([]int64, 2*j.words-1-cols)...)
	}
	return data
}

// raised is what is added to the first entry of a group: the half, and what the constants take back.
func (j *joined) raised(l *layer, ph int) int64 {
	n := shiftLeft(l.Layer, ph)
	half := int64(0)
	if n > 0 {
		half = 1 << (n - 1)
	}
	return half - j.far[ph]>>j.shift[ph]<<n
}

// prepare makes the words that the dot products take of the input.
func (j *joined) prepare(t *term, ph int) []Stmt {
	j.x = nil
	var out []Stmt
	in := t.calc(t.t.InMulBits, t.t.InBits)
	entry := func(c int) *Expr {
		if c >= t.t.Matrix.Cols {
			return Const(I16, 0)
		}
		x := Load(t.builder.x, At(c))
		if t.t.In[ph] != arith.Identity {
			x = Requant(As(x, in), t.t.In[ph])
		}
		return As(x, I16)
	}
	for w := range j.words {
		first, second := entry(max(2*w-1, 0)), Const(I16, 1)
		if w > 0 {
			second = entry(2 * w)
		}
		s, v := let(fmt.Sprintf("x%d", w), Pack(first, second))
		out, j.x = append(out, s), append(j.x, v)
	}
	return out
}

// value is a unit before the clamp.
func (j *joined) value(u *update, z, position *Expr, ph int, name func(string, *Expr) *Expr) *Expr {
	var words []*Expr
	for w := range j.words {
		words = append(words, name(fmt.Sprintf("r%d_", w), Load(j.table[ph], sum(Times(position, int64(j.words)), At(w)))))
	}
	in := Const(I32, 0)
	for w, word := range words {
		in = Dot(word, j.x[w], in)
	}
	mask := As(Shr(Lane(words[0], 1), 15), I32)
	return Add(Shr(Xor(z, mask), shiftLeft(u.Layer, ph)), Shr(in, j.shift[ph]))
}
