package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/svg"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// StreamPage is everything that the page about decisions on recordings shows. All fields may be empty.
type StreamPage struct {
	Model, Command           string
	DataSet, Source, Licence string
	Notes                    []string
	Scores                   []StreamScore
}

// StreamScore is how good decisions about a part are at one level.
type StreamScore struct {
	Split, Level, Decide string
	stream.Score
	Curve []stream.Point
	Strip Strip
}

// Strip is a recording with what was decided at every step: classes, -1 where nothing counts.
type Strip struct {
	Name           string
	Period         float64 // seconds a step
	Truth, Decided []int32
}

var (
	//go:embed stream.html
	streamText string
	//go:embed stream.css
	streamStyle string
)

// streamTemplate shares its tables and figures with page.html.
var streamTemplate = template.Must(template.Must(pageTemplate.Clone()).New("stream").Parse(streamText))

// RenderStream gives the page about decisions on recordings. The same StreamPage gives the same bytes.
func RenderStream(p StreamPage) ([]byte, error) {
	var b bytes.Buffer
	if err := streamTemplate.Execute(&b, newStreamView(p)); err != nil {
		return nil, fmt.Errorf("rendering the report: %w", err)
	}
	return b.Bytes(), nil
}

// streamView is a StreamPage made ready for stream.html.
type streamView struct {
	StreamPage
	Style template.CSS
	Tiles []tile
	Parts []streamPart
	About [][2]string
}

// streamPart is a part of the data at one level.
type streamPart struct {
	Title, Decide      string
	Figures            []figure
	Strip              *figure
	Thresholds, Events table
}

func newStreamView(p StreamPage) streamView {
	v := streamView{StreamPage: p, Style: template.CSS(chartStyle + pageStyle + streamStyle)}
	for i, s := range p.Scores {
		if i == len(p.Scores)-1 {
			v.Tiles = streamTiles(&s)
		}
		part := streamPart{Title: s.Split + ", " + s.Level + " level", Decide: s.Decide, Thresholds: thresholdTable(&s), Events: eventTable(&s)}
		if f, ok := operating(&s); ok {
			part.Figures = append(part.Figures, f)
		}
		if s.Matrix != nil {
			if heat, ok := (confusion{s.Matrix}).heatMap(); ok {
				part.Figures = append(part.Figures, figure{Title: "Confusion of steps", Drawing: heat, Caption: "A row is a true class; colours are parts of a row."})
			}
		}
		if f, ok := s.Strip.figure(s.Score.Classes); ok {
			part.Strip = &f
		}
		v.Parts = append(v.Parts, part)
	}
	for _, line := range [][2]string{{"Data set", p.DataSet}, {"Source", p.Source}, {"Licence", p.Licence}} {
		if line[1] != "" {
			v.About = append(v.About, line)
		}
	}
	return v
}

func streamTiles(s *StreamScore) []tile {
	e := s.Events
	return []tile{
		{Name: "Events missed", Value: known(e.MissRate(), percent), Detail: decimal(float64(e.Misses), 0) + " of " + decimal(float64(e.Events), 0), Main: true},
		{Name: "False alarms an hour", Value: known(e.FalseAlarms.PerHour, three), Detail: decimal(float64(e.FalseAlarms.Count), 0) + " in " + significant(e.FalseAlarms.Hours, 3) + " h"},
		{Name: "Delay, median", Value: known(s.Delay.Median, inSeconds), Detail: "90 % within " + known(s.Delay.P90, inSeconds)},
		{Name: "Flicker an hour", Value: known(s.Flicker.PerHour, three), Detail: decimal(float64(s.Flicker.Count), 0) + " needless changes"},
		{Name: "Accuracy of steps", Value: known(s.Accuracy, percent), Detail: "macro F1 " + known(s.MacroF1, three)},
	}
}

// known spells a figure, or a dash where there is none.
func known(p score.Part, spell func(float64) string) string {
	if !p.Known() {
		return "–"
	}
	return spell(float64(p))
}

