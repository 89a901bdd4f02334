package editor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/dsl/editor"
)

// language is one of a few settings; internal/editing has the real one.
var language = &editor.Language{Blocks: []editor.Block{
	{Kind: "train", Settings: []editor.Setting{{Key: "data", Doc: "data = mnist, or a path", Values: []editor.Value{{Text: "mnist", Doc: "digits"}, {Text: "copy(100)", Doc: "made"}}},
		{Key: "epochs", Doc: "epochs = 20: 1 to 1,048,576"}}},
	{Kind: "decide", Settings: []editor.Setting{{Key: "smooth", Doc: "smooth = 16: averaged"}, {Key: "start", Doc: "start = 0: of the first step"}}},
	{Kind: "target", Name: "c", Settings: []editor.Setting{{Key: "tables", Doc: "compact is small", Values: []editor.Value{{Text: "compact"}, {Text: "wide"}}}, {Key: "mcu"}}},
	{Kind: "target", Name: "go", Settings: []editor.Setting{{Key: "package"}}},
}}

const model = `model gesture // größe 😀
const units = 2^6
input x : i8[3] / 32
param U : int4[units, 3]   param b : [units]
param V : int4
param s : sign
state h : int16[units] range 4
h <- hadamard(h, signs = s, block = 16, leak = 1/32) + U*x + b
y = V*relu(h)
output motion = argmax(y) at every step
labels "still", "walk", "größe"
decide { smooth = 8, start = "walk" }
target c { tables = wide }
train {
  data = mnist
  epochs = 5
}
`

func open(text string) *editor.Document { return editor.New("model.hrn", text, language) }

// at is the offset of a place, which a text names by a stretch of it with | in it.
func at(t *testing.T, text, place string) int {
	t.Helper()
	before, after, _ := strings.Cut(place, "|")
	i := strings.Index(text, before+after)
	if i < 0 {
		t.Fatalf("there is no %q", place)
	}
	return i + len(before)
}

func TestHover(t *testing.T) {
	d := open(model)
	if l := d.Diagnostics(); len(l) > 0 {
		t.Fatal(l)
	}
	for place, want := range map[string]string{
		"const un|its":    "const units = 64",
		"[un|its, 3]":     "const units = 64",
		"i|nput x":        "input x : u8[1] / 255   or   input t : token[1000]\nWhat one step receives: a vector of integers and what one of them is worth, or a token. A model has one.",
		"U*|x":            "input x : i8[3]\nA step receives 3 integers from -128 to 127.\nUnit: one is worth 0.03125; values go from -4 to 3.96875.",
		"+ |U*x":          "param U : int4[64, 3]\nWhat flows into h.\n96 bytes of weights: 192 entries of 4 bits.\nAt most 192 multiplications and as many additions a step; weights of 0 and of powers of two take none.",
		"param |V":        "param V : int4[3, 64]\nThe outputs, from h.\n96 bytes of weights: 192 entries of 4 bits.\nAt most 192 multiplications and as many additions a step; weights of 0 and of powers of two take none, where there is an output.",
		"signs = |s":      "param s : sign[64]\nSigns of the recurrence of h.\n8 bytes of weights: 64 entries of 1 bit.\nThey cost no addition: adding becomes subtracting.",
		"+ |b\n":          "param b : real[64]\nA bias of h.\n64 entries; they become integers in the unit of what they are added to.\n64 additions a step, of all biases together.",
		"relu(|h)":        "state h : int16[64] range 4\n64 units of 16 bits: 128 bytes of state.\nRecurrence: 4 blocks of 16, 256 additions a step, no multiplication.\nIt forgets 1/32 of itself a step.\nRange: |h| is at most 4, with headroom for 2 times as much.",
		"hada|mard(h":     "hadamard(h)\nThe recurrence: trained signs times the Hadamard matrix times the state, over the square root of its order. n log2 n additions, no multiplication.",
		"le|ak =":         "leak = 1/32\nThe state forgets this part of itself at every step: a power of two, or a list for the blocks in turn. Left out: it keeps everything.",
		"|y = V":          "y = V*relu(h)\n3 outputs, from the 64 units of h. At most 192 multiplications and as many additions a step; weights of 0 and of powers of two take none.",
		"at |every step":  "at every step\nAfter each step.",
		"ran|ge 4":        "range 12.5\nThe largest |h| that occurs, in real units: it says what one bit of the state is worth. hrnnc calibrate measures it.",
		"int|16[units]":   "int16[512]\n16 bits a unit, which suits most models; taken where none is written.",
		"= \"wa|lk":       "\nClass 1.",
		"smo|oth":         "smooth = 16\naveraged",
		"tab|les":         "tables = ...\ncompact is small\nValues: compact, wide.",
		"data = mn|ist":   "data = mnist\ndigits",
		"epo|chs":         "epochs = 20\n1 to 1,048,576",
		"output mot|ion":  "output motion = argmax(y) at every step\nThe index of the largest of 3 outputs, after each step.\n3 outputs, from the 64 units of h. At most 192 multiplications and as many additions a step; weights of 0 and of powers of two take none.",
		"// grö|ße":       "",
		"U*x +| b":        "",
		"model ges|ture ": "model gesture",
		"h |<- had":       "h <- hadamard(h) + U*x + b\nReplaces a state, once a step, by a sum of terms: one recurrence, at most one product, and biases.",
	} {
		h, got := d.Hover(at(t, model, place)), ""
		if h != nil {
			got = strings.Join(append([]string{h.Form}, h.Lines...), "\n")
			if text := model[h.Start:h.End]; strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: the place is %q", place, text)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", place, diff)
		}
	}
}

