package search

import "slices"

// The share of the epochs after which successive halving drops the worse half (Jamieson, Talwalkar: Non-stochastic Best
// Arm Identification and Hyperparameter Optimization, AISTATS 2016).
var halvingShares = []float64{0.25, 0.5, 1}

// halvingRounds gives the epoch at which each round ends.
func halvingRounds(epochs int) []int {
	var out []int
	for _, share := range halvingShares {
		out = append(out, max(1, int(share*float64(epochs))))
	}
	return slices.Compact(out)
}

// goOn is how many of n candidates go on after a round.
func goOn(n int) int { return (n + 1) / 2 }

// epochsOf counts the epochs that n variants take, the worse half dropped after each round.
func epochsOf(rounds []int, n int) int {
	total, before := 0, 0
	for _, end := range rounds {
		total += n * (end - before)
		before, n = end, goOn(n)
	}
	return total
}

// halvingStarts is how many variants can start so that all rounds take at most so many epochs.
func halvingStarts(rounds []int, epochs int) int {
	n := 1
	for epochsOf(rounds, n+1) <= epochs {
		n++
	}
	return n
}

// next lists the trials of the round behind one whose candidates are all known.
func next(round []Trial, candidates []Candidate) []Trial {
	i := slices.Index(round[0].Rounds, round[0].Epochs) + 1
	if i == len(round[0].Rounds) {
		return nil
	}
	var trained []*Candidate
	for k := range candidates {
		if candidates[k].Error == "" {
			trained = append(trained, &candidates[k])
		}
	}
	kept := best(trained, goOn(len(trained)), round[0].Goal)
	var out []Trial
	for k, t := range round {
		if slices.Contains(kept, &candidates[k]) {
			t.Epochs = t.Rounds[i]
			out = append(out, t)
		}
	}
	return out
}
