// Command text trains a HadamRNN on sentences in hrnnc's trainer, beside an LSTM of as many parameters in PyTorch on the
// same tokens, and compiles it: accuracy, bytes, time. It writes docs/benchmarks/text.md. Start with measure; lstm.py is the peer.
//
//	go run ./internal/bench/text            # prints the page
//	go run ./internal/bench/text -write     # and puts it into docs/benchmarks/text.md
//
// SST-2 must lie in $HRNNC_DATA/sst2; hrnnc data info sst2 says what it is.
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
	flag.IntVar(&s.sentences, "sentences", 0, "training sentences at most; 0 for all")
	flag.IntVar(&s.epochs, "epochs", 3, "passes over the training sentences")
	flag.IntVar(&s.seeds, "seeds", 3, "trainings of each, with different random starts")
	flag.Parse()
	log.SetFlags(0)
	text, err := measure(context.Background(), *python, s)
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
type settings struct{ sentences, epochs, seeds int }

// measure gives the text of the page.
func measure(ctx context.Context, python string, s settings) (string, error) {
	dir, err := os.MkdirTemp("", "hrnnc-text-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	set, err := load(s.sentences)
	if err != nil {
		return "", err
	}
	m, err := checked()
	if err != nil {
		return "", err
	}
	p, err := newPeer(ctx, python, dir, set)
	if err != nil {
		return "", err
	}
	r := results{set: set, settings: s, lstmUnits: peerUnits(parameters(m))}
	for seed := int64(1); seed <= int64(s.seeds); seed++ {
		own, err := trainOwn(ctx, dir, set, s.epochs, seed)
		if err != nil {
			return "", err
		}
		r.own = append(r.own, own)
		lstm, err := p.train(ctx, r.lstmUnits, s.epochs, seed)
		if err != nil {
			return "", err
		}
		r.lstm = append(r.lstm, lstm)
	}
	return r.page(), nil
}
