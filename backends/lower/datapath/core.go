package datapath

import (
	"fmt"
	"math/bits"
)

// CoreStyle is how a transform alone is made.
type CoreStyle string

// The styles of a transform alone.
const (
	CorePipelined CoreStyle = "pipelined" // a whole vector a cycle
	CoreStreaming CoreStyle = "streaming" // a value a cycle
	CoreSerial    CoreStyle = "serial"    // a butterfly a cycle, in block RAM
)

// Core is a Hadamard transform of n integers of width bits as a design of its own, in natural order, exact: its results are
// log2 n bits wider. in_start comes with the first values of a vector, out_start with its first results; vectors may follow one
// another at once.
func Core(name string, n, width int, style CoreStyle) (*Design, error) {
	k := bits.Len(uint(n)) - 1
	if n < 2 || n&(n-1) != 0 || width < 1 || width+k > 48 {
		return nil, fmt.Errorf("a transform takes a power of two of integers, at least 2, and results of at most 48 bits")
	}
	f := feedback{m: n, lanes: 1, plain: true}
	d := New(name)
	switch style {
	case CorePipelined:
		f.lanes = n
		d.Doc = []string{fmt.Sprintf("Hadamard transform of %d integers of %d bits, a vector a cycle: its results leave %d cycles after it.", n, width, f.latency())}
	case CoreStreaming:
		f.shortest = 32
		d.Doc = []string{fmt.Sprintf("Hadamard transform of %d integers of %d bits, a value a cycle: a vector's first result leaves %d cycles after its first value.", n, width, f.latency()+1)}
	default:
		return nil, fmt.Errorf("there is no style %q", style)
	}
	start := d.Input("in_start", 1, "with the first values of a vector")
	in := flow{begin: start, plain: style == CorePipelined}
	for l := range f.lanes {
		x := d.Input(coreValue("in_data", f.lanes, l), width, "signed").AsSigned()
		if !in.plain {
			x = x.Not()
		}
		in.lanes = append(in.lanes, x)
	}
	first := d.Output("out_start", 1, "with the first results of a vector")
	var outs []*Signal
	for l := range f.lanes {
		outs = append(outs, d.Output(coreValue("out_data", f.lanes, l), width+k, "signed"))
	}
	if style == CorePipelined {
		out := f.build(d, in)
		d.Section("what leaves")
		d.Drive(first, out.begin)
		for l, y := range out.lanes {
			d.Drive(outs[l], y.AsUnsigned())
		}
		return d, nil
	}
	d.Section("the input waits a cycle, in which the first stage is set to its beginning")
	for l, x := range in.lanes {
		in.lanes[l] = d.Delayed(coreValue("x", f.lanes, l), x)
	}
	out := f.build(d, in)
	d.Section("what leaves")
	d.Drive(first, d.Delayed("leaves", out.begin))
	for l, y := range out.lanes {
		d.Drive(outs[l], y.AsUnsigned())
	}
	return d, nil
}

func coreValue(name string, lanes, lane int) string {
	if lanes == 1 {
		return name
	}
	return fmt.Sprintf("%s%d", name, lane)
}
