package c

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// builds are compilers and languages that take generated code without a word, and for what chip it is written there.
var builds = []struct{ name, mcu, command string }{
	{"gcc, C99", "", "gcc -std=c99 -O2"},
	{"gcc, C11, freestanding", "", "gcc -std=c11 -O1 -ffreestanding -nostdlib"},
	{"clang", "", "clang -std=c99 -O1"},
	{"clang for cortex-m4", "cortex-m4", "clang -std=c99 -O1"},
	{"g++", "", "g++ -x c++ -std=c++11 -O1"},
	{"g++ for cortex-m4", "cortex-m4", "g++ -x c++ -std=c++17 -O1"},
	{"avr-gcc", "atmega328p", "avr-gcc -mmcu=atmega328p -std=gnu99 -Os"},
	{"avr-gcc, C99", "atmega328p", "avr-gcc -mmcu=atmega328p -std=c99 -Os"},
	{"cortex-m0", "cortex-m0", "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -std=c99 -Os -ffreestanding -nostdlib"},
	{"cortex-m3", "cortex-m3", "arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -std=c99 -Os -ffreestanding -nostdlib"},
	{"cortex-m4", "cortex-m4", "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -std=c99 -O2 -ffreestanding -nostdlib"},
	{"cortex-m4, no optimisation", "cortex-m4", "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -std=gnu11 -O0 -ffreestanding -nostdlib"},
	{"cortex-m33", "cortex-m33", "arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -std=c99 -Os -ffreestanding -nostdlib"},
	{"rv32imc", "rv32imc", "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -std=c99 -Os -ffreestanding -nostdlib"},
}

// strict are warnings that are errors here.
var strict = strings.Fields("-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror")

// arduino are macros of Arduino's headers, in front of a source as a sketch has them.
const arduino = `#include <math.h>
#define min(a,b) ((a)<(b)?(a):(b))
#define max(a,b) ((a)>(b)?(a):(b))
#define abs(x) ((x)>0?(x):-(x))
#define constrain(amt,low,high) ((amt)<(low)?(low):((amt)>(high)?(high):(amt)))
#define round(x) ((x)>=0?(long)((x)+0.5):(long)((x)-0.5))
#define radians(deg) ((deg)*DEG_TO_RAD)
#define sq(x) ((x)*(x))
#define bit(b) (1UL << (b))
#define lowByte(w) ((uint8_t) ((w) & 0xff))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define F(string_literal) (string_literal)
#define _BV(bit) (1 << (bit))
#define interrupts() sei()
#define clockCyclesPerMicrosecond() 16
`

// hand is a file behind all macros of boards.
func hand(header string) string {
	var b strings.Builder
	b.WriteString(arduino)
	for _, m := range boards {
		fmt.Fprintf(&b, "#undef %s\n#define %s 3\n", m, m)
	}
	return b.String() + header
}

// TestNoWarnings builds random plans under random choices, and all operations, with every compiler and as every language.
func TestNoWarnings(t *testing.T) {
	type source struct {
		plan *lower.Plan
		prog *step.Program
	}
	var sources []source
	for seed := range 8 {
		rng := rand.New(rand.NewSource(int64(1000 + seed)))
		p := plantest.Random(rng)
		p.Name = "m"
		streaming(rng, p, seed)
		_, prog := choose(rng, p)
		sources = append(sources, source{p, prog})
	}
	for i, typ := range types {
		prog := program(rand.New(rand.NewSource(int64(i))), operations(typ))
		sources = append(sources, source{planOf(prog), prog})
	}
	for _, b := range builds {
		t.Run(b.name, func(t *testing.T) {
			args := strings.Fields(b.command)
			need(t, args[0])
			dir := t.TempDir()
			set := &settings{asm: true, steady: b.mcu != ""}
			if b.mcu != "" {
				part, err := chip.Get(b.mcu)
				if err != nil {
					t.Fatal(err)
				}
				set.part = part
			}
			for i, s := range sources {
				set.prefix = fmt.Sprintf("m%d", i)
				files, _ := write(s.plan, s.prog, backends.Vectors{}, set)
				for _, f := range files[:2] {
					data := f.Data
					if i%4 == 1 {
						data = []byte(hand(string(data)))
					}
					if err := os.WriteFile(filepath.Join(dir, f.Path), data, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if strings.Contains(b.command, "freestanding") && i%4 == 1 {
					continue // math.h
				}
				args = append(args, set.prefix+".c")
			}
			args = append(append(args, "-c"), strict...)
			if out, err := exttool.Run(context.Background(), dir, nil, args[0], args[1:]...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
