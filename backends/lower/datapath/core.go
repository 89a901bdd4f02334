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

// CoreStyles are all of them, the fastest first.
var CoreStyles = []CoreStyle{CorePipelined, CoreStreaming, CoreSerial}

// CoreError is a transform that cannot be made. Help says what can.
type CoreError struct{ What, Help string }

func (e *CoreError) Error() string { return e.What + ": " + e.Help }

// Limits of a transform alone.
const (
	coreBits      = 48   // of a result
	corePipelined = 256  // values of a vector, all of which are ports
	coreMost      = 4096 // values of a vector that passes one by one
	coreSerial    = 8    // the fewest of a serial transform: with fewer a stage would read what the one before has not written
)

// CheckCore is an error of type *CoreError where there is no such transform.
func CheckCore(n, width int, style CoreStyle) error {
	bad := func(help, what string, args ...any) error { return &CoreError{fmt.Sprintf(what, args...), help} }
	least, most := 2, coreMost
	switch style {
	case CorePipelined:
		most = corePipelined
	case CoreStreaming:
	case CoreSerial:
		least = coreSerial
	default:
		return bad("it is pipelined, streaming or serial", "there is no style %q", style)
	}
	if n < 1 || n&(n-1) != 0 {
		below, above := 1<<(bits.Len(uint(max(n, 1)))-1), 1<<bits.Len(uint(max(n, 1)))
		help := fmt.Sprintf("the next ones are %d and %d", max(below, least), min(max(above, least), most))
		if below < least || above > most {
			help = fmt.Sprintf("take one from %d to %d", least, most)
		}
		return bad(help, "%d values are no power of two", n)
	}
	switch k := bits.Len(uint(n)) - 1; {
	case n < least && style == CoreSerial:
		return bad("take style streaming, which is no larger for so few", "a serial transform has at least %d values, not %d", least, n)
	case n < least:
		return bad(fmt.Sprintf("take one from %d to %d", least, most), "a transform has at least %d values, not %d", least, n)
	case n > most && style == CorePipelined:
		return bad("take style streaming or serial", "a pipelined transform has at most %d values, not %d: each is a port", most, n)
	case n > most:
		return bad(fmt.Sprintf("take one from %d to %d", least, most), "a transform has at most %d values, not %d", most, n)
	case width < 1 || width+k > coreBits:
		return bad(fmt.Sprintf("take 1 to %d bits", coreBits-k), "%d bits are no width of %d values: results are %d bits wider, and have at most %d", width, n, k, coreBits)
	}
	return nil
}

// CoreCycles are the cycles from a vector's first value to its first result, and those from the first value of one vector to that of
// the next where nothing waits.
func CoreCycles(n int, style CoreStyle) (latency, interval int) {
	k := bits.Len(uint(n)) - 1
	switch style {
	case CorePipelined:
		return k, 1
	case CoreStreaming:
		return n + k, n
	}
	return n + k*n/2 + 1, n + k*n/2 + 1
}

// Core is a Hadamard transform of n integers of width bits as a design of its own, in natural order, exact: its results are
// log2 n bits wider. Of the pipelined and the streaming style in_start comes with the first values of a vector, of which the others
// follow in the next cycles, and out_start with its first results; vectors may follow one another at once. A serial one takes and
// gives a value in a cycle in which valid and ready are both 1. The error is a *CoreError.
func Core(name string, n, width int, style CoreStyle) (*Design, error) {
	if err := CheckCore(n, width, style); err != nil {
		return nil, err
	}
	d := New(name)
	latency, interval := CoreCycles(n, style)
	d.Doc = []string{fmt.Sprintf("Hadamard transform of %d integers of %d bits, exact, in natural order: result i is the sum of (-1)^popcount(i & j) times value j.", n, width)}
	switch style {
	case CorePipelined:
		d.Doc = append(d.Doc, fmt.Sprintf("A vector a cycle; its results leave %d cycles after it.", latency))
		d.pipelinedCore(n, width)
	case CoreStreaming:
		d.Doc = append(d.Doc, fmt.Sprintf("A value a cycle, the %d of a vector one after another; its first result leaves %d cycles after its first value.", n, latency),
			"Each stage has a line in which the first value of a pair waits for the second, and in which their difference waits until their sum has left.")
		d.streamingCore(n, width)
	case CoreSerial:
		d.Doc = append(d.Doc, fmt.Sprintf("A vector in %d cycles: %d to take its values, while those of the one before leave, and %d for its butterflies, one a cycle.", interval, n, interval-n-1),
			"Values lie in two banks by the parity of their index, so that those of a pair always lie in different ones.")
		d.serialCore(n, width)
	}
	d.StepCycles, d.OutputCycles = interval, interval
	return d, d.Verify()
}

func (d *Design) pipelinedCore(n, width int) {
	f := feedback{m: n, lanes: n, plain: true}
	in := flow{begin: d.Input("in_start", 1, "with the first values of a vector"), plain: true}
	for l := range n {
		in.lanes = append(in.lanes, d.Input(coreValue("in_data", n, l), width, "signed").AsSigned())
	}
	first, outs := d.coreOutputs(n, width)
	out := f.build(d, in)
	d.Section("what leaves")
	d.Drive(first, out.begin)
	for l, y := range out.lanes {
		d.Drive(outs[l], y.AsUnsigned())
	}
}

func (d *Design) streamingCore(n, width int) {
	f := feedback{m: n, lanes: 1, plain: true, shortest: 32}
	start := d.Input("in_start", 1, "with the first value of a vector")
	x := d.Input("in_data", width, "signed").AsSigned()
	first, outs := d.coreOutputs(1, width+bits.Len(uint(n))-1)
	d.Section("the input waits a cycle, in which the first stage is set to its beginning")
	out := f.build(d, flow{begin: start, lanes: []*Expr{d.Delayed("x", x.Not(), "~x: stages hold complements")}})
	d.Section("what leaves")
	leaves := d.Reg("leaves", 1).ResetTo(0)
	leaves.Set(out.begin)
	d.Drive(first, leaves.Ref())
	d.Drive(outs[0], out.lanes[0].AsUnsigned())
}

