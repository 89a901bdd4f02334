package network

import (
	"math"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/kernels"
)

const decides = `model m
input x : i8[1]
steps 1
param V : int4[3, 4]
param U : int4[4, 1]
state h : int16[4]
h <- hadamard(h) + U*x
y = V*h
output class = `

// TestObjective holds losses with class weights and smoothing to their definitions, and their gradients to their slopes.
func TestObjective(t *testing.T) {
	y := []float64{0.7, -1.2, 0.4}
	logistic := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	for _, c := range []struct {
		output string
		label  int32
		o      Objective
		want   func() float64
	}{
		{"argmax(y) at last", 1, Objective{Weights: []float32{1, 2.5, 1}, Smoothing: 0.3}, func() float64 {
			sum := math.Exp(y[0]) + math.Exp(y[1]) + math.Exp(y[2])
			loss := 0.0
			for i, p := range []float64{0.1, 0.8, 0.1} {
				loss -= 2.5 * p * math.Log(math.Exp(y[i])/sum)
			}
			return loss
		}},
		{"y > 0.5 at last", 5, Objective{Weights: []float32{1, 2, 3, 4, 5, 6}, Smoothing: 0.2}, func() float64 {
			z := []float64{y[0] - 0.5, y[1] - 0.5, y[2] - 0.5}
			return -2*(0.9*math.Log(logistic(z[0]))+0.1*math.Log(logistic(-z[0]))) -
				3*(0.1*math.Log(logistic(z[1]))+0.9*math.Log(logistic(-z[1]))) -
				6*(0.9*math.Log(logistic(z[2]))+0.1*math.Log(logistic(-z[2])))
		}},
	} {
		n := build(t, decides+c.output)
		n.Objective = c.o
		at := func(weight float32) (Result, []float32) {
			rows := make([]float32, 3*kernels.Lanes)
			for i, v := range y {
				rows[i*kernels.Lanes] = float32(v)
			}
			r := n.evaluate(rows, 1, weight, func(int) int32 { return c.label }, nil)
			return r, []float32{rows[0], rows[kernels.Lanes], rows[2*kernels.Lanes]}
		}
		r, gradient := at(1)
		if math.Abs(r.Loss-c.want()) > 1e-6 {
			t.Errorf("%s: loss %v, want %v", c.output, r.Loss, c.want())
		}
		for i := range y {
			const h = 1e-3
			y[i] += h
			up := c.want()
			y[i] -= 2 * h
			down := c.want()
			y[i] += h
			if slope := (up - down) / (2 * h); math.Abs(slope-float64(gradient[i])) > 1e-4 {
				t.Errorf("%s: the gradient of output %d is %v, its slope %v", c.output, i, gradient[i], slope)
			}
		}
		scored, _ := at(0)
		n.Objective = Objective{}
		if plain, _ := at(1); scored.Loss != plain.Loss {
			t.Errorf("%s: a score counts the loss %v, which is %v", c.output, scored.Loss, plain.Loss)
		}
	}
}
