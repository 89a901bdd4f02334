package data

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// The records of training and of test, as de Chazal, O'Dwyer and Reilly divided them (IEEE Transactions on Biomedical Engineering 51, 2004).
// Those of paced hearts are left out. Records 201 and 202 are of one man: 201 is never trained on.
var (
	beatTrain = []int32{101, 106, 108, 109, 112, 114, 115, 118, 119, 122, 203, 207, 208, 209, 215, 223, 230}
	// beatValid are of de Chazal's training set too. They have beats of every class, and so do the others.
	beatValid = []int32{116, 124, beatTwice, 205, 220}
	beatTest  = []int32{100, 103, 105, 111, 113, 117, 121, 123, 200, 202, 210, 212, 213, 214, 219, 221, 222, 228, 231, 232, 233, 234}
)

// beatTwice is the record of a man whose other record is a test.
const beatTwice = 201

// beatClasses are those of AAMI EC57 but Q, of which there are fifteen beats.
var beatClasses = []string{"N", "S", "V", "F"}

// beatSymbols are the symbols of the annotations, by class.
var beatSymbols = []string{"NLRej", "AaJS", "VE", "F"}

// What a beat is told by, in steps of the front end, which has 60 a second.
const (
	beatWindow = 144 // 2.4 s,
	beatBehind = 24  // of which 0.4 s are behind the beat's mark
	// Unbroken, a beat is to be named from 0.1 to 0.2 s behind its mark, and is no background from its mark to 0.3 s behind.
	beatNamed, beatNamedEnd, beatEnd = 6, 12, 18
)

// readMITBIH reads mitbih.npz, and turns records into slopes by the integer front end: a window a beat, or unbroken.
func readMITBIH(dir string, o Options) (*pool, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "mitbih.npz"))
	if err != nil {
		return nil, err
	}
	if o.Stride > 0 {
		return nil, fail("mitbih", "").Errorf(code, "stride says nothing about this data set: each beat has one window").Helpf("remove it")
	}
	channels := []string{"fast", "slow", "rhythm"}
	p := &pool{classes: beatClasses, hz: frontend.ECGRate / frontend.ECGHop, channelsUsed: channels[:frontend.NumSlopes]}
	if o.Stream {
		channels = p.channelsUsed // where nothing says where beats are
	}
	p.channels = named(channels, func(int) float64 { return 1.0 / 32 })
	b := beatRecords{recordings: recordings{d: len(channels), width: 1}, window: cmp.Or(o.Window, beatWindow), stream: o.Stream}
	if o.Stream {
		p.classes = slices.Concat([]string{"background"}, beatClasses)
		b.eachStep = true
	}
	held := valid
	if o.Valid == 0 {
		held = train
	}
	for _, of := range []struct {
		part    part
		records []int32
	}{{train, beatTrain}, {held, beatValid}, {test, beatTest}} {
		for _, record := range of.records {
			to := of.part
			if record == beatTwice && to == train {
				to = unused
			}
			if err := b.add(a, record, to); err != nil {
				return nil, err
			}
		}
	}
	p.persons, p.recordingNames, p.personsKnown = b.names, b.names, true
	p.note("DS1 and DS2 of de Chazal (2004), by patient; records 116, 124, 201, 205 and 220 of DS1 are the validation part, or but for 201, whose man is tested, trained on with valid = 0")
	p.note("the lead as slopes, 60 a second, by the integer front end, without R peaks; beats of class Q are left out")
	if b.values = b.bytes; !o.Stream {
		p.note("a window a beat, which ends 0.4 s behind its mark; values before a record are 0")
		return p, b.windows("mitbih", p, b.window, b.window, 0)
	}
	b.answers = b.labels
	p.note("a beat is to be named from 0.1 to 0.2 s behind its mark; from the mark to 0.3 s behind it other steps do not count")
	return p, b.lay("mitbih", p, &o)
}

// beatRecords are records, as they are or with zeros around them for the windows of their first and last beats.
type beatRecords struct {
	recordings
	window int
	stream bool
	bytes  files.Packed[int16]
	labels files.Packed[int32]
	names  []string
}

