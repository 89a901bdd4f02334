package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// trainFlags are the flags of hrnnc train.
type trainFlags struct {
	data, folder  string
	set           []string
	from          string // weights to start from; "" for random ones
	finetune      string
	resume, force bool
}

func (a *app) trainCmd() *cobra.Command {
	var o trainFlags
	c := &cobra.Command{
		Use:   "train model.hrn",
		Short: "Train what a model describes, and leave weights that compile takes",
		Long: `Train a model on a data set, as its train block says, and write the weights file that it names: the weights of the best
epoch on validation, with the ranges that compiling needs. The folder of the run gets metrics.jsonl, a line an epoch, and
a checkpoint. Ctrl-C saves; --resume goes on exactly where the run was. docs/training.md has every setting.`,
		Example: `  hrnnc train model.hrn                               # everything is in its train block
  hrnnc train model.hrn --data mnist --set epochs=5   # settings from the command line
  hrnnc train model.hrn --resume                      # go on after Ctrl-C
  hrnnc train model.hrn --finetune fixed              # for states of few bits
  hrnnc train model.hrn --from model.safetensors --force --set rate=0.0003   # some more epochs
  hrnnc data list                                     # data sets that are known`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.train(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "data set: a known name, a generator such as copy(100), or a path")
	settingsFlag(c, &o.set, aboutTraining|aboutData, "a setting of the train block, as epochs=5")
	f.StringVarP(&o.folder, "output", "o", "", "folder of the run (default, beside the model: run for model.hrn, run-NAME for NAME.hrn)")
	f.StringVar(&o.from, "from", "", "weights file to start from, instead of random weights: more epochs, or other data")
	f.StringVar(&o.finetune, "finetune", "", "fixed: when the integers decide worse than real numbers by over 0.5 points, train on through the rounding of states")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in the folder")
	f.BoolVar(&o.force, "force", false, "replace weights and a run that are there")
	return c
}

func (a *app) train(ctx context.Context, file string, o trainFlags) error {
	if o.finetune != "" && o.finetune != "fixed" {
		return usageError{fmt.Errorf("--finetune %s cannot be; --finetune fixed can", o.finetune)}
	}
	if err := folder(o.folder); err != nil {
		return err
	}
	bar := a.progress()
	defer bar.clear()
	bar.say("reading data")
	t, err := prepare(file, o.data, o.set)
	if err != nil {
		return err
	}
	if o.folder == "" {
		o.folder = besideModel(file, "run")
	}
	var from *weights.File // read before anything is taken away: it may be what a run kept
	if o.from != "" {
		if from, err = weights.Open(o.from); err != nil {
			return err
		}
	}
	lock, err := t.openRun(o)
	if err != nil {
		return err
	}
	defer lock.Release()
	defer t.folder.Close()
	if o.from == "" && !o.resume {
		if err := t.needsWeights("--from"); err != nil {
			return err
		}
	}
	a.warn(t.warnings())
	a.tellNotes(t)
	if t.chosen != "" {
		a.tell("%s", t.chosen)
	}
	t.net.Initialise(t.config.Seed, t.config.SignInit)
	if from != nil {
		if err := trainer.LoadWeights(from, t.net); err != nil {
			return err
		}
	}
	if !o.resume { // all is well: what the run before left goes
		if err := t.folder.Remove(runFiles...); err != nil {
			return err
		}
	}
	valid := t.validation()
	t.plan(bar, o.finetune != "")
	t.stage = t.work.train
	run := &trainer.Run{Net: t.net, Config: t.config, Train: t.source(&t.set.Train), Valid: t.source(valid), Folder: t.folder,
		Fingerprint: t.fingerprint(), Watch: a.watchTraining(t, ""), Keep: t.keep}
	history, err := run.Start(ctx, o.resume)
	var diverged *trainer.DivergedError
	switch {
	case errors.Is(err, context.Canceled):
		a.stopped()
		return err
	case errors.As(err, &diverged):
		return diag.InFile(file, "").Errorf("diverged", "%v", err).
			Helpf("%s; train with a smaller rate, such as  --set rate=%.2g, or a smaller clip", keptSoFar(history), t.config.Rate/3)
	case err != nil:
		return err
	}
	t.work.train.resize(t.work.train.done) // patience may have ended it
	err = a.finishWeights(ctx, t, o)
	if err == nil {
		a.warn(t.rangeWarnings())
		err = a.finishTraining(ctx, t, history)
	}
	if errors.Is(err, context.Canceled) {
		a.stopped()
	}
	return err
}

// finishWeights makes the weights file of the best weights: measured, and trained on through rounding where that is asked for.
// It starts from what the run kept and never from its own result, so that a run that is gone on with has the same end.
func (a *app) finishWeights(ctx context.Context, t *training, o trainFlags) error {
	t.work.measure.begin()
	t.stage = t.work.measure
	kept := *t
	kept.weights = t.folder.Path(bestName)
	if err := kept.measure(ctx, bestName); err != nil {
		return err
	}
	if o.finetune == "fixed" {
		if !exists(t.folder.Path(finetuneName + "/" + bestName)) { // else the file may have these already
			if err := kept.save(kept.ranges, weightsName); err != nil {
				return err
			}
		}
		var err error
		if t.finetuned, err = a.finetune(ctx, &kept, o.resume); err != nil {
			return err
		}
	}
	t.ranges = kept.ranges
	return t.save(t.ranges, weightsName)
}

// tellNotes says what the files of the data set were taken for.
func (a *app) tellNotes(t *training) {
	for _, note := range t.set.Notes {
		a.tell("data: %s", note)
	}
}

// keptSoFar says what a run that went wrong has left.
func keptSoFar(history []trainer.Metrics) string {
	if len(history) == 0 {
		return "no epoch was complete, and no weights are kept"
	}
	return "the weights of the best epoch are kept"
}

// The files of a run's folder, beside those of package trainer. weightsName stands for the weights file, wherever it lies.
const (
	bestName     = "best.safetensors" // the weights of the best epoch, which all that follows starts from
	reportName   = "report.html"
	finetuneName = "finetune" // a folder with a run of its own
	weightsName  = "weights"
)

var runFiles = []string{trainer.CheckpointName, trainer.MetricsName, bestName, reportName, finetuneName + "/" + trainer.CheckpointName,
	finetuneName + "/" + trainer.MetricsName, finetuneName + "/" + bestName}

// besideModel is the default folder of what is trained: name for model.hrn, and for another model of the same folder its own.
func besideModel(file, name string) string {
	if base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)); base != "model" {
		name += "-" + base
	}
	return filepath.Join(filepath.Dir(file), name)
}

