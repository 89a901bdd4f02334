package report

import "github.com/hrnnc/hrnnc/internal/svg"

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
	root := svg.Drawing("chart", f.About, chartWidth, frontHeight)
	root.With("width", svg.Number(2*chartWidth)).With("height", svg.Number(2*frontHeight))
	root.Add(svg.New("style").Say(chartStyle+frontStyle), svg.Rect("paper", 0, 0, chartWidth, frontHeight), svg.Text(rightMargin, 14, "start", f.About))
	at.grid(root, f.X)
	root.Add(svg.Text(at.x.from, topMargin-8, "start", f.Y))
	if f.Limit > 0 {
		height := at.y.place(f.Limit)
		root.Add(svg.Line("line reach", at.x.from, height, at.x.to, height), svg.Text(at.x.to, height-4, "end", f.LimitName).With("class", "chosen"))
	}
	for _, p := range f.Points {
		if p.X > 0 && p.Y > 0 {
			root.Add(p.draw(at))
		}
	}
	return root.File()
}

func (p FrontPoint) draw(f frame) *svg.Element {
	x, y := f.x.place(p.X), f.y.place(p.Y)
	class := "dot"
	switch {
	case p.Out:
		class += " out"
	case p.Front:
		class += " front"
	}
	g := svg.New("g").Add(svg.New("circle", "class", class, "cx", x, "cy", y, "r", 3.5))
	if p.Chosen {
		g.Add(svg.New("circle", "class", "ring", "cx", x, "cy", y, "r", 6.5))
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
		g.Add(svg.Text(left, y+3, anchor, p.Label).With("class", class))
	}
	return g
}
