package schedule

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/ir"
)

// Budget is what a model may take of a chip, in bytes. Flash is of code and tables, RAM of state and stack.
type Budget struct {
	Flash int `json:"flash"`
	RAM   int `json:"ram"`
}

// Candidate is a choice with its price.
type Candidate struct {
	Choice step.Choice `json:"-"`
	Said   []string    `json:"schedule"` // the choice, a line a layer and one for the output
	Price  Price       `json:"price"`
	// Instead says in what a runner-up differs from the pick.
	Instead string `json:"instead,omitempty"`
}

// Picked is the outcome of Pick.
type Picked struct {
	Chip string `json:"mcu"`
	Candidate
	Program *step.Program `json:"-"`
	Report  *step.Report  `json:"-"`
	// Others, once Explain was called, are the best that decide one thing otherwise and fit: what each idea is worth.
	Others []Candidate `json:"runners_up"`
	Priced int         `json:"priced"` // choices
	picker *picker
}

// Explain fills in the others.
func (p *Picked) Explain() {
	p.Others = p.picker.others(&p.Candidate)
	p.Priced = p.picker.priced
}

// NoFit is the error of a model that no choice makes small enough.
type NoFit struct {
	Budget Budget
	// Smallest is what the choice takes that misses the budget by least.
	Smallest Budget
	// Chip is what the chip has.
	Chip                 Budget
	LeastFlash, LeastRAM int
}

func (e *NoFit) Error() string {
	return fmt.Sprintf("no schedule fits %d bytes of flash and %d of RAM", e.Budget.Flash, e.Budget.RAM)
}

// Help says what would.
func (e *NoFit) Help() string {
	if e.LeastFlash > e.Chip.Flash || e.LeastRAM > e.Chip.RAM {
		return fmt.Sprintf("a chip with %d bytes of flash and %d of RAM would do (hrnnc chips lists them), or fewer units, or fewer bits of state or weights",
			e.Smallest.Flash, e.Smallest.RAM)
	}
	return fmt.Sprintf("flash = %d with ram = %d would do; the least flash of any schedule is %d, the least RAM %d; fewer units, or fewer bits of state or weights, take less",
		e.Smallest.Flash, e.Smallest.RAM, e.LeastFlash, e.LeastRAM)
}

// startFlash and startRAM are bytes of a chip's memories that a firmware takes beside a model: vectors, start-up code and a loop.
const (
	startFlash = 256
	startRAM   = 64
)

// picker prices the choices of a plan on a chip.
type picker struct {
	asm    Assembler
	plan   *lower.Plan
	shop   *step.Workshop
	chip   *chip.Part
	budget Budget
	space  Space
	priced int
	cache  map[string]*Candidate
}

// Pick finds the choice of the least time within a budget; of a budget of 0, the chip's memories. Time is that of a step, and of an
// output at every step where the model has one, else by its share. asm may be
// nil. The error is a *NoFit where nothing fits.
func Pick(p *lower.Plan, c *chip.Part, b Budget, asm Assembler) (*Picked, error) {
	if PricesOf(c) == nil {
		return nil, fmt.Errorf("there are no prices of %s", c.Name)
	}
	b.Flash, b.RAM = cmp.Or(b.Flash, c.Flash-startFlash), cmp.Or(b.RAM, c.RAM-startRAM)
	return newPicker(p, c, b, asm).pick()
}

func newPicker(p *lower.Plan, c *chip.Part, b Budget, asm Assembler) *picker {
	return &picker{asm: asm, plan: p, shop: step.NewWorkshop(p), chip: c, budget: b, space: Of(p, c), cache: map[string]*Candidate{}}
}

// time is what is made least.
func (k *picker) time(p Price) float64 {
	share := 1.0
	if k.plan.Output.When != ir.EveryStep {
		share = 1.0 / 64
		if most := k.plan.Longest(); most > 0 {
			share = 1 / float64(most)
		}
	}
	return p.Step() + share*p.Output
}

// bold reports whether a choice is narrower than the plan says, which often cannot be proven: a sum that is made less by the largest state
// needs a bit more where it fills a word.
func (k *picker) bold(c step.Choice) bool {
	for i, l := range c.Layers {
		if l.Pairs || l.Sum > 0 || l.Below && k.plan.Layers[i].SumBits >= c.Word {
			return true
		}
	}
	return false
}

