package chip

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestParts holds every file to the schema: no unknown key, nothing that a kind needs left out, a source for every number.
func TestParts(t *testing.T) {
	parts, err := all()
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]string{}
	for _, p := range parts {
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			if n != strings.ToLower(n) || taken[n] != "" {
				t.Errorf("%s: the name %s is taken by %s, or not in small letters", p.Name, n, taken[n])
			}
			taken[n] = p.Name
		}
		need := func(what string, ok bool) {
			if !ok {
				t.Errorf("%s has no %s, or a wrong one", p.Name, what)
			}
		}
		need("kind", slices.Contains([]Kind{MCU, Host, FPGA}, p.Kind))
		need("title", p.Title != "")
		if p.Kind == FPGA {
			checkLogic(need, p)
			continue
		}
		need("arch", slices.Contains([]string{"avr", "arm", "riscv", "xtensa", "host"}, p.Arch))
		need("word", slices.Contains([]int{8, 16, 32, 64}, p.Word))
		need("int", p.Int == 16 || p.Int == 32)
		need("lanes", p.Lanes == 1 || p.Lanes == 2)
		need("compiler", p.Build.Compiler != "" && p.Build.Optimise != "" && len(p.Build.Flags) > 0)
		if p.Timing != nil {
			positive(t, p.Name+".timing", reflect.ValueOf(*p.Timing))
		}
		if p.Energy != nil {
			need("energy", p.Energy.Current > 0 && p.Energy.Volts > 0)
			need("data sheet of the energy", strings.Contains(p.Energy.Source, "data sheet"))
		}
		if p.Kind == Host {
			continue
		}
		need("flash and RAM", p.Flash > 0 && p.RAM > 0)
		need("clock", p.Clock > 0)
		need("source of its memories", p.Sources["memory"] != "")
		if e := p.Emulator; e.Program != "" {
			need("machine", e.Machine != "")
			need("unit", e.Counts == Cycles || e.Counts == Instructions)
			need("addresses", e.Code.Length > 0 && e.Data.Length > 0)
			if e.Counts == Instructions {
				need("timing, or a reason", p.Timing != nil && p.Sources["timing"] != "" || strings.HasPrefix(p.Sources["timing"], "none"))
			}
		}
	}
	for _, name := range strings.Fields("atmega328p cortex-m0 cortex-m0plus cortex-m3 cortex-m4 cortex-m7 cortex-m33 rv32imc esp32c3 esp8266 host up5k hx1k hx8k ecp5 xc7") {
		if taken[name] == "" {
			t.Errorf("there is no part %s", name)
		}
	}
}

