package hrnnc

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// parallel is how many sequences are computed at a time.
var parallel = runtime.GOMAXPROCS(0)

// Error is one thing that is wrong, and what would be right.
type Error struct {
	File string
	// Line and Col count from 1, Col in characters; 0 for what has no lines, such as a tensor.
	Line, Col int
	// Part names a place in a file that has no lines: "tensor U".
	Part string
	// Code is stable and short: "shape", "weights" (docs/errors.md).
	Code    string
	Summary string // one sentence without a full stop
	Help    string // what would be right; may be empty
	Warning bool   // it stops nothing
}

// Error gives the error on one line.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Col)
	case e.Part != "" && e.File != "":
		fmt.Fprintf(&b, "%s: %s: ", e.File, e.Part)
	case e.Part != "" || e.File != "":
		b.WriteString(e.File + e.Part + ": ")
	}
	b.WriteString(e.Summary)
	if e.Help != "" {
		b.WriteString("; " + e.Help)
	}
	return diag.Escape(b.String())
}

// Errors are all that is wrong with a model, in the order of its lines. [errors.As] with a *[Error] finds the first.
type Errors []*Error

// Error gives the errors, a line each.
func (l Errors) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors one by one.
func (l Errors) Unwrap() []error {
	out := make([]error, len(l))
	for i, e := range l {
		out[i] = e
	}
	return out
}

// public gives the errors of this module as Errors, and others, such as a cancelled context, as they are.
func public(err error) error {
	var list diag.List
	var one *diag.Diagnostic
	var target *compiler.UnknownTargetError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &list):
		return publicList(list)
	case errors.As(err, &one):
		return publicList(diag.List{one})
	case errors.As(err, &target):
		return Errors{{Code: "usage", Summary: target.Error(), Help: target.Help()}}
	}
	return err
}

func publicList(l diag.List) (out Errors) {
	for _, d := range l.Sorted() {
		out = append(out, &Error{File: d.Span.File, Line: d.Span.Start.Line, Col: d.Span.Start.Col, Part: d.Span.What, Code: d.Code,
			Summary: d.Summary, Help: d.Help, Warning: d.Severity == diag.Warning})
	}
	return out
}

// usage is a mistake in what the caller gave.
func usage(err error) error { return Errors{{Code: "usage", Summary: err.Error()}} }

// inSequence says which sequence an error is about, counted from 0.
func inSequence(i int, err error) error {
	err = public(err)
	var list Errors
	if errors.As(err, &list) {
		for _, e := range list {
			e.Part = fmt.Sprintf("sequence %d", i)
		}
	}
	return err
}
