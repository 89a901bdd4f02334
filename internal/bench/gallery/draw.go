package main

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/internal/svg"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// draw is what tells most of an example; nil where nothing was measured.
func (e *example) draw() []byte {
	v := e.evidence
	switch e.shown() {
	case "matrix":
		return report.Matrix(&score.Confusion{Classes: v.Classes, Counts: v.Confusion, Outside: make([]int, len(v.Classes))})
	case "strip":
		return report.Strip{Name: e.title, Period: v.Stream.Period, Truth: unruns(v.Stream.Truth), Decided: unruns(v.Stream.Decided)}.SVG(v.Classes)
	case "operating":
		return report.Operating(v.Stream.Curve)
	case "numbers":
		return report.Numbers{Want: v.Number, Said: "said", Points: v.Points}.SVG()
	case "curve":
		d := report.Drawing{Title: "Validation accuracy"}
		for _, t := range e.trainings {
			d.Lines = append(d.Lines, report.Line{Name: e.name, Values: t.Valid})
		}
		return d.SVG()
	case "loss":
		return report.Drawing{Title: "Validation loss", Log: true, Lines: []report.Line{{Name: e.name, Values: e.losses}}}.SVG()
	case "recall":
		return recall(v.Heard, v.Said)
	case "texts":
		return texts(v.Texts)
	}
	return nil
}

// shown is the kind of drawing: that of the table, where what it needs was measured, or else the one that can be made.
func (e *example) shown() string {
	v := e.evidence
	made := map[string]bool{
		"matrix": len(v.Confusion) > 0, "strip": v.Stream != nil && len(v.Classes) > 0, "operating": v.Stream != nil && v.Stream.Background != "",
		"numbers": len(v.Points) > 0, "recall": len(v.Heard) > 0, "texts": len(v.Texts) > 0,
		"curve": len(e.trainings) > 0 && len(e.trainings[0].Valid) > 1, "loss": len(e.losses) > 1,
	}
	for _, kind := range []string{e.kind, "numbers", "operating", "matrix", "curve", "loss"} {
		if made[kind] {
			return kind
		}
	}
	return ""
}

// caption says what the drawing shows.
func (e *example) caption() string {
	return map[string]string{
		"matrix":    "What is true, in rows, and what is decided, in columns; colours are parts of a row",
		"strip":     "A recording: above in each row what is true, below it what is decided, in green where it is right, in orange where it is wrong",
		"operating": "Words missed against false alarms an hour, for every threshold; the ring is the model's own",
		"numbers":   "What was to be said, and what was said; the line is where both are the same",
		"curve":     "Accuracy on the validation part after every epoch, a line a seed",
		"loss":      "Loss on the validation part after every epoch",
		"recall":    "Four messages: above what is heard, below what is said; nothing but the state carries the symbols over the blanks",
		"texts":     "Two sentences that were written for this page, and the output after each word: their mean decides",
	}[e.shown()]
}

// inFile are the colours and the ground of a drawing that is a file of its own.
func inFile(root *svg.Element) []byte {
	return root.AddFirst(svg.New("style").Say(svg.Style), svg.New("rect", "class", "paper", "width", "100%", "height", "100%")).File()
}

// recall draws messages of the copy task: a square a step, in the colour of its symbol; blanks are thin.
func recall(heard, said [][]int64) []byte {
	const blank, square, thin, left, row, gap = 0, 14.0, 3.2, 52.0, 18.0, 22.0
	widths := func(t int) float64 {
		if t < symbols || t >= len(heard[0])-symbols {
			return square
		}
		return thin
	}
	width := left + 8
	for t := range heard[0] {
		width += widths(t)
	}
	height := 26 + float64(len(heard))*(2*row+gap)
	root := svg.Drawing("chart", "messages that were heard and said again", width, height).With("width", svg.Number(width)).With("style", "min-width:560px")
	x := left
	root.Add(svg.Text(left, 14, "start", "the message"), svg.Text(width-8, 14, "end", "said again"))
	for t := range heard[0] {
		for i := range heard {
			top := 24 + float64(i)*(2*row+gap)
			for k, symbol := range []int64{heard[i][t], said[i][t]} {
				y := top + float64(k)*row
				switch {
				case symbol == blank:
					root.Add(svg.New("rect", "x", x, "y", y+square/2-1, "width", widths(t), "height", 2, "style", "fill:var(--grid)"))
				case symbol > int64(len(svg.Categories)):
					root.Add(svg.New("rect", "x", x, "y", y, "width", 3, "height", square, "style", "fill:var(--ink)").Add(svg.New("title").Say("the marker")))
				default:
					root.Add(svg.New("rect", "x", x+0.5, "y", y, "width", square-1, "height", square, "rx", 2, "fill", svg.Categories[symbol-1]).
						Add(svg.New("title").Say(fmt.Sprint(symbol))))
				}
			}
		}
		x += widths(t)
	}
	for i := range heard {
		top := 24 + float64(i)*(2*row+gap)
		root.Add(svg.Text(left-8, top+11, "end", "heard"), svg.Text(left-8, top+row+11, "end", "said"))
	}
	return inFile(root)
}

// texts draws a bar a word: up for yes, down for no.
func texts(all []text) []byte {
	const left, column, half, below, gap = 8.0, 44.0, 46.0, 62.0, 26.0
	most := 0
	for _, t := range all {
		most = max(most, len(t.Words))
	}
	each := 2*half + below + gap
	width, height := 2*left+float64(most)*column+24, float64(len(all))*each
	root := svg.Drawing("chart", "the output after each word of sentences", width, height).With("width", svg.Number(width)).With("style", "min-width:560px")
	for i, t := range all {
		top := float64(i) * each
		zero := top + gap + half
		words := map[bool]string{true: "liked", false: "not liked"}
		verdict := svg.Text(left, top+16, "start", "meant: "+words[t.Liked]+"; decided: "+words[t.Mean > 0])
		root.Add(verdict.With("style", "fill:var(--ink);font-weight:600"), svg.Line("axis", left, zero, width-left, zero))
		for k, word := range t.Words {
			x, v := left+float64(k)*column, t.Votes[k]
			colour := "var(--third)"
			if v < 0 {
				colour = "var(--second)"
			}
			tall := half * v
			root.Add(svg.New("rect", "x", x+8, "y", zero-max(tall, 0), "width", column-16, "height", max(tall, -tall), "style", "fill:"+colour))
			place := "translate(" + svg.Number(x+column/2-4) + " " + svg.Number(zero+half+12) + ") rotate(35)"
			root.Add(svg.Text(0, 0, "start", strings.TrimSpace(word)).With("transform", place).With("style", "fill:var(--ink)"))
		}
	}
	return inFile(root)
}
