// Package search is what a search for a good variant of a model is made of: a space of variants, the list of independent trials that train
// them, and what is made of their results. It trains nothing and knows no compiler: trainer/study does a trial. Start with Space and
// Plan; Merge reads results, pareto.go compares candidates.
package search

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
)

// Settings is what one variant of a model has.
type Settings struct {
	Units     int     `json:"units"`   // of every layer
	Block     int     `json:"block"`   // 0: one block
	Weights   string  `json:"weights"` // type of the matrices that multiply the input and the last state
	StateBits int     `json:"state_bits"`
	Rate      float64 `json:"rate"`
	// Vary is what else is varied, by the keys of Varied: leak, train.weight_decay.
	Vary map[string]string `json:"vary,omitempty"`
}

// Name says the settings in a word that can name a folder.
func (s Settings) Name() string {
	name := fmt.Sprintf("u%d-%s-%s-s%d-r%s", s.Units, s.blockName(), s.Weights, s.StateBits, strconv.FormatFloat(s.Rate, 'g', -1, 64))
	for _, key := range slices.Sorted(maps.Keys(s.Vary)) {
		name += "-" + strings.TrimPrefix(key, trainKey) + wordOf(s.Vary[key])
	}
	if len(name) > longName {
		name = name[:longName] + "-" + hash(s)
	}
	return name
}

// longName is the most of a name that is spelled out.
const longName = 120

// wordOf is a value as a part of a file's name.
func wordOf(value string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '+', r == '-':
			return r
		}
		return '_'
	}, value)
	return strings.Trim(word, "_")
}

func (s Settings) blockName() string {
	if s.Block == 0 {
		return "full"
	}
	return "b" + strconv.Itoa(s.Block)
}

// Space is the values that a search combines.
type Space struct {
	Units     []int
	Blocks    []int // 0: one block
	Weights   []string
	StateBits []int
	Rates     []float64
	Vary      []Varied
}

// usualBlock is the block of the authors' Block-HadamRNN on MNIST, which a space has where nothing is said.
const usualBlock = 16

// Default is a space around a model and its learning rate: half, as many and twice its units, its own block and another
// one, its own weight types and ternary.
func Default(m *dsl.Model, rate float64) Space {
	s := Space{Rates: []float64{rate}}
	n, block := 0, 0
	for i, l := range m.Layers {
		n = max(n, l.State.Size)
		if i == 0 && l.Block != l.State.Size {
			block = l.Block
		}
		s.StateBits = append(s.StateBits, l.State.Bits)
	}
	s.Units = []int{n, 2 * n}
	if n > 1 {
		s.Units = []int{n / 2, n, 2 * n}
	}
	s.Blocks = []int{block, 0}
	if block == 0 {
		s.Blocks = []int{0, usualBlock}
	}
	for _, p := range searched(m) {
		s.Weights = append(s.Weights, p.Kind)
	}
	s.Weights = unique(append(s.Weights, "ternary"))
	s.StateBits = []int{slices.Max(s.StateBits)}
	return s
}

// searched are the matrices whose type a search changes: those that multiply the input, and the readout's. What stands
// between two states, and tables of tokens, stay as they are.
func searched(m *dsl.Model) []*dsl.Param {
	var out []*dsl.Param
	for _, l := range m.Layers {
		if l.Inflow != nil && l.Inflow.From == nil {
			out = append(out, l.Inflow.Matrix)
		}
	}
	return unique(append(out, m.Readout.Matrix))
}

