package datapath

import (
	"fmt"
	"math/bits"
)

// Simulator runs a design cycle by cycle. Registers and memories without first values start at a pattern of ones and zeros
// that no design should depend on.
type Simulator struct {
	Cycle  int // cycles done
	d      *Design
	slot   map[*Signal]int
	now    []uint64 // by slot
	wires  []evaluation
	edges  []edge
	words  map[*Memory][]uint64
	reads  []readPort
	writes []writePort
	dirty  bool
}

type evaluation struct {
	slot  int
	value func() uint64
}

type edge struct {
	slot  int
	when  []func() uint64 // nil entries: always
	value []func() uint64
	reset *uint64
	next  uint64
}

type readPort struct {
	slot            int
	words           []uint64
	address, enable func() uint64
	mask            uint64
	on              bool
	at, next        uint64
}

type writePort struct {
	words               []uint64
	when, address, data func() uint64
	meets               []int // reads of the same memory, where a word that is read while it is written is not known
	on                  bool
	at, word            uint64
}

// NewSimulator prepares a design, which Verify has passed.
func NewSimulator(d *Design) *Simulator {
	s := &Simulator{d: d, slot: map[*Signal]int{}, words: map[*Memory][]uint64{}}
	for i, sig := range d.Signals() {
		s.slot[sig] = i
		v := uint64(0)
		if sig.Kind == Register || sig.Kind == Word {
			v = 0x5555555555555555 & mask(sig.Bits)
		}
		s.now = append(s.now, v)
	}
	for _, m := range d.Memories {
		words := make([]uint64, m.Depth)
		for i := range words {
			if m.Init == nil {
				words[i] = 0x5555555555555555 & mask(m.Bits)
			} else if i < len(m.Init) {
				words[i] = uint64(m.Init[i]) & mask(m.Bits)
			}
		}
		s.words[m] = words
	}
	order, loop := d.ordered()
	if loop != nil {
		panic("datapath: a loop through " + loop.Name)
	}
	for _, w := range order {
		s.wires = append(s.wires, evaluation{s.slot[w], s.compile(w.Value)})
	}
	for _, sig := range d.Signals() {
		if sig.Kind != Register {
			continue
		}
		e := edge{slot: s.slot[sig], reset: sig.Reset}
		for _, a := range sig.Next {
			e.when = append(e.when, s.compile(a.When))
			e.value = append(e.value, s.compile(a.Value))
		}
		s.edges = append(s.edges, e)
	}
	for _, m := range d.Memories {
		var meets []int
		for _, r := range m.Reads {
			if !m.Old {
				meets = append(meets, len(s.reads))
			}
			s.reads = append(s.reads, readPort{slot: s.slot[r.Data], words: s.words[m], address: s.compile(r.Address), enable: s.compile(r.Enable), mask: mask(m.Bits)})
		}
		for _, w := range m.Writes {
			s.writes = append(s.writes, writePort{words: s.words[m], when: s.compile(w.When), address: s.compile(w.Address), data: s.compile(w.Data), meets: meets})
		}
	}
	s.dirty = true
	return s
}

// Set drives an input port, which must exist.
func (s *Simulator) Set(port string, v uint64) {
	p := s.port(port)
	s.now[s.slot[p]] = v & mask(p.Bits)
	s.dirty = true
}

// Get is the value of a port in this cycle.
func (s *Simulator) Get(port string) uint64 { return s.Peek(s.port(port)) }

