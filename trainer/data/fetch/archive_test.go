package fetch

import (
	"archive/tar"
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// recordings is an archive whose wanted files lie in one folder.
var recordings = &Archive{Files: []string{"recordings/0_george_0.wav", "recordings/?_*_*.wav"}, Count: 2}

// TestArchivePaths checks that no entry of an archive can lie outside its folder.
func TestArchivePaths(t *testing.T) {
	a := recordings
	for entry, want := range map[string]string{
		"a/recordings/1_b_2.wav":            "recordings/1_b_2.wav",
		"/recordings/1_b_2.wav":             "recordings/1_b_2.wav",
		"../../recordings/1_b_2.wav":        "recordings/1_b_2.wav",
		"recordings/../../1_b_2.wav":        "",
		"recordings/1_b_2.wav/../../x":      "",
		"__MACOSX/recordings/1_b_2.wav":     "",
		"recordings/1_b_2.txt":              "",
		"1_b_2.wav":                         "",
		"recordings/sub/1_b_2.wav":          "",
		"recordings//./1_b_2.wav":           "recordings/1_b_2.wav",
		"recordings/..":                     "",
		"recordings/1_b_" + "\x00" + ".wav": "recordings/1_b_\x00.wav", // refused by the file system
	} {
		if got := a.local(entry); got != want {
			t.Errorf("%q goes to %q, not %q", entry, got, want)
		}
	}
}

// mostFuzzed is the largest packed file that is tried: deflate unpacks to a thousand times as much.
const mostFuzzed = 8 << 10

// FuzzArchive unpacks archives: whole ones, tar files that are packed here, and archives in archives.
func FuzzArchive(f *testing.F) {
	list := map[string]string{"x/recordings/0_george_0.wav": "one", "x/recordings/1_theo_2.wav": "two", "x/readme": "not needed"}
	escaping := map[string]string{"../../recordings/0_george_0.wav": "one", "/recordings/1_a_2.wav": "two", "recordings/1_b_2.wav/../../../x": "three",
		`..\recordings\1_b_2.wav`: "four", "recordings/2_/_..": "six"}
	for _, list := range []map[string]string{list, escaping} {
		f.Add([]byte(filetest.Zip(f, list)), uint8(0))
		f.Add([]byte(filetest.Zip(f, list)), uint8(2))
		f.Add([]byte(filetest.Tar(f, list)), uint8(0))
		f.Add([]byte(filetest.Tar(f, list)), uint8(2))
		plain, err := files.Unpack("f", []byte(filetest.Tar(f, list)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain, uint8(1))
	}
	f.Add([]byte(filetest.Zip(f, map[string]string{"a.zip": filetest.Zip(f, map[string]string{"b.zip": filetest.Zip(f, list)})})), uint8(2))
	f.Add(linked(f), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, packed uint8) {
		if len(data) > mostFuzzed {
			return
		}
		switch packed % 3 {
		case 1:
			data = filetest.Gzip(t, string(data))
		case 2:
			data = []byte(filetest.Zip(t, map[string]string{"in.zip": string(data)}))
		}
		written := map[string]int{}
		u := unpacker{ctx: context.Background(), archive: recordings, file: "f", names: map[string]bool{}, report: func(int) {}}
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
