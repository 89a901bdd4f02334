// Package search trains variants of one model within a budget and finds those that no other beats in accuracy, bytes and
// additions at once. It knows no compiler: what a variant costs, and how its integers decide, the caller measures. Start
// with Space and Search.Run; pareto.go compares candidates, results.go keeps them.
package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/dsl"
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
}

// Name says the settings in a word that can name a folder.
func (s Settings) Name() string {
	return fmt.Sprintf("u%d-%s-%s-s%d-r%s", s.Units, s.blockName(), s.Weights, s.StateBits, strconv.FormatFloat(s.Rate, 'g', -1, 64))
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
func (s Space) check(file string) diag.List {
	var errs diag.List
	wrong := func(ok bool, what any, name, help string) {
		if !ok {
			errs.Add(diag.InFile(file, "").Errorf("settings", "the search cannot have %s %v", name, what).Helpf("%s", help))
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
	return errs
}

// combinations lists all settings whose block divides the units, and counts the others.
func (s Space) combinations() (all []Settings, leftOut int) {
	for _, n := range s.Units {
		for _, b := range s.Blocks {
			if b == 0 && n&(n-1) != 0 || b > 0 && n%b != 0 {
				leftOut += len(s.Weights) * len(s.StateBits) * len(s.Rates)
				continue
			}
			if b == n {
				b = 0
			}
			for _, k := range s.Weights {
				for _, bits := range s.StateBits {
					for _, r := range s.Rates {
						all = append(all, Settings{n, b, k, bits, r})
					}
				}
			}
		}
	}
	return unique(all), leftOut
}

// Variant is a model with settings of a space.
type Variant struct {
	Settings
	Model *dsl.Model
}

// Variants makes the models of a space: all, or a sample of as many as the budget allows, the same for a seed. A larger
// budget adds to the sample of a smaller one. leftOut counts the combinations whose block does not fit the units.
func Variants(m *dsl.Model, s Space, budget int, seed uint64) (out []Variant, leftOut int, err error) {
	if errs := s.check(m.File); errs.HasErrors() {
		return nil, 0, errs
	}
	all, leftOut := s.combinations()
	if len(all) == 0 {
		return nil, leftOut, diag.InFile(m.File, "").Errorf("settings", "no combination of the search is a model: no block fits any number of units").
			Helpf("one block needs a power of two as units, and a smaller block has to divide them")
	}
	chosen := sample(len(all), budget, seed)
	for i, c := range all {
		if !slices.Contains(chosen, i) {
			continue
		}
		v, errs := c.apply(m)
		if errs.HasErrors() {
			return nil, leftOut, diag.InFile(m.File, "").Errorf("settings", "the variant %s is no model: %s", c.Name(), errs.Sorted()[0].Summary).
				Helpf("leave its units or its weight type out of the search")
		}
		out = append(out, Variant{c, v})
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
	v.Weights = WeightsName
	v.Train["rate"] = strconv.FormatFloat(s.Rate, 'g', -1, 64)
	return again(v)
}

// again checks a model anew, as a copy that shares nothing with it.
func again(m *dsl.Model) (*dsl.Model, diag.List) {
	ast, errs := dsl.Parse(m.File, dsl.Source(m))
	v, more := dsl.Check(ast)
	return v, append(errs, more...)
}
