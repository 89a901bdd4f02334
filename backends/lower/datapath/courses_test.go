package datapath_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// TestRestarts plays serial designs of random plans that restart, over several courses, against the plan's machine.
func TestRestarts(t *testing.T) {
	for seed := range int64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewSource(seed))
			p := plantest.Restart(rng, plantest.WithOrder(rng, rng.Intn(5)), true)
			if seed%2 == 1 { // what decides goes on where courses end
				plantest.Decide(rng, p, 2+int(seed)%5)
			}
			a := serialArch(rng, p)
			if err := checkPlan(p, a, rng); err != nil {
				t.Fatalf("%v, restart %d hop %d: %v", a, p.Steps, p.Hop, err)
			}
			d, err := datapath.Build(p, a, "design")
			if err != nil {
				t.Fatal(err)
			}
			x := plantest.Sequences(rng, p, 1, 3*p.Steps+p.Hop+1)
			got, err := datapath.Play(d, p, x, rng)
			if err != nil {
				t.Fatal(err)
			}
			if want := p.Outputs(x); !reflect.DeepEqual(got.Y, want) {
				t.Fatalf("%v, restart %d hop %d: got\n%v\nwant\n%v", a, p.Steps, p.Hop, got.Y, want)
			}
		})
	}
}

// TestRestartsRefused names the architecture that can, or what else would do.
func TestRestartsRefused(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	odd := plantest.WithOrder(rng, 3)
	for !odd.TwoPhase() {
		odd = plantest.WithOrder(rng, 3)
	}
	odd.Steps, odd.Hop = 9, 3
	even := *odd
	even.Steps, even.Hop = 8, 4
	for _, c := range []struct {
		p    *lower.Plan
		a    datapath.Arch
		want string
	}{
		{&even, datapath.Arch{Kind: datapath.Streaming, Lanes: 1}, "a serial one keeps all"},
		{&even, datapath.Arch{Kind: datapath.Parallel}, "a serial one keeps all"},
		{&even, datapath.Arch{Kind: datapath.Serial, StatePort: true}, "leave them out"},
		{odd, datapath.Arch{Kind: datapath.Serial}, "the hop is even"},
	} {
		if _, err := datapath.Build(c.p, c.a, "design"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.a, err, c.want)
		}
	}
}
