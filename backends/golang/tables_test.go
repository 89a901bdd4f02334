package golang

import (
	"bytes"
	"go/format"
	"runtime"
	"testing"
)

// Tables are written past the formatter: they must be what it would make of them.
func TestTablesAreFormatted(t *testing.T) {
	for _, shape := range [][]int{{1}, {16}, {40}, {3, 1}, {40, 2}, {5, 7}, {2, 16}, {3, 17}, {2, 64}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		e := entries{table: "x", shape: shape}
		for i := range n {
			e.ints = append(e.ints, int64(i*i*7919-n*1000)*[]int64{1, -1, 1 << 30}[i%3])
		}
		got, err := fill([]byte("package p\n\nvar x = [1]int64{\n\tx,\n}\n\nvar y int\n"), []entries{e})
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Source(got)
		if err != nil {
			t.Fatalf("%v: %v\n%s", shape, err, got)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%v:\n%s\nwant\n%s", shape, got, want)
		}
	}
	if _, err := fill([]byte("package p\n"), []entries{{table: "x"}}); err == nil {
		t.Error("a table without a place is no error")
	}
}

// A table of every token has millions of entries: writing takes about as much memory as the text.
func TestTablesTakeLittleMemory(t *testing.T) {
	e := entries{table: "x", ints: make([]int64, 1<<20), shape: []int{1 << 14, 64}}
	file := []byte("package p\n\nvar x = [1]int64{\n\tx,\n}\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, err := fill(file, []entries{e})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > uint64(2*len(out)) {
		t.Errorf("%d bytes of text took %d, %v", len(out), used, err)
	}
}