func three(v float64) string { return significant(v, 3) }

func inSeconds(v float64) string { return decimal(v, 2) + " s" }

func thresholdTable(s *StreamScore) table {
	t := table{Head: []string{"Threshold", "Missed", "False alarms an hour"}, Note: "The line in bold is the model's own threshold. Hold and smoothing are the same in all."}
	for _, p := range s.Curve {
		t.Rows = append(t.Rows, row{Kept: p.Chosen, Cells: []string{strconv.FormatFloat(p.Threshold, 'f', -1, 64), known(p.Misses, percent), known(p.FalseAlarms, three)}})
	}
	return t
}

func eventTable(s *StreamScore) table {
	t := table{Text: 1, Head: []string{"Class", "Events", "Missed", "False alarms an hour", "Precision", "Found after"}}
	for _, e := range s.ByClass {
		t.Rows = append(t.Rows, row{Cells: []string{e.Class, decimal(float64(e.Events), 0), decimal(float64(e.Misses), 0), known(e.FalseAlarms.PerHour, three),
			known(e.Precision, percent), known(e.Latency, inSeconds)}})
	}
	return t
}

// operating draws misses against false alarms an hour, on a logarithmic axis, for every threshold; false where no threshold makes
// any up, or there is nothing to miss. What has none stands at the left edge.
func operating(s *StreamScore) (figure, bool) {
	root := drawOperating(s.Curve)
	if root == nil {
		return figure{}, false
	}
	return figure{Title: "Events missed against false alarms", Drawing: html(root),
		Caption: "Each point is a threshold; the ring is the model's own. False alarms are on a logarithmic scale."}, true
}

// drawOperating gives the drawing of operating; nil where there is none.
func drawOperating(curve []stream.Point) *svg.Element {
	var alarms extent
	var points []stream.Point
	none := false
	for _, p := range curve {
		if !p.Misses.Known() || !p.FalseAlarms.Known() {
			continue
		}
		points = append(points, p)
		if p.FalseAlarms > 0 {
			alarms.see(float64(p.FalseAlarms))
		} else {
			none = true
		}
	}
	if !alarms.any {
		return nil
	}
	// Room at both ends, half a decade at the left where 0 stands there.
	alarms.lo, alarms.hi = alarms.lo/1.5, alarms.hi*1.5
	edge := alarms.lo
	if none {
		alarms.lo /= 3
		edge = alarms.lo
	}
	f := frame{logAxis(alarms), linearAxis(extent{0, 1, true}, 5, true)}
	if none {
		f.x.ticks = append([]tick{{edge, "0"}}, slices.DeleteFunc(f.x.ticks, func(t tick) bool { return t.at < 2*edge })...)
	}
	f.y.from, f.y.to = chartHeight-bottomMargin, topMargin
	f.x.from, f.x.to = f.y.margin(), chartWidth-rightMargin
	root := svg.Drawing("chart", "misses by false alarms an hour", chartWidth, chartHeight)
	f.grid(root, "false alarms an hour")
	root.Add(svg.Text(0, topMargin-14, "start", "missed"))
	var path []byte
	for i, p := range points {
		x, y := f.x.place(max(float64(p.FalseAlarms), edge)), f.y.place(float64(p.Misses))
		path = append(append(path, "ML"[min(i, 1)]), svg.Number(x)+" "+svg.Number(y)...)
	}
	root.Add(svg.New("path", "class", "line second", "d", string(path)))
	for _, p := range points {
		root.Add(operatingPoint(f, p, edge))
	}
	return root
}

