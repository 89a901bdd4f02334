// Package wakeword holds the front end in C of the wake word models to the bits that they were trained on.
package wakeword

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// need skips a test where a tool is missing.
func need(t *testing.T, tool string) {
	t.Helper()
	if missing := exttool.Missing(tool); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

// TestFrontend holds chip/frontend.c to internal/frontend, on noise of every loudness, at the edges of 16 bits, and on recordings.
func TestFrontend(t *testing.T) {
	need(t, "gcc")
	program := filepath.Join(t.TempDir(), "bands")
	if _, err := exttool.Run(t.Context(), ".", nil, "gcc", "-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover", "-Ichip",
		"-o", program, "testdata/bands.c", "chip/frontend.c"); err != nil {
		t.Fatal(err)
	}
	t.Run("random", func(t *testing.T) { same(t, program, random(5000)) })
	t.Run("extreme", func(t *testing.T) { same(t, program, extremes()) })
	t.Run("recorded", func(t *testing.T) {
		a, err := files.OpenNpz(filepath.Join(shared.Path(t, "data", "wakeword"), "wakeword.npz"))
		if err != nil {
			t.Fatal(err)
		}
		audio, err := a.Get("audio")
		if err != nil {
			t.Fatal(err)
		}
		samples := make([]int16, 1_000_000)
		for i := range samples {
			samples[i] = int16(audio.Int(i))
		}
		same(t, program, samples)
	})
}

// random is noise of every loudness, and tones in it.
func random(frames int) (out []int16) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range frames {
		loudness, period, tone := 1+rng.IntN(1<<rng.IntN(16)), 2+rng.IntN(60), rng.IntN(1<<rng.IntN(16))
		for n := range frontend.FrameHop {
			v := rng.IntN(2*loudness+1) - loudness + tone*(2*(n/period&1)-1)
			out = append(out, int16(max(-1<<15, min(v, 1<<15-1))))
		}
	}
	return out
}

// extremes are signals at the edges of 16 bits, each of some frames.
func extremes() (out []int16) {
	for _, period := range []int{1, 2, 3, 4, 8, 64, 128, 1 << 20} {
		for n := range 3 * frontend.FrameSamples {
			out = append(out, []int16{1<<15 - 1, -1 << 15}[n/period%2])
		}
		out = append(out, make([]int16, 2*frontend.FrameSamples)...)
	}
	for n := range 3 * frontend.FrameSamples {
		out = append(out, int16(n&1), -int16(n>>1&1), int16(n*97))
	}
	return out
}

func same(t *testing.T, program string, samples []int16) {
	t.Helper()
	var in bytes.Buffer
	if err := binary.Write(&in, binary.LittleEndian, samples); err != nil {
		t.Fatal(err)
	}
	got, err := exttool.Run(t.Context(), ".", &in, program)
	if err != nil {
		t.Fatal(err)
	}
	want := frontend.Features(samples, frontend.LeanBands)
	if len(got) != len(want)*frontend.NumBands {
		t.Fatalf("%d bytes, not those of %d frames", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i*frontend.NumBands:][:frontend.NumBands]; !bytes.Equal(g, w[:]) {
			t.Fatalf("frame %d: %v, not %v", i, g, w)
		}
	}
}

// TestListens gives the program of chip/ a sound in which the word is said, each time in other noise, between other words, and counts
// when it wakes: what the front end and the generated model hear together. Clips are of the test part.
func TestListens(t *testing.T) {
	need(t, "gcc")
	clips := testClips(t)
	dir := t.TempDir()
	program := build(t, dir)
	rng := rand.New(rand.NewPCG(1, 1))
	var sound []int16
	type heard struct{ from, to int }
	var words []heard
	for _, c := range clips {
		at := len(sound) + 8000
		sound = append(sound, make([]int16, 8000+len(c.samples)+8000)...)
		copy(sound[at:], c.samples)
		if c.word {
			words = append(words, heard{at, at + len(c.samples)})
		}
		for n := at - 8000; n < len(sound); n++ {
			sound[n] = int16(max(-1<<15, min(int(sound[n])+rng.IntN(201)-100, 1<<15-1)))
		}
	}
	var in bytes.Buffer
	if err := binary.Write(&in, binary.LittleEndian, sound); err != nil {
		t.Fatal(err)
	}
	out, err := exttool.Run(t.Context(), dir, &in, program)
	if err != nil {
		t.Fatal(err)
	}
	hits, wakes := 0, strings.Fields(strings.ReplaceAll(string(out), " s", ""))
	for _, w := range words {
		if slices.ContainsFunc(wakes, func(at string) bool {
			seconds, err := strconv.ParseFloat(at, 64)
			return err == nil && seconds*8000 > float64(w.from) && seconds*8000 < float64(w.to)+8000
		}) {
			hits++
		}
	}
	t.Logf("%d of %d words, %d wakes", hits, len(words), len(wakes))
	if hits*10 < len(words)*8 || (len(wakes)-hits)*20 > len(clips)-len(words) {
		t.Errorf("it wakes %d times; %d of %d words, and %d other clips", len(wakes), hits, len(words), len(clips)-len(words))
	}
}

