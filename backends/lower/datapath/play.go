package datapath

import (
	"fmt"
	"math/rand"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Ports of a model's design, beside clk and rst. A beat passes in a cycle in which its valid and ready are both 1.
const (
	InValid  = "in_valid"
	InReady  = "in_ready"
	InData   = "in_data" // an entry of the input, one a beat
	InLast   = "in_last" // with the last beat of a sequence
	OutValid = "out_valid"
	OutReady = "out_ready"
	OutData  = "out_data"  // an output, one a beat
	OutLast  = "out_last"  // with the last output of a step
	OutClass = "out_class" // with OutLast: the index of the largest output, the first of equals
	// OutChanged is beside OutClass, where a decide block makes the class: whether it is another than that of the step before.
	OutChanged = "out_changed"
	OutBit     = "out_bit" // whether the output is above the threshold
)

// Played is what came of a run.
type Played struct {
	Y [][][]int64 // as backends.Vectors has it
	// StepCycles are those from the last beat of a step to that of the next while neither side waits, far into a sequence;
	// OutputCycles the most between any two steps. Pauses and short sequences leave them 0.
	StepCycles, OutputCycles int
}

// Play runs sequences through a model's design and collects the outputs. With pauses, both sides wait at random. It checks
// the protocol on the way: outputs stay until they are taken, out_last, the class and the bit are right.
func Play(d *Design, p *lower.Plan, x [][][]int64, pauses *rand.Rand) (Played, error) {
	m := &player{s: NewSimulator(d), p: p, pauses: pauses}
	m.s.Clock(true)
	m.s.Clock(true)
	for i, sequence := range x {
		for t, row := range sequence {
			for j, v := range row {
				if err := m.feed(v, t == len(sequence)-1 && j == len(row)-1, j == len(row)-1); err != nil {
					return m.out, fmt.Errorf("sequence %d, step %d: %w", i, t, err)
				}
			}
		}
	}
	expected := 0
	for _, sequence := range x {
		steps := 1
		if p.Output.When == ir.EveryStep {
			steps = len(sequence)
		}
		expected += steps * p.Entries()
	}
	for late, wait := 0, m.patience(); late < 2*d.OutputCycles+64 && wait > 0; wait-- { // and none too many
		if len(m.flat) >= expected {
			late++
		}
		if err := m.cycle(); err != nil {
			return m.out, err
		}
	}
	return m.out, m.collect(x)
}

type player struct {
	s      *Simulator
	p      *lower.Plan
	pauses *rand.Rand
	out    Played
	flat   []int64 // outputs in their order
	row    []int64 // of the step that leaves now
	held   bool    // an output waits to be taken
	heldIs uint64
	t      int    // steps of the sequence that is fed
	phases []int  // of steps whose outputs have not all left
	begins []bool // whether they are the first of their sequence
	class  int64  // decided on last
	beat   int    // the cycle of the last beat of the step before
}

func (m *player) patience() int { return 8 * (m.s.d.OutputCycles + 64) }

func (m *player) feed(v int64, last, stepEnds bool) error {
	for range m.patience() {
		valid := m.pauses == nil || m.pauses.Intn(3) > 0
		m.s.Set(InValid, truth(valid))
		m.s.Set(InData, uint64(v))
		m.s.Set(InLast, truth(last))
		accepted := valid && m.s.Get(InReady) == 1
		if accepted && stepEnds {
			m.count(last)
		}
		if err := m.cycle(); err != nil {
			return err
		}
		if accepted {
			m.s.Set(InValid, 0)
			return nil
		}
	}
	return fmt.Errorf("the input is not taken")
}

// count notes that the last beat of a step passes in this cycle.
func (m *player) count(last bool) {
	if m.beat > 0 && m.pauses == nil {
		m.out.OutputCycles = max(m.out.OutputCycles, m.s.Cycle-m.beat)
		if m.t+1 >= Settled {
			m.out.StepCycles = m.s.Cycle - m.beat
		}
	}
	m.beat = m.s.Cycle
	m.t++
	if last || m.p.Output.When == ir.EveryStep {
		m.phases = append(m.phases, m.t&1)
		m.begins = append(m.begins, m.t == 1)
	}
	if last {
		m.t = 0
	}
}

// cycle lets one cycle pass and takes the output that may leave in it.
func (m *player) cycle() error {
	ready := m.pauses == nil || m.pauses.Intn(3) > 0
	m.s.Set(OutReady, truth(ready))
	if m.s.Get(OutValid) == 1 {
		word := m.s.Get(OutData)
		if m.held && word != m.heldIs {
			return fmt.Errorf("an output changed while it waited")
		}
		m.held, m.heldIs = !ready, word
		if ready {
			if err := m.take(word); err != nil {
				return err
			}
		}
	} else if m.held {
		return fmt.Errorf("an output went away while it waited")
	}
	m.s.Clock(false)
	return nil
}

func (m *player) take(word uint64) error {
	y := int64(signExtend(word, m.s.port(OutData).Bits))
	m.flat = append(m.flat, y)
	m.row = append(m.row, y)
	last := len(m.row) == m.p.Readout.Matrix.Rows
	if got := m.s.Get(OutLast) == 1; got != last {
		return fmt.Errorf("out_last is %v with output %d of %d", got, len(m.row), m.p.Readout.Matrix.Rows)
	}
	if m.p.Output.Decision == ir.Threshold {
		phase := arith.Even
		if m.p.Output.When != ir.Mean && len(m.phases) > 0 {
			phase = m.phases[0]
		}
		if got, want := m.s.Get(OutBit) == 1, y > m.p.Readout.Threshold[phase]; got != want {
			return fmt.Errorf("out_bit is %v with %d", got, y)
		}
	}
	if !last {
		return nil
	}
	if m.p.Decide != nil {
		class := int64(m.s.Get(OutClass))
		changed := m.s.Get(OutChanged) == 1
		m.flat = append(m.flat, class)
		if begins := m.begins[0]; changed != (!begins && class != m.class) {
			return fmt.Errorf("out_changed is %v with class %d after %d", changed, class, m.class)
		}
		m.begins, m.class = m.begins[1:], class
	} else if m.p.Output.Decision == ir.Argmax {
		best := 0
		for i, v := range m.row {
			if v > m.row[best] {
				best = i
			}
		}
		if got := m.s.Get(OutClass); got != uint64(best) {
			return fmt.Errorf("out_class is %d, not %d", got, best)
		}
	}
	m.row = nil
	if len(m.phases) > 0 {
		m.phases = m.phases[1:]
	}
	return nil
}

// collect splits the outputs into sequences and steps.
func (m *player) collect(x [][][]int64) error {
	rows := m.p.Entries()
	flat := m.flat
	for _, sequence := range x {
		steps := 1
		if m.p.Output.When == ir.EveryStep {
			steps = len(sequence)
		}
		var y [][]int64
		for range steps {
			if len(flat) < rows {
				return fmt.Errorf("it gave %d outputs, too few", len(m.flat))
			}
			y, flat = append(y, flat[:rows:rows]), flat[rows:]
		}
		m.out.Y = append(m.out.Y, y)
	}
	if len(flat) > 0 {
		return fmt.Errorf("it gave %d outputs too many", len(flat))
	}
	return nil
}
