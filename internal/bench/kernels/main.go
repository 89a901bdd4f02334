// Command kernels times the transform of the trainer's kernels in every instruction set of this machine, beside what the
// machine can do at best. It writes docs/benchmarks/kernels.md.
//
//	go run ./internal/bench/kernels            # prints the page
//	go run ./internal/bench/kernels -write     # and puts it into docs/benchmarks/kernels.md
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"runtime"
	"time"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/kernels"
	"github.com/hrnnc/hrnnc/trainer/kernels/limits"
)

const (
	points = 512
	sums   = 9 * points // each of log2(points) stages makes a number of each number
	// sample is how long a sample lasts at least: far longer than it takes to read the clock, and far shorter than a turn
	// of the scheduler, so that some samples are undisturbed on a busy machine too.
	sample = 20 * time.Microsecond
)

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/kernels.md")
	rounds := flag.Int("rounds", 20, "interleaved rounds")
	samples := flag.Int("samples", 500, "samples of each loop in a round; the fastest of all counts")
	flag.Parse()
	log.SetFlags(0)
	text, err := measure(*rounds, *samples)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	if *write {
		if err := fileio.WriteFile(filepath.Join("docs", "benchmarks", "kernels.md"), []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
}

// A loop is something to time. Times are per tile: 16 transforms of 512 points, or what one of them needs 16 times.
type loop struct {
	set   string
	what  string
	run   func()
	tiles float64 // how many a run is worth
	best  float64 // ns per tile
}

// The loops of a set, in the order of the columns.
const (
	transform   = "transform"
	once        = "once"
	additions   = "additions"
	butterflies = "butterflies"
)

func loops() ([]*loop, error) {
	var list []*loop
	for _, name := range kernels.Available() {
		limit, ok := limits.Find(name)
		if !ok {
			return nil, fmt.Errorf("no limits for %s", name)
		}
		tile := make([]float32, points*kernels.Lanes)
		low, high := tile[:len(tile)/2], tile[len(tile)/2:]
		const rounds = 512
		worth := float64(rounds*limit.Round) / float64(sums*kernels.Lanes)
		list = append(list,
			&loop{set: name, what: transform, tiles: 1, run: func() { kernels.Transform(tile, points) }},
			&loop{set: name, what: once, tiles: 1, run: func() { limit.Copy(high, low); limit.Copy(low, high) }},
			&loop{set: name, what: additions, tiles: worth, run: func() { limit.Add(rounds) }},
			&loop{set: name, what: butterflies, tiles: worth, run: func() { limit.Butterfly(rounds) }},
		)
	}
	return list, nil
}

func measure(rounds, samples int) (string, error) {
	list, err := loops()
	if err != nil {
		return "", err
	}
	for range rounds {
		for _, l := range list {
			if err := kernels.Use(l.set); err != nil {
				return "", err
			}
			v := fastest(l.run, samples) / l.tiles
			if l.best == 0 || v < l.best {
				l.best = v
			}
		}
	}
	return page(list, rounds, samples), nil
}

// fastest is the ns of one run in the fastest sample.
func fastest(run func(), samples int) float64 {
	timed := func(n int) time.Duration {
		start := time.Now()
		for range n {
			run()
		}
		return time.Since(start)
	}
	n := 1
	for timed(n) < sample {
		n *= 2
	}
	best := timed(n)
	for range samples {
		best = min(best, timed(n))
	}
	return float64(best.Nanoseconds()) / float64(n)
}

func page(list []*loop, rounds, samples int) string {
	best := map[string]map[string]float64{}
	for _, l := range list {
		if best[l.set] == nil {
			best[l.set] = map[string]float64{}
		}
		best[l.set][l.what] = l.best / kernels.Lanes
	}
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Speed of the trainer's transform")
	line("")
	line("ns per %d-point Walsh-Hadamard transform in float32, by instruction set: one core, a tile of %d sequences divided by %d. Beside it,", points, kernels.Lanes, kernels.Lanes)
	line("measured on the same machine in the same run, what a transform of this size cannot do without:")
	line("")
	line("- *move once*: reading and writing every number of the tile (%d KB) once, as a copy of one half to the other and back;", points*kernels.Lanes*4/1024)
	line("- *add*: its %d additions per transform in registers only, by additions alone;", sums)
	line("- *add as it does*: as many results in registers only, half of them subtractions and half additions. In assembly these")
	line("  additions are fused multiply-adds with one, which some processors do beside subtractions: so the transform can be faster")
	line("  than additions alone.")
	line("")
	line("A set with more registers does more stages each time it moves the tile. The fastest of %d samples of %v in %d interleaved", rounds*samples, sample, rounds)
	line("rounds counts. Times differ from machine to machine; the ratios are what counts.")
	line("")
	line("    go run ./internal/bench/kernels -write")
	line("")
	line("| instruction set | transform, ns | move once, ns | add, ns | add as it does, ns | transform / the larger of move once and add as it does |")
	line("| --- | ---: | ---: | ---: | ---: | ---: |")
	for _, name := range kernels.Available() {
		t := best[name]
		line("| %s | %.1f | %.1f | %.1f | %.1f | %.2f |", name, t[transform], t[once], t[additions], t[butterflies],
			t[transform]/max(t[once], t[butterflies]))
	}
	line("")
	line("Measured with %s on %s.", runtime.Version(), machine.Processor())
	return b.String()
}
