package trainer

import (
	"math/rand/v2"

	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Piece is what a batch takes of a source: a sequence, from a step on.
type Piece struct{ Sequence, From int }

// course is what an epoch passes over: the pieces of each batch in turn. Lane k of a batch goes on in lane k of the next one.
type course struct {
	steps   int // of a piece
	batches [][]Piece
}

// pieces is Config.Pieces of a source.
func pieces(s Source, truncate int) (n int) {
	if !s.Stream() {
		return s.Len()
	}
	for i := range s.Len() {
		n += piecesOf(s, i, truncate)
	}
	return n
}

// Pieces counts the sequences that an epoch of a training part takes: those of a fixed length, and of unbroken recordings the whole pieces.
func (c *Config) Pieces(part *data.Sequences) int { return pieces(&split{Sequences: part}, c.Truncate) }

// piecesOf is how many whole pieces of so many steps a recording has; one that is shorter is a piece.
func piecesOf(s Source, i, truncate int) int { return max(1, s.StepsOf(i)/truncate) }

// course draws that of an epoch.
func (r *Run) course(rng *rand.Rand) course {
	if r.Train.Stream() {
		return r.walks(rng)
	}
	c := course{steps: r.Train.Steps()}
	var order []Piece
	for len(order) < r.passed() {
		for _, i := range rng.Perm(r.Train.Len()) {
			order = append(order, Piece{Sequence: i})
		}
	}
	for from := 0; from < r.passed(); from += r.Config.Batch {
		c.batches = append(c.batches, order[from:min(from+r.Config.Batch, r.passed())])
	}
	return c
}

// walks deals the pieces of all recordings, one behind the other, to the lanes of a batch: each lane walks through its recordings. What
// is left of a recording beside whole pieces is before the first or behind the last one, as it is drawn.
func (r *Run) walks(rng *rand.Rand) course {
	longest := 0
	for i := range r.Train.Len() {
		longest = max(longest, r.Train.StepsOf(i))
	}
	c := course{steps: min(r.Config.Truncate, longest+longest%2), batches: make([][]Piece, r.batches())} // an even number: of no more than there is
	var all []Piece
	for range max(1, r.Config.Repeat) {
		for _, i := range rng.Perm(r.Train.Len()) {
			n := piecesOf(r.Train, i, c.steps)
			from := rng.IntN(max(0, r.Train.StepsOf(i)-n*c.steps) + 1)
			for k := range n {
				all = append(all, Piece{i, from + k*c.steps})
			}
		}
	}
	for k, p := range all {
		b := &c.batches[k%len(c.batches)]
		*b = append(*b, p)
	}
	return c
}

// carries reports whether batches begin with the states that those before left.
func (r *Run) carries() bool { return r.Train.Stream() && r.Config.Carry }

// carry gives a batch the states that the one before it left, where it goes on with the same recordings; all others start from zero.
func (r *Run) carry(b *network.Batch, c course) {
	if !r.carries() {
		return
	}
	if r.state.Batch == 0 {
		r.carried = r.Net.NewStates(len(c.batches[0]))
	}
	for lane, p := range c.batches[r.state.Batch] {
		if r.state.Batch == 0 || c.batches[r.state.Batch-1][lane] != (Piece{p.Sequence, p.From - c.steps}) {
			r.Net.ClearStates(r.carried, lane)
		}
	}
	b.States = r.carried
}