// Port finds a port by its name; nil where there is none.
func (d *Design) Port(name string) *Signal {
	for _, p := range d.Ports {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (s *Simulator) port(name string) *Signal {
	p := s.d.Port(name)
	if p == nil {
		panic("datapath: no port " + name)
	}
	return p
}

// Peek is the value of any signal in this cycle.
func (s *Simulator) Peek(sig *Signal) uint64 {
	s.settle()
	return s.now[s.slot[sig]]
}

// Watch gives a function for the value of an expression over the design's signals, in the cycle in which it is called.
func (s *Simulator) Watch(e *Expr) func() uint64 {
	value := s.compile(e)
	return func() uint64 {
		s.settle()
		return value()
	}
}

// Words are those of a memory; changing them changes it.
func (s *Simulator) Words(m *Memory) []uint64 { return s.words[m] }

func (s *Simulator) settle() {
	if !s.dirty {
		return
	}
	for i := range s.wires {
		w := &s.wires[i]
		s.now[w.slot] = w.value()
	}
	s.dirty = false
}

// Clock ends a cycle at a clock edge; with reset, rst was high in it.
func (s *Simulator) Clock(reset bool) {
	s.settle()
	for i := range s.edges {
		e := &s.edges[i]
		e.next = s.now[e.slot]
		if reset && e.reset != nil {
			e.next = *e.reset
			continue
		}
		for k := len(e.value) - 1; k >= 0; k-- {
			if e.when[k] == nil || e.when[k]() == 1 {
				e.next = e.value[k]()
				break
			}
		}
	}
	for i := range s.reads {
		r := &s.reads[i]
		r.next = s.now[r.slot]
		if r.on = r.enable == nil || r.enable() == 1; r.on {
			r.next, r.at = 0, r.address()
			if r.at < uint64(len(r.words)) {
				r.next = r.words[r.at]
			}
		}
	}
	for i := range s.writes {
		w := &s.writes[i]
		if w.on = w.when() == 1; !w.on {
			continue
		}
		w.at, w.word = w.address(), w.data()
		for _, r := range w.meets {
			if r := &s.reads[r]; r.on && r.at == w.at { // what comes is not known
				r.next = 0x5555555555555555 & r.mask
			}
		}
	}
	for i := range s.writes {
		if w := &s.writes[i]; w.on && w.at < uint64(len(w.words)) {
			w.words[w.at] = w.word
		}
	}
	for i := range s.edges {
		s.now[s.edges[i].slot] = s.edges[i].next
	}
	for i := range s.reads {
		s.now[s.reads[i].slot] = s.reads[i].next
	}
	s.Cycle++
	s.dirty = true
}

func signExtend(v uint64, n int) uint64 { return uint64(int64(v<<(64-n)) >> (64 - n)) }

// compile turns an expression into a function of the current values; nil for nil.
func (s *Simulator) compile(e *Expr) func() uint64 {
	if e == nil {
		return nil
	}
	var a []func() uint64
	for _, arg := range e.Args {
		a = append(a, s.compile(arg))
	}
	m := mask(e.Bits)
	switch e.Op {
	case OpConst:
		v := e.Value
		return func() uint64 { return v }
	case OpRef:
		p := &s.now[s.slot[e.Signal]]
		return func() uint64 { return *p }
	case OpLookup:
		words := s.words[e.Memory]
		return func() uint64 {
			if i := a[0](); i < uint64(len(words)) {
				return words[i]
			}
			return 0
		}
	case OpSlice:
		low := e.Low
		return func() uint64 { return a[0]() >> low & m }
	case OpCat:
		return func() uint64 {
			v := uint64(0)
			for i, f := range a {
				v = v<<e.Args[i].Bits | f()
			}
			return v
		}
	case OpExtend:
		if !e.Args[0].Signed {
			return a[0]
		}
		n := e.Args[0].Bits
		return func() uint64 { return signExtend(a[0](), n) & m }
	case OpNot:
		return func() uint64 { return ^a[0]() & m }
	case OpAnd:
		return func() uint64 { return a[0]() & a[1]() }
	case OpOr:
		return func() uint64 { return a[0]() | a[1]() }
	case OpXor:
		return func() uint64 { return a[0]() ^ a[1]() }
	case OpGate:
		return func() uint64 { return -a[0]() & a[1]() }
	case OpNotIf:
		return func() uint64 { return (-a[0]() ^ a[1]()) & m }
	case OpMux:
		return func() uint64 {
			if a[0]() == 1 {
				return a[1]()
			}
			return a[2]()
		}
	case OpAll:
		full := mask(e.Args[0].Bits)
		return func() uint64 { return truth(a[0]() == full) }
	case OpAny:
		return func() uint64 { return truth(a[0]() != 0) }
	case OpParity:
		return func() uint64 { return uint64(bits.OnesCount64(a[0]()) & 1) }
	case OpEqual:
		return func() uint64 { return truth(a[0]() == a[1]()) }
	case OpLess:
		if n := e.Args[0].Bits; e.Args[0].Signed {
			return func() uint64 { return truth(int64(signExtend(a[0](), n)) < int64(signExtend(a[1](), n))) }
		}
		return func() uint64 { return truth(a[0]() < a[1]()) }
	case OpAdd:
		return func() uint64 { return (a[0]() + a[1]()) & m }
	case OpSub:
		return func() uint64 { return (a[0]() - a[1]()) & m }
	case OpAddCarry:
		return func() uint64 { return (a[0]() + a[1]() + a[2]()) & m }
	case OpMul:
		n, k := e.Args[0].Bits, e.Args[1].Bits
		return func() uint64 { return signExtend(a[0](), n) * signExtend(a[1](), k) & m }
	}
	panic(fmt.Sprintf("datapath: no operation %s", e.Op))
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
