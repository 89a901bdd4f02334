package npy

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func utf32(order binary.ByteOrder, width int, words ...string) []byte {
	var out []byte
	for _, w := range words {
		b := make([]byte, 4*width)
		for i, c := range []rune(w) {
			order.PutUint32(b[4*i:], uint32(c))
		}
		out = append(out, b...)
	}
	return out
}

func TestReadRaw(t *testing.T) {
	for _, test := range []struct {
		descr string
		order binary.ByteOrder
	}{{"<U5", binary.LittleEndian}, {">U5", binary.BigEndian}} {
		r, err := ReadRaw("x.npy", "", plain(test.descr, "(2,)", utf32(test.order, 5, "größe", "a")))
		if err != nil || r.Len() != 2 || r.Text(0) != "größe" || r.Text(1) != "a" || r.IsInt() {
			t.Errorf("%s: %v, %v", test.descr, r, err)
		}
	}
	half, err := ReadRaw("x.npy", "", plain("<f2", "(2,)", []byte{0, 0x3c, 0, 0xc0}))
	if err != nil || half.Half(0) != 0x3c00 || half.Float(1) != -2 || Float16(half.Half(1)) != -2 {
		t.Errorf("%v, %v", half, err)
	}
	fortran, err := ReadRaw("x.npy", "", npyFile("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }\n", []byte{0, 1, 0, 3, 0, 2, 0, 4}))
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for i := range fortran.Len() {
		got = append(got, fortran.Int(i))
	}
	if !slices.Equal(got, []int64{1, 2, 3, 4}) || !fortran.IsInt() {
		t.Errorf("got %v", got)
	}
}

func TestReadRawErrors(t *testing.T) {
	for _, test := range []struct {
		data []byte
		want string
	}{
		{plain("<U0", "(1,)", nil), "has dtype <U0; text of 1 to 256 characters is read"},
		{plain("<U3", "(2,)", make([]byte, 12)), "is truncated: [2] of <U3 needs 24 bytes and 12 follow"},
		{plain("|O", "(1,)", nil), "holds pickled Python objects"},
		{plain("<f8", "(4294967296, 4294967296)", nil), "has more than"},
		{[]byte("1,2\n"), "it looks like CSV text"},
	} {
		if _, err := ReadRaw("x.npy", "array a", test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func FuzzReadRaw(f *testing.F) {
	f.Add(plain("<U2", "(2,)", make([]byte, 16)))
	f.Add(plain("<f2", "(2,)", make([]byte, 4)))
	f.Add(npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", []byte{0, 3, 1, 4, 2, 5}))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadRaw("x.npy", "", data)
		if err != nil {
			return
		}
		n, ok := count(r.Shape)
		if !ok || n != r.Len() {
			t.Fatalf("%d values of shape %v", r.Len(), r.Shape)
		}
		for i := range n {
			switch {
			case r.IsInt():
				r.Int(i)
			case r.Kind == 'f':
				r.Float(i)
			default:
				_ = r.Text(i)
			}
		}
	})
}
