// Command text trains a HadamRNN on texts in hrnnc's trainer, beside an LSTM of as many parameters in PyTorch on the
// same tokens, and compiles it: accuracy, bytes, time. It writes docs/benchmarks/text.md. Start with measure; lstm.py is the peer.
//
//	go run ./internal/bench/text            # prints the page
//	go run ./internal/bench/text -write     # and puts it into docs/benchmarks/text.md
//
// SST-2 must lie in $HRNNC_DATA/sst2 and IMDB in $HRNNC_DATA/imdb; hrnnc data info imdb says what it is.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/text.md")
	python := flag.String("python", "/usr/bin/python3", "Python that has PyTorch")
	var s settings
	only := flag.String("data", "", "measure one data set, sst2 or imdb, instead of all")
	flag.IntVar(&s.limit, "limit", 0, "training texts at most; 0 for all")
	flag.IntVar(&s.seeds, "seeds", 3, "trainings of each, with different random starts")
	flag.Parse()
	log.SetFlags(0)
	text, err := measureAll(context.Background(), *python, *only, s)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	if *write {
		if err := fileio.WriteFile(filepath.Join("docs", "benchmarks", "text.md"), []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
}

// settings are those of a comparison.
type settings struct{ limit, seeds int }

// measureAll gives the text of the page.
func measureAll(ctx context.Context, python, only string, s settings) (string, error) {
	var all []*results
	for i := range tasks {
		if only != "" && only != tasks[i].data {
			continue
		}
		r, err := measure(ctx, python, &tasks[i], s)
		if err != nil {
			return "", err
		}
		all = append(all, r)
	}
	if all == nil {
		return "", fmt.Errorf("no task is called %q: -data sst2 or -data imdb", only)
	}
	return page(all), nil
}

// measure trains both models on one task.
func measure(ctx context.Context, python string, t *task, s settings) (*results, error) {
	dir, err := os.MkdirTemp("", "hrnnc-text-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	set, err := t.load(s.limit)
	if err != nil {
		return nil, err
	}
	m, err := t.checked()
	if err != nil {
		return nil, err
	}
	p, err := newPeer(ctx, python, dir, set)
	if err != nil {
		return nil, err
	}
	r := &results{task: t, set: set, lstmUnits: t.peerUnits(parameters(m))}
	for seed := int64(1); seed <= int64(s.seeds); seed++ {
		own, err := t.trainOwn(ctx, dir, set, seed)
		if err != nil {
			return nil, err
		}
		r.own = append(r.own, own)
		lstm, err := p.train(ctx, t, r.lstmUnits, seed)
		if err != nil {
			return nil, err
		}
		r.lstm = append(r.lstm, lstm)
		log.Printf("%s, seed %d: test %.4f (integers %.4f) in %.0f s, LSTM %.4f in %.0f s", t.data, seed, own.Test, own.fixed, own.Seconds, lstm.Test, lstm.Seconds)
	}
	return r, nil
}
