package trainer

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Task is what a model is trained for.
type Task struct {
	Model   *dsl.Model
	Loss    network.Loss
	Classes int          // of the data set; 0 where it has numbers
	Targets []ir.Channel // what the outputs of a regression stand for; nil where they are the numbers of the data set
	// Inputs says how the integers come from the numbers in the data set's files, as the weights were trained; nil: by the
	// channels of the data set.
	Inputs []ir.Channel
	// Unlabelled leaves answers out.
	Unlabelled bool
}

// split is a part of a data set as a model's input has it: its values are in units of the input, and become the integers of
// the input's type by ir.Input.Nearest, so that training sees what the chip will.
type split struct {
	*data.Sequences
	task    Task
	input   ir.Input
	every   bool
	augment data.Augment
}

// Split makes the source of a part of a data set; augment is applied where batches are filled with a generator.
func (t Task) Split(s *data.Sequences, augment data.Augment) Source {
	out := t.split(t.units(s))
	augment.Noise /= out.input.Scale // it is added to real values
	out.augment = augment
	return out
}

func (t Task) split(s *data.Sequences) *split {
	return &split{Sequences: s, task: t, input: t.Model.Input, every: t.Model.Output.When == ir.EveryStep}
}

// units are the sequences with values in units of the model's input.
func (t Task) units(s *data.Sequences) *data.Sequences {
	if len(t.Inputs) != s.D {
		return s.Per(t.Model.Input.Scale)
	}
	gain, offset := make([]float64, s.D), make([]float64, s.D)
	for d, c := range t.Inputs {
		gain[d], offset[d] = c.Gain, c.Offset
	}
	return s.Converted(gain, offset)
}

func (s *split) Len() int { return s.N }

func (s *split) Steps() int { return s.T }

func (s *split) StepsOf(i int) int { return s.Sequences.Steps(i) }

func (s *split) Classes() int {
	if s.task.Loss == network.MeanSquared || s.Outputs > 0 || s.task.Loss == network.BinaryCrossEntropy && s.task.Model.Readout.Matrix.Shape[0] > 1 {
		return 0
	}
	return s.task.Classes
}

func (s *split) Fill(b *network.Batch, slot int, p Piece, rng *rand.Rand) {
	if s.input.Vocab > 0 {
		s.Tokens(p.Sequence, b.Tokens[slot*b.T:(slot+1)*b.T])
	} else {
		x := make([]float64, b.T*b.D)
		switch {
		case rng != nil:
			s.Augmented(p.Sequence, p.From, s.augment, rng, x)
		case s.Stream():
			s.Piece(p.Sequence, p.From, x)
		default:
			s.Values(p.Sequence, x)
		}
		to, integers := b.X[slot*b.T*b.D:], s.input.Integers()
		for i, u := range x {
			to[i] = float32(integers.Nearest(u))
		}
	}
	if !s.task.Unlabelled {
		s.answers(b, slot, p)
	}
}

// answersOf is how many answers so many steps have.
func (s *split) answersOf(steps int) int {
	if s.every {
		return steps
	}
	return 1
}

func (s *split) answers(b *network.Batch, slot int, p Piece) {
	n := s.answersOf(b.T)
	switch {
	case s.task.Loss == network.MeanSquared:
		targets := make([]float64, n*s.Outputs)
		s.targets(p, targets)
		s.task.standardise(targets, b.Targets[slot*n*s.Outputs:])
	case s.Outputs > 0:
		targets := make([]float64, n*s.Outputs)
		s.targets(p, targets)
		joinBits(targets, b.Labels[slot*n:(slot+1)*n])
	default:
		labels := b.Labels[slot*n : (slot+1)*n]
		if s.Stream() {
			s.PieceLabels(p.Sequence, p.From, labels)
		} else {
			s.Labels(p.Sequence, labels)
		}
		s.task.oneOfEach(labels)
	}
}

