package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// term builds what flows into a layer.
type term struct {
	*layer
	t       *lower.Term
	weights arith.Interval // what a weight can be
	acc     Int            // that products are calculated in
	x       []*Expr
	product Product
	before  []Stmt // of both phases
	columns *Array // Columns and a token: the matrix, column by column
	ahead   *Array // the product, where it is made ahead of the update
	shift   int    // Dots and Packed: what is left to shift of it, which has its half; -1 where it is rounded as a whole
	values  *Array // ByValue
}

func (l *layer) newTerm() *term {
	t := &term{layer: l, t: l.Term, shift: -1}
	if t.t == nil {
		return t
	}
	defer l.about(lower.PartInflow, l.of.Layer)()
	w := &t.t.Matrix
	t.weights = hull(w.Ints)
	offset := 0
	if l.c.Record > 0 {
		offset = 1 // weights are stored with an offset that keeps them positive
	}
	t.acc = l.calc(t.t.AccBits+offset, t.t.MidMulBits, t.t.MidBits, t.t.OutBits, t.t.InBits)
	t.product = l.c.Product
	switch {
	case t.t.Source == lower.FromOneHot:
		t.columns = l.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, column by column.", w.Name, w.Rows, w.Cols, w.Bits), t.byColumn())
	case t.inWords():
		t.columns = l.tableOf(l.work, weights(w), fmt.Sprintf("%s [%d, %d], column by column, two units a word.", w.Name, w.Rows, w.Cols), t.byColumn())
	case t.product == Joined:
	case t.product == ByValue:
		if l.c.Record == 0 || t.t.Source != lower.FromVector || t.combinations() > mostValues {
			l.fail("only records of at most %d different rows of weights are multiplied by value", mostValues)
		}
	case l.c.Record > 0 && w.Cols <= l.c.Unroll && t.t.Source == lower.FromVector:
	case (t.product == Rows || t.product == Coupled) && w.Cols <= l.c.Unroll && t.t.Source == lower.FromVector && (l.lanes == 1 || l.c.Apart):
		t.columns = l.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, column by column.", w.Name, w.Rows, w.Cols, w.Bits), t.byColumn())
	default:
		if l.lanes == 2 && l.c.Lane <= 16 {
			l.fail("pairs take their product from records")
		}
		t.aheadOfUpdate()
	}
	return t
}

// weights names the table of a matrix.
func weights(w *lower.Matrix) string { return "weights_" + w.Name }

// byColumn is the matrix column by column, a column in the order of the update.
func (t *term) byColumn() []int64 {
	w := &t.t.Matrix
	var out []int64
	for c := range w.Cols {
		column := make([]int64, w.Rows)
		for r := range column {
			column[r] = w.Ints[r*w.Cols+c]
		}
		if t.lanes == 1 || t.inWords() {
			column = (&update{layer: t.layer}).inOrder(column)
		}
		out = append(out, column...)
	}
	return out
}

// aheadOfUpdate multiplies the whole vector in front of the update, into an array no wider than the product: where units do not alternate
// alike, what is rescaled by sqrt(2) is wider.
func (t *term) aheadOfUpdate() {
	t.acc = t.calc(t.t.AccBits, t.t.InBits)
	switch t.product {
	case Dots:
		t.dots()
		return
	case Packed:
		t.packed()
		return
	}
	elem, w := narrowest(t.t.InBits), &t.t.Matrix
	if t.c.Widened && t.lanes == 1 {
		elem = t.acc
	}
	if t.c.Multiple > 1 && t.product == Rows && t.lanes == 1 {
		w = withColumns(w, roundUp(w.Cols, t.c.Multiple))
	}
	in := t.builder.vector(t.layer.fn, t.t, elem, w.Cols)
	t.before = append(t.before, in.fill...)
	if t.wordsAhead() {
		t.ahead = t.fn.scratch(t.names, "inflow", t.work, t.words())
		var rows []int
		for i := range t.words() {
			rows = append(rows, t.unit(i, 0), t.unit(i, 1))
		}
		table := t.coupledTable(w, rows)
		t.before = append(t.before, each("i", t.words(), append(t.row(w, table, t.work, wordOf(in.array)), Store{t.ahead.Name, Counter("i"), Var(t.work, "acc")})...))
		return
	}
	t.ahead = t.fn.scratch(t.names, "inflow", t.acc, w.Rows)
	t.before = append(t.before, t.builder.multiply(t.fn, w, t.product, in, t.ahead, t.acc, t.t.AccBits)...)
}

