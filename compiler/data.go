package compiler

import (
	"fmt"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
)

// ReadArray reads an array from FILE.npy, from an .npz archive of one array, or from ARCHIVE.npz:NAME.
func ReadArray(path string) (*npy.Array, error) {
	file, name, named := strings.Cut(path, ".npz:")
	if named {
		file += ".npz"
	}
	f, err := fileio.Open(file, "data")
	if err != nil {
		return nil, asList(err)
	}
	defer f.Close()
	if !fileio.IsZip(fileio.Head(f.SectionReader, 4)) {
		a, err := npy.ReadFrom(file, f.SectionReader)
		if err != nil {
			return nil, asList(err)
		}
		return a, nil
	}
	arrays, err := npy.ReadNpzFrom(file, f.SectionReader, func(array string, _ []int) bool { return !named || array == name })
	if err != nil {
		return nil, asList(err)
	}
	names := npy.Names(arrays)
	if !named && len(names) == 1 {
		name = names[0]
	}
	if a := arrays[name]; a != nil {
		return a, nil
	}
	what := "holds several arrays"
	if named {
		what = "holds no array " + name
	}
	return nil, diag.List{diag.InFile(file, "").Errorf("data", "%s", what).
		Helpf("name one as %s:NAME; it holds %s", file, diag.Names(names))}
}

// Sequences reads the inputs of a model: [N, T, d] integers, or [N, T] for one entry or one token a step.
func Sequences(path string, a *npy.Array, in ir.Input, steps int) ([][][]int64, error) {
	fail := func(help, format string, args ...any) error {
		return diag.List{diag.InFile(path, "").Errorf("data", format, args...).Helpf("%s", help)}
	}
	want := fmt.Sprintf("the model wants [sequences, steps, %d] integers", in.Size)
	if in.Size == 1 {
		want = "the model wants [sequences, steps] integers"
	}
	shape := a.Shape
	if len(shape) == 2 && in.Size == 1 {
		shape = []int{shape[0], shape[1], 1}
	}
	if len(shape) != 3 || shape[2] != in.Size {
		return nil, fail(want, "its shape is %s", diag.Shape(a.Shape))
	}
	if shape[1] == 0 {
		return nil, fail(want, "its sequences have no step")
	}
	if steps > 0 && shape[1] > steps {
		return nil, fail(fmt.Sprintf("cut it to %d, or change  steps  in the model", steps), "its sequences have %s, the model has %d", diag.Count(shape[1], "step"), steps)
	}
	ints, at := wholeNumbers(a)
	if at >= 0 {
		help := "inputs are integers"
		switch {
		case in.Channels != nil:
			help = "inputs are integers; for values as in the data that the model was trained on, give --raw"
		case in.Scale != 1:
			help = fmt.Sprintf("inputs are integers, each worth %.6g: divide the real values by that and round", in.Scale)
		}
		return nil, fail(help, "entry %d is %v", at, a.Floats[at])
	}
	lo, hi := in.Range()
	for i, v := range ints {
		if v < lo || v > hi {
			return nil, fail(rangeHelp(in), "sequence %d, step %d, entry %d is %d; input %s goes from %d to %d",
				i/(shape[1]*shape[2]), i/shape[2]%shape[1], i%shape[2], v, in.Name, lo, hi)
		}
	}
	out := make([][][]int64, shape[0])
	for n := range out {
		out[n] = make([][]int64, shape[1])
		for t := range out[n] {
			from := (n*shape[1] + t) * shape[2]
			out[n][t] = ints[from : from+shape[2]]
		}
	}
	return out, nil
}

func rangeHelp(in ir.Input) string {
	if in.Kind == ir.Token {
		return fmt.Sprintf("tokens are 0 to %d", in.Vocab-1)
	}
	return "check the units, or declare a wider input"
}

// wholeNumbers gives the entries as integers, and where one is not a whole number (-1: nowhere).
func wholeNumbers(a *npy.Array) ([]int64, int) {
	if a.IsInt() {
		return a.Ints, -1
	}
	out := make([]int64, len(a.Floats))
	for i, v := range a.Floats {
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return nil, i
		}
		out[i] = int64(v)
	}
	return out, -1
}

