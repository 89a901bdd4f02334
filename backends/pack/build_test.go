package pack_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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

// run runs a command in a folder; what it prints on standard error is its test's failure.
func run(t *testing.T, dir, command string, args ...string) string {
	t.Helper()
	out, err := exttool.Run(t.Context(), dir, nil, command, args...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// packages compiles a model with packages and gives the folder of the first.
func packages(t *testing.T, l *compiler.Lowered, formats ...string) string {
	t.Helper()
	l.Targets = map[string]map[string]string{"c": {"package": strings.Join(formats, ",")}}
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
	"tokens": "model min\ninput t : token[5]\nsteps 20\nparam U : int4[16, 5]\nparam V : int4[3, 16]\nstate h : int16[16] range 4\n" +
		"h <- hadamard(h) + U*onehot(t)\ny = V*relu(h)\noutput best = argmax(y) at every step\nweights \"model.safetensors\"\n",
	"bits": "model bit\ninput x : u8[4] / 255\nparam U : int4[8, 4]\nparam V : int4[3, 8]\nstate h : int16[8] range 4\n" +
		"h <- hadamard(h) + U*x\ny = V*h\noutput alarm = y > 0.25 at last step\nlabels \"fire\", \"water\", \"gas\"\nweights \"model.safetensors\"\n",
	"values": "model round\ninput x : i12 / 100\nsteps 300\nparam U : ternary[16, 1]\nparam V : int8[2, 16]\nstate h : int16[16] range 4\n" +
		"h <- hadamard(h) + U*x\noutput y = V*h at every step\nweights \"model.safetensors\"\n",
	"classes": "model F\ninput x : i8[3] / 32\nsteps 12\nparam U : int4[32, 3]\nparam V : int4[4, 32]\nstate h : int12[32] range 4\n" +
		"h <- hadamard(h) + U*x\noutput class = argmax(V*h) mean\nlabels \"a\", \"b \\\"c\\\"\", \"größer\", \"d\"\nweights \"model.safetensors\"\n",
}

var strict = []string{"-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"}

// sources are a package's own, with the include folder of its header.
func sources(t *testing.T, dir string, files ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "src", "*.c"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no sources in %s", dir)
	}
	for _, f := range files {
		found = append(found, filepath.Join(dir, filepath.FromSlash(f)))
	}
	return append(found, "-I"+filepath.Join(dir, "src"))
}

// host builds a package's program for the host.
func host(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "host")
	run(t, dir, "go", "build", "-o", program, "./host")
	return program
}

// stream builds the example of a CMake package for this computer.
func stream(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "stream")
	example := "examples/stream/"
	run(t, dir, "gcc", append(append([]string{"-std=c99", "-Wsign-conversion", "-o", program}, strict...), sources(t, dir, example+"main.c", example+"serial_stdio.c")...)...)
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
			dir := packages(t, l, pack.Names()...)
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
			check := append([]string{"-fsyntax-only", "-I" + stubs}, strict...)
			a, e, z, p := in("arduino"), in("esp-idf"), in("zephyr"), in("platformio")
			run(t, a, "g++", append(check, "-std=c++11", "-include", "Arduino.h", "-x", "c++", "examples/stream/stream.ino", "-Isrc")...)
			if sensor := "examples/sensor/sensor.ino"; kind != "tokens" {
				run(t, a, "g++", append(check, "-std=c++11", "-include", "Arduino.h", "-x", "c++", sensor, "-Isrc")...)
			}
			run(t, p, "g++", append(check, "-std=c++11", "examples/stream/src/main.cpp", "-Isrc")...)
			run(t, e, "gcc", append(check, "-std=gnu17", "examples/stream/main/main.c", "-Isrc")...)
			run(t, z, "gcc", append(check, "-std=c17", "samples/stream/src/main.c", "-Isrc")...)
			run(t, in("cmake"), "gcc", append(check, "-std=c99", "examples/stream/serial_cmsdk.c", "examples/stream/serial_ns16550.c", "examples/stream/serial_stm32f4.c", "-Wno-int-to-pointer-cast")...)

			program := stream(t, in("cmake"))
			out := run(t, in("cmake"), host(t, in("cmake")), "-run", program, "-golden")
			if !regexp.MustCompile(`^PASS: ([1-9]\d*) of (\d+) outputs equal\n$`).MatchString(out) {
				t.Error(out)
			}
		})
	}
}

