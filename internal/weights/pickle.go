package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
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
	// mark is what MARK pushes.
	mark struct{}
)

// The globals that have a meaning beyond their name.
const (
	orderedDict      = global("collections.OrderedDict")
	rebuildTensor    = global("torch._utils._rebuild_tensor_v2")
	rebuildParameter = global("torch._utils._rebuild_parameter")
)

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

func (g global) known() bool {
	_, storage := storageTypes[g]
	return storage || g == orderedDict || g == rebuildTensor || g == rebuildParameter
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
	err   error
}

// unpickle runs the pickle and gives the value it builds.
func unpickle(file string, pickle []byte) (any, error) {
	m := &machine{file: file, code: pickle, memo: map[uint32]any{}}
	for m.err == nil {
		m.op = m.pos
		op := m.take(1)
		if m.err != nil {
			break
		}
		if op[0] == stop {
			return m.pop(), m.err
		}
		run, ok := opcodes[op[0]]
		if !ok {
			m.fail("the pickle has the instruction 0x%02x, which no state_dict needs; nothing was run", op[0])
			break
		}
		run(m)
	}
	return nil, m.err
}

const stop = '.'

// opcodes are the instructions of protocols 2 to 4 that state_dicts use, by their byte (Python's pickletools).
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
	'X':  func(m *machine) { m.unicode(4) },                                   // BINUNICODE
	0x8c: func(m *machine) { m.unicode(1) },                                   // SHORT_BINUNICODE
	'}':  func(m *machine) { m.push(&dict{}) },                                // EMPTY_DICT
	']':  func(m *machine) { m.push(&list{}) },                                // EMPTY_LIST
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
		m.fail("the pickle has an integer of %d bytes, which no state_dict needs", n)
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
	whole := ""
	if strings.HasPrefix(module, "torch.nn.") || module == "__main__" {
		whole = " (this looks like a whole model, saved with torch.save(model))"
	}
	m.fail("the pickle asks for %s; a state_dict needs no such thing%s. Nothing was run", fileio.Printable(string(g)), whole)
}

// persistent takes ("storage", type, key, place, count) and pushes the storage. Where the values lay does not matter.
func (m *machine) persistent() {
	id, _ := m.pop().(tuple)
	if len(id) == 5 && id[0] == any("storage") {
		kind, isGlobal := id[1].(global)
		key, isString := id[2].(string)
		count, isInt := id[4].(int64)
		if name, ok := storageTypes[kind]; ok && isGlobal && isString && isInt && count >= 0 {
			m.push(storage{name, key, count})
			return
		}
	}
	m.fail("the pickle refers to something that is no storage of a tensor")
}

// reduce is a call in Python. Here it builds what the three known functions would return.
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
	case function == orderedDict && len(args) == 0:
		m.push(&dict{})
	case function == rebuildTensor && len(args) >= 6:
		m.push(m.view(args))
	case function == rebuildParameter && len(args) >= 1:
		m.push(args[0])
	default:
		m.fail("the pickle calls %s in a way that PyTorch does not", fileio.Printable(string(function)))
	}
}

// view reads the arguments storage, offset, shape, strides of a tensor; the rest are about gradients.
func (m *machine) view(args tuple) view {
	s, isStorage := args[0].(storage)
	offset, isInt := args[1].(int64)
	shape, isShape := integers(args[2])
	strides, isStrides := integers(args[3])
	if !isStorage || !isInt || !isShape || !isStrides || offset < 0 || len(shape) != len(strides) {
		m.fail("the pickle builds a tensor from the wrong arguments")
	}
	return view{s, offset, shape, strides}
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
	if _, ok := m.top().(*dict); !ok {
		m.fail("the pickle sets attributes of something that is no state_dict (this looks like a whole model, saved with torch.save(model)). Nothing was run")
	}
}
