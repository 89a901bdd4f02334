package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// The streams of random numbers that one seed gives.
const (
	drawValid = 1 + iota
	drawTest
	drawLimit
	drawTrain
)

func random(seed uint64, stream int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(stream))) }

// deal assigns every sequence to a part, and gives the numbers of the sequences of each part in rising order.
func (p *pool) deal(name string, o *Options) (index [numParts][]int32, err error) {
	if p.parts == nil {
		p.parts = make([]part, p.n)
	}
	p.filed = slices.Clone(p.parts)
	if err := p.namedPersons(name, o); err != nil {
		return index, err
	}
	if !slices.Contains(p.parts, test) && o.Hold > 0 {
		// Not the seed of the options: runs with other seeds are to be compared on one test part.
		p.holdOut(test, unassigned, o.Hold, o, p.byGroup(o), random(0, drawTest))
	}
	p.assign(unassigned, train)
	if !slices.Contains(p.parts, valid) && o.Valid > 0 {
		p.holdOut(valid, train, o.Valid, o, p.byGroup(o) && (o.Split != "" || p.testIsOfOthers()), random(o.Seed, drawValid))
	}
	for i, part := range p.parts {
		index[part] = append(index[part], int32(i))
	}
	if len(index[train]) == 0 {
		return index, fail(name, "").Errorf(code, "no sequence is left to train on").Helpf("hold out less with  valid,  hold  or  test")
	}
	if o.Limit > 0 {
		rng := random(o.Seed, drawLimit)
		for k := train; k <= test; k++ {
			index[k] = limit(index[k], o.Limit, rng)
		}
		p.note("limited to %s of each part", diag.Count(o.Limit, "sequence"))
	}
	return index, nil
}

// limit keeps at most n, drawn at random: sets are often sorted by class.
func limit(index []int32, n int, rng *rand.Rand) []int32 {
	if len(index) <= n {
		return index
	}
	rng.Shuffle(len(index), func(i, j int) { index[i], index[j] = index[j], index[i] })
	index = index[:n]
	slices.Sort(index)
	return index
}

func (p *pool) assign(from, to part) {
	for i, part := range p.parts {
		if part == from {
			p.parts[i] = to
		}
	}
}

// namedPersons makes the persons that the options name the test part, and all others the training part.
func (p *pool) namedPersons(name string, o *Options) error {
	if len(o.Test) == 0 || p.groups == nil {
		return nil // applies has refused test= where persons are unknown
	}
	known := distinct(p.groups)
	var chosen []int32
	for _, item := range o.Test {
		persons := p.personsOf(item)
		for _, person := range persons {
			if !slices.Contains(known, person) {
				persons = nil
			}
		}
		if len(persons) == 0 {
			return fail(name, "").Errorf(code, "test names %s, who is not in the data", item).Helpf("the data has %s", p.spellGroups(known))
		}
		chosen = append(chosen, persons...)
	}
	p.assign(test, unassigned)
	for i, g := range p.groups {
		if slices.Contains(chosen, g) {
			p.parts[i] = test
		}
	}
	p.note("test part: %s", p.spellGroups(distinct(chosen)))
	return nil
}

// personsOf gives the numbers of those that an item of test names: a name, a number, or numbers such as 22-30. Who has a name
// has the number of its place among the names too.
func (p *pool) personsOf(item string) []int32 {
	if i := slices.Index(p.persons, item); i >= 0 {
		return []int32{int32(i)}
	}
	first, last, isRange := strings.Cut(item, "-")
	from, err := strconv.ParseInt(first, 10, 32)
	to := from
	if err == nil && isRange {
		to, err = strconv.ParseInt(last, 10, 32)
	}
	if err != nil || to-from > 1<<16 {
		return nil
	}
	var out []int32
	for n := from; n <= to; n++ {
		out = append(out, int32(n))
	}
	return out
}

// byGroup reports whether whole groups are to be held out: persons, unless the options say otherwise.
func (p *pool) byGroup(o *Options) bool {
	return p.groups != nil && (o.Split == "groups" || o.Split == "" && !p.groupsAreRecordings())
}

// groupsAreRecordings reports whether no person is known behind the recordings.
func (p *pool) groupsAreRecordings() bool {
	return !p.personsKnown && slices.Equal(p.groups, p.recordings)
}

// testIsOfOthers reports whether no person of the test part is in the training part: then validation is to be of others
// too, or it would promise too much.
func (p *pool) testIsOfOthers() bool {
	in := map[int32]part{}
	for i, g := range p.groups {
		if p.parts[i] == test {
			in[g] = test
		}
	}
	for i, g := range p.groups {
		if p.parts[i] == train && in[g] == test {
			return false
		}
	}
	return true
}

