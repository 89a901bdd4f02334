package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// packing lays weights out in words, several a word, with an offset that keeps them positive.
type packing struct {
	bits   int   // a weight
	offset int64 // that was added
	word   Int   // of the table
	per    int   // weights a word
}

func (b *builder) packing(m *lower.Matrix, word int) packing {
	bits := max(m.Bits, 2)
	for bits < 16 && word%bits != 0 {
		bits++
	}
	if bits > word {
		b.fail("weights of %d bits are not packed into words of %d", m.Bits, word)
	}
	return packing{bits, 1 << (m.Bits - 1), Int{Bits: word, Lanes: 1, Unsigned: word < 32}, word / bits}
}

// wordBits is how wide the words of packed tables are: bytes where the processor has 16 bits.
func (b *builder) wordBits() int {
	if b.choice.Word == 16 {
		return 8
	}
	return 32
}

// words are the entries of a packed table as its type has them.
func (p packing) words(data []int64) []int64 {
	if p.word.Bits == 32 {
		for i, v := range data {
			data[i] = int64(int32(v))
		}
	}
	return data
}

// packed multiplies some rows at a time from packed words, into an array ahead of the update. A word holds the weights of a row for as
// many columns as it has room for, and a loop takes the words in turn, however many columns there are. The sums start without the
// offset of the weights.
func (t *term) packed() {
	w, rows := &t.t.Matrix, max(t.c.Together, 1)
	p := t.packing(w, t.wordBits())
	if p.per < 2 || w.Rows%rows != 0 {
		t.fail("the input is not multiplied from packed words, %d rows at a time", rows)
	}
	words := (w.Cols + p.per - 1) / p.per
	in := t.builder.vector(t.fn, t.t, narrowest(t.t.InBits), words*p.per)
	t.before = append(t.before, in.fill...)
	acc := t.calc(t.t.InBits + p.bits + arith.SignedBits(int64(w.Cols))) // weights with an offset make larger sums
	if acc.Bits < t.acc.Bits {
		acc = t.acc
	}
	x, product := t.calc(t.t.InBits+p.bits), Mul
	if t.builder.choice.Word == 16 && t.t.InBits <= 8 && p.bits < 8 {
		x, product = I8, MulWide
	}

	half, total, j, k := t.halfAhead(), Var(acc, "total"), Counter("j"), Counter("k")
	s, start := let("start", Sub(Const(acc, half), Times(total, p.offset)))
	t.before = append(t.before, Let{Name: total.Name, Value: Const(acc, 0), Mutable: true},
		For{Var: "j", To: w.Cols, By: 1, Body: []Stmt{Set{total.Name, Add(total, As(Load(in.array, j), acc))}}}, s)

	table := t.packedTable(p, rows, words)
	t.ahead = t.fn.scratch(t.names, "inflow", t.acc, w.Rows)
	var head, body, tail []Stmt
	read, sums := make([]*Expr, rows), make([]*Expr, rows)
	first := sum(Times(Counter("i"), int64(words*rows)), Times(k, int64(rows)))
	for r := range rows {
		sums[r] = Var(acc, fmt.Sprintf("s%d", r))
		head = append(head, Let{Name: sums[r].Name, Value: start, Mutable: true})
		var s Stmt
		s, read[r] = let(fmt.Sprintf("w%d", r), Load(table, sum(first, At(r))))
		body = append(body, s)
		tail = append(tail, Store{t.ahead.Name, sum(Times(Counter("i"), int64(rows)), At(r)), As(t.summed(sums[r]), t.acc)})
	}
	for c := range p.per {
		s, v := let(fmt.Sprintf("v%d", c), As(Load(in.array, sum(Times(k, int64(p.per)), At(c))), x))
		body = append(body, s)
		for r, to := range sums {
			weight := Field(read[r], c*p.bits, p.bits, false, x)
			body = append(body, Set{to.Name, Add(to, As(product(weight, v), acc))})
		}
	}
	head = append(head, For{Var: "k", To: words, By: 1, Body: body})
	t.before = append(t.before, each("i", w.Rows/rows, append(head, tail...)...))
}

// packedTable packs the weights of a layer: for each group of rows, the words of the same columns stand together.
func (t *term) packedTable(p packing, rows, words int) *Array {
	w := &t.t.Matrix
	data := make([]int64, w.Rows*words)
	for i := range w.Rows {
		for c := range w.Cols {
			at := i/rows*rows*words + c/p.per*rows + i%rows
			data[at] |= (w.Ints[i*w.Cols+c] + p.offset) << (c % p.per * p.bits)
		}
	}
	doc := fmt.Sprintf("%s [%d, %d], %d rows at a time, %d columns a word: %d bits a weight, which is stored plus %d.", w.Name, w.Rows, w.Cols, rows, p.per, p.bits, p.offset)
	return t.tableOf(p.word, weights(w), doc, p.words(data))
}

