package data

import "strconv"

// Origin is where a sequence comes from.
type Origin struct {
	Number    int    // of the sequence among those of its file or part, from 0
	Recording string // "" when it is of none: then Step counts within the sequence
	Person    string // "" when unknown
	Step      int    // the step of the recording that the sequence begins with, from 0; below 0 where it is padded in front
}

// origins says where the sequences of a pool come from; what is unknown is nil.
type origins struct {
	numbers, persons, recordings, steps []int32
	personNames, recordingNames         []string // nil where numbers are names
	first, every                        int      // step 0 of a sequence ends so many steps behind its beginning, and each later one so many behind the one before
}

// Origin says where sequence i comes from.
func (s *Sequences) Origin(i int) Origin {
	k, from := s.at(i), s.origins
	o := Origin{Number: k}
	if from == nil {
		return o
	}
	if from.numbers != nil {
		o.Number = int(from.numbers[k])
	}
	if from.persons != nil {
		o.Person = nameOf(from.persons[k], from.personNames)
	}
	if from.recordings != nil {
		o.Recording = nameOf(from.recordings[k], from.recordingNames)
	}
	if from.steps != nil {
		o.Step = int(from.steps[k])
	}
	return o
}

// Windows reports whether the sequences are windows of recordings.
func (s *Sequences) Windows() bool { return s.origins != nil && s.origins.recordings != nil }

// StepAt gives which step of the recording, or of the sequence as read, step t of sequence i is: of several joined to one, the last.
func (s *Sequences) StepAt(i, t int) int {
	first, every := 0, 1
	if s.origins != nil {
		first, every = s.origins.first, max(1, s.origins.every)
	}
	return s.Origin(i).Step + first + t*every
}

func nameOf(number int32, names []string) string {
	if names == nil {
		return strconv.Itoa(int(number))
	}
	return names[number]
}

// Independent says what of a part is independent of each other, in the plural, and gives each sequence the number of the
// one that it is of, from 0: windows of one person, or of one recording, are alike. Persons count where the part has
// several, then recordings, then sequences.
func (s *Sequences) Independent() (what string, of []int) {
	var persons, recordings []int32
	if from := s.origins; from != nil {
		persons, recordings = from.persons, from.recordings
	}
	byPerson, several := s.number(persons)
	byRecording, _ := s.number(recordings)
	switch {
	case several > 1, several == 1 && recordings == nil:
		return "persons", byPerson
	case recordings != nil:
		return "recordings", byRecording
	}
	of = make([]int, s.N)
	for i := range of {
		of[i] = i
	}
	return "sequences", of
}

// number numbers what the sequences are of from 0, in the order of their first use, and counts it.
func (s *Sequences) number(of []int32) ([]int, int) {
	if of == nil {
		return nil, 0
	}
	known := map[int32]int{}
	out := make([]int, s.N)
	for i := range out {
		n, ok := known[of[s.at(i)]]
		if !ok {
			n = len(known)
			known[of[s.at(i)]] = n
		}
		out[i] = n
	}
	return out, len(known)
}

// sources are the persons and the recordings of a part, in their order.
func (s *Sequences) sources() (persons, recordings []string) {
	if s.origins == nil {
		return nil, nil
	}
	return s.names(s.origins.persons, s.origins.personNames), s.names(s.origins.recordings, s.origins.recordingNames)
}

func (s *Sequences) names(of []int32, names []string) (out []string) {
	if of == nil {
		return nil
	}
	numbers := make([]int32, s.N)
	for i := range numbers {
		numbers[i] = of[s.at(i)]
	}
	for _, n := range distinct(numbers) {
		out = append(out, nameOf(n, names))
	}
	return out
}

// remember keeps where the sequences come from, before they are dealt: those of one file are numbered.
func (p *pool) remember(first, every int) *origins {
	from := &origins{numbers: make([]int32, p.n), recordings: p.recordings, steps: p.first, recordingNames: p.recordingNames, first: first, every: every}
	if p.groups != nil && !p.groupsAreRecordings() {
		from.persons, from.personNames = p.groups, p.persons
	}
	var next [numParts]int32
	for i := range from.numbers {
		of := unassigned
		if p.filed != nil {
			of = p.filed[i]
		}
		from.numbers[i] = next[of]
		next[of]++
	}
	return from
}
