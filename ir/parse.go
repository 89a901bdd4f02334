package ir

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// The grammar of IR text. Fields are optional where the printer leaves them out; Parse checks the rest.
type (
	moduleText struct {
		Name  string      `parser:"'model' @String"`
		Level string      `parser:"@Ident '{'"`
		Items []*itemText `parser:"@@* '}'"`
	}
	itemText struct {
		Pos     lexer.Position
		Steps   *int64          `parser:"(  'steps' @Int"`
		Restart *restartDecl    `parser:"| 'restart' @@"`
		Input   *inputDecl      `parser:"| 'input' @@"`
		State   *stateDecl      `parser:"| 'state' @@"`
		Value   *valueDecl      `parser:"| @@"`
		Output  *outputDeclText `parser:"| 'output' @@ )"`
	}
	restartDecl struct {
		Steps int64 `parser:"@Int"`
		Hop   int64 `parser:"'hop' @Int"`
	}
	inputDecl struct {
		Name     string         `parser:"@String ':'"`
		Type     *typeDecl      `parser:"@@"`
		Scale    *float64       `parser:"( 'scale' @(Int|Float) )?"`
		Channels []*channelDecl `parser:"( 'channels' @@ ( ',' @@ )* )?"`
		Words    bool           `parser:"@'words'?"`
	}
	channelDecl struct {
		Name   string  `parser:"@String"`
		Gain   float64 `parser:"@(Int|Float)"`
		Offset float64 `parser:"@(Int|Float)"`
	}
	stateDecl struct {
		Name     string    `parser:"@String ':'"`
		Type     *typeDecl `parser:"@@"`
		Max      float64   `parser:"'max' @(Int|Float)"`
		Headroom int64     `parser:"'headroom' @Int"`
		Next     int64     `parser:"'next' '%' @Int"`
	}
	typeDecl struct {
		Name   string   `parser:"@Ident"`
		Shape  []int64  `parser:"( '[' @Int ( ',' @Int )* ']' )?"`
		Unit   *float64 `parser:"( 'unit' @(Int|Float)"`
		Parity bool     `parser:"@'parity'? )?"`
	}
	valueDecl struct {
		ID    int64      `parser:"'%' @Int '='"`
		Op    string     `parser:"@Ident '('"`
		Args  []*argText `parser:"( @@ ( ',' @@ )* )? ')' ':'"`
		Type  *typeDecl  `parser:"@@"`
		Name  string     `parser:"@String?"`
		Proof string     `parser:"( 'proof' @String )?"`
	}
	argText struct {
		ID   *int64    `parser:"  '%' @Int"`
		Attr *attrText `parser:"| @@"`
	}
	attrText struct {
		Name   string       `parser:"@Ident ( '='"`
		Tensor *tensorDecl  `parser:"(  @@"`
		Shift  *requantDecl `parser:"|  @@"`
		List   []int64      `parser:"| '[' @Int ( ',' @Int )* ']'"`
		Number *float64     `parser:"| @(Int|Float) ) )?"`
	}
	requantDecl struct {
		Mul   int64  `parser:"@Int"`
		Dir   string `parser:"@( '<<' | '>>' )"`
		Shift int64  `parser:"@Int"`
	}
	tensorDecl struct {
		Name   string   `parser:"'tensor' @String"`
		Weight string   `parser:"@String"`
		Bits   int64    `parser:"( 'bits' @Int )?"`
		Unit   *float64 `parser:"( 'unit' @(Int|Float) )?"`
		Hash   string   `parser:"( @Hash"`
		Inline []string `parser:"| '[' ( @(Int|Float) ( ',' @(Int|Float) )* )? ']' )"`
	}
	decideText struct {
		Hold      int     `parser:"'decide' 'hold' @Int"`
		Smooth    int     `parser:"'smooth' @Int"`
		Threshold float64 `parser:"'threshold' @(Int|Float)"`
		Start     *int    `parser:"( 'start' @Int )?"`
	}
	outputDeclText struct {
		Name      string         `parser:"@String '='"`
		Decision  string         `parser:"@Ident '('"`
		Y         int64          `parser:"'%' @Int"`
		Threshold *float64       `parser:"( ',' @(Int|Float) )? ')' 'at'"`
		When      string         `parser:"@Ident"`
		Decide    *decideText    `parser:"@@?"`
		Labels    []string       `parser:"( 'labels' @String ( ',' @String )* )?"`
		Channels  []*channelDecl `parser:"( 'channels' @@ ( ',' @@ )* )?"`
	}
)

