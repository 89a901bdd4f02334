package editor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// Hover is what is known of the word at a place: a line of the language, and sentences.
type Hover struct {
	Range
	Form  string
	Lines []string
}

// Markdown writes a hover as the protocol and web pages show it.
func (h *Hover) Markdown() string {
	var b strings.Builder
	if h.Form != "" {
		b.WriteString("```hrn\n" + h.Form + "\n```\n\n")
	}
	for i, line := range h.Lines {
		if i > 0 {
			b.WriteString("  \n")
		}
		b.WriteString(escape(line))
	}
	return b.String()
}

// escape keeps what users wrote from being read as Markdown.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", "[", `\[`, "#", `\#`, "|", `\|`).Replace(diag.Escape(s))
}

// Hover says what the word at an offset is: shape, type, unit, range and cost of a name, the meaning of a word of the language or of
// a setting; nil where there is nothing to say.
func (d *Document) Hover(offset int) *Hover {
	if n, at := d.named(offset); n != nil {
		code, lines := d.about(n)
		return &Hover{at, code, lines}
	}
	t := d.token(offset)
	if t == nil || t.Kind != dsl.WordToken && t.Kind != dsl.StringToken && t.Text != "<-" {
		return nil
	}
	s, i := d.statement(t.Span.Start.Offset)
	if i < 0 {
		return nil
	}
	h := d.word(s, i)
	if h != nil {
		h.Range = d.within(t.Span)
	}
	return h
}

