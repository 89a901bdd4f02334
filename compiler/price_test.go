package compiler

import (
	"strconv"
	"testing"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
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
	w, err := modelgen.Weights(pricedModel, 1)
	if err != nil {
		t.Fatal(err)
	}
	file, err := (&modelgen.Model{Text: pricedModel, Weights: w}).Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(file, "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestChipPriceIsThatOfTheSchedule: the figures are those of what Compile picks; without room they are what would do, with which there is.
func TestChipPriceIsThatOfTheSchedule(t *testing.T) {
	l := priced(t).with(c.Target, "mcu", "atmega328p")
	picked, err := l.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.ChipPrice()
	if err != nil || got.Flash != picked.Price.Flash() || got.RAM != picked.Price.RAM() || got.Cycles != int(picked.Price.Step()+0.5) || got.Unmet != "" {
		t.Errorf("%+v, want %+v: %v", got, picked.Price, err)
	}
	tight := l.with(c.Target, "flash", "300").with(c.Target, "ram", "40")
	near, err := tight.ChipPrice()
	if err != nil || near.Unmet == "" || near.Flash <= 300 || near.RAM <= 40 || near.Cycles < got.Cycles {
		t.Fatalf("%+v: %v", near, err)
	}
	roomy := l.with(c.Target, "flash", strconv.Itoa(near.Flash)).with(c.Target, "ram", strconv.Itoa(near.RAM))
	if again, err := roomy.ChipPrice(); err != nil || again.Unmet != "" || again.Flash > near.Flash || again.RAM > near.RAM {
		t.Errorf("with what would do: %+v, %v", again, err)
	}
	if _, err := l.with(c.Target, "mcu", "host").ChipPrice(); err == nil {
		t.Error("this machine has a price")
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