var textLexer = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "space", Pattern: `[ \t\r\n]+`},
	{Name: "comment", Pattern: `//[^\n]*`},
	{Name: "String", Pattern: `"(\\.|[^"\\\n])*"`},
	{Name: "Hash", Pattern: `#[0-9a-f]{16}`},
	{Name: "Float", Pattern: `-?[0-9]+(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)`},
	{Name: "Int", Pattern: `-?[0-9]+`},
	{Name: "Shift", Pattern: `<<|>>`},
	{Name: "Ident", Pattern: `[a-zA-Z_][a-zA-Z0-9_]*`},
	{Name: "Other", Pattern: `.`},
})

var textParser = participle.MustBuild[moduleText](
	participle.Lexer(textLexer), participle.Unquote("String"), participle.UseLookahead(8))

// MaxText and MaxConsts are the largest files of IR text and of constants. What does not fit the text belongs beside it.
const (
	MaxText   = 768 << 10
	MaxConsts = 128 << 20
)

// maxDepth bounds brackets within brackets: IR text has three levels.
const maxDepth = 16

// tooDeep reports whether brackets nest deeper than any parser should follow; those in strings do not count.
func tooDeep(src []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(src) && depth <= maxDepth; i++ {
		switch c := src[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '\n':
			quoted = false
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		}
	}
	return depth > maxDepth
}

// maxEntries bounds what a hostile text can make Parse allocate.
const maxEntries = 1 << 24

// Parse reads IR text and verifies the module. Constants shown by hash are looked up in consts, which may be nil.
// The error is a *diag.Diagnostic with the line of the first thing wrong.
func Parse(file string, src []byte, consts Consts) (*Module, error) {
	if len(src) > MaxText {
		return nil, diag.InFile(file, "").Errorf("syntax", "the text has %s; at most %d are read", diag.Count(len(src), "byte"), MaxText).
			Helpf("write large constants beside it: hrnnc ir model.hrn -o FILE.ir")
	}
	if tooDeep(src) {
		return nil, diag.InFile(file, "").Errorf("syntax", "brackets nest deeper than %d", maxDepth).
			Helpf("docs/ir.md describes IR text; hrnnc ir model.hrn prints an example")
	}
	text, err := textParser.ParseBytes(file, src)
	if err != nil {
		var at participle.Error
		if errors.As(err, &at) {
			return nil, diag.At(span(file, at.Position())).Errorf("syntax", "%s", at.Message()).
				Helpf("docs/ir.md describes IR text; hrnnc ir model.hrn prints an example")
		}
		return nil, diag.InFile(file, "").Errorf("syntax", "%v", err)
	}
	r := reader{file: file, consts: consts, m: &Module{Name: text.Name, Level: Level(text.Level), Y: -1}}
	for _, item := range text.Items {
		if err := r.item(item); err != nil {
			return nil, diag.At(span(file, item.Pos)).Errorf("ir", "%v", err)
		}
	}
	if err := Verify(r.m); err != nil {
		return nil, diag.InFile(file, "").Errorf("ir", "%v", err)
	}
	return r.m, nil
}

func span(file string, p lexer.Position) diag.Span {
	at := diag.Pos{Line: p.Line, Col: p.Column, Offset: p.Offset}
	return diag.Span{File: file, Start: at, End: at}
}

type reader struct {
	file   string
	consts Consts
	m      *Module
}

func (r *reader) item(t *itemText) error {
	at := span(r.file, t.Pos)
	switch {
	case t.Steps != nil:
		r.m.Steps = int(*t.Steps)
		return nil
	case t.Restart != nil:
		r.m.Steps, r.m.Hop = int(t.Restart.Steps), int(t.Restart.Hop)
		if r.m.Hop == 0 {
			return diag.At(at).Errorf("ir", "courses that restart every 0 steps")
		}
		return nil
	case t.Input != nil:
		return r.input(t.Input, at)
	case t.State != nil:
		return r.state(t.State, at)
	case t.Value != nil:
		return r.value(t.Value, at)
	}
	return r.output(t.Output, at)
}

