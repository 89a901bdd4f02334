package verilog

import (
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
)

// candidates are the languages' words, and the ports and signals of the modules.
func candidates() []string {
	words := append(spell.VerilogWords(), strings.Fields("clk rst in_valid in_ready in_data in_last out_valid out_ready out_data out_class out_bit out_last "+
		"harness testbench dut top work outputs inputs token entry entries part beat step start first last odd value factor product unit weights sums h con")...)
	slices.Sort(words)
	return slices.Compact(words)
}

// TestEveryWord gives the model each word as a name, and has all modules linted and elaborated at once.
func TestEveryWord(t *testing.T) {
	need(t, "verilator", "iverilog")
	dir := t.TempDir()
	var sources []string
	written := map[string]bool{}
	for i, word := range candidates() {
		p := plantest.WithOrder(rand.New(rand.NewSource(11)), 1)
		p.Name = word // a state's name stands in signals with something before or behind it
		set, err := readSettings(p, backends.Settings{"butterflies": "1"})
		if err != nil {
			t.Fatal(err)
		}
		if set.prefix == strings.ToLower(word)+"_model" && i%16 > 0 {
			continue // a name that is no word; some are built all the same
		}
		d, err := designFor(p, set)
		if err != nil {
			t.Fatal(err)
		}
		files, _, err := Target.Generate(p, backends.Vectors{}, backends.Settings{"butterflies": "1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Path == "harness.v" && strings.Contains(string(f.Data), "module "+d.prefix+" (") {
				t.Errorf("%s: the model is in harness.v", word)
			}
			if err := fileio.WriteIn(dir, f.Path, f.Data); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range append(d.sources(), d.prefix+"_tb.v") {
			if !written[s] {
				sources, written[s] = append(sources, s), true
			}
		}
	}
	silent(t, dir, "iverilog", append([]string{"-g2012", "-Wall", "-tnull"}, sources...)...)
	var modules []string
	for _, s := range sources {
		if !strings.HasSuffix(s, "_tb.v") {
			modules = append(modules, s)
		}
	}
	// a function of one module may have the name of another module
	silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "-Wno-MULTITOP", "-Wno-VARHIDDEN"}, modules...)...)
}

// TestTexts spells names of classes, of channels and of files in comments.
func TestTexts(t *testing.T) {
	need(t, "verilator", "iverilog")
	texts := []string{"walk/*run", "*/ x", "C:\\", "a\\ b", "two\nlines", "`define x", "\u202eright", "\xff", "verilator lint_off WIDTH", "synthesis translate_off",
		"%d", strings.Repeat("long ", 60) + "\\", "[[.Prefix]]", "{{1}}", "\"", "größer"}
	rng := rand.New(rand.NewSource(3))
	p := plantest.WithOrder(rng, 2)
	for p.Input.Kind == ir.Token {
		p = plantest.WithOrder(rng, 2)
	}
	rows := p.Readout.Matrix.Rows
	for from := 0; from < len(texts); from += max(1, min(rows, p.Input.Size)) {
		p.Name, p.Comment = "gait", texts
		p.Output.Labels, p.Input.Channels = nil, nil
		for i := range rows {
			p.Output.Labels = append(p.Output.Labels, texts[(from+i)%len(texts)])
		}
		for i := range p.Input.Size {
			p.Input.Channels = append(p.Input.Channels, ir.Channel{Name: texts[(from+i)%len(texts)], Gain: 2.5, Offset: float64(i)})
		}
		set, err := readSettings(p, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := designFor(p, set)
		if err != nil {
			t.Fatal(err)
		}
		dir := generate(t, p, backends.Vectors{}, nil)
		silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", "gait"}, d.sources()...)...)
		silent(t, dir, "iverilog", append([]string{"-g2001", "-Wall", "-tnull", "-s", "gait_tb", "gait_tb.v"}, d.sources()...)...)
	}
}
