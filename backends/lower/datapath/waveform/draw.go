package waveform

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/svg"
)

// Sizes, in units of about a pixel.
const (
	margin   = 12.0
	rowHigh  = 22.0
	waveHigh = 14.0
	headHigh = 20.0 // of a group's name
	topHigh  = 44.0 // title and numbers of cycles
	footHigh = 56.0
	slope    = 3.0 // of an edge
	gapWide  = 26.0
	leastW   = 26.0 // of a cycle
	mostW    = 60.0
	leastRow = 420.0
	digit    = 5.2 // of the text in a bus
	letter   = 6.4 // of a name
)

// style is what a waveform has beside all drawings.
const style = `text.name { fill: var(--ink); font-size: 11px; } text.value { fill: var(--ink); font-size: 9px; } text.cycle { font-size: 9px; }
text.title { fill: var(--ink); font-size: 13px; } text.group { font-weight: 600; font-size: 11px; }
.wave { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .bus { fill: var(--card); stroke-width: 1.3; stroke-linejoin: round; }
.input { stroke: var(--first); } .inner { stroke: var(--third); } .output { stroke: var(--second); } .clock { stroke: var(--soft); stroke-width: 1; }
.unknown { fill: var(--grid); } .gap { fill: var(--paper); } .torn { stroke: var(--soft); stroke-dasharray: 2 3; }
`

// legend stands below.
var legend = []string{
	"Cycle 0 takes the last beat of the step's input.",
	"A number between waves: so many cycles are left out, like those beside them.",
	"Grey: the value means nothing then.",
}

// column is a cycle or a gap with its place.
type column struct {
	shown
	left, right float64
}

// canvas is a drawing under way.
type canvas struct {
	*trace
	root    *svg.Element
	columns []column
	left    float64 // of the waves
	right   float64
}

// states tell of each cycle what of it counts when cycles are compared: the rows of one bit, whether the others mean something, and where
// those change that tell phases.
func (t *trace) states() []string {
	out := make([]string, len(t.rows[0].value))
	for c := range out {
		var b []byte
		for i := range t.rows {
			r := &t.rows[i]
			now := r.at(c)
			switch {
			case r.changes:
				b = append(b, "=!"[flag(c > 0 && r.at(c-1) != now)])
			case r.signal.Bits == 1:
				b = append(b, "?01"[flag(now.known)*(1+now.value&1)])
			default:
				b = append(b, "?x"[flag(now.known)])
			}
		}
		out[c] = string(b)
	}
	return out
}

// draw gives the diagram as a file.
func (t *trace) draw(about string) []byte {
	c := &canvas{trace: t}
	names, groups := 0, 0
	for i := range t.rows {
		names = max(names, len(t.rows[i].signal.Name))
		if i == 0 || t.rows[i].group != t.rows[i-1].group {
			groups++
		}
	}
	c.left = margin + float64(names)*letter + 10
	c.place(fold(t.states()))
	bottom := topHigh + rowHigh*float64(1+len(t.rows)) + headHigh*float64(groups)
	width, height := max(c.right, c.left+leastRow, margin+letter*float64(utf8.RuneCountInString(about)))+margin, bottom+footHigh
	c.root = svg.Drawing("waveform", about, width, height).With("width", svg.Number(width)).With("height", svg.Number(height))
	c.root.Add(svg.New("style").Say(svg.Style+style), svg.Rect("paper", 0, 0, width, height),
		svg.Text(margin, 18, "start", about).With("class", "title"))
	for _, at := range c.columns {
		if at.gap > 0 {
			c.root.Add(svg.Rect("gap", at.left, topHigh-8, gapWide, bottom-topHigh+8))
		} else {
			c.root.Add(svg.Line("grid", at.left, topHigh, at.left, bottom))
		}
	}
	c.numbers(bottom)
	y := topHigh
	c.name(y, "clk", "")
	c.clock(y)
	y += rowHigh
	for i := range t.rows {
		r := &t.rows[i]
		if i == 0 || r.group != t.rows[i-1].group {
			c.root.Add(svg.Text(margin, y+14, "start", r.group).With("class", "group"))
			y += headHigh
		}
		c.name(y, r.signal.Name, r.signal.Doc)
		for from := 0; from < len(c.columns); from++ {
			if c.columns[from].gap > 0 {
				continue
			}
			to := from
			for to+1 < len(c.columns) && c.columns[to+1].gap == 0 {
				to++
			}
			if r.signal.Bits == 1 {
				c.level(r, y, c.columns[from:to+1])
			} else {
				c.bus(r, y, c.columns[from:to+1])
			}
			from = to
		}
		y += rowHigh
	}
	for i, line := range legend {
		c.root.Add(svg.Text(margin, bottom+18+15*float64(i), "start", line))
	}
	return c.root.File()
}

