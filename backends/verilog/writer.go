package verilog

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/arith"
)

//go:embed templates/*.tmpl templates/shell/*.tmpl
var templateFiles embed.FS

// templates have [[ ]] around their actions, because Verilog itself uses {{ }}.
var templates = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{
	"span": span, "lit": lit, "note": note, "md": spell.Markdown,
	"banner": func() string { return "" }, // a writer sets it
	"bytes":  func(bits int) int { return (bits + 7) / 8 * 8 },
	"dec":    func(n int) int { return n - 1 },
	"sub":    func(a, b int) int { return a - b },
	"top":    func(n int) string { return fmt.Sprintf("[%d]", n-1) },
	"slice":  func(high, low int) string { return fmt.Sprintf("[%d:%d]", high-1, low) },
	"lane":   func(i, m int) string { return fmt.Sprintf("[%d:%d]", i*m+m-1, i*m) },
}).ParseFS(templateFiles, "templates/*.tmpl", "templates/shell/*.tmpl"))

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

// table is a constant memory: its contents and its shape.
type table struct {
	Depth    int // words
	Bits     int // of a field; a word has as many fields as a cycle needs
	About    string
	contents contents
	path     string // of the file that holds it, "" where its module does
	macro    string // names that file's folder
}

// table adds a memory's contents.
func (w *writer) table(name, about string, fieldBits int, c contents) table {
	t := table{Depth: c.words, Bits: fieldBits, About: about, contents: c}
	if c.words > mostInline {
		t.path, t.macro = name+".mem", memoriesMacro(w.prefix)
		w.files = append(w.files, c.file(t.path, fieldBits))
		w.memoryFiles = append(w.memoryFiles, t.path)
	}
	w.tableBits += c.words * c.fields * fieldBits
	return t
}

// memoriesMacro names the folder of a model's memory files.
func memoriesMacro(prefix string) string { return strings.ToUpper(prefix) + "_MEMORIES" }

// Fill gives a memory of that name the table's words, as lines of a module behind its first.
func (t table) Fill(name string) string {
	lines := fromFile(name, t.path, t.macro)
	if t.path == "" {
		lines = t.contents.initial(name, t.Bits)
	}
	return strings.Join(lines, "\n    ")
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
func biasWords(b arith.Phased[[]int64], w, depth int, byPhase bool) contents {
	even, odd := grouped(b[arith.Even], w, depth), grouped(b[arith.Odd], w, depth)
	if !byPhase {
		return even
	}
	return contents{even.words + odd.words, w, func(word, field int) int64 {
		if word < even.words {
			return even.entry(word, field)
		}
		return odd.entry(word-even.words, field)
	}}
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
	weights := contents{max(2, l.Words*m.Cols), l.W, func(word, field int) int64 { return l.weight(word/m.Cols, field, word%m.Cols) }}
	if l.oneHot() {
		weights.words = m.Cols << l.A
		weights.entry = func(word, field int) int64 { return l.weight(word&(1<<l.A-1), field, word>>l.A) }
	}
	l.Tables["Weights"] = w.table(l.Module+"_weights", fmt.Sprintf("%s: %s", m.Name, l.weightComment()), m.Bits, weights)
	if t.Embed != nil {
		bits := l.columnBits()
		rows := contents{w.plan.Input.Vocab << bits, 1, func(word, _ int) int64 {
			if column := word & (1<<bits - 1); column < m.Cols {
				return t.Embed.Ints[word>>bits*m.Cols+column]
			}
			return 0
		}}
		l.Tables["Embed"] = w.table(l.Module+"_embedding", fmt.Sprintf("%s: the entries of a token, each token at a power of two.", t.Embed.Name),
			widest(t.Embed.Ints), rows)
	}
}

// weight is the weight of row i of a group of rows, 0 behind the last group.
func (l *layer) weight(group, i, column int) int64 {
	m := &l.Term.Matrix
	if group >= l.Words {
		return 0
	}
	return stored(m.Ints[(group*l.W+i)*m.Cols+column], m.Bits)
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