type clip struct {
	samples []int16
	word    bool
}

// testClips are the clips of words in fold 0, in the order of the set.
func testClips(t *testing.T) (out []clip) {
	a, err := files.OpenNpz(filepath.Join(shared.Path(t, "data", "wakeword"), "wakeword.npz"))
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]int32{}
	for _, name := range []string{"word", "fold", "offset", "faint"} {
		if columns[name], err = a.Integers(name); err != nil {
			t.Fatal(err)
		}
	}
	audio, err := a.Get("audio")
	if err != nil {
		t.Fatal(err)
	}
	words, err := a.Get("words")
	if err != nil {
		t.Fatal(err)
	}
	for i, word := range columns["word"] {
		name := words.Text(int(word))
		if columns["fold"][i] != 0 || columns["faint"][i] == 1 || name == "noise" {
			continue
		}
		c := clip{samples: make([]int16, columns["offset"][i+1]-columns["offset"][i]), word: name == "computer"}
		for n := range c.samples {
			c.samples[n] = int16(audio.Int(int(columns["offset"][i]) + n))
		}
		out = append(out, c)
	}
	return out
}

// build compiles the model with the program of chip/ for this machine, and gives its path.
func build(t *testing.T, dir string) string {
	t.Helper()
	program, generated := filepath.Join(dir, "wakeword"), generate(t, dir)
	args := append(slices.Clone(warnings), "-std=c99", "-O2", "-Ichip", "-I"+generated, "-o", program, "chip/main.c", "chip/frontend.c",
		filepath.Join(generated, "wakeword.c"))
	if _, err := exttool.Run(t.Context(), ".", nil, "gcc", args...); err != nil {
		t.Fatal(err)
	}
	return program
}

// generate writes the model in C, under settings, and gives the folder that it lies in.
func generate(t *testing.T, dir string, settings ...string) string {
	t.Helper()
	m, err := compiler.Load("model.hrn", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Set(settings); err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	targets, err := compiler.FindTargets([]string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := l.Compile(t.Context(), targets)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Write(filepath.Join(dir, "model"), false); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "model", "c")
}

// TestFlash holds front end and model, as chip/Makefile makes them for a Cortex-M4, to 7,500 bytes of flash: ternary weights take two bits.
func TestFlash(t *testing.T) {
	need(t, "arm-none-eabi-gcc")
	need(t, "/usr/include/newlib/string.h")
	dir := t.TempDir()
	generated := generate(t, dir, "c.mcu=cortex-m4", "c.flash=6000")
	var flash uint64
	for _, file := range []string{"chip/frontend.c", filepath.Join(generated, "wakeword.c")} {
		object := filepath.Join(dir, "object")
		args := append(slices.Clone(warnings), "-mcpu=cortex-m4", "-mthumb", "-std=c99", "-Os", "-c", "-o", object, file)
		if _, err := exttool.Run(t.Context(), ".", nil, "arm-none-eabi-gcc", args...); err != nil {
			t.Fatal(err)
		}
		f, err := elf.Open(object)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Sections {
			if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS {
				flash += s.Size
			}
		}
		f.Close()
	}
	if flash > 7500 {
		t.Errorf("%d bytes", flash)
	}
}

// warnings is what chip/ must compile without.
var warnings = []string{"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic", "-Werror"}

// TestCompilers compiles the front end as chips and desktops would, with all warnings as errors.
func TestCompilers(t *testing.T) {
	for _, c := range []string{"gcc", "clang", "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb", "avr-gcc -mmcu=atmega2560"} {
		name, args, _ := strings.Cut(c, " ")
		t.Run(name, func(t *testing.T) {
			need(t, name)
			args := append(append(strings.Fields(args), warnings...), "-std=c99", "-Os", "-c", "-o", filepath.Join(t.TempDir(), "object"), "chip/frontend.c")
			if _, err := exttool.Run(t.Context(), ".", nil, name, args...); err != nil {
				t.Error(err)
			}
		})
	}
}