// price builds and prices a choice; nil where the plan does not allow it.
func (k *picker) price(c step.Choice) *Candidate { return k.prices([]step.Choice{c})[0] }

// prices builds and prices choices, as many at a time as there are processors; nil stands for one that the plan does not allow.
func (k *picker) prices(choices []step.Choice) []*Candidate {
	keys := make([]string, len(choices))
	var fresh []int // a choice that has no price yet
	for i, c := range choices {
		keys[i] = fmt.Sprintf("%#v", c) // no String, which leaves out what a reader does not ask for
		if _, ok := k.cache[keys[i]]; !ok {
			k.cache[keys[i]] = nil
			fresh = append(fresh, i)
		}
	}
	k.priced += len(fresh)
	made := make([]*Candidate, len(choices))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(fresh)) {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(fresh)); n = next.Add(1) - 1 {
				made[fresh[n]] = k.make(choices[fresh[n]])
			}
		})
	}
	all.Wait()
	for _, i := range fresh {
		k.cache[keys[i]] = made[i]
	}
	for i := range made {
		made[i] = k.cache[keys[i]]
	}
	return made
}

// make builds and prices a choice; it changes nothing, and runs beside others.
func (k *picker) make(c step.Choice) *Candidate {
	prog, err := k.shop.Build(c)
	if err != nil || k.bold(c) && step.Verify(prog) != nil {
		return nil
	}
	var known map[string]Known
	if k.asm != nil && k.holds(prog) { // what has no room has none with assembly either
		known = k.asm(prog, k.chip)
	}
	price := PriceOf(prog, k.chip, known)
	if k.plan.Output.Decision == ir.Argmax && k.plan.Decide == nil {
		price = price.deciding()
	}
	return &Candidate{Choice: c, Said: lines(c), Price: price.restarting(k.plan, k.chip)}
}

// holds reports whether the budget has room for the arrays of a program alone.
func (k *picker) holds(p *step.Program) bool {
	tables, state, stream := memory(p)
	return tables <= k.budget.Flash && state+stream <= k.budget.RAM
}

func lines(c step.Choice) (out []string) {
	for _, l := range c.Layers {
		out = append(out, l.String())
	}
	return append(out, c.Readout.String())
}

func (k *picker) with(c step.Choice, layer int, l step.LayerChoice) step.Choice {
	c.Layers = slices.Clone(c.Layers)
	c.Layers[layer] = l
	return c
}

// front keeps the candidates that no other beats in time, flash and RAM at once, the quickest first.
func (k *picker) front(all []*Candidate) (out []*Candidate) {
	slices.SortStableFunc(all, func(a, b *Candidate) int {
		return cmp.Or(cmp.Compare(k.time(a.Price), k.time(b.Price)), cmp.Compare(a.Price.Flash(), b.Price.Flash()), cmp.Compare(a.Price.RAM(), b.Price.RAM()))
	})
	for _, c := range all {
		beaten := slices.ContainsFunc(out, func(o *Candidate) bool {
			return o.Price.Flash() <= c.Price.Flash() && o.Price.RAM() <= c.Price.RAM()
		})
		if !beaten {
			out = append(out, c)
		}
	}
	return out
}

// start is a choice to begin with: the first of each list that can be built.
func (k *picker) start() (step.Choice, bool) {
	c := step.Plain(k.plan)
	c.Word = k.space.Word
	if k.price(c) != nil {
		return c, true
	}
	return c, false
}

// wide is how many candidates of a part are combined with those of the next.
const wide = 12

