package editor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/dsl/editor"
)

// examples are the models of the repository.
func examples(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"../../examples/*/*.hrn", "../testdata/models/*.hrn", "../testdata/errors/*.hrn"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out[f] = string(data)
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d examples", len(out))
	}
	return out
}

// everything asks all there is to ask of a text, with the cursor at an offset, and holds the answers to the text.
func everything(t *testing.T, text string, cursor int) {
	t.Helper()
	d := open(text)
	ok := func(what string, r editor.Range) {
		if r.Start < 0 || r.Start > r.End || r.End > len(text) {
			t.Fatalf("%s: %v of %d bytes\n%q", what, r, len(text), text)
		}
	}
	for _, f := range d.Diagnostics() {
		ok("a diagnostic", d.Where(f.Span))
	}
	for _, f := range d.Fixes(editor.Range{End: len(text)}) {
		ok("a fix", f.Edit.Range)
	}
	if h := d.Hover(cursor); h != nil {
		ok("hover", h.Range)
		h.Markdown()
	}
	for _, i := range d.Complete(cursor) {
		ok("completion", i.Replace)
		if i.Label == "" || i.Replace.Start > cursor || i.Replace.End < cursor {
			t.Fatalf("completion at %d: %+v\n%q", cursor, i, text)
		}
	}
	if r, found := d.Definition(cursor); found {
		ok("definition", r)
	}
	for _, r := range d.References(cursor, true) {
		ok("reference", r)
	}
	if edits, err := d.Rename(cursor, "renamed"); err == nil {
		renamed := open(editor.Apply(text, edits))
		if len(renamed.Diagnostics()) != len(d.Diagnostics()) {
			t.Fatalf("renaming at %d makes other errors\n%q", cursor, text)
		}
	}
	if e, changed := d.Format(); changed {
		ok("layout", e.Range)
		if again, changed := open(editor.Apply(text, []editor.Edit{e})).Format(); changed {
			t.Fatalf("laid out twice: %+v\n%q", again, text)
		}
	}
	var symbols func([]editor.Symbol)
	symbols = func(list []editor.Symbol) {
		for _, s := range list {
			ok("a symbol", s.Whole)
			ok("the name of a symbol", s.At)
			if s.Name == "" || s.At.Start < s.Whole.Start || s.At.End > s.Whole.End {
				t.Fatalf("%+v\n%q", s, text)
			}
			symbols(s.Below)
		}
	}
	symbols(d.Outline())
	end := 0
	for _, c := range d.Colours() {
		ok("a colour", c.Range)
		if c.Start < end || c.Start == c.End || strings.Contains(text[c.Start:c.End], "\n") {
			t.Fatalf("colours at %v behind %d\n%q", c.Range, end, text)
		}
		end = c.End
	}
	if line, character := d.Position(cursor); d.Offset(line, character) > cursor {
		t.Fatalf("%d is %d:%d, which is %d\n%q", cursor, line, character, d.Offset(line, character), text)
	}
}

// TestPrefixes types every example from its start, and asks everything of each text on the way.
func TestPrefixes(t *testing.T) {
	step := 29
	if testing.Short() {
		step = 97
	}
	for _, text := range examples(t) {
		if len(text) > 20_000 {
			text = text[:20_000]
		}
		for i := 0; i <= len(text); i += step {
			everything(t, text[:i], i)
		}
		everything(t, text, len(text)/2)
	}
}

func FuzzDocument(f *testing.F) {
	for _, text := range examples(f) {
		if len(text) < 3000 {
			f.Add(text, len(text)/2)
			f.Add(text[:len(text)*2/3], len(text)*2/3)
		}
	}
	for _, half := range []string{"h <- hadamard(h, leak = [1/", "target c { mcu = ", "train {", "decide { start = \"", "param U : int4[", "/* ", "\"", "= = =", "output y at", "label\r\ns \"\xff\"", "y = (((", "}{", "const 😀 = 1"} {
		f.Add(half, len(half))
	}
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		if len(text) > 4096 || !utf8.ValidString(text) {
			return // the protocol's texts are UTF-8
		}
		everything(t, text, min(max(cursor, 0), len(text)))
	})
}

// TestLatency asks as an editor does behind each key: the largest example is read, and its diagnostics and completion given. It fails at a
// figure that a loaded machine does not reach: the best of some tries counts, at ten times the 50 ms that are promised.
func TestLatency(t *testing.T) {
	largest := ""
	for _, text := range examples(t) {
		if len(text) > len(largest) {
			largest = text
		}
	}
	best := time.Hour
	for range 10 {
		start := time.Now()
		d := open(largest)
		d.Diagnostics()
		d.Complete(len(largest))
		d.Colours()
		best = min(best, time.Since(start))
	}
	t.Logf("%d bytes in %v", len(largest), best)
	if best > 500*time.Millisecond {
		t.Errorf("%d bytes take %v", len(largest), best)
	}
}

// TestHostileTexts asks of texts of the largest size that are made to take long: quadratic time in any of them would be minutes.
func TestHostileTexts(t *testing.T) {
	for _, repeat := range []string{"param a : int4\n", "(", "y = h\n", "const a = b\n", "// comment\n", "\n", "é"} {
		text := strings.Repeat(repeat, dsl.MaxSource/len(repeat))
		d := open(text)
		d.Diagnostics()
		d.Hover(len(text) / 2)
		d.Complete(len(text) / 2)
		d.Colours()
		d.Outline()
	}
}
