package main

import (
	"context"
	"fmt"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// transformUnits and transformBits are the transform that is measured by itself: exact in 16 bits.
const transformUnits, transformBits = 64, 10

// bareTransform is a program whose step is the transform of its state in place, and nothing else. It stays at zero, which takes the
// time of any other state: there is no branch on data.
func bareTransform(passes []int) (*lower.Plan, *step.Program, error) {
	one := make([]int8, transformUnits)
	weights := make([]int64, transformUnits)
	for i := range one {
		one[i], weights[i] = 1, 1
	}
	p := &lower.Plan{Name: "transform", Input: ir.Input{Name: "x", Kind: ir.Vector, Size: 1, Bits: 8, Scale: 1},
		Output: ir.Output{Name: "y", Decision: ir.Logits, When: ir.AtLast}}
	p.Layers = []lower.Layer{{Name: "z", N: transformUnits, Block: transformUnits, K: 6, Bits: transformBits, ZBits: 16, RBits: 16, SumBits: 16,
		Round: arith.Both(arith.Identity), Signs: one, Saturate: true}}
	p.Readout = lower.Readout{Matrix: lower.Matrix{Name: "V", Rows: 1, Cols: transformUnits, Ints: weights, Bits: 2}, YBits: 24, Unit: ir.Scale{Unit: 1}}
	choice := step.Plain(p)
	choice.Word = 16
	choice.Layers[0] = step.LayerChoice{Passes: passes, Lane: 16, InPlace: true, Merged: true}
	prog, err := step.Build(p, choice)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range prog.Arrays {
		if a.Kind == step.State {
			a.Range = arith.Interval{}
		}
	}
	f := prog.Funcs[0]
	f.Body = f.Body[:len(f.Body)-1] // the last loop is the update
	return p, prog, step.Verify(prog)
}

// transforms measures the transform alone on the AVR, as C and as assembly.
func (b *bench) transforms(ctx context.Context) error {
	b.line("## The transform alone")
	b.line("")
	b.line("%d units of int16 in place, exact, call included, on the ATmega328P: radix 8 twice, of the best of %v.", transformUnits, levels)
	b.line("")
	b.line("| as | cycles | counts | bytes of flash, of a firmware |")
	b.line("| --- | ---: | ---: | ---: |")
	part, err := chip.Get("atmega328p")
	if err != nil {
		return err
	}
	p, prog, err := bareTransform([]int{3, 3})
	if err != nil {
		return err
	}
	for _, as := range []struct{ name, asm string }{{"C", "no"}, {"assembly", "yes"}} {
		files, err := c.Spell(p, prog, backends.Vectors{}, backends.Settings{"mcu": part.Name, "asm": as.asm})
		if err != nil {
			return err
		}
		own := peer{name: p.Name, inputs: 1, rows: 1, files: map[string][]byte{}}
		for _, f := range files {
			own.files[f.Path] = f.Data
		}
		m, _, err := own.best(ctx, part, [][][]int64{{{1}}, {{255}}, {{0}}})
		if err != nil {
			return fmt.Errorf("the transform as %s: %w", as.name, err)
		}
		b.line("| %s, %s | %s | %d | %s |", as.name, m.level, thousands(m.step.Mean), m.step.Distinct, thousands(float64(m.sizes.Flash)))
	}
	b.line("")
	return nil
}
