package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/search"
	"github.com/hrnnc/hrnnc/trainer/search/job"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// searchFlags are the flags of hrnnc search.
type searchFlags struct {
	data, folder           string
	set, vary              []string
	units, stateBits       []int
	blocks, bits           []string
	rates                  []float64
	budget, epochs         int
	seed                   uint64
	halving, resume, force bool
	goal                   search.Goal
	logic                  logicFlags
	plan, trials           string
	shard, merge           string
	emit                   string
	job                    job.Job
}

func (a *app) searchCmd() *cobra.Command {
	var o searchFlags
	c := &cobra.Command{
		Use:   "search model.hrn",
		Short: "Train variants of a model and find the best trade-offs of accuracy and cost",
		Long: `Train variants of a model, with other numbers of units, blocks, weight types, learning rates and what --vary names, within a budget of
trainings. What remains is the Pareto front: the variants that no other beats in accuracy and cost at once, each with its model and
weights, ready to be compiled. Accuracy is that of the integers on the validation part. Cost is bytes and additions a step; with --mcu
flash, cycles and RAM of a chip, with --part tables and cycles of an FPGA, as compile counts them, and limits may hold.
Ctrl-C keeps what is done; --resume goes on.

A search is a list of independent trials. --plan writes it and stops, --shard i/N does a part of it on any machine, --merge makes the
result, the same whatever N is. --emit writes an array job of Slurm or an Indexed Job of Kubernetes. docs/search.md has the details.`,
		Example: `  hrnnc search model.hrn                                          # around the model as it is
  hrnnc search model.hrn --units 32,64,128 --block full,16 --bits ternary,int4 --rate 0.003,0.001 --epochs 5
  hrnnc search model.hrn --vary leak=1/16,1/32 --vary train.weight_decay=0,0.01
  hrnnc search model.hrn --budget 30 --halving                    # more variants, most of them for a few epochs
  hrnnc search model.hrn --mcu atmega328p --max-cycles 8000 --max-flash 2500 --max-ram 384 --min-f1 0.9
  hrnnc search model.hrn --part up5k --max-luts 3000
  hrnnc search model.hrn --resume --budget 20                     # go on after Ctrl-C, with more variants
  hrnnc search model.hrn --plan trials.jsonl                      # for several machines: the list,
  hrnnc search --trials trials.jsonl --shard 1/4 -o results       # on each of them a part,
  hrnnc search --merge results                                    # and the result
  hrnnc search model.hrn --plan trials.jsonl --emit slurm --shards 16
  hrnnc search --trials trials.jsonl --emit kubernetes --shards 16 --image registry.example/hrnnc:1 --claim search`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.search(cmd, args, o) },
	}
	f := c.Flags()
	f.IntSliceVar(&o.units, "units", nil, "numbers of units (default: half, as many and twice as many as the model)")
	f.StringSliceVar(&o.blocks, "block", nil, "blocks: powers of two, or full (default: the model's, and 16 or full)")
	f.StringSliceVar(&o.bits, "bits", nil, "types of the input's and the output's weights (default: the model's, and ternary)")
	f.IntSliceVar(&o.stateBits, "state-bits", nil, "bits of the states (default: the model's)")
	f.Float64SliceVar(&o.rates, "rate", nil, "learning rates (default: the train block's)")
	f.StringArrayVar(&o.vary, "vary", nil, "values of something else, as leak=1/16,1/32, layers=1,2, rounding=once,staged or train.weight_decay=0,0.01; again for more")
	f.IntVar(&o.budget, "budget", 12, "whole trainings that the search may take")
	f.IntVar(&o.epochs, "epochs", 0, "epochs of a training (default: the train block's)")
	f.BoolVar(&o.halving, "halving", false, "start about twice as many variants, and drop the worse half after a quarter and after half of the epochs")
	f.Uint64Var(&o.seed, "seed", 1, "of the sample, where there are more variants than the budget allows")
	f.StringVar(&o.data, "data", "", "data set: a known name, a generator such as copy(100), or a path")
	settingsFlag(c, &o.set, aboutTraining|aboutData, "a setting of the train block, as batch=50")
	f.StringVar(&o.goal.MCU, "mcu", "", "the chip whose flash, cycles and RAM are the cost, as hrnnc chips lists them")
	o.logic.add(c)
	f.Lookup("part").Usage = "the FPGA whose tables and cycles are the cost, as hrnnc chips lists them"
	f.IntVar(&o.goal.MaxCycles, "max-cycles", 0, "the most cycles of a step, on the chip or the FPGA")
	f.IntVar(&o.goal.MaxFlash, "max-flash", 0, "the most bytes of flash that code and tables may take")
	f.IntVar(&o.goal.MaxRAM, "max-ram", 0, "the most bytes of RAM that state and stack may take")
	f.IntVar(&o.goal.MaxLUTs, "max-luts", 0, "the most look-up tables of the FPGA")
	f.IntVar(&o.goal.MaxBytes, "max-bytes", 0, "the most bytes of weights, signs and biases")
	f.Float64Var(&o.goal.MinF1, "min-f1", 0, "the least macro F1 on validation; variants are then compared by it in the place of accuracy")
	f.Float64Var(&o.goal.MinAccuracy, "min-accuracy", 0, "the least accuracy on validation")
	f.StringVarP(&o.folder, "output", "o", "", "folder of the search (default, beside the model: search for model.hrn, search-NAME for NAME.hrn)")
	f.BoolVar(&o.resume, "resume", false, "go on with the search in the folder")
	f.BoolVar(&o.force, "force", false, "replace a search that is there")
	f.StringVar(&o.plan, "plan", "", "write the list of trials to this file, and train nothing")
	f.StringVar(&o.trials, "trials", "", "a list of trials, for --shard, --merge or --emit")
	f.StringVar(&o.shard, "shard", "", "the part of the trials to do, as 1/4: those of it that are done are not done again")
	f.StringVar(&o.merge, "merge", "", "make the result of a search from the trials in its folder; with --shard only if none is left to do")
	f.StringVar(&o.emit, "emit", "", "write the job that runs the trials, beside their list: "+strings.Join(job.Names(), " or "))
	f.IntVar(&o.job.Shards, "shards", 0, "parts of an emitted job (default: a trial each, at most 64)")
	f.IntVar(&o.job.CPUs, "cpus", 0, "cores of a part of an emitted job (default: left open)")
	f.StringVar(&o.job.Image, "image", "", "of Kubernetes: the image that has hrnnc")
	f.StringVar(&o.job.Claim, "claim", "search", "of Kubernetes: the claim of the volume that has the plan and takes the results")
	return c
}

