package data

import (
	"math"

	"hrnnc/internal/diag"
)

// checkFinite refuses values that no model can be trained on. They would turn a whole run into NaN.
func checkFinite(at diag.Builder, n numbers) error {
	switch n.(type) {
	case packed[float32], halves:
	default:
		return nil // integers
	}
	buf := make([]float32, 4096)
	for from := 0; from < n.len(); from += len(buf) {
		piece := buf[:min(len(buf), n.len()-from)]
		n.floats(from, piece)
		for j, v := range piece {
			if v != v || v > math.MaxFloat32 || v < -math.MaxFloat32 {
				return at.Errorf(code, "value %d is %v", from+j, v).Helpf("remove it, or write what is known of it, before training")
			}
		}
	}
	return nil
}