func (k *picker) pick() (*Picked, error) {
	first, ok := k.start()
	if !ok {
		return nil, fmt.Errorf("the plain choice cannot be built")
	}
	beam := []*Candidate{k.price(first)}
	for layer := range k.plan.Layers {
		var all []step.Choice
		for _, from := range beam {
			all = append(all, from.Choice)
			for _, l := range k.space.Layers[layer] {
				all = append(all, k.with(from.Choice, layer, l))
			}
		}
		made := allowed(k.prices(all))
		more := allowed(k.prices(k.dense(layer, made)))
		beam = thin(k.front(slices.Concat(made, more)))
		if layer == len(k.plan.Layers)-1 && len(more) > 0 { // an output may suit what others beat before it
			beam = append(beam, thin(k.front(made))...)
		}
	}
	var all []step.Choice
	for _, from := range beam {
		for _, r := range k.space.Readout {
			c := from.Choice
			c.Readout = r
			all = append(all, c)
		}
	}
	beam = append(allowed(k.prices(all)), beam...)
	beam = append(beam, allowed(k.prices(k.rated(k.front(slices.Clone(beam)))))...)
	best, err := k.best(beam)
	// A limit that binds may ask for parts that the beam has lost: what is around the pick has them.
	for err == nil && len(k.plan.Layers) > 1 && !k.fits(k.front(beam)[0].Price) {
		was := best.Price
		beam = append(beam, allowed(k.prices(k.around(best.Choice)))...)
		if best, err = k.best(beam); err == nil && best.Price == was {
			break
		}
	}
	return best, err
}

// rated are choices whose blocks that leak otherwise share a loop: less flash, for some time.
func (k *picker) rated(all []*Candidate) (out []step.Choice) {
	for _, c := range all {
		for i := range k.plan.Layers {
			if l := c.Choice.Layers[i]; k.plan.Layers[i].Leak != nil && !k.plan.Layers[i].Leak.Even() && !l.Pairs {
				l.Rated = true
				out = append(out, k.with(c.Choice, i, l))
			}
		}
	}
	return out
}

// dense are the choices with other ways to multiply a layer's matrix. Its product stands apart from the rest of the layer, and costs the
// same beside any: of what multiplies row by row, with records or without, only what nothing beats is worth another way.
func (k *picker) dense(layer int, made []*Candidate) (out []step.Choice) {
	for _, records := range both {
		var apart []*Candidate
		for _, c := range made {
			l := c.Choice.Layers[layer]
			if l.Product == step.Rows && ahead(&k.plan.Layers[layer], l) && l.Record > 0 == records {
				apart = append(apart, c)
			}
		}
		for _, c := range k.front(apart) {
			out = append(out, k.products(c.Choice, layer)...)
		}
	}
	return out
}

// products are a choice with each other way to multiply the matrix of a layer.
func (k *picker) products(c step.Choice, layer int) (out []step.Choice) {
	for _, d := range k.space.Dense[layer] {
		if l := c.Layers[layer]; l.Record == 0 || d.Product != step.Dots {
			out = append(out, k.with(c, layer, multiplied(l, d)))
		}
	}
	return out
}

// allowed are the candidates that there are.
func allowed(all []*Candidate) []*Candidate {
	return slices.DeleteFunc(all, func(c *Candidate) bool { return c == nil })
}

// thin keeps some of a front, its ends included, and what takes the least flash and the least RAM.
func thin(front []*Candidate) []*Candidate {
	if len(front) <= wide {
		return front
	}
	out := make([]*Candidate, wide)
	for i := range out {
		out[i] = front[i*(len(front)-1)/(wide-1)]
	}
	for _, of := range []func(Price) int{Price.Flash, Price.RAM} {
		least := slices.MinFunc(front, func(a, b *Candidate) int { return cmp.Compare(of(a.Price), of(b.Price)) })
		if !slices.Contains(out, least) {
			out = append(out, least)
		}
	}
	return out
}

// need is the budget that holds a price, with room for what prices miss by.
func (p Price) need() Budget {
	return Budget{Flash: p.Tables + p.Code*11/10, RAM: p.State + p.Stack*11/10}
}

func (k *picker) fits(p Price) bool {
	need := p.need()
	return need.Flash <= k.budget.Flash && need.RAM <= k.budget.RAM
}

// mostProofs is how many choices are tried that the verifier may refuse.
const mostProofs = 32

