package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// mark is how good a finding is.
type mark int

const (
	good mark = iota
	watch
	bad
)

// Sign stands before a finding, for those who do not see its colour.
func (m mark) Sign() string { return [...]string{"✓", "!", "✗"}[m] }

// Class is the finding's class in style.css.
func (m mark) Class() string { return [...]string{"good", "watch", "bad"}[m] }

// finding is one thing that a reader should know about the run.
type finding struct {
	Mark mark
	Text string
}

// Where a finding changes its mark.
const (
	overfitRise    = 1.1   // validation loss at the end over its smallest
	overfitLoss    = 0.02  // below it, a rise is of no account
	overfitGap     = 0.05  // training over validation accuracy
	rateSpent      = 0.1   // last over largest learning rate: below it, more epochs of the same schedule change little
	fixedLoss      = 0.005 // accuracy that integers may cost
	fixedLossBad   = 0.05
	clampedOften   = 1e-3 // part of the state values
	standardErrors = 2    // what differs by less may be chance
	betterF1       = 1.2  // macro F1 over that of always deciding one class
	explainsLittle = 0.5  // R2 of a regression, and the part of the mistakes of guessing that decisions avoid
	promises       = 0.05 // accuracy on validation over that on test, where that is more than chance
	promisesMuch   = 0.15 // the same, whatever chance may do
	worseErrors    = 1.5  // of a regression: the error on test over that on validation
	hardlyFound    = 0.25 // recall of a class
	seldom         = 5    // a class of fewer may be missed by chance
	fewSteps       = 0.5  // steps of the optimiser over those that the defaults would take
	otherRate      = 4    // learning rate over the default, or the other way round
)

// checks is every judgement, in the order of the page. One that does not apply gives no text.
var checks = []func(p *Page) finding{
	learned, generalises, stillImproving, beatsGuessing, findsClasses, beatsGuessingLabels, findsLabels, validationAgrees, sharedValidation, sharedTest,
	explains, fixedAgrees, clamped,
}

// Remarks are the findings about a run that a reader should do something about, the worst first.
func Remarks(p Page) []string {
	out := []string{}
	all := findings(&p)
	for _, m := range []mark{bad, watch} {
		for _, f := range all {
			if f.Mark == m {
				out = append(out, f.Text)
			}
		}
	}
	return out
}

func findings(p *Page) []finding {
	var out []finding
	for _, check := range checks {
		if f := check(p); f.Text != "" {
			out = append(out, f)
		}
	}
	return out
}

// verdict sums findings up; it is empty where there are none.
func verdict(all []finding) finding {
	worst, remarks := good, 0
	for _, f := range all {
		worst = max(worst, f.Mark)
		if f.Mark != good {
			remarks++
		}
	}
	switch {
	case len(all) == 0:
		return finding{}
	case worst == bad:
		return finding{bad, "Something went wrong"}
	case worst == watch:
		return finding{watch, "Trained, with " + diag.GroupedCount(remarks, "remark")}
	}
	return finding{good, "Trained well"}
}

// best is the index of the epoch whose weights are kept, or -1.
func best(history []trainer.Metrics) int {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Best {
			return i
		}
	}
	return -1
}

// regression reports whether the score of a run is its negative loss, as for real targets.
func (p *Page) regression() bool {
	for _, m := range p.History {
		if m.ValidScore < 0 {
			return true
		}
	}
	for _, s := range p.Scores {
		if s.Accuracy != 0 {
			return false
		}
	}
	return len(p.History) == 0 && len(p.Scores) > 0 && p.Confusion == nil && p.Labels == nil
}

