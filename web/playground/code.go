package playground

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// File is a generated file.
type File struct {
	Path  string `json:"path"`
	Text  string `json:"text"`
	Parts []Part `json:"parts,omitempty"`
}

// Part is lines of a generated file, from From to To, and the places of the model that they came from: line, column, and their ends.
type Part struct {
	From  int      `json:"from"`
	To    int      `json:"to"`
	What  string   `json:"what"`
	Spans [][4]int `json:"spans"`
}

// parts ties a file's lines to the text of the model.
func parts(m *compiler.Model, f backends.File) (out []Part) {
	if m.Checked == nil {
		return nil
	}
	for _, s := range f.Origins() {
		p := Part{From: s.From, To: s.To}
		var what []string
		for _, o := range s.Of {
			name := string(o.Part)
			if o.Layer < len(m.Checked.Layers) && o.Part != lower.PartInput && o.Part != lower.PartReadout && o.Part != lower.PartOutput {
				name += " of " + m.Checked.Layers[o.Layer].State.Name
			}
			what = append(what, name)
			for _, at := range m.Places(o) {
				p.Spans = append(p.Spans, [4]int{at.Start.Line, at.Start.Col, at.End.Line, at.End.Col})
			}
		}
		p.What = strings.Join(what, ", ")
		if p.Spans != nil {
			out = append(out, p)
		}
	}
	return out
}

// Code is what a target writes of a model.
type Code struct {
	Files   []File            `json:"files"`
	Figures []backends.Figure `json:"figures"`
	Report  compiler.Report   `json:"report"`
}

func (p *Playground) code(ctx context.Context, a struct {
	Source
	Target string `json:"target"`
	Draft  bool   `json:"draft"` // without the waveform
}) (any, error) {
	_, low, err := p.lower(a.Source)
	if err != nil {
		return nil, err
	}
	low.Draft = a.Draft
	targets, err := compiler.FindTargets([]string{a.Target})
	if err != nil {
		return nil, err
	}
	out, err := low.Compile(ctx, targets)
	if err != nil {
		return nil, err
	}
	code := Code{Figures: out.Report.Targets[a.Target], Report: out.Report}
	for _, f := range out.Files[a.Target] {
		code.Files = append(code.Files, File{f.Path, string(f.Data), parts(low.Model, f)})
	}
	return code, nil
}

// bundle writes all of a model into a zip archive: text, weights, what every target writes, and the report of a training where there is one.
func (p *Playground) bundle(ctx context.Context, a struct {
	Source
	Report string `json:"report"` // path; "" for none
	Output string `json:"output"` // path of the archive
}) (any, error) {
	l, low, err := p.lower(a.Source)
	if err != nil {
		return nil, err
	}
	out, err := low.Compile(ctx, compiler.Targets)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	top := low.Name() + "/"
	add := func(path string, data []byte) {
		w, e := z.Create(top + path)
		if e == nil {
			_, e = w.Write(data)
		}
		if err == nil {
			err = e
		}
	}
	copied := func(from, to string) {
		data, e := os.ReadFile(from)
		if e != nil {
			err = e
			return
		}
		add(to, data)
	}
	add(modelFile, []byte(a.Text))
	if l.drawn == "" {
		name := l.checked.Weights
		if name == "" {
			name = filepath.Base(a.Weights)
		}
		copied(a.Weights, name)
	}
	if a.Report != "" {
		copied(a.Report, "report.html")
	}
	for _, target := range compiler.Targets {
		for _, f := range out.Files[target.Name()] {
			add("build/"+target.Name()+"/"+f.Path, f.Data)
		}
	}
	if e := z.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return low.Name() + ".zip", fileio.WriteFile(a.Output, archive.Bytes())
}
