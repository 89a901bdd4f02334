package step

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// eval gives what an expression can be, and checks that its exact values fit its type.
func (v *verifier) eval(n *node, frame []val) val {
	var out val
	switch n.code {
	case cConst:
		out = val{l: point(n.e.Value), h: point(n.e.Value)}
	case cVar:
		out = frame[n.slot]
	case cLoad:
		out = v.load(n, v.eval(n.a, frame))
	case cPhase:
		of := n.a
		if v.phase == arith.Odd {
			of = n.b
		}
		out = v.eval(of, frame)
	case cPack:
		a, b := v.eval(n.a, frame), v.eval(n.b, frame)
		out = val{l: a.l, h: b.l}
	case cLane:
		out = v.eval(n.a, frame)
		if n.e.Value == 1 {
			out.l = out.h
		}
	case cSwap:
		a := v.eval(n.a, frame)
		out = val{l: a.h, h: a.l}
	case cDot:
		out = v.dot(n, v.eval(n.a, frame), v.eval(n.b, frame), v.eval(n.c, frame))
	default:
		var b val
		a := v.eval(n.a, frame)
		if n.b != nil {
			b = v.eval(n.b, frame)
			if n.code == cMul && n.lanes == 2 {
				b.h = b.l
			}
		}
		out.l = v.lane(n, a.l, b.l)
		if n.lanes == 2 {
			out.h = v.lane(n, a.h, b.h)
		}
		out.stride = stride(n, a, b)
	}
	out.l = v.fits(n, out.l)
	switch {
	case out.l.Lo == out.l.Hi:
		out.stride = 0
	case n.e.Claim != nil:
		out.stride = 1
	}
	if n.lanes == 2 {
		out.h = v.fits(n, out.h)
	}
	return out
}

// fits notes the values of a lane, takes the claim, and checks that they are of the type.
func (v *verifier) fits(n *node, i span) span {
	n.seen = union(n.seen, i)
	if c := n.e.Claim; c != nil {
		i = i.Intersect(*c)
		if i.Lo > i.Hi {
			v.errorf(n.home, n, "the claim holds none of its values, %s", rangeText(n.seen))
		}
	}
	if i.Lo < n.lo || i.Hi > n.hi {
		v.errorf(n.home, n, "values of %s do not fit %v, %d..%d", rangeText(i), n.e.Type, n.lo, n.hi)
	}
	return i
}

// stride is the distance between values of an index: of a sum, what divides both distances.
func stride(n *node, a, b val) int64 {
	switch n.code {
	case cAdd, cSub:
		return gcd(a.stride, b.stride)
	case cMul:
		if b.l.Lo == b.l.Hi {
			return max(b.l.Lo, -b.l.Lo) * a.stride
		}
		if a.l.Lo == a.l.Hi {
			return max(a.l.Lo, -a.l.Lo) * b.stride
		}
	case cShl:
		return a.stride << n.e.Value
	case cExt, cTrunc:
		return a.stride
	}
	return 1
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// lane applies an operation to a lane of each operand, exactly.
func (v *verifier) lane(n *node, a, b span) span {
	out, ok := applyInterval(n.code, n.e, a, b)
	if !ok {
		v.errorf(n.home, n, "its values, from %s and %s, do not fit 64 bits", rangeText(a), rangeText(b))
	}
	if n.code == cRound {
		if sum, ok := add(a.Hi, 1<<(n.e.Value-1)); !ok || sum > n.hi {
			v.errorf(n.home, n, "%d and the half that is added, %d, do not fit %v", a.Hi, int64(1)<<(n.e.Value-1), n.e.Type)
		}
	}
	return out
}

func applyInterval(c opcode, e *Expr, a, b span) (span, bool) {
	switch c {
	case cAdd:
		return ends(add(a.Lo, b.Lo))(add(a.Hi, b.Hi))
	case cSub:
		return ends(sub(a.Lo, b.Hi))(sub(a.Hi, b.Lo))
	case cMul, cMulWide:
		return product(a, b)
	case cNeg:
		return ends(sub(0, a.Hi))(sub(0, a.Lo))
	case cShl:
		return product(a, point(1<<e.Value))
	case cShr:
		return span{Lo: a.Lo >> e.Value, Hi: a.Hi >> e.Value}, true
	case cRound:
		return span{Lo: roundShift(a.Lo, e.Value), Hi: roundShift(a.Hi, e.Value)}, true
	case cHalfAdd:
		return span{Lo: halfAdd(a.Lo, b.Lo), Hi: halfAdd(a.Hi, b.Hi)}, true
	case cHalfSub:
		return span{Lo: halfSub(a.Lo, b.Hi), Hi: halfSub(a.Hi, b.Lo)}, true
	case cSatAdd:
		return span{Lo: satAdd(a.Lo, b.Lo, e.Type), Hi: satAdd(a.Hi, b.Hi, e.Type)}, true
	case cAnd:
		return andInterval(a, b), true
	case cXor:
		return xorInterval(a, b), true
	case cMin:
		return span{Lo: min(a.Lo, b.Lo), Hi: min(a.Hi, b.Hi)}, true
	case cMax:
		return span{Lo: max(a.Lo, b.Lo), Hi: max(a.Hi, b.Hi)}, true
	case cClamp:
		r := arith.OfBits(int(e.Value))
		return span{Lo: clamp(a.Lo, r), Hi: clamp(a.Hi, r)}, true
	case cCrop:
		r := span{Lo: 0, Hi: 1<<e.Value - 1}
		return span{Lo: clamp(a.Lo, r), Hi: clamp(a.Hi, r)}, true
	case cExt, cTrunc:
		return a, true
	case cField:
		return fieldInterval(e, a), true
	}
	panic(fmt.Sprintf("step: no interval of operation %d", c))
}

// ends makes an interval of two sums that may not fit.
func ends(lo int64, ok bool) func(hi int64, ok bool) (span, bool) {
	return func(hi int64, also bool) (span, bool) { return span{Lo: lo, Hi: hi}, ok && also }
}

func add(a, b int64) (int64, bool) {
	s := a + b
	return s, (a^s)&(b^s) >= 0
}

func sub(a, b int64) (int64, bool) {
	s := a - b
	return s, (a^b)&(a^s) >= 0
}

func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	h := int64(hi)
	if a < 0 {
		h -= b
	}
	if b < 0 {
		h -= a
	}
	return int64(lo), h == int64(lo)>>63
}

