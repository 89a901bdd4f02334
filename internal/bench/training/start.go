package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"path/filepath"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// configuration is a model and a batch that is trained on. Inputs are random, because a step takes as long whatever they are.
type configuration struct {
	name, title string
	about       string
	units       int
	block       int   // Hadamard order: that of a block
	leaks       []int // of each block in turn a leak of 1/this, or none
	inputs      int   // values a step, each of them
	divisor     int   // of this unit
	words       int   // rows of a table that tokens name, whose values are then the inputs
	steps       int
	batch       int
	outputs     int // 1 is a threshold, of the mean over the steps
	recurrence  string
}

// rate is Adam's, of every parameter, as the authors of HadamRNN have it.
const rate = 0.001

var configurations = []*configuration{
	// That of Foucault, Mamalet, Malgouyres (ICLR 2025).
	{name: "pmnist", title: "Permuted MNIST", about: "The published configuration: 512 units, 784 steps of one pixel, a batch of 100",
		units: 512, block: 512, inputs: 1, divisor: 255, steps: 784, batch: 100, outputs: 10, recurrence: "hadamard(h)"},
	{name: "mitbih", title: "Heartbeats", about: "256 units in two blocks that forget, 72 steps of four slopes, a batch of 128",
		units: 256, block: 128, leaks: []int{8, 16}, inputs: 4, divisor: 32, steps: 72, batch: 128, outputs: 4,
		recurrence: "hadamard(h, block = 128, leak = [1/8, 1/16])"},
	{name: "imdb", title: "Film reviews", about: "64 units in four blocks that forget, 500 words out of 10,000 with 16 weights each, a batch of 100",
		units: 64, block: 16, leaks: []int{2, 4, 8, 16}, inputs: 16, words: 10_000, steps: 500, batch: 100, outputs: 1,
		recurrence: "hadamard(h, block = 16, leak = [1/2, 1/4, 1/8, 1/16])"},
}

func configurationOf(name string) (*configuration, error) {
	for _, c := range configurations {
		if c.name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("no configuration is called %q", name)
}

func (c *configuration) model() string {
	input, table, read, output := fmt.Sprintf("input x : i16[%d] / %d", c.inputs, c.divisor), "", "x", "argmax(y) at last"
	if c.words > 0 {
		input, table, read = fmt.Sprintf("input x : token[%d]", c.words), fmt.Sprintf("param E : int4[%d, %d]\n", c.words, c.inputs), "embed(E, x)"
	}
	if c.outputs == 1 {
		output = "y > 0 mean"
	}
	return fmt.Sprintf(`model %[1]s
%[2]s
steps %[3]d
%[4]sparam U : int4[%[5]d, %[6]d]
param b : [%[5]d]
param V : int4[%[7]d, %[5]d]
param c : [%[7]d]
state h : int16[%[5]d]
h <- %[8]s + U*%[9]s + b
y = V*relu(h) + c
output answer = %[10]s
`, c.name, input, c.steps, table, c.units, c.inputs, c.outputs, c.recurrence, read, output)
}

func (c *configuration) network() (*network.Network, error) {
	ast, errs := dsl.Parse(c.name+".hrn", []byte(c.model()))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	return network.New(m), nil
}

// The files of a start, beside one a parameter.
const (
	inputsFile = "x.npy"
	labelsFile = "labels.npy"
	shapeFile  = "shape.json" // what the peer cannot see from the arrays
)

func paramFile(p *network.Param) string { return p.Name + ".npy" }

// writeStart writes random weights and a random batch as .npy files.
func (c *configuration) writeStart(dir string) error {
	n, err := c.network()
	if err != nil {
		return err
	}
	n.Initialise(1, network.RandomSigns)
	arrays := map[string]*npy.Array{}
	for _, p := range n.Params {
		values := make([]float64, len(p.Latent))
		for i, v := range p.Latent {
			values[i] = float64(v)
		}
		arrays[paramFile(p)] = &npy.Array{Shape: p.Shape, Kind: 'f', Size: 4, Floats: values}
	}
	rng := rand.New(rand.NewSource(2))
	x := &npy.Array{Shape: []int{c.batch, c.steps}, Kind: 'i', Size: 4}
	if c.words > 0 {
		x.Ints = randomBelow(rng, int64(c.words), c.batch*c.steps)
	} else {
		x.Shape = append(x.Shape, c.inputs)
		x.Ints = randomBelow(rng, int64(c.divisor)+1, c.batch*c.steps*c.inputs)
	}
	arrays[inputsFile] = x
	arrays[labelsFile] = &npy.Array{Shape: []int{c.batch}, Kind: 'i', Size: 4, Ints: randomBelow(rng, int64(max(c.outputs, 2)), c.batch)}
	for name, a := range arrays {
		if err := npy.WriteFile(filepath.Join(dir, name), a); err != nil {
			return err
		}
	}
	shape, err := json.Marshal(map[string]any{"block": c.block, "leaks": c.leaks, "divisor": c.divisor})
	if err != nil {
		return err
	}
	return fileio.WriteFile(filepath.Join(dir, shapeFile), shape)
}

func randomBelow(rng *rand.Rand, limit int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = rng.Int63n(limit)
	}
	return out
}

// readStart makes the network and the batch that writeStart wrote.
func (c *configuration) readStart(dir string) (*network.Network, *network.Batch, error) {
	n, err := c.network()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range n.Params {
		if err := read(dir, paramFile(p), p.Latent); err != nil {
			return nil, nil, err
		}
	}
	n.Refresh()
	b := &network.Batch{N: c.batch, T: c.steps, D: c.inputs, Labels: make([]int32, c.batch)}
	if err := read(dir, labelsFile, b.Labels); err != nil {
		return nil, nil, err
	}
	if c.words > 0 {
		b.D = 1
		b.Tokens = make([]int32, c.batch*c.steps)
		return n, b, read(dir, inputsFile, b.Tokens)
	}
	b.X = make([]float32, c.batch*c.steps*c.inputs)
	return n, b, read(dir, inputsFile, b.X)
}

func read[T float32 | int32](dir, name string, into []T) error {
	a, err := npy.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if a.Len() != len(into) {
		return fmt.Errorf("%s has %d values, not %d", name, a.Len(), len(into))
	}
	for i, v := range a.AsFloats() {
		into[i] = T(v)
	}
	return nil
}
