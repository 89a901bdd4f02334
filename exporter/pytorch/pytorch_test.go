package pytorch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// torch finds Python with PyTorch, or skips a test.
func torch(t *testing.T) string {
	t.Helper()
	python, err := exttool.Python("numpy", "torch")
	if err != nil {
		t.Skip("skipped: no python3 with torch and numpy, which the exported programs need")
	}
	return python
}

// apart is what agree.py says of a model.
type apart struct {
	Real, Decided float64
	Differing     int
	DecidedFixed  float64 `json:"decided_fixed"`
	Refused       string
}

// TestModelsAgree holds exported modules of random models to both interpreters: the real level to 1e-5 of the largest output, the
// fixed level to every bit.
func TestModelsAgree(t *testing.T) {
	python := torch(t)
	dir := t.TempDir()
	seeds := map[string]int64{}
	for seed := int64(1); len(seeds) < 24; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 256})
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%03d", seed)
		if write(t, filepath.Join(dir, name), g.Text, g.Weights, seed) {
			seeds[name] = seed
		}
	}
	refused := 0
	for name, a := range agree(t, python, dir) {
		text, _ := os.ReadFile(filepath.Join(dir, name, "model.hrn"))
		if a.Refused != "" {
			refused++
		}
		if !(a.Real < 1e-5) || a.Differing > 0 || a.Decided > 0 || a.DecidedFixed > 0 {
			t.Errorf("seed %d: %+v\n%s", seeds[name], a, text)
		}
	}
	if refused > len(seeds)/5 {
		t.Errorf("%d of %d models are refused at the fixed level", refused, len(seeds))
	}
}

func agree(t *testing.T, python, dir string) map[string]apart {
	t.Helper()
	script, err := filepath.Abs("testdata/agree.py")
	if err != nil {
		t.Fatal(err)
	}
	text, err := exttool.Run(context.Background(), dir, nil, python, script, dir)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]apart
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// write exports a model into a folder, with sequences and what they give; not where no integers can run it.
func write(t *testing.T, dir, text string, w *weights.File, seed int64) bool {
	t.Helper()
	m, err := compiler.FromParts("model.hrn", []byte(text), w)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	l, err := m.Lower(passes.Config{})
	var list diag.List
	if errors.As(err, &list) && (list[0].Code == "width" || list[0].Code == "range" || list[0].Code == "decide") {
		return false
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	x := passes.Sequences(m.Real, 5, 37, rand.New(rand.NewSource(seed)))
	real, err := m.RunReal(context.Background(), x, nil)
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := l.Run(context.Background(), "fixed", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	module, err := Module(m.Checked)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{ModuleName: module, "model.hrn": []byte(text)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), w); err != nil {
		t.Fatal(err)
	}
	arrays := map[string]*npy.Array{"x": inputs(x, m.Checked.Input.Vocab > 0), "real": real.Y, "fixed": fixed.Y}
	if real.Decisions != nil {
		arrays["decided"], arrays["decided_fixed"] = npy.FromInts(real.Decisions, len(x), real.T), npy.FromInts(fixed.Decisions, len(x), fixed.T)
	}
	for name, a := range arrays {
		if err := npy.WriteFile(filepath.Join(dir, name+".npy"), a); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

func inputs(x [][][]int64, tokens bool) *npy.Array {
	var all []int64
	for _, s := range x {
		for _, row := range s {
			all = append(all, row...)
		}
	}
	if tokens {
		return npy.FromInts(all, len(x), len(x[0]))
	}
	return npy.FromInts(all, len(x), len(x[0]), len(x[0][0]))
}