// targets are those of a piece.
func (s *split) targets(p Piece, dst []float64) {
	if s.Stream() {
		s.PieceTargets(p.Sequence, p.From, dst)
	} else {
		s.Targets(p.Sequence, dst)
	}
}

// standardise turns numbers of the data set into what the outputs should give.
func (t Task) standardise(targets []float64, into []float32) {
	for i, v := range targets {
		if t.Targets != nil {
			c := t.Targets[i%len(t.Targets)]
			v = (v - c.Offset) / c.Gain
		}
		into[i] = float32(v)
	}
}

// mostThresholds are as many as a label has bits.
const mostThresholds = 31

// oneOfEach turns classes into bits where a model has a threshold for each class: that of the class is 1. With fewer
// thresholds than classes, a class is its number, bit by bit.
func (t Task) oneOfEach(labels []int32) {
	if rows := t.Model.Readout.Matrix.Shape[0]; t.Loss != network.BinaryCrossEntropy || rows == 1 || rows != t.Classes {
		return
	}
	for i, class := range labels {
		if class >= 0 {
			labels[i] = 1 << class
		}
	}
}

// joinBits makes labels of rows of zeros and ones, and -1 of one that does not count.
func joinBits(rows []float64, labels []int32) {
	width := len(rows) / len(labels)
	for i := range labels {
		labels[i] = 0
		for j, v := range rows[i*width : (i+1)*width] {
			if math.IsNaN(v) {
				labels[i] = -1
				break
			}
			labels[i] |= int32(v) << j
		}
	}
}

// Standardised says what the outputs of a regression stand for where they are trained on targets of mean 0 and variance 1
// over the training part.
func Standardised(set *data.Set) (out []ir.Channel) {
	for _, v := range set.TargetValues() {
		c := ir.Channel{Name: v.Name, Gain: v.Deviation, Offset: v.Mean}
		if v.Constant() {
			c.Gain = 1
		}
		out = append(out, c)
	}
	return out
}

// FitsInput checks that the sequences of a data set are ones for a model: their steps, their values or tokens.
func FitsInput(m *dsl.Model, set *data.Set) error {
	s, in, at := &set.Train, m.Input, diag.At
	switch {
	case s.N == 0:
		return diag.InFile(m.File, "").Errorf("data", "data set %s has no training sequence", set.Name).Helpf("raise limit, or lower valid")
	case in.Vocab > 0 && s.Vocabulary == 0:
		return at(in.Span).Errorf("data", "the input is a token, and data set %s has values", set.Name).
			Helpf("write  input x : i8[%d] / 16, or the like; or, where its integers are tokens, say  tokens = yes  in the train block", s.D)
	case in.Vocab == 0 && s.Vocabulary > 0:
		return at(in.Span).Errorf("data", "data set %s has tokens", set.Name).Helpf("write  input t : token[%d]", s.Vocabulary)
	case in.Vocab > 0 && in.Vocab < s.Vocabulary:
		return at(in.Span).Errorf("data", "data set %s has %s, the input %d", set.Name, diag.Count(s.Vocabulary, "token"), in.Vocab).Helpf("write  input %s : token[%d]", in.Name, s.Vocabulary)
	case in.Vocab == 0 && in.Size != s.D:
		return at(in.Span).Errorf("data", "a step of data set %s has %s, the input %d", set.Name, diag.Count(s.D, "value"), in.Size).Helpf("write  input %s : %s[%d]", in.Name, typeName(in), s.D)
	case m.Hop > 0 && s.Stream(): // runs on it with courses, and trains on none
	case m.Hop > 0 && s.T > m.Steps:
		return at(m.Output.Span).Errorf("data", "a sequence of data set %s has %s, and the model restarts after %d: longer ones are what it never meets", set.Name, diag.Count(s.T, "step"), m.Steps).
			Helpf("write  %s,  or train on windows of at most %s", dsl.RestartFor(s.T, m.Steps/m.Hop), diag.Count(m.Steps, "step"))
	case m.Steps > 0 && s.Stream():
		return at(m.Output.Span).Errorf("data", "the model is for sequences of %s, and stream = yes reads recordings unbroken", diag.Count(m.Steps, "step")).
			Helpf("remove  steps,  and let the state forget:  hadamard(h, leak = 1/32)")
	case m.Steps > 0 && s.T > m.Steps:
		return at(m.Output.Span).Errorf("data", "a sequence of data set %s has %s, the model %d", set.Name, diag.Count(s.T, "step"), m.Steps).Helpf("write  steps %d", s.T)
	}
	return nil
}