// openRun locks the folder of the run and the weights file, and refuses to replace what nobody asked to replace and, whatever
// was asked, what hrnnc did not write.
func (t *training) openRun(o trainFlags) (*fileio.Lock, error) {
	lock, err := fileio.LockFile(t.weights)
	if err != nil {
		return nil, err
	}
	if t.folder, err = fileio.OpenFolder(o.folder); err != nil {
		lock.Release()
		return nil, err
	}
	t.folder.Elsewhere(weightsName, t.weights)
	if err = t.mayTrain(o); err == nil {
		err = errors.Join(t.folder.Claim(runFiles...), fileio.MayRewrite(t.weights))
	}
	if err != nil {
		t.folder.Close()
		lock.Release()
		return nil, err
	}
	return lock, nil
}

// mayTrain refuses to replace weights or a run that nobody asked to replace.
func (t *training) mayTrain(o trainFlags) error {
	checkpoint := t.folder.Path(trainer.CheckpointName)
	switch {
	case o.resume:
		if _, best := trainer.ReadCheckpoint(checkpoint); best > 0 && !exists(t.folder.Path(bestName)) {
			return diag.InFile(t.folder.Path(bestName), "").Errorf("resume", "the weights that the run kept, of epoch %d, are not there", best).
				Helpf("put them back; or start afresh with --force and without --resume")
		}
		if !o.force && t.folder.Claim(weightsName) != nil {
			return diag.InFile(t.weights, "").Errorf("output", "is not as the run wrote it, and would be replaced").
				Helpf("move it away, and it is written anew; or give --force too")
		}
		return nil
	case o.force:
		return nil
	}
	if exists(checkpoint) {
		if model, _ := trainer.ReadCheckpoint(checkpoint); model != t.fingerprint().Model {
			return diag.InFile(checkpoint, "").Errorf("output", "the run of another model is there, or of this one before it was changed").
				Helpf("choose another folder with -o, or replace that run with --force")
		}
		return diag.InFile(checkpoint, "").Errorf("output", "a run is there already").
			Helpf("go on with --resume, start afresh with --force, or choose another folder with -o")
	}
	if exists(t.weights) {
		return diag.InFile(t.weights, "").Errorf("output", "the weights file is there already").
			Helpf("give --force to replace it, or name another one in the model")
	}
	return nil
}

// stopped says how a run that was interrupted goes on.
func (a *app) stopped() {
	a.bar.clear()
	fmt.Fprintf(a.err, "stopped; go on with  %s\n", resumeLine())
}

// trainingWork is all that a training does, in sequences that go forward through the network.
type trainingWork struct{ train, measure, compare, finetune, score *stage }

// backwards is about what a sequence that is trained on costs, where one that is scored costs 1.
const backwards = 3

// epochWork is that of an epoch, and validation is part of it.
func epochWork(t *training, valid *data.Sequences) float64 {
	return backwards*float64(t.set.Train.N) + float64(valid.N)
}

// plan makes one bar of the whole training.
func (t *training) plan(bar *progress, finetune bool) {
	n, epochs := float64(t.set.Train.N), float64(t.config.Epochs)
	t.work.train = bar.plan("training", epochs*epochWork(t, t.validation()))
	t.work.measure = bar.plan("measuring the states", n)
	if finetune {
		watched := t.set.Valid.N + min(t.set.Train.N, finetuneWatched)
		t.work.compare = bar.plan("comparing real and fixed", 2*float64(watched))
		t.work.finetune = bar.plan("finetuning", math.Ceil(finetunePart*epochs)*(backwards*n+float64(watched)))
	}
	_, part := t.lastPart()
	t.work.score = bar.plan("scoring", 2*float64(part.N)+float64(t.set.Valid.N))
}

