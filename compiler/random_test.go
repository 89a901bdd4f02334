package compiler

import (
	"testing"

	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// randomWeights lowers a text with weights drawn from a seed, which each change is told before.
func randomWeights(t *testing.T, text string, seed int64, changes ...func(w *weights.File)) *Lowered {
	t.Helper()
	w, err := modelgen.Weights(text, seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(w)
	}
	m, err := FromParts("model.hrn", []byte(text), w)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{VerifyEach: true})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
