package dsl

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// DecideSetting is one key of a decide block.
type DecideSetting struct {
	Word
	read func(d *Decide, v *Value) (wrong, help string) // what is wrong with a value, and what would be right
}

// DecideSettings are those of a decide block.
var DecideSettings = []DecideSetting{
	{Word{"hold", "hold = 8", "Steps behind a change in which there is no other: 0 to 65,535. Left out: 0."}, func(d *Decide, v *Value) (string, string) {
		n, err := strconv.Atoi(v.Text)
		if err != nil || n < 0 || n > decider.MostHold {
			return fmt.Sprintf("is none of 0 to %s", diag.Count(decider.MostHold, "step")), "write  hold = 8  for a decision that stays for 8 steps behind the one that made it"
		}
		d.Hold = n
		return "", ""
	}},
	{Word{"smooth", "smooth = 16", "Outputs are averaged over about so many steps, exponentially: a power of two, 1 to 1,024. Left out: 1, they are not."}, func(d *Decide, v *Value) (string, string) {
		n, err := strconv.Atoi(v.Text)
		if err != nil || n < 1 || n > decider.MostSmooth || !isPowerOfTwo(n) {
			near := 1
			if f, err := strconv.ParseFloat(v.Text, 64); err == nil && f > 1 {
				near = 1 << int(math.Round(math.Log2(min(f, decider.MostSmooth))))
			}
			return fmt.Sprintf("is none of 1, 2, 4, 8 to %s", diag.Count(decider.MostSmooth, "step")), fmt.Sprintf("averages are over a power of two of steps, so that they are shifts; the nearest is  smooth = %d", near)
		}
		d.Smooth = n
		return "", ""
	}},
	{Word{"threshold", "threshold = 0.7", "How probable the leading class must be, in a softmax of it and the class decided on, to take over: from 0.5 to below 1. Left out: 0.5."}, func(d *Decide, v *Value) (string, string) {
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil || !(f >= 0.5 && f < 1) {
			help := "it is how probable a class must be against the one decided on: 0.5 takes any that leads, 0.9 one that is nine times as probable"
			if err == nil && f > 1 && f < 100 {
				help = fmt.Sprintf("write %v percent as  threshold = %v", f, f/100)
			}
			return "is not from 0.5 to below 1", help
		}
		d.Threshold = f
		return "", ""
	}},
	{Word{"start", `start = "background"`, "The decision of the first step: a label, or the number of a class from 0. Left out: the largest output of the first step."}, func(d *Decide, v *Value) (string, string) {
		if n, err := strconv.Atoi(v.Text); err == nil && n >= 0 {
			d.Start = n
			return "", ""
		}
		if d.StartLabel = unquote(v.Text); strings.HasPrefix(v.Text, "-") || d.StartLabel == "" {
			return "is no class", `write a label, as  start = "background",  or the number of a class from 0`
		}
		return "", ""
	}},
}

