// Command training times one training step of three models in hrnnc's trainer, and of the same step with a dense recurrent
// matrix in PyTorch: from the same weights and data, in turn, on the same cores. It writes docs/benchmarks/training.md. Start with measure; dense.py is the peer.
//
//	go run ./internal/bench/training            # prints the page
//	go run ./internal/bench/training -write     # and puts it into docs/benchmarks/training.md
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/training.md")
	rounds := flag.Int("rounds", 3, "interleaved rounds; the fastest of each counts")
	steps := flag.Int("steps", 6, "training steps of each run, the first of which is not timed")
	python := flag.String("python", "/usr/bin/python3", "Python that has PyTorch")
	own := flag.String("own", "", "folder with a start: train from it in this process and print a run (how the command calls itself)")
	name := flag.String("configuration", "", "measure one of them: pmnist, mitbih or imdb; all by default")
	flag.Parse()
	log.SetFlags(0)
	if *steps < 2 || *rounds < 1 {
		log.Fatal("at least 2 steps and 1 round are needed")
	}
	if *own != "" {
		if err := printOwn(*own, *name, *steps); err != nil {
			log.Fatal(err)
		}
		return
	}
	list := configurations
	if *name != "" {
		c, err := configurationOf(*name)
		if err != nil {
			log.Fatal(err)
		}
		list = []*configuration{c}
	}
	load := machine.LoadAverage()
	var all []*comparison
	for _, c := range list {
		r, err := measure(context.Background(), c, *python, *rounds, *steps)
		if err != nil {
			log.Fatal(err)
		}
		all = append(all, r)
	}
	text := page(all, *rounds, *steps, load)
	fmt.Print(text)
	if *write {
		if err := fileio.WriteFile(filepath.Join("docs", "benchmarks", "training.md"), []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
}

func printOwn(dir, name string, steps int) error {
	c, err := configurationOf(name)
	if err != nil {
		return err
	}
	r, err := c.train(dir, steps)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// comparison is what programs gave that train one configuration.
type comparison struct {
	*configuration
	programs []*program
}

func measure(ctx context.Context, c *configuration, python string, rounds, steps int) (*comparison, error) {
	dir, err := os.MkdirTemp("", "hrnnc-training-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := c.writeStart(dir); err != nil {
		return nil, err
	}
	programs, err := c.programs(ctx, python, dir, steps)
	if err != nil {
		return nil, err
	}
	for range rounds {
		for _, p := range programs {
			if err := p.run(ctx); err != nil {
				return nil, err
			}
		}
	}
	return &comparison{c, programs}, agree(programs)
}
