// Package explore finds the architecture of a model for a part: it builds the designs of a plan, counts their area and their
// cycles on the form, and picks the one of least area that keeps up with a rate. Start with Pick.
package explore

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/area"
	"github.com/hrnnc/hrnnc/ir"
)

// Goal is what a design is for.
type Goal struct {
	Part  *chip.Part
	Clock float64 // MHz
	// Rate is the steps a second that the design has to take; 0 asks for the least area.
	Rate float64
	// Where the user decides: fields that are not zero hold in every candidate.
	Fixed datapath.Arch
}

// Candidate is an architecture with what is counted on its design.
type Candidate struct {
	datapath.Arch
	area.Area    `json:"area"`
	StepCycles   int              `json:"step_cycles"`
	OutputCycles int              `json:"output_cycles"`
	Design       *datapath.Design `json:"-"`
	// Why says what keeps it off the part, "" where it fits.
	Why string `json:"why,omitempty"`
}

// Measure counts the cycles, where All did not: of a design that does not fit.
func (c *Candidate) Measure(p *lower.Plan) {
	if c.StepCycles == 0 {
		c.Design.Measure(p)
		c.StepCycles, c.OutputCycles = c.Design.StepCycles, c.Design.OutputCycles
	}
}

// Cycles are those that a step takes in the long run.
func (c *Candidate) Cycles(p *lower.Plan) int {
	if p.Output.When == ir.EveryStep {
		return c.OutputCycles
	}
	return c.StepCycles
}

// LogicOf is a part's logic as area counts it.
func LogicOf(part *chip.Part, multipliers bool) area.Logic {
	l := area.Logic{Inputs: part.Logic.LUTInputs, BlockBits: part.Logic.Block.Bits, Multipliers: multipliers}
	for w := part.Logic.Block.Width; w >= 1 && len(l.BlockWidths) < 4; w /= 2 {
		l.BlockWidths = append(l.BlockWidths, w)
	}
	return l
}

// arches lists what is tried: lanes in powers of two, the update and the readout with one weight at a time or with many.
func arches(p *lower.Plan, fixed datapath.Arch) []datapath.Arch {
	order, inputs := 1, 1
	for i := range p.Layers {
		l := &p.Layers[i]
		order = max(order, l.Block)
		if l.Term != nil && l.Term.Source != lower.FromOneHot {
			inputs = max(inputs, l.Term.Matrix.Cols)
		}
	}
	var out []datapath.Arch
	add := func(kind datapath.ArchKind, lanes, update, product, readout int) {
		a := fixed
		a.Kind = kind
		for _, f := range []struct {
			field *int
			value int
		}{{&a.Lanes, lanes}, {&a.Update, update}, {&a.Product, product}, {&a.Readout, readout}} {
			if *f.field == 0 {
				*f.field = f.value
			}
		}
		if a.Weights == "" {
			a.Weights = datapath.Block
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	kinds := func(k datapath.ArchKind) bool { return fixed.Kind == "" || fixed.Kind == k }
	lanesTo := func(most int) (out []int) {
		if fixed.Lanes != 0 {
			return []int{fixed.Lanes}
		}
		for lanes := 1; lanes <= most; lanes *= 2 {
			out = append(out, lanes)
		}
		return out
	}
	for _, lanes := range lanesTo(min(16, max(1, order/2))) {
		if !kinds(datapath.Serial) {
			break
		}
		for _, product := range divisors(inputs) {
			for _, readout := range []int{1, 2, 4} {
				add(datapath.Serial, lanes, lanes, product, readout)
				add(datapath.Serial, lanes, 2*lanes, product, readout)
			}
		}
	}
	for _, lanes := range lanesTo(min(8, order)) {
		if kinds(datapath.Streaming) {
			add(datapath.Streaming, lanes, lanes, inputs, lanes)
			if all := lanes * p.Readout.Matrix.Rows; all <= 64 && p.Output.When != ir.Mean {
				add(datapath.Streaming, lanes, lanes, inputs, all) // outputs add up while units are written
			}
		}
	}
	if kinds(datapath.Parallel) {
		for _, readout := range []int{1, 4, 16} {
			add(datapath.Parallel, 1, 1, inputs, readout)
		}
	}
	return out
}

// divisors lists 1, n and a few between that divide n.
func divisors(n int) []int {
	out := []int{1}
	for _, d := range []int{2, 3, 4, 8} {
		if n%d == 0 && d < n {
			out = append(out, d)
		}
	}
	if n > 1 && n <= 32 {
		out = append(out, n)
	}
	return out
}

// All builds and counts every architecture for a part, those that cannot be built left out, the smallest first; the cycles only of those
// that fit. progress, which
// may be nil, is told how many of how many are done.
func All(p *lower.Plan, g Goal, name string, reserved []string, progress func(done, of int)) ([]Candidate, error) {
	list := arches(p, g.Fixed)
	results := make([]*Candidate, len(list))
	errs := make([]error, len(list))
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := 0
	slots := make(chan struct{}, runtime.NumCPU())
	for i, a := range list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i], errs[i] = count(p, a, g.Part, name, reserved)
			if c := results[i]; c != nil && c.Why == "" {
				c.Measure(p)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(done, len(list))
			}
		}()
	}
	wg.Wait()
	var out []Candidate
	for _, c := range results {
		if c != nil {
			out = append(out, *c)
		}
	}
	if len(out) == 0 {
		return nil, reasons(list, errs)
	}
	Sort(out)
	return out, nil
}

