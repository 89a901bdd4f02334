package network

import (
	"math"

	"hrnnc/trainer/kernels"
)

// Rounding is how a layer's state is rounded at the fixed level: the real value of one at steps of even and of odd t, and
// the width that it saturates at.
type Rounding struct {
	Unit [2]float64 // Unit[t&1]; the first step is t = 1
	Bits int
}

// TrainRounded makes the network compute states as the fixed level does, one rounding a layer; nil goes back to exact ones. Gradients pass straight through the rounding, and not through a saturation.
// A rounded state cannot be recovered from the next one, so that every step's is stored: memory grows with the steps.
func (n *Network) TrainRounded(layers []Rounding) {
	n.rounding = layers
	n.rest()
}

// checkpointEvery is how many steps lie between stored states.
func (n *Network) checkpointEvery() int {
	if n.rounding != nil {
		return 1
	}
	return checkpointSteps
}

// limits gives the unit after a step, counted from 0, and the range of states in real values.
func (r Rounding) limits(step int) (unit, lo, hi float32) {
	u := r.Unit[(step+1)&1]
	half := math.Ldexp(1, r.Bits-1)
	return float32(u), float32(-half * u), float32((half - 1) * u)
}

// round takes numbers to whole multiples of the unit after a step, halves up. Multiples beyond 2^22 stay as float32 has
// them.
func (r Rounding) round(rows []float32, step int) {
	unit, _, _ := r.limits(step)
	per := 1 / unit
	for i, v := range rows {
		const magic = 3 << 22
		if y := v * per; y < 1<<22 && y > -1<<22 {
			q := (y + magic) - magic
			if y-q == 0.5 {
				q++
			}
			rows[i] = q * unit
		}
	}
}

// saturate clamps a state after a step.
func (r Rounding) saturate(h []float32, step int) {
	_, lo, hi := r.limits(step)
	for i, v := range h {
		h[i] = min(max(v, lo), hi)
	}
}

// mask stops gradients where a state is saturated.
func (r Rounding) mask(g, h []float32, step int) {
	_, lo, hi := r.limits(step)
	for i, v := range h {
		if v <= lo || v >= hi {
			g[i] = 0
		}
	}
}

// update is the update of a state as docs/numerics.md section 3 has it: what the transform gives and what flows in are
// rounded apart, the first before the signs.
func (r Rounding) update(l *layer, s *tileLayer, step int) {
	for i := range s.h {
		s.h[i] *= l.norm
	}
	r.round(s.h, step)
	kernels.MulRowsAdd(s.h, l.signs.Used, s.h, s.inflow)
	r.saturate(s.h, step)
}

// roundBias takes the bias to whole units, of even and of odd t.
func (l *layer) roundBias(r Rounding) {
	for phase := range l.rounded {
		l.rounded[phase] = append(l.rounded[phase][:0], l.bias...)
		r.round(l.rounded[phase], phase+1)
	}
}
