package files

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Finite reads a finite number.
func Finite(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// AllNumbers reports whether all names are finite numbers.
func AllNumbers(names []string) bool {
	return !slices.ContainsFunc(names, func(s string) bool { _, ok := Finite(s); return !ok })
}

// spellNumber writes a number as its class is called: 1 for 1.0 and 01.
func spellNumber(s string) string {
	if n, err := strconv.Atoi(s); err == nil {
		return strconv.Itoa(n)
	}
	v, _ := Finite(s)
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// SortNames sorts as numbers when all are, as text otherwise.
func SortNames(names []string) []string {
	out := slices.Sorted(slices.Values(names))
	if AllNumbers(out) {
		slices.SortStableFunc(out, func(a, b string) int {
			x, _ := Finite(a)
			y, _ := Finite(b)
			return cmp.Compare(x, y)
		})
	}
	return out
}
