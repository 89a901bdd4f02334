package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// st is a safetensors file around a JSON header.
func st(header string, body ...byte) []byte {
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(data, header...), body...)
}

func TestReadSafetensors(t *testing.T) {
	// As the format's own documentation lays a file out, padded with spaces.
	f, err := Decode("m.safetensors", st(`{"b":{"dtype":"I8","shape":[2],"data_offsets":[8,10]},"__metadata__":{"by":"hand"},`+
		`"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   `, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xff, 5))
	if err != nil {
		t.Fatal(err)
	}
	want := &File{Path: "m.safetensors", Format: Safetensors, Metadata: map[string]string{"by": "hand"}, Tensors: []*Tensor{
		{Name: "a", Shape: []int{1, 2}, DType: "F32", Data: []float64{1, -2}},
		{Name: "b", Shape: []int{2}, DType: "I8", Data: []float64{-1, 5}},
	}}
	if d := cmp.Diff(want, f); d != "" {
		t.Error(d)
	}
}

func TestSafetensorsErrors(t *testing.T) {
	entry := func(rest string) string { return `{"w":{"dtype":"F32","shape":[1],` + rest + `}}` }
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"header beyond the file", append(binary.LittleEndian.AppendUint64(nil, 1<<62), "{}"...),
			"m.safetensors: header: error[weights]: declares 4611686018427387904 bytes of header and the file has 2; help: copy or save it again; it looks truncated"},
		{"no JSON", st("{nonsense"), "m.safetensors: header, byte 9: error[weights]: cannot be read: it is not the JSON that safetensors writes"},
		{"JSON cut", st(`{"w":`), "cannot be read: it is not the JSON"},
		{"open object", st(`{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`), "cannot be read"},
		{"text after the object", st("{}x"), "cannot be read"},
		{"a shape of text", st(`{"w":{"dtype":"F32","shape":"big"}}`), `cannot be read: "shape" is a string`},
		{"a fraction", st(`{"w":{"dtype":"F32","shape":[1.5]}}`), `is a number 1.5`},
		{"metadata", st(`{"__metadata__":{"a":1}}`), "cannot be read"},
		{"type", st(`{"w":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)...),
			`m.safetensors: tensor w: error[weights]: has type C64; BF16, BOOL, F16, F32, F64, F8_E4M3, F8_E5M2, I16, I32, I64, I8, U16, U32, U64, U8 are read; help: save it as F32`},
		{"no shape", st(`{"w":{"dtype":"F32","data_offsets":[0,4]}}`, 0, 0, 0, 0), "has no shape"},
		{"negative shape", st(`{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "its shape [-1] is not possible"},
		{"huge shape", st(`{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
			"its shape [4294967296, 4294967296] is not possible"},
		{"no offsets", st(`{"w":{"dtype":"F32","shape":[1]}}`), "has no valid data_offsets"},
		{"offsets swapped", st(entry(`"data_offsets":[4,0]`), 0, 0, 0, 0), "has no valid data_offsets"},
		{"offsets negative", st(entry(`"data_offsets":[-4,0]`), 0, 0, 0, 0), "has no valid data_offsets"},
		{"size", st(entry(`"data_offsets":[0,8]`), make([]byte, 8)...), "takes 8 bytes; [1] of F32 needs 4"},
		{"values cut", st(entry(`"data_offsets":[0,4]`), 0, 0, 0), "m.safetensors: tensor w: error[weights]: ends at byte 4 of the values and the file has 3"},
		{"values left over", st(entry(`"data_offsets":[0,4]`), 0, 0, 0, 0, 0), "has 1 byte after the last tensor"},
		{"hole", st(entry(`"data_offsets":[4,8]`), make([]byte, 8)...), "leaves a hole before it, from byte 0 to 4 of the values"},
		{"overlap", st(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 1, 2, 3),
			"tensor b: error[weights]: overlaps the tensor before it at byte 1 of the values"},
		{"name twice", st(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2),
			"tensor a: error[weights]: the file holds this tensor twice"},
		{"not exact", st(`{"n":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}`, 255, 255, 255, 255, 255, 255, 255, 255),
			"tensor n: error[weights]: value 0 is 18446744073709551615, which float64 cannot hold"},
	} {
		f, err := Decode("m.safetensors", test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v\nwant %s", test.name, f, err, test.want)
		} else if !strings.Contains(err.Error(), "; help: ") {
			t.Errorf("%s: no remedy in %v", test.name, err)
		}
	}
}

// files draws a file that WriteSafetensors takes.
func files() *rapid.Generator[*File] {
	values := map[string]*rapid.Generator[float64]{
		"F64": rapid.Float64(), "F32": rapid.Map(rapid.Float32(), func(v float32) float64 { return float64(v) }),
		"F16":     rapid.Map(rapid.Uint16(), npy.Float16),
		"BF16":    rapid.Map(rapid.Uint16(), func(v uint16) float64 { return float64(math.Float32frombits(uint32(v) << 16)) }),
		"F8_E4M3": rapid.Map(rapid.Uint8(), func(b uint8) float64 { return float8(b, 4, 3) }),
		"F8_E5M2": rapid.Map(rapid.Uint8(), func(b uint8) float64 { return float8(b, 5, 2) }),
		"I64":     integersIn(-1<<53, 1<<53), "I32": integersIn(math.MinInt32, math.MaxInt32), "I16": integersIn(math.MinInt16, math.MaxInt16),
		"I8": integersIn(-128, 127), "U64": integersIn(0, 1<<53), "U32": integersIn(0, math.MaxUint32), "U16": integersIn(0, 65535),
		"U8": integersIn(0, 255), "BOOL": integersIn(0, 1),
	}
	return rapid.Custom(func(t *rapid.T) *File {
		f := &File{Path: "m.safetensors", Format: Safetensors, Metadata: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")}
		for _, name := range rapid.SliceOfDistinct(rapid.StringN(1, 8, -1), rapid.ID).Draw(t, "names") {
			shape := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 3).Draw(t, "shape")
			n, _ := count(shape)
			kind := rapid.SampledFrom(strings.Split(dtypeNames(), ", ")).Draw(t, "dtype")
			f.Tensors = append(f.Tensors, &Tensor{Name: name, Shape: shape, DType: kind, Data: rapid.SliceOfN(values[kind], n, n).Draw(t, "data")})
		}
		return f
	})
}

func integersIn(lo, hi int64) *rapid.Generator[float64] {
	return rapid.Map(rapid.Int64Range(lo, hi), func(v int64) float64 { return float64(v) })
}

func TestSafetensorsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := files().Draw(t, "f")
		data, err := Encode(f.Path, f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(f.Path, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.sort(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(f, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
			t.Fatal(d)
		}
	})
}

func TestSafetensorsBytes(t *testing.T) {
	f := &File{Metadata: map[string]string{"z": "<&>", "a": "1"}, Tensors: []*Tensor{
		{Name: "v", Shape: []int{1}, DType: "I8", Data: []float64{-1}},
		{Name: "u", Data: []float64{0.1}},
		{Name: "w", Shape: []int{2}, DType: "F64", Data: []float64{1, 2}},
	}}
	header := `{"__metadata__":{"a":"1","z":"<&>"},` +
		`"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},` +
		`"u":{"dtype":"F32","shape":[],"data_offsets":[16,20]},` +
		`"v":{"dtype":"I8","shape":[1],"data_offsets":[20,21]}}`
	header += strings.Repeat(" ", 7-(len(header)+7)%8)
	body := []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xcd, 0xcc, 0xcc, 0x3d, 0xff}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := WriteSafetensors(path, f); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := st(header, body...); !bytes.Equal(want, got) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWriteErrors(t *testing.T) {
	one := func(dtype string, v float64) *Tensor {
		return &Tensor{Name: "w", Shape: []int{1}, DType: dtype, Data: []float64{v}}
	}
	for _, test := range []struct {
		tensors []*Tensor
		want    string
	}{
		{[]*Tensor{one("F32", 0), one("F32", 0)}, "tensor w: error[weights]: the file holds this tensor twice"},
		{[]*Tensor{one("I8", 128)}, "tensor w: error[weights]: value [0] is 128, which I8 cannot hold; help: write it as F32 or F64"},
		{[]*Tensor{one("I8", 0.5)}, "value [0] is 0.5, which I8 cannot hold"},
		{[]*Tensor{one("U8", -1)}, "value [0] is -1, which U8 cannot hold"},
		{[]*Tensor{one("BOOL", 2)}, "value [0] is 2, which BOOL cannot hold"},
		{[]*Tensor{one("I64", math.Inf(1))}, "value [0] is +Inf, which I64 cannot hold"},
		{[]*Tensor{one("F32", 1e39)}, "value [0] is 1e+39, which F32 cannot hold"},
		{[]*Tensor{one("F16", 1e5)}, "value [0] is 100000, which F16 cannot hold"},
		{[]*Tensor{one("F8", 1)}, "has type F8; BF16, BOOL,"},
		{[]*Tensor{{Name: "w", Shape: []int{2}, Data: []float64{1}}}, "has 1 value, which is not its shape [2]"},
		{[]*Tensor{{Name: "__metadata__", Data: []float64{1}}}, "the format keeps this name for the metadata"},
		{[]*Tensor{{Name: "\xff", Data: []float64{1}}}, "its name is not UTF-8"},
	} {
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := WriteSafetensors(path, &File{Tensors: test.tensors}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was left behind", test.want)
		}
	}
	err := WriteSafetensors(filepath.Join(t.TempDir(), "no", "m.safetensors"), &File{})
	if err == nil || !strings.Contains(err.Error(), "cannot be written: no such file or directory; help: check that the folder exists") {
		t.Errorf("got %v", err)
	}
}

func TestHalvesRoundTrip(t *testing.T) {
	for _, name := range []string{"F16", "BF16"} {
		d := dtypes[name]
		for bits := range 1 << 16 {
			v := d.float(binary.LittleEndian, []byte{byte(bits), byte(bits >> 8)})
			if got, ok := d.put(v); !math.IsNaN(v) && (!ok || got != uint64(bits)) {
				t.Fatalf("%s %04x is %v, which is written as %04x, %v", name, bits, v, got, ok)
			}
		}
	}
	for _, test := range []struct {
		v    float64
		bits uint64
	}{
		{1 + math.Ldexp(1, -11), 0x3c00}, {1 + 3*math.Ldexp(1, -11), 0x3c02}, // half way, to even
		{math.Ldexp(1, -25), 0}, {math.Ldexp(1.5, -25), 1}, {math.Ldexp(1023.75, -24), 0x400},
	} {
		if got := narrow(test.v, 5, 10); got != test.bits {
			t.Errorf("%v is written as %04x, want %04x", test.v, got, test.bits)
		}
	}
}

func TestTensor(t *testing.T) {
	f := &File{Path: "m.pth", Tensors: []*Tensor{
		{Name: "a", Shape: []int{1, 3}, Data: []float64{1, 2, 3}},
		{Name: "b", Shape: []int{2, 2}, Data: []float64{1, 2, math.NaN(), 4}},
		{Name: "c", Shape: []int{2, 3}, Data: make([]float64, 6)},
		{Name: "recurrent_layer.bias", Shape: []int{128}, Data: make([]float64, 128)},
	}}
	for _, shape := range [][]int{{3}, {1, 3}, {3, 1}, nil} {
		got, err := f.Tensor("a", shape...)
		if err != nil {
			t.Error(err)
			continue
		}
		if shape == nil {
			shape = []int{1, 3}
		}
		if d := cmp.Diff(&Tensor{Name: "a", Shape: shape, Data: []float64{1, 2, 3}}, got); d != "" {
			t.Error(d)
		}
	}
	for _, test := range []struct {
		name  string
		shape []int
		want  string
	}{
		{"recurrent_layer.bias", []int{64}, "m.pth: tensor recurrent_layer.bias: error[weights]: recurrent_layer.bias is [128]; the model needs [64]; " +
			"help: change the sizes in the model, or check that these weights were trained for it"},
		{"c", []int{3, 2}, "c is [2, 3]; the model needs [3, 2]; help: it is transposed"},
		{"c", []int{6}, "c is [2, 3]; the model needs [6]; help: change the sizes"},
		{"b", []int{2, 2}, "tensor b: error[weights]: value [1, 0] is NaN; help: the training diverged"},
		{"recurent_layer.bias", nil, "the file has no tensor recurent_layer.bias; help: did you mean recurrent_layer.bias? " +
			"The file has a [1, 3], b [2, 2], c [2, 3], recurrent_layer.bias [128]"},
		{"output_layer.weight", nil, "the file has no tensor output_layer.weight; help: the file has a [1, 3], b"},
	} {
		if _, err := f.Tensor(test.name, test.shape...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	if _, err := (&File{Path: "m.npz"}).Tensor("a"); err == nil || !strings.Contains(err.Error(), "it has no tensors at all") {
		t.Errorf("got %v", err)
	}
}

func TestOpenByContent(t *testing.T) {
	dir := t.TempDir()
	var x bytes.Buffer
	if err := npy.Write(&x, &npy.Array{Shape: []int{2}, Kind: 'f', Size: 4, Floats: []float64{1, 2}}); err != nil {
		t.Fatal(err)
	}
	for format, data := range map[string][]byte{
		Npz:         zipOf("w.npy", x.String()),
		Torch:       pth(pdict(pstr("w"), ptensor("FloatStorage", "0", 2, 0, []int64{2}, []int64{1})), "m/data/0", f32(binary.LittleEndian, 1, 2)),
		Safetensors: st(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, []byte(f32(binary.LittleEndian, 1, 2))...),
	} {
		path := filepath.Join(dir, "weights.bin")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		want := &File{Path: path, Format: format, Metadata: map[string]string{}, Tensors: []*Tensor{{Name: "w", Shape: []int{2}, DType: "F32", Data: []float64{1, 2}}}}
		if d := cmp.Diff(want, f); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var one bytes.Buffer
	if err := npy.Write(&one, npy.FromInts([]int64{1})); err != nil {
		t.Fatal(err)
	}
	huge := write("huge", "")
	if err := os.Truncate(huge, 1<<31); err != nil { // a file of holes: it takes no room
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "none"), "none: error[weights]: there is no such file; help"},
		{dir, "error[weights]: is a folder; help: name the file inside it"},
		{os.DevNull, "is not a regular file"},
		{filepath.Join(write("file", "x"), "inside"), "cannot be read: not a directory; help"},
		{write("empty", ""), "empty: error[weights]: is empty; help"},
		{huge, "has 2147483648 bytes; at most 1073741824 are read"},
		{write("text", "hello"), "is no weights file: neither safetensors nor .npz nor .pth; help: save the weights with"},
		{write("array", "\x93NUMPY\x01\x00"), "is a single .npy array, which has no names"},
		{write("hdf", "\x89HDF\r\n"), "is an HDF5 file"},
		{write("gzip", "\x1f\x8b\x08"), "is a gzip file; help: unpack it first"},
		{write("zip", string(zipOf("a.txt", "x"))), "is a zip archive without data.pkl (.pth) or .npy entries (.npz)"},
		{write("cut.zip", "PK\x03\x04"), "is a damaged zip archive"},
		{write("npz", string(zipOf("w.npy", "x"))), "npz: array w: error[weights]: this is not an .npy file"},
		{write("name", string(zipOf("\xff.npy", one.String()))),
			`tensor \xff: error[weights]: its name is not UTF-8`},
	} {
		f, err := Open(test.path)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, %v\nwant %s", f, err, test.want)
		} else if !strings.Contains(err.Error(), "; help: ") {
			t.Errorf("no remedy in %v", err)
		}
	}
}

func TestNpzKeepsOnlyExactIntegers(t *testing.T) {
	var x bytes.Buffer
	if err := npy.Write(&x, npy.FromInts([]int64{1 << 60, 1<<53 + 1}, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode("m.npz", zipOf("w.npy", x.String())); err == nil || !strings.Contains(err.Error(), "tensor w: error[weights]: value 1 is 9007199254740993, which float64 cannot hold") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSafetensors(b *testing.B) {
	data, err := Encode("m", &File{Tensors: []*Tensor{{Name: "w", Shape: []int{1 << 16}, Data: make([]float64, 1<<16)}}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode("m", data); err != nil {
			b.Fatal(err)
		}
	}
}