func operatingPoint(f frame, p stream.Point, edge float64) *svg.Element {
	x, y := f.x.place(max(float64(p.FalseAlarms), edge)), f.y.place(float64(p.Misses))
	g := svg.New("g", "class", "point").Add(svg.New("circle", "class", "dot second", "cx", x, "cy", y, "r", 3))
	about := "threshold " + strconv.FormatFloat(p.Threshold, 'f', -1, 64) + ": " + percent(float64(p.Misses)) + " missed, " + three(float64(p.FalseAlarms)) + " an hour"
	if p.Chosen {
		g.Add(svg.New("circle", "class", "ring", "cx", x, "cy", y, "r", 6.5))
	}
	return g.Add(svg.Text(chartWidth-rightMargin, 11+textDrop, "end", about).With("class", "about"))
}

// Sizes of a strip, in units of which a wide screen shows about one pixel each.
const (
	stripWidth     = 1000.0
	stripRow       = 22.0 // of one class: what is true above, what is decided below
	stripBar       = 8.0
	mostStripped   = 30  // classes
	longestInStrip = 24  // letters of a class' name
	stripColumns   = 900 // places of their own; what is shorter shares one
)

// figure draws a strip: a row a class, with what is true in its upper half and what is decided below.
func (s Strip) figure(classes []score.ClassScore) (figure, bool) {
	var names []string
	for _, c := range classes {
		names = append(names, c.Name)
	}
	root := s.draw(names)
	if root == nil {
		return figure{}, false
	}
	return figure{Title: "One recording: " + s.Name, Drawing: html(root),
		Caption: "Above in each row what is true, below it what is decided: in green where it is right or nothing counts, in orange where it is wrong."}, true
}

// draw gives the drawing of figure; nil where there is nothing to draw, or too many classes.
func (s Strip) draw(classes []string) *svg.Element {
	if len(s.Truth) == 0 || len(classes) == 0 || len(classes) > mostStripped {
		return nil
	}
	letters := 0
	for _, c := range classes {
		letters = max(letters, len([]rune(shortenTo(longestInStrip, c))))
	}
	x := linearAxis(extent{0, float64(len(s.Truth)) * s.Period, true}, 10, false)
	x.from, x.to = float64(letters)*letterWidth+12, stripWidth-rightMargin
	height := float64(len(classes))*stripRow + bottomMargin + 6
	y := axis{from: height - bottomMargin}
	root := svg.Drawing("chart", "true and decided classes of "+s.Name, stripWidth, height)
	frame{x, y}.grid(root, "seconds")
	for class, c := range classes {
		top := float64(class)*stripRow + 4
		root.Add(svg.Line("grid", x.from, top+stripRow-3, x.to, top+stripRow-3), svg.Text(x.from-6, top+stripRow/2+textDrop-2, "end", shortenTo(longestInStrip, c)))
		s.bars(root, "true", x, top, s.Truth, int32(class), func(int) bool { return true })
		s.bars(root, "right", x, top+stripBar+1, s.Decided, int32(class), func(t int) bool { return s.Truth[t] < 0 || s.Truth[t] == int32(class) })
		s.bars(root, "wrong", x, top+stripBar+1, s.Decided, int32(class), func(t int) bool { return s.Truth[t] >= 0 && s.Truth[t] != int32(class) })
	}
	return root
}

// bars draws a bar for every stretch of a class; stretches within a place of the drawing are one.
func (s Strip) bars(root *svg.Element, class string, x axis, top float64, series []int32, of int32, shown func(t int) bool) {
	each := max(1, int(math.Ceil(float64(len(series))/stripColumns)))
	in := func(column int) bool {
		for t := column * each; t < min((column+1)*each, len(series)); t++ {
			if series[t] == of && shown(t) {
				return true
			}
		}
		return false
	}
	columns := (len(series) + each - 1) / each
	for from := 0; from < columns; {
		if !in(from) {
			from++
			continue
		}
		to := from + 1
		for to < columns && in(to) {
			to++
		}
		left, right := x.place(float64(from*each)*s.Period), x.place(float64(min(to*each, len(series)))*s.Period)
		root.Add(svg.Rect("strip "+class, left, top, right-left, stripBar))
		from = to
	}
}
