package compiler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/passes"
)

// Synthesis is what a model's Verilog takes of an FPGA, and how fast it is there.
type Synthesis struct {
	Model string `json:"model"`
	Title string `json:"title"` // of the part
	*synth.Result
	// Has is what the part has.
	Has synth.Size `json:"part_has"`
	// Settings are those of target verilog that the figures are of, as "butterflies=1".
	Settings []string `json:"settings,omitempty"`
	// Cycles of a step, and of one with its outputs, as the generated files say; 0 where they do not.
	Cycles       int `json:"cycles,omitempty"`
	OutputCycles int `json:"cycles_with_outputs,omitempty"`
	// Counted is Cycles as the testbench counted it in simulation; 0 where Icarus Verilog is not installed.
	Counted int `json:"cycles_counted,omitempty"`
	// Clock is what the model is run at, in MHz: the one that was asked for, or the worst of all seeds. What follows is at it, and 0
	// where there is none.
	Clock       float64 `json:"clock_mhz,omitempty"`
	Asked       bool    `json:"clock_asked,omitempty"`
	Rate        float64 `json:"steps_per_second_asked,omitempty"`
	Micros      float64 `json:"step_us,omitempty"`
	OutputMicro float64 `json:"step_with_outputs_us,omitempty"`
	// Energy of a step in microjoules, the least and the most; nil where the part's power is not known.
	Energy *[2]float64 `json:"step_uj,omitempty"`
	// Waveform is the timing diagram of a step, an SVG; nil where there is none.
	Waveform []byte `json:"-"`
	// EnergyNote says what the energy is of, or why there is none.
	EnergyNote string `json:"energy_note,omitempty"`
}

// ClockMet reports whether the slowest seed reaches the clock that was asked for.
func (s *Synthesis) ClockMet() bool { return !s.Asked || s.Worst == 0 || s.Worst >= s.Clock }

// RateMet reports whether steps come as fast as was asked for.
func (s *Synthesis) RateMet() bool { return s.Micros == 0 || s.StepsPerSecond() >= s.Rate }

// SynthOptions say how to synthesise.
type SynthOptions struct {
	synth.Options
	Clock float64 // MHz that the model is to run at; 0 for the model's, or else the highest
	Rate  float64 // steps a second that are needed; 0 for the model's, or else none
	// Keep has what was measured kept in the user's cache, for the next time that the same tools get the same Verilog. A kept
	// Synthesis has no harness, log and floor plan.
	Keep bool
}

// Part is the FPGA that the model's target verilog block names, or the command line's settings; "" for none.
func (m *Model) Part() string { return m.Targets[verilog.Target.Name()]["part"] }

// FPGAFor finds the FPGA of a name, or without one the model's.
func (m *Model) FPGAFor(name string) (*chip.Part, error) {
	if name = cmp.Or(name, m.Part()); name == "" {
		return nil, diag.InFile(m.File, "").Errorf("part", "no FPGA is named").
			Helpf("add  --part NAME, one of %s; hrnnc chips says what they have", strings.Join(chip.Names(chip.FPGA), ", "))
	}
	return chip.GetFPGA(name)
}

// forFPGA settles what the options and the model's target verilog block both say: what is asked for here is a setting of the design
// too, and what the model says holds where nothing is asked for.
func (l *Lowered) forFPGA(part *chip.Part, o *SynthOptions) *Lowered {
	l = l.with(verilog.Target, "part", part.Name)
	said := l.Targets[verilog.Target.Name()]
	switch {
	case o.Clock > 0:
		l = l.with(verilog.Target, "clock", fmt.Sprintf("%gMHz", o.Clock))
	case said["clock"] != "":
		o.Clock, _ = chip.ParseClock(said["clock"]) // generating says what is wrong, and where
	}
	switch {
	case o.Rate > 0:
		l = l.with(verilog.Target, "steps_per_second", strconv.FormatFloat(o.Rate, 'g', -1, 64))
	case said["steps_per_second"] != "":
		o.Rate, _ = strconv.ParseFloat(said["steps_per_second"], 64)
	}
	if o.Multipliers {
		l = l.with(verilog.Target, "multipliers", "yes")
	}
	o.Multipliers = o.Multipliers || said["multipliers"] == "yes"
	return l
}

// synthSteps are those of the golden vectors that the testbench counts cycles on: few, since simulation is slow.
const synthSteps = 3

