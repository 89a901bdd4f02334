package study

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/search"
)

// SearchOptions say how a search goes.
type SearchOptions struct {
	Space   search.Space
	Budget  int      // trainings
	Halving bool     // successive halving
	Seed    uint64   // of the sample, where there are more variants than the budget allows
	Set     []string // settings that the variants' files are to say too, such as "batch=50"
	Folder  string   // of the search; "" for the one beside the model: search for model.hrn, search-NAME for NAME.hrn
	Resume  bool     // go on with the search in the folder
	Force   bool     // replace a search that is there
	Command string   // what was typed, for the report
}

// Found is what a search left.
type Found struct {
	Model      string             `json:"model"`
	Folder     string             `json:"folder"`
	Report     string             `json:"report"`
	LeftOut    int                `json:"left_out"` // combinations whose block does not fit the units
	Candidates []search.Candidate `json:"candidates"`
}

// Search trains variants of the model, measures their integers on the validation part, and writes their files and a report into
// the folder. When ctx ends, what is done stays there, to be gone on with.
func (s *Study) Search(ctx context.Context, o SearchOptions) (*Found, error) {
	if err := s.needsWeights(""); err != nil {
		return nil, err
	}
	s.write(o.Set)
	if o.Folder == "" {
		o.Folder = Beside(s.File, "search")
	}
	var err error
	if s.folder, err = fileio.OpenFolder(o.Folder); err != nil {
		return nil, err
	}
	defer s.folder.Close()
	s.watch().Warn(s.warnings())
	if s.Chosen != "" {
		s.watch().Tell(s.Chosen)
	}
	run := &search.Search{Model: s.Model, Space: o.Space, Budget: o.Budget, Halving: o.Halving, Seed: o.Seed, Set: s.Set, Targets: s.Targets,
		Valid: s.validation(), Augment: s.augment, Note: s.note(), Folder: s.folder, Measure: s.candidate, Watch: s.watchSearch()}
	r, err := run.Run(ctx, o.Resume, o.Force)
	if err != nil {
		return nil, err
	}
	page := report.SearchPage{Model: s.Model.Name, Command: o.Command, DataSet: s.Set.Name, Source: s.Set.Source, Licence: s.Set.Licence, Notes: s.Set.Notes,
		Settings: slices.Concat(o.pairs(), s.commonPairs()), Regression: s.Net.Loss == network.MeanSquared, Candidates: r.Candidates}
	text, err := report.RenderSearch(page)
	if err != nil {
		return nil, err
	}
	return &Found{Model: s.File, Folder: o.Folder, Report: filepath.Join(o.Folder, search.ReportName), LeftOut: r.LeftOut, Candidates: r.Candidates},
		s.folder.Write(fileio.Content{Name: search.ReportName, Data: text})
}

// Front gives the candidates that no other beats in everything, smallest first.
func (f *Found) Front() []search.Candidate {
	out := slices.DeleteFunc(slices.Clone(f.Candidates), func(c search.Candidate) bool { return !c.Front })
	slices.SortStableFunc(out, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Adds, b.Adds))
	})
	return out
}

// write puts what replaced the train block into it, so that the variants' files say it.
func (s *Study) write(set []string) {
	s.Model.Train["data"], s.Model.Train["epochs"] = s.Config.Data, strconv.Itoa(s.Config.Epochs)
	if path, err := filepath.Abs(s.Config.Data); err == nil && exists(path) {
		s.Model.Train["data"] = path // the variants' files lie elsewhere
	}
	for _, x := range set {
		k, v, _ := strings.Cut(x, "=") // New has read it
		s.Model.Train[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
}

// candidate measures a variant: the ranges of its states, its integers on validation, and its cost.
func (s *Study) candidate(ctx context.Context, c search.Trained) (m search.Measured, err error) {
	v := *s
	v.File, v.Weights, v.folder, v.Model, v.Config, v.Net = c.File, c.Weights, c.Folder, c.Model, c.Config, c.Net
	if err := v.measure(ctx, search.WeightsName); err != nil {
		return m, err
	}
	l, err := v.Lower()
	if err != nil {
		return m, &search.UnfitError{Err: err}
	}
	cost := l.Plan.Cost()
	m.Bytes, m.Adds = (cost.Bits+7)/8, cost.Recurrence.Adds+cost.Input.Adds
	score, err := v.scorePart(ctx, "valid", v.validation(), "fixed", nil)
	if err != nil {
		return m, err
	}
	m.Accuracy = score.validScore()
	return m, nil
}

// watchSearch moves a stage over all epochs, and leaves a line a candidate.
func (s *Study) watchSearch() func(search.Event) {
	stage := s.watch().Plan("searching", 1)
	return func(e search.Event) {
		if e.Done != nil {
			s.watch().Tell(candidateLine(e))
			return
		}
		stage.Set((float64(e.Past+e.Train.Epoch-1) + float64(e.Train.Batch)/float64(e.Train.Batches)) / float64(e.Total))
		stage.Say(fmt.Sprintf("%d/%d %s, epoch %d/%d, loss %.4g", e.Number, e.Count, e.Name, e.Train.Epoch, e.Train.Epochs, e.Train.Loss))
	}
}

func candidateLine(e search.Event) string {
	c := e.Done
	head := fmt.Sprintf("%d/%d  %s  ", e.Number, e.Count, c.Name)
	if c.Error != "" {
		return head + "no result: " + c.Error
	}
	return head + fmt.Sprintf("epoch %d  %.1f s  %s (real %s)  %s bytes  %s additions", c.Epochs, c.Seconds, ScoreText(c.Accuracy), ScoreText(c.Real),
		report.Count(c.Bytes), report.Count(c.Adds))
}

// ScoreText spells an accuracy, or the loss of a regression, which stands as a negative score.
func ScoreText(s float64) string {
	if s < 0 {
		return fmt.Sprintf("loss %.5g", -s)
	}
	return fmt.Sprintf("%.4f", s)
}

// commonPairs gives the train block but for the rates, which differ between variants.
func (s *Study) commonPairs() [][2]string {
	return slices.DeleteFunc(s.Config.Pairs(), func(p [2]string) bool { return p[0] == "rate" || p[0] == "sign_rate" })
}

// pairs gives the search for the report.
func (o SearchOptions) pairs() [][2]string {
	blocks := make([]string, len(o.Space.Blocks))
	for i, b := range o.Space.Blocks {
		if blocks[i] = strconv.Itoa(b); b == 0 {
			blocks[i] = "full"
		}
	}
	list := func(v any) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ", ") }
	return [][2]string{{"units", list(o.Space.Units)}, {"block", list(blocks)}, {"weights", list(o.Space.Weights)}, {"state bits", list(o.Space.StateBits)},
		{"rates", list(o.Space.Rates)}, {"budget", strconv.Itoa(o.Budget) + " trainings"}, {"successive halving", strconv.FormatBool(o.Halving)}}
}
