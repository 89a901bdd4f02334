package datapath_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// checkPlan builds, verifies and plays a plan's design against the interpreter, without pauses and with some.
func checkPlan(p *lower.Plan, a datapath.Arch, rng *rand.Rand) error {
	d, err := datapath.Build(p, a, "design")
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := d.Verify(); err != nil {
		return err
	}
	var x [][][]int64
	for _, steps := range []int{6, 1, 1, 4, 2, 3, 1} {
		x = append(x, plantest.Sequences(rng, p, 1, steps)...)
	}
	want := p.Outputs(x)
	for _, pauses := range []*rand.Rand{nil, rng} {
		got, err := datapath.Play(d, p, x, pauses)
		if err != nil {
			return fmt.Errorf("pauses %v: %w", pauses != nil, err)
		}
		if !reflect.DeepEqual(got.Y, want) {
			return fmt.Errorf("pauses %v: got\n%v\nwant\n%v", pauses != nil, got.Y, want)
		}
		if pauses != nil {
			continue
		}
		if got.OutputCycles != d.OutputCycles || got.StepCycles != d.StepCycles {
			return fmt.Errorf("it says %d and %d cycles a step, and takes %d and %d", d.StepCycles, d.OutputCycles, got.StepCycles, got.OutputCycles)
		}
	}
	return nil
}

// serialArch is a random architecture that fits a plan.
func serialArch(rng *rand.Rand, p *lower.Plan) datapath.Arch {
	a := datapath.Arch{Kind: datapath.Serial}
	most, cols := 1, 1
	for _, l := range p.Layers {
		most = max(most, l.Block/2)
		if l.Term != nil && l.Term.Source != lower.FromOneHot {
			cols = max(cols, l.Term.Matrix.Cols)
		}
	}
	a.Lanes = 1 << rng.Intn(4)
	for a.Lanes > most {
		a.Lanes /= 2
	}
	a.Update = 1 << rng.Intn(5)
	for a.Update > 2*a.Lanes {
		a.Update /= 2
	}
	a.Product = 1 << rng.Intn(3)
	if a.Product > cols || rng.Intn(4) == 0 {
		a.Product = cols
	}
	if a.Product > 32 {
		a.Product = 4
	}
	a.Readout = 1 + rng.Intn(5)
	a.Multipliers = rng.Intn(4) == 0
	return a
}

func TestSerialRandomPlans(t *testing.T) {
	for seed := range int64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewSource(seed))
			p := small(rng)
			a := serialArch(rng, p)
			if err := checkPlan(p, a, rng); err != nil {
				t.Errorf("%+v: %s%v", a, features(p), err)
			}
		})
	}
}

// TestSerialProductTables finds plans whose products are looked up.
func TestSerialProductTables(t *testing.T) {
	found := 0
	for seed := int64(1000); found < 8; seed++ {
		rng := rand.New(rand.NewSource(seed))
		p := small(rng)
		a := datapath.Arch{Kind: datapath.Serial, Lanes: 1, Update: 2, Product: 2, Readout: 1}
		d, err := datapath.Build(p, a, "design")
		if err != nil || !slices.ContainsFunc(d.Memories, func(m *datapath.Memory) bool { return strings.Contains(m.Name, "multiples") }) {
			continue
		}
		found++
		if err := checkPlan(p, a, rng); err != nil {
			t.Errorf("seed %d, %+v: %s%v", seed, a, features(p), err)
		}
	}
}

// TestSerialRefuses what no serial design can be, and says what can.
func TestSerialRefuses(t *testing.T) {
	p := plantest.WithOrder(rand.New(rand.NewSource(5)), 3)
	for _, a := range []datapath.Arch{{Lanes: 3}, {Lanes: 1024}, {Update: 4}, {Product: 999}, {Readout: -1}, {Weights: datapath.Logic}} {
		a.Kind = datapath.Serial
		if _, err := datapath.Build(p, a, "design"); err == nil {
			t.Errorf("%+v is taken", a)
		}
	}
}

// features tells what a plan has, for messages.
func features(p *lower.Plan) string {
	s := ""
	for _, l := range p.Layers {
		s += fmt.Sprintf("[%d units in blocks of %d, int%d, perm %v, presigns %v, staged %v, bias %v", l.N, l.Block, l.Bits, l.Perm != nil, l.PreSigns != nil, l.Staged, l.Bias[0] != nil)
		if t := l.Term; t != nil {
			s += fmt.Sprintf(", %s %d columns of %d bits, in %v, mid %v, out %v, relu %v", t.Source, t.Matrix.Cols, t.Matrix.Bits, t.In, t.Mid, t.Out, t.Relu)
		}
		s += "] "
	}
	return s + fmt.Sprintf("input %d x %d signed %v, readout %d rows of %d bits relu %v bias %v %s %s: ", p.Input.Size, p.Input.Bits, p.Input.Signed,
		p.Readout.Matrix.Rows, p.Readout.Matrix.Bits, p.Readout.Relu, p.Readout.Bias[0] != nil, p.Output.When, p.Output.Decision)
}

// small is a random plan whose step takes few additions, so that its designs are soon simulated.
func small(rng *rand.Rand) *lower.Plan {
	for {
		p := plantest.Random(rng)
		c := p.Cost()
		if work := c.Recurrence.Adds + c.Input.Adds + c.Readout.Adds; work < 2500 || work < 20000 && rng.Intn(20) == 0 {
			return p
		}
	}
}

// TestSerialReset resets designs for one cycle at any time: what follows is as after power-up.
func TestSerialReset(t *testing.T) {
	for seed := range int64(24) {
		rng := rand.New(rand.NewSource(seed))
		p := small(rng)
		a := serialArch(rng, p)
		d, err := datapath.Build(p, a, "design")
		if err != nil {
			t.Fatal(err)
		}
		x := plantest.Sequences(rng, p, 1, 3)[0]
		var want []int64
		for _, y := range p.Outputs([][][]int64{x})[0] {
			want = append(want, y...)
		}
		for range 8 {
			b := newBench(d)
			b.step(x[0], false)
			b.step(x[1], true)
			for range rng.Intn(d.OutputCycles + 20) {
				b.cycle()
			}
			b.Clock(true)
			b.y = nil
			for i, row := range x {
				b.step(row, i == len(x)-1)
			}
			for range 3*d.OutputCycles + 200 {
				b.cycle()
			}
			if !slices.Equal(b.y, want) {
				t.Fatalf("seed %d, %+v: %s%v, not %v", seed, a, features(p), b.y, want)
			}
		}
	}
}

// TestSerialOnlyGroup has all units of an upper layer updated at once: its tables have an address for the columns alone.
func TestSerialOnlyGroup(t *testing.T) {
	seen := 0
	for seed := int64(0); seen < 2; seed++ {
		rng := rand.New(rand.NewSource(seed))
		p := small(rng)
		if n := p.Layers[0].N; len(p.Layers) < 2 || n < 64 || n&(n-1) != 0 { // fewer lie in logic
			continue
		}
		lanes := p.Layers[1].N / 2
		if l := p.Layers[1]; l.N != l.Block || l.K == 0 || l.Perm != nil || lanes > max(1, p.Layers[0].Block/2) && lanes > max(1, l.Block/2) {
			continue
		}
		seen++
		a := datapath.Arch{Kind: datapath.Serial, Lanes: lanes, Update: 2 * lanes}
		if err := checkPlan(p, a, rng); err != nil {
			t.Errorf("seed %d, %+v: %s%v", seed, a, features(p), err)
		}
	}
}
