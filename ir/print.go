package ir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// inlineEntries is the largest constant that the text shows; larger ones are named by hash.
const inlineEntries = 16

// Print writes a module as text, the language that Parse reads. Constants of more than 16 entries are shown by the
// hash of their content; WriteConsts writes those.
func Print(w io.Writer, m *Module) error { return printer{inlineEntries}.print(w, m) }

// PrintWhole writes a module as text with every entry of every constant, which needs no other file.
func PrintWhole(w io.Writer, m *Module) error { return printer{math.MaxInt}.print(w, m) }

// printer writes text; constants of more entries than inline are shown by hash.
type printer struct{ inline int }

func (p printer) print(w io.Writer, m *Module) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "model %s %s {\n", strconv.Quote(m.Name), m.Level)
	switch {
	case m.Hop > 0:
		fmt.Fprintf(&b, "  restart %d hop %d\n", m.Steps, m.Hop)
	case m.Steps > 0:
		fmt.Fprintf(&b, "  steps %d\n", m.Steps)
	}
	fmt.Fprintf(&b, "  input %s\n", inputText(m.Input))
	for _, s := range m.States {
		fmt.Fprintf(&b, "  state %s\n", stateText(m.Level, s))
	}
	for id, v := range m.Values {
		fmt.Fprintf(&b, "  %%%d = %s\n", id, p.value(m, v))
	}
	fmt.Fprintf(&b, "  output %s\n}\n", outputText(m))
	_, err := w.Write(b.Bytes())
	return err
}

// Text is Print to a string.
func Text(m *Module) string {
	var b strings.Builder
	Print(&b, m) //nolint:errcheck // a Builder does not fail
	return b.String()
}

