// Command pictures draws docs/pictures: the transform, whole and in blocks, and the road of a model.
//
//	go run ./scripts/pictures   # in the root of the repository
package main

import (
	"fmt"
	"log"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/svg"
)

func main() {
	log.SetFlags(0)
	for _, name := range slices.Sorted(maps.Keys(pictures())) {
		if err := fileio.WriteFile(filepath.Join("docs", "pictures", name), pictures()[name]); err != nil {
			log.Fatal(err)
		}
	}
}

// pictures are the files of docs/pictures by name.
func pictures() map[string][]byte {
	return map[string][]byte{
		"transform.svg": transform(8, 8),
		"blocks.svg":    transform(8, 4),
		"road.svg":      road(),
	}
}

// edge is a part of a butterfly: unit from at a stage flows into unit to at the next one, added or subtracted.
type edge struct {
	stage, from, to int
	minus           bool
}

// butterflies are the edges of the fast transform of n units in blocks, and how many stages it has.
func butterflies(n, block int) (edges []edge, stages int) {
	for stride := 1; stride < block; stride *= 2 {
		for i := range n {
			other := i ^ stride
			edges = append(edges, edge{stages, i, i, i&stride != 0}, edge{stages, other, i, false})
		}
		stages++
	}
	return edges, stages
}

// style is that of the pictures, beside the colours that all drawings share.
var style = svg.Style + `
.plus { stroke: var(--first); stroke-width: 1.6; fill: none; } .minus { stroke: var(--second); stroke-width: 1.6; stroke-dasharray: 5 3; fill: none; }
.node { fill: var(--card); stroke: var(--soft); stroke-width: 1.4; } .sign { fill: var(--room); stroke: var(--first); }
.box { fill: var(--card); stroke: var(--soft); } .file { fill: var(--room); stroke: var(--first); } .oracle { fill: var(--card); stroke: var(--third); stroke-dasharray: 5 3; }
.way { stroke: var(--soft); stroke-width: 1.5; fill: none; } .lossy { stroke: var(--second); stroke-width: 2; fill: none; } .same { stroke: var(--third); stroke-width: 1.5; fill: none; }
.head { fill: var(--soft); } .lossyhead { fill: var(--second); }
text.strong { fill: var(--ink); font-weight: 600; } text.ink { fill: var(--ink); } text.bad { fill: var(--second); } text.good { fill: var(--third); }
`

// file is a drawing on its ground, with its colours.
func file(root *svg.Element) []byte {
	return root.AddFirst(svg.New("style").Say(style), svg.New("rect", "class", "paper", "width", "100%", "height", "100%")).File()
}

// transform draws one update of n units: the butterflies in blocks, rounding, signs, and what flows in.
func transform(n, block int) []byte {
	const left, top, row, column = 34.0, 46.0, 34.0, 84.0
	edges, stages := butterflies(n, block)
	x := func(stage int) float64 { return left + float64(stage)*column }
	y := func(unit int) float64 { return top + float64(unit)*row }
	end := x(stages)
	width, height := end+214, y(n-1)+58
	about := fmt.Sprintf("%d units in blocks of %d: %d stages of additions and subtractions, a shift, signs, and what flows in", n, block, stages)
	root := svg.Drawing("chart", about, width, height).With("width", svg.Number(width)).With("height", svg.Number(height))
	for _, e := range edges {
		class := "plus"
		if e.minus {
			class = "minus"
		}
		root.Add(svg.Line(class, x(e.stage), y(e.from), x(e.stage+1), y(e.to)))
	}
	for s := range stages {
		root.Add(svg.Text((x(s)+x(s+1))/2, 18, "middle", fmt.Sprintf("stage %d", s+1)))
	}
	signs := []string{"+", "−", "−", "+", "−", "+", "+", "−"}
	root.Add(svg.Text(end+39, 18, "middle", "round"), svg.Text(end+82, 18, "middle", "sign"), svg.Text(end+128, 18, "middle", "U x + b"))
	for i := range n {
		root.Add(svg.Text(x(0)-10, y(i)+4, "end", fmt.Sprintf("h%d", i)).With("class", "ink"))
		for s := range stages + 1 {
			root.Add(svg.New("circle", "class", "node", "cx", x(s), "cy", y(i), "r", 4.5))
		}
		root.Add(svg.Line("way", x(stages)+4.5, y(i), end+170, y(i)))
		root.Add(svg.Rect("node", end+22, y(i)-9, 34, 18).With("rx", "4"), svg.Text(end+39, y(i)+4, "middle", ">> k").With("class", "ink"))
		root.Add(svg.New("circle", "class", "sign", "cx", end+82, "cy", y(i), "r", 9), svg.Text(end+82, y(i)+4, "middle", signs[i%len(signs)]).With("class", "strong"))
		root.Add(svg.New("circle", "class", "node", "cx", end+128, "cy", y(i), "r", 9), svg.Text(end+128, y(i)+4.5, "middle", "+").With("class", "strong"))
		root.Add(svg.Text(end+176, y(i)+4, "start", fmt.Sprintf("h%d'", i)).With("class", "ink"))
	}
	base := height - 14
	root.Add(svg.Line("plus", left, base-4, left+26, base-4), svg.Text(left+32, base, "start", "added"),
		svg.Line("minus", left+80, base-4, left+106, base-4), svg.Text(left+112, base, "start", "subtracted"))
	if block < n {
		root.Add(svg.Text(left+190, base, "start", fmt.Sprintf("%d blocks, each a memory", n/block)))
	} else {
		root.Add(svg.Text(left+190, base, "start", fmt.Sprintf("%d additions in place of %d products", n*stages, n*n)))
	}
	return file(root)
}

