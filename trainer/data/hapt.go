package data

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
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

// pool makes the sequences: labelled intervals of activities 1 to 6, persons 1 to 21 to train and 22 to 30 to test, the accelerometer
// alone. Transitions between two postures have no label.
func (r *haptRecordings) pool(at diag.Builder, labels []int32, o Options) (*pool, error) {
	p := &pool{classes: harClasses, channels: named(haptChannels, one)}
	p.channelsUsed = []string{"acc x", "acc y", "acc z"}
	cutOut := r.intervals
	if o.Stream {
		cutOut = r.whole
	}
	if err := cutOut(at, p, labels); err != nil {
		return nil, err
	}
	if o.Window = cmp.Or(o.Window, 128); o.Stride == 0 {
		o.Stride = (o.Window + 1) / 2
	}
	return p, r.lay("hapt", p, &o)
}

// interval is a labelled one of a recording, in samples from its start.
func (r *haptRecordings) interval(at diag.Builder, row int, l []int32) (span [2]int, first, last int, err error) {
	span, ok := r.spans[haptName(l[0], l[1])]
	if first, last = int(l[3]), int(l[4]); !ok || l[2] < 1 || first < 0 || first > min(last+1, span[1]) {
		return span, 0, 0, at.Errorf(code, "row %d is of no recording", row).Helpf("fetch or copy it again")
	}
	return span, first, last, nil
}

// intervals cuts the labelled ones out as arXiv 2606.17249 does: each, first to last counted from 1, taken as
// samples[first : last+1], which is one sample late; windows of 128 with stride 64.
func (r *haptRecordings) intervals(at diag.Builder, p *pool, labels []int32) error {
	for i := 0; i < len(labels)/haptColumns; i++ {
		l := labels[i*haptColumns:]
		if l[2] > int32(len(harClasses)) {
			continue
		}
		span, first, last, err := r.interval(at, i, l)
		if err != nil {
			return err
		}
		r.cuts = append(r.cuts, cut{from: span[0] + first, first: first, steps: min(last+1, span[1]) - first, label: l[2] - 1, group: l[1],
			recording: l[0], part: haptPart(l[1])})
	}
	p.note("labelled intervals taken as samples[first : last+1], as arXiv 2606.17249")
	return nil
}

// whole takes recordings as they are, with a label at every sample of an activity.
func (r *haptRecordings) whole(at diag.Builder, p *pool, labels []int32) error {
	classes := files.Packed[int32](slices.Repeat([]int32{-1}, r.values.Len()/r.d))
	seen := map[int32]bool{}
	for i := 0; i < len(labels)/haptColumns; i++ {
		l := labels[i*haptColumns:]
		span, first, last, err := r.interval(at, i, l)
		if err != nil {
			return err
		}
		if !seen[l[0]] {
			seen[l[0]] = true
			r.cuts = append(r.cuts, cut{from: span[0], steps: span[1], group: l[1], recording: l[0], part: haptPart(l[1])})
		}
		for s := max(first, 1) - 1; s < min(last, span[1]) && l[2] <= int32(len(harClasses)); s++ {
			classes[span[0]+s] = l[2] - 1
		}
	}
	r.answers, r.width, r.eachStep = classes, 1, true
	return nil
}

// haptPart is the part that a person is in.
func haptPart(person int32) part {
	if person > 21 {
		return test
	}
	return train
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
		return nil, fail(file, "").Errorf(code, "has %s a line; %d whole ones are expected", diag.Count(width, "number"), haptColumns).Helpf("unpack it again")
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
			return nil, fail(file, "").Errorf(code, "has %s of %d axes; the accelerometer has %d of 3", diag.Count(len(values)/width, "sample"), width, (len(all)-start)/6).Helpf("unpack it again")
		}
		for i, v := range values {
			all[start+i/3*6+3*s+i%3] = v
		}
	}
	return all, nil
}
