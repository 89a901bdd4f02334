package area_test

import (
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/area"
)

// TestResetsTakeNoTables counts registers of eight bits that a flip-flop's own reset or enable clears and holds.
func TestResetsTakeNoTables(t *testing.T) {
	zero := datapath.Const(8, 0)
	for _, c := range []struct {
		name   string
		set    func(r *datapath.Signal, on, value *datapath.Expr)
		tables int
	}{
		{"always", func(r *datapath.Signal, _, value *datapath.Expr) { r.Set(value) }, 8},
		{"a condition before zero", func(r *datapath.Signal, on, value *datapath.Expr) { r.Set(value).When(on, zero) }, 8},
		{"a choice of zero", func(r *datapath.Signal, on, value *datapath.Expr) { r.Set(datapath.Mux(on, zero, value)) }, 8},
		{"zero after a reset", func(r *datapath.Signal, on, value *datapath.Expr) { r.Set(value).When(on, zero).ResetTo(0) }, 9},
		{"ones after a reset to zero", func(r *datapath.Signal, on, value *datapath.Expr) {
			r.Set(value).When(on, datapath.Const(8, 255)).ResetTo(0)
		}, 8},
		{"held", func(r *datapath.Signal, on, value *datapath.Expr) { r.When(on, value) }, 8},
	} {
		d := datapath.New("d")
		on, x, y := d.Input("on", 1), d.Input("x", 8), d.Input("y", 8)
		r := d.Reg("r", 8)
		c.set(r, on, datapath.Xor(x, y))
		d.Drive(d.Output("q", 8), r.Ref())
		if got := area.Count(d, area.ICE40); got.Tables != c.tables || got.FlipFlops != 8 {
			t.Errorf("%s: %d tables, want %d; %d flip-flops", c.name, got.Tables, c.tables, got.FlipFlops)
		}
	}
}
