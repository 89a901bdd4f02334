package datapath

import (
	"errors"
	"fmt"
)

// Verify checks a design for what no simulation is needed to find: values that nothing gives, widths that do not fit,
// loops without a register, sums without a name, and memories with more ports than a part has.
func (d *Design) Verify() error {
	v := verifier{d: d, known: map[*Signal]bool{}, names: map[string]bool{"clk": true, "rst": true}}
	signals := d.Signals()
	for _, s := range signals {
		v.known[s] = true
		if v.names[s.Name] {
			v.errorf("%s stands twice", s.Name)
		}
		v.names[s.Name] = true
	}
	for _, s := range signals {
		v.signal(s)
	}
	for _, m := range d.Memories {
		v.memory(m)
	}
	if _, loop := d.ordered(); loop != nil {
		v.errorf("%s depends on itself without a register", loop.Name)
	}
	return errors.Join(v.errs...)
}

type verifier struct {
	d     *Design
	known map[*Signal]bool
	names map[string]bool
	errs  []error
}

func (v *verifier) errorf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("datapath %s: "+format, append([]any{v.d.Name}, args...)...))
}

func (v *verifier) signal(s *Signal) {
	switch s.Kind {
	case Wire, Output:
		if s.Value == nil {
			v.errorf("%s has no value", s.Name)
			return
		}
		if s.Value.Bits != s.Bits {
			v.errorf("%s of %d bits is given %d", s.Name, s.Bits, s.Value.Bits)
		}
	case Register:
		if len(s.Next) == 0 {
			v.errorf("%s is never set", s.Name)
		}
		if s.Reset != nil && *s.Reset > mask(s.Bits) {
			v.errorf("%s of %d bits is reset to %d", s.Name, s.Bits, *s.Reset)
		}
	}
	s.roots(func(e *Expr) { v.expr(s.Name, e, s.Kind == Wire && e == s.Value) })
}

func (v *verifier) memory(m *Memory) {
	if len(m.Init) > m.Depth {
		v.errorf("%s of %d words has %d", m.Name, m.Depth, len(m.Init))
	}
	if m.Init == nil && len(m.Writes) == 0 {
		v.errorf("%s is never written", m.Name)
	}
	if m.Style == Single && m.Init != nil {
		v.errorf("%s cannot have first values", m.Name)
	}
	for _, r := range m.Reads {
		v.address(m, r.Address)
		if r.Data.Bits != m.Bits {
			v.errorf("%s of %d bits is a word of %d", r.Data.Name, r.Data.Bits, m.Bits)
		}
	}
	for _, w := range m.Writes {
		v.address(m, w.Address)
		if w.Data.Bits != m.Bits {
			v.errorf("%s of %d bits is written with %d", m.Name, m.Bits, w.Data.Bits)
		}
	}
	if m.Style == Block && len(m.Writes) > 1 {
		v.errorf("%s has %d ports for writing; a block RAM has one", m.Name, len(m.Writes))
	}
	m.roots(func(e *Expr) { v.expr(m.Name, e, false) })
}

func (v *verifier) address(m *Memory, a *Expr) {
	if !a.constant() && a.Bits > counts(m.Depth) {
		v.errorf("%s of %d words has an address of %d bits", m.Name, m.Depth, a.Bits)
	}
}

func (v *verifier) expr(owner string, root *Expr, named bool) {
	root.walk(func(e *Expr) {
		switch e.Op {
		case OpRef:
			if !v.known[e.Signal] {
				v.errorf("%s uses %s, which is not in the design", owner, e.Signal.Name)
			}
		case OpSlice:
			if e.Args[0].Op != OpRef {
				v.errorf("%s takes bits of %s without a name", owner, e.Args[0].Op)
			}
		case OpExtend:
			if a := e.Args[0]; a.Signed && !a.hasBits() {
				v.errorf("%s repeats the sign of %s without a name", owner, a.Op)
			}
		case OpAddCarry:
			if e != root || !named {
				v.errorf("%s holds a sum with a carry that no wire names", owner)
			}
		}
		if e.Bits < 1 || e.Bits > 64 {
			v.errorf("%s holds %s of %d bits", owner, e.Op, e.Bits)
		}
	})
}

// hasBits reports whether the bits of an expression can be taken one by one, as Slice does.
func (e *Expr) hasBits() bool {
	switch e.Op {
	case OpConst, OpRef, OpSlice, OpCat, OpExtend:
		return true
	case OpNot, OpAnd, OpOr, OpXor:
		for _, a := range e.Args {
			if !a.hasBits() {
				return false
			}
		}
		return true
	case OpGate, OpNotIf:
		return e.Args[1].hasBits()
	case OpMux:
		return e.Args[1].hasBits() && e.Args[2].hasBits()
	}
	return e.Bits == 1
}
