// Package ecg holds the front ends in C of the ecg model to the bits that it was trained on.
package ecg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// need skips a test where a tool is missing.
func need(t *testing.T, tool string) {
	t.Helper()
	if missing := exttool.Missing(tool); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

// TestSlopes holds chip/slopes.c to internal/frontend, on noise of every loudness, at the edges of 16 bits, and on recordings.
func TestSlopes(t *testing.T) {
	need(t, "gcc")
	program := filepath.Join(t.TempDir(), "filter")
	if _, err := exttool.Run(t.Context(), ".", nil, "gcc", "-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover", "-Ichip",
		"-o", program, "testdata/filter.c", "chip/slopes.c"); err != nil {
		t.Fatal(err)
	}
	t.Run("random", func(t *testing.T) { same(t, program, random(5000)) })
	t.Run("extreme", func(t *testing.T) { same(t, program, extremes()) })
	t.Run("recorded", func(t *testing.T) {
		a, err := files.OpenNpz(filepath.Join(shared.Path(t, "data", "mitbih"), "mitbih.npz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range []string{"100", "203", "208"} {
			differences, err := a.Integers("dx_" + record)
			if err != nil {
				t.Fatal(err)
			}
			samples, sum := make([]int16, len(differences)), int32(0)
			for i, d := range differences {
				sum += d
				samples[i] = int16(sum)
			}
			same(t, program, samples)
		}
	})
}

func random(stretches int) (out []int16) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range stretches {
		loudness, baseline := 1<<rng.IntN(16), rng.IntN(1<<15)-1<<14
		for range 100 {
			out = append(out, int16(max(-1<<15, min(baseline+rng.IntN(2*loudness+1)-loudness, 1<<15-1))))
		}
	}
	return out
}

// extremes jump between the edges of 16 bits, as fast and as far as steps see it.
func extremes() (out []int16) {
	for _, period := range []int{1, frontend.ECGHop - 1, frontend.ECGHop, frontend.ECGHop + 1, 2 * frontend.ECGHop, 5000} {
		for n := range 20_000 {
			out = append(out, []int16{1<<15 - 1, -1 << 15}[n/period%2])
		}
		out = append(out, make([]int16, 100_000)...)
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
	want := frontend.Slopes(samples)
	if len(got) != frontend.NumSlopes*len(want) {
		t.Fatalf("%d bytes of %d steps", len(got), len(want))
	}
	for i, b := range got {
		if step, slope := i/frontend.NumSlopes, i%frontend.NumSlopes; int8(b) != want[step][slope] {
			t.Fatalf("step %d, slope %d: %d, not %d", step, slope, int8(b), want[step][slope])
		}
	}
}

// TestRhythm holds chip/rhythm.c to internal/frontend: marks of any distance, and those of recordings.
func TestRhythm(t *testing.T) {
	need(t, "gcc")
	program := filepath.Join(t.TempDir(), "marks")
	if _, err := exttool.Run(t.Context(), ".", nil, "gcc", "-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover", "-Ichip",
		"-o", program, "testdata/marks.c", "chip/rhythm.c"); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for _, longest := range []int{1, 2, 60, 300, 3000} {
		var marked []bool
		for range 2000 {
			marked = append(append(marked, make([]bool, rng.IntN(longest))...), true)
		}
		sameRhythm(t, program, marked)
	}
	a, err := files.OpenNpz(filepath.Join(shared.Path(t, "data", "mitbih"), "mitbih.npz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []string{"100", "207", "208"} {
		at, err := a.Integers("at_" + record)
		if err != nil {
			t.Fatal(err)
		}
		marked := make([]bool, at[len(at)-1]/frontend.ECGHop+1)
		for _, m := range at {
			marked[m/frontend.ECGHop] = true
		}
		sameRhythm(t, program, marked)
	}
}

func sameRhythm(t *testing.T, program string, marked []bool) {
	t.Helper()
	var in bytes.Buffer
	for _, m := range marked {
		in.WriteByte(map[bool]byte{true: 1}[m])
	}
	got, err := exttool.Run(t.Context(), ".", &in, program)
	if err != nil {
		t.Fatal(err)
	}
	want := frontend.Rhythms(marked)
	if len(got) != len(want) {
		t.Fatalf("%d bytes of %d steps", len(got), len(want))
	}
	for step, b := range got {
		if int8(b) != want[step] {
			t.Fatalf("step %d: %d, not %d", step, int8(b), want[step])
		}
	}
}

// TestCompilers compiles the front ends as chips and desktops would, with all warnings as errors.
func TestCompilers(t *testing.T) {
	for _, c := range []string{"gcc", "clang", "arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb", "avr-gcc -mmcu=atmega328p"} {
		name, args, _ := strings.Cut(c, " ")
		t.Run(name, func(t *testing.T) {
			need(t, name)
			args := append(strings.Fields(args), "-std=c99", "-Os", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic",
				"-Werror", "-c", "-o", filepath.Join(t.TempDir(), "object"))
			for _, file := range []string{"chip/slopes.c", "chip/rhythm.c"} {
				if _, err := exttool.Run(t.Context(), ".", nil, name, slices.Concat(args, []string{file})...); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
