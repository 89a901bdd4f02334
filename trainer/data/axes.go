package data

import (
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// How channels first are told from steps first: by fewer of the first axis than of the second, and by values that are so much more
// alike along the second.
const (
	fewChannels    = 64
	fewSteps       = 8 // below it, nothing can be told
	alikeBy        = 0.25
	lookedAtArrays = 64 // sequences
)

// axes gives an array with steps before values, as  axes  says it is, and refuses one that looks like channels first.
func (b *numpyBuilder) axes(name string, x files.Tensor) (files.Tensor, error) {
	if b.o.Axes == "nct" {
		if len(x.Shape) != 3 {
			return x, b.at("array "+diag.Short(name)).Errorf(code, "has shape %s, and axes = nct is for [sequences, channels, steps]", diag.Shape(x.Shape)).
				Helpf("remove  axes")
		}
		return x.ChannelsLast(), nil
	}
	if len(x.Shape) != 3 || b.o.Axes != "" || b.o.Layout != "" || x.Len() == 0 || x.Shape[1] >= x.Shape[2] || x.Shape[2] < fewSteps {
		return x, nil
	}
	steps, values := x.Shape[1], x.Shape[2]
	along, across := roughness(x)
	if steps == 1 || steps <= fewChannels && along < alikeBy*across {
		why := "of which neighbours are alike, as steps are"
		if steps == 1 {
			why = "which leaves a recurrent model nothing to remember"
		}
		return x, b.at("array "+diag.Short(name)).Errorf(code, "has shape %s, steps before values: sequences of %s of %s, %s", diag.Shape(x.Shape), diag.Count(steps, "step"), diag.Count(values, "value"), why).
			Helpf("axes = nct  reads it as %s of %s, as PyTorch has it;  axes = ntc  as it is", diag.Count(steps, "channel"), diag.Count(values, "step"))
	}
	if 4*steps <= values {
		b.p.note("x has %s of %s; axes = nct reads it as %s of %s", diag.Count(steps, "step"), diag.Count(values, "value"), diag.Count(steps, "channel"), diag.Count(values, "step"))
	}
	return x, nil
}

// roughness is the mean square of differences between neighbours along the last axis of three, and across it, of some sequences.
func roughness(t files.Tensor) (along, across float64) {
	steps, d := t.Shape[1], t.Shape[2]
	row := make([]float64, steps*d)
	for i := 0; i < t.Rows(); i += 1 + t.Rows()/lookedAtArrays {
		t.Floats(i*len(row), row)
		for k, v := range row {
			if v != v {
				continue
			}
			if k%d > 0 && row[k-1] == row[k-1] {
				along += (v - row[k-1]) * (v - row[k-1]) / float64(steps*(d-1))
			}
			if k >= d && row[k-d] == row[k-d] {
				across += (v - row[k-d]) * (v - row[k-d]) / float64((steps-1)*d)
			}
		}
	}
	return along, across
}