// unique leaves the first of equal values.
func unique[T comparable](v []T) []T {
	var out []T
	for _, x := range v {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// check reports every value that no model can have.
func (s Space) check(m *dsl.Model) diag.List {
	var errs diag.List
	wrong := func(ok bool, what any, name, help string) {
		if !ok {
			errs.Add(diag.InFile(m.File, "").Errorf("settings", "the search cannot have %s %v", name, what).Helpf("%s", help))
		}
	}
	for _, n := range s.Units {
		wrong(n >= 1 && n <= 1<<20, n, "units", "units are whole numbers from 1, such as 32,64,128")
	}
	for _, b := range s.Blocks {
		wrong(b >= 0 && b&(b-1) == 0, b, "block", "blocks are powers of two, or full for one block")
	}
	for _, k := range s.Weights {
		_, ok := numerics.WeightBits(k)
		wrong(ok && k != "sign", k, "weights", "weights are binary, ternary or int2 to int16")
	}
	for _, b := range s.StateBits {
		wrong(b >= 8 && b <= 32, b, "state bits", "states have 8 to 32 bits")
	}
	for _, r := range s.Rates {
		wrong(r > 0 && r < 1e9, r, "rate", "learning rates are positive, such as 0.003,0.001")
	}
	for _, v := range s.Vary {
		errs = append(errs, v.check(m)...)
	}
	return errs
}

// combinations lists all settings whose block divides the units, and counts the others.
func (s Space) combinations() (all []Settings, leftOut int) {
	varied := s.varied()
	for _, n := range s.Units {
		for _, b := range s.Blocks {
			if b == 0 && n&(n-1) != 0 || b > 0 && n%b != 0 {
				leftOut += len(s.Weights) * len(s.StateBits) * len(s.Rates) * len(varied)
				continue
			}
			if b == n {
				b = 0
			}
			for _, k := range s.Weights {
				for _, bits := range s.StateBits {
					for _, r := range s.Rates {
						for _, v := range varied {
							all = append(all, Settings{n, b, k, bits, r, v})
						}
					}
				}
			}
		}
	}
	names := map[string]bool{} // two spellings of one variant have one name
	return slices.DeleteFunc(all, func(c Settings) bool {
		again := names[c.Name()]
		names[c.Name()] = true
		return again
	}), leftOut
}

// Variant is a model with settings of a space.
type Variant struct {
	Settings
	Model *dsl.Model
}

// Variants makes the models of a space: all, or a sample of as many as the budget allows, the same for a seed. A larger
// budget adds to the sample of a smaller one. leftOut counts the combinations that are no model: whose block does not fit the units, or
// whose leaks do not fit the blocks.
func Variants(m *dsl.Model, s Space, budget int, seed uint64) (out []Variant, leftOut int, err error) {
	if errs := s.check(m); errs.HasErrors() {
		return nil, 0, errs
	}
	all, leftOut := s.combinations()
	var fit []Variant
	var misfit *diag.Diagnostic
	for _, c := range all {
		v, errs := c.apply(m)
		switch {
		case errs.HasErrors() && errs.Sorted()[0].Code == "shape" && forgets(v):
			leftOut++
			misfit = errs.Sorted()[0]
			continue
		case errs.HasErrors():
			return nil, leftOut, diag.InFile(m.File, "").Errorf("settings", "the variant %s is no model: %s", c.Name(), errs.Sorted()[0].Summary).
				Helpf("leave its units, its weight type or what else it varies out of the search")
		}
		fit = append(fit, Variant{c, v})
	}
	switch {
	case len(fit) == 0 && misfit != nil:
		return nil, leftOut, diag.InFile(m.File, "").Errorf("settings", "no combination of the search is a model: %s", misfit.Summary).Helpf("%s", misfit.Help)
	case len(fit) == 0:
		return nil, leftOut, diag.InFile(m.File, "").Errorf("settings", "no combination of the search is a model: no block fits any number of units").
			Helpf("one block needs a power of two as units, and a smaller block has to divide them")
	}
	chosen := sample(len(fit), budget, seed)
	for i, v := range fit {
		if slices.Contains(chosen, i) {
			out = append(out, v)
		}
	}
	return out, leftOut, nil
}

// sample gives at most budget of the numbers below n.
func sample(n, budget int, seed uint64) []int {
	return rand.New(rand.NewPCG(seed, 0)).Perm(n)[:min(n, budget)]
}

// apply makes the variant of a model. Ranges that the model says are left out, since they hold for its own weights only.
func (s Settings) apply(m *dsl.Model) (*dsl.Model, diag.List) {
	v, errs := again(m)
	if errs.HasErrors() {
		return nil, errs
	}
	var inner []string // what is varied beside the number of layers, on all of them
	for _, key := range slices.Sorted(maps.Keys(s.Vary)) {
		if key == layersKey {
			setLayers(v, s.Vary[key])
			continue
		}
		inner = append(inner, key)
	}
	s.resize(v)
	for _, key := range inner {
		if err := set(v, key, s.Vary[key]); err != nil {
			return nil, diag.List{err}
		}
	}
	v.Weights = WeightsName
	v.Train["rate"] = strconv.FormatFloat(s.Rate, 'g', -1, 64)
	return again(v)
}

// resize gives every layer the units, the block and the widths.
func (s Settings) resize(v *dsl.Model) {
	vector := func(ps ...*dsl.Param) {
		for _, p := range ps {
			if p != nil {
				p.Shape = []int{s.Units}
			}
		}
	}
	for _, l := range v.Layers {
		l.State.Size, l.State.Bits, l.State.Max = s.Units, s.StateBits, 0
		l.Block = s.Block
		vector(l.Signs, l.PreSigns, l.Permute)
		vector(l.Bias...)
		l.Leak = once(l.Leak)
		if in := l.Inflow; in != nil {
			cols := in.Matrix.Shape[1]
			if in.From != nil {
				cols = s.Units
			}
			in.Matrix.Shape = []int{s.Units, cols}
		}
	}
	v.Readout.Matrix.Shape = []int{v.Readout.Matrix.Shape[0], s.Units}
	for _, p := range searched(v) {
		p.Kind = s.Weights
	}
}

// once is a list of leaks without its repetitions: it stands for other blocks in turn.
func once(k arith.Leak) arith.Leak {
	for n := 1; n < len(k); n++ {
		if len(k)%n == 0 && slices.Equal(k, slices.Repeat(k[:n], len(k)/n)) {
			return k[:n]
		}
	}
	return k
}

// forgets reports whether a state of a model leaks.
func forgets(m *dsl.Model) bool {
	return m != nil && slices.ContainsFunc(m.Layers, func(l *dsl.Layer) bool { return l.Leak != nil })
}

// again checks a model anew, as a copy that shares nothing with it.
func again(m *dsl.Model) (*dsl.Model, diag.List) {
	ast, errs := dsl.Parse(m.File, dsl.Source(m))
	v, more := dsl.Check(ast)
	return v, append(errs, more...)
}
