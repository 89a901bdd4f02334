package data

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// cmapssChannels are the settings and sensors of an engine, once a flight, by the names that C-MAPSS has for them (Saxena, Goebel, Simon,
// Eklund: Damage propagation modeling for aircraft engine run-to-failure simulation, 2008).
var cmapssChannels = []string{"setting 1", "setting 2", "setting 3", "T2", "T24", "T30", "T50", "P2", "P15", "P30", "Nf", "Nc", "epr", "Ps30",
	"phi", "NRf", "NRc", "BPR", "farB", "htBleed", "Nf_dmd", "PCNfR_dmd", "W31", "W32"}

// cmapssVaried are the sensors that say something in FD001: the others are constant or nearly so, and the settings noise.
var cmapssVaried = []string{"T24", "T30", "T50", "P30", "Nf", "Nc", "Ps30", "phi", "NRf", "NRc", "BPR", "htBleed", "W31", "W32"}

// The task as it is customary: a life of which no end is to be seen yet counts as so many flights, and so many flights decide.
const (
	cmapssCap    = 125
	cmapssWindow = 30
)

// readCMAPSS reads cmapss_fd001.npz: engines that flew until they failed, and engines that stopped before, whose remaining life is known.
// The first are trained on, a window that ends with each flight; the others are the test, the window that ends with the last flight.
func readCMAPSS(dir string, o Options) (*pool, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "cmapss_fd001.npz"))
	if err != nil {
		return nil, err
	}
	lives, err := a.Integers("test_rul")
	if err != nil {
		return nil, err
	}
	window := cmp.Or(o.Window, cmapssWindow)
	e := engines{recordings: recordings{d: len(cmapssChannels), width: 1}, before: window - 1}
	if err := e.add(a, "train", func(int32) int { return 0 }, cmapssCap); err != nil {
		return nil, err
	}
	failed := len(e.cuts)
	if err := e.add(a, "test", func(unit int32) int { return int(lives[unit-1]) }, math.MaxInt); err != nil {
		return nil, err
	}
	for i := range e.cuts[failed:] {
		c := &e.cuts[failed+i]
		from := c.steps - window
		c.from, c.first, c.steps, c.part = c.from+from, c.first+from, window, test
	}
	p := &pool{channels: named(cmapssChannels, one), channelsUsed: cmapssVaried, outputs: 1, targets: []string{"remaining flights"},
		recordingNames: e.names, persons: e.names}
	p.note("lives of training engines cut to %d flights, those of the test not; windows of fewer flights begin with copies of the first", cmapssCap)
	e.values, e.answers = files.Exactly(e.x, e.d), files.Exactly(e.lives, 1)
	return p, e.windows("cmapss", p, window, cmp.Or(o.Stride, 1), 0)
}

// engines are recordings of a step a flight, each behind so many copies of its first flight.
type engines struct {
	recordings
	before   int
	x, lives files.Packed[float64]
	names    []string
}

// add takes the engines of a part. left says how many flights an engine has left after its last one; no life counts as more than most.
func (e *engines) add(a *files.Arrays, part string, left func(unit int32) int, most int) error {
	x, err := a.Tensor(part)
	if err != nil {
		return err
	}
	units, err := a.Integers(part + "_unit")
	if err != nil {
		return err
	}
	if len(x.Shape) != 2 || x.Shape[1] != e.d || len(units) != x.Rows() {
		return shapeError(a.File, x.Shape)
	}
	for from, to := 0, 0; from < len(units); from = to {
		for to = from; to < len(units) && units[to] == units[from]; to++ {
		}
		if err := files.Fits(a.File, int64(len(e.x)+(e.before+to-from)*e.d)*8, 0); err != nil {
			return err
		}
		number := int32(len(e.names))
		e.cuts = append(e.cuts, cut{from: len(e.lives), steps: e.before + to - from, first: -e.before, label: -1, group: number, recording: number})
		e.names = append(e.names, fmt.Sprintf("%s %d", part, units[from]))
		for flight := from - e.before; flight < to; flight++ {
			row := make([]float64, e.d)
			x.Floats(max(flight, from)*e.d, row)
			e.x, e.lives = append(e.x, row...), append(e.lives, float64(min(left(units[from])+to-1-flight, most)))
		}
	}
	return nil
}
