package datapath

// Simulator runs a design cycle by cycle. Registers and memories without first values start at a pattern of ones and zeros
// that no design should depend on. What wires are is computed by a program over the values of all signals (program.go), and so is what
// registers and memories take at a clock edge.
type Simulator struct {
	Cycle  int // cycles done
	d      *Design
	slot   map[*Signal]int32
	now    []uint64 // by slot: signals, constants, and what lies between
	wires  program  // of the cycle
	steps  program  // of the clock edge, behind that of the wires
	edges  []edge
	words  map[*Memory][]uint64
	reads  []readPort
	writes []writePort
	dirty  bool
}

// Slots of -1 stand for a condition that always holds.
type edge struct {
	slot        int32
	when, value []int32
	reset       *uint64
	next        uint64
}

type readPort struct {
	slot            int32
	words           []uint64
	address, enable int32
	mask            uint64
	on              bool
	at, next        uint64
}

type writePort struct {
	words               []uint64
	when, address, data int32
	meets               []int // reads of the same memory, where a word that is read while it is written is not known
	on                  bool
	at, word            uint64
}

// NewSimulator prepares a design, which Verify has passed.
func NewSimulator(d *Design) *Simulator {
	s := &Simulator{d: d, slot: map[*Signal]int32{}, words: map[*Memory][]uint64{}, dirty: true}
	s.steps.under = &s.wires
	for _, sig := range d.Signals() {
		switch sig.Kind {
		case Register, Word:
			s.slot[sig] = s.take(0x5555555555555555 & mask(sig.Bits))
		case Input:
			s.slot[sig] = s.take(0)
		}
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
		s.slot[w] = s.compile(&s.wires, w.Value)
	}
	step := func(e *Expr) int32 { return s.compile(&s.steps, e) }
	for _, sig := range d.Signals() {
		if sig.Kind != Register {
			continue
		}
		e := edge{slot: s.slot[sig], reset: sig.Reset}
		for _, a := range sig.Next {
			e.when = append(e.when, step(a.When))
			e.value = append(e.value, step(a.Value))
		}
		s.edges = append(s.edges, e)
	}
	for _, m := range d.Memories {
		var meets []int
		for _, r := range m.Reads {
			if !m.Old {
				meets = append(meets, len(s.reads))
			}
			s.reads = append(s.reads, readPort{slot: s.slot[r.Data], words: s.words[m], address: step(r.Address), enable: step(r.Enable), mask: mask(m.Bits)})
		}
		for _, w := range m.Writes {
			s.writes = append(s.writes, writePort{words: s.words[m], when: step(w.When), address: step(w.Address), data: step(w.Data), meets: meets})
		}
	}
	return s
}

// take makes room for a value.
func (s *Simulator) take(v uint64) int32 {
	s.now = append(s.now, v)
	return int32(len(s.now) - 1)
}

// Set drives an input port, which must exist.
func (s *Simulator) Set(port string, v uint64) {
	p := s.port(port)
	at := s.slot[p]
	if v &= mask(p.Bits); s.now[at] != v {
		s.now[at], s.dirty = v, true
	}
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
	at := s.compile(&s.wires, e)
	s.dirty = true
	return func() uint64 {
		s.settle()
		return s.now[at]
	}
}

// Words are those of a memory; changing them changes it.
func (s *Simulator) Words(m *Memory) []uint64 { return s.words[m] }

func (s *Simulator) settle() {
	if s.dirty {
		s.wires.run(s.now)
		s.dirty = false
	}
}

// holds reports whether a condition is met.
func (s *Simulator) holds(slot int32) bool { return slot < 0 || s.now[slot] == 1 }

// Clock ends a cycle at a clock edge; with reset, rst was high in it. It reports whether anything changed: where nothing did, nothing
// will before an input does.
func (s *Simulator) Clock(reset bool) (changed bool) {
	s.settle()
	s.steps.run(s.now)
	for i := range s.edges {
		e := &s.edges[i]
		e.next = s.now[e.slot]
		if reset && e.reset != nil {
			e.next = *e.reset
			continue
		}
		for k := len(e.value) - 1; k >= 0; k-- {
			if s.holds(e.when[k]) {
				e.next = s.now[e.value[k]]
				break
			}
		}
	}
	for i := range s.reads {
		r := &s.reads[i]
		r.next = s.now[r.slot]
		if r.on = s.holds(r.enable); r.on {
			r.next, r.at = 0, s.now[r.address]
			if r.at < uint64(len(r.words)) {
				r.next = r.words[r.at]
			}
		}
	}
	for i := range s.writes {
		w := &s.writes[i]
		if w.on = s.holds(w.when); !w.on {
			continue
		}
		w.at, w.word = s.now[w.address], s.now[w.data]
		for _, r := range w.meets {
			if r := &s.reads[r]; r.on && r.at == w.at { // what comes is not known
				r.next = 0x5555555555555555 & r.mask
			}
		}
	}
	for i := range s.writes {
		if w := &s.writes[i]; w.on && w.at < uint64(len(w.words)) {
			changed = changed || w.words[w.at] != w.word
			w.words[w.at] = w.word
		}
	}
	for i := range s.edges {
		e := &s.edges[i]
		changed = changed || s.now[e.slot] != e.next
		s.now[e.slot] = e.next
	}
	for i := range s.reads {
		r := &s.reads[i]
		changed = changed || s.now[r.slot] != r.next
		s.now[r.slot] = r.next
	}
	s.Cycle++
	s.dirty = s.dirty || changed
	return changed
}

// state is all that a clock edge leaves; ok is false where that is memories too.
func (s *Simulator) state() (state []uint64, ok bool) {
	for i := range s.edges {
		state = append(state, s.now[s.edges[i].slot])
	}
	for i := range s.reads {
		state = append(state, s.now[s.reads[i].slot])
	}
	return state, len(s.writes) == 0
}

// restore puts a design back to where it left a state.
func (s *Simulator) restore(state []uint64) {
	for i := range s.edges {
		s.now[s.edges[i].slot] = state[i]
	}
	for i := range s.reads {
		s.now[s.reads[i].slot] = state[len(s.edges)+i]
	}
	s.dirty = true
}

func signExtend(v uint64, n int) uint64 { return uint64(int64(v<<(64-n)) >> (64 - n)) }

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
