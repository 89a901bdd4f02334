package trainer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

// Config is a model's train block: how it is trained. The data half of the block stands in Data.
type Config struct {
	Data      string
	DataKeys  map[string]string // layout, permute, window, ...: see trainer/data
	Epochs    int               // 0 until Settle
	Batch     int               // sequences a step; 0 until Settle
	Rate      float64           // learning rate; 0 until Settle
	SignRate  float64           // of the signs; 0 leaves them as they are, below 0 until Settle
	SignInit  network.SignInit
	Draws     int // of first weights and signs, of which the best after a short training is trained
	Schedule  optim.Schedule
	Optimizer string // adam or adamw
	Decay     float64
	Clip      float64 // largest norm of a gradient; 0 for no limit
	// WeightLimit is the largest magnitude of a few-bit weight, in root mean squares of its tensor; 0 for no limit.
	WeightLimit float64
	// ReadUnits is how many units of the state the output reads, the first ones; 0 for all.
	ReadUnits int
	// Average is how much of the moving average of the weights, which is validated and kept, a step leaves; 0 for none.
	Average float64
	Seed    int64
	Loss    network.Loss
	// Truncate is how many steps of an unbroken recording are trained on at a time, an even number, and Carry says that a piece begins
	// with the state that the one before it ended with.
	Truncate int
	Carry    bool
	// ClassWeight and Smoothing change the loss that training minimises: what classes weigh, and which part of an answer's
	// probability goes to all classes alike.
	ClassWeight ClassWeight
	Smoothing   float64
	// Standardise makes the targets of a regression mean 0 and variance 1 over the training part.
	Standardise bool
	// Repeat is how many times an epoch passes over the training part, augmented anew each time: sets of few sequences need many
	// passes, and few validations.
	Repeat   int
	Score    Measure // what validation judges decisions by
	Keep     Kept
	Patience int // epochs without a better validation after which training ends; 0 for never
}

// Kept says of which epoch the weights are kept.
type Kept string

// The choices. A validation part of a few sequences says next to nothing about which epoch is best.
const (
	KeepBest Kept = "best" // on validation
	KeepLast Kept = "last"
)

// defaults are those that do not depend on the data: Settle chooses the others. The clipping keeps a late flip of many
// signs from throwing a good model away.
func defaults(m *dsl.Model) Config {
	return Config{Schedule: optim.Schedule{Kind: optim.Cosine, Gamma: 0.98, Every: 1},
		Repeat: 1, Draws: 1, Truncate: 256, Carry: true, Score: Accuracy, Keep: KeepBest, Optimizer: "adam", Clip: 1, Seed: 1, Standardise: true, SignRate: -1, SignInit: network.RandomSigns, Loss: network.DefaultLoss(m), DataKeys: map[string]string{}}
}

// signsSlower is by how much signs learn slower than the rest where nothing is said: a flip changes the recurrence for all
// steps, and at the rate of the other parameters latent values near zero flip without end (docs/training.md).
const signsSlower = 300

// Setting is one key of the train block that says how to train: how it is written, and the words that it may be, nil when
// any.
type Setting struct {
	Key, Form string
	Words     []string
	read      func(c *Config, text string) bool
}