func describe(words []dsl.Word, name string) *Hover {
	i := slices.IndexFunc(words, func(w dsl.Word) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return &Hover{Form: words[i].Form, Lines: []string{words[i].Doc}}
}

// word says what a word that is no name means where it stands.
func (d *Document) word(s []dsl.Token, i int) *Hover {
	first, text := s[0].Text, s[i].Text
	switch {
	case i == 0 && first == "weights":
		return d.costed(describe(dsl.Keywords(), first))
	case i == 0:
		return describe(dsl.Keywords(), text)
	case text == "<-":
		return &Hover{Form: "h <- hadamard(h) + U*x + b", Lines: []string{"Replaces a state, once a step, by a sum of terms: one recurrence, at most one product, and biases."}}
	case first == "train" || first == "decide" || first == "target":
		return d.setting(s, i)
	case first == "labels" || first == "weights" || s[i].Kind != dsl.WordToken:
		return nil
	case s[i-1].Text == ":":
		return typeWord(first, text)
	case i+1 < len(s) && s[i+1].Text == "(":
		return describe(dsl.Functions, text)
	case i+1 < len(s) && s[i+1].Text == "=" && i > 1:
		return describe(dsl.Options, text)
	case s[i-1].Text == "=" && s[max(i-2, 0)].Text == "rounding":
		return describe(dsl.Roundings, text)
	}
	for _, w := range dsl.Clauses[first] {
		if slices.Contains(strings.Fields(w.Name), text) {
			around := ""
			for _, t := range s[max(i-2, 0):min(i+3, len(s))] {
				around += t.Text + " "
			}
			if strings.Contains(around, w.Name) {
				return &Hover{Form: w.Form, Lines: []string{w.Doc}}
			}
		}
	}
	return nil
}

func typesOf(keyword string) []dsl.Word {
	return map[string][]dsl.Word{"input": dsl.InputTypes, "param": dsl.WeightTypes, "state": dsl.StateTypes}[keyword]
}

func typeWord(keyword, name string) *Hover {
	if h := describe(typesOf(keyword), name); h != nil {
		return h
	}
	bits, err := strconv.Atoi(strings.TrimLeft(name, "uint"))
	if err != nil {
		return nil
	}
	switch {
	case keyword == "input" && strings.HasPrefix(name, "u"):
		return &Hover{Form: name, Lines: []string{fmt.Sprintf("Unsigned integers of %s.", diag.GroupedCount(bits, "bit"))}}
	case keyword == "input":
		return &Hover{Form: name, Lines: []string{fmt.Sprintf("Integers of %s with a sign.", diag.GroupedCount(bits, "bit"))}}
	case keyword == "param":
		return &Hover{Form: name, Lines: []string{fmt.Sprintf("Integers of %s, times u. For matrices and tables.", diag.GroupedCount(bits, "bit"))}}
	}
	return &Hover{Form: name, Lines: []string{fmt.Sprintf("%s a unit.", diag.GroupedCount(bits, "bit"))}}
}

// setting says what a key of a block, or one of its values, means.
func (d *Document) setting(s []dsl.Token, i int) *Hover {
	b := d.lang.block(s[0].Text, blockName(s))
	for _, p := range pairs(s) {
		set := b.setting(s[p.key].Text)
		if set == nil || i < p.key || i >= p.end {
			continue
		}
		if i == p.key {
			h := &Hover{Form: set.Key + " = ...", Lines: []string{set.Doc}}
			if form, doc, ok := strings.Cut(set.Doc, ": "); ok && strings.HasPrefix(form, set.Key+" = ") {
				h.Form, h.Lines = form, []string{doc}
			} else if strings.HasPrefix(set.Doc, set.Key+" = ") {
				h.Form, h.Lines = set.Doc, nil
			}
			if words := texts(set.Values); len(words) > 0 {
				h.Lines = append(h.Lines, "Values: "+diag.Names(words)+".")
			}
			return h
		}
		for _, v := range set.Values {
			if v.Text == strings.Trim(s[i].Text, `"`) && v.Doc != "" {
				return &Hover{Form: set.Key + " = " + v.Text, Lines: []string{v.Doc}}
			}
		}
	}
	return nil
}

func texts(values []Value) (out []string) {
	for _, v := range values {
		out = append(out, v.Text)
	}
	return out
}

// blockName is the target's name of a block, "" of other blocks.
func blockName(s []dsl.Token) string {
	if s[0].Text == "target" && len(s) > 1 {
		return s[1].Text
	}
	return ""
}

// about describes a name: how its declaration reads with all that is known, and what it takes.
func (d *Document) about(n *dsl.Definition) (code string, lines []string) {
	m := d.model
	switch n.Kind {
	case dsl.ConstName:
		return fmt.Sprintf("const %s = %s", n.Name, number(n.Value)), nil
	case dsl.InputName:
		if m.Input.Name == n.Name {
			return d.aboutInput()
		}
	case dsl.ParamName:
		if i := slices.IndexFunc(m.Params, func(p *dsl.Param) bool { return p.Name == n.Name }); i >= 0 {
			return d.aboutParam(m.Params[i])
		}
	case dsl.StateName:
		if l := m.Layer(n.Name); l != nil {
			return d.aboutState(l)
		}
	case dsl.OutputName:
		return d.aboutOutput(n)
	case dsl.ModelName:
		h := d.costed(&Hover{Form: "model " + n.Name})
		return h.Form, h.Lines
	case dsl.LabelName:
		if i := slices.Index(m.Output.Labels, n.Name); i >= 0 {
			return "", []string{fmt.Sprintf("Class %d.", i)}
		}
	case dsl.ValueName:
		if m.Readout.Matrix != nil && m.Readout.Name == n.Name {
			lines = d.readout()
		}
	}
	at := d.within(n.Stmt)
	return strings.Join(strings.Fields(d.Text[at.Start:at.End]), " "), lines
}

func (d *Document) aboutInput() (string, []string) {
	in := d.model.Input
	if in.Kind == ir.Token {
		return fmt.Sprintf("input %s : token[%d]", in.Name, in.Vocab), []string{fmt.Sprintf("A step receives one token, 0 to %s.", diag.Grouped(in.Vocab-1))}
	}
	sign := "u"
	if in.Signed {
		sign = "i"
	}
	code := fmt.Sprintf("input %s : %s%d[%d]", in.Name, sign, in.Bits, in.Size)
	if in.Bits == 0 {
		return "input " + in.Name, nil
	}
	lo, hi := in.Range()
	return code, []string{
		fmt.Sprintf("A step receives %s from %s to %s.", diag.GroupedCount(in.Size, "integer"), diag.Grouped(int(lo)), diag.Grouped(int(hi))),
		fmt.Sprintf("Unit: one is worth %s; values go from %s to %s.", number(in.Scale), number(float64(lo)*in.Scale), number(float64(hi)*in.Scale)),
	}
}

func (d *Document) aboutParam(p *dsl.Param) (code string, lines []string) {
	code = "param " + p.Name
	if typed := p.Kind + shape(p.Shape); typed != "" {
		code += " : " + typed
	}
	role, work := d.role(p)
	if role != "" {
		lines = append(lines, role+".")
	}
	if bits := paramBits(d.model, p); bits > 0 {
		lines = append(lines, fmt.Sprintf("%s of weights: %s of %s.", byteCount(bits), diag.GroupedCount(entries(p.Shape), "entry"), diag.GroupedCount(bits/entries(p.Shape), "bit")))
	} else if p.Kind == "real" && p.Shape != nil {
		lines = append(lines, diag.GroupedCount(entries(p.Shape), "entry")+"; they become integers in the unit of what they are added to.")
	}
	if work != "" {
		lines = append(lines, work+".")
	}
	if u := d.measured.Units[p.Name]; u > 0 {
		lines = append(lines, "Unit: one is worth "+number(u)+", of the weights file.")
	}
	return code, lines
}

// role says what a param is for, and what a step does with it.
func (d *Document) role(p *dsl.Param) (role, work string) {
	m := d.model
	for _, l := range m.Layers {
		h := l.State.Name
		switch {
		case l.Signs == p:
			return "Signs of the recurrence of " + h, "They cost no addition: adding becomes subtracting"
		case l.PreSigns == p:
			return "Signs on the columns of the recurrence of " + h, "They cost no addition: adding becomes subtracting"
		case l.Permute == p:
			return "The order in which the recurrence of " + h + " reads it", ""
		case l.Dense == p:
			return "The recurrence of " + h + ", which is to be a Hadamard matrix with signs", ""
		case slices.Contains(l.Bias, p):
			return "A bias of " + h, diag.GroupedCount(l.State.Size, "addition") + " a step, of all biases together"
		case l.Inflow != nil && l.Inflow.Embed == p:
			return "The table that tokens are looked up in", ""
		case l.Inflow != nil && l.Inflow.Matrix == p:
			return "What flows into " + h, d.products(p, l.Inflow.OneHot)
		}
	}
	switch p {
	case m.Readout.Matrix:
		return "The outputs, from " + m.Readout.From.State.Name, d.products(p, false) + ", where there is an output"
	case m.Readout.Bias:
		return "The constant of the outputs", diag.GroupedCount(entries(p.Shape), "addition") + " an output"
	}
	return "", ""
}

// products says what a matrix times a vector takes.
func (d *Document) products(p *dsl.Param, column bool) string {
	if len(p.Shape) != 2 {
		return ""
	}
	rows, cols := p.Shape[0], p.Shape[1]
	switch bits, _ := numerics.WeightBits(p.Kind); {
	case column:
		return fmt.Sprintf("%s a step, of one column, and no multiplication", diag.GroupedCount(rows, "addition"))
	case bits <= 2:
		return fmt.Sprintf("At most %s a step, and no multiplication", diag.GroupedCount(rows*cols, "addition"))
	}
	return fmt.Sprintf("At most %s and as many additions a step; weights of 0 and of powers of two take none", diag.GroupedCount(rows*cols, "multiplication"))
}

func (d *Document) aboutState(l *dsl.Layer) (code string, lines []string) {
	s := l.State
	code = fmt.Sprintf("state %s : int%d[%d]", s.Name, s.Bits, s.Size)
	if s.Max > 0 {
		code += " range " + number(s.Max)
	}
	lines = append(lines, fmt.Sprintf("%s of %s: %s of state%s.", diag.GroupedCount(s.Size, "unit"), diag.GroupedCount(s.Bits, "bit"), byteCount(d.copies()*s.Size*s.Bits), d.courses()))
	if l.Block > 0 {
		blocks := s.Size / l.Block
		stages := int(math.Log2(float64(l.Block)))
		lines = append(lines, fmt.Sprintf("Recurrence: %s of %d, %s a step%s, no multiplication.", diag.GroupedCount(blocks, "block"), l.Block,
			diag.GroupedCount(d.copies()*s.Size*stages, "addition"), d.courses()))
	}
	if l.Leak != nil {
		lines = append(lines, "It forgets "+dsl.LeakText(l.Leak)+" of itself a step.")
	}
	known, measured := d.measured.States[s.Name]
	switch {
	case measured && known.Max > 0:
		lines = append(lines, fmt.Sprintf("Range: |%s| is at most %s%s.", s.Name, number(known.Max), headroom(s.HeadroomBits)))
	case s.Max > 0:
		lines = append(lines, fmt.Sprintf("Range: |%s| is at most %s%s.", s.Name, number(s.Max), headroom(s.HeadroomBits)))
	default:
		lines = append(lines, "Range: not said here; hrnnc train and hrnnc calibrate store it with the weights.")
	}
	if measured && known.Unit > 0 {
		lines = append(lines, "Unit: one bit is worth "+number(known.Unit)+", of the weights file.")
		if known.Saturates {
			lines = append(lines, "It is clamped where it leaves its bits.")
		} else {
			lines = append(lines, "It is proven not to leave its bits.")
		}
	}
	return code, lines
}

func headroom(bits int) string {
	if bits == 0 {
		return ", without headroom"
	}
	return ", with headroom for " + number(math.Exp2(float64(bits))) + " times as much"
}

// copies is how many copies of the states there are.
func (d *Document) copies() int {
	if d.model.Hop > 0 {
		return max(1, d.model.Steps/d.model.Hop)
	}
	return 1
}

func (d *Document) courses() string {
	if n := d.copies(); n > 1 {
		return fmt.Sprintf(" in %d copies", n)
	}
	return ""
}

func (d *Document) aboutOutput(n *dsl.Definition) (string, []string) {
	at := d.within(n.Stmt)
	code := strings.Join(strings.Fields(d.Text[at.Start:at.End]), " ")
	if d.model.Readout.Matrix == nil || len(d.model.Readout.Matrix.Shape) != 2 {
		return code, nil
	}
	out := d.model.Output
	what := map[ir.Decision]string{ir.Argmax: "The index of the largest of ", ir.Threshold: "One bit for each of ", ir.Logits: "The numbers of "}[out.Decision]
	when := map[ir.When]string{ir.AtLast: "after the last step", ir.EveryStep: "after each step", ir.Mean: "after the last step, of the mean over all"}[out.When]
	lines := []string{what + diag.GroupedCount(d.model.Readout.Matrix.Shape[0], "output") + ", " + when + "."}
	return code, append(lines, d.readout()...)
}

func (d *Document) readout() []string {
	r := d.model.Readout
	if len(r.Matrix.Shape) != 2 {
		return nil
	}
	return []string{fmt.Sprintf("%s, from the %s of %s. %s.", diag.GroupedCount(r.Matrix.Shape[0], "output"), diag.GroupedCount(r.From.State.Size, "unit"), r.From.State.Name, d.products(r.Matrix, false))}
}

// costed adds what the whole model takes, where that is known.
func (d *Document) costed(h *Hover) *Hover {
	if c := d.measured.Cost; c != nil && d.measured.Of == d.Text {
		h.Lines = append(h.Lines, fmt.Sprintf("%s of weights and %s of state; %s and %s a step.", byteCount(8*c.Weights), byteCount(8*c.State),
			diag.GroupedCount(c.Adds, "addition"), diag.GroupedCount(c.Muls, "multiplication")))
	}
	return h
}

// paramBits is what a tensor takes, stored as densely as its type allows; 0 where that is not known from the text.
func paramBits(m *dsl.Model, p *dsl.Param) int {
	if len(p.Shape) == 0 {
		return 0
	}
	n := entries(p.Shape)
	if p.Kind == "index" {
		return n * arith.SignedBits(int64(n-1))
	}
	bits, _ := numerics.WeightBits(p.Kind)
	return n * bits
}

func entries(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func shape(s []int) string {
	if len(s) == 0 {
		return ""
	}
	return strings.ReplaceAll(fmt.Sprint(s), " ", ", ")
}

// number writes a number for people: six digits.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func byteCount(bits int) string { return diag.GroupedCount((bits+7)/8, "byte") }
