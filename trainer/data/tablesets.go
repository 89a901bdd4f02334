package data

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// finish makes sequences of the rows.
func (t *table) finish(name string) (*pool, error) {
	if len(t.rowPart) == 0 {
		return nil, (&files.Rows{File: name}).NoRow()
	}
	if t.answered() {
		if err := t.nameClasses(name); err != nil {
			return nil, err
		}
	}
	t.numberRows()
	if err := t.kindOfAnswers(name); err != nil {
		return nil, err
	}
	if t.text < 0 {
		if err := t.doubts(name); err != nil {
			return nil, err
		}
	}
	switch {
	case t.text >= 0:
		t.p.kind |= Text
		t.p.texts = t.texts
	case t.rowID != nil:
		t.tellTime()
		t.p.kind |= Series | Streams
		return t.p, t.recordings(name)
	default:
		t.p.kind |= Series
		if err := t.sequenceRows(name); err != nil {
			return nil, err
		}
	}
	t.p.n, t.p.parts, t.p.groups = len(t.rowPart), t.rowPart, t.rowWho
	t.answers()
	return t.p, nil
}

// kindOfAnswers checks what  answers  says of the columns.
func (t *table) kindOfAnswers(name string) error {
	switch how := t.o.Answers; {
	case how == "" || t.o.Unlabelled:
	case how == "labels":
		if i := slices.IndexFunc(t.y, func(v float64) bool { return v != 0 && v != 1 }); i >= 0 || len(t.targets) == 0 {
			return fail(name, "").Errorf(code, "answers = labels is for columns of zeros and ones").Helpf("name them:  targets = \"NAME,NAME\"")
		}
		t.p.labels = true
	case how == "numbers" && len(t.targets) == 0:
		return fail(name, "").Errorf(code, "answers = numbers is for columns of targets").Helpf("name them:  targets = \"NAME,NAME\"")
	case how == "classes" && len(t.targets) > 0:
		return fail(name, "").Errorf(code, "answers = classes is for a column of labels").Helpf("name it:  label = NAME")
	}
	return nil
}

// answered reports whether rows have classes.
func (t *table) answered() bool { return t.label >= 0 || t.classOfFile && !t.forecasts() }

// answers are the classes or targets of the rows.
func (t *table) answers() {
	t.p.y = array{Numbers: t.classes, size: 1}
	if len(t.targets) > 0 {
		t.p.outputs = len(t.targets)
		t.p.y = array{Numbers: files.Exactly(t.y, t.p.outputs), size: t.p.outputs}
		t.p.classes = nil
	}
}

// nameClasses numbers the labels in the order of their names.
func (t *table) nameClasses(name string) error {
	t.classes, t.p.classes = t.labels.AsClasses(t.classes)
	if n := len(t.p.classes); n > manyClasses && files.AllNumbers(t.p.classes) && !t.cols.EachStep {
		t.p.note("column %s has %d different numbers, each taken for a class; targets = \"%s\" makes them numbers to give", t.labelName, n, t.labelName)
	}
	return checkClasses(fail(name, ""), t.p.classes)
}

// numberRows numbers persons and recordings by their names. Recordings are those of a person: each may count from 1.
func (t *table) numberRows() {
	for _, names := range []*files.Words{t.persons, t.ids, t.labels} {
		if a, b, how := names.Alike(); a != "" {
			t.p.note("%s and %s differ in %s only, and are taken for two", a, b, how)
		}
	}
	if t.rowWho != nil {
		t.p.kind |= Grouped
		t.p.personsKnown = true
		t.rowWho, t.p.persons = t.persons.AsNumbers(t.rowWho)
	}
	if t.rowID == nil {
		return
	}
	t.rowID, t.p.recordingNames = t.ids.AsNumbers(t.rowID)
	if t.rowWho == nil {
		t.p.persons = t.p.recordingNames
		return
	}
	both, of := files.NewWords(), map[[2]int32]int32{}
	for i, id := range t.rowID {
		pair := [2]int32{id, t.rowWho[i]}
		n, ok := of[pair]
		if !ok {
			n = both.Of(spell(pair[:1], t.p.recordingNames) + " of " + spell(pair[1:], t.p.persons))
			of[pair] = n
		}
		t.rowID[i] = n
	}
	t.rowID, t.p.recordingNames = both.AsNumbers(t.rowID)
}

