package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// page is the page of the documentation.
func (b *bench) page() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `# Area: counted and synthesised

%shrnnc explore%s counts look-up tables, flip-flops, block RAM and cycles on a design, without synthesis
([how](../datapath.md#what-is-counted)). Beside them stands what %s makes of the same Verilog for an %s, and the cycles of a
step that Icarus Verilog counts. Random models are those of the tests, with every construct of the language; their weights are random.

`, "`", "`", b.rows[0].made.Tools[0], b.part.Title)
	out.WriteString(b.summary())
	out.WriteString(`
| model | architecture | lanes | update | product | readout | LUTs | yosys | off by | flip-flops | yosys | block RAM | yosys | cycles | counted |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`)
	for _, r := range b.rows {
		fmt.Fprintln(&out, r)
	}
	out.WriteString("\n    go run ./internal/bench/area -write -lanes 2    # all examples and a dozen random models; or those of -models\n")
	return out.Bytes()
}

// summary says how near the counts are.
func (b *bench) summary() string {
	var off []float64
	within := 0
	for _, r := range b.rows {
		o := math.Abs(r.off())
		off = append(off, o)
		if o <= 15 {
			within++
		}
	}
	slices.Sort(off)
	return fmt.Sprintf("Of %d designs, %d are within 15 %%; half are within %.1f %%, nine of ten within %.1f %%, the worst is off by %.1f %%.\n",
		len(off), within, off[len(off)/2], off[len(off)*9/10], off[len(off)-1])
}
