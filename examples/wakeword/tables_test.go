package wakeword

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/frontend"
)

//go:generate go test . -run 'TestTables|TestScale' -update

var update = flag.Bool("update", false, "write the files of chip/ that are printed anew")

// printed are the files of chip/ that are printed here.
var printed = map[string]func() string{"chip/tables.h": tables, "chip/tables.vh": verilogTables}

// TestTables holds them to the formulas of internal/frontend. That the front ends then compute the same bits is TestFrontend and TestVerilog.
func TestTables(t *testing.T) {
	for file, text := range printed {
		want := text()
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what tables_test.go prints; write it anew with  go generate ./examples/wakeword", file)
		}
	}
}

// tables prints chip/tables.h.
func tables() string {
	var b strings.Builder
	b.WriteString("/* Printed by tables_test.go: change that, and say  go generate ./examples/wakeword. */\n")
	table(&b, "One side of the Hann window: 32767 * sin(pi n/256)^2.", "int16_t", "hann", hanns, hann)
	table(&b, "32767 * sin(pi k/128); the cosine starts a quarter of a circle later, at 64.", "int16_t", "sine", sines, sine)
	table(&b, "The bins where bands start: equally wide in mel from 62.5 Hz to 4 kHz, 31.25 Hz a bin.", "uint8_t", "edges", 17, func(i int) float64 {
		return float64(frontend.BandEdges[i])
	})
	return b.String()
}

// Entries of the two tables.
const hanns, sines = 129, 245

func hann(n int) float64 {
	s := math.Sin(math.Pi * float64(n) / 256)
	return 32767 * s * s
}

func sine(k int) float64 { return 32767 * math.Sin(math.Pi*float64(k)/128) }

// verilogTables prints chip/tables.vh.
func verilogTables() string {
	var b strings.Builder
	b.WriteString("// Printed by tables_test.go: change that, and say  go generate ./examples/wakeword.\ninitial begin\n")
	for _, t := range []struct {
		from, n int
		value   func(int) float64
	}{{0, sines, sine}, {256, hanns, hann}} {
		for i := range t.n {
			fmt.Fprintf(&b, "    tables[%d] = %d;\n", t.from+i, int(math.Round(t.value(i))))
		}
	}
	b.WriteString("end\n")
	return b.String()
}

// table prints an array of rounded values.
func table(b *strings.Builder, comment, kind, name string, n int, value func(int) float64) {
	fmt.Fprintf(b, "\n/* %s */\nstatic TABLE %s %s[%d] = {", comment, kind, name, n)
	for i := range n {
		if i%12 == 0 {
			b.WriteString("\n   ")
		}
		fmt.Fprintf(b, " %d,", int(math.Round(value(i))))
	}
	b.WriteString("\n};\n")
}