// width reads the number after the letter of a type such as u8 or i16.
func width(name string) (int, error) {
	n, err := strconv.Atoi(name[1:])
	if err != nil || n < 1 || n > MaxBits || name[0] != 'i' && name[0] != 'u' {
		return 0, fmt.Errorf("%q is not a type: i1 to i%d, u1 to u16, real or token", name, MaxBits)
	}
	return n, nil
}

func (r *reader) input(t *inputDecl, at diag.Span) error {
	in := Input{Name: t.Name, Kind: Vector, Scale: 1, Span: at}
	if t.Scale != nil {
		in.Scale = *t.Scale
	}
	shape, err := dims(t.Type.Shape)
	if err != nil {
		return err
	}
	if len(shape) != 1 {
		return fmt.Errorf("input %s needs one size", t.Name)
	}
	if t.Type.Name == "token" {
		in.Kind, in.Size, in.Vocab, in.Words = Token, 1, shape[0], t.Words
		r.m.Input = in
		return nil
	}
	in.Size = shape[0]
	in.Signed = strings.HasPrefix(t.Type.Name, "i")
	if in.Bits, err = width(t.Type.Name); err != nil {
		return err
	}
	in.Words = t.Words
	in.Channels = channels(t.Channels)
	r.m.Input = in
	return nil
}

func channels(list []*channelDecl) (out []Channel) {
	for _, d := range list {
		out = append(out, Channel{d.Name, d.Gain, d.Offset})
	}
	return out
}

func (r *reader) state(t *stateDecl, at diag.Span) error {
	shape, err := dims(t.Type.Shape)
	if err != nil {
		return err
	}
	if len(shape) != 1 {
		return fmt.Errorf("state %s needs one size", t.Name)
	}
	bits, err := width(t.Type.Name)
	if err != nil {
		return err
	}
	r.m.States = append(r.m.States, State{Name: t.Name, Size: shape[0], Bits: bits, Max: t.Max,
		HeadroomBits: int(t.Headroom), Next: ID(t.Next), Scale: t.Type.scale(), Span: at})
	return nil
}

func (t *typeDecl) scale() Scale {
	if t.Unit == nil {
		return Scale{}
	}
	return Scale{Unit: *t.Unit, Parity: t.Parity}
}

func dims(shape []int64) ([]int, error) {
	out, total := make([]int, len(shape)), int64(1)
	for i, d := range shape {
		if d < 1 || d > maxEntries || total*d > maxEntries {
			return nil, fmt.Errorf("shape %v is not from 1 to %s", shape, diag.Count(maxEntries, "entry"))
		}
		total *= d
		out[i] = int(d)
	}
	return out, nil
}

func (r *reader) valueType(t *typeDecl) (Type, error) {
	shape, err := dims(t.Shape)
	if err != nil {
		return Type{}, err
	}
	switch t.Name {
	case "token":
		return Type{Shape: shape}, nil
	case "real":
		return Type{Shape: shape, Scale: t.scale()}, nil
	}
	bits, err := width(t.Name)
	return Type{Bits: bits, Shape: shape, Scale: t.scale()}, err
}

func (r *reader) value(t *valueDecl, at diag.Span) error {
	if int(t.ID) != len(r.m.Values) {
		return fmt.Errorf("value %%%d is out of order: the next is %%%d", t.ID, len(r.m.Values))
	}
	typ, err := r.valueType(t.Type)
	if err != nil {
		return err
	}
	v := &Value{Op: Op(t.Op), Type: typ, Name: t.Name, Proof: t.Proof, Span: at}
	for _, a := range t.Args {
		if a.ID != nil {
			v.Args = append(v.Args, ID(*a.ID))
			continue
		}
		if err := r.attribute(v, a.Attr); err != nil {
			return err
		}
	}
	r.m.Add(v)
	return nil
}

