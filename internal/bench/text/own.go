package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/study"
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

// trainOwn trains, scores and compiles the HadamRNN in a folder.
func (t *task) trainOwn(ctx context.Context, dir string, set *data.Set, seed int64) (*trained, error) {
	dir = filepath.Join(dir, strconv.FormatInt(seed, 10))
	if err := os.Mkdir(dir, 0o777); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, t.file())
	if err := fileio.WriteFile(file, []byte(t.model())); err != nil {
		return nil, err
	}
	s, err := study.New(file, study.Options{Set: []string{fmt.Sprint("epochs=", t.epochs), fmt.Sprint("seed=", seed)}, Loaded: set})
	if err != nil {
		return nil, err
	}
	left, err := s.Train(ctx, study.TrainOptions{Folder: filepath.Join(dir, "run"), Force: true, Start: t.smallTable})
	if err != nil {
		return nil, err
	}
	r := &trained{Seconds: left.Seconds, Parameters: parameters(s.Model)}
	for _, score := range left.Scores {
		switch score.Split + " " + score.Level {
		case "valid real":
			r.Valid = score.Accuracy
		case "test real":
			r.Test = score.Accuracy
		case "test fixed":
			r.fixed = score.Accuracy
		}
	}
	l, err := s.Lower()
	if err != nil {
		return nil, err
	}
	r.Bytes = (l.Plan.Cost().Bits + 7) / 8
	r.flash, err = t.flash(ctx, l, filepath.Join(dir, "generated"))
	return r, err
}

// smallTable makes the table of words start smaller.
func (t *task) smallTable(n *network.Network) {
	table := n.Param("E")
	for i := range table.Latent {
		table.Latent[i] *= t.tableScale
	}
}

// flash is the bytes of code and tables that gcc makes of the generated C, for the machine at hand.
func (t *task) flash(ctx context.Context, l *compiler.Lowered, dir string) (int, error) {
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
	object := filepath.Join(dir, t.data+".o")
	defer os.Remove(object)
	if _, err := exttool.Run(ctx, filepath.Join(dir, "c"), nil, "gcc", "-Os", "-std=c99", "-c", "-o", object, t.data+".c"); err != nil {
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
