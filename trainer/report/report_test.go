package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// example is a page with everything on it: the look of a run over digits.
func example(epochs, classes int) Page {
	rng := rand.New(rand.NewPCG(1, 2))
	p := Page{
		Model: "examples/digits/model.hrn", Command: "hrnnc train model.hrn --set epochs=" + strconv.Itoa(epochs),
		DataSet: "mnist, permuted, 60,000 sequences of 784 steps", Source: "https://ossci-datasets.s3.amazonaws.com/mnist", Licence: "CC BY-SA 3.0",
		Notes:     []string{"5,000 sequences of the training split validate."},
		Settings:  [][2]string{{"epochs", strconv.Itoa(epochs)}, {"batch", "100"}, {"rate", "0.001"}, {"sign_rate", "0.001"}, {"schedule", "cosine"}, {"optimizer", "adam"}, {"clip", "1"}, {"seed", "1"}},
		Cost:      [][2]string{{"weights and signs", "2,697 (1,512 bytes)"}, {"additions a step", "1,152"}, {"multiplications a step", "0"}, {"state", "256 bytes"}},
		Saturated: 12, Updates: 1_003_520_000, Seconds: 1834.2,
	}
	top := math.Inf(-1)
	for i := range epochs {
		at := float64(i) / float64(max(epochs-1, 1))
		loss := 2.3*math.Exp(-4*at) + 0.05
		valid := loss + 0.03 + 0.02*rng.Float64()
		m := trainer.Metrics{Epoch: i + 1, Seconds: 91.7 * float64(i+1), Rate: 1e-3 * (1 + math.Cos(math.Pi*at)) / 2, Loss: loss, Accuracy: 1 - loss/3,
			Gradient: 3*math.Exp(-3*at) + 0.1*rng.Float64(), Flips: int(4000 * math.Exp(-5*at)), ValidLoss: valid, ValidScore: 1 - valid/2.8, ValidAccuracy: 1 - valid/2.8}
		m.Best = m.ValidScore > top
		top = max(top, m.ValidScore)
		p.History = append(p.History, m)
	}
	right, total := 0, 0
	var names []string
	for i := range classes {
		names = append(names, strconv.Itoa(i))
	}
	p.Confusion = score.NewConfusion(names)
	for i := range classes {
		for range 1000 {
			j := i
			if rng.Float64() < 0.04 {
				j = (i + int(math.Abs(rng.NormFloat64())*2) + 1) % classes
			}
			p.Confusion.Add(i, j)
			total++
			if i == j {
				right++
			}
		}
	}
	accuracy := float64(right) / float64(max(total, 1))
	p.Scores = []Score{{Split: "valid", Level: "real", Accuracy: 0.9712, Loss: 0.0987, N: 5000, Error: 0.002},
		{Split: "valid", Level: "fixed", Accuracy: 0.971, Loss: 0.0991, N: 5000, Error: 0.002},
		{Split: "test", Level: "real", Accuracy: accuracy + 0.0004, Loss: 0.1012, N: total, Error: 0.002, Interval: &score.Interval{Low: accuracy - 0.01, High: accuracy + 0.01, Units: 9, Of: "persons"}},
		{Split: "test", Level: "fixed", Accuracy: accuracy, Loss: 0.1018, N: total, Error: 0.002, Interval: &score.Interval{Low: accuracy - 0.01, High: accuracy + 0.01, Units: 9, Of: "persons"}}}
	p.Params = []Param{
		exampleParam(rng, "U", "int4", []int{128, 1}, 8, 0.3), exampleParam(rng, "s", "sign", []int{128}, 0, 0.5),
		exampleParam(rng, "V", "ternary", []int{10, 128}, 1, 0.2), exampleParam(rng, "b", "real", []int{128}, 0, 0.1),
		exampleParam(rng, "W", "int16", []int{64, 64}, 1<<15, 0.2), {Name: "p", Kind: "index", Shape: []int{128}, Values: make([]float32, 128)},
	}
	s := State{Name: "h", Units: 128, Bits: 16, Max: 11.3, Limit: 31.99}
	for range 20000 {
		s.Histogram = append(s.Histogram, float32(2.2*rng.NormFloat64()))
	}
	p.States = []State{s}
	return p
}

