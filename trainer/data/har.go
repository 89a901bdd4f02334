package data

import (
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
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
	a, err := files.OpenNpz(filepath.Join(dir, "har.npz"))
	if err != nil {
		return nil, err
	}
	p := &pool{classes: harClasses}
	var x []files.Tensor
	var labels []int32
	for _, split := range []string{"train", "test"} {
		t, err := a.Tensor("x_" + split)
		if err != nil {
			return nil, err
		}
		y, err := a.Integers("y_" + split)
		if err != nil {
			return nil, err
		}
		who, err := a.Integers("subject_" + split)
		if err != nil {
			return nil, err
		}
		if len(t.Shape) != 3 || t.Shape[1] != 128 || t.Shape[2] != len(harChannels) || len(y) != t.Rows() || len(who) != t.Rows() {
			return nil, shapeError(a.File, t.Shape)
		}
		x, labels, p.groups = append(x, t), append(labels, y...), append(p.groups, who...)
		p.parts = append(p.parts, slices.Repeat([]part{map[string]part{"train": train, "test": test}[split]}, t.Rows())...)
	}
	step, err := a.Tensor("step")
	if err != nil {
		return nil, err
	}
	if step.Len() != len(harChannels) {
		return nil, shapeError(a.File, step.Shape)
	}
	steps := make([]float64, step.Len())
	step.Floats(0, steps)
	p.n, p.x, p.frame = len(labels), join(x), frame{steps: 128, channels: len(harChannels)}
	p.channels = named(harChannels, func(c int) float64 { return steps[c] })
	y, err := subtract(fail(a.File, "labels"), labels, 1, len(harClasses))
	p.y = array{Numbers: y, size: 1}
	return p, err
}

func shapeError(file string, shape []int) error {
	return fail(file, "").Errorf(code, "an array has shape %s", diag.Shape(shape)).Helpf("fetch or copy it again")
}

// readHARArchive reads the official windows, of which har.npz has a reconstruction.
func readHARArchive(root string, count int, _ Options) (*pool, error) {
	p, err := uciPool(root)
	if err != nil {
		return nil, err
	}
	if p.n != count {
		return nil, notWhole(root, "windows", p.n, count)
	}
	if len(p.channels) != len(harChannels) || len(p.classes) != len(harClasses) || p.groups == nil {
		return nil, fail(root, "").Errorf(code, "has %s and %s; the archive has %d and %d, and its persons", diag.Count(len(p.channels), "channel"), diag.Count(len(p.classes), "class"), len(harChannels), len(harClasses)).
			Helpf("unpack it again")
	}
	p.classes, p.channels = harClasses, named(harChannels, one) // the files are in the order of these names
	return p, nil
}

// twoClasses makes har the two-class set of Kusupati et al. (FastGRNN, NeurIPS 2018), each channel normalised as there.
func twoClasses(p *pool) {
	classOf := []int32{1, 0, 1, 0, 1, 0} // of harClasses
	y := make(files.Packed[int32], p.n)
	p.classes, p.normalise = []string{"sitting, lying or walking upstairs", "standing, walking or walking downstairs"}, "channel"
	for i := range y {
		y[i] = classOf[p.label(i)]
	}
	p.y = array{Numbers: y, size: 1}
}
