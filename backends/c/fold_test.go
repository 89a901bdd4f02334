package c

import (
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	long := strings.Repeat("x", 50)
	in := "int f(void)\n{\n    const int16_t g = clamp((int16_t)((a ^ " + long + ") + part(" + long + ", 1) + part(" + long + ", 2)));\n" +
		"    int32_t member[3]; /* " + strings.Repeat("what it is ", 14) + "*/\n" +
		"    say(\"" + long + ", " + long + " + more of it " + long + "\", 1);\n" +
		"#define A " + long + " + " + long + " + " + long + "\n}\n"
	want := "int f(void)\n{\n    const int16_t g = clamp((int16_t)((a ^ " + long + ")\n            + part(" + long + ", 1) + part(" + long + ", 2)));\n" +
		"    /* what it is what it is what it is what it is what it is what it is what it is what it is what it is\n     * what it is what it is what it is what it is what it is */\n" +
		"    int32_t member[3];\n" +
		"    say(\"" + long + ", " + long + " + more of it " + long + "\",\n            1);\n" +
		"#define A " + long + " + " + long + " + " + long + "\n}\n"
	if got := string(folded([]byte(in))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(folded([]byte(want))); got != want {
		t.Errorf("folded twice:\n%s", got)
	}
}
