package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// role is one array of a data set.
type role struct {
	name    string
	guesses []string
}

// roles are the arrays of a data set, with the names that they are guessed by, the likeliest first.
var roles = []role{
	{"x", []string{"x_train", "X_train", "train_x", "x", "X"}},
	{"y", []string{"y_train", "Y_train", "train_y", "y", "Y", "labels", "label"}},
	{"groups", []string{"groups_train", "subject_train", "person_train", "groups", "subject", "person", "speaker"}},
	{"x_valid", []string{"x_valid", "X_valid", "x_val", "X_val"}},
	{"y_valid", []string{"y_valid", "Y_valid", "y_val", "Y_val"}},
	{"groups_valid", []string{"groups_valid", "subject_valid", "person_valid"}},
	{"x_test", []string{"x_test", "X_test", "test_x"}},
	{"y_test", []string{"y_test", "Y_test", "test_y"}},
	{"groups_test", []string{"groups_test", "subject_test", "person_test"}},
	{"lengths", []string{"lengths_train", "lengths", "length", "seq_len", "seq_lens", "seq_lengths", "n_steps", "lens"}},
	{"lengths_valid", []string{"lengths_valid", "lengths_val", "length_valid", "length_val", "seq_len_valid"}},
	{"lengths_test", []string{"lengths_test", "length_test", "seq_len_test"}},
	{"names", []string{"label_names", "target_names", "names"}},
}

// findRoles gives the name of the array for each role, from arrays = x=NAME,... or by guess.
func findRoles(a *files.Arrays, o *Options) (map[string]string, error) {
	out := map[string]string{}
	for _, item := range o.Arrays {
		name, array, ok := strings.Cut(item, "=")
		if !ok || !slices.ContainsFunc(roles, func(r role) bool { return r.name == name }) {
			return nil, fail(a.File, "").Errorf(code, "arrays has %q", item).Helpf("write  arrays = x=NAME,y=NAME,groups=NAME,lengths=NAME,x_test=NAME,...")
		}
		out[name] = array
	}
	for _, r := range roles {
		if _, ok := out[r.name]; ok {
			continue
		}
		for _, guess := range r.guesses {
			if a.Has(guess) {
				out[r.name] = guess
				break
			}
		}
	}
	for _, needed := range []string{"x", "y"} {
		if out[needed] == "" && (needed == "x" || !o.Unlabelled) {
			help := fmt.Sprintf("say  arrays = \"%s=NAME\";  it holds %s", needed, diag.Names(a.Names))
			if a.Has("arr_0") {
				help = "save them by name:  np.savez(path, x=x, y=y);  sequences of different lengths padded with zeros, beside  lengths"
			}
			return nil, fail(a.File, "").Errorf(code, "which array is %s cannot be guessed", needed).Helpf("%s", help)
		}
	}
	return out, nil
}

// arrayPool is numpyPool of files of the user, with a note of arrays that are not read.
func arrayPool(a *files.Arrays, o *Options) (*pool, error) {
	p, err := numpyPool(a, o)
	if err == nil && !o.Unlabelled {
		if names := a.Unread(); len(names) > 0 {
			p.note("arrays that are not read: %s; arrays = \"x=NAME,y=NAME,groups=NAME,lengths=NAME\" says which is what", listed(names))
		}
	}
	return p, err
}

