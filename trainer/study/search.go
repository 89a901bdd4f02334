package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/search"
)

// SearchOptions say what a search is to find.
type SearchOptions struct {
	Space   search.Space
	Budget  int      // trainings
	Halving bool     // successive halving
	Seed    uint64   // of the sample, where there are more variants than the budget allows
	Set     []string // settings that the variants' files are to say too, such as "batch=50"
	Goal    search.Goal
	Targets []string // settings of targets that the goal stands for, such as "c.mcu=atmega328p"
}

// SearchFolder says where a search is, and what of it may be replaced.
type SearchFolder struct {
	Path   string // of the search; "" for the one beside the model: search for model.hrn, search-NAME for NAME.hrn
	Resume bool   // go on with the search in the folder
	Force  bool   // replace a search that is there
}

// Found is what a search left.
type Found struct {
	Model      string             `json:"model,omitempty"` // its file, where it was named
	Folder     string             `json:"folder"`
	Report     string             `json:"report,omitempty"`
	LeftOut    int                `json:"left_out,omitempty"` // combinations that are no model
	Candidates []search.Candidate `json:"candidates"`
	// Missing is the number of trials without a result, Next that of the trials that a merge has added for the next round; 0 for a
	// search that is done.
	Missing int         `json:"missing,omitempty"`
	Next    int         `json:"next,omitempty"`
	Goal    search.Goal `json:"goal"`
}

// Plan lists the trials of a search around the model, and how many combinations are no model. Its errors are diagnostics.
func (s *Study) Plan(o SearchOptions) ([]search.Trial, int, error) {
	if err := s.needsWeights(""); err != nil {
		return nil, 0, err
	}
	s.watch().Warn(s.warnings())
	if s.Chosen != "" {
		s.watch().Tell(s.Chosen)
	}
	o.Goal.F1 = s.Config.Score == trainer.MacroF1
	m := s.asPlanned(o)
	known := sets{}
	own := dataOf(m)
	name, digest := s.Set.Name, s.Set.Digest()
	return search.Plan(m, o.Space, search.Frame{Epochs: s.Config.Epochs, Halving: o.Halving, Budget: o.Budget, Goal: o.Goal,
		Config: func(v *dsl.Model) (trainer.Config, error) { return trainer.ReadConfig(v, nil, data.Keys()) },
		Data: func(v *dsl.Model) (string, string, error) {
			if dataOf(v) == own {
				return name, digest, nil
			}
			return known.of(v)
		}}, o.Seed)
}

// dataOf is what of a train block decides what its data are.
func dataOf(m *dsl.Model) string {
	var parts []string
	for _, key := range append([]string{"data", "seed"}, data.Keys()...) {
		parts = append(parts, m.Train[key])
	}
	return strings.Join(parts, "\x00")
}

// of reads the data set of a variant that has another one than the model.
func (k *sets) of(v *dsl.Model) (name, hash string, err error) {
	c, err := trainer.ReadConfig(v, nil, data.Keys())
	if err != nil {
		return "", "", err
	}
	key := dataOf(v)
	if k.key != key {
		read, err := dataOptions(v, c)
		if err != nil {
			return "", "", err
		}
		s := &Study{File: v.File, Model: v, Config: c}
		if err := s.load(read, nil); err != nil {
			return "", "", err
		}
		k.key, k.last, k.hash = key, s.Set, s.Set.Digest()
	}
	return k.last.Name, k.hash, nil
}

