package synth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/svg"
)

// The drawing: a tile is a square, with the eight cells of logic in two columns.
const (
	tile   = 20 // pixels
	margin = 10
	side   = 260 // of the legend
)

// harnessColour is that of the harness; of svg.Categories the last is for all modules that have none of their own.
const harnessColour = "#bbbbbb"

// floorStyle is what a floor plan has beside all drawings.
const floorStyle = `svg text { font-size: 13px; fill: var(--ink); } .die { fill: var(--paper); stroke: var(--rule); }
.slowest { fill: none; stroke: var(--ink); stroke-width: 1.5; }
`

// bel is the place of a cell: X12/Y5/lc3.
var bel = regexp.MustCompile(`^X(\d+)/Y(\d+)/([a-z]+\d*)`)

// floorPlan draws a placement: every cell where it lies, in the colour of its module, with the slowest path across.
func floorPlan(part *chip.Part, s Seed) ([]byte, error) {
	var plan struct {
		Modules map[string]struct {
			Cells map[string]struct {
				Type       string            `json:"type"`
				Attributes map[string]string `json:"attributes"`
			} `json:"cells"`
		} `json:"modules"`
	}
	if err := json.Unmarshal(s.plan, &plan); err != nil {
		return nil, fmt.Errorf("nextpnr wrote a placement that is none: %w", err)
	}
	type placed struct {
		x, y         int
		where, group string
	}
	var cells []placed
	counts := map[string]int{}
	for _, m := range plan.Modules {
		for name, c := range m.Cells {
			at := bel.FindStringSubmatch(c.Attributes["NEXTPNR_BEL"])
			if at == nil {
				continue
			}
			x, _ := strconv.Atoi(at[1]) // digits, as the pattern has it
			y, _ := strconv.Atoi(at[2])
			p := placed{x, y, at[3], group(name)}
			cells = append(cells, p)
			counts[p.group]++
		}
	}
	slices.SortFunc(cells, func(a, b placed) int {
		return cmp.Or(a.y-b.y, a.x-b.x, strings.Compare(a.where, b.where))
	})
	legend := legend(counts)
	width, height := 2*margin+part.Logic.Columns*tile+side, 2*margin+part.Logic.Rows*tile+30
	caption := fmt.Sprintf("%s, seed %d: %.1f MHz", part.Title, s.Seed, s.MHz)
	root := svg.Drawing("floorplan", caption, float64(width), float64(height)).With("width", strconv.Itoa(width)).With("height", strconv.Itoa(height))
	root.Add(svg.New("style").Say(svg.Style+floorStyle), svg.Rect("paper", 0, 0, float64(width), float64(height)),
		svg.Rect("die", margin, margin, float64(part.Logic.Columns*tile), float64(part.Logic.Rows*tile)))
	top := func(y int) int { return margin + (part.Logic.Rows-1-y)*tile }
	for _, c := range cells {
		x, y, w, h := margin+c.x*tile, top(c.y), tile-2, tile-2
		if n, ok := strings.CutPrefix(c.where, "lc"); ok {
			i, _ := strconv.Atoi(n) // digits
			w, h = tile/2-2, tile/4-1
			x, y = x+(i/4)*(tile/2), y+(3-i%4)*(tile/4)
		} else if strings.HasPrefix(c.where, "ram") {
			y, h = y-tile, 2*tile-2
		}
		root.Add(square(x, y, w, h, legend.colour(c.group)))
	}
	if s.Path != nil && len(s.Path.at) > 0 {
		var points []string
		for _, at := range s.Path.at {
			points = append(points, fmt.Sprintf("%d,%d", margin+int(at[0])*tile+tile/2, top(int(at[1]))+tile/2))
		}
		root.Add(svg.New("polyline", "class", "slowest", "points", strings.Join(slices.Compact(points), " ")))
	}
	x := 2*margin + part.Logic.Columns*tile
	say := func(y int, text string) *svg.Element { return svg.Text(float64(x+18), float64(y), "start", text) }
	for i, g := range legend {
		y := margin + 20*i
		root.Add(square(x, y, 12, 12, g.colour), say(y+11, fmt.Sprintf("%s, %d", g.name, g.count)))
	}
	if s.Path != nil {
		y := margin + 20*len(legend) + 11
		root.Add(svg.Line("slowest", float64(x-1), float64(y-4), float64(x+13), float64(y-4)),
			say(y, fmt.Sprintf("slowest path, %.1f ns", s.Path.Logic+s.Path.Routing)))
	}
	return root.Add(svg.Text(margin, float64(height-12), "start", caption)).File(), nil
}

func square(x, y, w, h int, colour string) *svg.Element {
	return svg.New("rect", "x", x, "y", y, "width", w, "height", h, "fill", colour)
}

// group is the module that a cell belongs to: the first two names on its path below the design.
func group(cell string) string {
	name, inside := strings.CutPrefix(cell, "core.")
	switch {
	case strings.HasPrefix(cell, "$"):
		return "ends of carry chains"
	case !inside:
		return "harness"
	}
	path := strings.Split(name, ".")
	if len(path) == 1 {
		return "top"
	}
	module := path[:min(2, len(path)-1)]
	if len(module) == 2 && strings.ContainsAny(module[1], "[$") {
		module = module[:1] // a loop, and no module
	}
	return strings.Join(module, ".")
}

type shown struct {
	name, colour string
	count        int
}

type legendRows []shown

// legend gives the largest groups a colour, and the rest one together.
func legend(counts map[string]int) legendRows {
	var rows legendRows
	for name, n := range counts {
		if name != "harness" {
			rows = append(rows, shown{name: name, count: n})
		}
	}
	slices.SortFunc(rows, func(a, b shown) int { return cmp.Or(b.count-a.count, strings.Compare(a.name, b.name)) })
	own := len(svg.Categories) - 1
	if len(rows) > own {
		rest := shown{name: "others"}
		for _, r := range rows[own:] {
			rest.count += r.count
		}
		rows = append(rows[:own], rest)
	}
	for i := range rows {
		rows[i].colour = svg.Categories[i]
	}
	return append(rows, shown{"harness", harnessColour, counts["harness"]})
}

func (l legendRows) colour(group string) string {
	others := svg.Categories[len(svg.Categories)-1]
	for _, r := range l {
		if r.name == group {
			return r.colour
		}
	}
	return others
}
