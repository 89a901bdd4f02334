package trainer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// ClassWeight says what the answers of each class weigh in the loss. The zero value weighs all alike.
type ClassWeight struct {
	Balanced bool      // as much as all others together: by how often the class occurs in the training part
	Given    []float64 // in the order of the classes, each from 0; nil for none
}

// readClassWeight reads  balanced, none, or numbers such as 1,2,0.5.
func readClassWeight(c *Config, text string) bool {
	switch c.ClassWeight = (ClassWeight{}); text {
	case "none":
		return true
	case "balanced":
		c.ClassWeight.Balanced = true
		return true
	}
	for field := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ",") {
		var w float64
		if !number(&w, strings.TrimSpace(field)) {
			return false
		}
		c.ClassWeight.Given = append(c.ClassWeight.Given, w)
	}
	return slices.Max(c.ClassWeight.Given) > 0
}

func (w ClassWeight) String() string {
	if w.Balanced {
		return "balanced"
	}
	var out []string
	for _, v := range w.Given {
		out = append(out, strconv.FormatFloat(v, 'g', -1, 64))
	}
	if out == nil {
		return "none"
	}
	return strings.Join(out, ",")
}

// forClasses checks settings of classes against what a model gives; at is where the train block sets one.
func (c *Config) forClasses(m *dsl.Model, at map[string]diag.Span) (out diag.List) {
	for _, s := range []struct {
		key   string
		given bool
	}{{"class_weight", c.ClassWeight.Balanced || c.ClassWeight.Given != nil}, {"label_smoothing", c.Smoothing > 0}, {"score", c.Score == MacroF1}} {
		if s.given && network.DefaultLoss(m) == network.MeanSquared {
			out.Add(diag.At(at[s.key]).Errorf("settings", "%s is for classes, and output %s gives numbers", s.key, m.Output.Name).Helpf("remove  %s", s.key))
		}
	}
	if rows := m.Readout.Matrix.Shape[0]; out == nil && c.ClassWeight.Given != nil && len(c.ClassWeight.Given) != max(2, rows) {
		of := "outputs: a weight for the ones of each"
		if network.DefaultLoss(m) == network.CrossEntropy || rows == 1 {
			of = "classes"
		}
		out.Add(diag.At(at["class_weight"]).Errorf("settings", "class_weight has %s, and the model %d %s", diag.Count(len(c.ClassWeight.Given), "weight"), max(2, rows), of).
			Helpf("give one each, in their order; or write  class_weight = balanced"))
	}
	return out
}

// Objective is what the configuration has a network minimise beside the plain loss, for a training part.
func (c *Config) Objective(t Task, part *data.Sequences) network.Objective {
	return network.Objective{Weights: c.ClassWeight.Weights(t, part), Smoothing: c.Smoothing}
}

// Weights gives what answers weigh in the loss of a training part, 1 on average, as network.Objective has them; nil for 1 each.
func (w ClassWeight) Weights(t Task, part *data.Sequences) []float32 {
	if !w.Balanced && w.Given == nil {
		return nil
	}
	rows := t.Model.Readout.Matrix.Shape[0]
	binary := t.Loss == network.BinaryCrossEntropy
	kinds := rows
	if binary {
		kinds = 2 * rows
	}
	count := make([]float64, kinds)
	t.eachLabel(part, func(label int32) {
		if !binary {
			count[label]++
			return
		}
		for i := range rows {
			count[2*i+int(label>>i&1)]++
		}
	})
	out := make([]float64, kinds)
	for k := range out {
		switch {
		case w.Balanced && count[k] > 0:
			out[k] = 1 / count[k]
		case w.Balanced:
		case !binary || rows == 1:
			out[k] = w.Given[k]
		case k%2 == 1:
			out[k] = w.Given[k/2]
		default:
			out[k] = 1
		}
	}
	return normalised(out, count)
}

// normalised scales weights so that their mean over the answers is 1.
func normalised(weights, count []float64) []float32 {
	sum, total := 0.0, 0.0
	for k, n := range count {
		sum, total = sum+n*weights[k], total+n
	}
	out := make([]float32, len(weights))
	for k, w := range weights {
		if sum > 0 {
			out[k] = float32(w * total / sum)
		}
	}
	return out
}

// eachLabel hands on every label of a part that counts.
func (t Task) eachLabel(part *data.Sequences, visit func(label int32)) {
	s := t.split(part)
	for i := range s.N {
		steps := s.StepsOf(i)
		b := &network.Batch{N: 1, T: steps, Labels: make([]int32, s.answersOf(steps))}
		s.answers(b, 0, Piece{Sequence: i})
		for _, label := range b.Labels {
			if label >= 0 {
				visit(label)
			}
		}
	}
}
