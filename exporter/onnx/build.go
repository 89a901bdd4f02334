package onnx

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/ir"
)

// value is a tensor in a graph: the name that nodes read it by, and the type of its entries.
type value struct {
	name string
	elem elem
}

// builder makes a graph node by node. Constants stand in the outermost graph, which the body of a Scan reads as well.
type builder struct {
	*graph
	outer *graph
	names map[string]bool  // taken, in all graphs
	made  map[string]value // constants by their content
	cast  map[value]value  // of the graph, by what was cast and to what
}

func newBuilder(name string) *builder {
	g := &graph{name: name}
	return &builder{graph: g, outer: g, names: map[string]bool{}, made: map[string]value{}, cast: map[value]value{}}
}

// body is a builder of a graph inside this one.
func (b *builder) body(name string) *builder {
	return &builder{graph: &graph{name: name}, outer: b.outer, names: b.names, made: b.made, cast: map[value]value{}}
}

// size counts the nodes, those inside others included.
func (g *graph) size() int {
	n := len(g.nodes)
	for _, node := range g.nodes {
		for _, a := range node.attrs {
			if a.graph != nil {
				n += a.graph.size()
			}
		}
	}
	return n
}

// free gives a name that nothing has, as near to the hint as can be: ONNX wants those of C, once in all graphs.
func (b *builder) free(hint string) string {
	base := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, hint)
	name := base
	for i := 2; b.names[name] || name == ""; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	b.names[name] = true
	return name
}

// pair gives the two names of what a step hands to the next, NAME_in and NAME_out.
func (b *builder) pair(hint string) (in, out string) {
	name := hint
	for i := 2; b.names[name+"_in"] || b.names[name+"_out"]; i++ {
		name = fmt.Sprintf("%s_%d", hint, i)
	}
	return b.free(name + "_in"), b.free(name + "_out")
}

// add adds a node with one result.
func (b *builder) add(op, hint string, e elem, attrs []attr, in ...value) value {
	return b.split(op, 1, hint, e, attrs, in...)[0]
}

// split adds a node with some results, all of a type.
func (b *builder) split(op string, results int, hint string, e elem, attrs []attr, in ...value) []value {
	n := node{op: op, attrs: attrs}
	for _, v := range in {
		n.inputs = append(n.inputs, v.name)
	}
	out := make([]value, results)
	for i := range out {
		out[i] = value{b.free(hint), e}
		n.outputs = append(n.outputs, out[i].name)
	}
	b.nodes = append(b.nodes, n)
	return out
}

// named gives a value the name that it leaves its graph by.
func (b *builder) named(v value, name string) value {
	b.nodes = append(b.nodes, node{op: "Identity", inputs: []string{v.name}, outputs: []string{name}})
	return value{name, v.elem}
}

func intAttr(name string, n int64) attr     { return attr{name: name, int: &n} }
func intsAttr(name string, n ...int64) attr { return attr{name: name, ints: n} }

// as is a value in another type, which holds it.
func (b *builder) as(v value, e elem) value {
	if v.elem == e {
		return v
	}
	key := value{v.name, e}
	if _, done := b.cast[key]; !done {
		b.cast[key] = b.add("Cast", v.name+"_"+e.String(), e, []attr{intAttr("to", int64(e))}, v)
	}
	return b.cast[key]
}

// constant is a tensor of the outermost graph. Equal ones are stored once.
func (b *builder) constant(hint string, e elem, dims []int, raw []byte) value {
	key := fmt.Sprint(e, dims, string(raw))
	if v, ok := b.made[key]; ok {
		return v
	}
	v := value{b.free(hint), e}
	b.outer.initializers = append(b.outer.initializers, tensor{name: v.name, elem: e, dims: dims, raw: raw})
	b.made[key] = v
	return v
}

// small is from how many entries on a constant is stored in the narrowest type that holds it, and cast.
const small = 64

// ints is a constant of integers, in a type that holds them.
func (b *builder) ints(hint string, e elem, dims []int, v ...int64) value {
	narrow := narrowest(v)
	if e == float32s && len(v) < small || e != float32s && (len(v) < small || narrow == e) {
		if e == float32s {
			return b.floats(hint, dims, floats(v)...)
		}
		return b.constant(hint, e, dims, e.raw(v))
	}
	stored := b.constant(hint, narrow, dims, narrow.raw(v))
	key := stored.name + " as " + e.String()
	if v, ok := b.made[key]; ok {
		return v
	}
	wide := value{b.free(stored.name + "_" + e.String()), e}
	b.outer.nodes = append(b.outer.nodes, node{op: "Cast", inputs: []string{stored.name}, outputs: []string{wide.name}, attrs: []attr{intAttr("to", int64(e))}})
	b.made[key] = wide
	return wide
}

// floats is a constant of real numbers.
func (b *builder) floats(hint string, dims []int, v ...float64) value {
	return b.constant(hint, float32s, dims, rawFloats(v))
}

// number is one integer as a constant without dimensions, of any type of numbers.
func (b *builder) number(e elem, n int64) value {
	return b.ints(fmt.Sprintf("n%d", n), e, nil, n)
}

// shape is a constant for Reshape and the like; 0 keeps a dimension.
func (b *builder) shape(n ...int64) value {
	return b.ints("shape", int64s, []int{len(n)}, n...)
}

func floats(v []int64) []float64 {
	out := make([]float64, len(v))
	for i, n := range v {
		out[i] = float64(n)
	}
	return out
}

// narrowest is the smallest type that holds integers.
func narrowest(v []int64) elem {
	for _, e := range []struct {
		elem
		bits int
	}{{int8s, 8}, {int16s, 16}, {int32s, 32}} {
		if fits(v, e.bits) {
			return e.elem
		}
	}
	return int64s
}

// transposed gives the entries of a matrix column by column.
func transposed[T any](t *ir.Tensor, v []T) []T {
	rows, cols := t.Shape[0], t.Shape[1]
	out := make([]T, 0, len(v))
	for c := range cols {
		for r := range rows {
			out = append(out, v[r*cols+c])
		}
	}
	return out
}
