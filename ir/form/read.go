package form

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Of reads the updates of all states.
func Of(m *ir.Module) ([]*Update, error) {
	updates := make([]*Update, len(m.States))
	for i := range m.States {
		var err error
		if updates[i], err = UpdateOf(m, i); err != nil {
			return nil, err
		}
	}
	return updates, nil
}

// UpdateOf reads the update of a state of a verified module. The error, a *diag.Diagnostic, is at the value that has no place
// in an update, and names it: what hrnnc cannot run without a multiplier.
func UpdateOf(m *ir.Module, state int) (*Update, error) {
	r := reader{m}
	s := m.States[state]
	u := &Update{Total: s.Next, Proof: m.Value(s.Next).Proof}
	if v := m.Value(s.Next); v.Op == ir.OpSat {
		u.Total, u.Saturates = v.Args[0], true
	}
	u.Total = r.through(u.Total)
	found := false
	addends := r.addends(u.Total, true)
	if len(addends) > len(m.Values) {
		return nil, diag.At(m.Value(u.Total).Span).Errorf("update", "the update of %s adds up some values many times", s.Name).
			Helpf("add each once: multiply its weights")
	}
	for _, id := range addends {
		v := m.Value(id)
		if b, ok := r.bias(id); ok {
			u.Biases = append(u.Biases, b)
			continue
		}
		if r.root(id) != state {
			u.Terms = append(u.Terms, r.term(id))
			continue
		}
		if found {
			return nil, diag.At(v.Span).Errorf("update", "the update of %s has two recurrent terms", s.Name).
				Helpf("one hadamard(%s) an update is what hrnnc can run", s.Name)
		}
		found = true
		rec, err := r.recurrence(id, state)
		if err != nil {
			return nil, err
		}
		u.Recurrence = *rec
	}
	if !found {
		return nil, diag.At(s.Span).Errorf("update", "the update of %s has no recurrent term", s.Name).
			Helpf("write  %s <- hadamard(%s) + ...", s.Name, s.Name)
	}
	return u, nil
}

// Readout reads what the output adds up; of values added many times, more than the module has values.
func Readout(m *ir.Module) Sum {
	r := reader{m}
	var s Sum
	for _, id := range r.addends(m.Y, false) {
		if b, ok := r.bias(id); ok {
			s.Biases = append(s.Biases, b)
		} else {
			s.Terms = append(s.Terms, r.term(id))
		}
	}
	return s
}

// Updated recognises the new value of a state, through relu and changes of width.
func Updated(m *ir.Module, id ir.ID) (state int, relu, ok bool) {
	for {
		if i := m.Updates(id); i >= 0 {
			return i, relu, true
		}
		v := m.Value(id)
		switch v.Op {
		case ir.OpRelu:
			relu = true
		case ir.OpExt, ir.OpTrunc:
		default:
			return 0, false, false
		}
		id = v.Args[0]
	}
}

type reader struct{ m *ir.Module }

// through skips values that only change a width, but no new value of a state.
func (r reader) through(id ir.ID) ir.ID {
	for {
		v := r.m.Value(id)
		if v.Op != ir.OpExt && v.Op != ir.OpTrunc {
			return id
		}
		id = v.Args[0]
	}
}

// addends lists the terms of a sum, seen through changes of width; the new value of another state is one term. Sums of sums that
// are one value each would be endless: behind as many terms as the module has values it stops, with one more.
func (r reader) addends(id ir.ID, top bool) (ids []ir.ID) {
	var walk func(id ir.ID, top bool)
	walk = func(id ir.ID, top bool) {
		v := r.m.Value(id)
		switch {
		case len(ids) > len(r.m.Values):
		case !top && r.m.Updates(id) >= 0:
			ids = append(ids, id)
		case v.Op == ir.OpAdd:
			walk(v.Args[0], false)
			walk(v.Args[1], false)
		case v.Op == ir.OpExt || v.Op == ir.OpTrunc:
			walk(v.Args[0], top)
		default:
			ids = append(ids, id)
		}
	}
	walk(id, top)
	return ids
}

// root is the state whose last value a term reads, or -1. A new value of a state belongs to that state's update, so a search
// stops there.
func (r reader) root(id ir.ID) int {
	for first := true; ; first = false {
		v := r.m.Value(id)
		switch {
		case !first && r.m.Updates(id) >= 0:
			return -1
		case v.Op == ir.OpState:
			return v.Index
		case len(v.Args) == 0:
			return -1
		}
		id = vectorOperand(v)
	}
}

// vectorOperand is the operand that carries what is computed on: the last of a product, whose first is the matrix, and the
// first otherwise, since signs and orders stand behind it.
func vectorOperand(v *ir.Value) ir.ID {
	switch v.Op {
	case ir.OpMatVec, ir.OpColumn, ir.OpEmbed:
		return v.Args[1]
	}
	return v.Args[0]
}

// factors follows scales inwards and multiplies them.
func (r reader) factors(id ir.ID) (inner ir.ID, factor arith.Phased[float64]) {
	factor = steady
	for v := r.m.Value(id); v.Op == ir.OpScale; v = r.m.Value(id) {
		for ph := range factor {
			factor[ph] *= v.Factor[ph]
		}
		id = v.Args[0]
	}
	return id, factor
}

func (r reader) bias(id ir.ID) (Bias, bool) {
	inner, factor := r.factors(id)
	v := r.m.Value(inner)
	return Bias{inner, v, factor}, v.Op == ir.OpConst && (r.m.Level == ir.Fixed || v.Const != nil)
}

