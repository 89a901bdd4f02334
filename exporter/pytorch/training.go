package pytorch

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

//go:embed train.py
var trainPy string

// Training is what train.py and its data are made of.
type Training struct {
	Model   *dsl.Model
	Config  trainer.Config
	Weights []float32 // of answers in the loss, as network.Objective has them; nil for 1 each
	Classes int       // that an answer is one of; 0 where answers are bits that can be true at once, or numbers
	Set     *data.Set
	Task    trainer.Task // what the model is trained for
	Augment data.Augment // of the train block
	Says    metadata.Metadata
}

// Script gives train.py, with the settings of the train block.
func (t *Training) Script() []byte {
	return []byte(strings.NewReplacer("@NAME@", t.Model.Name, "@WEIGHTS@", WeightsName(t.Model), "# @SETTINGS@\n",
		"# The train block, with what it leaves open.\nSETTINGS = "+spread(t.settings())+"\n"+
			"# How each is written, and the words that it may be.\nFORMS = "+spread(t.forms())+"\n"+
			"# How training sequences are changed, in units of the input; channels is the entries of a sample, of which a step may have\n"+
			"# several. sensors are the x, y and z that turn together. Each value of a step is gain * v + offset, where v is what the sensor\n"+
			"# measures, or the number of a pixel.\n"+
			"AUGMENT = "+t.augment().String()+"\n").Replace(trainPy))
}

// spread is a dictionary with an entry a line.
func spread(d dict) string {
	var out strings.Builder
	out.WriteString("dict(\n")
	for _, e := range d {
		fmt.Fprintf(&out, "    %s=%s,\n", e[0], e[1])
	}
	return out.String() + ")"
}

func (t *Training) settings() dict {
	c := &t.Config
	weights := "None"
	if t.Weights != nil {
		var list []string
		for _, w := range t.Weights {
			list = append(list, number(float64(w)))
		}
		weights = "[" + strings.Join(list, ", ") + "]"
	}
	return dict{{"epochs", strconv.Itoa(c.Epochs)}, {"batch", strconv.Itoa(c.Batch)}, {"rate", number(c.Rate)}, {"sign_rate", number(c.SignRate)},
		{"sign_init", text(string(c.SignInit))}, {"draws", strconv.Itoa(c.Draws)}, {"optimizer", text(c.Optimizer)}, {"weight_decay", number(c.Decay)},
		{"schedule", text(string(c.Schedule.Kind))}, {"gamma", number(c.Schedule.Gamma)}, {"every", strconv.Itoa(c.Schedule.Every)},
		{"floor", number(c.Schedule.Floor)}, {"warmup", number(c.Schedule.Warmup)}, {"clip", number(c.Clip)}, {"weight_limit", number(c.WeightLimit)},
		{"read_units", strconv.Itoa(c.ReadUnits)}, {"average", number(c.Average)}, {"loss", text(string(c.Loss))}, {"class_weights", weights},
		{"classes", strconv.Itoa(t.Classes)}, {"label_smoothing", number(c.Smoothing)}, {"truncate", strconv.Itoa(c.Truncate)}, {"carry", boolean(c.Carry)}, {"repeat", strconv.Itoa(c.Repeat)},
		{"score", text(string(c.Score))}, {"keep", text(string(c.Keep))}, {"patience", strconv.Itoa(c.Patience)}, {"seed", strconv.FormatInt(c.Seed, 10)}}
}

// forms says of each setting how it is written, and which words it may be.
func (t *Training) forms() (out dict) {
	for _, e := range t.settings() {
		for _, s := range trainer.Settings {
			if s.Key != e[0] {
				continue
			}
			words := "None"
			if s.Words != nil {
				words = texts(s.Words)
			}
			out = append(out, [2]string{s.Key, "(" + text(s.Form) + ", " + words + ")"})
		}
	}
	return out
}