// narrowest is the narrowest type that holds a number of bits.
func narrowest(bits int) Int { return Int{Bits: lane(bits), Lanes: 1} }

// vectorIn is the vector that a matrix multiplies, in an array, and what each entry of it can be.
type vectorIn struct {
	array   *Array
	entries arith.Interval
	fill    []Stmt
	// spansZero is set where an entry may be 0 and of either sign, or of one, in all that the plan knows of it.
	spansZero bool
}

// vector fills an array of n entries with what a matrix multiplies: the input, the row of an embedding, or the new state of a layer.
// What is behind its columns is 0.
func (b *builder) vector(f *Func, t *lower.Term, elem Int, n int) vectorIn {
	cols := t.Matrix.Cols
	v := f.scratch(b.names, "vector", elem, n)
	in := b.calc(t.InMulBits, t.InBits)
	j := Counter("j")
	// The entries of a phase from what they are before they are scaled.
	put := func(ph int, e, at *Expr) Stmt {
		if t.In[ph] != arith.Identity {
			e = Requant(As(e, in), t.In[ph])
		}
		return Store{v.Name, at, As(e, v.Elem)}
	}
	var head []Stmt
	fill := func(ph int) []Stmt { return []Stmt{each("j", cols, put(ph, Load(b.x, j), j))} }
	switch t.Source {
	case lower.FromState:
		fill = func(ph int) []Stmt {
			from := b.layers[t.Layer]
			return from.eachUnit("j", func(g, unit *Expr) []Stmt {
				if t.Relu {
					g = Relu(g)
				}
				if t.Held != (arith.Interval{}) && !arith.OfBits(from.Bits).Within(t.Held) {
					g = g.within(t.Held) // the plan knows more of the numbers than their array says
				}
				return []Stmt{put(ph, g, unit)}
			})
		}
	case lower.FromEmbed:
		e := b.embeds[t.Embed]
		if e == nil {
			e = b.table("embed_"+t.Embed.Name, fmt.Sprintf("%s: one row of %d a token.", t.Embed.Name, cols), t.Embed.Ints)
			b.embeds[t.Embed] = e
		}
		s, row := let("row", Times(As(Load(b.x, At(0)), Index), int64(cols)))
		head = []Stmt{s}
		fill = func(ph int) []Stmt { return []Stmt{each("j", cols, put(ph, Load(e, sum(row, j)), j))} }
	}
	if n > cols {
		head = append(head, For{Var: "j", From: cols, To: n, By: 1, Independent: true, Body: []Stmt{Store{v.Name, j, Const(v.Elem, 0)}}})
	}
	return vectorIn{array: v, entries: b.entries(t), fill: append(head, perPhase(t.In[arith.Even] != t.In[arith.Odd], fill)...),
		spansZero: t.Source == lower.FromState && t.Held.Lo <= 0 && t.Held.Hi >= 0}
}

// entries is what an entry of the vector can be that a matrix multiplies. It is scaled by positive factors.
func (b *builder) entries(t *lower.Term) arith.Interval {
	e := arith.OfBits(t.InBits)
	if t.Source == lower.FromState && t.Relu || t.Source == lower.FromVector && !b.plan.Input.Signed {
		e.Lo = 0
	}
	return e
}

// eachUnit runs a body over every unit of a layer's state, in loops.
func (l *layer) eachUnit(v string, body func(g, unit *Expr) []Stmt) []Stmt {
	i := Counter(v)
	if l.lanes == 1 {
		return []Stmt{each(v, l.N, body(Load(l.state, i), i)...)}
	}
	s, w := let("w", Load(l.state, i))
	lanes := func(lower *Expr) []Stmt {
		return append(append([]Stmt{s}, body(Lane(w, 0), lower)...), body(Lane(w, 1), sum(lower, At(l.gap)))...)
	}
	if l.gap == l.N/2 {
		return []Stmt{each(v, l.words(), lanes(i)...)}
	}
	// Word w of block b is unit w + b * gap.
	w = Var(l.state.Elem, "w")
	at := sum(Counter("k"), i)
	s = Let{Name: "w", Value: Load(l.state, at)}
	unit := sum(Counter("k"), Counter("k"), i)
	return []Stmt{For{Var: "k", To: l.words(), By: l.gap, Independent: true, Body: []Stmt{each(v, l.gap, lanes(unit)...)}}}
}

