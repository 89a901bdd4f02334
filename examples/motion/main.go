// Command motion makes the recordings of docs/quickstart.md: what an accelerometer on a wrist would say of twenty people who stand,
// walk, run and wave. They are made up, by the sums of sines below, so that a quick start can show a table and its licence is
// this repository's. Start with people.
//
//	go run ./examples/motion
package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const (
	perSecond  = 25 // samples
	steps      = 48 // of a recording: two seconds
	recordings = 3  // of each activity, by each person
	noise      = 25 // standard deviation, in thousandths of g
)

// people is how many wear the sensor; what is at its end differs between them.
const people = 20

// activity is how an arm moves: swings a second, and how far each axis goes, in thousandths of g.
type activity struct {
	name  string
	rate  float64
	swing [3]float64
	// jerk is the part of a second harmonic: steps hit the ground.
	jerk float64
}

var activities = []activity{
	{"stand", 0.3, [3]float64{15, 15, 20}, 0},
	{"walk", 1.8, [3]float64{220, 120, 260}, 0.5},
	{"run", 2.7, [3]float64{650, 300, 800}, 0.6},
	{"wave", 2.2, [3]float64{150, 700, 120}, 0.1},
}

// wearer is how one person wears the sensor and moves.
type wearer struct{ tilt, turn, pace, force float64 }

func newWearer(rng *rand.Rand) wearer {
	return wearer{tilt: 0.25 * rng.NormFloat64(), turn: 0.3 * rng.NormFloat64(), pace: 1 + 0.07*rng.NormFloat64(), force: 1 + 0.15*rng.NormFloat64()}
}

// record gives the steps of a recording, [steps][3] in thousandths of g.
func (w wearer) record(a activity, rng *rand.Rand) [][3]int {
	rate := a.rate * w.pace * (1 + 0.05*rng.NormFloat64())
	phase, force := rng.Float64(), w.force*(1+0.1*rng.NormFloat64())
	tilt := w.tilt + 0.1*rng.NormFloat64()
	gravity := [3]float64{1000 * math.Sin(tilt), 1000 * math.Cos(tilt) * math.Sin(w.turn), 1000 * math.Cos(tilt) * math.Cos(w.turn)}
	out := make([][3]int, steps)
	for t := range out {
		at := 2 * math.Pi * (rate*float64(t)/perSecond + phase)
		for axis := range out[t] {
			swing := math.Sin(at+float64(axis)) + a.jerk*math.Sin(2*at+0.7*float64(axis))
			out[t][axis] = int(math.Round(gravity[axis] + force*a.swing[axis]*swing + noise*rng.NormFloat64()))
		}
	}
	return out
}

// table writes the recordings of some wearers as CSV, n of each activity by each; labels says whether the columns person and activity
// are there.
func table(rng *rand.Rand, wearers, n int, labels bool) []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, "recording,ax,ay,az")
	if labels {
		fmt.Fprint(&b, ",person,activity")
	}
	fmt.Fprintln(&b)
	recording := 0
	for person := range wearers {
		w := newWearer(rng)
		for range n {
			for _, a := range activities {
				recording++
				for _, v := range w.record(a, rng) {
					fmt.Fprintf(&b, "%d,%d,%d,%d", recording, v[0], v[1], v[2])
					if labels {
						fmt.Fprintf(&b, ",p%02d,%s", person+1, a.name)
					}
					fmt.Fprintln(&b)
				}
			}
		}
	}
	return b.Bytes()
}

// tables are the files, by name: recordings to train on, and some of another person that nobody labelled.
func tables() map[string][]byte {
	return map[string][]byte{
		"motion.csv": table(rand.New(rand.NewPCG(1, 1)), people, recordings, true),
		"field.csv":  table(rand.New(rand.NewPCG(2, 1)), 1, 1, false),
	}
}

func main() {
	for name, data := range tables() {
		if err := os.WriteFile(filepath.Join("examples", "motion", name), data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
