package editor

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// named gives what the name at an offset stands for, and where the name is.
func (d *Document) named(offset int) (*dsl.Definition, Range) {
	for _, n := range d.model.Names {
		for _, at := range append([]diag.Span{n.At}, n.Uses...) {
			if r := d.within(at); r.Start <= offset && offset <= r.End {
				return n, r
			}
		}
	}
	return nil, Range{}
}

// Definition is where the name at an offset is declared; ok is false where there is no name.
func (d *Document) Definition(offset int) (at Range, ok bool) {
	n, _ := d.named(offset)
	if n == nil {
		return Range{}, false
	}
	return d.within(n.At), true
}

// References are all places of the name at an offset, in their order; that of its declaration only where it is asked for.
func (d *Document) References(offset int, declaration bool) []Range {
	n, _ := d.named(offset)
	if n == nil {
		return nil
	}
	var out []Range
	if declaration {
		out = append(out, d.within(n.At))
	}
	for _, u := range n.Uses {
		out = append(out, d.within(u))
	}
	slices.SortFunc(out, func(a, b Range) int { return a.Start - b.Start })
	return out
}

// Renameable gives the name at an offset that can be changed, and where it is.
func (d *Document) Renameable(offset int) (name string, at Range, err error) {
	n, at := d.named(offset)
	if n == nil {
		return "", at, fmt.Errorf("there is no name here that the model declares")
	}
	return n.Name, at, nil
}

// Tensor is the name at an offset where it is that of a tensor in a weights file which the model names; "" elsewhere.
func (d *Document) Tensor(offset int) string {
	if n, _ := d.named(offset); n != nil && n.Kind == dsl.ParamName && d.model.Weights != "" {
		return n.Name
	}
	return ""
}

// Rename gives the edits that call the name at an offset something else. The error says why that cannot be.
func (d *Document) Rename(offset int, name string) ([]Edit, error) {
	n, _ := d.named(offset)
	switch {
	case n == nil:
		return nil, fmt.Errorf("there is no name here that the model declares")
	case n.Kind != dsl.LabelName && !dsl.IsName(name, n.Kind):
		return nil, fmt.Errorf("%s cannot be a name: names are made of a to z, A to Z, 0 to 9 and _, and are no words of the language", diag.Short(diag.Escape(name)))
	}
	for _, o := range d.model.Names {
		if o != n && o.Kind.Clashes(n.Kind) && o.Name == name {
			line, _ := d.Position(o.At.Start.Offset)
			return nil, fmt.Errorf("%s is declared already, in line %d", name, line+1)
		}
	}
	text := name
	if n.Kind == dsl.LabelName {
		text = fmt.Sprintf("%q", name)
	}
	var edits []Edit
	for _, at := range d.References(offset, true) {
		edits = append(edits, Edit{at, text})
	}
	if !d.same(New(d.File, Apply(d.Text, edits), d.lang), n.Name, name) {
		return nil, fmt.Errorf("with %s the model would mean something else", name)
	}
	return edits, nil
}

// same reports whether a document says what d does, but for a name.
func (d *Document) same(with *Document, was, is string) bool {
	a, b := d.model.Names, with.model.Names
	return len(d.found) == len(with.found) && slices.EqualFunc(a, b, func(a, b *dsl.Definition) bool {
		return a.Kind == b.Kind && len(a.Uses) == len(b.Uses) && (a.Name == b.Name || a.Name == was && b.Name == is)
	})
}

// Apply makes edits that do not overlap, in any order.
func Apply(text string, edits []Edit) string {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int { return b.Start - a.Start })
	for _, e := range edits {
		text = text[:e.Start] + e.Text + text[e.End:]
	}
	return text
}
