package hadamard

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Form writes a dense matrix as a scaled, signed, permuted block Hadamard: with S = I (x) H_Block,
//
//	W[i][PrePermute[c]] = Scale * Signs[i] * S[Order[i]][c] * PreSigns[c]
//
// so that (W h)[i] = Scale * Signs[i] * (S z)[Order[i]] with z[c] = PreSigns[c] * h[PrePermute[c]].
type Form struct {
	Scale      float64
	Block      int
	PrePermute []int
	PreSigns   []int64
	Order      []int
	Signs      []int64
}

// Plain reports whether the form is diag(Signs) * S: no permutation, and signs on the rows alone.
func (f *Form) Plain() bool {
	for i := range f.Order {
		if f.Order[i] != i || f.PrePermute[i] != i || f.PreSigns[i] != 1 {
			return false
		}
	}
	return true
}

// NotHadamardError says why a matrix is no scaled, signed, permuted block Hadamard, and how far from one it is.
type NotHadamardError struct {
	Reason string
}

func (e *NotHadamardError) Error() string { return e.Reason }

func notHadamard(format string, args ...any) error {
	return &NotHadamardError{fmt.Sprintf(format, args...)}
}

// magnitudeTolerance is how much, relative to their mean, the magnitudes of the entries may differ: float32 and
// float16 rounding passes, a trained deviation does not.
const magnitudeTolerance = 1e-2

// Recognise finds the form of a dense n x n matrix (row-major). Every Sylvester matrix whose rows and columns were
// permuted and negated, block by block, is found: after dividing by one row and one column the rows form a group
// under entrywise products, log2(m) of them index the columns, and a transform of each row then gives its place.
func Recognise(w []float64, n int) (*Form, error) {
	if n < 1 || len(w) != n*n {
		return nil, notHadamard("it has %d entries; a square matrix of %d has %d", len(w), n, n*n)
	}
	sign, scale, err := ternary(w, n)
	if err != nil {
		return nil, err
	}
	groups, m, err := blocks(sign, n)
	if err != nil {
		return nil, err
	}
	f := &Form{Scale: scale, Block: m, PrePermute: make([]int, n), PreSigns: make([]int64, n), Order: make([]int, n), Signs: make([]int64, n)}
	wrong, first := 0, [2]int{-1, -1}
	for b, g := range groups {
		d, ok := g.decode(sign, n)
		if !ok {
			return nil, notHadamard("its entries are all 0 or +-%.4g in blocks of %d, but no rows of it generate a Hadamard matrix; %s", scale, m, g.defect(sign, n))
		}
		if d.wrong > 0 && wrong == 0 {
			first = d.first
		}
		wrong += d.wrong
		for r, row := range g.rows {
			f.Order[row], f.Signs[row] = b*m+d.place[r], d.sign[r]
		}
		for c, col := range g.cols {
			f.PrePermute[b*m+d.index[c]], f.PreSigns[b*m+d.index[c]] = col, d.colSign[c]
		}
		if d.repeated {
			return nil, notHadamard("two of its rows are equal up to sign; %s", g.defect(sign, n))
		}
	}
	if wrong > 0 {
		return nil, notHadamard("%d of its %d entries differ in sign from the nearest signed Hadamard, the first at row %d, column %d", wrong, n*m, first[0], first[1])
	}
	return f, nil
}

// ternary reads the signs of a matrix whose entries are 0 and +-scale.
func ternary(w []float64, n int) (sign []int8, scale float64, err error) {
	most := 0.0
	for i, v := range w {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, 0, notHadamard("row %d, column %d is %v", i/n, i%n, v)
		}
		most = max(most, math.Abs(v))
	}
	if most == 0 {
		return nil, 0, notHadamard("all its entries are zero")
	}
	sign = make([]int8, len(w))
	count := 0
	for i, v := range w {
		if math.Abs(v) > most/2 {
			sign[i] = 1
			if v < 0 {
				sign[i] = -1
			}
			scale += math.Abs(v)
			count++
		}
	}
	scale /= float64(count)
	off, worst, at := 0.0, 0.0, 0
	for i, v := range w {
		d := math.Abs(v-float64(sign[i])*scale) / scale
		off += d * d
		if d > worst {
			worst, at = d, i
		}
	}
	if worst > magnitudeTolerance {
		return nil, 0, notHadamard("its entries are not 0 and +-one magnitude: they differ from +-%.4g by %.3g %% (root mean square), the most at row %d, column %d, which is %.4g",
			scale, 100*math.Sqrt(off/float64(len(w))), at/n, at%n, w[at])
	}
	return sign, scale, nil
}

// block is the rows and columns of one block.
type block struct{ rows, cols []int }

