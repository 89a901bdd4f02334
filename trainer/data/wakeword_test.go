package data

import "testing"

// TestWakeword checks the streams: how much of them there is, where the word counts, and that test and validation do not depend on
// the seed, nor on the training part.
func TestWakeword(t *testing.T) {
	s := knownSet(t, "wakeword", "sequences=4")
	if s.Train.N != 4 || s.Valid.N != 123 || s.Test.N != 120 || s.Train.T != 1874 || s.Train.D != 16 || s.Hz != 62.5 || s.Classes[1] != "alexa" {
		t.Fatalf("%d + %d + %d sequences of %d steps, %d values, %v Hz, %v", s.Train.N, s.Valid.N, s.Test.N, s.Train.T, s.Train.D, s.Hz, s.Classes)
	}
	// 50 recordings of the word, without copies and one in which nothing is to be heard, three times each.
	labels, words, steps := make([]int32, s.Test.T), 0, 0
	for i := range s.Test.N {
		s.Test.Labels(i, labels)
		for k, l := range labels {
			switch {
			case l == 1 && (k == 0 || labels[k-1] != 1):
				words, steps = words+1, 1
			case l == 1:
				steps++
			case steps > 0:
				if steps < 36 || steps > 39 { // 0.6 s
					t.Errorf("the word counts in %d steps", steps)
				}
				steps = 0
			}
		}
	}
	if words != 3*50 {
		t.Errorf("the word is said %d times", words)
	}
	other := knownSet(t, "wakeword", "sequences=2", "stream=yes")
	x, y := make([]float64, s.Test.T*16), make([]float64, s.Test.T*16)
	s.Test.Values(7, x)
	other.Test.Piece(7, 0, y)
	for i := range x {
		if x[i] != y[i] {
			t.Fatalf("value %d of the test part is %v, unbroken %v", i, x[i], y[i])
		}
	}
}
