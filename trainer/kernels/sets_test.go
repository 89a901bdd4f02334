package kernels

import (
	"slices"
	"testing"
)

// everySet runs a test once for each instruction set of this machine.
func everySet(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	was := Set()
	defer use(t, was)
	for _, name := range Available() {
		use(t, name)
		t.Run(name, test)
	}
}

func use(t testing.TB, name string) {
	t.Helper()
	if err := Use(name); err != nil {
		t.Fatal(err)
	}
}

func TestUse(t *testing.T) {
	if was := Set(); was != Available()[0] {
		t.Errorf("Set() = %q at start, want the fastest of %q", was, Available())
	}
	if !slices.Contains(Available(), "portable") {
		t.Errorf("Available() = %q, want portable among them", Available())
	}
	everySet(t, func(t *testing.T) {
		was := Set()
		if Use("abacus") == nil {
			t.Error(`Use("abacus") gave no error`)
		}
		if Set() != was {
			t.Errorf("Set() = %q after an error, want %q", Set(), was)
		}
	})
}
