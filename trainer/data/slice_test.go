package data

import (
	"slices"
	"testing"
)

// TestSlice takes some of the sequences, with the length of the longest of them.
func TestSlice(t *testing.T) {
	all := Sequences{N: 4, T: 9, D: 1, index: []int32{3, 1, 0, 2}, Groups: []int32{7, 8, 9, 6}, stream: &stream{lengths: []int32{5, 9, 2, 3}, every: 1}}
	some := all.Slice(2, 4)
	if some.N != 2 || some.T != 5 || !slices.Equal(some.index, []int32{0, 2}) || !slices.Equal(some.Groups, []int32{9, 6}) || some.Steps(1) != 2 {
		t.Errorf("%+v", some)
	}
	if all.T != 9 || all.N != 4 {
		t.Errorf("it changed what it took from: %+v", all)
	}
}
