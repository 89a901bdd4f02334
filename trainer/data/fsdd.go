package data

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"hrnnc/internal/npy"
)

// testTakes are the takes of each speaker and digit, from 0, that the authors of the set keep for test.
const testTakes = 5

// The default lengths: 99 % of the recordings are shorter.
const (
	fsddSamples = 8192
	fsddFrames  = 64
)

// spoken is the recordings of fsdd: recording i is audio[offset[i]:offset[i+1]].
type spoken struct {
	audio  *npy.Raw
	offset []int32
}

// readFSDD reads the recordings, as samples of 16 bits or as the features of the front end. They are padded in front
// with zeros, so that all end at the last step; longer ones are cut there.
func readFSDD(dir string, o Options) (*pool, error) {
	a, err := openNpz(filepath.Join(dir, "fsdd_8khz_int16.npz"))
	if err != nil {
		return nil, err
	}
	p := &pool{}
	if err := p.fsddLabels(a); err != nil {
		return nil, err
	}
	s := spoken{}
	if s.offset, err = a.integers("offset"); err != nil {
		return nil, err
	}
	if s.audio, err = a.get("audio"); err != nil {
		return nil, err
	}
	if s.audio.Kind != 'i' || s.audio.Size != 2 || len(s.offset) != p.n+1 {
		return nil, shapeError(a.file, s.audio.Shape)
	}
	for i, from := range s.offset[1:] {
		if before := s.offset[i]; before < 0 || from < before || int(from) > s.audio.Len() {
			return nil, fail(a.file, "array offset").Errorf(code, "recording %d is not within the audio", i).Helpf("fetch or copy it again")
		}
	}
	if o.Features == "bands" {
		p.bands(s, cmp.Or(o.Length, fsddFrames))
	} else {
		p.samples(s, cmp.Or(o.Length, fsddSamples))
	}
	return p, nil
}

// fsddLabels reads digits, takes and speakers.
func (p *pool) fsddLabels(a *arrays) error {
	digits, err := a.integers("digit")
	if err != nil {
		return err
	}
	takes, err := a.integers("take")
	if err != nil {
		return err
	}
	speakers, err := a.get("speaker")
	if err != nil {
		return err
	}
	if speakers.Kind != 'U' || speakers.Len() != len(digits) || len(takes) != len(digits) {
		return shapeError(a.file, speakers.Shape)
	}
	who := newIntern()
	for i, take := range takes {
		p.groups = append(p.groups, who.of(speakers.Text(i)))
		part := train
		if take < testTakes {
			part = test
		}
		p.parts = append(p.parts, part)
	}
	p.groups, p.persons = who.asNumbers(p.groups)
	p.note("speakers: %s", strings.Join(sortNames(who.words), ", "))
	for d := range 10 {
		p.classes = append(p.classes, strconv.Itoa(d))
	}
	p.n = len(digits)
	y, err := subtract(fail(a.file, "array digit"), digits, 0, len(p.classes))
	p.y = array{numbers: y, size: 1}
	return err
}

// recording gives the samples of one recording.
func (s spoken) recording(i int) []int16 {
	from, end := int(s.offset[i]), int(s.offset[i+1])
	out := make([]int16, end-from)
	for j := range out {
		out[j] = int16(s.audio.Int(from + j))
	}
	return out
}

// samples makes every sample a step.
func (p *pool) samples(s spoken, length int) {
	x := make(packed[int16], p.n*length)
	for i := range p.n {
		r := s.recording(i)
		r = r[:min(len(r), length)]
		copy(x[(i+1)*length-len(r):], r)
	}
	p.x, p.frame = array{numbers: x, size: length}, frame{steps: length, channels: 1}
	p.channels = []Channel{{Name: "sample", Scale: 1.0 / (1 << 15)}}
	p.note("recordings padded in front with zeros, or cut, to %d samples", length)
}

// bands makes every frame a step.
func (p *pool) bands(s spoken, length int) {
	size := length * NumBands
	x := make(packed[uint8], p.n*size)
	for i := range p.n {
		frames := features(s.recording(i))
		frames = frames[:min(len(frames), length)]
		at := (i+1)*size - len(frames)*NumBands
		for _, f := range frames {
			at += copy(x[at:], f[:])
		}
	}
	p.x, p.frame = array{numbers: x, size: size}, frame{steps: length, channels: NumBands}
	for b := range NumBands {
		const binHz = 8000.0 / FrameSamples
		p.channels = append(p.channels, Channel{Name: fmt.Sprintf("%.0f Hz", float64(bandEdges[b])*binHz), Scale: 1.0 / 255})
	}
	p.note("features: %d bands of frames of %d samples every %d, by the integer front end; padded in front with zeros, or cut, to %d frames",
		NumBands, FrameSamples, FrameHop, length)
}
