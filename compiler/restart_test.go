package compiler

import (
	"context"
	"fmt"
	"math/rand"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	cc "github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/golang"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// restarting lowers a small model that restarts; of two lines the second is a decide block.
func restarting(t *testing.T, restart, output string, block int) *Lowered {
	t.Helper()
	text := fmt.Sprintf("model restarting\ninput x : i6[2] / 8\n%s\nparam U : int4[8, 2]\nparam b : [8]\nparam V : int4[3, 8]\nparam c : [3]\n"+
		"state h : int16[8] range 30\nh <- hadamard(h, block = %d) + U*x + b\ny = V*relu(h) + c\n%s\nweights \"model.safetensors\"\n", restart, block, output)
	return randomWeights(t, text, 1)
}

// copies runs a stream through independent machines of one course each, as docs/numerics.md says it, and gives the answers; behind each
// what one decider makes of them, where the plan decides.
func copies(p *lower.Plan, x [][]int64) (y [][]int64) {
	n, hop := p.Steps/p.Hop, p.Hop
	one := *p.Alone()
	one.Decide = nil
	var all []*lower.Machine
	for range n {
		all = append(all, lower.NewMachine(&one))
	}
	var decide *decider.Decider
	if p.Decide != nil {
		decide = p.Decide.New()
	}
	for i, row := range x {
		if i%hop == 0 {
			all[i/hop%n].Reset()
		}
		for _, m := range all {
			m.Step(row)
		}
		oldest := all[(i/hop+1)%n]
		if want := min(i+1, p.Steps-hop+1+i%hop); oldest.T != want {
			panic(fmt.Sprintf("input %d: the oldest has taken in %d, not %d", i, oldest.T, want))
		}
		row := oldest.Output()
		if decide != nil {
			row = append(row, int64(decide.Step(oldest.T&1, row)))
		}
		y = append(y, row)
	}
	return y
}

// TestRestartsOverLongStreams holds the plan's machine, generated Go and generated C over 100,000 steps against as many independent
// models as there are copies.
func TestRestartsOverLongStreams(t *testing.T) {
	for _, c := range []struct {
		restart   string
		block     int // 8: the unit of the state alternates
		compilers bool
		decide    string
	}{
		{"restart 100 hop 25", 4, true, ""}, {"restart 12 hop 4", 8, true, ""}, {"restart 7 hop 7", 4, false, ""}, {"restart 6 hop 6", 8, false, ""}, {"restart 5 hop 1", 4, false, ""},
		{"restart 12 hop 4", 8, true, "decide { hold = 7, smooth = 2, threshold = 0.52 }"},
		{"restart 5 hop 5", 4, true, "decide { hold = 300, start = 2 }"},
		{"restart 6 hop 2", 8, false, "decide { smooth = 4, threshold = 0.51 }"},
	} {
		t.Run(c.restart+c.decide, func(t *testing.T) {
			t.Parallel()
			output := "output y at every step"
			if c.decide != "" {
				output = "output argmax(y) at every step\n" + c.decide
			}
			l := restarting(t, c.restart, output, c.block)
			x := sequence(l.Plan.Input, 4, 100_000, rand.New(rand.NewSource(1)))
			want := copies(l.Plan, x)
			if got := l.Plan.Outputs([][][]int64{x})[0]; !slices.EqualFunc(got, want, slices.Equal[[]int64]) {
				t.Error("the plan's machine differs")
			}
			if changes := changesOf(want); c.decide != "" && (changes < 100 || changes > 50_000) {
				t.Errorf("%d changes of decisions show little", changes)
			}
			if !c.compilers {
				return
			}
			for _, target := range []backends.Target{cc.Target, golang.Target} {
				e := target.Engines()[0]
				if missing := exttool.Missing(e.Tools...); len(missing) > 0 {
					t.Logf("skipped: no %v", missing)
					continue
				}
				dir := filepath.Join(t.TempDir(), target.Name())
				files, _, err := target.Generate(l.Plan, backends.Vectors{}, backends.Settings{})
				if err != nil {
					t.Fatal(err)
				}
				if err := WriteTree(dir, false, files, nil, nil); err != nil {
					t.Fatal(err)
				}
				got, err := e.Run(context.Background(), dir, l.Plan, [][][]int64{x})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(got[0], want, slices.Equal[[]int64]) {
					t.Errorf("%s differs", target.Name())
				}
			}
		})
	}
}

// changesOf counts how often the last entry is another than before.
func changesOf(y [][]int64) (n int) {
	for i := range y[1:] {
		if last := len(y[i]) - 1; y[i][last] != y[i+1][last] {
			n++
		}
	}
	return n
}

// TestRestartsOfMeans adds up the steps of the oldest course alone.
func TestRestartsOfMeans(t *testing.T) {
	l := restarting(t, "restart 12 hop 4", "output argmax(y) mean", 8)
	for _, steps := range []int{1, 4, 5, 11, 12, 13, 16, 17, 100} {
		x := sequence(l.Plan.Input, 4, steps, rand.New(rand.NewSource(int64(steps))))
		want := copies(l.Plan, x)[steps-1]
		if got := l.Plan.Outputs([][][]int64{x})[0]; !slices.Equal(got[0], want) {
			t.Errorf("%d steps: %v, want %v", steps, got[0], want)
		}
	}
}

// TestRestartGoesOnFromAClone restores a machine in the middle of its courses.
func TestRestartGoesOnFromAClone(t *testing.T) {
	l := restarting(t, "restart 12 hop 4", "output argmax(y) at every step\ndecide { hold = 3, smooth = 2 }", 8)
	x := sequence(l.Plan.Input, 4, 60, rand.New(rand.NewSource(3)))
	want := copies(l.Plan, x)
	m := lower.NewMachine(l.Plan)
	for i, row := range x {
		saved := m.Clone()
		m.Step([]int64{31, -32})
		m = saved
		if m.Step(row); !slices.Equal(m.Entries(), want[i]) {
			t.Fatalf("input %d: %v, want %v", i, m.Entries(), want[i])
		}
	}
}