// Settings is every key that says how to train. trainer/data has those about the data.
var Settings = []Setting{
	{"data", `data = mnist, or a path: data = "recordings.npz"`, nil, func(c *Config, s string) bool { c.Data = s; return s != "" }},
	{"epochs", "epochs = 20: 1 to 1,048,576", nil, func(c *Config, s string) bool { return whole(&c.Epochs, s, 1, 1<<20) }},
	{"batch", "batch = 100: 1 to 1,048,576", nil, func(c *Config, s string) bool { return whole(&c.Batch, s, 1, 1<<20) }},
	{"rate", "rate = 0.001: above 0, below 1e9", nil, func(c *Config, s string) bool { return positive(&c.Rate, s) }},
	{"sign_rate", "sign_rate = 0.00001: from 0, below 1e9; 0 leaves the signs as they were drawn", nil,
		func(c *Config, s string) bool { return number(&c.SignRate, s) }},
	word("sign_init", "sign_init = balanced  or  random", func(c *Config) *network.SignInit { return &c.SignInit }, network.BalancedSigns, network.RandomSigns),
	{"draws", "draws = 4: first weights and signs to choose from by a short training of each, 1 to 1,024", nil,
		func(c *Config, s string) bool { return whole(&c.Draws, s, 1, 1024) }},
	word("optimizer", "optimizer = adam  or  adamw", func(c *Config) *string { return &c.Optimizer }, "adam", "adamw"),
	{"weight_decay", "weight_decay = 0.01: from 0, below 1e9", nil, func(c *Config, s string) bool { return number(&c.Decay, s) }},
	word("schedule", "schedule = constant, step or cosine", func(c *Config) *optim.Kind { return &c.Schedule.Kind }, optim.Constant, optim.Step, optim.Cosine),
	{"gamma", "gamma = 0.98: the factor of schedule = step", nil, func(c *Config, s string) bool { return positive(&c.Schedule.Gamma, s) }},
	{"every", "every = 1: epochs between the factors of schedule = step", nil, func(c *Config, s string) bool { return whole(&c.Schedule.Every, s, 1, 1<<20) }},
	{"floor", "floor = 0.01: the part of the rate that schedule = cosine ends at", nil, func(c *Config, s string) bool { return number(&c.Schedule.Floor, s) }},
	{"warmup", "warmup = 1: epochs over which the rate rises from zero", nil, func(c *Config, s string) bool { return number(&c.Schedule.Warmup, s) }},
	{"clip", "clip = 1: the largest norm of a gradient; 0 for none", nil, func(c *Config, s string) bool { return number(&c.Clip, s) }},
	{"weight_limit", "weight_limit = 2: the largest magnitude of a few-bit weight, in root mean squares of its tensor, from 1; 0 for none", nil,
		func(c *Config, s string) bool {
			return number(&c.WeightLimit, s) && (c.WeightLimit == 0 || c.WeightLimit >= 1)
		}},
	{"read_units", "read_units = 32: units of the state that the output reads, from 1; 0 for all", nil,
		func(c *Config, s string) bool { return whole(&c.ReadUnits, s, 0, 1<<20) }},
	{"average", "average = 0.99: how much of the average of the weights a step leaves, from 0, below 1; 0 keeps the weights themselves", nil,
		func(c *Config, s string) bool { return number(&c.Average, s) && c.Average < 1 }},
	{"seed", "seed = 1", nil, func(c *Config, s string) bool {
		v, err := strconv.ParseInt(s, 10, 64)
		c.Seed = v
		return err == nil
	}},
	word("loss", "loss = cross_entropy, binary_cross_entropy or mse", func(c *Config) *network.Loss { return &c.Loss },
		network.CrossEntropy, network.BinaryCrossEntropy, network.MeanSquared),
	{"truncate", "truncate = 256: steps of an unbroken recording that are trained on at a time, an even number, 2 to 1,048,576", nil, func(c *Config, s string) bool {
		return whole(&c.Truncate, s, 2, 1<<20) && c.Truncate%2 == 0
	}},
	{"carry", "carry = yes  or  no: whether a piece of an unbroken recording begins with the state that the one before it ended with", []string{"yes", "no"}, func(c *Config, s string) bool {
		c.Carry = s == "yes"
		return s == "yes" || s == "no"
	}},
	{"class_weight", "class_weight = balanced  or  none, or a weight for each class, from 0: class_weight = [1, 2, 0.5]", nil, readClassWeight},
	{"label_smoothing", "label_smoothing = 0.1: from 0, below 1", nil, func(c *Config, s string) bool { return number(&c.Smoothing, s) && c.Smoothing < 1 }},
	{"standardise", "standardise = yes  or  no", []string{"yes", "no"}, func(c *Config, s string) bool {
		c.Standardise = s == "yes"
		return s == "yes" || s == "no"
	}},
	{"repeat", "repeat = 10: passes over the training part an epoch, 1 to 1,048,576", nil, func(c *Config, s string) bool { return whole(&c.Repeat, s, 1, 1<<20) }},
	word("score", "score = accuracy  or  macro_f1: what keep = best and patience go by on validation", func(c *Config) *Measure { return &c.Score }, Accuracy, MacroF1),
	word("keep", "keep = best  or  last", func(c *Config) *Kept { return &c.Keep }, KeepBest, KeepLast),
	{"patience", "patience = 10: epochs without a better validation after which training ends", nil, func(c *Config, s string) bool {
		return whole(&c.Patience, s, 0, 1<<20)
	}},
}