// prepare makes the inputs of a phase.
func (t *term) prepare(ph int) []Stmt {
	if t.t == nil {
		return nil
	}
	t.x = nil
	var out []Stmt
	switch {
	case t.t.Source == lower.FromOneHot:
		s, column := let("column", Times(As(Load(t.builder.x, At(0)), Index), int64(t.t.Matrix.Rows)))
		t.x = []*Expr{column}
		return []Stmt{s}
	case t.ahead != nil:
		return nil
	case t.upd.joined != nil:
		return t.upd.joined.prepare(t, ph)
	}
	in := t.calc(t.t.InMulBits, t.t.InBits)
	for c := range t.t.Matrix.Cols {
		x := Load(t.builder.x, At(c))
		if t.t.In[ph] != arith.Identity {
			x = Requant(As(x, in), t.t.In[ph])
		}
		s, v := let(fmt.Sprintf("x%d", c), As(x, t.factor()))
		out = append(out, s)
		t.x = append(t.x, v)
	}
	if t.record() {
		out = append(out, t.recordStart(ph)...)
	}
	return out
}

func (t *term) record() bool {
	return t.c.Record > 0 && t.ahead == nil && t.t.Source == lower.FromVector
}

// narrow reports whether both factors have 8 bits, so that a processor of 16 multiplies them in one instruction.
func (t *term) narrow() bool {
	return t.builder.choice.Word == 16 && t.acc == I16 && t.t.InBits <= 8 && t.t.Matrix.Bits <= 7 && t.product != ByValue
}

// factor is the type of an input as it is multiplied.
func (t *term) factor() Int {
	switch {
	case t.narrow():
		return I8
	case t.inWords():
		return Int{Bits: t.work.Bits * t.work.Lanes, Lanes: 1}
	}
	return t.acc
}

func (t *term) times(w, x *Expr) *Expr {
	if t.narrow() {
		return MulWide(As(w, I8), x)
	}
	return Mul(As(w, t.acc), x)
}

// half is the rounding constant of the last shift, which can be added ahead where nothing stands between.
func (t *term) half(ph int) (n int, merged bool) {
	out := t.t.Out[ph]
	if t.t.Mid[ph] != arith.Identity || out.Mul != 1 || out.Shift <= 0 {
		return 0, false
	}
	return out.Shift, true
}

// recordStart makes what a product of weights with an offset begins with: minus the offset times the inputs, plus the half that
// rounds, minus what keeps the constants of the record positive.
func (t *term) recordStart(ph int) []Stmt {
	offset := int64(1) << (t.t.Matrix.Bits - 1)
	if t.product == ByValue {
		offset = -t.weights.Lo
	}
	shift, ok := t.half(ph)
	constant := -t.upd.record[ph].raised[ph] << shift
	if ok {
		constant += 1 << (shift - 1)
	}
	total := As(t.x[0], t.acc)
	for _, x := range t.x[1:] {
		total = Add(total, As(x, t.acc))
	}
	start := Sub(Const(t.acc, constant), Times(total, offset))
	if start.Op == OpSub && isZero(start.Args[0]) {
		start = Neg(start.Args[1])
	}
	if t.product != ByValue {
		s, v := let("start", start)
		t.x = append(t.x, v)
		return []Stmt{s}
	}
	return t.everyProduct(ph, start)
}

// mostValues is how many products are made ahead, of all that rows of weights can give.
const mostValues = 64

// combinations is how many rows of weights within their range there are; mostValues + 1 for more.
func (t *term) combinations() int {
	r := t.weights
	n := int64(1)
	for range t.t.Matrix.Cols {
		if n *= r.Hi - r.Lo + 1; n > mostValues {
			return mostValues + 1
		}
	}
	return int(n)
}

// combination numbers the row of weights of a unit: the first column counts most.
func (t *term) combination(unit int) int64 {
	r, m := t.weights, &t.t.Matrix
	n := int64(0)
	for c := range m.Cols {
		n = n*(r.Hi-r.Lo+1) + m.Ints[unit*m.Cols+c] - r.Lo
	}
	return n
}

