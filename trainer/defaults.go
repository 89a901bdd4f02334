package trainer

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Scale is what of a training should follow the number of its sequences.
type Scale struct {
	Batch  int     // sequences a step of the optimiser
	Rate   float64 // learning rate
	Epochs int
}

// Between these limits the defaults grow and shrink (measured: docs/training.md, internal/bench/defaults).
const (
	smallestBatch = 16 // a tile of the kernels: fewer sequences cost the same time
	largestBatch  = 128
	fewestEpochs  = 20
	mostEpochs    = 200
	enoughSteps   = 3000 // of the optimiser; small sets learn in fewer
	// batchFor is how many sequences a batch is there for: from twice as many on, batches grow with the sequences.
	batchFor = 1000
)

// ScaleFor gives the defaults for a training part of so many sequences, 1 or more: batches small enough for many steps of
// the optimiser, and enough epochs for it to get somewhere.
func ScaleFor(sequences int) Scale {
	batch := smallestBatch
	if times := bits.Len(uint(max(sequences, 1) / batchFor)); times > 1 {
		batch <<= times - 1
	}
	s := Scale{Batch: min(batch, largestBatch), Rate: 0.005}
	s.Epochs = epochsFor(sequences, s.Batch)
	return s
}

// Steps counts the steps of the optimiser that a training of so many sequences takes.
func (s Scale) Steps(sequences int) int { return s.Epochs * ((sequences + s.Batch - 1) / s.Batch) }

// epochsFor gives as many epochs as take enough steps.
func epochsFor(sequences, batch int) int {
	steps := float64((max(sequences, 1) + batch - 1) / batch)
	return min(max(int(math.Round(enoughSteps/steps)), fewestEpochs), mostEpochs)
}

// Settle chooses what the train block leaves open from the number of training sequences, and says what it chose; "" when
// everything was set. ReadConfig leaves batch, rate, sign_rate and epochs open, and nothing trains before this is called.
func (c *Config) Settle(sequences int) string {
	scale, chosen, open := ScaleFor(sequences), []string{}, []string{}
	note := func(key string, value any) {
		chosen, open = append(chosen, fmt.Sprintf("%s %v", key, value)), append(open, fmt.Sprintf("%s = ...", key))
	}
	if c.Batch == 0 {
		c.Batch = scale.Batch
		note("batch", c.Batch)
	}
	if c.Rate == 0 {
		c.Rate = scale.Rate
		note("rate", c.Rate)
	}
	if c.Epochs == 0 {
		c.Epochs = epochsFor(sequences*max(1, c.Repeat), c.Batch)
		note("epochs", c.Epochs)
	}
	if c.SignRate < 0 {
		c.SignRate = c.Rate / signsSlower
	}
	if len(chosen) == 0 {
		return ""
	}
	them := "them"
	if len(chosen) == 1 {
		them = "it"
	}
	return fmt.Sprintf("%s: %s, by their number; train { %s } sets %s", diag.Count(sequences, "sequence"), strings.Join(chosen, ", "), strings.Join(open, "  "), them)
}
