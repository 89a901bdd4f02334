package study

import (
	"math"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// TestAgree compares what a model decides with itself, with one label that is another, and with one that does not count.
func TestAgree(t *testing.T) {
	checked, _, errs := compiler.Check(write(t, curvesModel))
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	net := network.New(checked)
	net.Initialise(1, network.RandomSigns)
	m, err := compiler.FromParts("m.hrn", []byte(curvesModel), trainer.WeightsFile(net, metadata.Metadata{Ranges: map[string]float64{"h": 10}}))
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var x [][][]int64
	for i := range 8 {
		sequence := make([][]int64, 40)
		for s := range sequence {
			sequence[s] = []int64{int64(i*s%19 - 9)}
		}
		x = append(x, sequence)
	}
	out, err := l.Run(t.Context(), "fixed", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := m.Answers(out, l)
	labels := append([]int64{}, said.Ints...)
	labels[3], labels[5] = (labels[3]+1)%10, -1
	a, err := Agree(m, out, l, said, "y.npy", npy.FromInts(labels, len(labels)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Right != 6 || a.Total != 7 || a.Counted != "sequences" || a.Matrix.Total() != 7 || len(a.Classes) == 0 || math.Abs(a.Part-6.0/7) > 1e-12 {
		t.Errorf("%+v", a)
	}
	if _, err := Agree(m, out, l, said, "y.npy", npy.FromInts(labels[:7], 7)); err == nil {
		t.Error("seven labels suit eight decisions")
	}
}