func TestHoverWithWeights(t *testing.T) {
	m := &editor.Measured{Of: model, Units: map[string]float64{"U": 0.125}, States: map[string]editor.State{"h": {Unit: 0.001, Max: 3.5, Saturates: true}},
		Cost: &editor.Cost{Weights: 300, State: 128, Adds: 1000, Muls: 20}}
	d := open(model).With(m)
	for place, want := range map[string]string{
		"relu(|h)":  "Range: |h| is at most 3.5, with headroom for 2 times as much. Unit: one bit is worth 0.001, of the weights file. It is clamped where it leaves its bits.",
		"+ |U*x":    "Unit: one is worth 0.125, of the weights file.",
		"model |ge": "300 bytes of weights and 128 bytes of state; 1,000 additions and 20 multiplications a step.",
	} {
		if h := d.Hover(at(t, model, place)); h == nil || !strings.HasSuffix(strings.Join(h.Lines, " "), want) {
			t.Errorf("%s: %+v", place, h)
		}
	}
	if h := d.Hover(at(t, model, "relu(|h)")); !strings.Contains(h.Markdown(), "```hrn\nstate h : int16[64] range 4\n```\n\n") {
		t.Errorf("as Markdown: %s", h.Markdown())
	}
}

// TestComplete completes at | in lines that are half typed, behind the model.
func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"|":                                           "model const input steps restart param state output labels weights train decide target",
		"par|":                                        "model const input steps restart param state output labels weights train decide target",
		"param W : |":                                 "binary ternary int2 int3 int4 int5 int6 int7 int8 int16 real sign index",
		"param W : int|":                              "binary ternary int2 int3 int4 int5 int6 int7 int8 int16 real sign index",
		"param W : int4[|":                            "units",
		"param W : int4[4, u|":                        "units",
		"state g : |":                                 "int8 int12 int16 int24 int32",
		"state g : int16[8] |":                        "range headroom",
		"state g : int16[8] ra|":                      "range headroom",
		"state g range 4 |":                           "headroom",
		"state g : int16[8] range |":                  "units",
		"state g\ng |":                                "<-",
		"state g\n|":                                  "g <-  model const input steps restart param state output labels weights train decide target",
		"state g\ng <- |":                             "hadamard U b V s y",
		"state g\ng <- had|":                          "hadamard U b V s y",
		"state g\ng <- hadamard(|":                    "h g",
		"state g\ng <- hadamard(g, |":                 "block leak rounding signs permute presigns",
		"state g\ng <- hadamard(g, bl|)":              "block leak rounding signs permute presigns",
		"state g\ng <- hadamard(g, block = 4, |":      "leak rounding signs permute presigns",
		"state g\ng <- hadamard(g, rounding = |":      "once staged",
		"state g\ng <- hadamard(g, signs = |":         "U b V s",
		"state g\ng <- hadamard(g, block = |":         "units",
		"state g\ng <- hadamard(g, leak = [1/8, 1/|)": "units",
		"state g\ng <- hadamard(g) + U*|":             "x relu h g",
		"state g\ng <- hadamard(g) +\n    |":          "U b V s y",
		"z = V*re|":                                   "x relu h",
		"z = V*relu(|":                                "h",
		"z = V*relu(h) |":                             "",
		"output |":                                    "argmax threshold y U b V s",
		"output argmax(|":                             "U b V s y",
		"output argmax(y) |":                          "at last at every step mean",
		"output argmax(y) at |":                       "last every step",
		"output argmax(y) at ev|":                     "last every step",
		"target |":                                    "c go",
		"target go { |":                               "package",
		"target c { tables = |":                       "compact wide",
		"target c { tables = w|":                      "compact wide",
		"target c { tables = wide, |":                 "mcu",
		"target c {\n  tables = wide\n  m|\n}":        "mcu",
		"train { data = |":                            "mnist copy(100)",
		"train { data = \"m|":                         "mnist copy(100)",
		"train { data = mnist\n|":                     "epochs",
		"decide { start = |":                          `"still" "walk" "größe"`,
		"decide { |":                                  "smooth start",
		"steps |":                                     "units",
		"restart 64 |":                                "hop",
		"// a com|":                                   "",
		"labels \"|":                                  "",
		"weights \"m|\"":                              "",
		"model |":                                     "",
		"param U |":                                   "",
		"const k = |":                                 "units",
	} {
		before, after, _ := strings.Cut(line, "|")
		text := model + before
		d := open(text + after)
		var got []string
		for _, i := range d.Complete(len(text)) {
			got = append(got, i.Label)
			if i.Replace.Start > len(text) || i.Replace.End < len(text) {
				t.Errorf("%s: %s replaces %v, and the cursor is at %d", line, i.Label, i.Replace, len(text))
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: -want +got\n%s", line, diff)
		}
	}
	token := "input t : token[9]\nstate h : int16[8]\nh <- hadamard(h) + U*"
	var got []string
	for _, i := range open(token).Complete(len(token)) {
		got = append(got, i.Snippet+i.Label)
	}
	if want := "relu(${1})relu onehot(t)onehot embed(${1:E}, t)embed h"; strings.Join(got, " ") != want {
		t.Errorf("behind U* of tokens: %q, want %q", got, want)
	}
}

