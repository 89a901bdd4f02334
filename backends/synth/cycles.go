package synth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// passed is what a testbench prints when all is right.
var passed = regexp.MustCompile(`(?m)^PASS: .* (\d+) cycles a step`)

// Cycles runs the testbench of a generated design in Icarus Verilog: the cycles of a step, without outputs. The testbench counts those of
// every step, and those of a step with outputs, and fails where one is not what the design says of itself, or an output is not the
// reference's.
func Cycles(ctx context.Context, d Design) (int, error) {
	tmp, err := os.MkdirTemp("", "hrnnc-cycles-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	program := filepath.Join(tmp, "testbench.vvp")
	args := append([]string{"-g2001", "-s", d.Top + testbench, "-o", program, d.Top + testbench + ".v"}, d.Files...)
	if _, err := exttool.Run(ctx, d.Dir, nil, "iverilog", args...); err != nil {
		return 0, err
	}
	out, err := exttool.Run(ctx, d.Dir, nil, "vvp", "-n", program)
	if err != nil {
		return 0, err
	}
	m := passed.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("the testbench of %s fails:\n%s", d.Top, out)
	}
	return strconv.Atoi(string(m[1]))
}