// exampleParam draws a parameter; half is the quantiser's 2^(bits-1), 0 for signs and real numbers.
func exampleParam(rng *rand.Rand, name, kind string, shape []int, half, deviation float64) Param {
	p := Param{Name: name, Kind: kind, Shape: shape}
	n, top := 1, 0.0
	for _, d := range shape {
		n *= d
	}
	for range n {
		v := deviation * rng.NormFloat64()
		if kind == "sign" {
			v = min(max(v, -1), 1)
		}
		p.Values = append(p.Values, float32(v))
		top = max(top, math.Abs(v))
	}
	p.Used = p.Values
	if kind == "real" {
		return p
	}
	p.Used = nil
	for _, v := range p.Values {
		u := math.Copysign(1, float64(v))
		if half > 0 {
			u = min(math.RoundToEven(float64(v)/top*half), max(half-1, 1)) * top / half
		}
		p.Used = append(p.Used, float32(u))
	}
	return p
}

func rendered(t testing.TB, p Page) string {
	t.Helper()
	page, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	checkDrawings(t, string(page))
	return string(page)
}

var drawings = regexp.MustCompile(`(?s)<svg.*?</svg>`)

// checkDrawings holds every SVG of a page to XML, and its coordinates to numbers.
func checkDrawings(t testing.TB, page string) {
	t.Helper()
	for _, svg := range drawings.FindAllString(page, -1) {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %.300s", err, svg)
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			for _, a := range e.Attr {
				if a.Name.Local != "aria-label" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Fatalf("%s has %s=%q", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestRender(t *testing.T) {
	text := rendered(t, example(20, 10))
	if text != rendered(t, example(20, 10)) {
		t.Error("two pages about one run differ")
	}
	if n := len(drawings.FindAllString(text, -1)); n != 5+1+1+5 {
		t.Errorf("%d drawings", n)
	}
	for _, outside := range []string{"<script", "<link", "<img", "@import", "url(", "src=", "href="} {
		if strings.Contains(text, outside) {
			t.Errorf("the page asks for something: %s", outside)
		}
	}
}

func TestSections(t *testing.T) {
	full := example(3, 4)
	for _, test := range []struct {
		mark  string
		clear func(p *Page)
	}{
		{`id="curves"`, func(p *Page) { p.History = nil }},
		{`id="epochs"`, func(p *Page) { p.History = nil }},
		{"Kept epoch", func(p *Page) { p.History = nil }},
		{`id="scores"`, func(p *Page) { p.Scores = nil }},
		{"Test, fixed level", func(p *Page) { p.Scores = nil }},
		{`id="confusion"`, func(p *Page) { p.Confusion = nil }},
		{`id="states"`, func(p *Page) { p.States = nil }},
		{`id="parameters"`, func(p *Page) { p.Params = nil }},
		{`id="cost"`, func(p *Page) { p.Cost = nil }},
		{`id="settings"`, func(p *Page) { p.Settings = nil }},
		{`id="about"`, func(p *Page) {
			p.DataSet, p.Source, p.Licence, p.Command, p.Notes = "", "", "", "", nil
		}},
		{"<dt>Licence", func(p *Page) { p.Licence = "" }},
		{"hrnnc train", func(p *Page) { p.Command = "" }},
		{"Training time", func(p *Page) { p.Seconds = 0 }},
		{"Clamped", func(p *Page) { p.Updates = 0 }},
		{"model.hrn:", func(p *Page) { p.Model = "" }},
	} {
		p := full
		if !strings.Contains(rendered(t, p), test.mark) {
			t.Errorf("%s is not on the page", test.mark)
		}
		test.clear(&p)
		if strings.Contains(rendered(t, p), test.mark) {
			t.Errorf("%s is on a page without its data", test.mark)
		}
	}
	empty := rendered(t, Page{})
	for _, mark := range []string{"<section", "<svg", "<table", "class=\"verdict", "class=\"tiles"} {
		if strings.Contains(empty, mark) {
			t.Errorf("the empty page has %s", mark)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	const hostile = `</title><svg/onload=x()>&"'` + "\x00\xff{{.}}"
	p := example(2, 3)
	p.Model, p.Command, p.DataSet, p.Source, p.Licence = hostile, hostile, hostile, hostile, "javascript:"+hostile
	p.Notes, p.Settings, p.Cost = []string{hostile}, [][2]string{{hostile, hostile}}, [][2]string{{hostile, hostile}}
	p.Confusion.Classes = []string{hostile, "<b>", "</g>"}
	p.Scores[0].Split, p.Scores[0].Level = hostile, hostile
	p.States[0].Name = hostile
	for i := range p.Params {
		p.Params[i].Name = hostile
	}
	p.Params[0].Kind = hostile
	text := rendered(t, p)
	for _, raw := range []string{"<svg/onload", "</title><svg/", "<b>", "</g>\"", "\x00"} {
		if strings.Contains(text, raw) {
			t.Errorf("%q stands in the page", raw)
		}
	}
}

// TestOddRuns renders what no healthy run gives; rendered checks every drawing.
func TestOddRuns(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	odd := func(change func(p *Page)) Page {
		p := example(5, 3)
		change(&p)
		return p
	}
	everywhere := func(v float64) Page {
		return odd(func(p *Page) {
			for i := range p.History {
				m := &p.History[i]
				m.Rate, m.Loss, m.Accuracy, m.Gradient, m.ValidLoss, m.ValidScore, m.ValidAccuracy, m.Seconds = v, v, v, v, v, v, v, v
			}
			for i := range p.Scores {
				p.Scores[i].Accuracy, p.Scores[i].Loss = v, v
			}
			for i := range p.Params {
				p.Params[i].Values[0], p.Params[i].Used = float32(v), []float32{float32(v)}
			}
			p.States[0].Max, p.States[0].Limit, p.States[0].Histogram = v, v, []float32{float32(v)}
			p.Seconds = v
		})
	}
	pages := map[string]Page{
		"one epoch": example(1, 2), "two epochs": example(2, 2), "many epochs": example(5000, 2),
		"one class": example(2, 1), "100 classes": example(2, 100), "more classes than drawn": example(2, mostClasses+1),
		"one NaN": odd(func(p *Page) { p.History[2].Loss, p.History[3].ValidLoss = nan, inf }),
		"outside": odd(func(p *Page) { p.Confusion.Add(1, 7) }),
		"empty":   odd(func(p *Page) { p.Params, p.States = []Param{{Kind: "int4"}}, []State{{Name: "h"}} }),
		"no best": odd(func(p *Page) { clear(p.History) }),
		"no counts": odd(func(p *Page) {
			for i := range p.Scores {
				p.Scores[i].N = 0
			}
		}),
		"no limit": odd(func(p *Page) { p.States[0].Limit = 0 }),
		"clamped":  odd(func(p *Page) { p.States[0].Limit = 5 }),
		"no used":  odd(func(p *Page) { p.Params[0].Used = nil }),
	}
	for _, v := range []float64{nan, inf, -inf, 0, -1, 1e308, -1e308, 5e-324, 1e-300, 1e15} {
		pages[fmt.Sprint(v)] = everywhere(v)
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			if text := rendered(t, p); len(text) > 2<<20 {
				t.Errorf("the page has %d bytes", len(text))
			}
		})
	}
}

func TestLogarithmicLoss(t *testing.T) {
	p := example(20, 0)
	if strings.Contains(rendered(t, p), "logarithmic") {
		t.Error("a loss that falls by 1.4 decades is on a logarithmic axis")
	}
	p.History[19].Loss = 0.01
	if !strings.Contains(rendered(t, p), "logarithmic") {
		t.Error("a loss that falls by 2.4 decades is on a linear axis")
	}
}

func TestRegression(t *testing.T) {
	p := example(6, 0)
	for i := range p.History {
		p.History[i].Accuracy, p.History[i].ValidAccuracy, p.History[i].ValidScore = 0, 0, -p.History[i].ValidLoss
	}
	for i := range p.Scores {
		p.Scores[i].Accuracy = 0
	}
	text := rendered(t, p)
	for _, mark := range []string{"<h3>Score", "<th scope=\"col\">Accuracy</th><th scope=\"col\">95", "0.00 %<"} {
		if strings.Contains(text, mark) {
			t.Errorf("a regression shows %s", mark)
		}
	}
	if !strings.Contains(text, "The test loss is 0.1012 at the real level and 0.1018 at the fixed level.") {
		t.Error("the losses are not compared")
	}
}

// guessing makes the decisions of a page those of a model that says one class only, in 90 of 100.
func (p *Page) guessing() {
	p.Confusion = score.NewConfusion([]string{"0", "1"})
	p.Confusion.Counts = [][]int{{90, 0}, {10, 0}}
	for i := range p.Scores {
		p.Scores[i].Interval = &score.Interval{Low: 0.8, High: 0.95, Units: 9, Of: "persons"}
	}
}

func TestFindings(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(p *Page)
		mark   mark
		want   string
	}{
		{"healthy", func(*Page) {}, good, "Trained well|The training loss fell from 2.35 to 0.0921 in 20 epochs."},
		{"diverged", func(p *Page) { p.History[7].ValidLoss = math.NaN() }, bad, "Something went wrong|The loss is no number in epoch 8."},
		{"stuck", func(p *Page) { p.History[19].Loss = 2.4 }, bad, "did not fall: 2.35 in the first epoch, 2.40 in the last"},
		{"overfits", func(p *Page) { p.History[19].ValidLoss, p.History[19].Best, p.History[18].Best = 1, false, true }, watch,
			"Trained, with 1 remark|It overfits: the validation loss rose from"},
		{"gap", func(p *Page) { p.History[19].Accuracy = 1.2 }, watch, "points higher on training than on validation"},
		{"more epochs", func(p *Page) { p.History[19].Rate = 1e-3 }, watch, "more epochs may help"},
		{"guesses", func(p *Page) { p.guessing() }, bad, `no better than always deciding “0”, which is right in 90.00 % of`},
		{"beats", func(*Page) {}, good, `It beats always deciding “0”, which would be right in 33.33 %`},
		{"integers", func(p *Page) { p.Scores[3].Accuracy -= 0.01 }, watch, "The integers cost accuracy: 96.30 % against 97.34 %. hrnnc train --finetune fixed, or a wider state"},
		{"bad integers", func(p *Page) { p.Scores[3].Accuracy -= 0.5 }, bad, "The integers cost accuracy: 47.30 % against 97.34 %."},
		{"clamped", func(p *Page) { p.Saturated = p.Updates / 10 }, watch, "10.00 % of the state values were clamped: 100,352,000 of 1,003,520,000."},
		{"test far below validation", func(p *Page) {
			for i := range p.Scores[:2] {
				p.Scores[i].Accuracy = 1
			}
			for i := range p.Scores[2:] {
				p.Scores[2+i].Accuracy = 0.67
			}
		}, watch, "Validation promises too much: 100.00 % are right there, and 67.00 % of the test data."},
		{"a few persons may differ", func(p *Page) {
			p.Scores[2].Accuracy, p.Scores[2].Error, p.Scores[2].Interval = 0.7, 0.2, &score.Interval{Low: 0.1, High: 0.95, Units: 2, Of: "persons"}
		}, watch, "Validation promises too much|That may be chance: test is of 2 persons."},
		{"a class never found", func(p *Page) {
			p.Confusion.Classes = []string{"walk", "sit", "lie"}
			p.Confusion.Counts[2] = []int{0, 18, 0}
		}, bad, "Something went wrong|Never found in the test data: lie (0 of 18)."},
		{"a class hardly found, one absent", func(p *Page) {
			p.Confusion.Classes = []string{"walk", "sit", "lie"}
			p.Confusion.Counts[1], p.Confusion.Counts[2] = []int{0, 0, 0}, []int{90, 0, 10}
		}, watch, "Hardly found in the test data: lie (10 of 100).|The test data has none of: sit"},
		{"windows of trained recordings", func(p *Page) {
			p.Shared = []data.Shared{{Part: "validation", What: "recordings", Sequences: 120, Of: 120, Number: 7}}
		}, watch, "All 120 windows of the validation part are of 7 recordings that training saw too|To mend it: record more"},
		{"all right, of few persons", func(p *Page) {
			p.Confusion = score.NewConfusion([]string{"a", "b"})
			p.Confusion.Counts = [][]int{{90, 0}, {0, 10}}
			for i := range p.Scores {
				p.Scores[i].Accuracy, p.Scores[i].Interval = 1, &score.Interval{Low: 0.5, High: 1, Units: 4, Of: "persons"}
			}
			p.Sequences, p.Scale = 450, trainer.Scale{Batch: 100, Rate: 0.001, Epochs: 20}
		}, watch, "right in 100.00 % of the test data, which is not clearly more than the 90.00 %|It tells the training data no better: more to test with would say more."},
		{"little better than guessing", func(p *Page) {
			p.Confusion = score.NewConfusion([]string{"a", "b"})
			p.Confusion.Counts = [][]int{{330, 170}, {165, 335}}
			for i := range p.Scores {
				p.Scores[i].Accuracy, p.Scores[i].Interval = 0.665, &score.Interval{Low: 0.63, High: 0.69, Units: 900, Of: "sequences"}
			}
			p.Sequences, p.Scale = 450, trainer.Scale{Batch: 100, Rate: 0.001, Epochs: 20}
			p.History[19].Accuracy = 0.6
		}, watch, "makes more than half of the mistakes of always deciding “a”|The optimiser took 100 steps only, and |are usual for 450 sequences: try  --set batch=16 --set epochs="},
		{"labels", func(p *Page) {
			p.Confusion = nil
			p.Labels = []score.LabelScore{{ClassScore: score.ClassScore{Name: "cough", Count: 40, Recall: 0}}}
			p.Scores[3].Baseline, p.Scores[3].MacroF1, p.Scores[3].BaselineF1 = 0.97, 0.2, 0.5
		}, bad, "It is no better than guessing: |macro F1 is 20.00 %, and 50.00 % of always saying yes|Never found in the test data: cough (0 of 40)"},
		{"never clamped", func(p *Page) { p.Saturated = 0 }, good, "No state value was clamped, in 1,003,520,000."},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := example(20, 3)
			for i := range p.History {
				p.History[i].Best = i == 19
			}
			test.change(&p)
			if v := verdict(findings(&p)); v.Mark != test.mark {
				t.Errorf("marked %s: %v", v.Mark.Class(), findings(&p))
			}
			text := rendered(t, p)
			for want := range strings.SplitSeq(test.want, "|") {
				if !strings.Contains(text, want) {
					t.Errorf("no %q among %v", want, findings(&p))
				}
			}
		})
	}
}

func BenchmarkRender(b *testing.B) {
	p := example(200, 10)
	for b.Loop() {
		if _, err := Render(p); err != nil {
			b.Fatal(err)
		}
	}
}

// TestRemarks demands that a regression no better than the mean is said to be so, and a better one is not.
func TestRemarks(t *testing.T) {
	p := Page{History: []trainer.Metrics{{Epoch: 1, Loss: 9, ValidLoss: 9, ValidScore: -9}, {Epoch: 2, Loss: 4, ValidLoss: 4, ValidScore: -4, Best: true}}}
	for _, c := range []struct {
		outputs []Output
		want    string
	}{
		{[]Output{{Name: "charge", RMSE: 20, R2: -0.1}}, "It is no better than always giving the mean: R² is −0.1"},
		{[]Output{{Name: "charge", RMSE: 2, R2: 0.25}}, "It explains 25.00 % of the variance. More epochs"},
		{[]Output{{Name: "charge", RMSE: 2, R2: 0.99}, {Name: "cycles", RMSE: 3, R2: 0.2}}, "It explains 20.00 % of the variance of cycles, the worst output."},
		{[]Output{{Name: "charge", RMSE: 2, R2: 0.9}}, ""},
	} {
		p.Scores = []Score{{Split: "test", Level: "real", Loss: 4, N: 10, Outputs: c.outputs}, {Split: "test", Level: "fixed", Loss: 4, N: 10, Outputs: c.outputs}}
		if got := Remarks(p); c.want == "" && len(got) != 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
			t.Errorf("remarks %q, want %q", got, c.want)
		}
		if text := rendered(t, p); !strings.Contains(text, "charge") {
			t.Error("the page does not name the output")
		}
	}
}
