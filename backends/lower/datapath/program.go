package datapath

import "math/bits"

// program computes values from others, each of which has a slot. Equal expressions are computed once, and operations of one kind that
// do not wait for each other stand in a row, so that what to do is decided once a row.
type program struct {
	under *program // what has been computed before
	known map[operation]int32
	list  []instruction
	rows  []batch // of list; nil before it is in order
}

// operation is what an instruction computes: a, b and c are slots, or -1; of lookups, c is the index of the table.
type operation struct {
	op      Op
	a, b, c int32
	n, k    uint8 // widths or shifts
	mask    uint64
	words   *uint64 // the first of a table's
}

type instruction struct {
	operation
	to    int32
	table []uint64
}

// batch is instructions of one kind, up to end.
type batch struct {
	run func(list []instruction, now []uint64)
	end int
}

// Of the operations that a program has and an expression has not.
const (
	opSignExtend Op = "sign extend"
	opJoin       Op = "join" // b below a, n bits wide
	opLessSigned Op = "less signed"
	opAll        Op = "equals mask"
)

func (p *program) find(o operation) (int32, bool) {
	for ; p != nil; p = p.under {
		if at, ok := p.known[o]; ok {
			return at, true
		}
	}
	return 0, false
}

// compile gives the slot of an expression's value, -1 for nil.
func (s *Simulator) compile(p *program, e *Expr) int32 {
	if e == nil {
		return -1
	}
	if e.Op == OpRef {
		return s.slot[e.Signal]
	}
	o := operation{op: e.Op, a: -1, b: -1, c: -1, mask: mask(e.Bits)}
	var table []uint64
	args := [3]*int32{&o.a, &o.b, &o.c}
	if e.Op != OpCat {
		for i, arg := range e.Args {
			*args[i] = s.compile(p, arg)
		}
	}
	switch e.Op {
	case OpConst:
		o.mask = e.Value
	case OpLookup:
		if table = s.words[e.Memory]; len(table) > 0 {
			o.words = &table[0]
		}
	case OpSlice:
		o.n = uint8(e.Low)
	case OpCat:
		at := s.compile(p, e.Args[0])
		for _, low := range e.Args[1:] {
			at = s.emit(p, operation{op: opJoin, a: at, b: s.compile(p, low), c: -1, n: uint8(low.Bits)}, nil)
		}
		return at
	case OpExtend:
		if !e.Args[0].Signed {
			return o.a
		}
		o.op, o.n = opSignExtend, uint8(64-e.Args[0].Bits)
	case OpAll:
		o.op, o.mask = opAll, mask(e.Args[0].Bits)
	case OpLess:
		if e.Args[0].Signed {
			o.op, o.n = opLessSigned, uint8(64-e.Args[0].Bits)
		}
	case OpMul:
		o.n, o.k = uint8(64-e.Args[0].Bits), uint8(64-e.Args[1].Bits)
	}
	return s.emit(p, o, table)
}

func (s *Simulator) emit(p *program, o operation, table []uint64) int32 {
	if at, ok := p.find(o); ok {
		return at
	}
	to := s.take(o.mask)
	if kernels[o.op] == nil && o.op != OpConst {
		panic("datapath: no operation " + string(o.op))
	}
	if p.known == nil {
		p.known = map[operation]int32{}
	}
	p.known[o] = to
	if o.op != OpConst {
		p.list, p.rows = append(p.list, instruction{o, to, table}), nil
	}
	return to
}

// order puts instructions of one kind in rows: of those that wait for nothing any more, always the kind that most are of.
func (p *program) order() {
	by := map[int32]int{} // slot to instruction
	for i := range p.list {
		by[p.list[i].to] = i
	}
	waits := make([]int, len(p.list))
	next := make([][]int, len(p.list)) // who waits for it
	ready := map[Op][]int{}
	var kinds []Op
	free := func(i int) {
		op := p.list[i].op
		if _, ok := ready[op]; !ok {
			kinds = append(kinds, op)
		}
		ready[op] = append(ready[op], i)
	}
	for i := range p.list {
		for _, a := range []int32{p.list[i].a, p.list[i].b, p.list[i].c} {
			if from, ok := by[a]; ok {
				waits[i]++
				next[from] = append(next[from], i)
			}
		}
		if waits[i] == 0 {
			free(i)
		}
	}
	list := make([]instruction, 0, len(p.list))
	p.rows = []batch{}
	for len(list) < len(p.list) {
		best := kinds[0]
		for _, k := range kinds {
			if len(ready[k]) > len(ready[best]) {
				best = k
			}
		}
		now := ready[best]
		ready[best] = nil
		for _, i := range now {
			list = append(list, p.list[i])
			for _, n := range next[i] {
				if waits[n]--; waits[n] == 0 {
					free(n)
				}
			}
		}
		p.rows = append(p.rows, batch{kernels[best], len(list)})
	}
	p.list = list
}

// run computes all of it.
func (p *program) run(now []uint64) {
	if p.rows == nil {
		p.order()
	}
	from := 0
	for _, r := range p.rows {
		r.run(p.list[from:r.end], now)
		from = r.end
	}
}

// kernels are what the operations do, an instruction after the other.
var kernels = map[Op]func(list []instruction, now []uint64){
	OpLookup: func(list []instruction, now []uint64) {
		for i := range list {
			e, v := &list[i], uint64(0)
			if at := now[e.a]; at < uint64(len(e.table)) {
				v = e.table[at]
			}
			now[e.to] = v
		}
	},
	OpSlice: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = now[e.a] >> (e.n & 63) & e.mask
		}
	},
	opJoin: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = now[e.a]<<(e.n&63) | now[e.b]
		}
	},
	opSignExtend: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = uint64(int64(now[e.a]<<(e.n&63))>>(e.n&63)) & e.mask
		}
	},
	OpNot: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = ^now[e.a] & e.mask
		}
	},
	OpAnd: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = now[e.a] & now[e.b]
		}
	},
	OpOr: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = now[e.a] | now[e.b]
		}
	},
	OpXor: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = now[e.a] ^ now[e.b]
		}
	},
	OpGate: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = -now[e.a] & now[e.b]
		}
	},
	OpNotIf: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = (-now[e.a] ^ now[e.b]) & e.mask
		}
	},
	OpMux: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			c := -now[e.a]
			now[e.to] = c&now[e.b] | ^c&now[e.c]
		}
	},
	opAll: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = truth(now[e.a] == e.mask)
		}
	},
	OpAny: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = truth(now[e.a] != 0)
		}
	},
	OpParity: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = uint64(bits.OnesCount64(now[e.a]) & 1)
		}
	},
	OpEqual: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = truth(now[e.a] == now[e.b])
		}
	},
	OpLess: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = truth(now[e.a] < now[e.b])
		}
	},
	opLessSigned: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = truth(int64(now[e.a]<<(e.n&63)) < int64(now[e.b]<<(e.n&63)))
		}
	},
	OpAdd: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = (now[e.a] + now[e.b]) & e.mask
		}
	},
	OpSub: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = (now[e.a] - now[e.b]) & e.mask
		}
	},
	OpAddCarry: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			now[e.to] = (now[e.a] + now[e.b] + now[e.c]) & e.mask
		}
	},
	OpMul: func(list []instruction, now []uint64) {
		for i := range list {
			e := &list[i]
			a, b := int64(now[e.a]<<(e.n&63))>>(e.n&63), int64(now[e.b]<<(e.k&63))>>(e.k&63)
			now[e.to] = uint64(a*b) & e.mask
		}
	},
}
