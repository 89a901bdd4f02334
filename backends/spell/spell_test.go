package spell

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"walking, fast":  "walking, fast",
		"größer 走る":      "größer 走る",
		"a\nb\tc\r":      `a\nb\tc\r`,
		"\x1b]0;title\a": `\x1b]0;title\a`,
		"a\u202eb\u2066": `a\u202eb\u2066`,
		"a\u2028b":       `a\u2028b`,
		"\xff\xc3(":      `\xff\xc3(`,
		`C:\path\`:       `C:\path\`,
	} {
		got := Line(text)
		if got != want || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\u2028") {
			t.Errorf("%q is spelt %q, want %q", text, got, want)
		}
	}
}

// TestWords checks that the tables are whole: so many words have the standards, and names of ordinary models are free.
func TestWords(t *testing.T) {
	if n := len(set(verilogKeywords)); n != 248 { // IEEE 1800-2017, table B.1
		t.Errorf("%d words of SystemVerilog, the standard has 248", n)
	}
	taken := set(strings.Join(CWords(), " "), strings.Join(VerilogWords(), " "))
	for _, w := range strings.Fields("h h1 h2 U V W U2 Wx b c copy gait digits activity model hidden recurrent weights bias E embed") {
		if taken[w] || Macro(w) && w != "U2" || HeaderName(w) || FunctionPrefix(w) {
			t.Errorf("%s is taken", w)
		}
	}
}