// asPlanned is the model with all that the command line said in its file, so that the variants' files say it.
func (s *Study) asPlanned(o SearchOptions) *dsl.Model {
	m := *s.Model
	m.Train = maps.Clone(m.Train)
	if m.Train == nil {
		m.Train = map[string]string{}
	}
	m.Train["data"], m.Train["epochs"] = s.Config.Data, strconv.Itoa(s.Config.Epochs)
	m.Train["batch"] = strconv.Itoa(s.Config.Batch)
	if path, err := filepath.Abs(s.Config.Data); err == nil && exists(path) {
		m.Train["data"] = path // the variants' files lie elsewhere
	}
	for _, x := range o.Set {
		k, v, _ := strings.Cut(x, "=") // New has read it
		m.Train[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	m.Targets = map[string]map[string]string{}
	for name, settings := range s.Model.Targets {
		m.Targets[name] = maps.Clone(settings)
	}
	for _, x := range o.Targets {
		key, v, _ := strings.Cut(x, "=")
		target, key, _ := strings.Cut(key, ".")
		if m.Targets[target] == nil {
			m.Targets[target] = map[string]string{}
		}
		m.Targets[target][key] = v
	}
	return &m
}

// Search plans, does all trials here and merges them, round by round: the very trials that shards do elsewhere. When ctx ends, what is
// done stays in the folder, to be gone on with.
func (s *Study) Search(ctx context.Context, o SearchOptions, f SearchFolder) (*Found, error) {
	if f.Path == "" {
		f.Path = Beside(s.File, "search")
	}
	all, leftOut, err := s.Plan(o)
	if err != nil {
		return nil, err
	}
	folder, err := fileio.OpenFolder(f.Path)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	if all, err = beginSearch(folder, all, f); err != nil {
		return nil, err
	}
	w := SearchWork{Folder: f.Path, Watch: s.Watch, worker: worker{folder: f.Path}}
	for {
		if err := w.do(ctx, all, search.Whole); err != nil {
			return nil, err
		}
		found, err := w.merge(folder, all, s.File)
		if found != nil {
			found.Model, found.LeftOut = s.File, leftOut
		}
		if err != nil || found.Next == 0 {
			return found, err
		}
		if all, err = search.ReadTrials(folder.Path(search.TrialsName)); err != nil {
			return nil, err
		}
	}
}

// beginSearch joins the trials to those of the search in the folder, where it is gone on with. Nothing that is there is replaced unless
// force says so.
func beginSearch(folder *fileio.Folder, all []search.Trial, f SearchFolder) ([]search.Trial, error) {
	path, at := folder.Path(search.TrialsName), diag.InFile(folder.Path(""), "")
	there := exists(path)
	switch {
	case f.Resume && !there:
		return nil, at.Errorf("resume", "there is no search").Helpf("search without --resume, or name its folder with -o")
	case there && !f.Resume && !f.Force:
		return nil, at.Errorf("output", "a search is there already").
			Helpf("go on with --resume, start afresh with --force, or choose another folder with -o")
	case !there && !f.Force && !folder.Empty():
		return nil, at.Errorf("output", "the folder is there already, and holds something else").
			Helpf("choose another folder with -o, or write into it with --force")
	case f.Resume:
		old, err := search.ReadTrials(path)
		if err != nil {
			return nil, err
		}
		joined, ok := search.Join(old, all)
		if !ok || !sameData(old, all) {
			return nil, at.Errorf("resume", "the search was begun with another model, data set or train block").
				Helpf("undo the change, start afresh with --force, or choose another folder with -o")
		}
		all = joined
	case f.Force:
		if err := clearSearch(folder); err != nil {
			return nil, err
		}
	}
	if err := folder.Claim(searchFiles(all)...); err != nil {
		return nil, err
	}
	return all, fileio.Rewrite(path, search.Encode(all))
}

// sameData reports whether the data set of a plan is what it was.
func sameData(old, all []search.Trial) bool {
	known := map[string]string{}
	for _, t := range old {
		known[t.Name] = t.Data
	}
	return !slices.ContainsFunc(all, func(t search.Trial) bool { was, ok := known[t.Name]; return ok && was != t.Data })
}

// searchFiles are what a search writes into its folder, beside what its trials write into theirs.
func searchFiles(all []search.Trial) []string {
	names := []string{search.ResultsName, search.ReportName}
	for _, t := range all {
		names = append(names, t.Name+"/"+search.ModelName, t.Name+"/"+search.WeightsName)
	}
	return names
}

// clearSearch takes away what a search and its trials wrote, and nothing else.
func clearSearch(folder *fileio.Folder) error {
	if path := folder.Path(search.TrialsName); exists(path) {
		if _, err := search.ReadTrials(path); err != nil {
			return diag.InFile(path, "").Errorf("output", "would be replaced, and is no plan that hrnnc wrote").Helpf("move it away, or choose another folder with -o")
		}
	}
	if err := folder.Remove(folder.Names()...); err != nil {
		return err
	}
	root := folder.Path(search.TrialsFolder)
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // there are none
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir, err := fileio.OpenFolder(filepath.Join(root, e.Name()))
		if err != nil {
			return err
		}
		err = dir.Clear()
		dir.Close()
		if err != nil {
			return err
		}
	}
	empty, err := fileio.OpenFolder(root)
	if err != nil {
		return err
	}
	empty.Close() // which removes it when nothing else is in it
	return nil
}

// SearchWork is the trials of a search, wherever they were planned.
type SearchWork struct {
	Trials string // file of the plan; "" for that in the folder
	Folder string // of the search
	Data   string // where the data set lies, in the place of what the plan says; ""
	Watch  Watcher

	worker worker
}

// read gives the planned trials, those of later rounds that a merge has added included.
func (w *SearchWork) read() ([]search.Trial, error) {
	own := filepath.Join(w.Folder, search.TrialsName)
	if w.Trials == "" {
		if !exists(own) {
			return nil, diag.InFile(own, "").Errorf("trials", "there is no plan in the folder").Helpf("name it with  --trials FILE")
		}
		return search.ReadTrials(own)
	}
	all, err := search.ReadTrials(w.Trials)
	if err != nil || !exists(own) {
		return all, err
	}
	more, err := search.ReadTrials(own)
	if err != nil {
		return nil, err
	}
	all, ok := search.Join(all, more)
	if !ok {
		return nil, diag.InFile(w.Folder, "").Errorf("trials", "holds another search than %s", w.Trials).Helpf("choose another folder with -o")
	}
	return all, nil
}

// Shard does the trials of a part, but for those that are done. Several shards may share the folder: none does what another has
// done or is at, and a shard ends when every one of its trials has a result.
func (w *SearchWork) Shard(ctx context.Context, part search.Shard) (*Found, error) {
	all, err := w.read()
	if err != nil {
		return nil, err
	}
	if err := fileio.MakeFolder(w.Folder); err != nil {
		return nil, err
	}
	// A merge needs no more than the folder.
	if own := filepath.Join(w.Folder, search.TrialsName); !exists(own) {
		if err := fileio.WriteFile(own, search.Encode(all)); err != nil {
			return nil, err
		}
	}
	w.worker = worker{folder: w.Folder, data: w.Data}
	if err := w.do(ctx, all, part); err != nil {
		return nil, err
	}
	f := &Found{Folder: w.Folder, Goal: all[0].Goal, Candidates: []search.Candidate{}}
	for _, t := range part.Of(all) {
		o, err := t.ReadOutcome(w.Folder)
		if err != nil {
			return nil, err
		}
		if o != nil {
			f.Candidates = append(f.Candidates, t.Candidate(o))
		}
	}
	return f, nil
}

// otherWaits is how often a shard looks again for a trial that another process is at.
const otherWaits = 500 * time.Millisecond

// do does trials round after round; those that another process is at are waited for.
func (w *SearchWork) do(ctx context.Context, all []search.Trial, part search.Shard) error {
	left := part.Of(all)
	if len(left) == 0 {
		return nil
	}
	total := 0.0
	for _, t := range left {
		total += float64(t.Epochs)
	}
	watch := w.watcher()
	stage := watch.Plan("searching", total)
	past, count := 0.0, map[int]int{}
	number := map[string]int{}
	for _, t := range left {
		count[t.Epochs]++
		number[t.Hash()] = count[t.Epochs]
	}
	for len(left) > 0 {
		var busy []search.Trial
		for _, t := range left {
			name := fmt.Sprintf("%d/%d %s", number[t.Hash()], count[t.Epochs], t.Name)
			o, before, err := w.worker.do(ctx, &t, func(e trainer.Event) {
				if e.Draw > 0 || e.Drawn != nil {
					stage.Say(fmt.Sprintf("%s, trying draw %d", name, e.Draw))
					return
				}
				stage.Set(past + min(float64(t.Epochs), float64(e.Epoch-1)+float64(e.Batch)/float64(max(e.Batches, 1))))
				stage.Say(fmt.Sprintf("%s, epoch %d/%d, loss %.4g", name, e.Epoch, t.Epochs, e.Loss))
			})
			if locked(err) {
				busy = append(busy, t)
				continue
			}
			if err != nil {
				return err
			}
			past += float64(t.Epochs)
			stage.Set(past)
			if !before {
				c := t.Candidate(o)
				watch.Tell(candidateLine(number[t.Hash()], count[t.Epochs], &c, &t.Goal, o.Seconds))
			}
		}
		if len(busy) == len(left) {
			stage.Say(fmt.Sprintf("waiting for another process, which is at %s", busy[0].Name))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(otherWaits):
			}
		}
		left = busy
	}
	return nil
}

