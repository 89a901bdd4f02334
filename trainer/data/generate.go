package data

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// Generator is a task whose sequences are made when they are read, each from its number: none is stored.
type Generator struct {
	Name, What string
	// Lengths that it can be asked for; Length is that of a name without one, 0 when it must be given.
	Min, Max, Length int
	make             func(length int) recipe
}

// recipe makes the sequences of a task.
type recipe struct {
	t, d       int
	vocabulary []string // nil for values
	classes    []string
	eachStep   bool
	outputs    int
	channels   []Channel
	// fill draws a sequence: x [t*d], and y, one label, t labels, or outputs targets.
	fill func(rng *rand.Rand, x, y []float32)
	// labels is the length of y.
	labels int
}

// Generators are the tasks, one row each.
var Generators = []Generator{
	{"copy", "ten symbols, N blanks: say the symbols again", 1, 100_000, 0, copyTask},
	{"adding", "N numbers, two of them marked: give their sum", 2, 100_000, 0, addingTask},
	{"parity", "N bits: whether the number of ones is odd", 1, 100_000, 0, parityTask},
	{"curves", "ten smooth curves of N steps, moved, scaled and noisy", 8, 10_000, 40, curvesTask},
}

// The sequences that are generated for training where the options do not say, and for each of validation and test.
const (
	generatedTrain = 100_000
	generatedOther = 2_000
)

var generatorName = regexp.MustCompile(`^([a-z]+)(?:\((\d{1,9})\))?$`)

// findGenerator reads a name such as copy(100); ok says that it is a generator's.
func findGenerator(name string) (g *Generator, length int, ok bool, err error) {
	m := generatorName.FindStringSubmatch(name)
	if m == nil {
		return nil, 0, false, nil
	}
	for i := range Generators {
		if Generators[i].Name == m[1] {
			g = &Generators[i]
		}
	}
	if g == nil {
		return nil, 0, false, nil
	}
	length = g.Length
	if m[2] != "" {
		length, _ = strconv.Atoi(m[2]) // nine digits
	}
	if length < g.Min || length > g.Max {
		return nil, 0, true, fail(name, "").Errorf(code, "%s needs a length of %d to %d", g.Name, g.Min, g.Max).Helpf("write  %s(100)", g.Name)
	}
	return g, length, true, nil
}

// pool is the task's sequences: test first, then validation, then training, so that the number that is generated for
// training changes no sequence.
func (g *Generator) pool(length int, o Options) *pool {
	r := g.make(length)
	n := o.Sequences
	if n == 0 {
		n = generatedTrain
	}
	p := &pool{kind: Generated, n: n + 2*generatedOther, eachStep: r.eachStep, outputs: r.outputs, vocabulary: r.vocabulary,
		classes: r.classes, channels: r.channels, frame: frame{steps: r.t, channels: r.d},
		source: fmt.Sprintf("generated: %s", g.What), licence: "none needed"}
	p.x, p.y = drawn{r, o.Seed, false}, drawn{r, o.Seed, true}
	p.parts = make([]part, p.n)
	for i := range p.parts {
		switch {
		case i < generatedOther:
			p.parts[i] = test
		case i < 2*generatedOther:
			p.parts[i] = valid
		default:
			p.parts[i] = train
		}
	}
	return p
}

// drawn is the inputs or the answers of a recipe's sequences.
type drawn struct {
	recipe
	seed   uint64
	answer bool
}

func (s drawn) Floats(i, from int, dst []float64) {
	x, y := make([]float32, s.t*s.d), make([]float32, s.labels)
	seed := s.seed + 1
	if i < generatedOther {
		seed = 0 // runs with other seeds are to be compared on one test part
	}
	s.fill(rand.New(rand.NewPCG(seed, uint64(i))), x, y)
	if s.answer {
		x = y
	}
	files.Packed[float32](x).Floats(from, dst)
}

func (s drawn) Ints(i, from int, dst []int32) {
	buf := make([]float64, len(dst))
	s.Floats(i, from, buf)
	for j, v := range buf {
		dst[j] = int32(v)
	}
}
