package pack_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

// need skips a test where tools are missing: commands, or files that Debian's packages bring.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		_, err := exec.LookPath(tool)
		if filepath.IsAbs(tool) {
			_, err = os.Stat(tool)
		}
		if err != nil {
			t.Skipf("skipped: no %s (apt-get install %s)", tool, exttool.Package(tool))
		}
	}
}

// run runs a command in a folder, given as words with blanks between them, and gives what it prints.
func run(t *testing.T, dir, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := exttool.Run(t.Context(), dir, nil, words[0], words[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// packages compiles a model with packages and gives the folder of the first.
func packages(t *testing.T, l *compiler.Lowered, formats ...string) string {
	t.Helper()
	return packagesFor(t, l, nil, formats...)
}

// packagesFor is packages with settings of target c.
func packagesFor(t *testing.T, l *compiler.Lowered, settings map[string]string, formats ...string) string {
	t.Helper()
	all := map[string]string{"package": strings.Join(formats, ",")}
	maps.Copy(all, settings)
	l.Targets = map[string]map[string]string{"c": all}
	o, err := l.Compile(context.Background(), []backends.Target{c.Target})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := o.Write(filepath.Join(dir, "out"), false); err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "out", "c", formats[0], "*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("%v (%v)", folders, err)
	}
	return folders[0]
}

// activity is the example model: three channels with gains and offsets, labelled classes, a mean over 128 steps.
func activity(t *testing.T) *compiler.Lowered {
	t.Helper()
	m, err := compiler.Load("../../examples/activity/model.hrn", "")
	if err != nil {
		t.Fatal(err)
	}
	return lowered(t, m)
}

func lowered(t *testing.T, m *compiler.Model) *compiler.Lowered {
	t.Helper()
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// random is a model of a text with random weights.
func random(t *testing.T, text string) *compiler.Lowered {
	t.Helper()
	w, err := modelgen.Weights(text, 1)
	if err != nil {
		t.Fatal(err)
	}
	path, err := (&modelgen.Model{Text: text, Weights: w}).Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m, err := compiler.Load(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return lowered(t, m)
}

// kinds are models of each kind of input, decision and time of it.
var kinds = map[string]string{
	"tokens": `model min
input t : token[5]
steps 20
param U : int4[16, 5]
param V : int4[3, 16]
state h : int16[16] range 4
h <- hadamard(h) + U*onehot(t)
y = V*relu(h)
output best = argmax(y) at every step
weights "model.safetensors"
`,
	"bits": `model bit
input x : u8[4] / 255
param U : int4[8, 4]
param V : int4[3, 8]
state h : int16[8] range 4
h <- hadamard(h) + U*x
y = V*h
output alarm = y > 0.25 at last step
labels "fire", "water", "gas"
weights "model.safetensors"
`,
	"values": `model round
input x : i12 / 100
steps 300
param U : ternary[16, 1]
param V : int8[2, 16]
state h : int16[16] range 4
h <- hadamard(h) + U*x
output y = V*h at every step
weights "model.safetensors"
`,
	"classes": `model F
input x : i8[3] / 32
steps 12
param U : int4[32, 3]
param V : int4[4, 32]
state h : int12[32] range 4
h <- hadamard(h) + U*x
output class = argmax(V*h) mean
labels "a", "b \"c\"", "größer", "d"
weights "model.safetensors"
`}

const strict = " -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -O1 "

// host builds a package's program for the host.
func host(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "host")
	run(t, dir, "go build -o "+program+" ./host")
	return program
}

// stream builds the example of a CMake package for this computer.
func stream(t *testing.T, dir string) string {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(dir, "src", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s", dir)
	}
	program := filepath.Join(t.TempDir(), "stream")
	run(t, dir, "gcc -std=c99 -Wsign-conversion"+strict+"-o "+program+" -Isrc examples/stream/main.c examples/stream/serial_stdio.c "+
		strings.Join(sources, " "))
	return program
}

// TestExamples compiles the examples for every kind of model: as C99, as C++ behind the macros of Arduino, and against what they use of
// ESP-IDF and Zephyr. The one for this computer then computes the golden vectors, sent by the package's own program.
func TestExamples(t *testing.T) {
	need(t, "gcc", "g++", "go")
	for kind, text := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := random(t, text)
			if kind == "classes" { // whose steps are three samples of one value
				for step := range 3 {
					l.Plan.Input.Channels = append(l.Plan.Input.Channels, ir.Channel{Name: fmt.Sprintf("ax, step %d of 3", step+1), Gain: 32})
				}
			}
			dir := packages(t, l, pack.Names("c")...)
			dir = filepath.Join(dir, "..", "..")
			in := func(format string) string {
				found, err := filepath.Glob(filepath.Join(dir, format, "*"))
				if err != nil || len(found) != 1 {
					t.Fatalf("%s: %v", format, found)
				}
				return found[0]
			}
			stubs, err := filepath.Abs("testdata/stubs")
			if err != nil {
				t.Fatal(err)
			}
			gcc := "gcc -fsyntax-only -Isrc -I" + stubs + strict
			gxx := "g++ -fsyntax-only -std=c++11 -Isrc -I" + stubs + strict
			run(t, in("arduino"), gxx+"-include Arduino.h -x c++ examples/stream/stream.ino")
			if kind != "tokens" {
				run(t, in("arduino"), gxx+"-include Arduino.h -x c++ examples/sensor/sensor.ino")
			}
			run(t, in("platformio"), gxx+"examples/stream/src/main.cpp")
			run(t, in("esp-idf"), gcc+"-std=gnu17 examples/stream/main/main.c")
			run(t, in("zephyr"), gcc+"-std=c17 samples/stream/src/main.c")
			for _, port := range []string{"cmsdk", "ns16550", "stm32f4"} {
				run(t, in("cmake"), gcc+"-std=c99 -Wno-int-to-pointer-cast examples/stream/serial_"+port+".c")
			}

			program := stream(t, in("cmake"))
			out := run(t, in("cmake"), host(t, in("cmake"))+" -run "+program+" -golden")
			if !regexp.MustCompile(`^PASS: ([1-9]\d*) of (\d+) outputs equal\n$`).MatchString(out) {
				t.Error(out)
			}
			if kind == "classes" {
				rows := file(t, "rows.csv", "nr,ax\n"+strings.Repeat("1,0.5\n", 36))
				if out := run(t, in("cmake"), host(t, in("cmake"))+" -run "+program+" "+rows); !strings.HasPrefix(out, "all, step 12: ") || strings.Count(out, "\n") != 1 {
					t.Error(out)
				}
			}
		})
	}
}

