package study

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// TestRoundedTrainingIsTheFixedLevel holds what training computes with rounded states against the fixed level, for
// rounding once and staged, of even and odd order.
func TestRoundedTrainingIsTheFixedLevel(t *testing.T) {
	const tolerance = 2e-3 // of the largest output
	for _, options := range []string{"", ", rounding = staged", ", block = 32", ", block = 32, rounding = staged"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "model.hrn")
		text := fmt.Sprintf("model m\ninput x : i8[1] / 32\nsteps 40\nparam U : int4[64, 1]\nparam b\nparam V : int4[10, 64]\nparam c\n"+
			"state h : int10[64]\nh <- hadamard(h%s) + U*x + b\ny = V*relu(h) + c\noutput class = argmax(y) at last\nweights \"w.safetensors\"\n"+
			"train { data = curves  limit = 64 }\n", options)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		tr, err := New(file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if tr.folder, err = fileio.OpenFolder(filepath.Join(dir, "run")); err != nil {
			t.Fatal(err)
		}
		defer tr.folder.Close()
		tr.folder.Elsewhere(weightsName, tr.Weights)
		tr.Net.Initialise(1, network.RandomSigns)
		if err := tr.keep(trainer.Metrics{}); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if err := tr.measure(ctx, weightsName); err != nil {
			t.Fatal(err)
		}
		l, err := tr.Lower()
		if err != nil {
			t.Fatal(err)
		}
		tr.Net.TrainRounded(roundings(l))
		// Weights move while they are trained, and the units of states with them.
		for i := range tr.Net.Param("U").Latent {
			tr.Net.Param("U").Latent[i] *= 1.37
			tr.Net.Param("b").Latent[i] *= 0.8
		}
		tr.Net.Refresh()
		if err := tr.save(tr.stretched(), weightsName); err != nil {
			t.Fatal(err)
		}
		if l, err = tr.Lower(); err != nil {
			t.Fatal(err)
		}
		err = trainer.EachBatch(ctx, tr.Net, tr.source(&tr.Set.Test), 64, func(b *network.Batch) error {
			out, err := l.Run(ctx, "fixed", sequencesOf(b), nil)
			if err != nil {
				return err
			}
			want, o := l.Reals(out), tr.Net.Outputs()
			worst, most := 0.0, 0.0
			tr.Net.Evaluate(b, func(i int, y []float32) {
				for j, v := range y {
					worst, most = max(worst, math.Abs(float64(v)-want[i*o+j])), max(most, math.Abs(want[i*o+j]))
				}
			})
			if worst > tolerance*most {
				t.Errorf("hadamard(h%s): outputs differ by %.2g of the largest", options, worst/most)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