// everyProduct fills an array with the product of every row of weights, in the order of their numbers; start is that of the first.
// The last columns are written out, up to nine products; those in front of them are loops.
func (t *term) everyProduct(ph int, start *Expr) []Stmt {
	r, cols := t.weights, t.t.Matrix.Cols
	n := int(r.Hi - r.Lo + 1)
	elem := Int{Bits: max(t.upd.record[arith.Even].productBits(), t.upd.record[arith.Odd].productBits()), Lanes: 1}
	if t.values == nil {
		t.values = t.fn.scratch(t.names, "products", elem, t.combinations())
	}
	straight, written := 1, 0 // products and columns that are written out
	for written < cols && straight*n <= 9 {
		straight *= n
		written++
	}
	rounded := func(p *Expr) *Expr {
		if k, ok := t.half(ph); ok {
			return As(Shr(p, k), elem)
		}
		return As(Requant(Requant(p, t.t.Mid[ph]), t.t.Out[ph]), elem)
	}
	names := 0
	var write func(p *Expr, column int, at *Expr, size int) []Stmt
	write = func(p *Expr, column int, at *Expr, size int) (out []Stmt) {
		if column == cols {
			return []Stmt{Store{t.values.Name, at, rounded(p)}}
		}
		size /= n
		for w := range n {
			if w > 0 {
				var s Stmt
				s, p = let(fmt.Sprintf("q%d", names), Add(p, As(t.x[column], t.acc)))
				names++
				out = append(out, s)
			}
			out = append(out, write(p, column+1, sum(at, At(w*size)), size)...)
		}
		return out
	}
	var loops func(p *Expr, column int, at *Expr, size int) []Stmt
	loops = func(p *Expr, column int, at *Expr, size int) []Stmt {
		if column == cols-written {
			return write(p, column, at, size)
		}
		name, counter := fmt.Sprintf("p%d", column), fmt.Sprintf("c%d", column)
		next := Var(t.acc, name)
		body := loops(next, column+1, sum(at, Counter(counter)), size/n)
		body = append(body, Set{name, Add(next, As(t.x[column], t.acc))})
		return []Stmt{
			Let{Name: name, Value: p, Mutable: true},
			For{Var: counter, To: size, By: size / n, Body: body},
		}
	}
	return loops(start, 0, At(0), t.combinations())
}

// entry is what flows into a word, in the type of the sum; nil for nothing.
func (t *term) entry(at, position *Expr, r *record, ph int, sumType Int, name func(string, *Expr) *Expr) *Expr {
	if t.t == nil {
		return nil
	}
	rounded := func(e *Expr) *Expr {
		return As(Requant(Requant(e, t.t.Mid[ph]), t.t.Out[ph]), sumType)
	}
	switch {
	case t.t.Source == lower.FromOneHot:
		if t.lanes == 2 && t.c.Lane <= 16 {
			t.fail("pairs take no token")
		}
		return rounded(Times(As(Load(t.columns, sum(t.x[0], position)), t.acc), t.t.In[ph].Apply(1)))
	case t.ahead != nil:
		if t.shift >= 0 {
			return As(Shr(Load(t.ahead, at), t.shift), sumType)
		}
		wide := t.calc(t.t.AccBits, t.t.InBits, t.t.OutBits)
		if t.t.Mid[ph] != arith.Identity {
			wide = t.calc(t.t.InBits, t.t.MidMulBits, t.t.MidBits, t.t.OutBits)
		}
		return rounded(As(Load(t.ahead, at), wide))
	case t.product == ByValue:
		return t.byValue(position, r, name)
	case t.record():
		product := func(lane int, to Int) *Expr {
			e := t.x[len(t.x)-1]
			for c := range t.t.Matrix.Cols {
				e = Add(e, t.times(r.field(position, fieldOf(c, lane), name), t.x[c]))
			}
			if n, ok := t.half(ph); ok {
				return As(Shr(e, n), to)
			}
			return As(Requant(Requant(e, t.t.Mid[ph]), t.t.Out[ph]), to)
		}
		if t.lanes == 1 {
			return product(0, sumType)
		}
		half := Int{Bits: sumType.Bits, Lanes: 1}
		return Pack(product(0, half), product(1, half))
	}
	var e *Expr
	for c := range t.t.Matrix.Cols {
		p := t.times(Load(t.columns, sum(position, At(c*t.t.Matrix.Rows))), t.x[c])
		if e == nil {
			e = p
		} else {
			e = Add(e, p)
		}
	}
	return rounded(e)
}

