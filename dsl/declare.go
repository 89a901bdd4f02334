package dsl

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// Limits keep sizes to what a model can mean and memory can hold.
const (
	maxSize    = 1 << 20
	maxEntries = 1 << 26
	maxSteps   = 1 << 30
	maxName    = 100
)

// stateDecl is a state as declared; its size may still be unknown.
type stateDecl struct {
	state  ir.State
	span   diag.Span
	typeAt diag.Span
}

// typeAt is where a declaration has its colon and type, or would have them.
func (c *checker) typeAt(n *Name, t *TypeExpr) diag.Span {
	at := n.span(c.file)
	at.Start = at.End
	if t != nil {
		at.End = t.span(c.file).End
	}
	return at
}

// retype offers another type.
func retype(d *diag.Diagnostic, at diag.Span, text string) *diag.Diagnostic {
	return d.Fix(at, " : "+text)
}

func (c *checker) declare(s Stmt) {
	switch s := s.(type) {
	case *ModelStmt:
		if c.model {
			c.fail(s, "name", "remove one", "the model is named twice").Fix(s.span(c.file), "")
		}
		if n := len(s.Name.Text); n > maxName {
			c.fail(s.Name, "name", fmt.Sprintf("%d are possible, since files are named after the model", maxName), "the name has %s", diag.Count(n, "character"))
		}
		c.m.Name, c.model = s.Name.Text, true
	case *ConstStmt:
		v, ok := c.number(s.Value)
		if !ok {
			c.tried[s.Name.Text] = true
		} else if c.claim(s.Name) {
			c.consts[s.Name.Text] = v
		}
	case *InputStmt:
		c.input(s)
	case *StepsStmt:
		if n, ok := c.integer(s.Count, 1, maxSteps, "steps"); ok && !c.horizon(s) {
			c.m.Steps = n
		}
	case *RestartStmt:
		c.restart(s)
	case *ParamStmt:
		c.param(s)
	case *StateStmt:
		c.state(s)
	case *LabelsStmt:
		if c.labels != nil {
			c.fail(s, "name", "write all labels in one line", "labels is said twice")
			return
		}
		c.labels = s
		c.m.Settings["labels"] = s.span(c.file)
		for _, l := range s.Labels {
			label := unquote(l)
			if n := len(label); n > ir.MaxLabel {
				c.fail(s, "name", fmt.Sprintf("%d are possible, since generated code names the outputs", ir.MaxLabel), "a label has %s", diag.Count(n, "byte"))
				return
			}
			c.m.Output.Labels = append(c.m.Output.Labels, label)
		}
	case *WeightsStmt:
		if c.m.Weights != "" {
			c.fail(s, "name", "remove one", "weights is said twice").Fix(s.span(c.file), "")
		}
		c.m.Weights = unquote(s.Path)
		c.m.Settings["weights"] = s.span(c.file)
	case *BlockStmt:
		if s.Kind == "decide" {
			c.decide(s)
		} else {
			c.block(s)
		}
	case *OutputStmt:
		if c.output != nil {
			c.errs.Add(c.at(s).Errorf("output", "the model has two outputs").Notef(c.output.span(c.file), "the first").
				Helpf("a model has one output; put both into one vector"))
			return
		}
		c.output = s
	}
}

// unquote gives what a string says; words and numbers stay as they are.
func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	if v, err := strconv.Unquote(s); err == nil {
		return v
	}
	return strings.Trim(s, `"`)
}

// shape evaluates sizes; ok is false when one is wrong, sized when any is written.
func (c *checker) shape(t *TypeExpr) (shape []int, sized, ok bool) {
	if t == nil || len(t.Shape) == 0 {
		return nil, false, true
	}
	total := 1
	for _, e := range t.Shape {
		n, ok := c.integer(e, 1, maxSize, "a size")
		if !ok {
			return nil, true, false
		}
		shape = append(shape, n)
		total *= n
		if total > maxEntries {
			c.fail(t, "range", "hrnnc is for models that fit the smallest hardware", "%v has more than %s", shape, diag.Count(maxEntries, "entry"))
			return nil, true, false
		}
	}
	return shape, true, true
}

// intType reads u8, uint8, i16 or int16.
func intType(name string) (bits int, signed, ok bool) {
	rest, found := strings.CutPrefix(name, "uint")
	if !found {
		rest, found = strings.CutPrefix(name, "u")
	}
	if !found {
		signed = true
		if rest, found = strings.CutPrefix(name, "int"); !found {
			rest, found = strings.CutPrefix(name, "i")
		}
	}
	n, err := strconv.Atoi(rest)
	if !found || err != nil || n < 1 || strings.HasPrefix(rest, "0") || strings.HasPrefix(rest, "+") {
		return 0, false, false
	}
	return n, signed, true
}

