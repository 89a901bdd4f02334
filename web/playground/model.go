package playground

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/editing"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Source is a model as the page has it. A file of weights never changes: other weights are another file.
type Source struct {
	Text    string   `json:"text"`
	Weights string   `json:"weights"` // path; "" for none
	Set     []string `json:"set"`     // settings of targets, as "c.mcu=atmega328p"
}

// modelFile is what the text is called in diagnostics.
const modelFile = "model.hrn"

// loaded is a source that was looked at, as far as it is right.
type loaded struct {
	source  Source
	doc     *editor.Document
	checked *dsl.Model
	found   diag.List // all of them: of the text, and of weights that do not fit
	drawn   string    // why the weights are random ones; "" where they are the file's
	model   *compiler.Model
	lowered *compiler.Lowered
	err     error // that keeps it from being lowered
}

func same(a, b Source) bool { return a.Text == b.Text && a.Weights == b.Weights }

// load reads the text, and the weights where it is right; lowering is for whoever needs it.
func (p *Playground) load(s Source) *loaded {
	if p.last == nil || !same(p.last.source, s) {
		p.last = read(s)
	}
	return p.last
}

func read(s Source) *loaded {
	l := &loaded{source: s, doc: editor.New(modelFile, s.Text, language())}
	l.found = l.doc.Diagnostics()
	if l.doc.Broken() {
		l.err = l.found
		return l
	}
	l.checked = l.doc.Model()
	if s.Weights == "" {
		l.draw("there are none yet")
		return l
	}
	content, err := os.ReadFile(s.Weights)
	if errors.Is(err, fs.ErrNotExist) {
		l.draw("there are none yet")
		return l
	}
	if err == nil {
		l.model, err = compiler.FromBytes(modelFile, []byte(s.Text), filepath.Base(s.Weights), content)
	}
	if err != nil {
		l.draw("those of the file do not fit the text: " + FailureOf(err).Message)
		return l
	}
	l.doc = l.doc.With(&editor.Measured{Of: s.Text, Diagnostics: l.model.Warnings})
	l.found = l.doc.Diagnostics()
	return l
}

// language is made once: it is some hundred settings.
var language = sync.OnceValue(editing.Language)

// draw gives the model random weights, so that what does not depend on their values can be looked at.
func (l *loaded) draw(why string) {
	l.drawn = why
	for _, layer := range l.checked.Layers {
		if layer.Dense != nil {
			l.err = diag.List{diag.At(layer.Span).Errorf("weights", "the recurrent matrix %s needs weights: no random matrix is a Hadamard", layer.Dense.Name).
				Helpf("open its weights file, or write hadamard(%s)", layer.State.Name)}
			return
		}
	}
	n := network.New(l.checked)
	n.Initialise(1, network.BalancedSigns)
	var err error
	ranges := map[string]float64{}
	for range 2 { // the second time with ranges
		file := trainer.WeightsFile(n, metadata.Metadata{Ranges: maps.Clone(ranges)})
		file.Path = "random weights"
		if l.model, err = compiler.FromParts(modelFile, []byte(l.source.Text), file); err != nil || len(ranges) > 0 {
			break
		}
		ranges = l.randomRanges()
	}
	if err != nil {
		l.err = err
	}
}

// drawnSteps is how long the random sequences are that random weights get their ranges from.
const drawnSteps = 48

// randomRanges measures the states on random inputs.
func (l *loaded) randomRanges() map[string]float64 {
	x := passes.Sequences(l.model.Real, 5, drawnSteps, rand.New(rand.NewSource(1)))[3:]
	out := map[string]float64{}
	r, err := l.model.RunReal(context.Background(), x, nil)
	for i, s := range l.model.Real.States {
		out[s.Name] = 1
		if err == nil && r.Max[i] > 0 {
			out[s.Name] = r.Max[i]
		}
	}
	return out
}

// lower runs the passes, with the settings of the source.
func (p *Playground) lower(s Source) (*loaded, *compiler.Lowered, error) {
	l := p.load(s)
	if l.err == nil && l.lowered == nil {
		l.lowered, l.err = l.model.Lower(passes.Config{})
		if l.err == nil && l.drawn == "" {
			l.doc = l.doc.With(editing.Of(l.lowered, s.Text))
		}
	}
	if l.err != nil {
		return l, nil, l.err
	}
	low, err := l.lowered.With(s.Set)
	return l, low, err
}

// State is a state of a model.
type State struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Bits int    `json:"bits"`
}

// Checked is what is known of a text at once.
type Checked struct {
	Diagnostics []Diagnostic `json:"diagnostics"`
	OK          bool         `json:"ok"`
	Name        string       `json:"name"`
	Weights     string       `json:"weights"`         // as the text names them
	Drawn       string       `json:"drawn,omitempty"` // why weights are random
	Trains      bool         `json:"trains"`          // there is a train block with a data set
	Data        string       `json:"data,omitempty"`  // that it names
	Steps       int          `json:"steps"`
	States      []State      `json:"states"`
}

func (p *Playground) check(_ context.Context, s Source) (any, error) {
	l := p.load(s)
	out := Checked{Diagnostics: l.listed(), OK: l.err == nil, Drawn: l.drawn}
	if l.err != nil && !l.found.HasErrors() {
		out.Diagnostics = append(out.Diagnostics, listed(compiler.Diagnostics(l.err))...)
	}
	if m := l.checked; m != nil {
		out.Name, out.Weights, out.Steps, out.Data = m.Name, m.Weights, m.Steps, m.Train["data"]
		out.Trains = out.Data != ""
		for _, layer := range m.Layers {
			out.States = append(out.States, State{layer.State.Name, layer.State.Size, layer.State.Bits})
		}
	}
	return out, nil
}

// listed are the findings with the changes that mend them.
func (l *loaded) listed() []Diagnostic {
	out := listed(l.found)
	for _, f := range l.doc.Fixes(editor.Range{End: len(l.source.Text)}) {
		if i := slices.Index(l.found, f.Finding); i >= 0 {
			out[i].Fixes = append(out[i].Fixes, Fix{f.Title, edits(l.doc, []editor.Edit{f.Edit})[0]})
		}
	}
	return out
}

func (p *Playground) format(_ context.Context, s Source) (any, error) {
	text, errs := dsl.Format(modelFile, []byte(s.Text))
	if errs.HasErrors() {
		return nil, errs
	}
	return string(text), nil
}

// Pass is the model behind a pass.
type Pass struct {
	Name  string   `json:"name"` // "" before the first
	Doc   string   `json:"doc"`
	Stats []string `json:"stats"`
	Text  string   `json:"text"`
}

func (p *Playground) passes(_ context.Context, s Source) (any, error) {
	l, low, err := p.lower(s)
	if err != nil {
		return nil, err
	}
	out := []Pass{{Doc: "as the language gives it", Text: ir.Text(l.model.Loaded())}}
	for _, step := range low.Steps {
		m, err := l.model.IRAfter(step.Pass, passes.Config{})
		if err != nil {
			return nil, err
		}
		out = append(out, Pass{step.Pass, step.Doc, step.Stats, ir.Text(m)})
	}
	return out, nil
}