func (r *reader) attribute(v *Value, a *attrText) error {
	switch {
	case a.Name == "norm":
		v.Norm = true
	case a.Name == "index" && a.Number != nil:
		v.Index = int(*a.Number)
	case a.Name == "block" && a.Number != nil:
		v.Block = int(*a.Number)
	case a.Name == "staged" && len(a.List) == 2:
		v.Staged = &arith.Phased[int]{int(a.List[0]), int(a.List[1])}
	case a.Name == "leak" && len(a.List) > 0:
		for _, l := range a.List {
			v.Leak = append(v.Leak, int(l))
		}
	case a.Name == "const" && a.Tensor != nil:
		t, err := r.tensor(a.Tensor, v.Type.Shape)
		v.Const = t
		return err
	case a.Name == "even" || a.Name == "odd":
		return r.phased(v, a)
	default:
		return fmt.Errorf("attribute %s of %s is not understood", a.Name, v.Op)
	}
	return nil
}

func (r *reader) phased(v *Value, a *attrText) error {
	ph := arith.Even
	if a.Name == "odd" {
		ph = arith.Odd
	}
	switch {
	case a.Tensor != nil:
		t, err := r.tensor(a.Tensor, v.Type.Shape)
		if v.Phases == nil {
			v.Phases = new(arith.Phased[*Tensor])
		}
		v.Phases[ph] = t
		return err
	case a.Shift != nil:
		v.Requant[ph] = arith.Requant{Mul: a.Shift.Mul, Shift: int(a.Shift.Shift)}
		if a.Shift.Dir == "<<" {
			v.Requant[ph].Shift = -v.Requant[ph].Shift
		}
	case a.Number != nil:
		v.Factor[ph] = *a.Number
	default:
		return fmt.Errorf("%s of %s has no value", a.Name, v.Op)
	}
	return nil
}

func (r *reader) tensor(d *tensorDecl, shape []int) (*Tensor, error) {
	entries := d.Inline
	if d.Hash != "" {
		var ok bool
		if entries, ok = r.consts[d.Hash[1:]]; !ok {
			return nil, fmt.Errorf("constant %s, %s, is not in the .consts file beside the text; write both with  hrnnc ir model.hrn -o FILE.ir,  or all in one text with  --inline", d.Name, d.Hash)
		}
	}
	t := &Tensor{Name: d.Name, Weight: d.Weight, Bits: int(d.Bits), Unit: 1, Shape: shape}
	if d.Unit != nil {
		t.Unit = *d.Unit
	}
	if want := (Type{Shape: shape}).Len(); len(entries) != want {
		return nil, fmt.Errorf("constant %s has %s for shape %v", d.Name, diag.Count(len(entries), "entry"), shape)
	}
	if d.Weight == "real" {
		return t, t.readReals(entries)
	}
	return t, t.readInts(entries)
}

func (t *Tensor) readReals(entries []string) error {
	t.Real = make([]float64, len(entries))
	for i, s := range entries {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("constant %s: entry %d, %s, is not a finite number", t.Name, i, s)
		}
		t.Real[i] = f
	}
	return nil
}

func (t *Tensor) readInts(entries []string) error {
	t.Ints = make([]int64, len(entries))
	t.Real = make([]float64, len(entries))
	for i, s := range entries {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("constant %s: entry %d, %s, is not an integer", t.Name, i, s)
		}
		t.Ints[i], t.Real[i] = n, t.Unit*float64(n)
	}
	return nil
}

func (r *reader) output(t *outputDeclText, at diag.Span) error {
	o := Output{Name: t.Name, Span: at, When: When(t.When), Decision: Decision(t.Decision), Labels: t.Labels, Channels: channels(t.Channels)}
	switch o.When {
	case AtLast, EveryStep, Mean:
	default:
		return fmt.Errorf("output at %q: last, every or mean is wanted", t.When)
	}
	switch o.Decision {
	case Logits, Argmax, Threshold:
	default:
		return fmt.Errorf("%q is not a decision: logits, argmax or threshold", t.Decision)
	}
	if t.Threshold != nil {
		o.Threshold = *t.Threshold
	}
	if d := t.Decide; d != nil {
		o.Decide = &decider.Settings{Hold: d.Hold, Smooth: d.Smooth, Threshold: d.Threshold, Start: decider.NoStart}
		if d.Start != nil {
			o.Decide.Start = *d.Start
		}
	}
	r.m.Output, r.m.Y = o, ID(t.Y)
	return nil
}
