package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

// order is that of the page, with what each example is in a few words. Others follow under the names of their folders.
var order = []struct{ name, title, kind string }{
	{"activity", "Activities from a phone", "matrix"},
	{"activity_stream", "Activities, without end", "strip"},
	{"har2", "Two groups of activities", "curve"},
	{"har2_frames", "The same, four samples a step", "curve"},
	{"dsa19", "Nineteen activities", "matrix"},
	{"dsa19_small", "The same in a third of the bytes", "matrix"},
	{"ecg", "Heartbeats", "matrix"},
	{"ecg_stream", "Heartbeats in a signal without marks", "strip"},
	{"turbofan", "Flights that a jet engine has left", "numbers"},
	{"digits", "Spoken digits", "matrix"},
	{"wakeword", "A wake word", "operating"},
	{"sentiment", "Is the film liked?", "texts"},
	{"reviews", "Is the film liked? Whole reviews", "curve"},
	{"smnist", "A digit, pixel by pixel", "curve"},
	{"smnist_block", "The same in two blocks", "curve"},
	{"smnist_wide", "The same with four times the units", "curve"},
	{"pmnist", "A shuffled digit, pixel by pixel", "curve"},
	{"pmnist_block", "The same in eight blocks", "curve"},
	{"pmnist_wide", "The same with twice the units", "curve"},
	{"copy", "Ten symbols over a hundred blanks", "recall"},
	{"copy1000", "Ten symbols over a thousand blanks", "loss"},
	{"copy1000_block", "The same in blocks of 16", "loss"},
}

// example is all that the page shows of one.
type example struct {
	name, title, kind string
	about             string // the words at the head of its model
	trains            bool   // it has a train block
	bytes, state      int    // of parameters at their own widths, and of states
	adds              int    // a step
	trainings         []results.Training
	losses            []float64 // on the validation part, by epoch, of the weights that are there
	chips             map[string]results.Chip
	parts             map[string]results.Part
	evidence          *evidence
}

// columns are the chips of the page, with the names of their rows.
var columns = []struct{ chip, title string }{
	{"atmega328p", "ATmega328P (Arduino Uno)"},
	{"cortex-m0", "Cortex-M0"},
	{"cortex-m4", "Cortex-M4"},
	{"rv32imc", "RV32IMC (ESP32-C3)"},
}

const part = "up5k"

