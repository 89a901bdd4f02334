package main

import "github.com/hrnnc/hrnnc/backends/lower/datapath"

// row is one line of a table: a model with settings of target verilog, on a part.
type row struct {
	model string // of examples/, or of testdata/ here
	part  string
	set   []string // of target verilog: "arch=serial"
	dsp   bool     // multipliers may be used
}

// need is what a design is held to; 0 where nothing is asked for.
type need struct {
	luts, blocks, cycles int     // at most
	clock                float64 // at least, MHz
	micros               float64 // at most, of a step
	// Of a step with outputs against one without, and against the first row of its section.
	outputCycles, outputLUTs int
}

// candidate is a design and what it is held to.
type candidate struct {
	row
	need need
}

// section is a table of designs for one purpose.
type section struct {
	name, title string
	text        string // what it is about, in a sentence
	before      row    // what another hrnnc wrote of its model is shown, where it is named
	byHand      []handmade
	rows        []candidate
}

const up5k, hx8k = "up5k", "hx8k"

// sections are what is asked of target verilog, in the order of the page.
var sections = []section{
	{
		name: "serial", title: "Permuted MNIST, the least area", text: "512 units, serial, one butterfly a cycle.",
		before: row{model: "pmnist", part: up5k}, byHand: []handmade{{"serial", "pmnist.v", "pmnist", up5k, 2562}},
		rows: []candidate{
			{row{"pmnist", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{luts: 740, blocks: 13, cycles: 2570, clock: 27}},
		},
	},
	{
		name: "streaming", title: "Permuted MNIST, streaming", text: "A value a cycle, then more of them.",
		byHand: []handmade{{"streaming", "pmnist.v", "pmnist", up5k, 524}},
		rows: []candidate{
			{row{"pmnist", up5k, []string{"arch=streaming", "butterflies=1"}, false}, need{luts: 1400, cycles: 524, clock: 31}},
			{row{"pmnist", up5k, []string{"arch=streaming", "butterflies=2"}, false}, need{cycles: 280}},
			{row{"pmnist", up5k, []string{"arch=streaming", "butterflies=4"}, false}, need{cycles: 280}},
			{row{"pmnist", hx8k, []string{"arch=streaming", "butterflies=4"}, false}, need{micros: 5}},
		},
	},
	{
		name: "outputs", title: "Outputs at the last step", text: "What the outputs take beside a step: cycles, and LUTs more than the first row's.",
		rows: []candidate{
			{row{"pmnist", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{}},
			{row{"pmnist", up5k, []string{"arch=serial", "butterflies=1", "readout=5"}, false}, need{outputCycles: 1200, outputLUTs: 150}},
			{row{"pmnist", up5k, []string{"arch=serial", "butterflies=1", "readout=5", "multipliers=yes"}, true}, need{outputCycles: 1200, outputLUTs: 150}},
			{row{"pmnist", up5k, []string{"arch=streaming", "butterflies=1", "readout=5"}, false}, need{}},
			{row{"pmnist", up5k, []string{"arch=streaming", "butterflies=1", "readout=5", "multipliers=yes"}, true}, need{}},
		},
	},
	{
		name: "blocks", title: "Permuted MNIST in blocks", text: "512 units in eight blocks of 64.",
		before: row{model: "pmnist_block", part: up5k},
		rows: []candidate{
			{row{"pmnist_block", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{luts: 650}},
			{row{"pmnist_block", up5k, []string{"arch=streaming", "butterflies=2"}, false}, need{cycles: 300}},
			{row{"pmnist_block", up5k, []string{"arch=streaming", "butterflies=4"}, false}, need{cycles: 300}},
		},
	},
	{
		name: "activity", title: "Activity", text: "64 units, three inputs, the mean of all outputs.",
		before: row{model: "activity", part: up5k},
		rows: []candidate{
			{row{"activity", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{luts: 750, clock: 24}},
			{row{"activity", up5k, []string{"arch=streaming", "butterflies=1"}, false}, need{cycles: 100}},
		},
	},
	{
		name: "digits", title: "Digits", text: "Sixteen inputs a step.",
		before: row{model: "digits", part: up5k},
		rows: []candidate{
			{row{"digits", up5k, []string{"arch=serial", "butterflies=1", "product=8"}, false}, need{luts: 900, cycles: 1000}},
		},
	},
	{
		name: "blocks256", title: "Small blocks", text: "256 units in sixteen blocks of 16, an input of one value, ten outputs; its weights are random.",
		rows: []candidate{
			{row{"blocks256", up5k, []string{"arch=streaming", "butterflies=8"}, false}, need{cycles: 48}},
			{row{"blocks256", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{}},
		},
	},
	{
		name: "copy", title: "Copy", text: "The model of the guide.",
		before: row{model: "copy", part: up5k},
		rows: []candidate{
			{row{"copy", up5k, []string{"arch=serial", "butterflies=1"}, false}, need{}},
			{row{"copy", "hx1k", []string{"arch=serial", "butterflies=1"}, false}, need{}},
		},
	},
}

// handmade is a prototype in ../shared/prototypes/fpga, for one shape; cycles are those of its testbench.
type handmade struct {
	folder, file, top, part string
	cycles                  int
}

// coresByHand are beside the cores.
var coresByHand = []handmade{{"core16", "sdf16.v", "fwht16s", hx8k, 16}}

// cores are transforms alone, as hrnnc core hadamard makes them.
var cores = []struct {
	n, width int
	style    datapath.CoreStyle
	part     string
	need     need
}{
	{16, 12, datapath.CoreStreaming, hx8k, need{luts: 245, clock: 165}},
	{16, 12, datapath.CorePipelined, hx8k, need{luts: 1360, clock: 185}},
}

// ideas change one decision of a design each: the first row of a group is what they are held against.
var ideas = []struct {
	text string
	rows []row
}{
	{"Serial designs, 512 units: more butterflies, more units under update, more readout, multipliers.", []row{
		{"pmnist", up5k, []string{"arch=serial", "butterflies=1"}, false},
		{"pmnist", up5k, []string{"arch=serial", "butterflies=1", "multipliers=yes"}, true},
		{"pmnist", up5k, []string{"arch=serial", "butterflies=1", "update=2"}, false},
		{"pmnist", up5k, []string{"arch=serial", "butterflies=1", "readout=2"}, false},
		{"pmnist", up5k, []string{"arch=serial", "butterflies=2"}, false},
	}},
	{"Streaming designs: multipliers, the readout on the fly.", []row{
		{"pmnist", up5k, []string{"arch=streaming", "butterflies=1"}, false},
		{"pmnist", up5k, []string{"arch=streaming", "butterflies=1", "multipliers=yes"}, true},
		{"pmnist", up5k, []string{"arch=streaming", "butterflies=1", "readout=10"}, false},
	}},
	{"Several inputs a cycle, of sixteen.", []row{
		{"digits", up5k, []string{"arch=serial", "butterflies=1", "product=1"}, false},
		{"digits", up5k, []string{"arch=serial", "butterflies=1", "product=4"}, false},
		{"digits", up5k, []string{"arch=serial", "butterflies=1", "product=8"}, false},
	}},
}

// history are pairs of commits that one idea lies between: what the earlier and the later make of the same model.
var history = []struct {
	idea, before, after string
	row                 row
}{
	{"streams of complements", "1877c42", "a46cd7c", row{"pmnist", up5k, []string{"arch=streaming", "butterflies=1"}, false}},
	{"lines shorter than 32 in flip-flops", "a46cd7c", "548a6d1", row{"pmnist", up5k, []string{"arch=streaming", "butterflies=1"}, false}},
	{"products of many short weights looked up", "db47765", "42d5ad4", row{"digits", up5k, []string{"arch=serial", "butterflies=1", "product=8"}, false}},
}

// besideDense are designs of the layer that the dense engine computes.
var besideDense = []row{
	{"pmnist", up5k, []string{"arch=serial", "butterflies=1"}, false},
	{"pmnist", up5k, []string{"arch=streaming", "butterflies=1"}, false},
	{"pmnist", up5k, []string{"arch=streaming", "butterflies=2"}, false},
	{"pmnist", up5k, []string{"arch=streaming", "butterflies=4"}, false},
}

// families are sizes on parts that are synthesised only.
var families = []row{
	{"units64", "ecp5", []string{"arch=parallel"}, false},
	{"units64", "xc7", []string{"arch=parallel"}, false},
	{"activity", "ecp5", []string{"arch=serial", "butterflies=1"}, false},
	{"activity", "xc7", []string{"arch=serial", "butterflies=1"}, false},
}
