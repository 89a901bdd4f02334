package dsl

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/ir"
)

// Source writes a checked model as model.hrn, laid out as Format would. Every size and type is said; constants and named
// values are replaced by what they stand for, and comments are lost. Parsing and checking it gives an equal model, so that
// a model that was changed becomes a file again.
func Source(m *Model) []byte {
	w := &sourceWriter{m: m, uses: m.Tensors()}
	if m.Name != "" {
		w.line("model %s", m.Name)
	}
	w.line("input %s", inputSource(m.Input))
	switch {
	case m.Hop > 0:
		w.line("%s", m.RestartText())
	case m.Steps > 0:
		w.line("steps %d", m.Steps)
	}
	for _, p := range m.Params {
		w.line("param %s", w.param(p))
	}
	for _, l := range m.Layers {
		w.line("state %s", stateSource(l.State))
	}
	for _, l := range m.Layers {
		w.line("%s <- %s", l.State.Name, w.update(l))
	}
	if len(m.Output.Labels) > 0 {
		quoted := make([]string, len(m.Output.Labels))
		for i, l := range m.Output.Labels {
			quoted[i] = strconv.Quote(l)
		}
		w.line("labels %s", strings.Join(quoted, ", "))
	}
	w.output()
	if m.Decide != nil {
		w.decide(m.Decide)
	}
	if m.Weights != "" {
		w.line("weights %s", strconv.Quote(m.Weights))
	}
	if len(m.Train) > 0 {
		w.block("train", "train", m.Train)
	}
	targets := keys(m.Targets)
	slices.SortStableFunc(targets, w.asWritten(""))
	for _, t := range targets {
		w.block("target "+t, t, m.Targets[t])
	}
	return []byte(w.text.String())
}

// sourceWriter holds the text so far.
type sourceWriter struct {
	m    *Model
	uses []*Param // params that something reads
	text strings.Builder
}

