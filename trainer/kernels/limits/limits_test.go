package limits_test

import (
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/kernels"
	"github.com/hrnnc/hrnnc/trainer/kernels/limits"
)

func TestEverySetHasLimits(t *testing.T) {
	for _, name := range kernels.Available() {
		s, ok := limits.Find(name)
		if !ok {
			t.Errorf("no limits for %s", name)
			continue
		}
		s.Add(3)
		s.Butterfly(3)
		if s.Round <= 0 {
			t.Errorf("%s: a round computes %d numbers", name, s.Round)
		}
		for rows := range 11 {
			src, dst := make([]float32, rows*kernels.Lanes), make([]float32, rows*kernels.Lanes)
			for i := range src {
				src[i] = float32(i)
			}
			s.Copy(dst, src)
			if !slices.Equal(dst, src) {
				t.Errorf("%s: %d rows: copied %v", name, rows, dst)
			}
		}
	}
	if _, ok := limits.Find("abacus"); ok {
		t.Error("Find(abacus) found something")
	}
}
