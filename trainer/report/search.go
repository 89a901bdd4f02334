package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/trainer/search"
)

// SearchPage is everything that the page about a search shows. All fields may be empty.
type SearchPage struct {
	Model, Command           string
	DataSet, Source, Licence string
	Notes                    []string
	Settings                 [][2]string
	Regression               bool // the score is a negative loss
	Candidates               []search.Candidate
}

var (
	//go:embed search.html
	searchText string
	//go:embed search.css
	searchStyle string
)

// searchTemplate shares its tables and figures with page.html.
var searchTemplate = template.Must(template.Must(pageTemplate.Clone()).New("search").Parse(searchText))

// RenderSearch gives the page about a search. The same SearchPage gives the same bytes.
func RenderSearch(p SearchPage) ([]byte, error) {
	var b bytes.Buffer
	if err := searchTemplate.Execute(&b, newSearchView(p)); err != nil {
		return nil, fmt.Errorf("rendering the report: %w", err)
	}
	return b.Bytes(), nil
}

// searchView is a SearchPage made ready for search.html.
type searchView struct {
	SearchPage
	Style              template.CSS
	Tiles              []tile
	Plots              []figure
	Front, All, Failed table
	About              [][2]string
}

func newSearchView(p SearchPage) searchView {
	v := searchView{SearchPage: p, Style: template.CSS(chartStyle + pageStyle + searchStyle)}
	v.Candidates = slices.Clone(p.Candidates)
	slices.SortStableFunc(v.Candidates, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Adds, b.Adds), cmp.Compare(a.Accuracy, b.Accuracy))
	})
	v.Front, v.All = v.searchTable("#"), v.searchTable("")
	v.All.Text, v.All.Head = 2, append(v.All.Head, "Epochs", "Seconds")
	v.Failed = table{Text: 2, Head: []string{"Candidate", "Why"}}
	number := 0
	for i := range v.Candidates {
		c := &v.Candidates[i]
		if c.Error != "" {
			v.Failed.Rows = append(v.Failed.Rows, row{Cells: []string{c.Name, c.Error}})
			continue
		}
		if c.Front {
			number++
			v.Front.Rows = append(v.Front.Rows, row{Cells: append([]string{strconv.Itoa(number)}, v.cells(c)...)})
		}
		v.All.Rows = append(v.All.Rows, row{Kept: c.Front, Cells: append(v.cells(c), strconv.Itoa(c.Epochs), decimal(c.Seconds, 1))})
	}
	v.Front.Note = "Each has a folder of its name with its model and weights, ready to be compiled."
	v.Tiles = v.searchTiles(number)
	v.Plots = v.plots()
	for _, line := range [][2]string{{"Data set", p.DataSet}, {"Source", p.Source}, {"Licence", p.Licence}} {
		if line[1] != "" {
			v.About = append(v.About, line)
		}
	}
	return v
}

// searchTable is an empty table of candidates, behind a first column where it has a name.
func (v *searchView) searchTable(first string) table {
	score := "Accuracy"
	if v.Regression {
		score = "Loss"
	}
	t := table{Text: 3, Head: []string{"Candidate", "Weights", "Units", "Block", "State bits", "Rate", score, "Real level", "Bytes", "Additions"}}
	if first != "" {
		t.Head = append([]string{first}, t.Head...)
	}
	return t
}

func (v *searchView) cells(c *search.Candidate) []string {
	return []string{c.Name, c.Weights, decimal(float64(c.Units), 0), blockText(c.Block), strconv.Itoa(c.StateBits), rateText(c.Rate),
		v.score(c.Accuracy), v.score(c.Real), decimal(float64(c.Bytes), 0), decimal(float64(c.Adds), 0)}
}

// rateText prints a learning rate as it was given.
func rateText(rate float64) string { return strconv.FormatFloat(rate, 'g', -1, 64) }

func blockText(block int) string {
	if block == 0 {
		return "full"
	}
	return decimal(float64(block), 0)
}

// score prints an accuracy, or the loss of a regression.
func (v *searchView) score(s float64) string {
	if v.Regression {
		return significant(-s, 4)
	}
	return percent(s)
}

// searchTiles answers how good the best is and how small the smallest.
func (v *searchView) searchTiles(front int) []tile {
	var best, smallest, quickest *search.Candidate
	seconds := 0.0
	for i := range v.Candidates {
		c := &v.Candidates[i]
		seconds += c.Seconds
		if !c.Front {
			continue
		}
		if best == nil || c.Accuracy > best.Accuracy {
			best = c
		}
		if smallest == nil || c.Bytes < smallest.Bytes {
			smallest = c
		}
		if quickest == nil || c.Adds < quickest.Adds {
			quickest = c
		}
	}
	if best == nil {
		return nil
	}
	return []tile{
		{Name: "Most accurate", Value: v.score(best.Accuracy), Detail: best.Name, Main: true},
		{Name: "Fewest bytes", Value: decimal(float64(smallest.Bytes), 0), Detail: smallest.Name},
		{Name: "Fewest additions a step", Value: decimal(float64(quickest.Adds), 0), Detail: quickest.Name},
		{Name: "On the front", Value: decimal(float64(front), 0), Detail: "of " + counted(len(v.Candidates), "candidate")},
		{Name: "Training time", Value: duration(seconds)},
	}
}

// plots show the score over each of the two costs, with the other as the circles' area.
func (v *searchView) plots() []figure {
	title, limits := "Accuracy, %", extent{0, 100, true}
	if v.Regression {
		title, limits = "Loss", extent{}
	}
	bytes := scatter{title: title, name: "bytes", limits: limits, caption: "A larger circle makes more additions a step."}
	adds := scatter{title: title, name: "additions a step", limits: limits, caption: "A larger circle has more bytes."}
	number := 0
	for i := range v.Candidates {
		c := &v.Candidates[i]
		if c.Error != "" {
			continue
		}
		p := point{y: 100 * c.Accuracy, about: v.about(c)}
		if v.Regression {
			p.y = -c.Accuracy
		}
		switch {
		case c.Front:
			number++
			p.class, p.number = "front", number
		case c.Dropped:
			p.class = "dropped"
		}
		p.x, p.size = float64(c.Bytes), float64(c.Adds)
		bytes.points = append(bytes.points, p)
		p.x, p.size = p.size, p.x
		adds.points = append(adds.points, p)
	}
	var out []figure
	for _, s := range []scatter{bytes, adds} {
		if slices.ContainsFunc(s.points, func(p point) bool { return p.class == "dropped" }) {
			s.caption += " Dashed ones were dropped before their last epoch."
		}
		if f, ok := s.figure(); ok {
			out = append(out, f)
		}
	}
	return out
}

// about is what the pointer shows of a candidate.
func (v *searchView) about(c *search.Candidate) [2]string {
	block := "one block"
	if c.Block > 0 {
		block = "blocks of " + decimal(float64(c.Block), 0)
	}
	costs := v.score(c.Accuracy) + ", " + decimal(float64(c.Bytes), 0) + " bytes, " + decimal(float64(c.Adds), 0) + " additions"
	if c.Dropped {
		costs += ", dropped after " + counted(c.Epochs, "epoch")
	}
	return [2]string{fmt.Sprintf("%s, %s, %s, int%d, rate %s", counted(c.Units, "unit"), block, c.Weights, c.StateBits, rateText(c.Rate)), costs}
}
