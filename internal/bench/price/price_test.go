package main

import (
	"context"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
)

// TestPricesHold measures a few models that no price was fitted to. What is held is what docs/benchmarks/price.md shows of nine in
// ten programs.
func TestPricesHold(t *testing.T) {
	for _, name := range []string{"atmega328p", "cortex-m4"} {
		t.Run(name, func(t *testing.T) {
			bench := runtest.Open(t, name)
			bad, all := 0, 0
			for seed := int64(5000); seed < 5004; seed++ {
				s, err := measured(context.Background(), bench, bench.Part, seed, 128)
				if err != nil {
					t.Fatal(err)
				}
				p, err := step.Parse("p.step", []byte(s.Program))
				if err != nil {
					t.Fatal(err)
				}
				price := schedule.PriceOf(p, bench.Part, s.Assembly)
				for _, v := range [][2]float64{{price.Even, s.Even}, {price.Odd, s.Odd}, {price.Output, s.Output}} {
					all++
					if e := v[0]/v[1] - 1; e < -0.25 || e > 0.25 {
						bad++
						t.Logf("seed %d, %s: %.0f by price, %.0f measured", seed, s.Choice, v[0], v[1])
					}
				}
				if price.Tables > s.Tables+64 || price.Tables < s.Tables-64 {
					t.Errorf("seed %d: %d bytes of tables by price, %d measured", seed, price.Tables, s.Tables)
				}
			}
			if bad > all/4 {
				t.Errorf("%d of %d prices are off by more than 25 %%", bad, all)
			}
		})
	}
}
