// Package c prints a plan as portable C99 for microcontrollers: one header and one source file that need nothing but
// stdint.h and string.h, allocate nothing and use no floating point, with golden vectors, a test and a Makefile beside
// them. It decides loops and spelling only; widths and shifts are the plan's. Start with Target, then model.go.
package c

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Target is the C backend.
var Target backends.Target = target{}

type target struct{}

func (target) Name() string { return "c" }

func (target) Settings() []backends.Setting {
	return append([]backends.Setting{
		{Key: "prefix", Doc: "the start of every file, type and function"},
		{Key: "tables", Doc: "compact is small, wide is faster on wide processors", Words: []string{"compact", "wide"}},
	}, pack.Settings...)
}

// keywords are the words of C, C++ and their headers, and what string.h and the generated files call something.
var keywords = append(spell.CWords(), strings.Fields(`main memset memcpy memcmp memmove memchr memccpy memmem strlen strcpy strcat strcmp
strncpy strncat strncmp strchr strrchr strspn strcspn strpbrk strstr strtok strcoll strxfrm strerror strdup strndup strlcpy strlcat
stpcpy index rindex bcmp bcopy bzero ffs TABLE s x x0 x1 x2 x3 y z i j a v g from
a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7 c0 c1 c2 c3 c4 c5 c6 c7
acc row column embedding odd token bias best bits sum sum_odd readout round_shift32 round_shift64`)...)

// takenPrefix reports whether a prefix would give files or functions that a system or this target has under that name.
func takenPrefix(prefix string) bool {
	return slices.Contains(keywords, prefix) || spell.HeaderName(prefix) || spell.FunctionPrefix(prefix) || prefix+".c" == harnessFile
}

type settings struct {
	prefix string
	wide   bool // tables of at least 16 bits an entry, which wide processors read faster
	pack   pack.Choice
}

func readSettings(p *lower.Plan, s backends.Settings) (settings, error) {
	out := settings{prefix: strings.ToLower(lower.Word(p.Name))}
	if takenPrefix(out.prefix) {
		out.prefix += "_model"
	}
	var problems diag.List
	for _, k := range slices.Sorted(maps.Keys(s)) {
		switch v := s[k]; k {
		case "prefix":
			switch {
			case v == "" || lower.Word(v) != v:
				problems.Add(backends.BadSetting(k, "prefix = %s is no name in C", v).Helpf("use letters, digits and underscores"))
			case takenPrefix(v):
				problems.Add(backends.BadSetting(k, "prefix = %s is a word or a file of C, or of what is written here", v).Helpf("write  prefix = %s_model", v))
			}
			out.prefix = v
		case "tables":
			if v != "wide" && v != "compact" {
				problems.Add(backends.BadSetting(k, "tables = %s is neither wide nor compact", v).
					Helpf("compact tables are as narrow as C has integers; wide ones have 16 bits an entry or more and run faster on wide processors"))
			}
			out.wide = v == "wide"
		default:
			known, err := out.pack.Set(k, v)
			if err != nil {
				problems.Add(err)
			} else if !known {
				problems.Add(backends.UnknownSetting(Target, k))
			}
		}
	}
	return out, problems.Err()
}

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	g := newGenerator(p, set)
	g.model()
	files := []backends.File{
		{Path: g.prefix + ".h", Data: g.header()},
		{Path: g.prefix + ".c", Data: g.source()},
		{Path: "test_" + g.prefix + ".c", Data: g.test()},
		{Path: g.prefix + "_vectors.h", Data: g.vectors(v)},
		{Path: harnessFile, Data: g.harness()},
		{Path: "Makefile", Data: []byte(fmt.Sprintf(makefile, g.prefix))},
		{Path: "README.md", Data: g.readme()},
	}
	packages, made, err := pack.Files(pack.Model{Name: p.Name, Prefix: g.prefix, Sources: files[:2], Input: p.Input, Output: p.Output,
		Outputs: p.Readout.Matrix.Rows, Steps: p.Steps, Vectors: v}, set.pack)
	if err != nil {
		return nil, nil, err
	}
	return append(files, packages...), append(g.figures(), made...), nil
}

func (target) Products() []string { return []string{"build/test"} }

func (g *generator) figures() []backends.Figure {
	return []backends.Figure{
		{Name: "flash, tables", Value: float64(g.tableBytes), Unit: "bytes", Note: "weights, signs and biases; code is a few kilobytes beside them"},
		{Name: "RAM, state", Value: float64(g.stateBytes), Unit: "bytes", Note: "sizeof " + g.prefix + "_state"},
		{Name: "RAM, stack", Value: float64(g.stackBytes), Unit: "bytes", Note: "arrays of a step"},
	}
}

const makefile = `# make check builds the model as a desktop compiler would and runs its golden vectors.
CFLAGS ?= -std=c99 -O2 -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wpedantic
.PHONY: check clean
check: build/test
	./build/test
build/test: %[1]s.c %[1]s.h test_%[1]s.c %[1]s_vectors.h
	mkdir -p build
	$(CC) $(CFLAGS) -o $@ %[1]s.c test_%[1]s.c
clean:
	rm -f build/test
	-rmdir build
`
