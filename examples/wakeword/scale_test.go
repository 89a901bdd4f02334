package wakeword

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
)

const scaleFile = "chip/scale.h"

// scaleShift is that of the integers of chip/scale.h: 2^22 times a gain, times a byte, fits 32 bits.
const scaleShift = 22

// TestScale holds chip/scale.h to the weights: every byte of every band becomes the integer that the model was trained on.
func TestScale(t *testing.T) {
	f, err := weights.Open("model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	m, errs := metadata.Read(f, nil)
	if len(errs) > 0 || len(m.Inputs) != 2*frontend.NumBands {
		t.Fatalf("%v, %d inputs", errs, len(m.Inputs))
	}
	var gains, offsets []int
	for band := range frontend.NumBands {
		want := make([]int, 256)
		for v := range want {
			want[v] = int(math.Round(m.Inputs[band].Of(float64(v))))
			if other := int(math.Round(m.Inputs[band+frontend.NumBands].Of(float64(v)))); other != want[v] {
				t.Fatalf("band %d: %d is %d in the first frame and %d in the second", band, v, want[v], other)
			}
		}
		gain, offset := scale(m.Inputs[band].Gain, m.Inputs[band].Offset, want)
		if gain == 0 {
			t.Fatalf("band %d: no integers give what %v does", band, m.Inputs[band])
		}
		gains, offsets = append(gains, gain), append(offsets, offset)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "/* Printed by scale_test.go, of ../model.safetensors: say  go generate ./examples/wakeword. */\n\n")
	fmt.Fprintf(&b, "/* A band v becomes the model's input (gain * v + offset) >> %d, within -128 to 127. */\n#define SCALE_SHIFT %[1]d\n", scaleShift)
	for _, table := range []struct {
		name    string
		numbers []int
	}{{"gain", gains}, {"offset", offsets}} {
		fmt.Fprintf(&b, "static const int32_t %s[%d] = {", table.name, len(table.numbers))
		for i, v := range table.numbers {
			if i%8 == 0 {
				b.WriteString("\n   ")
			}
			fmt.Fprintf(&b, " %d,", v)
		}
		b.WriteString("\n};\n")
	}
	if *update {
		if err := os.WriteFile(scaleFile, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(scaleFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what scale_test.go prints; write it anew with  go generate ./examples/wakeword", scaleFile)
	}
}

// scale finds integers that give what is wanted of every byte.
func scale(gain, offset float64, want []int) (int, int) {
	g, o := int(math.Round(gain*(1<<scaleShift))), int(math.Round((offset+0.5)*(1<<scaleShift)))
	for _, dg := range []int{0, 1, -1, 2, -2} {
		for _, do := range []int{0, 1, -1, 64, -64, 256, -256} {
			got := make([]int, len(want))
			for v := range got {
				got[v] = ((g+dg)*v + o + do) >> scaleShift
			}
			if slices.Equal(got, want) && max((g+dg)*255+max(o+do, 0), -o-do) <= math.MaxInt32 {
				return g + dg, o + do
			}
		}
	}
	return 0, 0
}
