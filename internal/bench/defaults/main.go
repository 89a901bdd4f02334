// Command defaults measures the batch, rate and epochs that training takes where the train block leaves them open
// (trainer.ScaleFor), on sets of different sizes, beside the old ones and beside neighbours. All is trained and scored on the
// training parts: a third is held out for validation, or a tenth of sets with thousands of sequences, and generated sets have
// one of their own. No test part is looked at. It prints the table in docs/training.md.
//
//	go run ./internal/bench/defaults -archive UCR      # folder with ArrowHead, GunPoint and so on, as timeseriesclassification.com has them
//	go run ./internal/bench/defaults -sets "curves(40):500" -seeds 1
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// model is what all sets are trained on: one block, the last step decides.
const model = `model defaults
input x : i8[%[1]d] / 32
steps %[2]d
param U : int4[128, %[1]d]
param b : [128]
param V : int4[%[3]d, 128]
param c : [%[3]d]
state h : int16[128]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
`

// usual are the sets of the table. A number behind a colon is that of generated sequences.
const usual = "ArrowHead,GunPoint,ItalyPowerDemand,BasicMotions,Plane,Adiac,fsdd,mnist1d,curves(40):50,curves(40):500,curves(40):5000"

// variants are what is compared, each a change of the defaults.
var variants = []struct {
	name   string
	change func(s *trainer.Scale)
}{
	{"20 epochs, batch 100, rate 0.001", func(s *trainer.Scale) { *s = trainer.Scale{Batch: 100, Rate: 0.001, Epochs: 20} }},
	{"defaults", func(*trainer.Scale) {}},
	{"rate / 2", func(s *trainer.Scale) { s.Rate /= 2 }},
	{"rate x 2", func(s *trainer.Scale) { s.Rate *= 2 }},
	{"batch / 2", func(s *trainer.Scale) { s.Batch /= 2 }},
	{"batch x 2", func(s *trainer.Scale) { s.Batch *= 2 }},
	{"epochs / 2", func(s *trainer.Scale) { s.Epochs /= 2 }},
	{"epochs x 2", func(s *trainer.Scale) { s.Epochs *= 2 }},
}

func main() {
	sets := flag.String("sets", usual, "sets to measure")
	archive := flag.String("archive", "", "folder of the sets that are no known ones")
	seeds := flag.Int("seeds", 2, "trainings of each")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*sets, *archive, *seeds); err != nil {
		log.Fatal(err)
	}
}

func run(sets, archive string, seeds int) error {
	head := "| set | sequences | batch, epochs |"
	for _, v := range variants {
		head += " " + v.name + " |"
	}
	fmt.Println(head)
	fmt.Println("| --- | ---: | --- |" + strings.Repeat(" ---: |", len(variants)))
	for name := range strings.SplitSeq(sets, ",") {
		if err := measure(name, archive, seeds); err != nil {
			return err
		}
	}
	return nil
}

// measure prints the line of a set: the mean accuracy on validation after the last epoch, of all seeds.
func measure(name, archive string, seeds int) error {
	sums := make([]float64, len(variants))
	n, scale := 0, trainer.Scale{}
	for seed := 1; seed <= seeds; seed++ {
		set, err := load(name, archive, seed)
		if err != nil {
			return err
		}
		n = set.Train.N
		scale = trainer.ScaleFor(n)
		for i, v := range variants {
			s := scale
			v.change(&s)
			accuracy, err := train(set, s, seed)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, v.name, err)
			}
			sums[i] += accuracy / float64(seeds)
		}
	}
	name, _, _ = strings.Cut(name, ":")
	line := fmt.Sprintf("| %s | %d | %d, %d |", name, n, scale.Batch, scale.Epochs)
	for _, s := range sums {
		line += fmt.Sprintf(" %.3f |", s)
	}
	fmt.Println(line)
	return nil
}

// thousands is from how many sequences on a tenth is enough to validate.
const thousands = 1000

func load(name, archive string, seed int) (*data.Set, error) {
	o := data.Defaults()
	o.Seed, o.Valid = uint64(seed), 1.0/3
	name, size, generated := strings.Cut(name, ":")
	known := data.Find(name)
	switch {
	case generated:
		n, err := strconv.Atoi(size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o.Sequences, o.Valid = n, data.Defaults().Valid
	case known != nil && known.Train > thousands:
		o.Normalise, o.Valid = "channel", 0.1
		if known.Kind&data.Audio != 0 {
			o.Features = "bands"
		}
	default:
		o.Normalise = "channel"
		name = filepath.Join(archive, name)
	}
	return data.Load(name, o)
}

// train gives the accuracy on validation after the last epoch: the best epoch's would be chosen by what it is scored on.
func train(set *data.Set, s trainer.Scale, seed int) (float64, error) {
	ast, errs := dsl.Parse("defaults.hrn", fmt.Appendf(nil, model, set.Train.D, set.Train.T, len(set.Classes)))
	if errs.HasErrors() {
		return 0, errs
	}
	m, errs := dsl.Check(ast)
	if errs.HasErrors() {
		return 0, errs
	}
	c, err := trainer.ReadConfig(m, []string{fmt.Sprint("batch=", s.Batch), fmt.Sprint("rate=", s.Rate), fmt.Sprint("epochs=", s.Epochs), fmt.Sprint("seed=", seed)}, nil)
	if err != nil {
		return 0, err
	}
	c.Settle(set.Train.N)
	n := network.New(m)
	n.Loss = c.Loss
	n.Initialise(c.Seed, c.SignInit)
	dir, err := os.MkdirTemp("", "defaults")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	folder, err := fileio.OpenFolder(dir)
	if err != nil {
		return 0, err
	}
	defer folder.Close()
	t := trainer.Task{Model: m, Loss: c.Loss, Classes: len(set.Classes)}
	r := trainer.Run{Net: n, Config: c, Train: t.Split(&set.Train, data.Augment{}), Valid: t.Split(&set.Valid, data.Augment{}), Folder: folder,
		Keep: func(trainer.Metrics) error { return nil }}
	history, err := r.Start(context.Background(), false)
	if err != nil {
		return 0, err
	}
	return history[len(history)-1].ValidScore, nil
}