func product(a, b span) (span, bool) {
	p, ok := mul(a.Lo, b.Lo)
	out := point(p)
	for _, f := range [...][2]int64{{a.Lo, b.Hi}, {a.Hi, b.Lo}, {a.Hi, b.Hi}} {
		p, fine := mul(f[0], f[1])
		ok = ok && fine
		out.Lo, out.Hi = min(out.Lo, p), max(out.Hi, p)
	}
	return out, ok
}

// roundShift is floor((a + 2^(n-1)) / 2^n) without the sum, which may not fit.
func roundShift(a, n int64) int64 { return a>>n + a>>(n-1)&1 }

// halfAdd is floor((a + b) / 2) without the sum.
func halfAdd(a, b int64) int64 { return a>>1 + b>>1 + a&b&1 }

// halfSub is floor((a - b) / 2) without the difference.
func halfSub(a, b int64) int64 { return a>>1 - b>>1 - ^a&b&1 }

func clamp(a int64, r span) int64 { return min(max(a, r.Lo), r.Hi) }

func satAdd(a, b int64, t Int) int64 {
	r := t.Range()
	s, ok := add(a, b)
	switch {
	case ok:
		return clamp(s, r)
	case a < 0:
		return r.Lo
	}
	return r.Hi
}

// andInterval is exact where one side is 0, -1 or a mask of low bits over what fits them, and where both are points.
func andInterval(a, b span) span {
	if a.Lo == a.Hi && b.Lo == b.Hi {
		return point(a.Lo & b.Lo)
	}
	if a.Lo == a.Hi {
		a, b = b, a
	}
	if m := b.Lo; m == b.Hi && (m == -1 || m >= 0 && m&(m+1) == 0 && a.Lo >= 0 && a.Hi <= m) {
		return a
	}
	switch {
	case a.Lo >= 0 && b.Lo >= 0:
		return span{Lo: 0, Hi: min(a.Hi, b.Hi)}
	case a.Lo >= 0:
		return span{Lo: 0, Hi: a.Hi}
	case b.Lo >= 0:
		return span{Lo: 0, Hi: b.Hi}
	}
	out := arith.OfBits(max(arith.SignedBits(a.Lo), arith.SignedBits(b.Lo)))
	out.Hi = max(a.Hi, b.Hi, -1)
	return out
}

// xorInterval is exact where one side is 0 or -1, at most both, and where both are points.
func xorInterval(a, b span) span {
	if a.Lo == a.Hi && b.Lo == b.Hi {
		return point(a.Lo ^ b.Lo)
	}
	if b.Within(span{Lo: -1, Hi: 0}) {
		a, b = b, a
	}
	if a.Within(span{Lo: -1, Hi: 0}) {
		turned := span{Lo: ^b.Hi, Hi: ^b.Lo}
		switch a {
		case point(0):
			return b
		case point(-1):
			return turned
		}
		return b.Union(turned)
	}
	out := arith.OfBits(max(a.Bits(), b.Bits()))
	switch {
	case a.Lo >= 0 && b.Lo >= 0, a.Hi < 0 && b.Hi < 0:
		out.Lo = 0
	case a.Lo >= 0 && b.Hi < 0, a.Hi < 0 && b.Lo >= 0:
		out.Hi = -1
	}
	return out
}

// takeField is bits At to At+Value-1 of a.
func takeField(e *Expr, a int64) int64 {
	up := 64 - e.At - int(e.Value)
	if e.Signed {
		return a << up >> (64 - e.Value)
	}
	return int64(uint64(a) << up >> (64 - e.Value))
}

// fieldInterval is exact where the bits above are the same for all values.
func fieldInterval(e *Expr, a span) span {
	lo, hi := takeField(e, a.Lo), takeField(e, a.Hi)
	top := e.At + int(e.Value)
	if e.Signed {
		top-- // the sign goes with what is above
	}
	if top >= 64 || a.Lo>>top == a.Hi>>top {
		return span{Lo: min(lo, hi), Hi: max(lo, hi)}
	}
	if e.Signed {
		return arith.OfBits(int(e.Value))
	}
	return span{Lo: 0, Hi: int64(1)<<e.Value - 1}
}

// dot is c + lo*lo + hi*hi; each sum fits the type.
func (v *verifier) dot(n *node, a, b, c val) val {
	for _, f := range [][2]span{{a.l, b.l}, {a.h, b.h}} {
		p, _ := product(f[0], f[1]) // of 16 bits each
		c.l, _ = applyInterval(cAdd, n.e, c.l, p)
		if !c.l.Within(n.e.Type.Range()) && n.e.Claim == nil {
			v.errorf(n.home, n, "sums of %s do not fit %v", rangeText(c.l), n.e.Type)
		}
	}
	return val{l: c.l, stride: 1}
}
