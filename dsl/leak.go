package dsl

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// leak reads  leak = 1/32  or  leak = [1/16, 1/32], which stand for the blocks in turn. Nothing but zeros is no leak.
func (c *checker) leak(l *Layer, a *Arg) bool {
	l.leakAt = a.span(c.file)
	values := a.List
	if a.Value != nil {
		values = []*Expr{a.Value}
	}
	var leak arith.Leak
	zeros := 0
	for _, e := range values {
		v, ok := c.number(e)
		if !ok {
			return false
		}
		if v == 0 {
			zeros++
			continue
		}
		fraction, exponent := math.Frexp(v)
		if fraction != 0.5 || exponent > 0 || exponent < 1-arith.MaxLeak {
			d := c.fail(e, "range", nearLeak(v), "the leak, %v, is none of 1/2, 1/4, 1/8 to 1/%d", v, 1<<arith.MaxLeak)
			if l := nearestLeak(v); l > 0 {
				d.Fix(e.span(c.file), fmt.Sprintf("1/%d", 1<<l))
			}
			return false
		}
		leak = append(leak, 1-exponent)
	}
	if zeros > 0 && zeros < len(values) {
		c.fail(a, "range", fmt.Sprintf("give every block a leak, 1/%d for the slowest", 1<<arith.MaxLeak), "some blocks leak and others, of 0, do not")
		return false
	}
	l.Leak = leak
	return true
}

// nearLeak suggests the leak that is nearest to a value, by its ratio; one above 1 may be the steps that are kept.
func nearLeak(v float64) string {
	l := nearestLeak(v)
	if l == 0 {
		return "write  leak = 1/32,  or leave it out for a state that keeps everything"
	}
	return fmt.Sprintf("leaks are powers of two, so that they are shifts; the nearest is 1/%d", 1<<l)
}

// nearestLeak is the exponent of the leak that is nearest to a value; 0 where none is.
func nearestLeak(v float64) int {
	switch {
	case !(v > 0):
		return 0
	case v > 1:
		v = 1 / v
	}
	return min(max(int(math.Round(-math.Log2(v))), 1), arith.MaxLeak)
}

// leakFits checks the number of leaks against that of blocks, and writes a list once around.
func (c *checker) leakFits(l *Layer) {
	if l.Leak == nil {
		return
	}
	blocks := l.State.Size / l.Block
	if blocks%len(l.Leak) != 0 {
		c.errs.Add(diag.At(l.leakAt).Errorf("shape", "%s for %s of %s", diag.Count(len(l.Leak), "leak"), diag.Count(blocks, "block"), l.State.Name).
			Helpf("%s", leaksOf(blocks, l.Leak)))
		return
	}
	if l.Leak.Even() {
		l.Leak = l.Leak[:1]
		return
	}
	l.Leak = slices.Repeat(l.Leak, blocks/len(l.Leak))
}

// leaksOf shows a list that stands for some blocks in turn.
func leaksOf(blocks int, like arith.Leak) string {
	if blocks == 1 {
		return "one block has one leak:  leak = " + LeakText(like[:1]) + "; more need smaller blocks, as in  block = 16"
	}
	for n := min(len(like), blocks); ; n-- {
		if blocks%n == 0 {
			return fmt.Sprintf("leaks stand for the blocks in turn, so that their number divides %d:  leak = %s", blocks, LeakText(like[:n]))
		}
	}
}

// LeakText writes leaks as the language does.
func LeakText(leak arith.Leak) string {
	parts := make([]string, len(leak))
	for i, k := range leak {
		parts[i] = fmt.Sprintf("1/%d", 1<<k)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// OnWindows warns of a model of endless streams that is trained on windows: of one whose state forgets nothing, and of one that remembers
// more than a window of so many steps shows it; nil for other models. steps is 0 where none is known, as for recordings that are read
// unbroken, and longer says that the data set could be cut into longer windows, or none.
func (m *Model) OnWindows(steps int, longer bool) *diag.Diagnostic {
	if d := m.KeepsAll(); d != nil || steps == 0 {
		return d
	}
	return m.outlasts(steps, longer)
}

// windowsOfMemory is how many times its memory the windows of a state that leaks have to last: 2 % of what it held is left then. Of a model
// with leaks of 1/32, windows of 30 steps gave one that was far off on unbroken recordings, and 128 one that was not (docs/training.md).
const windowsOfMemory = 4

// outlasts warns of a state that remembers longer than windows last: training sees it only while it fills.
func (m *Model) outlasts(steps int, longer bool) *diag.Diagnostic {
	if m.Steps > 0 || steps >= windowsOfMemory*m.Memory() {
		return nil
	}
	slowest := slices.MaxFunc(m.Layers, func(a, b *Layer) int { return cmp.Compare(slices.Max(a.Leak), slices.Max(b.Leak)) })
	memory := windowsOfMemory * m.Memory()
	var remedies []string
	if longer {
		remedies = append(remedies, fmt.Sprintf("cut windows of %s or more, with  window;  read recordings unbroken, with  stream = yes", diag.Count(memory, "step")))
	}
	if quicker := bits.Len(uint(steps/windowsOfMemory)) - 1; quicker > 0 {
		remedies = append(remedies, fmt.Sprintf("forget quicker:  leak = 1/%d", 1<<quicker))
	}
	remedies = append(remedies, fmt.Sprintf("or say that sequences end, each of which begins with a new state:  steps %d", steps))
	return diag.At(slowest.leakAt).Warningf("stream", "with a leak of 1/%d, %s remembers for about %s, and is trained on windows of %d: on a stream that goes on it becomes what training never saw",
		m.Memory(), slowest.State.Name, diag.Count(memory, "step"), steps).Helpf("%s", strings.Join(remedies, ";  "))
}

// KeepsAll warns of a model of endless streams whose state forgets nothing, for trainings on windows; nil for other models. Behind
// a window old inputs go on piling up, and the state becomes one that training never saw.
func (m *Model) KeepsAll() *diag.Diagnostic {
	if m.Steps > 0 {
		return nil
	}
	for _, l := range m.Layers {
		if l.Leak != nil {
			continue
		}
		at, help := l.Transform, fmt.Sprintf("hadamard(%s, leak = 1/32)  forgets", l.State.Name)
		if l.Dense != nil {
			at, help = l.Span, "train signs, and forget:  hadamard("+l.State.Name+", leak = 1/32)"
		}
		d := diag.At(at).Warningf("stream", "%s keeps every input for ever, and is trained on windows: on a stream that goes on it becomes what training never saw", l.State.Name)
		if l.Dense == nil {
			end := at
			end.Start = at.End
			end.Start.Col, end.Start.Offset = end.Start.Col-1, end.Start.Offset-1
			end.End = end.Start
			d.Fix(end, ", leak = 1/32")
		}
		return d.
			Helpf("%s;  restart 128 hop 32  starts anew, in windows of 128 steps;  steps 128  says that sequences end, each of which begins with a new state", help)
	}
	return nil
}

// Memory is after how many steps 1/e is left of what the slowest state held, or none where it restarts; 0 where one forgets nothing.
func (m *Model) Memory() (steps int) {
	if m.Hop > 0 {
		return m.Steps
	}
	for _, l := range m.Layers {
		if l.Leak == nil {
			return 0
		}
		for _, k := range l.Leak {
			steps = max(steps, 1<<k)
		}
	}
	return steps
}
