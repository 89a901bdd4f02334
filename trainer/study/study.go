// Package study is what is done with a model and its data, from the model's text to figures: it is trained, finetuned through the
// rounding of integers, scored at any level and reported on, or searched around. It strings trainer and compiler together, for the
// command and for programs; it parses no flag and prints nothing, and tells what it is at through a Watcher. Start with New, for
// a model to be trained, and Trained, for one with weights; then Train and Score.
package study

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/exporter/pytorch"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Study is a model with its data, ready to be trained or scored. New and Trained make it.
type Study struct {
	File    string
	Model   *dsl.Model
	Config  trainer.Config
	Set     *data.Set
	Net     *network.Network
	Weights string       // path of the weights file
	Targets []ir.Channel // what the outputs of a regression stand for; nil where they are the numbers of the data set
	Inputs  []ir.Channel // how integers come from the data, as the weights say; nil: as the data set says
	Chosen  string       // what the size of the data set chose, for people; "" where the train block says all
	// Watch hears what is done; nil for nobody. Stage, where it is set, is the part of the work that sequences which are taken
	// from now on count for.
	Watch Watcher
	Stage Stage

	augment   data.Augment
	asTrained *data.Options      // of recordings without end: how training reads the data, where that is otherwise
	atLast    bool               // of recordings without end: the model as written answers at last
	targetSet []string           // settings of targets
	noTest    bool               // the test part is left alone
	folder    *fileio.Folder     // of the run, or of a search and its candidates
	ranges    map[string]float64 // largest |h| of every state over the training part
	finetuned Finetuned
	work      work
}

// Options say what of a model's file is replaced.
type Options struct {
	Data string // data set in the place of the train block's: a known name, a generator or a path; "" for the model's own
	// Set are settings such as "epochs=5", of the train block, or "verilog.butterflies=8", of a target.
	Set []string
	// Weights is a file of weights in the place of the one that the model names, for Trained; "" for that one.
	Weights string
	// Stream reads recordings unbroken, and has the model answer at every step of them.
	Stream bool
	// Loaded is the data set where it is read already, such as for several trainings; nil to read it.
	Loaded *data.Set
}

// New reads a model, its train block and the data set to train it on. Its errors are diagnostics.
func New(file string, o Options) (*Study, error) {
	s, read, err := configure(file, o)
	if err != nil {
		return nil, err
	}
	if ext := filepath.Ext(s.Weights); ext != ".safetensors" {
		return nil, diag.At(s.Model.Settings["weights"]).Errorf("weights", "training writes the safetensors format, and the file's name ends in %q", ext).
			Helpf("write  weights \"%s.safetensors\"", strings.TrimSuffix(filepath.Base(s.Weights), ext))
	}
	if err := s.load(read, o.Loaded); err != nil {
		return nil, err
	}
	s.Chosen = s.Config.Settle(s.Config.Pieces(&s.Set.Train))
	if c := s.Config; c.Loss == network.MeanSquared && c.Standardise {
		s.Targets = trainer.Standardised(s.Set)
	}
	s.Net.Objective = s.Config.Objective(s.task(), &s.Set.Train)
	return s, nil
}

// Trained reads a model, its weights and the data set to score it on: values, classes and words mean what they meant when the
// weights were trained. Its errors are diagnostics.
func Trained(file string, o Options) (*Study, error) {
	s, read, err := withWeights(file, o)
	if err != nil {
		return nil, err
	}
	return s, s.load(read, o.Loaded)
}

// withWeights reads a model and its weights, and gives the options of a data set for them.
func withWeights(file string, o Options) (*Study, data.Options, error) {
	m, _, errs := compiler.Check(file)
	if errs.HasErrors() {
		return nil, data.Options{}, errs
	}
	s, read, err := configured(m, file, o)
	if err != nil {
		return nil, read, err
	}
	from := cmp.Or(o.Weights, s.Weights)
	if o.Weights == "" && !exists(from) {
		return nil, read, compiler.NoWeights(s.Model, file, from)
	}
	f, err := weights.Open(from)
	if err != nil {
		return nil, read, err
	}
	says, errs := compiler.ReadMetadata(s.Model, f)
	if errs.HasErrors() {
		return nil, read, errs
	}
	switch {
	case says.DrawnBy != nil && sameSet(says.TrainedOn, s.Config.Data):
		drawAs(m, says.DrawnBy, diag.Span{File: f.Path, What: "metadata " + metadata.DrawnByKey})
		if s, read, err = configured(m, file, o); err != nil {
			return nil, read, err
		}
	case o.Data != "" && !given(o.Set, "test"):
		read.Test = nil // persons of the model's own data set
	}
	s.Weights, s.Inputs, s.Targets, read.Meaning = from, says.Inputs, says.Outputs, meaningOf(says, s.Model)
	return s, read, trainer.LoadWeights(f, s.Net)
}

