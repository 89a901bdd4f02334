package synth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
)

// The drawing: a tile is a square, with the eight cells of logic in two columns.
const (
	tile   = 20 // pixels
	margin = 10
	side   = 260 // of the legend
)

// colours are those of Okabe and Ito, which the colour-blind can tell apart; the last but one is for all other modules, and the
// last for the harness.
var colours = []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#555555", "#bbbbbb"}

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
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#f4f4f4" stroke="#cccccc"/>`+"\n", margin, margin, part.Logic.Columns*tile, part.Logic.Rows*tile)
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
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x, y, w, h, legend.colour(c.group))
	}
	if s.Path != nil && len(s.Path.at) > 0 {
		var points []string
		for _, at := range s.Path.at {
			points = append(points, fmt.Sprintf("%d,%d", margin+int(at[0])*tile+tile/2, top(int(at[1]))+tile/2))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#000000" stroke-width="1.5"/>`+"\n", strings.Join(slices.Compact(points), " "))
	}
	x := 2*margin + part.Logic.Columns*tile
	for i, g := range legend {
		y := margin + 20*i
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="12" fill="%s"/><text x="%d" y="%d">%s, %d</text>`+"\n",
			x, y, g.colour, x+18, y+11, html.EscapeString(g.name), g.count)
	}
	if s.Path != nil {
		y := margin + 20*len(legend) + 11
		fmt.Fprintf(&b, `<path d="M%d %d h14" stroke="#000000" stroke-width="1.5"/><text x="%d" y="%d">slowest path, %.1f ns</text>`+"\n",
			x-1, y-4, x+18, y, s.Path.Logic+s.Path.Routing)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d">%s, seed %d: %.1f MHz</text>`+"\n", margin, height-12, html.EscapeString(part.Title), s.Seed, s.MHz)
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
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
	own := len(colours) - 2
	if len(rows) > own {
		rest := shown{name: "others"}
		for _, r := range rows[own:] {
			rest.count += r.count
		}
		rows = append(rows[:own], rest)
	}
	for i := range rows {
		rows[i].colour = colours[i]
	}
	return append(rows, shown{"harness", colours[len(colours)-1], counts["harness"]})
}

func (l legendRows) colour(group string) string {
	others := colours[len(colours)-2]
	for _, r := range l {
		if r.name == group {
			return r.colour
		}
	}
	return others
}
