package study

import (
	"context"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Unlabelled reads recordings, or texts where there are some, as the data set of the training was read, without answers: the
// integers of the model's input for all of them, [sequences][steps][entries], and the study with them as its training part.
func Unlabelled(ctx context.Context, file string, o Options, texts []string) (x [][][]int64, s *Study, err error) {
	s, read, err := withWeights(file, o)
	if err != nil {
		return nil, nil, err
	}
	read.Unlabelled, read.Hold, read.Valid, read.Test = true, 0, 0, nil
	if len(texts) > 0 {
		if read.Meaning.Vocabulary == nil {
			return nil, nil, diag.InFile(s.Weights, "").Errorf("data", "holds no vocabulary, which --text needs").Helpf("train a model of words on texts; docs/data.md says how")
		}
		s.Set, err = data.Texts("--text", texts, read.Meaning)
	} else {
		s.Set, err = data.Load(s.Config.Data, read)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := trainer.FitsInput(s.Model, s.Set); err != nil {
		return nil, nil, err
	}
	source := trainer.Task{Model: s.Model, Loss: s.Config.Loss, Inputs: s.Inputs, Unlabelled: true}.Split(&s.Set.Train, data.Augment{})
	err = trainer.EachBatch(ctx, s.Net, source, fixedBatch, func(b *network.Batch) error {
		x = append(x, sequencesOf(b)...)
		return nil
	})
	return x, s, err
}