func (p *Page) score(split, level string) (Score, bool) {
	for _, s := range p.Scores {
		if s.Split == split && s.Level == level {
			return s, true
		}
	}
	return Score{}, false
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func learned(p *Page) finding {
	n := len(p.History)
	if n == 0 {
		return finding{}
	}
	for _, m := range p.History {
		if !finite(m.Loss) || !finite(m.ValidLoss) {
			return finding{bad, fmt.Sprintf("The loss is no number in epoch %d.", m.Epoch)}
		}
	}
	first, last := p.History[0].Loss, p.History[n-1].Loss
	switch {
	case n == 1:
		return finding{watch, "There is one epoch only, so nothing can be said about how training went."}
	case last >= first:
		return finding{bad, fmt.Sprintf("The training loss did not fall: %s in the first epoch, %s in the last.", significant(first, 3), significant(last, 3))}
	}
	return finding{good, fmt.Sprintf("The training loss fell from %s to %s in %s.", significant(first, 3), significant(last, 3), diag.GroupedCount(n, "epoch"))}
}

func generalises(p *Page) finding {
	k := best(p.History)
	if k < 0 {
		return finding{}
	}
	kept, last := p.History[k], p.History[len(p.History)-1]
	low := kept
	for _, m := range p.History {
		if m.ValidLoss < low.ValidLoss {
			low = m
		}
	}
	switch gap := kept.Accuracy - kept.ValidAccuracy; {
	case last.ValidLoss > overfitRise*low.ValidLoss && last.ValidLoss > overfitLoss && last.Loss < low.Loss:
		return finding{watch, fmt.Sprintf("It overfits: the validation loss rose from %s in epoch %d to %s at the end, while the training loss fell. Epoch %d is kept.",
			significant(low.ValidLoss, 3), low.Epoch, significant(last.ValidLoss, 3), kept.Epoch)}
	case !p.regression() && gap > overfitGap:
		return finding{watch, fmt.Sprintf("In the kept epoch the accuracy is %s points higher on training than on validation data.", decimal(100*gap, 1))}
	}
	return finding{}
}

func stillImproving(p *Page) finding {
	k, n := best(p.History), len(p.History)
	if k < 0 || n < 2 {
		return finding{}
	}
	highest := 0.0
	for _, m := range p.History {
		highest = max(highest, m.Rate)
	}
	if k == n-1 && p.History[k].Rate > rateSpent*highest {
		return finding{watch, "The last epoch is the best one, and the learning rate is still high: more epochs may help."}
	}
	return finding{}
}

// judged is the score that decisions are judged by: of the last part, at the fixed level.
func (p *Page) judged() (Score, bool) {
	for _, split := range []string{"test", "valid", "train"} {
		if s, ok := p.score(split, "fixed"); ok {
			return s, true
		}
	}
	return Score{}, false
}

// confusionPart names the data that decisions are judged on.
func (p *Page) confusionPart() string {
	part := "test"
	if s, ok := p.judged(); ok {
		part = s.Split
	}
	if name, ok := map[string]string{"valid": "validation", "train": "training"}[part]; ok {
		part = name
	}
	return part + " data"
}

// surelyOver reports whether an accuracy is more than another, chance aside.
func (s Score) surelyOver(accuracy float64) bool {
	if s.Interval != nil {
		return s.Interval.Low > accuracy
	}
	return s.Accuracy > accuracy+standardErrors*math.Sqrt(accuracy*(1-accuracy)/float64(max(s.N, 1)))
}

func beatsGuessing(p *Page) finding {
	s, ok := p.judged()
	if !ok || p.Confusion == nil || p.Confusion.Total() == 0 {
		return finding{}
	}
	c := p.Confusion
	n, part := float64(c.Total()), p.confusionPart()
	guess, right := float64(c.Of(c.Largest()))/n, float64(c.Right())/n
	s.Accuracy = right
	name, shown := diag.Short(c.Classes[c.Largest()]), percent(guess)
	if !s.surelyOver(guess) {
		f1, guessed := float64(score.MacroF1(c.Scores())), 2*guess/(1+guess)/float64(len(c.Classes))
		if right > guess || f1 > betterF1*guessed {
			return finding{watch, fmt.Sprintf("It is right in %s of the %s, which is not clearly more than the %s of always deciding “%s”; macro F1 is %s. %s",
				percent(right), part, shown, name, percent(f1), p.advice())}
		}
		return finding{bad, fmt.Sprintf("It is no better than always deciding “%s”, which is right in %s of the %s. %s", name, shown, part, p.advice())}
	}
	if right-guess < explainsLittle*(1-guess) {
		return finding{watch, fmt.Sprintf("It is right in %s of the %s, and makes more than half of the mistakes of always deciding “%s”, which is right in %s. %s",
			percent(right), part, name, shown, p.advice())}
	}
	return finding{good, fmt.Sprintf("It beats always deciding “%s”, which would be right in %s of the %s.", name, shown, part)}
}

// advice says what to try where too little was learned: of the training data, what differs from the defaults for so many
// sequences.
func (p *Page) advice() string {
	if p.Sequences == 0 || p.Scale.Batch == 0 {
		return "More epochs, more units or a larger rate may help."
	}
	used, usual := p.Scale, trainer.ScaleFor(p.Sequences)
	used.Epochs = max(len(p.History), 1)
	steps, wanted := used.Steps(p.Sequences), usual.Steps(p.Sequences)
	switch k := best(p.History); {
	case p.skill() > explainsLittle && p.Confusion != nil && p.History[k].Accuracy <= float64(p.Confusion.Right())/float64(p.Confusion.Total()):
		return "It tells the training data no better: more to test with would say more."
	case p.skill() > explainsLittle:
		return "It has learned the training data far better: more data, augmentation, or fewer units may help."
	case float64(steps) < fewSteps*float64(wanted):
		try := fmt.Sprintf("--set epochs=%d", usual.Epochs)
		if used.Batch > usual.Batch {
			try = fmt.Sprintf("--set batch=%d %s", usual.Batch, try)
		}
		return fmt.Sprintf("The optimiser took %s only, and %s are usual for %s: try  %s.", diag.GroupedCount(steps, "step"), decimal(float64(wanted), 0), diag.GroupedCount(p.Sequences, "sequence"), try)
	case used.Rate*otherRate < usual.Rate || used.Rate > otherRate*usual.Rate:
		return fmt.Sprintf("The learning rate is %g, and %g is usual: try  --set rate=%g.", used.Rate, usual.Rate, usual.Rate)
	}
	return "More units, normalise = channel, or the mean of the outputs in place of the last one may help; hrnnc search tries sizes."
}

// skill is how much of the mistakes of guessing the kept epoch avoids on training data.
func (p *Page) skill() float64 {
	k := best(p.History)
	if k < 0 || p.Confusion == nil {
		return 0
	}
	guess := float64(p.Confusion.Of(p.Confusion.Largest())) / float64(p.Confusion.Total())
	return (p.History[k].Accuracy - guess) / (1 - guess)
}

func findsClasses(p *Page) finding {
	if p.Confusion == nil {
		return finding{}
	}
	return p.found(p.Confusion.Scores(), "class")
}

func findsLabels(p *Page) finding {
	var scores []score.ClassScore
	for _, l := range p.Labels {
		scores = append(scores, l.ClassScore)
	}
	return p.found(scores, "label")
}

// found names classes, or labels, that are never or hardly found, and those that the data has none of.
func (p *Page) found(scores []score.ClassScore, what string) finding {
	var never, hardly, absent []string
	f := finding{Mark: watch}
	for _, s := range scores {
		hits := int(math.Round(float64(s.Recall) * float64(s.Count)))
		name := fmt.Sprintf("%s (%s of %s)", diag.Short(s.Name), decimal(float64(hits), 0), decimal(float64(s.Count), 0))
		switch {
		case s.Count == 0:
			absent = append(absent, diag.Short(s.Name))
		case s.Recall == 0:
			never = append(never, name)
			if s.Count >= seldom {
				f.Mark = bad
			}
		case s.Recall < hardlyFound:
			hardly = append(hardly, name)
		}
	}
	var parts []string
	if len(never) > 0 {
		parts = append(parts, fmt.Sprintf("Never found in the %s: %s.", p.confusionPart(), listed(never)))
	}
	if len(hardly) > 0 {
		parts = append(parts, fmt.Sprintf("Hardly found in the %s: %s.", p.confusionPart(), listed(hardly)))
	}
	if len(parts) > 0 {
		parts = append(parts, "More "+p.counted()+" of them to train on may help.")
	}
	if len(absent) > 0 && len(absent) < len(scores) {
		parts = append(parts, fmt.Sprintf("The %s has none of: %s; nothing is known about them.", p.confusionPart(), listed(absent)))
	}
	if f.Text = strings.Join(parts, " "); f.Text == "" {
		return finding{}
	}
	return f
}

// counted names what answers are of.
func (p *Page) counted() string { return cmp.Or(p.Counted, "sequences") }

// listed names the first few.
func listed(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(names[:most], ", "), decimal(float64(len(names)-most), 0))
}

