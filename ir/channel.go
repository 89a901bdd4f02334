package ir

import "math"

// Channel says how one entry of a step's input comes from a value of the data that the model was trained on: as the
// integer nearest to Gain times the value plus Offset, within the input's range; or how such a value comes from an output in
// real units. It changes no result; it is for those who feed the model, and read it.
type Channel struct {
	Name   string  `json:"name"`
	Gain   float64 `json:"gain"`
	Offset float64 `json:"offset"`
}

// Conversion says how entry i comes from a value: as Channels say, or by the input's scale where nothing is said.
func (in Input) Conversion(i int) Channel {
	if i < len(in.Channels) {
		return in.Channels[i]
	}
	return Channel{Gain: 1 / in.Scale}
}

// Of gives Gain times a value plus Offset, both rounded to a float64: never one fused multiply-add, which some processors have
// and others not.
func (c Channel) Of(v float64) float64 { return float64(c.Gain*v) + c.Offset }

// valid reports whether the numbers are finite; the name may be any text.
func (c Channel) valid() bool {
	return !math.IsInf(c.Gain, 0) && !math.IsNaN(c.Gain) &&
		!math.IsInf(c.Offset, 0) && !math.IsNaN(c.Offset)
}

// Value gives the value of the data that output i stands for, of a result in real units.
func (o Output) Value(i int, r float64) float64 {
	if o.Channels == nil {
		return r
	}
	return o.Channels[i].Of(r)
}
