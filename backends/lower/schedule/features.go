package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Features counts what costs time or room, by kind: operations by width, loads and stores by array and width, addresses that are
// calculated, rounds of loops, values that do not fit the registers. What a kind costs is a row of a chip.
type Features map[string]float64

// exactly is the feature of what is known without a price: it counts as it stands.
const exactly = "exactly"

func (f Features) names() []string { return slices.Sorted(maps.Keys(f)) }

// counter walks a program.
type counter struct {
	p      *step.Program
	chip   *chip.Part
	funcs  map[string]*step.Func
	phase  int
	static bool // each statement once, of both phases: what code is made of
	out    Features
	done   map[string]bool  // functions, when static
	known  map[string]Known // functions that a target knows exactly
}

// arrays in sight, by name, at the phase.
type sight map[string]*step.Array

func newCounter(p *step.Program, c *chip.Part, known map[string]Known) *counter {
	k := &counter{p: p, chip: c, known: known, funcs: map[string]*step.Func{}}
	for _, f := range p.Funcs {
		k.funcs[f.Name] = f
	}
	return k
}

// run is what a function does at steps of a parity.
func run(p *step.Program, c *chip.Part, known map[string]Known, name string, phase int) Features {
	k := newCounter(p, c, known)
	k.phase, k.out = phase, Features{}
	k.function(name, 1)
	return k.out
}

// code is what a program's code is made of.
func code(p *step.Program, c *chip.Part, known map[string]Known) Features {
	k := newCounter(p, c, known)
	k.static, k.out, k.done = true, Features{}, map[string]bool{}
	k.function(p.Step, 1)
	k.function(p.Output, 1)
	return k.out
}

func (k *counter) add(times float64, format string, args ...any) {
	k.out[fmt.Sprintf(format, args...)] += times
}

func (k *counter) function(name string, times float64) {
	if k.static {
		if k.done[name] {
			return
		}
		k.done[name] = true
	}
	f := k.funcs[name]
	if e, ok := k.known[name]; ok {
		k.add(times, "knowncall")
		if k.static {
			k.out[exactly] += float64(e.Code)
		} else {
			k.out[exactly] += times * e.Time[k.phase]
		}
		return
	}
	k.add(times, "call")
	arrays := sight{}
	for _, a := range k.p.Arrays {
		arrays[a.Name] = a
	}
	for _, a := range f.Scratch {
		arrays[a.Name] = a
		if a.Len > 1 {
			k.add(times, "scratch")
		}
	}
	k.block(f.Body, times, arrays, nil)
}

// class is how wide a chip calculates a type: on one of 8 bits as it stands, else a word, two, or a pair of lanes.
func (k *counter) class(t step.Int) string {
	switch {
	case t == step.Index:
		return "index"
	case t.Lanes > 1:
		return fmt.Sprintf("%dx2", t.Bits)
	case k.chip.Word == 8:
		return fmt.Sprint(t.Bits)
	case t.Bits > 32:
		return "64"
	}
	return "32"
}

// registers that values can have, and what one holds, in bytes.
func (k *counter) registers() (count, size int) {
	switch {
	case k.chip.Word == 8:
		return 22, 1
	case k.chip.Arch == "riscv":
		return 24, 4
	case k.chip.Prices == "cortex-m0":
		return 7, 4
	}
	return 11, 4
}

// reach is the largest offset of a load from a pointer, in bytes.
func (k *counter) reach(size int) int {
	switch {
	case k.chip.Word == 8:
		return 63
	case k.chip.Arch == "riscv":
		return 2047
	case k.chip.Prices == "cortex-m0":
		return 31 * size
	}
	return 4095
}

// block counts statements that run some times. outer are the names declared around it, with their types.
func (k *counter) block(body []step.Stmt, times float64, arrays sight, outer map[string]step.Int) {
	names := map[string]step.Int{}
	for n, t := range outer {
		names[n] = t
	}
	inner := arrays
	copied := false
	b := &addresses{k: k, seen: map[string]map[int]bool{}}
	for _, s := range body {
		switch s := s.(type) {
		case step.Let:
			k.expr(s.Value, times, inner, b)
			names[s.Name] = s.Value.Type
		case step.Set:
			k.expr(s.Value, times, inner, b)
		case step.Store:
			k.expr(s.Value, times, inner, b)
			a := inner[s.Array]
			k.add(times, "store.%v", size(a.Elem))
			b.use(s.Array, a, s.Index)
		case step.For:
			n := float64((s.To - s.From + s.By - 1) / s.By)
			if k.static {
				n = 1
			}
			k.add(times, "loop")
			k.add(times*n, "round")
			names[s.Var] = step.Index
			k.block(s.Body, times*n, inner, names)
			delete(names, s.Var)
		case step.IfOdd:
			k.add(times, "if")
			if k.static || k.phase == arith.Odd {
				k.block(s.Odd, times, inner, names)
			}
			if k.static || k.phase == arith.Even {
				k.block(s.Even, times, inner, names)
			}
		case step.Choose:
			if !copied {
				inner, copied = sight{}, true
				for n, a := range arrays {
					inner[n] = a
				}
			}
			k.add(times, "choose")
			inner[s.Name] = inner[s.Even]
			if k.phase == arith.Odd {
				inner[s.Name] = inner[s.Odd]
			}
		case step.Call:
			k.function(s.Func, times)
		}
	}
	bases := b.count(times)
	k.pressure(body, times, names, bases)
}