// together is how many rows are multiplied at a time.
func (r *readout) together() int {
	if r.c.Together > 0 {
		return min(r.c.Together, r.Matrix.Rows)
	}
	return r.Matrix.Rows
}

// packed multiplies unit by unit or pair by pair, some rows at a time, from packed words. The offset of the weights is taken back
// once: the sum of the units, times the offset.
func (r *readout) packed(f *Func, put into) []Stmt {
	if r.c.Product == Dots {
		return r.dots(put)
	}
	var out []Stmt
	for first := 0; first < r.Matrix.Rows; first += r.together() {
		n := min(r.together(), r.Matrix.Rows-first)
		t, p := r.packedTable(first, n)
		out = append(out, r.packedRows(t, p, first, n, r.y, r.YBits, values{r.unitOf, r.l.Bits}, put)...)
	}
	return out
}

// unitOf is the value of unit j of the state.
func (r *readout) unitOf(j *Expr) *Expr { return r.unit(Load(r.l.state, j), r.calc(r.l.Bits)) }

// packedTable packs the weights of some rows: those of a unit stand together.
func (r *readout) packedTable(first, n int) (*Array, packing) {
	p := r.packing(&r.Matrix, r.wordBits())
	if t := r.packedTables[first]; t != nil {
		return t, p
	}
	words := (n + p.per - 1) / p.per
	data := make([]int64, r.read*words)
	for u := range r.read {
		for i := range n {
			v := r.Matrix.Ints[(first+i)*r.Matrix.Cols+u] + p.offset
			data[u*words+i/p.per] |= v << (i % p.per * p.bits)
		}
	}
	t := r.packedArray(first, n, p, data, "unit by unit")
	r.packedTables[first] = t
	return t, p
}

func (r *readout) packedArray(first, n int, p packing, data []int64, order string) *Array {
	doc := fmt.Sprintf("%s [%d, %d], rows %d to %d, %s: %d bits a weight, which is stored plus %d.", r.Matrix.Name, r.Matrix.Rows, r.Matrix.Cols, first, first+n-1, order, p.bits, p.offset)
	return r.tableOf(p.word, weights(&r.Matrix), doc, p.words(data))
}

// values is what a matrix multiplies: that of unit j, of some bits with its sign.
type values struct {
	of   func(j *Expr) *Expr
	bits int
}

// packedRows adds up weight times value over all units, for n rows. The sums are proven to fit claim bits.
func (r *readout) packedRows(t *Array, p packing, first, n int, acc Int, claim int, v values, put into) []Stmt {
	words := t.Len / r.read
	// Sums of weights with an offset are larger than the outputs.
	if wide := r.calc(v.bits + p.bits + arith.SignedBits(int64(r.l.N))); wide.Bits > acc.Bits {
		acc = wide
	}
	var out []Stmt
	mutable := func(name string, i int) *Expr {
		name = fmt.Sprintf("%s%d", name, i)
		out = append(out, Let{Name: name, Value: Const(acc, 0), Mutable: true})
		return Var(acc, name)
	}
	total := mutable("total", first)
	rows := make([]*Expr, n)
	for i := range rows {
		rows[i] = mutable("s", first+i)
	}
	j := Counter("j")
	s, g := let("g", v.of(j))
	body := []Stmt{s, Set{total.Name, Add(total, As(g, acc))}}
	product := r.calc(v.bits + p.bits) // a weight has no sign
	if product.Bits > acc.Bits {
		product = acc
	}
	for w := range words {
		s, word := let(fmt.Sprintf("w%d", w), Load(t, sum(Times(j, int64(words)), At(w))))
		body = append(body, s)
		for i := w * p.per; i < min(n, (w+1)*p.per); i++ {
			weight := Field(word, i%p.per*p.bits, p.bits, false, product)
			body = append(body, Set{rows[i].Name, Add(rows[i], As(Mul(weight, As(g, product)), acc))})
		}
	}
	out = append(out, For{Var: "j", To: r.read, By: 1, Body: body})
	s, back := let(fmt.Sprintf("back%d", first), Times(total, p.offset))
	out = append(out, s)
	for i := range rows {
		out = append(out, put(At(first+i), As(Sub(rows[i], back).Claimed(claim), r.y)))
	}
	return out
}

// pair is two lanes of 16 bits.
var pair = Int{Bits: 16, Lanes: 2}

