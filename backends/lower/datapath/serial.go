package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// serial is the architecture of least area: an engine a layer, each with its state in banks of block RAM.
type serial struct {
	*builder
	engines   []*engine
	idleParts []*Expr // all 1 where a step may begin
	state     *statePort
}

// engine is one layer. Unit u lies in bank B(u), bit j of which is the parity of the bits j, j + w, j + 2w ... of u, at word
// u >> w, where 2^w is the number of banks: units whose numbers differ in bits of different residues modulo w lie in different
// banks, so both partners of every butterfly do, at every stride.
type engine struct {
	*serial
	l     *lower.Layer
	index int
	name  string

	w      int  // log2 of the banks
	units  int  // updated a cycle
	lanes  int  // of the product
	cols   int  // columns of the matrix; 0 without a term
	cycles int  // of the update of a group of units: groups of columns
	subs   int  // groups of units in a word of every bank; 1 where words are not taken together
	fused  bool // the update is the last stage
	minus  bool // one adder makes both partners of a pair, one of them up to its sign

	at, word int // bits of a unit's number, and of a word's in a bank
	mem      int // bits of a bank's word
	extra    int // cycles that the update takes beyond three

	readUnits, readRows int // of the readout a cycle; 0 where another memory is read

	mask, residue                   *Signal // one-hot: the stride, and its bit's number modulo w; nil where there is none
	i                               *Expr   // number of the word's first unit
	transforming, updating, reading *Signal
	stageOn, readOn                 *Expr
	wait, group, held               *Signal
	beginRow, endRow, endUpdate     *Expr
	waitRead                        int
	orderBank                       *Expr // of the permuted unit
	updateAt, enable                *Expr
	moves, stageMoves               *Expr // when the address of the bank's write takes that of an update's word, or a stage's
	mean                            *mean // nil where no mean is read
	written                         *Expr
	port                            stateAccess
	portBank                        *Expr
	u                               issue
	below                           *engine // whose state flows in
	conversion                      int     // cycles from a step's start until what flows in is there
	flows                           inflow
	words                           []*Expr // what the banks hold at the address before
	half                            *Signal // the half that holds the state, where a permutation takes two
	done                            *Signal // updated in this step
	source, sourceOn                *Expr   // address at which the layer above reads, and when
}

// issue is what begins in a cycle of the update: reads from the banks and tables.
type issue struct {
	on, first, last *Expr // a cycle of it; of a group's columns the first, the last
	wordFirst       *Expr // the first cycle of a word
	i, sub, col     *Expr
	group           *Expr // number of the group of units, in the order in which they are updated
}

func buildSerial(p *lower.Plan, a Arch, d *Design) (*Design, error) {
	s := &serial{builder: &builder{Design: d, p: p, a: a}}
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkCourses(p, a); err != nil {
		return nil, err
	}
	s.open()
	for i := range p.Layers {
		s.engines = append(s.engines, s.engine(i))
	}
	if a.StatePort {
		s.stateful()
	}
	for _, e := range s.engines {
		e.control()
	}
	s.reads()
	s.Define(s.idle, And(s.idleParts...))
	for _, e := range s.engines {
		e.datapath()
	}
	s.close()
	if s.state != nil {
		s.closeState(s.state)
	}
	s.Prune()
	d.Doc = s.doc()
	return d, nil
}

// stateful opens the ports of the state.
func (s *serial) stateful() {
	inner, word, regions := 1, 1, len(s.engines)
	for _, e := range s.engines {
		inner, word = max(inner, e.at), max(word, e.l.Bits)
		if e.isMean() {
			m := e.newMean(e.l, e.slots())
			bits, _ := width(m.every)
			regions++
			inner, word = max(inner, m.address()), max(word, bits)
		}
	}
	s.state = s.openState(regions, inner, word)
}

// MostButterflies is how many butterflies a cycle a serial design of a plan takes at most: those of a stage of its largest block.
func MostButterflies(p *lower.Plan) int {
	most := 1
	for i := range p.Layers {
		if l := &p.Layers[i]; l.K > 0 {
			most = max(most, l.Block/2)
		}
	}
	return most
}