func (w *sourceWriter) line(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

// literal writes a number so that reading it gives the same one.
func literal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func inputSource(in ir.Input) string {
	if in.Kind == ir.Token {
		return fmt.Sprintf("%s : token[%d]", in.Name, in.Vocab)
	}
	sign := "u"
	if in.Signed {
		sign = "i"
	}
	s := fmt.Sprintf("%s : %s%d[%d]", in.Name, sign, in.Bits, in.Size)
	switch by := math.Round(1 / in.Scale); {
	case in.Scale == 1:
	case 1/by == in.Scale:
		s += " / " + literal(by)
	default:
		s += "*" + literal(in.Scale)
	}
	return s
}

// param writes a declaration. A real number needs no type where the use says it.
func (w *sourceWriter) param(p *Param) string {
	kind, shape := p.Kind, ""
	if len(p.Shape) > 0 {
		shape = sizes(p.Shape)
	}
	if kind == "real" && shape != "" && slices.Contains(w.uses, p) {
		kind = ""
	}
	switch {
	case kind+shape == "":
		return p.Name
	case kind == "":
		return p.Name + " : " + shape
	}
	return p.Name + " : " + kind + shape
}

func stateSource(s ir.State) string {
	out := fmt.Sprintf("%s : int%d[%d]", s.Name, s.Bits, s.Size)
	if s.Max > 0 {
		out += " range " + literal(s.Max)
	}
	if s.HeadroomBits != 1 {
		out += fmt.Sprintf(" headroom %d", s.HeadroomBits)
	}
	return out
}

// update writes what replaces a state.
func (w *sourceWriter) update(l *Layer) string {
	var terms []string
	if l.Dense != nil {
		terms = append(terms, l.Dense.Name+"*"+l.State.Name)
	} else {
		terms = append(terms, w.hadamard(l))
	}
	if in := l.Inflow; in != nil {
		terms = append(terms, in.Matrix.Name+"*"+w.inflow(in))
	}
	for _, b := range l.Bias {
		terms = append(terms, b.Name)
	}
	return strings.Join(terms, " + ")
}

func (w *sourceWriter) inflow(in *Inflow) string {
	x := w.m.Input.Name
	switch {
	case in.From != nil:
		return read(in.From, in.Relu)
	case in.Embed != nil:
		return "embed(" + in.Embed.Name + ", " + x + ")"
	case in.OneHot:
		return "onehot(" + x + ")"
	}
	return x
}

// read writes a state that a matrix multiplies.
func read(l *Layer, relu bool) string {
	if relu {
		return "relu(" + l.State.Name + ")"
	}
	return l.State.Name
}

func (w *sourceWriter) hadamard(l *Layer) string {
	args := []string{l.State.Name}
	if l.Block != 0 && l.Block != l.State.Size {
		args = append(args, fmt.Sprintf("block = %d", l.Block))
	}
	for _, o := range []struct {
		name  string
		param *Param
	}{{"signs", l.Signs}, {"presigns", l.PreSigns}, {"permute", l.Permute}} {
		// Signs that no line declares are those that every hadamard has.
		if o.param != nil && slices.Contains(w.m.Params, o.param) {
			args = append(args, o.name+" = "+o.param.Name)
		}
	}
	if l.Leak != nil {
		args = append(args, "leak = "+LeakText(l.Leak))
	}
	if l.Staged {
		args = append(args, "rounding = staged")
	}
	return "hadamard(" + strings.Join(args, ", ") + ")"
}

// output writes the readout, as a named value where its name is free, and the output that it becomes.
func (w *sourceWriter) output() {
	r, out := w.m.Readout, w.m.Output
	y := r.Matrix.Name + "*" + read(r.From, r.Relu)
	switch product := y; {
	case !w.taken(r.Name):
		if r.Bias != nil {
			y += " + " + r.Bias.Name
		}
		w.line("%s = %s", r.Name, y)
		y = r.Name
	case r.Bias != nil && r.Name == r.Bias.Name: // a readout without a name goes by its first word
		y = r.Bias.Name + " + " + product
	case r.Bias != nil:
		y += " + " + r.Bias.Name
		fallthrough
	default:
		if r.Name != r.Matrix.Name {
			y = "(" + y + ")"
		}
	}
	switch out.Decision {
	case ir.Argmax:
		y = "argmax(" + y + ")"
	case ir.Threshold:
		y += " > " + literal(out.Threshold)
	}
	if out.Name != "y" || strings.HasPrefix(y, "(") {
		y = out.Name + " = " + y
	}
	w.line("output %s %s", y, map[ir.When]string{ir.AtLast: "at last", ir.EveryStep: "at every step", ir.Mean: "mean"}[out.When])
}

// taken reports whether something else that is written has a name.
func (w *sourceWriter) taken(name string) bool {
	return name == w.m.Input.Name || w.m.Layer(name) != nil ||
		slices.ContainsFunc(w.m.Params, func(p *Param) bool { return p.Name == name })
}

// block writes settings, one a line, in the order in which they were written; those that were added come last. name is
// what the model's Settings call the block.
func (w *sourceWriter) block(opening, name string, settings map[string]string) {
	w.line("%s {", opening)
	names := keys(settings)
	slices.SortStableFunc(names, w.asWritten(name+"."))
	for _, k := range names {
		w.line("  %s = %s", k, settingSource(settings[k]))
	}
	w.line("}")
}

// asWritten orders names by where in the file they stand under a prefix.
func (w *sourceWriter) asWritten(prefix string) func(a, b string) int {
	at := func(name string) int {
		if s, ok := w.m.Settings[prefix+name]; ok {
			return s.Start.Offset
		}
		return math.MaxInt
	}
	return func(a, b string) int { return cmp.Compare(at(a), at(b)) }
}

// settingSource writes a value as a word or a number, a list of these, or a string.
func settingSource(v string) string {
	parts := strings.Split(v, ",")
	for _, p := range parts {
		if !bareValue(p) {
			return strconv.Quote(v)
		}
	}
	if len(parts) == 1 {
		return v
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// bareValue reports whether a value can be written without quotes.
func bareValue(v string) bool {
	t := tokenise("", []byte(strings.TrimPrefix(v, "-")))
	if len(t) != 1 {
		return false
	}
	return t[0].Type == symbols["Number"] || t[0].Type == identTok && !strings.HasPrefix(v, "-")
}
