package verilog

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// TestMemoriesFromAnywhere fills memories in both ways, and reads every word of them in simulators and in yosys that run in another
// folder.
func TestMemoriesFromAnywhere(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, shape := range []struct{ words, fields, bits int }{{2, 1, 1}, {65, 3, 7}, {200, 4, 20}} {
		c := contents{words: shape.words, fields: shape.fields}
		numbers := make([]int64, shape.words*shape.fields)
		for i := range numbers {
			numbers[i] = rng.Int63n(1<<shape.bits) - 1<<(shape.bits-1)
		}
		c.entry = func(word, field int) int64 { return numbers[word*shape.fields+field] }
		for _, kind := range []string{"within", "file"} {
			t.Run(fmt.Sprintf("%s/%dx%d", kind, shape.words, shape.fields*shape.bits), func(t *testing.T) {
				lines := c.initial("m", shape.bits)
				if kind == "file" {
					lines = fromFile("m", "words.mem", "GAIT_MEMORIES")
				}
				readEverywhere(t, c, shape.bits, lines)
			})
		}
	}
}

// readEverywhere writes a module whose memory has the lines, and a testbench that compares it with the contents.
func readEverywhere(t *testing.T, c contents, fieldBits int, lines []string) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	bits, address := c.fields*fieldBits, clog2(c.words)
	rom := fmt.Sprintf("module rom (input wire clk, input wire %sa, output reg %sq);\n    reg %sm [0:%d];\n    %s\n    always @(posedge clk) q <= m[a];\nendmodule\n",
		span(address), span(bits), span(bits), c.words-1, strings.Join(lines, "\n    "))
	var b strings.Builder
	fmt.Fprintf(&b, "module tb;\n    reg clk = 0;\n    reg %sa = 0;\n    wire %sq;\n    rom dut (clk, a, q);\n    integer wrong = 0;\n", span(address), span(bits))
	b.WriteString("    initial begin\n")
	for i := range c.words {
		fmt.Fprintf(&b, "        a = %s; #1 clk = 1; #1 clk = 0; if (q !== %d'h%s) wrong = wrong + 1;\n", lit(address, i), bits, c.word(i, fieldBits))
	}
	b.WriteString("        if (wrong == 0) $display(\"PASS\"); else $display(\"FAIL %0d\", wrong);\n        $finish;\n    end\nendmodule\n")
	for name, text := range map[string]string{"rom.v": rom, "tb.v": b.String(), "words.mem": string(c.file("words.mem", fieldBits).Data)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sources := []string{filepath.Join(dir, "tb.v"), filepath.Join(dir, "rom.v")}
	macro := `-DGAIT_MEMORIES="` + dir + `"`
	run := func(t *testing.T, command string, args ...string) string {
		t.Helper()
		out, err := exttool.Run(context.Background(), elsewhere, nil, command, args...)
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return string(out)
	}
	t.Run("iverilog", func(t *testing.T) {
		need(t, "iverilog")
		run(t, "iverilog", append([]string{"-g2001", macro, "-s", "tb", "-o", "tb.vvp"}, sources...)...)
		if out := run(t, "vvp", "-n", "tb.vvp"); !strings.Contains(out, "PASS") {
			t.Errorf("%s", out)
		}
	})
	verilator := func(t *testing.T) {
		need(t, "verilator", "g++", "make")
		run(t, "verilator", append([]string{"--binary", "--quiet-exit", "-Wno-fatal", macro, "--top-module", "tb", "--Mdir", "obj", "-MAKEFLAGS", "OPT_GLOBAL=-O0 OPT_FAST=-O0"}, sources...)...)
		if out := run(t, filepath.Join(elsewhere, "obj/Vtb")); !strings.Contains(out, "PASS") {
			t.Errorf("%s", out)
		}
	}
	if c.words == 65 { // it takes seconds to build: one shape is enough
		t.Run("verilator", verilator)
	}
	t.Run("yosys", func(t *testing.T) {
		need(t, "yosys")
		// The ROM as yosys reads it is written back as Verilog, and simulated.
		script := fmt.Sprintf("verilog_defines %s; read_verilog %s; hierarchy -top rom; proc; memory -nomap; write_verilog -noattr read.v", macro, sources[1])
		run(t, "yosys", "-q", "-p", script)
		need(t, "iverilog")
		run(t, "iverilog", "-g2005-sv", "-s", "tb", "-o", "read.vvp", sources[0], "read.v")
		if out := run(t, "vvp", "-n", "read.vvp"); !strings.Contains(out, "PASS") {
			t.Errorf("%s", out)
		}
	})
}
