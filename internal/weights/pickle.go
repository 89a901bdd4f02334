package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// The values a state_dict's pickle builds, beside Go's nil, bool, int64, float64 and string. Nothing else exists here:
// a pickle is a program, and this machine has no instruction that could do more than build these.
type (
	// global is a name from the table of globals.
	global string
	// tuple is immutable, so it is a value.
	tuple []any
	// list is behind a pointer because the memo may share it.
	list struct{ items []any }
	// dict keeps its pairs in order, double keys included, and what BUILD hung on it is dropped.
	dict struct{ keys, values []any }
	// storage is the persistent id of a run of values, an entry data/<key> of the archive.
	storage struct {
		dtype string
		key   string
		count int64
	}
	// view is a tensor: a storage seen through an offset, a shape and strides, all counted in values.
	view struct {
		storage storage
		offset  int64
		shape   []int64
		strides []int64
	}
	// opaque is an object that is no tensor and was not made: the name of its class or function.
	opaque string
	// mark is what MARK pushes.
	mark struct{}
)

// The globals that have a meaning beyond their name.
const (
	orderedDict         = global("collections.OrderedDict")
	defaultDict         = global("collections.defaultdict")
	rebuildTensor       = global("torch._utils._rebuild_tensor_v2")
	rebuildOldTensor    = global("torch._utils._rebuild_tensor")               // PyTorch before 0.4
	rebuildTyped        = global("torch._utils._rebuild_tensor_v3")            // types that have no class of storage
	rebuildParameter    = global("torch._utils._rebuild_parameter")            //
	rebuildWithState    = global("torch._utils._rebuild_parameter_with_state") // a parameter with attributes
	rebuildSubclass     = global("torch._tensor._rebuild_from_type_v2")        // a tensor with attributes
	untypedStorage      = global("torch.storage.UntypedStorage")
	untypedStorageAlias = global("torch.UntypedStorage")
)

// plainClasses are the classes of tensors that _rebuild_from_type_v2 may name: their values are those of the storage.
var plainClasses = []global{"torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"}

// unread are functions whose tensors hold values in another way than one storage, and how to save them.
var unread = map[global]string{
	"torch._utils._rebuild_qtensor":                       "a quantised tensor; save tensor.dequantize()",
	"torch.ComplexFloatStorage":                           "complex numbers; save torch.view_as_real(tensor)",
	"torch.ComplexDoubleStorage":                          "complex numbers; save torch.view_as_real(tensor)",
	"torch._utils._rebuild_sparse_tensor":                 "a sparse tensor; save tensor.to_dense()",
	"torch._utils._rebuild_sparse_csr_tensor":             "a sparse tensor; save tensor.to_dense()",
	"torch._utils._rebuild_nested_tensor":                 "a nested tensor; save its parts under names of their own",
	"torch._utils._rebuild_meta_tensor_no_storage":        "a tensor without values (of the device meta)",
	"torch._utils._rebuild_wrapper_subclass":              "a tensor of a class of its own; save a plain one",
	"torch._utils._rebuild_device_tensor_from_numpy":      "a tensor of an accelerator; save tensor.cpu()",
	"torch._utils._rebuild_device_tensor_from_cpu_tensor": "a tensor of an accelerator; save tensor.cpu()",
}

// bystanders are what training scripts keep beside the tensors: numbers of NumPy, arguments, paths, times. They are named
// here, never made.
var bystanders = []global{
	"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
	"numpy._core.multiarray._reconstruct", "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer", "numpy.ndarray", "numpy.dtype", "_codecs.encode", "argparse.Namespace",
	"types.SimpleNamespace", "torch.Size", "torch.device", "torch.serialization._get_layout", "collections.Counter",
	"collections.deque", "__builtin__.set", "builtins.set", "__builtin__.complex", "builtins.complex", "pathlib.PosixPath",
	"pathlib.WindowsPath", "pathlib._local.PosixPath", "datetime.datetime", "datetime.timedelta", "copy_reg._reconstructor",
	"copyreg._reconstructor", "__builtin__.object", "builtins.object", "__builtin__.int", "builtins.int", "__builtin__.list",
	"builtins.list", "__builtin__.float", "builtins.float", "__builtin__.dict", "builtins.dict",
}