func (s *serial) check() error {
	most := MostButterflies(s.p)
	powers := []struct {
		n    *int
		what string
	}{{&s.a.Lanes, "butterflies"}, {&s.a.Update, "units under update"}, {&s.a.Product, "weights"}, {&s.a.Readout, "weights of the readout"}}
	for _, p := range powers {
		if *p.n == 0 {
			*p.n = 1
		}
	}
	if n := s.a.Lanes; n < 1 || n&(n-1) != 0 || n > most {
		return refused("lanes", "%d butterflies a cycle: a serial design of this model takes a power of two up to %d", n, most)
	}
	if n := s.a.Update; n < 1 || n&(n-1) != 0 || n > 2*s.a.Lanes {
		return refused("update", "%d units are updated a cycle: with %d butterflies it is a power of two up to %d", n, s.a.Lanes, 2*s.a.Lanes)
	}
	cols := 1
	for i := range s.p.Layers {
		if t := s.p.Layers[i].Term; t != nil && t.Source != lower.FromOneHot {
			cols = max(cols, t.Matrix.Cols)
		}
	}
	if n := s.a.Product; n < 1 || n > cols || n&(n-1) != 0 && n != cols {
		most := fmt.Sprint(cols)
		if cols&(cols-1) != 0 {
			most += ", or " + most
		}
		return refused("product", "%d weights a cycle: for this model it is a power of two up to %s", n, most)
	}
	if n := s.a.Readout; n < 1 {
		return refused("readout", "%d weights of the readout a cycle: at least 1 is needed", n)
	}
	if s.a.Weights == Logic {
		return refused("weights", "a serial design has its weights in block RAM; those in logic are for parallel designs")
	}
	return nil
}

func (s *serial) engine(index int) *engine {
	l := folded(&s.p.Layers[index])
	e := &engine{serial: s, l: l, index: index, cycles: 1, subs: 1, extra: moreCycles(l)}
	if len(s.p.Layers) > 1 {
		e.name = fmt.Sprintf("layer%d_", index+1)
	}
	e.fused = l.K > 0 && l.Perm == nil
	if l.K > 0 {
		e.w = min(bits.Len(uint(s.a.Lanes)), l.K) // 2 * Lanes banks
	}
	banks := 1 << e.w
	e.units = 1
	if e.fused {
		e.units = min(s.a.Update, banks)
		e.subs = banks / e.units
	}
	halves := l.Halves(l.K, 0) || l.Halves(l.K, 1)
	e.minus = e.fused && e.subs == 2 && !halves
	if t := l.Term; t != nil {
		e.cols = t.Matrix.Cols
		switch t.Source {
		case lower.FromOneHot:
			e.cols = 1
		case lower.FromState:
			e.lanes = min(s.a.Product, 1<<s.engines[t.Layer].w)
		default:
			e.lanes = min(s.a.Product, e.cols)
		}
		if t.Source == lower.FromState {
			e.below = s.engines[t.Layer]
		}
		if t.Source == lower.FromOneHot {
			e.lanes = 1
		}
		if t.Source == lower.FromVector {
			e.conversion = s.conversionCycles(t)
		}
		e.cycles = groupsOf(e.cols, e.lanes)
	}
	e.at = counts(l.N)
	e.word = counts(groupsOf(l.N, banks))
	e.mem = e.memoryBits()
	return e
}

// memoryBits is the width that holds the state and what lies in the banks between stages.
func (e *engine) memoryBits() int {
	l := e.l
	m := l.Bits
	if l.K == 0 {
		return m
	}
	stages := l.K
	if e.fused {
		stages--
	}
	for ph := range 2 {
		reach := int64(1) << (l.Bits - 1)
		if l.Bits > 40 {
			return max(m, l.ZBits)
		}
		for s := 1; s <= stages; s++ {
			reach *= 2
			if l.Halves(s, ph) {
				reach = (reach + 1) / 2
			}
			// From -reach on, and below it: only -reach itself needs the width of reach - 1.
			b := arith.SignedBits(reach - 1)
			if l.Staged || l.PreSigns != nil {
				b = arith.SignedBits(reach)
			}
			m = max(m, min(b, l.ZBits))
		}
	}
	if l.PreSigns != nil {
		m = max(m, l.Bits+1)
	}
	return m
}

