package main

import (
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
)

// A prior is what a feature is expected to cost before anything is measured: the instructions that its C becomes on a processor of 32
// bits, the cycles of those on an AVR. Where few programs have a feature, the fit stays near it.

// words are the priors on processors of 32 bits, in instructions, by name or by its beginning, the longest that fits.
var words = map[string]float64{
	"add": 1, "addconst": 1, "sub": 1, "neg": 1, "mul": 1, "mulconst": 1.5, "and": 1, "shl": 1, "shr": 1, "rnd": 2, "relu": 2, "max": 7, "clamp": 6, "clampfar": 11, "clampbelow": 5, "crop": 8,
	"shl.32.folded": 0.1, "shr.32.folded": 0.1, "rnd.32.folded": 1, "mul.32.folded": 0.3, "mul.index": 1, "shl.index": 0.5, "mulconst.index": 1,
	"add.index": 0.5, "addconst.index": 0.5,
	"ext.32": 1, "ext.64": 1, "ext.32x2": 4, "trunc.8": 0.3, "trunc.16": 0.3, "trunc": 1, "field": 1.5, "field.low.u.32": 1, "field.top": 1,
	"load": 1, "load.ram.64": 2, "load.table.64": 2, "store": 1, "store.64": 2, "loadpair": 0.6, "storepair": 0.6, "storemerged": 1.6,
	"halfadd": 4, "halfsub": 4, "satadd": 9, "dot": 10, "dot.32": 10, "pack": 2, "lane": 1, "swap": 3,
	"add.64": 3, "addconst.64": 3, "neg.64": 4, "mul.64": 4, "mulconst.64": 4, "shr.64": 3, "shl.64": 3, "rnd.64": 5, "clamp.64": 12, "relu.64": 3, "bit.64": 0.1, "byte.64": 0.1,
	"field.low.u.64": 2, "add.16x2": 1, "addconst.16x2": 1, "relu.16x2": 8, "clamp.16x2": 20, "satadd.16x2": 46, "halfadd.16x2": 8, "halfsub.16x2": 8, "rnd.16x2": 6, "shr.16x2": 5,
	"field.low.u.16x2": 4, "field.top.u.16x2": 5,
	"reload": 1, "remake": 1, "spill": 1, "copy": 0.7, "tight": 0.7, "crowded": 0.1, "class": 25, "address": 0.7, "far": 0.7, "fixed": 0.5, "round": 2.5, "loop": 2, "call": 8, "knowncall": 8, "if": 3, "choose": 2, "phase": 1, "scratch": 1,
}

// dsp are what differs where lanes are an instruction.
var dsp = map[string]float64{
	"clamp.32": 1, "clampfar.32": 1, "crop.32": 1, "relu.16x2": 1, "clamp.16x2": 1, "crop.16x2": 1, "satadd.16x2": 1, "halfadd.16x2": 1, "halfsub.16x2": 1, "rnd.16x2": 2, "shr.16x2": 3,
	"mul.64": 1.5, "dot.32": 1, "pack.16x2": 1, "lane.32": 1, "swap.16x2": 1, "field.low.u.16x2": 1, "field.mid.u.16x2": 1, "field.top.u.16x2": 1, "field.low.s.16x2": 1.5, "field.top.s.16x2": 1.5,
	"field.mid.s.16x2": 1.5, "field.mid.u.32": 1, "field.mid.s.32": 1, "field.low.s.32": 1, "max.32": 4, "mulconst.32": 1.5,
}

// thumb are what differs on a Cortex-M0: it reads signed halves and bytes from the sum of two registers alone, and calls a function for
// products of 64 bits.
var thumb = map[string]float64{
	"load.ram.16": 2, "load.ram.8": 1.5, "load.table.16": 2, "load.table.8": 2, "mul.64": 40, "mulconst.64": 20, "ext.64": 2, "rnd.64": 10, "clampfar.32": 13,
}

// bytes are the priors on processors of 8 bits, in cycles a byte.
var bytes = map[string]float64{
	"add": 1, "addconst": 1, "neg": 1.2, "and": 1, "xor": 1, "shl": 0.5, "shlbyte": 2, "shr": 0.5, "rnd": 2.5, "bit": 1, "byte": 0.8, "relu": 4, "max": 6, "clamp": 7, "clampbyte": 12, "clampfar": 14, "crop": 6,
	"mul": 7, "mulnarrow": 9, "mulconst": 6, "mulwide": 2, "load.ram": 2, "load.table": 3, "store": 2, "halfadd": 4, "halfsub": 4, "satadd": 6, "ext": 0.7, "trunc": 0.2, "field": 1.5,
}

// whole are those that have no width.
var whole = map[string]float64{
	"reload": 2, "remake": 1, "spill": 2, "copy": 1, "address": 3, "far": 4, "fixed": 2, "round": 5, "loop": 3, "call": 20, "knowncall": 20, "if": 4, "choose": 4, "phase": 3, "scratch": 6, "fieldbit": 4,
	"repoint": 2, "tight": 1, "crowded": 0.2, "turn.16": 5, "turn.24": 6, "turn.32": 7, "turn.64": 11, "mul.index": 8, "mulconst.index": 4, "shl.index": 3, "add.index": 2, "addconst.index": 2,
}

// prior is that of a feature's time, or of its bytes of code.
func prior(name string, part *chip.Part, code bool) float64 {
	instruction := 1.0 // bytes of one
	if code && part.Word > 8 && name == "mul.64" {
		return 12 // a call
	}
	if code {
		instruction = map[string]float64{"avr": 1.6, "riscv": 3, "arm": 2.6}[part.Arch]
		if part.Prices == "cortex-m0" {
			instruction = 2.1
		}
	}
	if part.Word == 8 {
		if v, ok := longest(whole, name); ok {
			return v * instruction
		}
		v, _ := longest(bytes, name)
		return v * instruction * width(name)
	}
	if part.Prices == "cortex-m4" {
		if v, ok := dsp[name]; ok {
			return v * instruction
		}
	}
	if part.Prices == "cortex-m0" {
		if v, ok := thumb[name]; ok {
			return v * instruction
		}
	}
	v, _ := longest(words, name)
	return v * instruction
}

// longest is the value of the longest key that a name is or begins with.
func longest(of map[string]float64, name string) (float64, bool) {
	for {
		if v, ok := of[name]; ok {
			return v, true
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return 1, false
		}
		name = name[:i]
	}
}

// width is the bytes of the number at the end of a name.
func width(name string) float64 {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '.')+1:])
	if err != nil {
		return 2
	}
	return float64(n) / 8
}
