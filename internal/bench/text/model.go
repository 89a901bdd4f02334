package main

import (
	"fmt"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// task is a data set of texts in two classes, and the HadamRNN that is trained on it.
type task struct {
	data      string // the data set's name, which the model has too
	title     string
	question  string // with what is read
	units     int
	embedding int // values of a word
	length    int // steps: words at most, the last ones
	epochs    int
	signRate  float64
	// tableScale is by what the tables of words start smaller than the normal distribution, in both models: few epochs do
	// not take a table of random numbers away.
	tableScale float32
	recurrence string
}

var tasks = []task{
	// The longest sentence of SST-2 has 50 words. The rate of signs is what docs/training.md says, taken further: a sentence is
	// over before a flip pays.
	{data: "sst2", title: "Sentences: SST-2", question: "Is the film liked? Sentences and phrases, of up to 50 words.", units: 128, embedding: 64, length: 50, epochs: 3, signRate: rate / 100,
		tableScale: 0.1, recurrence: "hadamard(h)"},
	{data: "imdb", title: "Reviews: IMDB", question: "Is the film liked? Whole reviews, their last 500 words.", units: 64, embedding: 16, length: 500, epochs: 4,
		tableScale: 0.1, recurrence: "hadamard(h, block = 16, leak = [1/2, 1/4, 1/8, 1/16])"},
}

const (
	vocabulary = 10_000 // tokens: that of the IMDB experiments of Foucault, Mamalet, Malgouyres (ICLR 2025)
	batch      = 100
	rate       = 0.01
	clip       = 1
)

func (t *task) file() string { return t.data + ".hrn" }

func (t *task) model() string {
	return fmt.Sprintf(`model %[1]s
input t : token[%[2]d]
steps %[3]d
param E : int4[%[2]d, %[4]d]
param U : int4[%[5]d, %[4]d]
param b : [%[5]d]
param V : int4[1, %[5]d]
param c : [1]
state h : int16[%[5]d]
h <- %[6]s + U*embed(E, t) + b
y = V*relu(h) + c
output positive = y > 0 mean
weights "%[1]s.safetensors"
train {
  data = %[1]s
  batch = %[7]d
  rate = %[8]g
  sign_rate = %[9]g
  clip = %[10]d
}
`, t.data, vocabulary, t.length, t.embedding, t.units, t.recurrence, batch, rate, t.signRate, clip)
}

func (t *task) checked() (*dsl.Model, error) {
	ast, errs := dsl.Parse(t.file(), []byte(t.model()))
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

// load reads the data set as both models take it.
func (t *task) load(limit int) (*data.Set, error) {
	o := data.Defaults()
	o.Vocabulary, o.Length, o.Limit, o.Seed = vocabulary, t.length, limit, 1
	return data.Load(t.data, o)
}
