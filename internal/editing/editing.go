// Package editing tells editors what the language alone does not know: the settings of a model's blocks with their meaning and values,
// data sets and chips, what is wrong with them, and what a model with its weights is worth and takes. It writes no table down: they
// are those of trainer, trainer/data, the targets, the language and the chips. Start with Language and Measure.
package editing

import (
	"fmt"
	"strconv"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// Language is all of it.
func Language() *editor.Language {
	l := &editor.Language{Blocks: []editor.Block{train(), decide()}, Check: Check}
	for _, t := range compiler.Targets {
		b := editor.Block{Kind: "target", Name: t.Name()}
		for _, s := range t.Settings() {
			values := plain(s.Words)
			if kinds := chips[t.Name()+"."+s.Key]; kinds != nil {
				values = parts(kinds)
			}
			b.Settings = append(b.Settings, editor.Setting{Key: s.Key, Doc: s.Doc, Values: values})
		}
		l.Blocks = append(l.Blocks, b)
	}
	return l
}

func train() editor.Block {
	b := editor.Block{Kind: "train"}
	for _, s := range trainer.Settings {
		set := editor.Setting{Key: s.Key, Doc: s.Form, Values: plain(s.Words)}
		if s.Key == "data" {
			set.Values = dataSets()
		}
		b.Settings = append(b.Settings, set)
	}
	for _, s := range data.Settings {
		b.Settings = append(b.Settings, editor.Setting{Key: s.Name, Doc: s.Doc, Values: plain(s.Words)})
	}
	return b
}

func decide() editor.Block {
	b := editor.Block{Kind: "decide"}
	for _, s := range dsl.DecideSettings {
		b.Settings = append(b.Settings, editor.Setting{Key: s.Name, Doc: s.Form + ": " + s.Doc})
	}
	return b
}

func dataSets() (out []editor.Value) {
	for _, k := range data.KnownSets {
		out = append(out, editor.Value{Text: k.Name, Doc: k.What})
	}
	for _, g := range data.Generators {
		out = append(out, editor.Value{Text: fmt.Sprintf("%s(%d)", g.Name, min(max(100, g.Min), g.Max)), Doc: g.What})
	}
	return out
}

// chips are the settings that name a part, and the kinds of it.
var chips = map[string][]chip.Kind{"c.mcu": {chip.MCU, chip.Host}, "verilog.part": {chip.FPGA}}

func parts(kinds []chip.Kind) (out []editor.Value) {
	for _, name := range chip.Names(kinds...) {
		if p, err := chip.Any(name); err == nil {
			out = append(out, editor.Value{Text: name, Doc: p.Title})
		}
	}
	return out
}

func plain(words []string) (out []editor.Value) {
	for _, w := range words {
		out = append(out, editor.Value{Text: w})
	}
	return out
}

// Check finds what is wrong or odd in the blocks of a model that has no other errors.
func Check(m *dsl.Model) diag.List {
	errs := compiler.CheckTargets(m)
	if _, err := trainer.ReadConfig(m, nil, data.Keys()); err != nil {
		errs = append(errs, compiler.Diagnostics(err)...)
	}
	if d := OnWindows(m); d != nil {
		errs.Add(d)
	}
	return errs
}

// OnWindows warns of a model that is trained on windows, and forgets nothing or too slowly for them; nil of any other.
func OnWindows(m *dsl.Model) *diag.Diagnostic {
	known := data.Find(m.Train["data"])
	samples := wholeOr(m.Train["window"], 0)
	switch {
	case samples > 0:
	case known != nil && known.OfWindows() && m.Train["stream"] != "yes":
		samples = known.T
	default:
		return nil
	}
	steps := samples / (wholeOr(m.Train["subsample"], 1) * wholeOr(m.Train["frame"], 1))
	return m.OnWindows(max(steps, 1), known == nil || known.Kind.Knows("window"))
}

// wholeOr reads a setting that is a whole number from 1, which is otherwise where it is not given, or is none.
func wholeOr(text string, otherwise int) int {
	if v, err := strconv.Atoi(text); err == nil && v > 0 {
		return v
	}
	return otherwise
}