// untyped is the type of a storage of bytes, until a tensor says it.
const untyped = ""

// storageTypes are torch's storages as safetensors spells their types.
var storageTypes = map[global]string{
	"torch.DoubleStorage":   "F64",
	"torch.FloatStorage":    "F32",
	"torch.HalfStorage":     "F16",
	"torch.BFloat16Storage": "BF16",
	"torch.LongStorage":     "I64",
	"torch.IntStorage":      "I32",
	"torch.ShortStorage":    "I16",
	"torch.CharStorage":     "I8",
	"torch.ByteStorage":     "U8",
	"torch.BoolStorage":     "BOOL",
}

// torchTypes are torch's element types as safetensors spells them; of others no tensor is read.
var torchTypes = map[global]string{
	"torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16",
	"torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2",
	"torch.int64": "I64", "torch.int32": "I32", "torch.int16": "I16", "torch.int8": "I8",
	"torch.uint64": "U64", "torch.uint32": "U32", "torch.uint16": "U16", "torch.uint8": "U8", "torch.bool": "BOOL",
}

func (g global) known() bool {
	_, storage := storageTypes[g]
	_, isType := torchTypes[g]
	switch g {
	case orderedDict, defaultDict, rebuildTensor, rebuildOldTensor, rebuildTyped, rebuildParameter, rebuildWithState, rebuildSubclass,
		untypedStorage, untypedStorageAlias:
		return true
	}
	return storage || isType || slices.Contains(plainClasses, g) || slices.Contains(bystanders, g)
}

// machine is the part of Python's pickle machine that state_dicts need. Its time and memory are linear in code: an
// instruction touches what it pushes and pops, and sharing through the memo copies nothing.
type machine struct {
	file  string // names the pickle in diagnostics
	code  []byte
	pos   int
	op    int // where the running instruction starts
	stack []any
	memo  map[uint32]any
	// storages are the types of the storages that were named, by key.
	storages map[string]string
	err      error
}

// unpickle runs the pickle and gives the value it builds.
func unpickle(file string, pickle []byte) (any, error) {
	m := &machine{file: file, code: pickle, storages: map[string]string{}}
	return m.run()
}

// run runs one pickle, from pos to behind its end.
func (m *machine) run() (any, error) {
	m.stack, m.memo = nil, map[uint32]any{}
	for m.err == nil {
		m.op = m.pos
		op := m.take(1)
		if m.err != nil {
			break
		}
		if op[0] == stop {
			return m.pop(), m.err
		}
		step, ok := opcodes[op[0]]
		if !ok {
			m.fail("the pickle has the instruction 0x%02x, which no state_dict needs; nothing was run", op[0])
			break
		}
		step(m)
	}
	return nil, m.err
}

const stop = '.'

