package compiler

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	cc "github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/verilog"
)

const pricedModel = `model priced
input x : i8[3] / 32
steps 50
param U : int4[32, 3]
param b : [32]
param V : int4[5, 32]
state h : int16[32]
h <- hadamard(h, block = 16) + U*x + b
output class = argmax(V*relu(h)) at last
weights "model.safetensors"
`

func priced(t *testing.T) *Lowered {
	t.Helper()
	return randomWeights(t, pricedModel, 1)
}

// TestChipPriceIsThatOfTheSchedule: the figures are those of what Compile picks; without room they are what would do, with which there is.
func TestChipPriceIsThatOfTheSchedule(t *testing.T) {
	l := priced(t).with(cc.Target, "mcu", "atmega328p")
	picked, err := l.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.ChipPrice()
	if err != nil || got.Flash != picked.Price.Flash() || got.RAM != picked.Price.RAM() || got.Cycles != int(picked.Price.Step()+0.5) || got.Unmet != "" {
		t.Errorf("%+v, want %+v: %v", got, picked.Price, err)
	}
	tight := l.with(cc.Target, "flash", "300").with(cc.Target, "ram", "40")
	near, err := tight.ChipPrice()
	if err != nil || near.Unmet == "" || near.Flash <= 300 || near.RAM <= 40 || near.Cycles < got.Cycles {
		t.Fatalf("%+v: %v", near, err)
	}
	roomy := l.with(cc.Target, "flash", strconv.Itoa(near.Flash)).with(cc.Target, "ram", strconv.Itoa(near.RAM))
	if again, err := roomy.ChipPrice(); err != nil || again.Unmet != "" || again.Flash > near.Flash || again.RAM > near.RAM {
		t.Errorf("with what would do: %+v, %v", again, err)
	}
	if _, err := l.with(cc.Target, "mcu", "host").ChipPrice(); err == nil {
		t.Error("this machine has a price")
	}
	if _, err := priced(t).ChipPrice(); err == nil || !strings.Contains(err.Error(), "no chip is named; help: add  --mcu NAME") {
		t.Errorf("without a chip: %v", err)
	}
}

// TestLogicPriceIsThatOfTheDesign: of the design that Compile makes, or of the smallest that is quick enough.
func TestLogicPriceIsThatOfTheDesign(t *testing.T) {
	l := priced(t).with(verilog.Target, "part", "up5k")
	chosen, err := l.Architecture(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.LogicPrice(0)
	if err != nil || got.LUTs != chosen.Chosen.Tables || got.Unmet != "" {
		t.Errorf("%+v, want %+v: %v", got, chosen.Chosen, err)
	}
	fast, err := l.LogicPrice(got.Cycles - 1)
	if err != nil || fast.Unmet != "" || fast.Cycles >= got.Cycles {
		t.Errorf("%+v, %v", fast, err)
	}
	if none, err := l.LogicPrice(1); err != nil || none.Unmet == "" || none.Cycles <= 1 {
		t.Errorf("%+v, %v", none, err)
	}
}

// TestWideStatesOfFewSteps: a plan knows more of numbers than the widths of their arrays say, of a state that few steps do not fill or of
// signs in a row; programs of chips are proven with what it knows.
func TestWideStatesOfFewSteps(t *testing.T) {
	stacked := func(state, inner, flows string) string {
		return "model wide\ninput x : token[2]\nsteps 7\nparam U : int4[8, 2]\nparam B : int4[8, 8]\nparam V : int4[2, 8]\nstate g : " + state +
			"\nstate h : int16[8] range 0.7 headroom 3\ng <- hadamard(g, block = 2" + inner + ") + U*onehot(x)\nh <- hadamard(h, block = 2) + B*" + flows +
			"\noutput V*relu(h) at every step\nweights \"model.safetensors\"\n"
	}
	const presigned = "model first\ninput x : token[2]\nsteps 1\nparam q : sign[4]\nparam U : int8[4, 2]\nparam V : int8[2, 4]\n" +
		"state h : int16[4] range 100 headroom 7\nh <- hadamard(h, presigns = q) + U*onehot(x)\noutput argmax(V*h) mean\nweights \"model.safetensors\"\n"
	const signs = "model signs\ninput x : i12[1]\nsteps 7\nparam U : int4[64, 1]\nparam B : binary[40, 64]\nparam V : ternary[3, 40]\n" +
		"state g : int10[64] range 0.7 headroom 0\nstate h : int16[40] range 4\ng <- hadamard(g) + U*x\nh <- hadamard(h, block = 8) + B*g\n" +
		"output V*h at last\nweights \"model.safetensors\"\n"
	for _, c := range []struct{ chip, text string }{
		{"atmega328p", stacked("int24[8] range 100", ", leak = 1/2", "relu(g)")},
		{"atmega328p", stacked("int24[8] range 100", "", "g")},
		{"cortex-m4", stacked("int32[8] range 4000", "", "relu(g)")},
		{"atmega328p", presigned},
		{"atmega328p", signs},
	} {
		l := randomWeights(t, c.text, 1)
		if _, err := l.with(cc.Target, "mcu", c.chip).Schedule(); err != nil {
			t.Errorf("%s\n%s: %v", c.text, c.chip, err)
		}
	}
}

// TestDesignsOfWideSums: an architecture whose sums are wider than a signal may be is an error that names the setting, and others do.
func TestDesignsOfWideSums(t *testing.T) {
	const text = "model wide\ninput x : i12[1] * 10\nparam U : int4[8, 1]\nparam V : int4[2, 8]\nstate h : int32[8] range 100 headroom 0\n" +
		"h <- hadamard(h) + U*x\noutput argmax(V*h) at every step\nweights \"model.safetensors\"\n"
	l := randomWeights(t, text, 1)
	for arch, want := range map[string]string{"serial": "", "streaming": "", "parallel": "sums of more than 64 bits"} {
		_, _, err := l.with(verilog.Target, "arch", arch).generate(verilog.Target, l.Plan, backends.Vectors{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", arch, err)
		}
	}
}

// TestDesignWithoutRoomSaysSo: a model that is compiled for no part in particular is written, and what the usual part lacks is said.
func TestDesignWithoutRoomSaysSo(t *testing.T) {
	const text = "model words\ninput x : token[9000]\nsteps 9\nparam E : int8[9000, 16]\nparam U : int4[16, 16]\nparam V : int4[2, 16]\nstate h : int16[16]\n" +
		"h <- hadamard(h) + U*embed(E, x)\noutput argmax(V*h) at last\nweights \"model.safetensors\"\n"
	l := randomWeights(t, text, 1)
	_, figures, err := l.generate(verilog.Target, l.Plan, backends.Vectors{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if f.Name == "block RAMs" {
			if f.Value <= 30 || f.Note != "of 30: more than up5k has, take a larger  --part" {
				t.Errorf("%+v", f)
			}
			return
		}
	}
	t.Errorf("no block RAMs among %+v", figures)
}
