package files

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/filetest"
	"github.com/ulikunitz/xz"
)

func TestUnpack(t *testing.T) {
	text := strings.Repeat("one line\n", 1000)
	for name, data := range map[string][]byte{"plain": []byte(text), "gzip": filetest.Gzip(t, text), "xz": filetest.XZ(t, text, 1<<20), "xz -9": filetest.XZ(t, text, 64<<20)} {
		if got, err := Unpack("f", data); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	gz, xz := filetest.Gzip(t, text), filetest.XZ(t, text, 1<<20)
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
		{"xz of 128 MiB", filetest.XZ(t, text, 128<<20), "its dictionary is larger than 64 MiB"},
		{"gzip of zeros", filetest.Gzip(t, string(make([]byte, littleUnpacked+4<<20))), "unpacks to more than"},
		{"xz of zeros", filetest.XZ(t, string(make([]byte, littleUnpacked+4<<20)), 1<<20), "unpacks to more than"},
	} {
		if got, err := Unpack("f", test.data); err == nil || !strings.Contains(err.Error(), test.want) {
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
			if got, err := Unpack("f", twice); err != nil || !bytes.Equal(got, slices.Concat(content, content)) {
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
	if err := checkXZ(append(filetest.XZ(t, "text", 1<<16), "more"...)); err == nil {
		t.Error("what follows the end is not seen")
	}
}

func FuzzXZHeader(f *testing.F) {
	f.Add(filetest.XZ(f, "text", 1<<16))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := checkXZ(data); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
