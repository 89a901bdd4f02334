package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/svg"
)

// Sizes of a scatter plot beside those of every chart.
const (
	scatterHeight  = 295.0
	smallestCircle = 4.0
	largestCircle  = 12.0
	lineHeight     = 15.0
	// costsWorthLogs is the ratio of the largest to the smallest from which x is logarithmic: costs double and halve.
	costsWorthLogs = 8.0
)

// point is one circle of a scatter plot.
type point struct {
	x, y, size float64
	number     int       // shown beside it; 0 for none
	class      string    // what search.css gives colour to
	about      [2]string // two lines under the pointer
}

// scatter is a plot of points, whose areas are a third dimension.
type scatter struct {
	title, name, caption string // name is the x axis'
	points               []point
	limits               extent // of y
}

// figure draws the plot; false when it has nothing drawable.
func (s scatter) figure() (figure, bool) {
	var x, size extent
	var points []point
	var heights []float64
	for _, p := range s.points {
		if drawable(p.x) && drawable(p.y) && drawable(p.size) {
			points, heights = append(points, p), append(heights, p.y)
			x.see(p.x)
			size.see(p.size)
		}
	}
	y, ok := curves{series: []series{{values: heights}}, limits: s.limits}.yAxis()
	if !ok {
		return figure{}, false
	}
	f := frame{roomyAxis(x), y}
	f.y.from, f.y.to = scatterHeight-bottomMargin, topMargin+lineHeight
	f.x.from, f.x.to = f.y.margin(), chartWidth-rightMargin-largestCircle // and its number
	root := svg.Drawing("chart", s.title+" by "+s.name, chartWidth, scatterHeight)
	f.grid(root, s.name)
	// Large circles lie below small ones, and numbered ones above all.
	slices.SortStableFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(min(a.number, 1), min(b.number, 1)), cmp.Compare(b.size, a.size))
	})
	for _, p := range points {
		root.Add(p.draw(f, size))
	}
	out := figure{Title: s.title, Drawing: html(root), Caption: s.caption}
	if f.x.log {
		out.Caption += " The " + s.name + " are on a logarithmic scale."
	}
	return out, true
}

// roomyAxis leaves room for half a circle at both ends.
func roomyAxis(e extent) axis {
	if e.lo > 0 && e.hi/e.lo > costsWorthLogs {
		return logAxis(extent{e.lo / 1.2, e.hi * 1.2, true})
	}
	return linearAxis(e, 5, true)
}

// draw is the circle with what is shown under the pointer.
func (p point) draw(f frame, size extent) *svg.Element {
	x, y, r := f.x.place(p.x), f.y.place(p.y), p.radius(size)
	g := svg.New("g", "class", "point "+p.class).Add(svg.New("circle", "cx", x, "cy", y, "r", r))
	if p.number > 0 {
		g.Add(svg.Text(x+r+2, y+textDrop, "start", strconv.Itoa(p.number)).With("class", "number"))
	}
	for i, text := range p.about {
		g.Add(svg.Text(chartWidth-rightMargin, 11+float64(i)*lineHeight, "end", text).With("class", "about"))
	}
	return g
}

// radius makes areas grow evenly with the size.
func (p point) radius(size extent) float64 {
	if size.lo == size.hi {
		return (smallestCircle + largestCircle) / 2
	}
	part := (p.size - size.lo) / (size.hi - size.lo)
	return math.Sqrt(smallestCircle*smallestCircle + part*(largestCircle*largestCircle-smallestCircle*smallestCircle))
}
