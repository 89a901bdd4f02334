package c

import (
	"fmt"
	"strconv"

	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// ctype is the type that C gives an expression. int has 16 bits on one chip and 32 on the next, so a type has the fewest and the
// most bits that it may have.
type ctype struct {
	least, most int
	unsigned    bool
}

// cInt is what C calculates narrow numbers in, and cIndex indices without a sign.
var (
	cInt   = ctype{16, 32, false}
	cIndex = ctype{16, 32, true}
)

// exactly is the type of a declaration.
func exactly(t step.Int) ctype {
	switch {
	case t == step.Index:
		return cInt
	case t.Lanes > 1:
		return ctype{2 * t.Bits, 2 * t.Bits, true}
	case t.Bits == 24:
		return ctype{24, 32, false}
	}
	return ctype{t.Bits, t.Bits, t.Unsigned}
}

// calculated is the type of an operation on two numbers.
func calculated(a, b ctype) ctype {
	return ctype{least: max(cInt.least, a.least, b.least), most: max(cInt.most, a.most, b.most)}
}

// typeName is what C calls a type.
func (s *speller) typeName(t step.Int) string {
	switch {
	case t == step.Index:
		return s.index
	case t.Lanes > 1:
		return fmt.Sprintf("uint%d_t", 2*t.Bits)
	case t.Bits == 24:
		return s.prefix + "_int24"
	case t.Unsigned:
		return fmt.Sprintf("uint%d_t", t.Bits)
	}
	return fmt.Sprintf("int%d_t", t.Bits)
}

// literal spells a number; what does not fit an int of 16 bits gets a macro of stdint.h.
func literal(n int64) string {
	switch {
	case n == -1<<63:
		return "INT64_MIN"
	case n < -1<<31 || n >= 1<<31:
		return macro("INT64_C", n)
	case n == -1<<31:
		return "INT32_MIN"
	case n == -1<<15:
		return "INT16_MIN"
	case n < -1<<15 || n >= 1<<15:
		return macro("INT32_C", n)
	}
	return strconv.FormatInt(n, 10)
}

func macro(name string, n int64) string {
	if n < 0 {
		return fmt.Sprintf("(-%s(%d))", name, -n)
	}
	return fmt.Sprintf("%s(%d)", name, n)
}

// unsignedLiteral spells an entry of an unsigned table.
func unsignedLiteral(n int64) string {
	if n > 65535 {
		return fmt.Sprintf("UINT32_C(%d)", n)
	}
	return strconv.FormatInt(n, 10) + "u"
}

// literalType is the type of a literal: that of the narrowest of int, INT32_C and INT64_C that holds it.
func literalType(n int64) ctype {
	switch bits := arith.SignedBits(n); {
	case bits <= 16:
		return ctype{16, bits, false}
	case bits <= 32:
		return ctype{32, bits, false}
	default:
		return ctype{64, bits, false}
	}
}
