package data

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// mostFuzzed is the largest packed file that is tried: deflate unpacks to a thousand times as much.
const mostFuzzed = 8 << 10

// put is write for a fuzzer, which names the same files again and again.
func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// looked takes every value of a set.
func looked(t testing.TB, s *Set) {
	t.Helper()
	for _, part := range []*Sequences{&s.Train, &s.Valid, &s.Test} {
		for i := range part.N {
			if part.Vocabulary > 0 {
				tokens(part, i)
			} else {
				values(part, i)
			}
			switch {
			case part.EachStep:
			case part.Outputs > 0:
				part.Targets(i, make([]float64, part.Outputs))
			case int(part.Label(i)) >= len(s.Classes):
				t.Fatalf("label %d of %d classes", part.Label(i), len(s.Classes))
			}
		}
	}
}

// FuzzPacked reads tables that are packed: the bytes of the file, or a text that is packed here.
func FuzzPacked(f *testing.F) {
	text := "label,a,b\n0,1,2\n1,3,4\n0,5,6\n"
	f.Add([]byte(text), uint8(1))
	f.Add([]byte(text), uint8(2))
	f.Add(filetest.Gzip(f, text), uint8(0))
	f.Add(filetest.XZ(f, text, 1<<16), uint8(0))
	f.Add(append(filetest.Gzip(f, text), filetest.Gzip(f, "1,7,8\n")...), uint8(0))
	f.Add(filetest.Gzip(f, text), uint8(1)) // packed twice
	f.Add([]byte("\xff\xfel\x00\n\x00"), uint8(1))
	f.Add([]byte("\xfd7zXZ\x00"), uint8(0))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, packed uint8) {
		if len(data) > mostFuzzed {
			return
		}
		switch packed % 3 {
		case 1:
			data = filetest.Gzip(t, string(data))
		case 2:
			data = filetest.XZ(t, string(data), 1<<16)
		}
		memory := uint64(hostile.Memory)
		if bytes.HasPrefix(data, []byte("\xfd7zXZ\x00")) {
			memory += 2 << 26 // dictionaries of 64 MiB
		}
		file := filepath.Join(dir, "f.csv")
		put(t, file, data)
		var s *Set
		if err := hostile.ReadWithin(t, file, memory, func() (err error) { s, err = Load(file, Defaults()); return err }); err == nil {
			looked(t, s)
		}
	})
}

// FuzzUCIHAR reads folders in the layout of UCI HAR.
func FuzzUCIHAR(f *testing.F) {
	f.Add("1 2 3\n4 5 6\n", "1\n2\n", "7\n8\n", "1 WALKING\n2 SITTING\n")
	f.Add("1,2\n", "1\n", "", "")
	f.Add("1e39 nan\n", "1.5\n", "x\n", "1\n")
	f.Add("1 2\n3\n", "-1\n99999999999\n", "1 2\n", "\xff \x00\n")
	f.Add("\n\n", "\n", "\n", "\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, signals, labels, persons, names string) {
		for _, split := range []string{"train", "test"} {
			put(t, filepath.Join(dir, split, signalsFolder, "a_"+split+".txt"), []byte(signals))
			put(t, filepath.Join(dir, split, signalsFolder, "b_"+split+".txt"), []byte(strings.ReplaceAll(signals, "1", "2")))
			put(t, filepath.Join(dir, split, "y_"+split+".txt"), []byte(labels))
			put(t, filepath.Join(dir, split, "subject_"+split+".txt"), []byte(persons))
		}
		put(t, filepath.Join(dir, "activity_labels.txt"), []byte(names))
		var s *Set
		if err := hostile.Read(t, dir, func() (err error) { s, err = Load(dir, Defaults()); return err }); err == nil {
			looked(t, s)
		}
	})
}

// FuzzHAPT reads unpacked archives of UCI 341 with one recording.
func FuzzHAPT(f *testing.F) {
	signal := strings.Repeat("0.5 1 2\n", 140)
	f.Add("1 1 5 1 130\n", signal, signal)
	f.Add("1 22 7 1 130\n1 1 5 0 9999999999\n", signal, "1 2 3\n")
	f.Add("1 1 0 -1 2\n", "1 2 3\n", "1 2 3\n")
	f.Add("1 1 1 5 2\n", "1 2 3 4\n", "")
	f.Add("1 1 1 2\n", "1e999 2 3\n", "nan 1 2\n")
	f.Add("2147483648 1 1 1 1\n", signal, signal)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, labels, acc, gyro string) {
		put(t, filepath.Join(dir, "RawData", "labels.txt"), []byte(labels))
		put(t, filepath.Join(dir, "RawData", "acc_exp01_user01.txt"), []byte(acc))
		put(t, filepath.Join(dir, "RawData", "gyro_exp01_user01.txt"), []byte(gyro))
		readKnown(t, dir, "hapt", 1)
	})
}

// FuzzDSA reads unpacked archives of UCI 256 with two segments.
func FuzzDSA(f *testing.F) {
	whole := numbersIn(dsaSteps, 45, ",", func(r, c int) float32 { return float32(r - c) })
	f.Add(whole, whole)
	f.Add(whole, strings.Replace(whole, "1", "1e39", 1))
	f.Add(whole[:len(whole)-9], "")
	f.Add("1,2,,3\n", ",\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, first, second string) {
		put(t, filepath.Join(dir, "a01", "p1", "s01.txt"), []byte(first))
		put(t, filepath.Join(dir, "a19", "p8", "s60.txt"), []byte(second))
		readKnown(t, dir, "dsa19", 2)
	})
}

// readKnown reads the unpacked archive of a known set in a folder, with so many recordings.
func readKnown(t *testing.T, dir, name string, count int) {
	t.Helper()
	k := *Find(name)
	a := *k.Archive
	a.Count, k.Archive = count, &a
	var p *pool
	if hostile.Read(t, dir, func() (err error) { p, err = k.openArchive(dir, Defaults()); return err }) != nil {
		return
	}
	var s *Set
	if hostile.Read(t, "", func() (err error) { s, err = p.set(name, Defaults()); return err }) == nil {
		looked(t, s)
	}
}