// opcodes are the instructions of protocols 2 to 5 that state_dicts use, by their byte (Python's pickletools).
var opcodes = map[byte]func(*machine){
	0x80: func(m *machine) { m.protocol() },                                   // PROTO
	0x95: func(m *machine) { m.take(8) },                                      // FRAME
	'(':  func(m *machine) { m.push(mark{}) },                                 // MARK
	'N':  func(m *machine) { m.push(nil) },                                    // NONE
	0x88: func(m *machine) { m.push(true) },                                   // NEWTRUE
	0x89: func(m *machine) { m.push(false) },                                  // NEWFALSE
	'K':  func(m *machine) { m.push(int64(m.uint(1))) },                       // BININT1
	'M':  func(m *machine) { m.push(int64(m.uint(2))) },                       // BININT2
	'J':  func(m *machine) { m.push(int64(int32(m.uint(4)))) },                // BININT
	0x8a: func(m *machine) { m.long() },                                       // LONG1
	'G':  func(m *machine) { m.float() },                                      // BINFLOAT
	'U':  func(m *machine) { m.unicode(1) },                                   // SHORT_BINSTRING, of Python 2
	'T':  func(m *machine) { m.unicode(4) },                                   // BINSTRING
	'C':  func(m *machine) { m.bytes(1) },                                     // SHORT_BINBYTES
	'B':  func(m *machine) { m.bytes(4) },                                     // BINBYTES
	0x8e: func(m *machine) { m.bytes(8) },                                     // BINBYTES8
	0x96: func(m *machine) { m.bytes(8) },                                     // BYTEARRAY8
	'X':  func(m *machine) { m.unicode(4) },                                   // BINUNICODE
	0x8c: func(m *machine) { m.unicode(1) },                                   // SHORT_BINUNICODE
	'}':  func(m *machine) { m.push(&dict{}) },                                // EMPTY_DICT
	']':  func(m *machine) { m.push(&list{}) },                                // EMPTY_LIST
	0x8f: func(m *machine) { m.push(&list{}) },                                // EMPTY_SET
	0x90: func(m *machine) { m.extend(m.popMark()) },                          // ADDITEMS
	')':  func(m *machine) { m.push(tuple{}) },                                // EMPTY_TUPLE
	0x85: func(m *machine) { m.push(tuple(m.popN(1))) },                       // TUPLE1
	0x86: func(m *machine) { m.push(tuple(m.popN(2))) },                       // TUPLE2
	0x87: func(m *machine) { m.push(tuple(m.popN(3))) },                       // TUPLE3
	't':  func(m *machine) { m.push(tuple(m.popMark())) },                     // TUPLE
	'q':  func(m *machine) { m.memo[uint32(m.uint(1))] = m.top() },            // BINPUT
	'r':  func(m *machine) { m.memo[uint32(m.uint(4))] = m.top() },            // LONG_BINPUT
	0x94: func(m *machine) { m.memo[uint32(len(m.memo))] = m.top() },          // MEMOIZE
	'h':  func(m *machine) { m.get(m.uint(1)) },                               // BINGET
	'j':  func(m *machine) { m.get(m.uint(4)) },                               // LONG_BINGET
	'c':  func(m *machine) { module := m.line(); m.global(module, m.line()) }, // GLOBAL
	0x93: func(m *machine) { name := m.text(); m.global(m.text(), name) },     // STACK_GLOBAL
	'Q':  func(m *machine) { m.persistent() },                                 // BINPERSID
	'R':  func(m *machine) { m.reduce() },                                     // REDUCE
	0x81: func(m *machine) { m.reduce() },                                     // NEWOBJ
	's':  func(m *machine) { m.setItems(m.popN(2)) },                          // SETITEM
	'u':  func(m *machine) { m.setItems(m.popMark()) },                        // SETITEMS
	'a':  func(m *machine) { m.extend(m.popN(1)) },                            // APPEND
	'e':  func(m *machine) { m.extend(m.popMark()) },                          // APPENDS
	'b':  func(m *machine) { m.build() },                                      // BUILD
}

// fail keeps the first fault, with the byte of the instruction.
func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = diag.InFile(m.file, fmt.Sprintf("data.pkl, byte %d", m.op)).Errorf(code, format, args...).Helpf(saveStateDict)
	}
}

const saveStateDict = "save the parameters alone with torch.save(model.state_dict(), path), or as safetensors"

// take gives the next n bytes, or zeros once the pickle is found to be truncated.
func (m *machine) take(n uint64) []byte {
	if n > uint64(len(m.code)-m.pos) {
		m.fail("the pickle is truncated")
		return make([]byte, min(n, 8))
	}
	m.pos += int(n)
	return m.code[m.pos-int(n) : m.pos]
}

// uint reads a little-endian number of at most 8 bytes.
func (m *machine) uint(n uint64) uint64 {
	var word [8]byte
	copy(word[:], m.take(n))
	return binary.LittleEndian.Uint64(word[:])
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) top() any {
	if len(m.stack) == 0 {
		m.fail("the pickle takes from an empty stack")
		return nil
	}
	return m.stack[len(m.stack)-1]
}

func (m *machine) pop() any {
	v := m.top()
	if _, isMark := v.(mark); isMark {
		m.fail("the pickle takes a mark for a value")
	}
	m.stack = m.stack[:max(len(m.stack)-1, 0)]
	return v
}

// popN takes the last n values, oldest first.
func (m *machine) popN(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[n-1-i] = m.pop()
	}
	return out
}

// popMark takes the values above the last mark, and the mark.
func (m *machine) popMark() []any {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, isMark := m.stack[i].(mark); isMark {
			out := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return out
		}
	}
	m.fail("the pickle lacks a mark")
	return nil
}

