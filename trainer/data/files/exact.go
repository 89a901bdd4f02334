package files

import "math"

// exact keeps n numbers, rows of width columns, in the smallest type that gives each back to the bit: float32, decimals or
// float64.
func exact(n, width int, value func(i int) float64) Numbers {
	if fitFloat32(n, value) {
		return Fill(n, func(i int) float32 { return float32(value(i)) })
	}
	if d, ok := toDecimals(n, width, value); ok {
		return d
	}
	return Fill(n, value)
}

// Exactly is exact of numbers at hand.
func Exactly(values []float64, width int) Numbers {
	return exact(len(values), width, func(i int) float64 { return values[i] })
}

func fitFloat32(n int, value func(i int) float64) bool {
	for i := range n {
		if v := value(i); v == v && float64(float32(v)) != v { // NaN is a float32
			return false
		}
	}
	return true
}

// decimals are numbers of a few digits, as people and sensors write them: mantissas of 32 bits over a power of ten for each
// column. A mantissa and its power are exact in a float64, so that their quotient is the float64 nearest to the decimal: what
// reading its digits gives.
type decimals struct {
	mantissas []int32
	powers    []float64 // of the columns
}

// mostDecimals is the largest exponent that can leave a mantissa of 32 bits two digits.
const mostDecimals = 8

func toDecimals(n, width int, value func(i int) float64) (decimals, bool) {
	d := decimals{powers: make([]float64, width)}
	for c := range d.powers {
		var ok bool
		if d.powers[c], ok = commonPower(n, width, c, value); !ok {
			return d, false
		}
	}
	d.mantissas = make([]int32, n)
	for i := range d.mantissas {
		d.mantissas[i] = int32(math.Round(value(i) * d.powers[i%width]))
	}
	return d, true
}

// commonPower finds the power of ten by which all numbers of a column are exact decimals.
func commonPower(n, width, column int, value func(i int) float64) (power float64, ok bool) {
	power = 1
	most := 0.0
	for i, digits := column, 0; i < n; i += width {
		v := value(i)
		most = max(most, math.Abs(v))
		for math.Round(v*power)/power != v {
			if digits++; digits > mostDecimals {
				return power, false
			}
			power *= 10
		}
		if most*power >= math.MaxInt32 {
			return power, false
		}
	}
	return power, true
}

func (d decimals) Len() int { return len(d.mantissas) }

func (d decimals) Floats(from int, dst []float64) {
	c := from % len(d.powers)
	for j, m := range d.mantissas[from : from+len(dst)] {
		dst[j] = float64(m) / d.powers[c]
		if c++; c == len(d.powers) {
			c = 0
		}
	}
}

func (d decimals) Ints(from int, dst []int32) {
	for j, m := range d.mantissas[from : from+len(dst)] {
		dst[j] = int32(float64(m) / d.powers[(from+j)%len(d.powers)])
	}
}
