package verilog

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// speller writes a design as one module of Verilog-2001: a case for each kind of expression and item. It decides nothing.
type speller struct {
	lines
	declared map[*datapath.Signal]bool
	memories *memories
	// addressBits are those of the address of a table in logic.
	addressBits map[*datapath.Memory]int
	carries     []string // lowest bits of sums with a carry, which only take it in
	stretches   []backends.Stretch
}

// spellDesign is the text of a design's module, without a banner, and what of the model its lines belong to. ports and timescales are
// the design's own.
func spellDesign(d *datapath.Design, m *memories) (string, []backends.Stretch) {
	s := speller{declared: map[*datapath.Signal]bool{}, memories: m, addressBits: d.LookupBits()}
	for _, text := range d.Doc {
		s.raw(comment(text))
	}
	s.raw(fmt.Sprintf("module %s (", d.Name))
	s.indent = "    "
	s.line("input  wire clk,")
	s.line("input  wire rst,")
	for i, p := range d.Ports {
		kind := "input  wire "
		if p.Kind == datapath.Output {
			kind = "output wire "
		}
		comma := ","
		if i == len(d.Ports)-1 {
			comma = ""
		}
		s.line("%s%s%s%s%s", kind, vector(p.Bits), p.Name, comma, remark(p.Doc))
		s.declared[p] = true
	}
	s.raw(");")
	s.sections(d)
	s.spares(d)
	s.raw("endmodule")
	return s.String() + "\n", s.stretches
}

// spares names the bits that nothing reads, so that linters know that it is meant.
func (s *speller) spares(d *datapath.Design) {
	parts := s.carries
	for _, spare := range d.Spares() {
		name := spare.Signal.Name
		if spare.Signal.Bits == 1 {
			parts = append(parts, name)
			continue
		}
		for low := 0; low < spare.Signal.Bits; low++ {
			high := low
			for ; high < spare.Signal.Bits && spare.Bits>>high&1 == 1; high++ {
			}
			switch {
			case high == low+1:
				parts = append(parts, fmt.Sprintf("%s[%d]", name, low))
			case high > low:
				parts = append(parts, fmt.Sprintf("%s[%d:%d]", name, high-1, low))
			}
			low = max(low, high)
		}
	}
	if len(parts) == 0 {
		return
	}
	s.raw("")
	s.raw("    // ---- bits that nothing reads")
	s.code("wire unused = &{1'b0, %s};", strings.Join(parts, ", "))
}

// raw adds lines as they are.
func (s *speller) raw(text string) {
	if s.b.Len() > 0 {
		s.b.WriteByte('\n')
	}
	s.b.WriteString(text)
}

// code adds a statement, broken at blanks where it is long.
func (s *speller) code(format string, args ...any) {
	const width = 120
	text := fmt.Sprintf(format, args...)
	indent := s.indent
	for len(indent)+len(text) > width {
		at := strings.LastIndexByte(text[:width-len(indent)], ' ')
		if c := strings.Index(text, "//"); at <= 0 || c >= 0 && at > c {
			break
		}
		s.raw(indent + text[:at])
		text, indent = text[at+1:], s.indent+"    "
	}
	s.raw(indent + text)
}

func remark(doc string) string {
	if doc == "" {
		return ""
	}
	return " // " + note(doc)
}

// vector is the range of a signal of n bits, nothing for one bit.
func vector(n int) string {
	if n == 1 {
		return ""
	}
	return span(n)
}

func typed(s *datapath.Signal) string {
	if s.Signed && s.Bits > 1 {
		return "signed " + vector(s.Bits)
	}
	return vector(s.Bits)
}

// sections spells items in their order. What is used before its section is declared where it is first needed.
func (s *speller) sections(d *datapath.Design) {
	for _, section := range d.Sections {
		s.raw("")
		from := strings.Count(s.b.String(), "\n") + 2
		if section.Title != "" {
			for i, l := range strings.Split(section.Title, "\n") {
				if i == 0 {
					l = "---- " + l
				}
				s.raw("    " + strings.ReplaceAll(comment(l), "\n", "\n    "))
			}
		}
		s.aheads(section)
		var clocked []datapath.Item
		for _, item := range section.Items {
			if s.item(item) {
				clocked = append(clocked, item)
			}
		}
		s.clocked(clocked)
		if section.Of != nil {
			s.stretches = append(s.stretches, backends.Stretch{From: from, To: strings.Count(s.b.String(), "\n") + 1, Of: section.Of})
		}
	}
}