// checkLogic holds an FPGA to its schema.
func checkLogic(need func(what string, ok bool), p *Part) {
	l := p.Logic
	if need("logic", l != nil); l == nil {
		return
	}
	need("LUTs and flip-flops", l.LUTs > 0 && l.FlipFlops > 0 && (l.LUTInputs == 4 || l.LUTInputs == 6))
	for _, m := range []RAM{l.Block, l.Large} {
		need("memory", m == RAM{} || m.Count > 0 && m.Bits > 0 && m.Width > 0 && m.Ports > 0 && m.Note != "")
	}
	need("block RAM", l.Block.Count > 0)
	need("multipliers, as its cells have them", (l.Multipliers > 0) == (l.Multiplier != "") && (l.Multipliers > 0) == (len(l.Cells["multipliers"]) > 0))
	need("large memories, as its cells have them", (l.Large.Count > 0) == (len(l.Cells["large"]) > 0))
	need("package and pins", l.Package != "" && l.Pins > 0)
	need("synthesis", strings.HasPrefix(l.Synthesis.Command, "synth_"))
	need("source of its logic", p.Sources["logic"] != "")
	for _, kind := range []string{"luts", "flip_flops", "carries", "blocks"} {
		need("cells of "+kind, len(l.Cells[kind]) > 0)
	}
	if l.PlaceRoute.Command == "" {
		need("reason why nothing places on it", p.Sources["place and route"] != "")
	} else {
		need("floor plan and bitstream", l.Columns > 0 && l.Rows > 0 && l.Bitstream != "")
	}
	if l.Power == nil {
		need("power, or a reason", strings.HasPrefix(p.Sources["power"], "not known"))
	} else {
		need("power", l.Power.Volts > 0 && l.Power.Static > 0 && l.Power.Clock > 0 && 0 < l.Power.LUT[0] && l.Power.LUT[0] <= l.Power.LUT[1] && l.Power.Source != "" && l.Power.Note != "")
	}
	for _, b := range l.Boards {
		need("name, title, clock and source of a board", b.Name != "" && b.Title != "" && b.Clock > 0 && b.Source != "" && len(b.Program) > 0)
		used := map[string]string{}
		for what, pins := range b.Pins {
			for _, pin := range pins {
				need("pin for "+what+" alone on "+b.Name, pin != "" && used[pin] == "")
				used[pin] = what
			}
		}
		for _, what := range []string{"clk", "rx", "tx", "led"} {
			need(what+" of "+b.Name, len(b.Pins[what]) > 0)
		}
		for _, what := range b.ActiveLow {
			need(what+" of "+b.Name, len(b.Pins[what]) > 0)
		}
	}
}

// positive reports numbers that are 0 or below.
func positive(t *testing.T, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			positive(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Float64:
		if f := v.Float(); f <= 0 {
			t.Errorf("%s is %v", name, f)
		}
	}
}

