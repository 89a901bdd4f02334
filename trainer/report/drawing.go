package report

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/svg"
)

// Drawing is a chart of values over epochs on its own, for pages of Markdown.
type Drawing struct {
	Title string // what the values are
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
	c := curves{title: d.Title, best: -1}
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
	root.With("width", svg.Number(drawnWide)).With("height", svg.Number(drawnWide*chartHeight/chartWidth))
	root.AddFirst(svg.New("style").Say(chartStyle), svg.Rect("paper", 0, 0, chartWidth, chartHeight))
	return root.File()
}
