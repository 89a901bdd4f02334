package npy

import (
	"archive/zip"
	"bytes"
	"math"
	"testing"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

func FuzzNpy(f *testing.F) {
	f.Add(plain("<f4", "(2,)", make([]byte, 8)))
	f.Add(plain(">u8", "()", make([]byte, 8)))
	f.Add(plain("|O", "(1,)", make([]byte, 8)))
	f.Add(plain("<f8", "(4294967296, 4294967296)", nil))
	f.Add(npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", []byte{0, 3, 1, 4, 2, 5}))
	f.Add([]byte(magic + "\x02\x00\xff\xff\xff\xff{}"))
	f.Add([]byte("1,2,3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Read("x.npy", data)
		if err != nil {
			return
		}
		checkArray(t, a, len(data))
	})
}

func FuzzNpz(f *testing.F) {
	x, y := string(plain("|u1", "(2,)", []byte{1, 2})), string(plain("<f4", "()", make([]byte, 4)))
	f.Add(archive(f, zip.Store, "a.npy", x, "b.npy", y))
	f.Add(archive(f, zip.Deflate, "a.npy", x, "b.npy", y))
	f.Add(archive(f, zip.Store, "a.npy", x, "a.npy", y))
	f.Add(archive(f, zip.Deflate, "a.npy", string(plain("|u1", "(100000,)", make([]byte, 100000)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		arrays, err := ReadNpz("x.npz", data)
		if err != nil {
			return
		}
		z, err := fileio.OpenZip("x.npz", data, code)
		if err != nil {
			t.Fatal(err)
		}
		unpacked := 0
		for _, e := range z.Entries {
			unpacked += int(e.UncompressedSize64)
		}
		total := 0
		for _, a := range arrays {
			total += a.Len()
			checkArray(t, a, unpacked)
		}
		if total > unpacked {
			t.Errorf("%d values from %d bytes", total, unpacked)
		}
	})
}

// checkArray checks that an array is whole, no larger than its bytes explain, and the same after a round trip.
func checkArray(t *testing.T, a *Array, size int) {
	n, ok := count(a.Shape)
	if !ok || n != a.Len() || n > size {
		t.Fatalf("%d values of shape %v from %d bytes", a.Len(), a.Shape, size)
	}
	if a.Kind == 'f' && a.Size == 2 {
		a.Size = 4
	}
	var b bytes.Buffer
	if err := Write(&b, a); err != nil {
		t.Fatal(err)
	}
	again, err := Read("x.npy", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	values := again.AsFloats()
	for i, v := range a.AsFloats() {
		if w := values[i]; v != w && !math.IsNaN(v) {
			t.Fatalf("value %d is %v after a round trip, %v before", i, w, v)
		}
	}
}
