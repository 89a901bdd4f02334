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
	acc     Int // that products are calculated in
	x       []*Expr
	product Product
	before  []Stmt  // of both phases
	columns *Array  // Columns and a token: the matrix, column by column
	ahead   *Array  // the product, where it is made ahead of the update
	values  *Array  // ByValue
	weights []int64 // in the order of the update: what a record holds
	one     arith.Phased[int64]
}

func (l *layer) newTerm() *term {
	t := &term{layer: l, t: l.Term}
	if t.t == nil {
		return t
	}
	w := &t.t.Matrix
	offset := 0
	if l.c.Record > 0 {
		offset = 1 // weights are stored with an offset that keeps them positive
	}
	t.acc = l.calc(t.t.AccBits+offset, t.t.MidMulBits, t.t.MidBits, t.t.OutBits, t.t.InBits)
	t.product = l.c.Product
	switch {
	case t.t.Source == lower.FromOneHot:
		t.columns = l.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, column by column.", w.Name, w.Rows, w.Cols, w.Bits), t.byColumn())
	case t.product == ByValue:
		if w.Cols != 1 || w.Bits > 4 || l.c.Record == 0 || t.t.Source != lower.FromVector {
			l.fail("only records of a single column of at most 4 bits are multiplied by value")
		}
	case l.c.Record > 0 && w.Cols <= l.c.Unroll && t.t.Source == lower.FromVector:
	case t.product == Rows && w.Cols <= l.c.Unroll && t.t.Source == lower.FromVector && l.lanes == 1:
		t.columns = l.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, column by column.", w.Name, w.Rows, w.Cols, w.Bits), t.byColumn())
	default:
		if l.lanes == 2 {
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
		out = append(out, (&update{layer: t.layer}).inOrder(column)...)
	}
	return out
}

// aheadOfUpdate multiplies the whole vector in front of the update, into an array.
func (t *term) aheadOfUpdate() {
	in := t.builder.vector(t.layer.fn, t.t)
	t.before = append(t.before, in.fill...)
	t.ahead = t.fn.scratch(t.names, "inflow", t.acc, t.t.Matrix.Rows)
	t.before = append(t.before, t.builder.multiply(t.fn, &t.t.Matrix, t.product, in.array, t.ahead, t.acc)...)
}

// vectorIn is the vector that a matrix multiplies, in an array.
type vectorIn struct {
	array *Array
	fill  []Stmt
}

// vector fills an array with what a matrix multiplies: the input, the row of an embedding, or the new state of a layer.
func (b *builder) vector(f *Func, t *lower.Term) vectorIn {
	cols := t.Matrix.Cols
	v := f.scratch(b.names, "vector", Int{Bits: lane(t.InBits), Lanes: 1}, cols)
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
			return b.layers[t.Layer].eachUnit("j", func(g, unit *Expr) []Stmt {
				if t.Relu {
					g = Relu(g)
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
	return vectorIn{v, append(head, perPhase(t.In[arith.Even] != t.In[arith.Odd], fill)...)}
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
	if t.narrow() {
		return I8
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
// rounds.
func (t *term) recordStart(ph int) []Stmt {
	offset := int64(1) << (t.t.Matrix.Bits - 1)
	start := Const(t.acc, 0)
	if n, ok := t.half(ph); ok {
		start = Const(t.acc, 1<<(n-1))
	}
	total := As(t.x[0], t.acc)
	for _, x := range t.x[1:] {
		total = Add(total, As(x, t.acc))
	}
	start = Sub(start, Times(total, offset))
	if start.Op == OpSub && isZero(start.Args[0]) {
		start = Neg(start.Args[1])
	}
	if t.product != ByValue {
		s, v := let("start", start)
		t.x = append(t.x, v)
		return []Stmt{s}
	}
	// The product with each weight that occurs, smallest first.
	n := 1 << t.t.Matrix.Bits
	if t.t.Matrix.Bits == 1 {
		n = 3 // -1, 0 and +1
	}
	elem := Int{Bits: lane(t.t.OutBits), Lanes: 1}
	if t.lanes == 2 {
		elem = Int{Bits: t.work.Bits, Lanes: 1}
	}
	if t.values == nil {
		t.values = t.fn.scratch(t.names, "products", elem, n)
	}
	s, _ := let("p", start)
	l := s.(Let)
	l.Mutable = true
	p := Var(t.acc, "p")
	next := p
	if k, ok := t.half(ph); ok {
		next = Shr(p, k)
	} else {
		next = Requant(Requant(p, t.t.Mid[ph]), t.t.Out[ph])
	}
	// The last product would be followed by one that no weight has.
	return []Stmt{l, For{Var: "q", To: n - 1, By: 1, Body: []Stmt{
		Store{t.values.Name, Counter("q"), As(next, elem)},
		Set{"p", Add(p, t.x[0])},
	}}, Store{t.values.Name, At(n - 1), As(next, elem)}}
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
		if t.lanes == 2 {
			t.fail("pairs take no token")
		}
		return rounded(Times(As(Load(t.columns, sum(t.x[0], position)), t.acc), t.t.In[ph].Apply(1)))
	case t.ahead != nil:
		return rounded(Load(t.ahead, at))
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
		return Load(t.values, r.index(position, fieldOf(0, lane), name))
	}
	if t.lanes == 2 {
		return Pack(entry(0), entry(1))
	}
	return As(entry(0), t.upd.sum)
}

// multiply makes y = W v, both in arrays, y of one type and v of the same.
func (b *builder) multiply(f *Func, w *lower.Matrix, how Product, v, y *Array, acc Int) []Stmt {
	switch how {
	case Adders:
		return b.adders(w, v, y, acc)
	case Groups:
		return b.groups(f, w, v, y, acc)
	}
	t := b.table(weights(w), fmt.Sprintf("%s [%d, %d], %d bits an entry, row by row.", w.Name, w.Rows, w.Cols, w.Bits), w.Ints)
	i, j := Counter("i"), Counter("j")
	a := Var(acc, "acc")
	return []Stmt{each("i", w.Rows,
		Let{Name: "acc", Value: Const(acc, 0), Mutable: true},
		For{Var: "j", To: w.Cols, By: 1, Body: []Stmt{
			Set{"acc", Add(a, Mul(As(Load(t, sum(Times(i, int64(w.Cols)), j)), acc), As(Load(v, j), acc)))},
		}},
		Store{y.Name, i, As(a, y.Elem)})}
}

// mostDigits is how many signed digits a matrix may have that is multiplied by straight additions: more make more code than a table.
const mostDigits = 400

// adders multiplies by shared additions.
func (b *builder) adders(w *lower.Matrix, v, y *Array, acc Int) []Stmt {
	g := w.Adders
	if g == nil {
		digits := 0
		for _, v := range w.Ints {
			digits += arith.Digits(v)
		}
		if digits > mostDigits {
			b.fail("a matrix of %d signed digits is too large for straight additions", digits)
		}
		g = arith.ShareAdders(w.Ints, w.Rows, w.Cols)
	}
	var out []Stmt
	node := func(n, shift int) *Expr {
		if n < g.Inputs {
			return Shl(As(Load(v, At(n)), acc), shift)
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
		out = append(out, Store{y.Name, At(i), As(e, y.Elem)})
	}
	return out
}

// groups handles eight columns of signs at a time: the 256 sums that their signs can give are made once, by 255 subtractions,
// and each row picks one by a byte: rows + 256 operations for eight columns, and one bit of table a weight.
func (b *builder) groups(f *Func, w *lower.Matrix, v, y *Array, acc Int) []Stmt {
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
	entry := func(n int) *Expr { return As(Load(v, sum(Times(c, 8), At(n))), acc) }
	total := entry(0)
	for n := 1; n < 8; n++ {
		total = Add(total, entry(n))
	}
	body = append(body, Store{sums.Name, At(0), total})
	for n := range 8 {
		s, twice := let(fmt.Sprintf("d%d", n), Shl(entry(n), 1))
		body = append(body, s, each("k", 1<<n, Store{sums.Name, sum(k, At(1<<n)), Sub(Load(sums, k), twice)}))
	}
	row := sum(Times(c, int64(w.Rows)), r)
	body = append(body, each("r", w.Rows, Store{y.Name, r, As(Add(As(Load(y, r), acc), Load(sums, As(Load(t, row), Index))), y.Elem)}))
	return []Stmt{
		each("r", w.Rows, Store{y.Name, r, Const(y.Elem, 0)}),
		For{Var: "c", To: w.Cols / 8, By: 1, Body: body},
	}
}

// record packs the parts of a unit, or of a pair, into words of a table.
type record struct {
	*update
	table  *Array
	per    int // words of the table an entry
	places map[string]place
	biases map[string]int64 // what a field's smallest value is, for those stored from 0
}

// place is where a field stands.
type place struct{ word, at, width int }

// fieldOf names the weight of a column of the unit in a lane.
func fieldOf(column, lane int) string { return fmt.Sprintf("u%d.%d", column, lane) }

const signField = "sign"

func biasField(ph, lane int) string { return fmt.Sprintf("bias%d.%d", ph, lane) }

// newRecord lays out the fields of a word of the state and fills the table.
func (u *update) newRecord(bias arith.Phased[[]int64]) *record {
	r := &record{update: u, places: map[string]place{}}
	type column struct {
		name   string
		width  int
		values []int64 // a word of the state each, in the order of the tables, from 0 up or signed
	}
	var columns []column
	order := u.order()
	gather := func(lane int, v func(unit int) int64) []int64 {
		out := make([]int64, len(order))
		for i, w := range order {
			out[i] = v(u.unit(w, lane))
		}
		return out
	}
	if u.term.t != nil && u.term.record() {
		m := &u.term.t.Matrix
		offset := int64(1) << (m.Bits - 1)
		for c := range m.Cols {
			for lane := range u.lanes {
				columns = append(columns, column{fieldOf(c, lane), m.Bits + boolInt(m.Bits == 1), gather(lane, func(unit int) int64 { return m.Ints[unit*m.Cols+c] + offset })})
			}
		}
	}
	negates := false
	signs := make([]int64, len(order))
	for lane := range u.lanes {
		for i, v := range gather(lane, func(unit int) int64 { return int64(boolInt(u.negated(unit))) }) {
			signs[i] |= v << lane
			negates = negates || v != 0
		}
	}
	if negates {
		columns = append(columns, column{signField, u.lanes, signs})
	}
	phases := []int{arith.Even}
	if fmt.Sprint(bias[0]) != fmt.Sprint(bias[1]) {
		phases = []int{arith.Odd, arith.Even}
	}
	if u.lanes == 1 {
		for _, ph := range phases {
			if h := hull(bias[ph]); h != (arith.Interval{}) {
				columns = append(columns, column{biasField(ph, 0), h.Bits(), gather(0, func(unit int) int64 { return bias[ph][unit] })})
			}
		}
	} else {
		u.pairBias(bias, len(phases) == 2)
	}
	// First fit, in order: the fields of a word are read together.
	var used []int
	for _, c := range columns {
		width := c.width
		if width > u.c.Record {
			width = u.c.Record * ((c.width + u.c.Record - 1) / u.c.Record)
		}
		word := -1
		for w, n := range used {
			if n+width <= u.c.Record {
				word = w
				break
			}
		}
		if word < 0 {
			word = len(used)
			used = append(used, make([]int, max(1, width/u.c.Record))...)
		}
		r.places[c.name] = place{word, used[word], c.width}
		for w := word; w < word+max(1, width/u.c.Record); w++ {
			used[w] += min(width, u.c.Record)
		}
	}
	r.per = len(used)
	if r.per == 0 {
		return r
	}
	data := make([]int64, r.per*len(order))
	for _, c := range columns {
		p := r.places[c.name]
		for i, v := range c.values {
			for k := 0; k < c.width; k += u.c.Record {
				part := v >> k & (1<<min(c.width-k, u.c.Record) - 1)
				data[i*r.per+p.word+k/u.c.Record] |= part << p.at
			}
		}
	}
	elem := Int{Bits: u.c.Record, Lanes: 1, Unsigned: u.c.Record < 32}
	if u.c.Record == 32 {
		for i, v := range data {
			data[i] = int64(int32(v))
		}
	}
	r.table = u.tableOf(elem, "units_"+u.Name, fmt.Sprintf("The units of %s: weights, sign and bias, %d words each%s.", u.Name, r.per, u.orderText()), data)
	return r
}

func (u *update) orderText() string {
	if u.c.Fused {
		return ", in the order of the last pass"
	}
	return ""
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pairBias makes the constants of pairs: a table word a pair, the odd steps' in the lower byte of each lane and the even steps'
// in the upper one where they differ and fit; else tables of lanes.
func (u *update) pairBias(bias arith.Phased[[]int64], two bool) {
	even, odd := u.inOrder(bias[arith.Even]), u.inOrder(bias[arith.Odd])
	if h := hull(append(append([]int64{}, even...), odd...)); h == (arith.Interval{}) {
		return
	}
	if !two {
		u.bias = arith.Both(u.tableOf(u.work, "bias_"+u.Name, "Bias of "+u.Name+", a word a pair.", even))
		return
	}
	if hull(append(append([]int64{}, even...), odd...)).Bits() > u.work.Bits/2 {
		u.bias[arith.Even] = u.tableOf(u.work, "bias_"+u.Name+"_even", "Bias of "+u.Name+" at even steps, a word a pair.", even)
		u.bias[arith.Odd] = u.tableOf(u.work, "bias_"+u.Name+"_odd", "Bias of "+u.Name+" at odd steps, a word a pair.", odd)
		return
	}
	half := u.work.Bits / 2
	both := make([]int64, len(even))
	for i := range both {
		both[i] = even[i]<<half | odd[i]&(1<<half-1)
	}
	u.bias = arith.Both(u.tableOf(u.work, "bias_"+u.Name, fmt.Sprintf("Bias of %s: a word a pair, a lane holds that of odd steps in its lower %d bits, that of even ones above.", u.Name, half), both))
	u.packedBias = half
}

// word loads a word of the record, once.
func (r *record) word(position *Expr, w int, name func(string, *Expr) *Expr) *Expr {
	return name(fmt.Sprintf("r%d_", w), Load(r.table, sum(Times(position, int64(r.per)), At(w))))
}

// raw is a field as it stands, in a type.
func (r *record) raw(position *Expr, field string, signed bool, t Int, name func(string, *Expr) *Expr) *Expr {
	p := r.places[field]
	if p.width <= r.c.Record {
		return Field(r.word(position, p.word, name), p.at, p.width, signed, t)
	}
	// Over several words, the lowest first.
	out := Const(t, 0)
	for k := 0; k < p.width; k += r.c.Record {
		top := k+r.c.Record >= p.width
		part := Field(r.word(position, p.word+k/r.c.Record, name), 0, min(p.width-k, r.c.Record), signed && top, t)
		out = Add(out, Shl(part, k))
	}
	return out
}

func (r *record) field(position *Expr, field string, name func(string, *Expr) *Expr) *Expr {
	t := r.term.acc
	if r.term.narrow() {
		t = I8
	}
	return r.raw(position, field, false, t, name)
}

func (r *record) index(position *Expr, field string, name func(string, *Expr) *Expr) *Expr {
	return r.raw(position, field, false, Index, name)
}

// parts are the mask and the constant of a word.
func (r *record) parts(position *Expr, ph int, name func(string, *Expr) *Expr) (mask, constant *Expr) {
	if _, ok := r.places[signField]; ok {
		if r.lanes == 2 {
			if r.masks == nil {
				r.masks = r.tableOf(r.work, "masks", "Both lanes of a pair, inverted or not.", []int64{0, 0, -1, 0, 0, -1, -1, -1})
			}
			mask = Load(r.masks, r.index(position, signField, name))
		} else {
			mask = r.raw(position, signField, true, r.sum, name)
		}
	}
	if r.lanes == 2 {
		t := r.bias[ph]
		if t == nil {
			return mask, nil
		}
		constant = Load(t, position)
		if r.packedBias > 0 {
			constant = Field(constant, r.packedBias*(1-ph), r.packedBias, true, r.work)
		}
		return mask, constant
	}
	at := biasField(ph, 0)
	if _, ok := r.places[at]; !ok {
		at = biasField(arith.Even, 0)
	}
	if _, ok := r.places[at]; ok {
		constant = r.raw(position, at, true, r.sum, name)
	}
	return mask, constant
}
