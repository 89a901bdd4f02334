package design

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// line is a line of the model; name is that of the choice in it, "" for none.
type line struct{ name, code, reason string }

// The network: two layers of so many units.
const (
	units      = 128
	embeddings = 32 // values of a token
)

// model writes everything but the train block.
func (d *Design) model() []line {
	s := &d.set.Train
	frame := d.frame()
	values := s.D * frame
	rows := len(d.set.Classes)
	if s.Outputs > 0 {
		rows = s.Outputs
	}
	out := []line{{"", "model " + d.name, ""}, d.input(values)}
	first := line{code: "h <- hadamard(h) + "}
	second := "g <- hadamard(g) + "
	if s.Stream() {
		first = line{"leak", "h <- hadamard(h, leak = 1/32) + ", "a 32nd is forgotten at every step: no recording ends; 1/8 to 1/512 in four blocks scored 1 point less"}
		second = "g <- hadamard(g, leak = 1/32) + "
	} else {
		out = append(out, line{"steps", fmt.Sprintf("steps %d", d.steps()), d.stepsReason(frame)})
	}
	out = append(out, line{})
	inflow := "U*x"
	if s.Vocabulary > 0 {
		values, inflow = embeddings, "U*embed(E, x)"
		out = append(out, line{"embedding", fmt.Sprintf("param E : int8[%d, %d]", s.Vocabulary, embeddings), "a token becomes values that are learned with the rest"})
	}
	first.code += inflow + " + b"
	out = append(out,
		line{"weight bits", fmt.Sprintf("param U : int8[%d, %d]", units, values), "8 bits: the smallest matrix, and all that the network sees passes through it"},
		line{"", fmt.Sprintf("param b : [%d]", units), ""},
		line{"between the layers", fmt.Sprintf("param B : int4[%d, %d]", units, units), "4 bits: the largest matrix; 8 bits scored the same"},
		line{"", fmt.Sprintf("param d : [%d]", units), ""},
		line{"readout bits", fmt.Sprintf("param V : int8[%d, %d]", rows, units), "8 bits: small beside B"},
		line{"", fmt.Sprintf("param c : [%d]", rows), ""},
		line{},
		line{"units", fmt.Sprintf("state h : int16[%d]", units), "128 units in one block: 64 scored 2 points less, 256 no more in three times the time"},
		line{"second layer", fmt.Sprintf("state g : int16[%d]", units), "a second layer scored 1 to 2 points more than 512 units in one"},
		first,
		line{"", second + "B*relu(h) + d", ""},
		line{},
		line{"", "y = V*relu(g) + c", ""},
		d.output(),
		line{"", fmt.Sprintf("weights %q", d.weights), ""},
		line{},
	)
	return out
}

// input chooses the integers that a step receives.
func (d *Design) input(values int) line {
	s, f := &d.set.Train, d.facts
	if s.Vocabulary > 0 {
		return line{"input", fmt.Sprintf("input x : token[%d]", s.Vocabulary), "as many as the training part has, padding and unknown included"}
	}
	if per := math.Round(1 / f.unit); f.images && f.unit < 1 && math.Abs(per*f.unit-1) < 1e-6 {
		return line{"input", fmt.Sprintf("input x : u8[%d] / %.0f", values, per), "pixels as they are stored, worth 0 to 1"}
	}
	// One integer is at most a 32nd of the deviation of all values, and a 16th of what neighbours differ by.
	wanted, reason := f.deviation/32, ""
	if !d.normalises() {
		reason = fmt.Sprintf("32 or more for the deviation of the values, which is %.2g", f.deviation)
	}
	if fine := f.apart / 16; fine > 0 && fine < wanted {
		wanted, reason = max(fine, f.deviation/4096), fmt.Sprintf("sequences differ from the nearest one by %.2g: one is a 16th of it, or less", f.apart)
	}
	if wanted == 0 {
		wanted = 1
	}
	scale := math.Ldexp(1, int(math.Floor(math.Log2(wanted))))
	if d.normalises() {
		scale = min(scale, 1.0/32)
	}
	bits, reach := 8, ""
	if f.nearly/scale > 127 {
		if bits = 12; f.most/scale > 2047 {
			bits = 16
		}
		for f.most/scale > 32767 {
			scale *= 2
		}
		reach = fmt.Sprintf("; values reach %.3g", f.most)
	}
	if reason == "" {
		reason = fmt.Sprintf("%.0f is the deviation of a channel", 1/scale)
		if most := math.Ldexp(scale, bits-1); f.most > most {
			reason += fmt.Sprintf("; what is beyond %.0f of them is clamped", most)
		}
	}
	return line{"input", fmt.Sprintf("input x : i%d[%d]%s", bits, values, scaled(scale)), reason + reach}
}

// scaled writes the real value of one, a power of two.
func scaled(scale float64) string {
	switch {
	case scale == 1:
		return ""
	case scale > 1:
		return fmt.Sprintf(" * %.0f", scale)
	}
	return fmt.Sprintf(" / %.0f", 1/scale)
}

// output chooses what is decided, and when.
func (d *Design) output() line {
	s := &d.set.Train
	when, reason := "mean", "over all steps: what occurs anywhere counts; small sets scored 1 point more than at the last step"
	switch {
	case d.answer == numbers && !s.EachStep:
		when, reason = "at last", "of all steps: numbers scored better than from the mean over them"
	case s.EachStep:
		when, reason = "at every step", "every step has an answer"
	case d.facts.images:
		when, reason = "at last", "in an image places matter: all of it is there at the last line"
	}
	switch d.answer {
	case several:
		return line{"output", "output y > 0 " + when, reason + "; each of the things that can be true at once has a threshold"}
	case numbers:
		return line{"output", "output y " + when, reason}
	}
	return line{"output", "output class = argmax(y) " + when, reason}
}

// wantedSteps is how many steps a sequence becomes, about: 8 and 24 scored the same, 1 sample a step far less.
const wantedSteps = 16

// mostFramed bounds the values of a step, so that the input's matrix stays small.
const mostFramed = 128

// frame chooses how many steps of the data set are joined to one: about as many as leave 16 steps, and few left over.
func (d *Design) frame() int {
	s := &d.set.Train
	for _, g := range d.given {
		if g[0] == "frame" {
			return 1 // the steps are joined already
		}
	}
	if s.Vocabulary > 0 || s.EachStep || d.facts.images || !d.set.Kind.Knows("frame") {
		return 1
	}
	wanted := float64(s.T) / wantedSteps
	best, least := 1, math.Inf(1)
	for f := 1; f <= s.T && (f == 1 || f*s.D <= mostFramed); f++ {
		lost := float64(s.T%f) / float64(s.T)
		if cost := math.Abs(math.Log(float64(f)/wanted)) + 10*lost; cost < least {
			best, least = f, cost
		}
	}
	return best
}

// steps are those that a sequence becomes, or the piece of an unbroken recording that is trained on at a time.
func (d *Design) steps() int {
	if d.set.Train.Stream() {
		return truncate
	}
	return d.set.Train.T / d.frame()
}

func (d *Design) stepsReason(frame int) string {
	s := &d.set.Train
	switch left := s.T % frame; {
	case frame == 1:
		return "as long as the sequences are"
	case left > 0:
		return fmt.Sprintf("%s, %d at a time; the first %d are left out", diag.Count(s.T, "step"), frame, left)
	default:
		return fmt.Sprintf("%s, %d at a time", diag.Count(s.T, "step"), frame)
	}
}
