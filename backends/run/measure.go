package run

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// Section is a part of a firmware that is counted: a call of one function of the model.
type Section int

// The sections, as firmware/firmware.h numbers them. Steps are apart, since odd ones may take another time than even ones.
const (
	empty Section = iota
	Init
	OddStep
	EvenStep
	Output
	Class // or bits
	sections
)

// Name is for people and for JSON.
func (s Section) Name() string {
	return [...]string{"empty", "init", "odd step", "even step", "output", "class"}[s]
}

// Sections lists them in order.
func Sections() []Section { return []Section{Init, OddStep, EvenStep, Output, Class} }

// Counts is what the calls of a function took, in the emulator's unit, with the call and its arguments.
type Counts struct {
	Runs int     `json:"runs"`
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
	// Distinct is the number of different counts: 1 is constant time. 0 where a clock was read.
	Distinct int `json:"distinct,omitempty"`
	// Cycles is the mean in cycles: counted, or made from the kinds of instructions and the chip's timing; 0 where nobody knows.
	Cycles float64 `json:"cycles,omitempty"`
	// Stack is the deepest below the caller's, the return address included.
	Stack int `json:"stack"`
	// Kinds are the instructions of a mean call, where instructions are counted.
	Kinds *chip.Mix `json:"kinds,omitempty"`
	// Values says how many calls took each count; nil where a clock was read.
	Values map[float64]int `json:"-"`
}

// Result is a run.
type Result struct {
	// Y is as of backends.Engine; Classes are what the class or bits function said at each of those steps, nil where a model has none.
	Y       [][][]int64
	Classes [][][]int64
	Counts  map[Section]Counts
	State   int // bytes
}

// Step joins odd and even steps.
func (r *Result) Step() Counts { return r.Counts[OddStep].join(r.Counts[EvenStep]) }

// Add appends what a run of more sequences gave.
func (r *Result) Add(more *Result) {
	r.Y, r.Classes, r.State = append(r.Y, more.Y...), append(r.Classes, more.Classes...), more.State
	if r.Counts == nil {
		r.Counts = map[Section]Counts{}
	}
	for s, c := range more.Counts {
		r.Counts[s] = r.Counts[s].join(c)
	}
}

// join is what more calls took, the others' included.
func (c Counts) join(d Counts) Counts {
	switch {
	case c.Runs == 0:
		return d
	case d.Runs == 0:
		return c
	}
	n := float64(c.Runs + d.Runs)
	mean := func(x, y float64) float64 { return (x*float64(c.Runs) + y*float64(d.Runs)) / n }
	out := Counts{Runs: c.Runs + d.Runs, Min: min(c.Min, d.Min), Max: max(c.Max, d.Max), Mean: mean(c.Mean, d.Mean),
		Cycles: mean(c.Cycles, d.Cycles), Stack: max(c.Stack, d.Stack)}
	if c.Values != nil {
		out.Values = maps.Clone(c.Values)
		for v, times := range d.Values {
			out.Values[v] += times
		}
		out.Distinct = len(out.Values)
	}
	if c.Kinds != nil && d.Kinds != nil {
		kinds := c.Kinds.With(*d.Kinds, mean)
		out.Kinds = &kinds
	}
	return out
}

// Run feeds sequences to a firmware, as backends.Engine does, and counts. The firmware's model begins each anew.
func (f *Firmware) Run(ctx context.Context, x [][][]int64) (*Result, error) {
	var in bytes.Buffer
	for _, seq := range x {
		in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(seq))))
		for _, row := range seq {
			for _, v := range row {
				in.Write(binary.LittleEndian.AppendUint32(nil, uint32(v)))
			}
		}
	}
	in.Write(make([]byte, 4))
	out, err := f.emulate(ctx, "fed", in.Bytes(), "", 0)
	if err != nil {
		return nil, err
	}
	counts, err := os.ReadFile(f.path("counts.txt"))
	if err != nil {
		return nil, err
	}
	r := &Result{}
	sp, err := f.parse(out, x, r)
	if err != nil {
		return nil, err
	}
	t, err := readTally(counts)
	if err != nil {
		return nil, err
	}
	r.Counts = t.counts(f.bench.Part, sp)
	return r, nil
}

// bareStack runs a bare firmware for some steps and gives how deep its stack went.
func (f *Firmware) bareStack(ctx context.Context, step string) (int, error) {
	const steps = 4
	if _, err := f.emulate(ctx, "bare", nil, step, steps); err != nil {
		return 0, err
	}
	counts, err := os.ReadFile(f.path("counts.txt"))
	if err != nil {
		return 0, err
	}
	t, err := readTally(counts)
	if err != nil {
		return 0, err
	}
	data := f.bench.Part.Emulator.Data
	end := data.Origin + data.Length
	if f.bench.Part.Arch == "avr" {
		end-- // its stack pointer points below what it pushed
	}
	return int(end - t.lowest), nil
}

