package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/search"
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
	t, err := prepare(file, o.data, o.set)
	if err != nil {
		return err
	}
	if err := t.needsWeights(""); err != nil {
		return err
	}
	space, err := o.space(t)
	if err != nil {
		return err
	}
	t.settle(o)
	if o.folder == "" {
		o.folder = besideModel(file, "search")
	}
	if t.folder, err = fileio.OpenFolder(o.folder); err != nil {
		return err
	}
	defer t.folder.Close()
	a.warn(t.warnings())
	if t.chosen != "" {
		a.tell("%s", t.chosen)
	}
	s := &search.Search{Model: t.model, Space: space, Budget: o.budget, Halving: o.halving, Seed: o.seed, Set: t.set, Targets: t.targets, Valid: t.validation(),
		Augment: t.augment, Note: t.note(), Folder: t.folder, Measure: t.candidate, Watch: a.watchSearch(bar.plan("searching", 1))}
	r, err := s.Run(ctx, o.resume, o.force)
	if errors.Is(err, context.Canceled) {
		a.stopped()
	}
	bar.clear()
	if err != nil {
		return err
	}
	return a.finishSearch(t, o, space, r)
}

// settle puts what the command line says into the train block, so that the variants' files say it.
func (t *training) settle(o searchFlags) {
	t.model.Train["data"], t.model.Train["epochs"] = t.config.Data, strconv.Itoa(t.config.Epochs)
	if path, err := filepath.Abs(t.config.Data); err == nil && exists(path) {
		t.model.Train["data"] = path // the variants' files lie elsewhere
	}
	for _, s := range o.set {
		k, v, _ := strings.Cut(s, "=") // prepare has read it
		t.model.Train[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
}

// space is the default around the model, with what the flags say in its place.
func (o *searchFlags) space(t *training) (search.Space, error) {
	s := search.Default(t.model, t.config.Rate)
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
				return s, diag.InFile(t.file, "").Errorf("settings", "the search cannot have block %s", b).
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

// candidate measures a variant: the ranges of its states, its integers on validation, and its cost.
func (t *training) candidate(ctx context.Context, c search.Trained) (m search.Measured, err error) {
	v := *t
	v.file, v.weights, v.folder, v.model, v.config, v.net = c.File, c.Weights, c.Folder, c.Model, c.Config, c.Net
	if err := v.measure(ctx, search.WeightsName); err != nil {
		return m, err
	}
	l, err := v.lowered()
	if err != nil {
		return m, &search.UnfitError{Err: err}
	}
	cost := l.Plan.Cost()
	m.Bytes, m.Adds = (cost.Bits+7)/8, cost.Recurrence.Adds+cost.Input.Adds
	s, err := v.score(ctx, "valid", v.validation(), "fixed", nil)
	if err != nil {
		return m, err
	}
	m.Accuracy = s.Accuracy
	if v.net.Loss == network.MeanSquared {
		m.Accuracy = -s.Loss
	}
	return m, nil
}

// watchSearch moves the bar over all epochs, and leaves a line a candidate.
func (a *app) watchSearch(s *stage) func(search.Event) {
	return func(e search.Event) {
		if e.Done != nil {
			a.tell("%s", candidateLine(e))
			return
		}
		s.set((float64(e.Past+e.Train.Epoch-1) + float64(e.Train.Batch)/float64(e.Train.Batches)) / float64(e.Total))
		s.of.say(fmt.Sprintf("%d/%d %s, epoch %d/%d, loss %.4g", e.Number, e.Count, e.Name, e.Train.Epoch, e.Train.Epochs, e.Train.Loss))
	}
}

func candidateLine(e search.Event) string {
	c := e.Done
	head := fmt.Sprintf("%d/%d  %s  ", e.Number, e.Count, c.Name)
	if c.Error != "" {
		return head + "no result: " + c.Error
	}
	return head + fmt.Sprintf("epoch %d  %.1f s  %s (real %s)  %s bytes  %s additions", c.Epochs, c.Seconds, scoreText(c.Accuracy), scoreText(c.Real),
		thousands(c.Bytes), thousands(c.Adds))
}

// scoreText prints an accuracy, or the loss of a regression, which stands as a negative score.
func scoreText(s float64) string {
	if s < 0 {
		return fmt.Sprintf("loss %.5g", -s)
	}
	return fmt.Sprintf("%.4f", s)
}

// SearchResult is what a search left, for scripts.
type SearchResult struct {
	Model      string             `json:"model"`
	Folder     string             `json:"folder"`
	Report     string             `json:"report"`
	LeftOut    int                `json:"left_out"` // combinations whose block does not fit the units
	Candidates []search.Candidate `json:"candidates"`
}

// finishSearch writes the report and prints the front.
func (a *app) finishSearch(t *training, o searchFlags, s search.Space, r search.Result) error {
	result := SearchResult{Model: t.file, Folder: o.folder, Report: filepath.Join(o.folder, search.ReportName), LeftOut: r.LeftOut, Candidates: r.Candidates}
	page := report.SearchPage{Model: t.model.Name, Command: commandLine(), DataSet: t.set.Name, Source: t.set.Source, Licence: t.set.Licence, Notes: t.set.Notes,
		Settings: slices.Concat(spacePairs(s, o), t.commonPairs()), Regression: t.net.Loss == network.MeanSquared, Candidates: r.Candidates}
	text, err := report.RenderSearch(page)
	if err != nil {
		return err
	}
	if err := t.folder.Write(fileio.Content{Name: search.ReportName, Data: text}); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	if r.LeftOut > 0 {
		a.tell("left out, because the block does not fit the units: %s", plural(r.LeftOut, "combination"))
	}
	if err := a.printFront(r.Candidates); err != nil {
		return err
	}
	// The most accurate one of all is on the front.
	best := slices.MaxFunc(front(r.Candidates), func(a, b search.Candidate) int { return cmp.Compare(a.Accuracy, b.Accuracy) })
	fmt.Fprintf(a.out, "report:  %s\nnext:    hrnnc compile %s\n", result.Report, filepath.Join(o.folder, best.Name, "model.hrn"))
	return nil
}

// commonPairs gives the train block but for the rates, which differ between variants.
func (t *training) commonPairs() [][2]string {
	return slices.DeleteFunc(t.config.Pairs(), func(p [2]string) bool { return p[0] == "rate" || p[0] == "sign_rate" })
}

// spacePairs gives a space for the report.
func spacePairs(s search.Space, o searchFlags) [][2]string {
	blocks := make([]string, len(s.Blocks))
	for i, b := range s.Blocks {
		if blocks[i] = strconv.Itoa(b); b == 0 {
			blocks[i] = "full"
		}
	}
	list := func(v any) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ", ") }
	return [][2]string{{"units", list(s.Units)}, {"block", list(blocks)}, {"weights", list(s.Weights)}, {"state bits", list(s.StateBits)},
		{"rates", list(s.Rates)}, {"budget", strconv.Itoa(o.budget) + " trainings"}, {"successive halving", strconv.FormatBool(o.halving)}}
}

// front gives the candidates on the front, smallest first.
func front(all []search.Candidate) []search.Candidate {
	out := slices.DeleteFunc(slices.Clone(all), func(c search.Candidate) bool { return !c.Front })
	slices.SortStableFunc(out, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Adds, b.Adds))
	})
	return out
}

// printFront prints the front as a table.
func (a *app) printFront(all []search.Candidate) error {
	best := front(all)
	var rows [][]string
	for _, c := range best {
		rows = append(rows, []string{c.Name, scoreText(c.Accuracy), scoreText(c.Real), thousands(c.Bytes), thousands(c.Adds)})
	}
	fmt.Fprintf(a.out, "%d of %s on the front\n", len(best), plural(len(all), "candidate"))
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