// intArray joins the outputs of sequences: [N, outputs], or [N, T, outputs] when the output is at every step.
func intArray(y [][][]int64, every bool) *npy.Array {
	var data []int64
	for _, seq := range y {
		for _, row := range seq {
			data = append(data, row...)
		}
	}
	return npy.FromInts(data, outputShape(y, every)...)
}

func floatArray(y [][][]float64, every bool) *npy.Array {
	var data []float64
	for _, seq := range y {
		for _, row := range seq {
			data = append(data, row...)
		}
	}
	return npy.FromFloats(data, outputShape(y, every)...)
}

func outputShape[T any](y [][][]T, every bool) []int {
	if len(y) == 0 {
		return []int{0, 0}
	}
	if every {
		return []int{len(y), len(y[0]), len(y[0][0])}
	}
	return []int{len(y), len(y[0][0])}
}

// Quantise gives the integers of one step for its values: as FromValues does where the weights file says how, and divided by
// the input's scale where it does not.
func (m *Model) Quantise(values []float64) ([]int64, error) {
	in := m.Loaded().Input
	fail := func(format string, args ...any) error {
		return diag.List{diag.InFile("", "").Errorf("data", format, args...).Helpf("the model wants %s", inputWords(in))}
	}
	if len(values) != in.Size {
		return nil, fail("a step has %s", diag.Count(len(values), "value"))
	}
	if in.Kind == ir.Vector {
		a, _, err := FromValues("", npy.FromFloats(values, in.Size), in)
		if err != nil {
			return nil, err
		}
		return a.Ints, nil
	}
	integers := in.Integers()
	out := make([]int64, len(values))
	for i, v := range values {
		if v != integers.Nearest(v) {
			return nil, fail("value %d is %v", i, v)
		}
		out[i] = int64(v)
	}
	return out, nil
}

// clampedOften is the part of values from which clamping them deserves a warning.
const clampedOften = 0.01

// FromValues turns values, as in the data that a model was trained on, into the integers of its input, as the channels in
// its weights file say: rounded, and clamped to the input's range, with a warning where many are.
func FromValues(path string, a *npy.Array, in ir.Input) (*npy.Array, diag.List, error) {
	at := diag.InFile(path, "")
	switch {
	case in.Kind == ir.Token:
		return nil, nil, diag.List{at.Errorf("data", "the input is a token, which is an integer already").Helpf("give tokens without --raw, or words with --text")}
	case len(a.Shape) == 0 || in.Size > 1 && a.Shape[len(a.Shape)-1] != in.Size:
		return nil, nil, diag.List{at.Errorf("data", "its shape is %s", diag.Shape(a.Shape)).Helpf("the model wants [sequences, steps, %d] values", in.Size)}
	}
	values := a.Floats
	if a.Kind != 'f' {
		values = make([]float64, len(a.Ints))
		for i, v := range a.Ints {
			values[i] = float64(v)
		}
	}
	lo, hi := in.Range()
	integers := in.Integers()
	ints := make([]int64, len(values))
	clamped := 0
	for i, v := range values {
		c := in.Conversion(i % in.Size)
		u := c.Of(v)
		if math.IsNaN(u) || math.IsInf(u, 0) {
			return nil, nil, diag.List{at.Errorf("data", "entry %d is %v", i, v).Helpf("values are finite numbers")}
		}
		if u < float64(lo)-0.5 || u > float64(hi)+0.5 {
			clamped++
		}
		ints[i] = int64(integers.Nearest(u))
	}
	var warnings diag.List
	if in.Channels == nil && in.Scale != 1 {
		warnings.Add(at.Warningf("range", "the weights file does not say how values become the integers of %s: each is divided by the input's scale, %.6g", in.Name, in.Scale).
			Helpf("normalise the values first where the training did"))
	}
	if float64(clamped) > clampedOften*float64(len(values)) {
		warnings.Add(at.Warningf("range", "%.0f %% of the values are beyond the range of %s, and are clamped", 100*float64(clamped)/float64(len(values)), in.Name).
			Helpf("check that they have the unit of the training data"))
	}
	return &npy.Array{Shape: a.Shape, Kind: 'i', Ints: ints}, warnings, nil
}
