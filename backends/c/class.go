package c

import (
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// Where RAM is scarce, the class is found while outputs are computed, not in an array of them: its function has the body of the
// output's, of whose values it keeps the largest.

// largest are the names of the largest output so far and of its index.
type largest struct{ top, best string }

// running reports whether the class is found so: on chips of 8 bits, where the output function stores every output once and in order.
func (s *speller) running() bool {
	f := s.outputFunc()
	order, ok := s.stores(f.Body, nil)
	if !s.decides || !s.dialect.steady || !s.dialect.counters || s.index != "unsigned" || !ok || len(order) != s.find(step.Output).Len {
		return false
	}
	for i, at := range order {
		if i != at {
			return false
		}
	}
	return true
}

func (s *speller) outputFunc() *step.Func {
	i := slices.IndexFunc(s.program.Funcs, func(f *step.Func) bool { return f.Name == s.program.Output })
	return s.program.Funcs[i]
}

// stores lists the entries of the output that a body stores, in order; ok is false where they depend on more than counters, or where
// outputs are read, or filled by another function.
func (s *speller) stores(body []step.Stmt, counters map[string]int) (order []int, ok bool) {
	output := s.find(step.Output).Name
	isOutput := func(e *step.Expr) bool { return e.Op == step.OpLoad && e.Name == output }
	ok = true
	for _, st := range body {
		walk([]step.Stmt{st}, func(step.Stmt) {}, func(e *step.Expr) { ok = ok && !isOutput(e) })
		switch v := st.(type) {
		case step.Store:
			if v.Array != output {
				continue
			}
			at, known := valueOf(v.Index, counters)
			order, ok = append(order, at), ok && known
		case step.For:
			inner := map[string]int{}
			for name, n := range counters {
				inner[name] = n
			}
			for i := v.From; i < v.To; i += v.By {
				inner[v.Var] = i
				more, known := s.stores(v.Body, inner)
				order, ok = append(order, more...), ok && known
			}
		case step.IfOdd:
			odd, known := s.stores(v.Odd, counters)
			even, too := s.stores(v.Even, counters)
			order, ok = append(order, odd...), ok && known && too && slices.Equal(odd, even)
		case step.Call:
			ok = ok && !s.needs[v.Func].output
		}
	}
	return order, ok
}

// valueOf is an index at some values of counters.
func valueOf(e *step.Expr, counters map[string]int) (n int, ok bool) {
	if e.Op == step.OpVar {
		n, ok = counters[e.Name]
		return n, ok
	}
	args := make([]int, len(e.Args))
	for i, a := range e.Args {
		if args[i], ok = valueOf(a, counters); !ok {
			return 0, false
		}
	}
	switch e.Op {
	case step.OpConst:
		return int(e.Value), true
	case step.OpAdd:
		return args[0] + args[1], true
	case step.OpMul:
		return args[0] * args[1], true
	case step.OpShl:
		return args[0] << e.Value, true
	}
	return 0, false
}

// class spells the function.
func (s *speller) class() {
	f, y := s.outputFunc(), s.find(step.Output)
	s.scope = s.scope.inner()
	defer func() { s.scope, s.largest = s.scope.above, nil }()
	s.blank()
	if s.assembly.hasClass() {
		s.directive("if !", s.assemblyMacro())
		defer s.directive("endif")
	}
	s.line("int ", s.core, "_class(const ", s.core, "_state *s)")
	s.open("{")
	s.declareArrays(f)
	s.largest = &largest{s.fresh("top"), s.fresh("best")}
	s.line(s.typeName(y.Elem), " ", s.largest.top, " = (", s.typeName(y.Elem), ")", literal(y.Elem.Range().Lo), ";")
	s.line(s.index, " ", s.largest.best, " = 0u;")
	s.begin(f.Name, s.needs[f.Name])
	s.block(f.Body)
	s.line("return (int)", s.largest.best, ";")
	s.close("}")
}

// keep spells what is done with an output.
func (s *speller) keep(v step.Store) {
	elem := s.scope.array(v.Array).elem
	s.line(s.helper("largest", elem.Bits), "(&", s.largest.top, ", &", s.largest.best, ", ", s.to(elem, s.expr(v.Value)).text, ", ",
		s.to(step.Index, s.expr(v.Index)).text, ");")
}
