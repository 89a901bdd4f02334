package data

// numpyPermutation is numpy.random.RandomState(seed).permutation(n), bit by bit, so that permuted sets are those of the
// literature: a Fisher-Yates shuffle from the end, each index drawn by masking and rejection.
func numpyPermutation(seed uint32, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	m := newMersenne(seed)
	for i := n - 1; i > 0; i-- {
		j := m.below(uint32(i))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// mersenne is MT19937 (Matsumoto, Nishimura: Mersenne Twister, ACM TOMACS 8, 1998), which numpy's RandomState draws from.
type mersenne struct {
	state [mersenneN]uint32
	next  int
}

// The sizes of MT19937.
const (
	mersenneN = 624
	mersenneM = 397
)

// newMersenne seeds the generator with one word, as init_genrand of the authors' mt19937ar.c.
func newMersenne(seed uint32) *mersenne {
	m := &mersenne{next: mersenneN}
	m.state[0] = seed
	for i := 1; i < mersenneN; i++ {
		prev := m.state[i-1]
		m.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	return m
}

// refill computes the next 624 words.
func (m *mersenne) refill() {
	const upper, lower, matrix = 1 << 31, 1<<31 - 1, 0x9908b0df
	for i := range m.state {
		y := m.state[i]&upper | m.state[(i+1)%mersenneN]&lower
		m.state[i] = m.state[(i+mersenneM)%mersenneN] ^ y>>1 ^ y&1*matrix
	}
	m.next = 0
}

// draw gives the next 32 random bits.
func (m *mersenne) draw() uint32 {
	if m.next == mersenneN {
		m.refill()
	}
	y := m.state[m.next]
	m.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// below gives a number from 0 to top: the bits that top has, drawn again while they exceed it.
func (m *mersenne) below(top uint32) uint32 {
	mask := top
	for shift := 1; shift < 32; shift *= 2 {
		mask |= mask >> shift
	}
	for {
		if v := m.draw() & mask; v <= top {
			return v
		}
	}
}
