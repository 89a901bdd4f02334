package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Warnings says what about the parts of a set keeps a training or its scores from meaning much: classes that a part lacks,
// and held-out parts of those who are trained on. counts are those of CountClasses.
func (s *Set) Warnings(counts []ClassCount) (out diag.List) {
	at := fail(s.Name, "")
	lacking := s.Lacking(counts)
	for k, part := range s.parts() {
		name := partNames[k]
		none := lacking[name]
		switch {
		case len(none) == 0:
		case part == &s.Train && len(none) == len(counts)-1 && !s.Labels:
			out.Add(at.Warningf(code, "the training part has one class only").Helpf("nothing can be learned of it; check the label column and the parts"))
		case part == &s.Train:
			out.Add(at.Warningf(code, "the training part has none of: %s", listed(none)).Helpf("they cannot be learned: hold out fewer, or add sequences of them"))
		default:
			out.Add(at.Warningf(code, "the %s part has none of: %s", name, listed(none)).Helpf("its scores say nothing about them; %s", s.wider(part)))
		}
	}
	for _, part := range []*Sequences{&s.Valid, &s.Test} {
		if shared := s.Shared(part); shared.Sequences > 0 && shared.What == "recordings" {
			out.Add(at.Warningf(code, "%s", shared.String()).Helpf("%s", shared.Remedy()))
		}
	}
	return out
}

// wider says how more classes come into a part.
func (s *Set) wider(part *Sequences) string {
	size, name := "hold", "test"
	if part == &s.Valid {
		size, name = "valid", "valid"
	}
	switch what, _ := part.Independent(); what {
	case "persons":
		if name == "test" {
			return "name others with  test = ...,  or hold out more with  hold"
		}
		return "another  seed  draws others,  valid = 0.3  more of them, and  split = random  recordings or sequences of each class"
	case "recordings":
		return fmt.Sprintf("hold out more with  %s,  or record more of them", size)
	}
	return fmt.Sprintf("hold out more with  %s,  or add sequences of them", size)
}

// Shared is what a held-out part has in common with the training part.
type Shared struct {
	Part      string `json:"part"`      // validation or test
	What      string `json:"what"`      // persons or recordings
	Sequences int    `json:"sequences"` // of the part, that are of those who are trained on
	Of        int    `json:"of"`        // sequences of the part
	Number    int    `json:"number"`    // of persons or recordings that are in both

	unbroken bool
}

// Shared counts the sequences of a part whose recordings, or whose persons, are trained on. Recordings come first: their
// windows are nearly alike.
func (s *Set) Shared(part *Sequences) Shared {
	name := partNames[slices.Index(s.parts(), part)]
	from := s.Train.origins
	if from == nil || part.N == 0 {
		return Shared{Part: name}
	}
	for _, of := range []struct {
		what    string
		numbers []int32
	}{{"recordings", from.recordings}, {"persons", from.persons}} {
		if n, number := s.Train.common(part, of.numbers); n > 0 {
			return Shared{Part: name, What: of.what, Sequences: n, Of: part.N, Number: number, unbroken: part.Stream()}
		}
	}
	return Shared{Part: name}
}

// common counts the sequences of another part whose source is one of this part's, and those sources.
func (s *Sequences) common(other *Sequences, of []int32) (sequences, number int) {
	if of == nil {
		return 0, 0
	}
	mine, both := map[int32]bool{}, map[int32]bool{}
	for i := range s.N {
		mine[of[s.at(i)]] = true
	}
	for i := range other.N {
		if k := of[other.at(i)]; mine[k] {
			both[k] = true
			sequences++
		}
	}
	return sequences, len(both)
}

// String says it for people; "" when nothing is shared.
func (s Shared) String() string {
	if s.Sequences == 0 {
		return ""
	}
	kind, what := "sequences", s.What
	if s.What == "recordings" {
		kind = "windows"
		if s.unbroken {
			kind = "stretches"
		}
	}
	if s.Number == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	n, are := fmt.Sprintf("%d of %d", s.Sequences, s.Of), "are"
	switch {
	case s.Of == 1:
		n, kind, are = "the only", map[string]string{"sequences": "sequence", "windows": "window", "stretches": "stretch"}[kind], "is"
	case s.Sequences == s.Of:
		n = fmt.Sprintf("all %d", s.Of)
	}
	return fmt.Sprintf("%s %s of the %s part %s of %d %s that training saw too: its score says little about new %s", n, kind, s.Part, are, s.Number, what, s.What)
}

// Remedy says what to do about it.
func (s Shared) Remedy() string {
	switch {
	case s.What == "persons":
		return "split = groups  holds out whole persons"
	case s.unbroken:
		return "record more, at other times"
	}
	return "record more, several times for each class; or hold out whole recordings with  split = groups"
}

// listed names the first few.
func listed(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Recordings are the names of those that a part's sequences are of, in their order; nil where they are unknown.
func (s *Sequences) Recordings() []string {
	_, recordings := s.sources()
	return recordings
}
