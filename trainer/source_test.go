package trainer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// small is a model with so many outputs that are read in a way.
func small(t *testing.T, outputs int, output string) *dsl.Model {
	t.Helper()
	ast, errs := dsl.Parse("model.hrn", []byte(fmt.Sprintf(`model m
input x : i8[1]
steps 3
param U : int4[16, 1]
param V : int4[%d, 16]
state h : int16[16]
h <- hadamard(h) + U*x
output y = %s
weights "m.safetensors"
`, outputs, output)))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		t.Fatal(errs)
	}
	return m
}

// table loads a CSV file of the test.
func table(t testing.TB, text string, settings ...string) *data.Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "set.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := data.Defaults()
	for _, s := range append(settings, "hold=0", "valid=0") {
		key, value, _ := strings.Cut(s, "=")
		if _, err := o.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	set, err := data.Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const fourClasses = "a,b,c,class\n1,2,3,idle\n4,5,6,run\n7,8,9,walk\n1,1,1,wave\n"

// filled gives the answers of all training sequences of a set.
func filled(task Task, set *data.Set) *network.Batch {
	s := task.Split(&set.Train, data.Augment{})
	b := &network.Batch{N: s.Len(), T: s.Steps(), D: 1, X: make([]float32, s.Len()*s.Steps()), Labels: make([]int32, s.Len()),
		Targets: make([]float32, s.Len()*set.Train.Outputs)}
	for i := range s.Len() {
		s.Fill(b, i, Piece{Sequence: i}, nil)
	}
	return b
}

// TestThresholds checks which bits classes are where outputs are thresholds.
func TestThresholds(t *testing.T) {
	set := table(t, fourClasses, "inputs=1")
	for _, c := range []struct {
		outputs int
		want    []int32
		err     string
	}{
		{4, []int32{1, 2, 4, 8}, ""},
		{2, []int32{0, 1, 2, 3}, ""},
		{1, nil, "has 4 classes, and one threshold tells two apart"},
		{3, nil, "has 4 classes, and the model 3 thresholds; help: give V 4 rows, a threshold for each class, or 2, the bits of the class's number"},
		{40, nil, "40 thresholds, and at most 31 are trained"},
	} {
		m := small(t, c.outputs, "V*relu(h) > 0 at last")
		loss := network.DefaultLoss(m)
		if err := Fits(m, loss, set); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%d thresholds: %v, want %q", c.outputs, err, c.err)
		}
		if c.want == nil {
			continue
		}
		if got := filled(Task{Model: m, Loss: loss, Classes: len(set.Classes)}, set).Labels; !slices.Equal(got, c.want) {
			t.Errorf("%d thresholds: labels %v, want %v", c.outputs, got, c.want)
		}
	}
}

// TestSeveralLabels checks rows of zeros and ones, which thresholds take and other outputs do not.
func TestSeveralLabels(t *testing.T) {
	set := table(t, "a,b,c,hot,loud\n1,2,3,1,0\n4,5,6,1,1\n7,8,9,0,0\n", "inputs=1", "targets=hot,loud")
	m := small(t, 2, "V*relu(h) > 0 at last")
	if err := Fits(m, network.BinaryCrossEntropy, set); err != nil {
		t.Fatal(err)
	}
	if got := filled(Task{Model: m, Loss: network.BinaryCrossEntropy}, set).Labels; !slices.Equal(got, []int32{1, 3, 0}) {
		t.Errorf("labels %v", got)
	}
	other := table(t, "a,b,c,hot,loud\n1,2,3,1,0\n4,5,6,2,1\n", "inputs=1", "targets=hot,loud")
	if err := Fits(m, network.BinaryCrossEntropy, other); err == nil || !strings.Contains(err.Error(), "y > 0  takes rows of zeros and ones") {
		t.Errorf("got %v", err)
	}
}

// TestStandardised checks that a regression is trained on targets of mean 0 and variance 1.
func TestStandardised(t *testing.T) {
	set := table(t, "a,b,c,charge,same\n1,2,3,1000,5\n4,5,6,3000,5\n", "inputs=1", "targets=charge,same")
	m := small(t, 2, "V*relu(h) at last")
	targets := Standardised(set)
	if c := targets[0]; c.Name != "charge" || c.Gain != 1000 || c.Offset != 2000 || targets[1].Gain != 1 || targets[1].Offset != 5 {
		t.Errorf("got %v", targets)
	}
	if got := filled(Task{Model: m, Loss: network.MeanSquared, Targets: targets}, set).Targets; !slices.Equal(got, []float32{-1, 0, 1, 0}) {
		t.Errorf("targets %v", got)
	}
}
