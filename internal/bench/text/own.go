package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// trained is what a training gave. lstm.py prints the same, without what is of integers only.
type trained struct {
	Seconds    float64 `json:"seconds"` // of training, validation after every epoch included
	Valid      float64 `json:"valid"`   // accuracy of the epoch that was kept, the best on validation
	Test       float64 `json:"test"`
	Parameters int     `json:"parameters"`
	Bytes      int     `json:"bytes"` // of the parameters
	Version    string  `json:"version"`

	fixed float64 // accuracy on the test part in integers, by the generated C
	flash int     // bytes of code and tables of the generated C
}

// own is one training of the HadamRNN.
type own struct {
	net         *network.Network
	model       *dsl.Model
	config      trainer.Config
	set         *data.Set
	weightsFile string
}

// trainOwn trains, compiles and scores the HadamRNN.
func trainOwn(ctx context.Context, dir string, m *dsl.Model, set *data.Set, epochs int, seed int64) (*trained, error) {
	c, err := trainer.ReadConfig(m, []string{fmt.Sprint("epochs=", epochs), fmt.Sprint("seed=", seed)}, nil)
	if err != nil {
		return nil, err
	}
	c.Settle(set.Train.N)
	n, err := newNetwork(m, seed)
	if err != nil {
		return nil, err
	}
	o := &own{n, m, c, set, filepath.Join(dir, "sst2.safetensors")}
	r := &trained{Parameters: parameters(m)}
	if err := o.train(ctx, dir, r); err != nil {
		return nil, err
	}
	if err := o.keepRanges(ctx); err != nil {
		return nil, err
	}
	test, err := trainer.Score(ctx, n, o.source(&set.Test), nil)
	if err != nil {
		return nil, err
	}
	r.Test = test.Accuracy()
	return r, o.compile(ctx, dir, r)
}

func (o *own) source(s *data.Sequences) trainer.Source {
	return trainer.Task{Model: o.model, Loss: o.config.Loss, Classes: len(o.set.Classes)}.Split(s, data.Augment{})
}

func (o *own) train(ctx context.Context, dir string, r *trained) error {
	start := time.Now()
	folder, err := fileio.OpenFolder(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	run := &trainer.Run{Net: o.net, Config: o.config, Train: o.source(&o.set.Train), Valid: o.source(&o.set.Valid), Folder: folder,
		Fingerprint: trainer.Fingerprint{Model: modelFile}, Keep: func(m trainer.Metrics) error {
			r.Valid = m.ValidScore
			return weights.RewriteSafetensors(o.weightsFile, trainer.WeightsFile(o.net, metadata.Metadata{}))
		}}
	_, err = run.Start(ctx, false)
	r.Seconds = time.Since(start).Seconds()
	return err
}

// keepRanges goes back to the weights that were kept, and stores the ranges of their states beside them.
func (o *own) keepRanges(ctx context.Context) error {
	f, err := weights.Open(o.weightsFile)
	if err != nil {
		return err
	}
	if err := trainer.LoadWeights(f, o.net); err != nil {
		return err
	}
	ranges, err := trainer.Ranges(ctx, o.net, o.source(&o.set.Train))
	if err != nil {
		return err
	}
	return weights.RewriteSafetensors(o.weightsFile, trainer.WeightsFile(o.net, metadata.Metadata{Ranges: ranges}))
}

// compile measures the model in integers.
func (o *own) compile(ctx context.Context, dir string, r *trained) error {
	f, err := weights.Open(o.weightsFile)
	if err != nil {
		return err
	}
	m, err := compiler.FromParts(modelFile, []byte(model), f)
	if err != nil {
		return err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return err
	}
	r.Bytes = (l.Plan.Cost().Bits + 7) / 8
	if r.flash, err = flash(ctx, l, filepath.Join(dir, "sst2")); err != nil {
		return err
	}
	r.fixed, err = o.fixed(ctx, l)
	return err
}

// fixed is the accuracy on the test part of the generated C.
func (o *own) fixed(ctx context.Context, l *compiler.Lowered) (float64, error) {
	right, total := 0, 0
	err := trainer.EachBatch(ctx, o.net, o.source(&o.set.Test), o.set.Test.N, func(b *network.Batch) error {
		out, err := l.Run(ctx, "c", sequences(b), nil)
		if err != nil {
			return err
		}
		for i, positive := range l.Decisions(out, l) {
			total++
			if positive == int64(b.Labels[i]) {
				right++
			}
		}
		return nil
	})
	return float64(right) / float64(total), err
}

// sequences gives a batch of tokens as the compiler's levels take it.
func sequences(b *network.Batch) [][][]int64 {
	out := make([][][]int64, b.N)
	for i := range out {
		for _, t := range b.Tokens[i*b.T : (i+1)*b.T] {
			out[i] = append(out[i], []int64{int64(t)})
		}
	}
	return out
}

// flash is the bytes of code and tables that gcc makes of the generated C, for the machine at hand.
func flash(ctx context.Context, l *compiler.Lowered, dir string) (int, error) {
	targets, err := compiler.FindTargets([]string{"c"})
	if err != nil {
		return 0, err
	}
	output, err := l.Compile(ctx, targets)
	if err != nil {
		return 0, err
	}
	if err := output.Write(dir, true); err != nil {
		return 0, err
	}
	object := filepath.Join(dir, "sst2.o")
	defer os.Remove(object)
	if _, err := exttool.Run(ctx, filepath.Join(dir, "c"), nil, "gcc", "-Os", "-std=c99", "-c", "-o", object, "sst2.c"); err != nil {
		return 0, err
	}
	f, err := elf.Open(object)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	size := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type == elf.SHT_PROGBITS {
			size += int(s.Size)
		}
	}
	return size, nil
}