// beatsGuessingLabels compares labels that can be true at once with what needs no model.
func beatsGuessingLabels(p *Page) finding {
	s, ok := p.judged()
	if !ok || len(p.Labels) == 0 {
		return finding{}
	}
	f1, baseline := float64(s.MacroF1), float64(s.BaselineF1)
	numbers := fmt.Sprintf("%s of the labels are right, and %s of always deciding the more frequent; macro F1 is %s, and %s of always saying yes.",
		percent(s.Accuracy), percent(float64(s.Baseline)), percent(f1), percent(baseline))
	overF1, overAccuracy := f1 > baseline, s.surelyOver(float64(s.Baseline))
	switch {
	case !overF1 && !overAccuracy:
		return finding{bad, "It is no better than guessing: " + numbers + " " + p.advice()}
	case !overF1 || !overAccuracy:
		return finding{watch, "It is not clearly better than guessing: " + numbers + " " + p.advice()}
	}
	return finding{good, "It beats guessing: " + numbers}
}

// validationAgrees compares the part that chose the weights with the one that nothing was chosen by.
func validationAgrees(p *Page) finding {
	v, haveValid := p.score("valid", "real")
	s, haveTest := p.score("test", "real")
	if !haveValid || !haveTest {
		return finding{}
	}
	if p.regression() {
		return errorsAgree(v, s)
	}
	gap := v.Accuracy - s.Accuracy
	chance := standardErrors * math.Hypot(v.Error, s.Error)
	if gap <= promises || gap <= promisesMuch && gap <= chance {
		return finding{}
	}
	text := fmt.Sprintf("Validation promises too much: %s are right there, and %s of the test data.", percent(v.Accuracy), percent(s.Accuracy))
	if gap <= chance {
		text += fmt.Sprintf(" That may be chance: test is of %s.", over(s.Interval))
	} else if p.sharedOf("validation").Sequences == 0 {
		text += " The test data is of another kind than the training data, or validation is too small to choose by."
	}
	return finding{watch, text}
}