// SynthFiles generates the Verilog that Synth measures: for the part, the clock and the rate, with few golden vectors. What the model
// says of those and the options do not, the options have afterwards.
func (l *Lowered) SynthFiles(ctx context.Context, part *chip.Part, o *SynthOptions) ([]backends.File, []backends.Figure, error) {
	l = l.forFPGA(part, o)
	vectors := backends.Vectors{X: passes.Sequences(l.Module, 2, synthSteps, rand.New(rand.NewSource(1)))}
	var err error
	if vectors.Y, _, _, err = l.fixed(ctx, vectors.X, nil); err != nil {
		return nil, nil, err
	}
	if o.Smaller == "" {
		o.Smaller = smaller(l.Targets[verilog.Target.Name()])
	}
	return l.generate(verilog.Target, l.Plan, vectors)
}

// Synth generates Verilog for an FPGA, synthesises, places and routes it with the open tools, and counts its cycles.
func (l *Lowered) Synth(ctx context.Context, part *chip.Part, o SynthOptions) (*Synthesis, error) {
	if o.Watch == nil {
		o.Watch = func(string, float64) {}
	}
	o.Watch("generating Verilog", 0)
	files, figures, err := l.SynthFiles(ctx, part, &o)
	if err != nil {
		return nil, err
	}
	out := &Synthesis{Model: l.Plan.Name, Title: part.Title, Has: has(part.Logic), Rate: o.Rate}
	settings := l.Targets[verilog.Target.Name()]
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		out.Settings = append(out.Settings, k+"="+settings[k])
	}
	out.Cycles, out.OutputCycles = figure(figures, "cycles a step"), figure(figures, "cycles a step with outputs")
	for _, f := range files {
		if f.Path == verilog.Waveform {
			out.Waveform = f.Data
		}
	}
	measure := func() error { return l.measure(ctx, out, files, part, o.Options) }
	if o.Keep {
		err = out.kept(files, part, o.Options, measure)
	} else {
		err = measure()
	}
	if err != nil {
		return nil, err
	}
	out.time(part, o.Clock)
	return out, nil
}

// measure has the tools synthesise, place and simulate generated files.
func (l *Lowered) measure(ctx context.Context, out *Synthesis, files []backends.File, part *chip.Part, o synth.Options) error {
	dir, done, err := temporary(files)
	if err != nil {
		return err
	}
	defer done()
	design, err := synth.Generated(dir)
	if err != nil {
		return err
	}
	if len(exttool.Missing("iverilog", "vvp")) == 0 {
		o.Watch("counting cycles", 0)
		if out.Counted, err = synth.Cycles(ctx, design); err != nil {
			return err
		}
	}
	if out.Result, err = synth.Run(ctx, design, part, o); err != nil {
		return l.placed(verilog.Target, err)
	}
	return nil
}

// smaller is the setting that makes a design smaller, where one says more than the least.
func smaller(settings map[string]string) string {
	switch {
	case settings["butterflies"] != "" && settings["butterflies"] != "1":
		return "fewer butterflies take less room, as  --set verilog.butterflies=1"
	case settings["arch"] != "" && settings["arch"] != "serial":
		return "a serial design takes less room, as  --set verilog.arch=serial"
	case settings["steps_per_second"] != "":
		return "a lower rate takes less room, as  --steps-per-second 100"
	}
	return ""
}

func has(l *chip.Logic) synth.Size {
	return synth.Size{LUTs: l.LUTs, FlipFlops: l.FlipFlops, Blocks: l.Block.Count, Large: l.Large.Count, Multipliers: l.Multipliers}
}

func figure(figures []backends.Figure, name string) int {
	for _, f := range figures {
		if f.Name == name {
			return int(f.Value)
		}
	}
	return 0
}

// time fills in what follows from the clock.
func (s *Synthesis) time(part *chip.Part, asked float64) {
	s.Asked = asked > 0
	s.Clock = cmp.Or(asked, s.Worst)
	cycles := cmp.Or(s.Counted, s.Cycles)
	if s.Clock == 0 || cycles == 0 {
		return
	}
	s.Micros, s.OutputMicro = float64(cycles)/s.Clock, float64(s.OutputCycles)/s.Clock
	power := part.Logic.Power
	if power == nil {
		s.EnergyNote = "not known: no figures a MHz are published of this part"
		return
	}
	least, most := power.Milliwatts(s.Size.LUTs, s.Clock)
	s.Energy = &[2]float64{least * s.Micros / 1000, most * s.Micros / 1000}
	s.EnergyNote = power.Note
}

// StepsPerSecond is the rate at which the model takes steps, 0 where no clock is known.
func (s *Synthesis) StepsPerSecond() float64 {
	if s.Micros == 0 {
		return 0
	}
	return math.Floor(1e6 / s.Micros)
}