// augment is what train.py can do of the augmentation, shifts in samples of the exported sequences.
func (t *Training) augment() dict {
	a, train := t.Augment, &t.Set.Train
	stored, channels := train.Stored()
	shift := a.Shift
	if steps := train.T * train.D / max(1, channels); shift > 0 && stored > 0 && steps != stored {
		shift = max(1, int(math.Round(float64(shift)*float64(steps)/float64(stored))))
	}
	sensors, gain, offset := []string{}, []float64{}, []float64{}
	switch units := train.Per(t.Model.Input.Scale); {
	case t.images():
		gain, offset = units.Affine()
	case a.Rotate > 0 && t.Model.Input.Vocab == 0:
		var triples [][3]int
		triples, gain, offset = units.Turned()
		for _, triple := range triples {
			sensors = append(sensors, ints(triple[:]))
		}
	}
	return dict{{"rotate", number(a.Rotate)}, {"sensors", "[" + strings.Join(sensors, ", ") + "]"}, {"pixels", strconv.Itoa(a.ShiftPixels)},
		{"erase", strconv.Itoa(a.Erase)}, {"gain", numbers(gain)}, {"offset", numbers(offset)}, {"shift", strconv.Itoa(shift)}, {"warp", number(a.Warp)},
		{"scale", number(a.Scale)}, {"noise", number(a.Noise / t.Model.Input.Scale)}, {"drop", numbers(a.Drop)}, {"channels", strconv.Itoa(max(1, channels))}}
}

func numbers(list []float64) string {
	var out []string
	for _, v := range list {
		out = append(out, number(v))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// augments reports whether train.py changes training sequences, whose values it then rounds itself.
func (t *Training) augments() bool {
	a := t.Augment
	return t.Model.Input.Vocab == 0 && (a.Rotate > 0 || a.Shift > 0 || a.Warp > 0 || a.Scale > 0 || a.Noise > 0 || len(a.Drop) > 0 || t.images())
}

// images reports whether train.py changes images, which it then has as they are stored.
func (t *Training) images() bool { return t.Augment.ShiftPixels > 0 || t.Augment.Erase > 0 }

// Data gives the data as an archive of NumPy arrays: inputs and answers of every part, as train.py reads them.
func (t *Training) Data() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range []struct {
		name string
		part *data.Sequences
	}{{"train", &t.Set.Train}, {"valid", &t.Set.Valid}, {"test", &t.Set.Test}} {
		if p.part.N == 0 {
			continue
		}
		if err := t.part(z, p.name, p.part); err != nil {
			return nil, err
		}
	}
	says := map[string]string{}
	t.Says.Write(says)
	if err := put(z, "metadata", textArray(says)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("writing %s: %w", DataName, err)
	}
	return out.Bytes(), nil
}

func textArray(says map[string]string) *npy.Array {
	text, _ := json.Marshal(says) // strings have no error
	a := &npy.Array{Shape: []int{len(text)}, Kind: 'u', Size: 1}
	for _, b := range text {
		a.Ints = append(a.Ints, int64(b))
	}
	return a
}

func entry(z *zip.Writer, name string) (io.Writer, error) {
	w, err := z.Create(name + ".npy")
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", DataName, err)
	}
	return w, nil
}

func put(z *zip.Writer, name string, a *npy.Array) error {
	w, err := entry(z, name)
	if err != nil {
		return err
	}
	return npy.Write(w, a)
}

