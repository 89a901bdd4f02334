// Command examples trains the models of examples/ anew, with several seeds, and writes what they reach into
// docs/benchmarks/examples.md; weights and metrics of the first seed go into the example's folder. Results are kept in
// examples.json beside it, so that one example can be run again alone.
//
//	go run ./internal/bench/examples                            # prints the page from the results that are there
//	go run ./internal/bench/examples -write                     # and puts it into docs/benchmarks
//	go run ./internal/bench/examples -train activity,digits     # trains those with their seeds, and writes the page
//	go run ./internal/bench/examples -train all                 # hours on two cores
//
// The trainings lie in build/examples until all of a call are done. A call that was stopped goes on where it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// examples are trained with seeds 1 to seedsOf each; those of MNIST are shown by their learning curves too.
var (
	examples = append([]string{"activity", "activity_stream", "har2", "har2_frames", "dsa19", "dsa19_small", "digits", "sentiment", "reviews", "ecg", "ecg_stream", "turbofan", "wakeword", "copy1000"}, mnist...)
	mnist    = []string{"pmnist", "pmnist_block", "smnist", "smnist_block", "pmnist_wide", "smnist_wide"}
	// streams are those with events, and how hrnnc eval --stream counts them.
	streams = map[string][]string{
		"ecg_stream": {"--background", "background", "--tolerance", "0.1s"},
		"wakeword":   {"--background", "background"},
	}
)

// seedsOf is how many trainings an example has: those that take over a quarter of an hour have three.
func seedsOf(name string) int {
	switch name {
	case "pmnist_wide", "smnist_wide":
		return 3
	}
	return 5
}

func main() {
	train := flag.String("train", "", "examples to train, or all")
	write := flag.Bool("write", false, "write docs/benchmarks/examples.md and its drawing from the results that are there")
	command := flag.String("hrnnc", "", "hrnnc to train with (default: built from here)")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	names := strings.Split(*train, ",")
	if *train == "all" {
		names = examples
	}
	if *train == "" {
		names = nil
	}
	if err := run(ctx, names, *command, *write); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, names []string, command string, write bool) error {
	for _, name := range names {
		if !slices.Contains(examples, name) {
			return fmt.Errorf("there is no example %s", name)
		}
	}
	if len(names) > 0 {
		if err := trainAll(ctx, names, command); err != nil {
			return err
		}
	}
	r := &results.Trainings{Examples: map[string][]results.Training{}}
	err := results.Read(".", "examples.json", r) // now, since another call may have written meanwhile
	if err != nil {
		return err
	}
	for _, name := range names {
		if r.Examples[name], err = collect(name); err != nil {
			return err
		}
	}
	text := page(r)
	fmt.Print(text)
	if len(names) == 0 && !write {
		return nil
	}
	err = errors.Join(results.Write(".", "examples.json", r),
		fileio.WriteFile(filepath.Join(results.Folder, "examples.svg"), curves(r)),
		fileio.WriteFile(filepath.Join(results.Folder, "examples.md"), []byte(text)))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(work, name)); err != nil {
			return err
		}
	}
	return nil
}