// aheads declares what a section uses before it is given its value: registers and words of its own, and what later sections
// define. Registers and memories read their own section's wires at its end, where all stand.
func (s *speller) aheads(section *datapath.Section) {
	own := map[*datapath.Signal]bool{}
	var registers []*datapath.Signal
	for _, item := range section.Items {
		switch item := item.(type) {
		case *datapath.Signal:
			own[item] = true
			if item.Kind == datapath.Register {
				registers = append(registers, item)
			}
		case *datapath.Memory:
			for _, r := range item.Reads {
				own[r.Data] = true
				registers = append(registers, r.Data)
			}
		}
	}
	for _, r := range registers {
		if !s.declared[r] {
			s.declare(r)
		}
	}
	defined := map[*datapath.Signal]bool{}
	for _, item := range section.Items {
		sig, isSignal := item.(*datapath.Signal)
		atEdge := !isSignal || sig.Kind == datapath.Register
		datapath.Uses(item, func(used *datapath.Signal) {
			if s.declared[used] || defined[used] || atEdge && own[used] {
				return
			}
			s.declare(used)
		})
		if isSignal {
			defined[sig] = true
		}
	}
}

func (s *speller) declare(sig *datapath.Signal) {
	kind := "wire"
	if sig.Kind == datapath.Register || sig.Kind == datapath.Word {
		kind = "reg"
	}
	s.code("%s %s%s;%s", kind, typed(sig), sig.Name, remark(sig.Doc))
	s.declared[sig] = true
}

// item spells what is no register; it reports whether the item has something to do at the clock edge.
func (s *speller) item(item datapath.Item) bool {
	switch item := item.(type) {
	case *datapath.Memory:
		s.memory(item)
		return len(item.Reads)+len(item.Writes) > 0
	case *datapath.Signal:
		switch item.Kind {
		case datapath.Register:
			return true
		case datapath.Wire, datapath.Output:
			s.wire(item)
		}
	}
	return false
}

func (s *speller) wire(w *datapath.Signal) {
	v := w.Value
	if v.Op == datapath.OpAddCarry {
		n := v.Bits
		s.code("wire %s%s_carry = {%s, %s} + {%s, 1'b1};%s", span(n+1), w.Name, within(v.Args[0]), within(v.Args[2]), within(v.Args[1]), remark(w.Doc))
		s.assign(w, fmt.Sprintf("%s_carry[%d:1]", w.Name, n), "")
		s.carries = append(s.carries, w.Name+"_carry[0]")
		return
	}
	text, _ := spellExpr(v)
	s.assign(w, text, remark(w.Doc))
}

func (s *speller) assign(w *datapath.Signal, text, doc string) {
	if s.declared[w] {
		s.code("assign %s = %s;%s", w.Name, text, doc)
		return
	}
	s.code("wire %s%s = %s;%s", typed(w), w.Name, text, doc)
	s.declared[w] = true
}

func (s *speller) memory(m *datapath.Memory) {
	if m.Style == datapath.Logic {
		s.constants(m)
		return
	}
	attributes := "rom_style = \"block\""
	switch {
	case len(m.Writes) > 0 && m.Old:
		attributes = "ram_style = \"block\""
	case len(m.Writes) > 0: // without it yosys keeps what is written beside the memory, for reads in the same cycle
		attributes = "ram_style = \"block\", no_rw_check"
	}
	s.code("(* %s *) reg %s%s [0:%d];%s", attributes, span(m.Bits), m.Name, m.Depth-1, remark(m.Doc))
	if m.Init != nil {
		for _, l := range s.memories.fill(m) {
			s.line("%s", l)
		}
	}
}

