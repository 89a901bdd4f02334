package dsl

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

// ones gives tensors of ones, signs and permutations that fit any model.
type ones struct{}

func (ones) Channels() []ir.Channel { return nil }

func (ones) Classes() []string { return nil }

func (ones) Tensor(p *Param) ([]float64, error) {
	v := make([]float64, entries(p.Shape))
	for i := range v {
		v[i] = 1
		if p.Kind == "index" {
			v[i] = float64(i)
		}
	}
	return v, nil
}

func (ones) Range(string) float64 { return 8 }

// build takes a source through every stage of the package.
func build(t *testing.T, file string, src []byte) (*ir.Module, diag.List) {
	t.Helper()
	ast, errs := Parse(file, src)
	m, more := Check(ast)
	errs = append(errs, more...)
	if errs.HasErrors() {
		return nil, errs
	}
	module, more := Build(m, ones{})
	return module, append(errs, more...)
}

var want = regexp.MustCompile(`// (error|warning|help)\s*(.*)$`)

// TestErrors holds testdata/errors/*.hrn: a comment "// error[code]: text" on a line says what that line must report, and
// nothing else may be reported. -update writes the comments.
func TestErrors(t *testing.T) {
	files, _ := filepath.Glob("testdata/errors/*.hrn")
	if len(files) == 0 {
		t.Fatal("no files in testdata/errors")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(src), "\n")
			bare := make([]string, len(lines))
			for i, l := range lines {
				bare[i] = strings.TrimRight(want.ReplaceAllString(l, ""), " ")
			}
			_, errs := build(t, file, []byte(strings.Join(bare, "\n")))
			got := make([]string, len(lines))
			copy(got, bare)
			for _, d := range errs {
				line := min(max(d.Span.Start.Line, 1), len(lines)) - 1
				got[line] += fmt.Sprintf(" // %s[%s] %d: %s (help: %s)", d.Severity, d.Code, d.Span.Start.Col, d.Summary, d.Help)
			}
			if *update {
				if err := os.WriteFile(file, []byte(strings.Join(got, "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(errs) == 0 {
				t.Error("no error")
			}
			if d := cmp.Diff(string(src), strings.Join(got, "\n")); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestModels holds testdata/models/*.hrn, which must all become IR, and the IR of each beside it.
func TestModels(t *testing.T) {
	files, _ := filepath.Glob("testdata/models/*.hrn")
	if len(files) == 0 {
		t.Fatal("no files in testdata/models")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, errs := build(t, file, src)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			golden := strings.TrimSuffix(file, ".hrn") + ".ir"
			if *update {
				if err := os.WriteFile(golden, []byte(ir.Text(m)), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			text, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(text), ir.Text(m)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/models/*.hrn", "testdata/errors/*.hrn"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		ast, errs := Parse("fuzz.hrn", src)
		m, more := Check(ast)
		for _, d := range append(errs, more...) {
			if d.Summary == "" || d.Span.File == "" || strings.Contains(d.Error(), "%!") && !bytes.Contains(src, []byte("%!")) {
				t.Errorf("a diagnostic without text or place: %q", d.Error())
			}
		}
		if !errs.HasErrors() {
			formatAgain(t, src)
		}
		if errs.HasErrors() || more.HasErrors() || tooLargeToBuild(m) {
			return
		}
		if _, errs := build(t, "fuzz.hrn", src); errs.HasErrors() {
			for _, d := range errs {
				if d.Code == "internal" {
					t.Error(d)
				}
			}
		}
	})
}

// formatAgain checks that formatting keeps the statements and is idempotent.
func formatAgain(t *testing.T, src []byte) {
	once, errs := Format("fuzz.hrn", src)
	if errs.HasErrors() {
		t.Fatalf("it parses but does not format: %v", errs)
	}
	twice, errs := Format("fuzz.hrn", once)
	if errs.HasErrors() {
		t.Fatalf("the formatted text does not parse: %v\n%s", errs, once)
	}
	if string(once) != string(twice) {
		t.Errorf("formatting twice changes\n%q\n%q", once, twice)
	}
	if a, b := code(src), code(once); a != b {
		t.Errorf("formatting changed the code\n%s\n%s", a, b)
	}
}

// code is a source without white space and comments, statement by statement.
func code(src []byte) string {
	var b strings.Builder
	for _, s := range split(tokenise("", src)) {
		for _, t := range s {
			b.WriteString(t.Value + " ")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func tooLargeToBuild(m *Model) bool {
	total := 0
	for _, p := range m.Tensors() {
		total += entries(p.Shape)
	}
	return total > 1<<16
}

// TestMisfits: a mistake within brackets is shown where it is, with how its option is written.
func TestMisfits(t *testing.T) {
	for option, want := range map[string][2]string{
		"leak = []": {"]", "leak = 1/32"}, `leak = "1/32"`: {`"1/32"`, "leak = 1/32"}, "leak = [1/4 1/16]": {"1", "leak = 1/32"}, "leak = [[1/4]]": {"[", "leak = 1/32"},
		"leak = 1/32,": {")", "leak = 1/32"}, "leak : 1/32": {":", "leak = 1/32"}, "block 16": {"16", "block = 16"}, "rounding = {once}": {"{", "rounding = staged"},
	} {
		text := "h <- hadamard(h, signs = s, " + option + ") + U*x"
		_, errs := Parse("model.hrn", []byte(text))
		if len(errs) != 1 {
			t.Errorf("%s: %v", option, errs)
			continue
		}
		d := errs[0]
		if got := text[d.Span.Start.Offset:d.Span.End.Offset]; got != want[0] || d.Span.Start.Offset < strings.Index(text, option) || d.Help != "the form is  "+want[1] {
			t.Errorf("%s: at %q (%d), help %q; want %q, %q", option, got, d.Span.Start.Offset, d.Help, want[0], want[1])
		}
	}
}

// TestLongLabels: labels are strings of generated code, which C bounds.
func TestLongLabels(t *testing.T) {
	for n, want := range map[int]string{1000: "", 1001: "model.hrn:7:1: error[name]: a label has 1001 bytes; help: 1000 are possible"} {
		ast, errs := Parse("model.hrn", []byte("input x : u8\nparam U : int4\nparam V : int4\nstate h : int16[4] range 4\nh <- hadamard(h) + U*x\noutput argmax(V*h)\n"+
			"labels \"a\", \""+strings.Repeat("x", n)+"\"\n"))
		_, more := Check(ast)
		err := append(errs, more...).Err()
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%d bytes: %.200v", n, err)
		}
	}
}
