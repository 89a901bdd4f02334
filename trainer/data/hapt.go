package data

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// haptChannels are the channels of hapt: acceleration in g, rotation in rad/s, at 50 Hz.
var haptChannels = axes("acc", "gyro")

// readHAPT reads hapt_raw.npz: an array for each recording, and the labelled intervals.
func readHAPT(dir string, o Options) (*pool, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "hapt_raw.npz"))
	if err != nil {
		return nil, err
	}
	labels, err := a.Tensor("labels")
	if err != nil {
		return nil, err
	}
	if len(labels.Shape) != 2 || labels.Shape[1] != haptColumns {
		return nil, shapeError(a.File, labels.Shape)
	}
	r, err := haptArrays(a)
	if err != nil {
		return nil, err
	}
	return r.pool(fail(a.File, "array labels"), files.AllInts(labels.Numbers), o)
}

// haptColumns are those of a labelled interval: experiment, person, activity, first and last sample, counted from 1.
const haptColumns = 5

// haptRecordings are all recordings, one after the other, and where each starts and how many samples it has.
type haptRecordings struct {
	recordings
	spans map[string][2]int
}

func newHAPTRecordings() *haptRecordings {
	return &haptRecordings{recordings: recordings{d: len(haptChannels)}, spans: map[string][2]int{}}
}

func haptName(experiment, person int32) string {
	return fmt.Sprintf("exp%02d_user%02d", experiment, person)
}

// span says that the values from start to end are a recording.
func (r *haptRecordings) span(name string, start, end int) {
	r.spans[name] = [2]int{start / r.d, (end - start) / r.d}
}

// pool cuts windows from the recordings as arXiv 2606.17249 does: activities 1 to 6; each labelled interval, first to
// last counted from 1, taken as samples[first : last+1], which is one sample late; windows of 128 with stride 64;
// persons 1 to 21 to train and 22 to 30 to test; the accelerometer alone.
func (r *haptRecordings) pool(at diag.Builder, labels []int32, o Options) (*pool, error) {
	for i := 0; i < len(labels)/haptColumns; i++ {
		l := labels[i*haptColumns:]
		if l[2] > int32(len(harClasses)) {
			continue // a transition between two postures
		}
		span, ok := r.spans[haptName(l[0], l[1])]
		first, end := int(l[3]), min(int(l[4])+1, span[1])
		if !ok || l[2] < 1 || first < 0 || first > end {
			return nil, at.Errorf(code, "row %d is of no recording", i).Helpf("fetch or copy it again")
		}
		part := train
		if l[1] > 21 {
			part = test
		}
		r.cuts = append(r.cuts, cut{from: span[0] + first, first: first, steps: end - first, label: l[2] - 1, group: l[1], recording: l[0], part: part})
	}
	p := &pool{classes: harClasses, channels: named(haptChannels, one)}
	p.channelsUsed = []string{"acc x", "acc y", "acc z"}
	p.note("labelled intervals taken as samples[first : last+1], as arXiv 2606.17249")
	window := cmp.Or(o.Window, 128)
	return p, r.windows("hapt", p, window, cmp.Or(o.Stride, (window+1)/2), 0)
}

// haptArrays takes the recordings from hapt_raw.npz.
func haptArrays(a *files.Arrays) (*haptRecordings, error) {
	r := newHAPTRecordings()
	var all files.Packed[float64]
	for _, name := range a.Names {
		if !strings.HasPrefix(name, "exp") {
			continue
		}
		t, err := a.Tensor(name)
		if err != nil {
			return nil, err
		}
		if len(t.Shape) != 2 || t.Shape[1] != r.d {
			return nil, shapeError(a.File, t.Shape)
		}
		start := len(all)
		all = append(all, make(files.Packed[float64], t.Len())...)
		t.Floats(0, all[start:])
		r.span(name, start, len(all))
	}
	r.values = files.Exactly(all, r.d)
	return r, nil
}

// readHAPTArchive reads RawData/acc_expNN_userMM.txt and gyro_expNN_userMM.txt, a sample a line, and RawData/labels.txt.
func readHAPTArchive(root string, count int, o Options) (*pool, error) {
	file := filepath.Join(root, "RawData", "labels.txt")
	table, width, err := readMatrix(file)
	if err != nil {
		return nil, err
	}
	if width != haptColumns || !files.WholeFloats(table) {
		return nil, fail(file, "").Errorf(code, "has %d numbers a line; %d whole ones are expected", width, haptColumns).Helpf("unpack it again")
	}
	labels := files.AllInts(table)
	r := newHAPTRecordings()
	var all files.Packed[float64]
	for i := 0; i < len(labels); i += haptColumns {
		name := haptName(labels[i], labels[i+1])
		if _, ok := r.spans[name]; ok {
			continue
		}
		start := len(all)
		if all, err = appendHAPT(all, filepath.Join(root, "RawData"), name); err != nil {
			return nil, err
		}
		r.span(name, start, len(all))
	}
	if len(r.spans) != count {
		return nil, notWhole(root, "recordings", len(r.spans), count)
	}
	r.values = files.Exactly(all, r.d)
	return r.pool(fail(file, ""), labels, o)
}

// appendHAPT appends the samples of one recording: three axes of the accelerometer, then three of the gyroscope.
func appendHAPT(all files.Packed[float64], dir, name string) (files.Packed[float64], error) {
	start := len(all)
	for s, sensor := range []string{"acc_", "gyro_"} {
		file := filepath.Join(dir, sensor+name+".txt")
		values, width, err := readMatrix(file)
		if err != nil {
			return nil, err
		}
		if s == 0 {
			all = append(all, make(files.Packed[float64], 2*len(values))...)
		}
		if width != 3 || 2*len(values) != len(all)-start {
			return nil, fail(file, "").Errorf(code, "has %d samples of %d axes; the accelerometer has %d of 3", len(values)/width, width, (len(all)-start)/6).Helpf("unpack it again")
		}
		for i, v := range values {
			all[start+i/3*6+3*s+i%3] = v
		}
	}
	return all, nil
}
