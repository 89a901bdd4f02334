package data

// Description is what a report says of a data set.
type Description struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Licence string `json:"licence,omitempty"`
	// Train, Valid and Test are the numbers of sequences.
	Train      int             `json:"train"`
	Valid      int             `json:"valid"`
	Test       int             `json:"test"`
	Steps      int             `json:"steps"`
	Inputs     int             `json:"inputs"`
	Vocabulary int             `json:"vocabulary,omitempty"`
	EachStep   bool            `json:"each_step"`
	Outputs    int             `json:"outputs,omitempty"`
	Classes    []ClassCount    `json:"classes,omitempty"`
	Channels   []ChannelValues `json:"channels,omitempty"`
	Notes      []string        `json:"notes,omitempty"`
}

// ClassCount is a class and how many sequences of the training part have it, at their last step when each step has one.
type ClassCount struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
}

// ChannelValues is what the values of a channel are like in the first sequences of the training part.
type ChannelValues struct {
	Channel
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// describedValues is about how many training values are read to describe them; of a larger set, sequences at equal
// distances.
const describedValues = 1 << 26

// Describe reads what a report says of a set.
func (s *Set) Describe() Description {
	t := &s.Train
	d := Description{Name: s.Name, Source: s.Source, Licence: s.Licence, Train: t.N, Valid: s.Valid.N, Test: s.Test.N,
		Steps: t.T, Inputs: t.D, Vocabulary: t.Vocabulary, EachStep: t.EachStep, Outputs: t.Outputs, Notes: s.Notes}
	for _, name := range s.Classes {
		d.Classes = append(d.Classes, ClassCount{Name: name})
	}
	if t.Outputs == 0 {
		for i := range t.N {
			if class := t.Label(i); class >= 0 {
				d.Classes[class].Train++
			}
		}
	}
	if t.Vocabulary > 0 {
		return d
	}
	for c, m := range measure(t, 1+t.N*t.T*t.D/describedValues) {
		d.Channels = append(d.Channels, ChannelValues{s.Channels[c], m.lowest, m.most, m.mean(), m.deviation()})
	}
	return d
}
