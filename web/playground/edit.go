package playground

import (
	"context"
	"fmt"

	"github.com/hrnnc/hrnnc/dsl/editor"
)

// Place is a place of a text as the page's editor counts: lines and UTF-16 units from 0.
type Place [2]int

// Stretch is a part of a text: where it starts, and where it ends.
type Stretch [2]Place

// Edit puts a text in the place of another.
type Edit struct {
	At   Stretch `json:"at"`
	Text string  `json:"text"`
}

// at is a question about a place of the text.
type at struct {
	Source
	Place Place `json:"place"`
}

// document is the text, with what is known of its weights where they are no random ones, and the offset of the place.
func (p *Playground) document(a at) (*editor.Document, int) {
	d := p.load(a.Source).doc
	return d, d.Offset(a.Place[0], a.Place[1])
}

func stretch(d *editor.Document, r editor.Range) Stretch {
	place := func(offset int) Place {
		line, character := d.Position(offset)
		return Place{line, character}
	}
	return Stretch{place(r.Start), place(r.End)}
}

func edits(d *editor.Document, list []editor.Edit) (out []Edit) {
	for _, e := range list {
		out = append(out, Edit{stretch(d, e.Range), e.Text})
	}
	return out
}

// Hover is what is known of a word: a line of the language, and sentences.
type Hover struct {
	At    Stretch  `json:"at"`
	Form  string   `json:"form"`
	Lines []string `json:"lines"`
}

// hover is null where there is nothing to say.
func (p *Playground) hover(_ context.Context, a at) (any, error) {
	d, offset := p.document(a)
	h := d.Hover(offset)
	if h == nil {
		return nil, nil
	}
	return Hover{stretch(d, h.Range), h.Form, h.Lines}, nil
}

// Item is a word that may stand at a place. Snippet has places to fill in, as the Language Server Protocol writes them.
type Item struct {
	Label   string `json:"label"`
	Kind    string `json:"kind"`
	Detail  string `json:"detail,omitempty"`
	Doc     string `json:"doc,omitempty"`
	Insert  string `json:"insert"`
	Snippet string `json:"snippet,omitempty"`
}

// Completion is all that may stand at a place, in the place of what is there. All items have the same one.
type Completion struct {
	At    Stretch `json:"at"`
	Items []Item  `json:"items"`
}

func (p *Playground) complete(_ context.Context, a at) (any, error) {
	d, offset := p.document(a)
	list := d.Complete(offset)
	if len(list) == 0 {
		return nil, nil
	}
	out := Completion{At: stretch(d, list[0].Replace)}
	for _, i := range list {
		out.Items = append(out.Items, Item{i.Label, string(i.Kind), i.Detail, i.Doc, i.Insert, i.Snippet})
	}
	return out, nil
}

// Names are the places of a name: that of its declaration, and all.
type Names struct {
	Name     string    `json:"name"`
	At       Stretch   `json:"at"` // the one that was asked about
	Declared Stretch   `json:"declared"`
	All      []Stretch `json:"all"`
}

// names is null where there is no name.
func (p *Playground) names(_ context.Context, a at) (any, error) {
	d, offset := p.document(a)
	declared, ok := d.Definition(offset)
	if !ok {
		return nil, nil
	}
	name, at, err := d.Renameable(offset)
	if err != nil {
		return nil, err
	}
	out := Names{Name: name, At: stretch(d, at), Declared: stretch(d, declared)}
	for _, r := range d.References(offset, true) {
		out.All = append(out.All, stretch(d, r))
	}
	return out, nil
}

// Renamed are the edits that rename, and what else is to be done.
type Renamed struct {
	Edits []Edit `json:"edits"`
	Note  string `json:"note,omitempty"`
}

func (p *Playground) rename(_ context.Context, a struct {
	at
	Name string `json:"name"`
}) (any, error) {
	d, offset := p.document(a.at)
	list, err := d.Rename(offset, a.Name)
	if err != nil {
		return nil, err
	}
	out := Renamed{Edits: edits(d, list)}
	if tensor := d.Tensor(offset); tensor != "" {
		out.Note = fmt.Sprintf("%s keeps the name %s in %s: train again, or rename it there too", tensor, tensor, d.Model().Weights)
	}
	return out, nil
}

// Fix is a change that mends a finding.
type Fix struct {
	Title string `json:"title"`
	Edit  Edit   `json:"edit"`
}
