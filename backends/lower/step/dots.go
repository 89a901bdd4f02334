package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// mostPairs is how many pairs of columns are written out.
const mostPairs = 32

// dotWords says how the weights of dot products stand in words.
type dotWords struct {
	bits   int   // a weight
	offset int64 // that was added
	per    int   // pairs a word
	rows   int   // at a time
	pairs  int   // of columns; Rolled, with those that fill the last word
}

// groupWords is how many words the table has for each group of rows.
func (d dotWords) groupWords() int { return (d.pairs*d.rows + d.per - 1) / d.per }

// at is where the weights of a pair of columns stand in the words of a group: the word, and the field of each lane. Words hold what is
// multiplied next: the rows of a pair in turn, or Rolled some pairs of a row.
func (d dotWords) at(rolled bool, p, row int) (word, field int) {
	if rolled {
		return p/d.per*d.rows + row, p % d.per
	}
	n := p*d.rows + row
	return n / d.per, n % d.per
}

// dotWords lays the weights out: with 16 bits a table word is a pair of them; narrower ones stand several pairs a word, with an offset
// that keeps them positive.
func (t *term) dotWords() dotWords {
	w := &t.t.Matrix
	d := dotWords{bits: 16, per: 1, rows: max(t.c.Together, 1), pairs: (w.Cols + 1) / 2}
	if t.c.Weight < 16 {
		for d.bits = max(w.Bits, 2); 16%d.bits != 0; {
			d.bits++
		}
	}
	if d.bits < 16 {
		d.per, d.offset = 16/d.bits, 1<<(w.Bits-1)
	}
	if t.c.Rolled {
		d.pairs = roundUp(d.pairs, d.per)
	}
	if t.acc != I32 || t.t.InBits > 16 || w.Rows%d.rows != 0 || !t.c.Rolled && d.pairs > mostPairs || w.Bits > 16 {
		t.fail("the input makes no dot products of pairs of %d rows", d.rows)
	}
	return d
}

// dots multiplies pairs of a vector's entries by pairs of weights, some rows at a time, into an array ahead of the update. The pairs
// of the vector are made once, and the sums start without the offset of the weights.
func (t *term) dots() {
	w, d := &t.t.Matrix, t.dotWords()
	x := t.pairsOfVector(d.pairs)
	start := t.startDots(d, x)
	table := t.dotTable(d)
	t.ahead = t.fn.scratch(t.names, "inflow", t.acc, w.Rows)
	group := Times(Counter("i"), int64(d.groupWords()))
	var body []Stmt
	sums := make([]*Expr, d.rows)
	for r := range sums {
		sums[r] = Var(I32, fmt.Sprintf("s%d", r))
		body = append(body, Let{Name: sums[r].Name, Value: start, Mutable: true})
	}
	// some multiplies pairs, from one on; words and pairs stand behind others.
	some := func(from, n int, words, pairs *Expr) (out []Stmt) {
		read := map[int]*Expr{}
		for p := from; p < from+n; p++ {
			s, v := let(fmt.Sprintf("v%d", p), Load(x, sum(pairs, At(p))))
			out = append(out, s)
			for r, to := range sums {
				word, field := d.at(t.c.Rolled, p, r)
				if read[word] == nil {
					s, read[word] = let(fmt.Sprintf("w%d", word), Load(table, sum(words, At(word))))
					out = append(out, s)
				}
				weight := read[word]
				if d.per > 1 {
					weight = Field(weight, field*d.bits, d.bits, false, pair)
				}
				out = append(out, Set{to.Name, Dot(weight, v, to)})
			}
		}
		return out
	}
	if k := Counter("k"); t.c.Rolled && d.pairs > d.per {
		body = append(body, For{Var: "k", To: d.pairs / d.per, By: 1, Body: some(0, d.per, sum(group, Times(k, int64(d.rows))), Times(k, int64(d.per)))})
	} else {
		body = append(body, some(0, d.pairs, group, At(0))...)
	}
	for r, s := range sums {
		body = append(body, Store{t.ahead.Name, sum(Times(Counter("i"), int64(d.rows)), At(r)), t.summed(s)})
	}
	t.before = append(t.before, each("i", w.Rows/d.rows, body...))
}