// dots multiplies pairs of units by pairs of weights: a table word holds the weights of a row for several pairs.
func (r *readout) dots(put into) []Stmt {
	p := r.packing(&r.Matrix, 32)
	pairs := p.per / 2
	n := r.l.N / 2
	if p.bits > 8 || r.l.Bits > 16 || r.l.N%2 != 0 || n%pairs != 0 || !r.Relu || r.y != I32 {
		r.fail("the output makes no dot products of pairs")
		return nil
	}
	most := int64(r.l.N) * r.most() << p.bits
	if r.c.Stored {
		if most += 1 << (r.YBits - 1); r.out.Elem != I32 || r.plan.Output.When == ir.Mean { // they begin with the bias
			r.fail("the sums of dot products are not kept in the outputs")
			return nil
		}
	}
	if most > I32.Range().Hi {
		r.fail("the sums of %d products of weights with an offset do not fit 32 bits", r.l.N)
		return nil
	}
	total := Var(I32, "total0")
	out := []Stmt{Let{Name: total.Name, Value: Const(I32, 0), Mutable: true}}
	for first := 0; first < r.Matrix.Rows; first += r.together() {
		rows := min(r.together(), r.Matrix.Rows-first)
		out = append(out, r.dotRows(r.dotTable(p, first, rows), p, first, rows, total, put)...)
	}
	if i := Counter("i"); r.c.Stored {
		out = append(out, each("i", r.Matrix.Rows, Store{r.out.Name, i, Sub(Load(r.out, i), total).Claimed(r.YBits)}))
	}
	return out
}

// dotTable packs the weights of some rows: entry [m][i] holds row i for the pairs of group m, a field a pair in each lane.
func (r *readout) dotTable(p packing, first, rows int) *Array {
	pairs := p.per / 2
	data := make([]int64, r.l.N/p.per*rows*2)
	for w := range r.l.N / 2 {
		for i := range rows {
			for lane := range 2 {
				v := r.Matrix.Ints[(first+i)*r.Matrix.Cols+r.pairUnit(w, lane)] + p.offset
				at := 2*(w/pairs*rows+i) + lane
				data[at] = int64(int16(data[at] | v<<(w%pairs*p.bits)))
			}
		}
	}
	doc := fmt.Sprintf("%s [%d, %d], rows %d to %d for %d pairs of units at a time: %d bits a weight, which is stored plus %d.",
		r.Matrix.Name, r.Matrix.Rows, r.Matrix.Cols, first, first+rows-1, pairs, p.bits, p.offset)
	return r.tableOf(pair, weights(&r.Matrix), doc, data)
}

// dotRows multiplies some rows. The first of them also add up the units times the offset of the weights, for all.
func (r *readout) dotRows(t *Array, p packing, first, rows int, total *Expr, put into) []Stmt {
	var out []Stmt
	sums := make([]*Expr, rows)
	for i := range sums {
		if r.c.Stored {
			out = append(out, put(At(first+i), Const(I32, 0)))
			continue
		}
		name := fmt.Sprintf("s%d", first+i)
		out = append(out, Let{Name: name, Value: Const(I32, 0), Mutable: true})
		sums[i] = Var(I32, name)
	}
	m, pairs := Counter("m"), p.per/2
	var body []Stmt
	g := make([]*Expr, pairs)
	for k := range g {
		var s Stmt
		s, g[k] = let(fmt.Sprintf("g%d", k), Relu(r.pairOf(sum(Times(m, int64(pairs)), At(k)))))
		body = append(body, s)
		if first == 0 {
			body = append(body, Set{total.Name, Dot(g[k], Const(pair, p.offset), total)})
		}
	}
	for i, to := range sums {
		s, word := let(fmt.Sprintf("w%d", i), Load(t, sum(Times(m, int64(rows)), At(i))))
		body = append(body, s)
		if r.c.Stored {
			sum := Load(r.out, At(first+i))
			for k := range g {
				sum = Dot(Field(word, k*p.bits, p.bits, false, pair), g[k], sum)
			}
			body = append(body, Store{r.out.Name, At(first + i), sum.Claimed(32)})
			continue
		}
		for k := range g {
			body = append(body, Set{to.Name, Dot(Field(word, k*p.bits, p.bits, false, pair), g[k], to)})
		}
	}
	out = append(out, For{Var: "m", To: r.l.N / p.per, By: 1, Body: body})
	for i := 0; i < rows && !r.c.Stored; i++ {
		out = append(out, put(At(first+i), Sub(sums[i], total).Claimed(r.YBits)))
	}
	return out
}

// pairUnit is the unit in a lane of pair w of the output.
func (r *readout) pairUnit(w, lane int) int {
	if r.l.lanes == 2 {
		return r.l.unit(w, lane)
	}
	return 2*w + lane
}

// pairOf is a pair of units of the state.
func (r *readout) pairOf(w *Expr) *Expr {
	if r.l.lanes == 2 {
		return Load(r.l.state, w)
	}
	two := Times(w, 2)
	return Pack(As(Load(r.l.state, two), I16), As(Load(r.l.state, sum(two, At(1))), I16))
}