func (t *term) byValue(position *Expr, r *record, name func(string, *Expr) *Expr) *Expr {
	entry := func(lane int) *Expr {
		return Load(t.values, r.index(position, productField(lane), name))
	}
	if t.lanes == 2 {
		return Pack(entry(0), entry(1))
	}
	return As(entry(0), t.upd.sum)
}

// multiply makes y = W v in an array, calculated in acc; each row fits some bits.
func (b *builder) multiply(f *Func, w *lower.Matrix, how Product, in vectorIn, y *Array, acc Int, bits int) []Stmt {
	v := in.array
	switch how {
	case Adders:
		return b.additions(w, in, y, acc, bits)
	case Groups:
		return b.groups(f, w, in, y, acc, bits)
	case Coupled:
		return b.coupled(w, v, y)
	}
	t := b.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, row by row.", w.Name, w.Rows, w.Cols, w.Bits), w.Ints)
	i := Counter("i")
	return []Stmt{each("i", w.Rows, append(b.row(w, t, acc, func(j *Expr) *Expr { return As(Load(v, j), acc) }),
		Store{y.Name, i, As(Var(acc, "acc"), y.Elem)})...)}
}

// couple is two lanes of 32 bits.
var couple = Int{Bits: 32, Lanes: 2}

// wordOf is an entry of a vector as both lanes of a word are multiplied by it.
func wordOf(v *Array) func(j *Expr) *Expr {
	return func(j *Expr) *Expr { return As(Load(v, j), I64) }
}

// coupledTable has the weights of two rows a word; a row of -1 has none.
func (b *builder) coupledTable(w *lower.Matrix, rows []int) *Array {
	data := make([]int64, 0, len(rows)*w.Cols)
	for i := 0; i < len(rows); i += 2 {
		for c := range w.Cols {
			for _, r := range rows[i : i+2] {
				v := int64(0)
				if r >= 0 {
					v = w.Ints[r*w.Cols+c]
				}
				data = append(data, v)
			}
		}
	}
	return b.tableOf(couple, weights(w), fmt.Sprintf("%s [%d, %d], two rows at a time: a word holds a weight of each.", w.Name, w.Rows, w.Cols), data)
}

// coupled multiplies two rows at a time: the product of a word is that of its lanes, which the verifier proves wide enough.
func (b *builder) coupled(w *lower.Matrix, v, y *Array) []Stmt {
	rows := make([]int, w.Rows+w.Rows%2)
	for i := range rows {
		rows[i] = i
	}
	pairs := w.Rows / 2
	if w.Rows%2 == 1 {
		rows[w.Rows] = -1
	}
	t := b.coupledTable(w, rows)
	i, sum2 := Counter("i"), Var(couple, "acc")
	put := func(at *Expr, lane int) Stmt { return Store{y.Name, at, As(Lane(sum2, lane), y.Elem)} }
	body := append(b.row(w, t, couple, wordOf(v)), put(Times(i, 2), 0), put(sum(Times(i, 2), At(1)), 1))
	out := []Stmt{each("i", pairs, body...)}
	if w.Rows%2 == 1 {
		last := append(b.row(w, t, couple, wordOf(v)), put(Times(i, 2), 0))
		out = append(out, For{Var: "i", From: pairs, To: pairs + 1, By: 1, Independent: true, Body: last})
	}
	return out
}

// row adds up the products of row i of a table in acc, as many columns in a row as the choice says and the matrix allows.
func (b *builder) row(w *lower.Matrix, t *Array, acc Int, entry func(j *Expr) *Expr) []Stmt {
	across := max(b.choice.Across, 1)
	whole := across > 1 && w.Cols <= 2*across
	if whole {
		across = w.Cols
	}
	for w.Cols%across != 0 {
		across--
	}
	j, total := Counter("j"), Const(acc, 0)
	if whole {
		j = At(0)
	}
	for k := range across {
		at := sum(j, At(k))
		total = Add(total, Mul(As(Load(t, sum(Times(Counter("i"), int64(w.Cols)), at)), acc), entry(at)))
	}
	if whole {
		return []Stmt{Let{Name: "acc", Value: total}}
	}
	return []Stmt{
		Let{Name: "acc", Value: Const(acc, 0), Mutable: true},
		For{Var: "j", To: w.Cols, By: across, Body: []Stmt{Set{"acc", Add(Var(acc, "acc"), total)}}},
	}
}

