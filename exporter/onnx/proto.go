package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of ONNX that are needed here, with the numbers of their fields in onnx.proto (onnx/onnx.proto of the ONNX project,
// Apache-2.0), IR version 8. Lists keep their order, so that the same model gives the same bytes.

// opset is the version of the standard operators, and irVersion that of the file, which go together.
const (
	opset     = 17
	irVersion = 8
)

// elem is the type of a tensor's entries, by its number in TensorProto.DataType.
type elem int

const (
	float32s elem = 1
	int8s    elem = 3
	int16s   elem = 5
	int32s   elem = 6
	int64s   elem = 7
	bools    elem = 9
	float64s elem = 11
)

var elemNames = map[elem]string{float32s: "float32", int8s: "int8", int16s: "int16", int32s: "int32", int64s: "int64", bools: "bool", float64s: "float64"}

func (e elem) String() string { return elemNames[e] }

// graph is a GraphProto.
type graph struct {
	name         string
	nodes        []node
	initializers []tensor
	inputs       []port
	outputs      []port
}

// node is a NodeProto.
type node struct {
	op      string
	inputs  []string
	outputs []string
	attrs   []attr
}

// attr is an AttributeProto: what is set of int, ints and graph is its value.
type attr struct {
	name  string
	int   *int64
	ints  []int64
	graph *graph
}

// tensor is a TensorProto; raw holds the entries in row-major order, little-endian.
type tensor struct {
	name string
	elem elem
	dims []int
	raw  []byte
}

// port is a ValueInfoProto of a tensor: what goes into a graph or comes out.
type port struct {
	name string
	elem elem
	dims []any // of numbers, and of names for what a caller chooses
	doc  string
}

// message is the bytes of one that is being written.
type message []byte

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

func (m *message) string(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

func (m *message) int(field protowire.Number, n int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(n))
}

func (m *message) strings(field protowire.Number, list []string) {
	for _, s := range list {
		m.string(field, s)
	}
}

// model gives the ModelProto of a graph, with what it says of itself.
func (g *graph) model(version, doc string, properties []property) []byte {
	var m, set message
	m.int(1, irVersion)
	m.string(2, "hrnnc")
	m.string(3, version)
	m.string(6, doc)
	m.bytes(7, g.encode())
	set.int(2, opset)
	m.bytes(8, set)
	for _, p := range properties {
		var e message
		e.string(1, p.key)
		e.string(2, p.value)
		m.bytes(14, e)
	}
	return m
}

func (g *graph) encode() (m message) {
	for i := range g.nodes {
		m.bytes(1, g.nodes[i].encode())
	}
	m.string(2, g.name)
	for i := range g.initializers {
		m.bytes(5, g.initializers[i].encode())
	}
	for i := range g.inputs {
		m.bytes(11, g.inputs[i].encode())
	}
	for i := range g.outputs {
		m.bytes(12, g.outputs[i].encode())
	}
	return m
}

func (n *node) encode() (m message) {
	m.strings(1, n.inputs)
	m.strings(2, n.outputs)
	m.string(3, n.outputs[0])
	m.string(4, n.op)
	for i := range n.attrs {
		m.bytes(5, n.attrs[i].encode())
	}
	return m
}

// The values of AttributeProto.AttributeType.
const (
	attrInt   = 2
	attrGraph = 5
	attrInts  = 7
)

func (a *attr) encode() (m message) {
	m.string(1, a.name)
	switch {
	case a.graph != nil:
		m.bytes(6, a.graph.encode())
		m.int(20, attrGraph)
	case a.int != nil:
		m.int(3, *a.int)
		m.int(20, attrInt)
	default:
		for _, n := range a.ints {
			m.int(8, n)
		}
		m.int(20, attrInts)
	}
	return m
}

func (t *tensor) encode() (m message) {
	for _, d := range t.dims {
		m.int(1, int64(d))
	}
	m.int(2, int64(t.elem))
	m.string(8, t.name)
	m.bytes(9, t.raw)
	return m
}

func (p *port) encode() (m message) {
	var shape, tensor, typ message
	for _, d := range p.dims {
		var dim message
		switch d := d.(type) {
		case int:
			dim.int(1, int64(d))
		case string:
			dim.string(2, d)
		}
		shape.bytes(1, dim)
	}
	tensor.int(1, int64(p.elem))
	tensor.bytes(2, shape)
	typ.bytes(1, tensor)
	m.string(1, p.name)
	m.bytes(2, typ)
	if p.doc != "" {
		m.string(3, p.doc)
	}
	return m
}

// raw gives the little-endian bytes of integers in one of the integer types.
func (e elem) raw(ints []int64) []byte {
	size := map[elem]int{int8s: 1, int16s: 2, int32s: 4, int64s: 8}[e]
	out := make([]byte, 0, size*len(ints))
	for _, n := range ints {
		for b := range size {
			out = append(out, byte(n>>(8*b)))
		}
	}
	return out
}

// rawFloats gives the little-endian bytes of float32.
func rawFloats(v []float64) []byte {
	bits := make([]int64, len(v))
	for i, f := range v {
		bits[i] = int64(math.Float32bits(float32(f)))
	}
	return int32s.raw(bits)
}
