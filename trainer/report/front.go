package report

import "strings"

// Front is a plot of what a design takes against what it does, both on logarithmic axes, on its own for a file.
type Front struct {
	About  string // what it shows
	X, Y   string // the names of the axes
	Points []FrontPoint
	// Limit is a line across at a value of Y, with its name.
	Limit     float64
	LimitName string
}

// FrontPoint is one design. X and Y are positive.
type FrontPoint struct {
	X, Y   float64
	Label  string // beside it; "" for none
	Front  bool   // no other beats it
	Chosen bool
	Out    bool // it does not fit
}

// frontStyle is what a front has beside every chart.
const frontStyle = `.dot { fill: var(--paper); stroke: var(--soft); }
.dot.front { fill: var(--first); stroke: none; } .dot.out { fill: var(--grid); stroke: var(--rule); }
.ring { fill: none; stroke: var(--second); stroke-width: 2; } text.chosen { fill: var(--second); } text.label { fill: var(--ink); font-size: 9px; }
`

const (
	frontHeight = 300.0
	frontRoom   = 1.25 // beyond the outermost points
)

// SVG gives the drawing with its colours, for light and dark, in it; nil when there is nothing to draw.
func (f Front) SVG() []byte {
	var x, y extent
	for _, p := range f.Points {
		if p.X > 0 && p.Y > 0 {
			x.see(p.X)
			y.see(p.Y)
		}
	}
	if !x.any {
		return nil
	}
	if f.Limit > 0 {
		y.see(f.Limit)
	}
	at := frame{logAxis(extent{x.lo / frontRoom, x.hi * frontRoom * frontRoom, true}), logAxis(extent{y.lo / frontRoom, y.hi * frontRoom, true})}
	at.y.from, at.y.to = frontHeight-bottomMargin, topMargin
	at.x.from, at.x.to = at.y.margin(), chartWidth-rightMargin
	root := drawing("chart", f.About, chartWidth, frontHeight)
	root.with("width", coordinate(2*chartWidth)).with("height", coordinate(2*frontHeight))
	root.add(el("style").say(chartStyle+frontStyle), rect("paper", 0, 0, chartWidth, frontHeight), label(rightMargin, 14, "start", f.About))
	at.grid(root, f.X)
	root.add(label(at.x.from, topMargin-8, "start", f.Y))
	if f.Limit > 0 {
		height := at.y.place(f.Limit)
		root.add(line("line reach", at.x.from, height, at.x.to, height), label(at.x.to, height-4, "end", f.LimitName).with("class", "chosen"))
	}
	for _, p := range f.Points {
		if p.X > 0 && p.Y > 0 {
			root.add(p.draw(at))
		}
	}
	var b strings.Builder
	root.print(&b)
	return []byte(b.String() + "\n")
}

func (p FrontPoint) draw(f frame) *element {
	x, y := f.x.place(p.X), f.y.place(p.Y)
	class := "dot"
	switch {
	case p.Out:
		class += " out"
	case p.Front:
		class += " front"
	}
	g := el("g").add(el("circle", "class", class, "cx", x, "cy", y, "r", 3.5))
	if p.Chosen {
		g.add(el("circle", "class", "ring", "cx", x, "cy", y, "r", 6.5))
	}
	if p.Label != "" {
		anchor, left := "start", x+8
		if x > (f.x.from+f.x.to)*0.62 {
			anchor, left = "end", x-8
		}
		class := "label"
		if p.Chosen {
			class += " chosen"
		}
		g.add(label(left, y+3, anchor, p.Label).with("class", class))
	}
	return g
}
