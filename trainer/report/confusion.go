package report

import (
	"html/template"
	"math"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/svg"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// confusion is a matrix of counts to be drawn.
type confusion struct{ *score.Confusion }

// The most classes whose matrix is drawn, and the most for which counts and names fit.
const (
	mostClasses = 120
	mostCounted = 20
	longestName = 12   // letters of a class' name beside the matrix
	smallest    = 0.75 // of its size: a narrower window scrolls the matrix
)

// heatMap draws the matrix: a row is a true class, coloured by its parts. Right ones and mistakes have a colour each,
// and a mistake of one in a thousand can still be seen, because the colour goes with the square root.
func (c confusion) heatMap() (template.HTML, bool) {
	root := c.draw()
	if root == nil {
		return "", false
	}
	return html(root), true
}

// draw gives the drawing of heatMap; nil where there are too many classes.
func (c confusion) draw() *svg.Element {
	n := len(c.Classes)
	if n > mostClasses {
		return nil
	}
	cell := 32.0
	if n > mostCounted {
		cell = max(9, math.Floor(680/float64(n)))
	}
	names := 0
	for _, s := range c.Classes {
		names = max(names, len([]rune(shorten(s))))
	}
	left := float64(names)*letterWidth + 28
	upright := float64(names)*letterWidth > cell-4
	top := 40.0
	if upright {
		top = float64(names)*letterWidth + 30
	}
	size := cell * float64(n)
	// Below this width the title above the columns would not fit.
	width := max(left+size+8, left+60)
	root := svg.Drawing("heat", "confusion matrix", width, top+size+8).
		With("width", svg.Number(width)).With("style", "min-width:"+svg.Number(smallest*width)+"px")
	root.Add(svg.Text(left+size/2, 14, "middle", "decided"),
		svg.Text(0, 0, "middle", "true").With("transform", "translate(14 "+svg.Number(top+size/2)+") rotate(-90)"))
	root.Add(svg.Rect("plate", left, top, size, size))
	every := int(math.Ceil(13 / cell)) // names need 13 units
	for i := 0; i < n; i += every {
		at := (float64(i) + 0.5) * cell
		root.Add(svg.Text(left-5, top+at+textDrop, "end", shorten(c.Classes[i])))
		if upright {
			place := "translate(" + svg.Number(left+at+textDrop) + " " + svg.Number(top-5) + ") rotate(-90)"
			root.Add(svg.Text(0, 0, "start", shorten(c.Classes[i])).With("transform", place))
		} else {
			root.Add(svg.Text(left+at, top-6, "middle", shorten(c.Classes[i])))
		}
	}
	for i, row := range c.Counts {
		for j, v := range row {
			if v > 0 {
				root.Add(c.cell(i, j, left+float64(j)*cell, top+float64(i)*cell, cell))
			}
		}
	}
	return root
}

func (c confusion) cell(i, j int, x, y, size float64) *svg.Element {
	v := c.Counts[i][j]
	part := float64(v) / float64(c.Of(i))
	class := "wrong"
	if i == j {
		class = "right"
	}
	g := svg.New("g", "class", class).Add(
		svg.Rect("", x, y, size, size).With("fill-opacity", svg.Number(0.1+0.9*math.Sqrt(part))),
		svg.New("title").Say(c.Classes[i]+" decided as "+c.Classes[j]+": "+decimal(float64(v), 0)+" ("+percent(part)+")"))
	if len(c.Classes) <= mostCounted {
		text := svg.Text(x+size/2, y+size/2+textDrop, "middle", short(v))
		if part > 0.25 { // where the colour is nearer to its full strength than to the paper
			text = text.With("class", "on")
		}
		g.Add(text)
	}
	return g
}

// short prints a count within four letters.
func short(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 1_000_000:
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.Itoa(min(n/1_000_000, 999)) + "M"
}

// shorten leaves out the middle of a class' name that does not fit beside the matrix: names in a row often differ at the
// end only.
func shorten(name string) string { return shortenTo(longestName, name) }

func shortenTo(most int, name string) string {
	letters := []rune(name)
	if n := len(letters); n > most {
		head := (most - 1) / 3
		return string(letters[:head]) + "…" + string(letters[n-(most-1-head):])
	}
	return name
}
