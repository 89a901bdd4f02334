// Package modelgen makes random models: a model.hrn with every construct of the language, and weights for it. The same
// seed gives the same model on every machine. Tests hold the compiler's levels against each other on them; it knows no
// pass and no target. Start with Random.
package modelgen

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Model is a random model in memory.
type Model struct {
	Seed    int64
	Text    string
	Weights *weights.File
}

// Options bound what Random makes. The zero value stands for sizes of 2 to 1024 units.
type Options struct {
	MaxUnits int  // of a layer
	Dense    bool // recurrent matrices W*h in the place of transforms
}

// Random makes the model of a seed. Small sizes are more frequent than large ones.
func Random(seed int64, o Options) (*Model, error) {
	if o.MaxUnits == 0 {
		o.MaxUnits = 1024
	}
	g := &generator{rng: rand.New(rand.NewSource(seed)), leaks: rand.New(rand.NewSource(^seed)), decides: rand.New(rand.NewSource(^seed + 1)), o: o}
	text := g.model(seed)
	ast, errs := dsl.Parse("model.hrn", []byte(text))
	checked, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, fmt.Errorf("seed %d makes a model that is wrong: %w\n%s", seed, errs, text)
	}
	return &Model{Seed: seed, Text: text, Weights: g.weights(checked)}, nil
}

// Weights fills every tensor of a given text with random numbers.
func Weights(text string, seed int64) (*weights.File, error) {
	ast, errs := dsl.Parse("model.hrn", []byte(text))
	checked, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	g := &generator{rng: rand.New(rand.NewSource(seed))}
	return g.weights(checked), nil
}

// Save writes model.hrn and model.safetensors into a folder and gives the model's path.
func (m *Model) Save(dir string) (string, error) {
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), m.Weights); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "model.hrn")
	return path, os.WriteFile(path, []byte(m.Text), 0o644)
}

type generator struct {
	rng *rand.Rand
	// leaks and decides draw what seeds did not have from the first, so that they keep what they had.
	leaks, decides *rand.Rand
	o              Options
	text           strings.Builder
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.text, format+"\n", args...) }

func (g *generator) oneIn(n int) bool { return g.rng.Intn(n) == 0 }

func pick[T any](g *generator, v ...T) T { return v[g.rng.Intn(len(v))] }

// weightType covers every type of the language.
func (g *generator) weightType() string {
	if g.oneIn(3) {
		return pick(g, "binary", "ternary")
	}
	return fmt.Sprintf("int%d", pick(g, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16))
}

// units gives the units of a layer and its block: orders even and odd alike, full and in blocks.
func (g *generator) units() (n, block int) {
	most := int(math.Log2(float64(g.o.MaxUnits)))
	k := 1 + g.rng.Intn(min(most, 7))
	if g.oneIn(6) {
		k = 1 + g.rng.Intn(most)
	}
	block = 1 << k
	n = block
	if g.oneIn(2) {
		n = min(block*(1+g.rng.Intn(6)), g.o.MaxUnits/block*block)
	}
	return n, block
}

var stepsLine = regexp.MustCompile(`(?m)^steps \d+\n`)