// box is a step of the road.
type box struct {
	class, title, note string
	x, y, w            float64
}

const boxHeight = 46.0

func (b box) draw() *svg.Element {
	return svg.New("g").Add(svg.Rect(b.class, b.x, b.y, b.w, boxHeight).With("rx", "7"),
		svg.Text(b.x+b.w/2, b.y+19, "middle", b.title).With("class", "strong"), svg.Text(b.x+b.w/2, b.y+36, "middle", b.note))
}

// to is an arrow from the right of a box to the left of another.
func (b box) to(other box, class string) *svg.Element {
	x1, y1, x2, y2 := b.x+b.w, b.y+boxHeight/2, other.x-1, other.y+boxHeight/2
	mid := (x1 + x2) / 2
	path := fmt.Sprintf("M%s %sC%s %s %s %s %s %s", svg.Number(x1), svg.Number(y1), svg.Number(mid), svg.Number(y1), svg.Number(mid), svg.Number(y2), svg.Number(x2-7), svg.Number(y2))
	head := "head"
	if class == "lossy" {
		head = "lossyhead"
	}
	return svg.New("g").Add(svg.New("path", "class", class, "d", path), svg.New("path", "class", head, "d",
		fmt.Sprintf("M%s %sl-8 -4v8z", svg.Number(x2), svg.Number(y2))))
}

// road draws the way of a model from its text to what runs, and what each stage is held to.
func road() []byte {
	const width, height = 960.0, 350.0
	root := svg.Drawing("chart", "the road of a model: model.hrn and weights, real IR, fixed IR, plan, and Go, C and Verilog, which all compute the same bits",
		width, height).With("width", svg.Number(width)).With("height", svg.Number(height)).With("style", "min-width:640px")
	model, weights := box{"file", "model.hrn", "a few lines", 8, 22, 104}, box{"file", "weights", "safetensors", 8, 92, 104}
	reals, ints := box{"box", "real IR", "exact", 168, 57, 96}, box{"box", "fixed IR", "integers", 396, 57, 96}
	plan := box{"box", "plan", "all decided", 552, 57, 96}
	loops, wires := box{"box", "step form", "loops", 704, 22, 96}, box{"box", "datapath", "wires", 704, 128, 96}
	golang, c, verilog := box{"file", "Go", "a package", 856, 8, 96}, box{"file", "C", "any chip", 856, 66, 96}, box{"file", "Verilog", "any FPGA", 856, 128, 96}
	root.Add(model.to(reals, "way"), weights.to(reals, "way"), reals.to(ints, "lossy"), ints.to(plan, "way"), plan.to(loops, "way"), plan.to(wires, "way"),
		loops.to(golang, "way"), loops.to(c, "way"), wires.to(verilog, "way"))
	root.Add(svg.Text(330, 46, "middle", "fold, recognise, fuse, parity"), svg.Text(330, 104, "middle", "quantize:"), svg.Text(330, 119, "middle", "the one lossy step").With("class", "bad"),
		svg.Text(522, 46, "middle", "range"))
	// What each stage is held to stands below it.
	tests := []box{
		{"oracle", "interpreter", "of reals", 168, 236, 96}, {"oracle", "interpreter", "of integers", 396, 236, 96}, {"oracle", "machine", "of plans", 552, 236, 96},
		{"oracle", "what runs", "gcc, simavr, QEMU, Icarus", 704, 236, 248},
	}
	for _, down := range [][3]float64{{216, 103, 236}, {444, 103, 236}, {600, 103, 236}, {828, 190, 236}} {
		root.Add(svg.Line("same", down[0], down[1]+4, down[0], down[2]-2))
	}
	for i, b := range tests[1:] {
		before := tests[i]
		root.Add(svg.Line("same", before.x+before.w, before.y+boxHeight/2, b.x, b.y+boxHeight/2))
	}
	for _, b := range append([]box{model, weights, reals, ints, plan, loops, wires, golang, c, verilog}, tests...) {
		root.Add(b.draw())
	}
	root.Add(svg.Text(60, 255, "middle", "proof").With("class", "strong"), svg.Text(60, 271, "middle", "hrnnc verify"), svg.Text(330, 252, "middle", "how near"),
		svg.Text(522, 252, "middle", "0 bits").With("class", "good"), svg.Text(676, 252, "middle", "0 bits").With("class", "good"),
		svg.Text(396, 312, "start", "every transform on its unit vectors: it is linear, so that this is a proof").With("class", "good"),
		svg.Text(396, 330, "start", "and every result on edge cases and random inputs").With("class", "good"))
	return file(root)
}
