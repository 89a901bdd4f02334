package data

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/ulikunitz/xz"
)

func gzipped(t testing.TB, text string) []byte {
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

func xzPacked(t testing.TB, text string, dict int) []byte {
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

func TestUnpack(t *testing.T) {
	text := strings.Repeat("one line\n", 1000)
	for name, data := range map[string][]byte{"plain": []byte(text), "gzip": gzipped(t, text), "xz": xzPacked(t, text, 1<<20), "xz -9": xzPacked(t, text, 64<<20)} {
		if got, err := unpack("f", data); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	gz, xz := gzipped(t, text), xzPacked(t, text, 1<<20)
	damaged := bytes.Clone(gz)
	damaged[len(damaged)-5] ^= 1
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"gzip cut", gz[:len(gz)-9], "f: error[data]: cannot be unpacked: it is truncated; help: copy or fetch it again"},
		{"gzip damaged", damaged, "its checksum does not match its bytes"},
		{"xz cut", xz[:len(xz)-20], "cannot be unpacked: it is truncated"},
		{"xz header alone", xz[:13], "it is truncated"},
		{"xz of 128 MiB", xzPacked(t, text, 128<<20), "its dictionary is larger than 64 MiB"},
		{"gzip of zeros", gzipped(t, string(make([]byte, littleUnpacked+4<<20))), "unpacks to more than"},
		{"xz of zeros", xzPacked(t, string(make([]byte, littleUnpacked+4<<20)), 1<<20), "unpacks to more than"},
	} {
		if got, err := unpack("f", test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %d bytes, %v\nwant %s", test.name, len(got), err, test.want)
		}
	}
}

// TestXZBlocks follows files of several blocks and streams, with every checksum, and finds the large dictionary wherever it is.
func TestXZBlocks(t *testing.T) {
	text := []byte(strings.Repeat("label,text\n1,good\n", 10_000))
	noise := make([]byte, 200_000) // is not packed
	for i := range noise {
		noise[i] = byte(i * i * i >> 7 * 31)
	}
	for _, content := range [][]byte{text, noise, nil} {
		for _, check := range []byte{xz.None, xz.CRC32, xz.CRC64, xz.SHA256} {
			var b bytes.Buffer
			w, err := xz.WriterConfig{DictCap: 1 << 16, BlockSize: 50_000, CheckSum: check, NoCheckSum: check == xz.None}.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			twice := slices.Concat(b.Bytes(), make([]byte, 8), b.Bytes())
			if got, err := unpack("f", twice); err != nil || !bytes.Equal(got, slices.Concat(content, content)) {
				t.Errorf("%d bytes, check %d: %d, %v", len(content), check, len(got), err)
			}
			for at := range twice { // the start of a filter that LZMA2 alone is: its dictionary, which has 64 KiB
				if !bytes.HasPrefix(twice[at:], []byte{0x21, 1, 8, 0, 0, 0}) {
					continue
				}
				large := bytes.Clone(twice)
				large[at+2] = maxXZDict + 1
				if err := checkXZ(large); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
					t.Errorf("%d bytes, dictionary at %d: %v", len(content), at, err)
				}
			}
		}
	}
	if err := checkXZ(append(xzPacked(t, "text", 1<<16), "more"...)); err == nil {
		t.Error("what follows the end is not seen")
	}
}

// TestSparse refuses files of zeros by their beginning.
func TestSparse(t *testing.T) {
	for _, name := range []string{"a.csv", "a.wav", "a.ts", "a.arff", "a.bin"} {
		path := hostile.Sparse(t, name, nil, 900<<20)
		err := hostile.ReadWithin(t, path, 16<<20, func() error {
			_, err := Load(path, Defaults())
			return err
		})
		if err == nil || !strings.Contains(err.Error(), name+": error[data]: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzXZHeader(f *testing.F) {
	f.Add(xzPacked(f, "text", 1<<16))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := checkXZ(data); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
