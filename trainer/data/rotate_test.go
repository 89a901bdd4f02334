package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// TestFindSensors finds the axes of sensors by the names of channels, in any order and beside others, and refuses channels of which none
// or not all are axes.
func TestFindSensors(t *testing.T) {
	for names, want := range map[string][][3]int{
		"x,y,z":                                  {{0, 1, 2}},
		"acc x,acc y,acc z,gyro x,gyro y,gyro z": {{0, 1, 2}, {3, 4, 5}},
		"ax,gx,ay,gy,az,gz":                      {{0, 2, 4}, {1, 3, 5}},
		"hr,accZ,accY,accX,max":                  {{3, 2, 1}},
		"x_acc,y_acc,z_acc,load":                 {{0, 1, 2}},
		"0,1,2,3,4,5":                            {{0, 1, 2}, {3, 4, 5}},
		"0,1,2,3":                                nil,
		"lat,vert,fore":                          nil,
		"ax,ay,az,gx,gy":                         nil,
		"acc x":                                  nil,
	} {
		var channels []Channel
		for _, n := range strings.Split(names, ",") {
			channels = append(channels, Channel{Name: n, Scale: 1})
		}
		got, err := findSensors("set", channels)
		if want == nil {
			if err == nil || !strings.Contains(err.Error(), "augment_rotate turns sensors of three axes, x, y and z, and the channels are "+channels[0].Name) {
				t.Errorf("%s: %v", names, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.triples, want) {
			t.Errorf("%s: %v, %v; want %v", names, got, err, want)
		}
	}
}

// TestSomeRotation: rotations keep lengths and handedness, are by no more than was asked for, and go into all directions.
func TestSomeRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var most float64
	var mean [3]float64
	const draws = 2000
	for range draws {
		r := someRotation(30, rng)
		for i := range 3 {
			for j := range 3 {
				dot := r[i][0]*r[j][0] + r[i][1]*r[j][1] + r[i][2]*r[j][2]
				if want := map[bool]float64{true: 1, false: 0}[i == j]; math.Abs(dot-want) > 1e-12 {
					t.Fatalf("%v: rows %d and %d give %v", r, i, j, dot)
				}
			}
			mean[i] += r[i][0] / draws
		}
		if third := r[0][0]*r[1][1] - r[0][1]*r[1][0]; math.Abs(third-r[2][2]) > 1e-12 {
			t.Fatalf("%v mirrors", r)
		}
		most = max(most, math.Acos((r[0][0]+r[1][1]+r[2][2]-1)/2)*180/math.Pi)
	}
	if most > 30+1e-6 || most < 29.5 {
		t.Errorf("the largest angle is %v degrees", most)
	}
	if math.Abs(mean[1]) > 0.02 || math.Abs(mean[2]) > 0.02 {
		t.Errorf("x goes to %v on average", mean)
	}
}

// TestAugmentRotate turns what sensors measure, whatever scale and offset the model sees it with: windows, frames, and pieces of
// recordings; all sensors alike, every step of a sequence alike, other channels not at all.
func TestAugmentRotate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	rows := "id,act,ax,ay,az,hr,gx,gy,gz\n"
	x := make([]float64, 7*12)
	for i := range x {
		x[i] = math.Round(1000*rng.NormFloat64()) / 100
	}
	for step := range 12 {
		cells := []string{"r", string(rune('a' + step/6))}
		for _, v := range x[7*step : 7*step+7] {
			cells = append(cells, strconv.FormatFloat(v, 'f', 2, 64))
		}
		rows += strings.Join(cells, ",") + "\n"
	}
	path := saveTable(t, "imu.csv", rows)
	for _, settings := range [][]string{{"window=4", "stride=4"}, {"window=4", "stride=4", "frame=2"}, {"window=4", "stride=4", "normalise=channel"},
		{"window=4", "stride=4", "frame=2", "normalise=range"}, {"stream=yes", "normalise=channel"}, {"stream=yes", "frame=2", "subsample=2"}} {
		s := load(t, path, append(settings, "id=id", "label=act", "hold=0", "valid=0", "augment_rotate=40")...)
		if !noted(s, "ax, ay, az, gx, gy, gz are turned at random") {
			t.Errorf("%v: notes %q", settings, s.Notes)
		}
		part := s.Train.Converted(scaled(s.Channels, 3)) // as a model with another unit sees it
		before, after := make([]float64, part.T*part.D), make([]float64, part.T*part.D)
		part.Values(0, before)
		part.Augmented(0, 0, Augment{Rotate: 40}, rng, after)
		for _, v := range [][]float64{before, after} {
			measured(v, s.Channels, 3)
		}
		for at := 0; at < len(before); at += 7 {
			b, a := before[at:at+7], after[at:at+7]
			if b[3] != a[3] || slices.Equal(b, a) {
				t.Fatalf("%v: %v became %v", settings, b, a)
			}
			for _, pair := range [][2]float64{{dot(b, 0, b, 0), dot(a, 0, a, 0)}, {dot(b, 4, b, 4), dot(a, 4, a, 4)}, {dot(b, 0, b, 4), dot(a, 0, a, 4)},
				{dot(before, 0, b, 4), dot(after, 0, a, 4)}} { // lengths, and angles between sensors and between steps
				if math.Abs(pair[0]-pair[1]) > 1e-9 {
					t.Fatalf("%v: %v became %v", settings, b, a)
				}
			}
		}
	}
}

// scaled is what makes values of channels count so many a unit.
func scaled(channels []Channel, per float64) (scale, offset []float64) {
	for _, c := range channels {
		scale, offset = append(scale, c.Scale*per), append(offset, c.Offset*per)
	}
	return scale, offset
}

// measured turns such values back into numbers of the file.
func measured(x []float64, channels []Channel, per float64) {
	for i := range x {
		c := channels[i%len(channels)]
		x[i] = (x[i]/per - c.Offset) / c.Scale
	}
}

func dot(a []float64, i int, b []float64, j int) float64 {
	return a[i]*b[j] + a[i+1]*b[j+1] + a[i+2]*b[j+2]
}

// TestAugmentRotateByUnits: axes whose counts are worth different amounts turn in the unit of the sensor.
func TestAugmentRotateByUnits(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 4, 5, 3), "y": ints('i', 2, 4)}), "valid=0", "hold=0", "augment_rotate=90").Train
	for k, unit := range []float64{1, 0.5, 0.25} {
		s.sensors.values[k].Scale, s.sensors.values[k].Offset = unit, float64(k)
	}
	s.scale, s.offset = []float64{1, 1, 1}, []float64{0, 0, 0}
	before, after := values(&s, 1), make([]float64, 15)
	s.Augmented(1, 0, Augment{Rotate: 90}, rand.New(rand.NewPCG(5, 6)), after)
	length := func(v []float64) float64 {
		return math.Hypot(math.Hypot(v[0], 0.5*v[1]+1), 0.25*v[2]+2)
	}
	for at := 0; at < 15; at += 3 {
		if b, a := length(before[at:]), length(after[at:]); math.Abs(a-b) > 1e-9 || before[at] == after[at] {
			t.Errorf("%v became %v", before[at:at+3], after[at:at+3])
		}
	}
}