// word is a setting that is one of some words.
func word[W ~string](key, form string, field func(*Config) *W, words ...W) Setting {
	s := Setting{Key: key, Form: form, read: func(c *Config, text string) bool {
		*field(c) = W(text)
		return slices.Contains(words, W(text))
	}}
	for _, w := range words {
		s.Words = append(s.Words, string(w))
	}
	return s
}

func whole(into *int, s string, lo, hi int) bool {
	v, err := strconv.Atoi(s)
	*into = v
	return err == nil && v >= lo && v <= hi
}

func number(into *float64, s string) bool {
	v, err := strconv.ParseFloat(s, 64)
	*into = v
	return err == nil && v >= 0 && v < 1e9
}

func positive(into *float64, s string) bool { return number(into, s) && *into > 0 }

// ReadConfig reads the train block of a checked model, with overrides ("epochs=5") from the command line behind it.
// Epochs, batch and rates that neither sets are for Settle to choose, once the data is read. Errors are a diag.List that
// says where in the model a setting stands.
func ReadConfig(m *dsl.Model, overrides []string, dataKeys []string) (Config, error) {
	c := defaults(m)
	var errs diag.List
	pairs, at := map[string]string{}, map[string]diag.Span{}
	for k, v := range m.Train {
		pairs[k], at[k] = v, m.Settings["train."+k]
	}
	for _, o := range overrides {
		k, v, ok := strings.Cut(o, "=")
		k = strings.TrimSpace(k)
		if !ok {
			errs.Add(diag.InFile(m.File, "").Errorf("settings", "%q sets nothing", o).Helpf("write  --set epochs=5"))
			continue
		}
		pairs[k], at[k] = strings.TrimSpace(v), diag.Span{File: m.File, What: "--set " + o}
	}
	for _, k := range sorted(pairs) {
		if err := c.set(k, pairs[k], at[k], dataKeys); err != nil {
			errs.Add(err)
		}
	}
	if err := c.readable(m, at["read_units"]); err != nil {
		errs.Add(err)
	}
	errs = append(errs, c.forClasses(m, at)...)
	for _, key := range []string{"truncate", "carry"} {
		if _, given := pairs[key]; given && !c.stream() {
			errs.Add(diag.At(at[key]).Errorf("settings", "%s is for recordings that are read unbroken", key).Helpf("write  stream = yes;  or remove  %s", key))
		}
	}
	return c, errs.Err()
}

// roomOfLimit is how much larger than the mean square of the weights that are read the square of their limit has to be: weights that
// are clamped to their own root mean square or below shrink at every step.
const roomOfLimit = 1.2

// readable checks that the output can read so few units of the model's state.
func (c *Config) readable(m *dsl.Model, at diag.Span) *diag.Diagnostic {
	r := m.Readout
	switch {
	case c.ReadUnits > r.From.State.Size:
		return diag.At(at).Errorf("settings", "read_units = %d, and state %s has %s", c.ReadUnits, r.From.State.Name, diag.Count(r.From.State.Size, "unit")).
			Helpf("write  read_units = %d  or fewer", r.From.State.Size)
	case c.ReadUnits > 0 && r.Matrix.Kind == "binary":
		return diag.At(at).Errorf("settings", "read_units wants weights of 0 for the units that are not read, and %s is binary", r.Matrix.Name).
			Helpf("make %s ternary, or leave read_units out", r.Matrix.Name)
	case c.ReadUnits > 0 && c.WeightLimit > 0 && c.WeightLimit*c.WeightLimit*float64(c.ReadUnits) < roomOfLimit*float64(r.From.State.Size):
		return diag.At(at).Errorf("settings", "read_units = %d and weight_limit = %g leave %s nothing: the zeros of units that are not read count in its root mean square",
			c.ReadUnits, c.WeightLimit, r.Matrix.Name).Helpf("write  weight_limit = %.2g", 2*math.Sqrt(float64(r.From.State.Size)/float64(c.ReadUnits)))
	}
	return nil
}