func (m *machine) protocol() {
	if p := m.uint(1); p > 5 {
		m.fail("the pickle has protocol %d; 2 to 5 are known", p)
	}
}

// long reads a two's complement integer of up to 8 bytes.
func (m *machine) long() {
	n := m.uint(1)
	if n > 8 {
		m.fail("the pickle has an integer of %s, which no state_dict needs", diag.Count(n, "byte"))
		return
	}
	v := m.uint(n)
	unused := 64 - 8*n
	m.push(int64(v<<unused) >> unused)
}

func (m *machine) float() {
	m.push(math.Float64frombits(binary.BigEndian.Uint64(m.take(8))))
}

// unicode reads a string whose length takes n bytes.
func (m *machine) unicode(n uint64) {
	b := m.take(m.uint(n))
	if !utf8.Valid(b) {
		m.fail("the pickle has a string that is not UTF-8")
	}
	m.push(string(b))
}

func (m *machine) get(key uint64) {
	v, ok := m.memo[uint32(key)]
	if !ok {
		m.fail("the pickle recalls value %d, which it has not stored", key)
	}
	m.push(v)
}

// line reads text up to a newline.
func (m *machine) line() string {
	length := bytes.IndexByte(m.code[m.pos:min(m.pos+maxName, len(m.code))], '\n')
	if length < 0 {
		m.fail("the pickle has a name without an end")
		return ""
	}
	text := m.take(uint64(length) + 1)
	return string(text[:length])
}

// maxName bounds the names of modules and classes, which line would otherwise search to the end of the pickle.
const maxName = 1024

// text takes a string from the stack.
func (m *machine) text() string {
	s, ok := m.pop().(string)
	if !ok {
		m.fail("the pickle names a global with something that is no string")
	}
	return s
}

func (m *machine) global(module, name string) {
	if m.err != nil {
		return
	}
	g := global(module + "." + name)
	if g.known() {
		m.push(g)
		return
	}
	if what, ok := unread[g]; ok {
		what, remedy, _ := strings.Cut(what, "; ")
		m.fail("the pickle has %s", what)
		if d, ok := m.err.(*diag.Diagnostic); ok && remedy != "" {
			d.Help = remedy
		}
		return
	}
	whole := ""
	if strings.HasPrefix(module, "torch.nn.") || module == "__main__" {
		whole = " (this looks like a whole model, saved with torch.save(model))"
	}
	m.fail("the pickle asks for %s; a state_dict needs no such thing%s. Nothing was run", diag.Short(string(g)), whole)
}

// persistent takes ("storage", type, key, place, count) and pushes the storage. Where the values lay does not matter. Files
// of before PyTorch 1.6 have a sixth part, a view of another storage, which is None since 0.4.
func (m *machine) persistent() {
	id, _ := m.pop().(tuple)
	if (len(id) == 5 || len(id) == 6 && id[5] == nil) && id[0] == any("storage") {
		kind, isGlobal := id[1].(global)
		key, isString := id[2].(string)
		count, isInt := id[4].(int64)
		name, ok := storageTypes[kind]
		if kind == untypedStorage || kind == untypedStorageAlias {
			name, ok = untyped, true
		}
		if ok && isGlobal && isString && isInt && count >= 0 {
			m.storages[key] = name
			m.push(storage{name, key, count})
			return
		}
	}
	m.fail("the pickle refers to something that is no storage of a tensor")
}

// reduce is a call in Python. Here it builds what the known functions would return.
func (m *machine) reduce() {
	args, isTuple := m.pop().(tuple)
	function, isGlobal := m.pop().(global)
	if m.err != nil {
		return
	}
	if !isTuple || !isGlobal {
		m.fail("the pickle calls something that cannot be called")
		return
	}
	switch {
	case function == orderedDict && len(args) == 0, function == defaultDict && len(args) <= 1:
		m.push(&dict{})
	case function == rebuildTensor && len(args) >= 6, function == rebuildOldTensor && len(args) == 4:
		m.push(m.view(args))
	case function == rebuildTyped && len(args) >= 7:
		m.push(m.typedView(args))
	case (function == rebuildParameter || function == rebuildWithState) && len(args) >= 1:
		m.push(args[0])
	case function == rebuildSubclass && len(args) >= 3:
		m.subclass(args)
	case slices.Contains(bystanders, function):
		m.push(opaque(function))
	default:
		m.fail("the pickle calls %s in a way that PyTorch does not", diag.Short(string(function)))
	}
}

