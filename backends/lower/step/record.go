package step

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// record packs the parts of a unit, or of a pair, into words of a table.
type record struct {
	*update
	table  *Array
	per    int // words of the table an entry
	places map[string]place
	// raised is what was added to the constants of each phase, so that they have no sign.
	raised   arith.Phased[int64]
	unsigned bool               // whether they were raised
	joined   arith.Phased[bool] // whether the constant is read together with the sign above it
	phases   []int              // whose constants it has; all have the same where it is one
}

// place is where a field stands.
type place struct{ word, at, width int }

// fieldOf names the weight of a column of the unit in a lane.
func fieldOf(column, lane int) string { return fmt.Sprintf("u%d.%d", column, lane) }

const signField = "sign"

// productField names the number of the product of the unit in a lane.
func productField(lane int) string { return fmt.Sprintf("product.%d", lane) }

// raises reports whether the constants of a unit can be stored without a sign: what is added to them is taken back where the product
// starts, which stands behind no other shift than its own.
func (u *update) raises() bool {
	if u.term.t == nil || !u.term.record() {
		return false
	}
	for ph := range u.term.t.Out {
		_, merged := u.term.half(ph)
		plain := u.term.t.Mid[ph] == arith.Identity && u.term.t.Out[ph] == arith.Identity
		if shiftLeft(u.Layer, ph) > 0 && u.c.Merged || !merged && !plain {
			return false
		}
	}
	return true
}

// productBits is how wide the entries of an array of products are, which begin with what the constants were raised by.
func (r *record) productBits() int {
	if r.lanes == 2 {
		return r.work.Bits
	}
	out := arith.OfBits(r.term.t.OutBits)
	most := 0
	for _, ph := range r.phases {
		most = max(most, arith.Between(out.Lo-r.raised[ph], out.Hi-r.raised[ph]).Bits())
	}
	return lane(most)
}

func biasField(ph, lane int) string { return fmt.Sprintf("bias%d.%d", ph, lane) }

// newRecords makes one record of both parities or, with Separate and where they differ, one of each.
func (u *update) newRecords(bias arith.Phased[[]int64]) (out arith.Phased[*record]) {
	name := "units_" + u.Name
	switch {
	case slices.Equal(bias[arith.Even], bias[arith.Odd]):
		return arith.Both(u.newRecord(bias, name, "", arith.Even))
	case !u.c.Separate, u.lanes == 2: // the constants of pairs stand apart
		return arith.Both(u.newRecord(bias, name, "", arith.Odd, arith.Even))
	}
	out[arith.Even] = u.newRecord(bias, name+"_even", " at even steps", arith.Even)
	out[arith.Odd] = u.newRecord(bias, name+"_odd", " at odd steps", arith.Odd)
	return out
}

