package step

import (
	"maps"
	"slices"
)

// prune leaves out names and scratch arrays that nothing reads, which languages refuse or warn of, and loops around one iteration.
func (p *Program) prune() {
	read := map[string]bool{}
	for _, f := range p.Funcs {
		f.Body, _ = pruned(unrolled(f.Body))
		loads(f.Body, read)
	}
	for _, f := range p.Funcs {
		f.Scratch = slices.DeleteFunc(f.Scratch, func(a *Array) bool {
			if !read[a.Name] {
				f.Body = unwritten(f.Body, a.Name)
			}
			return !read[a.Name]
		})
		f.Body, _ = pruned(f.Body)
	}
}

// loads adds the arrays that a body reads.
func loads(body []Stmt, to map[string]bool) {
	var expr func(e *Expr)
	expr = func(e *Expr) {
		if e.Op == OpLoad {
			to[e.Name] = true
		}
		for _, a := range e.Args {
			expr(a)
		}
	}
	for _, s := range body {
		for _, e := range exprs(s) {
			expr(e)
		}
		switch s := s.(type) {
		case For:
			loads(s.Body, to)
		case IfOdd:
			loads(s.Odd, to)
			loads(s.Even, to)
		case Choose:
			to[s.Odd], to[s.Even] = true, true
		}
	}
}

// stores adds the arrays that a body writes.
func stores(body []Stmt, to map[string]bool) {
	for _, s := range body {
		switch s := s.(type) {
		case Store:
			to[s.Array] = true
		case For:
			stores(s.Body, to)
		case IfOdd:
			stores(s.Odd, to)
			stores(s.Even, to)
		}
	}
}

// unwritten is a body without the stores to an array, and without the loops that this leaves empty.
func unwritten(body []Stmt, array string) (out []Stmt) {
	for _, s := range body {
		switch t := s.(type) {
		case Store:
			if t.Array == array {
				continue
			}
		case For:
			if t.Body = unwritten(t.Body, array); len(t.Body) == 0 {
				continue
			}
			s = t
		case IfOdd:
			t.Odd, t.Even = unwritten(t.Odd, array), unwritten(t.Even, array)
			if len(t.Odd)+len(t.Even) == 0 {
				continue
			}
			s = t
		}
		out = append(out, s)
	}
	return out
}

// pruned leaves out the names of a block that nothing behind them reads; reads are the names from outside that it reads.
func pruned(body []Stmt) (out []Stmt, reads map[string]bool) {
	reads = map[string]bool{}
	block := func(body []Stmt) []Stmt {
		inner, r := pruned(body)
		maps.Copy(reads, r)
		return inner
	}
	for _, s := range slices.Backward(body) {
		switch t := s.(type) {
		case Let:
			if !reads[t.Name] && !t.Mutable {
				continue
			}
			delete(reads, t.Name)
		case For:
			t.Body = block(t.Body)
			s = t
		case IfOdd:
			t.Odd, t.Even = block(t.Odd), block(t.Even)
			s = t
		}
		for _, e := range exprs(s) {
			e.names(reads)
		}
		out = append(out, s)
	}
	slices.Reverse(out)
	return out, reads
}

// exprs are the expressions of a statement, without those of its blocks.
func exprs(s Stmt) []*Expr {
	switch s := s.(type) {
	case Let:
		return []*Expr{s.Value}
	case Set:
		return []*Expr{s.Value}
	case Store:
		return []*Expr{s.Index, s.Value}
	}
	return nil
}

// names adds the names that an expression reads.
func (e *Expr) names(to map[string]bool) {
	if e.Op == OpVar {
		to[e.Name] = true
	}
	for _, a := range e.Args {
		a.names(to)
	}
}

// unrolled puts the body of a loop of one iteration in its place, where that declares no name.
func unrolled(body []Stmt) []Stmt {
	var out []Stmt
	for _, s := range body {
		switch inner := s.(type) {
		case IfOdd:
			inner.Odd, inner.Even = unrolled(inner.Odd), unrolled(inner.Even)
			s = inner
		case For:
			inner.Body = unrolled(inner.Body)
			declares := slices.ContainsFunc(inner.Body, func(s Stmt) bool {
				_, let := s.(Let)
				_, choose := s.(Choose)
				return let || choose
			})
			if inner.From >= inner.To {
				continue
			}
			if inner.From+inner.By >= inner.To && !declares {
				for _, b := range inner.Body {
					out = append(out, replaced(b, inner.Var, At(inner.From)))
				}
				continue
			}
			s = inner
		}
		out = append(out, s)
	}
	return out
}

// replaced is a statement with a value in the place of a name.
func replaced(s Stmt, name string, by *Expr) Stmt {
	block := func(body []Stmt) []Stmt {
		out := make([]Stmt, len(body))
		for i, b := range body {
			out[i] = replaced(b, name, by)
		}
		return out
	}
	switch s := s.(type) {
	case Let:
		s.Value = s.Value.replaced(name, by)
		return s
	case Set:
		s.Value = s.Value.replaced(name, by)
		return s
	case Store:
		s.Index, s.Value = s.Index.replaced(name, by), s.Value.replaced(name, by)
		return s
	case For:
		s.Body = block(s.Body)
		return s
	case IfOdd:
		s.Odd, s.Even = block(s.Odd), block(s.Even)
		return s
	}
	return s
}

func (e *Expr) replaced(name string, by *Expr) *Expr {
	if e.Op == OpVar && e.Name == name {
		return by
	}
	c := *e
	c.Args = nil
	for _, a := range e.Args {
		c.Args = append(c.Args, a.replaced(name, by))
	}
	// Sums and products of numbers are numbers.
	switch {
	case e.Claim != nil:
	case c.Op == OpAdd:
		return Add(c.Args[0], c.Args[1])
	case c.Op == OpShl && c.Args[0].Op == OpConst, c.Op == OpMul && c.Args[0].Op == OpConst && c.Args[1].Op == OpConst:
		n := int64(1) << c.Value
		if c.Op == OpMul {
			n = c.Args[1].Value
		}
		return Const(c.Type, c.Args[0].Value*n)
	}
	return &c
}