// TestNames compiles the examples of models that are called what the examples call something.
func TestNames(t *testing.T) {
	need(t, "gcc", "g++")
	stubs, err := filepath.Abs("testdata/stubs")
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq("protocol serial port next_ms read report setup main uart stream host app uart_model Serial values PERIOD") {
		l := random(t, strings.Replace(kinds["classes"], "model F", "model "+name, 1))
		dir := packages(t, l, "arduino", "cmake")
		check := " -fsyntax-only -Isrc -I" + stubs + strict
		run(t, dir, "g++ -std=c++11"+check+"-include Arduino.h -x c++ examples/stream/stream.ino examples/sensor/sensor.ino")
		bare, err := filepath.Glob(filepath.Join(dir, "../../cmake/*"))
		if err != nil || len(bare) != 1 {
			t.Fatalf("%v (%v)", bare, err)
		}
		run(t, bare[0], "gcc -std=c99"+check+"examples/stream/main.c examples/stream/serial_stdio.c")
	}
}

// TestProtocol says lines to the example, good and bad.
func TestProtocol(t *testing.T) {
	need(t, "gcc")
	dir := packages(t, random(t, kinds["classes"]), "cmake")
	program := stream(t, dir)
	class, values := `class [0-3]`, `values -?\d+ -?\d+ -?\d+ -?\d+`
	greeting := `hrnnc \w+ 3 12 4`
	var lines, want []string
	for _, said := range [][2]string{
		{"1 2 3", `\.`}, {"1,2, -3", `\.`}, {"\t1  2\t3\r", `\.`}, {"-128 127 0", `\.`}, {"128 0 0", "error range"}, {"0 -129 0", "error range"},
		{"999999999999999 1 1", "error range"}, {"1 2", "error too few"}, {"1 2 3 4", "error too many"}, {"1 - 2", "error sign"},
		{"1 2 3x", "error character"}, {"5-1 1 2", "error character"}, {"1 2 ?", "error command"}, {"?", class}, {"=", values}, {"!", greeting},
		{strings.Repeat("1 2 3\n", 11) + "1 2 3", strings.Repeat(`\.`+"\n", 11) + class}, {"9 9 9", `\.`},
	} {
		lines, want = append(lines, said[0]), append(want, said[1])
	}
	said, err := exttool.Run(t.Context(), dir, strings.NewReader("\n"+strings.Join(lines, "\n")+"\n"), program)
	if err != nil {
		t.Fatal(err)
	}
	if pattern := "^" + greeting + "\n" + strings.Join(want, "\n") + "\n$"; !regexp.MustCompile(pattern).Match(said) {
		t.Errorf("the answers are\n%swant\n%s", said, strings.Join(want, "\n"))
	}
}

