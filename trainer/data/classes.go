package data

import (
	"cmp"
	"slices"
	"strconv"

	"hrnnc/internal/diag"
)

// maxClasses keeps a column that is no label (a number of a row, a time) from becoming a million classes.
const maxClasses = 10_000

// numberClasses gives labels the numbers 0, 1, ... in the order of the values found; names are those values. A label of
// -1 stays when it may: a step that does not count.
func numberClasses(at diag.Builder, labels []int32, ignored bool) (packed[int32], []string, error) {
	found := distinct(labels)
	if ignored {
		found = slices.DeleteFunc(found, func(v int32) bool { return v == -1 })
	}
	if len(found) > maxClasses {
		return nil, nil, at.Errorf(code, "has %d different labels", len(found)).Helpf("classes are few; for regression say  answers = numbers  or  targets")
	}
	number := map[int32]int32{-1: -1}
	names := make([]string, len(found))
	for i, v := range found {
		number[v], names[i] = int32(i), strconv.Itoa(int(v))
	}
	out := make(packed[int32], len(labels))
	for i, v := range labels {
		out[i] = number[v]
	}
	return out, names, nil
}

// sortNames sorts as numbers when all are, as text otherwise.
func sortNames(names []string) []string {
	out := slices.Clone(names)
	number := func(s string) (int, error) { return strconv.Atoi(s) }
	if slices.ContainsFunc(out, func(s string) bool { _, err := number(s); return err != nil }) {
		slices.Sort(out)
		return out
	}
	slices.SortFunc(out, func(a, b string) int {
		x, _ := number(a)
		y, _ := number(b)
		return cmp.Compare(x, y)
	})
	return out
}

// subtract turns labels that count from first into labels that count from 0, and checks them against the classes.
func subtract(at diag.Builder, labels []int32, first int32, classes int) (packed[int32], error) {
	out := make(packed[int32], len(labels))
	for i, v := range labels {
		out[i] = v - first
		if out[i] < 0 || int(out[i]) >= classes {
			return nil, at.Errorf(code, "label %d is %d; they go from %d to %d", i, v, first, int(first)+classes-1).Helpf("check that it is the right file")
		}
	}
	return out, nil
}
