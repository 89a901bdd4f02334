package lsp

import (
	"context"
	"time"

	"github.com/creachadair/jrpc2"

	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
)

func (s *server) didOpen(_ context.Context, p didOpenParams) (any, error) {
	t := p.TextDocument
	s.Lock()
	o := &open{uri: t.URI}
	if was := s.docs[t.URI]; was != nil {
		was.rest()
	}
	s.docs[t.URI] = o
	s.Unlock()
	s.set(o, t.Version, t.Text)
	return nil, nil
}

func (s *server) didChange(_ context.Context, p didChangeParams) (any, error) {
	s.Lock()
	o := s.docs[p.TextDocument.URI]
	text := ""
	if o != nil {
		text = o.doc.Text // only notifications change it, and they come one after the other
	}
	s.Unlock()
	if o == nil {
		return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s is not open", p.TextDocument.URI)
	}
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			text = c.Text
			continue
		}
		lines := editor.LinesOf(text)
		start, end := lines.Offset(c.Range.Start.Line, c.Range.Start.Character), lines.Offset(c.Range.End.Line, c.Range.End.Character)
		text = text[:start] + c.Text + text[max(start, end):]
	}
	s.set(o, p.TextDocument.Version, text)
	return nil, nil
}

// set gives a document a new text, and the editor its diagnostics.
func (s *server) set(o *open, version int, text string) {
	d := editor.New(path(o.uri), text, s.Language)
	s.Lock()
	if o.doc != nil {
		d = d.With(o.doc.Measured())
	}
	o.doc, o.version = d, version
	s.Unlock()
	s.publish(o)
	s.later(o, s.Pause)
}

func (s *server) didSave(_ context.Context, p documentParams) (any, error) {
	s.Lock()
	o := s.docs[p.TextDocument.URI]
	s.Unlock()
	if o != nil {
		s.later(o, 0)
	}
	return nil, nil
}

func (s *server) didClose(_ context.Context, p documentParams) (any, error) {
	s.Lock()
	o := s.docs[p.TextDocument.URI]
	delete(s.docs, p.TextDocument.URI)
	if o != nil {
		o.rest()
	}
	s.Unlock()
	if o != nil {
		s.notify(publishParams{URI: o.uri, Version: o.version, Diagnostics: []diagnostic{}})
	}
	return nil, nil
}

// watched hears that files changed, such as the weights of a model that was trained: all open models are measured anew.
func (s *server) watched(context.Context, watchedParams) (any, error) {
	s.Lock()
	var all []*open
	for _, o := range s.docs {
		all = append(all, o)
	}
	s.Unlock()
	for _, o := range all {
		s.later(o, s.Pause)
	}
	return nil, nil
}

// rest stops waiting to measure; the lock is held.
func (o *open) rest() {
	if o.timer != nil {
		o.timer.Stop()
	}
}

// later measures a document once it has rested.
func (s *server) later(o *open, pause time.Duration) {
	if s.Measure == nil {
		return
	}
	s.Lock()
	defer s.Unlock()
	o.rest()
	o.timer = time.AfterFunc(pause, func() { s.measure(o) })
}

// measure takes a document and its weights through the compiler. One at a time of each document; a text that changed meanwhile is taken
// behind it.
func (s *server) measure(o *open) {
	s.Lock()
	d := o.doc
	if o.busy || s.shut || s.docs[o.uri] != o || d.Broken() {
		o.again = o.again || o.busy
		s.Unlock()
		return
	}
	o.busy = true
	s.measuring.Add(1)
	s.Unlock()
	defer s.measuring.Done()
	var m *editor.Measured
	func() {
		defer func() {
			if r := recover(); r != nil {
				m = &editor.Measured{Of: d.Text}
				s.say(messageError, "hrnnc lsp: the model could not be measured; hrnnc compile says why")
			}
		}()
		m = s.Measure(d.File, d.Text)
	}()
	s.Lock()
	o.busy = false
	again := o.again
	o.again = false
	current := s.docs[o.uri] == o && !s.shut
	if current {
		o.doc = o.doc.With(m)
	}
	s.Unlock()
	if current {
		s.publish(o)
	}
	if again {
		s.later(o, s.Pause)
	}
}

// publish sends the diagnostics of a document.
func (s *server) publish(o *open) {
	s.Lock()
	d, version := o.doc, o.version
	s.Unlock()
	out := publishParams{URI: o.uri, Version: version, Diagnostics: []diagnostic{}}
	shown, _ := d.Diagnostics().First(mostDiagnostics)
	for _, f := range shown {
		out.Diagnostics = append(out.Diagnostics, diagnosticOf(d, o.uri, f))
	}
	s.notify(out)
}

// mostDiagnostics is how many findings are sent: hostile texts have hundreds of thousands.
const mostDiagnostics = 500

func (s *server) notify(p publishParams) {
	// An error says that the connection is gone.
	_ = s.rpc.Notify(context.Background(), "textDocument/publishDiagnostics", p)
}

func diagnosticOf(d *editor.Document, uri string, f *diag.Diagnostic) diagnostic {
	out := diagnostic{Range: rangeOf(d, d.Where(f.Span)), Severity: severityError, Code: f.Code, Source: "hrnnc", Message: f.Summary}
	if f.Span.File != d.File || f.Span.Start.Line == 0 && f.Span.What != "" {
		out.Message = f.Span.String() + ": " + f.Summary
	}
	if f.Help != "" {
		out.Message += "\nhelp: " + f.Help
	}
	if f.Severity == diag.Warning {
		out.Severity = severityWarning
	}
	if f.Code == "unused" {
		out.Tags = []int{tagUnnecessary}
	}
	for _, n := range f.Notes {
		if n.Span.File == d.File {
			out.Related = append(out.Related, relatedInformation{location{uri, rangeOf(d, d.Where(n.Span))}, n.Text})
		}
	}
	return out
}

func rangeOf(d *editor.Document, r editor.Range) textRange {
	at := func(offset int) position {
		line, character := d.Position(offset)
		return position{line, character}
	}
	return textRange{at(r.Start), at(r.End)}
}

func offsetOf(d *editor.Document, p position) int { return d.Offset(p.Line, p.Character) }