// samples makes recordings of values around an activity, each as long as a decision, as a table, and what the interpreter
// decides about each.
func samples(t *testing.T, l *compiler.Lowered, n int) (csv string, decisions []string) {
	t.Helper()
	rng := rand.New(rand.NewSource(3))
	var table strings.Builder
	table.WriteString("person,acc z,acc x,rec,acc y\n")
	var x [][][]int64
	for r := range n {
		bias, wide := rng.NormFloat64(), rng.Float64()
		var steps [][]int64
		for range l.Plan.Steps {
			v := []float64{bias + wide*rng.NormFloat64(), wide * rng.NormFloat64(), -bias * rng.Float64()}
			row, err := l.Quantise(v)
			if err != nil {
				t.Fatal(err)
			}
			steps = append(steps, row)
			fmt.Fprintf(&table, "p%d,%v,%v,r%d,%v\n", r%2, v[2], v[0], r, v[1])
		}
		x = append(x, steps)
	}
	out, err := l.Run(t.Context(), "fixed", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	different := map[int64]bool{}
	for r, class := range l.Decisions(out, l) {
		decisions = append(decisions, fmt.Sprintf("r%d, step %d: %s\n", r, l.Plan.Steps, l.Plan.Output.Labels[class]))
		different[class] = true
	}
	if len(different) < 2 {
		t.Fatal("all recordings are of one class: the test would show nothing")
	}
	return table.String(), decisions
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHost sends tables of several forms to the example, and mistakes.
func TestHost(t *testing.T) {
	need(t, "gcc", "go")
	l := activity(t)
	dir := packages(t, l, "cmake")
	program, sends := stream(t, dir), host(t, dir)
	csv, decisions := samples(t, l, 6)
	want := strings.Join(decisions, "")
	table := file(t, "samples.csv", csv)
	send := func(args ...string) (string, string) {
		cmd := exec.Command(sends, append([]string{"-run", program}, args...)...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil && errs.Len() == 0 {
			t.Fatal(err)
		}
		return out.String(), errs.String()
	}
	for _, args := range [][]string{
		{"-id", "rec", table},
		{"-id", "rec", "-columns", "acc x,acc y,acc z", table},
		{"-id", "4", "-columns", "3,5,2", table},
		{"-id", "rec", file(t, "semicolons.csv", strings.ReplaceAll(csv, ",", ";"))},
	} {
		if out, errs := send(args...); out != want || errs != "" {
			t.Errorf("%v: %s%swant\n%s", args, out, errs, want)
		}
	}
	// Rows behind each other are windows of as many steps as the model has; a recording that is shorter is asked at its end.
	_, rows, _ := strings.Cut(csv, "\n")
	plain := regexp.MustCompile(`(?m)^p\d,([^,]*),([^,]*),r\d,([^,\n]*)$`).ReplaceAllString(rows, "$2 $3 $1")
	short := strings.Join(strings.SplitAfter(plain, "\n")[:7], "")
	for _, c := range []struct {
		args    []string
		results int
		first   string
	}{
		{[]string{file(t, "plain.txt", plain)}, 6, "all" + strings.TrimPrefix(decisions[0], "r0")},
		{[]string{file(t, "short.txt", short)}, 1, "all, step 7: "},
		{[]string{"-integers", file(t, "integers.txt", strings.Repeat("1 -128 127\n", 128))}, 1, "all, step 128: "},
	} {
		if out, errs := send(c.args...); errs != "" || strings.Count(out, "\n") != c.results || !strings.HasPrefix(out, c.first) {
			t.Errorf("%v: %s%s", c.args, out, errs)
		}
	}
	for _, c := range []struct {
		wrong string
		args  []string
	}{
		{`there is no column "nr"; there are person, acc z, acc x, rec, acc y`, []string{"-id", "nr", table}},
		{`row 1, column 1: "p0" is no number`, []string{"-columns", "person,2,3", table}},
		{"a step has 3 values and a row 2: name the columns with -columns", []string{"-columns", "2,3", table}},
		{"row 2, column 1: 128 is no integer from -128 to 127", []string{"-integers", file(t, "large.txt", "1 2 3\n128 0 0\n")}},
		{"no such file", []string{"nothing.csv"}},
		{"name a table of samples", nil},
		{"is empty", []string{file(t, "empty.csv", "")}},
	} {
		if _, errs := send(c.args...); !strings.Contains(errs, c.wrong) {
			t.Errorf("%v: %q, want %q", c.args, errs, c.wrong)
		}
	}
	other := stream(t, packages(t, random(t, kinds["bits"]), "cmake"))
	cmd := exec.Command(sends, "-run", other, "-golden")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "put the firmware of this package on it") {
		t.Errorf("another model's board: %s", out)
	}
}

// TestRestart sends samples to a board that says other things while it starts, misses the first lines, and answers several greetings.
func TestRestart(t *testing.T) {
	need(t, "go")
	dir := packages(t, activity(t), "cmake")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, "\x00\xffbootloader 8.1\r\nerror character\r\nhrnnc activity 3 128 6\r\n")
		steps, heard := 0, 0
		for in := bufio.NewScanner(c); in.Scan(); heard++ {
			switch text := in.Text(); {
			case heard < 2 || text == "":
			case text == "!":
				steps = 0
				fmt.Fprint(c, "hrnnc activity 3 128 6\r\n")
			case text == "=":
				fmt.Fprint(c, "error sign\r\nhrnnc activity 3 128 6\r\nvalues 1 2 3 4 5 6\r\n")
			case steps == 127:
				fmt.Fprint(c, "class 3\r\n")
			default:
				steps++
				fmt.Fprint(c, ".\r\n")
			}
		}
	}()
	table := file(t, "samples.txt", strings.Repeat("0 0 1\n", 128))
	if out := run(t, dir, host(t, dir)+" -port tcp:"+listener.Addr().String()+" "+table); out != "all, step 128: sitting\n" {
		t.Error(out)
	}
}

