package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/c/avr"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// assembly is the functions of a program that have assembly for AVR beside their C.
type assembly struct {
	functions map[string]*avr.Function // by their name in the form
	class     *avr.Function            // the one that gives the class; nil for none
	within    []string                 // functions that stand in a step which is one function
	tables    []*step.Array            // that only these read
	shared    []*step.Array            // that C reads too, and holds
}

// assemble spells in assembly what it can of a proven program; nil where that is nothing.
func (s *speller) assemble() *assembly {
	report, err := step.Prove(s.program)
	if err != nil {
		return nil
	}
	out := &assembly{functions: map[string]*avr.Function{}}
	names := avr.Names{Tables: map[string]string{}, Offsets: map[string]int{}}
	at := 0
	for _, a := range s.program.Arrays {
		switch {
		case a.Kind == step.State && !s.stream[a.Name]:
			names.Offsets[a.Name] = at
			at += a.Elem.Bytes() * a.Len
		case a.Kind == step.Table:
			names.Tables[a.Name] = s.prefix + "_" + s.scope.array(a.Name).text
		}
	}
	if s.token {
		return nil
	}
	spell := func(f *step.Func, symbol string) bool {
		names.Function = symbol
		function, err := avr.Spell(s.program, f, report, names)
		if err == nil {
			out.functions[f.Name] = function
		}
		return err == nil
	}
	// A whole step where that can be: registers are saved once. Its functions are then within it.
	whole := false
	for i := len(s.program.Funcs) - 1; i >= 0; i-- {
		f := s.program.Funcs[i]
		switch {
		case f.Name == s.program.Decide: // in C, beside the courses
		case f.Name == s.program.Output:
			spell(f, s.core+"_output")
		case f.Name == s.program.Step:
			whole = !s.program.TwoPhase && spell(f, s.core+"_step")
		case whole:
			out.within = append(out.within, f.Name)
		case spell(f, s.prefix+"_"+s.funcs[f.Name]):
			s.funcs[f.Name] = names.Function
		}
	}
	if s.running() && s.find(step.Output).Len <= 255 {
		names.Function, names.Largest = s.core+"_class", true
		if out.class, err = avr.Spell(s.program, s.outputFunc(), report, names); err != nil {
			out.class = nil
		}
	}
	if len(out.functions) == 0 && out.class == nil {
		return nil
	}
	c, asm := map[string]bool{}, map[string]bool{}
	for _, f := range s.program.Funcs {
		reads := c
		if out.functions[f.Name] != nil || slices.Contains(out.within, f.Name) {
			reads = asm
		}
		note(f, reads)
		if f.Name == s.program.Output && s.running() {
			if out.class != nil {
				note(f, asm)
			} else {
				note(f, c)
			}
		}
	}
	for _, a := range s.program.Arrays {
		if a.Kind == step.Table && asm[a.Name] {
			if c[a.Name] {
				out.shared = append(out.shared, a)
				t := s.scope.arrays[a.Name]
				t.text = names.Tables[a.Name]
				s.scope.arrays[a.Name] = t
				continue
			}
			out.tables = append(out.tables, a)
		}
	}
	return out
}

// note says which arrays a function reads.
func note(f *step.Func, reads map[string]bool) {
	walk(f.Body, func(st step.Stmt) {
		if v, ok := st.(step.Choose); ok {
			reads[v.Odd], reads[v.Even] = true, true
		}
	}, func(e *step.Expr) {
		if e.Op == step.OpLoad {
			reads[e.Name] = true
		}
	})
}

// hasClass reports whether the class has assembly.
func (a *assembly) hasClass() bool { return a != nil && a.class != nil }

// has reports whether a function has assembly.
func (a *assembly) has(function string) bool { return a != nil && a.functions[function] != nil }

// holds reports whether a function stands in another's assembly.
func (a *assembly) holds(function string) bool {
	return a != nil && slices.Contains(a.within, function)
}

// alone reports whether only assembly reads a table.
func (a *assembly) alone(t *step.Array) bool { return a != nil && slices.Contains(a.tables, t) }

// shares reports whether C holds a table that assembly reads too.
func (a *assembly) shares(t *step.Array) bool { return a != nil && slices.Contains(a.shared, t) }

// assemblyMacro is defined where the assembly takes the place of C.
func (s *speller) assemblyMacro() string { return strings.ToUpper(s.prefix) + "_ASSEMBLY" }

// useAssembly prints when the assembly is used.
func (s *speller) useAssembly(w *writer) {
	if s.assembly == nil {
		return
	}
	w.blank()
	w.comment(fmt.Sprintf("On AVR %s.S has the functions that take the time. With %s_NO_ASSEMBLY defined the C below does the same.", s.prefix, strings.ToUpper(s.prefix)))
	w.directive("if defined __AVR__ && !defined ", strings.ToUpper(s.prefix), "_NO_ASSEMBLY")
	w.directive("define ", s.assemblyMacro(), " 1")
	if len(s.assembly.shared) > 0 {
		w.directive("define SHARED")
	}
	w.directive("else")
	w.directive("define ", s.assemblyMacro(), " 0")
	if len(s.assembly.shared) > 0 {
		w.directive("define SHARED static")
	}
	w.directive("endif")
}

// file is the text of the assembly file.
func (s *speller) assemblyFile(banner string) []byte {
	var b strings.Builder
	b.WriteString(banner)
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("#if defined __AVR__ && !defined %s_NO_ASSEMBLY", strings.ToUpper(s.prefix))
	line("")
	line("\t.section .progmem.data, \"a\", @progbits")
	for _, a := range s.assembly.tables {
		line("")
		line("; %s", strings.ReplaceAll(a.Doc, "\n", " "))
		line("%s_%s:", s.prefix, s.scope.array(a.Name).text)
		directive := map[int]string{8: ".byte", 16: ".2byte", 32: ".4byte"}[a.Elem.Bits]
		for row := range slices.Chunk(a.Data, perLine) {
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = fmt.Sprint(v)
			}
			line("\t%s %s", directive, strings.Join(texts, ", "))
		}
	}
	for _, f := range s.program.Funcs {
		if function := s.assembly.functions[f.Name]; function != nil {
			b.WriteString(function.Text)
		}
	}
	if s.assembly.class != nil {
		b.WriteString(s.assembly.class.Text)
	}
	line("")
	line("#endif")
	return []byte(b.String())
}