// modeFlags are the flags of each way to call search, beside those that every one has.
var modeFlags = []struct {
	mode  string // the flag that asks for it; "" for a search here
	needs string // another one that has to be there, or the model
	flags []string
}{
	{"shard", "trials", []string{"trials", "shard", "merge", "output", "data"}},
	{"merge", "", []string{"trials", "merge"}},
	{"emit", "trials", []string{"trials", "emit", "shards", "cpus", "image", "claim", "output", "data", "force"}},
	{"plan", "model", append([]string{"plan", "emit", "shards", "cpus", "image", "claim", "output", "force"}, planFlags...)},
	{"trials", "", nil},
	{"", "model", append([]string{"output", "resume", "force"}, planFlags...)},
}

// planFlags say what the trials of a search are.
var planFlags = []string{"units", "block", "bits", "state-bits", "rate", "vary", "budget", "epochs", "halving", "seed", "data", "set", "mcu", "part", "clock",
	"steps-per-second", "max-cycles", "max-flash", "max-ram", "max-luts", "max-bytes", "min-f1", "min-accuracy"}

// mode is the way in which search is called: the flag of modeFlags that asks for it. The error is about flags that do not go with it.
func (o *searchFlags) mode(c *cobra.Command, model bool) (string, error) {
	given := func(name string) bool { return c.Flags().Changed(name) }
	if err := fromOne(c.Flags()); err != nil {
		return "", err
	}
	for _, m := range modeFlags {
		if m.mode != "" && !given(m.mode) || m.mode == "emit" && given("plan") {
			continue
		}
		if m.mode == "trials" {
			return "", misuse("--trials lists trials, and nothing says what to do with them").Helpf("add  --shard 1/4,  --merge FOLDER  or  --emit slurm")
		}
		if m.needs == "model" && !model {
			return "", misuse("no model is named").Helpf("write  hrnnc search model.hrn; or  hrnnc search --trials trials.jsonl --shard 1/4  for trials that are planned")
		}
		if m.needs == "trials" && !given("trials") {
			return "", misuse("--%s is about trials that are planned", m.mode).Helpf("add  --trials trials.jsonl;  hrnnc search model.hrn --plan trials.jsonl  writes them")
		}
		var wrong *diag.Diagnostic
		c.Flags().VisitAll(func(f *pflag.Flag) {
			common := c.InheritedFlags().Lookup(f.Name) != nil || f.Name == "help"
			if f.Changed && !common && !slices.Contains(m.flags, f.Name) && wrong == nil {
				if m.mode == "" {
					wrong = misuse("--%s does not go with a search on this machine", f.Name).Helpf("hrnnc search --help has examples")
				} else {
					wrong = misuse("--%s does not go with --%s", f.Name, m.mode).Helpf("leave it out: the trials say what they are; hrnnc search --help has examples")
				}
			}
		})
		if wrong != nil {
			return "", wrong
		}
		return m.mode, nil
	}
	panic("the last mode takes what is left")
}