func size(t step.Int) int { return max(t.Bits*t.Lanes, 8) }

// addresses are what the loads and stores of a block point at: array and moving part of the index, then the constant parts.
type addresses struct {
	k    *counter
	seen map[string]map[int]bool
}

func (b *addresses) use(name string, a *step.Array, index *step.Expr) {
	base, offset := split(index)
	where := "ram"
	if a.Kind == step.Table {
		where = "table"
	}
	bytes := size(a.Elem) / 8
	if base == "" {
		b.k.add(0, "fixed.%s", where)
	}
	key := where + " " + name + " " + base
	if b.seen[key] == nil {
		b.seen[key] = map[int]bool{}
	}
	b.seen[key][offset*bytes/(b.k.reach(bytes)+1)] = true
}

// count adds the addresses and gives how many pointers move.
func (b *addresses) count(times float64) (moving int) {
	for _, key := range slices.Sorted(maps.Keys(b.seen)) {
		where, rest, _ := strings.Cut(key, " ")
		_, base, _ := strings.Cut(rest, " ")
		kind := "address"
		if base == "" {
			kind = "fixed"
		} else {
			moving++
		}
		b.k.add(times, "%s.%s", kind, where)
		b.k.add(times*float64(len(b.seen[key])-1), "far.%s", where)
	}
	return moving
}

// split is the moving part of an index, as text, and its constant part.
func split(e *step.Expr) (string, int) {
	switch e.Op {
	case step.OpConst:
		return "", int(e.Value)
	case step.OpAdd:
		a, n := split(e.Args[0])
		b, m := split(e.Args[1])
		switch {
		case a == "":
			return b, n + m
		case b == "":
			return a, n + m
		}
		return a + "+" + b, n + m
	case step.OpShl:
		if a, n := split(e.Args[0]); a != "" {
			return fmt.Sprintf("%s<<%d", a, e.Value), n << e.Value
		}
	case step.OpMul:
		if c := e.Args[1]; c.Op == step.OpConst {
			if a, n := split(e.Args[0]); a != "" {
				return fmt.Sprintf("(%s)*%d", a, c.Value), n * int(c.Value)
			}
		}
	}
	return e.String(), 0
}

// narrow reports whether a value comes from fewer bits than a processor of 8 calculates it in: a product of such is cheaper.
func narrow(e *step.Expr) bool {
	switch e.Op {
	case step.OpExt:
		return e.Args[0].Type.Bits <= 16 && e.Args[0].Type != step.Index || narrow(e.Args[0])
	case step.OpConst:
		return e.Value >= -1<<15 && e.Value < 1<<15
	case step.OpField:
		return e.Value < 16
	}
	return false
}

