package dsl_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/modelgen"
)

// check parses and checks a text; ok is false when it is no model.
func check(text []byte) (m *dsl.Model, errs diag.List) {
	ast, errs := dsl.Parse("model.hrn", text)
	m, more := dsl.Check(ast)
	return m, append(errs, more...)
}

// sameSource holds Source to its promise: the model that it writes is the same one, and Format changes nothing.
func sameSource(t *testing.T, text []byte) {
	t.Helper()
	want, errs := check(text)
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	source := dsl.Source(want)
	got, errs := check(source)
	if errs.HasErrors() {
		t.Fatalf("%v\n%s", errs, source)
	}
	same := cmp.Options{cmp.AllowUnexported(dsl.Param{}), cmpopts.IgnoreTypes(diag.Span{}), cmpopts.IgnoreFields(dsl.Model{}, "File", "Names")}
	if d := cmp.Diff(want, got, same); d != "" {
		t.Errorf("-want +got\n%s\nfrom\n%s\nto\n%s", d, text, source)
	}
	laidOut, errs := dsl.Format("model.hrn", source)
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	if d := cmp.Diff(string(laidOut), string(source)); d != "" {
		t.Errorf("hrnnc fmt would change it: -fmt +source\n%s", d)
	}
	if again := dsl.Source(got); string(again) != string(source) {
		t.Errorf("a second time it is\n%s, first\n%s", again, source)
	}
}

func TestSourceOfFiles(t *testing.T) {
	found := 0
	for _, pattern := range []string{"testdata/models/*.hrn", "../examples/*/*.hrn", "../cmd/hrnnc/testdata/*/*.hrn"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			found++
			t.Run(filepath.Base(file), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				sameSource(t, text)
			})
		}
	}
	if found < 7 {
		t.Errorf("%d models", found)
	}
}

func TestSourceOfRandomModels(t *testing.T) {
	for seed := range int64(300) {
		m, err := modelgen.Random(seed, modelgen.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sameSource(t, []byte(m.Text))
	}
}

// odd are models that a writer of text may stumble over.
var odd = map[string]string{
	"names that are taken": "input y : u8\nparam V : int4[2, 16]\nparam U : binary\nparam c\nstate h : int16[16]\nh <- hadamard(h) + U*y\noutput (V*h + c)",
	"readout by its matrix": "input x : u8\nparam V : int4[2, 16]\nparam U : binary\nparam c\nstate h : int16[16]\nh <- hadamard(h) + U*x\n" +
		"output mean_ = argmax(V*h + c)",
	"readout by its constant": "input x : u8\nparam V : int4[2, 16]\nparam U : binary\nparam c\nstate h : int16[16]\nh <- hadamard(h) + U*x\noutput c + V*h > -1e-9",
	"a matrix by another name": "input x : u8\nparam V : int4[2, 16]\nparam U : binary\nstate h : int16[16]\nh <- hadamard(h) + U*x\nM = V\n" +
		"output M*h at every step",
	"dotted names": "model a.b\ninput rnn.x : i16[3]*1e-7\nparam rnn.s : sign\nparam rnn.U : int16\nparam rnn.V : int2[1, 48]\nparam rnn.b\n" +
		"state rnn.h : int9[48] range 1e300 headroom 0\nrnn.h <- hadamard(rnn.h, signs = rnn.s, block = 16) + rnn.U*rnn.x + rnn.b + rnn.b\noutput rnn.V*relu(rnn.h)",
	"unused params": "input x : u8\nparam a\nparam b : [3]\nparam c : real[3]\nparam d : int4\nparam e : sign[2]\nparam V : int4[2]\nparam U : binary\n" +
		"state h : int16[1]\nh <- hadamard(h) + U*x\noutput V*h",
	"nothing flows in": "input x : u8\nparam V : int4[2, 4]\nstate h : int16[4] range 2\nh <- hadamard(h)\noutput V*h",
	"settings": "input x : u8\nparam V : int4[2, 4]\nstate h : int16[4] range 2\nh <- hadamard(h)\noutput V*h\nlabels \"a \\\"b\\\" \\\\\", \"\u00e9\u200b\"\n" +
		"target verilog { }\ntarget c { z = 1, a = -2; m = \"x\\ny\" }\n" +
		"train { z = \"\" b = [a, 1e-3, -5] a = \"copy(100)\" path = \"a, b\" minus = \"-a\" model = model list = [] dash = \"--1\" }\nweights \"a \\\"b\\\".npz\"",
	"words in their places": "input x : u8\nparam V : int4[2, 4]\nstate h : int16[4] range 2\nh <- hadamard(h)\nlast = V*h\noutput at = last > 0.1 at last step",
	"a scale in parts":      "input x : u4[2] / 3 / 7 * 0.1\nparam V : int4[2, 4]\nstate h : int16[4] range 2\nh <- hadamard(h)\noutput V*h",
	"a tiny scale":          "input x : u4[2]*1e-308\nparam V : int4[2, 4]\nstate h : int16[4] range 2\nh <- hadamard(h)\noutput V*h",
}

func TestSourceOfOddModels(t *testing.T) {
	for name, text := range odd {
		t.Run(name, func(t *testing.T) { sameSource(t, []byte(text)) })
	}
}

// FuzzSource writes every text again that is a model.
func FuzzSource(f *testing.F) {
	for _, text := range odd {
		f.Add([]byte(text))
	}
	files, _ := filepath.Glob("testdata/models/*.hrn")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, errs := check(text); !errs.HasErrors() {
			sameSource(t, text)
		}
	})
}
