package report

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/svg"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// Drawing is a chart of values over epochs on its own, for pages of Markdown.
type Drawing struct {
	Title string // what the values are
	Log   bool   // the axis of values may be logarithmic
	Lines []Line // of at most four names
}

// Line is a value for each epoch from 1 on. Lines of one name look alike, such as those of several seeds.
type Line struct {
	Name   string
	Values []float64
}

// drawnWide is how wide a drawing is shown, in pixels.
const drawnWide = 640

// lineClasses are the looks of lines, in the order of their names.
var lineClasses = []string{"first", "second", "third", "fourth"}

// SVG gives the drawing with its colours in it; nil when there is nothing to draw.
func (d Drawing) SVG() []byte {
	c := curves{title: d.Title, best: -1, logs: d.Log}
	classes, epochs := map[string]string{}, 0
	for _, l := range d.Lines {
		if classes[l.Name] == "" {
			classes[l.Name] = lineClasses[len(classes)%len(lineClasses)]
		}
		epochs = max(epochs, len(l.Values))
	}
	for e := range epochs {
		c.epochs = append(c.epochs, e+1)
	}
	for _, l := range d.Lines {
		values := append(make([]float64, 0, epochs), l.Values...)
		for len(values) < epochs {
			values = append(values, math.NaN()) // it ended early
		}
		c.series = append(c.series, series{l.Name, classes[l.Name] + " thin", values})
	}
	root, _, ok := c.draw()
	if !ok {
		return nil
	}
	return alone(root.With("width", svg.Number(drawnWide)).With("height", svg.Number(drawnWide*chartHeight/chartWidth)))
}

// alone is a drawing as a file, with its colours in it.
func alone(root *svg.Element) []byte {
	return root.AddFirst(svg.New("style").Say(chartStyle), svg.New("rect", "class", "paper", "width", "100%", "height", "100%")).File()
}

// Matrix is a confusion of classes on its own; nil where there are too many.
func Matrix(c *score.Confusion) []byte {
	root := confusion{c}.draw()
	if root == nil {
		return nil
	}
	return alone(root)
}

// SVG gives the strip on its own; nil where there is nothing to draw.
func (s Strip) SVG(classes []string) []byte {
	root := s.draw(classes)
	if root == nil {
		return nil
	}
	root.With("width", svg.Number(stripWidth)).With("style", "min-width:640px")
	return alone(root.Add(svg.New("style").Say(streamStyle)))
}

// Operating is a curve of missed events against false alarms on its own; nil where no threshold makes any up.
func Operating(curve []stream.Point) []byte {
	root := drawOperating(curve)
	if root == nil {
		return nil
	}
	root.With("width", svg.Number(drawnWide)).With("height", svg.Number(drawnWide*chartHeight/chartWidth))
	return alone(root.Add(svg.New("style").Say(streamStyle)))
}

// Numbers are what a regression said against what was to be said, on their own; nil where there are none.
type Numbers struct {
	Want, Said string // the names of the axes, with their unit
	Points     [][2]float64
}

// SVG gives the drawing, whose line is where what is said is right.
func (n Numbers) SVG() []byte {
	var e extent
	for _, p := range n.Points {
		e.see(p[0])
		e.see(p[1])
	}
	if !e.any {
		return nil
	}
	f := frame{linearAxis(e, 6, false), linearAxis(e, 6, false)}
	f.y.from, f.y.to = scatterHeight-bottomMargin, topMargin
	f.x.from, f.x.to = f.y.margin(), chartWidth-rightMargin
	root := svg.Drawing("chart", n.Said+" by "+n.Want, chartWidth, scatterHeight)
	root.With("width", svg.Number(drawnWide)).With("height", svg.Number(drawnWide*scatterHeight/chartWidth))
	f.grid(root, n.Want)
	root.Add(svg.Text(0, topMargin-14, "start", n.Said), svg.Line("line reach", f.x.place(e.lo), f.y.place(e.lo), f.x.place(e.hi), f.y.place(e.hi)))
	for _, p := range n.Points {
		about := svg.New("title").Say(significant(p[0], 3) + ", said " + significant(p[1], 3))
		root.Add(svg.New("circle", "class", "dot first", "cx", f.x.place(p[0]), "cy", f.y.place(p[1]), "r", 2.5).Add(about))
	}
	return alone(root)
}
