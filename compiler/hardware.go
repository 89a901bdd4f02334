package compiler

import (
	"context"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// Prove proves the properties of the model's Verilog, each within about so many seconds. watch is told what runs
// next, and about how far all of it is, 0 to 1. A tool that is missing is an error.
func (l *Lowered) Prove(ctx context.Context, seconds int, watch func(name string, done float64)) ([]sim.Proven, error) {
	if missing := exttool.Missing(sim.ProofTools...); len(missing) > 0 {
		_, err := exttool.Find(missing[0])
		return nil, asList(err)
	}
	proofs, err := verilog.Proofs(l.Plan, l.Targets[verilog.Target.Name()])
	if err != nil {
		return nil, l.placed(verilog.Target, err)
	}
	var out []sim.Proven
	err = l.inVerilog(backends.Vectors{}, func(d *sim.Design) error {
		for i, p := range proofs {
			watch(p.Name, float64(i)/float64(len(proofs)))
			one, err := sim.Prove(ctx, d, p, seconds)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// inVerilog generates the model's Verilog into a temporary folder for what is done with it.
func (l *Lowered) inVerilog(v backends.Vectors, do func(d *sim.Design) error) error {
	files, _, err := l.generate(verilog.Target, l.Plan, v)
	if err != nil {
		return err
	}
	dir, done, err := temporary(files)
	if err != nil {
		return err
	}
	defer done()
	d, err := sim.Open(dir)
	if err != nil {
		return err
	}
	return do(d)
}

// Cover counts what of the model's Verilog its testbench reaches. A tool that is missing is an error.
func (l *Lowered) Cover(ctx context.Context) (*sim.Coverage, error) {
	if missing := exttool.Missing(sim.CoverageTools...); len(missing) > 0 {
		_, err := exttool.Find(missing[0])
		return nil, asList(err)
	}
	v, _, _, err := l.GoldenVectors(ctx)
	if err != nil {
		return nil, err
	}
	var out *sim.Coverage
	err = l.inVerilog(v, func(d *sim.Design) error {
		out, err = sim.Cover(ctx, d)
		return err
	})
	return out, err
}
