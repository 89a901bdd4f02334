package datapath

import (
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hadamard"
)

// TestCores runs every style over the unit vectors, the extremes and random vectors, back to back and with pauses, and counts.
func TestCores(t *testing.T) {
	for _, style := range CoreStyles {
		for n := 2; n <= 256; n *= 2 {
			for _, width := range []int{1, 12} {
				if n > 32 && width == 1 || style == CorePipelined && n > 64 {
					continue
				}
				d, err := Core("core", n, width, style)
				if style == CoreSerial && n < 8 {
					if err == nil {
						t.Errorf("a serial transform of %d is made", n)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Run(fmt.Sprintf("%s %d of %d", style, n, width), func(t *testing.T) {
					t.Parallel()
					rng := rand.New(rand.NewSource(int64(n)))
					coreRun(t, d, n, width, style, coreVectors(rng, n, width), nil)
					coreRun(t, d, n, width, style, coreVectors(rng, n, width), rng)
				})
			}
		}
	}
}

func coreVectors(rng *rand.Rand, n, width int) [][]int64 {
	least, most := int64(-1)<<(width-1), int64(1)<<(width-1)-1
	var all [][]int64
	add := func(value func(j int) int64) {
		v := make([]int64, n)
		for j := range v {
			v[j] = value(j)
		}
		all = append(all, v)
	}
	for i := range n {
		add(func(j int) int64 {
			if i == j {
				return least
			}
			return 0
		})
	}
	for range 3 { // all of the sign of a row: its result is as large as one can be
		row := rng.Intn(n)
		add(func(j int) int64 {
			if hadamard.Entry(row, j) < 0 {
				return most
			}
			return least
		})
	}
	for range 5 {
		add(func(int) int64 { return least + rng.Int63n(most-least+1) })
	}
	return all
}

func coreRun(t *testing.T, d *Design, n, width int, style CoreStyle, vectors [][]int64, pauses *rand.Rand) {
	lanes := 1
	if style == CorePipelined {
		lanes = n
	}
	perVector := n / lanes
	latency, interval := CoreCycles(n, style)
	out := d.Port(coreValue("out_data", lanes, 0)).Bits
	s := NewSimulator(d)
	s.Clock(true)
	var got []int64
	var begun, left []int // cycles
	v, beat := 0, 0
	for idle := 0; len(got) < n*len(vectors); {
		if idle++; idle > 8*interval+latency+1000 {
			t.Fatalf("nothing leaves after %d results", len(got))
		}
		valid := v < len(vectors) && (pauses == nil || pauses.Intn(3) > 0)
		ready := pauses == nil || pauses.Intn(3) > 0
		accepted, leaves := valid, false
		if style == CoreSerial {
			s.Set(InValid, truth(valid))
			s.Set(OutReady, truth(ready))
		} else {
			accepted = v < len(vectors) && (valid || beat > 0)
			s.Set("in_start", truth(accepted && beat == 0))
		}
		for l := range lanes {
			value := int64(5)
			if v < len(vectors) {
				value = vectors[v][beat*lanes+l]
			}
			s.Set(coreValue("in_data", lanes, l), uint64(value))
		}
		starts := s.Get("out_start") == 1
		if style == CoreSerial {
			accepted = valid && s.Get(InReady) == 1
			leaves = ready && s.Get(OutValid) == 1
			starts = starts && leaves
		} else {
			leaves = starts || len(got)%n > 0
		}
		if starts != (leaves && len(got)%n == 0) {
			t.Fatalf("out_start is %v with result %d", starts, len(got))
		}
		if starts {
			left = append(left, s.Cycle)
		}
		if leaves {
			for l := range lanes {
				got = append(got, int64(signExtend(s.Get(coreValue("out_data", lanes, l)), out)))
			}
			idle = 0
		}
		if accepted {
			if beat == 0 {
				begun = append(begun, s.Cycle)
			}
			if beat++; beat == perVector {
				v, beat = v+1, 0
			}
		}
		s.Clock(false)
	}
	for i, x := range vectors {
		want := append([]int64(nil), x...)
		hadamard.Transform(want, n)
		for j, w := range want {
			if got[i*n+j] != w {
				t.Fatalf("vector %d, result %d: %d, not %d", i, j, got[i*n+j], w)
			}
		}
		if (pauses == nil || style != CoreSerial) && left[i]-begun[i] != latency {
			t.Fatalf("a result leaves after %d cycles, not %d", left[i]-begun[i], latency)
		}
		if i > 0 && pauses == nil && begun[i]-begun[i-1] != interval {
			t.Fatalf("a vector takes %d cycles, not %d", begun[i]-begun[i-1], interval)
		}
	}
}

func TestNoSuchCore(t *testing.T) {
	for _, c := range []struct {
		n, width int
		style    CoreStyle
	}{{0, 12, CoreStreaming}, {-4, 12, CoreStreaming}, {1, 12, CoreStreaming}, {12, 12, CoreStreaming}, {8192, 12, CoreSerial}, {4, 12, CoreSerial}, {512, 12, CorePipelined},
		{16, 0, CoreStreaming}, {16, 45, CoreStreaming}, {16, 12, "parallel"}, {1 << 62, 12, CoreStreaming}} {
		_, err := Core("core", c.n, c.width, c.style)
		var wrong *CoreError
		if !errors.As(err, &wrong) || wrong.Help == "" {
			t.Errorf("%v: %v", c, err)
		}
	}
}
