package search

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
)

// The files of a search's folder, and of the folder that each candidate has in it.
const (
	planName    = "search.json"
	resultsName = "results.jsonl"
	ReportName  = "report.html"
	modelName   = "model.hrn"
	WeightsName = "model.safetensors"
)

// filesOf are the names of all files that a search of these variants may write.
func filesOf(variants []Variant) []string {
	names := []string{planName, resultsName, ReportName}
	for _, v := range variants {
		for _, file := range []string{modelName, WeightsName, trainer.CheckpointName, trainer.MetricsName} {
			names = append(names, v.Name()+"/"+file)
		}
	}
	return names
}

// plan is what a search set out to do.
type plan struct {
	Fingerprint string   `json:"fingerprint"` // of everything that must not change between a search and its resumption
	Candidates  []string `json:"candidates"`  // names of all that may have a folder
}

// open reads what is done already. Nothing that is there is replaced unless force says so.
func (s *Search) open(resume, force bool) ([]Candidate, *plan, error) {
	path, folder := s.Folder.Path(planName), diag.InFile(s.Folder.Path(""), "")
	text, err := os.ReadFile(path)
	there := err == nil
	switch {
	case resume && !there:
		return nil, nil, folder.Errorf("resume", "there is no search").Helpf("search without --resume, or name its folder with -o")
	case there && !resume && !force:
		return nil, nil, folder.Errorf("output", "a search is there already").
			Helpf("go on with --resume, start afresh with --force, or choose another folder with -o")
	case !there && !force && !s.Folder.Empty():
		return nil, nil, folder.Errorf("output", "the folder is there already, and holds something else").
			Helpf("choose another folder with -o, or write into it with --force")
	case !there:
		return nil, &plan{}, nil
	}
	var old plan
	if err := json.Unmarshal(text, &old); err != nil {
		return nil, nil, diag.InFile(path, "").Errorf("resume", "is not what hrnnc search writes").Helpf("start afresh with --force")
	}
	if resume {
		done, err := readResults(s.Folder.Path(resultsName))
		return done, &old, err
	}
	return nil, &plan{}, s.Folder.Remove(s.Folder.Names()...)
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

func (s *Search) writeResults(all []Candidate) error {
	var out []byte
	for _, c := range all {
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		out = append(append(out, line...), '\n')
	}
	return s.Folder.Write(fileio.Content{Name: resultsName, Data: out})
}

// writePlan says before anything is trained what may be written.
func (s *Search) writePlan(p plan) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return s.Folder.Write(fileio.Content{Name: planName, Data: append(text, '\n')})
}

// tidy leaves the folders of the front, without what was only needed to go on.
func (s *Search) tidy(all []Candidate) error {
	for _, c := range all {
		dir := s.Folder.Sub(c.Name)
		names := dir.Names()
		if c.Front {
			names = []string{trainer.CheckpointName}
		}
		if err := dir.Remove(names...); err != nil {
			return err
		}
	}
	return nil
}