func (a *app) search(c *cobra.Command, args []string, o searchFlags) error {
	mode, err := o.mode(c, len(args) > 0)
	if err != nil {
		return err
	}
	if err := folder(o.folder); err != nil {
		return err
	}
	work := study.SearchWork{Trials: o.trials, Folder: cmp.Or(o.merge, o.folder), Data: o.data, Watch: watcher{a}}
	if work.Folder == "" && o.trials != "" {
		work.Folder = filepath.Join(filepath.Dir(o.trials), "search")
	}
	bar := a.progress()
	defer bar.clear()
	switch mode {
	case "shard":
		return a.searchShard(c.Context(), work, o)
	case "merge":
		bar.say("reading results")
		r, err := work.Merge(c.Context(), false)
		if err != nil {
			return err
		}
		return a.printFound(r)
	case "emit":
		all, err := search.ReadTrials(o.trials)
		if err != nil {
			return err
		}
		return a.printPlanned(planned{Trials: o.trials, Count: len(all), Rounds: all[0].Rounds}, o)
	}
	return a.searchModel(c.Context(), args[0], o)
}

// searchModel plans the trials of a search, and does them here unless a file is to have them.
func (a *app) searchModel(ctx context.Context, file string, o searchFlags) error {
	if o.budget < 1 || o.epochs < 0 {
		return usageError{fmt.Errorf("--budget is a whole number from 1, and so is --epochs, or 0 for those of the train block")}
	}
	if o.resume && o.force {
		return usageError{fmt.Errorf("--resume goes on with a search, --force starts afresh: give one of them")}
	}
	if o.epochs > 0 {
		o.set = append(o.set, fmt.Sprintf("epochs=%d", o.epochs))
	}
	if o.plan != "" {
		if _, err := o.kind(); err != nil {
			return err
		}
		if err := fileio.MayWrite(o.plan); err != nil {
			return err
		}
		if fileio.IsStream(o.plan) {
			return misuse("--plan %s is no file", diag.Short(o.plan)).Helpf("name a file, such as  --plan trials.jsonl")
		}
	}
	a.bar.say("reading data")
	s, err := study.New(file, study.Options{Data: o.data, Set: o.set})
	if err != nil {
		return err
	}
	options := study.SearchOptions{Budget: o.budget, Halving: o.halving, Seed: o.seed, Set: o.set}
	if options.Space, err = o.space(s); err != nil {
		return err
	}
	if options.Goal, options.Targets, err = o.aim(s); err != nil {
		return err
	}
	s.Watch = watcher{a}
	if o.plan != "" {
		all, leftOut, err := s.Plan(options)
		if err != nil {
			return err
		}
		if err := replaceable(o.plan, search.Encode(all), o.force); err != nil {
			return err
		}
		return a.printPlanned(planned{Model: file, Trials: o.plan, Count: len(all), Rounds: all[0].Rounds, LeftOut: leftOut}, o)
	}
	r, err := s.Search(ctx, options, study.SearchFolder{Path: o.folder, Resume: o.resume, Force: o.force})
	if errors.Is(err, context.Canceled) {
		a.stopped()
	}
	a.bar.clear()
	if err != nil {
		return err
	}
	return a.printFound(r)
}

