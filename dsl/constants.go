package dsl

import (
	"fmt"
	"math"
	"strconv"
)

// number evaluates a constant expression.
func (c *checker) number(e *Expr) (float64, bool) {
	if e.Op != "" {
		c.fail(e, "type", "remove it", "a comparison is not a number")
		return 0, false
	}
	v, ok := c.sum(e.Sum)
	if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
		c.fail(e, "range", "use smaller numbers", "the value is not finite")
		return 0, false
	}
	return v, ok
}

func (c *checker) sum(s *Sum) (float64, bool) {
	v, ok := c.product(s.First)
	for _, a := range s.Rest {
		w, ok2 := c.product(a.Term)
		ok = ok && ok2
		if a.Op == "-" {
			w = -w
		}
		v += w
	}
	return v, ok
}

func (c *checker) product(t *Term) (float64, bool) {
	v, ok := c.factor(t.First)
	return c.times(v, ok, t.Rest)
}

// times multiplies and divides v by what follows it.
func (c *checker) times(v float64, ok bool, rest []*MulRest) (float64, bool) {
	for _, r := range rest {
		w, ok2 := c.factor(r.Factor)
		ok = ok && ok2
		if r.Op == "*" {
			v *= w
			continue
		}
		if ok2 && w == 0 {
			c.fail(r, "range", "divide by something else", "division by zero")
			return 0, false
		}
		v /= w
	}
	return v, ok
}

func (c *checker) factor(f *Factor) (float64, bool) {
	v, ok := c.atom(f.Atom)
	if f.Power != nil {
		p, ok2 := c.factor(f.Power)
		v, ok = math.Pow(v, p), ok && ok2
	}
	if f.Minus {
		v = -v
	}
	return v, ok
}

func (c *checker) atom(a *Atom) (float64, bool) {
	switch {
	case a.Number != "":
		v, err := strconv.ParseFloat(a.Number, 64)
		if err != nil {
			c.fail(a, "range", "numbers go to 1e308", "%s is not a number that fits", a.Number)
		}
		return v, err == nil
	case a.Parens != nil:
		return c.number(a.Parens)
	case a.Name != nil:
		v, ok := c.consts[a.Name.Text]
		if !ok {
			c.unknown(a.Name, "constant", inOrder(c.consts))
		}
		return v, ok
	}
	c.fail(a, "type", "numbers are written with constants, + - * / ^ and parentheses", "a number is wanted here")
	return 0, false
}

// integer evaluates a whole number within limits.
func (c *checker) integer(e *Expr, lo, hi int, what string) (int, bool) {
	v, ok := c.number(e)
	if !ok {
		return 0, false
	}
	if v != math.Trunc(v) || v < float64(lo) || v > float64(hi) {
		c.fail(e, "range", fmt.Sprintf("%d to %d are possible", lo, hi), "%s is %v; a whole number is wanted", what, v)
		if v == math.Trunc(v) {
			c.errs[len(c.errs)-1].Summary = fmt.Sprintf("%s is %v, which is out of range", what, v)
		}
		return 0, false
	}
	return int(v), true
}
