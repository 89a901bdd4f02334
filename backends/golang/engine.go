package golang

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// environment keeps the go command to the files at hand and the toolchain installed.
var environment = []string{"GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local", "GOPROXY=off"}

// runHarness builds a copy of the folder in a temporary one and runs all sequences through one process.
func runHarness(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	tmp, err := os.MkdirTemp("", "hrnnc-go-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	src, program := filepath.Join(tmp, "src"), filepath.Join(tmp, "harness")
	if err := os.CopyFS(src, os.DirFS(dir)); err != nil {
		return nil, fmt.Errorf("copying the generated package: %w", err)
	}
	if _, err := exttool.RunEnv(ctx, src, environment, nil, "go", "build", "-o", program, "./cmd/harness"); err != nil {
		return nil, fmt.Errorf("building the generated package: %w", err)
	}
	out, err := exttool.Run(ctx, tmp, bytes.NewReader(encode(x)), program)
	if err != nil {
		return nil, fmt.Errorf("running the generated package: %w", err)
	}
	return decode(bytes.NewReader(out), p, x)
}

// encode writes what the harness reads: the number of sequences, then of each its number of steps and its entries, all
// int64, little endian.
func encode(x [][][]int64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(x)))
	for _, seq := range x {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(seq)))
		for _, step := range seq {
			for _, v := range step {
				b = binary.LittleEndian.AppendUint64(b, uint64(v))
			}
		}
	}
	return b
}

// decode reads what the harness writes: the outputs, int64, little endian.
func decode(r io.Reader, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	in := bufio.NewReader(r)
	y := make([][][]int64, len(x))
	for i, seq := range x {
		steps := 1
		if p.Output.When == ir.EveryStep {
			steps = len(seq)
		}
		y[i] = make([][]int64, steps)
		for t := range y[i] {
			y[i][t] = make([]int64, p.Entries())
			if err := binary.Read(in, binary.LittleEndian, y[i][t]); err != nil {
				return nil, fmt.Errorf("the generated package wrote too few outputs: %w", err)
			}
		}
	}
	return y, nil
}
