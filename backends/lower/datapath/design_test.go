package datapath

import "testing"

// counter counts beats up to three and then says so.
func counter() *Design {
	d := New("counter")
	beat := d.Input("beat", 1)
	done := d.Output("done", 1)
	n := d.Reg("n", 2).ResetTo(0)
	full := d.Wire("full", n.Ref().All())
	n.When(And(beat, full.Not()), Add(n.Ref(), Const(2, 1)))
	d.Reg("unread", 3).Set(Const(3, 1))
	d.Drive(done, full)
	d.Prune()
	return d
}

func TestCounter(t *testing.T) {
	d := counter()
	if err := d.Verify(); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Signals() {
		if s.Name == "unread" {
			t.Error("what nobody reads is still there")
		}
	}
	s := NewSimulator(d)
	s.Clock(true)
	s.Set("beat", 1)
	for cycle, want := range []uint64{0, 0, 0, 1, 1} {
		if got := s.Get("done"); got != want {
			t.Errorf("cycle %d: done is %d, not %d", cycle, got, want)
		}
		s.Clock(false)
	}
}

func TestVerifyFindsFaults(t *testing.T) {
	for name, build := range map[string]func(*Design){
		"a loop": func(d *Design) {
			w := d.Ahead("w", 1)
			d.Define(w, w.Ref().Not())
		},
		"a wire without a value":   func(d *Design) { d.Wire("v", d.Ahead("w", 1).Ref()) },
		"a register never set":     func(d *Design) { d.Reg("r", 4) },
		"a sum without a name":     func(d *Design) { d.Wire("v", AddCarry(Const(2, 1), d.Input("x", 2), d.Input("c", 1)).Not()) },
		"two ports for writing":    func(d *Design) { twoWrites(d) },
		"a memory without a value": func(d *Design) { d.Read(d.Memory(Memory{Name: "m", Bits: 4, Depth: 8}), "q", Const(3, 0), nil) },
		"an address of a bit too many": func(d *Design) {
			d.Drive(d.Output("y", 4), d.Read(d.Memory(Memory{Name: "m", Bits: 4, Depth: 8, Init: []int64{1}}), "q", d.Input("at", 4), nil))
		},
	} {
		d := New("faulty")
		build(d)
		if d.Verify() == nil {
			t.Errorf("%s is not found", name)
		}
	}
}

func twoWrites(d *Design) {
	m := d.Memory(Memory{Name: "m", Bits: 4, Depth: 8, Style: Block})
	d.Read(m, "q", Const(3, 0), nil)
	m.Write(One(), Const(3, 0), Const(4, 0))
	m.Write(One(), Const(3, 1), Const(4, 0))
}

// TestWordsThatMeet reads a word while it is written.
func TestWordsThatMeet(t *testing.T) {
	for _, old := range []bool{false, true} {
		d := New("d")
		x := d.Input("x", 8)
		m := d.Memory(Memory{Name: "m", Bits: 8, Depth: 2, Style: Block, Old: old, Init: []int64{7, 0}})
		m.Write(One(), Const(1, 0), x)
		y := d.Output("y", 8)
		d.Drive(y, d.Read(m, "q", Const(1, 0), nil))
		s := NewSimulator(d)
		s.Set("x", 9)
		s.Clock(false)
		first := s.Get("y")
		s.Clock(false)
		if second := s.Get("y"); (first == 7) != old || (second == 9) != old {
			t.Errorf("old %v: %d, then %d", old, first, second)
		}
	}
}
