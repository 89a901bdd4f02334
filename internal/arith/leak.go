package arith

// Leak is the l of every run of entries of a vector, all as long: entry i keeps 1 - 2^-l of itself (docs/numerics.md section
// 3, leak). None is no leak at all.
type Leak []int

// MaxLeak is the largest l; the smallest is 1.
const MaxLeak = 12

// At is the l of entry i of n.
func (k Leak) At(i, n int) int { return k[i*len(k)/n] }

// Most is the largest l: of what forgets least.
func (k Leak) Most() int {
	most := 0
	for _, l := range k {
		most = max(most, l)
	}
	return most
}

// Even reports whether every entry has the same l.
func (k Leak) Even() bool {
	for _, l := range k {
		if l != k[0] {
			return false
		}
	}
	return true
}

// Leaked is r less 2^-l of it: r - ((r + 2^(l-1)) >> l), half up. It grows with r and is never further from 0, so that what
// holds r holds it.
func Leaked(r int64, l int) int64 { return r - (r+1<<(l-1))>>l }

// Kept is the factor that a leak leaves of a real number.
func Kept(l int) float64 { return 1 - 1/float64(int64(1)<<l) }

// Floor is what never decays at the fixed level: entries from Lo to Hi stay as they are without input.
func Floor(l int) Interval { return Interval{-1 << (l - 1), 1<<(l-1) - 1} }