// sequenceRows makes each row a sequence, with  inputs  values a step.
func (t *table) sequenceRows(name string) error {
	d := max(1, t.cols.Inputs)
	if len(t.values)%d != 0 {
		return fail(name, "").Errorf(code, "a row has %s, not a multiple of inputs = %d", diag.Count(len(t.values), "value"), d).Helpf("check  values  and  inputs")
	}
	steps := len(t.values) / d
	g := t.gapped(d)
	for i, part := range t.rowPart {
		g.cuts = append(g.cuts, cut{from: i * steps, steps: steps, part: part})
	}
	shorter := g.trimmed()
	if shorter > 0 {
		t.p.note("%d of %s end in missing values, and are taken for shorter sequences: padded in front with zeros", shorter, diag.Count(len(t.rowPart), "row"))
	}
	if err := g.resolve(t.p, t.o.Missing); err != nil {
		return err
	}
	for i, c := range g.cuts {
		if t.rowPart[i] = c.part; c.steps == 0 {
			return g.place(c.from).Errorf(code, "has no value").Helpf("remove the row")
		}
	}
	if shorter > 0 {
		t.x = pad(g.cuts, steps, d, 0, files.Packed[float64](t.x).Floats)
	}
	t.p.x = array{Numbers: files.Exactly(t.x, len(t.values)), size: len(t.values)}
	t.p.frame = frame{steps: steps, channels: d}
	t.p.channels = numbered(d, t.unit())
	return nil
}

// gapped are the values with what is missing, d a step.
func (t *table) gapped(d int) *gapped {
	perRow := max(1, len(t.values)/d)
	return &gapped{x: t.x, d: d, steps: t.o.Window > 0 || t.o.Stream,
		place: func(step int) diag.Builder {
			if at, ok := t.gaps.rows[step/perRow]; ok {
				return at
			}
			return fail(t.p.source, "")
		},
		value: func(i int) string { return "column " + t.names[i%len(t.values)] },
		named: func(channel int) string {
			if perRow > 1 {
				return "the sequences"
			}
			return "column " + t.names[channel]
		}}
}

func (t *table) unit() float64 {
	if t.o.Unit == 0 {
		return 1
	}
	return t.o.Unit
}

// recordings makes each row a step. Rows of one id and one label that follow each other are a recording, or of one id where
// every step has its answer.
func (t *table) recordings(name string) error {
	d := len(t.values)
	g := t.gapped(d)
	for i := 0; i < len(t.rowPart); {
		j := i + 1
		for j < len(t.rowPart) && t.same(i, j) {
			j++
		}
		c := cut{from: i, steps: j - i, part: t.rowPart[i], recording: t.rowID[i], group: t.rowID[i], label: -1}
		if t.rowWho != nil {
			c.group = t.rowWho[i]
		}
		if t.answered() {
			c.label = t.classes[i]
		}
		g.cuts = append(g.cuts, c)
		i = j
	}
	if err := t.scattered(name, len(g.cuts)); err != nil {
		return err
	}
	recordings{cuts: g.cuts}.placeCuts()
	if err := g.resolve(t.p, t.o.Missing); err != nil {
		return err
	}
	rec := recordings{values: files.Exactly(t.x, d), d: d, cuts: used(g.cuts)}
	t.x = nil
	if len(rec.cuts) == 0 {
		return fail(name, "").Errorf(code, "no recording is left: all lack values").Helpf("check the columns of values")
	}
	t.p.channels = make([]Channel, d)
	for c := range t.p.channels {
		t.p.channels[c] = Channel{Name: t.names[c], Scale: t.unit()}
	}
	switch {
	case len(t.targets) > 0:
		rec.answers, rec.width = files.Exactly(t.y, len(t.targets)), len(t.targets)
		t.p.outputs, t.p.classes = len(t.targets), nil
	case t.answered() && t.cols.EachStep:
		rec.answers, rec.width = t.classes, 1
	}
	rec.eachStep = t.cols.EachStep && (rec.answers != nil || t.forecasts())
	return rec.lay(name, t.p, t.o)
}

// same reports whether two rows can be of one recording.
func (t *table) same(i, j int) bool {
	sameLabel := !t.answered() || t.cols.EachStep || t.classes[i] == t.classes[j]
	return t.rowPart[i] == t.rowPart[j] && t.rowID[i] == t.rowID[j] && sameLabel
}
