package compiler

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand"
	"os"
	"strconv"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
)

var (
	models         = flag.Int("models", defaultModels(), "random models that must compute the same bits everywhere")
	firstSeed      = flag.Int64("seed", 1, "seed of the first random model")
	verilatorEvery = flag.Int64("verilator-every", 4, "random models go through Verilator where this divides their seed")
)

// defaultModels is $HRNNC_MODELS, which scripts/test.sh sets, or what takes under a minute: go test has a limit, which a
// loaded machine would meet.
func defaultModels() int {
	if n, err := strconv.Atoi(os.Getenv("HRNNC_MODELS")); err == nil {
		return n
	}
	return 24
}

// refused reports whether an error is the compiler saying that no width of integers can run a model.
func refused(err error) bool {
	var l diag.List
	return errors.As(err, &l) && (l[0].Code == "width" || l[0].Code == "range")
}

// randomModel loads the model of a seed.
func randomModel(t *testing.T, seed int64) *Model {
	t.Helper()
	g, err := modelgen.Random(seed, modelgen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := FromParts("model.hrn", []byte(g.Text), g.Weights)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, g.Text)
	}
	return m
}

// keep saves a failing model where a person can run it, and says how.
func keep(t *testing.T, seed int64) string {
	g, err := modelgen.Random(seed, modelgen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", fmt.Sprintf("hrnnc-seed%d-", seed))
	if err != nil {
		t.Fatal(err)
	}
	path, err := g.Save(dir)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("\nreproduce:  hrnnc verify %s\n%s", path, g.Text)
}

// keptSeeds are models that a generated level once got wrong: biases of two types in C, rounding a number that is
// narrower than the rounding constant in Verilog.
var keptSeeds = []int64{1119, 1716, 2003, 2183}

// seeds are those, then all from the first on.
func seeds() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, s := range keptSeeds {
			if !yield(s) {
				return
			}
		}
		for s := *firstSeed; yield(s); s++ {
		}
	}
}

// TestNoDiff holds random models (sizes 2 to 1024, orders even and odd, every weight type, states of 8 to 32 bits) to the
// same bits at the fixed level, in the plan, and in the generated code of every target by every engine.
func TestNoDiff(t *testing.T) {
	if missing := exttool.Missing("gcc", "iverilog", "vvp"); len(missing) > 0 {
		t.Logf("skipped: no %v for some levels (%s)", missing, "scripts/install-tools.sh installs them")
	}
	ran := 0
	for seed := range seeds() {
		if ran == *models+len(keptSeeds) {
			break
		}
		m := randomModel(t, seed)
		l, err := m.Lower(passes.Config{VerifyEach: seed%4 == 0})
		if refused(err) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v%s", seed, err, keep(t, seed))
		}
		ran++
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			l := withArchitecture(seed, l)
			rows, err := l.Verify(context.Background(), VerifyOptions{Sequences: 8, Seed: seed, Levels: levelsFor(seed, l), NoProof: true, SimulatorSeconds: 0.15})
			if err != nil {
				t.Fatalf("%v%s", err, keep(t, seed))
			}
			for _, r := range rows {
				if !r.Equal() {
					t.Errorf("%s: %d bits differ; %s%s", r.Level, r.Differing, r.First, keep(t, seed))
				}
			}
		})
	}
}

// withArchitecture gives Verilog an architecture that changes with the seed, among those that the model has.
func withArchitecture(seed int64, l *Lowered) *Lowered {
	all := []backends.Settings{{"arch": "serial"}, {"arch": "streaming", "butterflies": "2"}, {"arch": "serial", "butterflies": "4", "update": "4"},
		{"arch": "streaming"}, {"arch": "parallel"}}
	s := all[seed%int64(len(all))]
	if _, _, err := verilog.Target.Generate(l.Plan, backends.Vectors{}, s); err != nil {
		return l
	}
	for key, value := range s {
		l = l.with(verilog.Target, key, value)
	}
	return l
}

