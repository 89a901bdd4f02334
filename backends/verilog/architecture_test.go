package verilog

import (
	"errors"
	"math/rand"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// TestRefusalsNameTheirSetting gives settings that no design can have: the error stands at the one that is wrong, once, and says
// what would do.
func TestRefusalsNameTheirSetting(t *testing.T) {
	rng := rand.New(rand.NewSource(6))
	p := plantest.WithOrder(rng, 4)
	for len(p.Layers) > 1 || p.Layers[0].Perm != nil || p.Output.When == ir.Mean {
		p = plantest.WithOrder(rng, 4)
	}
	for _, c := range []struct {
		settings  backends.Settings
		key, want string
	}{
		{backends.Settings{"butterflies": "16"}, "butterflies", "up to 8"},
		{backends.Settings{"butterflies": "512", "steps_per_second": "10"}, "butterflies", "up to 8; 512 values a cycle"},
		{backends.Settings{"arch": "streaming", "butterflies": "32"}, "butterflies", "up to 16"},
		{backends.Settings{"arch": "streaming", "update": "3"}, "update", "updates them as they pass"},
		{backends.Settings{"update": "5", "steps_per_second": "10"}, "update", "5 units are updated a cycle: with"},
		{backends.Settings{"update": "4"}, "update", "up to 2"},
		{backends.Settings{"product": "1000"}, "product", "1000 weights"},
		{backends.Settings{"product": "1000", "steps_per_second": "10"}, "product", "1000 weights a cycle"},
		{backends.Settings{"weights": "logic"}, "weights", "block RAM"},
		{backends.Settings{"arch": "parallel", "state_port": "yes"}, "arch", "no port"},
		{backends.Settings{"arch": "parallel", "butterflies": "2"}, "butterflies", "every pair"},
		{backends.Settings{"arch": "parallel", "update": "2"}, "update", "at once"},
		{backends.Settings{"part": "up6k"}, "part", "up5k"},
		{backends.Settings{"part": "nothing"}, "part", "hx8k"},
		{backends.Settings{"part": "atmega328p"}, "part", "no FPGA"},
		{backends.Settings{"steps_per_second": "NaN"}, "steps_per_second", "no rate"},
		{backends.Settings{"steps_per_second": "0"}, "steps_per_second", "no rate"},
	} {
		_, _, err := Target.Generate(p, backends.Vectors{}, c.settings)
		var d *diag.Diagnostic
		if list := (diag.List{}); errors.As(err, &list) && len(list) == 1 {
			d = list[0]
		} else if !errors.As(err, &d) {
			t.Errorf("%v: %v", c.settings, err)
			continue
		}
		if d.Span.What != c.key || d.Code != "settings" || d.Help == "" {
			t.Errorf("%v: the error stands at %q: %v", c.settings, d.Span.What, d)
		}
		if text := d.Summary + d.Help; !strings.Contains(text, c.want) || strings.Count(text, c.want) > 1 || strings.Contains(text, "\n") {
			t.Errorf("%v: %q, not %q", c.settings, text, c.want)
		}
	}
}

// TestChosenLanesAreTried fixes the values a cycle beyond those that are tried by themselves.
func TestChosenLanesAreTried(t *testing.T) {
	rng := rand.New(rand.NewSource(6))
	p := plantest.WithOrder(rng, 5)
	for len(p.Layers) > 1 || p.Layers[0].Perm != nil || p.Input.Kind == ir.Token || p.Input.Size > 1 {
		p = plantest.WithOrder(rng, 5)
	}
	survey, err := Explore(p, backends.Settings{"butterflies": "16", "part": "ecp5"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[datapath.ArchKind]bool{}
	for _, c := range survey.All {
		kinds[c.Kind] = true
		if c.Lanes != 16 {
			t.Errorf("%s is not what was asked for", c.Arch)
		}
	}
	if !kinds[datapath.Serial] || !kinds[datapath.Streaming] {
		t.Errorf("only %v were tried", kinds)
	}
}
