package schedule

import (
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// machine is what a compiler has of a chip to put values into.
type machine struct {
	registers int // that values can have
	low       int // of those, that every operation can use; 0 for all
	width     int // bytes of one
	pointers  int // registers that only addresses can have; 0 where any can
	// offset is the largest that a load adds to a pointer: in bytes, or in entries where it is scaled.
	offset int
	scaled bool
	// most is the largest constant of an addition, and of other operations, within an instruction.
	most, others int64
	folds        bool // a shift or a product into an addition
	pairs        bool // two words a load or a store
	saturates    bool // a clamp is an instruction
	destroys     bool // an operation's result takes the place of an operand
}

func machineOf(c *chip.Part) machine {
	switch {
	case c.Word == 8:
		return machine{registers: 28, width: 1, pointers: 3, offset: 63, most: 1 << 31, others: 1 << 31, destroys: true}
	case c.Arch == "riscv":
		return machine{registers: 27, width: 4, offset: 2047, most: 2047, others: 2047}
	case c.Prices == "cortex-m0":
		return machine{registers: 14, low: 8, width: 4, offset: 31, scaled: true, most: 255, others: 0, destroys: true}
	}
	return machine{registers: 14, width: 4, offset: 4095, most: 4095, others: 255, folds: true, pairs: true, saturates: true}
}

// reach is the largest offset of a load from a pointer, in bytes.
func (m machine) reach(bytes int) int {
	if m.scaled {
		return m.offset * bytes
	}
	return m.offset
}

// event is an instruction, as far as registers go: the values it takes, and the one that it makes; -1 is none.
type event struct {
	uses [4]int
	def  int
}

// value is what a register can hold.
type value struct {
	room  int  // registers
	local bool // made anew in each round
	fixed bool // an address or a constant: it can be made again, and need not be kept in memory
	at    []int
}

// values are those of a block.
type values struct {
	k      *counter
	list   []value
	events []event
	names  map[string]int
	arrays sight
	slots  int // of memory that values were moved to, each counted once
}

func (v *values) add(room int, local, fixed bool) int {
	v.list = append(v.list, value{room: room, local: local, fixed: fixed})
	return len(v.list) - 1
}

// named is the value of a name: one from outside the block unless a statement of it has made it.
func (v *values) named(name string, t step.Int) int {
	id, ok := v.names[name]
	if !ok {
		id = v.add(v.room(t), false, false)
		v.names[name] = id
	}
	return id
}

// constant is a number, or an address, that a register holds.
func (v *values) constant(name string) int {
	id, ok := v.names[name]
	if !ok {
		room := 1
		if name[0] == '&' {
			room = v.room(step.Index)
		}
		id = v.add(room, false, true)
		v.names[name] = id
	}
	return id
}

func (v *values) room(t step.Int) int {
	w := v.k.machine.width
	if t == step.Index {
		return max(1, 2/w)
	}
	return (size(t)/8 + w - 1) / w
}

// op is an instruction that makes a value of a type.
func (v *values) op(t step.Int, uses ...int) int {
	e := event{uses: [4]int{-1, -1, -1, -1}, def: v.add(v.room(t), true, false)}
	copy(e.uses[:], uses)
	v.events = append(v.events, e)
	return e.def
}

func (v *values) use(uses ...int) {
	e := event{uses: [4]int{-1, -1, -1, -1}, def: -1}
	copy(e.uses[:], uses)
	v.events = append(v.events, e)
}

// pointer is the address that an entry is reached from; -1 where it is the stack pointer.
func (v *values) pointer(name string, index *step.Expr) int {
	base, offset := split(index)
	a := v.arrays[name]
	m := v.k.machine
	bytes := size(a.Elem) / 8
	if a.Kind == step.Scratch && base == "" {
		return -1 // from the stack pointer
	}
	return v.constant("&" + name + " " + base + " " + strconv.Itoa(offset*bytes/(m.reach(bytes)+1)))
}

// operand is a number as part of an operation.
func (v *values) operand(op step.Op, n int64) int {
	most := v.k.machine.others
	switch op {
	case step.OpAdd, step.OpSub:
		most = v.k.machine.most
	case step.OpStore, step.OpMul:
		most = -1
	}
	if n >= -most && n <= most {
		return -1
	}
	return v.constant("#" + strconv.FormatInt(n, 10))
}

func (v *values) expr(parent step.Op, e *step.Expr) int {
	wide := v.k.class(e.Type)
	switch e.Op {
	case step.OpConst:
		return v.operand(parent, e.Value)
	case step.OpVar:
		return v.named(e.Name, e.Type)
	case step.OpPhase:
		return v.expr(parent, e.Args[0])
	case step.OpLoad:
		index := -1
		if !plainIndex(e.Args[0]) {
			index = v.expr(e.Op, e.Args[0])
		}
		return v.op(e.Type, v.pointer(e.Name, e.Args[0]), index)
	case step.OpExt, step.OpTrunc:
		if n := v.k.narrowed(e); n != e {
			return v.expr(parent, n)
		}
		a := v.expr(e.Op, e.Args[0])
		if wide != "32" || a < 0 || v.list[a].room != v.room(e.Type) {
			return v.op(e.Type, a)
		}
		return a
	case step.OpClamp:
		if v.k.machine.saturates || wide != "32" {
			return v.op(e.Type, v.expr(e.Op, e.Args[0]))
		}
		// Twice the sign of a difference, which masks it.
		hi := int64(1)<<(e.Value-1) - 1
		var over int
		if below := v.k.below(e); below != nil {
			over = v.expr(e.Op, below)
		} else {
			over = v.op(e.Type, v.expr(e.Op, e.Args[0]), v.operand(step.OpAdd, hi))
		}
		mask := v.op(e.Type, over)
		over = v.op(e.Type, over, mask)
		over = v.op(e.Type, over, v.operand(step.OpXor, 2*hi+1))
		mask = v.op(e.Type, over)
		over = v.op(e.Type, over, mask)
		return v.op(e.Type, over, v.operand(step.OpXor, hi))
	}
	var uses [4]int
	for i, a := range e.Args {
		uses[i] = v.expr(e.Op, a)
	}
	return v.op(e.Type, uses[:len(e.Args)]...)
}

// statements lists the instructions of a block's own statements.
func (v *values) statements(body []step.Stmt, merged map[int]int) {
	waiting := map[int][]int{} // values of stores, for where they stand
	for i, s := range body {
		switch s := s.(type) {
		case step.Let:
			id := v.expr(step.OpStore, s.Value)
			if id >= 0 && v.list[id].local && !s.Mutable {
				v.names[s.Name] = id
				continue
			}
			v.names[s.Name] = v.op(s.Value.Type, id)
		case step.Set:
			id := v.expr(step.OpStore, s.Value)
			to := v.named(s.Name, s.Value.Type)
			if last := len(v.events) - 1; last >= 0 && v.events[last].def == id && id >= 0 {
				v.events[last].def = to
				continue
			}
			v.op(s.Value.Type, id)
			v.events[len(v.events)-1].def = to
		case step.Store:
			index := -1
			if !plainIndex(s.Index) {
				index = v.expr(step.OpLoad, s.Index)
			}
			id := v.expr(step.OpStore, s.Value)
			if last, ok := merged[i]; ok && last > i {
				waiting[last] = append(waiting[last], id)
				continue
			}
			for _, w := range waiting[i] {
				v.use(id, w)
			}
			v.use(id, v.pointer(s.Array, s.Index), index)
		}
	}
}

// spills counts the values of a block that find no register: those that are read again from memory or made again, and those that are
// written there. What is needed last gives way first.
func (k *counter) spills(body []step.Stmt, merged map[int]int, t times, arrays sight, round *step.For) {
	v := &values{k: k, names: map[string]int{}, arrays: arrays}
	v.statements(body, merged)
	if len(v.events) == 0 {
		return
	}
	if round != nil {
		v.use(v.constant("# end"), v.constant("# counter"))
	}
	reads, makes, writes := v.simulate(k.machine.registers, round != nil)
	k.spilled[k.in] = max(k.spilled[k.in], v.slots*k.machine.width)
	k.add(t.by(reads), "reload")
	k.add(t.by(makes), "remake")
	k.add(t.by(writes), "spill")
	if low := k.machine.low; low > 0 {
		r, m, w := v.simulate(low, round != nil)
		k.add(t.by(r+m+w-reads-makes-writes), "tight")
		if r+w > 0 {
			k.add(t.by(float64(len(v.events))), "crowded")
		}
	}
	if k.machine.destroys {
		k.add(t.by(v.copies()), "copy")
	}
}

// copies counts operations both of whose operands are needed again.
func (v *values) copies() (n float64) {
	last := make([]int, len(v.list))
	for i := range last {
		last[i] = -1
		if !v.list[i].local {
			last[i] = math.MaxInt
		}
	}
	for i, e := range v.events {
		for _, u := range e.uses {
			if u >= 0 && v.list[u].local {
				last[u] = i
			}
		}
	}
	for i, e := range v.events {
		if e.def < 0 || e.uses[0] < 0 || e.def == e.uses[0] || e.def == e.uses[1] || e.uses[1] < 0 {
			continue
		}
		if last[e.uses[0]] > i && last[e.uses[1]] > i {
			n += float64(v.list[e.def].room)
		}
	}
	return n
}

// simulate runs the events with room for some registers, a loop's twice and counted the second time.
func (v *values) simulate(room int, loop bool) (reads, makes, writes float64) {
	events, list := v.events, slices.Clone(v.list)
	defer func() { v.list = list }()
	v.slots = 0
	n := len(v.list)
	if loop {
		v.list = append(v.list, v.list...)
		again := slices.Clone(events)
		for i := range again {
			e := &again[i]
			for j, u := range e.uses {
				if u >= 0 && v.list[u].local {
					e.uses[j] = u + n
				}
			}
			if e.def >= 0 && v.list[e.def].local {
				e.def += n
			}
		}
		events = append(slices.Clone(events), again...)
	}
	for i, e := range events {
		for _, u := range e.uses {
			if u >= 0 {
				v.list[u].at = append(v.list[u].at, i)
			}
		}
	}
	type held struct{ id int }
	var in []held
	resident := make([]bool, len(v.list))
	kept := make([]bool, len(v.list))  // in memory too
	seen := make([]bool, len(v.list))  // had a value before
	moved := make([]bool, len(v.list)) // to memory, once
	next := make([]int, len(v.list))   // which use is next
	nextUse := func(id, from int) int {
		at := v.list[id].at
		for next[id] < len(at) && at[next[id]] <= from {
			next[id]++
		}
		if next[id] < len(at) {
			return at[next[id]]
		}
		if loop && !v.list[id].local {
			return 2 * len(v.events) // some time in the round to come
		}
		return -1
	}
	moves := func(id int) float64 { // instructions that take a value to memory, or back
		if v.k.machine.pairs {
			return float64((v.list[id].room + 1) / 2)
		}
		return float64(v.list[id].room)
	}
	counted := func(i int) bool { return !loop || i >= len(v.events) }
	for i, e := range events {
		take := func(id int, makes bool) {
			for room < v.list[id].room {
				victim, far := -1, -1
				for j, h := range in {
					if slices.Contains(e.uses[:], h.id) && !makes || h.id == id {
						continue
					}
					use := nextUse(h.id, i-1)
					if makes && use == i {
						use = nextUse(h.id, i)
					}
					if use < 0 {
						use = math.MaxInt
					}
					if use > far {
						victim, far = j, use
					}
				}
				if victim < 0 {
					return
				}
				h := in[victim]
				in = slices.Delete(in, victim, victim+1)
				resident[h.id] = false
				room += v.list[h.id].room
				if !v.list[h.id].fixed && far < math.MaxInt && !moved[h.id] {
					moved[h.id] = true
					if i < len(v.events) {
						v.slots += v.list[h.id].room
					}
				}
				if !kept[h.id] && !v.list[h.id].fixed && far < math.MaxInt {
					kept[h.id] = true
					if counted(i) {
						writes += moves(h.id)
					}
				}
			}
			room -= v.list[id].room
			resident[id] = true
			in = append(in, held{id: id})
		}
		for _, u := range e.uses {
			if u < 0 || resident[u] {
				continue
			}
			if counted(i) {
				switch {
				case v.list[u].fixed:
					makes += float64(v.list[u].room)
				case seen[u] || loop:
					reads += moves(u)
				}
			}
			if !seen[u] && !v.list[u].local {
				kept[u] = true // from outside
			}
			seen[u] = true
			take(u, false)
		}
		for j := len(in) - 1; j >= 0; j-- { // what is used for the last time makes room
			if id := in[j].id; slices.Contains(e.uses[:], id) && nextUse(id, i) < 0 {
				in = slices.Delete(in, j, j+1)
				resident[id] = false
				room += v.list[id].room
			}
		}
		if e.def >= 0 {
			kept[e.def], seen[e.def] = false, true
			if !resident[e.def] {
				take(e.def, true)
			}
			if nextUse(e.def, i) < 0 && resident[e.def] {
				j := slices.IndexFunc(in, func(h held) bool { return h.id == e.def })
				in = slices.Delete(in, j, j+1)
				resident[e.def] = false
				room += v.list[e.def].room
			}
		}
	}
	return reads, makes, writes
}
