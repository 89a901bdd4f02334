package schedule

import (
	"errors"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

func part(t *testing.T, name string) *chip.Part {
	t.Helper()
	p, err := chip.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPrices: every microcontroller that programs run on has prices, all above 0.
func TestPrices(t *testing.T) {
	for _, c := range chip.All() {
		prices := PricesOf(c)
		if c.Kind != chip.MCU {
			if prices != nil {
				t.Errorf("%s, a %s, has prices", c.Name, c.Kind)
			}
			continue
		}
		if prices == nil || len(prices.Time) < 20 || len(prices.Code) < 20 {
			t.Errorf("%s has no prices, or few: %v", c.Name, prices)
			continue
		}
		for _, set := range []map[string]float64{prices.Time, prices.Code} {
			for n, v := range set {
				if v <= 0 || v > 2000 {
					t.Errorf("%s: %s costs %v", c.Name, n, v)
				}
			}
		}
	}
}

// plans are random ones that a small chip has room for.
func plans(n int) (out []*lower.Plan) {
	for seed := int64(0); len(out) < n; seed++ {
		if p := plantest.Random(rand.New(rand.NewSource(seed))); p.Layers[0].N <= 32 && len(p.Layers) == 1 {
			out = append(out, p)
		}
	}
	return out
}

// TestPick: what is picked is proven, is as quick as any runner-up, and fits; with half of what it takes, something else fits or
// nothing does, and then the budget that the error names is one that suffices.
func TestPick(t *testing.T) {
	for _, name := range []string{"atmega328p", "cortex-m4"} {
		c := part(t, name)
		for i, p := range plans(2) {
			best, err := Pick(p, c, Budget{}, nil)
			if err != nil {
				t.Errorf("plan %d on %s: %v", i, name, err)
				continue
			}
			if err := step.Verify(best.Program); err != nil {
				t.Errorf("plan %d on %s: %v", i, name, err)
			}
			best.Explain()
			k := best.picker
			for _, o := range best.Others {
				if k.time(o.Price) < k.time(best.Price)-1e-6 && step.Verify(must(step.Build(p, o.Choice))) == nil {
					t.Errorf("plan %d on %s: %s takes %v, the pick %v", i, name, o.Instead, o.Price, best.Price)
				}
				if !k.fits(o.Price) || o.Instead == "" {
					t.Errorf("plan %d on %s: the runner-up %+v", i, name, o)
				}
			}
			half := Budget{Flash: best.Price.Flash() / 2, RAM: best.Price.RAM()/2 + 1}
			less, err := Pick(p, c, half, nil)
			var small *NoFit
			switch {
			case err == nil:
				if less.Price.Flash() > half.Flash || less.Price.RAM() > half.RAM {
					t.Errorf("plan %d on %s: %v in %v", i, name, less.Price, half)
				}
			case !errors.As(err, &small):
				t.Errorf("plan %d on %s: %v", i, name, err)
			default:
				if !strings.Contains(small.Help(), "would do") || small.LeastFlash > small.Smallest.Flash || small.LeastRAM > small.Smallest.RAM {
					t.Errorf("plan %d on %s: %v, %s", i, name, small, small.Help())
				}
				again, err := Pick(p, c, small.Smallest, nil)
				if err != nil {
					t.Errorf("plan %d on %s: %s; and then %v", i, name, small.Help(), err)
				} else if again.Price.need().Flash > small.Smallest.Flash {
					t.Errorf("plan %d on %s: %v in %v", i, name, again.Price, small.Smallest)
				}
			}
		}
	}
}

func must(p *step.Program, err error) *step.Program {
	if err != nil {
		panic(err)
	}
	return p
}

// TestKnown: what a target knows of a function takes the place of its prices.
func TestKnown(t *testing.T) {
	p := plans(1)[0]
	prog := must(step.Build(p, step.Plain(p)))
	c := part(t, "atmega328p")
	known := map[string]Known{prog.Step: {Time: [2]float64{1000, 2000}, Code: 300, Stack: 7}, prog.Output: {Time: [2]float64{50, 50}, Code: 100, Stack: 9}}
	price := PriceOf(prog, c, known)
	call := PricesOf(c).Time["knowncall"]
	if price.Even != 1000+call || price.Odd != 2000+call || price.Output != 50+call || price.Stack != 9 || price.Code < 400 {
		t.Errorf("%+v", price)
	}
	if other := PriceOf(prog, c, nil); other == price || other.Tables != price.Tables || other.State != price.State {
		t.Errorf("%+v, unknown %+v", price, other)
	}
}

// TestFeaturesAreWhatRuns: twice the rounds of a loop are twice its work; the parity picks a branch.
func TestFeaturesAreWhatRuns(t *testing.T) {
	src := `program "p" step s output o parity {
  state h : i16[64] in -100..100
  output y : i16[1] in -100..100
  func s {
    for i = 0 to ROUNDS by 1 {
      h[i] = clamp(h[i] + 1i16, 7)
    }
    if odd {
      h[0] = 3i16 * h[1] - h[1] - h[1] - h[1]
    }
  }
  func o {
    y[0] = clamp(h[0], 7)
  }
}
`
	features := func(rounds string, ph int) Features {
		prog, err := step.Parse("p.step", []byte(strings.Replace(src, "ROUNDS", rounds, 1)))
		if err != nil {
			t.Fatal(err)
		}
		return Measure(prog, part(t, "cortex-m4"), nil).Step[ph]
	}
	one, two, odd := features("32", 0), features("64", 0), features("32", 1)
	for _, n := range []string{"load.ram.16", "store.16", "clamp.32", "addconst.32", "round"} {
		if one[n] != 32 || two[n] != 64 {
			t.Errorf("%s: %v and %v", n, one[n], two[n])
		}
	}
	if odd["store.16"] != 33 || odd["add.32"] != one["add.32"]+3 || slices.Equal(odd.names(), one.names()) {
		t.Errorf("at odd steps %v", odd)
	}
}

// TestBestLeavesItsCandidates: what the verifier refuses is passed over, and the candidates stay for whoever looks for more around them.
func TestBestLeavesItsCandidates(t *testing.T) {
	p, c := plans(1)[0], part(t, "atmega328p")
	k := newPicker(p, c, Budget{Flash: c.Flash, RAM: c.RAM}, nil)
	first, ok := k.start()
	if !ok {
		t.Fatal("no choice to begin with")
	}
	good := k.price(first)
	refused := *good
	refused.Choice.Layers = nil // for which there is no program
	refused.Price = Price{}
	all := []*Candidate{&refused, good}
	best, err := k.best(all)
	if err != nil {
		t.Fatal(err)
	}
	if best.Price != good.Price || slices.Contains(all, nil) {
		t.Errorf("%+v of %v", best.Candidate, all)
	}
}