// additions multiplies by shared additions. Their sums are as wide as the widest of them; the rows are as wide as the plan has proven.
func (b *builder) additions(w *lower.Matrix, v vectorIn, y *Array, acc Int, bits int) []Stmt {
	if !Straight(w) {
		b.fail("a matrix of %d signed digits is too large for straight additions", digits(w))
	}
	g := b.adders(w)
	acc = b.calc(acc.Bits, g.Bits(v.entries))
	var out []Stmt
	node := func(n, shift int) *Expr {
		if n < g.Inputs {
			return Shl(As(Load(v.array, At(n)), acc), shift)
		}
		return Shl(Var(acc, fmt.Sprintf("n%d", n-g.Inputs)), shift)
	}
	for i, n := range g.Nodes {
		e := Add(node(n.A, n.ShiftA), node(n.B, n.ShiftB))
		if n.Sub {
			e = Sub(node(n.A, n.ShiftA), node(n.B, n.ShiftB))
		}
		out = append(out, Let{Name: fmt.Sprintf("n%d", i), Value: e})
	}
	for i, o := range g.Out {
		e := Const(acc, 0)
		if o.Node >= 0 {
			e = node(o.Node, o.Shift)
			if o.Neg {
				e = Neg(e)
			}
		}
		out = append(out, Store{y.Name, At(i), As(e.Claimed(bits), y.Elem)})
	}
	return out
}

// groups handles eight columns of signs at a time: the 256 sums that their signs can give are made once, by 255 subtractions,
// and each row picks one by a byte: rows + 256 operations for eight columns, and one bit of table a weight.
func (b *builder) groups(f *Func, w *lower.Matrix, in vectorIn, y *Array, acc Int, bits int) []Stmt {
	if w.Bits != 1 || w.Cols%8 != 0 {
		b.fail("only signs in rows of whole bytes are multiplied in groups")
		return nil
	}
	bytes := make([]int64, 0, len(w.Ints)/8)
	for c := 0; c < w.Cols; c += 8 {
		for r := range w.Rows {
			var n int64
			for k := range 8 {
				if w.Ints[r*w.Cols+c+k] < 0 {
					n |= 1 << k
				}
			}
			bytes = append(bytes, n)
		}
	}
	t := b.tableOf(Int{Bits: 8, Lanes: 1, Unsigned: true}, weights(w),
		fmt.Sprintf("%s of +1 and -1: entry [c][r] holds row r, columns 8c to 8c+7, bit k set where column 8c+k is -1.", w.Name), bytes)
	sums := f.scratch(b.names, "sums", acc, 256)
	c, r, k := Counter("c"), Counter("r"), Counter("k")
	body := []Stmt{}
	entry := func(n int) *Expr { return As(Load(in.array, sum(Times(c, 8), At(n))), acc) }
	// Intervals do not see that a sum has each entry once, nor what a row has of each sign.
	most := 8 * in.entries.Magnitude()
	made := arith.Between(-most, most)
	added := func(e *Expr) *Expr {
		if in.spansZero { // each part of a row's sum is within the bound of the whole
			return e.Claimed(bits)
		}
		return e
	}
	total := entry(0)
	for n := 1; n < 8; n++ {
		total = Add(total, entry(n))
	}
	body = append(body, Store{sums.Name, At(0), total})
	for n := range 8 {
		s, twice := let(fmt.Sprintf("d%d", n), Shl(entry(n), 1))
		body = append(body, s, each("k", 1<<n, Store{sums.Name, sum(k, At(1<<n)), Sub(Load(sums, k), twice).within(made)}))
	}
	row := sum(Times(c, int64(w.Rows)), r)
	body = append(body, each("r", w.Rows, Store{y.Name, r, As(added(Add(As(Load(y, r), acc), Load(sums, As(Load(t, row), Index)))), y.Elem)}))
	return []Stmt{
		each("r", w.Rows, Store{y.Name, r, Const(y.Elem, 0)}),
		For{Var: "c", To: w.Cols / 8, By: 1, Body: body},
	}
}
