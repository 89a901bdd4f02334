package step

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Choice says how a plan is computed: every field changes cost, none changes a bit. Word is the narrowest integer that the
// processor calculates in without conversions: 16 bits on AVR, 32 on most.
type Choice struct {
	Word int
	// Across is how many columns of a row are multiplied between two tests of a loop, where the columns allow; 0 is 1.
	Across  int
	Layers  []LayerChoice
	Readout ReadoutChoice
}

// LayerChoice is the schedule of one layer.
type LayerChoice struct {
	// Passes is how many stages of butterflies are computed each time that the state is read and written, 1 to 4 each; they add
	// up to the order.
	Passes []int
	// Descending takes the stages with the widest stride first. Staged rounding allows only the other order.
	Descending bool
	// Pairs keeps two units of 16 or 32 bits in a word and computes both at a time.
	Pairs bool
	// Apart updates the units of a word one after the other, from tables of plain numbers: for Pairs of 32 bits.
	Apart bool
	// Lane is how wide an entry of the transform is, in bits: of a unit, with Pairs too.
	Lane int
	// InPlace keeps the state as wide as the transform, which then needs no array of its own.
	InPlace bool
	// Fused computes the new state in the last pass, while its values are in registers.
	Fused bool
	// Merged adds the bias in front of the rounding shift, with the half that rounds: one addition.
	Merged bool
	// Ahead adds the half that rounds to one value in front of each group of the last pass, whose butterflies bring it to all others.
	Ahead bool
	// Below makes the sum of a unit less than it is by the largest state, which its constants hold: the clamp begins with that where it is
	// no instruction of its own.
	Below bool
	// Rated updates blocks that leak otherwise in one loop, with a factor a block from a table in front of a common shift.
	Rated bool
	// Sum is how wide the sum of a unit's parts is calculated, in bits; 0 for what the widths of the plan ask for. Less can do, for a
	// transform's last values have been halved.
	Sum int
	// Record packs the weights, the sign and the biases of a unit into words of this many bits; 0 keeps a table of each.
	Record int
	// Separate keeps records of even steps and others of odd ones, whose constants then stand at the upper end of their words; of pairs, a
	// table of constants for each parity instead of one with both, if they fit.
	Separate bool
	Product  Product
	// Unroll is how many columns of a matrix are multiplied where the unit needs them; wider ones go into an array first.
	Unroll int
	// Widened makes the entries of that array as wide as the sums: nothing is converted where it is multiplied.
	Widened bool
	// Multiple rounds the columns that such an array is multiplied by up to a multiple of it, with weights of 0: compilers make vectors
	// of such loops at any level of optimisation. For Rows; 0 is 1.
	Multiple int
	// Together is how many rows are multiplied at a time by Dots or Packed, and Weight how many bits a weight has in the table of Dots:
	// 16, or 0 for as few as it needs.
	Together, Weight int
	// Rolled walks the columns of Dots in a loop, a word of each row at a time, instead of writing them out.
	Rolled bool
}

// Product is how a matrix is multiplied.
type Product string

// The ways to multiply. Which of them a matrix allows says Products.
const (
	Rows    Product = "rows"    // row by row, an entry of a table a weight
	Coupled Product = "coupled" // two rows at a time, their weights in the lanes of a word
	Columns Product = "columns" // column by column: each entry of the vector is read once
	Packed  Product = "packed"  // from table words of several weights; of the output column by column
	Dots    Product = "dots"    // pairs of entries by pairs of weights, from packed words
	Joined  Product = "joined"  // within the update: words of weights and the unit's constant, a dot product each
	Adders  Product = "adders"  // shared additions, straight
	ByValue Product = "values"  // of a single input: its product with each weight that occurs, made once a step
	Groups  Product = "groups"  // of signs: the sums of eight entries with all signs, made once, and picked by a byte
)

// ReadoutChoice is the schedule of the output.
type ReadoutChoice struct {
	Product Product
	// Copied multiplies relu(h) from an array that is filled first, instead of from the state.
	Copied bool
	// Together is how many rows are multiplied at a time.
	Together int
	// Stored adds Dots up in the outputs themselves, which takes less stack than sums that find no register.
	Stored bool
	// Multiple rounds the columns that are multiplied up to a multiple of it, as far as there are units. 0 is 1.
	Multiple int
	// Deferred adds up relu(h) instead of the outputs of a mean, and multiplies when an output is asked for.
	Deferred bool
	// Sum is how wide the sum of a unit of a deferred mean is, in bits: 32 hold every step, 16 take turns to be emptied. 0 is 16.
	Sum int
}