func (g *generator) model(seed int64) string {
	g.line("model random%d", seed)
	source := g.input()
	if g.oneIn(2) {
		g.line("steps %d", 1+g.rng.Intn(60))
	} else {
		g.line("steps 40")
	}
	layers := 1
	if g.oneIn(3) {
		layers = 2 + g.rng.Intn(2)
	}
	last, units := "", 0
	for i := range layers {
		name := fmt.Sprintf("h%d", i+1)
		n, block := g.units()
		if i > 0 {
			n, block = min(n, 128), min(block, 128)
			n = max(n/block, 1) * block
		}
		g.layer(i, name, n, block, source)
		source = name
		if g.oneIn(2) {
			source = "relu(" + name + ")"
		}
		last, units = name, n
	}
	g.readout(last, units)
	g.line("weights \"model.safetensors\"")
	text := g.text.String()
	if !strings.Contains(text, "leak = ") && (!strings.Contains(text, " mean\n") || strings.Contains(text, "argmax(")) && g.leaks.Intn(6) == 0 {
		hop := 2 * (1 + g.leaks.Intn(3)) // even, as Verilog wants it where odd and even steps differ
		text = stepsLine.ReplaceAllString(text, fmt.Sprintf("restart %d hop %d\n", hop*(1+g.leaks.Intn(4)), hop))
	}
	if strings.Count(text, "leak = ") == layers && !strings.Contains(text, " mean\n") && g.leaks.Intn(2) == 0 {
		text = stepsLine.ReplaceAllString(text, "") // endless: its widths are proven from the leaks
	}
	return text
}

// input declares the input and gives what the first layer multiplies.
func (g *generator) input() string {
	switch g.rng.Intn(4) {
	case 0:
		g.line("input t : token[%d]", 2+g.rng.Intn(30))
		if g.oneIn(2) {
			return "onehot(t)"
		}
		return "embed(E, t)"
	case 1:
		g.line("input x : i%d[%d] * 0.01", 2+g.rng.Intn(15), 1+g.rng.Intn(6))
	default:
		g.line("input x : u%d[%d] / 255", 1+g.rng.Intn(16), 1+g.rng.Intn(4))
	}
	return "x"
}

func (g *generator) layer(i int, name string, n, block int, source string) {
	if source == "embed(E, t)" {
		vocab := strings.TrimSuffix(strings.SplitN(g.text.String(), "token[", 2)[1], "")
		vocab = vocab[:strings.Index(vocab, "]")]
		g.line("param E : %s[%s, %d]", pick(g, "int8", "int4", "ternary", "binary"), vocab, 1+g.rng.Intn(8))
	}
	g.line("param U%d : %s", i+1, g.weightType())
	state := fmt.Sprintf("state %s : int%d[%d]", name, 8+g.rng.Intn(25), n)
	if g.oneIn(4) {
		state += fmt.Sprintf(" headroom %d", g.rng.Intn(4))
	}
	g.line("%s", state)
	if g.o.Dense {
		g.line("param W%d", i+1)
		g.terms(i, name, source, fmt.Sprintf("W%d*%s", i+1, name))
		return
	}
	var options []string
	if block != n || g.oneIn(4) {
		options = append(options, fmt.Sprintf("block = %d", block))
	}
	if g.oneIn(4) {
		options = append(options, "rounding = staged")
	}
	if g.oneIn(5) {
		g.line("param p%d : index", i+1)
		options = append(options, fmt.Sprintf("permute = p%d", i+1))
	}
	if g.oneIn(5) {
		g.line("param s%d : sign", i+1)
		options = append(options, fmt.Sprintf("presigns = s%d", i+1))
	}
	if g.leaks.Intn(4) == 0 {
		options = append(options, "leak = "+g.leak(n/block))
	}
	g.terms(i, name, source, fmt.Sprintf("hadamard(%s)", strings.Join(append([]string{name}, options...), ", ")))
}

// terms writes the update of a state.
func (g *generator) terms(i int, name, source, recurrence string) {
	terms := []string{recurrence, fmt.Sprintf("U%d*%s", i+1, source)}
	if !g.oneIn(4) {
		g.line("param b%d", i+1)
		terms = append(terms, fmt.Sprintf("b%d", i+1))
	}
	g.line("%s <- %s", name, strings.Join(terms, " + "))
}

