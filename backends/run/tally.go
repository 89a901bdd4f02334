package run

import (
	"fmt"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
)

// tally is a file of counts, as runner/counts.h writes it.
type tally struct {
	seen   [sections]map[uint64]uint64
	stack  [sections]uint64 // lowest address, 0 where it did not move
	kinds  [sections]*chip.Mix
	times  [sections]*Counts // of a clock
	lowest uint64
}

func readTally(data []byte) (*tally, error) {
	t := &tally{}
	for line := range strings.Lines(string(data)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var s Section
		var err error
		switch word {
		case "count":
			var value, times uint64
			if _, err = fmt.Sscan(rest, &s, &value, &times); err == nil && s < sections {
				if t.seen[s] == nil {
					t.seen[s] = map[uint64]uint64{}
				}
				t.seen[s][value] += times
			}
		case "stack":
			var at uint64
			if _, err = fmt.Sscan(rest, &s, &at); err == nil && s < sections {
				t.stack[s] = at
			}
		case "kinds":
			var m chip.Mix
			_, err = fmt.Sscan(rest, &s, &m.Other, &m.Load, &m.Store, &m.Multiple, &m.Register, &m.Multiply, &m.Branch, &m.Taken)
			if err == nil && s < sections {
				t.kinds[s] = &m
			}
		case "time":
			var c Counts
			var sum float64
			if _, err = fmt.Sscan(rest, &s, &c.Runs, &c.Min, &c.Max, &sum); err == nil && s < sections {
				c.Mean = sum / float64(c.Runs)
				t.times[s] = &c
			}
		case "lowest":
			_, err = fmt.Sscan(rest, &t.lowest)
		default:
			err = fmt.Errorf("unknown")
		}
		if err != nil {
			return nil, fmt.Errorf("line %q of the counts: %w", strings.TrimSpace(line), err)
		}
	}
	return t, nil
}

// counts gives the sections, less what an empty one takes. sp is the stack pointer of the caller.
func (t *tally) counts(p *chip.Part, sp uint64) map[Section]Counts {
	out := map[Section]Counts{}
	base := math.Inf(1)
	for v := range t.seen[empty] {
		base = min(base, float64(v))
	}
	if t.times[empty] != nil {
		base = t.times[empty].Min
	}
	for _, s := range Sections() {
		if c := t.times[s]; c != nil {
			out[s] = Counts{Runs: c.Runs, Min: max(0, c.Min-base), Mean: max(0, c.Mean-base), Max: max(0, c.Max-base)}
			continue
		}
		if len(t.seen[s]) == 0 {
			continue
		}
		c := Counts{Min: math.Inf(1), Distinct: len(t.seen[s]), Values: map[float64]int{}}
		for v, times := range t.seen[s] {
			value := float64(v) - base
			c.Values[value] = int(times)
			c.Min, c.Max = min(c.Min, value), max(c.Max, value)
			c.Mean += value * float64(times)
			c.Runs += int(times)
		}
		c.Mean /= float64(c.Runs)
		if t.stack[s] > 0 && t.stack[s] < sp {
			c.Stack = int(sp - t.stack[s])
		}
		if t.kinds[s] != nil && t.kinds[empty] != nil {
			m := t.kinds[s].With(*t.kinds[empty], func(sum, empty float64) float64 { return sum/float64(c.Runs) - empty })
			c.Kinds = &m
		}
		switch {
		case p.Emulator.Counts == chip.Cycles:
			c.Cycles = c.Mean
		case p.Timing != nil && c.Kinds != nil:
			c.Cycles = p.Timing.Cycles(*c.Kinds)
		}
		out[s] = c
	}
	return out
}
