package data

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"hrnnc/internal/npy"
)

// harClasses are the activities 1 to 6 of both smartphone sets.
var harClasses = []string{"walking", "walking upstairs", "walking downstairs", "sitting", "standing", "lying"}

// harChannels are the nine channels of UCI HAR; accelerations in g, rotations in rad/s.
var harChannels = axes("body acc", "gyro", "total acc")

// axes gives each sensor its three axes.
func axes(sensors ...string) []string {
	var out []string
	for _, s := range sensors {
		out = append(out, s+" x", s+" y", s+" z")
	}
	return out
}

func named(names []string, scale func(c int) float64) []Channel {
	out := make([]Channel, len(names))
	for c, n := range names {
		out[c] = Channel{Name: n, Scale: scale(c)}
	}
	return out
}

func one(int) float64 { return 1 }

// readHAR reads har.npz: int16 windows, each channel with its step.
func readHAR(dir string, _ Options) (*pool, error) {
	a, err := openNpz(filepath.Join(dir, "har.npz"))
	if err != nil {
		return nil, err
	}
	p := &pool{classes: harClasses}
	var x []tensor
	var labels []int32
	for _, split := range []string{"train", "test"} {
		t, err := a.tensor("x_" + split)
		if err != nil {
			return nil, err
		}
		y, err := a.integers("y_" + split)
		if err != nil {
			return nil, err
		}
		who, err := a.integers("subject_" + split)
		if err != nil {
			return nil, err
		}
		if len(t.shape) != 3 || t.shape[1] != 128 || t.shape[2] != len(harChannels) || len(y) != t.rows() || len(who) != t.rows() {
			return nil, shapeError(a.file, t.shape)
		}
		x, labels, p.groups = append(x, t), append(labels, y...), append(p.groups, who...)
		p.parts = append(p.parts, slices.Repeat([]part{map[string]part{"train": train, "test": test}[split]}, t.rows())...)
	}
	step, err := a.tensor("step")
	if err != nil {
		return nil, err
	}
	if step.len() != len(harChannels) {
		return nil, shapeError(a.file, step.shape)
	}
	steps := make([]float32, step.len())
	step.floats(0, steps)
	p.n, p.x, p.frame = len(labels), join(x), frame{steps: 128, channels: len(harChannels)}
	p.channels = named(harChannels, func(c int) float64 { return float64(steps[c]) })
	y, err := subtract(fail(a.file, "labels"), labels, 1, len(harClasses))
	p.y = array{numbers: y, size: 1}
	return p, err
}

func shapeError(file string, shape []int) error {
	return fail(file, "").Errorf(code, "an array has shape %s", npy.Shape(shape)).Helpf("fetch or copy it again")
}

// readHAR2 is har in the two classes of Kusupati et al. (FastGRNN, NeurIPS 2018), each channel normalised as there.
func readHAR2(dir string, o Options) (*pool, error) {
	p, err := readHAR(dir, o)
	if err != nil {
		return nil, err
	}
	classOf := []int32{1, 0, 1, 0, 1, 0} // of harClasses
	y := make(packed[int32], p.n)
	p.classes, p.normalise = []string{"sitting, lying or walking upstairs", "standing, walking or walking downstairs"}, "channel"
	for i := range y {
		y[i] = classOf[p.label(i)]
	}
	p.y = array{numbers: y, size: 1}
	return p, nil
}

// haptChannels are the channels of hapt: acceleration in g, rotation in rad/s, at 50 Hz.
var haptChannels = axes("acc", "gyro")

