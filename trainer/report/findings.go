package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
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
	overfitLoss    = 1e-3  // below it, a rise is of no account
	overfitGap     = 0.05  // training over validation accuracy
	rateSpent      = 0.1   // last over largest learning rate: below it, more epochs of the same schedule change little
	fixedLoss      = 0.005 // accuracy that integers may cost
	fixedLossBad   = 0.05
	clampedOften   = 1e-3 // part of the state values
	standardErrors = 2    // what differs by less may be chance
	betterF1       = 1.2  // macro F1 over that of always deciding one class
	explainsLittle = 0.5  // R2 of a regression
)

// checks is every judgement, in the order of the page. One that does not apply gives no text.
var checks = []func(p *Page) finding{
	learned, generalises, stillImproving, beatsGuessing, explains, fixedAgrees, clamped,
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
		return finding{watch, "Trained, with " + counted(remarks, "remark")}
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
	return len(p.History) == 0 && len(p.Scores) > 0 && len(p.Confusion) == 0
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
	return finding{good, fmt.Sprintf("The training loss fell from %s to %s in %s epochs.", significant(first, 3), significant(last, 3), decimal(float64(n), 0))}
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
	switch gap := kept.Accuracy - kept.ValidScore; {
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

func beatsGuessing(p *Page) finding {
	c, ok := newConfusion(p.Classes, p.Confusion)
	if !ok {
		return finding{}
	}
	n, part := float64(c.total), p.confusionPart()
	guess, right := float64(c.rows[c.largest()])/n, float64(c.right)/n
	name, shown := diag.Short(c.classes[c.largest()]), percent(guess)
	if right <= guess+standardErrors*math.Sqrt(guess*(1-guess)/n) {
		f1, guessed := macroF1(c.scores()), 2*guess/(1+guess)/float64(len(c.classes))
		if right > guess || f1 > betterF1*guessed {
			return finding{watch, fmt.Sprintf("It is right in %s of the %s, which is not clearly more than the %s of always deciding “%s”; macro F1 is %s.",
				percent(right), part, shown, name, percent(f1))}
		}
		return finding{bad, fmt.Sprintf("It is no better than always deciding “%s”, which is right in %s of the %s.", name, shown, part)}
	}
	return finding{good, fmt.Sprintf("It beats always deciding “%s”, which would be right in %s of the %s.", name, shown, part)}
}

// confusionPart names the data that the confusion matrix is of: that of the last scores.
func (p *Page) confusionPart() string {
	part := "test"
	if n := len(p.Scores); n > 0 {
		part = p.Scores[n-1].Split
	}
	if name, ok := map[string]string{"valid": "validation", "train": "training"}[part]; ok {
		part = name
	}
	return part + " data"
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
	case !(worst.R2 > 0):
		return finding{bad, fmt.Sprintf("It is no better than always giving the mean%s: R² is %s.", of, significant(worst.R2, 3))}
	case worst.R2 < explainsLittle:
		return finding{watch, fmt.Sprintf("It explains %s of the variance%s. More epochs, more units or a larger rate may help.", percent(worst.R2), of)}
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
