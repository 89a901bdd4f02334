package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
)

// extremes are signals at the edges of 16 bits, each of some frames.
func extremes() []int16 {
	const long = 3 * frontend.FrameSamples
	signals := []func(n int) int{
		func(int) int { return 0 },
		func(int) int { return 32767 },
		func(int) int { return -32768 },
		func(n int) int { return 32767 - 65535*(n&1) },
		func(n int) int { return -32768 + 65535*(n>>1&1) },
		func(n int) int { return -32768 + 65535*(n>>6&1) },
		func(n int) int { return 32767 * ((n % frontend.FrameHop) / (frontend.FrameHop - 1)) },
		func(n int) int { return -32768 * ((n % frontend.FrameSamples) / (frontend.FrameSamples - 1)) },
		func(n int) int { return n & 1 },
		func(n int) int { return -(n >> 1 & 1) },
		func(n int) int { return n*97%65536 - 32768 },
	}
	var out []int16
	for _, s := range signals {
		for n := range long {
			out = append(out, int16(s(n)))
		}
	}
	return out
}

// random is noise of every loudness, and tones in it.
func random(frames int) []int16 {
	rng := rand.New(rand.NewPCG(1, 1))
	var out []int16
	for range frames {
		loudness, period, tone := 1+rng.IntN(1<<rng.IntN(16)), 2+rng.IntN(60), rng.IntN(1<<rng.IntN(16))
		for n := range frontend.FrameHop {
			v := rng.IntN(2*loudness+1) - loudness + tone*(2*(n/period&1)-1)
			out = append(out, int16(max(-32768, min(32767, v))))
		}
	}
	return out
}

// TestFrontend holds chip/frontend.c to the bits of the features that the model was trained on.
func TestFrontend(t *testing.T) {
	need(t, "gcc")
	program := filter(t)
	t.Run("random", func(t *testing.T) { sameBands(t, program, random(5000)) })
	t.Run("extreme", func(t *testing.T) { sameBands(t, program, extremes()) })
	t.Run("recorded", func(t *testing.T) {
		var all []int16
		for _, r := range tested(t) {
			all = append(all, r.Samples...)
		}
		sameBands(t, program, all)
	})
}

// filter builds testdata/bands.c, so that undefined behaviour ends it.
func filter(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bands")
	_, err := exttool.Run(t.Context(), here(), nil, "gcc", "-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover", "-Ichip",
		"-o", program, "testdata/bands.c", "chip/frontend.c")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func sameBands(t *testing.T, program string, samples []int16) {
	t.Helper()
	var in bytes.Buffer
	if err := binary.Write(&in, binary.LittleEndian, samples); err != nil {
		t.Fatal(err)
	}
	got, err := exttool.Run(t.Context(), here(), &in, program)
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	for at := 0; at+frontend.FrameSamples <= len(samples); at += frontend.FrameHop {
		want := frontend.Bands((*[frontend.FrameSamples]int16)(samples[at:]))
		if len(got) < frontend.NumBands {
			t.Fatalf("%d frames, then no more", frames)
		}
		if !bytes.Equal(got[:frontend.NumBands], want[:]) {
			t.Fatalf("frame %d: %v, not %v", frames, got[:frontend.NumBands], want)
		}
		got = got[frontend.NumBands:]
		frames++
	}
	if len(got) > 0 {
		t.Errorf("%d bytes behind the last of %d frames", len(got), frames)
	}
}

// warnings is what chip/ must compile without.
var warnings = []string{"-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic", "-Werror"}

// TestCompilers compiles chip/ and the generated model as chips and desktops would, with all warnings as errors.
func TestCompilers(t *testing.T) {
	need(t, "gcc") // build needs it
	dir := t.TempDir()
	if _, err := build(t.Context(), dir, "model.hrn"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		files string
		args  []string
	}{
		{"gcc", "frontend.c main.c trial.c", []string{"-std=c99", "-O2"}},
		{"clang", "frontend.c main.c trial.c", []string{"-std=c99", "-O2"}},
		{"arm-none-eabi-gcc", "frontend.c", []string{"-std=c99", "-Os", "-mcpu=cortex-m0plus", "-mthumb"}},
		{"avr-gcc", "frontend.c", []string{"-std=c99", "-Os", "-mmcu=atmega2560"}},
		{"avr-gcc", "frontend.c trial.c", []string{"-std=gnu99", "-Os", "-mmcu=atmega2560"}},
	} {
		t.Run(c.name+" "+c.args[0], func(t *testing.T) {
			need(t, c.name)
			for _, file := range strings.Fields(c.files) {
				args := append(append(c.args, warnings...), "-I"+filepath.Join(dir, "model", "c"), "-c", "-o", filepath.Join(dir, "object"), file)
				if _, err := exttool.Run(t.Context(), filepath.Join(here(), "chip"), nil, c.name, args...); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestTrial holds an 8-bit processor, where int has 16 bits, to what this machine computes of the noise in chip/trial.c.
func TestTrial(t *testing.T) {
	need(t, "gcc", "avr-gcc", "simavr")
	dir := t.TempDir()
	if _, err := build(t.Context(), dir, "model.hrn"); err != nil {
		t.Fatal(err)
	}
	generated := filepath.Join(dir, "model", "c")
	parts := []string{"-O2", "-I" + generated, "trial.c", "frontend.c", filepath.Join(generated, "digits.c")}
	chip, here, elf := filepath.Join(here(), "chip"), filepath.Join(dir, "trial"), filepath.Join(dir, "trial.elf")
	run := func(command string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), command, args...)
		cmd.Dir = chip
		out, err := cmd.CombinedOutput() // simavr shows on standard error what the chip prints
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	run("gcc", append(parts, "-std=c99", "-o", here)...)
	run("avr-gcc", append(parts, "-std=gnu99", "-mmcu=atmega2560", "-o", elf)...)
	want := computed(run(here))
	if got := computed(run("simavr", "-m", "atmega2560", "-f", "16000000", elf)); got != want || !strings.Contains(got, "\n") {
		t.Errorf("an ATmega2560 computes\n%s\nnot\n%s", got, want)
	}
}

// computed leaves of the output of a trial the lines of numbers alone.
func computed(out string) string {
	return strings.Join(regexp.MustCompile(`-?[0-9]+ (?:-?[0-9]+ ){9,}`).FindAllString(out, -1), "\n")
}
