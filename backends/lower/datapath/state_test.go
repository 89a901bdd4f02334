package datapath_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// bench drives a design's ports.
type bench struct {
	*datapath.Simulator
	d *datapath.Design
	y []int64
}

func newBench(d *datapath.Design) *bench {
	b := &bench{datapath.NewSimulator(d), d, nil}
	b.Clock(true)
	b.Clock(true)
	b.Set(datapath.OutReady, 1)
	return b
}

func (b *bench) cycle() {
	if b.Get(datapath.OutValid) == 1 {
		n := b.d.Port(datapath.OutData).Bits
		b.y = append(b.y, int64(b.Get(datapath.OutData)<<(64-n))>>(64-n))
	}
	b.Clock(false)
}

func (b *bench) step(row []int64, last bool) {
	for j, v := range row {
		b.Set(datapath.InValid, 1)
		b.Set(datapath.InData, uint64(v))
		b.Set(datapath.InLast, map[bool]uint64{true: 1}[last && j == len(row)-1])
		for b.Get(datapath.InReady) == 0 {
			b.cycle()
		}
		b.cycle()
		b.Set(datapath.InValid, 0)
	}
}

// rest waits until nothing runs and the outputs, which idle does not speak of, have left.
func (b *bench) rest() {
	for idle := 0; idle < 40; {
		b.cycle()
		idle++
		if b.Get(datapath.Idle) == 0 {
			idle = 0
		}
	}
}

// TestStatePort stops a sequence behind each of its steps, moves what the port shows into a design that has just been reset,
// and goes on there.
func TestStatePort(t *testing.T) {
	for seed := range int64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewSource(seed))
			p := small(rng)
			a := serialArch(rng, p)
			if s := streamingArch(rng, p); seed%2 == 1 && streams(p, s) {
				a = s
			}
			a.StatePort = true
			d, err := datapath.Build(p, a, "design")
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Verify(); err != nil {
				t.Fatal(err)
			}
			x := plantest.Sequences(rng, p, 1, 4)
			var want []int64
			for _, y := range p.Outputs(x[:1])[0] {
				want = append(want, y...)
			}
			for stop := 1; stop < len(x[0]); stop++ {
				b := newBench(d)
				for _, row := range x[0][:stop] {
					b.step(row, false)
					b.rest()
				}
				after := newBench(d)
				after.y = b.y
				for at := range uint64(1) << d.Port(datapath.StateAddress).Bits {
					b.Set(datapath.StateAddress, at)
					b.cycle()
					after.Set(datapath.StateAddress, at)
					after.Set(datapath.StateIn, b.Get(datapath.StateOut))
					after.Set(datapath.StateWrite, 1)
					after.cycle()
				}
				after.Set(datapath.StateWrite, 0)
				after.Set(datapath.StateLoad, 1)
				after.Set(datapath.StateOddIn, b.Get(datapath.StateOdd))
				after.Set(datapath.StateFirstIn, b.Get(datapath.StateFirst))
				after.cycle()
				after.Set(datapath.StateLoad, 0)
				for i, row := range x[0][stop:] {
					after.step(row, stop+i == len(x[0])-1)
				}
				after.rest()
				for range 200 {
					after.cycle()
				}
				if !slices.Equal(after.y, want) {
					t.Fatalf("%+v: %smoved after %d steps: %v, not %v", a, features(p), stop, after.y, want)
				}
			}
		})
	}
}
