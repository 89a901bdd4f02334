package step_test

import (
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/lower/step/steptest"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// TestChoicesGiveTheSameBits holds random plans under random choices. A choice that a plan does not allow is refused when it is
// built; one whose lanes are too narrow by the verifier. Enough must be left.
func TestChoicesGiveTheSameBits(t *testing.T) {
	built, proven := 0, map[string]int{}
	for seed := range int64(1500) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		c := steptest.Choice(rng, p)
		prog, err := step.Build(p, c)
		if err != nil {
			continue
		}
		built++
		if err := step.Verify(prog); err != nil {
			t.Logf("seed %d: %v", seed, err)
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Errorf("seed %d, %v, %v: %v", seed, c.Layers, c.Readout, err)
		}
		for _, l := range c.Layers {
			for what, on := range map[string]bool{"pairs": l.Pairs, "fused": l.Fused, "in place": l.InPlace, "record": l.Record > 0, "merged": l.Merged, "ahead": l.Ahead, "below": l.Below, "separate": l.Separate,
				"by value": l.Product == step.ByValue, "groups": l.Product == step.Groups || c.Readout.Product == step.Groups,
				"joined": l.Product == step.Joined, "input dots": l.Product == step.Dots, "dots": c.Readout.Product == step.Dots, "stored dots": c.Readout.Stored, "deferred": c.Readout.Deferred, "packed": c.Readout.Product == step.Packed,
				"input packed": l.Product == step.Packed, "rolled dots": l.Product == step.Dots && l.Rolled} {
				if on {
					proven[what]++
				}
			}
		}
	}
	t.Log(built, proven)
}

// TestPairsGiveTheSameBits holds the plans whose lanes of 16 bits hold two units a word.
func TestPairsGiveTheSameBits(t *testing.T) {
	across, apart := 0, 0
	for seed := int64(0); across < 6 || apart < 6; seed++ {
		if seed == 40000 {
			t.Fatalf("only %d and %d plans have pairs", across, apart)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		if l := &p.Layers[0]; !l.Staged || l.Bits > 12 || len(p.Layers) > 1 {
			continue
		}
		c := steptest.Choice(rng, p)
		l := &c.Layers[0]
		if l.Product == step.Joined || l.Product == step.Dots || l.Product == step.Packed {
			l.Product = step.Rows // pairs have none of them
		}
		*l = step.LayerChoice{Pairs: true, Lane: 16, Fused: l.Fused, Merged: true, Record: 16 << rng.Intn(2), Separate: l.Separate, Product: l.Product, Unroll: 6}
		stages := p.Layers[0].K
		cross := p.Layers[0].N/p.Layers[0].Block%2 == 1
		if cross {
			stages--
		}
		l.Passes = step.PassesOf(stages, 1+rng.Intn(3))
		l.Fused = l.Fused && stages > 0
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d, %v, %v: %v", seed, c.Layers, c.Readout, err)
		}
		if cross {
			across++
		} else {
			apart++
		}
	}
}

// TestUnitsThatAreNotRead: where the last columns of the readout are 0, a program does not multiply by them, keeps no weights of them
// and gives the same bits.
func TestUnitsThatAreNotRead(t *testing.T) {
	proven, shorter := 0, 0
	for seed := range int64(800) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		v := &p.Readout.Matrix
		if v.Bits == 1 || v.Cols < 4 {
			continue
		}
		c := steptest.Choice(rng, p)
		whole, err := step.Build(p, c)
		if err != nil {
			continue
		}
		for i := range v.Ints {
			if i%v.Cols >= v.Cols/2 {
				v.Ints[i] = 0
			}
		}
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Errorf("seed %d, %v, %v: %v", seed, c.Layers, c.Readout, err)
		}
		proven++
		if tables(prog) < tables(whole) {
			shorter++
		}
	}
	if proven < 40 || shorter < proven/3 {
		t.Errorf("%d programs hold, %d of them with smaller tables", proven, shorter)
	}
}

// tables counts the bits of all tables of a program.
func tables(p *step.Program) (bits int) {
	for _, a := range p.Arrays {
		if a.Kind == step.Table {
			bits += a.Len * a.Elem.Bits
		}
	}
	return bits
}

