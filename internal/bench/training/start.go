package main

import (
	"fmt"
	"math/rand"
	"path/filepath"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// The permuted-MNIST configuration of Foucault, Mamalet, Malgouyres (ICLR 2025): HadamRNN with 4-bit U and V. Pixels are
// random here, because a step takes as long whatever they are.
const (
	units   = 512
	pixels  = 784
	classes = 10
	batch   = 100
	rate    = 0.001 // of every parameter, as the authors have it
)

var model = fmt.Sprintf(`model pmnist
input x : u8[1] / 255
steps %d
param U : int4[%d, 1]
param b : [%d]
param V : int4[%d, %d]
param c : [%d]
state h : int16[%d]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
`, pixels, units, units, classes, units, classes, units)

func newNetwork() (*network.Network, error) {
	ast, errs := dsl.Parse("pmnist.hrn", []byte(model))
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
)

func paramFile(p *network.Param) string { return p.Name + ".npy" }

// writeStart writes random weights and a random batch as .npy files.
func writeStart(dir string) error {
	n, err := newNetwork()
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
	arrays[inputsFile] = &npy.Array{Shape: []int{batch, pixels}, Kind: 'u', Size: 1, Ints: randomBelow(rng, 256, batch*pixels)}
	arrays[labelsFile] = &npy.Array{Shape: []int{batch}, Kind: 'i', Size: 4, Ints: randomBelow(rng, classes, batch)}
	for name, a := range arrays {
		if err := npy.WriteFile(filepath.Join(dir, name), a); err != nil {
			return err
		}
	}
	return nil
}

func randomBelow(rng *rand.Rand, limit int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = rng.Int63n(limit)
	}
	return out
}

// readStart makes the network and the batch that writeStart wrote.
func readStart(dir string) (*network.Network, *network.Batch, error) {
	n, err := newNetwork()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range n.Params {
		if err := read(dir, paramFile(p), p.Latent); err != nil {
			return nil, nil, err
		}
	}
	n.Refresh()
	b := &network.Batch{N: batch, T: pixels, D: 1, X: make([]float32, batch*pixels), Labels: make([]int32, batch)}
	if err := read(dir, inputsFile, b.X); err != nil {
		return nil, nil, err
	}
	return n, b, read(dir, labelsFile, b.Labels)
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
