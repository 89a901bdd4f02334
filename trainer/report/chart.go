package report

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/svg"
)

// Sizes of a chart, in units of which a narrow phone shows four fifths of a pixel each, and a wide screen about one.
const (
	chartWidth   = 400.0
	chartHeight  = 240.0
	letterWidth  = 6.6  // of a digit of the 12-unit text that svg.Style sets
	textDrop     = 4.0  // from the middle of a line of text to its baseline
	topMargin    = 34.0 // for the legend, and the name of a marked epoch
	bottomMargin = 38.0 // for tick labels and the axis' name
	rightMargin  = 8.0
)

// Most of what a chart draws, so that a run of a million epochs gives a page that opens.
const (
	mostPoints = 800 // of a line: two a unit
	mostBars   = 120
	mostBands  = 200 // places that show their values under the pointer
)

// series is one line of a chart: a value for every x.
type series struct {
	name   string
	class  string // what chart.css gives colour and dash to
	values []float64
}

// curves is a chart of values over epochs.
type curves struct {
	title  string
	epochs []int
	series []series
	bars   bool // instead of lines
	zero   bool // the axis starts at zero
	logs   bool // the axis may be logarithmic
	limits extent
	best   int                    // index of the kept epoch, or -1
	show   func(v float64) string // prints a value under the pointer; nil for none
}

// figure is a chart with its heading and what stands under it.
type figure struct {
	Title   string
	Drawing template.HTML
	Caption string
}

// frame is where a chart's data goes.
type frame struct {
	x, y axis
}

// figure draws the chart; false when it has nothing drawable.
func (c curves) figure() (figure, bool) {
	root, y, ok := c.draw()
	if !ok {
		return figure{}, false
	}
	out := figure{Title: c.title, Drawing: html(root)}
	if y.log {
		out.Caption = "logarithmic"
	}
	if n := c.perBar(); c.bars && n > 1 {
		out.Caption = "a bar is the mean of " + strconv.Itoa(n) + " epochs"
	}
	return out, true
}

// draw gives the drawing and its axis of values.
func (c curves) draw() (root *svg.Element, y axis, ok bool) {
	if y, ok = c.yAxis(); !ok {
		return nil, y, false
	}
	f := c.frame(y)
	root = svg.Drawing("chart", c.title+" by epoch", chartWidth, chartHeight)
	f.grid(root, "epoch")
	if c.bars {
		c.drawBars(root, f)
	} else {
		c.drawLines(root, f)
	}
	c.drawBest(root, f)
	c.legend(root)
	if c.show != nil {
		c.bands(root, f)
	}
	return root, y, true
}

func (c curves) yAxis() (axis, bool) {
	var e extent
	for _, s := range c.series {
		for _, v := range s.values {
			e.see(v)
		}
	}
	if !e.any {
		return axis{}, false
	}
	if c.logs && e.logs() {
		return logAxis(e), true
	}
	if c.zero {
		e.see(0)
	}
	if c.zero && e.hi == 0 {
		e.hi = 1
	}
	a := linearAxis(e, 5, true)
	if c.limits.any {
		a.lo, a.hi = max(a.lo, c.limits.lo), min(a.hi, c.limits.hi)
		within := a.ticks[:0]
		for _, t := range a.ticks {
			if t.at >= a.lo && t.at <= a.hi {
				within = append(within, t)
			}
		}
		a.ticks = within
	}
	return a, true
}

func (c curves) frame(y axis) frame {
	var e extent
	for _, n := range c.epochs {
		e.see(float64(n))
	}
	if c.bars {
		// Room for half a bar at both ends.
		e.lo, e.hi = e.lo-0.5, e.hi+0.5
	}
	x := wholeAxis(e, 6)
	y.from, y.to = chartHeight-bottomMargin, topMargin
	x.from, x.to = y.margin(), chartWidth-rightMargin
	return frame{x, y}
}

// margin is the room that an axis' labels need to the left of it.
func (a axis) margin() float64 {
	letters := 2
	for _, t := range a.ticks {
		letters = max(letters, len([]rune(t.text)))
	}
	return float64(letters)*letterWidth + 10
}

// grid draws the axes, with a line across for every tick of y.
func (f frame) grid(root *svg.Element, name string) {
	for _, t := range f.y.ticks {
		y := f.y.place(t.at)
		root.Add(svg.Line("grid", f.x.from, y, f.x.to, y), svg.Text(f.x.from-6, y+textDrop, "end", t.text))
	}
	root.Add(svg.Line("axis", f.x.from, f.y.from, f.x.to, f.y.from))
	for _, t := range f.x.ticks {
		x := f.x.place(t.at)
		half := float64(len([]rune(t.text))) * letterWidth / 2
		root.Add(svg.Line("axis", x, f.y.from, x, f.y.from+4), svg.Text(min(x, max(chartWidth, f.x.to+rightMargin)-half), f.y.from+16, "middle", t.text))
	}
	if name != "" {
		root.Add(svg.Text((f.x.from+f.x.to)/2, f.y.from+31, "middle", name))
	}
}

