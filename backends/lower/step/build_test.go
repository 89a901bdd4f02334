package step_test

import (
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

func TestPlainIsForEveryPlan(t *testing.T) {
	for seed := range int64(300) {
		p := plantest.Random(rand.New(rand.NewSource(seed)))
		if _, err := step.Build(p, step.Plain(p)); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
