package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data"
)

//go:embed lstm.py
var lstmPy []byte

// peer trains LSTMs on the tokens that it was made with.
type peer struct {
	python, dir string
	script      string
}

// peerSettings is what lstm.py is told.
type peerSettings struct {
	Vocabulary int     `json:"vocabulary"`
	Embedding  int     `json:"embedding"`
	Units      int     `json:"units"`
	Batch      int     `json:"batch"`
	Epochs     int     `json:"epochs"`
	Rate       float64 `json:"rate"`
	Clip       float64 `json:"clip"`
	TableScale float32 `json:"table_scale"`
	Seed       int64   `json:"seed"`
	Threads    int     `json:"threads"`
}

func newPeer(ctx context.Context, python, dir string, set *data.Set) (*peer, error) {
	p := &peer{python, dir, filepath.Join(dir, "lstm.py")}
	if _, err := p.run(ctx, "-c", "import numpy, torch"); err != nil {
		return nil, fmt.Errorf("%s has no PyTorch (apt-get install -y --no-install-recommends python3-torch libopenblas0-pthread): %w", python, err)
	}
	for name, s := range map[string]*data.Sequences{"train": &set.Train, "valid": &set.Valid, "test": &set.Test} {
		if err := p.writePart(name, s); err != nil {
			return nil, err
		}
	}
	return p, os.WriteFile(p.script, lstmPy, 0o644)
}

// run runs Python. PYTHONPATH and PYTHONHOME would send it elsewhere than to its system's packages; without PASSIVE,
// OpenMP's threads spin between their parts and take the cores from OpenBLAS's.
func (p *peer) run(ctx context.Context, args ...string) ([]byte, error) {
	return exttool.Run(ctx, p.dir, nil, "env", append([]string{"-u", "PYTHONPATH", "-u", "PYTHONHOME", "OMP_WAIT_POLICY=PASSIVE", p.python}, args...)...)
}

// writePart writes tokens and labels of a part as .npy files.
func (p *peer) writePart(name string, s *data.Sequences) error {
	tokens := &npy.Array{Shape: []int{s.N, s.T}, Kind: 'i', Size: 4}
	labels := &npy.Array{Shape: []int{s.N}, Kind: 'i', Size: 4}
	row := make([]int32, s.T)
	for i := range s.N {
		s.Tokens(i, row)
		for _, t := range row {
			tokens.Ints = append(tokens.Ints, int64(t))
		}
		labels.Ints = append(labels.Ints, int64(s.Label(i)))
	}
	if err := npy.WriteFile(filepath.Join(p.dir, name+"_tokens.npy"), tokens); err != nil {
		return err
	}
	return npy.WriteFile(filepath.Join(p.dir, name+"_labels.npy"), labels)
}

func (p *peer) train(ctx context.Context, t *task, units int, seed int64) (*trained, error) {
	s, err := json.Marshal(peerSettings{Vocabulary: vocabulary, Embedding: t.embedding, Units: units, Batch: batch, Epochs: t.epochs,
		Rate: rate, Clip: clip, TableScale: t.tableScale, Seed: seed, Threads: runtime.NumCPU()})
	if err != nil {
		return nil, err
	}
	out, err := p.run(ctx, p.script, p.dir, string(s))
	if err != nil {
		return nil, err
	}
	r := &trained{}
	if err := json.Unmarshal(out, r); err != nil {
		return nil, fmt.Errorf("lstm.py printed %q: %w", out, err)
	}
	return r, nil
}

// peerUnits is how many units an LSTM has whose parameters come nearest to a number, with the same table of words.
func (t *task) peerUnits(want int) int {
	best := 1
	for h := range 4 * t.units {
		if h > 0 && distance(t.peerParameters(h), want) < distance(t.peerParameters(best), want) {
			best = h
		}
	}
	return best
}

// peerParameters counts as torch.nn.LSTM does: four gates, two biases each; and a Linear to one output.
func (t *task) peerParameters(h int) int {
	return vocabulary*t.embedding + 4*h*(t.embedding+h+2) + h + 1
}

func distance(a, b int) int { return max(a-b, b-a) }
