// Package wakeword holds the front end in C of the wake word models to the bits that they were trained on.
package wakeword

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
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

// TestCompilers compiles the front end as chips and desktops would, with all warnings as errors.
func TestCompilers(t *testing.T) {
	for _, c := range []string{"gcc", "clang", "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb", "avr-gcc -mmcu=atmega2560"} {
		name, args, _ := strings.Cut(c, " ")
		t.Run(name, func(t *testing.T) {
			need(t, name)
			args := append(strings.Fields(args), "-std=c99", "-Os", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic",
				"-Werror", "-c", "-o", filepath.Join(t.TempDir(), "object"), "chip/frontend.c")
			if _, err := exttool.Run(t.Context(), ".", nil, name, args...); err != nil {
				t.Error(err)
			}
		})
	}
}