// constants is a small table as a function of its address.
func (s *speller) constants(m *datapath.Memory) {
	n, digits := cmp.Or(s.addressBits[m], clog2(m.Depth)), (m.Bits+3)/4
	word := func(i int) string {
		v := uint64(0)
		if i < len(m.Init) {
			v = uint64(m.Init[i]) & (1<<m.Bits - 1)
		}
		return fmt.Sprintf("%s = %d'h%0*x;", m.Name, m.Bits, digits, v)
	}
	at := m.Name + "_at"
	s.code("function %s%s(input %s%s);%s", vector(m.Bits), m.Name, vector(n), at, remark(m.Doc))
	s.code("    case (%s)", at)
	for i := range m.Depth - 1 {
		s.code("        %s: %s", lit(n, i), word(i))
	}
	s.code("        default: %s", word(m.Depth-1))
	s.code("    endcase")
	s.code("endfunction")
}

// statement is what happens at a clock edge where a condition holds, always where it is "".
type statement struct{ condition, text string }

// clocked spells what happens at the clock edge, statements of one condition together.
func (s *speller) clocked(items []datapath.Item) {
	if len(items) == 0 {
		return
	}
	var all []statement
	add := func(condition *datapath.Expr, format string, args ...any) {
		text := ""
		if condition != nil && condition.Op != datapath.OpConst { // one that never holds is none
			text = within(condition)
		}
		all = append(all, statement{text, fmt.Sprintf(format, args...)})
	}
	var resets []statement
	for _, item := range items {
		switch item := item.(type) {
		case *datapath.Signal:
			for _, a := range item.Next {
				add(a.When, "%s <= %s;", item.Name, within(a.Value))
			}
			if item.Reset != nil {
				resets = append(resets, statement{"rst", fmt.Sprintf("%s <= %d'd%d;", item.Name, item.Bits, *item.Reset)})
			}
		case *datapath.Memory:
			for _, w := range item.Writes {
				add(w.When, "%s[%s] <= %s;", item.Name, within(w.Address), within(w.Data))
			}
			for _, r := range item.Reads {
				add(r.Enable, "%s <= %s[%s];", r.Data.Name, item.Name, within(r.Address))
			}
		}
	}
	s.code("always @(posedge clk) begin")
	outer := s.indent
	s.indent += "    "
	s.statements(append(all, resets...))
	s.indent = outer
	s.code("end")
}

func (s *speller) statements(all []statement) {
	inner := s.indent + "    "
	for i := 0; i < len(all); {
		condition, end := all[i].condition, i+1
		for end < len(all) && all[end].condition == condition {
			end++
		}
		switch {
		case condition == "":
		case end == i+1:
			s.code("if (%s)", condition)
		default:
			s.code("if (%s) begin", condition)
		}
		outer := s.indent
		if condition != "" {
			s.indent = inner
		}
		for _, a := range all[i:end] {
			s.code("%s", a.text)
		}
		s.indent = outer
		if condition != "" && end > i+1 {
			s.code("end")
		}
		i = end
	}
}

// Precedences of Verilog's operators, the tightest first.
const (
	primary = iota
	unary
	product
	addition
	relation
	equality
	bitAnd
	bitXor
	bitOr
	conditional
)