// searchShard does a part of planned trials, and merges them where that is asked for and none is left to do.
func (a *app) searchShard(ctx context.Context, work study.SearchWork, o searchFlags) error {
	part, err := search.ReadShard(o.shard)
	if err != nil {
		return err
	}
	r, err := work.Shard(ctx, part)
	if errors.Is(err, context.Canceled) {
		a.bar.clear()
		fmt.Fprintf(a.err, "stopped; the same command goes on\n")
	}
	if err != nil {
		return err
	}
	left := 0
	if o.merge != "" {
		a.bar.say("merging")
		merged, err := work.Merge(ctx, true)
		if err != nil {
			return err
		}
		if left = merged.Missing; left == 0 {
			return a.printFound(merged)
		}
	}
	a.bar.clear()
	if a.json {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "shard %s is done: %s in %s\n", o.shard, diag.GroupedCount(len(r.Candidates), "trial"), r.Folder)
	switch {
	case left > 0:
		fmt.Fprintf(a.out, "left to other shards: %s\n", diag.GroupedCount(left, "trial"))
	case o.merge == "":
		fmt.Fprintf(a.out, "next:    hrnnc search --merge %s, when all shards are done\n", job.Quote(r.Folder))
	}
	return nil
}

// planned is a list of trials that was written, and the job that runs it.
type planned struct {
	Model   string `json:"model,omitempty"`
	Trials  string `json:"trials"`
	Count   int    `json:"count"`
	Rounds  []int  `json:"rounds"` // epochs at whose end the worse half is dropped, and those of a whole training
	LeftOut int    `json:"left_out,omitempty"`
	Job     string `json:"job,omitempty"`
	Shards  int    `json:"shards,omitempty"`
}

// usualShards is how many parts an emitted job has where nobody says.
const usualShards = 64

// printPlanned writes the job where one is asked for, and says what to do next.
func (a *app) printPlanned(p planned, o searchFlags) error {
	kind, err := o.kind()
	if err != nil {
		return err
	}
	next := fmt.Sprintf("hrnnc search --trials %s --shard 1/4", job.Quote(p.Trials))
	if o.emit != "" {
		j := o.job
		base := strings.TrimSuffix(filepath.Base(p.Trials), filepath.Ext(p.Trials))
		p.Job, p.Shards = filepath.Join(filepath.Dir(p.Trials), base+kind.Ext), cmp.Or(j.Shards, min(p.Count, usualShards))
		j.Name, j.File, j.Shards, j.Rounds = base, filepath.Base(p.Job), p.Shards, len(p.Rounds)
		j.Trials, j.Folder = filepath.Base(p.Trials), cmp.Or(o.folder, "search")
		if o.plan == "" {
			j.Data = o.data // that of the plan is in it
		}
		text, err := kind.Write(j)
		if err != nil {
			return err
		}
		if err := replaceable(p.Job, text, o.force); err != nil {
			return err
		}
		next = map[string]string{"slurm": "sh ", "kubernetes": "kubectl apply -f "}[kind.Name] + job.Quote(p.Job)
	}
	a.bar.clear()
	if a.json {
		return a.printJSON(p)
	}
	a.tellLeftOut(p.LeftOut)
	rounds := ""
	if len(p.Rounds) > 1 {
		rounds = fmt.Sprintf(", the first of %d rounds", len(p.Rounds))
	}
	if o.plan != "" {
		fmt.Fprintf(a.out, "%s%s, written to %s\n", diag.GroupedCount(p.Count, "trial"), rounds, p.Trials)
	}
	if p.Job != "" {
		fmt.Fprintf(a.out, "job of %s, written to %s\n", diag.GroupedCount(p.Shards, "shard"), p.Job)
	}
	fmt.Fprintf(a.out, "next:    %s\n", next)
	return nil
}

// replaceable writes a file that may be there as it is to be, and as another one only where force says so: a plan that shards are at, or
// a job to which somebody added lines.
func replaceable(path string, text []byte, force bool) error {
	if had, err := os.ReadFile(path); err == nil && !force {
		if bytes.Equal(had, text) {
			return nil
		}
		return diag.InFile(path, "").Errorf("output", "is there already, and is another one").Helpf("name another file, or replace it with --force")
	}
	return fileio.Rewrite(path, text)
}