// holdOut moves a fraction of the sequences of one part to another: whole groups, windows as in holdWindows, or some of each
// class.
func (p *pool) holdOut(to, from part, fraction float64, o *Options, groups bool, rng *rand.Rand) {
	names := map[part]string{valid: "validation", test: "test"}
	if groups {
		if held := p.holdGroups(p.groups, to, from, fraction, rng); held != nil {
			p.note("%s part: %s", names[to], p.spellGroups(held))
			return
		}
	}
	if p.lengths != nil { // whole recordings
		if held := p.holdGroups(p.recordings, to, from, fraction, rng); held != nil {
			p.note("%s part: recordings %s", names[to], spell(held, p.recordingNames))
		} else if o.Split != "groups" {
			p.holdEnd(names[to], to, from, fraction, o.shortest())
		}
		return
	}
	if p.recordings != nil {
		p.holdWindows(names[to], to, from, fraction, rng)
		return
	}
	n := p.holdRandom(to, from, fraction, rng)
	switch {
	case n > 0 && p.byClass():
		p.note("%s part: %s drawn at random, the same part of each class", names[to], diag.Count(n, "sequence"))
	case n > 0:
		p.note("%s part: %s drawn at random", names[to], diag.Count(n, "sequence"))
	}
}

// holdGroups moves random whole groups until the fraction is reached as closely as they allow, and at least one. A group that alone
// has a class stays, unless each does. It gives the groups, or nil when there is only one and nothing would be left.
func (p *pool) holdGroups(groups []int32, to, from part, fraction float64, rng *rand.Rand) []int32 {
	count := map[int32]int{}
	total := 0
	for i, part := range p.parts {
		if part == from {
			count[groups[i]]++
			total++
		}
	}
	if len(count) < 2 {
		return nil
	}
	order := distinct(groups)
	order = slices.DeleteFunc(order, func(g int32) bool { return count[g] == 0 })
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	want, have := fraction*float64(total), 0
	var held []int32
	only := p.onlyOf(groups, from)
	if stay := slices.DeleteFunc(slices.Clone(order), only.last); len(stay) > 0 {
		order = append(stay, slices.DeleteFunc(order, func(g int32) bool { return !only.last(g) })...)
	} else {
		only = groupsOfClasses{}
	}
	for _, g := range order[:len(order)-1] {
		if only.last(g) {
			continue
		}
		with := have + count[g]
		if len(held) > 0 && math.Abs(float64(with)-want) > math.Abs(float64(have)-want) {
			continue
		}
		held, have = append(held, g), with
		only.take(g)
	}
	for i, part := range p.parts {
		if part == from && slices.Contains(held, groups[i]) {
			p.parts[i] = to
		}
	}
	slices.Sort(held)
	return held
}

// holdRandom moves the same fraction of each class, and gives how many sequences that are.
func (p *pool) holdRandom(to, from part, fraction float64, rng *rand.Rand) int {
	byClass := map[int32][]int{}
	for i, part := range p.parts {
		if part == from {
			class := p.label(i)
			byClass[class] = append(byClass[class], i)
		}
	}
	var classes []int32
	for c := range byClass {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	moved := 0
	for _, c := range classes {
		members := byClass[c]
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		n := int(math.Round(fraction * float64(len(members))))
		for _, i := range members[:n] {
			p.parts[i] = to
		}
		moved += n
	}
	return moved
}

// byClass reports whether sequences as a whole have classes.
func (p *pool) byClass() bool { return p.classes != nil && p.outputs == 0 && !p.eachStep }

// label is the class of a sequence as a whole, 0 when it has none.
func (p *pool) label(i int) int32 {
	if !p.byClass() {
		return 0
	}
	var dst [1]int32
	p.y.Ints(i, 0, dst[:])
	return dst[0]
}

// groupsOfClasses says which groups are the last that have a class.
type groupsOfClasses struct {
	classes map[int32][]int32 // of a group
	left    map[int32]int     // groups that have a class
}

func (p *pool) onlyOf(groups []int32, from part) groupsOfClasses {
	out := groupsOfClasses{map[int32][]int32{}, map[int32]int{}}
	for i, part := range p.parts {
		if part != from {
			continue
		}
		g := groups[i]
		for _, class := range p.classesAt(i) {
			if !slices.Contains(out.classes[g], class) {
				out.classes[g] = append(out.classes[g], class)
				out.left[class]++
			}
		}
	}
	return out
}

func (o groupsOfClasses) last(g int32) bool {
	return slices.ContainsFunc(o.classes[g], func(class int32) bool { return o.left[class] == 1 })
}

func (o groupsOfClasses) take(g int32) {
	for _, class := range o.classes[g] {
		o.left[class]--
	}
}

// classesAt are those of a sequence, at all its steps where it is an unbroken recording; none where it has no classes.
func (p *pool) classesAt(i int) []int32 {
	switch {
	case p.byClass():
		return []int32{p.label(i)}
	case p.lengths == nil || p.classes == nil || p.outputs > 0:
		return nil
	}
	labels := make([]int32, p.lengths[i])
	p.y.Ints(i, 0, labels)
	return slices.DeleteFunc(distinct(labels), func(class int32) bool { return class < 0 })
}

func distinct(groups []int32) []int32 {
	out := slices.Clone(groups)
	slices.Sort(out)
	return slices.Compact(out)
}

// spellGroups writes sorted groups shortly: groups 1-3, 7; or by their names.
func (p *pool) spellGroups(groups []int32) string {
	if p.persons != nil {
		return spell(groups, p.persons)
	}
	return "groups " + spell(groups, nil)
}

// spell writes sorted numbers shortly: 1-3, 7; or the names that they have.
func spell(numbers []int32, names []string) string {
	var out []string
	if names != nil {
		for _, n := range numbers {
			out = append(out, names[n])
		}
		return diag.Names(out)
	}
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if j == i {
			out = append(out, fmt.Sprint(numbers[i]))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(out, ", ")
}
