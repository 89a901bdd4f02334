package editing_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/editing"
)

const model = `input x : i8[3] / 32
param U : int4[64, 3]
param V : int4[3, 64]
state h : int16[64] range 4
h <- hadamard(h) + U*x
output argmax(V*relu(h)) at every step
`

// TestSettingsAreCompleted completes and explains what the tables of training, data, targets and chips have.
func TestSettingsAreCompleted(t *testing.T) {
	l := editing.Language()
	for line, want := range map[string]string{
		"target ":                  "c go verilog",
		"target c { ":              "prefix mcu flash ram constant_time asm package",
		"target c { mcu = ":        "atmega328p cortex-m4",
		"target verilog { part = ": "up5k",
		"target verilog { arch = ": "serial streaming parallel",
		"train { ":                 "data epochs rate window normalise augment_rotate",
		"train { data = ":          "mnist har2 hapt",
		"train { schedule = ":      "cosine",
		"train { stream = yes\n  ": "truncate carry",
		"decide { ":                "smooth hold threshold start",
	} {
		text := model + line
		items := editor.New("m.hrn", text, l).Complete(len(text))
		for name := range strings.FieldsSeq(want) {
			i := slices.IndexFunc(items, func(i editor.Item) bool { return i.Label == name })
			if i < 0 {
				t.Errorf("%q does not offer %s", line, name)
				continue
			}
			if name == "cortex-m4" && items[i].Insert != `"cortex-m4"` {
				t.Errorf("cortex-m4 is inserted as %s", items[i].Insert)
			}
		}
	}
	for _, b := range l.Blocks {
		for _, s := range b.Settings {
			if s.Doc == "" {
				t.Errorf("%s %s: nothing is said of %s", b.Kind, b.Name, s.Key)
			}
		}
	}
}

func TestBlocksAreChecked(t *testing.T) {
	for block, want := range map[string]string{
		"train { epochs = 0 }":                          "epochs = 0 cannot be",
		"train { learning_rate = 1 }":                   "train has no setting learning_rate",
		"target c { table = wide }":                     "target c has no setting table",
		"target c { tables = wid }":                     "tables is \"wid\"",
		"target vhdl { }":                               "there is no target vhdl",
		"train { data = hapt }":                         "h keeps every input for ever",
		"train { data = hapt  stream = yes }":           "",
		"target c { tables = wide } train { data = x }": "",
	} {
		l := editor.New("m.hrn", model+block+"\n", editing.Language()).Diagnostics()
		if want == "" && len(l) > 0 || want != "" && !strings.Contains(l.Error()+warnings(l), want) {
			t.Errorf("%s: %v, want %s", block, l, want)
		}
	}
}

func warnings(l diag.List) (out string) {
	for _, d := range l {
		out += d.Summary
	}
	return out
}

// TestMeasureExamples takes the examples through: those with weights have units, ranges and costs, and no errors.
func TestMeasureExamples(t *testing.T) {
	for _, name := range []string{"copy", "activity_stream"} {
		file := filepath.Join("..", "..", "examples", name, "model.hrn")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := editing.Measure(file, string(text))
		h := m.States["h"]
		if len(m.Diagnostics) > 0 || h.Unit <= 0 || h.Max <= 0 || m.Units["U"] <= 0 || m.Cost == nil || m.Cost.Weights == 0 || m.Cost.Adds == 0 {
			t.Errorf("%s: %+v", name, m)
		}
		d := editor.New(file, string(text), editing.Language()).With(m)
		if hover := d.Hover(strings.Index(string(text), "model "+name) + 6); hover == nil || !strings.Contains(strings.Join(hover.Lines, " "), "bytes of weights") {
			t.Errorf("%s: %+v", name, hover)
		}
	}
}

// TestBeforeTraining: a model without weights has nothing wrong with it yet.
func TestBeforeTraining(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.hrn")
	for _, weights := range []string{"", "weights \"m.safetensors\"\n"} {
		m := editing.Measure(file, model+weights)
		if len(m.Diagnostics) != 1 || m.Diagnostics.HasErrors() || m.Cost != nil {
			t.Errorf("%q: %v", weights, m.Diagnostics)
		}
	}
}
