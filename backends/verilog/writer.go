package verilog

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// templates have [[ ]] around their actions, because Verilog itself uses {{ }}.
var templates = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{
	"span": span, "lit": lit, "note": note, "md": spell.Markdown,
	"banner": func() string { return "" }, // a writer sets it
	"dec":    func(n int) int { return n - 1 },
	"sub":    func(a, b int) int { return a - b },
	"top":    func(n int) string { return fmt.Sprintf("[%d]", n-1) },
	"slice":  func(high, low int) string { return fmt.Sprintf("[%d:%d]", high-1, low) },
	"lane":   func(i, m int) string { return fmt.Sprintf("[%d:%d]", i*m+m-1, i*m) },
}).ParseFS(templateFiles, "templates/*.tmpl"))

// writer makes the files of a design. The first error stays in err.
type writer struct {
	*design
	files []backends.File
	err   error
}

// print fills a template with values into a file.
func (w *writer) print(path, name string, values any) {
	t, err := templates.Clone()
	if err == nil {
		var b bytes.Buffer
		err = t.Funcs(template.FuncMap{"banner": w.banner}).ExecuteTemplate(&b, name+".tmpl", values)
		w.files = append(w.files, backends.File{Path: path, Data: b.Bytes()})
	}
	if err != nil && w.err == nil {
		w.err = err
	}
}

func (w *writer) banner() string {
	text := ""
	for _, s := range w.plan.Comment {
		text += spell.Line(s) + "\n"
	}
	return comment(text + "Generated: change the model, not this file.\n")
}

// table is a constant memory: its file and its shape.
type table struct {
	File  string
	Depth int // words
	Bits  int // of a field; a word has as many fields as a cycle needs
}

// table adds a memory's contents.
func (w *writer) table(name, about string, fieldBits int, words [][]int64) table {
	path := name + ".hex"
	w.files = append(w.files, tableFile(path, about, fieldBits, words))
	w.tableBits += len(words) * len(words[0]) * fieldBits
	return table{File: path, Depth: len(words), Bits: fieldBits}
}

func (w *writer) modules() {
	for _, l := range w.layers {
		w.layerTables(l)
		w.print(l.Hadamard+".v", "hadamard.v", l.transform())
		w.print(l.Module+".v", "layer.v", l.update(w.design))
	}
	w.readoutTables()
	w.print(w.readout.Module+".v", "readout.v", w.readout.values(w.design))
	w.print(w.prefix+".v", "top.v", w.top())
}

// biasWords lays a bias out in words of w entries: one table, or the odd steps' behind the even ones'.
func biasWords(b [2][]int64, w, depth int, byPhase bool) [][]int64 {
	words := grouped(b[ir.Even], w, depth)
	if byPhase {
		words = append(words, grouped(b[ir.Odd], w, depth)...)
	}
	return words
}

func (w *writer) layerTables(l *layer) {
	depth := max(2, l.Words)
	if bits, any := negations(l.Signs); any {
		l.Tables["Signs"] = w.table(l.Module+"_signs", "Signs of the rows of the recurrence: 1 negates.", 1, grouped(bits, l.W, depth))
	}
	if bits, any := negations(l.PreSigns); any {
		l.Tables["PreSigns"] = w.table(l.Module+"_presigns", "Signs in front of the transform: 1 negates.", 1, grouped(bits, l.W, depth))
	}
	if l.Perm != nil {
		order := make([]int64, l.N)
		for i, j := range l.Perm {
			order[i] = int64(j)
		}
		l.Tables["Order"] = w.table(l.Module+"_order", "Unit i takes integer order[i] of the transform.", clog2(l.N), grouped(order, 1, 2))
	}
	if l.Bias[0] != nil {
		about := "Bias"
		if l.biasByPhase() {
			depth = 1 << l.A
			about = fmt.Sprintf("Bias at even steps, from word %d on at odd ones", depth)
		}
		l.Tables["Bias"] = w.table(l.Module+"_bias", fmt.Sprintf("%s: words of %d units, the first in the low bits.", about, l.W),
			widest(l.Bias[:]...), biasWords(l.Bias, l.W, depth, l.biasByPhase()))
	}
	if l.Term != nil {
		w.termTables(l)
	}
}

// termTables lays out a matrix word by word: W rows of one column, the columns of a group of rows one after another; for
// tokens the groups of a column one after another, each column at a power of two.
func (w *writer) termTables(l *layer) {
	t := l.Term
	m := &t.Matrix
	p := m.Bits
	fields := func(group, column int) []int64 {
		out := make([]int64, l.W)
		for i := range out {
			out[i] = stored(m.Ints[(group*l.W+i)*m.Cols+column], p)
		}
		return out
	}
	var words [][]int64
	if l.oneHot() {
		for column := range m.Cols {
			for group := range 1 << l.A {
				if group < l.Words {
					words = append(words, fields(group, column))
				} else {
					words = append(words, make([]int64, l.W))
				}
			}
		}
	} else {
		for group := range l.Words {
			for column := range m.Cols {
				words = append(words, fields(group, column))
			}
		}
		for len(words) < 2 {
			words = append(words, make([]int64, l.W))
		}
	}
	l.Tables["Weights"] = w.table(l.Module+"_weights", fmt.Sprintf("%s: %s", m.Name, l.weightComment()), p, words)
	if t.Embed != nil {
		var rows [][]int64
		for token := range w.plan.Input.Vocab {
			for column := range 1 << l.columnBits() {
				v := int64(0)
				if column < m.Cols {
					v = t.Embed.Ints[token*m.Cols+column]
				}
				rows = append(rows, []int64{v})
			}
		}
		l.Tables["Embed"] = w.table(l.Module+"_embedding", fmt.Sprintf("%s: the entries of a token, each token at a power of two.", t.Embed.Name),
			widest(t.Embed.Ints), rows)
	}
}

func (w *writer) readoutTables() {
	r := w.readout
	m := &r.Matrix
	entries := make([]int64, len(m.Ints))
	for i, q := range m.Ints {
		entries[i] = stored(q, m.Bits)
	}
	r.Tables["Weights"] = w.table(r.Module+"_weights", fmt.Sprintf("%s, row by row: %s", m.Name, r.weightComment()), m.Bits,
		grouped(entries, r.state.W, 2))
	if r.Bias[0] != nil {
		depth := max(2, m.Rows)
		about := "Bias of the outputs."
		if r.biasByPhase() {
			depth = 1 << clog2(m.Rows)
			about = fmt.Sprintf("Bias of the outputs at even steps, from word %d on at odd ones.", depth)
		}
		r.Tables["Bias"] = w.table(r.Module+"_bias", about, widest(r.Bias[:]...), biasWords(r.Bias, 1, depth, r.biasByPhase()))
	}
}
