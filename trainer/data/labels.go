package data

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// severalLabels reports whether y is integers that are 0 or 1, several for each sequence, or for each step.
func (b *numpyBuilder) severalLabels() bool {
	shape := b.y[0].Shape
	if files.IsText(b.y[0].Numbers) || files.IsFloat(b.y[0].Numbers) || len(shape) < 2 || shape[len(shape)-1] < 2 || b.oneHot() {
		return false
	}
	if steps := b.p.frame.steps; len(shape) == 2 && shape[1] == steps || len(shape) == 3 && shape[1] != steps {
		return false
	}
	return b.zerosAndOnes() < 0
}

// zerosAndOnes gives the place of the first label that is neither; -1 when all are.
func (b *numpyBuilder) zerosAndOnes() int {
	for _, t := range b.y {
		buf := make([]float64, t.Len())
		t.Floats(0, buf)
		if i := slices.IndexFunc(buf, func(v float64) bool { return v != 0 && v != 1 }); i >= 0 {
			return i
		}
	}
	return -1
}

// labelsAtOnce takes y for several labels at once, each 0 or 1.
func (b *numpyBuilder) labelsAtOnce() error {
	p, shape := b.p, b.y[0].Shape
	steps := p.frame.steps
	if files.IsText(b.y[0].Numbers) || len(shape) < 2 || len(shape) > 3 || len(shape) == 3 && shape[1] != steps || b.y[0].RowSize() == 0 {
		return b.at("").Errorf(code, "y has shape %s, for sequences of %s", diag.Shape(shape), diag.Count(steps, "step")).
			Helpf("several labels at once are zeros and ones, [sequences, labels] or [sequences, steps, labels]")
	}
	if i := b.zerosAndOnes(); i >= 0 {
		return b.at("").Errorf(code, "y%s is neither 0 nor 1", b.y[0].Place(i)).
			Helpf("several labels at once are zeros and ones; save other numbers as float32")
	}
	if b.lengths != nil && len(shape) == 3 {
		return b.at("").Errorf(code, "sequences of different lengths are padded in front, and the steps that pad them have no labels").
			Helpf("give one answer for each sequence")
	}
	p.y, p.eachStep, p.outputs, p.labels = join(b.y), len(shape) == 3, shape[len(shape)-1], true
	if err := b.nameOutputs(); err != nil {
		return err
	}
	p.note("y has %s at once, each 0 or 1, as  output found = y > 0  gives them", diag.Count(p.outputs, "label"))
	return nil
}

// readNames reads what the columns of y are called.
func (b *numpyBuilder) readNames(name string) error {
	if name == "" || b.o.Unlabelled {
		return nil
	}
	raw, err := b.a.Get(name)
	if err != nil || raw.Kind != 'U' {
		return err
	}
	for i := range raw.Len() {
		b.outputs = append(b.outputs, strings.TrimSpace(raw.Text(i)))
	}
	return nil
}

// nameOutputs calls the columns of y by the names that were read.
func (b *numpyBuilder) nameOutputs() error {
	if b.outputs != nil && len(b.outputs) != b.p.outputs {
		return b.at("").Errorf(code, "has %s for %s of y", diag.Count(len(b.outputs), "name"), diag.Count(b.p.outputs, "column")).Helpf("save a name for each column")
	}
	b.p.targets = b.outputs
	return nil
}
