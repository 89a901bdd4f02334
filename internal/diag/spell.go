package diag

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the name that a slip of the keyboard turned into got, the first of the nearest, or "" when none is near: up to
// two letters off, one in words of three, and a third of longer words. Case does not count.
func Nearest(got string, names []string) string {
	most := max(2, len(got)/3)
	if len(got) < 4 {
		most = min(1, len(got)-1)
	}
	best, distance := "", most+1
	for _, name := range names {
		// The distance takes time in the product of the lengths, and hostile names are long.
		if len(name) > len(got)+most || len(got) > len(name)+most {
			continue
		}
		if d := levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}
