package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// view is a Page made ready for page.html: everything is a figure, a table or a text.
type view struct {
	Page
	Style     template.CSS
	Verdict   finding
	Findings  []finding
	Tiles     []tile
	Scores    table
	Curves    []figure
	Confusion *confusionView
	Labels    table
	States    []figure
	Params    []figure
	Undrawn   []string // parameters without a histogram
	Epochs    table
	About     [][2]string
}

// tile is one number of the first screen.
type tile struct {
	Name, Value, Detail string
	Main                bool
}

// table is a heading and rows; the first Text columns hold words, the others numbers.
type table struct {
	Text int
	Head []string
	Rows []row
	Note string
}

type row struct {
	Cells []string
	Kept  bool
}

// Words reports whether a column holds words.
func (t table) Words(column int) bool { return column < t.Text }

type confusionView struct {
	Drawing          template.HTML // empty when there are too many classes
	Of               string        // the data that it is of
	Total            string
	Macro            string
	PerClass, Errors table
}

func newView(p Page) view {
	v := view{Page: p, Style: template.CSS(chartStyle + pageStyle), Findings: findings(&p)}
	v.Verdict = verdict(v.Findings)
	v.Tiles = tiles(&p)
	v.Scores = scoreTable(&p)
	v.Curves = epochCurves(&p)
	v.Confusion, v.Labels = viewConfusion(&p), labelTable(&p)
	for _, s := range p.States {
		if f, ok := stateRange(s); ok {
			v.States = append(v.States, f)
		}
	}
	for _, q := range p.Params {
		if f, ok := distribution(q); ok {
			v.Params = append(v.Params, f)
		} else {
			v.Undrawn = append(v.Undrawn, q.Name+", "+q.caption())
		}
	}
	v.Epochs = epochTable(&p)
	for _, line := range [][2]string{{"Data set", p.DataSet}, {"Source", p.Source}, {"Licence", p.Licence}} {
		if line[1] != "" {
			v.About = append(v.About, line)
		}
	}
	return v
}

// tiles answers what the score is and which epoch is kept. Validation stands in where there is no test.
func tiles(p *Page) []tile {
	var out []tile
	for _, split := range []struct{ key, name string }{{"test", "Test"}, {"valid", "Validation"}} {
		if len(out) > 0 {
			break
		}
		for _, level := range []string{"fixed", "real"} {
			if s, ok := p.score(split.key, level); ok {
				out = append(out, scoreTile(p, s, split.name+", "+level+" level"))
			}
		}
	}
	if k := best(p.History); k >= 0 {
		m, last := p.History[k], p.History[len(p.History)-1]
		t := tile{Name: "Kept epoch", Value: decimal(float64(m.Epoch), 0), Detail: "of " + decimal(float64(last.Epoch), 0) + "; validation " + percent(m.ValidScore)}
		if p.Measure == trainer.MacroF1 {
			t.Detail = "of " + decimal(float64(last.Epoch), 0) + "; validation macro F1 " + percent(m.ValidScore)
		}
		if p.regression() {
			t.Detail = "of " + decimal(float64(last.Epoch), 0) + "; validation loss " + significant(m.ValidLoss, 4)
		}
		out = append(out, t)
	}
	if p.Updates > 0 {
		out = append(out, tile{Name: "Clamped state values", Value: percent(float64(p.Saturated) / float64(p.Updates)),
			Detail: decimal(float64(p.Saturated), 0) + " of " + decimal(float64(p.Updates), 0)})
	}
	if p.Seconds > 0 {
		out = append(out, tile{Name: "Training time", Value: duration(p.Seconds)})
	}
	if len(out) > 0 {
		out[0].Main = true
	}
	return out
}

func scoreTile(p *Page, s Score, name string) tile {
	t := tile{Name: name, Value: percent(s.Accuracy)}
	var detail []string
	switch loss := s.loss(p); {
	case len(s.Outputs) == 1:
		t.Value, detail = "R² "+significant(s.Outputs[0].R2, 3), []string{"error " + significant(s.Outputs[0].RMSE, 4)}
	case p.regression():
		t.Value, detail = loss, []string{"loss"}
	case loss != "":
		detail = append(detail, "loss "+loss)
	}
	if s.N > 0 {
		detail = append(detail, decimal(float64(s.N), 0)+" scored")
	}
	t.Detail = strings.Join(detail, "; ")
	return t
}

