package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

//go:embed dense.py
var densePy []byte

// program is one row of the comparison: a command that trains a few steps and prints a run.
type program struct {
	name    string
	dense   bool
	threads int
	command []string // run through env(1), so that it may begin with settings
	runs    []*run
}

// coreType is the variable that makes OpenBLAS take the kernels of a processor. What it takes by itself can be far slower
// on processors that are newer than it, so that the peer runs in every way, and the fastest counts.
const coreType = "OPENBLAS_CORETYPE"

// kernelChoice is a way to let OpenBLAS choose.
type kernelChoice struct {
	name     string
	settings []string // arguments of env(1)
}

func kernelChoices() []kernelChoice {
	choices := []kernelChoice{
		{"kernels of its own choice", []string{"-u", coreType}},
		{coreType + "=Haswell", []string{coreType + "=Haswell"}}, // its AVX2 kernels
	}
	if set := os.Getenv(coreType); set != "" && set != "Haswell" {
		choices = append(choices, kernelChoice{coreType + "=" + set + ", as the environment has it", nil})
	}
	return choices
}

// programs lists what is run in turn, on one core and on all.
func (c *configuration) programs(ctx context.Context, python, dir string, steps int) ([]*program, error) {
	// The variables would send Python elsewhere than to its system's packages.
	clean := []string{"-u", "PYTHONPATH", "-u", "PYTHONHOME"}
	if _, err := exttool.Run(ctx, dir, nil, "env", append(clean, python, "-c", "import numpy, torch")...); err != nil {
		return nil, fmt.Errorf("%s has no PyTorch (apt-get install -y --no-install-recommends python3-torch libopenblas0-pthread): %w", python, err)
	}
	script := filepath.Join(dir, "dense.py")
	if err := os.WriteFile(script, densePy, 0o644); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var list []*program
	for _, threads := range slices.Compact([]int{1, runtime.NumCPU()}) {
		n := strconv.Itoa(threads)
		list = append(list, &program{name: "hrnnc", threads: threads,
			command: []string{"GOMAXPROCS=" + n, self, "-own", dir, "-configuration", c.name, "-steps", strconv.Itoa(steps)}})
		for _, choice := range kernelChoices() {
			// Without PASSIVE, OpenMP's threads spin between their parts and take the cores from OpenBLAS's.
			command := slices.Concat(clean, choice.settings, []string{"OMP_WAIT_POLICY=PASSIVE", "OMP_NUM_THREADS=" + n,
				"OPENBLAS_NUM_THREADS=" + n, python, script, dir, strconv.Itoa(steps), n})
			list = append(list, &program{name: "PyTorch, " + choice.name, dense: true, threads: threads, command: command})
		}
	}
	return list, nil
}

func (p *program) run(ctx context.Context) error {
	out, err := exttool.Run(ctx, ".", nil, "env", p.command...)
	if err != nil {
		return err
	}
	r := &run{}
	if err := json.Unmarshal(out, r); err != nil {
		return fmt.Errorf("%s printed %q: %w", p.name, out, err)
	}
	p.runs = append(p.runs, r)
	return nil
}

// clock is the seconds of a step: the median of a run, after its first step, in the fastest run.
func (p *program) clock() float64 { return p.fastest(func(r *run) []float64 { return r.Seconds }) }

// processor is likewise the processor seconds of a step.
func (p *program) processor() float64 {
	return p.fastest(func(r *run) []float64 { return r.Processor })
}

func (p *program) fastest(of func(*run) []float64) float64 {
	best := math.Inf(1)
	for _, r := range p.runs {
		best = min(best, median(of(r)[1:]))
	}
	return best
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// peakKiB is the most memory that any run took.
func (p *program) peakKiB() int {
	most := 0
	for _, r := range p.runs {
		most = max(most, r.PeakKiB)
	}
	return most
}

// tolerance is how far two float32 programs may differ that add the same numbers in another order.
const tolerance = 1e-3

// agree checks that every program computed the same loss and the same gradient in its first step.
func agree(list []*program) error {
	want := list[0].runs[0]
	for _, p := range list {
		for _, r := range p.runs {
			if d := max(apart(r.Loss[0], want.Loss[0]), apart(r.Norm[0], want.Norm[0])); !(d < tolerance) {
				return fmt.Errorf("%s and %s do not compute the same: first loss %g and %g, norm of the gradient %g and %g",
					p.name, list[0].name, r.Loss[0], want.Loss[0], r.Norm[0], want.Norm[0])
			}
		}
	}
	return nil
}

// apart is the relative difference of two numbers.
func apart(a, b float64) float64 { return math.Abs(a-b) / math.Abs(b) }