// patience is how long a firmware may run.
const patience = 10 * time.Minute

// stackOverran is the exit status of a counter whose firmware's stack left the RAM.
const stackOverran = 4

// emulate runs a firmware until it ends, or stop has been reached some times, and gives what it wrote.
func (f *Firmware) emulate(ctx context.Context, name string, input []byte, stop string, times int) ([]byte, error) {
	b := f.bench
	program, e := f.path(name), b.Part.Emulator
	if e.Program == "host" {
		return exttool.Run(ctx, f.dir, bytes.NewReader(input), program)
	}
	at, err := addresses(program)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "hrnnc-emulator-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "input.bin"), input, 0o600); err != nil {
		return nil, err
	}
	command, args := e.Program, []string(nil)
	if e.Program == "simavr" {
		command = filepath.Join(b.dir, "counter")
		args = append([]string{e.Machine, program, fmt.Sprint(at[stop]), fmt.Sprint(times)}, marks(at)...)
	} else {
		plugin := append([]string{filepath.Join(b.dir, "counter")}, marks(at)...)
		plugin = append(plugin, fmt.Sprint("low=", at["bss_end"]), fmt.Sprint("high=", at["stack_top"]))
		if times > 0 {
			plugin = append(plugin, fmt.Sprint("stop=", at[stop]), fmt.Sprint("times=", times))
		}
		args = []string{"-M", e.Machine, "-nographic", "-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native",
			"-plugin", strings.Join(plugin, ","), "-kernel", program}
		if b.Part.Arch == "riscv" {
			args = append([]string{"-bios", "none"}, args...)
		}
	}
	late := fmt.Errorf("the firmware still ran on %s after %v: it hangs, or there is too much to run", b.Part.Name, patience)
	ctx, cancel := context.WithTimeoutCause(ctx, patience, late)
	defer cancel()
	if _, err := exttool.Run(ctx, tmp, nil, command, args...); err != nil {
		var failed *exttool.Failure
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.ExitCode() == stackOverran:
			return nil, f.overrun()
		case errors.Is(err, context.DeadlineExceeded):
			return nil, context.Cause(ctx)
		case errors.As(err, &failed) && ctx.Err() == nil:
			return nil, fmt.Errorf("the firmware did not run to its end on %s: %w", b.Part.Name, err)
		}
		return nil, err
	}
	counts, err := os.ReadFile(filepath.Join(tmp, "counts.txt"))
	if err != nil {
		return nil, fmt.Errorf("%s wrote no counts: %w", filepath.Base(command), err)
	}
	if err := os.WriteFile(f.path("counts.txt"), counts, 0o600); err != nil {
		return nil, err
	}
	if times > 0 {
		return nil, nil
	}
	return os.ReadFile(filepath.Join(tmp, "output.bin"))
}

// marks are the arguments of the counters that say where sections begin and end.
func marks(at map[string]uint64) []string {
	var out []string
	for i := range sections {
		for _, m := range []struct{ letter, word string }{{"b", "begin"}, {"e", "end"}} {
			if a, ok := at[fmt.Sprintf("section_%s_%d", m.word, i)]; ok {
				out = append(out, fmt.Sprintf("%s%d=%d", m.letter, i, a))
			}
		}
	}
	return out
}

// parse cuts what main.c wrote into outputs, and gives its stack pointer.
func (f *Firmware) parse(out []byte, x [][][]int64, r *Result) (sp uint64, err error) {
	p := f.model.Plan
	rows := p.Readout.Matrix.Rows
	take := func(bytes int, signed bool) int64 {
		if len(out) < bytes {
			err = fmt.Errorf("the firmware stopped before its last output")
			return 0
		}
		var v uint64
		for i := bytes - 1; i >= 0; i-- {
			v = v<<8 | uint64(out[i])
		}
		out = out[bytes:]
		if shift := 64 - 8*bytes; signed {
			return int64(v) << shift >> shift
		}
		return int64(v)
	}
	sp = uint64(take(4, false))
	width := int(take(4, false))
	r.State = int(take(4, false))
	for _, seq := range x {
		var y, classes [][]int64
		for t := range seq {
			if p.Output.When != ir.EveryStep && t < len(seq)-1 {
				continue
			}
			row := make([]int64, rows)
			for i := range row {
				row[i] = take(width, true)
			}
			y = append(y, row)
			switch p.Output.Decision {
			case ir.Argmax:
				class := take(4, true)
				classes = append(classes, []int64{class})
				if p.Decide != nil {
					y[len(y)-1] = append(row, class)
				}
			case ir.Threshold:
				bits := make([]int64, rows)
				for i := range bits {
					bits[i] = take(1, false)
				}
				classes = append(classes, bits)
			}
			if err != nil {
				return 0, err
			}
		}
		r.Y, r.Classes = append(r.Y, y), append(r.Classes, classes)
	}
	return sp, err
}
