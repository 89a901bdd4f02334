package network

import (
	"math"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// Rounding is how a layer's state is rounded at the fixed level: the real value of one at steps of even and of odd t, the
// width that it saturates at, and whether the transform rounds between its stages (docs/numerics.md section 3).
type Rounding struct {
	Unit   arith.Phased[float64] // the first step is t = 1
	Bits   int
	Staged bool
	// OddInput is by what the integers of a vector input are multiplied, and then rounded, at odd steps, about sqrt(2) times
	// a power of two; 0 where they are not.
	OddInput float64
}

// TrainRounded makes the network compute states as the fixed level does, one rounding a layer, for the weights at hand; nil
// goes back to exact states. Gradients pass straight through the rounding, and not through a saturation. A rounded state
// cannot be recovered from the next one, so that every step's is stored: memory grows with the steps.
func (n *Network) TrainRounded(layers []Rounding) {
	n.rounding, n.given, n.roundedAt = nil, layers, nil
	if layers != nil {
		n.rounding = make([]Rounding, len(layers))
		n.roundedAt = n.inflowUnits()
	}
	n.rest()
}

// Stretch says, for every layer, by how much the units of rounded states have grown with the weights since TrainRounded:
// the ranges that gave those units have to grow alike for the same units to come of them again.
func (n *Network) Stretch() []float64 {
	out := n.inflowUnits()
	for i := range out {
		out[i] /= n.roundedAt[i]
	}
	return out
}

// followUnits keeps the units of rounded states at the same power of two times the unit of what flows in, which the fixed
// level takes them from (docs/numerics.md section 3) and which moves with the weights.
func (n *Network) followUnits() {
	if n.rounding == nil {
		return
	}
	for i, s := range n.Stretch() {
		n.rounding[i] = n.given[i]
		for phase := range n.given[i].Unit {
			n.rounding[i].Unit[phase] *= s
		}
	}
}

// inflowUnits is the real value of one in the integers that flow into every layer, but for a factor that never changes.
func (n *Network) inflowUnits() []float64 {
	out := make([]float64, len(n.layers))
	for i, l := range n.layers {
		switch l.source {
		case nothing:
			out[i] = 1
			if len(l.biases) > 0 {
				out[i] = largestMagnitude(l.biases[0].Used)
			}
			continue
		case embedding:
			out[i] = float64(l.embed.unit)
		case state:
			out[i] = out[l.from]
		default:
			out[i] = 1
		}
		out[i] *= float64(l.matrix.unit)
	}
	return out
}

// checkpointEvery is how many steps lie between stored states.
func (n *Network) checkpointEvery() int {
	if n.rounding != nil {
		return 1
	}
	return n.checkpoints
}

// checkpointsFor is how many steps may lie between two stored states: recovering one divides by what a leak keeps, and with it
// errors grow; between two they grow by less than 100.
func checkpointsFor(layers []*layer) int {
	every := checkpointSteps
	for _, l := range layers {
		for _, k := range l.leak {
			every = min(every, int(math.Log(100)/-math.Log(arith.Kept(k))))
		}
	}
	return every
}

// limits gives the unit after a step, counted from 0, and the range of states in real values.
func (r Rounding) limits(step int) (unit, lo, hi float32) {
	u := r.Unit[(step+1)&1]
	half := math.Ldexp(1, r.Bits-1)
	return float32(u), float32(-half * u), float32((half - 1) * u)
}

// tie is how close to a half a number may be and count as one: float32 misses by less, and where a shift is small, every
// few numbers are halves.
const tie = 1e-4

// round takes numbers to whole multiples of the unit after a step, halves up.
func (r Rounding) round(rows []float32, step int) {
	unit, _, _ := r.limits(step)
	per := 1 / unit
	for i, v := range rows {
		rows[i] = floor(v*per+(0.5+tie)) * unit
	}
}

// input is a step's vector input, of so many to a real 1, with the rounding of odd steps; rounded is room for it.
func (r Rounding) input(x, rounded []float32, perUnit float64, step int) []float32 {
	if r.OddInput == 0 || step&1 == 1 { // steps are counted from 0 here
		return x
	}
	up, down := perUnit*r.OddInput, float32(1/(perUnit*r.OddInput))
	for i, v := range x {
		rounded[i] = float32(math.RoundToEven(float64(v)*up)) * down
	}
	return rounded[:len(x)]
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
	per := float32(1 / r.Unit[step&1])
	for i, v := range s.h {
		const magic = 3 << 22
		s.h[i] = (v*per + magic) - magic // whole already but for float32
	}
	shift := shiftAt(l.block, (step+1)&1)
	if r.Staged {
		shift = staged(s.h, l.block, shift)
	} else {
		kernels.Transform(s.h, l.block)
	}
	unit, _, _ := r.limits(step)
	factor := float32(math.Ldexp(1, -shift))
	for i, v := range s.h {
		s.h[i] = floor(v*factor+0.5) * unit
	}
	if l.leak != nil {
		l.leaked(s.h, unit)
	}
	gather(l.order, &s.h, &s.z)
	kernels.MulRowsAdd(s.h, l.signs.Used, s.h, s.inflow)
	r.saturate(s.h, step)
}

// leaked takes from whole multiples of a unit what leaks, rounded.
func (l *layer) leaked(rows []float32, unit float32) {
	per := 1 / unit
	for j := range l.n {
		share := float32(1 - arith.Kept(l.leak.At(j, l.n)))
		for i, v := range row(rows, j) {
			const magic = 3 << 22
			whole := (v*per + magic) - magic // whole already but for float32
			row(rows, j)[i] = (whole - floor(whole*share+0.5)) * unit
		}
	}
}

// shiftAt is the shift of a transform of blocks of 2^k at a phase: k/2, or for odd k (k-1)/2 at odd t and (k+1)/2 at even t.
func shiftAt(block, phase int) int {
	k := bits.TrailingZeros(uint(block))
	if k%2 == 0 || phase == 1 {
		return k / 2
	}
	return k/2 + 1
}

// staged transforms whole numbers with a halving after every second stage, while any of the shift is left, and gives what
// is left of it.
func staged(rows []float32, block, shift int) int {
	for stage, stride := 1, kernels.Lanes; stride < block*kernels.Lanes; stage, stride = stage+1, 2*stride {
		halve := arith.Halves(stage, shift)
		for b := 0; b < len(rows); b += 2 * stride {
			low, high := rows[b:b+stride], rows[b+stride:b+2*stride]
			for i, x := range low {
				y := high[i]
				low[i], high[i] = x+y, x-y
				if halve {
					low[i], high[i] = floor((x+y)*0.5+0.5), floor((x-y)*0.5+0.5)
				}
			}
		}
	}
	return arith.Rest(bits.TrailingZeros(uint(block)), shift)
}

func floor(v float32) float32 { return float32(math.Floor(float64(v))) }

// roundBias takes the bias to whole units, of even and of odd t.
func (l *layer) roundBias(r Rounding) {
	for phase := range l.rounded {
		l.rounded[phase] = append(l.rounded[phase][:0], l.bias...)
		r.round(l.rounded[phase], phase+1)
	}
}