// render gives the page and its drawings by path, from the tree below root.
func render(root string) (map[string][]byte, error) {
	all, err := read(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range all {
		if d := e.draw(); d != nil {
			files["docs/gallery/"+e.name+".svg"] = d
		}
	}
	files["docs/gallery.md"] = []byte(page(all, files))
	return files, nil
}

func read(root string) ([]*example, error) {
	names, err := results.Examples(root)
	if err != nil {
		return nil, err
	}
	var trainings results.Trainings
	var chips results.Chips
	var parts results.Parts
	kept := map[string]*evidence{}
	for file, into := range map[string]any{"examples.json": &trainings, "mcu.json": &chips, "fpga.json": &parts, keptIn: &kept} {
		if err := results.Read(root, file, into); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	var all []*example
	for _, name := range names {
		e := &example{name: name, title: name, evidence: kept[name],
			trainings: trainings.Examples[name], chips: chips.Examples[name], parts: parts.Examples[name]}
		for _, o := range order {
			if o.name == name {
				e.title, e.kind = o.title, o.kind
			}
		}
		if e.evidence == nil {
			e.evidence = &evidence{}
		}
		if err := e.readModel(filepath.Join(root, "examples", name)); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	place := func(e *example) int {
		for i, o := range order {
			if o.name == e.name {
				return i
			}
		}
		return len(order)
	}
	slices.SortStableFunc(all, func(a, b *example) int { return place(a) - place(b) })
	return all, nil
}

// readModel takes the words at the head of a model, and what it costs.
func (e *example) readModel(dir string) error {
	file := filepath.Join(dir, "model.hrn")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		comment, ok := strings.CutPrefix(line, "//")
		if !ok {
			break
		}
		words = append(words, strings.TrimSpace(comment))
	}
	e.about = strings.Join(words, "\n")
	e.trains = strings.Contains(string(text), "\ntrain {")
	m, err := compiler.Load(file, "")
	if err != nil {
		return err
	}
	if e.evidence.Of != hash(m) {
		e.evidence = &evidence{} // it is of other weights
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return err
	}
	c := l.Plan.Cost()
	e.bytes, e.state, e.adds = (c.Bits+7)/8, (c.StateBits+7)/8, c.Recurrence.Adds+c.Input.Adds
	metrics, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(metrics)) {
		var epoch struct {
			Loss float64 `json:"valid_loss"`
		}
		if err := json.Unmarshal([]byte(line), &epoch); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		e.losses = append(e.losses, epoch.Loss)
	}
	return nil
}

// reach is what the example reaches, in a few words; "-" where nobody measured it.
func (e *example) reach() string {
	v := e.evidence
	switch {
	case v.Symbols > 0:
		return fmt.Sprintf("recalls %.1f %%", 100*float64(v.Right)/float64(v.Symbols))
	case v.Stream != nil && v.Stream.Background != "":
		s := v.Stream
		return fmt.Sprintf("misses %.1f %%, %d false alarms in %.1f h", 100*float64(s.Misses)/float64(s.Events), s.FalseAlarms, s.Hours)
	case len(e.trainings) > 0 && len(e.trainings[0].At("fixed").Outputs) > 0:
		mean, _, _ := spread(e.trainings, func(t results.Training) float64 { return t.At("fixed").Outputs[0].RMSE })
		return fmt.Sprintf("RMSE %.1f", mean)
	case len(e.trainings) > 0:
		mean, _, _ := spread(e.trainings, func(t results.Training) float64 { return t.At("fixed").Accuracy })
		return fmt.Sprintf("%.1f %%", 100*mean)
	case v.Decisions > 0:
		return fmt.Sprintf("%.1f %%", 100*v.Accuracy)
	}
	return "-"
}

// reached is reach with what it is of, as a sentence.
func (e *example) reached() string {
	v := e.evidence
	var words []string
	if n := len(e.trainings); n > 0 {
		if out := e.trainings[0].At("fixed").Outputs; len(out) > 0 {
			mean, low, high := spread(e.trainings, func(t results.Training) float64 { return t.At("fixed").Outputs[0].RMSE })
			words = append(words, fmt.Sprintf("Trained anew with %d seeds, as integers: the root of the mean squared error is %.2f %s (%.2f to %.2f).",
				n, mean, out[0].Name, low, high))
		} else {
			mean, low, high := spread(e.trainings, func(t results.Training) float64 { return 100 * t.At("fixed").Accuracy })
			f1, _, _ := spread(e.trainings, func(t results.Training) float64 { return t.At("fixed").MacroF1 })
			words = append(words, fmt.Sprintf("Trained anew with %d seeds, as integers: %.2f %% of the test part right (%.2f to %.2f), macro F1 %.3f.",
				n, mean, low, high, f1))
		}
	}
	switch {
	case v.Symbols > 0:
		words = append(words, fmt.Sprintf("The weights here say %s of %s symbols right.", diag.Grouped(v.Right), diag.Grouped(v.Symbols)))
	case v.Number != "":
		words = append(words, fmt.Sprintf("The weights here: %.2f.", v.RMSE))
	case v.Decisions > 0 && (v.Stream == nil || v.Stream.Background == ""):
		words = append(words, fmt.Sprintf("The weights here: %.2f %% of %s.", 100*v.Accuracy, diag.Grouped(v.Decisions)))
	}
	if s := v.Stream; s != nil && s.Background != "" {
		words = append(words, fmt.Sprintf("The weights here miss %d of %d in %.1f h of the test part, and make up %d; the median delay is %.2f s.",
			s.Misses, s.Events, s.Hours, s.FalseAlarms, float64(s.Delay)))
	} else if s != nil {
		words = append(words, fmt.Sprintf("The median delay behind a change is %.2f s.", float64(s.Delay)))
	}
	if len(words) == 0 {
		return "Not measured."
	}
	return strings.Join(words, "\n")
}

func page(all []*example, drawings map[string][]byte) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Gallery")
	line("")
	line("Every model of `examples/`: what it does, what it reaches, and what it costs. No figure is typed in. What they reach is of")
	line("[five trainings each](benchmarks/examples.md) and of the weights in the folders, scored as integers, which is what every chip computes;")
	line("chips are [simulated](benchmarks/mcu.md), and FPGAs are [placed and routed](benchmarks/fpga.md). A dash: nobody measured it yet.")
	line("")
	line("    go run ./internal/bench/gallery   # makes this page of what benchmarks keep as JSON in docs/benchmarks")
	line("")
	line("*Bytes* are weights, signs and biases at their own widths; generated C keeps some of them wider, for speed, as *flash* says. *AVR* is a")
	line("step on an ATmega328P in cycles, *M4* one on a Cortex-M4 in executed instructions. *LUTs* are those of the smallest design on an iCE40UP5K,")
	line("which has 5,280.")
	line("")
	line("| example | reaches | bytes | state | AVR | M4 | LUTs |")
	line("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, e := range all {
		line("| [%s](#%s) | %s | %s | %s | %s | %s | %s |", e.title, anchor(e.title), e.reach(), diag.Grouped(e.bytes), diag.Grouped(e.state), e.step("atmega328p"),
			e.step("cortex-m4"), e.luts())
	}
	for _, e := range all {
		line("")
		e.section(line, drawings)
	}
	return b.String()
}

