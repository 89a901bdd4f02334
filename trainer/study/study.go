package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// training is a model with its data, ready to be trained or scored.
type training struct {
	file      string
	model     *dsl.Model
	config    trainer.Config
	set       *data.Set
	net       *network.Network
	weights   string         // path of the weights file
	folder    *fileio.Folder // of the run, or of a search's candidate
	targetSet []string       // settings of targets from the command line
	augment   data.Augment
	chosen    string             // what the size of the data set chose, for people
	targets   []ir.Channel       // what the outputs of a regression stand for
	inputs    []ir.Channel       // how integers come from the data, as the weights say; nil: as the data set says
	ranges    map[string]float64 // largest |h| of every state over the training part
	finetuned finetuned
	// work is what a training plans to do, stage what of it sequences that are taken now count for; nil shows nothing.
	work  trainingWork
	stage *stage
}

// prepare reads a model, its train block and its data set to train on.
func prepare(file, dataset string, overrides []string) (*training, error) {
	t, o, err := configure(file, dataset, overrides)
	if err != nil {
		return nil, err
	}
	if ext := filepath.Ext(t.weights); ext != ".safetensors" {
		return nil, diag.At(t.model.Settings["weights"]).Errorf("weights", "training writes the safetensors format, and the file's name ends in %q", ext).
			Helpf("write  weights \"%s.safetensors\"", strings.TrimSuffix(filepath.Base(t.weights), ext))
	}
	if err := t.load(o); err != nil {
		return nil, err
	}
	t.chosen = t.config.Settle(t.set.Train.N)
	if c := t.config; c.Loss == network.MeanSquared && c.Standardise {
		t.targets = trainer.Standardised(t.set)
	}
	return t, nil
}

// prepareTrained reads a model, its weights and the data set to score it on: values, classes and words mean what they meant
// when the weights were trained. weightsFile replaces the one that the model names; empty for that one.
func prepareTrained(file, dataset string, overrides []string, weightsFile string) (*training, error) {
	t, o, err := trained(file, dataset, overrides, weightsFile)
	if err != nil {
		return nil, err
	}
	return t, t.load(o)
}

// trained reads a model and its weights, and gives the options of a data set for them.
func trained(file, dataset string, overrides []string, weightsFile string) (*training, data.Options, error) {
	t, o, err := configure(file, dataset, overrides)
	if err != nil {
		return nil, o, err
	}
	if weightsFile != "" {
		t.weights = weightsFile
	}
	if weightsFile == "" && !exists(t.weights) {
		return nil, o, compiler.NoWeights(t.model, file, t.weights)
	}
	f, err := weights.Open(t.weights)
	if err != nil {
		return nil, o, err
	}
	if dataset != "" && !overridden(overrides, "test") {
		o.Test = nil // persons of the model's own data set
	}
	if o.Meaning, t.inputs, t.targets, err = readMeaning(f, t.model); err != nil {
		return nil, o, err
	}
	return t, o, trainer.LoadWeights(f, t.net)
}

// configure reads a model and its train block.
func configure(file, dataset string, overrides []string) (*training, data.Options, error) {
	var o data.Options
	m, _, errs := compiler.Check(file)
	if errs.HasErrors() {
		return nil, o, errs
	}
	if dataset != "" {
		overrides = append(overrides, "data="+dataset)
	}
	targetSet, overrides := splitSettings(overrides)
	c, err := trainer.ReadConfig(m, overrides, dataKeys())
	if err != nil {
		return nil, o, err
	}
	if c.Data == "" {
		return nil, o, diag.InFile(file, "").Errorf("data", "the model names no data set").
			Helpf("add  train { data = mnist }, or give --data; hrnnc data list shows what is known")
	}
	if m.Weights == "" {
		return nil, o, diag.InFile(file, "").Errorf("missing", "the model names no weights file to write").
			Helpf("add  weights \"model.safetensors\"")
	}
	if dataset == "" && !overridden(overrides, "data") {
		c.Data = beside(file, c.Data)
	}
	t := &training{file: file, model: m, config: c, weights: m.WeightsPath(), targetSet: targetSet}
	t.net = network.New(m)
	t.net.Loss = c.Loss
	o, err = dataOptions(m, c)
	if dataset != "" {
		for key := range m.Train {
			if !overridden(overrides, key) {
				o.Borrowed = append(o.Borrowed, key) // said of the model's own data set
			}
		}
	}
	t.augment = o.Augment
	return t, o, err
}

// needsWeights refuses a recurrent matrix where there is nothing to take it from; flag would name its file.
func (t *training) needsWeights(flag string) error {
	for _, l := range t.model.Layers {
		if l.Dense == nil {
			continue
		}
		d := diag.At(l.Span).Errorf("train", "state %s has the recurrent matrix %s, and training draws none", l.State.Name, l.Dense.Name)
		if flag == "" {
			return d.Helpf("write hadamard(%s), whose weights are signs", l.State.Name)
		}
		return d.Helpf("give the weights that hold it with %s, to train its signs further; or write hadamard(%s), whose weights are signs", flag, l.State.Name)
	}
	return nil
}

