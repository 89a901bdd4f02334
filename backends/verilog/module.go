package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// memories gives a design's memories their first words: in the module, or in a file beside it where they are many.
type memories struct {
	prefix string // of the files
	macro  string // names their folder
	files  []backends.File
	bits   int
}

// fill is what gives a memory its words, as lines of a module.
func (m *memories) fill(mem *datapath.Memory) []string {
	c := contents{mem.Depth, 1, func(word, _ int) int64 {
		if word < len(mem.Init) {
			return mem.Init[word]
		}
		return 0
	}}
	m.bits += mem.Depth * mem.Bits
	if c.words <= mostInline {
		return c.initial(mem.Name, mem.Bits)
	}
	path := m.prefix + "_" + mem.Name + ".mem"
	m.files = append(m.files, c.file(path, mem.Bits))
	return fromFile(mem.Name, path, m.macro)
}

// module spells the design that the architecture made, with what its user needs to know on top.
func (w *writer) module() {
	d, t := w.made.Design, w.top()
	schedule := d.Doc
	d.Doc = append(append([]string{t.Title, "", "Inputs come one entry a beat, " + entries(t.D) + " a step; in_last comes with the last beat of a sequence, and the next step starts from zero. " +
		t.OutputText + " A beat passes in a cycle in which its valid and ready are both high. rst is synchronous and needs one cycle."}, t.Feeding...), t.Meaning...)
	if len(schedule) > 0 {
		d.Doc = append(append(d.Doc, ""), schedule...)
	}
	for port, doc := range map[string]string{datapath.InData: w.inputComment(), datapath.OutData: w.valueComment()} {
		d.Port(port).Doc = doc
	}
	m := &memories{prefix: w.prefix, macro: memoriesMacro(w.prefix)}
	head := w.banner() + "\n"
	text, stretches := spellDesign(d, m)
	above := strings.Count(head, "\n")
	for i := range stretches {
		stretches[i].From, stretches[i].To = stretches[i].From+above, stretches[i].To+above
	}
	w.files = append(w.files, backends.File{Path: w.prefix + ".v", Data: []byte(head + text), Stretches: stretches})
	for _, f := range m.files {
		w.files = append(w.files, f)
		w.memoryFiles = append(w.memoryFiles, f.Path)
	}
	w.tableBits += m.bits
}

func entries(n int) string {
	if n == 1 {
		return "one"
	}
	return fmt.Sprint(n)
}
