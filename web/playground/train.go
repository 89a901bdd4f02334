package playground

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/design"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// designed is a model for a data set, as hrnnc new writes it.
type designed struct {
	Text    string          `json:"text"`
	Choices []design.Choice `json:"choices"`
}

func (p *Playground) design(ctx context.Context, a struct {
	Data string   `json:"data"` // path
	Set  []string `json:"set"`  // settings of the train block, as "id=session"
	Skip bool     `json:"skip"` // tries nothing: the model is the first one
}) (any, error) {
	name := filepath.Base(a.Data)
	var set [][2]string
	for _, s := range a.Set {
		key, value, _ := strings.Cut(s, "=")
		set = append(set, [2]string{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	p.tell(news{Say: "reading " + name})
	stem, _, _ := strings.Cut(name, ".")
	d, err := design.New(design.Options{Name: stem, Weights: "model.safetensors", Data: name, Set: set,
		Load: func(settings [][2]string) (*data.Set, error) { return data.LoadWith(a.Data, settings) }})
	if err != nil {
		return nil, err
	}
	if tries := d.Tries(); tries > 0 && !a.Skip {
		var last time.Time
		err := d.Try(ctx, func(n float64) {
			if time.Since(last) < often {
				return
			}
			last = time.Now()
			p.tell(news{Say: fmt.Sprintf("trying augmentation: short training %d of %d", min(int(n)+1, tries), tries), Tries: true, Done: n / float64(tries)})
		})
		if errors.Is(err, context.Canceled) {
			return nil, errStopped
		}
		if err != nil {
			return nil, err
		}
	}
	text, err := d.Text()
	return designed{strings.Replace(string(text), a.Data, name, 1), d.Choices()}, err // what it was written for is called as people do
}

// news is what a training is at.
type news struct {
	Say     string       `json:"say,omitempty"`
	Done    float64      `json:"done,omitempty"`    // 0 to 1
	Tries   bool         `json:"tries,omitempty"`   // there is a model already, and settings are tried
	Line    string       `json:"line,omitempty"`    // to remember
	Metrics string       `json:"metrics,omitempty"` // of all epochs, a JSON line each
	Warn    []Diagnostic `json:"warn,omitempty"`
}

// trained is what a training left: paths, and figures.
type trained struct {
	*study.Result
	Seconds float64 `json:"seconds_in_all"`
}

// errStopped is what a person wanted.
var errStopped = errors.New("stopped")

// train trains a model in the folder of its data.
func (p *Playground) train(ctx context.Context, a struct {
	Source
	Folder string `json:"folder"` // where the data lies, and the model goes
}) (any, error) {
	began := time.Now()
	if err := fileio.MakeFolder(a.Folder); err != nil {
		return nil, err
	}
	model := filepath.Join(a.Folder, modelFile)
	if err := fileio.WriteFile(model, []byte(a.Text)); err != nil {
		return nil, err
	}
	p.tell(news{Say: "reading data"})
	s, err := study.New(model, study.Options{})
	if err != nil {
		return nil, err
	}
	w := &watcher{p: p, metrics: filepath.Join(a.Folder, "run", trainer.MetricsName)}
	s.Watch = w
	r, err := s.Train(ctx, study.TrainOptions{Force: true, Command: "hrnnc train " + modelFile})
	if errors.Is(err, context.Canceled) {
		return nil, errStopped
	}
	if err != nil {
		return nil, err
	}
	w.Tell("")
	return trained{r, time.Since(began).Seconds()}, nil
}

// watcher tells the page what a study does.
type watcher struct {
	p       *Playground
	metrics string
	stages  []*stage
	said    string
	last    time.Time
}

type stage struct {
	w          *watcher
	what       string
	work, done float64
}

func (w *watcher) Plan(what string, work float64) study.Stage {
	s := &stage{w: w, what: what, work: work}
	w.stages = append(w.stages, s)
	return s
}

func (w *watcher) Say(what string) { w.said = what; w.show(true) }

func (w *watcher) Tell(line string) {
	n := news{Line: line}
	if text, err := os.ReadFile(w.metrics); err == nil {
		n.Metrics = string(text)
	}
	w.p.tell(n)
}

func (w *watcher) Warn(list diag.List) {
	if len(list) > 0 {
		w.p.tell(news{Warn: listed(list)})
	}
}

// often is how long the page waits for news at least.
const often = 80 * time.Millisecond

func (w *watcher) show(now bool) {
	if !now && time.Since(w.last) < often {
		return
	}
	w.last = time.Now()
	work, done := 0.0, 0.0
	for _, s := range w.stages {
		work, done = work+s.work, done+min(s.done, s.work)
	}
	w.p.tell(news{Say: w.said, Done: done / max(work, 1)})
}

func (s *stage) Begin()              { s.w.said = s.what; s.w.show(true) }
func (s *stage) Say(what string)     { s.w.said = what; s.w.show(false) }
func (s *stage) Set(done float64)    { s.done = done; s.w.show(false) }
func (s *stage) Add(done float64)    { s.done += done; s.w.show(false) }
func (s *stage) Resize(work float64) { s.work = work }
func (s *stage) End()                { s.work = s.done; s.w.show(true) }