func locked(err error) bool {
	var d *diag.Diagnostic
	return errors.As(err, &d) && d.Code == "locked"
}

func (w *SearchWork) watcher() Watcher {
	if w.Watch == nil {
		return silent{}
	}
	return w.Watch
}

// Merge makes the result of a search from what its trials gave: the same bytes, however they were shared out. Where a round of
// successive halving is done, it adds the trials of the next one to the plan in the folder. incomplete allows trials without a result:
// then nothing is written.
func (w *SearchWork) Merge(ctx context.Context, incomplete bool) (*Found, error) {
	if _, err := w.read(); err != nil { // before a folder is made
		return nil, err
	}
	folder, err := w.openFolder(ctx)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	all, err := w.read() // another merge may have added a round
	if err != nil {
		return nil, err
	}
	w.worker = worker{folder: w.Folder}
	f, err := w.merge(folder, all, filepath.Join(w.Folder, search.TrialsName))
	if f != nil && f.Missing > 0 && !incomplete {
		return nil, diag.InFile(w.Folder, "").Errorf("trials", "%d of %d trials have no result", f.Missing, len(all)).
			Helpf("run their shards; what is done is not done again")
	}
	return f, err
}

// openFolder waits for the folder while another merge has it.
func (w *SearchWork) openFolder(ctx context.Context) (*fileio.Folder, error) {
	for {
		folder, err := fileio.OpenFolder(w.Folder)
		if !locked(err) {
			return folder, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(otherWaits):
		}
	}
}