// readHAPT cuts windows from the recordings as arXiv 2606.17249 does: activities 1 to 6; each labelled interval, first to
// last counted from 1, taken as samples[first : last+1], which is one sample late; windows of 128 with stride 64;
// persons 1 to 21 to train and 22 to 30 to test; the accelerometer alone.
func readHAPT(dir string, o Options) (*pool, error) {
	a, err := openNpz(filepath.Join(dir, "hapt_raw.npz"))
	if err != nil {
		return nil, err
	}
	labels, err := a.tensor("labels")
	if err != nil {
		return nil, err
	}
	if len(labels.shape) != 2 || labels.shape[1] != 5 {
		return nil, shapeError(a.file, labels.shape)
	}
	rec, starts, err := haptRecordings(a)
	if err != nil {
		return nil, err
	}
	for i := range labels.rows() {
		var l [5]int32 // experiment, person, activity, first, last
		labels.ints(5*i, l[:])
		if l[2] > int32(len(harClasses)) {
			continue // a transition between two postures
		}
		span, ok := starts[fmt.Sprintf("exp%02d_user%02d", l[0], l[1])]
		first, end := int(l[3]), min(int(l[4])+1, span[1])
		if !ok || l[2] < 1 || first < 0 || first > end {
			return nil, fail(a.file, "array labels").Errorf(code, "row %d is of no recording", i).Helpf("fetch or copy it again")
		}
		part := train
		if l[1] > 21 {
			part = test
		}
		rec.cuts = append(rec.cuts, cut{from: span[0] + first, steps: end - first, label: l[2] - 1, group: l[1], part: part})
	}
	p := &pool{classes: harClasses, channels: named(haptChannels, one)}
	p.channelsUsed = []string{"acc x", "acc y", "acc z"}
	p.note("labelled intervals taken as samples[first : last+1], as arXiv 2606.17249")
	window := cmp.Or(o.Window, 128)
	return p, rec.windows("hapt", p, window, cmp.Or(o.Stride, (window+1)/2), 0)
}

// haptRecordings puts all recordings one after the other; starts gives first sample and length of each by name.
func haptRecordings(a *arrays) (rec recordings, starts map[string][2]int, err error) {
	var all packed[float32]
	starts, rec.d = map[string][2]int{}, len(haptChannels)
	for _, name := range a.names {
		if len(name) < 3 || name[:3] != "exp" {
			continue
		}
		t, err := a.tensor(name)
		if err != nil {
			return rec, nil, err
		}
		if len(t.shape) != 2 || t.shape[1] != rec.d {
			return rec, nil, shapeError(a.file, t.shape)
		}
		starts[name] = [2]int{len(all) / rec.d, t.rows()}
		at := len(all)
		all = append(all, make(packed[float32], t.len())...)
		t.floats(0, all[at:])
	}
	rec.values = all
	return rec, starts, nil
}

// dsaClasses are the activities 1 to 19 of dsa19, as the archive's page lists them.
var dsaClasses = []string{"sitting", "standing", "lying on the back", "lying on the right side", "ascending stairs", "descending stairs",
	"standing in an elevator", "moving in an elevator", "walking in a parking lot", "walking on a flat treadmill",
	"walking on an inclined treadmill", "running on a treadmill", "exercising on a stepper", "exercising on a cross trainer",
	"cycling horizontally", "cycling vertically", "rowing", "jumping", "playing basketball"}

// dsaChannels are five units of nine channels, at 25 Hz.
func dsaChannels() []string {
	var out []string
	for _, unit := range []string{"torso", "right arm", "left arm", "right leg", "left leg"} {
		out = append(out, axes(unit+" acc", unit+" gyro", unit+" mag")...)
	}
	return out
}

// readDSA19 reads dsa19.npz; the persons 7 and 8 of 8 are the test part.
func readDSA19(dir string, _ Options) (*pool, error) {
	a, err := openNpz(filepath.Join(dir, "dsa19.npz"))
	if err != nil {
		return nil, err
	}
	x, err := a.tensor("x")
	if err != nil {
		return nil, err
	}
	labels, err := a.integers("activity")
	if err != nil {
		return nil, err
	}
	p := &pool{classes: dsaClasses, channels: named(dsaChannels(), one)}
	if p.groups, err = a.integers("person"); err != nil {
		return nil, err
	}
	if len(x.shape) != 3 || x.shape[2] != len(p.channels) || len(labels) != x.rows() || len(p.groups) != x.rows() {
		return nil, shapeError(a.file, x.shape)
	}
	for _, who := range p.groups {
		part := train
		if who >= 7 {
			part = test
		}
		p.parts = append(p.parts, part)
	}
	p.n, p.x, p.frame = x.rows(), x.source(), frame{steps: x.shape[1], channels: x.shape[2]}
	y, err := subtract(fail(a.file, "array activity"), labels, 1, len(dsaClasses))
	p.y = array{numbers: y, size: 1}
	return p, err
}
