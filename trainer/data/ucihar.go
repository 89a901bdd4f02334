package data

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// signalsFolder is where the archive "Human Activity Recognition Using Smartphones" (UCI 240) has its windows: one text
// file a channel, a window a line.
const signalsFolder = "Inertial Signals"

// isUCIHAR reports whether a folder is laid out as that archive.
func isUCIHAR(dir string) bool { return files.Exists(dir, "train", signalsFolder) }

// uciPool reads a folder in the layout of the UCI HAR archive:
// {train,test}/Inertial Signals/CHANNEL_{train,test}.txt, {train,test}/y_{train,test}.txt, and where they are there
// {train,test}/subject_{train,test}.txt and activity_labels.txt.
func uciPool(dir string) (*pool, error) {
	p := &pool{kind: Series, source: dir}
	channels, err := uciChannels(dir)
	if err != nil {
		return nil, err
	}
	var x []files.Tensor
	var labels []int32
	for _, split := range []string{"train", "test"} {
		t, err := uciSignals(dir, split, channels)
		if err != nil {
			return nil, err
		}
		n := t.Rows()
		y, err := uciColumn(filepath.Join(dir, split, "y_"+split+".txt"), n)
		if err != nil {
			return nil, err
		}
		if persons := filepath.Join(dir, split, "subject_"+split+".txt"); files.Exists(persons) {
			who, err := uciColumn(persons, n)
			if err != nil {
				return nil, err
			}
			p.groups = append(p.groups, who...)
		}
		if len(x) > 0 && t.Shape[1] != x[0].Shape[1] {
			return nil, fail(dir, "").Errorf(code, "its windows have %s in train and %d in test", diag.Count(x[0].Shape[1], "step"), t.Shape[1]).Helpf("copy it again")
		}
		x, labels, p.n = append(x, t), append(labels, y...), p.n+n
		p.parts = append(p.parts, slices.Repeat([]part{map[string]part{"train": train, "test": test}[split]}, n)...)
	}
	if len(p.groups) == p.n {
		p.kind |= Grouped
	} else {
		p.groups = nil
	}
	p.x, p.frame = join(x), frame{steps: x[0].Shape[1], channels: len(channels)}
	p.channels = numbered(len(channels), 1)
	for c := range channels {
		p.channels[c].Name = channels[c]
	}
	numbered, names, err := numberClasses(fail(dir, "y"), labels, false)
	if err != nil {
		return nil, err
	}
	p.y = array{Numbers: numbered, size: 1}
	p.classes, err = uciClasses(filepath.Join(dir, "activity_labels.txt"), names)
	return p, err
}

// uciChannels are the channels that the training part has, by name.
func uciChannels(dir string) ([]string, error) {
	list, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(dir), "train", signalsFolder, "*_train.txt"))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	if len(list) == 0 {
		return nil, fail(dir, "").Errorf(code, "has no channel").Helpf("it needs files such as train/%s/body_acc_x_train.txt", signalsFolder)
	}
	var names []string
	for _, f := range list {
		names = append(names, strings.TrimSuffix(filepath.Base(f), "_train.txt"))
	}
	return names, nil
}

// uciSignals reads the windows of one part, [N, T, channels].
func uciSignals(dir, split string, channels []string) (files.Tensor, error) {
	var out []float64
	var n, steps int
	for c, name := range channels {
		file := filepath.Join(dir, split, signalsFolder, name+"_"+split+".txt")
		values, width, err := readMatrix(file)
		if err != nil {
			return files.Tensor{}, err
		}
		if c == 0 {
			n, steps = len(values)/width, width
			if n*steps > maxPadded/len(channels) {
				return files.Tensor{}, fail(file, "").Errorf(code, "is too large").Helpf("at most %d values are read in all", maxPadded)
			}
			out = make([]float64, n*steps*len(channels))
		}
		if width != steps || len(values) != n*steps {
			return files.Tensor{}, fail(file, "").Errorf(code, "has %s of %s; %s has %d of %d", diag.Count(len(values)/width, "window"), diag.Count(width, "step"), channels[0], n, steps).
				Helpf("copy it again")
		}
		for i, v := range values {
			out[i*len(channels)+c] = v
		}
	}
	return files.Tensor{Shape: []int{n, steps, len(channels)}, Numbers: files.Exactly(out, len(channels))}, nil
}

// readMatrix reads lines of equally many numbers, spaces or commas between them.
func readMatrix(file string) (values files.Packed[float64], width int, err error) {
	data, err := fileio.Read(file, code)
	if err != nil {
		return nil, 0, err
	}
	line := 0
	for row := range bytes.Lines(data) {
		line++
		fields := strings.FieldsFunc(string(row), isSeparator)
		if len(fields) == 0 {
			continue
		}
		r := files.Rows{File: file, Line: line}
		if width == 0 {
			width = len(fields)
		}
		if len(fields) != width {
			return nil, 0, r.At(0).Errorf(code, "has %s; the first line has %d", diag.Count(len(fields), "number"), width).Helpf("copy it again")
		}
		for i := range fields {
			v, err := r.Number(fields, i)
			if err != nil {
				return nil, 0, err
			}
			values = append(values, v)
		}
	}
	if width == 0 {
		return nil, 0, fail(file, "").Errorf(code, "has no number").Helpf("copy it again")
	}
	return values, width, nil
}

func isSeparator(r rune) bool { return r == ',' || unicode.IsSpace(r) }

// uciColumn reads one whole number a line.
func uciColumn(file string, n int) ([]int32, error) {
	values, width, err := readMatrix(file)
	if err != nil {
		return nil, err
	}
	if width != 1 || len(values) != n || !files.WholeFloats(values) {
		return nil, fail(file, "").Errorf(code, "does not have one whole number for each of %s", diag.Count(n, "window")).Helpf("copy it again")
	}
	return files.AllInts(values), nil
}

// uciClasses names the labels as the file says, a number and a name a line; it need not be there.
func uciClasses(file string, labels []string) ([]string, error) {
	if !files.Exists(file) {
		return labels, nil
	}
	data, err := fileio.Read(file, code)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(labels)
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			continue
		}
		if _, err := strconv.Atoi(fields[0]); err != nil {
			continue
		}
		if i := slices.Index(labels, fields[0]); i >= 0 {
			out[i] = strings.ToLower(fields[1])
		}
	}
	return out, nil
}
