package hrnnc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc"
)

const gait = "cmd/hrnnc/testdata/model/model"

func load(t *testing.T) *hrnnc.Model {
	t.Helper()
	m, err := hrnnc.Load(gait + ".hrn")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// walk is a sequence of a length, within the input's range.
func walk(m *hrnnc.Model, steps int) hrnnc.Sequence {
	in := m.Input()
	x := make(hrnnc.Sequence, steps)
	for t := range x {
		for i := range in.Size {
			x[t] = append(x[t], in.Min+int64(7*t+31*i)%(in.Max-in.Min+1))
		}
	}
	return x
}

// TestParseIsLoad makes a model of bytes: it computes what the files do, and generates the same code but for the names of the files.
func TestParseIsLoad(t *testing.T) {
	text, err := os.ReadFile(gait + ".hrn")
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := os.ReadFile(gait + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := hrnnc.Parse(text, tensors)
	if err != nil {
		t.Fatal(err)
	}
	loaded := load(t)
	x := []hrnnc.Sequence{walk(loaded, 20), walk(loaded, 1), walk(loaded, 13)} // lengths may differ
	var got [2][]hrnnc.Result
	for i, m := range []*hrnnc.Model{parsed, loaded} {
		if got[i], err = m.Run(context.Background(), x...); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(got[0], got[1]); d != "" {
		t.Error(d)
	}
	out := loaded.Output()
	for i, r := range got[0] {
		if len(r.Raw) != 1 || len(r.Raw[0]) != out.Size || len(r.Real[0]) != out.Size || len(r.Class) != 1 || r.Above != nil {
			t.Errorf("result %d: %+v", i, r)
		}
		for j, v := range r.Real[0] {
			if v > r.Real[0][r.Class[0]] {
				t.Errorf("output %d is larger than that of the class %d", j, r.Class[0])
			}
		}
	}
}

func TestErrors(t *testing.T) {
	m := load(t)
	ctx := context.Background()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, missing := hrnnc.Load("nowhere.hrn")
	_, weights := hrnnc.LoadWeights(gait+".hrn", gait+".hrn")
	_, target := m.Compile(ctx, "rust")
	_, wide := m.Run(ctx, walk(m, 3), hrnnc.Sequence{{1}})
	_, empty := m.Run(ctx, hrnnc.Sequence{})
	_, outside := m.Run(ctx, hrnnc.Sequence{make([]int64, m.Input().Size), slice(m.Input().Size, 1<<20)})
	_, values := m.Quantise([]float64{1})
	_, role := hrnnc.Import(ctx, "cmd/hrnnc/testdata/checkpoints/linear.pth", hrnnc.ImportOptions{Input: "i8", Map: map[string][]string{"X": {"a"}}})
	_, tensors := hrnnc.Import(ctx, "cmd/hrnnc/testdata/checkpoints/extra.pth", hrnnc.ImportOptions{Input: "i8"})
	for name, test := range map[string]struct {
		err        error
		code, want string
	}{
		"no file":    {missing, "file", "nowhere.hrn: there is no such file"},
		"no weights": {weights, "weights", "is no weights file"},
		"no target":  {target, "usage", `there is no target "rust"; the targets are go, c, verilog`},
		"width":      {wide, "data", "sequence 1: step 1 has 1 entry"},
		"no step":    {empty, "data", "sequence 0: the sequence has no step"},
		"range":      {outside, "data", "1048576"},
		"values":     {values, "data", "a step has 1 value"},
		"no role":    {role, "usage", `there is no role "X"`},
		"tensors":    {tensors, "weights", "have no place in the model: module.norm.bias [16], module.norm.weight [16]"},
	} {
		var e *hrnnc.Error
		if !errors.As(test.err, &e) || e.Code != test.code || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%s: %v, want [%s] %s", name, test.err, test.code, test.want)
		}
	}
	if _, err := m.Run(cancelled, walk(m, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func slice(n int, v int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestCalibrate imports without sequences: the model runs only once its range is measured, and Write leaves what was measured.
func TestCalibrate(t *testing.T) {
	ctx := context.Background()
	o := hrnnc.ImportOptions{Input: "i8", InputScale: "1/32"}
	im, err := hrnnc.Import(ctx, "cmd/hrnnc/testdata/checkpoints/rnn.pth", o)
	if err != nil {
		t.Fatal(err)
	}
	x := walk(im.Model, 20)
	var e *hrnnc.Error
	if _, err := im.Model.Run(ctx, x); !errors.As(err, &e) || e.Code != "range" {
		t.Fatalf("without a range: %v", err)
	}
	m, err := im.Model.Calibrate(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Run(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if m.Ranges()["h"] <= 0 || im.Model.Ranges()["h"] != 0 {
		t.Errorf("ranges %v and %v", m.Ranges(), im.Model.Ranges())
	}
	o.Calibrate = []hrnnc.Sequence{x}
	if im, err = hrnnc.Import(ctx, "cmd/hrnnc/testdata/checkpoints/rnn.pth", o); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "rnn")
	if err := im.Write(folder); err != nil {
		t.Fatal(err)
	}
	if err := im.Write(folder); !errors.As(err, &e) || e.Code != "output" {
		t.Errorf("written over: %v", err)
	}
	if m, err = hrnnc.Load(filepath.Join(folder, "model.hrn")); err != nil {
		t.Fatal(err)
	}
	got, err := m.Run(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	steps, err := m.Quantise([]float64{1, -2.02, 1e9})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int64{32, -65, 127}, steps); d != "" {
		t.Error(d)
	}
}

// TestCompileWrites generates all targets: the same bytes twice, in a folder that nothing of the user's is in.
func TestCompileWrites(t *testing.T) {
	m, ctx := load(t), context.Background()
	first, err := m.Compile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := load(t).Compile(ctx, hrnnc.Targets()...)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first.Files, second.Files); d != "" {
		t.Error(d)
	}
	folder := filepath.Join(t.TempDir(), "out")
	if err := first.Write(folder); err != nil {
		t.Fatal(err)
	}
	for _, f := range first.Files {
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(f.Path)))
		if err != nil || string(data) != string(f.Data) {
			t.Errorf("%s is not as generated: %v", f.Path, err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var e *hrnnc.Error
	if err := first.Write(folder); !errors.As(err, &e) || e.Code != "output" {
		t.Errorf("a folder with a file of the user's: %v", err)
	}
}
