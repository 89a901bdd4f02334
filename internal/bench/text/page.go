package main

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// results are the trainings of both models on a task, one a seed.
type results struct {
	task      *task
	set       *data.Set
	lstmUnits int
	own, lstm []*trained
}

func page(all []*results) string {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Texts: SST-2 and IMDB")
	line("")
	line("A HadamRNN with a table of words, trained and compiled by hrnnc, beside an LSTM of as many parameters in PyTorch")
	line("(`internal/bench/text/lstm.py`). Both read the same tokens.")
	line("")
	line("    go run ./internal/bench/text -write")
	line("")
	line("Trainings of each from different random starts: %d. Figures are their mean, and in brackets the least and the most.", len(all[0].own))
	line("*Integers* is the test part decided by the generated C. *Parameters* are stored as densely as their types allow. *C* is code and")
	line("tables as gcc -Os makes them of the generated C on this machine, which keeps a weight in a byte.")
	line("*Training* is by the clock, with scoring the validation part after every epoch; other programs on the machine lengthen it.")
	for _, r := range all {
		line("")
		line("## %s", r.task.title)
		line("")
		line("%s", r.task.question)
		line("")
		r.table(line)
		line("")
		r.conditions(line)
		line("")
		line("```hrn")
		line("%s", strings.TrimSuffix(r.task.model(), "\n"))
		line("```")
	}
	line("")
	line("Measured with %s, PyTorch %s, %d threads, on %s.", runtime.Version(), all[0].lstm[0].Version, runtime.NumCPU(), machine.Processor())
	return b.String()
}

func (r *results) table(line func(string, ...any)) {
	test := func(t *trained) float64 { return 100 * t.Test }
	fixed := func(t *trained) float64 { return 100 * t.fixed }
	valid := func(t *trained) float64 { return 100 * t.Valid }
	seconds := func(t *trained) float64 { return t.Seconds }
	line("| model | validation, %% | test, float32, %% | test, integers, %% | number of parameters | parameters, bytes | C, bytes | training, s |")
	line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	o, l := r.own[0], r.lstm[0]
	line("| HadamRNN, %d units, hrnnc | %s | %s | %s | %d | %d | %d | %s |", r.task.units, spread(r.own, valid), spread(r.own, test), spread(r.own, fixed),
		o.Parameters, most(r.own, func(t *trained) int { return t.Bytes }), most(r.own, func(t *trained) int { return t.flash }), spread(r.own, seconds))
	line("| LSTM, %d units, PyTorch, float32 | %s | %s | - | %d | %d | - | %s |", r.lstmUnits, spread(r.lstm, valid), spread(r.lstm, test),
		l.Parameters, l.Bytes, spread(r.lstm, seconds))
}

func (r *results) conditions(line func(string, ...any)) {
	s, t := r.set, r.task
	line("%d training texts, %d for validation, %d for test (%s).", s.Train.N, s.Valid.N, s.Test.N, s.Source)
	for _, n := range s.Notes {
		line("%s.", strings.ToUpper(n[:1])+n[1:])
	}
	line("Both: epochs: %d, Adam at %g (signs: %g) down a cosine, batches of %d, clipping at %d, binary cross entropy, the epoch that is best on", t.epochs, rate, t.signRate, batch, clip)
	line("validation; %d values a word, which start at %g times the normal distribution. The HadamRNN decides from the mean over the steps, the", t.embedding, t.tableScale)
	line("LSTM from its last state, which suits it better.")
}

// spread is the mean of a figure over the trainings, with the least and the most.
func spread(list []*trained, of func(*trained) float64) string {
	var v []float64
	sum := 0.0
	for _, t := range list {
		v = append(v, of(t))
		sum += of(t)
	}
	return fmt.Sprintf("%.1f (%.1f to %.1f)", sum/float64(len(v)), slices.Min(v), slices.Max(v))
}

func most(list []*trained, of func(*trained) int) int {
	n := 0
	for _, t := range list {
		n = max(n, of(t))
	}
	return n
}
