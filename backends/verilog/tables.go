package verilog

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/hrnnc/hrnnc/backends"
)

// contents are what a table holds: words of fields, the first in the low bits. Its entries are asked for one by one, because a table of
// all tokens may have millions.
type contents struct {
	words, fields int
	entry         func(word, field int) int64
}

// mostInline is the most words of a table that stand in its module, where every tool finds them from any folder. Yosys 0.23 takes
// 4 seconds for so many, and the square of that for more.
const mostInline = 4096

// wordsABlock is how many of them an initial block has: Yosys takes twice as long for blocks of 1,024.
const wordsABlock = 64

// word is a word of the contents in hexadecimal digits, with fields of so many bits.
func (c contents) word(i, fieldBits int) string {
	digits := (c.fields*fieldBits + 3) / 4
	if c.fields*fieldBits <= 64 {
		word := uint64(0)
		for j := c.fields - 1; j >= 0; j-- {
			word = word<<fieldBits | uint64(c.entry(i, j))&(1<<fieldBits-1)
		}
		return fmt.Sprintf("%0*x", digits, word)
	}
	word, field := new(big.Int), new(big.Int)
	mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(fieldBits)), big.NewInt(1))
	for j := c.fields - 1; j >= 0; j-- {
		word.Lsh(word, uint(fieldBits))
		word.Or(word, field.And(field.SetInt64(c.entry(i, j)), mask))
	}
	return fmt.Sprintf("%0*x", digits, word)
}

// file is the contents for $readmemh: words and nothing else, because not every tool takes comments.
func (c contents) file(path string, fieldBits int) backends.File {
	var b bytes.Buffer
	digits := (c.fields*fieldBits + 3) / 4
	perLine := max(1, 64/(digits+1))
	b.Grow(c.words * (digits + 1))
	for i := range c.words {
		b.WriteString(c.word(i, fieldBits))
		if (i+1)%perLine == 0 || i == c.words-1 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return backends.File{Path: path, Data: b.Bytes()}
}

// initial gives a memory its words, as lines of a module: in blocks of assignments, which need no file.
func (c contents) initial(name string, fieldBits int) []string {
	const width = 100 // of a line, without its indentation
	var out []string
	for from := 0; from < c.words; from += wordsABlock {
		out = append(out, "initial begin")
		line := "   "
		for i := from; i < min(c.words, from+wordsABlock); i++ {
			one := fmt.Sprintf(" %s[%d] = %d'h%s;", name, i, c.fields*fieldBits, c.word(i, fieldBits))
			if len(line)+len(one) > width && line != "   " {
				out, line = append(out, line), "   "
			}
			line += one
		}
		out = append(out, line, "end")
	}
	return out
}

// fromFile gives a memory the words of a file, which lies in the folder that a macro names, or where the tool looks for it.
func fromFile(name, path, macro string) []string {
	return []string{
		"`ifdef " + macro,
		fmt.Sprintf("initial $readmemh({`%s, %q}, %s);", macro, "/"+path, name),
		"`else",
		fmt.Sprintf("initial $readmemh(%q, %s);", path, name),
		"`endif",
	}
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