// Fits checks that a data set is one for a model: its steps, its values or tokens, its classes.
func Fits(m *dsl.Model, loss network.Loss, set *data.Set) error {
	if err := FitsInput(m, set); err != nil {
		return err
	}
	s, out, at := &set.Train, m.Output, diag.At
	rows := m.Readout.Matrix.Shape[0]
	switch {
	case s.Outputs == 0 && len(set.Classes) == 0:
		return diag.InFile(m.File, "").Errorf("data", "data set %s has no label that counts", set.Name).Helpf("labels of -1 are left out; give at least two classes")
	case s.Outputs > 1 && s.Outputs == s.T && !s.EachStep && out.When == ir.EveryStep:
		return at(out.Span).Errorf("data", "data set %s has %s for each sequence, and the output gives %d at every step", set.Name, diag.Count(s.Outputs, "number"), rows).
			Helpf("where they are one for each step, save y as [sequences, %d, 1]", s.T)
	case s.EachStep != (out.When == ir.EveryStep):
		return at(out.Span).Errorf("data", "data set %s has %s, and the output is %s", set.Name, map[bool]string{true: "answers for every step", false: "one answer for a sequence"}[s.EachStep],
			map[bool]string{true: "at every step", false: "not"}[out.When == ir.EveryStep]).
			Helpf("write  output ... %s", map[bool]string{true: "at every step", false: "at last  (or  mean); numbers for every step are arrays y [N, T, 1]"}[s.EachStep])
	case loss != network.DefaultLoss(m):
		return at(cmp.Or(m.Settings["train.loss"], out.Span)).Errorf("data", "loss %s does not suit output %s, which is trained with %s", loss, out.Name, network.DefaultLoss(m)).
			Helpf("argmax(y) wants cross_entropy, y > 0 binary_cross_entropy, and  output y  mse; remove  loss, or change the output")
	case loss == network.MeanSquared && s.Outputs == 0:
		return at(out.Span).Errorf("data", "the output is numbers, and data set %s has classes", set.Name).
			Helpf("write  output class = argmax(y); or, where the classes are numbers to give, say  answers = numbers  or  targets = \"COLUMN\"  in the train block")
	case m.Decide != nil && len(out.Labels) == 0 && m.Decide.StartLabel != "" && !slices.Contains(set.Classes, m.Decide.StartLabel):
		return at(m.Settings["decide.start"]).Errorf("decide", "start is %q, and the classes of data set %s are %s", m.Decide.StartLabel, set.Name, diag.Names(set.Classes)).
			Helpf("write one of them, or the number of a class from 0")
	case set.Labels && loss != network.BinaryCrossEntropy:
		return at(out.Span).Errorf("data", "data set %s has %s at once for each answer, and the output gives %s", set.Name, diag.Count(s.Outputs, "label"),
			map[bool]string{true: "numbers", false: "one class"}[loss == network.MeanSquared]).
			Helpf("write  output found = y > 0  with %s in V", diag.Count(s.Outputs, "row"))
	case loss != network.MeanSquared && s.Outputs > 0 && (loss != network.BinaryCrossEntropy || !zerosAndOnes(set)):
		return at(out.Span).Errorf("data", "the output decides, and data set %s has numbers to give", set.Name).
			Helpf("write  output y; or, where the numbers are classes, say  answers = classes  or  label = \"COLUMN\"  in the train block;  y > 0  takes rows of zeros and ones")
	case s.Outputs > 0 && s.Outputs != rows:
		return at(out.Span).Errorf("data", "data set %s has %s, the model %s", set.Name, diag.Count(s.Outputs, "target"), diag.Count(rows, "output")).Helpf("give V %s", diag.Count(s.Outputs, "row"))
	case loss == network.CrossEntropy && len(set.Classes) > rows:
		return at(out.Span).Errorf("data", "data set %s has %s, the model %s", set.Name, diag.Count(len(set.Classes), "class"), diag.Count(rows, "output")).Helpf("give V %s", diag.Count(len(set.Classes), "row"))
	case misplaced(out.Labels, set.Classes) != "":
		return at(cmp.Or(m.Settings["labels"], out.Span)).Errorf("output", "label %q is not where data set %s has that class", misplaced(out.Labels, set.Classes), set.Name).
			Helpf("write  labels \"%s\", or leave labels out", strings.Join(set.Classes, `", "`))
	case loss == network.BinaryCrossEntropy:
		return fitsThresholds(m, set)
	}
	return nil
}