// place gives columns their places: cycles are as wide as the longest value that stands in one alone.
func (c *canvas) place(all []shown) {
	wide := leastW
	for i := range c.rows {
		r := &c.rows[i]
		if r.signal.Bits == 1 {
			continue
		}
		for k, s := range all {
			now := r.at(s.cycle)
			if s.gap > 0 || !now.known || k > 0 && all[k-1].gap == 0 && r.at(all[k-1].cycle) == now || k+1 < len(all) && all[k+1].gap == 0 && r.at(all[k+1].cycle) == now {
				continue
			}
			wide = max(wide, float64(len(r.text(now.value)))*digit+2*slope)
		}
	}
	wide = min(wide, mostW)
	x := c.left
	for _, s := range all {
		w := wide
		if s.gap > 0 {
			w = gapWide
		}
		c.columns = append(c.columns, column{s, x, x + w})
		x += w
	}
	c.right = x
}

// numbers writes the cycles above the waves, and what is left out.
func (c *canvas) numbers(bottom float64) {
	for _, at := range c.columns {
		middle := (at.left + at.right) / 2
		if at.gap > 0 {
			c.root.Add(svg.Text(middle, topHigh-12, "middle", strconv.Itoa(at.gap)).With("class", "cycle"),
				svg.Line("torn", at.left+1, topHigh-8, at.left+1, bottom), svg.Line("torn", at.right-1, topHigh-8, at.right-1, bottom))
			continue
		}
		c.root.Add(svg.Text(middle, topHigh-2, "middle", strconv.Itoa(at.cycle+c.first)).With("class", "cycle"))
	}
}

func (c *canvas) name(y float64, name, doc string) {
	text := svg.Text(c.left-8, y+rowHigh-7, "end", name).With("class", "name")
	if doc != "" {
		text.Add(svg.New("title").Say(doc))
	}
	c.root.Add(text)
}

// clock draws the clock: a cycle begins with its rising edge.
func (c *canvas) clock(y float64) {
	high, low := y+rowHigh-4-waveHigh+3, y+rowHigh-4
	for _, at := range c.columns {
		if at.gap == 0 {
			c.root.Add(svg.New("path", "class", "wave clock", "d", "M"+points(at.left, low, at.left, high, (at.left+at.right)/2, high, (at.left+at.right)/2, low, at.right, low)))
		}
	}
}

// points are coordinates of a path.
func points(xy ...float64) string {
	out := ""
	for i, v := range xy {
		if i > 0 {
			out += " "
		}
		out += svg.Number(v)
	}
	return out
}

// level draws a row of one bit over columns that follow one another.
func (c *canvas) level(r *row, y float64, over []column) {
	high, low := y+rowHigh-4-waveHigh, y+rowHigh-4
	height := func(s sample) float64 { return []float64{low, high}[s.value&1] }
	path, before := "", sample{}
	for _, at := range over {
		now := r.at(at.cycle)
		switch {
		case !now.known:
			c.unknown(high, at.left, at.right)
		case path == "" || !before.known:
			path += "M" + points(at.left, height(now), at.right, height(now)) + " "
		case now == before:
			path += "L" + points(at.right, height(now)) + " "
		default:
			path += "L" + points(at.left+slope, height(now), at.right, height(now)) + " "
		}
		before = now
	}
	if path != "" {
		c.root.Add(svg.New("path", "class", "wave "+r.class, "d", path[:len(path)-1]))
	}
}

func (c *canvas) unknown(top, from, to float64) {
	c.root.Add(svg.Rect("unknown", from, top+waveHigh/2-3, to-from, 6))
}

// bus draws a row of several bits over columns that follow one another: a value once for all cycles that have it.
func (c *canvas) bus(r *row, y float64, over []column) {
	high, low := y+rowHigh-4-waveHigh, y+rowHigh-4
	for i := 0; i < len(over); {
		now, to := r.at(over[i].cycle), i
		for to+1 < len(over) && r.at(over[to+1].cycle) == now {
			to++
		}
		left, right := over[i].left, over[to].right
		i = to + 1
		if !now.known {
			c.unknown(high, left, right)
			continue
		}
		middle := (high + low) / 2
		c.root.Add(svg.New("path", "class", "bus "+r.class, "d", "M"+points(left, middle, left+slope, high, right-slope, high, right, middle, right-slope, low, left+slope, low)+"Z"))
		full := r.text(now.value)
		shown := full
		if room := int((right-left-2*slope)/digit + 0.01); len(full) > room {
			shown = full[:max(room-1, 0)] + "…"
		}
		text := svg.Text((left+right)/2, middle+3.6, "middle", shown).With("class", "value")
		if shown != full {
			text.Add(svg.New("title").Say(full))
		}
		c.root.Add(text)
	}
}

// text is a value as it stands in the drawing.
func (r *row) text(v uint64) string {
	if n := r.signal.Bits; r.signed {
		return strconv.FormatInt(int64(v<<(64-n))>>(64-n), 10)
	}
	return fmt.Sprint(v)
}
