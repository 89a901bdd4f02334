package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

func (a *app) dataCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Args:  knownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
		Short: "List, describe and fetch data sets",
		Long: `The data sets that a model can be trained on: known ones, generated ones, and files of yours.

A known set lies in $HRNNC_DATA/NAME or in hrnnc/NAME of the user's cache: the files that hrnnc knows, each checked against
its SHA-256, or what its authors publish, unpacked.`,
		Example: `  hrnnc data list
  hrnnc data get mnist
  hrnnc data info har --set normalise=channel
  hrnnc data info "copy(100)"
  hrnnc data info recordings.csv --set id=session --set label=activity --set window=128`,
	}
	c.AddCommand(a.dataListCmd(), a.dataInfoCmd(), a.dataGetCmd())
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
	return c
}

// listedSet is one line of the list.
type listedSet struct {
	Name    string `json:"name"`
	What    string `json:"what"`
	Train   int    `json:"train"`
	Valid   int    `json:"valid"`
	Test    int    `json:"test"`
	Steps   int    `json:"steps,omitempty"`
	Inputs  int    `json:"inputs,omitempty"`
	Classes int    `json:"classes,omitempty"`
	Numbers int    `json:"numbers,omitempty"`
	Licence string `json:"licence,omitempty"`
	Where   string `json:"where"`
}

func (a *app) dataListCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the known and the generated data sets, and where they are",
		Example: `  hrnnc data list
  hrnnc data list --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sets := listedSets()
			if a.json {
				return a.printJSON(map[string]any{"sets": sets})
			}
			var rows [][]string
			for _, s := range sets {
				rows = append(rows, []string{s.Name, s.What, split(s.Train, s.Valid, s.Test), s.shape(), s.answers(), s.Licence, s.Where})
			}
			return table(a.out, []string{"name", "what", "train + valid + test", "steps x inputs", "answers", "licence", "where"}, rows)
		},
	}
}

func listedSets() []listedSet {
	var out []listedSet
	for i := range data.KnownSets {
		k := &data.KnownSets[i]
		out = append(out, listedSet{k.Name, k.What, k.Train, k.Valid, k.Test, k.T, k.D, k.Classes, k.Numbers, k.Licence, cmp.Or(k.Where(), "missing")})
	}
	for _, g := range data.Generators {
		out = append(out, listedSet{Name: g.Name + "(N)", What: g.What, Where: "generated"})
	}
	return out
}

func split(train, valid, test int) string {
	if train == 0 {
		return ""
	}
	parts := []string{diag.Grouped(train), diag.Grouped(test)}
	if valid > 0 {
		parts = []string{diag.Grouped(train), diag.Grouped(valid), diag.Grouped(test)}
	}
	return strings.Join(parts, " + ")
}

func (s listedSet) shape() string {
	if s.Steps == 0 {
		return ""
	}
	return diag.Grouped(s.Steps) + " x " + diag.Grouped(s.Inputs)
}

// answers says how many classes there are, or numbers to give; nothing where that is unknown.
func (s listedSet) answers() string {
	switch {
	case s.Numbers > 0:
		return diag.GroupedCount(s.Numbers, "number")
	case s.Classes > 0:
		return diag.GroupedCount(s.Classes, "class")
	}
	return ""
}

func (a *app) dataGetCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME",
		Short: "Fetch a known data set",
		Long: `Fetch a known data set into $HRNNC_DATA/NAME, or into the user's cache where that is not set: its files, each checked
against its SHA-256, or the archive that its authors publish, checked against its MD5 where one is known, by the checksums
in it and by its number of sequences. Only the files that are needed are unpacked, and nothing is put in place before it was
checked. A set that is there is checked, and fetched again where it is damaged or not whole.`,
		Example: `  hrnnc data get fashion
  HRNNC_DATA=/data hrnnc data get hapt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := data.Lookup(args[0])
			if err != nil {
				return err
			}
			bar := a.progress()
			dir, err := k.Get(cmd.Context(), watchFetch(bar, k))
			bar.clear()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]string{"name": k.Name, "where": dir})
			}
			fmt.Fprintf(a.out, "%s is in %s\n", k.Name, dir)
			return nil
		},
	}
}

