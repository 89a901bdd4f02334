package study

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// Agreement is how well the answers of a run agree with labels.
type Agreement struct {
	*compiler.Score
	Interval  *score.Interval    `json:"interval,omitempty"`
	MacroF1   *score.Part        `json:"macro_f1,omitempty"`
	Classes   []score.ClassScore `json:"classes,omitempty"`
	Confusion [][]int            `json:"confusion,omitempty"` // [true][decided]
	Labels    []score.LabelScore `json:"labels,omitempty"`
	// Of a regression, which has none of the above.
	Outputs []score.NumberScore `json:"outputs,omitempty"`

	Matrix  *score.Confusion `json:"-"` // of classes: Confusion with their names
	Counted string           `json:"-"` // sequences or steps
	Numbers []float64        `json:"-"` // of a regression, what was to be given
}

// Agree compares the answers of a run, as compiler.Model.Answers gives them, with the labels of a file: a class, bits or numbers for
// each answer. Its errors are diagnostics that name the file.
func Agree(m *compiler.Model, out *compiler.Outputs, l *compiler.Lowered, said *npy.Array, file string, labels *npy.Array) (*Agreement, error) {
	o := m.Loaded().Output
	width := 1 // entries of an answer
	if o.Decision != ir.Argmax {
		width = said.Shape[len(said.Shape)-1]
	}
	each := said.Len() / max(said.Shape[0]*width, 1) // answers of a sequence
	if o.Decision == ir.Logits {
		return agreeNumbers(o, said, width, each, file, labels)
	}
	s, err := m.Accuracy(out, file, labels, l)
	if err != nil {
		return nil, err
	}
	r := &Agreement{Score: s, Counted: "sequences"}
	if each > 1 {
		r.Counted = "steps"
	}
	var right score.Ratio
	bits, classes := score.NewLabels(bitNames(o, width)), score.NewConfusion(classNames(o, out.Y.Shape[len(out.Y.Shape)-1]))
	for i := range said.Len() / width {
		truth, decided := s.Want[i*width:(i+1)*width], s.Got[i*width:(i+1)*width]
		if truth[0] < 0 {
			continue
		}
		for j := range truth {
			right.Count(i/each, truth[j] == decided[j])
		}
		if width > 1 {
			bits.Add(truth, decided)
		} else {
			classes.Add(int(truth[0]), int(decided[0]))
		}
	}
	r.Interval = right.PartInterval("sequences")
	var f1 score.Part
	if width > 1 {
		r.Labels = bits.Scores()
		f1, _, _ = score.LabelMeans(r.Labels)
	} else {
		r.Matrix, r.Confusion, r.Classes = classes, classes.Counts, classes.Scores()
		f1 = score.MacroF1(r.Classes)
	}
	r.MacroF1 = &f1
	return r, nil
}

// agreeNumbers compares the numbers of a regression with those that it should give: as many, in the same order.
func agreeNumbers(o ir.Output, said *npy.Array, width, each int, file string, array *npy.Array) (*Agreement, error) {
	want := array.Floats
	if array.IsInt() {
		want = make([]float64, len(array.Ints))
		for i, v := range array.Ints {
			want[i] = float64(v)
		}
	}
	if len(want) != said.Len() {
		return nil, diag.InFile(file, "").Errorf("data", "there are %s to compare with, and the model gave %d", diag.Count(len(want), "number"), said.Len()).
			Helpf("save a number for each output of each answer, %s", diag.Shape(said.Shape))
	}
	if i := slices.IndexFunc(want, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return nil, diag.InFile(file, "").Errorf("data", "entry %d is no number", i).Helpf("the numbers to compare with are finite")
	}
	sums := make([]score.Numbers, width)
	for i, v := range want {
		sums[i%width].Add(i/width/each, v, said.Floats[i])
	}
	r := &Agreement{Numbers: want}
	for k := range sums {
		r.Outputs = append(r.Outputs, sums[k].Score(OutputName(o, k), 1, "sequences"))
	}
	return r, nil
}

// OutputName is what an output of a model stands for.
func OutputName(o ir.Output, k int) string {
	if k < len(o.Channels) && o.Channels[k].Name != "" {
		return o.Channels[k].Name
	}
	return fmt.Sprintf("output %d", k)
}

// classNames are those of the classes that are told apart by so many outputs.
func classNames(o ir.Output, outputs int) []string {
	if o.Decision == ir.Threshold {
		if len(o.Labels) == 1 {
			return []string{score.Named(o.Labels, []int64{0}), score.Named(o.Labels, []int64{1})}
		}
		outputs = 2
	}
	names := make([]string, outputs)
	for c := range names {
		if names[c] = strconv.Itoa(c); o.Decision == ir.Argmax && c < len(o.Labels) {
			names[c] = o.Labels[c]
		}
	}
	return names
}

// bitNames are those of the outputs of a threshold.
func bitNames(o ir.Output, width int) []string {
	if len(o.Labels) == width {
		return o.Labels
	}
	names := make([]string, width)
	for j := range names {
		names[j] = fmt.Sprintf("output %d", j)
	}
	return names
}
