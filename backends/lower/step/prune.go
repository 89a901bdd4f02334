package step

// prune leaves out names that nothing reads: languages refuse or warn of them.
func (p *Program) prune() {
	for _, f := range p.Funcs {
		for {
			read := map[string]bool{}
			f.eachExpr(func(e *Expr) {
				if e.Op == OpVar {
					read[e.Name] = true
				}
			})
			dropped := false
			f.Body = without(f.Body, func(s Stmt) bool {
				name := ""
				switch s := s.(type) {
				case Let:
					name = s.Name
				case Set:
					name = s.Name
				default:
					return false
				}
				dropped = dropped || !read[name]
				return !read[name]
			})
			if !dropped {
				break
			}
		}
	}
}

// without copies statements, those of inner blocks too, without some.
func without(body []Stmt, drop func(Stmt) bool) []Stmt {
	var out []Stmt
	for _, s := range body {
		if drop(s) {
			continue
		}
		switch inner := s.(type) {
		case For:
			inner.Body = without(inner.Body, drop)
			s = inner
		case IfOdd:
			inner.Odd, inner.Even = without(inner.Odd, drop), without(inner.Even, drop)
			s = inner
		}
		out = append(out, s)
	}
	return out
}

// eachExpr sees every expression of a function.
func (f *Func) eachExpr(see func(*Expr)) {
	var expr func(e *Expr)
	expr = func(e *Expr) {
		see(e)
		for _, a := range e.Args {
			expr(a)
		}
	}
	var block func([]Stmt)
	block = func(body []Stmt) {
		for _, s := range body {
			switch s := s.(type) {
			case Let:
				expr(s.Value)
			case Set:
				expr(s.Value)
			case Store:
				expr(s.Index)
				expr(s.Value)
			case For:
				block(s.Body)
			case IfOdd:
				block(s.Odd)
				block(s.Even)
			}
		}
	}
	block(f.Body)
}