func (r reader) term(id ir.ID) Term {
	t := Term{ID: id, Product: None}
	id, t.Factor = r.factors(id)
	for v := r.m.Value(id); v.Op == ir.OpRequant; v = r.m.Value(id) {
		t.Rescale = append(t.Rescale, id)
		id = r.through(v.Args[0])
	}
	switch v := r.m.Value(id); v.Op {
	case ir.OpMatVec, ir.OpColumn:
		t.Product, t.Source = id, r.source(v)
	}
	return t
}

func (r reader) source(product *ir.Value) Source {
	s := Source{ID: product.Args[1], Rescale: None}
	var ok bool
	if s.State, s.Relu, ok = Updated(r.m, s.ID); ok {
		s.Kind, s.Value = State, s.ID
		return s
	}
	s.Value = r.through(s.ID)
	if v := r.m.Value(s.Value); v.Op == ir.OpRequant {
		s.Rescale, s.Value = s.Value, r.through(v.Args[0])
	}
	switch v := r.m.Value(s.Value); {
	case product.Op == ir.OpColumn, v.Op == ir.OpOneHot:
		s.Kind = OneHot
	case v.Op == ir.OpInput:
		s.Kind = Vector
	case v.Op == ir.OpEmbed:
		s.Kind = Embed
	}
	return s
}

// recurrence reads a term from the state outwards.
func (r reader) recurrence(whole ir.ID, state int) (*Recurrence, error) {
	s := r.m.States[state]
	var chain []ir.ID
	id := whole
	for ; r.m.Value(id).Op != ir.OpState; id = vectorOperand(r.m.Value(id)) {
		chain = append(chain, id)
	}
	c := &Recurrence{State: state, Whole: whole, Transform: None, Inner: Identity(s.Size), Outer: Identity(s.Size),
		Factor: steady, Round: arith.Both(arith.Identity)}
	rounded := false
	for i := len(chain) - 1; i >= 0; i-- {
		id, v := chain[i], r.m.Value(chain[i])
		wrong := func(format string, args ...any) error {
			return diag.At(v.Span).Errorf("update", "the recurrence of %s %s", s.Name, fmt.Sprintf(format, args...)).
				Helpf("one hadamard an update, rounded once before its signs, is what hrnnc can run")
		}
		switch v.Op {
		case ir.OpSigns, ir.OpPermute:
			c.Outer = c.Outer.then(v.Op, r.m.Value(v.Args[1]).Const.Ints)
		case ir.OpExt, ir.OpTrunc:
		case ir.OpScale:
			for ph := range c.Factor {
				c.Factor[ph] *= v.Factor[ph]
			}
		case ir.OpHadamard:
			if c.Transform != None {
				return nil, wrong("transforms twice: %s", Named(r.m, id))
			}
			c.Inner, c.Outer = c.Outer, Identity(s.Size)
			c.Transform, c.Block, c.Norm, c.Name, c.Span = id, v.Block, v.Norm, v.Name, v.Span
			if c.Staged = v.Staged != nil; c.Staged {
				c.Round = spread(*v.Staged)
			}
		case ir.OpRequant:
			switch {
			case c.Transform == None:
				return nil, wrong("is rounded before its transform: %s", Named(r.m, id))
			case rounded || c.Staged:
				return nil, wrong("is rounded twice: %s", Named(r.m, id))
			case c.Leak != nil:
				return nil, wrong("is rounded behind its leak: %s", Named(r.m, id))
			case c.Outer.Negates(): // half up: -round(z) is not round(-z)
				return nil, wrong("is rounded behind its signs: %s", Named(r.m, id))
			}
			c.Round, rounded = v.Requant, true
		case ir.OpLeak:
			switch {
			case c.Transform == None:
				return nil, wrong("leaks before its transform: %s", Named(r.m, id))
			case c.Leak != nil:
				return nil, wrong("leaks twice: %s", Named(r.m, id))
			case c.Outer.Negates() && r.m.Level == ir.Fixed, c.Outer.Moves() && !v.Leak.Even():
				return nil, wrong("leaks behind its signs or its order: %s", Named(r.m, id))
			}
			c.Leak = v.Leak
		default:
			return nil, diag.At(v.Span).Errorf("update", "the recurrence of %s is not linear: %s stands inside it", s.Name, Named(r.m, id)).
				Helpf("HadamRNN has no activation inside the recurrence; put relu in the readout: y = V*relu(%s) + c", s.Name)
		}
	}
	if c.Transform == None {
		return nil, diag.At(s.Span).Errorf("update", "the recurrence of %s has no hadamard", s.Name).
			Helpf("write  %s <- hadamard(%s) + ...", s.Name, s.Name)
	}
	return c, nil
}

// spread is the whole shift that a staged transform spreads over its stages.
func spread(shifts arith.Phased[int]) (r arith.Phased[arith.Requant]) {
	for ph, s := range shifts {
		r[ph] = arith.Requant{Mul: 1, Shift: s}
	}
	return r
}

// Named is how a message that has the place of a value names it: by its op, and by its number where it has no place.
func Named(m *ir.Module, id ir.ID) string {
	v := m.Value(id)
	if v.Span.IsZero() {
		return fmt.Sprintf("%%%d = %s", id, v.Op)
	}
	return string(v.Op)
}
