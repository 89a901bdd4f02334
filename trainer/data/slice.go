package data

// Slice are the sequences from one number to before another. T is that of the longest of them.
func (s *Sequences) Slice(from, to int) *Sequences {
	out := *s
	out.N, out.index, out.Groups = to-from, make([]int32, to-from), nil
	if s.Groups != nil {
		out.Groups = s.Groups[from:to]
	}
	for i := range out.index {
		out.index[i] = int32(s.at(from + i))
	}
	out.T = 0
	for i := range out.N {
		out.T = max(out.T, out.Steps(i))
	}
	return &out
}
