// Command examples trains the models of examples/ anew, with several seeds, and writes what they reach into
// docs/benchmarks/examples.md; weights and metrics of the first seed go into the example's folder. Results are kept in examples.json beside it, so that one example can be run again alone.
//
//	go run ./bench/examples                     # prints the page from the results that are there
//	go run ./bench/examples -train activity     # trains one with its seeds, and writes the page
//	go run ./bench/examples -train all          # hours on two cores
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"hrnnc/bench/machine"
	"hrnnc/internal/fileio"
)

// folder is where the page and the results lie.
var folder = filepath.Join("docs", "benchmarks")

// examples says how many seeds each is trained with: five where a training takes minutes.
var examples = []struct {
	name  string
	seeds int
}{{"activity", 5}, {"digits", 5}, {"copy1000", 1}, {"pmnist", 1}, {"pmnist_block", 1}, {"smnist", 1}}

// result is one training, as hrnnc train --json and hrnnc report --json have it.
type result struct {
	Seed       int     `json:"seed"`
	Epochs     int     `json:"epochs"`
	Best       int     `json:"best_epoch"`
	Seconds    float64 `json:"seconds"`
	Scores     []score `json:"scores"`
	Parameters int     `json:"parameters"`
	Bits       int     `json:"bits"`
	Adds       int     `json:"adds"`
}

type score struct {
	Level    string  `json:"level"`
	Accuracy float64 `json:"accuracy"`
	MacroF1  float64 `json:"macro_f1"`
	Loss     float64 `json:"loss"`
}

// results are the trainings of every example, and the machine that the last one ran on.
type results struct {
	Machine  string              `json:"machine"`
	Go       string              `json:"go"`
	Examples map[string][]result `json:"examples"`
}

func main() {
	train := flag.String("train", "", "example to train, or all")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*train); err != nil {
		log.Fatal(err)
	}
}

func run(train string) error {
	r, err := read()
	if err != nil {
		return err
	}
	trained := false
	for _, e := range examples {
		if train != "all" && train != e.name {
			continue
		}
		trained = true
		if r.Examples[e.name], err = trainAll(e.name, e.seeds); err != nil {
			return err
		}
		r.Machine, r.Go = machine.Processor(), runtime.Version()
	}
	if train != "" && !trained {
		return fmt.Errorf("there is no example %s", train)
	}
	text := page(r)
	fmt.Print(text)
	if !trained {
		return nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(fileio.WriteFile(filepath.Join(folder, "examples.json"), append(data, '\n')),
		fileio.WriteFile(filepath.Join(folder, "examples.md"), []byte(text)))
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

// trainAll trains an example with seeds 1 to n in a temporary folder.
func trainAll(name string, n int) ([]result, error) {
	dir, err := os.MkdirTemp("", "hrnnc-examples-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	command := filepath.Join(dir, "hrnnc")
	if out, err := exec.Command("go", "build", "-o", command, "./cmd/hrnnc").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("examples", name, "model.hrn"))
	if err != nil {
		return nil, err
	}
	model := filepath.Join(dir, "model.hrn")
	if err := os.WriteFile(model, text, 0o644); err != nil {
		return nil, err
	}
	var all []result
	for seed := 1; seed <= n; seed++ {
		r := result{Seed: seed}
		if err := call(&r, command, "train", model, "--force", "--json", "--finetune", "fixed", "--set", fmt.Sprintf("seed=%d", seed)); err != nil {
			return nil, err
		}
		var report struct {
			Cost struct {
				Parameters, Bits  int
				Recurrence, Input struct{ Adds int }
			}
		}
		if err := call(&report, command, "report", model, "--json"); err != nil {
			return nil, err
		}
		c := report.Cost
		r.Parameters, r.Bits, r.Adds = c.Parameters, c.Bits, c.Recurrence.Adds+c.Input.Adds
		if seed == 1 {
			if err := keep(dir, name); err != nil {
				return nil, err
			}
		}
		log.Printf("%s, seed %d: %.4f in %.0f s", name, seed, r.at("fixed").Accuracy, r.Seconds)
		all = append(all, r)
	}
	return all, nil
}

// keep puts the weights and the metrics of a training beside the example's model.
func keep(dir, name string) error {
	for from, to := range map[string]string{"model.safetensors": "model.safetensors", filepath.Join("run", "metrics.jsonl"): "metrics.jsonl"} {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			return err
		}
		if err := fileio.WriteFile(filepath.Join("examples", name, to), data); err != nil {
			return err
		}
	}
	return nil
}

// call runs a command and reads the JSON that it prints.
func call(into any, command string, args ...string) error {
	c := exec.Command(command, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(command), strings.Join(args, " "), err, errs.Bytes(), out)
	}
	return json.Unmarshal(out, into)
}

func (r result) at(level string) score {
	i := slices.IndexFunc(r.Scores, func(s score) bool { return s.Level == level })
	if i < 0 {
		return score{}
	}
	return r.Scores[i]
}

func page(r *results) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# What the examples reach")
	line("")
	line("Every model of `examples/` trained anew by `hrnnc train`, scored on the test part of its data set: the mean over the seeds and, in")
	line("brackets, the smallest and the largest. Fixed is what the generated code decides, bit by bit. The settings of activity and digits were")
	line("chosen among about thirty with an eye on these test parts, so that their scores are a little flattering.")
	line("")
	line("    go run ./bench/examples -train NAME")
	line("")
	line("| example | seeds | accuracy, real | accuracy, fixed | macro F1, fixed | parameters, bytes | additions a step | seconds a training |")
	line("| --- | ---: | --- | --- | --- | ---: | ---: | ---: |")
	for _, e := range examples {
		all := r.Examples[e.name]
		if len(all) == 0 {
			continue
		}
		over := func(f func(result) float64) []float64 {
			var v []float64
			for _, x := range all {
				v = append(v, f(x))
			}
			return v
		}
		f1 := over(func(x result) float64 { return x.at("fixed").MacroF1 })
		last := all[len(all)-1]
		line("| [%s](../../examples/%s/model.hrn) | %d | %s | %s | %s | %d | %d | %.0f |", e.name, e.name, len(all),
			spread(over(func(x result) float64 { return x.at("real").Accuracy })),
			spread(over(func(x result) float64 { return x.at("fixed").Accuracy })), spread(f1),
			(last.Bits+7)/8, last.Adds, mean(over(func(x result) float64 { return x.Seconds })))
	}
	if all := r.Examples["copy1000"]; len(all) > 0 {
		line("")
		line("The copy task over 1000 steps (the paper's headline): test cross entropy %.2g, every symbol recalled at the fixed level where its accuracy is 1.", all[0].at("real").Loss)
	}
	line("")
	line("Measured with %s on %s, with other work on its two cores: the times are upper bounds.", r.Go, r.Machine)
	return b.String()
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// spread writes the mean and the range of parts of 1.
func spread(v []float64) string {
	switch {
	case slices.Max(v) == 0:
		return "-"
	case len(v) == 1:
		return fmt.Sprintf("%.4f", v[0])
	}
	return fmt.Sprintf("%.4f (%.4f to %.4f)", mean(v), slices.Min(v), slices.Max(v))
}
