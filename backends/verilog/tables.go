package verilog

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// contents are what a table holds: words of fields, the first in the low bits. Its entries are asked for one by one, because a table of
// all tokens may have millions.
type contents struct {
	words, fields int
	entry         func(word, field int) int64
}

// file is the contents for $readmemh, with fields of so many bits.
func (c contents) file(path, about string, fieldBits int) backends.File {
	var b bytes.Buffer
	digits := (c.fields*fieldBits + 3) / 4
	perLine := max(1, 64/(digits+1))
	heading := comment(about) + "\n"
	b.Grow(len(heading) + c.words*(digits+1))
	b.WriteString(heading)
	mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(fieldBits)), big.NewInt(1))
	word, field := new(big.Int), new(big.Int)
	for i := range c.words {
		word.SetInt64(0)
		for j := c.fields - 1; j >= 0; j-- {
			word.Lsh(word, uint(fieldBits))
			word.Or(word, field.And(field.SetInt64(c.entry(i, j)), mask))
		}
		fmt.Fprintf(&b, "%0*x", digits, word)
		if (i+1)%perLine == 0 || i == c.words-1 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return backends.File{Path: path, Data: b.Bytes()}
}

// grouped cuts entries into words of w, and pads with words of zeros to a depth.
func grouped(v []int64, w, depth int) contents {
	return contents{max(depth, len(v)/w), w, func(word, field int) int64 {
		if i := word*w + field; i < len(v) {
			return v[i]
		}
		return 0
	}}
}

// negations is 1 where a sign is -1.
func negations(signs []int8) (out []int64, any bool) {
	for _, s := range signs {
		bit := int64(0)
		if s < 0 {
			bit, any = 1, true
		}
		out = append(out, bit)
	}
	return out, any
}

// stored is a weight as a table of p-bit entries has it: for p = 1 a bit that negates.
func stored(q int64, p int) int64 {
	if p == 1 {
		return (1 - q) / 2
	}
	return q
}

func widest(v ...[]int64) int {
	bits := 1
	for _, numbers := range v {
		for _, n := range numbers {
			bits = max(bits, arith.SignedBits(n))
		}
	}
	return bits
}