// numpyPool reads a data set from numpy arrays: x [N, T] or [N, T, D]; y [N] or [N, T] integers (classes, -1 for steps
// that do not count), or numbers [N], [N, K] or [N, T, K]; groups [N].
func numpyPool(a *files.Arrays, o *Options) (*pool, error) {
	names, err := findRoles(a, o)
	if err != nil {
		return nil, err
	}
	b := numpyBuilder{a: a, o: o, p: &pool{kind: NumPy | Series, source: a.File}, labels: files.NewWords(), persons: files.NewWords()}
	if err := b.readNames(names["names"]); err != nil {
		return nil, err
	}
	for _, suffix := range []string{"", "_valid", "_test"} {
		if names["x"+suffix] == "" {
			continue
		}
		if err := b.add(names, suffix); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

// numpyBuilder gathers the parts.
type numpyBuilder struct {
	a         *files.Arrays
	o         *Options
	p         *pool
	x, y      []files.Tensor
	labels    *files.Words // words of y, where it is text
	persons   *files.Words
	groups    []int32 // numbers of persons
	lengths   []int32 // steps of each sequence; nil where all have as many
	outputs   []string
	dropped   map[int]bool // sequences of the part that is read which lack values and are left out
	ungrouped bool         // some part does not say of whom its sequences are
}

// add reads one part.
func (b *numpyBuilder) add(names map[string]string, suffix string) error {
	x, err := b.values(names["x"+suffix], names["lengths"+suffix])
	if err != nil {
		return err
	}
	if b.x = append(b.x, x); !sameRows(b.x) {
		return b.differ("x", b.x)
	}
	if !b.o.Unlabelled {
		if err := b.label(names, suffix, x.Rows()); err != nil {
			return err
		}
	}
	if err := b.group(names["groups"+suffix], x.Rows()); err != nil {
		return err
	}
	of := map[string]part{"": train, "_valid": valid, "_test": test}[suffix]
	if suffix == "" && names["x_test"] == "" {
		of = unassigned
	}
	for i := range x.Rows() {
		if b.p.parts = append(b.p.parts, of); b.dropped[i] {
			b.p.parts[b.p.n+i] = unused
		}
	}
	b.p.n += x.Rows()
	return nil
}

// label reads the answers of a part of n sequences.
func (b *numpyBuilder) label(names map[string]string, suffix string, n int) error {
	xName, yName := names["x"+suffix], names["y"+suffix]
	if yName == "" {
		return b.at("").Errorf(code, "has %s and no labels for it", xName).Helpf("say  arrays = \"y%s=NAME\"", suffix)
	}
	y, err := b.a.TensorOf(yName, b.labels)
	if err != nil {
		return err
	}
	if n != y.Rows() {
		return b.at("").Errorf(code, "%s has %s and %s %d", xName, diag.Count(n, "sequence"), yName, y.Rows()).Helpf("save them together")
	}
	if b.y = append(b.y, y); !sameRows(b.y) {
		return b.differ("y", b.y)
	}
	if files.IsText(y.Numbers) != files.IsText(b.y[0].Numbers) {
		return b.at("array "+yName).Errorf(code, "its parts differ: y is text in one and numbers in another").Helpf("save the same labels everywhere")
	}
	return nil
}

// sameRows reports whether the last part has entries of the shape that those before it have.
func sameRows(parts []files.Tensor) bool {
	return slices.Equal(parts[len(parts)-1].Shape[1:], parts[0].Shape[1:])
}

func (b *numpyBuilder) differ(what string, parts []files.Tensor) error {
	return b.at("").Errorf(code, "its parts have different shapes: %s is %s and %s", what, diag.Shape(parts[0].Shape), diag.Shape(parts[len(parts)-1].Shape)).
		Helpf("only the first axis, the number of sequences, may differ")
}

func (b *numpyBuilder) at(what string) diag.Builder { return fail(b.a.File, what) }

// group reads the persons of a part; they are known when every part has them.
func (b *numpyBuilder) group(name string, n int) error {
	if name == "" {
		b.ungrouped = true
		return nil
	}
	t, err := b.a.TensorOf(name, b.persons)
	if err != nil {
		return err
	}
	groups, err := b.a.Column(name, t)
	if err != nil {
		return err
	}
	if len(groups) != n {
		return b.at("array "+name).Errorf(code, "has %s for %s", diag.Count(len(groups), "entry"), diag.Count(n, "sequence")).Helpf("save one person for each sequence")
	}
	for i, g := range groups {
		if !files.IsText(t.Numbers) {
			g = b.persons.Of(strconv.Itoa(int(g)))
		}
		if g < 0 {
			return b.at("array "+name).Errorf(code, "%s%s is empty", name, t.Place(i)).Helpf("save one person for each sequence")
		}
		b.groups = append(b.groups, g)
	}
	return nil
}

// finish lays out the sequences once all parts are read.
func (b *numpyBuilder) finish() (*pool, error) {
	if !b.ungrouped {
		b.p.groups, b.p.persons = b.persons.AsNumbers(b.groups)
		b.p.kind |= Grouped
	}
	if err := b.steps(); err != nil || b.o.Unlabelled {
		return b.p, err
	}
	return b.p, b.answers()
}

// steps says what a sequence of x is.
func (b *numpyBuilder) steps() error {
	p, shape := b.p, b.x[0].Shape
	p.x = join(b.x)
	if len(shape) < 2 || len(shape) > 3 || b.x[0].RowSize() == 0 {
		return b.at("").Errorf(code, "x has shape %s", diag.Shape(shape)).Helpf("[sequences, steps] or [sequences, steps, values] are needed, none of them 0")
	}
	p.frame = frame{steps: shape[1], channels: 1}
	if len(shape) == 3 {
		p.frame.channels = shape[2]
	}
	if b.o.Tokens {
		return b.tokens()
	}
	unit := b.o.Unit
	if unit == 0 {
		unit = 1
	}
	p.channels = numbered(p.frame.channels, unit)
	if b.o.Layout != "" && len(shape) == 3 {
		p.kind |= Images
		p.frame.image = true
		p.channels = []Channel{{Name: "pixel", Scale: unit}}
	}
	return nil
}

// tokens takes the integers of x as they are: the largest says how many there are.
func (b *numpyBuilder) tokens() error {
	p := b.p
	p.kind = p.kind&^Series | Discrete
	most := int32(0)
	for _, t := range b.x {
		if files.IsFloat(t.Numbers) {
			return b.at("").Errorf(code, "tokens are integers, and x holds floats").Helpf("save  x.astype(np.int64),  or remove  tokens = yes")
		}
		if len(t.Shape) != 2 {
			return b.at("").Errorf(code, "tokens are [sequences, steps], and x has shape %s", diag.Shape(t.Shape)).Helpf("remove  tokens = yes")
		}
		for i, v := range files.AllInts(t.Numbers) {
			if v < 0 || v >= 1<<24 {
				return b.at("").Errorf(code, "x%s is %d; tokens are 0 to %d", t.Place(i), v, 1<<24-1).Helpf("number the tokens from 0")
			}
			most = max(most, v)
		}
	}
	for _, c := range numbered(int(most)+1, 1) {
		p.vocabulary = append(p.vocabulary, c.Name)
	}
	return nil
}

// answers says what y is: classes or numbers, of a sequence or of each step.
func (b *numpyBuilder) answers() error {
	p, y, shape := b.p, b.y[0], b.y[0].Shape
	text, regression := files.IsText(y.Numbers), files.IsFloat(y.Numbers)
	switch {
	case b.o.Answers == "numbers" || b.o.Answers == "classes":
		regression = b.o.Answers == "numbers"
	case b.o.Answers == "labels" || b.severalLabels():
		return b.labelsAtOnce()
	}
	switch last := len(shape) - 1; {
	case text && regression:
		return b.at("").Errorf(code, "y holds text, which are classes").Helpf("remove  answers = numbers")
	case b.o.Answers != "numbers" && b.oneHot():
		return b.at("").Errorf(code, "y has shape %s and a single 1 in each row of %d: it is one-hot", diag.Shape(shape), shape[last]).
			Helpf("save the classes,  y.argmax(%d);  or say  answers = numbers,  if those are numbers to give", last)
	case !regression && last > 0 && shape[last] == 1 && !slices.Equal(shape[1:], []int{p.frame.steps}):
		shape = shape[:last] // a column
	}
	p.eachStep = len(shape) > 1 && shape[1] == p.frame.steps && (len(shape) == 3 || !regression)
	want := 1
	if p.eachStep {
		want = 2
	}
	if regression {
		p.outputs = 1
		if len(shape) == want+1 {
			want++
			p.outputs = shape[len(shape)-1]
		}
	}
	if len(shape) != want || y.RowSize() == 0 {
		return b.at("").Errorf(code, "y has shape %s, for sequences of %s", diag.Shape(shape), diag.Count(p.frame.steps, "step")).
			Helpf("classes are [sequences] or [sequences, steps]; numbers [sequences], [sequences, outputs] or [sequences, steps, outputs]; several labels at once are zeros and ones like numbers")
	}
	if regression {
		if p.eachStep && b.lengths != nil {
			return b.at("").Errorf(code, "sequences of different lengths are padded in front, and the steps that pad them have no numbers to give").Helpf("give one answer for each sequence, or classes for each step")
		}
		if err := b.nameOutputs(); err != nil {
			return err
		}
		if p.outputs > 1 && p.outputs == p.frame.steps && !p.eachStep {
			p.note("y has %s for each sequence; to give one at each step, save it as [sequences, %d, 1]", diag.Count(p.outputs, "number"), p.outputs)
		}
		p.y = join(b.y)
		return nil
	}
	labels, err := b.classes()
	if err == nil && p.eachStep && b.lengths != nil {
		labels = pad(b.cuts(), p.frame.steps, 1, -1, labels.Ints)
	}
	p.y = array{Numbers: labels, size: y.RowSize()}
	return err
}

// classes numbers the labels of all parts.
func (b *numpyBuilder) classes() (labels files.Packed[int32], err error) {
	text := files.IsText(b.y[0].Numbers)
	for _, t := range b.y {
		if files.IsFloat(t.Numbers) && !files.WholeFloats(t.Numbers) {
			return nil, b.at("").Errorf(code, "y holds numbers that are no classes").Helpf("remove  answers = classes")
		}
		part := files.AllInts(t.Numbers)
		if i := slices.Index(part, -1); text && !b.p.eachStep && i >= 0 {
			return nil, b.at("").Errorf(code, "y%s is empty", t.Place(i)).Helpf("remove the sequence, or save its class")
		}
		labels = append(labels, part...)
	}
	if text {
		labels, b.p.classes = b.labels.AsClasses(labels)
		return labels, checkClasses(b.at("y"), b.p.classes)
	}
	labels, b.p.classes, err = numberClasses(b.at("y"), labels, b.p.eachStep)
	if n := len(b.p.classes); n > manyClasses && !b.p.eachStep && b.o.Answers == "" {
		b.p.note("y has %d different integers, each taken for a class; answers = numbers makes them numbers to give", n)
	}
	return labels, err
}

// oneHot reports whether y has a row of zeros and a single 1 for each sequence, or for each step.
func (b *numpyBuilder) oneHot() bool {
	shape := b.y[0].Shape
	width := shape[len(shape)-1]
	if len(shape) < 2 || width < 2 || slices.Equal(shape[1:], []int{b.p.frame.steps}) {
		return false
	}
	row := make([]float64, width)
	for _, t := range b.y {
		for from := 0; from < t.Len(); from += width {
			t.Floats(from, row)
			slices.Sort(row)
			if row[0] != 0 || row[width-2] != 0 || row[width-1] != 1 {
				return false
			}
		}
	}
	return true
}

// join is the sequences of several tensors, one after the other.
func join(ts []files.Tensor) source {
	if len(ts) == 1 {
		return sourceOf(ts[0])
	}
	var c chain
	n := 0
	for _, t := range ts {
		n += t.Rows()
		c.parts, c.ends = append(c.parts, sourceOf(t)), append(c.ends, n)
	}
	return c
}
