package network

import (
	"math"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// Loss names what training minimises, averaged over what is counted.
type Loss string

// The losses. Labels of -1 are not counted.
const (
	CrossEntropy       Loss = "cross_entropy"        // classes, of the outputs' softmax
	BinaryCrossEntropy Loss = "binary_cross_entropy" // 0 or 1 an output, of the logistic function of y minus the threshold
	MeanSquared        Loss = "mse"                  // real targets
)

// DefaultLoss is the loss that a model's decision asks for.
func DefaultLoss(m *dsl.Model) Loss {
	switch m.Output.Decision {
	case ir.Argmax:
		return CrossEntropy
	case ir.Threshold:
		return BinaryCrossEntropy
	}
	return MeanSquared
}

// Result adds up what a batch gave.
type Result struct {
	Loss    float64 // sum over what was counted
	Counted int     // labels, or targets
	Right   int     // decisions that agree with their label
}

// Mean is the loss averaged over what was counted.
func (r Result) Mean() float64 { return r.Loss / float64(max(r.Counted, 1)) }

// Accuracy is the part of decisions that were right.
func (r Result) Accuracy() float64 { return float64(r.Right) / float64(max(r.Counted, 1)) }

// Add adds what another batch gave.
func (r *Result) Add(s Result) {
	r.Loss += s.Loss
	r.Counted += s.Counted
	r.Right += s.Right
}

// evaluate computes the loss of the outputs y [o][16] of every lane at one position, and overwrites y with its gradient
// times weight. label gives a lane's label, -1 for none; target its row of targets. Where weight is 0, nothing is trained, and the loss
// is without class weights and smoothing.
func (n *Network) evaluate(y []float32, lanes int, weight float32, label func(lane int) int32, target func(lane int) []float32) Result {
	var r Result
	for lane := range kernels.Lanes {
		column := laneOf(y, lane)
		switch {
		case lane >= lanes:
			column.clear()
		case n.Loss == MeanSquared:
			column.squared(&r, target(lane), weight)
		case label(lane) < 0:
			column.clear()
		case n.Loss == CrossEntropy:
			column.softmax(&r, int(label(lane)), weight, n.objective(weight))
		default:
			column.logistic(&r, label(lane), float32(n.Model.Output.Threshold), weight, n.objective(weight))
		}
	}
	return r
}

// Objective is what training minimises beside the plain loss.
type Objective struct {
	// Weights are those of the answers in the loss, nil for 1 each: of every class for CrossEntropy; for BinaryCrossEntropy
	// [2*output+bit].
	Weights []float32
	// Smoothing is the part of an answer's probability that goes to all classes alike, or to both values of a bit.
	Smoothing float64
}

// objective is that of a gradient's weight.
func (n *Network) objective(weight float32) *Objective {
	if weight == 0 {
		return &plain
	}
	return &n.Objective
}

var plain Objective

// of is the weight of an answer.
func (o *Objective) of(k int) float64 {
	if o.Weights == nil {
		return 1
	}
	return float64(o.Weights[k])
}

// column is one lane of a tile of outputs.
type column struct {
	y    []float32
	lane int
}

func laneOf(y []float32, lane int) column { return column{y, lane} }

func (c column) len() int { return len(c.y) / kernels.Lanes }

func (c column) at(i int) *float32 { return &c.y[i*kernels.Lanes+c.lane] }

func (c column) clear() {
	for i := range c.len() {
		*c.at(i) = 0
	}
}

func (c column) softmax(r *Result, label int, weight float32, o *Objective) {
	best, mean := 0, 0.0
	for i := range c.len() {
		mean += float64(*c.at(i)) / float64(c.len())
		if *c.at(i) > *c.at(best) {
			best = i
		}
	}
	most, sum := float64(*c.at(best)), 0.0
	for i := range c.len() {
		sum += math.Exp(float64(*c.at(i)) - most)
	}
	own, share := o.of(label), o.Smoothing
	r.Loss += own * (most + math.Log(sum) - (1-share)*float64(*c.at(label)) - share*mean)
	r.Counted++
	if best == label {
		r.Right++
	}
	for i := range c.len() {
		p := math.Exp(float64(*c.at(i))-most) / sum
		if p -= share / float64(c.len()); i == label {
			p -= 1 - share
		}
		*c.at(i) = flushed(own*p) * weight
	}
}

// nothingLeft is the gradient of an output that is as good as decided: it changes no parameter in float32. Smaller ones are
// taken as zero, since products of such numbers are subnormal, with which processors compute many times slower.
const nothingLeft = 1e-12

func flushed(gradient float64) float32 {
	if math.Abs(gradient) < nothingLeft {
		return 0
	}
	return float32(gradient)
}

// logistic takes the label's bit i for output i.
func (c column) logistic(r *Result, label int32, threshold, weight float32, o *Objective) {
	for i := range c.len() {
		bit := int(label >> i & 1)
		z, want, own := float64(*c.at(i)-threshold), (1-o.Smoothing)*float64(bit)+o.Smoothing/2, o.of(2*i+bit)
		// log(1 + e^z) - want*z, written so that no exponential overflows.
		r.Loss += own * (max(z, 0) - want*z + math.Log1p(math.Exp(-math.Abs(z))))
		r.Counted++
		if (z > 0) == (bit == 1) {
			r.Right++
		}
		*c.at(i) = flushed(own*(1/(1+math.Exp(-z))-want)) * weight
	}
}

// squared leaves targets of NaN out, which do not count.
func (c column) squared(r *Result, target []float32, weight float32) {
	for i := range c.len() {
		if target[i] != target[i] {
			*c.at(i) = 0
			continue
		}
		d := *c.at(i) - target[i]
		r.Loss += float64(d) * float64(d)
		r.Counted++
		*c.at(i) = 2 * d * weight
	}
}
