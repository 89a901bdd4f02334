package compiler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/golang"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Targets is every target, in the order that the command compiles them.
var Targets = []backends.Target{golang.Target, c.Target, verilog.Target}

// FindTargets finds targets by their names; no name, or "all", stands for all.
func FindTargets(names []string) ([]backends.Target, error) {
	if len(names) == 0 || slices.Contains(names, "all") {
		return Targets, nil
	}
	var out []backends.Target
	for _, n := range names {
		t := findTarget(n)
		if t == nil {
			return nil, &UnknownTargetError{n}
		}
		out = append(out, t)
	}
	return out, nil
}

func findTarget(name string) backends.Target {
	for _, t := range Targets {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

// UnknownTargetError is a target that does not exist: a usage error.
type UnknownTargetError struct{ Target string }

func (e *UnknownTargetError) Error() string {
	return fmt.Sprintf("there is no target %q; the targets are %s", e.Target, strings.Join(TargetNames(), ", "))
}

// Help says which target is meant; "" where nobody can know.
func (e *UnknownTargetError) Help() string { return meantTarget(e.Target) }

// targetsFor says which target serves what people call a target.
var targetsFor = map[string]string{
	"c":  "avr stm32 rp2040 pico cortex-m arm riscv mcu microcontroller firmware embedded host c99 cpp c++ cc gcc clang",
	"go": "golang tinygo gc", "verilog": "fpga asic hdl rtl vhdl sv systemverilog ice40 ecp5 xilinx vivado intel quartus yosys verilator iverilog",
}

// packagesFor says which package of C serves what people call a target.
var packagesFor = map[string]string{"arduino": "arduino", "esp32": "esp-idf", "esp-idf": "esp-idf", "esp8266": "platformio", "platformio": "platformio",
	"zephyr": "zephyr", "nrf52": "zephyr", "cmake": "cmake", "cmsis": "cmsis-pack", "cmsis-pack": "cmsis-pack", "keil": "cmsis-pack"}

func meantTarget(name string) string {
	lower := strings.ToLower(name)
	if p := packagesFor[lower]; p != "" {
		return fmt.Sprintf("--target c --package %s writes code for it; docs/packages.md says more", p)
	}
	for _, t := range TargetNames() {
		if lower == t {
			return fmt.Sprintf("did you mean %s?", t)
		}
		if slices.Contains(strings.Fields(targetsFor[t]), lower) {
			return fmt.Sprintf("--target %s writes code for it; docs/targets.md says how to build it", t)
		}
	}
	if near := diag.Nearest(name, append(TargetNames(), "all")); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return ""
}

// TargetNames lists what FindTargets takes.
func TargetNames() []string {
	var names []string
	for _, t := range Targets {
		names = append(names, t.Name())
	}
	return names
}