func (c *checker) input(s *InputStmt) {
	if c.m.Input.Name != "" {
		c.errs.Add(c.at(s).Errorf("input", "the model has two inputs").Notef(c.m.Input.Span, "the first").
			Helpf("join them into one vector: input x : u8[2]"))
		return
	}
	if !c.claim(s.Name) {
		return
	}
	in := ir.Input{Name: s.Name.Text, Kind: ir.Vector, Size: 1, Scale: 1, Span: s.span(c.file)}
	c.m.Input = in
	defer func(before int) {
		if len(c.errs) > before {
			c.tried[in.Name] = true
		}
	}(len(c.errs))
	shape, sized, ok := c.shape(s.Type)
	if !ok {
		return
	}
	if s.Type.Name == nil {
		c.fail(s, "type", "write  input "+in.Name+" : u8[1] / 255", "the input has no type").Fix(s.span(c.file), "input "+in.Name+" : u8"+fmt.Sprintf("[%d]", entries(shape)))
		return
	}
	if len(shape) > 1 {
		c.fail(s.Type, "shape", fmt.Sprintf("a step receives a vector: %s[%d]", s.Type.Name.Text, entries(shape)), "the input has %d sizes", len(shape)).
			Fix(s.Type.span(c.file), fmt.Sprintf("%s[%d]", s.Type.Name.Text, entries(shape)))
		return
	}
	if sized {
		in.Size = shape[0]
	}
	if s.Type.Name.Text == "token" {
		if !sized {
			c.fail(s.Type, "shape", "write  token[1000]  for tokens 0 to 999", "the vocabulary has no size").Fix(s.Type.span(c.file), "token[1000]")
			return
		}
		if s.Scale != nil {
			c.fail(s, "type", "remove the scale", "tokens are names and have no scale").Fix(between(s.Type.span(c.file).End, s.span(c.file)), "")
			return
		}
		in.Kind, in.Vocab, in.Size = ir.Token, shape[0], 1
		c.m.Input = in
		return
	}
	in.Bits, in.Signed, ok = intType(s.Type.Name.Text)
	if !ok || in.Signed && in.Bits < 2 {
		c.fail(s.Type.Name, "type", "inputs are u1 to u16, i2 to i16, or token[N]", "%s is no type of input", s.Type.Name.Text)
		return
	}
	if in.Bits > 16 {
		c.fail(s.Type.Name, "type", "inputs are u1 to u16 or i2 to i16; scale wider samples down first", "an input of %s cannot be used", diag.Count(in.Bits, "bit"))
		return
	}
	in.Scale, ok = c.scale(s)
	if ok {
		c.m.Input = in
	}
}

func entries(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// scale reads "/ 255" and "* 0.01".
func (c *checker) scale(s *InputStmt) (float64, bool) {
	if s.Scale == nil {
		return 1, true
	}
	v, ok := c.factor(s.Scale.First)
	if s.Op == "/" {
		v = 1 / v
	}
	if v, ok = c.times(v, ok, s.Scale.Rest); !ok {
		return 0, false
	}
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		c.fail(s.Scale, "range", "the scale is the real value of one: / 255 or * 0.01", "the input's scale is not positive and finite")
		return 0, false
	}
	return v, true
}

var weightKinds = wordNames(WeightTypes)

func (c *checker) param(s *ParamStmt) {
	if !c.claim(s.Name) {
		return
	}
	p := &Param{Name: s.Name.Text, Span: s.span(c.file), typeAt: c.typeAt(s.Name, s.Type)}
	c.params[p.Name] = p
	c.m.Params = append(c.m.Params, p)
	var ok bool
	if p.Shape, p.sized, ok = c.shape(s.Type); !ok {
		p.Shape, p.sized = nil, false
	}
	if len(p.Shape) > 2 {
		c.fail(s.Type, "shape", "a param is a vector [n] or a matrix [rows, columns]", "%s has %d sizes", p.Name, len(p.Shape))
		p.Shape, p.sized = nil, false
	}
	if s.Type == nil || s.Type.Name == nil {
		return
	}
	p.Kind = s.Type.Name.Text
	switch p.Kind {
	case "real", "index":
		return
	case "float", "float32", "float64", "f32":
		p.Kind = "real"
		return
	}
	if _, known := numerics.WeightBits(p.Kind); !known {
		help := "weights are binary, ternary, int2 to int16; also sign, index and real"
		if near := diag.Nearest(p.Kind, weightKinds); near != "" && !strings.HasPrefix(near, "int") {
			help = "did you mean " + near + "? " + help
		}
		d := c.fail(s.Type.Name, "type", help, "%s is no weight type", p.Kind)
		if near := diag.Nearest(p.Kind, weightKinds); near != "" {
			d.Fix(s.Type.Name.span(c.file), near)
		}
		p.Kind = "int8"
	}
}

