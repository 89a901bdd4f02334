package compiler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Benchmark is what a model takes on a chip: the calls of its functions, the memories of a bare firmware, and whether its outputs
// are those of the fixed interpreter.
type Benchmark struct {
	Model    string    `json:"model"`
	MCU      string    `json:"mcu"`
	Title    string    `json:"title"`
	Compiler string    `json:"compiler"` // with the level of optimisation and flags of its own
	Emulator string    `json:"emulator,omitempty"`
	Unit     chip.Unit `json:"unit,omitempty"` // of the counts
	// Sequences and Steps were run; Differing bits of their outputs and decisions are not the interpreter's.
	Sequences int    `json:"sequences"`
	Steps     int    `json:"steps"`
	Differing int    `json:"differing_bits"`
	First     string `json:"first_difference,omitempty"`
	Calls     []Call `json:"calls,omitempty"`
	// ConstantTime: every call of each function took one count, where odd and even steps are two functions. Nil where a clock was read.
	ConstantTime *bool      `json:"constant_time,omitempty"`
	Firmware     *run.Sizes `json:"firmware,omitempty"` // nil where it is no chip's
	Object       run.Sizes  `json:"object"`             // of the model alone
	Flash        int        `json:"chip_flash,omitempty"`
	RAM          int        `json:"chip_ram,omitempty"`
	// FlashLimit and RAMLimit are what the model's target c block allows its code and tables, and its state and stack; 0 for no limit.
	FlashLimit int          `json:"flash_limit,omitempty"`
	RAMLimit   int          `json:"ram_limit,omitempty"`
	Energy     *chip.Energy `json:"energy,omitempty"`
	// EnergyNote says how cycles were made of counts, or why there is no energy.
	EnergyNote string `json:"energy_note,omitempty"`
}

// Call is one function of a model.
type Call struct {
	Name string `json:"name"`
	run.Counts
	Microjoules float64 `json:"microjoules,omitempty"` // of a mean call
}

// Equal reports whether no bit differs.
func (b *Benchmark) Equal() bool { return b.Differing == 0 }

// ModelRAM is the state, and the deepest stack of a call.
func (b *Benchmark) ModelRAM() int {
	if b.Firmware == nil {
		return 0
	}
	deepest := 0
	for _, c := range b.Calls {
		deepest = max(deepest, c.Stack)
	}
	return b.Firmware.State + deepest
}

// Fits reports whether the model keeps to its limits of flash and RAM.
func (b *Benchmark) Fits() bool {
	return (b.FlashLimit == 0 || b.Object.Flash <= b.FlashLimit) && (b.RAMLimit == 0 || b.ModelRAM() <= b.RAMLimit)
}

// Call finds one by its name; "step" joins odd and even ones.
func (b *Benchmark) Call(name string) (Call, bool) {
	for _, c := range b.Calls {
		if c.Name == name {
			return c, true
		}
	}
	return Call{}, false
}

// BenchOptions says how to build and how much to run. The zero value is the command's default.
type BenchOptions struct {
	Optimise string   // "-Os"; empty for the chip's
	Flags    []string // more for the compiler
	Steps    int      // at least so many; 0 stands for 1,000
	Seed     int64
	// Watch is told what is being done, and how far all of it is, 0 to 1.
	Watch func(what string, done float64)
}

// benchKinds are the kinds of sequences: all smallest, all largest, alternating, long runs, and random ones.
const benchKinds = 8

// Bench generates C for a chip, builds a firmware with it, runs it on the chip's emulator and measures.
func (l *Lowered) Bench(ctx context.Context, part *chip.Part, o BenchOptions) (*Benchmark, error) {
	watch := func(what string, done float64) {
		if o.Watch != nil {
			o.Watch(what, done)
		}
	}
	watch("generating C", 0)
	l = l.onChip(part)
	files, _, err := l.generate(c.Target, l.Plan, backends.Vectors{})
	if err != nil {
		return nil, err
	}
	dir, done, err := temporary(files)
	if err != nil {
		return nil, err
	}
	defer done()
	return l.BenchFolder(ctx, part, dir, o)
}

// BenchFolder is Bench for C that has been generated from the model already, by this or another hrnnc.
func (l *Lowered) BenchFolder(ctx context.Context, part *chip.Part, dir string, o BenchOptions) (*Benchmark, error) {
	watch := func(what string, done float64) {
		if o.Watch != nil {
			o.Watch(what, done)
		}
	}
	watch("building for "+part.Name, 0.05)
	bench, err := run.Open(ctx, part)
	if err != nil {
		return nil, err
	}
	defer bench.Close()
	bench.Optimise = cmp.Or(o.Optimise, part.Build.Optimise)
	firmware, err := bench.Build(ctx, run.Model{Dir: dir, Plan: l.Plan}, o.Flags...)
	if err != nil {
		return nil, l.placed(c.Target, err)
	}
	out := &Benchmark{Model: l.Plan.Name, MCU: part.Name, Title: part.Title, Object: firmware.Object, Flash: part.Flash, RAM: part.RAM,
		Compiler: strings.Join(append([]string{part.Build.Compiler, bench.Optimise}, o.Flags...), " "),
		Emulator: part.Emulator.Program, Unit: part.Emulator.Counts}
	settings := l.Targets[c.Target.Name()]
	for _, limit := range []struct {
		setting string
		of      *int
	}{{"flash", &out.FlashLimit}, {"ram", &out.RAMLimit}} {
		if n, err := strconv.Atoi(settings[limit.setting]); err == nil {
			*limit.of = n
		}
	}
	if !bench.Runs() {
		return out, nil
	}
	if part.Kind != chip.Host {
		out.Firmware = &firmware.Sizes
	}
	x := l.BenchSequences(cmp.Or(o.Steps, 1000), o.Seed)
	result := &run.Result{}
	for i, part := range slices.Collect(slices.Chunk(x, max(1, len(x)/benchKinds))) {
		watch("running on "+out.MCU, 0.2+0.75*float64(i)/benchKinds)
		r, err := firmware.Run(ctx, part)
		if err != nil {
			return nil, err
		}
		result.Add(r)
	}
	watch("comparing", 0.95)
	if err := out.compare(ctx, l, x, result); err != nil {
		return nil, err
	}
	out.count(part, result)
	return out, nil
}