// sameSet reports whether two names are of one data set. Paths stand as seen from where hrnnc ran.
func sameSet(a, b string) bool { return filepath.Base(a) == filepath.Base(b) }

// drawAs has a model's train block draw the parts of its data set as those of a training were drawn, which a weights file says: else
// sequences that were trained on would validate.
func drawAs(m *dsl.Model, by map[string]string, at diag.Span) {
	m.Train = maps.Clone(m.Train)
	if m.Train == nil {
		m.Train = map[string]string{}
	}
	for _, k := range append([]string{"seed"}, data.DrawKeys...) {
		delete(m.Train, k)
		if v, ok := by[k]; ok {
			m.Train[k], m.Settings["train."+k] = v, at
		}
	}
}

// configure reads a model and its train block.
func configure(file string, o Options) (*Study, data.Options, error) {
	m, _, errs := compiler.Check(file)
	if errs.HasErrors() {
		return nil, data.Options{}, errs
	}
	return configured(m, file, o)
}

// configured is configure of a model that is read, and leaves that as it is.
func configured(m *dsl.Model, file string, o Options) (*Study, data.Options, error) {
	own := *m
	m = &own
	var read data.Options
	set := o.Set
	if o.Data != "" {
		set = append(slices.Clone(set), "data="+o.Data)
	}
	targetSet, set := SplitSettings(set)
	c, err := trainer.ReadConfig(m, set, data.Keys())
	if err != nil {
		return nil, read, err
	}
	if c.Data == "" {
		return nil, read, diag.InFile(file, "").Errorf("data", "the model names no data set").
			Helpf("add  train { data = mnist }, or give --data; hrnnc data list shows what is known")
	}
	if m.Weights == "" {
		return nil, read, diag.InFile(file, "").Errorf("missing", "the model names no weights file to write").
			Helpf("add  weights \"model.safetensors\"")
	}
	if o.Data == "" && !given(set, "data") {
		c.Data = beside(file, c.Data)
	}
	s := &Study{File: file, Model: m, Config: c, Weights: m.WeightsPath(), targetSet: targetSet}
	s.Net = network.New(m)
	s.Net.Loss = c.Loss
	if o.Stream {
		if err := s.streams(); err != nil {
			return nil, read, err
		}
	}
	read, err = dataOptions(m, c)
	if o.Stream {
		if !read.Stream && o.Data == "" {
			windows := read
			s.asTrained = &windows
		}
		read.Stream, read.Window, read.Stride, read.Length, read.Augment = true, 0, 0, 0, data.Augment{}
	}
	if o.Data != "" {
		for key := range m.Train {
			if !given(set, key) {
				read.Borrowed = append(read.Borrowed, key) // said of the model's own data set
			}
		}
	}
	s.augment = read.Augment
	return s, read, err
}

// SplitSettings parts settings of targets, such as "verilog.butterflies=8", from those of train blocks.
func SplitSettings(set []string) (targets, train []string) {
	for _, s := range set {
		key, _, _ := strings.Cut(s, "=")
		if compiler.KnowsSetting(strings.TrimSpace(key)) {
			targets = append(targets, s)
		} else {
			train = append(train, s)
		}
	}
	return targets, train
}

// given reports whether settings give a key of the train block a value.
func given(set []string, key string) bool {
	return slices.ContainsFunc(set, func(o string) bool { k, _, _ := strings.Cut(o, "="); return strings.TrimSpace(k) == key })
}

