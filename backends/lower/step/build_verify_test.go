package step_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// hold says how a program differs from its plan: it verifies, computes the plan's bits, and reads back from its text.
func hold(rng *rand.Rand, p *lower.Plan, prog *step.Program) error {
	report, err := step.Prove(prog)
	if err != nil {
		return err
	}
	if err := report.ConstantTime(); err != nil {
		return err
	}
	m, err := step.NewMachine(prog)
	if err != nil {
		return err
	}
	want := lower.NewMachine(p.Alone())
	steps := 7
	if p.Steps > 0 {
		steps = min(p.Steps, 9+rng.Intn(60))
	}
	for _, seq := range plantest.Sequences(rng, p, 3, steps) {
		want.Reset()
		m.Reset()
		for t, x := range seq {
			want.Step(x)
			if err := m.Step(x); err != nil {
				return err
			}
			y, err := m.Output()
			if err != nil {
				return err
			}
			if w := want.Entries(); !slices.Equal(y, w) {
				return fmt.Errorf("after step %d the output is %v, and the plan's %v", t+1, y, w)
			}
		}
	}
	back, err := step.Parse("p.step", []byte(step.Text(prog)))
	if err != nil {
		return err
	}
	unplaced := *prog
	unplaced.Origins = nil // which no text has
	if !reflect.DeepEqual(back, &unplaced) {
		return fmt.Errorf("its text reads as another program")
	}
	return nil
}

func TestPlainChoiceComputesThePlan(t *testing.T) {
	for seed := range int64(120) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		prog, err := step.Build(p, step.Plain(p))
		if err == nil {
			err = hold(rng, p, prog)
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// Decide blocks of any settings, between two classes and many, over saturated and equal scores.
func TestProgramsDecideAsThePlan(t *testing.T) {
	changes := 0
	for seed := range int64(60) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		if seed%3 == 2 { // the program of a course, and what decides beside it
			plantest.Restart(rng, p, false)
		}
		plantest.Decide(rng, p, []int{2, 3, 6, 45}[seed%4])
		prog, err := step.Build(p, step.Plain(p))
		if err == nil {
			err = hold(rng, p, prog)
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		for _, y := range p.Outputs(plantest.Sequences(rng, p, 2, 30)) {
			for t := range y[1:] {
				if n := len(y[t]) - 1; y[t][n] != y[t+1][n] {
					changes++
				}
			}
		}
	}
	if changes < 60 {
		t.Errorf("%d changes of decisions are too few to see anything", changes)
	}
}
