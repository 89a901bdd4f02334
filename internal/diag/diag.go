// Package diag holds diagnostics as data: what is wrong, where, and what would be right.
// Readers of .hrn files, IR text and weights return them; only the command renders them.
// Start with Diagnostic, then At and the methods that fill one in.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file. Line and Col count from 1 (Col in characters); Offset counts bytes from 0.
// Line 0 means the place has no line, as in a binary file.
type Pos struct {
	Line   int `json:"line,omitempty"`
	Col    int `json:"col,omitempty"`
	Offset int `json:"offset"`
}

// Span is a stretch of one file, End exclusive. What names the part of a file that has no lines,
// such as a tensor of a weights file.
type Span struct {
	File  string `json:"file"`
	Start Pos    `json:"start"`
	End   Pos    `json:"end"`
	What  string `json:"what,omitempty"`
}

// IsZero reports whether the span points nowhere.
func (s Span) IsZero() bool { return s == Span{} }

// String gives file:line:col, or file: what for files without lines.
func (s Span) String() string {
	switch {
	case s.Start.Line > 0:
		return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Col)
	case s.What != "":
		return fmt.Sprintf("%s: %s", s.File, s.What)
	}
	return s.File
}

// Severity says whether a diagnostic stops the compiler.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Note points at a second place that explains the first.
type Note struct {
	Span Span   `json:"span"`
	Text string `json:"text"`
}

// Fix mends a finding: Text takes the place of what stands at Span. Span may be empty, and Text too.
type Fix struct {
	Span Span
	Text string
}

// Diagnostic is one finding. Code is stable and short ("shape", "syntax", "weights"); Summary is one
// sentence without a full stop; Help says what would be right; Output is what an outside tool printed, in lines. Fixes are the ways to
// mend it that an editor can offer, the likeliest first.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Summary  string   `json:"summary"`
	Span     Span     `json:"span"`
	Notes    []Note   `json:"notes,omitempty"`
	Help     string   `json:"help,omitempty"`
	Output   string   `json:"output,omitempty"`
	Fixes    []Fix    `json:"-"`
}

// At starts an error at a place: diag.At(span).Errorf("shape", "...").Helpf("...").
func At(s Span) Builder { return Builder{s} }

// InFile starts an error about a whole file or a named part of it (what may be empty).
func InFile(file, what string) Builder { return Builder{Span{File: file, What: fit(what)}} }

// Builder holds the place of a diagnostic that is still to be worded.
type Builder struct{ span Span }

// Errorf makes an error with a stable code. Here, in Warningf, Helpf and Notef, what is too long to read is cut; Short and Names
// shorten what users wrote so that it stays readable.
func (b Builder) Errorf(code, format string, args ...any) *Diagnostic {
	return &Diagnostic{Severity: Error, Code: code, Summary: fit(fmt.Sprintf(format, args...)), Span: b.span}
}

// Warningf makes a warning with a stable code.
func (b Builder) Warningf(code, format string, args ...any) *Diagnostic {
	return &Diagnostic{Severity: Warning, Code: code, Summary: fit(fmt.Sprintf(format, args...)), Span: b.span}
}

// Helpf adds what would be right.
func (d *Diagnostic) Helpf(format string, args ...any) *Diagnostic {
	d.Help = fit(fmt.Sprintf(format, args...))
	return d
}

// Notef adds a second place.
func (d *Diagnostic) Notef(at Span, format string, args ...any) *Diagnostic {
	d.Notes = append(d.Notes, Note{at, fit(fmt.Sprintf(format, args...))})
	return d
}

// Fix adds a way to mend it.
func (d *Diagnostic) Fix(at Span, text string) *Diagnostic {
	d.Fixes = append(d.Fixes, Fix{at, text})
	return d
}

// Error gives the diagnostic on one line; package-level rendering with source lines is Render.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if !d.Span.IsZero() {
		b.WriteString(d.Span.String() + ": ")
	}
	fmt.Fprintf(&b, "%s[%s]: %s", d.Severity, d.Code, d.Summary)
	if d.Help != "" {
		b.WriteString("; help: " + d.Help)
	}
	return b.String()
}

// List is several diagnostics, in the order found. A List with an error in it is an error.
type List []*Diagnostic

// First gives the first n, and how many more there are: errors first where not all fit.
func (l List) First(n int) (first List, more int) {
	if len(l) <= n {
		return l, 0
	}
	for _, severity := range []Severity{Error, Warning} {
		for _, d := range l {
			if d.Severity == severity && len(first) < n {
				first = append(first, d)
			}
		}
	}
	return first, len(l) - n
}

// Add appends a diagnostic.
func (l *List) Add(d *Diagnostic) { *l = append(*l, d) }

// Sorted gives the list in the order of the lines, file by file in the order of their first findings; never nil.
func (l List) Sorted() List {
	out, files := append(List{}, l...), map[string]int{}
	for i, d := range l {
		if _, ok := files[d.Span.File]; !ok {
			files[d.Span.File] = i
		}
	}
	slices.SortStableFunc(out, func(a, b *Diagnostic) int {
		return cmp.Or(cmp.Compare(files[a.Span.File], files[b.Span.File]), cmp.Compare(a.Span.Start.Line, b.Span.Start.Line))
	})
	return out
}

// HasErrors reports whether any of them stops the compiler.
func (l List) HasErrors() bool {
	for _, d := range l {
		if d.Severity == Error {
			return true
		}
	}
	return false
}

// Err is the list as an error, nil when nothing in it stops the compiler.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

func (l List) Error() string {
	first, more := l.First(shownErrors)
	var lines []string
	for _, d := range first {
		lines = append(lines, d.Error())
	}
	if more > 0 {
		lines = append(lines, andMore(more))
	}
	return strings.Join(lines, "\n")
}

// shownErrors is how many diagnostics of a list are shown: who has mended twenty runs the command again.
const shownErrors = 20

func andMore(n int) string { return "and " + Grouped(n) + " more" }
