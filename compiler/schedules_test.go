package compiler

import (
	"testing"

	cc "github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// TestSchedulesOfProvenRanges: lanes of 16 bits hold the transform of a state that is proven to be far narrower than they are stored, with
// signs on the columns: none of its numbers lacks a negative there.
func TestSchedulesOfProvenRanges(t *testing.T) {
	l := randomWeights(t, `model m
input t : token[5]
steps 13
param U1 : int4
state h1 : int16[4]
param p1 : index
param s1 : sign
param b1
h1 <- hadamard(h1, block = 4, leak = 0.5, permute = p1, presigns = s1) + U1*onehot(t) + b1
param V : binary[4, 4]
y = V*relu(h1)
output class = argmax(y) at every step
weights "model.safetensors"
`, 3, func(w *weights.File) {
		for key := range w.Metadata {
			w.Metadata[key] = "42"
		}
	})
	if h := &l.Plan.Layers[0]; h.ZBits > h.Bits {
		t.Fatalf("the transform has %d bits, the state %d: nothing is tried", h.ZBits, h.Bits)
	}
	choice := step.Plain(l.Plan)
	choice.Word, choice.Layers[0].Lane = 16, 16
	program, err := step.Build(l.Plan, choice)
	if err == nil {
		err = step.Verify(program)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestSumsThatFillWords: a sum that fills a word has no room to be less by the largest state, where a clamp would begin with that; some
// schedule is found, for all weights.
func TestSumsThatFillWords(t *testing.T) {
	const text = `model full
input t : token[1]
steps 5000
param U : int4
param s : sign
param b
state h : int31[1] range 53.9
h <- hadamard(h, presigns = s) + U*onehot(t) + b
param V : int4[2, 1]
output argmax(V*h) mean
weights "model.safetensors"
`
	for seed := range int64(9) {
		l := randomWeights(t, text, seed)
		for _, chip := range []string{"cortex-m0plus", "rv32imc"} {
			if _, err := l.with(cc.Target, "mcu", chip).Schedule(); err != nil {
				t.Errorf("seed %d, %s: %v", seed, chip, err)
			}
		}
	}
}
