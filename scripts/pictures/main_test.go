package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hadamard"
)

// TestPictures holds docs/pictures to what this program draws.
func TestPictures(t *testing.T) {
	for name, want := range pictures() {
		if err := xml.Unmarshal(want, new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", "docs", "pictures", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/pictures/%s is another:  go run ./scripts/pictures  draws it", name)
		}
	}
}

// TestButterflies multiplies the edges out: they are the matrix that they are a picture of.
func TestButterflies(t *testing.T) {
	for _, block := range []int{8, 4} {
		const n = 8
		edges, stages := butterflies(n, block)
		for unit := range n {
			v := make([]int, n)
			v[unit] = 1
			for s := range stages {
				next := make([]int, n)
				for _, e := range edges {
					if e.stage != s {
						continue
					}
					if e.minus {
						next[e.to] -= v[e.from]
					} else {
						next[e.to] += v[e.from]
					}
				}
				v = next
			}
			for i, got := range v {
				want := 0
				if i/block == unit/block {
					want = hadamard.Entry(i%block, unit%block)
				}
				if got != want {
					t.Fatalf("blocks of %d: row %d, column %d is %d, not %d", block, i, unit, got, want)
				}
			}
		}
	}
}
