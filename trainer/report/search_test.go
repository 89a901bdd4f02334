package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/search"
)

// exampleSearch is a page about n candidates.
func exampleSearch(n int) SearchPage {
	rng := rand.New(rand.NewPCG(3, 4))
	p := SearchPage{Model: "digits", DataSet: "curves", Source: "generated", Licence: "none needed",
		Notes: []string{"2,000 sequences validate."}, Settings: [][2]string{{"units", "32, 64"}, {"epochs", "5"}}}
	for i := range n {
		units := 8 << rng.IntN(6)
		s := search.Settings{Units: units, Block: []int{0, 4}[rng.IntN(2)], Weights: "int4", StateBits: 16, Rate: 0.001 * float64(1+i)}
		accuracy := 1 - 1/math.Sqrt(float64(units))*rng.Float64()
		p.Candidates = append(p.Candidates, search.Candidate{Name: s.Name(), Settings: s, Epochs: 5, Accuracy: accuracy, Real: accuracy,
			Costs: search.Costs{Bytes: 10 * units, Adds: units * (s.Block + 4)}})
	}
	search.Pareto(p.Candidates, p.Goal)
	return p
}

func renderedSearch(t testing.TB, p SearchPage) string {
	t.Helper()
	text, err := RenderSearch(p)
	if err != nil {
		t.Fatal(err)
	}
	checkDrawings(t, string(text))
	return string(text)
}

// TestSearchPage counts circles and rows: every candidate has one in each plot, and those of the front a number.
func TestSearchPage(t *testing.T) {
	p := exampleSearch(30)
	p.Candidates[0].Error, p.Candidates[0].Front = "training diverged", false
	p.Candidates[1].Dropped, p.Candidates[1].Front = true, false
	onFront := 0
	for _, c := range p.Candidates {
		if c.Front {
			onFront++
		}
	}
	text := renderedSearch(t, p)
	for pattern, want := range map[string]int{
		`<circle `: 2 * 29, `class="point front"`: 2 * onFront, `class="number">`: 2 * onFront, `class="point dropped"`: 2, `<tr class="kept">`: onFront,
		`dropped after 5 epochs`: 2, `training diverged`: 1, `Dashed ones`: 2, `of 30 candidates`: 1,
	} {
		if n := len(regexp.MustCompile(pattern).FindAllString(text, -1)); n != want {
			t.Errorf("%s: %d times, want %d", pattern, n, want)
		}
	}
	if renderedSearch(t, p) != text {
		t.Error("two pages about one search differ")
	}
	for _, outside := range []string{"<script", "<link", "<img", "@import", "url(", "src=", "href="} {
		if strings.Contains(text, outside) {
			t.Errorf("the page asks for something: %s", outside)
		}
	}
}

func TestSearchPageOfARegression(t *testing.T) {
	p := exampleSearch(8)
	p.Regression = true
	for i := range p.Candidates {
		p.Candidates[i].Accuracy, p.Candidates[i].Real = -0.25, -0.2
	}
	text := renderedSearch(t, p)
	if strings.Contains(text, "−") || strings.Contains(text, "Accuracy") || strings.Contains(text, "25.00 %") || !strings.Contains(text, "0.25") {
		t.Error("a regression shows an accuracy, or a negative loss")
	}
}

// TestOddSearches renders what no healthy search gives; renderedSearch checks every drawing.
func TestOddSearches(t *testing.T) {
	const hostile = `</title><svg/onload=x()>&"'` + "\x00\xff{{.}}"
	pages := map[string]SearchPage{"empty": {}, "one": exampleSearch(1), "many": exampleSearch(500)}
	same := exampleSearch(3)
	for i := range same.Candidates {
		same.Candidates[i].Bytes, same.Candidates[i].Adds, same.Candidates[i].Accuracy = 0, 0, 0
	}
	pages["all the same"] = same
	names := exampleSearch(2)
	names.Model, names.Candidates[0].Name, names.Candidates[0].Weights = hostile, hostile, hostile
	names.Candidates[1].Error, names.Candidates[1].Front = hostile, false
	pages["hostile"] = names
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e308, 5e-324} {
		p := exampleSearch(3)
		p.Candidates[0].Accuracy, p.Candidates[0].Real, p.Candidates[0].Rate = v, v, v
		pages[fmt.Sprint(v)] = p
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			text := renderedSearch(t, p)
			for _, raw := range []string{"<svg/onload", "</title><svg/", "\x00"} {
				if strings.Contains(text, raw) {
					t.Errorf("%q stands in the page", raw)
				}
			}
		})
	}
}