// stream reports whether recordings are read unbroken.
func (c *Config) stream() bool {
	return c.DataKeys["stream"] == "yes" || c.DataKeys["stream"] == "true"
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *Config) set(key, value string, at diag.Span, dataKeys []string) *diag.Diagnostic {
	for _, s := range Settings {
		if s.Key != key {
			continue
		}
		if !s.read(c, value) {
			return diag.At(at).Errorf("settings", "%s = %s cannot be", key, value).Helpf("write  %s", s.Form)
		}
		return nil
	}
	if slices.Contains(dataKeys, key) {
		c.DataKeys[key] = value
		return nil
	}
	meant, help := suggestion(key, dataKeys)
	d := diag.At(at).Errorf("settings", "train has no setting %s", key).Helpf("%s", help)
	if meant != "" && at.Start.Line > 0 {
		at.End = at.Start
		at.End.Col, at.End.Offset = at.End.Col+len(key), at.End.Offset+len(key)
		d.Fix(at, meant)
	}
	return d
}

// othersNames are what the settings are called elsewhere.
var othersNames = map[string]string{"lr": "rate", "learning_rate": "rate", "base_lr": "rate", "batch_size": "batch", "batchsize": "batch", "bs": "batch",
	"scheduler": "schedule", "lr_scheduler": "schedule", "optim": "optimizer", "optimiser": "optimizer", "decay": "weight_decay", "wd": "weight_decay",
	"early_stopping": "patience", "dataset": "data", "train_data": "data", "max_epochs": "epochs", "num_epochs": "epochs", "n_epochs": "epochs",
	"warmup_epochs": "warmup", "restarts": "draws", "ema": "average", "ema_decay": "average", "grad_clip": "clip", "clip_grad_norm": "clip", "random_seed": "seed", "manual_seed": "seed", "criterion": "loss", "metric": "score", "metrics": "score", "scoring": "score", "monitor": "score",
	"normalize": "normalise", "standardize": "standardise", "window_size": "window", "hop": "stride", "vocab": "vocabulary", "val": "valid",
	"val_split": "valid", "validation": "valid", "validation_split": "valid", "test_split": "hold", "test_size": "hold", "subject": "group", "groups": "group"}

// Alias is the setting that is called key elsewhere, or "".
func Alias(key string) string { return othersNames[strings.ToLower(key)] }

// Meant is the one of known settings that a slip of the keyboard, or what it is called elsewhere, means; or "".
func Meant(key string, known []string) string {
	if name := Alias(key); slices.Contains(known, name) {
		return name
	}
	return diag.Nearest(key, known)
}

// suggestion is the setting that is meant, "" where nobody can know, and what to say.
func suggestion(key string, dataKeys []string) (meant, help string) {
	known := slices.Clone(dataKeys)
	for _, s := range Settings {
		known = append(known, s.Key)
	}
	slices.Sort(known)
	if name := Meant(key, known); name != "" {
		return name, fmt.Sprintf("did you mean %s?", name)
	}
	return "", "its settings are " + strings.Join(known, ", ")
}

// Pairs gives the block as it was used, defaults included, for a report.
func (c Config) Pairs() [][2]string {
	out := [][2]string{{"data", c.Data}}
	for _, k := range sorted(c.DataKeys) {
		out = append(out, [2]string{k, c.DataKeys[k]})
	}
	add := func(key string, value any) { out = append(out, [2]string{key, fmt.Sprint(value)}) }
	add("epochs", c.Epochs)
	add("batch", c.Batch)
	add("optimizer", c.Optimizer)
	add("rate", c.Rate)
	add("sign_rate", c.SignRate)
	add("sign_init", c.SignInit)
	add("draws", c.Draws)
	add("schedule", c.Schedule.Kind)
	if c.Schedule.Kind == optim.Step {
		add("gamma", c.Schedule.Gamma)
		add("every", c.Schedule.Every)
	}
	if c.Schedule.Kind == optim.Cosine {
		add("floor", c.Schedule.Floor)
	}
	add("warmup", c.Schedule.Warmup)
	add("weight_decay", c.Decay)
	add("clip", c.Clip)
	add("weight_limit", c.WeightLimit)
	add("read_units", c.ReadUnits)
	add("average", c.Average)
	add("loss", c.Loss)
	if c.stream() {
		add("truncate", c.Truncate)
		add("carry", map[bool]string{true: "yes", false: "no"}[c.Carry])
	}
	if c.Loss == network.MeanSquared {
		add("standardise", map[bool]string{true: "yes", false: "no"}[c.Standardise])
	} else {
		add("class_weight", c.ClassWeight)
		add("label_smoothing", c.Smoothing)
		add("score", string(c.Score))
	}
	add("repeat", c.Repeat)
	add("keep", c.Keep)
	add("patience", c.Patience)
	add("seed", c.Seed)
	return out
}
