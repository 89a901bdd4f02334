package golang

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// perLine is how many entries of a table stand on a line.
const perLine = 16

// table writes a package-level array and returns its name.
func (g *generator) table(a *step.Array) string {
	n := g.names.pick(camel(a.Name, false))
	g.tableBytes += a.Len * a.Elem.Bytes()
	g.tables = append(g.tables, jen.Comment(comment(n+": "+a.Doc)).Line().Var().Id(n).Op("=").Index(jen.Lit(a.Len)).Id(goType(a.Elem)).Values(jen.Line().Id(n).Op(",").Line()))
	g.entries = append(g.entries, entries{n, a.Data, []int{a.Len}, a.Elem.Lanes == 2})
	return n
}

// entries are what stands in a table. jennifer parses and formats a file as a whole, at some 200 bytes an entry, so that in its
// place it gets the table's own name, and fill writes the entries into what it made, as gofmt would.
type entries struct {
	table string
	ints  []int64
	shape []int // [n] or [rows, columns]
	pairs bool  // two numbers an entry, the lower lane first
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
	if t.pairs {
		n += len(t.ints) / 2 * len("<<32 ")
	}
	return n + len(t.ints)/4
}

// write writes perLine numbers a line; of a matrix several short rows a line, or a long row on lines of its own.
func (t entries) write(out *bytes.Buffer) {
	switch {
	case t.pairs:
		for line := range slices.Chunk(t.ints, perLine) {
			out.WriteString("\t")
			for i := 0; i < len(line); i += 2 {
				if i > 0 {
					out.WriteString(", ")
				}
				spellPair(out, line[i], line[i+1])
			}
			out.WriteString(",\n")
		}
		return
	case len(t.shape) == 1:
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

// spellPair is the constant expression lo + hi<<32.
func spellPair(out *bytes.Buffer, lo, hi int64) {
	switch {
	case lo == 0 && hi != 0:
		fmt.Fprintf(out, "%d << 32", hi)
	case hi < 0:
		fmt.Fprintf(out, "%d - %d<<32", lo, -hi)
	case hi > 0:
		fmt.Fprintf(out, "%d + %d<<32", lo, hi)
	default:
		fmt.Fprint(out, lo)
	}
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