// bankOf is the bank that a unit lies in.
func (e *engine) bankOf(u int) int {
	if e.w == 0 {
		return 0
	}
	bank := 0
	for j := range bits.Len(uint(u)) {
		bank ^= u >> j & 1 << (j % e.w)
	}
	return bank
}

// unitIn is the unit of a bank among those that share the word-numbers of i, whose bits in lanes are free.
func (e *engine) unitIn(i, lanes, bank int) int {
	for u := lanes; ; u = (u - 1) & lanes {
		if e.bankOf(i|u) == bank {
			return i | u
		}
		if u == 0 {
			panic("datapath: no unit in that bank")
		}
	}
}

// laneMask is the bits of a unit's number that are free in a word of stage s, counted from 0.
func (e *engine) laneMask(s int) int {
	return 1<<s | (1<<e.w-1)&^(1<<(s%e.w))
}

// fieldsOf gives the bits of a number that a mask leaves, side by side: the number of a word in the order in which a pass takes them.
func fieldsOf(i *Expr, mask int) *Expr {
	var parts []*Expr
	for high := i.Bits - 1; high >= 0; {
		if mask>>high&1 == 1 {
			high--
			continue
		}
		l := high
		for l > 0 && mask>>(l-1)&1 == 0 {
			l--
		}
		parts = append(parts, i.Slice(high, l))
		high = l - 1
	}
	if len(parts) == 0 {
		return nil
	}
	return Cat(parts...)
}

// pass is one walk over the state: what a cycle reads and writes, how many cycles a word takes, and when it is written.
type pass struct {
	reads, writes [][]int // units
	each          int     // cycles a word
	late          int     // from the last cycle of a word on
}

func (e *engine) stagePass(s int) pass {
	mask := e.laneMask(s)
	p := pass{each: 1, late: 2}
	for i := range e.l.N {
		if i&mask != 0 {
			continue
		}
		var units []int
		for u := mask; ; u = (u - 1) & mask {
			units = append(units, i|u)
			if u == 0 {
				break
			}
		}
		p.reads = append(p.reads, units)
	}
	p.writes = p.reads
	return p
}

func (e *engine) updatePass() pass {
	late := 3 + e.extra + e.ahead()
	if e.fused {
		p := e.stagePass(e.l.K - 1)
		p.each, p.late = e.subs*e.cycles, late
		return p
	}
	p := pass{each: e.cycles, late: late}
	for u := range e.l.N {
		from := u
		if e.l.Perm != nil {
			from = e.l.Perm[u]
		}
		p.reads = append(p.reads, []int{from})
		p.writes = append(p.writes, []int{u})
	}
	return p
}

// readPass is a walk over the state in the order of the banks' words, n units at a time.
func (e *engine) readPass(n int) pass {
	p := pass{each: 1}
	for u := 0; u < e.l.N; u += n {
		var units []int
		for v := range n {
			units = append(units, e.unitIn(u&^(1<<e.w-1), 1<<e.w-1, u&(1<<e.w-1)+v))
		}
		p.reads = append(p.reads, units)
	}
	return p
}

// gap is the cycles to wait between two passes, so that the second reads nothing that the first has not yet written.
func gap(first, second pass, n int) int {
	written := make([]int, n)
	end := len(first.writes) * first.each
	for k, units := range first.writes {
		for _, u := range units {
			written[u] = k*first.each + first.each - 1 + first.late + 1
		}
	}
	wait := 0
	for k, units := range second.reads {
		for _, u := range units {
			wait = max(wait, written[u]-end-k*second.each)
		}
	}
	return wait
}

// ahead is the cycles by which the number of a unit precedes its reads from the banks: where an order is looked up first.
func (e *engine) ahead() int {
	if e.l.Perm != nil {
		return 1
	}
	return 0
}
