package compiler

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

// onChips are the chips that examples run on in tests, and those examples; none stands for all.
var onChips = []struct {
	chip     string
	examples []string
}{
	{"atmega328p", nil},
	{"cortex-m0", []string{"activity", "pmnist"}}, // QEMU's microbit
	{"cortex-m3", []string{"har2", "copy"}},       // mps2-an385
	{"cortex-m4", nil},                            // mps2-an386
	{"rv32imc", []string{"activity", "copy", "digits", "pmnist"}},
}

// TestExamplesOnChips runs the examples on simulated chips and compares every output, or is told what has no room.
func TestExamplesOnChips(t *testing.T) {
	models, err := filepath.Glob("../examples/*/model.hrn")
	if err != nil || len(models) < 5 {
		t.Fatal(models, err)
	}
	for _, on := range onChips {
		t.Run(on.chip, func(t *testing.T) {
			part, err := chip.Get(on.chip)
			if err != nil {
				t.Fatal(err)
			}
			runtest.Need(t, part)
			ran := 0
			for _, file := range models {
				name := filepath.Base(filepath.Dir(file))
				if on.examples != nil && !slices.Contains(on.examples, name) {
					continue
				}
				l := lowered(t, file)
				b, err := l.Bench(context.Background(), part, BenchOptions{Steps: 16})
				var list diag.List
				if errors.As(err, &list) && list[0].Code == "fit" {
					t.Logf("%s: %v", name, err)
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				ran++
				step, _ := b.Call("step")
				if !b.Equal() || step.Runs < 16 || b.Firmware.Flash > part.Flash || part.Energy != nil && step.Microjoules <= 0 {
					t.Errorf("%s: %+v", name, b)
				}
			}
			if ran < min(2, len(models)) {
				t.Errorf("%d examples have room", ran)
			}
		})
	}
}

func lowered(t *testing.T, file string) *Lowered {
	t.Helper()
	m, err := Load(file, "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