// watchFetch moves one bar over all files that are fetched, and the archive that is unpacked.
func watchFetch(bar *progress, k *data.Known) known.Progress {
	parts := len(k.Files)
	if k.Archive != nil {
		parts = 2
	}
	rest := bar.plan("", float64(parts)) // the parts whose turn is to come
	var now *stage
	current := ""
	return func(what string, done, total int) {
		if what != current {
			current = what
			now.at(1, 1)
			rest.Resize(max(rest.work-1, 0))
			now = bar.plan(what, 1)
		}
		now.at(done, total)
		bar.say(fmt.Sprintf("%s, %.1f MB", what, float64(done)/1e6))
	}
}

func (a *app) dataInfoCmd() *cobra.Command {
	var settings []string
	var seed uint64
	c := &cobra.Command{
		Use:   "info NAME",
		Short: "Describe a data set as training would see it",
		Long: `Describe a data set as training would see it: its parts, steps, classes and values. NAME is that of a known set, a
generated one such as copy(100), or the path of a file or folder.

--set says what a model's train block can say about data:
` + settingsHelp(),
		Example: `  hrnnc data info mnist --set layout=rows
  hrnnc data info hapt --set channels=all --set "test=2,4,9"
  hrnnc data info mine.npz --set arrays=x=signals,y=activity --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o := data.Defaults()
			o.Seed = seed
			for _, s := range settings {
				key, value, _ := strings.Cut(s, "=")
				if _, err := o.Set(strings.TrimSpace(key), value); err != nil {
					return err
				}
			}
			set, err := data.Load(args[0], o)
			if err != nil {
				return err
			}
			d := set.Describe()
			warnings := set.Warnings(slices.Concat(d.Classes, d.Labels))
			if a.json {
				a.warn(warnings)
				return a.printJSON(d)
			}
			a.printDescription(d)
			a.warn(warnings)
			return nil
		},
	}
	settingsFlag(c, &settings, aboutData, "a setting about data, as window=128")
	c.Flags().Uint64Var(&seed, "seed", 0, "seed of everything random")
	return c
}

// settingsHelp lists the settings in columns.
func settingsHelp() string {
	var b strings.Builder
	for _, s := range data.Settings {
		fmt.Fprintf(&b, "  %-15s %s\n", s.Name, s.Doc)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) printDescription(d data.Description) {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintln(w, d.Name)
	line("source", "%s", d.Source)
	if d.Licence != "" {
		line("licence", "%s", d.Licence)
	}
	line("sequences", "%s to train on, %s to validate, %s to test", diag.Grouped(d.Train), diag.Grouped(d.Valid), diag.Grouped(d.Test))
	what := fmt.Sprintf("%s a step", diag.GroupedCount(d.Inputs, "value"))
	if d.Vocabulary > 0 {
		what = fmt.Sprintf("one of %s each", diag.GroupedCount(d.Vocabulary, "token"))
	}
	steps := diag.Grouped(d.Steps)
	if d.Stream {
		steps = fmt.Sprintf("up to %s a recording, %s to train on", steps, diag.Grouped(d.TrainingSteps))
	}
	line("steps", "%s, %s", steps, what)
	what = diag.GroupedCount(len(d.Classes), "class")
	if d.Outputs > 0 {
		what = diag.GroupedCount(d.Outputs, "number")
	}
	if d.Labels != nil {
		what = diag.GroupedCount(d.Outputs, "label") + ", several at once"
	}
	if d.EachStep {
		what += " at each step"
		if d.Outputs == 0 {
			what += fmt.Sprintf("; %s of %s of the training part are labelled", diag.Grouped(d.LabelledSteps), diag.GroupedCount(d.TrainingSteps, "step"))
		}
	}
	line("answers", "%s", what)
	a.flush(w)
	a.printClasses("class", d.Classes, d.Parts)
	a.printClasses("label", d.Labels, d.Parts)
	a.printSources(d.Parts)
	a.printTargetValues(d.Targets)
	a.printChannels(d.Channels)
	for _, n := range d.Notes {
		fmt.Fprintf(a.out, "  note: %s\n", n)
	}
}

// shown is how many classes or channels are printed; --json has all.
const shown = 50

// printClasses counts classes, or labels, in every part that the set has.
func (a *app) printClasses(what string, classes []data.ClassCount, parts []data.Part) {
	if len(classes) == 0 {
		return
	}
	head := []string{"    " + what}
	for _, p := range parts {
		if p.Sequences > 0 {
			head = append(head, p.Name)
		}
	}
	var rows [][]string
	for _, c := range classes[:min(len(classes), shown)] {
		row := []string{"    " + shorten(c.Name, longestClass)}
		for k, n := range []int{c.Train, c.Valid, c.Test} {
			if parts[k].Sequences > 0 {
				row = append(row, diag.Grouped(n))
			}
		}
		rows = append(rows, row)
	}
	a.printTable(head, rows)
	a.printMore(len(classes))
}

// longestClass is how many letters of a class's name a table shows.
const longestClass = 40

// shorten leaves out the middle of a name that is longer than so many letters: names in a row often differ at the end only.
func shorten(name string, most int) string {
	letters := []rune(name)
	if n := len(letters); n > most {
		return string(letters[:(most-1)/2]) + "…" + string(letters[n-most/2:])
	}
	return name
}

// printSources says which persons and recordings each part is of.
func (a *app) printSources(parts []data.Part) {
	for _, p := range parts {
		for _, of := range []struct {
			what  string
			names []string
		}{{"person", p.Persons}, {"recording", p.Recordings}} {
			if len(of.names) > 0 {
				fmt.Fprintf(a.out, "  %s part: %s: %s\n", p.Name, diag.GroupedCount(len(of.names), of.what), withinLine(of.names))
			}
		}
	}
}

// shownNames is about how many letters of a list of names are printed; --json has all.
const shownNames = 90

// withinLine lists names until the line is full.
func withinLine(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > shownNames {
			fmt.Fprintf(&b, "and %s more", diag.Grouped(len(names)-i))
			break
		}
		b.WriteString(shorten(name, longestClass))
	}
	return b.String()
}

func (a *app) printTargetValues(targets []data.TargetValues) {
	var rows [][]string
	for _, t := range targets {
		rows = append(rows, valuesRow(t.Name, t.Values))
	}
	a.printValues("target", rows)
}

func (a *app) printChannels(channels []data.ChannelValues) {
	var rows [][]string
	for _, c := range channels {
		rows = append(rows, valuesRow(c.Name, c.Values, c.Scale))
	}
	a.printValues("channel", rows, "unit")
}

// valuesRow is the line of a channel or target: what its values are like, and more numbers.
func valuesRow(name string, v data.Values, more ...float64) []string {
	row := []string{"    " + name}
	for _, v := range append([]float64{v.Min, v.Max, v.Mean, v.Deviation}, more...) {
		row = append(row, fmt.Sprintf("%9.4g", v))
	}
	return row
}

// printValues prints lines of valuesRow, under what they are and the names of more numbers.
func (a *app) printValues(what string, rows [][]string, more ...string) {
	if len(rows) == 0 {
		return
	}
	head := []string{"    " + what}
	for _, name := range append([]string{"smallest", "largest", "mean", "deviation"}, more...) {
		head = append(head, fmt.Sprintf("%9s", name)) // as wide as the numbers
	}
	a.printTable(head, rows[:min(len(rows), shown)])
	a.printMore(len(rows))
}

// printTable prints rows in columns.
func (a *app) printTable(head []string, rows [][]string) {
	if err := table(a.out, head, rows); err != nil {
		fmt.Fprintln(a.err, err)
	}
}

// printMore says how many of n lines are not shown.
func (a *app) printMore(n int) {
	if n > shown {
		fmt.Fprintf(a.out, "    ... and %s more; --json has all\n", diag.Grouped(n-shown))
	}
}
