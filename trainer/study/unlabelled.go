package main

import (
	"context"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// recordings is what hrnnc run reads as the data set of the training was read, without answers.
type recordings struct {
	data    string   // path; "" for none
	set     []string // settings of the train block
	texts   []string // texts in place of a data set
	weights string
}

// sequences are the integers of the model's input for all of the recordings, and the training with them as its data set.
func (r recordings) sequences(ctx context.Context, file string) (x [][][]int64, t *training, err error) {
	t, o, err := trained(file, r.data, r.set, r.weights)
	if err != nil {
		return nil, nil, err
	}
	o.Unlabelled, o.Hold, o.Valid, o.Test = true, 0, 0, nil
	if len(r.texts) > 0 {
		if o.Meaning.Vocabulary == nil {
			return nil, nil, diag.InFile(t.weights, "").Errorf("data", "holds no vocabulary, which --text needs").Helpf("train a model of words on texts; docs/data.md says how")
		}
		t.set, err = data.Texts("--text", r.texts, o.Meaning)
	} else {
		t.set, err = data.Load(t.config.Data, o)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := trainer.FitsInput(t.model, t.set); err != nil {
		return nil, nil, err
	}
	source := trainer.Task{Model: t.model, Loss: t.config.Loss, Inputs: t.inputs, Unlabelled: true}.Split(&t.set.Train, data.Augment{})
	err = trainer.EachBatch(ctx, t.net, source, fixedBatch, func(b *network.Batch) error {
		x = append(x, sequencesOf(b)...)
		return nil
	})
	return x, t, err
}