// newRecord lays out the fields of a word of the state and fills the table, with the constants of some phases.
func (u *update) newRecord(bias arith.Phased[[]int64], table, when string, phases ...int) *record {
	r := &record{update: u, places: map[string]place{}, phases: phases}
	type column struct {
		name   string
		width  int
		values []int64 // a word of the state each, in the order of the tables, from 0 up or signed
		top    bool    // at the upper end of its word, where a sign takes no more than a shift
		below  int     // bits that stay free below it where there is room: the number of an entry is its address then
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
	negates := false
	signs := make([]int64, len(order))
	for lane := range u.lanes {
		for i, v := range gather(lane, func(unit int) int64 { return int64(boolInt(u.negated(unit))) }) {
			signs[i] |= v << lane
			negates = negates || v != 0
		}
	}
	if negates {
		columns = append(columns, column{name: signField, width: u.lanes, values: signs, top: u.c.Record == 32 && u.lanes == 1})
	}
	switch {
	case u.term.t == nil || !u.term.record():
	case u.term.product == ByValue:
		for lane := range u.lanes {
			width := arith.SignedBits(int64(u.term.combinations()-1)) - 1
			columns = append(columns, column{name: productField(lane), width: max(width, 1), values: gather(lane, u.term.combination)})
		}
	default:
		m := &u.term.t.Matrix
		offset := int64(1) << (m.Bits - 1)
		for c := range m.Cols {
			for lane := range u.lanes {
				columns = append(columns, column{name: fieldOf(c, lane), width: m.Bits + boolInt(m.Bits == 1),
					values: gather(lane, func(unit int) int64 { return m.Ints[unit*m.Cols+c] + offset })})
			}
		}
	}
	same := len(phases) == 1 && slices.Equal(bias[arith.Even], bias[arith.Odd])
	if u.lanes == 1 {
		r.unsigned = u.raises()
		for i, ph := range phases {
			h := hull(bias[ph])
			if h == (arith.Interval{}) {
				continue
			}
			width := h.Bits()
			if r.unsigned {
				width = max(arith.SignedBits(h.Hi-h.Lo)-1, 1)
			}
			// Below the sign the constant is read together with it, which takes a shift and no mask: 2^width less where the sign
			// is set. The transform's lift makes that the same for all.
			if i == 0 && u.c.Ahead && r.unsigned && len(columns) > 0 && columns[0].top && width+1 < u.c.Record && u.shift(ph) > 0 {
				u.raiseBy(ph, -1<<(width-1), bias[ph])
				r.raised[ph] = -h.Lo - 1<<(width-1)
				joined := gather(0, func(unit int) int64 { return (bias[ph][unit] + r.raised[ph]) & (1<<(width+1) - 1) })
				columns[0] = column{name: biasField(ph, 0), width: width + 1, values: joined, top: true}
				r.joined[ph] = true
				continue
			}
			if r.unsigned {
				r.raised[ph] = -h.Lo
			}
			columns = append(columns, column{name: biasField(ph, 0), width: width, values: gather(0, func(unit int) int64 { return bias[ph][unit] + r.raised[ph] })})
		}
	} else {
		r.pairBias(bias, !same)
	}
	if same && u.lanes == 1 {
		r.raised[arith.Odd], r.joined[arith.Odd] = r.raised[arith.Even], r.joined[arith.Even]
		if r.joined[arith.Even] {
			u.raiseBy(arith.Odd, u.lift[arith.Even], nil)
		}
	}
	for i, c := range columns {
		if c.name == productField(0) && u.c.Record == 32 && u.lanes == 1 {
			columns[i].below = bits.TrailingZeros(uint(r.productBits() / 8))
		}
	}
	// First fit, in order: the fields of a word are read together.
	var used []int
	upper := map[int]int{} // of what is used, what stands at the upper end
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
		at := used[word] - upper[word]
		if c.below > 0 && used[word]+width+c.below <= u.c.Record {
			at += c.below
			used[word] += c.below
		}
		if c.top && c.width <= u.c.Record {
			at, upper[word] = u.c.Record-c.width, c.width
		}
		r.places[c.name] = place{word, at, c.width}
		for w := word; w < word+max(1, width/u.c.Record); w++ {
			used[w] += min(width, u.c.Record)
		}
	}
	// A field that has its word to itself takes it whole: there is nothing to cut off.
	for i, c := range columns {
		p := r.places[c.name]
		alone := p.at == 0
		for name, q := range r.places {
			alone = alone && (name == c.name || q.word != p.word)
		}
		if alone && c.width < u.c.Record && u.c.Record == 8 && c.name != signField {
			columns[i].width, p.width = u.c.Record, u.c.Record
			r.places[c.name] = p
		}
	}
	if at, ok := r.places[biasField(phases[0], 0)]; ok && r.joined[phases[0]] {
		r.places[signField] = place{at.word, u.c.Record - 1, 1}
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
	r.table = u.tableOf(elem, table, fmt.Sprintf("The units of %s%s: weights, sign and bias, %d words each%s.", u.Name, when, r.per, u.orderText()), data)
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
func (r *record) pairBias(bias arith.Phased[[]int64], two bool) {
	u := r.update
	all := func() arith.Interval { return hull(slices.Concat(bias[arith.Even], bias[arith.Odd])) }
	if all() == (arith.Interval{}) {
		return
	}
	if !two {
		u.bias = arith.Both(u.tableOf(u.work, "bias_"+u.Name, "Bias of "+u.Name+", a word a pair.", u.inOrder(bias[arith.Even])))
		return
	}
	half := u.work.Bits / 2
	if !u.c.Separate && all().Bits() > half {
		r.centre(bias, arith.OfBits(half))
	}
	even, odd := u.inOrder(bias[arith.Even]), u.inOrder(bias[arith.Odd])
	if u.c.Separate || all().Bits() > half {
		u.bias[arith.Even] = u.tableOf(u.work, "bias_"+u.Name+"_even", "Bias of "+u.Name+" at even steps, a word a pair.", even)
		u.bias[arith.Odd] = u.tableOf(u.work, "bias_"+u.Name+"_odd", "Bias of "+u.Name+" at odd steps, a word a pair.", odd)
		return
	}
	both := make([]int64, len(even))
	for i := range both {
		both[i] = even[i]<<half | odd[i]&(1<<half-1)
	}
	u.bias = arith.Both(u.tableOf(u.work, "bias_"+u.Name, fmt.Sprintf("Bias of %s: a word a pair, a lane holds that of odd steps in its lower %d bits, that of even ones above.", u.Name, half), both))
	u.packedBias = half
}

// centre moves the constants of both phases into a range where a product that starts with the difference can take it back.
func (r *record) centre(bias arith.Phased[[]int64], into arith.Interval) {
	if r.term.t == nil || !r.term.record() {
		return
	}
	var by arith.Phased[int64]
	for ph, v := range bias {
		h, n := hull(v), r.shift(ph)
		by[ph] = (h.Lo + h.Hi) / 2 >> n
		_, merged := r.term.half(ph)
		plain := r.term.t.Mid[ph] == arith.Identity && r.term.t.Out[ph] == arith.Identity
		if moved := arith.Between(h.Lo-by[ph]<<n, h.Hi-by[ph]<<n); !moved.Within(into) || !merged && !plain {
			return
		}
	}
	for ph, v := range bias {
		for i := range v {
			v[i] -= by[ph] << r.shift(ph)
		}
		r.raised[ph] = -by[ph]
	}
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
	if len(r.phases) == 1 {
		at = biasField(r.phases[0], 0)
	}
	if _, ok := r.places[at]; ok {
		constant = r.raw(position, at, !r.unsigned || r.joined[ph], r.sum, name)
	}
	return mask, constant
}