// beside gives a path that a model names as seen from here: it is relative to the model's folder. Names of data sets stay.
func beside(file, name string) string {
	path := filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
	if filepath.IsAbs(name) || data.Find(name) != nil {
		return name
	}
	if !exists(path) && !strings.ContainsAny(name, `/\.`) {
		return name
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// load reads the data set, where it is not loaded yet.
func (s *Study) load(o data.Options, loaded *data.Set) (err error) {
	if s.Set = loaded; loaded == nil {
		if s.Set, err = data.Load(s.Config.Data, o); err != nil {
			return err
		}
	}
	return trainer.Fits(s.Model, s.Config.Loss, s.Set)
}

// dataKeys are the settings of a train block that are about data.
// dataOptions reads the data half of a train block.
func dataOptions(m *dsl.Model, c trainer.Config) (data.Options, error) {
	o := data.Defaults()
	o.Seed = uint64(c.Seed)
	var errs diag.List
	for _, k := range slices.Sorted(maps.Keys(c.DataKeys)) {
		if _, err := o.Set(k, c.DataKeys[k]); err != nil {
			var d *diag.Diagnostic
			if !errors.As(err, &d) {
				return o, err
			}
			if at, ok := m.Settings["train."+k]; ok {
				d.Span = at
			} else {
				d.Span.File = m.File
			}
			errs.Add(d)
		}
	}
	return o, errs.Err()
}

// source is a part of the data set for this model.
func (s *Study) source(part *data.Sequences) trainer.Source {
	return counting{s.task().Split(part, s.augment), s.stage()}
}

func (s *Study) task() trainer.Task {
	return trainer.Task{Model: s.Model, Loss: s.Config.Loss, Classes: len(s.Set.Classes), Targets: s.Targets, Inputs: s.Inputs}
}

// Elsewhere is what a training of the model in another framework is made of.
func (s *Study) Elsewhere() *pytorch.Training {
	return &pytorch.Training{Model: s.Model, Config: s.Config, Weights: s.Net.Objective.Weights, Classes: s.source(&s.Set.Train).Classes(), Set: s.Set, Task: s.task(),
		Augment: s.augment, Says: s.note()}
}

// fingerprint names everything that must not change between a run and its resumption.
func (s *Study) fingerprint() trainer.Fingerprint {
	untrained := *s.Model
	untrained.Train, untrained.Targets = nil, nil
	return trainer.Fingerprint{Model: hash(string(dsl.Source(&untrained))), Settings: hash(s.Config), Data: s.Set.Fingerprint()}
}

func hash(values ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintln(values...)))
	return hex.EncodeToString(sum[:8])
}

// Lower compiles the model with the weights at hand.
func (s *Study) Lower() (*compiler.Lowered, error) { return s.lower(func(*compiler.Model) {}) }

// lower is Lower of a model that is changed once it is loaded.
func (s *Study) lower(change func(m *compiler.Model)) (*compiler.Lowered, error) {
	m, err := compiler.Load(s.File, s.Weights)
	if err != nil {
		return nil, err
	}
	change(m)
	if err := m.Set(s.targetSet); err != nil {
		return nil, err
	}
	return m.Lower(passes.Config{})
}

// measure takes the weights that were kept in the folder of the run, and stores with them how large their states get.
func (s *Study) measure(ctx context.Context, kept string) error {
	err := s.restore(kept)
	if err != nil {
		return err
	}
	if s.ranges, err = trainer.Ranges(ctx, s.Net, s.source(&s.Set.Train)); err != nil {
		return err
	}
	return s.save(s.ranges, kept)
}

// restore takes weights by their name in the folder of the run.
func (s *Study) restore(name string) error {
	f, err := weights.Open(s.folder.Path(name))
	if err != nil {
		return err
	}
	return trainer.LoadWeights(f, s.Net)
}

// keep saves the weights at hand, with the ranges that states have on the part that decided for them: a run that is stopped
// leaves a model that can be compiled. measure takes the ranges of the training part in the end.
func (s *Study) keep(trainer.Metrics) error {
	ranges, err := trainer.Ranges(context.Background(), s.Net, s.source(s.validation()))
	if err != nil {
		return err
	}
	return s.save(ranges, bestName, weightsName)
}

// save writes the weights at hand under names in the folder of the run.
func (s *Study) save(ranges map[string]float64, names ...string) error {
	says := s.note()
	says.Ranges = ranges
	data, err := weights.Encode(s.Weights, trainer.WeightsFile(s.Net, says))
	if err != nil {
		return err
	}
	var files []fileio.Content
	for _, name := range names {
		files = append(files, fileio.Content{Name: name, Data: data})
	}
	return s.folder.Write(files...)
}
