package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/svg"
)

// bin is one bar of a histogram: what lies from lo to hi.
type bin struct {
	lo, hi float64
	name   string
	count  int
}

// Bars of a histogram, and the most quantised levels that are drawn one by one.
const (
	fewestBins = 8
	mostBins   = 40
	stateBins  = 72
	mostLevels = 64
)

// histogram cuts the values within e into n bins of one width.
func histogram(values []float32, e extent, n int) []bin {
	e = e.spread()
	out := make([]bin, n)
	width := (e.hi - e.lo) / float64(n)
	for i := range out {
		lo, hi := e.lo+float64(i)*width, e.lo+float64(i+1)*width
		out[i] = bin{lo: lo, hi: hi, name: significant(lo, 3) + " to " + significant(hi, 3)}
	}
	for _, v := range values {
		if w := float64(v); drawable(w) && w >= e.lo && w <= e.hi {
			out[min(int((w-e.lo)/width), n-1)].count++
		}
	}
	return out
}

// levels counts every distinct value, or gives nil where there are too many to tell apart. A level is as wide as the
// distance to its nearest neighbour.
func levels(values []float32) []bin {
	counts := map[float32]int{}
	for _, v := range values {
		if !drawable(float64(v)) {
			continue
		}
		if counts[v]++; len(counts) > mostLevels {
			return nil
		}
	}
	var at []float64
	for v := range counts {
		at = append(at, float64(v))
	}
	slices.Sort(at)
	half := math.Inf(1)
	for i := 1; i < len(at); i++ {
		half = min(half, (at[i]-at[i-1])/2)
	}
	if len(at) == 1 {
		half = max(math.Abs(at[0])/2, 0.5)
	}
	var out []bin
	for _, v := range at {
		out = append(out, bin{v - half, v + half, significant(v, 3), counts[float32(v)]})
	}
	return out
}

func extentOf(values []float32) extent {
	var e extent
	for _, v := range values {
		e.see(float64(v))
	}
	return e
}

// distribution draws a parameter: what the optimiser moves on the left, what a step computes with on the right.
func distribution(p Param) (figure, bool) {
	e := extentOf(p.Values)
	if !e.any || p.Kind == "index" {
		return figure{}, false
	}
	const height, gap = 176.0, 12.0
	root := svg.Drawing("chart", "values of "+p.Name, chartWidth, height)
	n := min(max(int(math.Sqrt(float64(len(p.Values)))), fewestBins), mostBins)
	right := chartWidth
	if p.quantised() {
		right = chartWidth/2 - gap/2
	}
	drawBins(root, histogram(p.Values, e, n), panel{0, right, height, "latent", "real", 1})
	if p.quantised() {
		bins := levels(p.Used)
		title := diag.GroupedCount(len(bins), "level") + " used"
		if bins == nil {
			bins, title = histogram(p.Used, extentOf(p.Used), mostBins), "quantised"
		}
		drawBins(root, bins, panel{chartWidth/2 + gap/2, chartWidth, height, title, "fixed", 2})
	}
	return figure{Title: p.Name, Drawing: html(root), Caption: p.caption()}, true
}

// quantised reports whether there is anything to show beside the latent values.
func (p Param) quantised() bool { return p.Kind != "real" && extentOf(p.Used).any }

func (p Param) caption() string {
	text := fmt.Sprintf("%s[%s]", p.Kind, joinInts(p.Shape, " × "))
	zero := 0
	for _, v := range p.Used {
		if v == 0 {
			zero++
		}
	}
	if p.quantised() && zero > 0 {
		text += ", " + percent(float64(zero)/float64(len(p.Used))) + " zero"
	}
	if n := undrawable(p.Values); n > 0 {
		text += ", " + decimal(float64(n), 0) + " not finite"
	}
	return text
}

func undrawable(values []float32) int {
	n := 0
	for _, v := range values {
		if !drawable(float64(v)) {
			n++
		}
	}
	return n
}

func joinInts(v []int, between string) string {
	var text []string
	for _, n := range v {
		text = append(text, strconv.Itoa(n))
	}
	return strings.Join(text, between)
}

// panel is a part of a drawing, from left to right.
type panel struct {
	left, right, height float64
	title, class        string
	gap                 float64 // between bars
}

