package lower

// Origin is the part of a model that something of generated code belongs to.
type Origin struct {
	Part  Part
	Layer int // in the plan's order, of a part that each layer has
}

// Part is a part of a model: of a layer, but for the input, the readout and the output.
type Part string

// The parts.
const (
	PartInput      Part = "input"      // what a step receives
	PartState      Part = "state"      // what a layer keeps
	PartRecurrence Part = "recurrence" // its transform, rounding and signs
	PartInflow     Part = "inflow"     // the product that flows into it
	PartBias       Part = "bias"       // what is added to it
	PartReadout    Part = "readout"    // the outputs
	PartOutput     Part = "output"     // what is decided on them
)
