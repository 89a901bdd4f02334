package verilog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// defaultPart is what a design is for where nothing is said: the commonest small board's.
const defaultPart = "up5k"

// architecture is what the settings say about how a design is made.
type architecture struct {
	explore.Goal
	said map[string]bool // settings that were given
}

var architectureSettings = []backends.Setting{
	{Key: "part", Doc: "the FPGA that it is for, one of hrnnc chips; up5k where nothing is said"},
	{Key: "clock", Doc: "of the FPGA, as 24MHz"},
	{Key: "steps_per_second", Doc: "the rate that the design has to keep up with; without it the smallest is made"},
	{Key: "arch", Doc: "the architecture, where the rate is not to decide", Words: []string{string(datapath.Serial), string(datapath.Streaming), string(datapath.Parallel)}},
	{Key: "butterflies", Doc: "a cycle of a serial design, and values a cycle of a streaming one: a power of two", Words: strings.Fields("1 2 4 8 16 32 64 128 256 512")},
	{Key: "update", Doc: "units updated a cycle of a serial design"},
	{Key: "product", Doc: "weights of the input that a unit takes a cycle"},
	{Key: "readout", Doc: "weights of the readout taken a cycle"},
	{Key: "weights", Doc: "where weights lie: in block RAM, or in logic", Words: []string{string(datapath.Block), string(datapath.Logic)}},
	{Key: "multipliers", Doc: "yes: the FPGA's multipliers may be used", Words: []string{"yes", "no"}},
	{Key: "state_port", Doc: "yes: ports that read and write the state between steps", Words: []string{"yes", "no"}},
}

func newArchitecture() architecture {
	part, err := chip.Get(defaultPart)
	if err != nil {
		panic(err) // it is embedded
	}
	return architecture{Goal: explore.Goal{Part: part, Clock: 12}, said: map[string]bool{}}
}

// set takes a setting; known tells whether it is one of these.
func (a *architecture) set(key, value string) (known bool, wrong *diag.Diagnostic) {
	bad := func(format string, args ...any) *diag.Diagnostic { return backends.BadSetting(key, format, args...) }
	count := func(n *int) *diag.Diagnostic {
		v, err := strconv.Atoi(value)
		if err != nil || v < 1 || v > 1024 {
			return bad("%s = %s is no number from 1 to 1024", key, value).Helpf("leave it out, and the rate decides")
		}
		*n = v
		return nil
	}
	yes := func(b *bool) *diag.Diagnostic {
		if value != "yes" && value != "no" {
			return bad("%s = %s is neither yes nor no", key, value).Helpf("write  %s = yes  or  %s = no", key, key)
		}
		*b = value == "yes"
		return nil
	}
	a.said[key] = true
	switch key {
	case "part":
		part, err := chip.GetFPGA(value)
		if err != nil {
			var d *diag.Diagnostic
			errors.As(err, &d)
			return true, bad("%s", d.Summary).Helpf("%s", d.Help)
		}
		a.Part = part
	case "clock":
		mhz, err := chip.ParseClock(value)
		if err != nil {
			return true, bad("clock: %v", err).Helpf("write  clock = 24MHz")
		}
		a.Clock = mhz
	case "steps_per_second":
		rate, err := strconv.ParseFloat(value, 64)
		if err != nil || !(rate > 0 && rate <= 1e9) {
			return true, bad("steps_per_second = %s is no rate", value).Helpf("write  steps_per_second = 1000")
		}
		a.Rate = rate
	case "arch":
		switch k := datapath.ArchKind(value); k {
		case datapath.Serial, datapath.Streaming, datapath.Parallel:
			a.Fixed.Kind = k
		default:
			return true, bad("there is no architecture %s", value).Helpf("they are serial, streaming and parallel; leave it out, and the rate decides")
		}
	case "butterflies":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 512 || n&(n-1) != 0 {
			return true, bad("butterflies = %s is no power of two from 1 to 512", value).
				Helpf("butterflies = 1 is smallest; each doubling halves the cycles of the transform")
		}
		a.Fixed.Lanes = n
	case "update":
		return true, count(&a.Fixed.Update)
	case "product":
		return true, count(&a.Fixed.Product)
	case "readout":
		return true, count(&a.Fixed.Readout)
	case "weights":
		if value != string(datapath.Block) && value != string(datapath.Logic) {
			return true, bad("weights = %s is neither block nor logic", value).Helpf("weights lie in block RAM, or in logic as adders")
		}
		a.Fixed.Weights = datapath.Style(value)
	case "multipliers":
		return true, yes(&a.Fixed.Multipliers)
	case "state_port":
		return true, yes(&a.Fixed.StatePort)
	default:
		return false, nil
	}
	return true, nil
}

