package golang

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// perLine is how many entries of a table stand on a line.
const perLine = 16

// table writes a package-level array and returns its name. shape is [n] or [rows, columns].
func (g *generator) table(want, typ, comment string, ints []int64, shape ...int) string {
	n := g.names.pick(want)
	g.tableBytes += len(ints) * sizeOf[typ]
	of := jen.Index(jen.Lit(shape[0]))
	if len(shape) == 2 {
		of.Index(jen.Lit(shape[1]))
	}
	g.tables = append(g.tables, jen.Comment(n+" "+comment).Line().Var().Id(n).Op("=").Add(of).Id(typ).Values(jen.Line().Id(n).Op(",").Line()))
	g.entries = append(g.entries, entries{n, ints, shape})
	return n
}

// entries are what stands in a table. jennifer parses and formats a file as a whole, at some 200 bytes an entry, so that in its
// place it gets the table's own name, and fill writes the entries into what it made, as gofmt would.
type entries struct {
	table string
	ints  []int64
	shape []int
}

// fill replaces the placeholders of tables, which come in the order of the file.
func fill(file []byte, tables []entries) ([]byte, error) {
	var out bytes.Buffer
	size := len(file)
	for _, t := range tables {
		size += t.size()
	}
	out.Grow(size)
	for _, t := range tables {
		before, after, ok := bytes.Cut(file, []byte("{\n\t"+t.table+",\n}"))
		if !ok {
			return nil, fmt.Errorf("there is no place for table %s", t.table)
		}
		out.Write(before)
		out.WriteString("{\n")
		t.write(&out)
		out.WriteString("}")
		file = after
	}
	out.Write(file)
	return out.Bytes(), nil
}

// size is about how many bytes the entries take as text.
func (t entries) size() int {
	n := 0
	for _, v := range t.ints {
		n += len(", ")
		if v < 0 {
			n, v = n+1, -v
		}
		for ; v >= 10; v /= 10 {
			n++
		}
		n++
	}
	return n + len(t.ints)/4
}

// write writes perLine entries a line; of a matrix several short rows a line, or a long row on lines of its own.
func (t entries) write(out *bytes.Buffer) {
	if len(t.shape) == 1 {
		spellLines(out, "\t", t.ints)
		return
	}
	cols := t.shape[1]
	if cols > perLine {
		for row := range slices.Chunk(t.ints, cols) {
			out.WriteString("\t{\n")
			spellLines(out, "\t\t", row)
			out.WriteString("\t},\n")
		}
		return
	}
	for line := range slices.Chunk(t.ints, perLine/cols*cols) {
		for i := 0; i < len(line); i += cols {
			out.WriteString([]string{"\t{", ", {"}[min(i, 1)])
			spellList(out, line[i:i+cols])
			out.WriteString("}")
		}
		out.WriteString(",\n")
	}
}

// code is the text as a part of a file that jennifer formats: for few entries.
func (t entries) code() *jen.Statement {
	var out bytes.Buffer
	t.write(&out)
	return jen.Line().Op(out.String())
}

func spellLines(out *bytes.Buffer, indent string, ints []int64) {
	for line := range slices.Chunk(ints, perLine) {
		out.WriteString(indent)
		spellList(out, line)
		out.WriteString(",\n")
	}
}

func spellList(out *bytes.Buffer, ints []int64) {
	for i, v := range ints {
		if i > 0 {
			out.WriteString(", ")
		}
		out.Write(strconv.AppendInt(out.AvailableBuffer(), v, 10))
	}
}

// narrowest is the smallest type that holds all values.
func narrowest(lists ...[]int64) string {
	bits := 1
	for _, ints := range lists {
		for _, v := range ints {
			bits = max(bits, arith.SignedBits(v))
		}
	}
	return storage(bits)
}

// bias writes the tables of a bias and returns their names at even and odd t.
func (g *generator) bias(want, of string, b arith.Phased[[]int64]) (names [2]string, typ string) {
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