// TestComponents reads the CMakeLists.txt of components and modules with CMake.
func TestComponents(t *testing.T) {
	need(t, "cmake")
	script, err := filepath.Abs("testdata/component.cmake")
	if err != nil {
		t.Fatal(err)
	}
	l := random(t, kinds["tokens"])
	for _, c := range [][2]string{
		{"esp-idf", "CMakeLists.txt"}, {"esp-idf", "examples/stream/main/CMakeLists.txt"}, {"zephyr", "zephyr/CMakeLists.txt"},
	} {
		dir := packages(t, l, c[0])
		list := filepath.Join(dir, filepath.FromSlash(c[1]))
		symbol := "-DCONFIG_" + strings.ToUpper(filepath.Base(dir)) + "=y"
		cmd := exec.Command("cmake", symbol, "-DLISTS="+list, "-DROOT="+filepath.Dir(list), "-P", script)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "source ") || !strings.Contains(string(out), "include ") {
			t.Errorf("%s/%s: %v\n%s", c[0], c[1], err, out)
		}
	}
}

// TestCMake builds the project for this computer, installs it and finds it again; then for Cortex-M and RISC-V, whose firmwares
// answer on the serial ports of emulators.
func TestCMake(t *testing.T) {
	need(t, "cmake", "make", "gcc", "go")
	l := activity(t)
	dir := packages(t, l, "cmake")
	sends := host(t, dir)
	const equal = "PASS: 5 of 5 outputs equal\n"
	t.Run("host", func(t *testing.T) {
		build, installed, user := t.TempDir(), t.TempDir(), t.TempDir()
		run(t, dir, "cmake -S . -B "+build+" -DCMAKE_BUILD_TYPE=Release")
		run(t, dir, "cmake --build "+build)
		run(t, dir, "cmake --install "+build+" --prefix "+installed)
		run(t, dir, "cmake -S examples/stream -B "+user+" -DCMAKE_PREFIX_PATH="+installed)
		run(t, dir, "cmake --build "+user)
		for _, program := range []string{filepath.Join(build, "examples/stream/stream"), filepath.Join(user, "stream")} {
			if out := run(t, dir, sends+" -run "+program+" -golden"); out != equal {
				t.Error(out)
			}
		}
	})
	csv, decisions := samples(t, l, 3)
	table := file(t, "samples.csv", csv)
	const stm32f4 = " -DCPU=cortex-m4 -DSERIAL=stm32f4 -DMEMORY=__flash=0x08000000,__flash_size=0x80000,__ram=0x20000000,__ram_size=0x20000"
	for _, target := range []struct{ name, toolchain, options, emulator string }{
		{"cortex-m3", "arm-none-eabi", " -DCPU=cortex-m3", "qemu-system-arm -M mps2-an385"},
		{"cortex-m4", "arm-none-eabi", " -DCPU=cortex-m4", "qemu-system-arm -M mps2-an386"},
		{"stm32f4", "arm-none-eabi", stm32f4, "qemu-system-arm -M netduinoplus2 -serial null"},
		{"rv32imac", "riscv64-unknown-elf", "", "qemu-system-riscv32 -M virt -bios none"},
	} {
		t.Run(target.name, func(t *testing.T) {
			emulator := strings.Fields(target.emulator)
			need(t, target.toolchain+"-gcc", "/usr/lib/picolibc/"+target.toolchain, emulator[0])
			build := t.TempDir()
			run(t, dir, "cmake -S . -B "+build+" --toolchain cmake/"+target.toolchain+".cmake -DCMAKE_BUILD_TYPE=MinSizeRel"+target.options)
			run(t, dir, "cmake --build "+build)
			port := freePort(t)
			start(t, emulator[0], append(emulator[1:], "-display", "none", "-monitor", "none",
				"-serial", "tcp:"+port+",server,nowait,nodelay", "-kernel", filepath.Join(build, "examples/stream/stream"))...)
			waitFor(t, port)
			if out := run(t, dir, sends+" -port tcp:"+port+" -golden"); out != equal {
				t.Error(out)
			}
			waitFor(t, port)
			if out := run(t, dir, sends+" -port tcp:"+port+" -id rec "+table); out != strings.Join(decisions, "") {
				t.Errorf("%swant\n%s", out, strings.Join(decisions, ""))
			}
		})
	}
}

