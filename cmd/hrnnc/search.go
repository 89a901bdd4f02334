package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/search"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// searchFlags are the flags of hrnnc search.
type searchFlags struct {
	data, folder           string
	set                    []string
	units, stateBits       []int
	blocks, bits           []string
	rates                  []float64
	budget, epochs         int
	seed                   uint64
	halving, resume, force bool
}

func (a *app) searchCmd() *cobra.Command {
	var o searchFlags
	c := &cobra.Command{
		Use:   "search model.hrn",
		Short: "Train variants of a model and find the best trade-offs of accuracy, bytes and additions",
		Long: `Train variants of a model, with other numbers of units, blocks, weight types and learning rates, within a budget of
trainings. What remains is the Pareto front: the variants that no other beats in accuracy, bytes and additions a step at
once, each with its model and weights, ready to be compiled. Accuracy is that of the integers on the validation part.
Ctrl-C keeps what is done; --resume goes on. docs/search.md has the details.`,
		Example: `  hrnnc search model.hrn                                          # around the model as it is
  hrnnc search model.hrn --units 32,64,128 --block full,16 --bits ternary,int4 --rate 0.003,0.001 --epochs 5
  hrnnc search model.hrn --budget 30 --halving                    # more variants, most of them for a few epochs
  hrnnc search model.hrn --resume                                 # go on after Ctrl-C, with the same flags
  hrnnc search model.hrn --resume --budget 20                     # or add more variants`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.search(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.IntSliceVar(&o.units, "units", nil, "numbers of units (default: half, as many and twice as many as the model)")
	f.StringSliceVar(&o.blocks, "block", nil, "blocks: powers of two, or full (default: the model's, and 16 or full)")
	f.StringSliceVar(&o.bits, "bits", nil, "types of the input's and the output's weights (default: the model's, and ternary)")
	f.IntSliceVar(&o.stateBits, "state-bits", nil, "bits of the states (default: the model's)")
	f.Float64SliceVar(&o.rates, "rate", nil, "learning rates (default: the train block's)")
	f.IntVar(&o.budget, "budget", 12, "whole trainings that the search may take")
	f.IntVar(&o.epochs, "epochs", 0, "epochs of a training (default: the train block's)")
	f.BoolVar(&o.halving, "halving", false, "start about twice as many variants, and drop the worse half after a quarter and after half of the epochs")
	f.Uint64Var(&o.seed, "seed", 1, "of the sample, where there are more variants than the budget allows")
	f.StringVar(&o.data, "data", "", "data set: a known name, a generator such as copy(100), or a path")
	settingsFlag(c, &o.set, aboutTraining|aboutData, "a setting of the train block, as batch=50")
	f.StringVarP(&o.folder, "output", "o", "", "folder of the search (default, beside the model: search for model.hrn, search-NAME for NAME.hrn)")
	f.BoolVar(&o.resume, "resume", false, "go on with the search in the folder")
	f.BoolVar(&o.force, "force", false, "replace a search that is there")
	return c
}

func (a *app) search(ctx context.Context, file string, o searchFlags) error {
	if o.budget < 1 || o.epochs < 0 {
		return usageError{fmt.Errorf("--budget is a whole number from 1, and so is --epochs, or 0 for those of the train block")}
	}
	if o.resume && o.force {
		return usageError{fmt.Errorf("--resume goes on with a search, --force starts afresh: give one of them")}
	}
	if o.epochs > 0 {
		o.set = append(o.set, fmt.Sprintf("epochs=%d", o.epochs))
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
	space, err := o.space(s)
	if err != nil {
		return err
	}
	s.Watch = watcher{a}
	r, err := s.Search(ctx, study.SearchOptions{Space: space, Budget: o.budget, Halving: o.halving, Seed: o.seed, Set: o.set, Folder: o.folder, Resume: o.resume,
		Force: o.force, Command: commandLine()})
	if errors.Is(err, context.Canceled) {
		a.stopped()
	}
	bar.clear()
	if err != nil {
		return err
	}
	return a.printFound(r)
}

// space is the default around the model, with what the flags say in its place.
func (o *searchFlags) space(t *study.Study) (search.Space, error) {
	s := search.Default(t.Model, t.Config.Rate)
	if o.units != nil {
		s.Units = o.units
	}
	if o.blocks != nil {
		s.Blocks = nil
	}
	for _, b := range o.blocks {
		n, err := 0, error(nil)
		if b != "full" {
			if n, err = strconv.Atoi(b); err != nil || n == 0 {
				return s, diag.InFile(t.File, "").Errorf("settings", "the search cannot have block %s", b).
					Helpf("blocks are powers of two, or full for one block: --block full,16")
			}
		}
		s.Blocks = append(s.Blocks, n)
	}
	if o.bits != nil {
		s.Weights = o.bits
	}
	if o.stateBits != nil {
		s.StateBits = o.stateBits
	}
	if o.rates != nil {
		s.Rates = o.rates
	}
	return s, nil
}

// printFound prints the front of a search, and what was left where.
func (a *app) printFound(r *study.Found) error {
	if a.json {
		return a.printJSON(r)
	}
	if r.LeftOut > 0 {
		a.tell("left out, because the block does not fit the units: %s", plural(r.LeftOut, "combination"))
	}
	if err := a.printFront(r); err != nil {
		return err
	}
	// The most accurate one of all is on the front.
	best := slices.MaxFunc(r.Front(), func(a, b search.Candidate) int { return cmp.Compare(a.Accuracy, b.Accuracy) })
	fmt.Fprintf(a.out, "report:  %s\nnext:    hrnnc compile %s\n", r.Report, filepath.Join(r.Folder, best.Name, "model.hrn"))
	return nil
}

// printFront prints the front as a table.
func (a *app) printFront(r *study.Found) error {
	best := r.Front()
	var rows [][]string
	for _, c := range best {
		rows = append(rows, []string{c.Name, study.ScoreText(c.Accuracy), study.ScoreText(c.Real), thousands(c.Bytes), thousands(c.Adds)})
	}
	fmt.Fprintf(a.out, "%d of %s on the front\n", len(best), plural(len(r.Candidates), "candidate"))
	score := "accuracy"
	if slices.ContainsFunc(best, func(c search.Candidate) bool { return c.Accuracy < 0 }) {
		score = "score" // of a regression
	}
	return table(a.out, []string{"candidate", score, "real", "bytes", "additions a step"}, rows)
}

// plural is "1 candidate" or "12 candidates".
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}