// best takes the quickest that fits, and that the verifier proves. What it refuses makes room for what was no quicker and no smaller.
func (k *picker) best(all []*Candidate) (*Picked, error) {
	var reason error
	all = slices.Clone(all) // of which those are taken away that are refused
	for range mostProofs {
		front := k.front(all)
		i := slices.IndexFunc(front, func(c *Candidate) bool { return k.fits(c.Price) })
		if i < 0 && len(front) > 0 {
			miss := &NoFit{Budget: k.budget, Chip: Budget{Flash: k.chip.Flash, RAM: k.chip.RAM}}
			for _, c := range front {
				miss.add(c)
			}
			return nil, miss
		}
		if i < 0 {
			break
		}
		c := front[i]
		prog, report, err := k.proven(c.Choice)
		if err == nil {
			return &Picked{Chip: k.chip.Name, Candidate: *c, Program: prog, Report: report, Priced: k.priced, picker: k}, nil
		}
		reason = err
		all = slices.DeleteFunc(all, func(o *Candidate) bool { return o == c })
	}
	return nil, reason
}

func (k *picker) proven(c step.Choice) (*step.Program, *step.Report, error) {
	prog, err := k.shop.Build(c)
	if err != nil {
		return nil, nil, err
	}
	report, err := step.Prove(prog)
	if err == nil {
		err = report.ConstantTime()
	}
	if err == nil {
		err = agrees(k.plan, prog)
	}
	return prog, report, err
}

// agrees runs a few steps, of the input's extremes and of numbers between them, through a plan and a program of it. The verifier
// proves that a program's numbers fit, not that they are the plan's: a schedule that computes others is not used.
func agrees(p *lower.Plan, prog *step.Program) error {
	m, err := step.NewMachine(prog)
	if err != nil {
		return err
	}
	want := lower.NewMachine(p.Alone())
	lo, hi := p.Input.Range()
	rng := rand.New(rand.NewSource(1))
	steps := 6
	if most := p.Longest(); most > 0 {
		steps = min(steps, most)
	}
	for t := range steps {
		x := make([]int64, p.Input.Size)
		for i := range x {
			x[i] = lo + rng.Int63n(hi-lo+1)
			if t < 2 {
				x[i] = []int64{hi, lo}[(t+i)%2]
			}
		}
		want.Step(x)
		if err := m.Step(x); err != nil {
			return err
		}
	}
	y, err := m.Output()
	if err != nil {
		return err
	}
	if !slices.Equal(y, want.Entries()) {
		return fmt.Errorf("a schedule computes %v where the plan has %v", y, want.Entries())
	}
	return nil
}

// add remembers a candidate that is too large.
func (e *NoFit) add(c *Candidate) {
	need := c.Price.need()
	over := func(b Budget) int { return max(0, b.Flash-e.Budget.Flash) + max(0, b.RAM-e.Budget.RAM) }
	if e.LeastFlash == 0 || over(need) < over(e.Smallest) {
		e.Smallest = need
	}
	if e.LeastFlash == 0 || need.Flash < e.LeastFlash {
		e.LeastFlash = need.Flash
	}
	if e.LeastRAM == 0 || need.RAM < e.LeastRAM {
		e.LeastRAM = need.RAM
	}
}

// around are the choices that decide one layer or the output otherwise than another, or one layer's product alone.
func (k *picker) around(c step.Choice) (all []step.Choice) {
	for i, layer := range k.space.Layers {
		now, plan := c.Layers[i], &k.plan.Layers[i]
		for _, l := range layer {
			all = append(all, k.with(c, i, l))
			if ahead(plan, now) && ahead(plan, l) && (l.Record == 0 || now.Product != step.Dots) {
				all = append(all, k.with(c, i, multiplied(l, now)))
			}
		}
		if ahead(plan, now) {
			all = append(all, k.products(c, i)...)
		}
	}
	for _, r := range k.space.Readout {
		c.Readout = r
		all = append(all, c)
	}
	return all
}