func (c *checker) state(s *StateStmt) {
	if !c.claim(s.Name) {
		return
	}
	d := &stateDecl{state: ir.State{Name: s.Name.Text, Bits: 16, HeadroomBits: 1, Span: s.span(c.file)}, span: s.span(c.file), typeAt: c.typeAt(s.Name, s.Type)}
	c.states, c.stateNamed[d.state.Name] = append(c.states, d), d
	shape, sized, ok := c.shape(s.Type)
	if !ok {
		return
	}
	if len(shape) > 1 {
		c.fail(s.Type, "shape", fmt.Sprintf("a state is a vector: [%d]", entries(shape)), "state %s has %d sizes", s.Name.Text, len(shape)).
			Fix(s.Type.span(c.file), fmt.Sprintf("%s[%d]", typeName(s.Type), entries(shape)))
	} else if sized {
		d.state.Size = shape[0]
	}
	if s.Type != nil && s.Type.Name != nil {
		n, signed, ok := intType(s.Type.Name.Text)
		if !ok || !signed || n < 8 || n > 32 {
			c.fail(s.Type.Name, "type", "states are int8 to int32; int16 suits most models", "%s is no type of state", s.Type.Name.Text).
				Fix(s.Type.Name.span(c.file), nearState(n))
		} else {
			d.state.Bits = n
		}
	}
	if s.Range != nil {
		if v, ok := c.number(s.Range); ok && v <= 0 {
			c.fail(s.Range, "range", "range is the largest |"+s.Name.Text+"| that occurs", "the range is not positive")
		} else if ok {
			d.state.Max = v
		}
	}
	if s.Headroom != nil {
		if v, ok := c.integer(s.Headroom, 0, 7, "headroom"); ok {
			d.state.HeadroomBits = v
		}
	}
}

// typeName is the name of a type, "" where it is only a shape.
func typeName(t *TypeExpr) string {
	if t.Name == nil {
		return ""
	}
	return t.Name.Text
}

// nearState is the type of state that comes nearest to one of some bits.
func nearState(bits int) string {
	if bits == 0 {
		bits = 16
	}
	return fmt.Sprintf("int%d", min(max(bits, 8), 32))
}

// between goes from a place to the end of a span.
func between(start diag.Pos, s diag.Span) diag.Span {
	s.Start = start
	return s
}

func (c *checker) block(s *BlockStmt) {
	into, name := c.m.Train, "train"
	if s.Kind == "train" && s.Name != nil {
		c.fail(s.Name, "syntax", "write  train { ... }", "train takes no name").Fix(s.Name.span(c.file), "")
		return
	}
	if s.Kind == "target" {
		if s.Name == nil {
			c.fail(s, "syntax", "write  target c { ... }", "the target has no name")
			return
		}
		if c.m.Targets[s.Name.Text] != nil {
			c.fail(s.Name, "name", "put all settings into one block", "target %s is set twice", s.Name.Text)
			return
		}
		into, name = map[string]string{}, s.Name.Text
		c.m.Settings[name] = s.Name.span(c.file)
		c.m.Targets[name] = into
	}
	for _, p := range s.Pairs {
		if _, ok := into[p.Key]; ok {
			c.fail(p, "name", "remove one", "%s is set twice", p.Key).Fix(p.span(c.file), "")
			continue
		}
		texts := make([]string, len(p.Value))
		for i, v := range p.Value {
			texts[i] = unquote(v.Text)
		}
		into[p.Key] = strings.Join(texts, ",")
		c.m.Settings[name+"."+p.Key] = p.span(c.file)
	}
}

// blocksOf words which blocks would suit n units: "block = 16 gives 3 blocks".
func blocksOf(n int) string {
	switch b := n & -n; {
	case b == n:
		return fmt.Sprintf("block = %d, or no block at all, gives one block", n)
	case b == 1:
		return fmt.Sprintf("take an even number of units; %d is the next power of two", 1<<bits.Len(uint(n)))
	default:
		return fmt.Sprintf("block = %d gives %s", b, diag.Count(n/b, "block"))
	}
}

func isPowerOfTwo(n int) bool { return n > 0 && bits.OnesCount(uint(n)) == 1 }
