package waveform

import (
	"fmt"
	"strings"
)

// shown is a cycle that is drawn, or a number of cycles that are left out.
type shown struct{ cycle, gap int }

// Of cycles that repeat, so many are drawn.
const (
	headRun  = 3  // in a row in front of a gap; one is behind it
	longest  = 16 // tokens of what is found to repeat
	mostWide = 90 // cycles and gaps in all
	tailWide = 30 // of them at the end
)

// token is a stretch of cycles: a state of the signals for n cycles, or a body n times.
type token struct {
	n      int
	body   []int // ids of tokens; nil: cycles
	cycles int
}

// folder numbers tokens: equal ones have the same id.
type folder struct {
	tokens []token
	ids    map[string]int
}

func (f *folder) id(key string, t token) int {
	if id, ok := f.ids[key]; ok {
		return id
	}
	f.ids[key] = len(f.tokens)
	f.tokens = append(f.tokens, t)
	return len(f.tokens) - 1
}

// fold chooses the cycles that are drawn. state says of each what of it counts: two cycles of the same state look alike.
func fold(state []string) []shown {
	f := &folder{ids: map[string]int{}}
	var list []int
	for i := 0; i < len(state); {
		n := 1
		for i+n < len(state) && state[i+n] == state[i] {
			n++
		}
		list = append(list, f.id(fmt.Sprintf("%s*%d", state[i], n), token{n: n, cycles: n}))
		i += n
	}
	for again := true; again; {
		again = false
		for q := 1; q <= longest && q*3 <= len(list); q++ {
			if shorter, ok := f.repeats(list, q); ok {
				list, again = shorter, true
			}
		}
	}
	var out []shown
	at := 0
	for _, id := range list {
		out = f.expand(out, id, at, headRun)
		at += f.tokens[id].cycles
	}
	return narrow(merged(out))
}

// repeats makes tokens of what stands three times or more in a row, q tokens each.
func (f *folder) repeats(list []int, q int) (out []int, ok bool) {
	for i := 0; i < len(list); {
		n := 1
		for i+(n+1)*q <= len(list) && equal(list[i:i+q], list[i+n*q:i+(n+1)*q]) {
			n++
		}
		if n < 3 {
			out = append(out, list[i])
			i++
			continue
		}
		t := token{n: n, body: list[i : i+q]}
		var key strings.Builder
		for _, id := range t.body {
			t.cycles += f.tokens[id].cycles * n
			fmt.Fprintf(&key, "%d ", id)
		}
		out = append(out, f.id(fmt.Sprintf("(%s)*%d", key.String(), n), t))
		i += n * q
		ok = true
	}
	return out, ok
}

func equal(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// expand adds what is drawn of a token that begins in a cycle: head cycles of a run in front of a gap, one fewer in what repeats.
func (f *folder) expand(out []shown, id, at, head int) []shown {
	t := f.tokens[id]
	if t.body == nil {
		for i := range t.n {
			switch {
			case t.n <= head+2 || i < head || i == t.n-1:
				out = append(out, shown{cycle: at + i})
			case i == head:
				out = append(out, shown{gap: t.n - head - 1})
			}
		}
		return out
	}
	once := t.cycles / t.n
	draw := func(time int) {
		from := at + time*once
		for _, id := range t.body {
			out = f.expand(out, id, from, max(head-1, 1))
			from += f.tokens[id].cycles
		}
	}
	draw(0)
	if once > headRun { // and how the last one ends
		return append(out, shown{gap: once*(t.n-1) - 1}, shown{cycle: at + t.cycles - 1})
	}
	draw(1)
	if left := t.n - 3; left > 0 {
		out = append(out, shown{gap: once * left})
	}
	draw(t.n - 1)
	return out
}

// merged joins gaps that meet.
func merged(all []shown) (out []shown) {
	for _, s := range all {
		if n := len(out); n > 0 && s.gap > 0 && out[n-1].gap > 0 {
			out[n-1].gap += s.gap
			continue
		}
		out = append(out, s)
	}
	return out
}

// narrow leaves out the middle of what is too wide.
func narrow(all []shown) []shown {
	if len(all) <= mostWide {
		return all
	}
	head, middle, tail := all[:mostWide-tailWide], all[mostWide-tailWide:len(all)-tailWide], all[len(all)-tailWide:]
	gap := 0
	for _, s := range middle {
		gap += max(s.gap, 1)
	}
	return merged(append(append(append([]shown{}, head...), shown{gap: gap}), tail...))
}
