package datapath

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hadamard"
)

// feedbackDesign has a network alone between ports.
func feedbackDesign(f feedback, width int) *Design {
	d := New("network")
	begin := d.Input("begin", 1)
	in := flow{begin: begin}
	for l := range f.lanes {
		in.lanes = append(in.lanes, d.Input(fmt.Sprintf("x%d", l), width).AsSigned().Not())
	}
	var outs []*Signal
	for l := range f.lanes {
		outs = append(outs, d.Output(fmt.Sprintf("y%d", l), width+10))
	}
	ends := d.Output("begins", 1)
	out := f.build(d, in)
	d.Section("what leaves")
	for l, y := range out.lanes {
		d.Drive(outs[l], y.Not().To(width+10).AsUnsigned())
	}
	d.Drive(ends, out.begin)
	return d
}

// TestFeedbackIsTheTransform pushes the unit vectors and random blocks through, back to back and with gaps.
func TestFeedbackIsTheTransform(t *testing.T) {
	for m := 2; m <= 1024; m *= 2 {
		for _, lanes := range []int{1, 2, 4} {
			if lanes > m {
				continue
			}
			for _, shortest := range []int{0, 8} {
				t.Run(fmt.Sprintf("%d by %d from %d", m, lanes, shortest), func(t *testing.T) {
					feedbackRun(t, feedback{m: m, lanes: lanes, shortest: shortest, ascending: shortest == 0})
				})
			}
		}
	}
}

func feedbackRun(t *testing.T, f feedback) {
	const width = 9
	d := feedbackDesign(f, width)
	if err := d.Verify(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(int64(f.m)))
	var blocks [][]int64
	for i := range min(f.m, 16) { // unit vectors
		b := make([]int64, f.m)
		b[i*max(1, f.m/16)] = 1
		blocks = append(blocks, b)
	}
	for range 3 {
		b := make([]int64, f.m)
		for i := range b {
			b[i] = rng.Int63n(1<<width) - 1<<(width-1)
		}
		blocks = append(blocks, b)
	}
	s := NewSimulator(d)
	s.Clock(true)
	var due []int // cycles in which blocks are to leave
	var got []int64
	cycle := func() {
		s.Clock(false)
		if len(due) > 0 && s.Cycle >= due[0] {
			for l := range f.lanes {
				got = append(got, int64(signExtend(s.Get(fmt.Sprintf("y%d", l)), width+10)))
			}
			if (s.Cycle - due[0] + 1) == f.m/f.lanes {
				due = due[1:]
			}
		}
	}
	for _, b := range blocks {
		for range rng.Intn(3) * rng.Intn(f.m) {
			s.Set("begin", 0)
			cycle()
		}
		// begin may come with the last values of the block before; here the gap is at least a cycle.
		s.Set("begin", 1)
		cycle()
		s.Set("begin", 0)
		due = append(due, s.Cycle+f.latency())
		for i := range f.m / f.lanes {
			for l := range f.lanes {
				s.Set(fmt.Sprintf("x%d", l), uint64(b[i*f.lanes+l]))
			}
			cycle()
		}
	}
	for range 2*f.m + 32 {
		cycle()
	}
	for i, b := range blocks {
		want := append([]int64(nil), b...)
		hadamard.Transform(want, f.m)
		for j, w := range want {
			if got[i*f.m+j] != w {
				t.Fatalf("block %d, value %d: %d, not %d", i, j, got[i*f.m+j], w)
			}
		}
	}
}