// startDots is what the sums start with: the half that rounds, less the offset of the weights times the vector.
func (t *term) startDots(d dotWords, x *Array) *Expr {
	half := t.halfAhead()
	if d.offset == 0 {
		return Const(I32, half)
	}
	total := Const(I32, -half)
	if j := Counter("j"); t.c.Rolled {
		sum := Var(I32, "total")
		t.before = append(t.before, Let{Name: sum.Name, Value: total, Mutable: true},
			For{Var: "j", To: d.pairs, By: 1, Body: []Stmt{Set{sum.Name, Dot(Load(x, j), Const(pair, d.offset), sum)}}})
		total = sum
	} else {
		for p := range d.pairs {
			s, v := let(fmt.Sprintf("t%d", p), Dot(Load(x, At(p)), Const(pair, d.offset), total))
			t.before, total = append(t.before, s), v
		}
	}
	s, start := let("start", Neg(total))
	t.before = append(t.before, s)
	return start
}

// halfAhead is the half that rounds, for sums to start with, where nothing but a shift is left then and their type has room; else 0.
func (t *term) halfAhead() int64 {
	n, ok := t.half(arith.Even)
	room := t.calc(max(t.t.AccBits, n)+1, t.t.InBits) == t.acc
	if ok && room && t.t.Mid[0] == t.t.Mid[1] && t.t.Out[0] == t.t.Out[1] {
		t.shift = n
		return 1 << (n - 1)
	}
	t.shift = -1
	return 0
}

// summed is a sum that is done, with the half that it began with: that may be far larger than the product, which is then shifted to nothing.
func (t *term) summed(s *Expr) *Expr {
	bound := arith.OfBits(t.t.AccBits)
	if t.shift > 0 {
		half := int64(1) << (t.shift - 1)
		bound.Lo, bound.Hi = bound.Lo+half, bound.Hi+half
	}
	done := *s
	done.Claim = &bound
	return &done
}

// pairsOfVector fills an array with what the matrix multiplies, two entries a word; an odd one has 0 beside it, and what is behind the
// columns is 0.
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
	cols, j := t.t.Matrix.Cols, Counter("j")
	if cols > 1 {
		t.before = append(t.before, each("j", cols/2, Store{x.Name, j, two(j)}))
	}
	if cols%2 == 1 {
		t.before = append(t.before, Store{x.Name, At(cols / 2), Pack(entry(At(cols-1)), Const(I16, 0))})
	}
	if whole := (cols + 1) / 2; pairs > whole {
		t.before = append(t.before, For{Var: "j", From: whole, To: pairs, By: 1, Independent: true, Body: []Stmt{Store{x.Name, j, Const(pair, 0)}}})
	}
	return x
}

// dotTable lays the weights out in the order in which they are multiplied.
func (t *term) dotTable(d dotWords) *Array {
	w, words := &t.t.Matrix, d.groupWords()
	data := make([]int64, w.Rows/d.rows*words*2)
	for i := range w.Rows {
		for c := range w.Cols {
			word, field := d.at(t.c.Rolled, c/2, i%d.rows)
			at := (i/d.rows*words+word)*2 + c%2
			data[at] = int64(int16(data[at] | (w.Ints[i*w.Cols+c]+d.offset)<<(field*d.bits)))
		}
	}
	order := "pair by pair of columns"
	if t.c.Rolled && d.per > 1 {
		order = fmt.Sprintf("%d pairs of columns a word", d.per)
	}
	doc := fmt.Sprintf("%s [%d, %d], %d rows at a time, %s, %d bits a weight", w.Name, w.Rows, w.Cols, d.rows, order, d.bits)
	if d.offset > 0 {
		doc += fmt.Sprintf(", which is stored plus %d", d.offset)
	}
	return t.tableOf(pair, weights(w), doc+".", data)
}
