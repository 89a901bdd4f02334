// Command digits makes what this folder holds of numbers and weights: it trains model.hrn from several seeds, and without
// one speaker after the other, compiles the first weights with the program of chip/, and has that program listen to the
// test recordings. The recordings of fsdd must be there: hrnnc data get fsdd.
//
//	go run ./examples/digits            # prints what README.md says it measures
//	go run ./examples/digits -write     # and puts it into README.md, the weights of seed 1 beside it
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// kept is the seed whose weights are in this folder.
const kept = 1

func main() {
	write := flag.Bool("write", false, "write README.md, model.safetensors and metrics.jsonl")
	flag.Parse()
	if err := measure(context.Background(), os.Stdout, *write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// here is the folder of this file.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func measure(ctx context.Context, w io.Writer, write bool) error {
	dir, err := os.MkdirTemp("", "digits-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	list, err := data.SpokenDigits()
	if err != nil {
		return err
	}
	before := machine.LoadAverage()
	seeds, voices, err := trainings(ctx, dir)
	if err != nil {
		return err
	}
	heard, err := listenToAll(ctx, dir, seeds[kept-1].folder, list)
	if err != nil {
		return err
	}
	text := page(seeds, voices, heard, before)
	fmt.Fprint(w, text)
	if !write {
		return nil
	}
	if err := intoReadme(text); err != nil {
		return err
	}
	return seeds[kept-1].keep(here())
}

// listenToAll says how many test recordings the program understands, with the weights of a folder.
func listenToAll(ctx context.Context, dir, weights string, list []data.Recording) (tally, error) {
	program, err := build(ctx, dir, filepath.Join(weights, "model.hrn"))
	if err != nil {
		return tally{}, err
	}
	var heard tally
	for _, r := range list {
		if !r.Test() {
			continue
		}
		said, err := listen(ctx, program, inSilence(r.Samples, heard.all))
		if err != nil {
			return tally{}, err
		}
		heard.all++
		if said == fmt.Sprintln(r.Digit) {
			heard.right++
		}
	}
	return heard, nil
}

// The lines of README.md between which measured text stands.
const (
	opening = "<!-- go run ./examples/digits -write writes this -->\n"
	closing = "<!-- up to here -->\n"
)

// intoReadme replaces the measured part of README.md.
func intoReadme(text string) error {
	path := filepath.Join(here(), "README.md")
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(old), opening)
	_, after, closed := strings.Cut(rest, closing)
	if !opened || !closed {
		return fmt.Errorf("%s has no lines %q and %q", path, opening, closing)
	}
	return fileio.Rewrite(path, []byte(before+opening+text+closing+after))
}
