package trainer

import (
	"math"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/network"
)

// TestClassWeights checks what answers weigh, on average 1, where classes are balanced or weights are given.
func TestClassWeights(t *testing.T) {
	const six = "a,b,c,class\n1,2,3,idle\n4,5,6,run\n7,8,9,run\n1,1,1,run\n1,1,1,walk\n1,1,1,walk\n"
	const twoLabels = "a,b,c,hot,loud\n1,2,3,1,0\n4,5,6,1,1\n7,8,9,1,0\n7,8,9,0,0\n"
	for _, c := range []struct {
		text, settings  string
		outputs         int
		output, setting string
		want            []float64
	}{
		{six, "", 3, "argmax(V*h) at last", "balanced", []float64{2, 2. / 3, 1}},
		{six, "", 3, "argmax(V*h) at last", "[2, 1, 0]", []float64{2.4, 1.2, 0}},
		{six, "", 4, "argmax(V*h) at last", "balanced", []float64{2, 2. / 3, 1, 0}},
		{twoLabels, "targets=hot,loud", 2, "V*h > 0 at last", "balanced", []float64{2, 2. / 3, 2. / 3, 2}},
		{twoLabels, "targets=hot,loud", 2, "V*h > 0 at last", "1,3", []float64{0.8, 0.8, 0.8, 2.4}},
		{strings.Replace(six, "walk", "run", -1), "", 1, "V*h > 0 at last", "balanced", []float64{3, 0.6}},
		{six, "", 3, "argmax(V*h) at last", "none", nil},
	} {
		settings := []string{"inputs=1"}
		if c.settings != "" {
			settings = append(settings, c.settings)
		}
		set, m := table(t, c.text, settings...), small(t, c.outputs, c.output)
		config, err := ReadConfig(m, []string{"class_weight=" + c.setting}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := config.Objective(Task{Model: m, Loss: network.DefaultLoss(m), Classes: len(set.Classes)}, &set.Train).Weights
		for k, w := range c.want {
			if len(got) != len(c.want) || math.Abs(float64(got[k])-w) > 1e-6 {
				t.Errorf("class_weight = %s: %v, want %v", c.setting, got, c.want)
				break
			}
		}
		if c.want == nil && got != nil {
			t.Errorf("class_weight = %s: %v", c.setting, got)
		}
	}
}

// TestSettingsOfClasses refuses weights that do not suit a model.
func TestSettingsOfClasses(t *testing.T) {
	for _, c := range []struct{ output, setting, want string }{
		{"V*h at last", "class_weight=balanced", "class_weight is for classes, and output y gives numbers"},
		{"V*h at last", "label_smoothing=0.1", "label_smoothing is for classes"},
		{"V*h at last", "score=macro_f1", "score is for classes, and output y gives numbers"},
		{"argmax(V*h) at last", "score=f1", "score = f1 cannot be"},
		{"argmax(V*h) at last", "class_weight=1,2", "class_weight has 2 weights, and the model 3 classes"},
		{"argmax(V*h) at last", "class_weight=heavy", "class_weight = heavy cannot be"},
		{"argmax(V*h) at last", "class_weight=1,-2,3", "cannot be"},
		{"argmax(V*h) at last", "class_weight=0,0,0", "cannot be"},
		{"argmax(V*h) at last", "label_smoothing=1", "from 0, below 1"},
	} {
		_, err := ReadConfig(small(t, 3, c.output), []string{c.setting}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.setting, err, c.want)
		}
	}
}
