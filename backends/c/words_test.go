package c

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// boards are macros of headers that a sketch or a firmware includes in front of a model's: Arduino's, avr-libc's, CMSIS's.
var boards = strings.Fields(`PI HALF_PI TWO_PI EULER HIGH LOW INPUT OUTPUT INPUT_PULLUP LED_BUILTIN B0 B1 B01 B10 B11111111 A0 A7 D1 SS MOSI
MISO SCK SDA SCL LSBFIRST MSBFIRST CHANGE FALLING RISING DEFAULT EXTERNAL INTERNAL PORTB DDRB PINB TCNT0 UDR0 SREG SP GPIOA TIM2 RTC DWT
ADC1 I2C1 SPI1 USART1 RESET SET ENABLE DISABLE SUCCESS ERROR IRAM_ATTR PROGMEM F_CPU`)

// hostile is a program's beginning that has defined all it can: the headers of C and POSIX, and boards.
func hostile() string {
	var b strings.Builder
	b.WriteString("#define _GNU_SOURCE 1\n")
	for _, h := range strings.Fields("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg stddef stdint stdio stdlib " +
		"string time wchar wctype fcntl pthread semaphore termios unistd sys/stat sys/socket netdb arpa/inet netinet/in resolv regex dirent") {
		fmt.Fprintf(&b, "#if !defined __cplusplus || !%d\n#include <%s.h>\n#endif\n", map[bool]int{true: 1}[h == "complex"], h)
	}
	for _, m := range boards {
		fmt.Fprintf(&b, "#undef %s\n#define %s 3\n", m, m)
	}
	return b.String()
}

// candidates are all words to be tried as names.
func candidates() []string {
	words := append(spell.CWords(), boards...)
	words = append(words, strings.Fields("INT16_MAX INT8_C EOF SIGINT ENOENT O_RDONLY BRKINT printf memset memcpy strlen signal time abs rand index y0 j1 gamma div exit "+
		"s x y z i j a v g from a0 b7 acc row column odd token bias best bits sum sum_odd readout n0 u n rest gain offset values product TABLE h U harness test")...)
	slices.Sort(words)
	return slices.Compact(words)
}

