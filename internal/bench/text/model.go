package main

import (
	"fmt"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer/data"
)

const (
	units      = 128
	embedding  = 64     // values of a word
	vocabulary = 10_000 // tokens: that of the IMDB experiments of Foucault, Mamalet, Malgouyres (ICLR 2025)
	length     = 50     // steps: the longest sentence of SST-2 has 50 words
	batch      = 100
	rate       = 0.01
	clip       = 1
	// signRate is what docs/training.md says of signs, taken further: a sentence is over before a flip pays.
	signRate = rate / 100
	// tableScale is by what the tables of words start smaller than the normal distribution, in both models: few epochs do
	// not take a table of random numbers away.
	tableScale = 0.1
)

const modelFile = "sst2.hrn"

var model = fmt.Sprintf(`model sst2
input t : token[%[1]d]
steps %[2]d
param E : int4[%[1]d, %[3]d]
param U : int4[%[4]d, %[3]d]
param b : [%[4]d]
param V : int4[1, %[4]d]
param c : [1]
state h : int16[%[4]d]
h <- hadamard(h) + U*embed(E, t) + b
y = V*relu(h) + c
output positive = y > 0 mean
weights "sst2.safetensors"
train {
  data = sst2
  batch = %[5]d
  rate = %[6]g
  sign_rate = %[7]g
  clip = %[8]d
}
`, vocabulary, length, embedding, units, batch, rate, signRate, clip)

func checked() (*dsl.Model, error) {
	ast, errs := dsl.Parse(modelFile, []byte(model))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	return m, nil
}

// parameters counts what the model learns.
func parameters(m *dsl.Model) int {
	sum := 0
	for _, p := range m.Tensors() {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		sum += n
	}
	return sum
}

// load reads SST-2 as both models take it.
func load(sentences int) (*data.Set, error) {
	o := data.Defaults()
	o.Vocabulary, o.Length, o.Limit, o.Seed = vocabulary, length, sentences, 1
	return data.Load("sst2", o)
}
