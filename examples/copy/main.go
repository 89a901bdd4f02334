// Command copy shows a HadamRNN remembering: it hears ten symbols, then a hundred blanks, and says the symbols again,
// computed by the Go, C and Verilog that hrnnc generates from model.hrn.
//
//	go run ./examples/copy               # three random messages
//	go run ./examples/copy 3141512653    # yours: ten digits from 1 to 8 (others wrap around)
package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/passes"
)

const (
	symbols = 10 // of a message
	blanks  = 100
	steps   = symbols + blanks + 1 + symbols - 1
	marker  = 9
)

func main() {
	if err := show(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// show runs messages through every level that this machine can build, and prints what the model said.
func show(ctx context.Context, w io.Writer, args []string) error {
	messages, err := read(args)
	if err != nil {
		return err
	}
	_, here, _, _ := runtime.Caller(0)
	m, err := compiler.Load(filepath.Join(filepath.Dir(here), "model.hrn"), "")
	if err != nil {
		return err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return err
	}
	cost := l.Plan.Cost()
	fmt.Fprintf(w, "A HadamRNN of %d units, %d bytes of weights, %d bytes of state.\n\n", l.Plan.Layers[0].N, (cost.Bits+7)/8, (cost.StateBits+7)/8)
	var x [][][]int64
	for _, message := range messages {
		x = append(x, sequence(message))
	}
	var first []int64
	for _, level := range []string{"go", "c", "verilog"} {
		_, engine, err := compiler.FindEngine(level)
		if err != nil {
			return err
		}
		if missing := exttool.Missing(engine.Tools...); len(missing) > 0 {
			fmt.Fprintf(w, "%-8s skipped: no %s (scripts/install-tools.sh installs it)\n", level, missing[0])
			continue
		}
		out, err := l.Run(ctx, level, x, nil)
		if err != nil {
			return err
		}
		if first == nil {
			first = out.Y.Ints
			print(w, messages, out.Y.Ints, out.Y.Shape[2])
			continue
		}
		same := "the same bits"
		if !slices.Equal(first, out.Y.Ints) {
			same = "OTHER BITS"
		}
		fmt.Fprintf(w, "%-8s %s: %s, %d outputs of %d steps compared\n", level, engine.Name, same, len(first), len(x)*steps)
	}
	return nil
}

// read takes messages from the command line, or makes up three.
func read(args []string) ([][]int64, error) {
	var out [][]int64
	for _, a := range args {
		if len(a) != symbols || strings.Trim(a, "0123456789") != "" {
			return nil, fmt.Errorf("%q is no message: give %d digits, such as 3141512653", a, symbols)
		}
		var message []int64
		for _, d := range a {
			message = append(message, (int64(d-'0')+7)%8+1)
		}
		out = append(out, message)
	}
	for len(args) == 0 && len(out) < 3 {
		message := make([]int64, symbols)
		for i := range message {
			message[i] = 1 + rand.Int64N(8)
		}
		out = append(out, message)
	}
	return out, nil
}

// sequence is what the model hears: one token a step.
func sequence(message []int64) [][]int64 {
	x := make([][]int64, steps)
	for t := range x {
		x[t] = []int64{0}
		if t < symbols {
			x[t][0] = message[t]
		}
	}
	x[symbols+blanks][0] = marker
	return x
}

// print shows, message by message, what went in, the silence, and what the model said: the largest output of each step.
func print(w io.Writer, messages [][]int64, y []int64, outputs int) {
	for i, message := range messages {
		fmt.Fprintf(w, "  told    %s\n", spell(message))
		fmt.Fprintf(w, "  silence %s\n", strings.Repeat("·", blanks))
		var said []int64
		right := 0
		for j := range symbols {
			at := (i*steps + symbols + blanks + j) * outputs
			best := largest(y[at : at+outputs])
			said = append(said, best)
			if best == message[j] {
				right++
			}
		}
		fmt.Fprintf(w, "  says    %s   %d of %d right\n\n", spell(said), right, symbols)
	}
	fmt.Fprintln(w, "go       computed the above")
}

func largest(y []int64) int64 {
	best := 0
	for i := range y {
		if y[i] > y[best] {
			best = i
		}
	}
	return int64(best)
}

func spell(symbols []int64) string {
	return strings.Trim(fmt.Sprint(symbols), "[]")
}
