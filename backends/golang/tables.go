package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/ir"
)

// perLine is how many entries of a table stand on a line.
const perLine = 16

// table writes a package-level array and returns its name. shape is [n] or [rows, columns].
func (g *generator) table(want, typ, comment string, ints []int64, shape ...int) string {
	n := g.names.pick(want)
	g.tableBytes += len(ints) * sizeOf[typ]
	of := jen.Index(jen.Lit(shape[0]))
	body := values(ints)
	if len(shape) == 2 {
		of.Index(jen.Lit(shape[1]))
		body = rows(ints, shape[1])
	}
	g.tables = append(g.tables, jen.Comment(n+" "+comment).Line().Var().Id(n).Op("=").Add(of).Id(typ).Values(body))
	return n
}

// values writes integers perLine a line. A line is one token to jennifer, which would otherwise hold several objects an
// entry; the printed file is formatted as a whole anyway.
func values(ints []int64) *jen.Statement {
	s := jen.Line()
	for line := range slices.Chunk(ints, perLine) {
		s.Op(join(line) + ",").Line()
	}
	return s
}

// rows writes a matrix: several short rows a line, or a long row on lines of its own.
func rows(ints []int64, cols int) *jen.Statement {
	s := jen.Line()
	if cols > perLine {
		for row := range slices.Chunk(ints, cols) {
			s.Values(values(row)).Op(",").Line()
		}
		return s
	}
	for line := range slices.Chunk(ints, perLine/cols*cols) {
		var cells []string
		for row := range slices.Chunk(line, cols) {
			cells = append(cells, "{"+join(row)+"}")
		}
		s.Op(strings.Join(cells, ", ") + ",").Line()
	}
	return s
}

func join(ints []int64) string {
	words := make([]string, len(ints))
	for i, v := range ints {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// narrowest is the smallest type that holds all values.
func narrowest(lists ...[]int64) string {
	bits := 1
	for _, ints := range lists {
		for _, v := range ints {
			bits = max(bits, ir.SignedBits(v))
		}
	}
	return storage(bits)
}

// bias writes the tables of a bias and returns their names at even and odd t.
func (g *generator) bias(want, of string, b [2][]int64) (names [2]string, typ string) {
	typ = narrowest(b[0], b[1])
	if slices.Equal(b[0], b[1]) {
		names[0] = g.table(want, typ, "is the bias of "+of+" in its integers' unit.", b[0], len(b[0]))
		names[1] = names[0]
		return names, typ
	}
	for ph, word := range []string{"Even", "Odd"} {
		names[ph] = g.table(want+word, typ, fmt.Sprintf("is the bias of %s at %s t, in the unit its integers have there.", of, strings.ToLower(word)), b[ph], len(b[ph]))
	}
	return names, typ
}

func widen(s []int8) []int64 {
	out := make([]int64, len(s))
	for i, v := range s {
		out[i] = int64(v)
	}
	return out
}

// transposed gives the columns of a matrix as rows.
func transposed(w *lower.Matrix) []int64 {
	out := make([]int64, 0, len(w.Ints))
	for c := range w.Cols {
		for r := range w.Rows {
			out = append(out, w.Ints[r*w.Cols+c])
		}
	}
	return out
}