// errorsAgree is validationAgrees of a regression, output by output.
func errorsAgree(valid, test Score) finding {
	for k := range min(len(valid.Outputs), len(test.Outputs)) {
		v, s := valid.Outputs[k], test.Outputs[k]
		if s.RMSE > worseErrors*v.RMSE && (s.Interval == nil || s.Interval.Low > v.RMSE) {
			return finding{watch, fmt.Sprintf("Validation promises too much: the error of %s is %s there, and %s on the test data.", diag.Short(s.Name), significant(v.RMSE, 3), significant(s.RMSE, 3))}
		}
	}
	return finding{}
}

func (p *Page) sharedOf(part string) data.Shared {
	for _, s := range p.Shared {
		if s.Part == part {
			return s
		}
	}
	return data.Shared{}
}

func sharedValidation(p *Page) finding { return shared(p.sharedOf("validation")) }

func sharedTest(p *Page) finding { return shared(p.sharedOf("test")) }

// shared says when a held-out part is of those that were trained on.
func shared(s data.Shared) finding {
	if s.Sequences == 0 {
		return finding{}
	}
	text := s.String()
	return finding{watch, strings.ToUpper(text[:1]) + text[1:] + ". To mend it: " + s.Remedy() + "."}
}

// explains judges a regression by the output that it gives worst.
func explains(p *Page) finding {
	s, ok := p.score("test", "fixed")
	if !ok {
		s, ok = p.score("valid", "fixed")
	}
	if !ok || len(s.Outputs) == 0 {
		return finding{}
	}
	worst := slices.MinFunc(s.Outputs, func(a, b Output) int { return cmp.Compare(a.R2, b.R2) })
	of := ""
	if len(s.Outputs) > 1 {
		of = " of " + diag.Short(worst.Name) + ", the worst output"
	}
	switch {
	case math.IsNaN(worst.R2):
		return finding{} // there is no variance to explain
	case !(worst.R2 > 0):
		return finding{bad, fmt.Sprintf("It is no better than always giving the mean%s: R² is %s. %s", of, significant(worst.R2, 3), p.advice())}
	case worst.R2 < explainsLittle:
		return finding{watch, fmt.Sprintf("It explains %s of the variance%s. %s", percent(worst.R2), of, p.advice())}
	}
	return finding{good, fmt.Sprintf("It explains %s of the variance%s.", percent(worst.R2), of)}
}