// candidate is the design for a plan: what the settings fix, or the smallest that keeps up with the rate.
func (a *architecture) candidate(p *lower.Plan, name string) (*explore.Candidate, error) {
	reserved := append([]string{name}, keywords...)
	if a.Rate == 0 {
		fixed := a.Fixed
		if fixed.Kind == "" {
			fixed.Kind = datapath.Serial
		}
		c, err := explore.Measure(p, smallest(p, fixed), a.Part, name, reserved)
		if fixed.Kind == datapath.Serial && fixed.Product == 0 && err == nil {
			c = a.fewer(p, fixed, name, reserved, c)
		}
		if err == nil && c.Why != "" && a.said["part"] {
			err = &explore.NoFit{Goal: a.Goal, Smallest: c}
		}
		return c, a.explained(p, err)
	}
	all, err := explore.All(p, a.Goal, name, reserved, nil)
	if err != nil {
		return nil, a.explained(p, err)
	}
	c, err := explore.Pick(p, a.Goal, all)
	return c, a.explained(p, err)
}

// decided are the settings that were given and decide of the architecture.
func (a *architecture) decided() []string {
	var out []string
	f := a.Fixed
	for _, s := range []struct {
		key   string
		value any
	}{{"arch", f.Kind}, {"butterflies", f.Lanes}, {"update", f.Update}, {"product", f.Product}, {"readout", f.Readout}, {"weights", f.Weights},
		{"multipliers", f.Multipliers}, {"state_port", f.StatePort}} {
		if a.said[s.key] && s.value != false {
			value := s.value
			if value == true {
				value = "yes"
			}
			out = append(out, fmt.Sprintf("%s = %v", s.key, value))
		}
	}
	return out
}

// fewer is a serial design that takes all weights of a unit at once, where that is smaller than one after the other: it takes a sum less.
func (a *architecture) fewer(p *lower.Plan, fixed datapath.Arch, name string, reserved []string, than *explore.Candidate) *explore.Candidate {
	if fixed.Product = inputsOf(p); fixed.Product == 1 || fixed.Product > mostAtOnce {
		return than
	}
	c, err := explore.Measure(p, smallest(p, fixed), a.Part, name, reserved)
	if err != nil || c.Tables >= than.Tables {
		return than
	}
	return c
}

// mostAtOnce is how many weights of the input are tried at once, beside one, where the least area is asked for.
const mostAtOnce = 8

// inputsOf is the most weights that a unit has for what flows in.
func inputsOf(p *lower.Plan) int {
	inputs := 1
	for i := range p.Layers {
		if t := p.Layers[i].Term; t != nil && t.Source != lower.FromOneHot {
			inputs = max(inputs, t.Matrix.Cols)
		}
	}
	return inputs
}

// smallest fills in what the settings leave open with the least area.
func smallest(p *lower.Plan, a datapath.Arch) datapath.Arch {
	a.Lanes, a.Readout = max(a.Lanes, 1), max(a.Readout, 1)
	if a.Weights == "" {
		a.Weights = datapath.Block
	}
	if a.Update == 0 {
		a.Update = a.Lanes
	}
	if a.Product == 0 {
		a.Product = 1
		if a.Kind != datapath.Serial {
			a.Product = inputsOf(p)
		}
	}
	return a
}

