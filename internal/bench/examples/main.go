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
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// folder is where the page and the results lie.
var folder = filepath.Join("docs", "benchmarks")

// examples are trained with seeds 1 to seeds each; those of MNIST are shown by their learning curves too.
var (
	examples = append([]string{"activity", "activity_stream", "har2", "har2_frames", "dsa19", "dsa19_small", "digits", "sentiment", "ecg", "turbofan", "copy1000"}, mnist...)
	mnist    = []string{"pmnist", "pmnist_block", "smnist", "smnist_block"}
)

const seeds = 5

// result is one training, as hrnnc train --json and hrnnc report --json have it.
type result struct {
	Seed       int     `json:"seed"`
	Epochs     int     `json:"epochs"`
	Best       int     `json:"best_epoch"`
	Seconds    float64 `json:"seconds"`
	Scores     []score `json:"scores"`
	Parameters int     `json:"parameters"`
	Bits       int     `json:"bits"`
	State      int     `json:"state_bits,omitempty"`
	Adds       int     `json:"adds"`
	// Valid is the accuracy on the validation part after every epoch.
	Valid []float64 `json:"valid"`
}

type score struct {
	Level    string  `json:"level"`
	Accuracy float64 `json:"accuracy"`
	MacroF1  float64 `json:"macro_f1"`
	Loss     float64 `json:"loss"`
	// Outputs are those of a regression, which has neither accuracy nor F1.
	Outputs []number `json:"outputs,omitempty"`
	// Classes are those of a task where rare ones count.
	Classes []class `json:"classes,omitempty"`
}

// class is how well a class is decided: null of no decisions counts as 0.
type class struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
}

// number is how far one output of a regression is off, in the units of the data.
type number struct {
	Name string  `json:"name"`
	RMSE float64 `json:"rmse"`
}

// results are the trainings of every example, and the machine that the last one ran on.
type results struct {
	Machine  string              `json:"machine"`
	Go       string              `json:"go"`
	Examples map[string][]result `json:"examples"`
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
	r, err := read() // now, since another call may have written meanwhile
	if err != nil {
		return err
	}
	if len(names) > 0 {
		r.Machine, r.Go = machine.Processor(), runtime.Version()
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
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	err = errors.Join(fileio.WriteFile(filepath.Join(folder, "examples.json"), append(data, '\n')),
		fileio.WriteFile(filepath.Join(folder, "examples.svg"), curves(r)),
		fileio.WriteFile(filepath.Join(folder, "examples.md"), []byte(text)))
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

func read() (*results, error) {
	r := &results{Examples: map[string][]result{}}
	data, err := os.ReadFile(filepath.Join(folder, "examples.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(data, r)
}