func fixedAgrees(p *Page) finding {
	for _, split := range []string{"test", "valid"} {
		a, haveReal := p.score(split, "real")
		b, haveFixed := p.score(split, "fixed")
		switch {
		case !haveReal || !haveFixed:
		case p.regression():
			return finding{good, fmt.Sprintf("The %s loss is %s at the real level and %s at the fixed level.", split, significant(a.Loss, 4), significant(b.Loss, 4))}
		default:
			return fixedCost(a, b, p.Finetuned)
		}
	}
	return finding{}
}

// fixedCost judges what is lost from the real level a to the fixed level b.
func fixedCost(a, b Score, finetuned bool) finding {
	lost := a.Accuracy - b.Accuracy
	against := percent(b.Accuracy) + " against " + percent(a.Accuracy) + "."
	f := finding{good, "The integers decide as well as the real numbers: " + against}
	chance := standardErrors * math.Sqrt(max(0, a.Accuracy*(1-a.Accuracy))/float64(max(a.N, 1)))
	if lost > max(fixedLoss, chance) {
		remedy := "hrnnc train --finetune fixed, or a wider state, may help."
		if finetuned {
			remedy = "A wider state may help."
		}
		f = finding{watch, "The integers cost accuracy: " + against + " " + remedy}
	}
	if lost > max(fixedLossBad, chance) || !finite(lost) {
		f.Mark = bad
	}
	return f
}

func clamped(p *Page) finding {
	switch part := float64(p.Saturated) / float64(p.Updates); {
	case p.Updates <= 0:
		return finding{}
	case p.Saturated == 0:
		return finding{good, fmt.Sprintf("No state value was clamped, in %s.", decimal(float64(p.Updates), 0))}
	case part > clampedOften:
		return finding{watch, fmt.Sprintf("%s of the state values were clamped: %s of %s. More headroom or a wider state helps.",
			percent(part), decimal(float64(p.Saturated), 0), decimal(float64(p.Updates), 0))}
	default:
		return finding{good, fmt.Sprintf("Few state values were clamped: %s of %s.", decimal(float64(p.Saturated), 0), decimal(float64(p.Updates), 0))}
	}
}