// fromOne refuses counts and limits below 1, where 0 would say that there is none.
func fromOne(flags *pflag.FlagSet) error {
	for _, name := range []string{"max-cycles", "max-flash", "max-ram", "max-luts", "max-bytes", "shards", "cpus"} {
		if n, err := flags.GetInt(name); err == nil && n < 1 && flags.Changed(name) {
			return misuse("--%s %d cannot be", name, n).Helpf("write a whole number from 1, or leave it out")
		}
	}
	return nil
}

// mostShards is what Kubernetes takes; Slurm takes as many as MaxArraySize says, which is less on most clusters.
const mostShards = 100_000

// Names that Kubernetes takes: of an image, and of a volume claim.
var (
	imageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)
	claimName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

// kind is that of the job to write, and checks what the flags say of it.
func (o *searchFlags) kind() (job.Kind, error) {
	kind, known := job.Find(o.emit)
	switch {
	case o.emit == "":
		return kind, nil
	case !known:
		return kind, misuse("--emit %s is none of %s", diag.Short(o.emit), strings.Join(job.Names(), " and ")).Helpf("write  --emit slurm  or  --emit kubernetes")
	case o.job.Shards > mostShards:
		return kind, misuse("--shards %d is more than %d", o.job.Shards, mostShards).Helpf("a shard does any number of trials, one after the other:  --shards 64")
	case kind.Name == "kubernetes" && o.job.Image == "":
		return kind, misuse("Kubernetes runs an image, and none is named").Helpf("add  --image REGISTRY/NAME:TAG, of an image that has hrnnc")
	case o.job.Image != "" && !imageName.MatchString(o.job.Image):
		return kind, misuse("--image %q is no name of an image", diag.Short(o.job.Image)).Helpf("write  --image REGISTRY/NAME:TAG")
	case o.job.Claim != "" && !claimName.MatchString(o.job.Claim):
		return kind, misuse("--claim %q is no name that Kubernetes takes", diag.Short(o.job.Claim)).Helpf("names have small letters, digits, - and .,  as  --claim search")
	case kind.Name != "kubernetes" && o.job.Image != "":
		return kind, misuse("--image is about Kubernetes").Helpf("leave it out, or write  --emit kubernetes")
	}
	return kind, nil
}

// aim is what the flags ask of variants, and the settings of targets that it stands for.
func (o *searchFlags) aim(s *study.Study) (g search.Goal, targets []string, err error) {
	g = o.goal
	for _, least := range []struct {
		name string
		is   float64
	}{{"min-f1", g.MinF1}, {"min-accuracy", g.MinAccuracy}} {
		if !(least.is >= 0 && least.is <= 1) {
			return g, nil, misuse("--%s %v cannot be", least.name, least.is).Helpf("it is from 0 to 1, such as 0.9")
		}
	}
	if s.Net.Loss == network.MeanSquared && (g.MinF1 > 0 || g.MinAccuracy > 0) {
		return g, nil, misuse("a regression has neither accuracy nor F1").Helpf("leave --min-f1 and --min-accuracy out")
	}
	ofChip := g.MaxFlash > 0 || g.MaxRAM > 0
	g.Part = o.logic.part
	if g.Part == "" && (g.MaxLUTs > 0 || o.logic.clock != "" || o.logic.rate != "") {
		g.Part = cmp.Or(s.Model.Targets["verilog"]["part"], "up5k")
	}
	if g.MCU == "" && g.Part == "" && (ofChip || g.MaxCycles > 0) {
		if g.MCU = s.Model.Targets["c"]["mcu"]; g.MCU == "" {
			return g, nil, misuse("a limit is that of a chip, and none is named").Helpf("add  --mcu NAME  or  --part NAME;  hrnnc chips lists them")
		}
	}
	switch {
	case g.MCU != "" && g.Part != "":
		return g, nil, misuse("a search is for a microcontroller or for an FPGA").Helpf("give --mcu or --part, and the limits of that")
	case g.MCU != "":
		part, err := chip.Get(g.MCU)
		if err != nil {
			return g, nil, err
		}
		if schedule.PricesOf(part) == nil {
			return g, nil, misuse("there are no prices of %s", part.Name).Helpf("hrnnc chips lists the chips; those that are emulated have prices")
		}
		g.MCU = part.Name
		targets = append(targets, "c.mcu="+part.Name)
		for _, l := range []struct {
			key   string
			limit int
		}{{"flash", g.MaxFlash}, {"ram", g.MaxRAM}} {
			if l.limit > 0 {
				targets = append(targets, fmt.Sprintf("c.%s=%d", l.key, l.limit))
			}
		}
	case g.Part != "":
		part, err := chip.GetFPGA(g.Part)
		if err != nil {
			return g, nil, err
		}
		if ofChip {
			return g, nil, misuse("--max-flash and --max-ram are about microcontrollers").Helpf("write  --max-luts 3000")
		}
		g.Part = part.Name
		targets = (&logicFlags{part.Name, o.logic.clock, o.logic.rate}).settings(nil)
		slices.Sort(targets)
	}
	return g, targets, nil
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
	for _, text := range o.vary {
		v, err := search.ReadVaried(text)
		if err != nil {
			return s, err
		}
		if slices.ContainsFunc(s.Vary, func(had search.Varied) bool { return had.Key == v.Key }) {
			return s, misuse("--vary %s is given twice", v.Key).Helpf("write all its values in one  --vary %s=VALUE,VALUE", v.Key)
		}
		s.Vary = append(s.Vary, v)
	}
	return s, nil
}