func TestCompletionSaysWhatItMeans(t *testing.T) {
	text := model + "target c { ta"
	items := open(text).Complete(len(text))
	if len(items) != 2 || items[0].Doc != "compact is small" || items[0].Insert != "tables = " || items[0].Snippet != "tables = ${1|compact,wide|}" || text[items[0].Replace.Start:] != "ta" {
		t.Errorf("%+v", items)
	}
	text = model + "z = "
	for _, i := range open(text).Complete(len(text)) {
		if i.Label == "U" && !strings.HasPrefix(i.Doc, "What flows into h. 96 bytes") {
			t.Errorf("%+v", i)
		}
	}
}

func TestDefinitionAndReferences(t *testing.T) {
	d := open(model)
	for place, want := range map[string]string{
		"[un|its, 3]":      "2:7 | 2:7 4:16 4:39 7:17",
		"h <- hadamard(|h": "7:7 | 7:7 8:1 8:15 9:12",
		"argmax(y|)":       "9:1 | 9:1 10:24",
		"\"wa|lk\" }":      "11:17 | 11:17 12:30",
		"hada|mard":        "none",
		"// gr|":           "none",
	} {
		offset := at(t, model, place)
		got := "none"
		if def, ok := d.Definition(offset); ok {
			got = spot(d, def.Start) + " |"
			for _, r := range d.References(offset, true) {
				got += " " + spot(d, r.Start)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
	if n := len(d.References(at(t, model, "[un|its, 3]"), false)); n != 3 {
		t.Errorf("%d references without the declaration", n)
	}
}

func spot(d *editor.Document, offset int) string {
	line, character := d.Position(offset)
	return fmt.Sprintf("%d:%d", line+1, character+1)
}

func TestRename(t *testing.T) {
	for _, c := range []struct{ place, name, want string }{
		{"[un|its, 3]", "n", "const n = 2^6\n"},
		{"h <- hadamard(|h", "hidden", "hidden <- hadamard(hidden, signs = s, block = 16, leak = 1/32) + U*x + b\ny = V*relu(hidden)\n"},
		{"\"wa|lk\" }", "to walk", "start = \"to walk\" }"},
		{"output mot|ion", "y", "output y = argmax(y)"},
		{"model ges|ture", "h", "model h //"},
		{"|U*x", "x", "error: x is declared already, in line 3"},
		{"|U*x", "state", "error: state cannot be a name: names are made of a to z, A to Z, 0 to 9 and _, and are no words of the language"},
		{"|U*x", "relu", "error: relu cannot be a name"},
		{"|U*x", "1a", "error: 1a cannot be a name"},
		{"|U*x", "a b", "error: a b cannot be a name"},
		{"|U*x", "größe", "error: größe cannot be a name"},
		{"|U*x", "", "error:  cannot be a name"},
		{"hada|mard", "f", "error: there is no name here that the model declares"},
	} {
		edits, err := open(model).Rename(at(t, model, c.place), c.name)
		got := editor.Apply(model, edits)
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s to %q: %s", c.place, c.name, got)
		}
	}
	half := model + "z = V*relu(h"
	edits, err := open(half).Rename(at(t, half, "state |h"), "hidden")
	if got := editor.Apply(half, edits); err != nil || !strings.HasSuffix(got, "z = V*relu(hidden") {
		t.Errorf("in a half-typed line: %v, %s", err, got)
	}
}

func TestFormat(t *testing.T) {
	e, _ := open(model).Format()
	tidy := editor.Apply(model, []editor.Edit{e})
	untidy := strings.Replace(tidy, "y = V*relu(h)", "y=V * relu( h )", 1)
	d := open(untidy)
	e, ok := d.Format()
	if !ok || e.Text != "y = V*relu(h)\n" || editor.Apply(untidy, []editor.Edit{e}) != tidy {
		t.Errorf("%v %+v", ok, e)
	}
	if _, ok := open("model m\nsteps (").Format(); ok {
		t.Error("a text with syntax errors is laid out")
	}
	e, ok = open("").Format()
	if ok {
		t.Errorf("an empty text becomes %+v", e)
	}
}

func TestOutline(t *testing.T) {
	d := open(model)
	var got strings.Builder
	for _, s := range d.Outline() {
		fmt.Fprintf(&got, "%s %s | %s\n", s.Kind, s.Name, s.Detail)
		for _, b := range s.Below {
			fmt.Fprintf(&got, "  %s %s | %s\n", b.Kind, b.Name, b.Detail)
		}
		if s.At.Start < s.Whole.Start || s.At.End > s.Whole.End {
			t.Errorf("%s: the name is outside", s.Name)
		}
	}
	want := `model gesture | 
constant units | 2^6
input x | i8[3] / 32
param U | int4[units, 3]
param b | [units]
param V | int4
param s | sign
state h | int16[units] range 4
update h | hadamard(h, signs = s, block = 16, leak = 1/32) + U*x + b
named value y | V*relu(h)
output motion | argmax(y) at every step
statement labels | "still", "walk", "größe"
block decide | 
  setting smooth | 8
  setting start | "walk"
block target c | 
  setting tables | wide
block train | 
  setting data | mnist
  setting epochs | 5
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestColours(t *testing.T) {
	text := "/* two\n lines */ model m\nparam U : int4[2, 3] // é\nh <- hadamard(h, rounding = staged) + U*x\noutput y mean\ntrain { data = mnist, epochs = 5 }\n"
	d := open(text)
	var got []string
	for _, c := range d.Colours() {
		got = append(got, text[c.Start:c.End]+":"+string(c.Kind))
	}
	want := "/* two:comment| lines */:comment|model:keyword|m:namespace|param:keyword|U:class|int4:type|2:number|3:number|// é:comment|<-:operator|hadamard:function|rounding:property|" +
		"=:operator|staged:enumMember|+:operator|U:class|*:operator|output:keyword|mean:keyword|train:keyword|data:property|=:operator|mnist:enumMember|epochs:property|=:operator|5:number"
	if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestPositions counts in UTF-16, as editors do: 😀 is two units, ö one.
func TestPositions(t *testing.T) {
	text := "a😀ö\r\nb\n\rc"
	l := editor.LinesOf(text)
	for offset, want := range map[int][2]int{0: {0, 0}, 1: {0, 1}, 5: {0, 3}, 7: {0, 4}, 9: {1, 0}, 10: {1, 1}, 11: {2, 0}, 12: {3, 0}, 13: {3, 1}, 99: {3, 1}} {
		if line, character := l.Position(offset); [2]int{line, character} != want {
			t.Errorf("offset %d is %d:%d, want %v", offset, line, character, want)
		}
	}
	for place, want := range map[[2]int]int{{0, 0}: 0, {0, 1}: 1, {0, 2}: 1, {0, 3}: 5, {0, 4}: 7, {0, 9}: 7, {1, 5}: 10, {9, 9}: 13, {-1, 0}: 0, {3, 1}: 13} {
		if got := l.Offset(place[0], place[1]); got != want {
			t.Errorf("%v is offset %d, want %d", place, got, want)
		}
	}
}

func TestFixes(t *testing.T) {
	for _, c := range []struct{ was, is, title, want string }{
		{"relu(h)", "relu(hh)", "Change hh to h", "y = V*relu(h)\n"},
		{"U : int4[units, 3]", "U : int4[units, 2]", "Change int4[units, 2] to int4[64, 3]", "param U : int4[64, 3]   param b"},
		{"param V : int4\n", "param V\n", "Insert int4", "param V : int4\n"},
		{"leak = 1/32", "leak = 1/30", "Change 1/30 to 1/32", "leak = 1/32)"},
		{"state h", "stat h", "Change stat to state", "\nstate h : int16"},
		{"output motion", "param unused\noutput motion", "Remove param unused", "y = V*relu(h)\noutput motion"},
		{"  epochs = 5", "  epochs = 5\n  epochs = 6", "Remove epochs = 6", "  epochs = 5\n}"},
		{", block = 16", ", block = 48", "Change 48 to 32", "block = 32,"},
		{", block = 16", ", blok = 16", "Change blok to block", ", block = 16"},
	} {
		text := strings.Replace(model, c.was, c.is, 1)
		d := open(text)
		fixes := d.Fixes(editor.Range{End: len(text)})
		i := slices.IndexFunc(fixes, func(f editor.Fix) bool { return f.Title == c.title })
		if i < 0 {
			t.Errorf("%s: %+v for %v", c.is, fixes, d.Diagnostics())
			continue
		}
		if got := editor.Apply(text, []editor.Edit{fixes[i].Edit}); !strings.Contains(got, c.want) {
			t.Errorf("%s becomes\n%s", c.is, got)
		}
	}
}
