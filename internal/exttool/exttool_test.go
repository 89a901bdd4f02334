package exttool

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestMissingToolSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for command, want := range map[string]string{"iverilog": "apt-get install iverilog", "go": "install Go", "nosuch": "put it on the PATH",
		"/nosuch/header.h": "package that brings it"} {
		_, err := Run(context.Background(), t.TempDir(), nil, command)
		if !IsMissing(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
	if got := Missing("iverilog", "go", t.TempDir()); len(got) != 2 {
		t.Errorf("missing: %v", got)
	}
}

func TestFailureCarriesWhatTheToolPrinted(t *testing.T) {
	out, err := Run(context.Background(), t.TempDir(), strings.NewReader("hello"), "sh", "-c", "cat; echo why >&2; exit 3")
	var f *Failure
	if !errors.As(err, &f) || !strings.Contains(f.Output, "why") || string(out) != "hello" {
		t.Errorf("got %q, %v", out, err)
	}
}
