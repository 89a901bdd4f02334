package main

import (
	"context"
	"strings"
	"testing"
)

func TestRecall(t *testing.T) {
	var out strings.Builder
	if err := show(context.Background(), &out, []string{"3141512653", "1111111111", "8765432187"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "10 of 10 right"); got != 3 || strings.Contains(out.String(), "OTHER BITS") {
		t.Errorf("%d of 3 messages came back whole:\n%s", got, out.String())
	}
}

func TestMessages(t *testing.T) {
	for _, bad := range []string{"12345", "abcdefghij", ""} {
		if _, err := read([]string{bad}); err == nil {
			t.Errorf("%q is taken for a message", bad)
		}
	}
}
