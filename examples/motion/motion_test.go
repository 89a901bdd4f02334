package main

import (
	"bytes"
	"os"
	"testing"
)

// TestTables holds the files to what the program writes.
func TestTables(t *testing.T) {
	for name, want := range tables() {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what  go run ./examples/motion  writes", name)
		}
	}
}
