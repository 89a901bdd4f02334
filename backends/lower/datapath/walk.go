package datapath

import "slices"

// walk visits an expression and what it is made of, arguments first.
func (e *Expr) walk(visit func(*Expr)) {
	for _, a := range e.Args {
		a.walk(visit)
	}
	visit(e)
}

// Signals lists every signal: ports, then the others in the order of the sections.
func (d *Design) Signals() []*Signal {
	out := slices.Clone(d.Ports)
	for _, s := range d.Sections {
		for _, i := range s.Items {
			switch i := i.(type) {
			case *Signal:
				if i.Kind != Output {
					out = append(out, i)
				}
			case *Memory:
				for _, r := range i.Reads {
					out = append(out, r.Data)
				}
			}
		}
	}
	return out
}

// roots visits the expressions that decide what a signal is: those of a wire hold in the same cycle, those of a register
// at the next edge.
func (s *Signal) roots(visit func(*Expr)) {
	if s.Value != nil {
		visit(s.Value)
	}
	for _, a := range s.Next {
		if a.When != nil {
			visit(a.When)
		}
		visit(a.Value)
	}
}

// roots visits the expressions at a memory's ports.
func (m *Memory) roots(visit func(*Expr)) {
	for _, r := range m.Reads {
		visit(r.Address)
		if r.Enable != nil {
			visit(r.Enable)
		}
	}
	for _, w := range m.Writes {
		visit(w.When)
		visit(w.Address)
		visit(w.Data)
	}
}

// live is what some signals depend on: signals, and memories.
func (d *Design) live(roots ...*Signal) (used map[*Signal]bool, kept map[*Memory]bool) {
	words := map[*Signal]*Memory{}
	for _, m := range d.Memories {
		for _, r := range m.Reads {
			words[r.Data] = m
		}
	}
	used, kept = map[*Signal]bool{}, map[*Memory]bool{}
	var need func(*Expr)
	keep := func(m *Memory) {
		if kept[m] {
			return
		}
		kept[m] = true
		for _, w := range m.Writes {
			need(w.When)
			need(w.Address)
			need(w.Data)
		}
	}
	var use func(*Signal)
	need = func(e *Expr) {
		e.walk(func(e *Expr) {
			if e.Signal != nil {
				use(e.Signal)
			}
			if e.Memory != nil {
				keep(e.Memory)
			}
		})
	}
	use = func(s *Signal) {
		if used[s] {
			return
		}
		used[s] = true
		s.roots(need)
		if m := words[s]; m != nil {
			keep(m)
			for _, r := range m.Reads {
				if r.Data == s {
					need(r.Address)
					if r.Enable != nil {
						need(r.Enable)
					}
				}
			}
		}
	}
	for _, s := range roots {
		use(s)
	}
	return used, kept
}

// Prune deletes what no output depends on, and sections that are left empty.
func (d *Design) Prune() {
	var outputs []*Signal
	for _, p := range d.Ports {
		if p.Kind == Output {
			outputs = append(outputs, p)
		}
	}
	used, kept := d.live(outputs...)
	d.Memories = slices.DeleteFunc(d.Memories, func(m *Memory) bool { return !kept[m] })
	for _, m := range d.Memories {
		m.Reads = slices.DeleteFunc(m.Reads, func(r *Read) bool { return !used[r.Data] })
	}
	for _, s := range d.Sections {
		s.Items = slices.DeleteFunc(s.Items, func(i Item) bool { return !survives(i, used, kept) })
	}
	d.Sections = slices.DeleteFunc(d.Sections, func(s *Section) bool { return len(s.Items) == 0 })
	d.Waves = slices.DeleteFunc(d.Waves, func(w Wave) bool {
		lost := !used[w.Signal]
		if w.Valid != nil {
			w.Valid.walk(func(e *Expr) { lost = lost || e.Signal != nil && e.Signal.Kind != Input && !used[e.Signal] })
		}
		return lost
	})
}

func survives(i Item, used map[*Signal]bool, kept map[*Memory]bool) bool {
	switch i := i.(type) {
	case *Signal:
		return used[i]
	case *Memory:
		return kept[i]
	}
	return true
}

// cone is the part of a design that outputs depend on, with all inputs. It shares its signals with the design.
func (d *Design) cone(outputs ...*Signal) *Design {
	used, kept := d.live(outputs...)
	out := &Design{Name: d.Name}
	for _, p := range d.Ports {
		if p.Kind == Input || slices.Contains(outputs, p) {
			out.Ports = append(out.Ports, p)
		}
	}
	for _, m := range d.Memories {
		if kept[m] {
			out.Memories = append(out.Memories, m)
		}
	}
	for _, s := range d.Sections {
		part := &Section{Title: s.Title}
		for _, i := range s.Items {
			if survives(i, used, kept) {
				part.Items = append(part.Items, i)
			}
		}
		out.Sections = append(out.Sections, part)
	}
	return out
}

// ordered lists wires and outputs so that each stands behind those that it depends on within a cycle. loop is the first
// signal on a loop without a register, or nil.
func (d *Design) ordered() (order []*Signal, loop *Signal) {
	state := map[*Signal]int{} // 1: being visited, 2: done
	var visit func(*Signal)
	visit = func(s *Signal) {
		if s.Kind != Wire && s.Kind != Output || state[s] == 2 {
			return
		}
		if state[s] == 1 {
			if loop == nil {
				loop = s
			}
			return
		}
		state[s] = 1
		s.roots(func(e *Expr) {
			e.walk(func(e *Expr) {
				if e.Signal != nil {
					visit(e.Signal)
				}
			})
		})
		state[s] = 2
		order = append(order, s)
	}
	for _, s := range d.Signals() {
		visit(s)
	}
	return order, loop
}

// Uses visits the signals that an item reads, in the same cycle or at a clock edge.
func Uses(i Item, visit func(*Signal)) {
	roots := func(e *Expr) {
		e.walk(func(e *Expr) {
			if e.Signal != nil {
				visit(e.Signal)
			}
		})
	}
	switch i := i.(type) {
	case *Signal:
		i.roots(roots)
	case *Memory:
		i.roots(roots)
	}
}

// Spare is a signal with bits that nothing reads.
type Spare struct {
	Signal *Signal
	Bits   uint64 // 1 where nothing reads it
}

// Spares lists the signals of a design with bits that nothing reads.
func (d *Design) Spares() []Spare {
	read := map[*Signal]uint64{}
	var see func(*Expr)
	see = func(e *Expr) {
		switch {
		case e.Op == OpRef:
			read[e.Signal] |= mask(e.Bits)
		case e.Op == OpSlice && e.Args[0].Op == OpRef:
			read[e.Args[0].Signal] |= mask(e.Bits) << e.Low
		default:
			for _, a := range e.Args {
				see(a)
			}
		}
	}
	signals := d.Signals()
	for _, s := range signals {
		s.roots(see)
	}
	for _, m := range d.Memories {
		m.roots(see)
	}
	var out []Spare
	for _, s := range signals {
		if left := mask(s.Bits) &^ read[s]; left != 0 && s.Kind != Output {
			out = append(out, Spare{s, left})
		}
	}
	return out
}

// LookupBits are the bits of the address by which each table in logic is read.
func (d *Design) LookupBits() map[*Memory]int {
	out := map[*Memory]int{}
	see := func(e *Expr) {
		e.walk(func(e *Expr) {
			if e.Op == OpLookup {
				out[e.Memory] = e.Args[0].Bits
			}
		})
	}
	for _, s := range d.Signals() {
		s.roots(see)
	}
	for _, m := range d.Memories {
		m.roots(see)
	}
	return out
}
