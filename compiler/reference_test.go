package compiler

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// references are the authors' checkpoints, and what their vectors hold.
var references = []struct {
	name, vectors, x, input, scale string
}{
	{"fashion_rows_full128_q4", "vectors", "inputs_u8", "u8", "1/255"},
	{"fashion_rows_block256x16_q2", "vectors", "inputs_u8", "u8", "1/255"},
	{"fashion_rows_block64x4_ternary", "vectors", "inputs_u8", "u8", "1/255"},
	{"copy100_full128_q4", "vectors", "tokens", "onehot", ""},
	{"grad_full16_q4", "grads", "inputs_u8", "u8", "1/255"},
	{"grad_block32x8_ternary", "grads", "inputs_u8", "u8", "1/255"},
}

// importReference imports and calibrates a checkpoint, and gives its sequences and an array of its vectors.
func importReference(t *testing.T, name, vectors, x, input, scale string, bits int) (*Model, [][][]int64, func(string) *npy.Array) {
	t.Helper()
	f, err := weights.Open(shared.Path(t, "reference", name+".pth"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := importer.ReadConfig(shared.Path(t, "reference", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	im, err := importer.Import(f, c, importer.Options{Input: input, Scale: scale, StateBits: bits})
	if err != nil {
		t.Fatal(err)
	}
	m, err := FromParts("model.hrn", []byte(im.Text), im.Weights)
	if err != nil {
		t.Fatal(err)
	}
	path := shared.Path(t, "reference", name+"_"+vectors+".npz")
	array := func(name string) *npy.Array {
		a, err := ReadArray(path + ":" + name)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	seq, err := Sequences(path, array(x), m.Real.Input, 0)
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := m.Calibrate(context.Background(), seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	SetRanges(im.Weights, ranges)
	if m, err = FromParts("model.hrn", []byte(im.Text), im.Weights); err != nil {
		t.Fatal(err)
	}
	return m, seq, array
}

// TestReferenceModels holds the real level to 2e-4 of the authors' logits, and the decisions of the fixed level to theirs.
func TestReferenceModels(t *testing.T) {
	for _, r := range references {
		t.Run(r.name, func(t *testing.T) {
			m, x, array := importReference(t, r.name, r.vectors, r.x, r.input, r.scale, 16)
			real, err := m.RunReal(context.Background(), x, nil)
			if err != nil {
				t.Fatal(err)
			}
			logits := array("logits")
			worst := 0.0
			for i, v := range logits.Floats {
				worst = max(worst, math.Abs(v-real.Y.Floats[i]))
			}
			if worst > 2e-4 || len(logits.Floats) != len(real.Y.Floats) {
				t.Errorf("logits differ by %.3g", worst)
			}
			l, err := m.Lower(passes.Config{VerifyEach: true})
			if err != nil {
				t.Fatal(err)
			}
			fixed, err := l.Run(context.Background(), "fixed", x, nil)
			if err != nil {
				t.Fatal(err)
			}
			if fixed.Saturated != 0 {
				t.Errorf("%d state updates saturate", fixed.Saturated)
			}
			o := real.Y.Shape[len(real.Y.Shape)-1]
			if strings.HasPrefix(r.name, "grad_") {
				return // untrained: ties are decided by noise
			}
			for i := 0; i < len(logits.Floats); i += o {
				if got, want := argmax(fixed.Y, i, o), argmax(logits, i, o); got != want {
					t.Errorf("decision %d is %d, the authors' %d", i/o, got, want)
				}
			}
		})
	}
}

// TestCopyRecallsAt12Bits is the headline of the copy task in narrow states.
func TestCopyRecallsAt12Bits(t *testing.T) {
	r := references[3]
	for _, bits := range []int{12, 16} {
		m, x, array := importReference(t, r.name, r.vectors, r.x, r.input, r.scale, bits)
		l, err := m.Lower(passes.Config{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := l.Run(context.Background(), "fixed", x, nil)
		if err != nil {
			t.Fatal(err)
		}
		score, err := m.Accuracy(out, "targets", array("targets"), l)
		if err != nil {
			t.Fatal(err)
		}
		if score.Right != score.Total || score.Total != 64*120 {
			t.Errorf("%d bits: %d of %d right", bits, score.Right, score.Total)
		}
	}
}

// TestReferenceModelsEverywhere is hrnnc verify on the authors' models.
func TestReferenceModelsEverywhere(t *testing.T) {
	for _, r := range references {
		t.Run(r.name, func(t *testing.T) {
			m, _, _ := importReference(t, r.name, r.vectors, r.x, r.input, r.scale, 16)
			verifyAll(t, m)
		})
	}
}

// verifyAll fails where any bit differs in any engine that is installed.
func verifyAll(t *testing.T, m *Model) {
	t.Helper()
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := l.Verify(context.Background(), VerifyOptions{Sequences: 8, SimulatorSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Skipped != "" {
			t.Logf("skipped: %s: %s", row.Level, row.Skipped)
		}
		if !row.Passed() {
			t.Errorf("%s: %d bits differ, %s %s", row.Level, row.Differing, row.First, row.Proof)
		}
	}
}
