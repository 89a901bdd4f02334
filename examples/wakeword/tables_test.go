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

var update = flag.Bool("update", false, "write chip/tables.h anew")

const tablesFile = "chip/tables.h"

// TestTables holds chip/tables.h to the formulas of internal/frontend. That the front end then computes the same bits is TestFrontend.
func TestTables(t *testing.T) {
	want := tables()
	if *update {
		if err := os.WriteFile(tablesFile, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(tablesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what tables_test.go prints; write it anew with  go generate ./examples/wakeword", tablesFile)
	}
}

// tables prints chip/tables.h.
func tables() string {
	var b strings.Builder
	b.WriteString("/* Printed by tables_test.go: change that, and say  go generate ./examples/wakeword. */\n")
	table(&b, "One side of the Hann window: 32767 * sin(pi n/256)^2.", "int16_t", "hann", 129, func(n int) float64 {
		s := math.Sin(math.Pi * float64(n) / 256)
		return 32767 * s * s
	})
	table(&b, "32767 * sin(pi k/128); the cosine starts a quarter of a circle later, at 64.", "int16_t", "sine", 245, func(k int) float64 {
		return 32767 * math.Sin(math.Pi*float64(k)/128)
	})
	table(&b, "The bins where bands start: equally wide in mel from 62.5 Hz to 4 kHz, 31.25 Hz a bin.", "uint8_t", "edges", 17, func(i int) float64 {
		return float64(frontend.BandEdges[i])
	})
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
