package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hrnnc/hrnnc/trainer/study"
	"github.com/spf13/cobra"
)

// trainFlags are the flags of hrnnc train.
type trainFlags struct {
	data, folder  string
	set           []string
	from          string // weights to start from; "" for random ones
	finetune      string
	resume, force bool
	noTest        bool
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
  hrnnc train model.hrn --no-test --set rate=0.002    # seek settings by validation, and score the test part in the end
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
	f.BoolVar(&o.noTest, "no-test", false, "do not score the test part, while settings are sought: validation is scored in its place")
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
	s, err := study.New(file, study.Options{Data: o.data, Set: o.set})
	if err != nil {
		return err
	}
	s.Watch = watcher{a}
	r, err := s.Train(ctx, study.TrainOptions{Folder: o.folder, From: o.from, Finetune: o.finetune == "fixed", Resume: o.resume, Force: o.force, NoTest: o.noTest,
		Command: "hrnnc " + strings.Join(os.Args[1:], " ")})
	if errors.Is(err, context.Canceled) {
		a.stopped()
	}
	if err != nil {
		return err
	}
	bar.clear()
	return a.printTrained(r, s.Set.Train.Stream() && s.Set.Classes != nil && s.Set.Hz > 0)
}

// stopped says how a run that was interrupted goes on.
func (a *app) stopped() {
	a.bar.clear()
	fmt.Fprintf(a.err, "stopped; go on with  %s\n", resumeLine())
}

// printTrained says what a training left where, and what comes next: where decisions about a stream have a time, how they are judged.
func (a *app) printTrained(r *study.Result, timed bool) error {
	if a.json {
		return a.printJSON(r)
	}
	a.printRanges(r.Ranges)
	if err := a.printScores(r.Scores); err != nil {
		return err
	}
	if r.TestLeftOut {
		fmt.Fprintln(a.out, "the test part was not scored (--no-test)")
	}
	for _, x := range r.Remarks {
		fmt.Fprintf(a.out, "! %s\n", x)
	}
	from := fmt.Sprintf("epoch %d", r.Best)
	if text := r.Finetuned.String(); text != "" {
		fmt.Fprintln(a.out, text)
		from = "the finetuning"
	}
	fmt.Fprintf(a.out, "weights of %s in %s\nreport:  %s\n", from, r.Weights, r.Report)
	next := "next:"
	if timed {
		fmt.Fprintf(a.out, "%-8s hrnnc eval %s --stream\n", next, r.Model)
		next = "then:"
	}
	fmt.Fprintf(a.out, "%-8s hrnnc compile %s\n", next, r.Model)
	return nil
}
