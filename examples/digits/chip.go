package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
)

// inSilence puts silence around samples: enough behind them to end a word, and in front so much that frames fall
// differently for different i.
func inSilence(samples []int16, i int) []int16 {
	const pause = 4000
	out := make([]int16, i*37%frontend.FrameHop, len(samples)+frontend.FrameHop+pause)
	return append(append(out, samples...), make([]int16, pause)...)
}

// build compiles a model with the program of chip/ for this machine, and gives its path.
func build(ctx context.Context, dir, model string, flags ...string) (string, error) {
	l, err := lowered(model)
	if err != nil {
		return "", err
	}
	targets, err := compiler.FindTargets([]string{"c"})
	if err != nil {
		return "", err
	}
	o, err := l.Compile(ctx, targets)
	if err != nil {
		return "", err
	}
	if err := o.Write(filepath.Join(dir, "model"), false); err != nil {
		return "", err
	}
	program, chip, generated := filepath.Join(dir, "digits"), filepath.Join(here(), "chip"), filepath.Join(dir, "model", "c")
	args := append(flags, "-O2", "-I"+chip, "-I"+generated, "-o", program, filepath.Join(chip, "main.c"), filepath.Join(chip, "frontend.c"),
		filepath.Join(generated, "digits.c"))
	_, err = exttool.Run(ctx, dir, nil, "gcc", args...)
	return program, err
}

// listen gives a program samples on its standard input, and gives what it says.
func listen(ctx context.Context, program string, samples []int16) (string, error) {
	var in bytes.Buffer
	if err := binary.Write(&in, binary.LittleEndian, samples); err != nil {
		return "", fmt.Errorf("packing samples: %w", err)
	}
	out, err := exttool.Run(ctx, filepath.Dir(program), &in, program)
	return string(out), err
}
