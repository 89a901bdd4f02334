package main

import (
	"flag"
	"fmt"
	"net"
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

var update = flag.Bool("update", false, "write what the commands of pages print into them")

// TestQuickstart runs the commands of docs/quickstart.md in a folder with the files of examples/motion. Where the trainer has other
// kernels than the page was made with, which round differently, the commands only have to succeed.
func TestQuickstart(t *testing.T) {
	if missing := exttool.Missing("gcc"); len(missing) > 0 {
		t.Skipf("skipped: no gcc (apt-get install %s)", exttool.Package("gcc"))
	}
	page, err := os.ReadFile("../../docs/quickstart.md")
	if err != nil {
		t.Fatal(err)
	}
	sameKernels := strings.Contains(string(page), "the `"+kernels.Set()+"` kernels")
	runPage(t, "docs/quickstart.md", sameKernels, "motion/motion.csv", "motion/field.csv", "motion/host/host.c")
}

// TestGuides runs the commands of the guides to chips in folders with the model of examples/activity.
func TestGuides(t *testing.T) {
	for page, tools := range map[string][]string{
		"docs/guide-avr.md": {"gcc", "avr-gcc", "cmake", "make", "arduino-builder", "/usr/share/arduino/hardware/arduino/avr/platform.txt",
			"/usr/include/simavr/parts/uart_pty.h", "/usr/include/libelf.h"},
		"docs/guide-cortex-m.md": {"gcc", "cmake", "make", "arm-none-eabi-gcc", "/usr/lib/picolibc/arm-none-eabi", "qemu-system-arm"},
		"docs/guide-riscv.md":    {"cmake", "make", "riscv64-unknown-elf-gcc", "/usr/lib/picolibc/riscv64-unknown-elf", "qemu-system-riscv32"},
	} {
		t.Run(page, func(t *testing.T) {
			for _, tool := range tools {
				_, err := exec.LookPath(tool)
				if filepath.IsAbs(tool) {
					_, err = os.Stat(tool)
				}
				if err != nil {
					t.Skipf("skipped: no %s (apt-get install %s)", tool, exttool.Package(tool))
				}
			}
			runPage(t, page, true, "activity/model.hrn", "activity/model.safetensors")
		})
	}
}

// TestFiguresOfTargets compiles examples/copy, whose figures docs/targets.md shows.
func TestFiguresOfTargets(t *testing.T) {
	runPage(t, "docs/targets.md", true, "copy/model.hrn", "copy/model.safetensors")
}

var local = regexp.MustCompile(`localhost:[0-9]+`)

// runPage runs the commands of a page, the lines behind $ of its console blocks, one after the other in a folder with some files of
// examples, and holds what they print to what stands below them if same is set. "..." stands for lines left out, and times do not
// count. A program that a command leaves running, with its number in a file *.pid, ends with the test.
func runPage(t *testing.T, page string, same bool, examples ...string) {
	text, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "hrnnc"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range examples {
		data, err := os.ReadFile(filepath.Join("../../examples", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Cleanup(func() {
		left := exec.Command("sh", "-c", "for f in *.pid; do [ -e $f ] && kill $(cat $f) 2>/dev/null; done; true")
		left.Dir = dir
		_ = left.Run()
	})
	ports := map[string]string{} // those of the page, and ones that nobody has
	free := func(address string) string {
		if ports[address] == "" {
			l, err := net.Listen("tcp", "localhost:0")
			if err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(l.Addr().String())
			ports[address] = "localhost:" + port
			l.Close()
		}
		return ports[address]
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```")
	ran := 0
	written := blocks.ReplaceAllStringFunc(string(text), func(block string) string {
		var b strings.Builder
		for _, s := range shellSteps(blocks.FindStringSubmatch(block)[1]) {
			ran++
			c := exec.Command("sh", "-c", local.ReplaceAllStringFunc(s.command, free))
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
			if !*update && same && !shownBy(s.output, got) {
				t.Errorf("%s shows other lines than\n$ %s\n%s\ngo test ./cmd/hrnnc -run %s -update  writes them", page, s.command, out, t.Name())
			}
		}
		return "```console\n" + b.String() + "```"
	})
	if ran == 0 {
		t.Errorf("%s has no command", page)
	}
	if *update {
		if err := os.WriteFile(filepath.Join("../..", page), []byte(written), 0o644); err != nil {
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
	lines := strings.Split(out, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ") // of tables, which no page has
	}
	return lines
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
