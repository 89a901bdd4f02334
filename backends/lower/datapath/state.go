package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// Ports of a design with StatePort. While Idle is 1 they read and write what a sequence leaves between its steps: the units of
// each layer in their order, at addresses that are a power of two apart, and behind them the sums of a mean.
const (
	StateAddress = "state_address"
	StateWrite   = "state_write"
	StateIn      = "state_in"
	StateOut     = "state_out"      // the word at the address of the cycle before
	StateLoad    = "state_load"     // sets what follows
	StateOddIn   = "state_odd_in"   // the number of the last step is odd
	StateFirstIn = "state_first_in" // no step of a sequence has run: the next takes the state for zero
	StateOdd     = "state_odd"
	StateFirst   = "state_first"
	Idle         = "idle"      // no step runs
	Saturated    = "saturated" // a unit was clamped in the cycle before
)

// stateAccess is the port while it reaches one memory region: on, unit and write of this cycle.
type stateAccess struct {
	on, address, write, data *Expr
}

// statePort holds the ports and the regions of their addresses.
type statePort struct {
	address, write, in, load *Expr
	inner                    int     // bits of an address within a region
	words                    []*Expr // of each region
	busy                     []*Expr
	clamped                  *Expr
	out, idle, saturated     *Signal
}

// openState adds the ports. regions is how many memories there are, inner the bits of an address in the largest, word the bits of
// the widest word.
func (b *builder) openState(regions, inner, word int) *statePort {
	s := &statePort{inner: inner}
	s.address = b.Input(StateAddress, inner+count(regions))
	s.write = b.Input(StateWrite, 1)
	s.in = b.Input(StateIn, word).AsSigned()
	s.load = b.Input(StateLoad, 1)
	oddIn, firstIn := b.Input(StateOddIn, 1), b.Input(StateFirstIn, 1)
	s.out = b.Output(StateOut, word)
	odd, first := b.Output(StateOdd, 1), b.Output(StateFirst, 1)
	s.idle, s.saturated = b.Output(Idle, 1), b.Output(Saturated, 1)
	b.Section("The state is read and written between steps")
	b.Of(0, lower.PartState)
	b.odd.Signal.When(s.load, oddIn)
	b.last.Signal.When(s.load, firstIn)
	b.first.Signal.When(s.load, Zero())
	b.Drive(odd, b.odd)
	b.Drive(first, b.last)
	return s
}

// access is the port at a region.
func (s *statePort) access(b *builder, region, bits, word int) stateAccess {
	on := b.rests()
	if s.address.Bits > s.inner {
		on = And(on, s.address.Slice(s.address.Bits-1, s.inner).Is(region))
	}
	name := fmt.Sprintf("state_here%d", region)
	on = b.Wire(name, on)
	return stateAccess{on: on, address: s.address.Slice(bits-1, 0), write: And(on, s.write), data: s.in.To(word).AsSigned()}
}

// rests is 1 while no step runs.
func (b *builder) rests() *Expr {
	if b.quiet != nil {
		return b.quiet.Ref()
	}
	return b.idle.Ref()
}

// closeState drives the ports.
func (b *builder) closeState(s *statePort) {
	b.Section("The state's side")
	b.Of(0, lower.PartState)
	word := s.words[0]
	if len(s.words) > 1 {
		region := b.Delayed("state_region", s.address.Slice(s.address.Bits-1, s.inner))
		for i, w := range s.words[1:] {
			word = Mux(region.Is(i+1), w.To(s.out.Bits), word.To(s.out.Bits))
		}
	}
	b.Drive(s.out, word.To(s.out.Bits).AsUnsigned())
	idle := b.rests()
	for _, busy := range append(s.busy, b.waiting...) {
		idle = And(idle, busy.Not())
	}
	b.Drive(s.idle, idle)
	if s.clamped == nil {
		s.clamped = Zero()
	}
	b.Drive(s.saturated, s.clamped)
}