// loss is what stands for a score's loss: nothing where a classification has none, as at the fixed level.
func (s Score) loss(p *Page) string {
	if s.Loss == 0 && !p.regression() {
		return ""
	}
	return significant(s.Loss, 4)
}

func scoreTable(p *Page) table {
	t := table{Text: 2, Head: []string{"Split", "Level", "Accuracy", "95 % interval", "over", "Macro F1", "Loss", "Scored"}}
	if p.regression() {
		t = table{Text: 3, Head: []string{"Split", "Level", "Output", "Root of the mean squared error", "95 % interval", "over", "R²", "Loss", "Scored"}}
	}
	if p.TestLeftOut {
		t.Note = "The test part was not scored, as --no-test says."
	}
	for _, s := range p.Scores {
		split := s.Split
		if split == "valid" {
			split = "validation"
		}
		n := ""
		if s.N > 0 {
			n = decimal(float64(s.N), 0)
		}
		for _, cells := range s.cells(p) {
			t.Rows = append(t.Rows, row{Cells: slices.Concat([]string{split, s.Level}, cells, []string{s.loss(p), n})})
		}
	}
	return t
}

// cells are what a score is: an accuracy and its interval, or each output of a regression.
func (s Score) cells(p *Page) (rows [][]string) {
	if !p.regression() {
		return [][]string{{percent(s.Accuracy), between(s.Interval, func(v float64) string { return decimal(100*v, 2) }), over(s.Interval), percent(float64(s.MacroF1))}}
	}
	for _, o := range s.Outputs {
		r2 := "–"
		if finite(o.R2) {
			r2 = significant(o.R2, 4)
		}
		rows = append(rows, []string{diag.Short(o.Name), significant(o.RMSE, 4), between(o.Interval, func(v float64) string { return significant(v, 4) }), over(o.Interval), r2})
	}
	if rows == nil {
		rows = [][]string{{"", "", "", "", ""}}
	}
	return rows
}

// between spells an interval.
func between(i *score.Interval, spell func(float64) string) string {
	if i == nil {
		return "–"
	}
	return spell(i.Low) + " – " + spell(i.High)
}

// over says what an interval is over.
func over(i *score.Interval) string {
	if i == nil {
		return ""
	}
	return decimal(float64(i.Units), 0) + " " + i.Of
}

// epochCurves are the charts over epochs.
func epochCurves(p *Page) []figure {
	take := func(f func(m trainer.Metrics) float64) []float64 {
		var out []float64
		for _, m := range p.History {
			out = append(out, f(m))
		}
		return out
	}
	digits := func(v float64) string { return significant(v, 4) }
	all := []curves{
		{title: "Loss", logs: true, show: digits, series: []series{
			{"training", "first", take(func(m trainer.Metrics) float64 { return m.Loss })},
			{"validation", "second", take(func(m trainer.Metrics) float64 { return m.ValidLoss })}}},
		{title: "Score, %", show: func(v float64) string { return percent(v / 100) }, limits: extent{0, 100, true}, series: []series{
			{"training", "first", take(func(m trainer.Metrics) float64 { return 100 * m.Accuracy })},
			{"validation", "second", take(func(m trainer.Metrics) float64 { return 100 * m.ValidAccuracy })}}},
		{title: "Learning rate", zero: true, show: digits, series: []series{
			{"rate", "third", take(func(m trainer.Metrics) float64 { return m.Rate })}}},
		{title: "Sign flips", zero: true, bars: true, show: func(v float64) string { return decimal(v, 0) }, series: []series{
			{"flips", "third", take(func(m trainer.Metrics) float64 { return float64(m.Flips) })}}},
		{title: "Largest gradient norm", logs: true, show: digits, series: []series{
			{"norm", "third", take(func(m trainer.Metrics) float64 { return m.Gradient })}}},
	}
	switch {
	case p.regression():
		all = slices.Delete(all, 1, 2) // its score is the negative loss
	case p.Measure == trainer.MacroF1:
		all[1].series[0].name, all[1].series[1].name = "training accuracy", "validation accuracy"
		all[1].series = append(all[1].series, series{"validation macro F1", "third", take(func(m trainer.Metrics) float64 { return 100 * m.ValidScore })})
	}
	var epochs []int
	for _, m := range p.History {
		epochs = append(epochs, m.Epoch)
	}
	var out []figure
	for _, c := range all {
		c.epochs, c.best = epochs, best(p.History)
		if f, ok := c.figure(); ok {
			out = append(out, f)
		}
	}
	return out
}