// blocks groups the rows by where they are not zero.
func blocks(sign []int8, n int) ([]block, int, error) {
	owner := make([]int, n) // block of each column
	for i := range owner {
		owner[i] = -1
	}
	var out []block
	for r := range n {
		var cols []int
		for c := range n {
			if sign[r*n+c] != 0 {
				cols = append(cols, c)
			}
		}
		if len(cols) == 0 || bits.OnesCount(uint(len(cols))) != 1 {
			return nil, 0, notHadamard("row %d has %d entries that are not zero; a block is a power of two", r, len(cols))
		}
		b := owner[cols[0]]
		if b < 0 {
			b = len(out)
			out = append(out, block{cols: cols})
			for _, c := range cols {
				if owner[c] >= 0 {
					return nil, 0, notHadamard("row %d overlaps another block in column %d", r, c)
				}
				owner[c] = b
			}
		}
		if !slices.Equal(out[b].cols, cols) {
			return nil, 0, notHadamard("rows %d and %d overlap, but are not zero in the same columns", out[b].rows[0], r)
		}
		out[b].rows = append(out[b].rows, r)
	}
	for _, b := range out {
		if len(b.rows) != len(b.cols) || len(b.cols) != len(out[0].cols) {
			return nil, 0, notHadamard("its blocks are not all square and of one size: one has %d rows and %d columns", len(b.rows), len(b.cols))
		}
	}
	return out, len(out[0].cols), nil
}

// decoded is a block's form, with what in it does not fit.
type decoded struct {
	colSign  []int64 // by column of the block
	index    []int   // column -> entry of the transform's input
	place    []int   // row -> entry of the transform's output
	sign     []int64 // by row
	wrong    int
	first    [2]int
	repeated bool
}

// decode tries rows as the one that the columns are divided by, until one gives a form; the best is the nearest.
func (b block) decode(sign []int8, n int) (decoded, bool) {
	var best decoded
	found := false
	for base := range min(len(b.rows), 8) {
		d := decoded{}
		if !b.columns(&d, base, sign, n) {
			continue
		}
		b.places(&d, sign, n)
		if !found || d.wrong < best.wrong {
			best, found = d, true
		}
		if d.wrong == 0 {
			break
		}
	}
	return best, found
}

// columns gives every column an index from rows that halve all classes of columns found so far.
func (b block) columns(d *decoded, base int, sign []int8, n int) bool {
	m := len(b.cols)
	entry := func(r, c int) int8 { return sign[b.rows[r]*n+b.cols[c]] }
	d.colSign, d.index = make([]int64, m), make([]int, m)
	flip := int8(1)
	if entry(base, 0) < 0 {
		flip = -1 // so that a row of -1 gives signs to rows, not to columns
	}
	for c := range m {
		d.colSign[c] = int64(flip * entry(base, c))
	}
	for bit := 1; bit < m; {
		progress := false
		for r := 0; r < m && bit < m; r++ {
			if r == base || !b.halves(d, r, bit, entry) {
				continue
			}
			origin := int64(entry(r, 0)) * d.colSign[0]
			for c := range m {
				if int64(entry(r, c))*d.colSign[c] != origin {
					d.index[c] |= bit
				}
			}
			bit, progress = bit<<1, true
		}
		if !progress {
			return false
		}
	}
	return true
}

// halves reports whether a row takes both signs equally often within every class of columns of one index.
func (b block) halves(d *decoded, r, classes int, entry func(r, c int) int8) bool {
	sum := make([]int64, classes)
	for c := range b.cols {
		sum[d.index[c]] += int64(entry(r, c)) * d.colSign[c]
	}
	return !slices.ContainsFunc(sum, func(s int64) bool { return s != 0 })
}

// places transforms each row; the largest coefficient is where it stands, the others are wrong entries.
func (b block) places(d *decoded, sign []int8, n int) {
	m := len(b.cols)
	d.place, d.sign = make([]int, m), make([]int64, m)
	taken := make([]bool, m)
	row := make([]int64, m)
	for r := range m {
		for c, col := range b.cols {
			row[d.index[c]] = int64(sign[b.rows[r]*n+col]) * d.colSign[c]
		}
		original := slices.Clone(row)
		Transform(row, m)
		best := 0
		for i, v := range row {
			if max(v, -v) > max(row[best], -row[best]) {
				best = i
			}
		}
		d.place[r], d.sign[r] = best, 1
		if row[best] < 0 {
			d.sign[r] = -1
		}
		d.repeated = d.repeated || taken[best]
		taken[best] = true
		for c, col := range b.cols {
			if original[d.index[c]] != d.sign[r]*int64(Entry(best, d.index[c])) {
				if d.wrong == 0 {
					d.first = [2]int{b.rows[r], col}
				}
				d.wrong++
			}
		}
	}
}

// defect words how far the rows are from orthogonal.
func (b block) defect(sign []int8, n int) string {
	m := len(b.cols)
	worst, at := 0, [2]int{}
	for i := range m {
		for j := range i {
			dot := 0
			for _, c := range b.cols {
				dot += int(sign[b.rows[i]*n+c]) * int(sign[b.rows[j]*n+c])
			}
			if max(dot, -dot) > worst {
				worst, at = max(dot, -dot), [2]int{b.rows[j], b.rows[i]}
			}
		}
	}
	if worst == 0 {
		return "its rows are orthogonal, but it is not equivalent to Sylvester's construction"
	}
	return fmt.Sprintf("rows %d and %d are not orthogonal: their product is %d of %d", at[0], at[1], worst, m)
}
