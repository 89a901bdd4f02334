package report

import (
	"math"
	"strconv"
	"strings"
)

// huge is where numbers stop being drawn: beyond it the difference of two may be infinite. float32 ends at 3e38.
const huge = 1e100

// drawable reports whether a number has a place on an axis.
func drawable(v float64) bool { return math.Abs(v) < huge } // false for NaN

// extent is the smallest and the largest drawable number seen.
type extent struct {
	lo, hi float64
	any    bool
}

func (e *extent) see(v float64) {
	switch {
	case !drawable(v):
	case !e.any:
		e.lo, e.hi, e.any = v, v, true
	default:
		e.lo, e.hi = min(e.lo, v), max(e.hi, v)
	}
}

// spread widens an extent that is a single number, or too narrow for float64 to divide.
func (e extent) spread() extent {
	size := max(math.Abs(e.lo), math.Abs(e.hi))
	if e.hi-e.lo > 1e-9*size && e.hi-e.lo > 1/huge {
		return e
	}
	pad := size / 20
	if pad < 1/huge {
		pad = 1
	}
	return extent{e.lo - pad, e.hi + pad, e.any}
}

// logWorthy is the span in decades from which a logarithmic axis shows more than a linear one.
const logWorthy = 1.5

// logs reports whether an extent is better drawn on a logarithmic axis.
func (e extent) logs() bool { return e.lo > 1/huge && math.Log10(e.hi/e.lo) > logWorthy }

// tick is a marked place of an axis.
type tick struct {
	at   float64
	text string
}

// axis maps numbers from lo to hi to coordinates.
type axis struct {
	lo, hi   float64
	from, to float64 // coordinates of lo and hi
	log      bool
	ticks    []tick
}

func (a axis) place(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		v, lo, hi = math.Log10(v), math.Log10(lo), math.Log10(hi)
	}
	return a.from + (a.to-a.from)*min(max((v-lo)/(hi-lo), 0), 1)
}

// linearAxis covers e with about n ticks, ending at ticks when round is set.
func linearAxis(e extent, n int, round bool) axis {
	e = e.spread()
	s := niceStep(e.hi-e.lo, n)
	if round {
		e.lo, e.hi = s.times(math.Floor(e.lo/s.size()+1e-9)), s.times(math.Ceil(e.hi/s.size()-1e-9))
	}
	a := axis{lo: e.lo, hi: e.hi}
	for _, v := range s.between(e.lo, e.hi) {
		a.ticks = append(a.ticks, tick{v, s.text(v, max(math.Abs(e.lo), math.Abs(e.hi)))})
	}
	return a
}

// wholeAxis is a linear axis of whole numbers.
func wholeAxis(e extent, n int) axis {
	if e.lo == e.hi {
		pad := max(1, math.Abs(e.lo)/20)
		return axis{lo: e.lo - pad, hi: e.hi + pad, ticks: []tick{{e.lo, decimal(e.lo, 0)}}}
	}
	a := linearAxis(e, n, false)
	whole := a.ticks[:0]
	for _, t := range a.ticks {
		if t.at == math.Trunc(t.at) {
			t.text = decimal(t.at, 0)
			whole = append(whole, t)
		}
	}
	a.ticks = whole
	return a
}

// logAxis covers a positive extent. Its ticks are powers of ten, with 2 and 5 times them where there are few.
func logAxis(e extent) axis {
	first, last := decade(e.lo), decade(e.hi)
	a := axis{lo: e.lo, hi: e.hi, log: true}
	every := max((last-first)/6, 1)
	factors := []float64{1}
	if last-first < 3 {
		factors = []float64{1, 2, 5}
	}
	for d := first; d <= last; d += every {
		for _, f := range factors {
			v := step{f, d}.size()
			if v >= e.lo && v <= e.hi {
				a.ticks = append(a.ticks, tick{v, significant(v, 1)})
			}
		}
	}
	return a
}

// step is a distance between ticks: 1, 2 or 5 times a power of ten. Kept apart, they give 0.3 where 3 * 0.1 does not.
type step struct {
	factor   float64
	exponent int
}

func (s step) size() float64 { return s.times(1) }

func (s step) times(k float64) float64 {
	if s.exponent < 0 {
		return k * s.factor / math.Pow10(-s.exponent)
	}
	return k * s.factor * math.Pow10(s.exponent)
}

// niceStep is the smallest step that cuts span into at most n parts.
func niceStep(span float64, n int) step {
	raw := span / float64(n)
	e := decade(raw)
	for _, f := range []float64{1, 2, 5} {
		if s := (step{f, e}); raw <= s.size()*(1+1e-9) {
			return s
		}
	}
	return step{1, e + 1}
}

// between gives the multiples of the step from lo to hi.
func (s step) between(lo, hi float64) []float64 {
	first, last := math.Ceil(lo/s.size()-1e-9), math.Floor(hi/s.size()+1e-9)
	var out []float64
	for k := 0.0; first+k <= last; k++ {
		out = append(out, s.times(first+k)+0) // +0 turns -0 into 0
	}
	return out
}

// decade is the exponent of the power of ten at or below a positive number. Log10(1000) is a little less than 3.
func decade(v float64) int { return int(math.Floor(math.Log10(v) + 1e-12)) }

// text prints a multiple of the step with the digits that tell it from its neighbours; largest is the largest magnitude
// of the axis.
func (s step) text(v, largest float64) string {
	if largest < 1e6 && s.exponent > -6 {
		return decimal(v, max(-s.exponent, 0))
	}
	digits := 1
	if largest > 0 {
		digits = min(max(decade(largest)-s.exponent+1, 1), 15)
	}
	return significant(v, digits)
}

// Count spells a whole number as pages do, thousands apart.
func Count(n int) string { return decimal(float64(n), 0) }

// decimal prints a number with so many places, thousands apart.
func decimal(v float64, places int) string {
	if text, ok := notNumber(v); ok {
		return text
	}
	text := strconv.FormatFloat(math.Abs(v), 'f', places, 64)
	whole, rest, _ := strings.Cut(text, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	if v < 0 && strings.Trim(text, "0.") != "" {
		return "−" + b.String()
	}
	return b.String()
}

// significant prints a number with so many significant digits, in scientific notation where it is long otherwise.
func significant(v float64, digits int) string {
	if text, ok := notNumber(v); ok {
		return text
	}
	size := math.Abs(v)
	if v == 0 {
		return "0"
	}
	exponent := decade(size)
	if exponent >= -3 && exponent < 6 {
		return decimal(v, max(digits-1-exponent, 0))
	}
	text := strconv.FormatFloat(size, 'e', max(digits-1, 0), 64)
	mantissa, power, _ := strings.Cut(text, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	sign := ""
	if v < 0 {
		sign = "−"
	}
	power = strings.TrimPrefix(power, "+")
	if p, negative := strings.CutPrefix(power, "-"); negative {
		power = "−" + strings.TrimLeft(p, "0")
	} else {
		power = strings.TrimLeft(power, "0")
	}
	return sign + mantissa + "e" + power
}

// notNumber is what stands for NaN and the infinities.
func notNumber(v float64) (string, bool) {
	switch {
	case math.IsNaN(v):
		return "NaN", true
	case math.IsInf(v, 1):
		return "∞", true
	case math.IsInf(v, -1):
		return "−∞", true
	}
	return "", false
}