// TestEveryKeyIsKnown: what a file says twice, or in a word that Part has not, is an error of read; here, that the files use
// only keys, and that null is used only to drop what is inherited.
func TestEveryKeyIsKnown(t *testing.T) {
	for _, p := range All() {
		data, err := files.ReadFile(path.Join("parts", p.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var own map[string]any
		if err := json.Unmarshal(data, &own); err != nil {
			t.Fatal(err)
		}
		for k, v := range own {
			if v == nil && own["inherits"] == nil {
				t.Errorf("%s: %s is null and inherits nothing", p.Name, k)
			}
		}
	}
}

func TestInheritance(t *testing.T) {
	m0, m4, rp2040 := get(t, "cortex-m0"), get(t, "M4"), get(t, "pico")
	if m4.Lanes != 2 || m0.Lanes != 1 || m4.Timing.Load != m0.Timing.Load || m4.Clock == m0.Clock {
		t.Errorf("cortex-m4 is not cortex-m3 with lanes: %+v", m4)
	}
	if m4.Emulator.Program != "qemu-system-arm" || m4.Emulator.Machine != "mps2-an386" || m4.Emulator.Code.Length != 1<<22 {
		t.Errorf("emulator of cortex-m4: %+v", m4.Emulator)
	}
	if mega := get(t, "mega"); !slices.Contains(mega.Build.Flags, "-mmcu=atmega2560") || mega.Build.Compiler != "avr-gcc" || mega.Energy != nil {
		t.Errorf("atmega2560: %+v", mega)
	}
	if m0.Timing.Taken != 3 || rp2040.Timing.Taken != 2 || rp2040.Timing.Load != 2 || rp2040.Energy != nil {
		t.Errorf("rp2040: %+v, %+v", rp2040.Timing, rp2040.Energy)
	}
	if !slices.Contains(m0.Build.Flags, "-mcpu=cortex-m0") || slices.Contains(rp2040.Build.Flags, "-mcpu=cortex-m0") {
		t.Errorf("flags: %v, %v", m0.Build.Flags, rp2040.Build.Flags)
	}
}

func get(t *testing.T, name string) *Part {
	t.Helper()
	p, err := Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUnknownChipsAreAnswered(t *testing.T) {
	for name, want := range map[string]string{
		"atmega328pp": "atmega328p?", "cortex-m5": "cortex-m", "z80 or so": "the chips are atmega2560, atmega328p, cortex-m0",
	} {
		if _, err := Get(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestCyclesAndEnergy(t *testing.T) {
	m0 := get(t, "cortex-m0")
	// Two loads, an ldm of three, a branch that is taken and one that is not.
	if got := m0.Timing.Cycles(Mix{Load: 2, Multiple: 1, Register: 3, Branch: 2, Taken: 1}); got != 2*2+(1+3)+3+1 {
		t.Errorf("%v cycles", got)
	}
	if e := get(t, "atmega328p").Energy.PerCycle(); e != 3.25 {
		t.Errorf("%v nJ a cycle of an ATmega328P", e)
	}
}

func TestFPGAs(t *testing.T) {
	hx1k, err := GetFPGA("icestick")
	if err != nil || hx1k.Name != "hx1k" || hx1k.Logic.LUTs != 1280 || hx1k.Logic.Block.Bits != 4096 || hx1k.Logic.Block.Count != 16 ||
		len(hx1k.Logic.Boards) != 1 || hx1k.Logic.Boards[0].Note != "" {
		t.Errorf("hx1k is not hx8k with less: %+v, %v", hx1k, err)
	}
	if hx8k, err := GetFPGA("HX8K"); err != nil || hx8k.Logic.LUTs != 7680 || hx8k.Logic.Boards[0].Name != "hx8k-b-evn" {
		t.Errorf("hx8k: %+v, %v", hx8k, err)
	}
	if p, b, err := GetBoard("UPduino"); err != nil || p.Name != "up5k" || b.Pins["tx"][0] != "14" {
		t.Errorf("upduino: %+v, %v", b, err)
	}
	for name, want := range map[string]string{"up6k": "did you mean up5k?", "atmega328p": "is no FPGA", "a large one": "the FPGAs are ecp5, hx1k, hx8k, up5k, xc7"} {
		if _, err := GetFPGA(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, _, err := GetBoard("arty"); err == nil || !strings.Contains(err.Error(), "icebreaker") {
		t.Errorf("a board that there is not: %v", err)
	}
}

func TestCellsAreCounted(t *testing.T) {
	ecp5, xc7, up5k := get(t, "ecp5").Logic, get(t, "xc7").Logic, get(t, "up5k").Logic
	for _, c := range []struct {
		logic *Logic
		kind  string
		cells map[string]int
		want  int
	}{
		{up5k, "luts", map[string]int{"SB_LUT4": 7, "SB_CARRY": 3, "SB_DFFESR": 2}, 7},
		{up5k, "flip_flops", map[string]int{"SB_DFF": 1, "SB_DFFESR": 2, "SB_LUT4": 9}, 3},
		{up5k, "blocks", map[string]int{"SB_RAM40_4K": 1, "SB_RAM40_4KNR": 1}, 2},
		{ecp5, "luts", map[string]int{"LUT4": 10, "CCU2C": 2, "PFUMX": 5}, 14},
		{xc7, "luts", map[string]int{"LUT1": 1, "LUT6": 2, "RAM32M": 1, "MUXF7": 4}, 7},
		{xc7, "blocks", map[string]int{"RAMB18E1": 1, "RAMB36E1": 3}, 7},
	} {
		if got := c.logic.Counts(c.kind, c.cells); got != c.want {
			t.Errorf("%v are %d %s, want %d", c.cells, got, c.kind, c.want)
		}
	}
}

func TestPowerIsThatOfItsSource(t *testing.T) {
	p := get(t, "up5k").Logic.Power
	least, most := p.Milliwatts(228, 12)
	if got := least / p.Volts; got < 0.63 || got > 0.66 { // 228 cells of counters at 12 MHz took 0.641 mA
		t.Errorf("counters take %.3f mA", got)
	}
	if most <= least {
		t.Errorf("%v to %v mW", least, most)
	}
}
