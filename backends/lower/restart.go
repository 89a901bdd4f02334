package lower

// Alone is the plan of one course, without restarts: what a step of it computes is the same.
func (p *Plan) Alone() *Plan {
	if p.Hop == 0 {
		return p
	}
	alone := *p
	alone.Hop = 0
	return &alone
}
