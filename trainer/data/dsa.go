package data

import (
	"fmt"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

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

// The whole set: persons, segments of each person and activity, and steps of a segment.
const (
	dsaPersons  = 8
	dsaSegments = 60
	dsaSteps    = 125
)

// readDSA19 reads dsa19.npz.
func readDSA19(dir string, _ Options) (*pool, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "dsa19.npz"))
	if err != nil {
		return nil, err
	}
	x, err := a.Tensor("x")
	if err != nil {
		return nil, err
	}
	labels, err := a.Integers("activity")
	if err != nil {
		return nil, err
	}
	persons, err := a.Integers("person")
	if err != nil {
		return nil, err
	}
	if len(x.Shape) != 3 || x.Shape[2] != len(dsaChannels()) || len(labels) != x.Rows() || len(persons) != x.Rows() {
		return nil, shapeError(a.File, x.Shape)
	}
	return dsaPool(fail(a.File, "array activity"), x, labels, persons)
}

// dsaPool makes the persons 7 and 8 of 8 the test part.
func dsaPool(at diag.Builder, x files.Tensor, labels, persons []int32) (*pool, error) {
	p := &pool{classes: dsaClasses, channels: named(dsaChannels(), one), groups: persons}
	for _, who := range persons {
		part := train
		if who >= 7 {
			part = test
		}
		p.parts = append(p.parts, part)
	}
	p.n, p.x, p.frame = x.Rows(), sourceOf(x), frame{steps: x.Shape[1], channels: x.Shape[2]}
	y, err := subtract(at, labels, 1, len(dsaClasses))
	p.y = array{Numbers: y, size: 1}
	return p, err
}

// readDSA19Archive reads aNN/pN/sNN.txt, activity, person and segment counted from 1: a step a line, 45 numbers with commas.
func readDSA19Archive(root string, count int, _ Options) (*pool, error) {
	var list []string
	var labels, persons []int32
	for a := range len(dsaClasses) {
		for p := range dsaPersons {
			for s := range dsaSegments {
				if file := filepath.Join(root, fmt.Sprintf("a%02d", a+1), fmt.Sprintf("p%d", p+1), fmt.Sprintf("s%02d.txt", s+1)); files.Exists(file) {
					list, labels, persons = append(list, file), append(labels, int32(a+1)), append(persons, int32(p+1))
				}
			}
		}
	}
	if len(list) != count {
		return nil, notWhole(root, "segments", len(list), count)
	}
	channels := len(dsaChannels())
	size := dsaSteps * channels
	x := make(files.Packed[float32], len(list)*size)
	var readers errgroup.Group
	readers.SetLimit(runtime.NumCPU())
	for i, file := range list {
		readers.Go(func() error {
			values, width, err := readMatrix(file)
			if err != nil {
				return err
			}
			if width != channels || len(values) != size {
				return fail(file, "").Errorf(code, "has %s of %s; a segment has %d of %d", diag.Count(len(values)/width, "step"), diag.Count(width, "number"), dsaSteps, channels).Helpf("unpack it again")
			}
			for j, v := range values {
				x[i*size+j] = float32(v)
			}
			return nil
		})
	}
	if err := readers.Wait(); err != nil {
		return nil, err
	}
	return dsaPool(fail(root, ""), files.Tensor{Shape: []int{len(list), dsaSteps, channels}, Numbers: x}, labels, persons)
}
