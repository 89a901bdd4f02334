package search

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
)

// The files of a search's folder, and of the folder that each candidate has in it.
const (
	planName    = "search.json"
	resultsName = "results.jsonl"
	modelName   = "model.hrn"
	weightsName = "model.safetensors"
)

// plan is what a search set out to do.
type plan struct {
	Fingerprint string   `json:"fingerprint"` // of everything that must not change between a search and its resumption
	Candidates  []string `json:"candidates"`  // names of all that may have a folder
}

// open makes the folder of a search and reads what is done already. Nothing that is there is replaced unless force says so.
func (s *Search) open(resume, force bool) ([]Candidate, *plan, error) {
	path := filepath.Join(s.Folder, planName)
	text, err := os.ReadFile(path)
	there := err == nil
	switch {
	case resume && !there:
		return nil, nil, diag.InFile(s.Folder, "").Errorf("resume", "there is no search").Helpf("search without --resume, or name its folder with -o")
	case there && !resume && !force:
		return nil, nil, diag.InFile(s.Folder, "").Errorf("output", "a search is there already").
			Helpf("go on with --resume, start afresh with --force, or choose another folder with -o")
	case !there && !force && !empty(s.Folder):
		return nil, nil, diag.InFile(s.Folder, "").Errorf("output", "the folder is there already, and holds something else").
			Helpf("choose another folder with -o, or write into it with --force")
	case !there:
		return nil, &plan{}, trainer.Folder(s.Folder)
	}
	var old plan
	if err := json.Unmarshal(text, &old); err != nil {
		return nil, nil, diag.InFile(path, "").Errorf("resume", "is not what hrnnc search writes").Helpf("start afresh with --force")
	}
	if resume {
		done, err := readResults(filepath.Join(s.Folder, resultsName))
		return done, &old, err
	}
	for _, name := range append(old.Candidates, resultsName, planName, "report.html") {
		if err := os.RemoveAll(filepath.Join(s.Folder, filepath.Base(name))); err != nil {
			return nil, nil, err
		}
	}
	return nil, &plan{}, nil
}

// empty reports whether a folder is not there, or holds nothing.
func empty(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err != nil || len(entries) == 0
}

func readResults(path string) ([]Candidate, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Candidate
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var c Candidate
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, diag.InFile(path, "").Errorf("resume", "line %d is not what hrnnc search writes", len(out)+1).Helpf("start afresh with --force")
		}
		out = append(out, c)
	}
	return out, lines.Err()
}

func writeResults(path string, all []Candidate) error {
	var out []byte
	for _, c := range all {
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		out = append(append(out, line...), '\n')
	}
	return fileio.Rewrite(path, out)
}

// writePlan says before anything is trained what may be written.
func (s *Search) writePlan(p plan) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return fileio.Rewrite(filepath.Join(s.Folder, planName), append(text, '\n'))
}

// tidy leaves the folders of the front, without what was only needed to go on.
func (s *Search) tidy(all []Candidate) error {
	for _, c := range all {
		dir := filepath.Join(s.Folder, c.Name)
		if c.Front {
			dir = trainer.CheckpointPath(dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}