// isNoFit reports whether an error is a chip that has no room.
func isNoFit(err error) bool {
	return err != nil && slices.ContainsFunc(asList(err), func(d *diag.Diagnostic) bool { return d.Code == "fit" })
}

// onChip is the model with the chip as the setting of target c, where it has one and the model does not say another.
func (l *Lowered) onChip(part *chip.Part) *Lowered { return l.on(c.Target, "mcu", part) }

// on is the model with a part as the setting of a target, where the target has it.
func (l *Lowered) on(t backends.Target, setting string, part *chip.Part) *Lowered {
	if !slices.ContainsFunc(t.Settings(), func(s backends.Setting) bool { return s.Key == setting }) {
		return l
	}
	return l.with(c.Target, setting, part.Name)
}

// with is the model with another setting of a target.
func (l *Lowered) with(t backends.Target, key, value string) *Lowered {
	model, lowered := *l.Model, *l
	model.Targets = maps.Clone(model.Targets)
	if model.Targets == nil {
		model.Targets = map[string]map[string]string{}
	}
	settings := maps.Clone(model.Targets[t.Name()])
	if settings == nil {
		settings = map[string]string{}
	}
	settings[key] = value
	model.Targets[t.Name()] = settings
	lowered.Model = &model
	return &lowered
}

// MCU is the chip that the model's target c block names, or the command line's settings; "" for none.
func (m *Model) MCU() string { return m.Targets[c.Target.Name()]["mcu"] }

// ChipFor finds the chip of a name, or without one the model's.
func (m *Model) ChipFor(name string) (*chip.Part, error) {
	if name = cmp.Or(name, m.MCU()); name == "" {
		return nil, diag.InFile(m.File, "").Errorf("mcu", "no chip is named").
			Helpf("add  --mcu NAME, or  target c { mcu = \"NAME\" }  to the model; hrnnc chips lists them")
	}
	return chip.Get(name)
}

// BenchSequences are what Bench runs: of every kind, as long as the model's, or so long that there are at least so many steps in all.
func (l *Lowered) BenchSequences(steps int, seed int64) [][][]int64 {
	rng := rand.New(rand.NewSource(seed + 1))
	length := max(2, (steps+benchKinds-1)/benchKinds)
	if most := l.Module.Longest(); most > 0 {
		length = min(length, most)
	}
	var out [][][]int64
	for done := 0; done < steps || len(out) < benchKinds; done += length {
		out = append(out, sequence(l.Module.Input, len(out)%benchKinds, length, rng))
	}
	return out
}

// compare holds a run against the fixed interpreter.
func (b *Benchmark) compare(ctx context.Context, l *Lowered, x [][][]int64, r *run.Result) error {
	want, _, _, err := l.fixed(ctx, x, nil)
	if err != nil {
		return err
	}
	row := compare(x, want, r.Y)
	b.Sequences, b.Steps, b.Differing, b.First = row.Sequences, row.Steps, row.Differing, row.First
	for i, y := range want {
		for t, outputs := range y {
			steps := t + 1
			if len(y) == 1 {
				steps = len(x[i])
			}
			said := run.Decide(l.Plan, outputs, steps)
			if said == nil {
				continue
			}
			n := 64
			if i < len(r.Classes) && t < len(r.Classes[i]) {
				n = differing([][]int64{said}, [][]int64{r.Classes[i][t]})
			}
			if n > 0 && b.First == "" {
				b.First = fmt.Sprintf("sequence %d, step %d: the decision is %v", i, steps, said)
			}
			b.Differing += n
		}
	}
	return nil
}

// count fills in the calls.
func (b *Benchmark) count(part *chip.Part, r *run.Result) {
	b.Energy = part.Energy
	constant := true
	for _, s := range run.Sections() {
		counts, ok := r.Counts[s]
		if !ok {
			continue
		}
		constant = constant && counts.Distinct == 1
		b.Calls = append(b.Calls, b.call(s.Name(), part, counts))
		if s == run.EvenStep {
			b.Calls = append(b.Calls, b.call("step", part, r.Step()))
		}
	}
	if part.Kind != chip.Host {
		b.ConstantTime = &constant
	}
	switch {
	case part.Energy == nil && part.Kind != chip.Host:
		b.EnergyNote = "unknown: no data sheet's current"
	case part.Energy != nil && part.Emulator.Counts == chip.Instructions && part.Timing == nil:
		b.EnergyNote = "a cycle an instruction: its maker gives no timing"
	case part.Energy != nil && part.Emulator.Counts == chip.Instructions:
		b.EnergyNote = "cycles from the kinds of instructions, without wait states"
	}
}

func (b *Benchmark) call(name string, part *chip.Part, counts run.Counts) Call {
	call := Call{Name: name, Counts: counts}
	if part.Energy != nil {
		call.Microjoules = cmp.Or(counts.Cycles, counts.Mean) * part.Energy.PerCycle() / 1000
	}
	return call
}
