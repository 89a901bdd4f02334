// Package waveform draws what a design does in one step of its model, as a timing diagram: clock cycles from left to right, a row
// for each port and for the signals that the architecture names (datapath.Wave), by the names that the Verilog has. trace.go runs the
// design and collects values, fold.go finds cycles that repeat, which are left out, draw.go draws. Start with Step.
package waveform

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// most is the number of cycles above which a step is not drawn: it would take seconds to run.
const most = 1 << 17

// trace is what rows were in a run of cycles.
type trace struct {
	rows  []row
	first int // the number of the first cycle: 0 takes the last beat of the step's input
}

// row is a signal, by the cycle.
type row struct {
	group   string
	class   string // input, output, or inner
	signal  *datapath.Signal
	signed  bool
	changes bool // cycles are told apart by whether it changes
	value   []uint64
	valid   []bool // false where the value means nothing; nil where it always means something
	later   int    // cycles from when to when the value is there

	now  func() uint64
	when func() uint64
}

// Draws reports whether a design's step has few enough cycles to be run and drawn.
func Draws(d *datapath.Design) bool { return d.OutputCycles <= most }

// Step draws the second step of a sequence of two, which is its last, so that its outputs leave; neither side waits. x has the
// inputs of both steps, about says what is drawn. It is for designs that Draws takes.
func Step(d *datapath.Design, p *lower.Plan, about string, x [2][]int64) []byte {
	return record(d, p, x).draw(about)
}

// record runs a design from a reset on, and notes the cycles of the second step: from one before its input until all stands still.
func record(d *datapath.Design, p *lower.Plan, x [2][]int64) *trace {
	s := datapath.NewSimulator(d)
	t := &trace{}
	later := 0 // of all rows, the most
	add := func(group, class string, w datapath.Wave, when *datapath.Expr) {
		signed := w.Signal.Signed || w.Signal.Name == datapath.OutData || w.Signal.Name == datapath.InData && p.Input.Signed
		r := row{group: group, class: class, signal: w.Signal, signed: signed, changes: w.Changes, now: s.Watch(w.Signal.Ref())}
		if when != nil {
			later = max(later, w.Later)
			r.when, r.later, r.valid = s.Watch(when), w.Later, make([]bool, w.Later)
		}
		t.rows = append(t.rows, r)
	}
	port := func(group string, port *datapath.Signal) {
		var when *datapath.Expr
		switch port.Name {
		case datapath.InValid, datapath.InReady, datapath.OutValid, datapath.OutReady:
		case datapath.InData, datapath.InLast:
			when = d.Port(datapath.InValid).Ref()
		case datapath.OutData, datapath.OutLast:
			when = d.Port(datapath.OutValid).Ref()
		default: // they come with the last output
			when = datapath.And(d.Port(datapath.OutValid).Ref(), d.Port(datapath.OutLast).Ref())
		}
		add(group, group, datapath.Wave{Signal: port}, when)
	}
	ports := func(group, prefix string) {
		for _, p := range d.Ports {
			if strings.HasPrefix(p.Name, prefix) {
				port(group, p)
			}
		}
	}
	ports("input", "in_")
	for _, w := range d.Waves {
		add(w.Group, "inner", w, w.Valid)
	}
	ports("output", "out_")

	recording := false
	cycle := func() (changed bool) {
		if recording {
			for i := range t.rows {
				r := &t.rows[i]
				r.value = append(r.value, r.now())
				if r.when != nil {
					r.valid = append(r.valid, r.when() == 1)
				}
			}
		}
		return s.Clock(false)
	}
	patience := d.OutputCycles + d.StepCycles + 64 // by then all is still
	feed := func(step []int64, last bool) {
		for j, v := range step {
			s.Set(datapath.InValid, 1)
			s.Set(datapath.InData, uint64(v))
			s.Set(datapath.InLast, flag(last && j == len(step)-1))
			for wait := 0; s.Get(datapath.InReady) == 0 && wait < patience; wait++ {
				cycle()
			}
			if recording {
				t.first = -len(t.rows[0].value)
			}
			cycle()
		}
		s.Set(datapath.InValid, 0)
		s.Set(datapath.InLast, 0)
	}
	s.Clock(true)
	s.Clock(true)
	// settle runs until all stands still, and as long behind it as rows come later.
	settle := func() {
		for wait, still := 0, 0; wait < patience && still < later+3; wait++ {
			if still++; cycle() {
				still = 0
			}
		}
	}
	s.Set(datapath.OutReady, 1)
	feed(x[0], false)
	settle()
	recording = true
	cycle()
	feed(x[1], true)
	settle()
	t.trim()
	return t
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// trim leaves out what stands still at the end, but for a cycle, and rows that never mean anything.
func (t *trace) trim() {
	n := len(t.rows[0].value)
	still := func(at int) bool {
		return !slices.ContainsFunc(t.rows, func(r row) bool { return r.at(at) != r.at(at-1) })
	}
	for n > 2 && still(n-1) && still(n-2) {
		n--
	}
	for i := range t.rows {
		r := &t.rows[i]
		r.value = r.value[:n]
		if r.valid != nil {
			r.valid = r.valid[:n]
		}
	}
	t.rows = slices.DeleteFunc(t.rows, func(r row) bool { return r.valid != nil && !slices.Contains(r.valid, true) })
}

// sample is what a row is in a cycle.
type sample struct {
	known bool
	value uint64
}

func (r *row) at(cycle int) sample {
	if r.valid != nil && !r.valid[cycle] {
		return sample{}
	}
	return sample{true, r.value[cycle]}
}