func float(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func inputText(in Input) string {
	if in.Kind == Token {
		t := fmt.Sprintf("%s : token[%d]", strconv.Quote(in.Name), in.Vocab)
		if in.Words {
			t += " words"
		}
		return t
	}
	sign := "u"
	if in.Signed {
		sign = "i"
	}
	t := fmt.Sprintf("%s : %s%d[%d] scale %s", strconv.Quote(in.Name), sign, in.Bits, in.Size, float(in.Scale))
	return t + channelsText(in.Channels)
}

func channelsText(channels []Channel) (t string) {
	for i, c := range channels {
		if i == 0 {
			t += " channels"
		} else {
			t += ","
		}
		t += fmt.Sprintf(" %s %s %s", strconv.Quote(c.Name), float(c.Gain), float(c.Offset))
	}
	return t
}

func stateText(l Level, s State) string {
	t := fmt.Sprintf("%s : i%d[%d]", strconv.Quote(s.Name), s.Bits, s.Size)
	if l == Fixed {
		t += scaleText(s.Scale)
	}
	return t + fmt.Sprintf(" max %s headroom %d next %%%d", float(s.Max), s.HeadroomBits, s.Next)
}

func scaleText(s Scale) string {
	if s == (Scale{}) {
		return ""
	}
	t := " unit " + float(s.Unit)
	if s.Parity {
		t += " parity"
	}
	return t
}

func outputText(m *Module) string {
	o := m.Output
	t := fmt.Sprintf("%s = %s(%%%d", strconv.Quote(o.Name), o.Decision, m.Y)
	if o.Decision == Threshold {
		t += ", " + float(o.Threshold)
	}
	t += ") at " + string(o.When)
	if d := o.Decide; d != nil {
		t += fmt.Sprintf(" decide hold %d smooth %d threshold %s", d.Hold, d.Smooth, float(d.Threshold))
		if d.Start != decider.NoStart {
			t += fmt.Sprintf(" start %d", d.Start)
		}
	}
	for i, l := range o.Labels {
		if i == 0 {
			t += " labels"
		} else {
			t += ","
		}
		t += " " + strconv.Quote(l)
	}
	return t + channelsText(o.Channels)
}

func typeText(l Level, t Type) string {
	if len(t.Shape) == 0 {
		return "token"
	}
	dims := make([]string, len(t.Shape))
	for i, d := range t.Shape {
		dims[i] = strconv.Itoa(d)
	}
	name := "real"
	if l == Fixed {
		name = fmt.Sprintf("i%d", t.Bits)
	}
	return name + "[" + strings.Join(dims, ", ") + "]" + scaleText(t.Scale)
}

func (p printer) value(m *Module, v *Value) string {
	parts := make([]string, 0, 4)
	for _, a := range v.Args {
		parts = append(parts, fmt.Sprintf("%%%d", a))
	}
	parts = append(parts, p.attributes(v)...)
	t := fmt.Sprintf("%s(%s) : %s", v.Op, strings.Join(parts, ", "), typeText(m.Level, v.Type))
	if v.Name != "" {
		t += " " + strconv.Quote(v.Name)
	}
	if v.Proof != "" {
		t += " proof " + strconv.Quote(v.Proof)
	}
	return t
}

func (p printer) attributes(v *Value) []string {
	switch v.Op {
	case OpState:
		return []string{fmt.Sprintf("index = %d", v.Index)}
	case OpConst:
		if v.Phases != nil {
			return []string{"even = " + p.tensor(v.Phases[arith.Even]), "odd = " + p.tensor(v.Phases[arith.Odd])}
		}
		return []string{"const = " + p.tensor(v.Const)}
	case OpHadamard:
		attrs := []string{fmt.Sprintf("block = %d", v.Block)}
		if v.Norm {
			attrs = append(attrs, "norm")
		}
		if v.Staged != nil {
			attrs = append(attrs, fmt.Sprintf("staged = [%d, %d]", v.Staged[arith.Even], v.Staged[arith.Odd]))
		}
		return attrs
	case OpLeak:
		return []string{"leak = " + strings.ReplaceAll(fmt.Sprint([]int(v.Leak)), " ", ", ")}
	case OpScale:
		return []string{"even = " + float(v.Factor[arith.Even]), "odd = " + float(v.Factor[arith.Odd])}
	case OpRequant:
		return []string{"even = " + requantText(v.Requant[arith.Even]), "odd = " + requantText(v.Requant[arith.Odd])}
	}
	return nil
}

// requantText writes the map as it is computed: 23170 >> 15 multiplies, adds half and shifts.
func requantText(r arith.Requant) string {
	if r.Shift < 0 {
		return fmt.Sprintf("%d << %d", r.Mul, -r.Shift)
	}
	return fmt.Sprintf("%d >> %d", r.Mul, r.Shift)
}

func (p printer) tensor(t *Tensor) string {
	s := fmt.Sprintf("tensor %s %s", strconv.Quote(t.Name), strconv.Quote(t.Weight))
	if t.Bits > 0 {
		s += fmt.Sprintf(" bits %d", t.Bits)
	}
	if t.Unit != 0 && t.Unit != 1 {
		s += " unit " + float(t.Unit)
	}
	if t.entries() > p.inline {
		return s + " #" + t.Hash()
	}
	return s + " [" + strings.Join(t.entryTexts(), ", ") + "]"
}

func (t *Tensor) entries() int {
	if t.Ints != nil {
		return len(t.Ints)
	}
	return len(t.Real)
}

func (t *Tensor) entryTexts() []string {
	out := make([]string, 0, t.entries())
	for _, n := range t.Ints {
		out = append(out, strconv.FormatInt(n, 10))
	}
	if t.Ints == nil {
		for _, f := range t.Real {
			out = append(out, float(f))
		}
	}
	return out
}

// Hash names the tensor's entries: the first 16 hexadecimal digits of their SHA-256 as text.
func (t *Tensor) Hash() string {
	sum := sha256.Sum256([]byte(strings.Join(t.entryTexts(), " ")))
	return hex.EncodeToString(sum[:8])
}

// WriteConsts writes the constants that Print shows by hash, one a line: the hash, then the entries.
func WriteConsts(w io.Writer, m *Module) error {
	seen := map[string]bool{}
	for _, v := range m.Values {
		for _, t := range v.Tensors() {
			h := t.Hash()
			if t.entries() <= inlineEntries || seen[h] {
				continue
			}
			seen[h] = true
			if _, err := fmt.Fprintf(w, "#%s %s\n", h, strings.Join(t.entryTexts(), " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// Consts finds a constant by hash: its entries as text.
type Consts map[string][]string

// ReadConsts reads what WriteConsts wrote and checks every hash.
func ReadConsts(file string, src []byte) (Consts, error) {
	c := Consts{}
	offset, n := 0, 0
	for raw := range bytes.SplitSeq(src, []byte("\n")) {
		n++
		at := diag.Span{File: file, Start: diag.Pos{Line: n, Col: 1, Offset: offset}}
		offset += len(raw) + 1
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		if len(src) > MaxConsts || raw[0] != '#' { // before the line is copied
			return nil, diag.At(at).Errorf("consts", "this is no line of constants, or the file is larger than %s", diag.Count(MaxConsts, "byte")).
				Helpf("write the file again: hrnnc ir model.hrn -o FILE.ir")
		}
		fields := strings.Fields(string(raw))
		sum := sha256.Sum256([]byte(strings.Join(fields[1:], " ")))
		if want := "#" + hex.EncodeToString(sum[:8]); fields[0] != want {
			return nil, diag.At(at).Errorf("consts", "the constant does not match its hash").
				Helpf("write the file again: hrnnc ir model.hrn -o FILE.ir")
		}
		c[fields[0][1:]] = fields[1:]
	}
	return c, nil
}