// fitsThresholds checks that thresholds can tell the classes of a data set.
func fitsThresholds(m *dsl.Model, set *data.Set) error {
	out, at, rows, classes := m.Output, diag.At, m.Readout.Matrix.Shape[0], len(set.Classes)
	binary := bits.Len(uint(max(classes, 1) - 1)) // of a class's number
	switch {
	case rows > mostThresholds:
		return at(out.Span).Errorf("data", "the model has %d thresholds, and at most %d are trained", rows, mostThresholds).Helpf("split the model, or write  output class = argmax(y)")
	case rows == 1 && len(out.Labels) == 1 && classes == 2 && out.Labels[0] == set.Classes[0]:
		return at(cmp.Or(m.Settings["labels"], out.Span)).Errorf("output", "the output is 1 for %s, the second class of data set %s, and the label says %s", set.Classes[1], set.Name, set.Classes[0]).
			Helpf("write  labels \"%s\", or leave labels out", set.Classes[1])
	case rows == 1 && classes > 2:
		return at(out.Span).Errorf("data", "data set %s has %s, and one threshold tells two apart", set.Name, diag.Count(classes, "class")).
			Helpf("write  output class = argmax(y)  with %s in V", diag.Count(classes, "row"))
	case rows > 1 && classes > 0 && rows != classes && rows != binary:
		return at(out.Span).Errorf("data", "data set %s has %s, and the model %d thresholds", set.Name, diag.Count(classes, "class"), rows).
			Helpf("give V %s, a threshold for each class, or %d, the bits of the class's number; or write  output class = argmax(y)", diag.Count(classes, "row"), max(1, binary))
	}
	return nil
}

// zerosAndOnes reports whether all targets of a set are 0 or 1.
func zerosAndOnes(set *data.Set) bool {
	for _, s := range []*data.Sequences{&set.Train, &set.Valid, &set.Test} {
		targets := make([]float64, s.T*s.Outputs)
		if !s.EachStep {
			targets = targets[:s.Outputs]
		}
		for i := range s.N {
			if s.Targets(i, targets); slices.ContainsFunc(targets, func(v float64) bool { return v != 0 && v != 1 && !math.IsNaN(v) }) {
				return false
			}
		}
	}
	return true
}

// misplaced gives a label that is the name of another class than its own, "" when there is none.
func misplaced(labels, classes []string) string {
	for i, l := range labels {
		if at := slices.Index(classes, l); at >= 0 && at != i {
			return l
		}
	}
	return ""
}

func typeName(in ir.Input) string {
	if in.Signed {
		return "i8"
	}
	return "u8"
}
