package data

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Windows of one recording are much alike, and share steps where they overlap, so that windows drawn at random would say
// little about new recordings. Whole recordings are held out, and of classes that too few recordings have, the last windows
// of every stretch.

// holdWindows moves a fraction of the windows of one part to another.
func (p *pool) holdWindows(name string, to, from part, fraction float64, rng *rand.Rand) {
	whole := p.holdRecordings(to, from, fraction, rng)
	if len(whole) > 0 {
		p.note("%s part: recordings %s", name, spell(whole, p.recordingNames))
	}
	byClass := p.stretchesOfOthers(to, from)
	held, unused := 0, 0
	for _, stretches := range byClass {
		h, u := p.holdEnds(to, stretches, fraction)
		held, unused = held+h, unused+u
	}
	if held == 0 {
		return
	}
	of := "stretch of one label"
	switch {
	case !p.byClass():
		of = "recording"
	case len(whole) > 0:
		of = "stretch of " + p.spellClasses(slices.Sorted(maps.Keys(byClass)))
	}
	p.note("%s part: the last windows of each %s, %d in all", name, of, held)
	if unused > 0 {
		p.note("%s steps with the %s part", diag.Count(unused, "window is left out, since it shares", "windows are left out, since they share"), name)
	}
}

// holdRecordings moves random whole recordings, each that brings the held-out windows of all classes nearer to the fraction
// and leaves most of each class. It gives the recordings.
func (p *pool) holdRecordings(to, from part, fraction float64, rng *rand.Rand) []int32 {
	count, total := map[int32]map[int32]int{}, map[int32]int{} // windows by recording and class, and by class
	for i, part := range p.parts {
		if part != from {
			continue
		}
		r, class := p.recordings[i], p.label(i)
		if count[r] == nil {
			count[r] = map[int32]int{}
		}
		count[r][class]++
		total[class]++
	}
	order := slices.Sorted(maps.Keys(count))
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	have, isHeld := map[int32]int{}, map[int32]bool{}
	for _, r := range order {
		gain := 0.0
		for _, class := range slices.Sorted(maps.Keys(count[r])) { // sums of floats depend on their order
			want, with := fraction*float64(total[class]), have[class]+count[r][class]
			gain += math.Abs(want-float64(have[class])) - math.Abs(want-float64(with))
			if most := max(want, float64(total[class])/2); float64(with) > most || with == total[class] {
				gain = math.Inf(-1)
			}
		}
		if gain <= 0 {
			continue
		}
		isHeld[r] = true
		for class, n := range count[r] {
			have[class] += n
		}
	}
	for i, part := range p.parts {
		if part == from && isHeld[p.recordings[i]] {
			p.parts[i] = to
		}
	}
	return slices.Sorted(maps.Keys(isHeld))
}

// stretchesOfOthers gives the windows of a part by class and stretch, in their order, of the classes that another part lacks.
func (p *pool) stretchesOfOthers(lacking, from part) map[int32][][]int {
	has, out := p.classesIn(lacking), map[int32][][]int{}
	last := map[int32]int32{} // the stretch that was added to a class last
	for i, part := range p.parts {
		class := p.label(i)
		if part != from || has[class] {
			continue
		}
		if k := len(out[class]); k == 0 || last[class] != p.stretches[i] {
			out[class] = append(out[class], nil)
			last[class] = p.stretches[i]
		}
		k := len(out[class]) - 1
		out[class][k] = append(out[class][k], i)
	}
	return out
}

// holdEnds moves the last windows of each stretch of one class, and leaves out those before them that share their steps. A
// stretch too short to be cut so moves whole, or not at all. Some of the class moves and some stays, unless all is one short
// stretch.
func (p *pool) holdEnds(to part, stretches [][]int, fraction float64) (held, left int) {
	stay := 0
	for _, s := range stretches {
		stay += len(s)
	}
	slices.SortStableFunc(stretches, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	owed := 0.5 // carried on, so that short stretches give their part together; 0.5 rounds
	for k, s := range stretches {
		owed += fraction * float64(len(s))
		n, gap := max(int(owed), 1-held), p.overlap
		lastChance := held == 0 && k == len(stretches)-1
		switch room := len(s) - p.overlap - 1; {
		case room > 0:
			n = min(n, room)
		case stay > len(s) && (lastChance || 2*owed >= float64(len(s))):
			n, gap = len(s), 0
		default:
			n = 0
		}
		if n <= 0 {
			continue
		}
		first := len(s) - n
		for _, i := range s[first:] {
			p.parts[i] = to
		}
		for _, i := range s[first-gap : first] {
			p.parts[i] = unused
		}
		held, left, stay, owed = held+n, left+gap, stay-n-gap, owed-float64(n)
	}
	return held, left
}

func (p *pool) classesIn(of part) map[int32]bool {
	out := map[int32]bool{}
	for i, part := range p.parts {
		if part == of {
			out[p.label(i)] = true
		}
	}
	return out
}

func (p *pool) spellClasses(classes []int32) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = p.classes[c]
	}
	return diag.Names(names)
}
