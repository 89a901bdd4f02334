package data

import (
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// maxClasses keeps a column that is no label (a number of a row, a time) from becoming a million classes.
const maxClasses = 10_000

// manyClasses is more than sets with classes have but for few, and what numbers to give soon reach.
const manyClasses = 50

// numberClasses gives labels the numbers 0, 1, ... in the order of the values found; names are those values. A label of
// -1 stays when it may: a step that does not count.
func numberClasses(at diag.Builder, labels []int32, ignored bool) (files.Packed[int32], []string, error) {
	found := distinct(labels)
	if ignored {
		found = slices.DeleteFunc(found, func(v int32) bool { return v == -1 })
	}
	number := map[int32]int32{-1: -1}
	names := make([]string, len(found))
	for i, v := range found {
		number[v], names[i] = int32(i), strconv.Itoa(int(v))
	}
	if err := checkClasses(at, names); err != nil {
		return nil, nil, err
	}
	out := make(files.Packed[int32], len(labels))
	for i, v := range labels {
		out[i] = number[v]
	}
	return out, names, nil
}

// checkClasses checks the number of classes, and that code can hold their names.
func checkClasses(at diag.Builder, names []string) error {
	n := len(names)
	long := slices.IndexFunc(names, func(name string) bool { return len(name) > ir.MaxLabel })
	switch {
	case n == 0:
		return at.Errorf(code, "no label counts: all are empty or -1").Helpf("number the classes from 0, or name them; of recordings without labels,  hrnnc run --data  gives decisions")
	case n > maxClasses:
		return at.Errorf(code, "has %d different labels", n).Helpf("classes are few; for regression say  answers = numbers  or  targets")
	case long >= 0:
		return at.Errorf(code, "has a class %q, whose name has %s", diag.Short(names[long]), diag.Count(len(names[long]), "byte")).
			Helpf("names of classes have at most %d: shorten it, or say which column is the label", ir.MaxLabel)
	}
	return nil
}

// subtract turns labels that count from first into labels that count from 0, and checks them against the classes.
func subtract(at diag.Builder, labels []int32, first int32, classes int) (files.Packed[int32], error) {
	out := make(files.Packed[int32], len(labels))
	for i, v := range labels {
		out[i] = v - first
		if out[i] < 0 || int(out[i]) >= classes {
			return nil, at.Errorf(code, "label %d is %d; they go from %d to %d", i, v, first, int(first)+classes-1).Helpf("check that it is the right file")
		}
	}
	return out, nil
}