// String says the choice in a line.
func (c LayerChoice) String() string {
	var words []string
	if len(c.Passes) > 0 {
		words = append(words, "radix "+strings.Trim(strings.ReplaceAll(fmt.Sprint(radices(c.Passes)), " ", " x "), "[]"))
	}
	for _, w := range []struct {
		on   bool
		word string
	}{{c.Descending, "widest first"}, {c.Pairs, "pairs"}, {c.Apart, "updated apart"}, {c.InPlace, "in place"}, {c.Fused, "fused update"}, {c.Merged, "bias in the rounding"}, {c.Widened, "input as wide as its sums"},
		{c.Ahead, "half ahead"}, {c.Below, "clamp from below"}, {c.Rated, "leaks from a table"}} {
		if w.on {
			words = append(words, w.word)
		}
	}
	words = append(words, fmt.Sprintf("%d-bit lanes", c.Lane))
	if c.Sum > 0 {
		words = append(words, fmt.Sprintf("sums of %d bits", c.Sum))
	}
	if c.Record > 0 {
		words = append(words, fmt.Sprintf("records of %d-bit words", c.Record))
		if c.Separate {
			words[len(words)-1] += " a parity"
		}
	}
	if c.Product != "" {
		words = append(words, "product by "+string(c.Product))
	}
	if c.Multiple > 1 {
		words = append(words, fmt.Sprintf("columns in multiples of %d", c.Multiple))
	}
	if c.Product == Dots || c.Product == Packed {
		words = append(words, fmt.Sprintf("%d rows at a time", max(c.Together, 1)))
		if c.Rolled {
			words = append(words, "columns in a loop")
		}
		if c.Weight > 0 {
			words = append(words, fmt.Sprintf("%d bits a weight", c.Weight))
		}
	}
	return strings.Join(words, ", ")
}

func radices(passes []int) []int {
	out := make([]int, len(passes))
	for i, s := range passes {
		out[i] = 1 << s
	}
	return out
}

// String says the choice in a line.
func (c ReadoutChoice) String() string {
	s := "product by " + string(c.Product)
	if c.Together > 1 {
		s += fmt.Sprintf(", %d rows at a time", c.Together)
	}
	if c.Stored {
		s += ", added up in the outputs"
	}
	if c.Multiple > 1 {
		s += fmt.Sprintf(", columns in multiples of %d", c.Multiple)
	}
	if c.Deferred {
		s += fmt.Sprintf(", mean deferred in sums of %d bits a unit", max(c.Sum, 16))
	}
	return s
}

// lane is the width of the narrowest integer of 8, 16, 32 and 64 bits that holds a number of bits.
func lane(bits int) int {
	for _, w := range []int{8, 16, 32} {
		if bits <= w {
			return w
		}
	}
	return 64
}

// smallInput is how many columns are multiplied where the unit needs them, unless a choice says otherwise.
const smallInput = 4

// Plain is the choice that every plan allows: the widest strides first, so that they widen the state in a pass without shuffles, two
// stages a pass, and three in one of them when their number is odd; the update in a loop of its own.
func Plain(p *lower.Plan) Choice {
	c := Choice{Word: 32}
	for i := range p.Layers {
		l := &p.Layers[i]
		k := LayerChoice{Lane: lane(l.ZBits + 1), Descending: !l.Staged, Unroll: smallInput}
		if l.Term != nil {
			k.Product = plainProduct(&l.Term.Matrix)
		}
		k.Passes = PassesOf(l.K, 2)
		if l.K == 0 {
			k.Passes = nil
		}
		c.Layers = append(c.Layers, k)
	}
	c.Readout = ReadoutChoice{Product: plainProduct(&p.Readout.Matrix)}
	return c
}

// vector is how many 8-bit weights the narrowest vector holds, those of 16 bytes.
const vector = 16

// Vectorised is the plain choice for wide processors whose compilers make vectors of its loops: rows of
// weights fill vectors. With compact, an input whose rows would grow by more than an eighth is converted once instead.
func Vectorised(p *lower.Plan, compact bool) Choice {
	c := Plain(p)
	for i := range c.Layers {
		k, t := &c.Layers[i], p.Layers[i].Term
		if t == nil {
			continue
		}
		if zeros := roundUp(t.Matrix.Cols, vector) - t.Matrix.Cols; zeros*8 > t.Matrix.Cols && compact {
			k.Widened = true
		} else {
			k.Multiple = vector
		}
	}
	c.Readout.Multiple = vector
	return c
}

