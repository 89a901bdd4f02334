package verilog

import (
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

// module spells the design that the architecture made.
func (w *writer) module() {
	m := &memories{prefix: w.prefix, macro: memoriesMacro(w.prefix)}
	text := w.banner() + "\n" + spellDesign(w.made.Design, m)
	w.files = append(w.files, backends.File{Path: w.prefix + ".v", Data: []byte(text)})
	for _, f := range m.files {
		w.files = append(w.files, f)
		w.memoryFiles = append(w.memoryFiles, f.Path)
	}
	w.tableBits += m.bits
}
