package data

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// Meaning is what the numbers of a trained model stand for. A set that is loaded for one has the same classes, words and
// scales, whatever its own files hold; without one, they come from the set's training part.
type Meaning struct {
	Channels   []Channel // of a step's values; nil to leave them
	Classes    []string
	Vocabulary []string // of text, those that are no words included
	Length     int      // steps of a text or sequence, padding included; 0 to leave it
}

// classesAs gives labels the numbers that their names have in the meaning. A name that it lacks is an error.
func (p *pool) classesAs(name string, m *Meaning, s *Sequences) error {
	p.classes = textual(p.classes)
	if m == nil || m.Classes == nil || p.outputs > 0 {
		return nil
	}
	s.relabel = make([]int32, len(p.classes))
	for i, class := range p.classes {
		at := m.class(class)
		if at < 0 {
			return fail(name, "").Errorf(code, "the model was not trained on class %q", class).Helpf("it knows %s", diag.Names(m.Classes))
		}
		s.relabel[i] = int32(at)
	}
	p.classes = m.Classes
	return nil
}

// textual spells names that are no UTF-8, as those of folders may be, so that a weights file can hold them.
func textual(names []string) []string {
	if !slices.ContainsFunc(names, func(n string) bool { return !utf8.ValidString(n) }) {
		return names
	}
	out := slices.Clone(names)
	for i, n := range out {
		if !utf8.ValidString(n) {
			quoted := strconv.Quote(n)
			out[i] = quoted[1 : len(quoted)-1]
		}
	}
	return out
}

// class gives the number of a class by its name; -1 when there is none.
func (m *Meaning) class(name string) int {
	if i := slices.Index(m.Classes, name); i >= 0 {
		return i
	}
	v, ok := files.Finite(name)
	if ok && files.AllNumbers(m.Classes) {
		return slices.IndexFunc(m.Classes, func(c string) bool { w, _ := files.Finite(c); return v == w })
	}
	if k := int(v); ok && v == float64(k) && k >= 0 && k < len(m.Classes) {
		return k // numbers where the model has names: they count the classes
	}
	return -1
}

// columns are the names of the values of a step before any are joined to a frame.
func (m *Meaning) columns(frame int) []string {
	names := make([]string, len(m.Channels)/max(1, frame))
	for i := range names {
		names[i] = strings.TrimSuffix(m.Channels[i].Name, stepOf(0, frame))
	}
	return names
}

// channelsAs refuses a table whose columns of values are not those that the model was trained on, in their order, and sound of another
// rate. channels are those of a step before any are joined to a frame.
func (p *pool) channelsAs(name string, m *Meaning, channels []Channel, frame int) error {
	if m == nil || m.Channels == nil || p.kind&Streams == 0 || p.kind&(Table|Audio) == 0 {
		return nil
	}
	is, was := strings.Join(channelNames(channels), ","), strings.Join(m.columns(frame), ",")
	switch {
	case is == was:
		return nil
	case p.kind&Audio != 0:
		return fail(name, "").Errorf(code, "its values are %s; the model was trained on %s", is, was).Helpf("convert the files to the rate and channels of the training, for instance with sox")
	}
	return fail(name, "").Errorf(code, "its columns of values are %s; the model was trained on %s", is, was).
		Helpf("name them in that order:  values = \"%s\"", was)
}

// renumber applies relabel; -1 stays.
func (s *Sequences) renumber(labels []int32) {
	if s.relabel == nil {
		return
	}
	for i, v := range labels {
		if v >= 0 {
			labels[i] = s.relabel[v]
		}
	}
}

func (m *Meaning) length() int {
	if m == nil {
		return 0
	}
	return m.Length
}

// tokensOf gives the token of each word of the texts by a vocabulary that is given.
func (t *texts) tokensOf(vocabulary []string) []int32 {
	known := map[string]int32{}
	for i, w := range vocabulary {
		if i >= firstOfWord {
			known[w] = int32(i)
		}
	}
	token := slices.Repeat([]int32{unknown}, len(t.words.List))
	for i, w := range t.words.List {
		if k, ok := known[w]; ok {
			token[i] = k
		}
	}
	return token
}
