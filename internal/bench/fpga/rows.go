package main

// row is one line of a table: a model with settings of target verilog, on a part.
type row struct {
	model string // of examples/, or of testdata/ here
	part  string
	set   []string // of target verilog: "arch=serial"
	dsp   bool     // multipliers may be used
}

// examples are the designs that are asked for most: the least area, and the fastest that fits.
var examples = []row{
	{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
	{model: "pmnist", part: "up5k", set: []string{"arch=streaming", "butterflies=1"}},
	{model: "pmnist", part: "up5k", set: []string{"arch=streaming", "butterflies=2"}},
	{model: "pmnist", part: "hx8k", set: []string{"arch=streaming", "butterflies=4"}},
	{model: "pmnist_block", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
	{model: "pmnist_block", part: "up5k", set: []string{"arch=streaming", "butterflies=2"}},
	{model: "activity", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
	{model: "activity", part: "up5k", set: []string{"arch=streaming", "butterflies=1"}},
	{model: "digits", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
	{model: "digits", part: "up5k", set: []string{"arch=streaming", "butterflies=1"}},
	{model: "copy", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
	{model: "copy", part: "hx1k", set: []string{"arch=serial", "butterflies=1"}},
}

// ideas change one decision of a design each: the first row of a group is what they are held against.
var ideas = [][]row{
	{
		{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=2"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=2", "update=4"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=1", "readout=2"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=serial", "butterflies=1", "multipliers=yes"}, dsp: true},
	},
	{
		{model: "pmnist", part: "up5k", set: []string{"arch=streaming", "butterflies=1"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=streaming", "butterflies=2"}},
		{model: "pmnist", part: "up5k", set: []string{"arch=streaming", "butterflies=1", "weights=logic"}},
	},
	{
		{model: "digits", part: "up5k", set: []string{"arch=serial", "butterflies=1"}},
		{model: "digits", part: "up5k", set: []string{"arch=serial", "butterflies=1", "product=4"}},
		{model: "digits", part: "up5k", set: []string{"arch=serial", "butterflies=1", "product=16"}},
	},
}

// families are sizes on parts that are synthesised only.
var families = []row{
	{model: "activity", part: "ecp5", set: []string{"arch=serial", "butterflies=1"}},
	{model: "activity", part: "xc7", set: []string{"arch=serial", "butterflies=1"}},
	{model: "pmnist", part: "ecp5", set: []string{"arch=streaming", "butterflies=1"}},
	{model: "pmnist", part: "xc7", set: []string{"arch=streaming", "butterflies=1"}},
}

// byHand are the prototypes in ../shared/prototypes/fpga, each for one shape; cycles are those of their testbenches.
var byHand = []struct {
	folder, model string
	cycles        int
}{
	{"serial", "pmnist", 2562},
	{"streaming", "pmnist", 524},
}
