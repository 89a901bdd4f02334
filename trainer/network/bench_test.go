package network

import (
	"fmt"
	"math/rand"
	"testing"
)

// BenchmarkStep is one training step of the paper's MNIST configuration: 784 steps of one pixel, a batch of 100.
func BenchmarkStep(b *testing.B) {
	for _, units := range []int{64, 512} {
		b.Run(fmt.Sprint(units), func(b *testing.B) {
			n := build(b, fmt.Sprintf("input x : u8[1] / 255\nparam U : int4\nparam b\nparam V : int4[10, %d]\nparam c\nstate h : int16[%d]\n"+
				"h <- hadamard(h) + U*x + b\ny = V*relu(h) + c\noutput class = argmax(y) at last\n", units, units))
			n.Initialise(1, RandomSigns)
			rng := rand.New(rand.NewSource(1))
			batch := &Batch{N: 100, T: 784, D: 1}
			for range batch.N * batch.T {
				batch.X = append(batch.X, float32(rng.Intn(256)))
			}
			for range batch.N {
				batch.Labels = append(batch.Labels, int32(rng.Intn(10)))
			}
			for b.Loop() {
				n.Step(batch)
			}
		})
	}
}

func BenchmarkLargest(b *testing.B) {
	rows := make([]float32, 512*16)
	for i := range rows {
		rows[i] = float32(i%100 - 60)
	}
	for b.Loop() {
		if largest(rows) != 60 {
			b.Fatal(largest(rows))
		}
	}
}
