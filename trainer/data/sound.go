package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// soundPool reads WAV files that hold a recording each: a step is a sample of every channel, or the features of a frame.
func soundPool(name string, list []recordedFile, o *Options) (*pool, error) {
	why, err := fromPaths(name, list, o.Columns.Files)
	if err != nil {
		return nil, err
	}
	if list[0].label == "" && !o.Unlabelled {
		return nil, fail(name, "").Errorf(code, "which class each file is of cannot be told from the paths").
			Helpf("put them into folders called as the classes, call them CLASS_1.wav and so on, or say  files = \"{label}_{group}_*\"  or the like")
	}
	p := &pool{kind: Audio | Series | Streams | Varied, source: name}
	p.note("a file is a recording, called by its path")
	if !o.Unlabelled {
		p.note("the class of a file is %s; files = \"{label}_*\" or the like says another", classBy(why))
	}
	labels, persons, ids := files.NewWords(), files.NewWords(), files.NewWords()
	var first *files.Sound
	var samples files.Packed[int16]
	var frames files.Packed[uint8]
	var of, who, which []int32
	rec := recordings{}
	for _, f := range list {
		s, err := files.ReadWAV(f.path)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = s
			rec.d = int(s.Channels)
		}
		if s.Rate != first.Rate || s.Channels != first.Channels {
			return nil, fail(f.path, "").Errorf(code, "has %s at %d Hz; %s has %d at %d", diag.Count(s.Channels, "channel"), s.Rate, list[0].path, first.Channels, first.Rate).
				Helpf("convert it, for instance with sox")
		}
		if s.Bits > 16 {
			p.note("samples of %d bits are rounded to 16", s.Bits)
		}
		c := cut{part: f.part, from: len(samples) / rec.d, steps: len(s.Samples) / rec.d}
		if o.Features == "bands" {
			mono, ok := s.Is16()
			if !ok {
				return nil, fail(f.path, "").Errorf(code, "has %s of %s; features = bands takes 1 of 16", diag.Count(s.Channels, "channel"), diag.Count(s.Bits, "bit")).
					Helpf("convert it, for instance with sox, or remove  features")
			}
			rec.d = frontend.NumBands
			c.from = len(frames) / rec.d
			for _, b := range frontend.Features(mono, frontend.Bands) {
				frames = append(frames, b[:]...)
			}
			c.steps = len(frames)/rec.d - c.from
		} else {
			for _, v := range s.Samples {
				samples = append(samples, int16(math.RoundToEven(float64(max(-1<<15, min(v, 1<<15-1))))))
			}
		}
		if len(samples) > maxPadded {
			return nil, fail(name, "").Errorf(code, "the recordings are too long").Helpf("at most %d samples are read in all", maxPadded)
		}
		of, which = append(of, labels.Of(f.label)), append(which, ids.Of(f.name))
		if f.group != "" {
			who = append(who, persons.Of(f.group))
		}
		rec.cuts = append(rec.cuts, c)
	}
	if o.Features == "bands" {
		rec.values = frames
		p.channels = bandChannels(float64(first.Rate), 1.0/255)
		p.note("features: %d bands of frames of %s every %d, by the integer front end", frontend.NumBands, diag.Count(frontend.FrameSamples, "sample"), frontend.FrameHop)
	} else {
		rec.values = samples
		p.channels = named(soundChannels(rec.d, int(first.Rate)), func(int) float64 { return 1.0 / (1 << 15) })
	}
	classes, names := labels.AsClasses(of)
	if p.classes = names; o.Unlabelled {
		p.classes = nil
	} else if err := checkClasses(fail(name, ""), names); err != nil {
		return nil, err
	}
	which, p.recordingNames = ids.AsNumbers(which)
	if p.persons = p.recordingNames; who != nil {
		p.personsKnown = true
		who, p.persons = persons.AsNumbers(who)
	}
	for i := range rec.cuts {
		c := &rec.cuts[i]
		c.label, c.recording, c.group = classes[i], which[i], which[i]
		if who != nil {
			c.group = who[i]
		}
	}
	rec.cuts = slices.DeleteFunc(rec.cuts, func(c cut) bool { return c.steps == 0 })
	if len(rec.cuts) == 0 {
		return nil, fail(name, "").Errorf(code, "its files hold no step").Helpf("check that they are recordings")
	}
	return p, rec.lay(name, p, o)
}

// soundChannels name samples by their rate in Hz: a model takes no other.
func soundChannels(n, rate int) (names []string) {
	for c := range n {
		name := fmt.Sprintf("sample at %d Hz", rate)
		if n > 1 {
			name = fmt.Sprintf("channel %d at %d Hz", c+1, rate)
		}
		names = append(names, name)
	}
	return names
}

// bandChannels names the bands of the front end by where they start, for samples at a rate in Hz.
func bandChannels(rate, unit float64) (out []Channel) {
	for b := range frontend.NumBands {
		out = append(out, Channel{Name: fmt.Sprintf("%.0f Hz", float64(frontend.BandEdges[b])*rate/frontend.FrameSamples), Scale: unit})
	}
	return out
}
