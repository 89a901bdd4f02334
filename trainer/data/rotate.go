package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// sensors says which values of a step are the axes of sensors that turn as one body.
type sensors struct {
	triples [][3]int  // the x, y and z of each
	values  []Channel // of a step, as files have them: what is turned is Scale*raw + Offset
}

// findSensors finds the sensors of three axes among the channels of a step. Names tell them: acc_x, acc_y and acc_z, or x_acc; where
// channels have no names, every three are a sensor.
func findSensors(name string, channels []Channel) (*sensors, error) {
	out := &sensors{values: slices.Clone(channels)}
	axes, order := map[string][3]int{}, []string(nil) // of each sensor, its channels by axis, from 1
	for c, channel := range channels {
		sensor, axis := axisOf(channel.Name)
		if axis < 0 {
			continue
		}
		found, known := axes[sensor]
		if !known {
			order = append(order, sensor)
		}
		found[axis] = c + 1
		axes[sensor] = found
	}
	for _, sensor := range order {
		switch a := axes[sensor]; {
		case min(a[0], a[1], a[2]) > 0:
			out.triples = append(out.triples, [3]int{a[0] - 1, a[1] - 1, a[2] - 1})
		case max(a[0], a[1], a[2]) < a[0]+a[1]+a[2]: // two axes of three; one alone may be the end of another word
			return nil, notTurned(name, channels).Helpf("take all three axes of a sensor, or remove  augment_rotate")
		}
	}
	hasName := func(c Channel) bool { return strings.Trim(c.Name, "0123456789") != "" }
	if out.triples == nil && len(channels)%3 == 0 && !slices.ContainsFunc(channels, hasName) {
		for c := 0; c < len(channels); c += 3 {
			out.triples = append(out.triples, [3]int{c, c + 1, c + 2})
		}
	}
	if out.triples == nil {
		return nil, notTurned(name, channels).Helpf("call them acc_x, acc_y, acc_z, or remove  augment_rotate")
	}
	return out, nil
}

func notTurned(name string, channels []Channel) *diag.Diagnostic {
	return fail(name, "").Errorf(code, "augment_rotate turns sensors of three axes, x, y and z, and the channels are %s",
		diag.Names(channelNames(channels)))
}

// axisOf splits a name into sensor and axis, 0 to 2 for x to z, the letter that it ends with or that stands alone in front; -1 for none.
func axisOf(name string) (sensor string, axis int) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return "", -1
	}
	const letters = "xyz"
	if axis = strings.IndexByte(letters, name[len(name)-1]); axis >= 0 {
		return name[:len(name)-1], axis
	}
	if len(name) > 1 && (name[1] == '_' || name[1] == ' ' || name[1] == '-' || name[1] == '.') {
		return name[1:], strings.IndexByte(letters, name[0])
	}
	return "", -1
}

// names are those of what is turned.
func (s *sensors) names() []string {
	var out []string
	for _, triple := range s.triples {
		for _, c := range triple {
			out = append(out, s.values[c].Name)
		}
	}
	return out
}

// rotation turns vectors.
type rotation [3][3]float64

// someRotation is one about an axis of any direction by up to so many degrees.
func someRotation(degrees float64, rng *rand.Rand) rotation {
	axis, length := [3]float64{}, 0.0
	for length == 0 {
		for k := range axis {
			axis[k] = rng.NormFloat64()
		}
		length = math.Sqrt(axis[0]*axis[0] + axis[1]*axis[1] + axis[2]*axis[2])
	}
	sin, cos := math.Sincos(rng.Float64() * degrees * math.Pi / 180)
	var r rotation // Rodrigues
	for i := range 3 {
		for j := range 3 {
			r[i][j] = (1 - cos) * (axis[i] / length) * (axis[j] / length)
		}
		next, after := (i+1)%3, (i+2)%3
		r[i][i] += cos
		r[i][next] -= sin * axis[after] / length
		r[i][after] += sin * axis[next] / length
	}
	return r
}

// rotate turns the sensors in all steps of x, whose values the model sees.
func (s *Sequences) rotate(x []float64, r rotation) {
	for step := 0; step < len(x); step += s.channels {
		joined := step % s.D // the steps of a frame lie one behind the other
		for _, triple := range s.sensors.triples {
			var v [3]float64
			for k, c := range triple {
				gain, offset := s.sensed(joined+c, c)
				v[k] = (x[step+c] - offset) / gain
			}
			for k, c := range triple {
				gain, offset := s.sensed(joined+c, c)
				x[step+c] = gain*(r[k][0]*v[0]+r[k][1]*v[1]+r[k][2]*v[2]) + offset
			}
		}
	}
}

// sensed gives how value d of a step, one of channel c, comes from what the sensor measures: gain times that plus offset.
func (s *Sequences) sensed(d, c int) (gain, offset float64) {
	file, scale, offset := s.sensors.values[c], 1.0, 0.0
	if s.scale != nil {
		scale, offset = s.scale[d], s.offset[d]
	}
	gain = scale / file.Scale
	return gain, offset - gain*file.Offset
}

// Turned says what augment_rotate turns: entries of a sample that are the x, y and z of a sensor, and for each of the D values of a step
// the gain and the offset that make it of what the sensor measures, gain times that plus offset. All are nil where nothing turns.
func (s *Sequences) Turned() (triples [][3]int, gain, offset []float64) {
	if s.sensors == nil {
		return nil, nil, nil
	}
	for d := range s.D {
		g, o := s.sensed(d, d%s.channels)
		gain, offset = append(gain, g), append(offset, o)
	}
	return s.sensors.triples, gain, offset
}
