package search

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Outcome is what came of a trial: its result file.
type Outcome struct {
	Trial    string   `json:"trial"` // Hash of the line
	Epochs   int      `json:"epochs"`
	Accuracy float64  `json:"accuracy"`     // on validation, at the fixed level; the negative loss of a regression
	Real     float64  `json:"real"`         // the same at the real level
	F1       *float64 `json:"f1,omitempty"` // macro F1 of the fixed level, where there are classes or labels
	Costs
	Unit    string  `json:"unit,omitempty"`    // what Cycles are of a chip
	Unmet   string  `json:"unmet,omitempty"`   // why it has no room on the chip
	Error   string  `json:"error,omitempty"`   // why it has no figures
	Refused string  `json:"refused,omitempty"` // the limits that Costs, of weights as they are drawn, are far beyond: it is not trained
	Weights string  `json:"weights,omitempty"`
	About   About   `json:"about"`
	Seconds float64 `json:"seconds"` // of training; it differs from run to run, and is in no table
}

// About is what a report says of the data set.
type About struct {
	Name    string   `json:"name"`
	Source  string   `json:"source,omitempty"`
	Licence string   `json:"licence,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// maxOutcome is the largest result file that is read.
const maxOutcome = 1 << 20

// DecodeOutcome reads the result of a trial; nil where text is none of it, such as one that is damaged.
func (t *Trial) DecodeOutcome(text []byte) *Outcome {
	var o Outcome
	if len(text) > maxOutcome || json.Unmarshal(text, &o) != nil || o.Trial != t.Hash() || o.Epochs != t.Epochs {
		return nil
	}
	return &o
}

// ReadOutcome is the result of a trial in the folder of a search, nil where there is none that holds.
func (t *Trial) ReadOutcome(search string) (*Outcome, error) {
	dir := t.Folder(search)
	text, err := os.ReadFile(filepath.Join(dir, t.OutcomeName()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diag.InFile(filepath.Join(dir, t.OutcomeName()), "").Errorf("trials", "cannot be read: %s", fileio.Reason(err)).Helpf("check its permissions")
	}
	o := t.DecodeOutcome(text)
	if o == nil || o.Weights == "" {
		return o, nil
	}
	// Weights that were lost or changed since are made again.
	if have, err := os.ReadFile(filepath.Join(dir, WeightsName)); err != nil || Digest(have) != o.Weights {
		return nil, nil
	}
	return o, nil
}

// Digest is the hash of a file in an Outcome.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Candidate is a variant and what came of it: a line of results.jsonl.
type Candidate struct {
	Name string `json:"name"`
	Settings
	Epochs   int      `json:"epochs"`
	Accuracy float64  `json:"accuracy"`
	Real     float64  `json:"real"`
	F1       *float64 `json:"f1,omitempty"`
	Costs
	Unit    string `json:"unit,omitempty"`
	Unmet   string `json:"unmet,omitempty"`
	Front   bool   `json:"front"`
	Dropped bool   `json:"dropped,omitempty"` // by successive halving, before its last epoch
	Missed  string `json:"missed,omitempty"`  // the limits that it breaks
	Error   string `json:"error,omitempty"`   // why it has no figures
	Refused string `json:"refused,omitempty"` // the limits that it is far beyond, so that it was not trained; Error says so too
}

// Candidate is a trial with its outcome.
func (t *Trial) Candidate(o *Outcome) Candidate {
	c := Candidate{Name: t.Name, Settings: t.Settings, Epochs: o.Epochs, Accuracy: o.Accuracy, Real: o.Real, F1: o.F1, Costs: o.Costs, Unit: o.Unit,
		Unmet: o.Unmet, Error: o.Error, Refused: o.Refused}
	if o.Refused != "" {
		c.Error = "not trained, since it takes " + o.Refused
	}
	c.Dropped = !t.Last() && c.Error == ""
	return c
}

// Refuse sets Refused where the costs are far beyond a limit.
func (o *Outcome) Refuse(g *Goal) {
	priced := Candidate{Costs: o.Costs}
	misses := slices.DeleteFunc(g.costMisses(&priced), func(m Miss) bool { return m.By <= farBeyond })
	if o.Refused = missText(misses); o.Unmet != "" {
		o.Unmet = o.Refused // and not why it had no room in more than the limits
	}
}

// Merged is what a search found so far.
type Merged struct {
	Candidates []Candidate
	Trials     []*Trial // of the candidates, the last of each
	About      About
	Missing    []Trial // without a result
	Next       []Trial // the trials of the next round, where a round is done and another follows
}

// Merge reads what trials gave from the folder of a search. It is the same whoever did them, and in what order.
func Merge(all []Trial, folder string) (*Merged, error) {
	m := &Merged{}
	for _, epochs := range all[0].Rounds {
		var round []Trial
		var got []Candidate
		for i := range all {
			t := &all[i]
			if t.Epochs != epochs {
				continue
			}
			o, err := t.ReadOutcome(folder)
			if err != nil {
				return nil, err
			}
			if o == nil {
				m.Missing = append(m.Missing, *t)
				continue
			}
			if m.About.Name == "" {
				m.About = o.About
			}
			c := t.Candidate(o)
			round, got = append(round, *t), append(got, c)
			m.add(t, c)
		}
		if len(m.Missing) > 0 || len(round) == 0 {
			break
		}
		planned, _ := Join(all, next(round, got))
		if m.Next = planned[len(all):]; len(m.Next) > 0 {
			break
		}
	}
	Pareto(m.Candidates, all[0].Goal)
	return m, nil
}

// add puts a candidate in the place of what its variant had after a round before.
func (m *Merged) add(t *Trial, c Candidate) {
	for i, had := range m.Trials {
		if had.ID() == t.ID() {
			m.Trials[i], m.Candidates[i] = t, c
			return
		}
	}
	m.Trials, m.Candidates = append(m.Trials, t), append(m.Candidates, c)
}

// EncodeResults writes candidates, a line each.
func EncodeResults(all []Candidate) ([]byte, error) {
	var out []byte
	for _, c := range all {
		line, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		out = append(append(out, line...), '\n')
	}
	return out, nil
}

// nearest is how many candidates an error about limits names.
const nearest = 3

// Verdict is an error where no candidate is on the front: because none has figures, or because none keeps the limits.
func Verdict(file string, all []Candidate, g Goal) error {
	var whole []*Candidate
	failed := &all[0]
	for i := range all {
		c := &all[i]
		switch {
		case c.Front:
			return nil
		case c.Refused != "":
			whole = append(whole, c)
		case c.Error != "":
			failed = c
		case !c.Dropped:
			whole = append(whole, c)
		}
	}
	at := diag.InFile(file, "")
	if len(whole) == 0 {
		return at.Errorf("diverged", "no variant could be trained and compiled; %s: %s", failed.Name, failed.Error).
			Helpf("search with smaller learning rates; hrnnc train shows a single training epoch by epoch")
	}
	sortBy(whole, func(c *Candidate) float64 { return far(g.Misses(c)) })
	help := "the nearest are"
	for i, c := range whole[:min(len(whole), nearest)] {
		if i > 0 {
			help += ";"
		}
		help += " " + c.Name + ": " + missText(g.Misses(c))
	}
	return at.Errorf("limits", "no variant of %d keeps every limit", len(whole)).Helpf("%s. Search other variants, or raise the limit that is in the way", help)
}
