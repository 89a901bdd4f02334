package synth

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// product has a clock that is not called so, a name of Verilog's as a port, a product, and a table in a file.
const product = `module product (input wire tick, input wire [7:0] a, input wire [7:0] \signed , output reg [15:0] y, output reg [15:0] z);
    reg [15:0] table_of_z [0:255];
    initial $readmemh("z.hex", table_of_z);
    always @(posedge tick) begin
        y <= a * \signed ;
        z <= table_of_z[a];
    end
endmodule
`

// large is the range of a table that few parts have room for.
const large = "0:8191"

func design(t *testing.T, text string) Design {
	t.Helper()
	dir := t.TempDir()
	words := 256
	if strings.Contains(text, large) {
		words = 8192
	}
	var table strings.Builder
	for rng := rand.New(rand.NewSource(1)); words > 0; words-- {
		fmt.Fprintf(&table, "%04x\n", rng.Intn(1<<16))
	}
	for name, data := range map[string]string{"product.v": text, "z.hex": table.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Design{Dir: dir, Files: []string{"product.v"}, Top: "product"}
}

func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

func part(t *testing.T, name string) *chip.Part {
	t.Helper()
	p, err := chip.GetFPGA(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADesignIsPlacedAndDrawn(t *testing.T) {
	need(t, "yosys", "nextpnr-ice40")
	var said []string
	r, err := Run(context.Background(), design(t, product), part(t, "up5k"), Options{Seeds: 2, Watch: func(what string, _ float64) { said = append(said, what) }})
	if err != nil {
		t.Fatal(err)
	}
	if r.Size.Multipliers != 0 || r.Size.LUTs < 60 || r.Size.LUTs > 300 || r.Size.Blocks != 1 || r.Size.FlipFlops != 16 {
		t.Errorf("size: %+v", r.Size)
	}
	// 16 bits in, 32 bits out, folded by four: 8, 2, 1.
	if want := (Size{LUTs: 11, FlipFlops: 16 + 32 + 11}); *r.Harness != want {
		t.Errorf("the harness takes %+v, want %+v", *r.Harness, want)
	}
	if len(r.Seeds) != 2 || r.Worst <= 5 || r.Median < r.Worst || r.LogicCells < r.Size.LUTs {
		t.Errorf("placement: %+v", r)
	}
	if p := r.Seeds[0].Path; p == nil || p.Logic <= 0 || p.Routing <= 0 || p.Levels < 2 {
		t.Errorf("slowest path: %+v", p)
	}
	drawn := xml.NewDecoder(bytes.NewReader(r.FloorPlan))
	rects := 0
	for {
		token, err := drawn.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			rects++
		}
	}
	if rects < r.LogicCells {
		t.Errorf("%d cells are drawn of %d", rects, r.LogicCells)
	}
	if len(r.Tools) != 2 || !strings.HasPrefix(r.Tools[0], "Yosys ") || !strings.HasPrefix(r.Tools[1], "nextpnr-ice40 ") || len(said) < 3 {
		t.Errorf("tools %v, said %v", r.Tools, said)
	}
}

func TestMultipliersAreUsedWhenAskedFor(t *testing.T) {
	need(t, "yosys")
	for _, name := range []string{"ecp5", "xc7"} {
		without := 0 // LUTs
		for _, use := range []bool{false, true} {
			r, err := Run(context.Background(), design(t, product), part(t, name), Options{Multipliers: use})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Size.Multipliers; (got > 0) != use || use && r.Size.LUTs >= without || r.Worst != 0 {
				t.Errorf("%s with multipliers %v: %+v, and %d LUTs without", name, use, r.Size, without)
			}
			without = r.Size.LUTs
		}
	}
}

func TestNoRoomSaysWhatHas(t *testing.T) {
	need(t, "yosys")
	text := strings.NewReplacer("[7:0] a", "[12:0] a", "0:255", large, "a * ", "a[7:0] * ").Replace(product)
	_, err := Run(context.Background(), design(t, text), part(t, "hx1k"), Options{Smaller: "fewer of them"})
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "fit" || !strings.Contains(d.Summary, "32 block RAMs of 16") || !strings.Contains(d.Help, "fewer of them; --part ecp5 or --part hx8k has room") {
		t.Errorf("%v", err)
	}
}

func TestAToolThatTakesTooLongIsStopped(t *testing.T) {
	need(t, "yosys")
	_, err := Run(context.Background(), design(t, product), part(t, "up5k"), Options{Timeout: time.Millisecond})
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "time" || !strings.Contains(d.Help, "--timeout 4ms") {
		t.Errorf("%v", err)
	}
}

func TestWithoutTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for tools, want := range map[Tools]string{Default: "apt-get install yosys", System: "apt-get install yosys", NPM: "apt-get install nodejs"} {
		if _, err := Run(context.Background(), design(t, product), part(t, "up5k"), Options{Tools: tools}); !exttool.IsMissing(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", tools, err, want)
		}
	}
}

func TestWhatCannotBePlacedIsSaid(t *testing.T) {
	need(t, "yosys", "nextpnr-ice40")
	for text, want := range map[string]string{
		`module product (input wire clk, inout wire a, output reg y); assign a = y; always @(posedge clk) y <= ~y; endmodule`: "port a of product is inout",
		`module product (input wire clk, output reg y); always @(posedge clk) y <= ~y; endmodule`:                             "no inputs or no outputs",
	} {
		if _, err := Run(context.Background(), design(t, text), part(t, "up5k"), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestHarness(t *testing.T) {
	var m module
	if err := json.Unmarshal([]byte(`{"ports": {"clk": {"direction": "input", "bits": [2]}, "a": {"direction": "input", "bits": [3]},
		"y": {"direction": "output", "bits": [4, 5, "0"]}}, "cells": {"f": {"type": "SB_DFF", "connections": {"C": [2], "D": [3], "Q": [4]}}}}`), &m); err != nil {
		t.Fatal(err)
	}
	text, err := harness(&m, "harness", "model")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"in <= serial_in;", `\model core (.\a (in[0:0]), .\clk (clk), .\y (out[2:0]));`, "folded1[0] <= ^folded0[2:0];",
		`module \model (input [0:0] \a , input \clk , output [2:0] \y );`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the harness has no %q:\n%s", want, text)
		}
	}
}

func TestOverfull(t *testing.T) {
	log := "Info: Device utilisation:\nInfo: \t         ICESTORM_LC:  7790/ 5280   147%\nInfo: \t        ICESTORM_RAM:    25/   30    83%\nInfo: \t               SB_IO:    45/   39   115%\n"
	want := []lack{{"logic cells", 7790, 5280}, {"pins", 45, 39}}
	if got := overfull(log + log); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNamesInADesign(t *testing.T) {
	for cell, want := range map[string]string{
		"core.layer_h.unit[1].r_SB_LUT4_I3_21_LC":            "layer_h.unit[1].r",
		"core.layer_h.recurrence.store_word_SB_LUT4_O_35_LC": "layer_h.recurrence.store_word",
		"in_SB_DFF_Q_11_DFFLC":                               "harness.in",
		"core.memory.0.0_RAM":                                "memory.0.0_RAM",
		"core.sum_SB_LUT4_O_1_I3_SB_CARRY_CO$CARRY$ENABLE":   "sum",
		"core.sum_SB_LUT4_I1_I3_SB_LUT4_I3_LC":               "sum",
		"$nextpnr_ICESTORM_LC_4":                             "harness.",
	} {
		if got := nameInDesign(cell); got != want {
			t.Errorf("%s is %s, want %s", cell, got, want)
		}
	}
	for cell, want := range map[string]string{"core.a.b.c_SB_DFF_Q": "a.b", "core.a.unit[1].r": "a", "core.first_SB_LUT4_O": "top", "in_SB_DFF_Q": "harness",
		"$nextpnr_ICESTORM_LC_4": "ends of carry chains"} {
		if got := group(cell); got != want {
			t.Errorf("%s is in %s, want %s", cell, got, want)
		}
	}
}
