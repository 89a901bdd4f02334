package data

import (
	"cmp"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// The streams that clips of words are strung together to, at 8 kHz.
const (
	wakeRate    = 8000
	wakeSeconds = 30 // of a stream
	wakeTrain   = 240
	wakePasses  = 3 // times that a clip of the validation and of the test part is heard, each time in another noise
	// Where the word is to be known: from 0.1 s before the end of its speech to 0.5 s after. From its start to there nothing counts.
	wakeBefore, wakeAfter = wakeRate / 10, wakeRate / 2
)

// The folds of the set's clips that are held out.
const wakeTestFold, wakeValidFold = 0, 1

// clip is one recording of a word, or of something that is none.
type clip struct {
	samples    []int16
	from, end  int // of its speech
	word, fold int
}

// readWakeword reads wakeword.npz and fsdd, and strings clips together to streams: one word of four, against the other words, digits
// and noise, in the noise of a room 10 to 20 dB below. A step is a frame of the integer front end.
func readWakeword(dir string, o Options) (*pool, error) {
	clips, names, err := wakeArrays(dir)
	if err != nil {
		return nil, err
	}
	word := slices.Index(names, cmp.Or(o.Word, names[0]))
	if word < 0 {
		return nil, fail("wakeword", "").Errorf(code, "word is %s, not %q", oneOf(names), o.Word).Helpf("write  word = %s", names[0])
	}
	digits, err := SpokenDigits()
	if err != nil {
		return nil, err
	}
	for _, d := range digits {
		c := clip{samples: d.Samples, end: len(d.Samples), word: otherWords, fold: 2}
		switch {
		case d.Test():
			c.fold = wakeTestFold
		case d.Take < 2*testTakes:
			c.fold = wakeValidFold
		}
		clips = append(clips, c)
	}
	p := &pool{classes: []string{"background", names[word]}, hz: float64(wakeRate) / frontend.FrameHop, channels: bandChannels(wakeRate, 1.0/32)}
	w := wakeStreams{recordings: recordings{d: frontend.NumBands, width: 1, eachStep: true}}
	w.hearAll(random(0, drawTest), test, chosen(clips, word, wakeTestFold))
	w.hearAll(random(0, drawValid), valid, chosen(clips, word, wakeValidFold))
	w.hearSome(random(o.Seed, drawTrain), cmp.Or(o.Sequences, wakeTrain), chosen(clips, word, 2, 3, 4))
	w.values, w.answers = w.frames, w.labels
	p.note("streams of %d s: clips in the noise of rooms, 10 to 20 dB below the speech; %s against the other words, digits and noise", wakeSeconds, names[word])
	p.note("clips of fold %d are the test part, of fold %d the validation part, each heard %s; who speaks is not known, so that voices of the test part can be among those of training",
		wakeTestFold, wakeValidFold, diag.Count(wakePasses, "time"))
	p.note("the word is to be known from 0.1 s before its end to 0.5 s after it; its steps before that do not count")
	return p, w.lay("wakeword", p, &o)
}

// Clips of no word of the set.
const (
	otherWords = -1 - iota
	roomNoise
)

// wakeArrays takes the clips from wakeword.npz, and the names of the words to wake at.
func wakeArrays(dir string) (clips []clip, names []string, err error) {
	a, err := files.OpenNpz(filepath.Join(dir, "wakeword.npz"))
	if err != nil {
		return nil, nil, err
	}
	columns := map[string][]int32{}
	for _, name := range []string{"word", "fold", "group", "faint", "offset"} {
		if columns[name], err = a.Integers(name); err != nil {
			return nil, nil, err
		}
	}
	audio, err := a.Get("audio")
	if err != nil {
		return nil, nil, err
	}
	words, err := a.Get("words")
	if err != nil {
		return nil, nil, err
	}
	speech, err := a.Tensor("speech")
	if err != nil {
		return nil, nil, err
	}
	n, offset, ends := len(columns["word"]), columns["offset"], files.AllInts(speech.Numbers)
	if len(offset) != n+1 || len(ends) != 2*n || len(columns["fold"]) != n || len(columns["group"]) != n || len(columns["faint"]) != n {
		return nil, nil, shapeError(a.File, speech.Shape)
	}
	for i := range words.Len() {
		names = append(names, words.Text(i))
	}
	kinds := map[string]int{"other": otherWords, "noise": roomNoise}
	seen := map[int32]bool{}
	for i := range n {
		from, end, word := int(offset[i]), int(offset[i+1]), int(columns["word"][i])
		if from < 0 || end < from || end > audio.Len() || word < 0 || word >= len(names) || int(ends[2*i+1]) > end-from {
			return nil, nil, fail(a.File, "array offset").Errorf(code, "clip %d is not within the audio", i).Helpf("fetch or copy it again")
		}
		if columns["faint"][i] == 1 || seen[columns["group"][i]] {
			continue // no word is to be heard, or it is a copy
		}
		seen[columns["group"][i]] = true
		c := clip{samples: make([]int16, end-from), from: int(ends[2*i]), end: int(ends[2*i+1]), word: word, fold: int(columns["fold"][i])}
		if kind, ok := kinds[names[word]]; ok {
			c.word = kind
		}
		for j := range c.samples {
			c.samples[j] = int16(audio.Int(from + j))
		}
		clips = append(clips, c)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return kinds[name] != 0 })
	return clips, names, nil
}

// choice are the clips of some folds: of the word, of all else that is said, and of the noise of rooms.
type choice struct{ word, others, rooms []clip }