// others are the best choices that decide one thing otherwise than the pick, whatever else that changes: each once, with all that it
// decides otherwise.
func (k *picker) others(pick *Candidate) (out []Candidate) {
	best := map[string]*Candidate{}
	for _, p := range allowed(k.prices(k.around(pick.Choice))) {
		if p.Price == pick.Price || !k.fits(p.Price) {
			continue
		}
		what := k.instead(p.Choice, pick.Choice)
		for _, w := range what {
			if b := best[w]; b == nil || k.time(p.Price) < k.time(b.Price) || k.time(p.Price) == k.time(b.Price) && len(what) < len(k.instead(b.Choice, pick.Choice)) {
				best[w] = p
			}
		}
	}
	seen := map[Price]bool{}
	for _, what := range slices.Sorted(maps.Keys(best)) {
		c := *best[what]
		if seen[c.Price] {
			continue
		}
		seen[c.Price] = true
		c.Instead = strings.Join(k.instead(c.Choice, pick.Choice), ", ")
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(k.time(a.Price), k.time(b.Price)), cmp.Compare(a.Instead, b.Instead))
	})
	return out
}

// instead lists what a choice decides otherwise than another.
func (k *picker) instead(c, from step.Choice) (out []string) {
	for i, l := range c.Layers {
		for _, d := range decisions {
			if what := d(l, from.Layers[i]); what != "" {
				out = append(out, k.of(i)+what)
			}
		}
	}
	r, was := c.Readout, from.Readout
	if r.Deferred != was.Deferred {
		out = append(out, onOff(r.Deferred, "the mean deferred"))
	}
	switch {
	case r.Product != was.Product:
		out = append(out, "the output's product by "+string(r.Product))
	case r.Stored != was.Stored:
		out = append(out, onOff(r.Stored, "the output's sums in the outputs"))
	case r.Together != was.Together:
		out = append(out, "the output with other rows at a time")
	}
	return out
}

// of names a layer where there are several.
func (k *picker) of(layer int) string {
	if len(k.plan.Layers) == 1 {
		return ""
	}
	return k.plan.Layers[layer].Name + ": "
}

// decisions say how a choice decides something otherwise than another; empty where it does not.
var decisions = []func(l, from step.LayerChoice) string{
	func(l, from step.LayerChoice) string {
		return said(most(l.Passes) != most(from.Passes), stages(most(l.Passes)))
	},
	func(l, from step.LayerChoice) string {
		return said(most(l.Passes) == most(from.Passes) && !slices.Equal(l.Passes, from.Passes), "the shorter passes elsewhere")
	},
	func(l, from step.LayerChoice) string {
		return said(l.Descending != from.Descending, map[bool]string{true: "the widest stride first", false: "the narrowest stride first"}[l.Descending])
	},
	func(l, from step.LayerChoice) string {
		return said(l.Pairs != from.Pairs, onOff(l.Pairs, "two units a word"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.InPlace != from.InPlace, onOff(l.InPlace, "the state in the transform's place"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Fused != from.Fused, onOff(l.Fused, "the update in the last pass"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Merged != from.Merged, onOff(l.Merged, "the bias in the rounding"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Ahead != from.Ahead, onOff(l.Ahead, "the half that rounds ahead of the last pass"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Sum != from.Sum, map[bool]string{true: "the sum of a unit in 16 bits", false: "the sum of a unit as wide as its parts"}[l.Sum == 16])
	},
	func(l, from step.LayerChoice) string {
		return said(l.Record != from.Record, onOff(l.Record > 0, "packed words a unit"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Separate != from.Separate, onOff(l.Separate, "packed words of each parity"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Below != from.Below, onOff(l.Below, "the clamp's end within the constants"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Rated != from.Rated, onOff(l.Rated, "one loop for all leaks, with a factor from a table"))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Product != from.Product, "the product by "+string(l.Product))
	},
	func(l, from step.LayerChoice) string {
		return said(l.Unroll != from.Unroll, map[bool]string{true: "the product ahead of the update", false: "the product within the update"}[l.Unroll < from.Unroll])
	},
}

func said(differs bool, what string) string {
	if !differs {
		return ""
	}
	return what
}

// onOff says that a thing is done, or not.
func onOff(on bool, thing string) string {
	if on {
		return "with " + thing
	}
	return "without " + thing
}

func most(passes []int) int {
	if len(passes) == 0 {
		return 0
	}
	return slices.Max(passes)
}

// stages says of how many stages a pass over the state is at most.
func stages(most int) string {
	if most == 1 {
		return "passes of one stage"
	}
	return fmt.Sprintf("passes of at most %d stages", most)
}