// coreOutputs are the ports of results of so many lanes: n lanes add log2 n bits.
func (d *Design) coreOutputs(lanes, width int) (first *Signal, outs []*Signal) {
	first = d.Output("out_start", 1, "with the first results of a vector")
	for l := range lanes {
		outs = append(outs, d.Output(coreValue("out_data", lanes, l), width+bits.Len(uint(lanes))-1, "signed"))
	}
	return first, outs
}

func coreValue(name string, lanes, lane int) string {
	if lanes == 1 {
		return name
	}
	return fmt.Sprintf("%s%d", name, lane)
}

// serialCore transforms in place. Stages run in the order of their strides, 1 first: from stage to stage no butterfly then takes what
// the one before it has still to write, for n of 8 and more.
func (d *Design) serialCore(n, width int) {
	k := bits.Len(uint(n)) - 1
	w := width + k
	inValid := d.Input("in_valid", 1)
	inReady := d.Output("in_ready", 1)
	inData := d.Input("in_data", width, "signed").AsSigned()
	outValid := d.Output("out_valid", 1)
	outReady := d.Input("out_ready", 1)
	outStart := d.Output("out_start", 1, "with the first result of a vector")
	outData := d.Output("out_data", w, "signed")

	d.Section("values come: each in the place of a result that has left")
	stride := d.Reg("stride", k, "of the pairs of this stage, one bit of it 1; none while values come and leave").ResetTo(0)
	index := d.Reg("index", k, "of the pair's first value, or of the result that leaves").ResetTo(0)
	drained := d.Reg("drained", 1, "all results have left").ResetTo(1)
	running := d.Wire("running", stride.Ref().Any())
	comes := d.Reg("comes", k, "the value that comes").ResetTo(0)
	ready := d.Wire("ready", And(running.Not(), Or(drained.Ref(), Equal(comes.Ref(), index.Ref()).Not())))
	d.Drive(inReady, ready)
	accept := d.Wire("accept", And(inValid, ready))
	whole := d.Wire("whole", And(accept, comes.Ref().All()), "the last value comes")
	comes.When(accept, Add(comes.Ref(), Const(k, 1)))

	d.Section("the schedule: index and index | stride are a pair; without a stride results leave, one after another")
	valid := d.Reg("valid", 1, "a result waits").ResetTo(0)
	step := d.Wire("step", Mux(running, valid.Ref().Not(), And(drained.Ref().Not(), Or(valid.Ref().Not(), outReady))))
	partner := d.Wire("partner", Or(index.Ref(), stride.Ref()))
	ends := d.Wire("stage_ends", And(step, partner.All()))
	next := d.Wire("after_partner", Add(partner, Const(k, 1)))
	index.When(step, And(next, stride.Ref().Not()))
	stride.When(ends, stride.Ref().Slice(k-2, 0).Up(1))
	stride.When(whole, Const(k, 1))
	drained.When(And(ends, running.Not()), One())
	drained.When(whole, Zero())
	valid.When(outReady, Zero())
	valid.When(And(step, running.Not()), One())

	d.Section("two banks by the parity of the index: the low bit of an index is known by its bank")
	parity := d.Wire("parity", index.Ref().Parity(), "the bank of the pair's first value")
	a, b := index.Ref().Down(1), partner.Down(1)
	address := []*Expr{d.Wire("address0", Mux(parity, b, a)), d.Wire("address1", Mux(parity, a, b))}
	kept := func(name string, e *Expr, doc ...string) *Expr {
		r := d.Reg(name, e.Bits, doc...)
		r.When(step, e)
		return r.Ref()
	}
	first := kept("first_bank", parity, "the bank of the first value of the pair that was read")
	writes := d.Reg("writes", 1, "the pair that was read is written back").ResetTo(0)
	writes.Set(And(step, running))
	into := d.Wire("into", comes.Ref().Parity(), "the bank of the value that comes")
	var banks []*Memory
	var words, written []*Expr
	for i := range 2 {
		m := d.Memory(Memory{Name: fmt.Sprintf("bank%d", i), Bits: w, Depth: n / 2, Style: Block, Signed: true})
		banks = append(banks, m)
		words = append(words, d.Read(m, fmt.Sprintf("word%d", i), address[i], step))
		written = append(written, kept(fmt.Sprintf("written%d", i), address[i]))
	}

	d.Section("the butterfly: the bank of the first value takes the sum, the other the difference")
	for i := range 2 {
		second := Xor(first, Const(1, uint64(i))) // this bank holds the second value
		sum := d.Wire(fmt.Sprintf("sum%d", i), AddCarry(words[1-i], NotIf(second, words[i]), second).AsSigned())
		here := into
		if i == 0 {
			here = into.Not()
		}
		banks[i].Write(d.Wire(fmt.Sprintf("write%d", i), Or(writes.Ref(), And(accept, here))),
			d.Wire(fmt.Sprintf("write_address%d", i), Mux(writes.Ref(), written[i], comes.Ref().Down(1))),
			d.Wire(fmt.Sprintf("write_data%d", i), Mux(writes.Ref(), sum, inData.To(w)).AsUnsigned()))
	}

	d.Section("results leave")
	d.Drive(outValid, valid.Ref())
	d.Drive(outStart, kept("first_result", index.Ref().Any().Not()))
	d.Drive(outData, Mux(first, words[1], words[0]).AsUnsigned())
}