// explained turns an error about fit or architecture into a diagnostic.
func (a *architecture) explained(p *lower.Plan, err error) error {
	var small *explore.NoFit
	var d *diag.Diagnostic
	switch {
	case err == nil:
		return nil
	case errors.As(err, &d):
		return d
	case errors.As(err, &small):
		small.Said = a.decided()
		return diag.InFile("", "").Errorf("fit", "%s on %s: %v", p.Name, a.Part.Name, small).Helpf("%s", small.Help())
	}
	key := a.culprit(err)
	return backends.BadSetting(key, "%s", strings.ReplaceAll(err.Error(), "\n", "; ")).
		Helpf("leave %s out, and hrnnc chooses; hrnnc explore shows what there is", key)
}

// culprit is the setting that an error about an architecture is about: of those that were given, the first.
func (a *architecture) culprit(err error) string {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var wrong *datapath.ArchError
		if !errors.As(err, &wrong) {
			continue
		}
		key := wrong.Field
		if key == "lanes" {
			key = "butterflies"
		}
		if a.said[key] {
			return key
		}
	}
	return "arch"
}

// Probing implements backends.Prober: a layer of small blocks takes fewer butterflies than the largest of a model, and updates fewer units. Its
// input, which is one token, is multiplied by nothing.
func (target) Probing(p *lower.Plan, s backends.Settings) backends.Settings {
	most := datapath.MostButterflies(p)
	out := maps.Clone(s)
	delete(out, "product")
	for key, most := range map[string]int{"butterflies": most, "update": 2 * most} {
		if n, err := strconv.Atoi(out[key]); err == nil && n > most && out["arch"] != string(datapath.Streaming) {
			out[key] = strconv.Itoa(most)
		}
	}
	return out
}

// Deciding are the settings that make a design of just this architecture.
func Deciding(a datapath.Arch) backends.Settings {
	yes := map[bool]string{true: "yes", false: "no"}
	return backends.Settings{"arch": string(a.Kind), "butterflies": strconv.Itoa(a.Lanes), "update": strconv.Itoa(a.Update),
		"product": strconv.Itoa(a.Product), "readout": strconv.Itoa(a.Readout), "weights": string(a.Weights),
		"multipliers": yes[a.Multipliers], "state_port": yes[a.StatePort]}
}

// Explore counts every architecture of a plan under the settings, and says which one target verilog makes.
// progress, which may be nil, is told how many of how many are done.
func Explore(p *lower.Plan, s backends.Settings, progress func(done, of int)) (*explore.Survey, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, err
	}
	all, err := explore.All(p, set.Goal, set.prefix, keywords, progress)
	if err != nil {
		return nil, set.explained(p, err)
	}
	out := &explore.Survey{Goal: set.Goal, All: all}
	if set.Rate > 0 {
		out.Chosen, err = explore.Pick(p, set.Goal, all)
	} else if out.Chosen, err = set.candidate(p, set.prefix); err == nil && !slices.ContainsFunc(all, func(c explore.Candidate) bool { return c.Arch == out.Chosen.Arch }) {
		out.All = append(out.All, *out.Chosen)
		explore.Sort(out.All)
	}
	if err != nil {
		out.Chosen, out.Unmet = nil, set.explained(p, err)
	}
	return out, nil
}

// forBoards takes part and clock from the boards that packages are for, where nothing else is said, and gives them the shell that they need.
func (s *settings) forBoards() *diag.Diagnostic {
	boards, clock, err := s.pack.Boards()
	if err != nil || len(boards) == 0 {
		var d *diag.Diagnostic
		errors.As(err, &d)
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(boards)) {
		if s.said["part"] && s.Part.Name != boards[name].Name {
			return backends.BadSetting("package", "the board of package %s carries a %s, and the part is %s", name, boards[name].Name, s.Part.Name).
				Helpf("leave part out, or write  part = %s", boards[name].Name)
		}
	}
	for _, part := range boards {
		if len(boards) == 1 {
			s.Part = part
		}
	}
	if !s.said["clock"] {
		s.Clock = clock
	}
	if serial, _ := chosenShells("uart"); !slices.ContainsFunc(s.shells, func(one shell) bool { return one.Name == "uart" }) {
		s.shells = append(s.shells, serial...)
	}
	return nil
}
