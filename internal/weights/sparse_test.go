package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
)

// A large file whose header does not declare its size is refused before it is read.
func TestLargeFilesAreJudgedByTheirHeader(t *testing.T) {
	safetensors := func(header string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	}
	npz := func(header string) []byte {
		var b bytes.Buffer
		b.WriteString("\x93NUMPY\x01\x00")
		b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
		b.WriteString(header)
		return b.Bytes()
	}
	archive := func(name string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(npz("{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }\n")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		start []byte
		want  string
	}{
		"nothing":      {nil, "is no weights file"},
		"safetensors":  {safetensors(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`), "bytes after the last tensor"},
		"no tensors":   {safetensors(`{}`), "bytes after the last tensor"},
		"header":       {append([]byte{0, 0, 0, 4, 0, 0, 0, 0}, '{'), "cannot be read"},
		"npz":          {archive("w.npy"), "directory cannot be read"},
		"pth":          {archive("x/data.pkl"), "directory cannot be read"},
		"npy":          {npz("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"), "a single .npy array"},
		"legacy torch": {[]byte("\x80\x02" + legacyMagic + "\x80\x02M\xe9\x03."), "has the instruction"},
	} {
		t.Run(name, func(t *testing.T) {
			path := hostile.Sparse(t, "big", c.start, 900<<20)
			err := hostile.ReadWithin(t, path, 20<<20, func() error {
				_, err := Open(path)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Tensors that nobody needs take no memory, whatever the format.
func TestTensorsWithoutNeed(t *testing.T) {
	const n = 100 << 20
	header := fmt.Sprintf(`{"big":{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]},"w":{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}}`, n, 4*n, 4*n, 4*n+8)
	path := filepath.Join(t.TempDir(), "big.safetensors")
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(data))+4*n+8); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := DecodeFrom(path, io.NewSectionReader(file, 0, int64(len(data))+4*n+8), func(name string, _ []int) bool { return name == "w" })
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if big := f.Find("big"); big == nil || big.Data != nil || big.Shape[0] != n {
		t.Errorf("big is %v", big)
	}
	if w := f.Find("w"); w == nil || len(w.Data) != 2 {
		t.Errorf("w is %v", w)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("took %d bytes", used)
	}
}
