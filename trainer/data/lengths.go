package data

import (
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// values reads the array of a part's sequences, its axes in the order sequences, steps, values. Sequences of different lengths are
// moved to the end, behind zeros, and missing values are resolved.
func (b *numpyBuilder) values(name, lengthsName string) (files.Tensor, error) {
	x, err := b.a.NumbersOf(name, nil)
	if err != nil {
		return x, err
	}
	if x, err = b.axes(name, x); err != nil || len(x.Shape) < 2 || x.RowSize() == 0 {
		return x, err // steps says what is wrong
	}
	var lengths []int32
	if lengthsName != "" {
		if lengths, err = b.lengthsOf(lengthsName, x); err != nil {
			return x, err
		}
	}
	b.dropped = nil
	if x, err = b.known(name, x, lengths); err != nil {
		return x, err
	}
	b.lengths = append(b.lengths, lengths...)
	if lengths == nil {
		return x, nil
	}
	b.p.note("sequences of %d to %s, as %s says, padded in front with zeros", slices.Min(lengths), diag.Count(slices.Max(lengths), "step"), lengthsName)
	steps, d := x.Shape[1], x.RowSize()/x.Shape[1]
	if files.IsFloat(x.Numbers) {
		x.Numbers = files.Exactly(pad(cutsOf(lengths, steps), steps, d, 0, x.Numbers.Floats), files.LastAxis(x.Shape))
	} else {
		x.Numbers = pad(cutsOf(lengths, steps), steps, d, 0, x.Numbers.Ints)
	}
	return x, nil
}

// cutsOf are sequences of so many steps at the start of rows of steps.
func cutsOf(lengths []int32, steps int) []cut {
	cuts := make([]cut, len(lengths))
	for i, n := range lengths {
		cuts[i] = cut{from: i * steps, steps: int(n)}
	}
	return cuts
}

// cuts are all sequences, as long as they are.
func (b *numpyBuilder) cuts() []cut { return cutsOf(b.lengths, b.p.frame.steps) }

// lengthsOf reads how many steps each sequence has; nil where all have as many.
func (b *numpyBuilder) lengthsOf(name string, x files.Tensor) ([]int32, error) {
	lengths, err := b.a.Integers(name)
	if err != nil {
		return nil, err
	}
	at := b.at("array " + diag.Short(name))
	if len(lengths) != x.Rows() {
		return nil, at.Errorf(code, "has %s for %s", diag.Count(len(lengths), "entry"), diag.Count(x.Rows(), "sequence")).
			Helpf("save the steps of each sequence, or say  arrays = lengths=NAME  of another")
	}
	for i, n := range lengths {
		if n < 1 || int(n) > x.Shape[1] {
			return nil, at.Errorf(code, "%s[%d] is %d; a sequence has 1 to %s", diag.Short(name), i, n, diag.Count(x.Shape[1], "step")).
				Helpf("save the steps of each sequence")
		}
	}
	return lengths, nil
}

// known resolves what is missing within the steps of the sequences.
func (b *numpyBuilder) known(name string, x files.Tensor, lengths []int32) (files.Tensor, error) {
	at := b.at("array " + diag.Short(name))
	if !files.IsFloat(x.Numbers) || (b.o.Missing == "" || b.o.Missing == "error") && lengths == nil {
		return x, files.CheckFinite(at, diag.Short(name), x)
	}
	steps, d := x.Shape[1], x.RowSize()/x.Shape[1]
	if lengths == nil {
		lengths = slices.Repeat([]int32{int32(steps)}, x.Rows())
	}
	all := make([]float64, x.Len())
	x.Floats(0, all)
	for i, v := range all {
		switch padding := i/d%steps >= int(lengths[i/d/steps]); {
		case padding:
			all[i] = 0
		case math.IsInf(v, 0):
			return x, at.Errorf(code, "%s%s is %v", diag.Short(name), x.Place(i), v).Helpf("write a finite number")
		}
	}
	g := &gapped{x: all, d: d, cuts: cutsOf(lengths, steps),
		place: func(int) diag.Builder { return at },
		value: func(i int) string { return diag.Short(name) + x.Place(i) },
		named: func(c int) string { return "value " + strconv.Itoa(c) }}
	if err := g.resolve(b.p, b.o.Missing); err != nil {
		return x, err
	}
	b.dropped = map[int]bool{}
	for i, c := range g.cuts {
		if b.dropped[i] = c.part == unused; b.dropped[i] {
			clear(all[c.from*d : (c.from+c.steps)*d])
		}
	}
	x.Numbers = files.Exactly(all, files.LastAxis(x.Shape))
	return x, nil
}