// TestDenseWeights: a ternary matrix that stands between layers, or behind a wide input, is multiplied from packed words of any size of
// rows, and takes two bits a weight and what fills a row's last word; sums are no wider than they need where units do not alternate alike.
func TestDenseWeights(t *testing.T) {
	ways := []step.LayerChoice{{Product: step.Packed}, {Product: step.Dots}, {Product: step.Dots, Rolled: true}}
	proven, plans, rescaled, filled := map[string]int{}, 0, 0, 0
	for seed := int64(0); plans < 60; seed++ {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		term := p.Layers[len(p.Layers)-1].Term
		if term == nil || term.Source == lower.FromOneHot || term.Matrix.Rows < 8 || len(p.Layers) == 1 && term.Matrix.Cols < 9 {
			continue
		}
		m := &term.Matrix
		m.Name, m.Bits = "dense", 2
		for i := range m.Ints {
			m.Ints[i] = int64(rng.Intn(3) - 1)
		}
		for _, way := range ways {
			for _, word := range []int{16, 32} {
				c := step.Plain(p)
				c.Word = word
				k := &c.Layers[len(c.Layers)-1]
				k.Product, k.Rolled, k.Together, k.Unroll = way.Product, way.Rolled, 1<<rng.Intn(3), 0
				prog, err := step.Build(p, c)
				if err != nil || step.Verify(prog) != nil {
					continue
				}
				if err := hold(rng, p, prog); err != nil {
					t.Errorf("seed %d, %v: %v", seed, k, err)
				}
				for _, a := range prog.Arrays {
					if most := m.Rows * (2*m.Cols + 32); a.Name == "weights_"+m.Name && a.Len*a.Elem.Bits*a.Elem.Lanes > most {
						t.Errorf("seed %d, %v: [%d, %d] takes %d bits", seed, k, m.Rows, m.Cols, a.Len*a.Elem.Bits*a.Elem.Lanes)
					}
				}
				if term.AccBits < 32 && term.MidMulBits > 32 {
					rescaled++
				}
				for _, f := range prog.Funcs {
					for _, a := range f.Scratch {
						if strings.HasSuffix(f.Name, "_"+p.Layers[len(p.Layers)-1].Name) && strings.HasPrefix(a.Name, "inflow") && term.AccBits < 32 && a.Elem.Bits > 32 {
							t.Errorf("seed %d, %v: products of %d bits in %v", seed, k, term.AccBits, a.Elem)
						}
					}
				}
				proven[k.String()[strings.Index(k.String(), "product by"):]]++
			}
		}
		if plans++; m.Cols%16 != 0 {
			filled++
		}
	}
	if rescaled == 0 || filled == 0 {
		t.Errorf("%d products are rescaled by sqrt(2), %d plans have rows that fill no word", rescaled, filled)
	}
	for _, what := range []string{"product by packed, 1 rows", "product by packed, 4 rows", "product by dots, 1 rows", "product by dots, 2 rows at a time, columns in a loop"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(proven)), func(k string) bool { return strings.HasPrefix(k, what) }) {
			t.Errorf("nothing was proven of %s", what)
		}
	}
}