func chosen(clips []clip, word int, folds ...int) (out choice) {
	for _, c := range clips {
		switch {
		case !slices.Contains(folds, c.fold):
		case c.word == roomNoise:
			out.rooms = append(out.rooms, c)
		case c.word == word:
			out.word = append(out.word, c)
		default:
			out.others = append(out.others, c)
		}
	}
	return out
}

// wakeStreams are recordings of streams.
type wakeStreams struct {
	recordings
	frames files.Packed[uint8]
	labels files.Packed[int32]
}

// hearAll makes streams in which every clip is heard some times.
func (w *wakeStreams) hearAll(rng *rand.Rand, to part, c choice) {
	type heard struct {
		clip
		isWord bool
	}
	for range wakePasses {
		var all []heard
		for _, one := range c.word {
			all = append(all, heard{one, true})
		}
		for _, one := range c.others {
			all = append(all, heard{one, false})
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for len(all) > 0 {
			s := newSoundtrack(rng, c.rooms)
			for len(all) > 0 && s.say(rng, all[0].clip, all[0].isWord) {
				all = all[1:]
			}
			w.add(s, to)
		}
	}
}

// hearSome makes streams for training, of clips that are drawn: the word is two of five.
func (w *wakeStreams) hearSome(rng *rand.Rand, streams int, c choice) {
	for range streams {
		s := newSoundtrack(rng, c.rooms)
		for more := true; more; {
			if of := c.others; rng.IntN(5) < 2 {
				more = s.say(rng, spoken(rng, c.word[rng.IntN(len(c.word))]), true)
			} else {
				more = s.say(rng, spoken(rng, of[rng.IntN(len(of))]), false)
			}
		}
		w.add(s, train)
	}
}

// spoken is a clip as another voice might say it: up to an eighth faster and higher or slower and lower (Ko et al., Audio augmentation for
// speech recognition, 2015), into a microphone that is up to 6 dB brighter or duller.
func spoken(rng *rand.Rand, c clip) clip {
	speed, tilt := math.Pow(1.125, 2*rng.Float64()-1), 0.6*(2*rng.Float64()-1)
	in := c.samples
	c.samples = make([]int16, int(float64(len(in)-1)/speed))
	c.from, c.end = min(int(float64(c.from)/speed), len(c.samples)), min(int(float64(c.end)/speed), len(c.samples))
	before := 0.0
	for i := range c.samples {
		at := float64(i) * speed
		k := int(at)
		v := float64(in[k]) + (at-float64(k))*float64(int(in[k+1])-int(in[k]))
		c.samples[i] = int16(max(-1<<15, min(math.Round((v+tilt*before)/(1+math.Abs(tilt))), 1<<15-1)))
		before = v
	}
	return c
}

func (w *wakeStreams) add(s *soundtrack, to part) {
	c := cut{from: len(w.labels), part: to, group: int32(len(w.cuts)), recording: int32(len(w.cuts))}
	for t, f := range frontend.Features(s.mixed(), frontend.LeanBands) {
		w.frames = append(w.frames, f[:]...)
		w.labels = append(w.labels, int32(s.labels[t*frontend.FrameHop+frontend.FrameSamples-1]))
	}
	c.steps = len(w.labels) - c.from
	w.cuts = append(w.cuts, c)
}

// soundtrack is sound that is being strung together: noise at a level, and what is said until the time so far.
type soundtrack struct {
	sound  []float64
	labels []int8 // of every sample
	level  float64
	time   int
}

// newSoundtrack is the noise of a room, which loops from any place of its recording, at a level of 100 to 1,000.
func newSoundtrack(rng *rand.Rand, rooms []clip) *soundtrack {
	s := &soundtrack{sound: make([]float64, wakeSeconds*wakeRate), labels: make([]int8, wakeSeconds*wakeRate)}
	room := rooms[rng.IntN(len(rooms))]
	s.level = 100 * math.Pow(10, rng.Float64())
	gain, from := s.level/loudness(room.samples), rng.IntN(len(room.samples))
	for i := range s.sound {
		s.sound[i] = gain * float64(room.samples[(from+i)%len(room.samples)])
	}
	return s
}

// loudness is the root of the mean square.
func loudness(samples []int16) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return max(1, math.Sqrt(sum/float64(max(1, len(samples)))))
}

// say lets a clip follow after 0.3 to 1.5 s; it reports whether there is room for it.
func (s *soundtrack) say(rng *rand.Rand, c clip, isWord bool) bool {
	at := s.time + wakeRate*3/10 + rng.IntN(wakeRate*12/10)
	if at+len(c.samples)+wakeAfter > len(s.sound) {
		return false
	}
	gain := s.level * math.Pow(10, (10+10*rng.Float64())/20) / loudness(c.samples[c.from:c.end])
	for i, v := range c.samples {
		s.sound[at+i] += gain * float64(v)
	}
	s.time = at + len(c.samples)
	if isWord {
		for i := at + c.from; i < at+c.end-wakeBefore; i++ {
			s.labels[i] = -1
		}
		for i := at + c.end - wakeBefore; i < at+c.end+wakeAfter; i++ {
			s.labels[i] = 1
		}
		s.time = max(s.time, at+c.end+wakeAfter)
	}
	return true
}

// mixed are the samples, as 16 bits.
func (s *soundtrack) mixed() []int16 {
	out := make([]int16, len(s.sound))
	for i, v := range s.sound {
		out[i] = int16(max(-1<<15, min(math.Round(v), 1<<15-1)))
	}
	return out
}