// Rows of the tables that grow with the data.
const (
	mostClassRows = 100
	mostMistakes  = 10
	mostEpochRows = 400
)

func viewConfusion(p *Page) *confusionView {
	if p.Confusion == nil || p.Confusion.Total() == 0 {
		return nil
	}
	c := confusion{p.Confusion}
	scores := c.Scores()
	v := &confusionView{Of: p.confusionPart(), Total: decimal(float64(c.Total()), 0), Macro: percent(float64(score.MacroF1(scores))),
		PerClass: table{Text: 1, Head: []string{"Class", "Recall", "Precision", "F1", "Count"}},
		Errors:   table{Text: 2, Head: []string{"True", "Decided", "Count", "Of its class"}}}
	v.Drawing, _ = c.heatMap()
	for _, s := range scores[:min(len(scores), mostClassRows)] {
		v.PerClass.Rows = append(v.PerClass.Rows, row{Cells: classCells(s)})
	}
	if more := len(scores) - mostClassRows; more > 0 {
		v.PerClass.Note = "Classes not shown: " + decimal(float64(more), 0) + "."
	}
	for _, m := range c.Mistakes(mostMistakes) {
		v.Errors.Rows = append(v.Errors.Rows, row{Cells: []string{diag.Short(m.True), diag.Short(m.Decided), decimal(float64(m.Count), 0), percent(float64(m.Count) / float64(m.Of))}})
	}
	return v
}

// labelTable shows labels that can be true at once, beside what needs no model.
func labelTable(p *Page) table {
	t := table{Text: 1, Head: []string{"Label", "Recall", "Precision", "F1", "True in", "F1 of always yes", "Accuracy", "of always the more frequent"}}
	for _, l := range p.Labels {
		t.Rows = append(t.Rows, row{Cells: append(classCells(l.ClassScore), percent(float64(l.BaselineF1)), percent(float64(l.Accuracy)), percent(float64(l.BaselineAccuracy)))})
	}
	return t
}

func classCells(s score.ClassScore) []string {
	return []string{diag.Short(s.Name), percent(float64(s.Recall)), percent(float64(s.Precision)), percent(float64(s.F1)), decimal(float64(s.Count), 0)}
}

func epochTable(p *Page) table {
	t := table{Head: []string{"Epoch", "Loss", "Accuracy", "Validation loss", "Validation score", "Rate", "Flips", "Gradient", "Seconds"}}
	if p.Measure == trainer.MacroF1 {
		t.Head[4] = "Validation macro F1"
	}
	every, k := max((len(p.History)+mostEpochRows-1)/mostEpochRows, 1), best(p.History)
	for i, m := range p.History {
		kept := i == k
		if i%every != 0 && !kept && i != len(p.History)-1 {
			continue
		}
		accuracy, score := percent(m.Accuracy), percent(m.ValidScore)
		if p.regression() {
			accuracy, score = "", significant(m.ValidScore, 4)
		}
		t.Rows = append(t.Rows, row{Kept: kept, Cells: []string{decimal(float64(m.Epoch), 0), significant(m.Loss, 4), accuracy,
			significant(m.ValidLoss, 4), score, significant(m.Rate, 3), decimal(float64(m.Flips), 0), significant(m.Gradient, 3), decimal(m.Seconds, 1)}})
	}
	if every > 1 {
		t.Note = fmt.Sprintf("Every %s, the kept one and the last.", diag.GroupedCount(every, "epoch"))
	}
	return t
}

// percent prints a part of 1; what is nothing divided by nothing is a dash.
func percent(part float64) string {
	switch {
	case math.IsNaN(part):
		return "–"
	case part > 0 && part < 0.00005:
		return "< 0.01 %"
	}
	return decimal(100*part, 2) + " %"
}

// duration prints seconds as people say them.
func duration(seconds float64) string {
	if !drawable(seconds) {
		return "–"
	}
	if seconds < 59.95 {
		return decimal(seconds, 1) + " s"
	}
	if s := math.Round(seconds); s < 600 {
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	}
	minutes := math.Round(seconds / 60)
	if minutes < 60 {
		return fmt.Sprintf("%d min", int(minutes))
	}
	hours := math.Floor(minutes / 60)
	return fmt.Sprintf("%s h %d min", decimal(hours, 0), int(minutes-60*hours))
}