// overridden reports whether the command line sets a key of the train block.
func overridden(overrides []string, key string) bool {
	return slices.ContainsFunc(overrides, func(o string) bool { k, _, _ := strings.Cut(o, "="); return strings.TrimSpace(k) == key })
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

// load reads the data set.
func (t *training) load(o data.Options) (err error) {
	if t.set, err = data.Load(t.config.Data, o); err != nil {
		return err
	}
	return trainer.Fits(t.model, t.config.Loss, t.set)
}

// dataKeys are the settings of a train block that are about data.
func dataKeys() []string {
	var keys []string
	for _, s := range data.Settings {
		keys = append(keys, s.Name)
	}
	return keys
}

// dataOptions reads the data half of a train block.
func dataOptions(m *dsl.Model, c trainer.Config) (data.Options, error) {
	o := data.Defaults()
	o.Seed = uint64(c.Seed)
	var errs diag.List
	for _, k := range sortedKeys(c.DataKeys) {
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

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// source is a part of the data set for this model.
func (t *training) source(s *data.Sequences) trainer.Source {
	return t.stage.counting(trainer.Task{Model: t.model, Loss: t.config.Loss, Classes: len(t.set.Classes), Targets: t.targets, Inputs: t.inputs}.Split(s, t.augment))
}

// fingerprint names everything that must not change between a run and its resumption.
func (t *training) fingerprint() trainer.Fingerprint {
	untrained := *t.model
	untrained.Train, untrained.Targets = nil, nil
	return trainer.Fingerprint{Model: hash(string(dsl.Source(&untrained))), Settings: hash(t.config), Data: t.set.Fingerprint()}
}

func hash(values ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintln(values...)))
	return hex.EncodeToString(sum[:8])
}

// validation is the part that decides which weights are kept: never the test part, which would flatter itself.
func (t *training) validation() *data.Sequences {
	if t.set.Valid.N > 0 {
		return &t.set.Valid
	}
	return &t.set.Train
}

// measure takes the weights that were kept in the folder of the run, and stores with them how large their states get.
func (t *training) measure(ctx context.Context, kept string) error {
	err := t.restore(kept)
	if err != nil {
		return err
	}
	if t.ranges, err = trainer.Ranges(ctx, t.net, t.source(&t.set.Train)); err != nil {
		return err
	}
	return t.save(t.ranges, kept)
}

// restore takes weights by their name in the folder of the run.
func (t *training) restore(name string) error {
	f, err := weights.Open(t.folder.Path(name))
	if err != nil {
		return err
	}
	return trainer.LoadWeights(f, t.net)
}

// keep saves the weights at hand, with the ranges that states have on the part that decided for them: a run that is stopped
// leaves a model that can be compiled. measure takes the ranges of the training part in the end.
func (t *training) keep(trainer.Metrics) error {
	ranges, err := trainer.Ranges(context.Background(), t.net, t.source(t.validation()))
	if err != nil {
		return err
	}
	return t.save(ranges, bestName, weightsName)
}

// save writes the weights at hand under names in the folder of the run.
func (t *training) save(ranges map[string]float64, names ...string) error {
	says := t.note()
	says.Ranges = ranges
	data, err := weights.Encode(t.weights, trainer.WeightsFile(t.net, says))
	if err != nil {
		return err
	}
	var files []fileio.Content
	for _, name := range names {
		files = append(files, fileio.Content{Name: name, Data: data})
	}
	return t.folder.Write(files...)
}

// warnings are about data that training works on, badly.
func (t *training) warnings() diag.List {
	out := trainer.DataWarnings(t.model, t.set)
	if t.set.Valid.N == 0 && t.config.Keep != trainer.KeepLast {
		out.Add(diag.InFile(t.file, "").Warningf("data", "there is no validation part: the score on the training part decides which weights are kept").
			Helpf("hold some out with  valid = 0.1;  or keep the weights of the last epoch, with  keep = last"))
	}
	return out
}

// rangeWarnings are about states that leave the range that the model says they have: the integers clamp them.
func (t *training) rangeWarnings() diag.List {
	var out diag.List
	for _, l := range t.model.Layers {
		if said, most := l.State.Max, t.ranges[l.State.Name]; said > 0 && most > said {
			out.Add(diag.At(l.State.Span).Warningf("range", "%s reaches %.4g in the training part, beyond its range of %.4g, and is clamped there by the integers", l.State.Name, most, said).
				Helpf("remove  range: the weights file has the measured one"))
		}
	}
	return out
}