// leak is one for all blocks, or as many as stand for them in turn.
func (g *generator) leak(blocks int) string {
	count := blocks
	switch g.leaks.Intn(4) {
	case 0:
		count = 1
	case 1:
		count = 2 - blocks%2
	}
	var list []string
	for range count {
		list = append(list, fmt.Sprintf("1/%d", 1<<(1+g.leaks.Intn(12))))
	}
	if count == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (g *generator) readout(state string, n int) {
	outputs := 1 + g.rng.Intn(8)
	g.line("param V : %s[%d, %d]", g.weightType(), outputs, n)
	y := "V*" + pick(g, "relu("+state+")", "relu("+state+")", state)
	if !g.oneIn(4) {
		g.line("param c")
		y += " + c"
	}
	g.line("y = %s", y)
	decision := pick(g, "y", "class = argmax(y)", fmt.Sprintf("alarm = y > %.3g", g.rng.NormFloat64()))
	when := pick(g, "at last", "at every step", "mean")
	g.line("output %s %s", decision, when)
	if decision == "class = argmax(y)" && when == "at every step" && outputs > 1 && g.decides.Intn(4) > 0 {
		g.decide(outputs)
	}
}

// decide is a block of any settings; thresholds are mostly low, since random outputs of a class may be bounded.
func (g *generator) decide(classes int) {
	var settings []string
	for _, s := range []string{fmt.Sprintf("hold = %d", g.decides.Intn(6)), fmt.Sprintf("smooth = %d", 1<<g.decides.Intn(7)),
		fmt.Sprintf("threshold = %.3g", 0.5+0.02*g.decides.Float64()), fmt.Sprintf("start = %d", g.decides.Intn(classes))} {
		if g.decides.Intn(3) > 0 {
			settings = append(settings, s)
		}
	}
	g.line("decide { %s }", strings.Join(settings, "  "))
}

// weights fills every tensor, and gives ranges of which some are too small, so that states saturate.
func (g *generator) weights(m *dsl.Model) *weights.File {
	f := &weights.File{Path: "model.safetensors", Format: weights.Safetensors, Metadata: map[string]string{}}
	for _, p := range m.Tensors() {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		data := make([]float64, n)
		zeros := g.rng.Float64() * 0.6
		for i := range data {
			data[i] = float64(float32(g.rng.NormFloat64()))
			if p.Kind != "sign" && p.Kind != "binary" && g.rng.Float64() < zeros {
				data[i] = 0
			}
		}
		if p.Kind == "index" {
			for i, j := range g.rng.Perm(n) {
				data[i] = float64(j)
			}
		}
		if slices.ContainsFunc(m.Layers, func(l *dsl.Layer) bool { return l.Dense == p }) {
			data = g.matrix(p.Shape[0])
		}
		f.Tensors = append(f.Tensors, &weights.Tensor{Name: p.Name, Shape: p.Shape, DType: "F32", Data: data})
	}
	slices.SortFunc(f.Tensors, func(a, b *weights.Tensor) int { return strings.Compare(a.Name, b.Name) })
	for _, l := range m.Layers {
		f.Metadata["range."+l.State.Name] = fmt.Sprint(math.Exp(g.rng.NormFloat64()*1.5 + 2))
	}
	return f
}

// matrix is a recurrent matrix: a transform of blocks of any order that fits, rows and columns negated and put in any order.
func (g *generator) matrix(n int) []float64 {
	block := 1 << g.rng.Intn(bits.TrailingZeros(uint(n))+1)
	rows, columns := g.rng.Perm(n), g.rng.Perm(n)
	w, norm := make([]float64, n*n), float64(float32(1/math.Sqrt(float64(block))))
	rowSigns, columnSigns := make([]float64, n), make([]float64, n)
	for i := range n {
		rowSigns[i], columnSigns[i] = pick(g, -1.0, 1.0), pick(g, -1.0, 1.0)
	}
	for i := range n {
		first := i - i%block
		for c := first; c < first+block; c++ {
			w[rows[i]*n+columns[c]] = norm * rowSigns[i] * columnSigns[c] * float64(1-2*(bits.OnesCount(uint(i%block&c))&1))
		}
	}
	return w
}