// roundUp rounds up to a multiple.
func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// Paired is the choice for processors of 64 bits whose compilers make no vectors: two units a word where the plan allows, updated
// together where the lanes hold it; else entries as wide as the transform, in place. compact keeps the tables narrow instead.
func Paired(p *lower.Plan, compact bool) Choice {
	c := Choice{Word: 32, Across: 8}
	for i := range p.Layers {
		l := &p.Layers[i]
		k := LayerChoice{Lane: lane(l.ZBits + 1), Product: productOf(l.Term, compact), Unroll: smallInput, InPlace: l.Perm == nil}
		stages, most := l.K, 3
		if gap, across := pairGap(l); gap > 0 && l.K >= 2 && l.N >= 8 && l.ZBits <= 32 && !l.Staged && l.Perm == nil && l.PreSigns == nil {
			k.Pairs, k.Lane, k.InPlace = true, 32, false
			k.Apart = compact || !lanewise(l)
			k.Fused = !k.Apart
			if across {
				stages--
			}
		}
		if l.Staged {
			most = 2 // as often as it halves
		}
		k.Passes = PassesOf(stages, most)
		if k.Fused && stages > 2 { // four updates in the last pass: half the text of eight, and nearly as fast
			k.Passes = append(PassesOf(stages-2, most), 2)
		}
		c.Layers = append(c.Layers, k)
	}
	c.Readout = ReadoutChoice{Product: productBy(&p.Readout.Matrix, p.Readout.YBits, compact), Copied: p.Readout.Matrix.Rows > 1}
	return c
}

func productOf(t *lower.Term, compact bool) Product {
	if t == nil {
		return ""
	}
	return productBy(&t.Matrix, t.AccBits, compact)
}

// productBy is how a matrix is multiplied without vectors.
func productBy(w *lower.Matrix, bits int, compact bool) Product {
	switch {
	case fewAdders(w):
		return Adders
	case w.Bits == 1 && w.Rows >= 32 && w.Cols%8 == 0:
		return Groups
	case !compact && w.Rows > 1 && bits <= 32:
		return Coupled
	}
	return Rows
}

func plainProduct(w *lower.Matrix) Product {
	if fewAdders(w) {
		return Adders
	}
	return Rows
}

// mostAdders keeps the code of a matrix that is multiplied by straight additions small, where no prices say more.
const mostAdders = 64

// fewAdders is the price of shared additions where nobody knows that of a chip: an addition or an output costs what an entry of a
// table does. A matrix whose digits alone outnumber the additions allowed, even if every sum served two rows, is not tried.
func fewAdders(w *lower.Matrix) bool {
	if digits(w) > 4*mostAdders {
		return false
	}
	adders := len(arith.ShareAdders(w.Ints, w.Rows, w.Cols).Nodes)
	return adders <= mostAdders && adders+w.Rows < len(w.Ints)
}

// mostDigits is how many signed digits a matrix may have that is multiplied by straight additions: more make more code than a table.
const mostDigits = 400

// Straight reports whether a matrix is small enough to be multiplied by straight additions.
func Straight(w *lower.Matrix) bool { return digits(w) <= mostDigits }

// digits is how many terms of +1 and -1, shifted, the rows of a matrix have.
func digits(w *lower.Matrix) (n int) {
	for _, v := range w.Ints {
		n += arith.Digits(v)
	}
	return n
}

// PassesOf splits k stages into passes of at most some stages, as even as that allows, the longer ones behind the first.
func PassesOf(k, most int) []int {
	if k == 0 {
		return nil
	}
	n := (k + most - 1) / most
	if most == 2 && k%2 == 1 && k >= 3 {
		n = k / 2 // three stages in one pass rather than one alone
	}
	out := make([]int, n)
	for i := range out {
		out[i] = k / n
	}
	for i := range k % n {
		out[min(i+1, n-1)]++
	}
	return out
}