// TestJoinedWithHalvings holds staged transforms whose last pass halves, with constants that are joined with the weights: what is
// added ahead for their signs is halved too.
func TestJoinedWithHalvings(t *testing.T) {
	proven := 0
	for seed := int64(0); proven < 8; seed++ {
		if seed == 20000 {
			t.Fatalf("only %d plans join constants and halve", proven)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if !l.Staged || l.K < 2 || len(p.Layers) > 1 {
			continue
		}
		c := step.Plain(p)
		c.Layers[0] = step.LayerChoice{Passes: step.PassesOf(l.K, 3), Lane: 32, Fused: true, Product: step.Joined, Unroll: 6}
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		proven++
	}
}

// TestRecordsOfPlainProcessors holds records of 32 bits under all that processors without instructions for fields and clamps are given:
// a record of each parity, the clamp's end within the constants, and the half ahead.
func TestRecordsOfPlainProcessors(t *testing.T) {
	const enough = 12
	proven := map[string]int{}
	for seed := int64(0); proven["values"] < enough || proven["separate"] < enough || proven["below"] < enough; seed++ {
		if seed == 20000 {
			t.Fatalf("only %v are held", proven)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if l.Perm != nil || l.K == 0 || len(p.Layers) > 1 || l.Term == nil || l.Term.Source != lower.FromVector || !p.TwoPhase() {
			continue
		}
		coin := func() bool { return rng.Intn(2) == 0 }
		c := step.Plain(p)
		k := &c.Layers[0]
		*k = step.LayerChoice{Passes: step.PassesOf(l.K, 3), Lane: 32, Fused: true, InPlace: coin(), Ahead: !l.Staged && coin(), Record: 32, Unroll: 6,
			Product: []step.Product{step.Rows, step.ByValue}[rng.Intn(2)], Separate: coin(), Below: l.Saturate && coin()}
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d, %v: %v", seed, c.Layers, err)
		}
		for what, on := range map[string]bool{"values": k.Product == step.ByValue, "separate": k.Separate, "below": k.Below} {
			if on {
				proven[what]++
			}
		}
	}
}

// TestProductsThatVanish holds products whose last shift is wider than they are: the half that it rounds with, which sums begin with, is
// larger than all of them.
func TestProductsThatVanish(t *testing.T) {
	const enough = 8
	proven := map[step.Product]int{}
	for seed := int64(0); proven[step.Dots] < enough || proven[step.Packed] < enough; seed++ {
		if seed == 20000 {
			t.Fatalf("only %v are held", proven)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if len(p.Layers) > 1 || l.Term == nil || l.Term.Source != lower.FromVector || l.Term.AccBits > 20 {
			continue
		}
		l.Term.Mid = arith.Both(arith.Identity)
		l.Term.Out = arith.Both(arith.Requant{Mul: 1, Shift: l.Term.AccBits + rng.Intn(6)})
		for _, product := range []step.Product{step.Dots, step.Packed} {
			c := step.Plain(p)
			c.Layers[0].Product, c.Layers[0].Together = product, 1
			prog, err := step.Build(p, c)
			if err != nil {
				continue
			}
			if err := step.Verify(prog); err != nil {
				t.Fatalf("seed %d, %v: %v", seed, product, err)
			}
			if err := hold(rng, p, prog); err != nil {
				t.Fatalf("seed %d, %v: %v", seed, product, err)
			}
			proven[product]++
		}
	}
}

// TestLiftedBlocks holds transforms in place whose blocks are raised ahead of all passes: several of them and one, in either order.
func TestLiftedBlocks(t *testing.T) {
	const enough = 4
	proven := map[[2]bool]int{}
	for seed := int64(0); len(proven) < 4 || slices.Min(slices.Collect(maps.Values(proven))) < enough; seed++ {
		if seed == 40000 {
			t.Fatalf("only %v are held", proven)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if l.Perm != nil || l.K < 5 || l.Staged || len(p.Layers) > 1 || l.PreSigns != nil {
			continue
		}
		c := step.Plain(p)
		k := step.LayerChoice{Passes: []int{l.K - 1, 1}, Lane: 32, Fused: true, InPlace: true, Ahead: true, Descending: rng.Intn(2) == 0, Product: step.Rows, Unroll: 6}
		if rng.Intn(2) == 0 {
			k.Product, k.Ahead = step.Joined, false
		}
		if k.Passes[0] > 4 {
			k.Passes = []int{l.K - 4, 3, 1}
		}
		c.Layers[0] = k
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d, %v: %v", seed, c.Layers, err)
		}
		proven[[2]bool{l.N > l.Block, k.Descending}]++
	}
}

// TestPairsMoveTheirConstants: constants of pairs that fit a byte once they are moved stand in one table of both parities, and the product
// takes the difference back. With Separate there are two.
func TestPairsMoveTheirConstants(t *testing.T) {
	const enough = 4
	one, two := 0, 0
	for seed := int64(0); one < enough || two < enough; seed++ {
		if seed == 20000 {
			t.Fatalf("only %d and %d plans are held", one, two)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if !l.Staged || l.Bits > 11 || len(p.Layers) > 1 || !l.Saturate || l.Term == nil || l.Term.Source != lower.FromVector || !p.TwoPhase() {
			continue
		}
		for ph, from := range []int64{40, -150} {
			l.Bias[ph] = make([]int64, l.N)
			for i := range l.Bias[ph] {
				l.Bias[ph][i] = from + rng.Int63n(100)
			}
		}
		l.SumBits++
		stages := l.K
		if l.N/l.Block%2 == 1 {
			stages--
		}
		c := step.Plain(p)
		k := step.LayerChoice{Pairs: true, Lane: 16, Fused: stages > 0, Merged: true, Record: 32, Unroll: 6, Passes: step.PassesOf(stages, 3),
			Product: []step.Product{step.Rows, step.ByValue}[rng.Intn(2)], Separate: rng.Intn(2) == 0}
		c.Layers[0] = k
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d, %v: %v", seed, c.Layers, err)
		}
		tables := 0
		for _, a := range prog.Arrays {
			if strings.HasPrefix(a.Name, "bias_"+l.Name) {
				tables++
			}
		}
		switch {
		case tables == 1 && !k.Separate:
			one++
		case tables == 2 && k.Separate:
			two++
		case tables == 1:
			t.Fatalf("seed %d, %v: one table of constants", seed, c.Layers)
		}
	}
}

// TestWorkshop: a workshop builds what Build does, and shares the additions of a matrix once, for every choice that it builds.
func TestWorkshop(t *testing.T) {
	tried := 0
	for seed := int64(0); seed < 300 && tried < 5; seed++ {
		p := plantest.Random(rand.New(rand.NewSource(seed)))
		c, v := step.Plain(p), &p.Readout.Matrix
		c.Readout.Product = step.Adders
		want, err := step.Build(p, c)
		if err != nil || len(v.Ints) < 64 {
			continue
		}
		tried++
		shop := step.NewWorkshop(p)
		got, err := shop.Build(c)
		if err != nil || step.Text(got) != step.Text(want) {
			t.Fatalf("seed %d: %v\n%s\nwant\n%s", seed, err, step.Text(got), step.Text(want))
		}
		anew := testing.AllocsPerRun(2, func() { step.Build(p, c) })
		again := testing.AllocsPerRun(2, func() { shop.Build(c) })
		shared := testing.AllocsPerRun(2, func() { arith.ShareAdders(v.Ints, v.Rows, v.Cols) })
		if again > anew-shared/2 {
			t.Errorf("seed %d: %v allocations where additions are shared already, %v where they are not, %v to share them", seed, again, anew, shared)
		}
	}
	if tried < 5 {
		t.Errorf("only %d plans have straight additions", tried)
	}
}
