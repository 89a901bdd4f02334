package run

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Sizes are bytes of a bare firmware: start-up code, the model and a loop that feeds it; no drivers.
type Sizes struct {
	Flash   int `json:"flash"` // all of it: code, tables and the first values of variables
	Program int `json:"code"`  // instructions, start-up code included
	// Tables are the model's constants.
	Tables int `json:"tables"`
	// Static is variables; State of them is one model's memory, and Stack comes on top.
	Static int `json:"static"`
	State  int `json:"state"`
	// Stack is the deepest that the bare firmware went, from the end of the memory; 0 where nothing ran.
	Stack int `json:"stack"`
}

// RAM is all of it.
func (s Sizes) RAM() int { return s.Static + s.Stack }

// Firmware is a model built for a chip.
type Firmware struct {
	bench *Bench
	model Model
	dir   string // of this build
	Sizes Sizes
	// Object is the size of the model's own objects, whatever of them a firmware uses.
	Object Sizes
}

// Build compiles a model and links two firmwares: a bare one, whose size counts, and one that Run feeds. More flags are added to
// the chip's. A model that the chip cannot hold is an error that says by how much.
func (b *Bench) Build(ctx context.Context, m Model, flags ...string) (*Firmware, error) {
	prefix, sources, err := m.files()
	if err != nil {
		return nil, err
	}
	b.made++
	f := &Firmware{bench: b, model: m, dir: filepath.Join(b.dir, "build"+strconv.Itoa(b.made))}
	if err := fileio.WriteIn(f.dir, "under_test.h", m.underTest(prefix)); err != nil {
		return nil, err
	}
	var objects []string
	for _, s := range sources {
		o, err := f.compile(ctx, s, flags)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	var tables []tableSection
	if f.Object, tables, err = objectSizes(objects); err != nil {
		return nil, err
	}
	if !b.Runs() {
		return f, nil
	}
	support := []string{"main.c"}
	start := []string(nil) // of the bare firmware too
	switch b.Part.Arch {
	case "avr":
		support = append(support, "sections.c", "avr.c")
	case "host":
		support = append(support, "host.c")
	default:
		start = []string{"startup_" + b.Part.Arch + ".c", "runtime.c"}
		support = append(support, "sections.c", "semihosting.c")
	}
	if err := f.link(ctx, "fed", append(support, start...), objects, flags); err != nil {
		return nil, err
	}
	if err := f.link(ctx, "bare", append([]string{"bare.c"}, start...), objects, flags); err != nil {
		return nil, err
	}
	if f.Sizes, err = firmwareSizes(f.path("bare"), tables); err != nil {
		return nil, err
	}
	if err := f.fits(0); err != nil {
		return nil, err
	}
	if b.Part.Kind != chip.Host {
		if f.Sizes.Stack, err = f.bareStack(ctx, prefix+"_step"); err != nil {
			return nil, err
		}
	}
	return f, f.fits(f.Sizes.Stack)
}

func (f *Firmware) path(name string) string { return filepath.Join(f.dir, name) }

// compile makes an object of a source.
func (f *Firmware) compile(ctx context.Context, source string, flags []string) (string, error) {
	b := f.bench
	object := f.path(strings.ReplaceAll(filepath.Base(source), ".", "_") + ".o")
	args := append([]string{b.Optimise}, b.Part.Build.Flags...)
	args = append(args, flags...)
	if filepath.Ext(source) == ".S" {
		args = append(args, "-x", "assembler-with-cpp")
	}
	args = append(args, "-I"+f.dir, "-I"+f.model.Dir, "-I"+filepath.Join(b.dir, "firmware"))
	if b.Part.Arch != "avr" && b.Part.Arch != "host" {
		args = append(args, "-idirafter", filepath.Join(b.dir, "firmware", "freestanding"))
	}
	_, err := exttool.Run(ctx, f.dir, nil, b.Part.Build.Compiler, append(args, "-c", "-o", object, source)...)
	var failed *exttool.Failure
	if errors.As(err, &failed) && strings.Contains(failed.Output, "error: size of array") {
		return "", noRoom("a table of the model is larger than %s can address: it has %d bytes of flash", b.Part.Name, b.Part.Flash)
	}
	return object, err
}

// link makes a firmware of the model's objects and some of firmware/.
func (f *Firmware) link(ctx context.Context, name string, support, objects, flags []string) error {
	b := f.bench
	args := append([]string{b.Optimise}, b.Part.Build.Flags...)
	args = append(append(args, flags...), "-o", f.path(name))
	args = append(args, objects...)
	for _, s := range support {
		o, err := f.compile(ctx, filepath.Join(b.dir, "firmware", s), flags)
		if err != nil {
			return err
		}
		args = append(args, o)
	}
	args = append(args, b.Part.Build.Link...)
	if b.Part.Arch == "arm" || b.Part.Arch == "riscv" {
		args = append(args, "-T", filepath.Join(b.dir, "firmware", "memory.ld"), "-lgcc")
	}
	_, err := exttool.Run(ctx, f.dir, nil, b.Part.Build.Compiler, args...)
	var failed *exttool.Failure
	if !errors.As(err, &failed) {
		return err
	}
	// What linkers say: GNU ld of a region, and of a section behind its end.
	for _, words := range []string{"overflowed", "will not fit", "is not within region"} {
		if !strings.Contains(failed.Output, words) {
			continue
		}
		p := b.Part
		if strings.Contains(failed.Output, "`data'") {
			return noRoom("the variables of a firmware with the model take more than the %d bytes of RAM of %s", p.RAM, p.Name)
		}
		return noRoom("a firmware with the model takes more than the %d bytes of flash of %s: its tables alone %d, its code %d",
			p.Flash, p.Name, f.Object.Tables, f.Object.Program)
	}
	return err
}

// noRoom is the error of a model that a chip cannot hold.
func noRoom(format string, args ...any) error {
	return diag.InFile("", "").Errorf("fit", format, args...).
		Helpf("a model with fewer units, narrower weights or a narrower state takes less; hrnnc chips lists larger chips")
}

// fits reports a firmware that the chip has no room for.
func (f *Firmware) fits(stack int) error {
	p, s := f.bench.Part, f.Sizes
	switch {
	case p.Kind == chip.Host:
	case s.Flash > p.Flash:
		return noRoom("a bare firmware takes %d bytes of flash, of which %s has %d", s.Flash, p.Name, p.Flash)
	case s.Static+stack >= p.RAM: // the last byte is never free: a stack that ran further is not seen
		return noRoom("a bare firmware takes %d bytes of RAM, of which %s has %d: %d for the state, %d for other variables, %d of stack",
			s.Static+stack, p.Name, p.RAM, s.State, s.Static-s.State, stack)
	}
	return nil
}

// overrun is the error of a firmware whose stack left the RAM.
func (f *Firmware) overrun() error {
	p, s := f.bench.Part, f.Sizes
	return noRoom("a firmware takes more RAM than the %d bytes of %s: %d for the state and %d for other variables leave %d for the stack",
		p.RAM, p.Name, s.State, s.Static-s.State, p.RAM-s.Static)
}

// linkerScript is memory.ld with a chip's addresses.
func linkerScript(p *chip.Part) ([]byte, error) {
	text, err := sources.ReadFile("firmware/memory.ld")
	if err != nil {
		return nil, err
	}
	t, err := template.New("memory.ld").Parse(string(text))
	if err != nil {
		return nil, err
	}
	entry := "reset"
	if p.Arch == "riscv" {
		entry = "_start"
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		Entry      string
		Code, Data chip.Memory
	}{entry, p.Emulator.Code, p.Emulator.Data})
	return out.Bytes(), err
}

