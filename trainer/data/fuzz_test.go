package data

import (
	"archive/tar"
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/files"
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

// FuzzArchive unpacks archives: whole ones, tar files that are packed here, and archives in archives.
func FuzzArchive(f *testing.F) {
	list := map[string]string{"x/recordings/0_george_0.wav": "one", "x/recordings/1_theo_2.wav": "two", "x/readme": "not needed"}
	escaping := map[string]string{"../../recordings/0_george_0.wav": "one", "/recordings/1_a_2.wav": "two", "recordings/1_b_2.wav/../../../x": "three",
		`..\recordings\1_b_2.wav`: "four", "recordings/2_/_..": "six"}
	for _, list := range []map[string]string{list, escaping} {
		f.Add([]byte(zipped(f, list)), uint8(0))
		f.Add([]byte(zipped(f, list)), uint8(2))
		f.Add([]byte(tarred(f, list)), uint8(0))
		f.Add([]byte(tarred(f, list)), uint8(2))
		plain, err := files.Unpack("f", []byte(tarred(f, list)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain, uint8(1))
	}
	f.Add([]byte(zipped(f, map[string]string{"a.zip": zipped(f, map[string]string{"b.zip": zipped(f, list)})})), uint8(2))
	f.Add(linked(f), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, packed uint8) {
		if len(data) > mostFuzzed {
			return
		}
		switch packed % 3 {
		case 1:
			data = filetest.Gzip(t, string(data))
		case 2:
			data = []byte(zipped(t, map[string]string{"in.zip": string(data)}))
		}
		written := map[string]int{}
		u := unpacker{ctx: context.Background(), archive: Find("fsdd").Archive, file: "f", names: map[string]bool{}, report: func(int) {}}
		u.put = func(name string, data []byte) error {
			written[name] = len(data)
			return nil
		}
		_ = hostile.Read(t, "f", func() error { return u.unpack(data, true) })
		total := 0
		for name, size := range written {
			if !filepath.IsLocal(filepath.FromSlash(name)) || !strings.HasPrefix(name, "recordings/") || strings.Count(name, "/") != 1 {
				t.Errorf("%q is written", name)
			}
			total += size
		}
		if total > 1100*len(data) || !slices.Equal(slices.Sorted(maps.Keys(written)), slices.Sorted(maps.Keys(u.names))) {
			t.Errorf("%d bytes in %v from %d", total, u.names, len(data))
		}
	})
}

// linked is a tar file whose entries are links to other places.
func linked(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, kind := range map[string]byte{"recordings/0_george_0.wav": tar.TypeSymlink, "recordings/1_theo_2.wav": tar.TypeLink} {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: kind, Linkname: "/etc/passwd"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
	archive := *k.Archive
	archive.Count, k.Archive = count, &archive
	var p *pool
	if hostile.Read(t, dir, func() (err error) { p, err = k.openArchive(dir, Defaults()); return err }) != nil {
		return
	}
	var s *Set
	if hostile.Read(t, "", func() (err error) { s, err = p.set(name, Defaults()); return err }) == nil {
		looked(t, s)
	}
}
