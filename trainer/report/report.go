// Package report writes the pages about a training run, a search, and decisions on streams: single HTML files that need no network and no
// script. It computes nothing but what stands on the page: the run is trainer's, the scores are the caller's. Start with
// Page and Render; view.go says what is on the page, findings.go judges the run, chart.go draws.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/hrnnc/hrnnc/internal/svg"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// Page is everything the report shows. All fields may be empty; what is missing is left out of the page.
type Page struct {
	Model, Command           string
	DataSet, Source, Licence string
	Notes                    []string
	Settings                 [][2]string     // the train block as used, in order
	Measure                  trainer.Measure // that decisions on validation were judged by
	History                  []trainer.Metrics
	Confusion                *score.Confusion   // on the last part, test where there is one, at the fixed level; nil without classes
	Labels                   []score.LabelScore // of the same; nil unless several labels can be true at once
	Counted                  string             // what answers are of: sequences or steps
	Scores                   []Score
	TestLeftOut              bool          // there is a test part, and nobody wanted it scored
	Shared                   []data.Shared // what held-out parts have in common with the training part
	Sequences                int           // of the training part
	Scale                    trainer.Scale // as trained
	Finetuned                bool          // training went through the rounding of states
	Saturated, Updates       int64         // state values at the fixed level: clamped ones, and all of them
	Params                   []Param
	States                   []State
	Cost                     [][2]string // lines such as {"weights and signs", "2,697 (1,512 bytes)"}
	Seconds                  float64     // that training took
}

// Score is how good the kept weights are on one split at one level.
type Score struct {
	Split string // "valid" or "test"
	Level string // "real" or "fixed"
	// Accuracy is a part of 1. It is 0 for a regression, whose score is its loss; the fixed level of a classification has
	// no loss, which is 0 then.
	Accuracy, Loss float64
	N              int // answers
	Outputs        []Output
	// Of decisions: the interval and the standard error of Accuracy, over what is independent; nil and NaN where that is one
	// person or recording. Baseline is the accuracy of always deciding what is most frequent, BaselineF1 the macro F1 of always
	// saying yes to labels.
	Interval                      *score.Interval
	Error                         float64
	Baseline, MacroF1, BaselineF1 score.Part
}

// Output is one number that a regression gives.
type Output struct {
	Name string
	RMSE float64 // root of the mean squared error, in the unit of the data set
	R2   float64 // part of the variance that is explained; NaN where there is none
	// Interval is that of RMSE, nil where there is none.
	Interval *score.Interval
}

// Param is a tensor of the weights file.
type Param struct {
	Name, Kind string
	Shape      []int
	Values     []float32 // latent: what the optimiser moves
	Used       []float32 // what a step computes with
}

// State is what one state variable held.
type State struct {
	Name  string
	Units int
	Bits  int
	Max   float64 // largest |h| over the split that ranges were taken from
	// Limit is the largest |h| that the integers can hold, 0 where no unit has been chosen yet.
	Limit float64
	// Histogram is a sample of h, of any size.
	Histogram []float32
}

var (
	//go:embed page.html
	pageText string
	//go:embed chart.css
	chartOwn string
	//go:embed style.css
	pageStyle string
)

// chartStyle is that of all drawings here.
var chartStyle = svg.Style + chartOwn

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Render gives the page. The same Page gives the same bytes.
func Render(p Page) ([]byte, error) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, newView(p)); err != nil {
		return nil, fmt.Errorf("rendering the report: %w", err)
	}
	return b.Bytes(), nil
}
