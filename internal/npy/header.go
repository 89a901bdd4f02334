package npy

import (
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// header is what the dictionary at the start of a .npy file says.
type header struct {
	descr   string // "" when it is a list of fields
	fortran bool
	shape   []int
}

// maxDims is numpy's own limit (NPY_MAXDIMS in numpy 2).
const maxDims = 64

// literal reads the Python literals that numpy writes in headers: one dictionary of strings, booleans and tuples of
// integers. A fault is kept in err and ends the reading.
type literal struct {
	text string
	pos  int
	err  string
}

// parseHeader reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, keys in any order, each once.
// The second result says what is wrong, "" when nothing is.
func parseHeader(text string) (header, string) {
	l := &literal{text: text}
	var h header
	seen := map[string]bool{}
	l.expect("{")
	for l.err == "" && !l.accept("}") {
		key := l.str()
		l.expect(":")
		if seen[key] {
			l.fail("the header has the key " + diag.Short(key) + " twice")
		}
		seen[key] = true
		switch key {
		case "descr":
			h.descr = l.descr()
		case "fortran_order":
			h.fortran = l.boolean()
		case "shape":
			h.shape = l.tuple()
		default:
			l.fail("the header has an unknown key " + diag.Short(key))
		}
		if !l.accept(",") && !l.peek("}") {
			l.fail("the header is not a dictionary that numpy writes")
		}
	}
	if l.err == "" && (len(seen) != 3 || strings.TrimSpace(l.text[l.pos:]) != "") {
		l.fail("the header is not a dictionary of descr, fortran_order and shape")
	}
	return h, l.err
}

func (l *literal) fail(why string) {
	if l.err == "" {
		l.err = why
	}
}

func (l *literal) space() {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
}

func (l *literal) peek(token string) bool {
	l.space()
	return strings.HasPrefix(l.text[l.pos:], token)
}

func (l *literal) accept(token string) bool {
	if !l.peek(token) {
		return false
	}
	l.pos += len(token)
	return true
}

func (l *literal) expect(token string) {
	if !l.accept(token) {
		l.fail("the header lacks " + strconv.Quote(token) + " at byte " + strconv.Itoa(l.pos) + " of its text")
	}
}

func (l *literal) str() string {
	quote := "'"
	if l.peek(`"`) {
		quote = `"`
	}
	l.expect(quote)
	end := strings.Index(l.text[l.pos:], quote)
	if l.err != "" || end < 0 {
		l.fail("the header has a string without an end")
		return ""
	}
	s := l.text[l.pos : l.pos+end]
	l.pos += end + 1
	return s
}

// descr reads the dtype; a list of fields gives "" and is skipped by ending the reading.
func (l *literal) descr() string {
	if l.peek("[") {
		l.fail("the array has named fields")
		return ""
	}
	return l.str()
}

func (l *literal) boolean() bool {
	if l.accept("True") {
		return true
	}
	l.expect("False")
	return false
}

func (l *literal) tuple() []int {
	shape := []int{}
	l.expect("(")
	for l.err == "" && !l.accept(")") {
		shape = append(shape, l.dim())
		if !l.accept(",") && !l.peek(")") {
			l.fail("the shape is not a tuple of integers")
		}
		if len(shape) > maxDims {
			l.fail("the shape has more than 64 dimensions")
		}
	}
	return shape
}

func (l *literal) dim() int {
	l.space()
	start := l.pos
	for l.pos < len(l.text) && l.text[l.pos] >= '0' && l.text[l.pos] <= '9' {
		l.pos++
	}
	n, err := strconv.Atoi(l.text[start:l.pos])
	if err != nil {
		l.fail("the shape has a dimension that is not a count, at byte " + strconv.Itoa(start) + " of the header's text")
	}
	l.accept("L") // Python 2 wrote long integers so
	return n
}