func decideKeys() (out []string) {
	for _, s := range DecideSettings {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}

// Decide is the decide block as written.
type Decide struct {
	decider.Settings
	StartLabel string // the class of Start where it is named, else ""
	Span       diag.Span
}

// decide reads  decide { hold = 8  smooth = 16  threshold = 0.7  start = "background" }.
func (c *checker) decide(s *BlockStmt) {
	if s.Name != nil {
		c.fail(s.Name, "syntax", "write  decide { ... }", "decide takes no name").Fix(s.Name.span(c.file), "")
		return
	}
	if c.m.Decide != nil {
		c.errs.Add(c.at(s).Errorf("name", "decide is said twice").Notef(c.m.Decide.Span, "the first").Helpf("put all settings into one block"))
		return
	}
	d := &Decide{Settings: decider.Default, Span: s.span(c.file)}
	c.m.Decide = d
	c.m.Settings["decide"] = d.Span
	for _, p := range s.Pairs {
		key := "decide." + p.Key
		i := slices.IndexFunc(DecideSettings, func(s DecideSetting) bool { return s.Name == p.Key })
		switch _, twice := c.m.Settings[key]; {
		case i < 0:
			d := c.fail(p, "settings", "its settings are "+strings.Join(decideKeys(), ", "), "decide has no setting %s", p.Key)
			if near := diag.Nearest(p.Key, decideKeys()); near != "" {
				d.Helpf("did you mean %s?", near).Fix(spanOf(c.file, p.Tokens[0], p.Tokens[0]), near)
			}
			continue
		case twice:
			c.fail(p, "name", "remove one", "%s is set twice", p.Key).Fix(p.span(c.file), "")
			continue
		case len(p.Value) != 1:
			c.fail(p, "settings", "write one value, without brackets", "%s is one value, not a list", p.Key)
			continue
		}
		c.m.Settings[key] = p.span(c.file)
		if wrong, help := DecideSettings[i].read(d, p.Value[0]); wrong != "" {
			f := c.fail(p, "range", help, "%s, %s, %s", p.Key, p.Value[0].Text, wrong)
			if _, near, ok := strings.Cut(help, p.Key+" = "); ok && !strings.Contains(near, " ") {
				f.Fix(p.Value[0].span(c.file), near)
			}
		}
	}
}

// checkDecide holds the decide block against the output.
func (c *checker) checkDecide() {
	d, out := c.m.Decide, &c.m.Output
	if d == nil || c.failed() {
		return
	}
	fail := func(help, format string, args ...any) {
		c.errs.Add(diag.At(d.Span).Errorf("decide", format, args...).Notef(out.Span, "the output").Helpf("%s", help))
	}
	rows := c.m.Readout.Matrix.Shape[0]
	switch {
	case out.Decision == ir.Logits:
		fail("write  output class = argmax(y) at every step,  or remove the block", "decide is for classes, and the output is numbers")
	case out.Decision == ir.Threshold:
		fail("give V a row for each answer and write  output class = argmax(y) at every step,  or remove the block", "decide is for classes, and the output is compared with a threshold")
	case out.When != ir.EveryStep:
		fail("write  at every step,  or remove the block", "decide is for an output at every step, and this one is given once")
	case rows < 2:
		fail("give V a row for each class", "decide chooses between classes, and there is one")
	default:
		d.resolve(c.m.Output.Labels, rows, func(err error, help, near string) {
			f := diag.At(c.m.Settings["decide.start"]).Errorf("decide", "%v", err).Helpf("%s", help)
			if near != "" {
				f.Fix(f.Span, "start = "+strconv.Quote(near))
			}
			c.errs.Add(f)
		})
		settings := d.Settings
		out.Decide = &settings
	}
}

// resolve finds the class of the start among labels, where there are any, or says why there is none.
func (d *Decide) resolve(labels []string, rows int, fail func(err error, help, near string)) {
	switch {
	case d.StartLabel == "" && d.Start >= rows:
		fail(fmt.Errorf("start is class %d, and the classes are 0 to %d", d.Start, rows-1), "write a label or the number of a class", "")
	case d.StartLabel != "" && len(labels) > 0:
		if d.Start = slices.Index(labels, d.StartLabel); d.Start >= 0 {
			return
		}
		d.Start = decider.NoStart
		help := "the labels are " + diag.Names(labels)
		near := diag.Nearest(d.StartLabel, labels)
		if near != "" {
			help = "did you mean " + strconv.Quote(near) + "?"
		}
		fail(fmt.Errorf("start is %q, which is no label", d.StartLabel), help, near)
	}
}

// decide resolves a start that is named by a label of the weights file.
func (b *builder) decide() {
	d, out := b.m.Decide, &b.out.Output
	if d == nil || out.Decide == nil || d.StartLabel == "" {
		return
	}
	fail := func(err error, help, _ string) {
		b.errs.Add(diag.At(b.m.Settings["decide.start"]).Errorf("decide", "%v", err).Helpf("%s", help))
	}
	if len(out.Labels) == 0 {
		fail(errors.New("start is a label, and neither the model nor its weights name the classes"), `add  labels "...", "...",  or write the number of the class`, "")
		return
	}
	found := *d
	found.resolve(out.Labels, b.m.Readout.Matrix.Shape[0], fail)
	out.Decide = &found.Settings
}

// decide writes the block.
func (w *sourceWriter) decide(d *Decide) {
	var settings []string
	add := func(key, value string) { settings = append(settings, key+" = "+value) }
	if d.Hold != 0 {
		add("hold", strconv.Itoa(d.Hold))
	}
	if d.Smooth != 1 {
		add("smooth", strconv.Itoa(d.Smooth))
	}
	if d.Threshold != 0.5 {
		add("threshold", literal(d.Threshold))
	}
	switch {
	case d.StartLabel != "":
		add("start", strconv.Quote(d.StartLabel))
	case d.Start != decider.NoStart:
		add("start", strconv.Itoa(d.Start))
	}
	if settings == nil {
		w.line("decide { }")
		return
	}
	w.line("decide { %s }", strings.Join(settings, ", "))
}
