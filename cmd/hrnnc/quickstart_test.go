package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

var update = flag.Bool("update", false, "write what the commands of docs/quickstart.md print into it")

const quickstart = "../../docs/quickstart.md"

// TestQuickstart runs the commands of docs/quickstart.md, the lines behind $ of its console blocks, one after the other in a
// folder with the files of examples/motion, and holds what they print to what stands below them. "..." stands for lines left
// out, and times do not count. Where the trainer has other kernels than the page was made with, which round differently, the
// commands only have to succeed.
func TestQuickstart(t *testing.T) {
	if missing := exttool.Missing("gcc"); len(missing) > 0 {
		t.Skip("skipped: no gcc")
	}
	page, err := os.ReadFile(quickstart)
	if err != nil {
		t.Fatal(err)
	}
	sameKernels := strings.Contains(string(page), "the `"+kernels.Set()+"` kernels")
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "hrnnc"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range []string{"motion.csv", "field.csv", "host/host.c"} {
		data, err := os.ReadFile(filepath.Join("../../examples/motion", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```")
	ran := 0
	written := blocks.ReplaceAllStringFunc(string(page), func(block string) string {
		var b strings.Builder
		for _, s := range shellSteps(blocks.FindStringSubmatch(block)[1]) {
			ran++
			c := exec.Command("sh", "-c", s.command)
			c.Dir = dir
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", s.command, err, out)
			}
			got := outputLines(string(out))
			fmt.Fprintf(&b, "$ %s\n", s.command)
			for _, line := range elided(got, s.output) {
				fmt.Fprintln(&b, line)
			}
			if !*update && sameKernels && !shownBy(s.output, got) {
				t.Errorf("docs/quickstart.md shows other lines than\n$ %s\n%s\ngo test ./cmd/hrnnc -run TestQuickstart -update  writes them", s.command, out)
			}
		}
		return "```console\n" + b.String() + "```"
	})
	if ran == 0 {
		t.Error("docs/quickstart.md has no command")
	}
	if *update {
		if err := os.WriteFile(quickstart, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shellStep is a command and what it prints.
type shellStep struct {
	command string
	output  []string
}

func shellSteps(block string) (steps []shellStep) {
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			steps = append(steps, shellStep{command: command})
		} else if last := len(steps) - 1; last >= 0 {
			steps[last].output = append(steps[last].output, line)
		}
	}
	return steps
}

func outputLines(out string) []string {
	if out = strings.TrimRight(out, "\n"); out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// elided leaves out of an output what was left out of the one that stood there: as many lines stay before and behind "...".
func elided(got, shown []string) []string {
	cut := slices.Index(shown, "...")
	if cut < 0 || len(got) < len(shown) {
		return got
	}
	return slices.Concat(got[:cut], []string{"..."}, got[len(got)-(len(shown)-cut-1):])
}

var spentTime = regexp.MustCompile(`\d+\.\d s\b`)

// shownBy reports whether a page shows what was printed.
func shownBy(shown, got []string) bool {
	same := func(a, b string) bool {
		return spentTime.ReplaceAllString(a, "s") == spentTime.ReplaceAllString(b, "s")
	}
	return slices.EqualFunc(shown, elided(got, shown), same)
}
