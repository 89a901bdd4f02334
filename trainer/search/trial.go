package search

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
)

// Trial is a training of a variant up to an epoch: a line of trials.jsonl. What comes of it is a function of this line and of the
// data set whose hash it has.
type Trial struct {
	Search string `json:"search"` // hash that all trials of a search share
	Name   string `json:"name"`   // of the variant
	Settings
	Seed    int64  `json:"seed"`
	Epochs  int    `json:"epochs"` // that it is trained for
	Rounds  []int  `json:"rounds"` // epochs after which the worse half is dropped; the last is that of a whole training
	DataSet string `json:"data_set"`
	Data    string `json:"data"` // hash
	Goal    Goal   `json:"goal"`
	Model   string `json:"model"` // the variant's text, train block included
}

// Last reports whether the trial trains to the end.
func (t *Trial) Last() bool { return t.Epochs == t.Rounds[len(t.Rounds)-1] }

// ID names the variant's folder: trials of one variant share it, since a longer one goes on where a shorter one ended.
func (t *Trial) ID() string { return t.Name + "-" + t.variant() }

// variant is a hash of what all trials of a variant share.
func (t *Trial) variant() string {
	whole := *t
	whole.Epochs = 0
	return hash(whole)
}

// Hash is that of the line.
func (t *Trial) Hash() string { return hash(*t) }

func hash(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers that are checked, and texts
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// The files of a search's folder, and below TrialsFolder of the folder that a variant has.
const (
	TrialsName   = "trials.jsonl"
	ResultsName  = "results.jsonl"
	ReportName   = "report.html"
	TrialsFolder = "trials"
	ModelName    = "model.hrn"
	WeightsName  = "model.safetensors"
)

// OutcomeName is the file of a trial's result in the variant's folder.
func (t *Trial) OutcomeName() string { return fmt.Sprintf("result-%d.json", t.Epochs) }

// Folder is that of the trial's variant in the folder of a search.
func (t *Trial) Folder(search string) string { return filepath.Join(search, TrialsFolder, t.ID()) }

// Frame is what the trials of a search share.
type Frame struct {
	Epochs  int // of a whole training
	Halving bool
	Budget  int // whole trainings
	Goal    Goal
	// Data gives the name and the hash of the data set that a variant is trained on.
	Data func(m *dsl.Model) (name, hash string, err error)
	// Config reads the settings of a variant.
	Config func(m *dsl.Model) (trainer.Config, error)
}

// Plan lists the first trials of a search, one a variant. leftOut is that of Variants.
func Plan(m *dsl.Model, s Space, f Frame, seed uint64) (out []Trial, leftOut int, err error) {
	rounds, starts := []int{f.Epochs}, f.Budget
	if f.Halving {
		rounds = halvingRounds(f.Epochs)
		starts = halvingStarts(rounds, f.Budget*f.Epochs)
	}
	variants, leftOut, err := Variants(m, s, starts, seed)
	if err != nil {
		return nil, leftOut, err
	}
	var names []string
	for _, v := range variants {
		c, err := f.Config(v.Model)
		if err != nil {
			return nil, leftOut, err
		}
		name, data, err := f.Data(v.Model)
		if err != nil {
			return nil, leftOut, err
		}
		out = append(out, Trial{Name: v.Name(), Settings: v.Settings, Seed: c.Seed, Epochs: rounds[0], Rounds: rounds, DataSet: name, Data: data,
			Goal: f.Goal, Model: string(dsl.Source(v.Model))})
		names = append(names, v.Name())
	}
	// More variants may join a plain search; in one that halves, who goes on depends on all.
	frame := []any{string(dsl.Source(m)), f.Goal, rounds}
	if f.Halving {
		frame = append(frame, names)
	}
	for i := range out {
		out[i].Search = hash(frame)
	}
	return out, leftOut, nil
}

// Encode writes trials, a line each.
func Encode(all []Trial) []byte {
	var out []byte
	for _, t := range all {
		line, err := json.Marshal(t)
		if err != nil {
			panic(err)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

// maxTrials is the largest file of trials that is read: 64 MiB, about fifty thousand of them.
const maxTrials = 1 << 26

// ReadTrials reads what Encode writes. The error is a diagnostic that says which line is wrong.
func ReadTrials(path string) ([]Trial, error) {
	text, err := fileio.ReadAtMost(path, "trials", maxTrials)
	if err != nil {
		return nil, err
	}
	var out []Trial
	seen := map[string]int{}
	for i, line := range bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n")) {
		at := diag.InFile(path, fmt.Sprintf("line %d", i+1))
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		var t Trial
		if err := d.Decode(&t); err != nil || d.More() {
			return nil, at.Errorf("trials", "is no trial of hrnnc search").Helpf("write the plan anew:  hrnnc search model.hrn --plan %s", filepath.Base(path))
		}
		if why := t.wrong(); why != "" {
			return nil, at.Errorf("trials", "is no trial that can be: %s", why).Helpf("write the plan anew:  hrnnc search model.hrn --plan %s", filepath.Base(path))
		}
		if t.Search != first(out, t).Search {
			return nil, at.Errorf("trials", "is of another search than the line before").Helpf("keep the trials of each search in a file and a folder of their own")
		}
		if before, twice := seen[t.Hash()]; twice {
			return nil, at.Errorf("trials", "is line %d again", before).Helpf("remove one of them")
		}
		seen[t.Hash()] = i + 1
		out = append(out, t)
	}
	return out, nil
}

func first(all []Trial, or Trial) Trial {
	if len(all) > 0 {
		return all[0]
	}
	return or
}

// wrong says what of a trial cannot be, "" when all can.
func (t *Trial) wrong() string {
	switch {
	case t.Name != t.Settings.Name() || !filepath.IsLocal(t.Name) || strings.ContainsAny(t.Name, `/\`):
		return "its name is not that of its settings"
	case len(t.Rounds) == 0 || !slices.IsSorted(t.Rounds) || t.Rounds[0] < 1 || !slices.Contains(t.Rounds, t.Epochs):
		return "its epochs are none of its rounds"
	case t.Data == "" || t.Model == "" || t.Search == "":
		return "it lacks its model or the hash of its data"
	}
	return ""
}

// Join adds trials to others of the same search. ok is false where they are of two searches.
func Join(all, more []Trial) (out []Trial, ok bool) {
	out = slices.Clone(all)
	seen := map[string]bool{}
	for _, t := range all {
		seen[t.Hash()] = true
	}
	for _, t := range more {
		if len(all) > 0 && t.Search != all[0].Search {
			return nil, false
		}
		if !seen[t.Hash()] {
			out = append(out, t)
		}
	}
	return out, true
}

// Shard is a part of a list of trials: the I-th of N, counted from 1.
type Shard struct{ I, N int }

// Whole is the shard that has all trials.
var Whole = Shard{1, 1}

// Of gives the trials of a shard: every N-th, so that neighbours, which cost alike, are spread.
func (s Shard) Of(all []Trial) []Trial {
	var out []Trial
	for i, t := range all {
		if i%s.N == s.I-1 {
			out = append(out, t)
		}
	}
	return out
}

// ReadShard reads i/N.
func ReadShard(text string) (s Shard, err error) {
	var rest string
	n, err := fmt.Sscanf(text+" .", "%d/%d %s", &s.I, &s.N, &rest)
	if err != nil || n != 3 || rest != "." || s.I < 1 || s.I > s.N {
		return s, diag.InFile("", "").Errorf("usage", "--shard %s is no part", diag.Short(text)).Helpf("write  --shard 1/4  to  --shard 4/4  for four parts")
	}
	return s, nil
}
