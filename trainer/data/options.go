package data

import (
	"slices"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// Options are what a model's train block can say about data. Start from Defaults; everything left zero is the data
// set's own choice. Settings says what each is for and what it may be.
type Options struct {
	// Seed decides everything random: the validation part, limits, generated training sequences. Test parts do not
	// depend on it.
	Seed uint64

	Layout    string
	Permute   int
	Subsample int
	Frame     int // stored steps that are joined to one step of the model
	Normalise string
	Amplify   []float64
	Unit      float64
	Channels  []string
	Window    int
	Stride    int
	Stream    bool // recordings are read unbroken
	Horizon   int  // steps from an input to the answer that is forecast; 0 for answers of their own
	Features  string
	Hz        float64 // steps a second

	Valid  float64
	Hold   float64
	Test   []string // persons, by number, range of numbers or name
	Split  string
	Limit  int
	Length int

	Vocabulary int
	MinCount   int

	Sequences int
	Word      string // to wake at

	Tokens  bool
	Answers string
	Arrays  []string
	Axes    string
	Missing string
	Columns Columns

	Augment Augment

	// Meaning is that of a trained model which the set is loaded for; nil for a set to train on.
	Meaning *Meaning
	// Borrowed names settings that were made for another data set: where this one has no use for them, they are left out.
	Borrowed []string
	// Unlabelled reads sequences that a model is to answer: labels, targets and persons may be missing, and labels, targets
	// and the parts that files name are ignored where they are there. Each sequence has the label -1.
	Unlabelled bool
}

// Columns says what the columns of a CSV or TSV file are, by name or by number from 1.
type Columns struct {
	Label, Text, ID, Group string
	Values, Targets        []string
	EachStep               bool
	Header                 string
	Files                  string
	Decimal                string
	Inputs                 int
}

// Defaults are the options of a train block that says nothing about data.
func Defaults() Options { return Options{Valid: 0.1, Hold: 0.2} }

func (c Columns) dialect() files.Dialect { return files.Dialect{Header: c.Header, Decimal: c.Decimal} }

// Kind says what a data set can be told; a set may be of several.
type Kind uint

// The kinds.
const (
	Images    Kind = 1 << iota // lines and columns of pixels
	Series                     // steps of values
	Streams                    // recordings that windows are cut from
	Audio                      // sound
	Text                       // words
	Discrete                   // steps are tokens already
	Generated                  // made, not read
	Grouped                    // the person or speaker of each sequence is known
	NumPy                      // .npy or .npz files of the user
	Table                      // CSV or TSV files of the user
	Varied                     // sequences that may differ in their steps
	Strung                     // clips of words, strung together

	valued  = Images | Series | Audio
	anyKind = ^Kind(0)
)

// Knows reports whether a data set of a kind can be told a setting.
func (k Kind) Knows(setting string) bool {
	return slices.ContainsFunc(Settings, func(s Setting) bool { return s.Name == setting && s.Kinds&k != 0 })
}

// Setting is one option: its name in a train block, what it is, and what it may be.
type Setting struct {
	Name, Doc string
	// Kinds are the data sets that know it.
	Kinds Kind
	// Words are the values it may have, nil when any.
	Words []string
	// Min and Max bound a number.
	Min, Max float64
	field    func(*Options) any
}

// DrawKeys are the settings that, with the seed, say which sequences are of which part. A limit takes some of each part only.
var DrawKeys = []string{"valid", "hold", "test", "split", "sequences"}

// Keys lists the names of Settings.
func Keys() (out []string) {
	for _, s := range Settings {
		out = append(out, s.Name)
	}
	return out
}

const many = 1 << 30 // no bound that anybody meets

// Settings are all options but Seed, in the order of the documentation.
var Settings = []Setting{
	{"layout", "how an image becomes steps: pixels (one a step), rows or columns (one line a step)", Images,
		[]string{"pixels", "rows", "columns"}, 0, 0, func(o *Options) any { return &o.Layout }},
	{"permute", "shuffle the steps of every sequence in one fixed way: the permutation of numpy.random.RandomState(permute); 92916 is the customary one", valued,
		nil, 0, 1<<32 - 1, func(o *Options) any { return &o.Permute }},
	{"subsample", "take every k-th step only", valued, nil, 1, 1 << 20, func(o *Options) any { return &o.Subsample }},
	{"frame", "join so many steps to one, which then has the values of all of them; what is left over goes at the front", valued, nil, 1, 1 << 20, func(o *Options) any { return &o.Frame }},
	{"normalise", "none, channel (mean 0 and variance 1 over the training part) or range (-1 to 1 over the training part)", valued,
		[]string{"none", "channel", "range"}, 0, 0, func(o *Options) any { return &o.Normalise }},
	{"amplify", "multiply the values of a step after normalise: a factor for all, or one for each; what then is beyond the input's range is clamped", valued,
		nil, 1e-6, 1e6, func(o *Options) any { return &o.Amplify }},
	{"unit", "what one count in the file is worth, such as 1/255", Images | NumPy | Table | Varied, nil, 1e-12, 1e12, func(o *Options) any { return &o.Unit }},
	{"channels", "which values of a step, by name or number from 0; all", Series, nil, 0, 0, func(o *Options) any { return &o.Channels }},
	{"window", "steps of a window", Streams, nil, 1, 1 << 20, func(o *Options) any { return &o.Window }},
	{"stride", "steps from one window to the next", Streams, nil, 1, 1 << 20, func(o *Options) any { return &o.Stride }},
	{"stream", "read recordings unbroken, with an answer at every step; steps without a label do not count: yes or no", Streams, nil, 0, 0, func(o *Options) any { return &o.Stream }},
	{"horizon", "forecast: the answer is what the inputs, or the columns of targets, are so many steps later", Streams, nil, 1, 1 << 20, func(o *Options) any { return &o.Horizon }},
	{"features", "raw (samples), or bands (energies of 16 bands, by the integer front end)", Audio, []string{"raw", "bands"}, 0, 0, func(o *Options) any { return &o.Features }},
	{"hz", "steps a second, where the files do not say it: decisions then have a time", Series | Audio, nil, 1e-6, 1e9, func(o *Options) any { return &o.Hz }},
	{"valid", "part of the training sequences held out for validation", anyKind, nil, 0, 0.9, func(o *Options) any { return &o.Valid }},
	{"hold", "part of all sequences held out for test, where the set has no test part", anyKind, nil, 0, 0.9, func(o *Options) any { return &o.Hold }},
	{"test", "persons or speakers that are the test part, such as 7,8 or 22-30 or anna,ben", Grouped, nil, 0, many, func(o *Options) any { return &o.Test }},
	{"split", "hold out whole persons (groups), or recordings or sequences of each class (random)", anyKind, []string{"groups", "random"}, 0, 0, func(o *Options) any { return &o.Split }},
	{"limit", "sequences of each part, for quick tests", anyKind, nil, 0, many, func(o *Options) any { return &o.Limit }},
	{"length", "steps of a sequence of words, samples or frames: shorter ones are padded in front", Text | Audio | Table | Varied, nil, 1, 1 << 20, func(o *Options) any { return &o.Length }},
	{"vocabulary", "tokens: padding, unknown, and the most frequent words", Text, nil, 3, 1 << 24, func(o *Options) any { return &o.Vocabulary }},
	{"min_count", "how often a word must occur to get a token of its own", Text, nil, 1, many, func(o *Options) any { return &o.MinCount }},
	{"sequences", "training sequences to generate", Generated | Strung, nil, 1, many, func(o *Options) any { return &o.Sequences }},
	{"word", "which word a model is to wake at", Strung, nil, 0, 0, func(o *Options) any { return &o.Word }},
	{"tokens", "whether integers in the file are tokens", NumPy, nil, 0, 0, func(o *Options) any { return &o.Tokens }},
	{"answers", "what y or targets hold: classes, numbers or labels (zeros and ones, several at once)", NumPy | Table, []string{"classes", "numbers", "labels"}, 0, 0, func(o *Options) any { return &o.Answers }},
	{"axes", "the order of the axes of x: ntc (sequences, steps, values) or nct (channels first, as PyTorch has it)", NumPy, []string{"ntc", "nct"}, 0, 0, func(o *Options) any { return &o.Axes }},
	{"arrays", "which array is what: x=NAME, y=, groups=, lengths=, names=, x_valid=, y_valid=, x_test=, y_test=, groups_test=, lengths_test=", NumPy, nil, 0, 0, func(o *Options) any { return &o.Arrays }},
	{"label", "the column with the class", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.Label }},
	{"text", "the column with the text", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.Text }},
	{"id", "the column that numbers recordings, or file where each file is one; a row is then one step", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.ID }},
	{"group", "the column with the person or speaker", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.Group }},
	{"files", "what the path of a file that holds one recording says, below the folder and without its end: {label}/{group}_* or the like", Table | Audio, nil, 0, 0, func(o *Options) any { return &o.Columns.Files }},
	{"values", "the columns with the values, in order", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.Values }},
	{"targets", "the columns with the numbers to give (regression)", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.Targets }},
	{"each_step", "whether label or targets of a row are the answer of that step, not of the recording", Table, nil, 0, 0, func(o *Options) any { return &o.Columns.EachStep }},
	{"header", "whether the first row has the names of the columns, numbers such as 0,1,2 too: yes, no or guess", Table, []string{"yes", "no", "guess"}, 0, 0, func(o *Options) any { return &o.Columns.Header }},
	{"decimal", "what stands before the decimals of a number: point or comma", Table, []string{"point", "comma"}, 0, 0, func(o *Options) any { return &o.Columns.Decimal }},
	{"missing", "what to do where a value is missing: error, drop (leave those steps out; windows run across none), hold (the value before) or interpolate", Table | NumPy | Varied,
		[]string{"error", "drop", "hold", "interpolate"}, 0, 0, func(o *Options) any { return &o.Missing }},
	{"inputs", "values of one step, where a row is a sequence", Table, nil, 1, 1 << 20, func(o *Options) any { return &o.Columns.Inputs }},
	{"augment_shift", "shift training sequences by up to this many steps", Series | Audio, nil, 0, 1 << 20, func(o *Options) any { return &o.Augment.Shift }},
	{"augment_warp", "stretch and squeeze training sequences smoothly: the standard deviation of how far steps move, as a part of the sequence", Series | Audio, nil, 0, 0.25, func(o *Options) any { return &o.Augment.Warp }},
	{"augment_noise", "add noise of this standard deviation to training values", valued, nil, 0, 1e6, func(o *Options) any { return &o.Augment.Noise }},
	{"augment_rotate", "turn the x, y and z of sensors together, by up to this many degrees in any direction, each training sequence or piece anew", Series,
		nil, 0, 180, func(o *Options) any { return &o.Augment.Rotate }},
	{"augment_scale", "scale each training sequence by 1 plus noise of this standard deviation", valued, nil, 0, 10, func(o *Options) any { return &o.Augment.Scale }},
	{"augment_drop", "probability of each channel of a training sequence to be 0 throughout, its mean after normalise = channel: one for all, or one for each", Series | Audio, nil, 0, 0.9, func(o *Options) any { return &o.Augment.Drop }},
	{"augment_pixels", "move training images by up to this many pixels", Images, nil, 0, 1 << 10, func(o *Options) any { return &o.Augment.ShiftPixels }},
	{"augment_erase", "blank a square of up to this many pixels in training images", Images, nil, 0, 1 << 10, func(o *Options) any { return &o.Augment.Erase }},
}
