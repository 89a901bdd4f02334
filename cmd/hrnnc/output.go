package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// emit writes one thing that a command makes to path; - stands for standard output.
func (a *app) emit(path string, write func(io.Writer) error) error {
	if fileio.IsStdout(path) {
		return write(a.data)
	}
	return fileio.Write(path, write)
}

// mayEmit says before anything is computed whether emit could write to these paths. From then on, what the command says
// goes to standard error where a path stands for standard output, so that data stays pure. Empty paths are left out.
func (a *app) mayEmit(paths ...string) error {
	var files []string
	for _, p := range paths {
		switch {
		case p == "":
		case !fileio.IsStdout(p):
			files = append(files, p)
		case a.json:
			return usageError{fmt.Errorf("--json and the output %s would both go to standard output", p)}
		case a.data != nil:
			return usageError{fmt.Errorf("two outputs would both go to standard output")}
		default:
			a.data, a.out = a.rawOut, a.err
		}
	}
	return fileio.MayWrite(files...)
}

// mayEmitArrays is mayEmit where all but texts would spoil a terminal.
func (a *app) mayEmitArrays(arrays []string, texts ...string) error {
	if err := a.mayEmit(append(slices.Clone(arrays), texts...)...); err != nil {
		return err
	}
	if slices.ContainsFunc(arrays, fileio.IsStdout) && isTerminal(a.data) {
		return usageError{fmt.Errorf("standard output is this terminal, and an array is no text: redirect it, or name a file")}
	}
	return nil
}

// folder refuses - as the name of a folder.
func folder(path string) error {
	if path == "-" {
		return usageError{fmt.Errorf("-o - is standard output, and a folder cannot be written there; ./- is a folder of that name")}
	}
	return nil
}
