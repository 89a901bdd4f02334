package diag

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"layer.0.bias":       "layer.0.bias",
		"größe 大きさ 👨‍👩‍👧":    "größe 大きさ 👨‍👩‍👧",
		"\x1b]0;title\a":     `\u001b]0;title\u0007`,
		"a\nb\tc\r":          `a\nb\tc\r`,
		"\u009b31m\x7f":      `\u009b31m\u007f`,
		"\u202eabc\u2069":    `\u202eabc\u2069`,
		"\u200e\u200f\ufeff": `\u200e\u200f\ufeff`,
		"\u2028":             `\u2028`,
		"\U000e0041":         `\udb40\udc41`,
		"\xff\ufffd":         "\\xff\ufffd",
		`already \u001b`:     `already \u001b`,
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
		if once := Escape(text); Escape(once) != once {
			t.Errorf("%q escaped twice is %s", text, Escape(once))
		}
	}
}

func TestWriterKeepsWhatJSONMeans(t *testing.T) {
	want := "\x1b[31m \u202e \u009b \x7f \U000e0041 größe\n"
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := NewWriter(&b)
	for _, c := range append(data, '\n') { // the worst pieces that a character can come in
		if n, err := w.Write([]byte{c}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	var got string
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got != want {
		t.Errorf("%q comes back as %q, %v", want, got, err)
	}
	if i := strings.IndexFunc(strings.TrimSuffix(b.String(), "\n"), hostile); i >= 0 {
		t.Errorf("%q has a hostile character at %d", b.String(), i)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"layer.0.bias", "layer.0.bias"},
		{strings.Repeat("9", 1_000_000), strings.Repeat("9", 80) + "... (1,000,000 characters)"},
		{strings.Repeat("ü", 81), strings.Repeat("ü", 80) + "... (81 characters)"},
	} {
		if got := Short(c.text); got != c.want {
			t.Errorf("got %s", got)
		}
	}
	if got := Names(strings.Fields(strings.Repeat("n ", 10_000))); !strings.HasSuffix(got, "n, n and 9,980 more") {
		t.Errorf("got %s", got)
	}
	if got := Shape(make([]int, 1000)); !strings.HasSuffix(got, "0, 0, and 980 more]") {
		t.Errorf("got %s", got)
	}
}

func TestDiagnosticsStayReadable(t *testing.T) {
	digits := strings.Repeat("9", 1_000_000)
	d := InFile("m.hrn", digits).Errorf("range", "%s is not a number, and %s", digits, strings.Repeat("a b ", 100_000)).Helpf("not %s", digits)
	var b strings.Builder
	if err := new(Renderer).Render(&b, d); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 5000 || !utf8.ValidString(b.String()) {
		t.Errorf("%d bytes: %s", b.Len(), b.String()[:100])
	}
}

func TestRenderEscapes(t *testing.T) {
	evil := "\x1b]0;x\a"
	at := Span{File: "m" + evil + ".hrn", Start: Pos{Line: 1, Col: 11}, End: Pos{Line: 1, Col: 14}}
	d := At(at).Errorf("name", "there is no %s\nfile: error", evil).Notef(Span{File: "n" + evil, What: evil}, "%s", evil).Helpf("remove %s", evil)
	d.Output = "gcc:\n\t" + evil
	var b strings.Builder
	r := Renderer{Source: func(string) []byte { return []byte("a \x1b[1m\t = bad\n") }}
	if err := r.RenderAll(&b, List{d}); err != nil {
		t.Fatal(err)
	}
	want := `m\u001b]0;x\u0007.hrn:1:11: error[name]: there is no \u001b]0;x\u0007\nfile: error
  1 | a \u001b[1m  = bad
    |                ^^^
  n\u001b]0;x\u0007: \u001b]0;x\u0007: \u001b]0;x\u0007
  | gcc:
  |     \u001b]0;x\u0007
  help: remove \u001b]0;x\u0007
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTwentyAreShown(t *testing.T) {
	var l List
	source := strings.Repeat("line\n", 40_000)
	reads := 0
	for i := range 40_000 {
		l.Add(At(Span{File: "m.hrn", Start: Pos{Line: i + 1, Col: 1}, End: Pos{Line: i + 1, Col: 2}}).Warningf("unused", "w"))
	}
	l.Add(InFile("z.hrn", "").Errorf("syntax", "the only error"))
	r := Renderer{Source: func(string) []byte { reads++; return []byte(source) }}
	var b strings.Builder
	if err := r.RenderAll(&b, l); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "\n\n") != 20 || !strings.HasPrefix(got, "z.hrn: error") || !strings.HasSuffix(got, "\nand 39,981 more\n") || reads != 1 {
		t.Errorf("%d reads, got\n%s", reads, got)
	}
}