// tellLeftOut says how many combinations were no model.
func (a *app) tellLeftOut(n int) {
	if n > 0 {
		a.tell("left out, because the block does not fit the units, or the leaks the blocks: %s", diag.GroupedCount(n, "combination"))
	}
}

// printFound prints the front of a search, and what was left where.
func (a *app) printFound(r *study.Found) error {
	if a.json {
		return a.printJSON(r)
	}
	a.bar.clear()
	if r.Next > 0 {
		fmt.Fprintf(a.out, "this round is done: %s %s in %s\n", diag.GroupedCount(r.Next, "variant"), map[bool]string{true: "goes on, and is", false: "go on, and are"}[r.Next == 1], filepath.Join(r.Folder, search.TrialsName))
		fmt.Fprintf(a.out, "next:    the shards again, and then this merge\n")
		return nil
	}
	a.tellLeftOut(r.LeftOut)
	if err := a.printFront(r); err != nil {
		return err
	}
	// The best one of all is on the front.
	best := slices.MaxFunc(r.Front(), func(a, b search.Candidate) int { return cmp.Compare(r.Goal.Score(&a), r.Goal.Score(&b)) })
	fmt.Fprintf(a.out, "report:  %s\nnext:    hrnnc compile %s\n", r.Report, filepath.Join(r.Folder, best.Name, "model.hrn"))
	return nil
}

// printFront prints the front as a table.
func (a *app) printFront(r *study.Found) error {
	best := r.Front()
	score := "accuracy"
	if slices.ContainsFunc(best, func(c search.Candidate) bool { return c.Accuracy < 0 }) {
		score = "score" // of a regression
	}
	head := []string{"candidate", score, "real"}
	withF1 := r.Goal.MCU != "" || r.Goal.Part != "" || r.Goal.ByF1()
	withF1 = withF1 && slices.ContainsFunc(best, func(c search.Candidate) bool { return c.F1 != nil })
	if withF1 {
		head = append(head, "macro F1")
	}
	for _, f := range r.Goal.Figures() {
		head = append(head, f.Title)
	}
	var rows [][]string
	for _, c := range best {
		row := []string{c.Name, study.ScoreText(c.Accuracy), study.ScoreText(c.Real)}
		switch {
		case withF1 && c.F1 != nil:
			row = append(row, fmt.Sprintf("%.4f", *c.F1))
		case withF1:
			row = append(row, "-")
		}
		for _, f := range r.Goal.Figures() {
			row = append(row, diag.Grouped(f.Of(&c.Costs)))
		}
		rows = append(rows, row)
	}
	fmt.Fprintf(a.out, "%d of %s on the front\n", len(best), diag.GroupedCount(len(r.Candidates), "candidate"))
	return table(a.out, head, rows)
}
