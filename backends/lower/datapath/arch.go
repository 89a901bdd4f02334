package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// ArchKind is how a design spreads its work over time and space.
type ArchKind string

// The architectures.
const (
	Serial    ArchKind = "serial"    // a few butterflies a cycle over banked block RAM: the least area
	Streaming ArchKind = "streaming" // a stage of the transform each in its own logic, values pass through: n cycles a step
	Parallel  ArchKind = "parallel"  // all butterflies in space: as little as a cycle a step, for small n
)

// Arch is an architecture: what Build makes of a plan, and what a picker searches.
type Arch struct {
	Kind ArchKind `json:"arch"`
	// Lanes are butterflies a cycle of a serial design, and values a cycle of a streaming one: a power of two. Parallel
	// designs have one for every value.
	Lanes int `json:"lanes"`
	// Update is how many units are updated a cycle, at most 2 * Lanes of a serial design.
	Update int `json:"update"`
	// Product is how many weights meet what flows in, a cycle and unit under update.
	Product int `json:"product"`
	// Readout is how many weights of the readout are taken a cycle.
	Readout int `json:"readout"`
	// Weights says where the weights lie: in block RAM, or in logic as adder graphs.
	Weights Style `json:"weights"`
	// Multipliers allows the part's multipliers; without it there is none.
	Multipliers bool `json:"multipliers,omitempty"`
	// StatePort adds ports that read and write the state between steps.
	StatePort bool `json:"state_port,omitempty"`
}

// ArchError is about what an architecture cannot do for a plan, and says what can. Field is that of Arch at fault, as JSON names it.
type ArchError struct{ Field, What string }

func (e *ArchError) Error() string { return e.What }

func refused(field, format string, args ...any) error {
	return &ArchError{field, fmt.Sprintf(format, args...)}
}

// Build makes a design of a plan and measures its cycles. Reserved names are given to none of its signals. The error is an *ArchError.
func Build(p *lower.Plan, a Arch, name string, reserved ...string) (*Design, error) {
	d, err := Construct(p, a, name, reserved...)
	if err != nil {
		return nil, err
	}
	d.Measure(p)
	return d, nil
}

// Construct is Build without the cycles, which take longest.
func Construct(p *lower.Plan, a Arch, name string, reserved ...string) (d *Design, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooWide:
			err = refused("arch", "a %s design of this model has sums of more than %d bits (%s takes %d); others may have none, and fewer bits of the state or of the weights make them narrower",
				a.Kind, mostBits, r.name, r.bits)
		default:
			panic(r)
		}
	}()
	if a.Kind != Serial {
		if err := oneCourse(p, a.Kind); err != nil {
			return nil, err
		}
	}
	if p.Decide != nil && a.StatePort {
		return nil, refused("state_port", "a state port does not reach what a decide block keeps between steps, its averages, its class and how long that stays; leave it out")
	}
	switch a.Kind {
	case Streaming:
		return buildStreaming(p, a, name, reserved)
	case Parallel:
		return buildParallel(p, a, New(name, reserved...))
	case Serial:
		return buildSerial(p, a, New(name, reserved...))
	}
	return nil, refused("arch", "there is no architecture %q", a.Kind)
}

// String says the architecture in words: "serial, 2 butterflies a cycle".
func (a Arch) String() string {
	what := map[ArchKind]string{Serial: "butterflies", Streaming: "values"}[a.Kind]
	if what == "" || a.Lanes < 1 {
		return string(a.Kind)
	}
	if a.Lanes == 1 {
		return fmt.Sprintf("%s, one %s a cycle", a.Kind, map[string]string{"butterflies": "butterfly", "values": "value"}[what])
	}
	return fmt.Sprintf("%s, %d %s a cycle", a.Kind, a.Lanes, what)
}
