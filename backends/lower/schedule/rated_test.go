package schedule_test

import (
	"errors"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
)

// TestRatedWhereFlashIsShort: blocks that leak otherwise share a loop in the smallest schedule, and in none where there is room.
func TestRatedWhereFlashIsShort(t *testing.T) {
	part, err := chip.Get("atmega328p")
	if err != nil {
		t.Fatal(err)
	}
	short := 0
	for seed := range int64(2000) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.WithOrder(rng, 2+int(seed%3))
		plantest.Leak(rng, p)
		if l := &p.Layers[0]; len(p.Layers) > 1 || l.Leak == nil || l.Leak.Even() || l.N/l.Block < 2 {
			continue
		}
		if roomy, err := schedule.Pick(p, part, schedule.Budget{}, nil); err != nil || roomy.Choice.Layers[0].Rated {
			continue
		}
		var small *schedule.NoFit
		if _, err := schedule.Pick(p, part, schedule.Budget{Flash: 1}, nil); !errors.As(err, &small) {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if least, err := schedule.Pick(p, part, schedule.Budget{Flash: small.LeastFlash}, nil); err == nil && least.Choice.Layers[0].Rated {
			short++
		}
		if short == 3 {
			return
		}
	}
	t.Errorf("%d plans share a loop where flash is short, want 3", short)
}
