// Command speed times one step of a HadamRNN in generated C and Go against the same layer as a dense matrix, in float32
// through OpenBLAS and in int8 compiled with the same flags: one core, one run, one machine. It writes the table of
// docs/benchmarks/speed.md.
//
//	go run ./internal/bench/speed            # prints the table
//	go run ./internal/bench/speed -write     # and puts it into docs/benchmarks/speed.md
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

const units = 512

// flags are those of every C in the comparison.
var flags = []string{"-O3", "-march=native", "-std=gnu99"}

//go:embed dense.c.txt
var denseC []byte

//go:embed gostep.go.txt
var goMain []byte

const model = `model step512
input x : u8[1] / 255
steps 784
param U : int4[512, 1]
param b : [512]
param V : int4[10, 512]
param c : [10]
state h : int16[512]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
target c { tables = wide }
`

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/speed.md")
	rounds := flag.Int("rounds", 5, "interleaved rounds; the fastest of each counts")
	flag.Parse()
	log.SetFlags(0)
	text, err := measure(context.Background(), *rounds)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	if *write {
		if err := fileio.WriteFile(filepath.Join("docs", "benchmarks", "speed.md"), []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
}

// generated compiles the model and writes its C and Go into a folder.
func generated(ctx context.Context, dir string) error {
	rng := rand.New(rand.NewSource(1))
	f := &weights.File{Path: "random", Metadata: map[string]string{"range.h": "20"}}
	tensor := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]float64, n)
		for i := range data {
			data[i] = rng.NormFloat64() / 4
		}
		f.Tensors = append(f.Tensors, &weights.Tensor{Name: name, Shape: shape, DType: "F32", Data: data})
	}
	tensor("U", units, 1)
	tensor("V", 10, units)
	tensor("b", units)
	tensor("c", 10)
	tensor("h.signs", units)
	m, err := compiler.FromParts("step512.hrn", []byte(model), f)
	if err != nil {
		return err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return err
	}
	targets, err := compiler.FindTargets([]string{"c", "go"})
	if err != nil {
		return err
	}
	o, err := l.Compile(ctx, targets)
	if err != nil {
		return err
	}
	return o.Write(filepath.Join(dir, "model"), false)
}

// measure gives the text of the page.
// haswell makes OpenBLAS take its AVX2 kernels: what it takes by itself can be far slower on new processors.
const haswell = "OPENBLAS_CORETYPE=Haswell"

// programs are run in turn.
var programs = []struct {
	name string
	env  []string
}{{"dense", nil}, {"dense", []string{haswell}}, {"gostep", nil}}

func measure(ctx context.Context, rounds int) (string, error) {
	dir, err := os.MkdirTemp("", "hrnnc-speed-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := generated(ctx, dir); err != nil {
		return "", err
	}
	if err := build(ctx, dir); err != nil {
		return "", err
	}
	best := map[string]float64{}
	for range rounds {
		for _, p := range programs {
			out, err := exttool.RunEnv(ctx, dir, p.env, nil, filepath.Join(dir, p.name))
			if err != nil {
				return "", err
			}
			var times map[string]float64
			if err := json.Unmarshal(out, &times); err != nil {
				return "", fmt.Errorf("%s printed %q: %w", p.name, out, err)
			}
			for k, v := range times {
				if k == "openblas" {
					k += strings.Join(p.env, "")
				}
				if old, ok := best[k]; !ok || v < old {
					best[k] = v
				}
			}
		}
	}
	return page(ctx, best, rounds)
}

func build(ctx context.Context, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "dense.c"), denseC, 0o644); err != nil {
		return err
	}
	args := append(append([]string{}, flags...), "-o", "dense", "dense.c", "model/c/step512.c", "-Imodel/c", "-lopenblas", "-lm")
	if _, err := exttool.Run(ctx, dir, nil, "gcc", args...); err != nil {
		return fmt.Errorf("building the dense peers (apt-get install gcc libopenblas-dev): %w", err)
	}
	goDir := filepath.Join(dir, "model", "go", "cmd", "speed")
	if err := os.MkdirAll(goDir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(goDir, "main.go"), goMain, 0o644); err != nil {
		return err
	}
	_, err := exttool.Run(ctx, filepath.Join(dir, "model", "go"), nil, "go", "build", "-o", filepath.Join(dir, "gostep"), "./cmd/speed")
	return err
}

func page(ctx context.Context, best map[string]float64, rounds int) (string, error) {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Speed of one step")
	line("")
	line("One step of a model with %d units in one block, one u8 input, 4-bit weights and int16 state, against the same layer with a dense", units)
	line("recurrent matrix. One core, one run, the fastest of %d interleaved rounds. Times differ from machine to machine; the ratios are what counts.", rounds)
	line("")
	line("    go run ./internal/bench/speed -write")
	line("")
	line("| step | ns | OpenBLAS / this | OpenBLAS, its AVX2 kernel / this | dense int8 / this |")
	line("| --- | ---: | ---: | ---: | ---: |")
	for _, row := range []struct{ key, name string }{
		{"openblas", "dense float32, OpenBLAS sgemv, the kernel it chose"},
		{"openblas" + haswell, "dense float32, OpenBLAS sgemv, " + haswell},
		{"int8", "dense int8, gcc " + strings.Join(flags[:2], " ")},
		{"hrnnc_c", "hrnnc C, gcc " + strings.Join(flags[:2], " ")},
		{"hrnnc_go", "hrnnc Go, no assembly"},
	} {
		v, ok := best[row.key]
		if !ok {
			return "", fmt.Errorf("no time for %s", row.key)
		}
		line("| %s | %.0f | %.1f | %.1f | %.1f |", row.name, v, best["openblas"]/v, best["openblas"+haswell]/v, best["int8"]/v)
	}
	line("")
	gcc, err := exttool.Run(ctx, ".", nil, "gcc", "-dumpfullversion")
	if err != nil {
		return "", err
	}
	line("Measured with %s, gcc %s, on %s.", runtime.Version(), strings.TrimSpace(string(gcc)), machine.Processor())
	line("The C has tables = wide, the Go its default.")
	line("The dense peers compute h = W h + U x + b with every multiplication; int8 also scales its 32-bit sums back to 8 bits.")
	return b.String(), nil
}
