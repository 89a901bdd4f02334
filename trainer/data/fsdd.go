package data

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// testTakes are the takes of each speaker and digit, from 0, that the authors of the set keep for test.
const testTakes = 5

// The default lengths: 99 % of the recordings are shorter.
const (
	fsddSamples = 8192
	fsddFrames  = 64
	fsddRate    = 8000 // Hz
)

// Recording is one recording of the Free Spoken Digit Dataset, 16 bits at 8 kHz.
type Recording struct {
	Samples     []int16
	Digit, Take int
	Speaker     string
}

// Test reports whether the authors of the set keep the recording for test.
func (r Recording) Test() bool { return r.Take < testTakes }

// SpokenDigits reads all recordings of the known set fsdd, in the order of their files' names.
func SpokenDigits() ([]Recording, error) {
	k := known.Find("fsdd")
	dir := k.Where()
	switch {
	case dir == "":
		return nil, k.Missing()
	case !k.Complete(dir):
		return wavRecordings(k.Archive.Root(dir), k.Archive.Count)
	}
	if err := k.CheckFiles(dir); err != nil {
		return nil, err
	}
	return npzRecordings(dir)
}

// readFSDD reads fsdd_8khz_int16.npz.
func readFSDD(dir string, o Options) (*pool, error) {
	list, err := npzRecordings(dir)
	if err != nil {
		return nil, err
	}
	return spokenPool(list, o), nil
}

// readFSDDArchive reads recordings/DIGIT_SPEAKER_TAKE.wav.
func readFSDDArchive(root string, count int, o Options) (*pool, error) {
	list, err := wavRecordings(root, count)
	if err != nil {
		return nil, err
	}
	return spokenPool(list, o), nil
}

// npzRecordings reads fsdd_8khz_int16.npz: recording i is audio[offset[i]:offset[i+1]].
func npzRecordings(dir string) ([]Recording, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "fsdd_8khz_int16.npz"))
	if err != nil {
		return nil, err
	}
	digits, err := a.Integers("digit")
	if err != nil {
		return nil, err
	}
	takes, err := a.Integers("take")
	if err != nil {
		return nil, err
	}
	offset, err := a.Integers("offset")
	if err != nil {
		return nil, err
	}
	speakers, err := a.Get("speaker")
	if err != nil {
		return nil, err
	}
	audio, err := a.Get("audio")
	if err != nil {
		return nil, err
	}
	n := len(digits)
	if speakers.Kind != 'U' || speakers.Len() != n || len(takes) != n || audio.Kind != 'i' || audio.Size != 2 || len(offset) != n+1 {
		return nil, shapeError(a.File, audio.Shape)
	}
	list := make([]Recording, n)
	for i := range list {
		from, end := int(offset[i]), int(offset[i+1])
		if from < 0 || end < from || end > audio.Len() {
			return nil, fail(a.File, "array offset").Errorf(code, "recording %d is not within the audio", i).Helpf("fetch or copy it again")
		}
		r := &list[i]
		r.Digit, r.Take, r.Speaker, r.Samples = int(digits[i]), int(takes[i]), speakers.Text(i), make([]int16, end-from)
		if r.Digit < 0 || r.Digit > 9 {
			return nil, fail(a.File, "array digit").Errorf(code, "recording %d is of a %d", i, r.Digit).Helpf("fetch or copy it again")
		}
		for j := range r.Samples {
			r.Samples[j] = int16(audio.Int(from + j))
		}
	}
	return list, nil
}

// wavName is the name of a recording's file: digit, speaker, take.
var wavName = regexp.MustCompile(`^([0-9])_([a-z]+)_([0-9]{1,3})\.wav$`)

// wavRecordings reads the authors' files.
func wavRecordings(root string, count int) ([]Recording, error) {
	dir := filepath.Join(root, "recordings")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fail(dir, "").Errorf(code, "cannot be read: %v", fileio.Reason(err)).Helpf("unpack it again")
	}
	var list []Recording
	for _, e := range entries {
		name := wavName.FindStringSubmatch(e.Name())
		if name == nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		sound, err := files.ReadWAV(path)
		if err != nil {
			return nil, err
		}
		samples, ok := sound.Is16()
		if !ok || sound.Rate != fsddRate {
			return nil, fail(path, "").Errorf(code, "has %s of %s at %d Hz, format %d; 1 of 16 at %d, format 1 is expected",
				diag.Count(sound.Channels, "channel"), diag.Count(sound.Bits, "bit"), sound.Rate, sound.Format, fsddRate).Helpf("unpack it again")
		}
		digit, take := name[1][0]-'0', 0
		if take, err = strconv.Atoi(name[3]); err != nil {
			return nil, fmt.Errorf("take of %s: %w", e.Name(), err) // the pattern has digits only
		}
		list = append(list, Recording{Samples: samples, Digit: int(digit), Take: take, Speaker: name[2]})
	}
	if len(list) != count {
		return nil, notWhole(root, "recordings", len(list), count)
	}
	return list, nil
}

// spokenPool makes the recordings sequences of samples, or of the features of the front end. They are padded in front
// with zeros, so that all end at the last step; longer ones are cut there.
func spokenPool(list []Recording, o Options) *pool {
	p := &pool{n: len(list)}
	who := files.NewWords()
	var digits files.Packed[int32]
	for _, r := range list {
		part := train
		if r.Test() {
			part = test
		}
		p.groups, p.parts, digits = append(p.groups, who.Of(r.Speaker)), append(p.parts, part), append(digits, int32(r.Digit))
	}
	p.groups, p.persons = who.AsNumbers(p.groups)
	p.note("speakers: %s", diag.Names(files.SortNames(who.List)))
	for d := range 10 {
		p.classes = append(p.classes, strconv.Itoa(d))
	}
	p.y = array{Numbers: digits, size: 1}
	if o.Features == "bands" {
		p.bands(list, cmp.Or(o.Length, fsddFrames))
		p.hz = 8000.0 / frontend.FrameHop
	} else {
		p.samples(list, cmp.Or(o.Length, fsddSamples))
	}
	return p
}

// samples makes every sample a step.
func (p *pool) samples(list []Recording, length int) {
	x := make(files.Packed[int16], p.n*length)
	for i, r := range list {
		s := r.Samples[:min(len(r.Samples), length)]
		copy(x[(i+1)*length-len(s):], s)
		p.first = append(p.first, int32(len(s)-length))
	}
	p.x, p.frame = array{Numbers: x, size: length}, frame{steps: length, channels: 1}
	p.channels = []Channel{{Name: "sample", Scale: 1.0 / (1 << 15)}}
	p.note("recordings padded in front with zeros, or cut, to %s", diag.Count(length, "sample"))
}

// bands makes every frame a step.
func (p *pool) bands(list []Recording, length int) {
	size := length * frontend.NumBands
	x := make(files.Packed[uint8], p.n*size)
	for i, r := range list {
		frames := frontend.Features(r.Samples, frontend.Bands)
		frames = frames[:min(len(frames), length)]
		at := (i+1)*size - len(frames)*frontend.NumBands
		p.first = append(p.first, int32(len(frames)-length))
		for _, f := range frames {
			at += copy(x[at:], f[:])
		}
	}
	p.x, p.frame = array{Numbers: x, size: size}, frame{steps: length, channels: frontend.NumBands}
	p.channels = bandChannels(fsddRate, 1.0/255)
	p.note("features: %d bands of frames of %s every %d, by the integer front end; padded in front with zeros, or cut, to %d frames",
		frontend.NumBands, diag.Count(frontend.FrameSamples, "sample"), frontend.FrameHop, length)
}
