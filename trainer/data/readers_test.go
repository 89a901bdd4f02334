package data

import (
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// TestEveryKnownSetHasAReader, and every reader a set; those that can be read from an archive have one.
func TestEveryKnownSetHasAReader(t *testing.T) {
	for _, s := range known.Sets {
		r := readers[s.Name]
		if r.read == nil || r.Kind == 0 || (r.readArchive != nil) != (s.Archive != nil) {
			t.Errorf("%s: reads files %v, an archive %v, which it has %v", s.Name, r.read != nil, r.readArchive != nil, s.Archive != nil)
		}
	}
	if len(readers) != len(known.Sets) {
		t.Errorf("%d readers for %d sets", len(readers), len(known.Sets))
	}
}