// TestProtocol says lines to the example, good and bad.
func TestProtocol(t *testing.T) {
	need(t, "gcc")
	dir := packages(t, random(t, kinds["classes"]), "cmake")
	program := stream(t, dir)
	said, err := exttool.Run(t.Context(), dir, strings.NewReader(strings.Join([]string{
		"", "1 2 3", "1,2, -3", "\t1  2\t3\r", "128 0 0", "-128 127 0", "1 2", "1 2 3 4", "1 - 2", "1 2 3x", "999999999999999 1 1", "1 2 ?", "?", "=", "--5 1 2", "5-1 1 2", "!",
		strings.Repeat("1 2 3\n", 11) + "1 2 3", "9 9 9", "",
	}, "\n")), program)
	if err != nil {
		t.Fatal(err)
	}
	greeting := "hrnnc f_model 3 12 4"
	if text := string(said); !strings.HasPrefix(text, greeting+"\n") {
		greeting, _, _ = strings.Cut(text, "\n")
		if !strings.HasPrefix(greeting, "hrnnc ") || !strings.HasSuffix(greeting, " 3 12 4") {
			t.Fatal(text)
		}
	}
	class, values := `class [0-3]`, `values -?\d+ -?\d+ -?\d+ -?\d+`
	want := []string{regexp.QuoteMeta(greeting), `\.`, `\.`, `\.`, "error range", `\.`, "error too few", "error too many", "error sign", "error character", "error range", "error command",
		class, values, `\.`, "error character", regexp.QuoteMeta(greeting)}
	for range 11 {
		want = append(want, `\.`)
	}
	want = append(want, class, `\.`)
	if pattern := "^" + strings.Join(want, "\n") + "\n$"; !regexp.MustCompile(pattern).MatchString(string(said)) {
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
	plain := regexp.MustCompile(`(?m)^p\d,([^,]*),([^,]*),r\d,([^,\n]*)$`).ReplaceAllString(csv[strings.Index(csv, "\n")+1:], "$2 $3 $1")
	if out, errs := send(file(t, "plain.txt", plain)); errs != "" || strings.Count(out, "\n") != 6 || !strings.HasPrefix(out, "all, step 128: "+strings.TrimPrefix(decisions[0], "r0, step 128: ")) {
		t.Errorf("windows: %s%s", out, errs)
	}
	if out, errs := send(file(t, "short.txt", strings.Join(strings.SplitAfter(plain, "\n")[:7], ""))); errs != "" || !strings.HasPrefix(out, "all, step 7: ") {
		t.Errorf("a short recording: %s%s", out, errs)
	}
	if out, errs := send("-integers", file(t, "integers.txt", strings.Repeat("1 -128 127\n", 128))); errs != "" || !strings.HasPrefix(out, "all, step 128: ") {
		t.Errorf("integers: %s%s", out, errs)
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

// TestComponents reads the CMakeLists.txt of components and modules with CMake.
func TestComponents(t *testing.T) {
	need(t, "cmake")
	script, err := filepath.Abs("testdata/component.cmake")
	if err != nil {
		t.Fatal(err)
	}
	l := random(t, kinds["tokens"])
	for format, lists := range map[string][]string{"esp-idf": {"CMakeLists.txt", "examples/stream/main/CMakeLists.txt"}, "zephyr": {"zephyr/CMakeLists.txt"}} {
		dir := packages(t, l, format)
		for _, list := range lists {
			at := filepath.Join(dir, filepath.FromSlash(list))
			symbol := "-DCONFIG_" + strings.ToUpper(filepath.Base(dir)) + "=y"
			cmd := exec.Command("cmake", symbol, "-DLISTS="+at, "-DROOT="+filepath.Dir(at), "-P", script)
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "source ") || !strings.Contains(string(out), "include ") {
				t.Errorf("%s/%s: %v\n%s", format, list, err, out)
			}
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
		run(t, dir, "cmake", "-S", ".", "-B", build, "-DCMAKE_BUILD_TYPE=Release")
		run(t, dir, "cmake", "--build", build)
		run(t, dir, "cmake", "--install", build, "--prefix", installed)
		run(t, dir, "cmake", "-S", "examples/stream", "-B", user, "-DCMAKE_PREFIX_PATH="+installed)
		run(t, dir, "cmake", "--build", user)
		for _, program := range []string{filepath.Join(build, "examples/stream/stream"), filepath.Join(user, "stream")} {
			if out := run(t, dir, sends, "-run", program, "-golden"); out != equal {
				t.Error(out)
			}
		}
	})
	csv, decisions := samples(t, l, 3)
	table := file(t, "samples.csv", csv)
	for _, target := range []struct {
		name, toolchain string
		options         []string
		emulator        []string
		needs           []string
	}{
		{"cortex-m3", "arm-none-eabi", []string{"-DCPU=cortex-m3"}, []string{"qemu-system-arm", "-M", "mps2-an385"}, []string{"arm-none-eabi-gcc", "/usr/lib/picolibc/arm-none-eabi"}},
		{"cortex-m4", "arm-none-eabi", []string{"-DCPU=cortex-m4"}, []string{"qemu-system-arm", "-M", "mps2-an386"}, []string{"arm-none-eabi-gcc", "/usr/lib/picolibc/arm-none-eabi"}},
		{"stm32f4", "arm-none-eabi", []string{"-DCPU=cortex-m4", "-DSERIAL=stm32f4", "-DMEMORY=__flash=0x08000000,__flash_size=0x80000,__ram=0x20000000,__ram_size=0x20000"},
			[]string{"qemu-system-arm", "-M", "netduinoplus2", "-serial", "null"}, []string{"arm-none-eabi-gcc", "/usr/lib/picolibc/arm-none-eabi"}},
		{"rv32imac", "riscv64-unknown-elf", nil, []string{"qemu-system-riscv32", "-M", "virt", "-bios", "none"}, []string{"riscv64-unknown-elf-gcc", "/usr/lib/picolibc/riscv64-unknown-elf"}},
	} {
		t.Run(target.name, func(t *testing.T) {
			need(t, append(target.needs, target.emulator[0])...)
			build := t.TempDir()
			run(t, dir, "cmake", append([]string{"-S", ".", "-B", build, "--toolchain", "cmake/" + target.toolchain + ".cmake", "-DCMAKE_BUILD_TYPE=MinSizeRel"}, target.options...)...)
			run(t, dir, "cmake", "--build", build)
			port := freePort(t)
			start(t, target.emulator[0], append(target.emulator[1:], "-display", "none", "-monitor", "none",
				"-serial", "tcp:"+port+",server,nowait,nodelay", "-kernel", filepath.Join(build, "examples/stream/stream"))...)
			waitFor(t, port)
			if out := run(t, dir, sends, "-port", "tcp:"+port, "-golden"); out != equal {
				t.Error(out)
			}
			waitFor(t, port)
			if out := run(t, dir, sends, "-port", "tcp:"+port, "-id", "rec", table); out != strings.Join(decisions, "") {
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

// TestArduino builds the library's sketch as the Arduino IDE does, runs it on simavr, and sends it samples over its UART with the
// package's own program: the classes are the interpreter's.
func TestArduino(t *testing.T) {
	const core, parts = "/usr/share/arduino/hardware/arduino/avr/platform.txt", "/usr/include/simavr/parts/uart_pty.h"
	need(t, "arduino-builder", core, "avr-gcc", "go")
	l := activity(t)
	dir := packages(t, l, "arduino")
	build := t.TempDir()
	// avr-gcc 5 has DECIMAL_DIG, which the core's WString.cpp uses, in C alone.
	for _, sketch := range []string{"examples/sensor/sensor.ino", "examples/stream/stream.ino"} {
		out := run(t, dir, "arduino-builder", "-hardware", "/usr/share/arduino/hardware", "-tools", "/usr/share/arduino/hardware/tools", "-libraries", filepath.Dir(dir),
			"-fqbn", "arduino:avr:uno", "-build-path", build, "-prefs", "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__", sketch)
		if !strings.Contains(out, "Sketch uses ") {
			t.Errorf("%s: %s", sketch, out)
		}
	}
	run(t, dir, "avr-g++", append(append([]string{"-mmcu=atmega328p", "-DF_CPU=16000000L", "-DARDUINO=10819", "-std=gnu++11", "-Os", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
		"-I/usr/share/arduino/hardware/arduino/avr/cores/arduino", "-I/usr/share/arduino/hardware/arduino/avr/variants/standard"}, "-include", "Arduino.h", "-Isrc", "-x", "c++"), "examples/stream/stream.ino")...)

	need(t, "gcc", parts)
	simulator := filepath.Join(build, "uart")
	run(t, dir, "gcc", "-I/usr/include/simavr", "-Wall", "-Werror", "-o", simulator, "extras/simavr/uart.c", "-lsimavr", "-lsimavrparts", "-lelf", "-lutil", "-lpthread")
	said := start(t, simulator, filepath.Join(build, "stream.ino.elf"))
	port := ""
	for said.Scan() {
		if strings.HasPrefix(said.Text(), "/dev/") {
			port = said.Text()
			break
		}
	}
	if port == "" {
		t.Fatal("the simulator has no port")
	}
	go func() {
		for said.Scan() { // nothing may stop the simulator
		}
	}()
	sends := host(t, dir)
	if out := run(t, dir, sends, "-port", port, "-golden"); out != "PASS: 5 of 5 outputs equal\n" {
		t.Error(out)
	}
	csv, decisions := samples(t, l, 3)
	if out := run(t, dir, sends, "-port", port, "-id", "rec", file(t, "samples.csv", csv)); out != strings.Join(decisions, "") {
		t.Errorf("%swant\n%s", out, strings.Join(decisions, ""))
	}
}
