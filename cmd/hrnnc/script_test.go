package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv(measured) != "" {
		os.Exit(measure(os.Args[1:]))
	}
	testscript.Main(m, map[string]func(){
		"hrnnc": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs testdata/script/*.txtar as a person would type them. $MODEL is a small trained model to copy, $CHECKPOINTS has
// what PyTorch saves.
func TestScripts(t *testing.T) {
	model, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("MODEL", model+"/testdata/model")
			e.Setenv("CHECKPOINTS", model+"/testdata/checkpoints")
			e.Setenv("NO_COLOR", "1")
			e.Setenv("ESC", "none\x1b[31m.hrn") // a hostile name
			// Compilers keep their caches in the user's folders.
			for _, v := range []string{"HOME", "GOCACHE", "GOPATH"} {
				if s := os.Getenv(v); s != "" {
					e.Setenv(v, s)
				}
			}
			return nil
		},
	})
}