// Check says why a plan does not allow a choice; nil when it does. Widths are for the verifier to prove.
func (c *Choice) Check(p *lower.Plan) error {
	if len(c.Layers) != len(p.Layers) {
		return fmt.Errorf("it has %d layers, the plan %d", len(c.Layers), len(p.Layers))
	}
	for i := range p.Layers {
		if err := c.Layers[i].check(&p.Layers[i]); err != nil {
			return fmt.Errorf("layer %s: %w", p.Layers[i].Name, err)
		}
	}
	if c.Readout.Sum != 0 && (!c.Readout.Deferred || c.Readout.Sum != 16 && c.Readout.Sum != 32) {
		return fmt.Errorf("sums of a deferred mean have 16 or 32 bits")
	}
	if c.Readout.Deferred && !deferrable(p) {
		return fmt.Errorf("the output is no mean that can be deferred")
	}
	return nil
}

func (c *LayerChoice) check(l *lower.Layer) error {
	total := 0
	for _, s := range c.Passes {
		if s < 1 || s > 4 {
			return fmt.Errorf("a pass has %d stages", s)
		}
		total += s
	}
	stages := l.K
	gap, across := pairGap(l)
	if c.Pairs && across {
		stages-- // the last is between the lanes
	}
	switch {
	case total != stages:
		return fmt.Errorf("its passes have %d stages, the transform %d", total, stages)
	case c.Descending && l.Staged:
		return fmt.Errorf("staged rounding wants the narrowest stride first")
	case c.Fused && (l.Perm != nil || len(c.Passes) == 0):
		return fmt.Errorf("its update cannot be fused: it is permuted, or there is no pass")
	case c.Ahead && (!c.Fused || c.Merged || c.Pairs || l.Staged):
		return fmt.Errorf("the half that rounds cannot be added ahead: the update is not fused, or rounds otherwise")
	case l.Leak != nil && (c.Merged || c.Product == Joined):
		return fmt.Errorf("the state leaks behind its rounding, where neither the bias nor the constants of joined products can stand")
	case l.Leak != nil && c.Pairs && c.Lane <= 16 && !lanesLeakAlike(l):
		return fmt.Errorf("the units of a pair leak otherwise")
	case c.Rated && (c.Pairs || l.Leak == nil || l.Leak.Even()):
		return fmt.Errorf("no single units leak otherwise than others")
	case c.Below && (!l.Saturate || c.Pairs || c.Product == Joined):
		return fmt.Errorf("no clamp of a single unit begins with its constants")
	case c.Separate && c.Record == 0:
		return fmt.Errorf("there are no records to keep for each parity")
	case c.Pairs && (gap == 0 || l.Perm != nil || l.PreSigns != nil || len(c.Passes) == 0):
		return fmt.Errorf("its units make no pairs")
	case c.Pairs && c.Lane == 32 && (l.Staged || l.ZBits > 32 || c.Record > 0 || c.Merged):
		return fmt.Errorf("lanes of 32 bits hold no such transform, and their update takes no records and merges no bias")
	case c.Pairs && c.Lane == 32 && !c.Apart && !lanewise(l):
		return fmt.Errorf("its update does not fit lanes of 32 bits")
	case c.Apart && !(c.Pairs && c.Lane == 32):
		return fmt.Errorf("only units of lanes of 32 bits are updated apart")
	case c.InPlace && l.Perm != nil:
		return fmt.Errorf("a permuted state cannot be updated in place")
	}
	return nil
}

// pairGap is the distance between the units of a pair: half the state where that has an even number of blocks, else half a block,
// whose last stage is then across the lanes; 0 where there is no pair.
func pairGap(l *lower.Layer) (gap int, across bool) {
	switch {
	case l.N%2 == 1:
		return 0, false
	case l.N/l.Block%2 == 0:
		return l.N / 2, false
	}
	return l.Block / 2, true
}

// deferrable reports whether the mean of a plan can be taken of relu(h): its odd steps have no other unit.
func deferrable(p *lower.Plan) bool {
	return p.Output.When == "mean" && p.Readout.Rescale == nil && p.Steps > 0 && p.Readout.Relu
}

// differs reports whether even and odd steps round a layer's transform at different places.
func halvingsDiffer(l *lower.Layer) bool {
	if !l.Staged {
		return false
	}
	at := func(ph int) (out []bool) {
		for s := 1; s <= l.K; s++ {
			out = append(out, arith.Halves(s, l.Round[ph].Shift))
		}
		return out
	}
	return !slices.Equal(at(arith.Even), at(arith.Odd))
}

// shiftLeft is what is left to round after the transform.
func shiftLeft(l *lower.Layer, ph int) int {
	if l.Staged {
		return arith.Rest(l.K, l.Round[ph].Shift)
	}
	return l.Round[ph].Shift
}
