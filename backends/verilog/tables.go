package verilog

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/ir"
)

// tableFile is a memory's contents for $readmemh: each word is the fields of that many bits, the first lowest.
func tableFile(path, about string, fieldBits int, words [][]int64) backends.File {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", comment(about))
	digits := 1
	if len(words) > 0 {
		digits = (len(words[0])*fieldBits + 3) / 4
	}
	perLine := max(1, 64/(digits+1))
	mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(fieldBits)), big.NewInt(1))
	for i, fields := range words {
		word := new(big.Int)
		for j := len(fields) - 1; j >= 0; j-- {
			word.Lsh(word, uint(fieldBits))
			word.Or(word, new(big.Int).And(big.NewInt(fields[j]), mask))
		}
		fmt.Fprintf(&b, "%0*x", digits, word)
		if (i+1)%perLine == 0 || i == len(words)-1 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return backends.File{Path: path, Data: b.Bytes()}
}

// grouped cuts entries into words of w, and pads with words of zeros to a depth.
func grouped(v []int64, w, depth int) [][]int64 {
	var out [][]int64
	for i := 0; i < len(v); i += w {
		out = append(out, v[i:i+w])
	}
	for len(out) < depth {
		out = append(out, make([]int64, w))
	}
	return out
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
			bits = max(bits, ir.SignedBits(n))
		}
	}
	return bits
}
