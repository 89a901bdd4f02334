package files

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

func TestParseIDX(t *testing.T) {
	be := binary.BigEndian
	for _, test := range []struct {
		kind byte
		body []byte
		want []float64
	}{
		{0x08, []byte{0, 200}, []float64{0, 200}},
		{0x09, []byte{1, 0xff}, []float64{1, -1}},
		{0x0b, []byte{1, 0, 0xff, 0xfe}, []float64{256, -2}},
		{0x0c, []byte{0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff}, []float64{65536, -1}},
		{0x0d, be.AppendUint32(be.AppendUint32(nil, math.Float32bits(1.5)), math.Float32bits(-2)), []float64{1.5, -2}},
		{0x0e, be.AppendUint64(be.AppendUint64(nil, math.Float64bits(1.5)), math.Float64bits(-2)), []float64{1.5, -2}},
	} {
		a, err := parseIDX("f", filetest.IDX(test.kind, []int{2}, test.body...))
		if err != nil {
			t.Errorf("%#x: %v", test.kind, err)
			continue
		}
		got := make([]float64, a.Len())
		a.Floats(0, got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%#x: got %v", test.kind, got)
		}
	}
}

func TestParseIDXErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "f: error[data]: is not an IDX file; help: IDX files start with two zero bytes"},
		{"text", []byte("pixels"), "is not an IDX file"},
		{"type", filetest.IDX(0x0a, []int{1}, 1), "is not an IDX file"},
		{"no dimension", filetest.IDX(8, nil, 1), "has 0 dimensions; 1 to 8 are read"},
		{"header cut", filetest.IDX(8, []int{1})[:6], "is truncated: its header has 8 bytes and the file 6"},
		{"values cut", filetest.IDX(8, []int{2, 2}, 1, 2, 3), "has 3 bytes of values; [2, 2] of 1 byte each needs 4"},
		{"values left over", filetest.IDX(8, []int{1}, 1, 2), "has 2 bytes of values; [1] of 1 byte each needs 1"},
		{"huge", filetest.IDX(8, []int{1 << 31, 1 << 31, 1 << 31, 1 << 31}), "declares more than 2147483647 values"},
	} {
		if _, err := parseIDX("f", test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(filetest.IDX(8, []int{2, 2}, 1, 2, 3, 4))
	f.Add(filetest.IDX(0x0e, []int{1}, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(filetest.IDX(8, []int{0, 1 << 31}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a Tensor
		if hostile.Read(t, "f", func() (err error) { a, err = parseIDX("f", data); return err }) != nil {
			return
		}
		count := 1
		for _, d := range a.Shape {
			count *= d
		}
		if count != a.Len() || count > len(data) {
			t.Errorf("%d values of shape %v from %d bytes", a.Len(), a.Shape, len(data))
		}
		_ = CheckFinite(diag.InFile("f", ""), "a", a)
	})
}
