package exttool

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
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

func TestTheEndOfAContextEndsChildrenToo(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Run(ctx, t.TempDir(), nil, "sh", "-c", "sh -c 'sleep 30; :' & wait")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 4*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}
