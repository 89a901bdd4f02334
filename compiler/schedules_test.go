package compiler

import (
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
)

// withRanges is a text with random weights, and states whose ranges are known.
func withRanges(t *testing.T, text string, seed int64, ranges string) *Lowered {
	t.Helper()
	w, err := modelgen.Weights(text, seed)
	if err != nil {
		t.Fatal(err)
	}
	for key := range w.Metadata {
		w.Metadata[key] = ranges
	}
	m, err := FromParts("model.hrn", []byte(text), w)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSchedulesOfProvenRanges: lanes of 16 bits hold the transform of a state that is proven to be far narrower than they are stored, with
// signs on the columns: none of its numbers lacks a negative there.
func TestSchedulesOfProvenRanges(t *testing.T) {
	l := withRanges(t, `model m
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
`, 3, "42")
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