// start starts a program that runs until the test ends, and gives what it prints.
func start(t *testing.T, command string, args ...string) *bufio.Scanner {
	t.Helper()
	cmd := exec.Command(command, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return bufio.NewScanner(out)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitFor waits until a program listens.
func waitFor(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			time.Sleep(50 * time.Millisecond) // until the emulator has seen it go
			return
		}
	}
	t.Fatalf("nothing listens at %s", address)
}

// simavr runs a firmware with the simulator that a package brings, and gives the serial port.
func simavr(t *testing.T, dir, firmware string) string {
	t.Helper()
	need(t, "gcc", "/usr/include/simavr/parts/uart_pty.h", "/usr/include/libelf.h")
	simulator := filepath.Join(t.TempDir(), "simavr")
	run(t, dir, "gcc -I/usr/include/simavr -Wall -Werror -o "+simulator+" extras/simavr.c -lsimavr -lsimavrparts -lelf -lutil -lpthread")
	said := start(t, simulator, firmware)
	for said.Scan() {
		if port := said.Text(); strings.HasPrefix(port, "/dev/") {
			go func() {
				for said.Scan() { // nothing may stop the simulator
				}
			}()
			return port
		}
	}
	t.Fatal("the simulator has no port")
	return ""
}

// uno are the settings of an Arduino Uno's chip, for which there is assembly beside the C.
var uno = map[string]string{"mcu": "atmega328p"}

