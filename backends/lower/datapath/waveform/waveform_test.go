package waveform

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// TestFold holds what is drawn of cycles, a letter each: gaps in brackets.
func TestFold(t *testing.T) {
	for _, c := range []struct{ cycles, want string }{
		{"a", "a"},
		{"abc", "abc"},
		{"aaaaa", "aaaaa"},
		{"aaaaaaaab", "aaa[4]ab"},
		{"x" + strings.Repeat("ab", 20) + "y", "xabab[34]aby"},
		// A phase whose cycles repeat, several times over.
		{"s" + strings.Repeat("b"+strings.Repeat("a", 30), 5) + "e", "sbaa[27]a[123]ae"},
		{strings.Repeat("abcd", 4), "abcd[11]d"},
	} {
		drawn, left := "", 0
		for _, s := range fold(strings.Split(c.cycles, "")) {
			if s.gap > 0 {
				drawn += fmt.Sprintf("[%d]", s.gap)
				left += s.gap
				continue
			}
			if s.cycle != left {
				t.Errorf("%s: cycle %d is drawn where %d is", c.cycles, s.cycle, left)
			}
			drawn += c.cycles[s.cycle : s.cycle+1]
			left++
		}
		if drawn != c.want || left != len(c.cycles) {
			t.Errorf("%s: %s of %d cycles, not %s", c.cycles, drawn, left, c.want)
		}
	}
}

// TestWide holds that no diagram is wider than it may be, whatever the cycles are, and that none is counted twice.
func TestWide(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 50 {
		var cycles []string
		for range 1 + rng.Intn(2000) {
			cycles = append(cycles, string(rune('a'+rng.Intn(1+rng.Intn(20)))))
		}
		all, at := fold(cycles), 0
		for _, s := range all {
			if s.gap > 0 {
				at += s.gap
				continue
			}
			if s.cycle != at {
				t.Fatalf("cycle %d is drawn where %d is", s.cycle, at)
			}
			at++
		}
		if at != len(cycles) || len(all) > mostWide+1 {
			t.Fatalf("%d cycles of %d in %d columns", at, len(cycles), len(all))
		}
	}
}

// TestStep draws designs of random plans in every architecture: the outputs that are drawn are the plan's, all names are those of
// the design, and the same design gives the same bytes.
func TestStep(t *testing.T) {
	drawn := map[datapath.ArchKind]int{}
	for seed := range int64(60) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.WithOrder(rng, int(seed)%5)
		a := datapath.Arch{Kind: []datapath.ArchKind{datapath.Serial, datapath.Streaming, datapath.Parallel}[seed%3]}
		d, err := datapath.Build(p, a, "design")
		if err != nil {
			continue
		}
		x := plantest.Sequences(rng, p, 1, 2)
		in := [2][]int64{x[0][0], x[0][1]}
		got := Step(d, p, "a <step>", in)
		if !bytes.Equal(got, Step(d, p, "a <step>", in)) {
			t.Fatalf("seed %d: two drawings of one design differ", seed)
		}
		wellFormed(t, got)
		tr := record(d, p, in)
		if err := tr.check(d, p, x); err != nil {
			t.Errorf("seed %d, %v: %v", seed, a, err)
		}
		drawn[a.Kind]++
		if dir := os.Getenv("WAVEFORMS"); dir != "" {
			_ = os.WriteFile(fmt.Sprintf("%s/%s-%d.svg", dir, a.Kind, seed), got, 0o644)
		}
	}
	for _, kind := range []datapath.ArchKind{datapath.Serial, datapath.Streaming, datapath.Parallel} {
		if drawn[kind] < 5 {
			t.Errorf("only %d designs are drawn: %s", drawn[kind], kind)
		}
	}
}

func wellFormed(t *testing.T, drawn []byte) {
	t.Helper()
	for dec := xml.NewDecoder(bytes.NewReader(drawn)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// check holds a trace against the plan.
func (t *trace) check(d *datapath.Design, p *lower.Plan, x [][][]int64) error {
	want := p.Outputs(x)[0]
	var y, data []int64
	values := func(name string, when ...string) (out []int64) {
		r := t.row(name)
		for c := range r.value {
			if !slices.ContainsFunc(when, func(w string) bool { return t.row(w).value[c] == 0 }) {
				n := r.signal.Bits
				v := int64(r.value[c])
				if r.signed {
					v = v << (64 - n) >> (64 - n)
				}
				out = append(out, v)
			}
		}
		return out
	}
	y, data = values(datapath.OutData, datapath.OutValid, datapath.OutReady), values(datapath.InData, datapath.InValid, datapath.InReady)
	if last := want[len(want)-1]; !reflect.DeepEqual(y, last[:p.Readout.Matrix.Rows]) {
		return fmt.Errorf("outputs %v are drawn, not %v", y, last)
	}
	if !reflect.DeepEqual(data, x[0][1]) {
		return fmt.Errorf("the input %v is drawn, not %v", data, x[0][1])
	}
	if ready := t.row(datapath.InReady).value[-t.first]; ready != 1 || t.row(datapath.InValid).value[-t.first] != 1 {
		return fmt.Errorf("no beat passes in cycle 0")
	}
	inner := 0
	for _, r := range t.rows {
		if !slices.Contains(d.Signals(), r.signal) {
			return fmt.Errorf("%s is no signal of the design", r.signal.Name)
		}
		if r.class == "inner" {
			inner++
		}
	}
	if inner < 4 {
		return fmt.Errorf("only %d signals of the architecture are drawn", inner)
	}
	return nil
}

func (t *trace) row(name string) *row {
	for i := range t.rows {
		if t.rows[i].signal.Name == name {
			return &t.rows[i]
		}
	}
	return &row{}
}