// kindOf is what a section of an ELF file is: code, tables or variables, and whether its bytes lie in flash.
func kindOf(s *elf.Section) (code, table, variable, flash bool) {
	if s.Flags&elf.SHF_ALLOC == 0 {
		return
	}
	variable = s.Flags&elf.SHF_WRITE != 0
	table = !variable && (s.Flags&elf.SHF_EXECINSTR == 0 || strings.HasPrefix(s.Name, ".progmem"))
	return !variable && !table, table, variable, s.Type != elf.SHT_NOBITS
}

// tableSection is a section of an object that holds constants, and what is in it.
type tableSection struct {
	size  int
	names []string
}

// objectSizes adds up the sections of objects, and lists those with tables.
func objectSizes(paths []string) (out Sizes, tables []tableSection, err error) {
	for _, path := range paths {
		f, err := elf.Open(path)
		if err != nil {
			return out, nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		defer f.Close()
		symbols, err := f.Symbols()
		if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
			return out, nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		for i, s := range f.Sections {
			code, table, variable, flash := kindOf(s)
			n := int(s.Size)
			if strings.HasPrefix(s.Name, ".eh_frame") || strings.HasPrefix(s.Name, ".ARM.ex") || strings.HasPrefix(s.Name, ".xt") {
				continue // tables about code, for debuggers
			}
			if flash {
				out.Flash += n
			}
			switch {
			case code:
				out.Program += n
			case table:
				out.Tables += n
				t := tableSection{size: n}
				for _, y := range symbols {
					if int(y.Section) == i && y.Name != "" {
						t.names = append(t.names, y.Name)
					}
				}
				tables = append(tables, t)
			case variable:
				out.Static += n
			}
		}
	}
	return out, tables, nil
}

// firmwareSizes reads a linked firmware. Its tables are those of the model's objects that the linker kept.
func firmwareSizes(path string, tables []tableSection) (Sizes, error) {
	var out Sizes
	f, err := elf.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	for _, s := range f.Sections {
		_, _, variable, flash := kindOf(s)
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		if flash {
			out.Flash += int(s.Size)
		}
		if variable {
			out.Static += int(s.Size)
		}
	}
	symbols, err := f.Symbols()
	if err != nil {
		return out, err
	}
	kept := map[string]bool{}
	for _, s := range symbols {
		kept[s.Name] = true
		if s.Name == "model" && elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
			out.State = int(s.Size)
		}
	}
	for _, t := range tables {
		if slices.ContainsFunc(t.names, func(n string) bool { return kept[n] }) {
			out.Tables += t.size
		}
	}
	out.Program = out.Flash - out.Tables
	return out, nil
}

// addresses gives those of symbols, without the bit that marks Thumb code.
func addresses(path string) (map[string]uint64, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	out := map[string]uint64{}
	for _, s := range symbols {
		at := s.Value
		if f.Machine == elf.EM_ARM && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			at &^= 1
		}
		out[s.Name] = at
	}
	return out, nil
}