// TestEveryWord gives a state and both matrices each word as a name, and compiles the sources, and all headers behind all that
// headers of systems and boards define, in C and in C++.
func TestEveryWord(t *testing.T) {
	need(t, "gcc", "g++")
	dir := t.TempDir()
	words := candidates()
	main := hostile()
	sources := []string{"-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wno-unused-function", "-Werror"}
	for i, word := range words {
		p := plantest.WithOrder(rand.New(rand.NewSource(int64(i%7))), 1)
		p.Name = fmt.Sprintf("m%d", i)
		p.Layers[0].Name, p.Readout.Matrix.Name = word, word
		if p.Layers[0].Term != nil {
			p.Layers[0].Term.Matrix.Name = word
		}
		files, _, err := Target.Generate(p, backends.Vectors{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files[:2] {
			if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		sources = append(sources, p.Name+".c")
		main += fmt.Sprintf("#include \"m%d.h\"\n", i)
	}
	main += "int main(void) { return 0; }\n"
	for _, name := range []string{"main.c", "main.cpp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(main), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		append([]string{"gcc"}, sources...),
		{"gcc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Werror", "main.c"},
		{"g++", "-std=gnu++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "main.cpp"},
	} {
		if out, err := exttool.Run(context.Background(), dir, nil, args[0], args[1:]...); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// TestEveryPrefix gives the model each word as a name, and headers' names too: no two files of a model have one name, none stands
// in front of a header of the system, and no function or macro meets one of a header.
func TestEveryPrefix(t *testing.T) {
	need(t, "gcc")
	dir := t.TempDir()
	headers := hostile()
	if err := os.WriteFile(filepath.Join(dir, "all.c"), []byte(headers), 0o644); err != nil {
		t.Fatal(err)
	}
	read, err := exttool.Run(context.Background(), dir, nil, "gcc", "-M", "all.c")
	if err != nil {
		t.Fatal(err)
	}
	words := append(candidates(), strings.Fields("time signal stdint stdbool harness test makefile readme con NUL aux sem atomic mtx string math Wire SPI Arduino error")...)
	system := map[string]bool{}
	for _, f := range strings.Fields(string(read)) {
		name, folder := filepath.Base(f), filepath.Base(filepath.Dir(f))
		if !strings.HasPrefix(folder, "include") && !strings.Contains(folder, "-linux-") {
			continue // sys/types.h is not asked for as types.h
		}
		system[name] = true
		words = append(words, strings.TrimSuffix(name, ".h"))
	}
	main := headers
	seen := map[string]bool{}
	for _, word := range words {
		p := plantest.WithOrder(rand.New(rand.NewSource(1)), 1)
		p.Name = word
		files, _, err := Target.Generate(p, backends.Vectors{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		paths := map[string]bool{}
		for _, f := range files {
			if lower := strings.ToLower(f.Path); paths[lower] {
				t.Errorf("%s: %s is written twice", word, f.Path)
			} else {
				paths[lower] = true
			}
			if system[f.Path] {
				t.Errorf("%s: %s stands in front of the system's", word, f.Path)
			}
		}
		header := files[0]
		if seen[header.Path] {
			continue
		}
		seen[header.Path] = true
		if err := os.WriteFile(filepath.Join(dir, header.Path), header.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		main += fmt.Sprintf("#include %q\n", header.Path)
	}
	if err := os.WriteFile(filepath.Join(dir, "all.c"), []byte(main+"int main(void) { return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exttool.Run(context.Background(), dir, nil, "gcc", "-I.", "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "all.c"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// texts are what people and spreadsheets call a class, and what an attacker might.
var texts = []string{"walk/*run", "a*/b", "/*", "*/", "*//*", "C:\\", "what??/", "??/", "say \"hi\"", "two\nlines", "tab\there", "\x1b[31mred", "\u202eright", "\xff\xfe",
	"100 %d %s", "größer", "走る", "", " ", "`code` <b>", "\\", "*", "/", "verilator lint_off"}

// TestTexts spells names of classes, channels and the model: every compiler takes the files without a word, and the names are
// carried to the byte.
func TestTexts(t *testing.T) {
	need(t, "gcc", "g++")
	rng := rand.New(rand.NewSource(3))
	p := plantest.WithOrder(rng, 2)
	for p.Input.Kind == ir.Token || p.Output.Decision != ir.Argmax {
		p = plantest.WithOrder(rng, 2)
	}
	rows := p.Readout.Matrix.Rows
	for from := 0; from < len(texts); from += rows {
		p.Name, p.Comment = "gait", texts
		p.Output.Labels = nil
		for i := range rows {
			p.Output.Labels = append(p.Output.Labels, texts[(from+i)%len(texts)])
		}
		p.Input.Channels = nil
		for i := range p.Input.Size {
			p.Input.Channels = append(p.Input.Channels, ir.Channel{Name: texts[(from+i)%len(texts)], Gain: 2.5, Offset: float64(i)})
		}
		dir := generate(t, p, backends.Vectors{})
		main := "#include <stdio.h>\n#include \"gait.h\"\nint main(void) { for (int i = 0; i < GAIT_OUTPUTS; i++) { fputs(gait_classes[i], stdout); putchar(0); } return 0; }\n"
		for _, name := range []string{"main.c", "main.cpp"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(main), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range [][]string{
			{"gcc", "-std=c99", "-c", "gait.c", "-Wconversion"},
			{"gcc", "-std=c99", "main.c", "gait.c", "-o", "main"},
			{"g++", "-std=c++17", "-c", "main.cpp"},
		} {
			args = append(args, "-Wall", "-Wextra", "-Wpedantic", "-Wcomment", "-Wtrigraphs", "-Werror")
			if out, err := exttool.Run(context.Background(), dir, nil, args[0], args[1:]...); err != nil {
				t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		out, err := exttool.Run(context.Background(), dir, nil, filepath.Join(dir, "main"))
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Join(p.Output.Labels, "\x00") + "\x00"; string(out) != want {
			t.Errorf("classes are %q, want %q", out, want)
		}
	}
}