// anchor is the name that GitHub and the site give a heading.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(title))
}

func (e *example) section(line func(format string, args ...any), drawings map[string][]byte) {
	line("## %s", e.title)
	line("")
	line("%s", strings.ReplaceAll(e.about, "../", "examples/"))
	line("The model: [examples/%s](../examples/%s/model.hrn).", e.name, e.name)
	line("")
	line("%s", e.reached())
	line("%s bytes of weights, %s of state, %s additions a step.", diag.Grouped(e.bytes), diag.Grouped(e.state), diag.Grouped(e.adds))
	line("")
	if drawings["docs/gallery/"+e.name+".svg"] != nil {
		line("![%s](gallery/%s.svg)", e.caption(), e.name)
		line("")
		line("*%s.*", e.caption())
		line("")
	}
	line("| on | a step | outputs | flash, bytes | RAM, bytes | microjoules a step |")
	line("| --- | ---: | ---: | ---: | ---: | ---: |")
	for _, c := range columns {
		f, measured := e.chips[c.chip]
		switch {
		case !measured:
			line("| %s | - | - | - | - | - |", c.title)
		case f.Problem != "":
			line("| %s | %s | - | - | - | - |", c.title, f.Problem)
		default:
			line("| %s | %s %s | %s | %s | %s | %.2f |", c.title, diag.Grouped(int(f.Step+0.5)), f.Unit, diag.Grouped(int(f.Output+0.5)), diag.Grouped(f.Flash), diag.Grouped(f.RAM), f.Microjoules)
		}
	}
	line("")
	switch p, measured := e.parts[part]; {
	case !measured:
		line("On an iCE40UP5K: not measured yet.")
	case p.Problem != "":
		line("On an iCE40UP5K: no room; %s.", why(p.Problem))
	default:
		line("On an iCE40UP5K: %s LUTs, %s flip-flops and %d block RAMs; a step takes %s cycles, at %.1f MHz %s.", diag.Grouped(p.LUTs),
			diag.Grouped(p.FlipFlops), p.Blocks, diag.Grouped(p.Cycles), p.MHz, span(p.Micros()))
	}
	line("")
	line("```console")
	line("$ hrnnc compile examples/%s/model.hrn --target c,go,verilog", e.name)
	line("$ hrnnc verify examples/%s/model.hrn", e.name)
	best := "cortex-m4"
	if f, ok := e.chips["atmega328p"]; ok && f.Problem == "" {
		best = "atmega328p"
	}
	line("$ hrnnc bench examples/%s/model.hrn --mcu %s", e.name, best)
	line("$ hrnnc synth examples/%s/model.hrn --part %s", e.name, part)
	if e.trains {
		if s := e.evidence.Stream; s != nil {
			background := ""
			if s.Background != "" {
				background = " --background " + s.Background
			}
			line("$ hrnnc eval examples/%s/model.hrn --stream%s", e.name, background)
		} else {
			line("$ hrnnc eval examples/%s/model.hrn", e.name)
		}
		line("$ hrnnc train examples/%s/model.hrn --finetune fixed", e.name)
	}
	line("```")
}

func (e *example) step(chip string) string {
	f, measured := e.chips[chip]
	switch {
	case !measured:
		return "-"
	case f.Problem != "":
		return f.Problem
	}
	return diag.Grouped(int(f.Step + 0.5))
}

func (e *example) luts() string {
	p, measured := e.parts[part]
	switch {
	case !measured:
		return "-"
	case strings.HasPrefix(p.Problem, "refused"), strings.HasPrefix(p.Problem, "no room"):
		return "no room"
	case p.Problem != "":
		return "-"
	}
	return diag.Grouped(p.LUTs)
}

func span(micros float64) string {
	switch {
	case micros < 1:
		return fmt.Sprintf("%.2f us", micros)
	case micros < 1000:
		return fmt.Sprintf("%.1f us", micros)
	}
	return fmt.Sprintf("%.1f ms", micros/1000)
}

// why is the reason in a refusal, "refused: sentiment on up5k: the smallest design takes 135 block RAMs of 30: it does not fit up5k".
func why(problem string) string {
	if _, takes, found := strings.Cut(problem, "the smallest design "); found {
		takes, _, _ = strings.Cut(takes, ": it does not fit")
		return "the smallest design " + takes
	}
	return problem
}

// spread gives mean, smallest and largest of a figure of trainings.
func spread(all []results.Training, f func(results.Training) float64) (mean, low, high float64) {
	for i, t := range all {
		v := f(t)
		if i == 0 {
			low, high = v, v
		}
		mean, low, high = mean+v/float64(len(all)), min(low, v), max(high, v)
	}
	return mean, low, high
}