// beat is the mark of one, in steps from the start of its record, and its class.
type beat struct {
	at    int
	class int32
}

func (b *beatRecords) add(a *files.Arrays, record int32, to part) error {
	name := strconv.Itoa(int(record))
	slopes, rhythm, beats, err := beatRecord(a, name)
	if err != nil {
		return err
	}
	number := int32(len(b.names))
	b.names = append(b.names, name)
	c := cut{from: len(b.bytes) / b.d, steps: len(slopes), first: 0, label: -1, group: number, recording: number, part: to}
	if b.stream {
		b.append(slopes, rhythm)
		b.cuts = append(b.cuts, c)
		b.labels = append(b.labels, beatLabels(len(slopes), beats)...)
		return nil
	}
	before := max(0, b.window-1-beatBehind)
	if err := files.Fits(a.File, int64(len(b.bytes)+(before+len(slopes))*b.d)*2, 0); err != nil {
		return err
	}
	b.bytes = append(b.bytes, make(files.Packed[int16], before*b.d)...)
	start := len(b.bytes) / b.d
	b.append(slopes, rhythm)
	b.bytes = append(b.bytes, make(files.Packed[int16], beatBehind*b.d)...)
	for _, beat := range beats {
		first := beat.at + beatBehind + 1 - b.window
		c.from, c.first, c.steps, c.label = start+first, first, b.window, beat.class
		b.cuts = append(b.cuts, c)
	}
	return nil
}

// append takes the slopes of steps, and of windows the rhythm.
func (b *beatRecords) append(slopes [][frontend.NumSlopes]int8, rhythm []int8) {
	for t, step := range slopes {
		for _, x := range step {
			b.bytes = append(b.bytes, int16(x))
		}
		if !b.stream {
			b.bytes = append(b.bytes, int16(rhythm[t]))
		}
	}
}

// beatRecord takes one record: the slopes and the rhythm of its steps, and its beats.
func beatRecord(a *files.Arrays, name string) (slopes [][frontend.NumSlopes]int8, rhythm []int8, beats []beat, err error) {
	columns := map[string][]int32{}
	for _, column := range []string{"dx_", "at_", "sym_"} {
		if columns[column], err = a.Integers(column + name); err != nil {
			return nil, nil, nil, err
		}
	}
	differences, marks, symbols := columns["dx_"], columns["at_"], columns["sym_"]
	samples, sum := make([]int16, len(differences)), int32(0)
	for i, d := range differences {
		sum += d
		samples[i] = int16(sum)
	}
	if len(marks) != len(symbols) {
		return nil, nil, nil, fail(a.File, "array sym_"+name).Errorf(code, "has %d symbols for %d beats", len(symbols), len(marks)).Helpf("fetch or copy it again")
	}
	slopes = frontend.Slopes(samples)
	marked := make([]bool, len(slopes))
	for i, m := range marks {
		at := int(m) / frontend.ECGHop
		if m < 0 || at >= len(slopes) {
			return nil, nil, nil, fail(a.File, "array at_"+name).Errorf(code, "beat %d is not within the record", i).Helpf("fetch or copy it again")
		}
		marked[at] = true
		class := slices.IndexFunc(beatSymbols, func(of string) bool { return slices.Contains([]byte(of), byte(symbols[i])) })
		if class >= 0 {
			beats = append(beats, beat{at, int32(class)})
		}
	}
	return slopes, frontend.Rhythms(marked), beats, nil
}

// beatLabels are the classes of so many steps: 0 is the background, -1 does not count. Of beats that overlap, the later one counts.
func beatLabels(steps int, beats []beat) []int32 {
	labels := make([]int32, steps)
	fill := func(from, to int, label int32) {
		for t := min(from, steps); t < min(to, steps); t++ {
			labels[t] = label
		}
	}
	for _, b := range beats {
		fill(b.at, b.at+beatEnd, -1)
		fill(b.at+beatNamed, b.at+beatNamedEnd, b.class+1)
	}
	return labels
}