// watchTraining moves a stage of the bar, and leaves a line an epoch.
func (a *app) watchTraining(t *training, what string) func(trainer.Event) {
	s := t.stage
	return func(e trainer.Event) {
		done := float64(e.Epoch)
		if e.Done == nil {
			done = float64(e.Epoch-1) + 0.95*float64(e.Batch)/float64(e.Batches) // the rest is for validation
		}
		s.set(s.work * done / float64(e.Epochs))
		if e.Done != nil {
			a.tell("%s", epochLine(*e.Done, e.Epochs, t.set.Valid.N > 0, t.config.Keep))
			return
		}
		s.of.say(fmt.Sprintf("%sepoch %d/%d, loss %.4g", what, e.Epoch, e.Epochs, e.Loss))
	}
}

// epochLine says how an epoch went: on the validation part only where there is one, and which is best only where that is kept.
func epochLine(m trainer.Metrics, epochs int, validated bool, keep trainer.Kept) string {
	line := fmt.Sprintf("epoch %d/%d  %.1f s  loss %.5g", m.Epoch, epochs, m.Seconds, m.Loss)
	regression := m.ValidScore < 0
	if !regression {
		line += fmt.Sprintf("  accuracy %.4f", m.Accuracy)
	}
	switch {
	case validated && regression:
		line += fmt.Sprintf("  valid loss %.5g", m.ValidLoss)
	case validated:
		line += fmt.Sprintf("  valid %.4f", m.ValidScore)
	}
	line += fmt.Sprintf("  rate %.3g  flips %d", m.Rate, m.Flips)
	if m.Best && keep == trainer.KeepBest {
		line += "  best"
	}
	return line
}

// TrainResult is what a training left, for scripts.
type TrainResult struct {
	Model   string `json:"model"`
	Weights string `json:"weights"`
	Epochs  int    `json:"epochs"`
	// Chosen says what of batch, rate and epochs the number of sequences chose; "" where all are set.
	Chosen string `json:"chosen,omitempty"`
	Best   int    `json:"best_epoch"`
	// Finetuned is the epoch of the finetuning that is kept, 0 when none is.
	Finetuned int                `json:"finetuned_epoch"`
	Seconds   float64            `json:"seconds"`
	Ranges    map[string]float64 `json:"ranges"`
	Scores    []SplitScore       `json:"scores"`
	Report    string             `json:"report"`
	Remarks   []string           `json:"remarks"` // what a reader should do something about
}

// lastPart is the part that a finished training is scored on: test, or what there is in its place.
func (t *training) lastPart() (name string, part *data.Sequences) {
	switch {
	case t.set.Test.N > 0:
		return "test", &t.set.Test
	case t.set.Valid.N > 0:
		return "valid", &t.set.Valid
	}
	return "train", &t.set.Train
}

// finishTraining scores the test part at both levels, writes the report and says what was left where.
func (a *app) finishTraining(ctx context.Context, t *training, history []trainer.Metrics) error {
	page := t.folder.Path(reportName)
	result := TrainResult{Model: t.file, Weights: t.weights, Epochs: len(history), Chosen: t.chosen, Ranges: t.ranges, Report: page, Finetuned: t.finetuned.epoch}
	for _, m := range history {
		result.Seconds = m.Seconds
		if m.Best {
			result.Best = m.Epoch
		}
	}
	t.work.score.begin()
	t.stage = t.work.score
	name, part := t.lastPart()
	for _, level := range []string{"real", "fixed"} {
		s, err := t.score(ctx, name, part, level, nil)
		if err != nil {
			return err
		}
		result.Scores = append(result.Scores, *s)
	}
	if name == "test" && t.set.Valid.N > 0 { // to compare with
		s, err := t.score(ctx, "valid", &t.set.Valid, "real", nil)
		if err != nil {
			return err
		}
		result.Scores = append(result.Scores, *s)
	}
	t.stage = nil
	a.bar.say("writing the report")
	var err error
	if result.Remarks, err = t.report(ctx, history, result); err != nil {
		return err
	}
	a.bar.clear()
	if a.json {
		return a.printJSON(result)
	}
	a.printRanges(t.ranges)
	if err := a.printScores(result.Scores); err != nil {
		return err
	}
	for _, r := range result.Remarks {
		fmt.Fprintf(a.out, "! %s\n", r)
	}
	from := fmt.Sprintf("epoch %d", result.Best)
	if text := t.finetuned.String(); text != "" {
		fmt.Fprintln(a.out, text)
		from = "the finetuning"
	}
	fmt.Fprintf(a.out, "weights of %s in %s\nreport:  %s\nnext:    hrnnc compile %s\n", from, t.weights, page, t.file)
	return nil
}