// merge writes the tables, the report and the variants of the front. file is what errors about the search name.
func (w *SearchWork) merge(folder *fileio.Folder, all []search.Trial, file string) (*Found, error) {
	m, err := search.Merge(all, w.Folder)
	if err != nil {
		return nil, err
	}
	f := &Found{Folder: w.Folder, Candidates: m.Candidates, Missing: len(m.Missing), Next: len(m.Next), Goal: all[0].Goal}
	if f.Missing > 0 {
		return f, nil
	}
	if f.Next > 0 {
		grown, _ := search.Join(all, m.Next)
		return f, fileio.Rewrite(folder.Path(search.TrialsName), search.Encode(grown))
	}
	files, err := w.results(m, all)
	if err != nil {
		return nil, err
	}
	var stale, names []string // of a merge before, which had fewer trials
	for _, c := range files {
		names = append(names, c.Name)
	}
	for _, name := range folder.Names() {
		if !slices.Contains(names, name) {
			stale = append(stale, name)
		}
	}
	if err := errors.Join(folder.Claim(names...), folder.Remove(stale...)); err != nil {
		return nil, err
	}
	if err := folder.Write(files...); err != nil {
		return nil, err
	}
	f.Report = filepath.Join(w.Folder, search.ReportName)
	return f, search.Verdict(file, m.Candidates, all[0].Goal)
}

// results are the files of a search that is done.
func (w *SearchWork) results(m *search.Merged, all []search.Trial) ([]fileio.Content, error) {
	table, err := search.EncodeResults(m.Candidates)
	if err != nil {
		return nil, err
	}
	ast, errs := dsl.Parse("", []byte(all[0].Model))
	model, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	c, err := trainer.ReadConfig(model, nil, data.Keys())
	if err != nil {
		return nil, err
	}
	page := report.SearchPage{Model: model.Name, DataSet: m.About.Name, Source: m.About.Source, Licence: m.About.Licence, Notes: m.About.Notes,
		Settings: slices.Concat(searched(all), sharedPairs(c, all)), Regression: c.Loss == network.MeanSquared, Goal: all[0].Goal, Candidates: m.Candidates}
	text, err := report.RenderSearch(page)
	if err != nil {
		return nil, err
	}
	files := []fileio.Content{{Name: search.ResultsName, Data: table}, {Name: search.ReportName, Data: text}}
	for i, c := range m.Candidates {
		if !c.Front {
			continue
		}
		own, err := w.worker.copied(m.Trials[i])
		if err != nil {
			return nil, err
		}
		files = append(files, own...)
	}
	return files, nil
}