// TestNoDiffOfUnlikePhases holds models whose odd steps are wide where their even steps are shifted far left, or whose sum of
// odd steps alone is rescaled, to run, and to the same bits by every engine.
func TestNoDiffOfUnlikePhases(t *testing.T) {
	every, mean := "output y at every step", "output y mean"
	for _, c := range []struct {
		input, weights, state string
		d, block, steps       int
		output                string
	}{
		{"i2", "binary", "int32", 3, 2, 8, every},
		{"i8", "binary", "int32", 3, 2, 8, every},
		{"u1", "binary", "int32", 16, 2, 8, every},
		{"i2", "binary", "int32", 60, 8, 8, every},
		{"i3", "ternary", "int30", 5, 8, 0, every},
		{"u4", "int4", "int31", 7, 2, 8, every},
		{"i2", "binary", "int32", 3, 8, 4000, mean},
		{"i2", "binary", "int32", 3, 2, 1, mean},
	} {
		steps := fmt.Sprintf("steps %d", c.steps)
		if c.steps == 0 {
			steps = ""
		}
		text := fmt.Sprintf("model phases\ninput x : %s[%d]\n%s\nparam U : %s[16, %d]\nparam V : int4[3, 16]\nstate h : %s[16] range 2\n"+
			"h <- hadamard(h, block = %d) + U*x\ny = V*relu(h)\n%s\nweights \"model.safetensors\"\n",
			c.input, c.d, steps, c.weights, c.d, c.state, c.block, c.output)
		t.Run(fmt.Sprintf("%s[%d]/%s/%s/block=%d/%s", c.input, c.d, c.weights, c.state, c.block, c.output), func(t *testing.T) {
			t.Parallel()
			l := randomWeights(t, text, 1)
			rows, err := l.Verify(context.Background(), VerifyOptions{Sequences: 8, Seed: 1, Levels: levelsFor(1, l), SimulatorSeconds: 0.15})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if !r.Equal() {
					t.Errorf("%s: %d bits differ; %s", r.Level, r.Differing, r.First)
				}
			}
		})
	}
}

// mostInterpreted is the additions and multiplications of a step from which on Icarus, which interprets, takes seconds.
const mostInterpreted = 20_000

// levelsFor gives every target an engine at least: the C compilers in two pairs in turn, Icarus where a step is not too much
// for it, and Verilator, which takes seconds to build, for the others and now and then.
func levelsFor(seed int64, l *Lowered) []string {
	large := l.Plan.Cost().Total() > mostInterpreted
	verilator := large || *verilatorEvery > 0 && seed%*verilatorEvery == 0
	run := map[string]bool{"gcc -O3": seed%2 == 0, "gcc ubsan": seed%2 == 0, "gcc -O0": seed%2 != 0, "clang -O2": seed%2 != 0,
		"iverilog": !large, "verilator": verilator}
	levels := []string{"plan"}
	for _, t := range Targets {
		for _, e := range t.Engines() {
			if chosen, known := run[e.Name]; chosen || !known {
				levels = append(levels, t.Name()+"/"+slug(e.Name))
			}
		}
	}
	return levels
}

// TestRealAndFixedAgree bounds the error of quantising random models whose states do not saturate.
func TestRealAndFixedAgree(t *testing.T) {
	checked := 0
	for seed := int64(1); seed <= 60; seed++ {
		m := randomModel(t, seed)
		for i := range m.Real.States {
			m.Real.States[i].Bits, m.Real.States[i].HeadroomBits = 24, 1
		}
		x := passes.Sequences(m.Real, 6, 30, rand.New(rand.NewSource(seed)))
		ranges, err := m.Calibrate(context.Background(), x, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range m.Real.States {
			m.Real.States[i].Max = ranges[s.Name]
		}
		l, err := m.Lower(passes.Config{})
		if refused(err) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v%s", seed, err, keep(t, seed))
		}
		want, err := m.RunReal(context.Background(), x, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Run(context.Background(), "fixed", x, nil)
		if err != nil {
			t.Fatal(err)
		}
		most, diff := 1e-300, 0.0
		for i, v := range want.Y.Floats {
			most = max(most, math.Abs(v))
			diff = max(diff, math.Abs(v-l.realValue(got, i)))
		}
		if diff > 2e-3*most {
			t.Errorf("seed %d: fixed is %.3g of the largest logit from real%s", seed, diff/most, keep(t, seed))
		}
		checked++
	}
	if checked < 30 {
		t.Errorf("only %d models were compared", checked)
	}
}
