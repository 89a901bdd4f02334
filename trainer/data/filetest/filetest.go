// Package filetest makes files as people have them, for the tests of what reads them: packed, of images, of sound. Hostile ones are
// internal/hostile's. Start with Gzip.
package filetest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
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
