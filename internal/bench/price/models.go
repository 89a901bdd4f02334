package main

import (
	"fmt"
	"math/bits"
	"math/rand"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
)

// writer makes a random model, of the kinds that microcontrollers are given.
type writer struct {
	strings.Builder
	rng *rand.Rand
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func oneOf[T any](rng *rand.Rand, v ...T) T { return v[rng.Intn(len(v))] }

// model is a random model of at most so many units: every second one of those that microcontrollers are given, the others with every
// construct of the language, as the tests have them.
func model(seed int64, units int) (*lower.Plan, error) {
	if !usual(seed) {
		m, err := modelgen.Random(seed, modelgen.Options{MaxUnits: units / 2})
		if err != nil {
			return nil, err
		}
		if seed%8 == 1 {
			m.Text = endless(m.Text)
		}
		return plan(m.Text, seed)
	}
	w := &writer{rng: rand.New(rand.NewSource(seed))}
	w.text(seed, units)
	return plan(w.String(), seed)
}

// usual tells the models that microcontrollers are given from the others.
func usual(seed int64) bool { return seed%2 == 0 }

// endless leaves out how many steps a sequence has.
func endless(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "steps ") {
			out = append(out, strings.Replace(line, " mean", " at every step", 1))
		}
	}
	return strings.Join(out, "\n")
}

// plan lowers a model with random weights, without restarts and a decide block.
func plan(text string, seed int64) (*lower.Plan, error) {
	weights, err := modelgen.Weights(text, seed)
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, text)
	}
	m, err := compiler.FromParts("model.hrn", []byte(text), weights)
	if err != nil {
		return nil, err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	p := l.Plan
	p.Hop, p.Decide, p.Output.Decide = 0, nil, nil // prices are fitted to a step of a course; what stands around it is counted apart
	return p, nil
}

func (w *writer) text(seed int64, units int) {
	rng := w.rng
	k := 2 + rng.Intn(bits.Len(uint(units))-2)
	block, blocks := 1<<k, 1
	if k < 6 && rng.Intn(3) > 0 || k < 4 {
		blocks = 1 + rng.Intn(units>>k)
	}
	blocks = max(blocks, 16>>k)
	n := block * blocks
	w.line("model m%d", seed)
	source := w.input()
	when := oneOf(rng, "at last", "at every step", "mean")
	if when == "mean" || rng.Intn(4) > 0 {
		w.line("steps %d", 32<<rng.Intn(3))
	}
	w.layer("h", oneOf(rng, "ternary", "int2", "int4", "int4", "int4", "int8"), source, n, block)
	last := "h"
	if rng.Intn(6) == 0 { // stacked
		last, n = "g", min(16<<rng.Intn(3), units)
		w.layer("g", oneOf(rng, "binary", "ternary", "int4", "int8"), oneOf(rng, "h", "relu(h)"), n, n)
	}
	w.line("param V : %s[%d, %d]", oneOf(rng, "binary", "ternary", "int2", "int4", "int4", "int4", "int8"), 1+rng.Intn(oneOf(rng, 6, 10, 20)), n)
	y := fmt.Sprintf("V*"+oneOf(rng, "relu(%s)", "relu(%s)", "relu(%s)", "%s"), last)
	if rng.Intn(4) > 0 {
		w.line("param c")
		y += " + c"
	}
	w.line("y = %s", y)
	w.line("output %s %s", oneOf(rng, "y", "class = argmax(y)"), when)
	w.line("weights \"model.safetensors\"")
}

// input declares the input, and gives what the first layer multiplies.
func (w *writer) input() string {
	switch rng := w.rng; rng.Intn(9) {
	case 0:
		w.line("input t : token[%d]", 2+rng.Intn(12))
		return "onehot(t)"
	case 1:
		tokens := 2 + rng.Intn(40)
		w.line("input t : token[%d]", tokens)
		w.line("param E : %s[%d, %d]", oneOf(rng, "int4", "int8"), tokens, oneOf(rng, 4, 8, 16, 32))
		return "embed(E, t)"
	case 2, 3:
		w.line("input x : u8[1] / 255")
	case 4:
		w.line("input x : u8[%d] / 255", oneOf(rng, 2, 4, 8, 16))
	default:
		w.line("input x : i8[%d] * 0.01", oneOf(rng, 1, 2, 3, 4, 6, 9, 24, 45))
	}
	return "x"
}

// layer is a layer's declarations and its update.
func (w *writer) layer(name, weights, source string, n, block int) {
	rng := w.rng
	w.line("param U%s : %s", name, weights)
	w.line("state %s : int%s[%d] headroom 1", name, oneOf(rng, "8", "10", "11", "12", "12", "14", "16", "16"), n)
	options, bias := "", ""
	if n > block {
		options += fmt.Sprintf(", block = %d", block)
	}
	if rng.Intn(2) == 0 {
		options += ", rounding = staged"
	}
	if rng.Intn(5) > 0 {
		w.line("param b%s", name)
		bias = " + b" + name
	}
	w.line("%s <- hadamard(%s%s) + U%s*%s%s", name, name, options, name, source, bias)
}
