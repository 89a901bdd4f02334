package trainer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// The files of a run's folder.
const (
	CheckpointName = "checkpoint.safetensors" // what --resume goes on from
	MetricsName    = "metrics.jsonl"          // a line an epoch
)

// progressState is what a checkpoint holds beside parameters and moments. Everything random is drawn from the seed and the
// epoch, so that no generator's state is part of it.
type progressState struct {
	Epoch     int         `json:"epoch"` // epochs that are complete
	Batch     int         `json:"batch"` // batches of the next one that are
	Drawn     bool        `json:"drawn"` // the first weights are chosen
	Steps     int         `json:"steps"` // of the optimiser
	Best      float64     `json:"best"`  // validation score of the weights that are kept
	BestEpoch int         `json:"best_epoch"`
	Partial   partial     `json:"partial"`  // sums of the epoch at hand
	Config    Fingerprint `json:"config"`   // a run is only gone on with as it was begun
	Settings  [][2]string `json:"settings"` // of the train block, for whoever is told that they differ
	History   []Metrics   `json:"history"`
	Seconds   float64     `json:"seconds"`
}

// Fingerprint tells models, train blocks and data sets apart, by a hash of each.
type Fingerprint struct {
	Model    string `json:"model"`
	Settings string `json:"settings"`
	Data     string `json:"data"`
}

// floats32 gives a tensor of parameters.
func floats32(name string, shape []int, v []float32) *weights.Tensor {
	data := make([]float64, len(v))
	for i, x := range v {
		data[i] = float64(x)
	}
	return &weights.Tensor{Name: name, Shape: shape, DType: "F32", Data: data}
}

// checkpoint gives the file with parameters, moments and progress.
func (r *Run) checkpoint(p progressState) (c fileio.Content, err error) {
	n, a := r.Net, r.adam
	meta, err := json.Marshal(p)
	if err != nil {
		return c, err
	}
	f := &weights.File{Format: weights.Safetensors, Metadata: map[string]string{progressKey: string(meta)}}
	for i, q := range n.Params {
		f.Tensors = append(f.Tensors, floats32(q.Name, q.Shape, q.Latent))
		if a.M != nil {
			f.Tensors = append(f.Tensors, floats32("adam.m/"+q.Name, q.Shape, a.M[i]), floats32("adam.v/"+q.Name, q.Shape, a.V[i]))
		}
		if r.average != nil {
			f.Tensors = append(f.Tensors, floats32("average/"+q.Name, q.Shape, r.average.Values[i]))
		}
	}
	for i, h := range r.carried {
		s := n.Model.Layers[i].State
		f.Tensors = append(f.Tensors, floats32("carried/"+s.Name, []int{len(h) / s.Size, s.Size}, h))
	}
	data, err := weights.Encode(r.Folder.Path(CheckpointName), f)
	return fileio.Content{Name: CheckpointName, Data: data}, err
}

// load restores a checkpoint; ok is false when there is none.
func (r *Run) load(path string) (p progressState, ok bool, err error) {
	n, a, average := r.Net, r.adam, r.average
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	f, err := weights.Open(path)
	if err != nil {
		return p, false, err
	}
	if p, err = progressOf(f); err != nil {
		return p, false, err
	}
	if what := changed(p.Config, r.Fingerprint); what != "" {
		if other := otherSettings(p.Settings, r.Config.Pairs()); other != "" {
			what += ": " + other
		}
		return p, false, diag.InFile(path, "").Errorf("resume", "was made with another %s", what).
			Helpf("undo the change; or start afresh with --force and without --resume, from the weights that it kept with --from FILE")
	}
	a.Steps = p.Steps
	if p.Steps > 0 {
		a.M, a.V = make([][]float32, len(n.Params)), make([][]float32, len(n.Params))
	}
	for i, q := range n.Params {
		if err := restore(f, q.Name, q.Kind, q.Shape, q.Latent); err != nil {
			return p, false, err
		}
		if average != nil {
			if err := restore(f, "average/"+q.Name, "real", q.Shape, average.Values[i]); err != nil {
				return p, false, err
			}
		}
		if p.Steps == 0 {
			continue
		}
		a.M[i], a.V[i] = make([]float32, len(q.Latent)), make([]float32, len(q.Latent))
		err := errors.Join(restore(f, "adam.m/"+q.Name, "real", q.Shape, a.M[i]), restore(f, "adam.v/"+q.Name, "real", q.Shape, a.V[i]))
		if err != nil {
			return p, false, err
		}
	}
	n.Refresh()
	return p, true, r.loadCarried(f, p)
}

