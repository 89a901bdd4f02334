package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/search"
)

// SearchPage is everything that the page about a search shows. All fields may be empty.
type SearchPage struct {
	Model                    string
	DataSet, Source, Licence string
	Notes                    []string
	Settings                 [][2]string
	Regression               bool // the score is a negative loss
	Goal                     search.Goal
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
	Style          template.CSS
	Tiles          []tile
	Plots          []figure
	Compared       string // what candidates are compared by
	Front, All     table
	Beyond, Failed table
	About          [][2]string
}

func newSearchView(p SearchPage) searchView {
	v := searchView{SearchPage: p, Style: template.CSS(chartStyle + pageStyle + searchStyle)}
	v.Candidates = slices.Clone(p.Candidates)
	v.Compared = v.compared()
	slices.SortStableFunc(v.Candidates, func(a, b search.Candidate) int {
		for _, f := range p.Goal.Figures() {
			if order := cmp.Compare(f.Of(&a.Costs), f.Of(&b.Costs)); order != 0 {
				return order
			}
		}
		return cmp.Compare(a.Accuracy, b.Accuracy)
	})
	v.Front, v.All = v.searchTable("#"), v.searchTable("")
	v.All.Text, v.All.Head = 2, append(v.All.Head, "Epochs")
	v.Failed = table{Text: 2, Head: []string{"Candidate", "Why"}}
	v.Beyond = table{Text: 2, Head: []string{"Candidate", "What is in the way"}}
	number := 0
	for i := range v.Candidates {
		c := &v.Candidates[i]
		if c.Refused != "" {
			v.Beyond.Rows = append(v.Beyond.Rows, row{Cells: []string{c.Name, c.Error}})
			continue
		}
		if c.Error != "" {
			v.Failed.Rows = append(v.Failed.Rows, row{Cells: []string{c.Name, c.Error}})
			continue
		}
		if c.Missed != "" {
			v.Beyond.Rows = append(v.Beyond.Rows, row{Cells: []string{c.Name, c.Missed}})
		}
		if c.Front {
			number++
			v.Front.Rows = append(v.Front.Rows, row{Cells: append([]string{strconv.Itoa(number)}, v.cells(c)...)})
		}
		v.All.Rows = append(v.All.Rows, row{Kept: c.Front, Cells: append(v.cells(c), strconv.Itoa(c.Epochs))})
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

// compared names what candidates are compared by: accuracy, bytes and additions a step.
func (v *searchView) compared() string {
	names := []string{strings.ToLower(v.scoreName())}
	if v.Goal.ByF1() {
		names[0] = v.scoreName()
	}
	for _, f := range v.Goal.Figures() {
		names = append(names, f.Title)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func (v *searchView) scoreName() string {
	switch {
	case v.Regression:
		return "Loss"
	case v.Goal.ByF1():
		return "macro F1"
	}
	return "Accuracy"
}

// searchTable is an empty table of candidates, behind a first column where it has a name.
func (v *searchView) searchTable(first string) table {
	score := []string{"Accuracy", "Real level"}
	if v.Regression {
		score[0] = "Loss"
	}
	if v.hasF1() {
		score = append(score, "Macro F1")
	}
	t := table{Text: 3, Head: append(append([]string{"Candidate", "Weights", "Units", "Block", "State bits", "Rate"}, v.varied()...), score...)}
	for _, f := range v.Goal.Figures() {
		t.Head = append(t.Head, strings.ToUpper(f.Title[:1])+f.Title[1:])
	}
	if first != "" {
		t.Head = append([]string{first}, t.Head...)
	}
	return t
}

// varied are the keys of what else the candidates differ in.
func (v *searchView) varied() []string {
	if len(v.Candidates) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(v.Candidates[0].Vary))
}

func (v *searchView) hasF1() bool {
	return slices.ContainsFunc(v.Candidates, func(c search.Candidate) bool { return c.F1 != nil })
}

func (v *searchView) cells(c *search.Candidate) []string {
	out := []string{c.Name, c.Weights, decimal(float64(c.Units), 0), Block(c.Block), strconv.Itoa(c.StateBits), rateText(c.Rate)}
	for _, key := range v.varied() {
		out = append(out, c.Vary[key])
	}
	out = append(out, v.score(c.Accuracy), v.score(c.Real))
	switch {
	case c.F1 != nil:
		out = append(out, v.score(*c.F1))
	case v.hasF1():
		out = append(out, "")
	}
	for _, f := range v.Goal.Figures() {
		out = append(out, decimal(float64(f.Of(&c.Costs)), 0))
	}
	return out
}

// rateText prints a learning rate as it was given.
func rateText(rate float64) string { return strconv.FormatFloat(rate, 'g', -1, 64) }

// Block names the order of blocks as --block does.
func Block(block int) string {
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
func (v *searchView) searchTiles(onFront int) []tile {
	var front []*search.Candidate
	for i := range v.Candidates {
		if v.Candidates[i].Front {
			front = append(front, &v.Candidates[i])
		}
	}
	if len(front) == 0 {
		return nil
	}
	best := slices.MaxFunc(front, func(a, b *search.Candidate) int { return cmp.Compare(v.Goal.Score(a), v.Goal.Score(b)) })
	name := "Most accurate"
	if v.Goal.ByF1() {
		name = "Best macro F1"
	}
	tiles := []tile{{Name: name, Value: v.score(v.Goal.Score(best)), Detail: best.Name, Main: true}}
	for _, f := range v.Goal.Figures() {
		least := slices.MinFunc(front, func(a, b *search.Candidate) int { return cmp.Compare(f.Of(&a.Costs), f.Of(&b.Costs)) })
		tiles = append(tiles, tile{Name: "Least: " + f.Title, Value: decimal(float64(f.Of(&least.Costs)), 0), Detail: least.Name})
	}
	return append(tiles, tile{Name: "On the front", Value: decimal(float64(onFront), 0), Detail: "of " + diag.GroupedCount(len(v.Candidates), "candidate")})
}

// plots show the score over each of the costs, with the cost behind it as the circles' area.
func (v *searchView) plots() []figure {
	title, limits := v.scoreName()+", %", extent{0, 100, true}
	if v.Regression {
		title, limits = "Loss", extent{}
	}
	figures := v.Goal.Figures()
	var out []figure
	for k, f := range figures {
		area := figures[(k+1)%len(figures)]
		s := scatter{title: title, name: f.Title, limits: limits, caption: "A larger circle takes more " + area.Title + "."}
		number := 0
		for i := range v.Candidates {
			c := &v.Candidates[i]
			if c.Error != "" {
				continue
			}
			p := point{y: 100 * v.Goal.Score(c), about: v.about(c), x: float64(f.Of(&c.Costs)), size: float64(area.Of(&c.Costs))}
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
			s.points = append(s.points, p)
		}
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
	costs := v.score(v.Goal.Score(c))
	for _, f := range v.Goal.Figures() {
		costs += ", " + decimal(float64(f.Of(&c.Costs)), 0) + " " + f.Title
	}
	if c.Dropped {
		costs += ", dropped after " + diag.GroupedCount(c.Epochs, "epoch")
	}
	settings := fmt.Sprintf("%s, %s, %s, int%d, rate %s", diag.GroupedCount(c.Units, "unit"), block, c.Weights, c.StateBits, rateText(c.Rate))
	for _, key := range v.varied() {
		settings += ", " + key + " " + c.Vary[key]
	}
	return [2]string{settings, costs}
}
