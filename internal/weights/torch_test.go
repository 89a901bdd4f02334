package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The pickles of the tests, instruction by instruction.
const (
	proto   = "\x80\x02"
	ordered = "ccollections\nOrderedDict\n)R"
	rebuild = "ctorch._utils\n_rebuild_tensor_v2\n"
)

// pstr is BINUNICODE.
func pstr(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// pint is BININT, or LONG1 where 32 bits are too few.
func pint(n int64) string {
	if int64(int32(n)) != n {
		return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	return "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// ptuple is a tuple of what was built.
func ptuple(items ...string) string { return "(" + strings.Join(items, "") + "t" }

func pints(n ...int64) string {
	items := make([]string, len(n))
	for i, v := range n {
		items[i] = pint(v)
	}
	return ptuple(items...)
}

// ptensor is a tensor as torch.save writes it.
func ptensor(kind, key string, count, offset int64, shape, strides []int64) string {
	storage := ptuple(pstr("storage"), "ctorch\n"+kind+"\n", pstr(key), pstr("cpu"), pint(count)) + "Q"
	return rebuild + ptuple(storage, pint(offset), pints(shape...), pints(strides...), "\x89", ordered) + "R"
}

// pdict is a dictionary of key, value pairs.
func pdict(pairs ...string) string { return ordered + "(" + strings.Join(pairs, "") + "u" }

// pth is an archive of a pickle and further entries in name, content pairs.
func pth(pickle string, pairs ...string) []byte {
	return zipOf(append([]string{"m/data.pkl", proto + pickle + ".", "m/version", "3\n"}, pairs...)...)
}

// zipOf is an archive of stored name, content pairs.
func zipOf(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: pairs[i], Method: zip.Store})
		if err == nil {
			_, err = f.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			panic(err) // a bytes.Buffer cannot fail
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func f32(order binary.AppendByteOrder, values ...float32) string {
	var b []byte
	for _, v := range values {
		b = order.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

func TestTorchViews(t *testing.T) {
	six := f32(binary.LittleEndian, 0, 1, 2, 3, 4, 5)
	for _, test := range []struct {
		name           string
		offset         int64
		shape, strides []int64
		wantShape      []int
		want           []float64
	}{
		{"contiguous", 0, []int64{2, 3}, []int64{3, 1}, []int{2, 3}, []float64{0, 1, 2, 3, 4, 5}},
		{"transposed", 0, []int64{3, 2}, []int64{1, 3}, []int{3, 2}, []float64{0, 3, 1, 4, 2, 5}},
		{"a column from an offset", 2, []int64{2}, []int64{3}, []int{2}, []float64{2, 5}},
		{"expanded", 4, []int64{2, 2}, []int64{0, 1}, []int{2, 2}, []float64{4, 5, 4, 5}},
		{"scalar", 5, nil, nil, []int{}, []float64{5}},
		{"empty, its offset at the end", 6, []int64{0, 3}, []int64{3, 1}, []int{0, 3}, []float64{}},
		{"a stride that is never taken", 5, []int64{1, 1}, []int64{math.MaxInt64, 1}, []int{1, 1}, []float64{5}},
	} {
		f, err := Decode("m.pth", pth(pdict(pstr("w"), ptensor("FloatStorage", "0", 6, test.offset, test.shape, test.strides)), "m/data/0", six))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := &Tensor{Name: "w", Shape: test.wantShape, DType: "F32", Data: test.want}
		if d := cmp.Diff(want, f.Find("w")); d != "" {
			t.Errorf("%s: -want +got\n%s", test.name, d)
		}
	}
}

func TestTorchStorages(t *testing.T) {
	for _, test := range []struct {
		kind, dtype, bytes string
		want               float64
	}{
		{"DoubleStorage", "F64", "\x00\x00\x00\x00\x00\x00\xf0\xbf", -1},
		{"FloatStorage", "F32", "\x00\x00\x80\xbf", -1},
		{"HalfStorage", "F16", "\x00\xbc", -1},
		{"BFloat16Storage", "BF16", "\x80\xbf", -1},
		{"LongStorage", "I64", "\xfe\xff\xff\xff\xff\xff\xff\xff", -2},
		{"IntStorage", "I32", "\xfe\xff\xff\xff", -2},
		{"ShortStorage", "I16", "\xfe\xff", -2},
		{"CharStorage", "I8", "\xfe", -2},
		{"ByteStorage", "U8", "\xfe", 254},
		{"BoolStorage", "BOOL", "\x01", 1},
	} {
		f, err := Decode("m.pth", pth(pdict(pstr("w"), ptensor(test.kind, "0", 1, 0, nil, nil)), "m/data/0", test.bytes))
		if err != nil {
			t.Errorf("%s: %v", test.kind, err)
			continue
		}
		if w := f.Find("w"); w.DType != test.dtype || w.Data[0] != test.want {
			t.Errorf("%s is %s %v, want %s %v", test.kind, w.DType, w.Data[0], test.dtype, test.want)
		}
	}
}

func TestTorchCheckpoints(t *testing.T) {
	little, big := f32(binary.LittleEndian, 1.5), f32(binary.BigEndian, 1.5)
	w := pstr("w") + ptensor("FloatStorage", "0", 1, 0, []int64{1}, []int64{1})
	parameter := pstr("w") + "ctorch._utils\n_rebuild_parameter\n" +
		ptuple(ptensor("FloatStorage", "0", 1, 0, []int64{1}, []int64{1}), "\x88", ordered) + "R"
	loop := "}q\x00" + pstr("self") + "h\x00s"
	for _, test := range []struct {
		name   string
		data   []byte
		wanted map[string]string
	}{
		{"a state_dict with _metadata", pth(pdict(w)+"}"+pstr("_metadata")+"}sb", "m/data/0", little), nil},
		{"a plain dictionary", pth("}"+w+"s", "m/data/0", little), nil},
		{"a parameter", pth(pdict(parameter), "m/data/0", little), nil},
		{"wrapped in state_dict", pth("}("+pstr("epoch")+"K\x07"+pstr("lr")+"G\x3f\xf0\x00\x00\x00\x00\x00\x00"+pstr("state_dict")+pdict(w)+
			pstr("optimizer")+"}"+pstr("groups")+"](K\x01eK\x02as"+"u", "m/data/0", little), map[string]string{"epoch": "7", "lr": "1"}},
		{"wrapped in model_state_dict", pth("}"+pstr("model_state_dict")+pdict(w)+"s", "m/data/0", little), nil},
		{"big endian", pth(pdict(w), "m/byteorder", "big", "m/data/0", big), nil},
		{"little endian, said so", pth(pdict(w), "m/byteorder", "little", "m/data/0", little), nil},
		{"a dictionary that holds itself", pth(loop+"("+w+"u", "m/data/0", little), nil},
		{"protocol 4", zipOf("data.pkl", "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R\x94("+w+"u.", "data/0", little), nil},
	} {
		f, err := Decode("m.pth", test.data)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if len(f.Tensors) != 1 || f.Format != Torch {
			t.Errorf("%s: %d tensors, format %s", test.name, len(f.Tensors), f.Format)
			continue
		}
		if d := cmp.Diff(&Tensor{Name: "w", Shape: []int{1}, DType: "F32", Data: []float64{1.5}}, f.Tensors[0]); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
		if test.wanted == nil {
			test.wanted = map[string]string{}
		}
		if d := cmp.Diff(test.wanted, f.Metadata); d != "" {
			t.Errorf("%s: metadata %s", test.name, d)
		}
	}
}

func TestTorchErrors(t *testing.T) {
	const remedy = "save the parameters alone with torch.save(model.state_dict(), path), or as safetensors"
	w := func(count, offset int64, shape, strides []int64) string {
		return pdict(pstr("w"), ptensor("FloatStorage", "0", count, offset, shape, strides))
	}
	one := []int64{1}
	four := f32(binary.LittleEndian, 1)
	shared := ptensor("FloatStorage", "0", 1000, 0, []int64{1000}, one)
	var many []string
	for i := range 100 {
		many = append(many, pstr(fmt.Sprint(i)), shared)
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"system", pth("cposix\nsystem\n" + pstr("echo") + "\x85R"),
			"m.pth: data.pkl, byte 2: error[weights]: the pickle asks for posix.system; a state_dict needs no such thing. Nothing was run; help: " + remedy},
		{"eval", pth("cbuiltins\neval\n"), "the pickle asks for builtins.eval;"},
		{"system, protocol 4", pth("\x8c\x05posix\x8c\x06system\x93"), "the pickle asks for posix.system;"},
		{"an escape sequence", pth("c\x1b[2Jos\nsystem\n"), `the pickle asks for \u001b[2Jos.system;`},
		{"a whole model", pth("ctorch.nn.modules.linear\nLinear\n)\x81"),
			"asks for torch.nn.modules.linear.Linear; a state_dict needs no such thing (this looks like a whole model, saved with torch.save(model)). Nothing was run; help: " + remedy},
		{"a class of the script", pth("c__main__\nNet\n)\x81"), "asks for __main__.Net; a state_dict needs no such thing (this looks like a whole model"},
		{"attributes of no state_dict", pth("N}b"), "the pickle sets attributes of something that is no state_dict (this looks like a whole model"},
		{"unknown instruction", pth("i__main__\nNet\n"), "the pickle has the instruction 0x69, which no state_dict needs; nothing was run"},
		{"protocol", zipOf("m/data.pkl", "\x80\x09N."), "the pickle has protocol 9; 2 to 5 are known"},
		{"no stop", zipOf("m/data.pkl", "\x80\x02N"), "data.pkl, byte 3: error[weights]: the pickle is truncated"},
		{"a string of 4 GiB", pth("X\xff\xff\xff\xffabc"), "the pickle is truncated"},
		{"a long integer", pth("\x8a\x09123456789"), "the pickle has an integer of 9 bytes, which no state_dict needs"},
		{"a string that is not UTF-8", pth(pstr("\xff")), "the pickle has a string that is not UTF-8"},
		{"no memo", pth("h\x05"), "the pickle recalls value 5, which it has not stored"},
		{"no stack", pth("q\x00"), "the pickle takes from an empty stack"},
		{"no mark", pth("Nt"), "the pickle lacks a mark"},
		{"a mark for a value", pth("}(Ns"), "the pickle takes a mark for a value"},
		{"a name without an end", pth("ccollections"), "the pickle has a name without an end"},
		{"a name that is no string", pth("NN\x93"), "the pickle names a global with something that is no string"},
		{"persistent", pth(pstr("storage") + "Q"), "the pickle refers to something that is no storage of a tensor"},
		{"call of a value", pth("N)R"), "the pickle calls something that cannot be called"},
		{"call of a storage", pth("ctorch\nFloatStorage\n)R"), "the pickle calls torch.FloatStorage in a way that PyTorch does not"},
		{"a tensor of nothing", pth(rebuild + "(NNNNNNtR"), "the pickle builds a tensor from the wrong arguments"},
		{"a negative dimension", pth(w(1, 0, []int64{-1}, one)), "the pickle builds a tensor from the wrong arguments"},
		{"a negative offset", pth(w(1, -1, one, one)), "the pickle builds a tensor from the wrong arguments"},
		{"strides missing", pth(w(1, 0, one, nil)), "the pickle builds a tensor from the wrong arguments"},
		{"no dictionary filled", pth("NNNs"), "the pickle fills something that is no dictionary"},
		{"no list extended", pth("NNa"), "the pickle extends something that is no list"},

		{"a bare tensor", pth(ptensor("FloatStorage", "0", 1, 0, nil, nil), "m/data/0", four), "holds one tensor without a name, not a state_dict; help: " + remedy},
		{"a list", pth("]"), "holds a list, not a state_dict"},
		{"nothing", pth("N"), "holds None, not a state_dict"},
		{"a string", pth(pstr("hello")), "holds the string hello, not a state_dict"},
		{"a number", pth("K\x03"), "holds the value 3, not a state_dict"},
		{"no tensors", pth(pdict(pstr("epoch"), "K\x01", pstr("config"), "}")), "holds no tensors; it has epoch, config"},
		{"an empty dictionary", pth("}"), "data.pkl: error[weights]: holds no tensors; help"},
		{"a tensor under a number", pth("}K\x01"+ptensor("FloatStorage", "0", 1, 0, nil, nil)+"s", "m/data/0", four), "holds a tensor whose name is the value 1"},
		{"a name twice", pth(pdict(pstr("w"), ptensor("FloatStorage", "0", 1, 0, nil, nil), pstr("w"), ptensor("FloatStorage", "0", 1, 0, nil, nil)), "m/data/0", four),
			"m.pth: tensor w: error[weights]: the file holds this tensor twice"},

		{"no storage", pth(w(1, 0, one, one)), "m.pth: tensor w: error[weights]: its values are not in the archive (no entry data/0)"},
		{"storage cut", pth(w(1, 0, one, one), "m/data/0", four[:3]), "its storage data/0 has 3 bytes; 1 value of F32 need another number"},
		{"storage of 2^62 values", pth(w(1<<62, 0, one, one), "m/data/0", four), "has 4 bytes; 4611686018427387904 values of F32 need another number"},
		{"outside by shape", pth(w(1, 0, []int64{2}, one), "m/data/0", four), "m.pth: tensor w: error[weights]: reaches outside its storage of 1 value"},
		{"outside by offset", pth(w(1, 1, one, one), "m/data/0", four), "reaches outside its storage of 1 value"},
		{"outside by overflow", pth(w(1, 0, []int64{3}, []int64{math.MaxInt64}), "m/data/0", four), "reaches outside its storage of 1 value"},
		{"huge", pth(w(1, 0, []int64{1 << 30, 1 << 30}, []int64{0, 0}), "m/data/0", four), "has more values than can be read"},
		{"huge dimension", pth(w(1, 0, []int64{1 << 40}, []int64{0}), "m/data/0", four), "has a dimension of 1099511627776"},
		{"expanded beyond measure", pth(w(1, 0, []int64{1 << 20}, []int64{0}), "m/data/0", four),
			"the tensors have many times more values than the file stores; help: save them with {name: t.contiguous() for name, t in model.state_dict().items()}"},
		{"shared beyond measure", pth(pdict(many...), "m/data/0", strings.Repeat("\x00", 4000)), "the tensors have many times more values than the file stores"},
		{"byte order", pth(w(1, 0, one, one), "m/byteorder", "middle"), "m.pth: entry m/byteorder: error[weights]: says neither little nor big"},
		{"not exact", pth(pdict(pstr("n"), ptensor("LongStorage", "0", 1, 0, nil, nil)), "m/data/0", "\x01\x00\x00\x00\x00\x00\x20\x00"),
			"m.pth: tensor n: error[weights]: value 0 is 9007199254740993, which float64 cannot hold; help: save it as float32 or as smaller integers"},
		{"TorchScript", pth("N", "m/constants.pkl", "x"), "is a TorchScript archive, which holds a program; help: " + remedy},
		{"a large pickle", zipOf("m/data.pkl", strings.Repeat("N", 9<<20)), "m.pth: entry m/data.pkl: error[weights]: has 9437184 bytes; at most 8388608 are read"},
		{"legacy, cut short", []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."), "the pickle is truncated"},
		{"a pickle", []byte("\x80\x04\x95\x00\x00N."), "is a Python pickle, which is never run; help"},
	} {
		f, err := Decode("m.pth", test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v\nwant %s", test.name, f, err, test.want)
		} else if !strings.Contains(err.Error(), "; help: ") {
			t.Errorf("%s: no remedy in %v", test.name, err)
		}
	}
}

// legacy is a .pth of before PyTorch 1.6: a pickle, and storages of float32 that each have a key.
func legacy(pickle string, storages ...string) []byte {
	machine := "}(" + pstr("little_endian") + "\x88u"
	keys, values := "](", ""
	for i := 0; i < len(storages); i += 2 {
		keys += pstr(storages[i])
		values += string(binary.LittleEndian.AppendUint64(nil, uint64(len(storages[i+1])/4))) + storages[i+1]
	}
	var out string
	for _, part := range []string{"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", pint(1001), machine, pickle, keys + "e"} {
		out += proto + part + "."
	}
	return []byte(out + values)
}

// legacyTensor is a tensor of float32 as PyTorch wrote it before 1.6; view is what stands behind the number of values.
func legacyTensor(key string, count, offset int64, view string, shape, strides []int64) string {
	storage := ptuple(pstr("storage"), "ctorch\nFloatStorage\n", pstr(key), pstr("cpu"), pint(count), view) + "Q"
	return "ctorch._utils\n_rebuild_tensor\n" + ptuple(storage, pint(offset), pints(shape...), pints(strides...)) + "R"
}

func TestLegacy(t *testing.T) {
	const values = "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40" // 1, 2, 3, 4
	pair := pdict(pstr("a"), legacyTensor("7", 4, 1, "N", []int64{2}, []int64{2}), pstr("b"), legacyTensor("7", 4, 0, "N", []int64{2, 2}, []int64{1, 2}))
	f, err := Decode("old.pth", legacy(pair, "7", values))
	if err != nil {
		t.Fatal(err)
	}
	want := []*Tensor{{Name: "a", Shape: []int{2}, DType: "F32", Data: []float64{2, 4}}, {Name: "b", Shape: []int{2, 2}, DType: "F32", Data: []float64{1, 3, 2, 4}}}
	if d := cmp.Diff(want, f.Tensors); d != "" || f.Format != Torch {
		t.Error(d, f.Format)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"cut":       {legacy(pair, "7", values)[:len(legacy(pair, "7", values))-1], "old.pth: storage 7: error[weights]: is cut short"},
		"no value":  {legacy(pair), "its values are not in the archive"},
		"unknown":   {legacy(pair, "8", values), "lists the storage the string 8, which no tensor has"},
		"count":     {legacy(pair, "7", values[:8]), "its storage data/7 has 8 bytes; 4 values of F32 need another number"},
		"a view":    {legacy(pdict(pstr("a"), legacyTensor("7", 4, 0, ptuple(pstr("8"), pint(0), pint(4)), nil, nil)), "7", values), "refers to something that is no storage"},
		"no tensor": {legacy(pdict()), "holds no tensors"},
	} {
		if f, err := Decode("old.pth", test.data); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "; help: ") {
			t.Errorf("%s: got %v, %v\nwant %s", name, f, err, test.want)
		}
	}
}

// TestTypedStorages reads types that have no class of storage: a storage of bytes, and the type beside the tensor.
func TestTypedStorages(t *testing.T) {
	typed := func(kind string, bytes, offset int64, shape ...int64) string {
		storage := ptuple(pstr("storage"), "ctorch.storage\nUntypedStorage\n", pstr("0"), pstr("cpu"), pint(bytes)) + "Q"
		return "ctorch._utils\n_rebuild_tensor_v3\n" + ptuple(storage, pint(offset), pints(shape...), pints(1), "\x89", ordered, "ctorch\n"+kind+"\n") + "R"
	}
	f, err := Decode("m.pth", pth(pdict(pstr("w"), typed("float8_e4m3fn", 4, 1, 3)), "m/data/0", "\x00\x38\xb8\x7e"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]*Tensor{{Name: "w", Shape: []int{3}, DType: "F8_E4M3", Data: []float64{1, -1, 448}}}, f.Tensors); d != "" {
		t.Error(d)
	}
	if f, err = Decode("m.pth", pth(pdict(pstr("w"), typed("uint16", 4, 0, 2)), "m/data/0", "\x01\x00\xff\xff")); err != nil || f.Tensors[0].Data[1] != 65535 {
		t.Error(err)
	}
	for _, kind := range []string{"float8_e4m3fnuz", "complex64", "float64"} {
		if f, err := Decode("m.pth", pth(pdict(pstr("w"), typed(kind, 4, 0, 4)), "m/data/0", "\x00\x38\xb8\x7e")); err == nil {
			t.Errorf("%s of 4 bytes is read: %v", kind, f.Tensors)
		}
	}
	negative := rebuild + ptuple(ptuple(pstr("storage"), "ctorch\nFloatStorage\n", pstr("0"), pstr("cpu"), pint(1))+"Q", pint(0), pints(1), pints(1), "\x89", ordered, "}"+pstr("neg")+"\x88s") + "R"
	if f, err := Decode("m.pth", pth(pdict(pstr("w"), negative), "m/data/0", "\x00\x00\x80\x3f")); err == nil || !strings.Contains(err.Error(), "resolve_neg") {
		t.Errorf("a negated view: %v, %v", f, err)
	}
}

func TestTiedWeightsAreAllowed(t *testing.T) {
	const n = 70000 // beyond what is spared for small views
	tensor := ptensor("FloatStorage", "0", n, 0, []int64{n}, []int64{1})
	f, err := Decode("m.pth", pth(pdict(pstr("a"), tensor, pstr("b"), tensor), "m/data/0", strings.Repeat("\x00\x00\x80\x3f", n)))
	if err != nil || len(f.Tensors) != 2 {
		t.Fatalf("%v", err)
	}
}

func TestReadReferenceModels(t *testing.T) {
	for _, test := range []struct {
		file                    string
		inputs, hidden, outputs int
	}{
		{"fashion_rows_full128_q4", 28, 128, 10},
		{"fashion_rows_block256x16_q2", 28, 256, 10},
		{"fashion_rows_block64x4_ternary", 28, 64, 10},
		{"copy100_full128_q4", 10, 128, 9},
		{"grad_full16_q4", 3, 16, 4},
		{"grad_block32x8_ternary", 2, 32, 5},
	} {
		f, err := Open(shared(t, "reference/"+test.file+".pth"))
		if err != nil {
			t.Error(err)
			continue
		}
		for name, shape := range map[string][]int{
			"input_layer.parametrizations.weight.original":          {test.hidden, test.inputs},
			"recurrent_layer.bias":                                  {test.hidden},
			"recurrent_layer.sign_vector":                           {test.hidden}, // [1, n] in the file
			"recurrent_layer.parametrizations.weight.original":      {test.hidden, test.hidden},
			"recurrent_layer.parametrizations.weight.0.sign_vector": {1, test.hidden},
			"output_layer.bias":                                     {test.outputs},
			"output_layer.parametrizations.weight.original":         {test.outputs, test.hidden},
		} {
			if _, err := f.Tensor(name, shape...); err != nil {
				t.Errorf("%s: %v", test.file, err)
			}
		}
		if len(f.Tensors) != 7 {
			t.Errorf("%s: %d tensors", test.file, len(f.Tensors))
		}
	}
}

// TestReferenceGradientsMatchParameters holds the shapes of a model's parameters against those of their gradients,
// which PyTorch saved by another road.
func TestReferenceGradientsMatchParameters(t *testing.T) {
	for _, model := range []string{"grad_full16_q4", "grad_block32x8_ternary"} {
		f, err := Open(shared(t, "reference/"+model+".pth"))
		if err != nil {
			t.Fatal(err)
		}
		g, err := Open(shared(t, "reference/"+model+"_grads.npz"))
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		for _, gradient := range g.Tensors {
			name, ok := strings.CutPrefix(gradient.Name, "grad.")
			if !ok {
				continue
			}
			compared++
			parameter, err := f.Tensor(name)
			if err != nil {
				t.Error(err)
				continue
			}
			if d := cmp.Diff(gradient.Shape, parameter.Shape); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		if compared != 5 {
			t.Errorf("%s: %d gradients", model, compared)
		}
	}
}

// shared finds a file of the folder beside the repository, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := "."
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Join(dir, "..")
		if len(dir) > 60 {
			t.Fatal("no go.mod above the test")
		}
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("skipped: no ../shared/" + name)
	}
	return path
}

// TestSharedContainersTakeLinearTime reads a pickle in which every list holds the one below it thousands of times.
func TestSharedContainersTakeLinearTime(t *testing.T) {
	const width = 20000
	for name, wrap := range map[string]func(inside string) string{
		"lists":        func(inside string) string { return "](" + inside + "e" },
		"tuples":       func(inside string) string { return "(" + inside + "t" },
		"dictionaries": func(inside string) string { return "}(" + inside + "u" },
	} {
		inside := ""
		for level := range 9 {
			entry := "h" + string(rune('a'+level))
			if name == "dictionaries" {
				entry = pstr("k") + entry
			}
			if level == 0 {
				entry = strings.ReplaceAll(entry, "ha", "K\x01")
			}
			inside += wrap(strings.Repeat(entry, width)) + "q" + string(rune('a'+level+1))
		}
		pickle := inside + "}" + pstr("state_dict") + pdict(pstr("deep")+"h"+string(rune('a'+9)), pstr("w")+ptensor("FloatStorage", "0", 1, 0, []int64{1}, []int64{1})) + "s"
		start := time.Now()
		f, err := Decode("m.pth", pth(pickle, "m/data/0", "\x00\x00\x80\x3f"))
		if err != nil || len(f.Tensors) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}