// TestAVR builds the CMake project for a bare ATmega328P, with the model's assembly, and runs it on simavr; and for this computer, where
// the C does the same.
func TestAVR(t *testing.T) {
	need(t, "cmake", "make", "avr-gcc", "gcc", "go")
	dir := packagesFor(t, activity(t), uno, "cmake")
	if found, err := filepath.Glob(filepath.Join(dir, "src", "*.S")); err != nil || len(found) != 1 {
		t.Errorf("assembly: %v (%v)", found, err)
	}
	build := t.TempDir()
	run(t, dir, "cmake -S . -B "+build+" --toolchain cmake/avr.cmake -DCMAKE_BUILD_TYPE=MinSizeRel")
	if made := run(t, dir, "cmake --build "+build); !strings.Contains(made, "Building ASM object") {
		t.Error(made)
	}
	port := simavr(t, dir, filepath.Join(build, "examples/stream/stream"))
	for _, to := range []string{"-port " + port, "-run " + stream(t, dir)} {
		if out := run(t, dir, host(t, dir)+" "+to+" -golden"); out != "PASS: 5 of 5 outputs equal\n" {
			t.Errorf("%s: %s", to, out)
		}
	}
}

// TestArduino builds the library's sketch as the Arduino IDE does, runs it on simavr, and sends it samples over its UART with the
// package's own program: the classes are the interpreter's.
func TestArduino(t *testing.T) {
	const hardware = "/usr/share/arduino/hardware"
	need(t, "arduino-builder", hardware+"/arduino/avr/platform.txt", "avr-gcc", "go")
	l := activity(t)
	dir := packagesFor(t, l, uno, "arduino")
	build := t.TempDir()
	for _, sketch := range []string{"sensor", "stream"} {
		// avr-gcc 5 has DECIMAL_DIG, which the core's WString.cpp uses, in C alone.
		out := run(t, dir, "arduino-builder -hardware /usr/share/arduino-builder -hardware "+hardware+" -tools "+hardware+
			" -libraries "+filepath.Dir(dir)+" -fqbn arduino:avr:uno -build-path "+build+
			" -prefs compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__ examples/"+sketch+"/"+sketch+".ino")
		if !strings.Contains(out, "Sketch uses ") {
			t.Errorf("%s: %s", sketch, out)
		}
		core := hardware + "/arduino/avr/cores/arduino -I" + hardware + "/arduino/avr/variants/standard"
		run(t, dir, "avr-g++ -mmcu=atmega328p -DF_CPU=16000000L -DARDUINO=10819 -std=gnu++11 -Os -fsyntax-only -Wall -Wextra -Werror -Wno-unused-parameter"+
			" -include Arduino.h -Isrc -I"+core+" -x c++ examples/"+sketch+"/"+sketch+".ino")
	}

	port := simavr(t, dir, filepath.Join(build, "stream.ino.elf"))
	sends := host(t, dir)
	if out := run(t, dir, sends+" -port "+port+" -golden"); out != "PASS: 5 of 5 outputs equal\n" {
		t.Error(out)
	}
	csv, decisions := samples(t, l, 3)
	if out := run(t, dir, sends+" -port "+port+" -id rec "+file(t, "samples.csv", csv)); out != strings.Join(decisions, "") {
		t.Errorf("%swant\n%s", out, strings.Join(decisions, ""))
	}
}