// part writes inputs and answers of a part, sequence by sequence.
func (t *Training) part(z *zip.Writer, name string, part *data.Sequences) error {
	source := t.Task.Split(part, data.Augment{})
	lead := []int{part.N, part.T} // dimensions of an array with something for every step
	steps := func(int) int { return part.T }
	if part.Stream() {
		lengths, total := &npy.Array{Shape: []int{part.N}, Kind: 'i', Size: 8}, 0
		for i := range part.N {
			lengths.Ints = append(lengths.Ints, int64(part.Steps(i)))
			total += part.Steps(i)
		}
		if err := put(z, name+"_lengths", lengths); err != nil {
			return err
		}
		lead, steps = []int{total}, part.Steps
	}
	in := t.Model.Input
	x := &npy.Array{Shape: lead}
	if in.Vocab == 0 {
		x.Shape = append(lead[:len(lead):len(lead)], in.Size)
	}
	x.Kind, x.Size = integerType(in)
	unrounded := part == &t.Set.Train && t.augments()
	images := unrounded && t.images()
	if unrounded {
		x.Kind, x.Size = 'f', 4
	}
	if images {
		lines, columns, pixels := part.Image()
		x.Shape = []int{part.N, lines, columns}
		at := &npy.Array{Shape: []int{part.T, part.D}, Kind: 'i', Size: 8}
		for _, p := range pixels {
			at.Ints = append(at.Ints, int64(p))
		}
		if err := put(z, name+"_pixels", at); err != nil {
			return err
		}
	}
	w, err := entry(z, name+"_x")
	if err != nil {
		return err
	}
	inUnits := part.Per(in.Scale)
	err = npy.WriteEach(w, x, part.N, func(i int) *npy.Array {
		switch {
		case images:
			return &npy.Array{Floats: part.Raw(i)}
		case unrounded:
			values := make([]float64, steps(i)*in.Size)
			if part.Stream() {
				inUnits.Piece(i, 0, values)
			} else {
				inUnits.Values(i, values)
			}
			return &npy.Array{Floats: values}
		default:
			return &npy.Array{Ints: t.fill(source, i, steps(i), false)}
		}
	})
	if err != nil {
		return err
	}
	return t.answers(z, name, part, source, lead, steps)
}

// fill takes the integers of a sequence from a batch of one: its inputs, or its labels.
func (t *Training) fill(source trainer.Source, i, steps int, labels bool) []int64 {
	b := t.batch(source, i, steps)
	var out []int64
	switch {
	case labels:
		for _, v := range b.Labels {
			out = append(out, int64(v))
		}
	case b.Tokens != nil:
		for _, v := range b.Tokens {
			out = append(out, int64(v))
		}
	default:
		for _, v := range b.X {
			out = append(out, int64(v))
		}
	}
	return out
}

func (t *Training) batch(source trainer.Source, i, steps int) *network.Batch {
	in, answers := t.Model.Input, 1
	if t.Model.Output.When == ir.EveryStep {
		answers = steps
	}
	b := &network.Batch{N: 1, T: steps, D: in.Size}
	if in.Vocab > 0 {
		b.Tokens = make([]int32, steps)
	} else {
		b.X = make([]float32, steps*in.Size)
	}
	if t.Config.Loss == network.MeanSquared {
		b.Targets = make([]float32, answers*t.Model.Readout.Matrix.Shape[0])
	} else {
		b.Labels = make([]int32, answers)
	}
	source.Fill(b, 0, trainer.Piece{Sequence: i}, nil)
	return b
}

// answers writes labels or targets.
func (t *Training) answers(z *zip.Writer, name string, part *data.Sequences, source trainer.Source, lead []int, steps func(int) int) error {
	if t.Model.Output.When != ir.EveryStep {
		lead = []int{part.N}
	}
	w, err := entry(z, name+"_y")
	if err != nil {
		return err
	}
	if t.Config.Loss != network.MeanSquared {
		y := &npy.Array{Shape: lead, Kind: 'i', Size: 4}
		return npy.WriteEach(w, y, part.N, func(i int) *npy.Array { return &npy.Array{Ints: t.fill(source, i, steps(i), true)} })
	}
	y := &npy.Array{Shape: append(lead[:len(lead):len(lead)], t.Model.Readout.Matrix.Shape[0]), Kind: 'f', Size: 4}
	return npy.WriteEach(w, y, part.N, func(i int) *npy.Array {
		a := &npy.Array{}
		for _, v := range t.batch(source, i, steps(i)).Targets {
			a.Floats = append(a.Floats, float64(v))
		}
		return a
	})
}

// integerType is the narrowest element type that PyTorch has for the integers of an input.
func integerType(in ir.Input) (kind byte, size int) {
	lo, hi := in.Range()
	if in.Vocab > 0 {
		lo, hi = 0, int64(in.Vocab-1)
	}
	switch {
	case lo >= 0 && hi < 1<<8:
		return 'u', 1
	case lo >= -1<<7 && hi < 1<<7:
		return 'i', 1
	case lo >= -1<<15 && hi < 1<<15:
		return 'i', 2
	}
	return 'i', 4
}
