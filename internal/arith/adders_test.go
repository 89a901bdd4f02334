package arith

import (
	"testing"

	"pgregory.net/rapid"
)

// evaluate pushes a vector through a graph.
func evaluate(g *AdderGraph, x []int64) []int64 {
	nodes := append([]int64(nil), x...)
	for _, n := range g.Nodes {
		b := nodes[n.B] << n.ShiftB
		if n.Sub {
			b = -b
		}
		nodes = append(nodes, nodes[n.A]<<n.ShiftA+b)
	}
	out := make([]int64, len(g.Out))
	for i, o := range g.Out {
		if o.Node >= 0 {
			out[i] = nodes[o.Node] << o.Shift
		}
		if o.Neg {
			out[i] = -out[i]
		}
	}
	return out
}

func TestAdderGraphIsTheMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 12).Draw(t, "rows"), rapid.IntRange(1, 8).Draw(t, "cols")
		most := rapid.SampledFrom([]int64{1, 8, 100}).Draw(t, "most")
		w := rapid.SliceOfN(rapid.Int64Range(-most, most), rows*cols, rows*cols).Draw(t, "w")
		g := ShareAdders(w, rows, cols)
		for c := range cols {
			x := make([]int64, cols)
			x[c] = 1
			for r, y := range evaluate(g, x) {
				if y != w[r*cols+c] {
					t.Fatalf("entry %d, %d is %d, want %d", r, c, y, w[r*cols+c])
				}
			}
		}
	})
}

func TestAdderGraphShares(t *testing.T) {
	// Rows that are multiples of one another need one sum; equal rows need none of their own.
	for _, c := range []struct {
		w          []int64
		rows, cols int
		adders     int
	}{
		{[]int64{1, 1, 2, 2, -1, -1}, 3, 2, 1},
		{[]int64{3, 6, 12, -3}, 4, 1, 1},
		{[]int64{0, 0, 4, 8}, 4, 1, 0},
		{[]int64{1, 1, 1, 0, 1, 1, 0, 1}, 2, 4, 3},
	} {
		if g := ShareAdders(c.w, c.rows, c.cols); len(g.Nodes) != c.adders {
			t.Errorf("%v: %d adders, want %d", c.w, len(g.Nodes), c.adders)
		}
	}
}

func TestSignedDigits(t *testing.T) {
	for n := int64(-300); n <= 300; n++ {
		sum, last := int64(0), -2
		for _, d := range signedDigits(n) {
			if d.shift < last+2 {
				t.Errorf("%d has neighbouring digits", n)
			}
			last = d.shift
			v := int64(1) << d.shift
			if d.neg {
				v = -v
			}
			sum += v
		}
		if sum != n {
			t.Errorf("the digits of %d add up to %d", n, sum)
		}
	}
}