func (k *counter) expr(e *step.Expr, times float64, arrays sight, b *addresses) {
	if e.Op == step.OpPhase {
		k.add(times, "phase")
		if k.static || k.phase == arith.Even {
			k.expr(e.Args[0], times, arrays, b)
		}
		if k.static || k.phase == arith.Odd {
			k.expr(e.Args[1], times, arrays, b)
		}
		return
	}
	c := k.class(e.Type)
	bits := e.Type.Bits
	switch e.Op {
	case step.OpConst, step.OpVar:
		return
	case step.OpLoad:
		a := arrays[e.Name]
		where := "ram"
		if a.Kind == step.Table {
			where = "table"
		}
		k.add(times, "load.%s.%d", where, size(a.Elem))
		b.use(e.Name, a, e.Args[0])
		if _, ok := plainIndex(e.Args[0]); !ok {
			k.expr(e.Args[0], times, arrays, b)
		}
		return
	case step.OpAdd, step.OpSub, step.OpAnd, step.OpXor:
		kind := "add"
		for _, a := range e.Args {
			if a.Op == step.OpConst {
				kind = "addconst"
			}
		}
		k.add(times, "%s.%s", kind, c)
	case step.OpNeg:
		k.add(times, "neg.%s", c)
	case step.OpMul:
		switch {
		case k.chip.Word == 8 && bits > 16 && narrow(e.Args[0]) && narrow(e.Args[1]):
			k.add(times, "mulnarrow.%s", c)
		case e.Args[1].Op == step.OpConst:
			k.add(times, "mulconst.%s", c)
		default:
			k.add(times, "mul.%s", c)
		}
	case step.OpShl, step.OpShr, step.OpRound:
		kind := map[step.Op]string{step.OpShl: "shl", step.OpShr: "shr", step.OpRound: "rnd"}[e.Op]
		k.add(times, "%s.%s", kind, c)
		if k.chip.Word == 8 || c == "64" {
			k.add(times*float64(e.Value%8), "bit.%s", c)
			k.add(times*float64(e.Value/8), "byte.%s", c)
		}
	case step.OpMax, step.OpMin:
		if a := e.Args[1]; e.Op == step.OpMax && a.Op == step.OpConst && a.Value == 0 {
			k.add(times, "relu.%s", c)
		} else {
			k.add(times, "max.%s", c)
		}
	case step.OpClamp:
		if below := step.Below(e.Args[0], int(e.Value)); below != nil && k.chip.Word == 32 && e.Type.Lanes == 1 {
			k.add(times, "clampbelow.%s", c)
			k.expr(below, times, arrays, b)
			return
		}
		k.add(times, "clamp.%s", c)
	case step.OpExt:
		from := e.Args[0]
		switch {
		case k.chip.Word == 8:
			k.add(times, "ext.%d.%d", from.Type.Bits, bits)
		case c == "64" || e.Type.Lanes > 1:
			k.add(times, "ext.%s", c)
		case from.Op != step.OpLoad && from.Type.Bits < 32:
			k.add(times, "ext.32")
		}
	case step.OpTrunc:
		switch {
		case k.chip.Word == 8 || e.Type.Lanes > 1:
			k.add(times, "trunc.%s", c)
		case bits < 32:
			k.add(times, "trunc.%d", bits)
		}
	case step.OpField:
		from := e.Args[0].Type.Bits
		kind := "mid"
		switch {
		case e.At == 0:
			kind = "low"
		case e.At+int(e.Value) >= from || e.Args[0].Op == step.OpLoad && e.At+int(e.Value) >= size(arrays[e.Args[0].Name].Elem):
			kind = "top"
		}
		signed := "u"
		if e.Signed {
			signed = "s"
		}
		k.add(times, "field.%s.%s.%s", kind, signed, c)
		if k.chip.Word == 8 {
			k.add(times*float64(e.At%8), "fieldbit")
		}
	default:
		k.add(times, "%s.%s", e.Op, c)
	}
	for _, a := range e.Args {
		k.expr(a, times, arrays, b)
	}
}

// plainIndex reports whether an index is a sum of counters, which addressing takes in.
func plainIndex(e *step.Expr) (string, bool) {
	switch e.Op {
	case step.OpConst, step.OpVar:
		return "", true
	case step.OpAdd, step.OpShl, step.OpMul:
		for _, a := range e.Args {
			if _, ok := plainIndex(a); !ok {
				return "", false
			}
		}
		return "", true
	}
	return "", false
}

// pressure counts the values of a block that find no register when they are made.
func (k *counter) pressure(body []step.Stmt, times float64, types map[string]step.Int, pointers int) {
	count, width := k.registers()
	last, defined := map[string]int{}, map[string]bool{}
	used := map[string]bool{}
	var see func(e *step.Expr, at int)
	see = func(e *step.Expr, at int) {
		if e.Op == step.OpVar && e.Type != step.Index {
			last[e.Name], used[e.Name] = at, true
		}
		for _, a := range e.Args {
			see(a, at)
		}
	}
	var deep func(body []step.Stmt, at int)
	deep = func(body []step.Stmt, at int) {
		for _, s := range body {
			switch s := s.(type) {
			case step.Let:
				see(s.Value, at)
			case step.Set:
				see(s.Value, at)
				last[s.Name], used[s.Name] = at, true
			case step.Store:
				see(s.Value, at)
				see(s.Index, at)
			case step.For:
				deep(s.Body, at)
			case step.IfOdd:
				deep(s.Odd, at)
				deep(s.Even, at)
			}
		}
	}
	for at := range body {
		deep(body[at:at+1], at)
		if l, ok := body[at].(step.Let); ok {
			defined[l.Name] = true
		}
	}
	room := func(t step.Int) int {
		if t == step.Index {
			return 0
		}
		return (size(t)/8 + width - 1) / width
	}
	live := 0
	for n := range used {
		if !defined[n] {
			live += room(types[n]) // from outside: it stays
		}
	}
	pointer := 1
	if k.chip.Word == 8 {
		pointer = 2
		pointers = max(0, pointers-2) // X and Z are not counted among the registers
	}
	live += pointer * pointers
	spilled := 0.0
	for at, s := range body {
		if l, ok := s.(step.Let); ok {
			w := room(l.Value.Type)
			live += w
			if over := live - count; over > 0 {
				spilled += float64(min(over, w))
			}
		}
		for n, l := range last {
			if l == at && defined[n] {
				live -= room(types[n])
			}
		}
	}
	if spilled > 0 {
		k.add(times*spilled, "spill")
	}
}