// spellExpr is an expression's text and the precedence of its outermost operator.
func spellExpr(e *datapath.Expr) (string, int) {
	a := e.Args
	switch e.Op {
	case datapath.OpConst:
		return constant(e), primary
	case datapath.OpRef:
		return e.Signal.Name, primary
	case datapath.OpLookup:
		return fmt.Sprintf("%s(%s)", e.Memory.Name, within(a[0])), primary
	case datapath.OpSlice:
		if e.Bits == 1 {
			return fmt.Sprintf("%s[%d]", a[0].Signal.Name, e.Low), primary
		}
		return fmt.Sprintf("%s[%d:%d]", a[0].Signal.Name, e.Low+e.Bits-1, e.Low), primary
	case datapath.OpCat:
		parts := make([]string, len(a))
		for i, p := range a {
			parts[i] = within(p)
		}
		return "{" + strings.Join(parts, ", ") + "}", primary
	case datapath.OpExtend:
		return extended(e), primary
	case datapath.OpNot:
		return "~" + operand(a[0], unary), unary
	case datapath.OpAnd:
		return chain(e, "&", bitAnd)
	case datapath.OpXor:
		return chain(e, "^", bitXor)
	case datapath.OpOr:
		return chain(e, "|", bitOr)
	case datapath.OpGate:
		return fmt.Sprintf("%s & %s", operand(a[1], bitAnd), replicate(e.Bits, a[0])), bitAnd
	case datapath.OpNotIf:
		return fmt.Sprintf("%s ^ %s", operand(a[1], bitXor), replicate(e.Bits, a[0])), bitXor
	case datapath.OpMux:
		return fmt.Sprintf("%s ? %s : %s", operand(a[0], conditional-1), operand(a[1], conditional-1), operand(a[2], conditional)), conditional
	case datapath.OpAll:
		return "&" + operand(a[0], primary), unary
	case datapath.OpAny:
		return "|" + operand(a[0], primary), unary
	case datapath.OpParity:
		return "^" + operand(a[0], primary), unary
	case datapath.OpEqual:
		return fmt.Sprintf("%s == %s", operand(a[0], equality-1), operand(a[1], equality-1)), equality
	case datapath.OpLess:
		return fmt.Sprintf("%s < %s", signedOperand(a[0]), signedOperand(a[1])), relation
	case datapath.OpAdd:
		return fmt.Sprintf("%s + %s", operand(a[0], addition), operand(a[1], addition-1)), addition
	case datapath.OpSub:
		return fmt.Sprintf("%s - %s", operand(a[0], addition), operand(a[1], addition-1)), addition
	case datapath.OpMul:
		return fmt.Sprintf("%s * %s", signedOperand(a[0]), signedOperand(a[1])), product
	}
	panic("verilog: no operation " + string(e.Op))
}

// within is an expression between commas or brackets.
func within(e *datapath.Expr) string {
	text, _ := spellExpr(e)
	return text
}

// operand is an expression in parentheses unless its operator binds at least as tightly as most.
func operand(e *datapath.Expr, most int) string {
	text, level := spellExpr(e)
	if level > most || level == unary && most != conditional-1 && most != conditional && text[0] != '~' {
		return "(" + text + ")"
	}
	return text
}

// chain is an operator that is written once between many: a & b & c.
func chain(e *datapath.Expr, sign string, level int) (string, int) {
	return fmt.Sprintf("%s %s %s", operand(e.Args[0], level), sign, operand(e.Args[1], level)), level
}

func signedOperand(e *datapath.Expr) string {
	if !e.Signed {
		return operand(e, relation-1)
	}
	if e.Op == datapath.OpRef && e.Signal.Signed && e.Bits > 1 && e.Signal.Kind != datapath.Input {
		return e.Signal.Name
	}
	if e.Op == datapath.OpConst {
		return slit(e.Bits, signedValue(e))
	}
	return "$signed(" + within(e) + ")"
}

func signedValue(e *datapath.Expr) int64 { return int64(e.Value<<(64-e.Bits)) >> (64 - e.Bits) }

func constant(e *datapath.Expr) string {
	switch {
	case e.Bits == 1:
		return fmt.Sprintf("1'b%d", e.Value)
	case e.Bits > 32 && e.Value > 1<<31:
		return fmt.Sprintf("%d'h%x", e.Bits, e.Value)
	case e.Signed && e.Value == 1<<(e.Bits-1):
		return fmt.Sprintf("%d'h%x", e.Bits, e.Value)
	case e.Signed:
		return slit(e.Bits, signedValue(e))
	}
	return fmt.Sprintf("%d'd%d", e.Bits, e.Value)
}

// extended widens by copies of the sign, or by zeros.
func extended(e *datapath.Expr) string {
	a := e.Args[0]
	n := e.Bits - a.Bits
	if !a.Signed {
		return fmt.Sprintf("{%d'd0, %s}", n, within(a))
	}
	if a.Bits == 1 {
		return replicate(e.Bits, a)
	}
	return fmt.Sprintf("{%s, %s}", replicate(n, a.Top()), within(a))
}

func replicate(n int, bit *datapath.Expr) string {
	if n == 1 {
		return operand(bit, primary)
	}
	return fmt.Sprintf("{%d{%s}}", n, within(bit))
}