// drawBins draws a histogram with its axes.
func drawBins(root *svg.Element, bins []bin, p panel) {
	const top, bottom = 28.0, 22.0
	y := countAxis(bins)
	y.from, y.to = p.height-bottom, top
	x := linearAxis(extent{bins[0].lo, bins[len(bins)-1].hi, true}, 4, false)
	x.from, x.to = p.left+y.margin(), p.right-rightMargin
	f := frame{x, y}
	f.grid(root, "")
	root.Add(svg.Text(p.left+4, 11+textDrop, "start", p.title))
	f.drawBins(root, bins, p)
}

// widestBar keeps two levels from looking like two walls.
const widestBar = 28

func (f frame) drawBins(root *svg.Element, bins []bin, p panel) {
	for _, b := range bins {
		if b.count == 0 {
			continue
		}
		left, right := f.x.place(b.lo), f.x.place(b.hi)
		width := min(max(right-left-p.gap, 0.8), widestBar)
		// One among thousands stays visible.
		top := min(f.y.place(float64(b.count)), f.y.from-1)
		bar := svg.Rect("bar "+p.class, (left+right-width)/2, top, width, f.y.from-top)
		root.Add(bar.Add(svg.New("title").Say(b.name + ": " + decimal(float64(b.count), 0))))
	}
}

// countAxis is a y axis for bins.
func countAxis(bins []bin) axis {
	e := extent{any: true}
	for _, b := range bins {
		e.see(float64(b.count))
	}
	if e.hi == 0 {
		e.hi = 1
	}
	a := linearAxis(e, 3, true)
	whole := a.ticks[:0]
	for _, t := range a.ticks {
		if t.at == math.Trunc(t.at) {
			whole = append(whole, tick{t.at, decimal(t.at, 0)})
		}
	}
	a.ticks = whole
	return a
}

// stateRange draws what a state held within what its integers can hold.
func stateRange(s State) (figure, bool) {
	e := extentOf(s.Histogram)
	if !drawable(s.Max) {
		s.Max = 0
	}
	if !drawable(s.Limit) {
		s.Limit = 0
	}
	reach := max(math.Abs(e.lo), math.Abs(e.hi), s.Max, s.Limit)
	if reach == 0 {
		return figure{}, false
	}
	const height, top, bottom = 196.0, 44.0, 22.0
	root := svg.Drawing("chart", "range of "+s.Name, chartWidth, height)
	bins := histogram(s.Histogram, extent{-reach, reach, true}, stateBins)
	y := countAxis(bins)
	y.from, y.to = height-bottom, top
	x := linearAxis(extent{-reach * 1.04, reach * 1.04, true}, 6, false)
	x.from, x.to = y.margin(), chartWidth-rightMargin
	f := frame{x, y}
	if s.Limit > 0 {
		from, to := x.place(-s.Limit), x.place(s.Limit)
		root.Add(svg.Rect("room", from, top, to-from, y.from-top))
		root.Add(svg.Rect("room", 224, 6, 16, 11), svg.Text(245, 11+textDrop, "start", "representable, ±"+significant(s.Limit, 3)))
	}
	f.grid(root, "")
	f.drawBins(root, bins, panel{class: "real", gap: 1})
	for _, v := range []float64{-s.Max, s.Max} {
		if s.Max > 0 {
			root.Add(svg.Line("line reach", x.place(v), top, x.place(v), y.from))
		}
	}
	if s.Max > 0 {
		root.Add(svg.Line("line reach", 10, 5, 10, 18), svg.Text(18, 11+textDrop, "start", "largest seen, ±"+significant(s.Max, 3)))
	}
	return figure{Title: s.Name, Drawing: html(root), Caption: s.caption()}, true
}

func (s State) caption() string {
	var parts []string
	if s.Units > 0 {
		parts = append(parts, diag.GroupedCount(s.Units, "unit"))
	}
	if s.Bits > 0 {
		parts = append(parts, diag.GroupedCount(s.Bits, "bit"))
	}
	if s.Limit > 0 && s.Max > 0 {
		room := math.Log2(s.Limit / s.Max)
		if room < 0 {
			parts = append(parts, fmt.Sprintf("%s bits too few: the largest values are clamped", decimal(-room, 1)))
		} else {
			parts = append(parts, fmt.Sprintf("%s bits of headroom: %s %% of the range is used", decimal(room, 1), decimal(100*s.Max/s.Limit, 0)))
		}
	}
	return strings.Join(parts, ", ")
}
