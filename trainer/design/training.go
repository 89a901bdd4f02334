package design

import (
	"fmt"
	"math"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// The settings that do not follow from the data.
const (
	batch = 64
	rate  = 0.004
	// Steps of the optimiser: few are enough for few sequences, and more go into more epochs only as long as these are few.
	fewUpdates, manyUpdates = 2000, 6000
	fewEpochs, leastEpochs  = 25, 5
	// longSteps are from where on a sequence takes so long that it is read less often, down to leastPart as often.
	longSteps, leastPart = 64, 0.25
	// enoughToValidate is from how many sequences on a tenth of them says which epoch is best.
	enoughToValidate = 500
	truncate         = 256 // steps of a piece of an unbroken recording
)

// sequences counts what an epoch passes over: sequences, or the pieces of unbroken recordings.
func (d *Design) sequences() (n int) {
	s := &d.set.Train
	if !s.Stream() {
		return s.N
	}
	for i := range s.N {
		n += max(1, s.Steps(i)/truncate)
	}
	return n
}

// training chooses the settings of the train block.
func (d *Design) training() []Choice {
	var out []Choice
	add := func(key, value, reason string) { out = append(out, Choice{key, value, reason}) }
	f := d.facts
	if frame := d.frame(); frame > 1 {
		add("frame", strconv.Itoa(frame), fmt.Sprintf("%s of the data become one: few sequences are learned best in about 16", diag.Count(frame, "step")))
	}
	if d.normalises() {
		add("normalise", "channel", "each channel at mean 0 and variance 1; the constants are kept with the weights")
	}
	n := d.sequences()
	few := n < enoughToValidate
	sequences, anew := "sequences", "augmented anew"
	if d.set.Train.Stream() {
		sequences, anew = "pieces of recordings", "cut elsewhere"
		add("truncate", strconv.Itoa(truncate), "steps that are trained on at a time; the state is carried on")
	} else if few && d.Setting("valid") == "" {
		add("valid", "0", fmt.Sprintf("a tenth of %s could not tell which epoch is best, and would be missed", diag.Count(f.n, "sequence")))
		add("keep", "last", "the rate falls to 0: the last epoch is as good as any")
	}
	passed := manyUpdates * batch // sequences
	if few {
		passed = fewUpdates * batch
	}
	passed = int(float64(passed) * min(max(longSteps/float64(d.steps()), leastPart), 1))
	epochs := min(max(passed/n, leastEpochs), fewEpochs)
	repeat := max(1, int(math.Round(float64(passed)/float64(epochs*n))))
	add("epochs", strconv.Itoa(epochs), fmt.Sprintf("with repeat and batch, %s of the optimiser", diag.Count(epochs*((n*repeat+batch-1)/batch), "step")))
	if repeat > 1 {
		add("repeat", strconv.Itoa(repeat), "passes over the "+sequences+" an epoch, each "+anew)
	}
	add("batch", strconv.Itoa(batch), sequences+" a step of the optimiser")
	add("rate", fmt.Sprint(rate), "from 0.003 to 0.01 scored the same; it falls along a cosine")
	add("sign_init", "balanced", "no direction in which inputs add up for ever")
	return append(out, d.augmentation()...)
}

// The augmentation of series, as parts of a sequence's length.
const (
	shiftPart = 0.03
	warpPart  = 0.02
	// noisePart is of the distance between neighbours.
	noisePart, mostNoise = 0.5, 0.3
	dropPart             = 0.1
	// manyChannels are enough for one to be missed.
	manyChannels = 12
)

func (d *Design) augmentation() []Choice {
	var out []Choice
	f, s := d.facts, &d.set.Train
	knows := d.set.Kind.Knows
	if s.Vocabulary > 0 {
		return nil
	}
	if f.images {
		return []Choice{{"augment_pixels", "1", "what is moved by a pixel is the same thing"}}
	}
	if d.answer == class && !s.EachStep && knows("augment_shift") {
		if shift := min(int(math.Round(shiftPart*float64(f.steps))), f.steps-1); shift > 0 {
			out = append(out, Choice{"augment_shift", strconv.Itoa(shift), "3 % of a sequence: what comes a little earlier or later is of the same class"})
		}
		out = append(out, Choice{"augment_warp", fmt.Sprint(warpPart), "as is what goes a little faster or slower"})
	}
	if noise := min(noisePart*f.apart, mostNoise); noise > 0 && knows("augment_noise") {
		out = append(out, Choice{"augment_noise", strconv.FormatFloat(noise, 'g', 2, 64), fmt.Sprintf("at most half of the %.2g by which sequences differ from the nearest one", f.apart)})
	}
	if f.values >= manyChannels && knows("augment_drop") {
		out = append(out, Choice{"augment_drop", fmt.Sprint(dropPart), fmt.Sprintf("of %s none is to be relied on alone", diag.Count(f.values, "channel"))})
	}
	return out
}
