// Package importer turns a checkpoint of the authors' PyTorch code, or tensors of the same names, into a model.hrn and
// a safetensors file. It knows their tensor names and configuration; reading the formats is package weights', and
// what the model means is package dsl's. Start with Import.
package importer

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/hadamard"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Options are what the user says beside the checkpoint.
type Options struct {
	Name      string // of the model; empty for the checkpoint's
	Input     string // "u8", "i16", ..., "onehot" or "token"; empty to guess from the data set's name
	Scale     string // real value of one, as written: "1/255"
	Steps     int    // 0: endless
	StateBits int    // 0: 16
	Normalise bool   // divide a dense recurrent matrix by its scale
}

// Imported is a checkpoint as hrnnc has it.
type Imported struct {
	Text    string // model.hrn
	Weights *weights.File
	Notes   []string // what was decided, for the user
}

// WeightsName is the file that Text names.
const WeightsName = "model.safetensors"

// Import reads tensors under the authors' names. config may be nil when the recurrent matrix is dense.
func Import(f *weights.File, config *Config, o Options) (*Imported, error) {
	im := &importing{f: f, c: config, o: o, out: &weights.File{Path: WeightsName, Format: weights.Safetensors, Metadata: map[string]string{}}}
	if config == nil {
		im.c = &Config{Relu: true}
	}
	im.findPrefix()
	if err := im.layers(); err != nil {
		return nil, err
	}
	text, err := im.text()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(im.out.Tensors, func(a, b *weights.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return &Imported{Text: text, Weights: im.out, Notes: im.notes}, nil
}

type importing struct {
	f      *weights.File
	c      *Config
	o      Options
	prefix string // of every tensor name, such as "module."
	out    *weights.File
	notes  []string
	n      int // hidden units
	d      int // entries of the input, or of an embedding
	vocab  int // rows of the embedding; 0 without one
	rows   int // outputs
	block  int
	dense  bool // h <- W*h instead of hadamard(h)
	two    bool // two layers
	bias   [2]bool
	cBias  bool
	uKind  string
	vKind  string
}

func (im *importing) note(format string, args ...any) {
	im.notes = append(im.notes, fmt.Sprintf(format, args...))
}

func (im *importing) find(name string) *weights.Tensor { return im.f.Find(im.prefix + name) }

// findPrefix sees through wrappers such as DataParallel, which put a word in front of every name.
func (im *importing) findPrefix() {
	for _, t := range im.f.Tensors {
		if i := strings.Index(t.Name, "recurrent_layer."); i > 0 {
			im.prefix = t.Name[:i]
			im.note("tensor names start with %q, which is left out", im.prefix)
			return
		}
		if strings.HasPrefix(t.Name, "recurrent_layer.") {
			return
		}
	}
}

// copy takes a tensor over under a new name, checked for shape and for values that are not finite.
func (im *importing) copy(from, to string, shape ...int) error {
	t, err := im.f.Tensor(im.prefix+from, shape...)
	if err != nil {
		return err
	}
	im.put(to, t.Data, shape...)
	return nil
}

func (im *importing) put(name string, data []float64, shape ...int) {
	im.out.Tensors = append(im.out.Tensors, &weights.Tensor{Name: name, Shape: shape, DType: "F32", Data: data})
}

// matrix finds a weight: the latent one of a quantised layer, or the plain one. bits is 0 for plain.
func (im *importing) matrix(layer string, quantised bool) (t *weights.Tensor, name string, bits int, err error) {
	latent, plain := layer+".parametrizations.weight.original", layer+".weight"
	if t = im.find(latent); t != nil {
		return t, latent, im.c.NumBits, nil
	}
	if t = im.find(plain); t != nil {
		if quantised {
			return t, plain, im.c.NumBits, nil
		}
		return t, plain, 0, nil
	}
	_, err = im.f.Tensor(im.prefix + latent)
	return nil, "", 0, err
}

// kind is the weight type of a number of bits.
func (im *importing) kind(bits int, name string) string {
	switch bits {
	case 0:
		im.note("%s was not quantised in training; it is given int16, whose error is below 2^-15 of its largest weight", name)
		return "int16"
	case 1:
		return "ternary"
	}
	return fmt.Sprintf("int%d", bits)
}

func (im *importing) wrongShape(name string, shape []int, want string) error {
	return diag.InFile(im.f.Path, im.prefix+name).Errorf("weights", "its shape is %v; %s is wanted", shape, want).
		Helpf("check that the checkpoint is one of a HadamRNN (BinadamSSM)")
}

func (im *importing) layers() error {
	u, uName, uBits, err := im.matrix("input_layer", im.c.NumBits > 0)
	if err != nil {
		return err
	}
	if len(u.Shape) != 2 {
		return im.wrongShape(uName, u.Shape, "[hidden, input]")
	}
	im.n, im.d = u.Shape[0], u.Shape[1]
	if err := im.copy(uName, "U", im.n, im.d); err != nil {
		return err
	}
	im.uKind = im.kind(uBits, "U")
	if e := im.find("word_embedding.weight"); e != nil {
		if len(e.Shape) != 2 || e.Shape[1] != im.d {
			return im.wrongShape("word_embedding.weight", e.Shape, fmt.Sprintf("[vocabulary, %d]", im.d))
		}
		im.vocab = e.Shape[0]
		if err := im.copy("word_embedding.weight", "E", im.vocab, im.d); err != nil {
			return err
		}
		im.note("the embedding is quantised to int8; declare  param E : int4  in the model for a smaller table")
	}
	im.two = im.find("recurrent_layer_2.sign_vector") != nil
	if err := im.recurrence(0, "recurrent_layer", im.stateName(0)); err != nil {
		return err
	}
	if im.two {
		if err := im.secondLayer(); err != nil {
			return err
		}
	}
	return im.readout()
}

func (im *importing) stateName(i int) string {
	if !im.two {
		return "h"
	}
	return []string{"h1", "h2"}[i]
}

func (im *importing) secondLayer() error {
	name := "input_layer_2.original_weight"
	if im.find(name) == nil && im.find("input_layer_2.weight") != nil {
		name = "input_layer_2.weight"
	}
	if err := im.copy(name, "B", im.n, im.n); err != nil {
		return err
	}
	return im.recurrence(1, "recurrent_layer_2", im.stateName(1))
}

func (im *importing) recurrence(i int, layer, state string) error {
	if im.find(layer+".bias") != nil {
		im.bias[i] = true
		if err := im.copy(layer+".bias", []string{"b", "b2"}[i], im.n); err != nil {
			return err
		}
	}
	if im.find(layer+".sign_vector") == nil && im.find(layer+".weight") != nil {
		return im.denseRecurrence(layer+".weight", state)
	}
	if err := im.copy(layer+".sign_vector", state+".signs", im.n); err != nil {
		return err
	}
	zeros := 0
	for _, v := range im.out.Tensors[len(im.out.Tensors)-1].Data {
		if v == 0 {
			zeros++
		}
	}
	if zeros > 0 {
		im.note("%d signs of %s are sign(0), which counts as +1 here and as 0 in torch.sign", zeros, state)
	}
	if i > 0 {
		return im.powerOfTwo(im.n)
	}
	im.block = im.c.Block
	if im.block == 0 {
		im.block = im.n
	}
	if im.n%im.block != 0 {
		return diag.InFile(im.c.File, "").Errorf("config", "blocks of %d do not divide the %d hidden units", im.block, im.n).
			Helpf("basic_block is the logarithm of the block: %d gives blocks of %d", bits.TrailingZeros(uint(im.n)), im.n&-im.n)
	}
	return im.powerOfTwo(im.block)
}

func (im *importing) powerOfTwo(n int) error {
	if bits.OnesCount(uint(n)) == 1 {
		return nil
	}
	return diag.InFile(im.f.Path, "").Errorf("weights", "the layer has %d units, not a power of two, in one block", n).
		Helpf("basic_block in the configuration gives blocks: %d gives %d blocks of %d", bits.TrailingZeros(uint(n)), n/(n&-n), n&-n)
}

// denseRecurrence takes a plain recurrent matrix: signs where it is diag(signs) H, the matrix itself where units are
// permuted too, which the recognise pass sees through.
func (im *importing) denseRecurrence(name, state string) error {
	t, err := im.f.Tensor(im.prefix+name, im.n, im.n)
	if err != nil {
		return err
	}
	at := diag.InFile(im.f.Path, im.prefix+name)
	form, err := hadamard.Recognise(t.Data, im.n)
	if err != nil {
		return at.Errorf("hadamard", "the recurrent matrix is not a signed Hadamard: %v", err).
			Helpf("hrnnc compiles HadamRNNs, whose recurrent matrix is one up to permutations and one scale")
	}
	want := 1 / math.Sqrt(float64(form.Block))
	const float16 = 2e-3
	switch ratio := form.Scale / want; {
	case math.Abs(ratio-1) <= float16:
	case im.o.Normalise:
		im.note("the recurrent matrix was %.6g times a signed Hadamard; it is scaled to 1/sqrt(%d), as --normalise asks", form.Scale, form.Block)
	case math.Abs(form.Scale-1) <= float16:
		im.note("the recurrent matrix holds +1 and -1: taken for its signs, with 1/sqrt(%d) in front", form.Block)
	default:
		return at.Errorf("hadamard", "the recurrent matrix is %.6g times a signed Hadamard of order %d; only 1/sqrt(%d) = %.6g keeps the norm of the state",
			form.Scale, form.Block, form.Block, want).Helpf("give --normalise to scale it, which changes what the model computes")
	}
	im.block = form.Block
	im.note("the recurrent matrix is a signed Hadamard of order %d, found in its %d entries", form.Block, len(t.Data))
	if form.Plain() {
		signs := make([]float64, im.n)
		for i, s := range form.Signs {
			signs[i] = float64(s)
		}
		im.put(state+".signs", signs, im.n)
		return nil
	}
	im.note("its units are permuted or negated on both sides: the model keeps W, and compiling finds the transform again")
	im.dense = true
	w := make([]float64, len(t.Data))
	for i, v := range t.Data {
		w[i] = v * want / form.Scale
	}
	im.put("W", w, im.n, im.n)
	return nil
}

func (im *importing) readout() error {
	v, vName, vBits, err := im.matrix("output_layer", im.c.QOutput)
	if err != nil {
		return err
	}
	if len(v.Shape) != 2 || v.Shape[1] != im.n {
		return im.wrongShape(vName, v.Shape, fmt.Sprintf("[outputs, %d]", im.n))
	}
	im.rows = v.Shape[0]
	im.vKind = im.kind(vBits, "V")
	if err := im.copy(vName, "V", im.rows, im.n); err != nil {
		return err
	}
	if im.find("output_layer.bias") == nil {
		return nil
	}
	im.cBias = true
	return im.copy("output_layer.bias", "c", im.rows)
}