// Front gives the candidates that no other beats in everything, smallest first.
func (f *Found) Front() []search.Candidate {
	out := slices.DeleteFunc(slices.Clone(f.Candidates), func(c search.Candidate) bool { return !c.Front })
	figures := f.Goal.Figures()
	slices.SortStableFunc(out, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(figures[0].Of(&a.Costs), figures[0].Of(&b.Costs)), cmp.Compare(figures[1].Of(&a.Costs), figures[1].Of(&b.Costs)))
	})
	return out
}

func candidateLine(number, count int, c *search.Candidate, g *search.Goal, seconds float64) string {
	head := fmt.Sprintf("%d/%d  %s  ", number, count, c.Name)
	if c.Error != "" {
		return head + "no result: " + c.Error
	}
	head += fmt.Sprintf("epoch %d  %.1f s  %s (real %s)", c.Epochs, seconds, ScoreText(c.Accuracy), ScoreText(c.Real))
	if g.ByF1() && c.F1 != nil {
		head += fmt.Sprintf("  F1 %.4f", *c.F1)
	}
	for _, f := range g.Figures() {
		head += fmt.Sprintf("  %s %s", report.Count(f.Of(&c.Costs)), strings.TrimSuffix(f.Title, " a step"))
	}
	return head
}

// ScoreText spells an accuracy, or the loss of a regression, which stands as a negative score.
func ScoreText(s float64) string {
	if s < 0 {
		return fmt.Sprintf("loss %.5g", -s)
	}
	return fmt.Sprintf("%.4f", s)
}

// sharedPairs gives the train block that all trials share.
func sharedPairs(c trainer.Config, all []search.Trial) [][2]string {
	return slices.DeleteFunc(c.Pairs(), func(p [2]string) bool {
		_, varied := all[0].Vary["train."+p[0]]
		return varied || p[0] == "rate" || p[0] == "sign_rate" || p[0] == "data"
	})
}

// searched gives the values of the trials, for the report.
func searched(all []search.Trial) [][2]string {
	type column struct {
		title string
		of    func(t *search.Trial) string
	}
	columns := []column{
		{"units", func(t *search.Trial) string { return strconv.Itoa(t.Units) }},
		{"block", func(t *search.Trial) string { return report.Block(t.Block) }},
		{"weights", func(t *search.Trial) string { return t.Weights }},
		{"state bits", func(t *search.Trial) string { return strconv.Itoa(t.StateBits) }},
		{"rates", func(t *search.Trial) string { return strconv.FormatFloat(t.Rate, 'g', -1, 64) }},
	}
	for _, key := range slices.Sorted(maps.Keys(all[0].Vary)) {
		columns = append(columns, column{key, func(t *search.Trial) string { return t.Vary[key] }})
	}
	var out [][2]string
	for _, c := range columns {
		var values []string
		for i := range all {
			if v := c.of(&all[i]); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		out = append(out, [2]string{c.title, strings.Join(values, ", ")})
	}
	out = append(out, [2]string{"successive halving", strconv.FormatBool(len(all[0].Rounds) > 1)})
	return append(out, goalPairs(&all[0].Goal)...)
}

// goalPairs gives what a search was for.
func goalPairs(g *search.Goal) (out [][2]string) {
	for _, p := range [][2]string{{"chip", g.MCU}, {"FPGA", g.Part}} {
		if p[1] != "" {
			out = append(out, p)
		}
	}
	for _, l := range []struct {
		name  string
		value float64
	}{{"at most, cycles a step", float64(g.MaxCycles)}, {"at most, bytes of flash", float64(g.MaxFlash)}, {"at most, bytes of RAM", float64(g.MaxRAM)},
		{"at most, LUTs", float64(g.MaxLUTs)}, {"at most, bytes", float64(g.MaxBytes)}, {"at least, macro F1", g.MinF1}, {"at least, accuracy", g.MinAccuracy}} {
		if l.value > 0 {
			out = append(out, [2]string{l.name, strconv.FormatFloat(l.value, 'f', -1, 64)})
		}
	}
	return out
}
