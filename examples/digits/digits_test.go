package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// need skips a test where a tool is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

// tested gives the test recordings, or skips.
func tested(t *testing.T) []data.Recording {
	t.Helper()
	t.Setenv(known.DirVariable, filepath.Dir(shared.Path(t, "data", "fsdd")))
	all, err := data.SpokenDigits()
	if err != nil {
		t.Fatal(err)
	}
	var list []data.Recording
	for _, r := range all {
		if r.Test() {
			list = append(list, r)
		}
	}
	return list
}

// sequence is what the model hears of a recording: its frames, with silence in front.
func sequence(r data.Recording, steps int) [][]int64 {
	x := make([][]int64, steps)
	for i := range x {
		x[i] = make([]int64, frontend.NumBands)
	}
	frames := min(1+(len(r.Samples)-frontend.FrameSamples)/frontend.FrameHop, steps)
	for i := range frames {
		for j, v := range frontend.Bands((*[frontend.FrameSamples]int16)(r.Samples[i*frontend.FrameHop:])) {
			x[steps-frames+i][j] = int64(v)
		}
	}
	return x
}

// TestScore holds the weights of this folder to what README.md says of them, and the program of chip/ to the same
// decisions when it takes every frame for sound.
func TestScore(t *testing.T) {
	need(t, "gcc")
	list := tested(t)
	l, err := lowered("model.hrn")
	if err != nil {
		t.Fatal(err)
	}
	var x [][][]int64
	for _, r := range list {
		x = append(x, sequence(r, l.Module.Steps))
	}
	out, err := l.Run(t.Context(), "c", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	program, err := build(t.Context(), t.TempDir(), "model.hrn", "-DLOUD=0")
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, decided := range l.Decisions(out, l) {
		if decided == int64(list[i].Digit) {
			right++
		}
		said, err := listen(t.Context(), program, list[i].Samples)
		if err != nil {
			t.Fatal(err)
		}
		if said != fmt.Sprintln(decided) {
			t.Errorf("recording %d: the program says %q, the model %d", i, said, decided)
		}
	}
	want := fmt.Sprintf(" | %s | %s | ", percent(float64(right)/float64(len(list))), costs(l.Plan.Cost()))
	if row := readme(t, fmt.Sprintf("\n| %d |", kept)); !strings.Contains(row, want) {
		t.Errorf("README.md says %s\nnot %s", row, want)
	}
}

// readme gives the line of README.md that has a text.
func readme(t *testing.T, text string) string {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(page), text)
	if !found {
		t.Fatalf("README.md has no %q", text)
	}
	line, _, _ = strings.Cut(line, "\n")
	return text + line
}

// TestListens has the program find the words itself.
func TestListens(t *testing.T) {
	need(t, "gcc")
	list := tested(t)
	all, err := data.SpokenDigits() // each has a silence of its own, by its number among all
	if err != nil {
		t.Fatal(err)
	}
	heard, err := listenToAll(t.Context(), t.TempDir(), here(), all)
	if err != nil {
		t.Fatal(err)
	}
	if said, want := readme(t, "a word begins and ends: "), heard.String(); !strings.Contains(said, want) {
		t.Errorf("README.md says %s\nnot %s", said, want)
	}
	// Words one after another, as a microphone brings them.
	program, err := build(t.Context(), t.TempDir(), "model.hrn")
	if err != nil {
		t.Fatal(err)
	}
	const words = 50
	var stream []int16
	for i, r := range list[:words] {
		stream = append(stream, inSilence(r.Samples, i)...)
	}
	said, err := listen(t.Context(), program, stream)
	if err != nil {
		t.Fatal(err)
	}
	// A word with a pause in it, such as "six", may be heard as two.
	if n := strings.Count(said, "\n"); n < 49 || n > 51 {
		t.Errorf("heard %d words in 50", n)
	}
}

// TestSize is why this model is here: everything that was learned fits 8 KB, even with a byte or two a number.
func TestSize(t *testing.T) {
	const limit = 8 << 10
	l, err := lowered("model.hrn")
	if err != nil {
		t.Fatal(err)
	}
	if bytes := (l.Plan.Cost().Bits + 7) / 8; bytes > limit/2 {
		t.Errorf("parameters take %d bytes", bytes)
	}
	o, err := l.Compile(context.Background(), compiler.Targets)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range o.Report.Targets["c"] {
		if strings.HasPrefix(f.Name, "flash") && f.Value > limit {
			t.Errorf("%s: %v", f.Name, f.Value)
		}
	}
}