// reasons joins errors, of each kind of architecture the last: that of the most lanes.
func reasons(list []datapath.Arch, errs []error) error {
	var out []error
	for i, a := range list {
		if i == len(list)-1 || list[i+1].Kind != a.Kind {
			out = append(out, errs[i])
		}
	}
	return errors.Join(out...)
}

// Sort puts the smallest first.
func Sort(all []Candidate) {
	slices.SortStableFunc(all, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Tables, b.Tables), cmp.Compare(a.StepCycles, b.StepCycles))
	})
}

// Survey is what there is for a goal, and what is made of it.
type Survey struct {
	Goal
	All    []Candidate // the smallest first
	Chosen *Candidate  // nil where none meets the goal
	Unmet  error       // why there is none
}

// Shown is the front with what is chosen, the smallest first.
func (s *Survey) Shown(p *lower.Plan) []Candidate {
	out := Front(p, s.All)
	if s.Chosen != nil && !slices.ContainsFunc(out, s.IsChosen) {
		out = append(out, *s.Chosen)
		Sort(out)
	}
	return out
}

// IsChosen reports whether a candidate is the chosen one.
func (s *Survey) IsChosen(c Candidate) bool { return s.Chosen != nil && c.Arch == s.Chosen.Arch }

// Measure builds one architecture and counts it.
func Measure(p *lower.Plan, a datapath.Arch, part *chip.Part, name string, reserved []string) (*Candidate, error) {
	c, err := count(p, a, part, name, reserved)
	if err != nil {
		return nil, err
	}
	c.Measure(p)
	return c, nil
}

// count is Measure without the cycles.
func count(p *lower.Plan, a datapath.Arch, part *chip.Part, name string, reserved []string) (*Candidate, error) {
	d, err := datapath.Construct(p, a, name, reserved...)
	if err != nil {
		return nil, err
	}
	c := &Candidate{Arch: a, Area: area.Count(d, LogicOf(part, a.Multipliers)), Design: d}
	c.Why = tooMuch(c.Area, part)
	return c, nil
}

// apart is the share of flip-flops that lie in a cell of their own on iCE40, because what they take is no table's that nothing else
// needs: 0.51 to 0.68 in the designs of docs/benchmarks/fpga.md.
const apart = 0.63

// cells are what tables and flip-flops take: the two of an iCE40's cell share an output.
func cells(a area.Area, part *chip.Part) int {
	if strings.HasPrefix(part.Logic.Synthesis.Command, "synth_ice40") {
		return a.Tables + int(apart*float64(a.FlipFlops))
	}
	return max(a.Tables, a.FlipFlops)
}

func tooMuch(a area.Area, part *chip.Part) string {
	for _, need := range []struct {
		what      string
		takes     int
		available float64
	}{{"logic cells", cells(a, part), float64(part.Logic.LUTs)}, {"block RAMs", a.Blocks, float64(part.Logic.Block.Count)},
		{"multipliers", a.Multipliers, float64(part.Logic.Multipliers)}} {
		if float64(need.takes) > need.available {
			return fmt.Sprintf("%d %s of %d", need.takes, need.what, int(need.available))
		}
	}
	return ""
}

// Front is the candidates that fit and that no other beats in both tables and cycles, the smallest first.
func Front(p *lower.Plan, all []Candidate) []Candidate {
	var out []Candidate
	for _, c := range all {
		if c.Why == "" && (len(out) == 0 || c.Cycles(p) < out[len(out)-1].Cycles(p)) {
			out = append(out, c)
		}
	}
	return out
}

// NoFit is the error of a goal that no architecture meets.
type NoFit struct {
	Goal     Goal
	Fastest  *Candidate // that fits; nil where none does
	Smallest *Candidate // of all
	Said     []string   // settings that decide of a design
	plan     *lower.Plan
}

func (e *NoFit) Error() string {
	if e.Fastest == nil {
		what := "the smallest design"
		if len(e.Said) > 0 {
			what += " with " + strings.Join(e.Said, ", ")
		}
		return fmt.Sprintf("%s takes %s: it does not fit %s", what, e.Smallest.Why, e.Goal.Part.Name)
	}
	return fmt.Sprintf("no design for %s takes %g steps a second at %g MHz", e.Goal.Part.Name, e.Goal.Rate, e.Goal.Clock)
}

// Help says what would.
func (e *NoFit) Help() string {
	if e.Fastest == nil {
		help := "a larger part would do (hrnnc chips lists them), or fewer units, or fewer bits of state or weights"
		if len(e.Said) > 0 {
			help = "leave settings out, and hrnnc chooses; hrnnc explore shows what fits. Or " + help
		}
		return help
	}
	cycles := float64(e.Fastest.Cycles(e.plan))
	return fmt.Sprintf("the fastest that fits takes %g cycles a step: %.4g steps a second at %g MHz, or a clock of %.4g MHz; or a larger part",
		cycles, e.Goal.Clock*1e6/cycles, e.Goal.Clock, e.Goal.Rate*cycles/1e6)
}

// Pick is the candidate of least area that fits the part and keeps up with the rate.
func Pick(p *lower.Plan, g Goal, all []Candidate) (*Candidate, error) {
	front := Front(p, all)
	if len(front) == 0 {
		return nil, &NoFit{Goal: g, Smallest: &all[0], plan: p}
	}
	for i := range front {
		if g.Rate == 0 || g.Clock*1e6 >= g.Rate*float64(front[i].Cycles(p)) {
			return &front[i], nil
		}
	}
	return nil, &NoFit{Goal: g, Fastest: &front[len(front)-1], Smallest: &all[0], plan: p}
}
