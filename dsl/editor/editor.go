// Package editor answers what an editor asks of a model.hrn while it is written: diagnostics with fixes, hover, completion, definition,
// references, rename, layout, outline and the kinds of tokens. It reads a text in memory, however broken, and neither files nor a
// wire: internal/lsp and the playground bring those. Start with New and Document.
package editor

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Language is what the blocks of a model may hold, which the language itself does not know.
type Language struct {
	Blocks []Block
	// Check finds what is wrong with the blocks of a model that has no other errors; nil for nothing.
	Check func(*dsl.Model) diag.List
}

// Block is what one train, decide or target block may hold. Name is that of a target.
type Block struct {
	Kind, Name string
	Settings   []Setting
}

// Setting is a key of a block. Values are the ones it may have, or those that hrnnc knows among others.
type Setting struct {
	Key, Doc string
	Values   []Value
}

// Value is a value of a setting and what it means, where that is not plain.
type Value struct{ Text, Doc string }

// Measured is what is known of a model together with its weights. The zero value knows nothing.
type Measured struct {
	// Of says of which text it was measured.
	Of string
	// Diagnostics are what is wrong with the model and its weights, beyond the text.
	Diagnostics diag.List
	// States and Units hold the states, and the units of tensors, by name.
	States map[string]State
	Units  map[string]float64
	Cost   *Cost
}

// State is what is known of a state: the real value of one bit, at even steps where steps differ; the largest |h|; and whether it may
// be clamped.
type State struct {
	Unit, Max float64
	Saturates bool
}

// Cost is what a model takes: bytes of weights and of state, additions and multiplications of a step with outputs.
type Cost struct{ Weights, State, Adds, Muls int }

// Document is a text and what it means. It does not change, and may be used by several goroutines.
type Document struct {
	File string
	Text string
	Lines
	lang       *Language
	model      *dsl.Model
	found      diag.List // by the language and its blocks
	tokens     []dsl.Token
	statements [][]dsl.Token
	measured   *Measured
}

// New reads a text; any will do.
func New(file, text string, lang *Language) *Document {
	if lang == nil {
		lang = &Language{}
	}
	d := &Document{File: file, Text: text, Lines: LinesOf(text), lang: lang, measured: &Measured{}}
	ast, errs := dsl.Parse(file, []byte(text))
	d.tokens, d.statements = ast.Tokens(), ast.Statements()
	m, more := dsl.Check(ast)
	d.model, d.found = m, append(errs, more...)
	if !d.found.HasErrors() && lang.Check != nil {
		d.found = append(d.found, lang.Check(m)...)
	}
	return d
}

// With is the document together with what is known of its weights. What was measured of another text still says what its states and
// tensors are worth; its diagnostics no longer count.
func (d *Document) With(m *Measured) *Document {
	if m == nil {
		return d
	}
	out := *d
	out.measured = m
	return &out
}

// Measured is what With said.
func (d *Document) Measured() *Measured { return d.measured }

// Model is the checked model; it is complete only where Broken is false.
func (d *Document) Model() *dsl.Model { return d.model }

// Broken reports whether the text has errors.
func (d *Document) Broken() bool { return d.found.HasErrors() }

// Diagnostics are all that is wrong or odd, in the order of the lines.
func (d *Document) Diagnostics() diag.List {
	out := slices.Clone(d.found)
	if d.measured.Of == d.Text {
		for _, m := range d.measured.Diagnostics {
			same := func(f *diag.Diagnostic) bool { return f.Summary == m.Summary && f.Span == m.Span }
			if !slices.ContainsFunc(out, same) {
				out.Add(m)
			}
		}
	}
	return out.Sorted()
}

// Where is the stretch of the text that a diagnostic is about: of one about the whole file, the first statement.
func (d *Document) Where(s diag.Span) Range {
	switch {
	case s.File == d.File && s.Start.Line > 0:
		return d.within(s)
	case len(d.statements) > 0:
		s := d.statements[0]
		return Range{s[0].Span.Start.Offset, s[len(s)-1].Span.End.Offset}
	}
	return Range{}
}

// Range is a stretch of a text in bytes, End exclusive.
type Range struct{ Start, End int }

// within keeps a span of the language inside the text.
func (d *Document) within(s diag.Span) Range {
	start := min(max(s.Start.Offset, 0), len(d.Text))
	return Range{start, min(max(s.End.Offset, start), len(d.Text))}
}

// Edit puts a text in the place of another.
type Edit struct {
	Range
	Text string
}

// Fix is a change that mends a finding.
type Fix struct {
	Title   string
	Finding *diag.Diagnostic
	Edit    Edit
}

// Fixes are the changes that mend what is wrong in a range.
func (d *Document) Fixes(in Range) []Fix {
	var out []Fix
	for _, f := range d.Diagnostics() {
		at := d.Where(f.Span)
		if at.Start > in.End || in.Start > at.End {
			continue
		}
		for _, fix := range f.Fixes {
			if fix.Span.File != d.File {
				continue
			}
			e := d.whole(Edit{d.within(fix.Span), fix.Text})
			out = append(out, Fix{d.title(e), f, e})
		}
	}
	return out
}

// whole widens the removal of all that stands on a line to the line.
func (d *Document) whole(e Edit) Edit {
	if e.Text != "" || e.Start == e.End {
		return e
	}
	start := strings.LastIndexByte(d.Text[:e.Start], '\n') + 1
	end := strings.IndexByte(d.Text[e.End:], '\n')
	if strings.TrimSpace(d.Text[start:e.Start]) != "" {
		for e.Start > start && strings.ContainsRune(" \t", rune(d.Text[e.Start-1])) {
			e.Start--
		}
		return e
	}
	if end >= 0 && strings.TrimSpace(d.Text[e.End:e.End+end]) == "" {
		return Edit{Range{start, e.End + end + 1}, ""}
	}
	return e
}

func (d *Document) title(e Edit) string {
	was, is := strings.TrimSpace(d.Text[e.Start:e.End]), strings.TrimSpace(e.Text)
	was, is = diag.Short(diag.Escape(strings.TrimLeft(was, ": "))), diag.Short(diag.Escape(strings.TrimLeft(is, ": ")))
	switch {
	case is == "":
		return "Remove " + was
	case was == "":
		return "Insert " + is
	}
	return "Change " + was + " to " + is
}

// token gives the token that an offset is in or behind, nil where there is none; a word before a sign.
func (d *Document) token(offset int) *dsl.Token {
	var found *dsl.Token
	for i := range d.tokens {
		t := &d.tokens[i]
		if t.Kind == dsl.NewlineToken || t.Span.Start.Offset > offset || t.Span.End.Offset < offset {
			continue
		}
		if found == nil || found.Kind == dsl.SignToken || t.Span.Start.Offset == offset && t.Kind == dsl.WordToken {
			found = t
		}
	}
	return found
}

// statement gives the statement that an offset is in, and the index of the token there; nil where there is none.
func (d *Document) statement(offset int) ([]dsl.Token, int) {
	for _, s := range d.statements {
		for i, t := range s {
			if t.Span.Start.Offset == offset {
				return s, i
			}
		}
	}
	return nil, -1
}

// block finds what a block may hold.
func (l *Language) block(kind, name string) *Block {
	i := slices.IndexFunc(l.Blocks, func(b Block) bool { return b.Kind == kind && b.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Blocks[i]
}

func (b *Block) setting(key string) *Setting {
	if b == nil {
		return nil
	}
	i := slices.IndexFunc(b.Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return nil
	}
	return &b.Settings[i]
}
