package dsl

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// TestNames holds definitions and uses to the places of a model, with lines that are whole, wrong and half typed.
func TestNames(t *testing.T) {
	src := `model m
const k = 4          // k stands in a comment too
input x : u8[k / 2] / (2^k - 1)
param U : int4[2^k, 2]  param V : int4[2, 16]  param s : sign[16]
state h : int16[16] range k headroom 1
h <- hadamard(h, signs = s, rounding = staged, leak = [1/k, 1/k], block = 2^k) + U*x
y = V*relu(h)
output class = argmax(y) at every step
labels "on", "off"
decide { start = "off" }
z = V*relu(h
param W : int4[
q <- hadamard(h) + U*nothing
`
	_, names := checked(src)
	var got strings.Builder
	for _, d := range names {
		fmt.Fprintf(&got, "%s %s %s:", d.Kind, d.Name, place(d.At))
		for _, u := range d.Uses {
			fmt.Fprintf(&got, " %s", place(u))
			if text := src[u.Start.Offset:u.End.Offset]; strings.Trim(text, `"`) != d.Name {
				t.Errorf("a use of %s is %q", d.Name, text)
			}
		}
		if d.Kind == ConstName {
			fmt.Fprintf(&got, " = %v", d.Value)
		}
		got.WriteByte('\n')
	}
	want := `model m 1:7:
constant k 2:7: 3:14 3:26 4:18 5:27 6:58 6:63 6:77 = 4
input x 3:7: 6:84
param U 4:7: 6:82 13:20
param V 4:31: 7:5 11:5
param s 4:54: 6:26
state h 5:7: 6:1 6:15 7:12 11:12 13:15
named value y 7:1: 8:23
output class 8:8:
label on 9:8:
label off 9:14: 10:18
named value z 11:1:
param W 12:7:
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func place(s diag.Span) string { return fmt.Sprintf("%d:%d", s.Start.Line, s.Start.Col) }

func checked(src string) (diag.List, []*Definition) {
	ast, errs := Parse("m.hrn", []byte(src))
	m, more := Check(ast)
	return append(errs, more...), m.Names
}

// TestFixesMend takes every fix that is offered for the models of testdata/errors: the finding is gone behind it.
func TestFixesMend(t *testing.T) {
	files, _ := filepath.Glob("testdata/errors/*.hrn")
	fixes := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.SplitSeq(string(data), "\n") {
			lines = append(lines, strings.TrimRight(want.ReplaceAllString(line, ""), " "))
		}
		src := strings.Join(lines, "\n")
		errs, _ := checked(src)
		for _, d := range errs {
			for _, f := range d.Fixes {
				fixes++
				mended := src[:f.Span.Start.Offset] + f.Text + src[f.Span.End.Offset:]
				after, _ := checked(mended)
				if slices.ContainsFunc(after, func(e *diag.Diagnostic) bool {
					return e.Summary == d.Summary && e.Span.Start.Offset == d.Span.Start.Offset
				}) {
					t.Errorf("%s: %q in the place of %q does not mend %v", filepath.Base(file), f.Text, src[f.Span.Start.Offset:f.Span.End.Offset], d)
				}
			}
		}
	}
	if fixes < 35 {
		t.Errorf("only %d fixes", fixes)
	}
}