// loadCarried restores the states that the batch before left.
func (r *Run) loadCarried(f *weights.File, p progressState) error {
	if !r.carries() || p.Batch == 0 {
		return nil
	}
	lanes := (r.passed() + r.batches() - 1) / r.batches()
	r.carried = r.Net.NewStates(lanes)
	for i, h := range r.carried {
		s := r.Net.Model.Layers[i].State
		if err := restore(f, "carried/"+s.Name, "real", []int{lanes, s.Size}, h); err != nil {
			return err
		}
	}
	return nil
}

// ReadCheckpoint gives the fingerprint of the model of a checkpoint and the epoch whose weights were kept, 0 for none; "" and 0
// where there is none that can be read.
func ReadCheckpoint(path string) (model string, best int) {
	f, err := weights.Open(path)
	if err != nil {
		return "", 0
	}
	p, err := progressOf(f)
	if err != nil {
		return "", 0
	}
	return p.Config.Model, p.BestEpoch
}

// progressKey is the entry of a checkpoint's metadata that has the progress.
const progressKey = "hrnnc.train"

// progressOf takes the progress from a checkpoint.
func progressOf(f *weights.File) (p progressState, err error) {
	at := diag.InFile(f.Path, "")
	const help = "start afresh with --force and without --resume"
	if err := json.Unmarshal([]byte(f.Metadata[progressKey]), &p); err != nil {
		return progressState{}, at.Errorf("resume", "is no checkpoint of hrnnc train").Helpf(help)
	}
	if !p.possible() {
		return progressState{}, at.Errorf("resume", "is damaged: its counts of epochs and steps cannot be").Helpf(help)
	}
	return p, nil
}

// possible reports whether a run can have come this far.
func (p *progressState) possible() bool {
	for i, m := range p.History {
		if m.Epoch != i+1 {
			return false
		}
	}
	least := min(p.Batch, p.Steps, p.BestEpoch, p.Partial.Counted, p.Partial.Right, p.Partial.Flips)
	return least >= 0 && len(p.History) == p.Epoch && p.BestEpoch <= p.Epoch
}

// changed names the parts in which two fingerprints differ, "" when none does.
func changed(was, is Fingerprint) string {
	var parts []string
	for _, p := range []struct{ name, was, is string }{{"model", was.Model, is.Model}, {"train block", was.Settings, is.Settings}, {"data set", was.Data, is.Data}} {
		if p.was != p.is {
			parts = append(parts, p.name)
		}
	}
	return strings.Join(parts, " and ")
}

// otherSettings tells how settings, as Config.Pairs has them, are not what they were.
func otherSettings(was, is [][2]string) string {
	if was == nil {
		return ""
	}
	values := func(pairs [][2]string) map[string]string {
		m := map[string]string{}
		for _, p := range pairs {
			m[p[0]] = p[1]
		}
		return m
	}
	before, now := values(was), values(is)
	keys := maps.Clone(before)
	maps.Copy(keys, now)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if b, n := before[key], now[key]; b != n {
			out = append(out, fmt.Sprintf("%s was %s, and is %s", key, cmp.Or(b, "not given"), cmp.Or(n, "not given")))
		}
	}
	return strings.Join(out, "; ")
}

func restore(f *weights.File, name, kind string, shape []int, into []float32) error {
	t, err := f.Param(name, kind, shape...)
	if err != nil {
		return err
	}
	for i, v := range t.Data {
		into[i] = float32(v)
	}
	return nil
}

// WeightsFile is the weights file that compiling takes: every parameter, and what is said beside them, the range of every state
// among it.
func WeightsFile(n *network.Network, says metadata.Metadata) *weights.File {
	f := &weights.File{Format: weights.Safetensors, Metadata: map[string]string{}}
	says.Write(f.Metadata)
	for _, q := range n.Params {
		if !q.Part {
			f.Tensors = append(f.Tensors, floats32(q.Name, q.Shape, q.Latent))
		}
	}
	names, units := n.Dense()
	for i, name := range names {
		f.Tensors = append(f.Tensors, floats32(name, []int{units[i], units[i]}, n.DenseMatrix(name)))
	}
	return f
}

// LoadWeights takes parameters from a weights file. A recurrent matrix must be a signed Hadamard up to permutations.
func LoadWeights(f *weights.File, n *network.Network) error {
	names, units := n.Dense()
	for i, name := range names {
		t, err := f.Param(name, "real", units[i], units[i])
		if err != nil {
			return err
		}
		if err := n.SetDense(name, t.Data); err != nil {
			return diag.InFile(f.Path, "tensor "+name).Errorf("hadamard", "the recurrent matrix is not a signed Hadamard: %v", err).
				Helpf("train hadamard(h), whose weights are signs, from the beginning")
		}
	}
	for _, q := range n.Params {
		if q.Part {
			continue
		}
		if err := restore(f, q.Name, q.Kind, q.Shape, q.Latent); err != nil {
			return err
		}
	}
	n.Refresh()
	return nil
}
