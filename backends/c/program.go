package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// source spells a whole program: what the compiler is told first, the functions that C lacks, tables and functions.
func (s *speller) source(head func(*writer)) []byte {
	if s.dialect.avr {
		s.assembly = s.assemble()
	}
	var tables writer
	for _, a := range s.program.Arrays {
		if a.Kind == step.Table {
			s.table(&tables, a)
		}
	}
	for _, f := range s.program.Funcs {
		s.function(f)
	}
	if s.running() {
		s.class()
	}
	var out writer
	head(&out)
	s.useAssembly(&out)
	s.macros(&out)
	for _, part := range []*writer{&s.inline, &tables, &s.writer} {
		out.buf.Grow(part.buf.Len())
		out.buf.Write(part.buf.Bytes())
	}
	return out.buf.Bytes()
}

// macros prints what the file says to compilers.
func (s *speller) macros(w *writer) {
	if s.usesTables() {
		w.blank()
		w.comment("Constant tables. They stay in flash, which on AVR takes a word of GNU C (-std=gnu99); with -std=c99 they are copied to RAM there.")
		w.directive("if defined __FLASH && !defined __STRICT_ANSI__")
		w.directive("define TABLE const __flash")
		w.directive("else")
		w.directive("define TABLE const")
		w.directive("endif")
	}
	if len(s.inlined) > 0 {
		w.blank()
		w.directive("if defined __GNUC__")
		w.directive("define INLINE static inline __attribute__((always_inline))")
		w.directive("else")
		w.directive("define INLINE static inline")
		w.directive("endif")
	}
	if s.dialect.arm && len(s.inlined) > 0 {
		w.blank()
		w.comment("Instructions of Arm that saturate, and that calculate with two halves of a word.")
		w.directive("if defined __ARM_FEATURE_SAT && __ARM_FEATURE_SAT || defined __ARM_FEATURE_SIMD32 && __ARM_FEATURE_SIMD32")
		w.directive("include <arm_acle.h>")
		w.directive("endif")
		w.directive("if defined __ARM_FEATURE_SIMD32 && __ARM_FEATURE_SIMD32")
		w.directive("define DSP 1")
		w.directive("else")
		w.directive("define DSP 0")
		w.directive("endif")
	}
	if s.uses24() && !s.stores24() {
		s.int24(w)
	}
}

// int24 names the type of 24 bits, which only AVR has; others have 32.
func (s *speller) int24(w *writer) {
	w.blank()
	w.directive("if defined __INT24_MAX__")
	w.line("__extension__ typedef __int24 ", s.prefix, "_int24;")
	w.directive("else")
	w.line("typedef int32_t ", s.prefix, "_int24;")
	w.directive("endif")
}

func (s *speller) usesTables() bool {
	for _, a := range s.program.Arrays {
		if a.Kind == step.Table {
			return true
		}
	}
	return false
}

// uses24 reports whether anything has 24 bits, and stores24 whether a state has.
func (s *speller) uses24() bool {
	found := s.stores24()
	for _, f := range s.program.Funcs {
		for _, a := range f.Scratch {
			found = found || a.Elem.Bits == 24
		}
		walk(f.Body, func(step.Stmt) {}, func(e *step.Expr) { found = found || e.Type.Bits == 24 })
	}
	for _, a := range s.program.Arrays {
		found = found || a.Elem.Bits == 24
	}
	return found
}

func (s *speller) stores24() bool {
	for _, a := range s.program.Arrays {
		if a.Kind != step.Table && a.Elem.Bits == 24 {
			return true
		}
	}
	return false
}

// named are the names of the source that belong to parts of the model.
func (s *speller) named() []backends.Named {
	out := slices.Clone(s.local)
	for _, a := range s.program.Arrays {
		if of, ok := s.program.Origins[a.Name]; ok {
			text := s.scope.array(a.Name).text
			out = append(out, backends.Named{Name: text[strings.LastIndexAny(text, ">.")+1:], Of: of})
		}
	}
	for _, f := range s.program.Funcs {
		out = append(out, backends.Named{Name: s.funcs[f.Name], Of: s.program.Origins[f.Name], Func: true})
	}
	return append(out, backends.Named{Name: s.prefix + "_class", Of: lower.Origin{Part: lower.PartOutput}, Func: true})
}

