// Package filetest makes files as people have them, for the tests of what reads them: packed, of images, of sound, on a server. Hostile ones are
// internal/hostile's. Start with Gzip.
package filetest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// Gzip packs a text.
func Gzip(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// XZ packs a text with a dictionary of so many bytes.
func XZ(t testing.TB, text string, dict int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.WriterConfig{DictCap: dict}.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// IDX builds an IDX file.
func IDX(kind byte, shape []int, body ...byte) []byte {
	out := []byte{0, 0, kind, byte(len(shape))}
	for _, d := range shape {
		out = binary.BigEndian.AppendUint32(out, uint32(d))
	}
	return append(out, body...)
}

// WAV is a WAV file of samples, channels in turn.
func WAV[S uint8 | int16 | int32 | float32](format, channels uint16, rate uint32, samples ...S) string {
	var b bytes.Buffer
	size := binary.Size(samples[0])
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a buffer takes it all
	b.WriteString("RIFF\x00\x00\x00\x00WAVEfmt ")
	put(uint32(16))
	for _, field := range []any{format, channels, rate, rate * uint32(size), channels * uint16(size), uint16(8 * size)} {
		put(field)
	}
	b.WriteString("data")
	put(uint32(size * len(samples)))
	put(samples)
	return b.String()
}

// Zip packs contents by name.
func Zip(t testing.TB, list map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(list[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Tar packs contents by name into a .tar.gz file.
func Tar(t testing.TB, list map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	w := tar.NewWriter(packed)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(list[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(list[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Serve gives the address of a server, with / behind it, that has contents by path and nothing else, until the test ends.
func Serve(t testing.TB, list map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := list[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(content)) // a client that has gone away is no fault
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// Write puts a file into a folder, which is made, and gives its path.
func Write(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
