package datapath_test

import (
	"fmt"
	"math/bits"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// transformAlone is a plan whose step is the Hadamard transform of its state, in blocks.
func transformAlone(blocks, k int) *lower.Plan {
	n := blocks << k
	l := lower.Layer{Name: "h", N: n, Block: 1 << k, K: k, Bits: 16, ZBits: 17 + k, Round: arith.Both(arith.Identity), RBits: 17 + k, SumBits: 17 + k, Saturate: true}
	for range n {
		l.Signs = append(l.Signs, 1)
	}
	p := &lower.Plan{Name: "transform", Input: ir.Input{Name: "x", Kind: ir.Vector, Size: 1, Bits: 1, Scale: 1}, Layers: []lower.Layer{l},
		Output: ir.Output{Name: "y", When: ir.AtLast, Decision: ir.Logits}}
	p.Readout = lower.Readout{Matrix: lower.Matrix{Name: "V", Rows: 1, Cols: n, Ints: make([]int64, n), Bits: 2}, YBits: 16, Unit: ir.Scale{Unit: 1}}
	return p
}

// TestSerialUnitVectors sends every unit vector through the transform, for many orders, blocks and lanes, by way of the state's port.
func TestSerialUnitVectors(t *testing.T) {
	for k := 1; k <= 5; k++ {
		for _, blocks := range []int{1, 3} {
			for lanes := 1; lanes <= 1<<(k-1) && lanes <= 8; lanes *= 2 {
				for _, update := range []int{1, lanes, 2 * lanes} {
					t.Run(fmt.Sprintf("%dx%d/%d/%d", blocks, 1<<k, lanes, update), func(t *testing.T) {
						unitVectors(t, blocks, k, datapath.Arch{Kind: datapath.Serial, Lanes: lanes, Update: update, StatePort: true})
					})
				}
			}
		}
	}
}

func unitVectors(t *testing.T, blocks, k int, a datapath.Arch) {
	p := transformAlone(blocks, k)
	d, err := datapath.Build(p, a, "design")
	if err != nil {
		t.Fatal(err)
	}
	n := p.Layers[0].N
	b := newBench(d)
	for one := range n {
		for u := range n {
			b.Set(datapath.StateAddress, uint64(u))
			b.Set(datapath.StateIn, map[bool]uint64{true: 100}[u == one])
			b.Set(datapath.StateWrite, 1)
			b.cycle()
		}
		b.Set(datapath.StateWrite, 0)
		b.Set(datapath.StateFirstIn, 0)
		b.Set(datapath.StateLoad, 1)
		b.cycle()
		b.Set(datapath.StateLoad, 0)
		b.step([]int64{0}, false)
		b.rest()
		for u := range n {
			b.Set(datapath.StateAddress, uint64(u))
			b.cycle()
			want := int64(0)
			if u>>k == one>>k {
				want = 100 - 200*int64(bits.OnesCount(uint(u&one&(1<<k-1)))&1)
			}
			if got := int64(int16(b.Get(datapath.StateOut))); got != want {
				t.Fatalf("unit vector %d: unit %d is %d, not %d", one, u, got, want)
			}
		}
	}
}
