package files

import "testing"

// TestSeparator tells what parts fields by the first lines.
func TestSeparator(t *testing.T) {
	for header, want := range map[string]rune{"t;acc x, g;acc y, g;label": ';', `"a;b;c",d`: ',', "one": ',', "a;b,c": ','} {
		if got := separator(header+"\n1;2;3;4,5,6,7\n", false); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}
