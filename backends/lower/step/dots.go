package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// mostPairs is how many pairs of columns are written out.
const mostPairs = 32

// dots multiplies pairs of a vector's entries by pairs of weights, some rows at a time, into an array ahead of the update. The pairs
// of the vector are made once. With weights of 16 bits a table word is a pair of them; narrower ones stand several pairs a word, with
// an offset that keeps them positive and that the sums start without.
func (t *term) dots() {
	w := &t.t.Matrix
	rows, pairs := max(t.c.Together, 1), (w.Cols+1)/2
	if t.acc != I32 || t.t.InBits > 16 || w.Rows%rows != 0 || pairs > mostPairs || w.Bits > 16 {
		t.fail("the input makes no dot products of pairs of %d rows", rows)
	}
	bits, offset := 16, int64(0)
	if t.c.Weight < 16 {
		for bits = max(w.Bits, 2); 16%bits != 0; {
			bits++
		}
		offset = 1 << (w.Bits - 1)
	}
	per := 16 / bits // pairs a word
	if bits == 16 {
		offset = 0
	}

	x := t.pairsOfVector(pairs)
	zero := int64(0)
	t.shift = -1
	if n, ok := t.half(arith.Even); ok && t.t.Mid[0] == t.t.Mid[1] && t.t.Out[0] == t.t.Out[1] {
		t.shift, zero = n, 1<<(n-1)
	}
	start := Const(I32, zero)
	if offset > 0 {
		start = Const(I32, -zero)
		for p := range pairs {
			s, v := let(fmt.Sprintf("t%d", p), Dot(Load(x, At(p)), Const(pair, offset), start))
			t.before, start = append(t.before, s), v
		}
		var s Stmt
		s, start = let("start", Neg(start))
		t.before = append(t.before, s)
	}

	table := t.dotTable(bits, offset, rows, pairs)
	words := (pairs*rows + per - 1) / per
	t.ahead = t.fn.scratch(t.names, "inflow", t.acc, w.Rows)
	group := Counter("i")
	var body []Stmt
	sums := make([]*Expr, rows)
	for r := range sums {
		sums[r] = Var(I32, fmt.Sprintf("s%d", r))
		body = append(body, Let{Name: sums[r].Name, Value: start, Mutable: true})
	}
	var word *Expr
	for p := range pairs {
		s, v := let(fmt.Sprintf("v%d", p), Load(x, At(p)))
		body = append(body, s)
		for r, to := range sums {
			n := p*rows + r
			if n%per == 0 {
				s, word = let(fmt.Sprintf("w%d", n/per), Load(table, sum(Times(group, int64(words)), At(n/per))))
				body = append(body, s)
			}
			weight := word
			if per > 1 {
				weight = Field(word, n%per*bits, bits, false, pair)
			}
			body = append(body, Set{to.Name, Dot(weight, v, to)})
		}
	}
	for r, s := range sums {
		done := s.Claimed(t.t.AccBits + boolInt(t.shift >= 0))
		body = append(body, Store{t.ahead.Name, sum(Times(group, int64(rows)), At(r)), done})
	}
	t.before = append(t.before, each("i", w.Rows/rows, body...))
}

// pairsOfVector fills an array with what the matrix multiplies, two entries a word; an odd one has 0 beside it.
func (t *term) pairsOfVector(pairs int) *Array {
	from := t.builder.x
	if t.t.Source != lower.FromVector || t.t.In != arith.Both(arith.Identity) {
		in := t.builder.vector(t.fn, t.t, narrowest(t.t.InBits), t.t.Matrix.Cols)
		t.before = append(t.before, in.fill...)
		from = in.array
	}
	x := t.fn.scratch(t.names, "pairs", pair, pairs)
	entry := func(at *Expr) *Expr { return As(Load(from, at), I16) }
	two := func(p *Expr) *Expr { return Pack(entry(Times(p, 2)), entry(sum(Times(p, 2), At(1)))) }
	cols := t.t.Matrix.Cols
	if j := Counter("j"); cols > 1 {
		t.before = append(t.before, each("j", cols/2, Store{x.Name, j, two(j)}))
	}
	if cols%2 == 1 {
		t.before = append(t.before, Store{x.Name, At(pairs - 1), Pack(entry(At(cols-1)), Const(I16, 0))})
	}
	return x
}

// dotTable lays the weights out in the order in which they are multiplied: for each group of rows pair by pair, the rows in turn.
func (t *term) dotTable(bits int, offset int64, rows, pairs int) *Array {
	w := &t.t.Matrix
	per := 16 / bits
	words := (pairs*rows + per - 1) / per
	data := make([]int64, w.Rows/rows*words*2)
	for i := range w.Rows {
		for c := range w.Cols {
			n := c/2*rows + i%rows
			at := (i/rows*words+n/per)*2 + c%2
			data[at] = int64(int16(data[at] | (w.Ints[i*w.Cols+c]+offset)<<(n%per*bits)))
		}
	}
	doc := fmt.Sprintf("%s [%d, %d], %d rows at a time, pair by pair of columns, %d bits a weight", w.Name, w.Rows, w.Cols, rows, bits)
	if offset > 0 {
		doc += fmt.Sprintf(", which is stored plus %d", offset)
	}
	return t.tableOf(pair, weights(w), doc+".", data)
}
