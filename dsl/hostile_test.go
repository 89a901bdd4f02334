package dsl

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostileSources reads texts of the largest size that are made to take long: quadratic time in any of them would be minutes.
func TestHostileSources(t *testing.T) {
	fill := func(start, repeat, end string) string {
		return start + strings.Repeat(repeat, (MaxSource-len(start)-len(end))/len(repeat)) + end
	}
	var names strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&names, "const n%d = %d\nconst m%d = nx%d\n", i, i, i, i+20_000)
	}
	for name, c := range map[string]struct{ source, want string }{
		"parentheses":  {fill("const N = ", "(", ""), "at most 4096 are read"},
		"a sum":        {fill("const N = ", "1+", "1"), "at most 4096 are read"},
		"minus":        {fill("const N = ", "-", "1"), "at most 4096 are read"},
		"settings":     {fill("train { ", "a=1, ", "}"), "at most 4096 are read"},
		"empty lines":  {fill("y = h\n", "\n", "+ 1\n"), "the model has no input"},
		"digits":       {fill("steps ", "9", "\n"), "characters"},
		"wrong names":  {names.String(), "there is no constant nx20000"},
		"wrong lines":  {fill("", "foo bar 1\n", ""), "no statement starts with \"foo\""},
		"declarations": {fill("", "const a = 1\n", ""), "declared twice"},
		"too large":    {strings.Repeat(" ", MaxSource+1), "more than a model can need"},
	} {
		ast, errs := Parse("m.hrn", []byte(c.source))
		_, more := Check(ast)
		errs = append(errs, more...)
		if text := errs.Error(); !strings.Contains(text, c.want) || len(text) > 40_000 {
			t.Errorf("%s: %d bytes, want %q: %.600s", name, len(text), c.want, text)
		}
	}
}