func (c curves) drawLines(root *svg.Element, f frame) {
	for _, s := range c.series {
		var path strings.Builder
		pen := "M"
		points := c.thin(s.values)
		for k, i := range points {
			v := s.values[i]
			if !drawable(v) {
				pen = "M"
				continue
			}
			x, y := f.x.place(float64(c.epochs[i])), f.y.place(v)
			path.WriteString(pen + svg.Number(x) + " " + svg.Number(y))
			pen = "L"
			// A point without a neighbour would be invisible as a line.
			before := k > 0 && drawable(s.values[points[k-1]])
			after := k+1 < len(points) && drawable(s.values[points[k+1]])
			if !before && !after {
				root.Add(svg.New("circle", "class", "dot "+s.class, "cx", x, "cy", y, "r", 3))
			}
		}
		root.Add(svg.New("path", "class", "line "+s.class, "d", path.String()))
	}
}

// thin gives the indices of the values that a line goes through: all, or the smallest and the largest of every few.
func (c curves) thin(values []float64) []int {
	every := 1
	if len(values) > mostPoints {
		every = (2*len(values) + mostPoints - 1) / mostPoints
	}
	var out []int
	for from := 0; from < len(values); from += every {
		lo, hi := from, from
		for i := from; i < min(from+every, len(values)); i++ {
			if values[i] < values[lo] || !drawable(values[lo]) {
				lo = i
			}
			if values[i] > values[hi] || !drawable(values[hi]) {
				hi = i
			}
		}
		out = append(out, min(lo, hi))
		if lo != hi {
			out = append(out, max(lo, hi))
		}
	}
	return out
}

// perBar is how many epochs a bar stands for.
func (c curves) perBar() int { return (len(c.epochs) + mostBars - 1) / mostBars }

func (c curves) drawBars(root *svg.Element, f frame) {
	every := c.perBar()
	values := c.series[0].values
	for from := 0; from < len(values); from += every {
		sum, n := 0.0, 0
		to := min(from+every, len(values))
		for _, v := range values[from:to] {
			if drawable(v) {
				sum += v
				n++
			}
		}
		if n == 0 {
			continue
		}
		left, right := f.x.place(float64(c.epochs[from])-0.5), f.x.place(float64(c.epochs[to-1])+0.5)
		gap := min((right-left)*0.2, 4)
		width := min(right-left-gap, 40)
		top := f.y.place(sum / float64(n))
		root.Add(svg.Rect("bar "+c.series[0].class, (left+right-width)/2, top, width, f.y.from-top))
	}
}

// drawBest marks the kept epoch, and its point on the last line.
func (c curves) drawBest(root *svg.Element, f frame) {
	if c.best < 0 || c.best >= len(c.epochs) {
		return
	}
	x := f.x.place(float64(c.epochs[c.best]))
	root.Add(svg.Line("best", x, f.y.to, x, f.y.from), svg.Text(min(x, chartWidth-2*letterWidth), f.y.to-6, "middle", "kept"))
	last := c.series[len(c.series)-1]
	if v := last.values[c.best]; drawable(v) && !c.bars {
		root.Add(svg.New("circle", "class", "dot "+last.class, "cx", x, "cy", f.y.place(v), "r", 4))
	}
}

// legend names the lines, those of one name once, unless there is only one and the title names it.
func (c curves) legend(root *svg.Element) {
	if len(c.series) < 2 {
		return
	}
	x := 4.0
	for i, s := range c.series {
		if slices.ContainsFunc(c.series[:i], func(before series) bool { return before.name == s.name }) {
			continue
		}
		root.Add(svg.Line("line "+s.class, x, 11, x+22, 11), svg.Text(x+27, 11+textDrop, "start", s.name))
		x += 27 + float64(len([]rune(s.name)))*letterWidth + 16
	}
}

// bands are strips, invisible until the pointer is over one, that show an epoch's values: a line, and a text above.
func (c curves) bands(root *svg.Element, f frame) {
	n := len(c.epochs)
	every := (n + mostBands - 1) / mostBands
	half := (f.x.to - f.x.from) / 2
	if n > every {
		half = (f.x.to - f.x.from) / float64(n-1) * float64(every) / 2
	}
	for i := 0; i < n; i += every {
		x := f.x.place(float64(c.epochs[i]))
		left, right := max(x-half, f.x.from), min(x+half, f.x.to)
		var values []string
		for _, s := range c.series {
			values = append(values, c.show(s.values[i]))
		}
		root.Add(svg.New("g", "class", "band").Add(
			svg.Rect("", left, f.y.to, right-left, f.y.from-f.y.to),
			svg.Line("cursor", x, f.y.to, x, f.y.from),
			svg.Text(chartWidth-rightMargin, 11+textDrop, "end", "epoch "+decimal(float64(c.epochs[i]), 0)+": "+strings.Join(values, ", ")),
		))
	}
}