// tableQualifier is what tables of a type are. avr-gcc 5 stops at numbers of 64 bits in flash, which are rare.
func tableQualifier(t step.Int) string {
	if t.Bits*t.Lanes == 64 {
		return "const "
	}
	return "TABLE "
}

// table writes a constant table.
func (s *speller) table(w *writer, a *step.Array) {
	w.blank()
	if s.assembly.alone(a) {
		w.directive("if !", s.assemblyMacro())
		defer w.directive("endif")
	}
	w.comment(a.Doc)
	t := s.scope.array(a.Name)
	linkage := "static "
	if s.assembly.shares(a) {
		linkage = "SHARED "
		w.directive("if ", s.assemblyMacro())
		w.line("extern ", tableQualifier(t.elem), s.typeName(t.elem), " ", t.text, fmt.Sprintf("[%d];", a.Len))
		w.directive("endif")
	}
	w.open(linkage, tableQualifier(t.elem), s.typeName(t.elem), " ", t.text, fmt.Sprintf("[%d] = {", a.Len))
	switch {
	case a.Elem.Lanes > 1:
		macro := s.pairMacro(a.Elem)
		pairs := make([]int64, a.Len)
		for i := range pairs {
			pairs[i] = int64(i)
		}
		w.numbers(pairs, func(i int64) string {
			return macro + "(" + literal(a.Data[2*i]) + ", " + literal(a.Data[2*i+1]) + ")"
		})
	case a.Elem.Unsigned:
		w.numbers(a.Data, unsignedLiteral)
	default:
		w.numbers(a.Data, literal)
	}
	w.close("};")
}

// tableBytes and stateBytes are what tables take of flash, and the struct of RAM where numbers are aligned to their own size.
func (s *speller) tableBytes() (n int) {
	for _, a := range s.program.Arrays {
		if a.Kind == step.Table {
			n += a.Len * s.size(s.scope.array(a.Name).elem)
		}
	}
	return n
}

// Where the model restarts, it is that of a course.
func (s *speller) stateBytes() int {
	l := s.course()
	return l.bytes()
}

// layout places members of a struct one behind the other.
type layout struct {
	n, align int
	packed   bool // nothing is aligned
}

func (l *layout) place(size, align, count int) {
	if l.packed {
		align = 1
	}
	l.align = max(l.align, align)
	l.n = (l.n+align-1)/align*align + size*count
}

func (l *layout) bytes() int {
	align := max(l.align, 1)
	return (l.n + align - 1) / align * align
}

// course is the struct that a step and an output work on.
func (s *speller) course() layout {
	l := layout{packed: s.dialect.counters}
	s.place(&l, false)
	if s.program.TwoPhase {
		l.place(1, 1, 1)
	}
	return l
}

// place adds the states of a course, or those of the stream.
func (s *speller) place(l *layout, stream bool) {
	for _, a := range s.program.Arrays {
		if a.Kind == step.State && s.stream[a.Name] == stream {
			l.place(s.size(a.Elem), s.size(a.Elem), a.Len)
		}
	}
}

// size is the bytes of a number: 24 bits take 32 where there is no such type.
func (s *speller) size(t step.Int) int {
	if t.Bits == 24 && !s.dialect.counters {
		return 4
	}
	return t.Bytes()
}

// stackBytes is a bound of what a step, an output or a class takes, whichever takes most: as if no value of C had a register, and of
// assembly what it does take.
func (s *speller) stackBytes() (n int) {
	output := s.stackOf(s.program.Output)
	most := max(s.stackOf(s.program.Step), output)
	if s.core != s.prefix { // a call of one course more
		defer func() { n += s.room.frame }()
	}
	if s.program.Decide != "" { // on an array of outputs
		y := s.find(step.Output)
		most = max(most, s.stackOf(s.program.Decide)) + y.Elem.Bytes()*y.Len
	}
	switch y := s.find(step.Output); {
	case s.assembly.hasClass():
		return max(most, s.assembly.class.Stack)
	case s.running():
		return max(most, s.needs[s.program.Output].stack+4*y.Elem.Bytes())
	default: // the class, or the bits, of an array of outputs
		return max(most, s.room.frame+y.Elem.Bytes()*(y.Len+2)+output)
	}
}

func (s *speller) stackOf(name string) int {
	if s.assembly.has(name) {
		return s.assembly.functions[name].Stack
	}
	deepest := 0
	for _, called := range s.needs[name].calls {
		deepest = max(deepest, s.stackOf(called))
	}
	return s.needs[name].stack + deepest
}