// subclass is a tensor that had a class or attributes of its own: (function, class, arguments, attributes).
func (m *machine) subclass(args tuple) {
	class, _ := args[1].(global)
	if !slices.Contains(plainClasses, class) {
		m.fail("the pickle has a tensor of the class %s, whose values may mean something else; save a plain one", diag.Short(string(class)))
		return
	}
	function, isGlobal := args[0].(global)
	inner, isTuple := args[2].(tuple)
	if !isGlobal || !isTuple || function == rebuildSubclass {
		m.fail("the pickle builds a tensor from the wrong arguments")
		return
	}
	m.push(function)
	m.push(inner)
	m.reduce()
}

// view reads the arguments storage, offset, shape, strides of a tensor; the rest are about gradients.
func (m *machine) view(args tuple) view {
	s, isStorage := args[0].(storage)
	offset, isInt := args[1].(int64)
	shape, isShape := integers(args[2])
	strides, isStrides := integers(args[3])
	if !isStorage || !isInt || !isShape || !isStrides || offset < 0 || len(shape) != len(strides) || s.dtype == untyped {
		m.fail("the pickle builds a tensor from the wrong arguments")
	}
	if len(args) > 6 {
		m.negated(args[len(args)-1])
	}
	return view{s, offset, shape, strides}
}

// negated refuses tensors whose values are those of the storage with another sign, which metadata behind the arguments says.
func (m *machine) negated(metadata any) {
	d, ok := metadata.(*dict)
	if !ok {
		return
	}
	for _, v := range d.values {
		if v == any(true) {
			m.fail("the pickle has a tensor that stands for the negative or the conjugate of its values; save tensor.resolve_neg().resolve_conj()")
		}
	}
}

// typedView reads a tensor over a storage of bytes: the arguments of a view, then the type.
func (m *machine) typedView(args tuple) view {
	kind, _ := args[6].(global)
	dtype, ok := torchTypes[kind]
	if !ok {
		m.fail("the pickle has a tensor of the type %s, which is not read; save it as float32", diag.Short(string(kind)))
		return view{}
	}
	rest := append(slices.Clone(args[:6]), args[7:]...)
	if s, ok := args[0].(storage); ok && s.dtype == untyped {
		s.dtype = dtype
		s.count /= int64(dtypes[dtype].width)
		rest[0] = s
	}
	return m.view(rest)
}

// maxDims is PyTorch's own limit on the dimensions of a tensor.
const maxDims = 64

func integers(v any) ([]int64, bool) {
	items, ok := v.(tuple)
	if len(items) > maxDims {
		return nil, false // the memo may share one long tuple between many tensors, which must not copy it
	}
	out := make([]int64, len(items))
	for i, item := range items {
		n, isInt := item.(int64)
		if !isInt || n < 0 {
			return nil, false
		}
		out[i] = n
	}
	return out, ok
}

func (m *machine) setItems(pairs []any) {
	if _, ok := m.top().(opaque); ok {
		return
	}
	d, ok := m.top().(*dict)
	if !ok || len(pairs)%2 != 0 {
		m.fail("the pickle fills something that is no dictionary")
		return
	}
	for i := 0; i < len(pairs); i += 2 {
		d.keys, d.values = append(d.keys, pairs[i]), append(d.values, pairs[i+1])
	}
}

func (m *machine) extend(items []any) {
	if _, ok := m.top().(opaque); ok {
		return
	}
	l, ok := m.top().(*list)
	if !ok {
		m.fail("the pickle extends something that is no list")
		return
	}
	l.items = append(l.items, items...)
}

// build sets attributes of an object in Python. A state_dict has one, _metadata: the versions of its layers, which do
// not concern us.
func (m *machine) build() {
	m.pop()
	switch m.top().(type) {
	case *dict, opaque:
	default:
		m.fail("the pickle sets attributes of something that is no state_dict (this looks like a whole model, saved with torch.save(model)). Nothing was run")
	}
}

// bytes passes over bytes whose length takes n: parts of NumPy's numbers.
func (m *machine) bytes(n uint64) {
	m.take(m.uint(n))
	m.push(opaque("bytes"))
}
