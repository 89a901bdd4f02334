package editor

import (
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
)

// Format gives the one edit that lays the text out as hrnnc fmt does, without the lines that stay at its start and end; ok is false
// where nothing changes, and where the text has syntax errors, which are shown anyway.
func (d *Document) Format() (e Edit, ok bool) {
	out, errs := dsl.Format(d.File, []byte(d.Text))
	if errs.HasErrors() || string(out) == d.Text {
		return Edit{}, false
	}
	was, is := d.Text, string(out)
	start := 0
	for i := 0; i < min(len(was), len(is)) && was[i] == is[i]; i++ {
		if was[i] == '\n' {
			start = i + 1
		}
	}
	was, is = was[start:], is[start:]
	end := 0
	for i := 1; i <= min(len(was), len(is)) && was[len(was)-i] == is[len(is)-i]; i++ {
		if was[len(was)-i] == '\n' {
			end = i - 1
		}
	}
	return Edit{Range{start, len(d.Text) - end}, is[:len(is)-end]}, true
}

// Symbol is a line of an outline, with what is below it.
type Symbol struct {
	Name, Detail string
	Kind         SymbolKind
	Whole, At    Range // the statement, and the name in it
	Below        []Symbol
}

// SymbolKind is what a line of an outline is about.
type SymbolKind string

// The kinds: those of names, and of what has none.
const (
	UpdateSymbol  SymbolKind = "update"
	BlockSymbol   SymbolKind = "block"
	SettingSymbol SymbolKind = "setting"
	PlainSymbol   SymbolKind = "statement"
)

// Outline lists the statements, settings below their blocks.
func (d *Document) Outline() []Symbol {
	declared := map[int]*dsl.Definition{}
	for _, n := range d.model.Names {
		if n.Kind != dsl.LabelName {
			declared[n.Stmt.Start.Offset] = n
		}
	}
	var out []Symbol
	for _, s := range d.statements {
		first, last := s[0].Span, s[len(s)-1].Span
		whole := Range{first.Start.Offset, last.End.Offset}
		text := func(from, to int) string {
			return strings.Join(strings.Fields(d.Text[s[from].Span.Start.Offset:s[to].Span.End.Offset]), " ")
		}
		one := Symbol{Name: s[0].Text, Kind: PlainSymbol, Whole: whole, At: d.within(first)}
		switch n := declared[whole.Start]; {
		case n != nil && n.Stmt.Start.Offset == whole.Start:
			one.Name, one.Kind, one.At = n.Name, SymbolKind(n.Kind), d.within(n.At)
			if n.At.End.Offset < whole.End {
				one.Detail = strings.TrimLeft(strings.Join(strings.Fields(d.Text[n.At.End.Offset:whole.End]), " "), ":= ")
			}
		case len(s) > 1 && s[1].Text == "<-":
			one.Kind = UpdateSymbol
			one.Detail = strings.TrimPrefix(text(0, len(s)-1), s[0].Text+" <- ")
		case s[0].Text == "train" || s[0].Text == "decide" || s[0].Text == "target":
			one.Kind = BlockSymbol
			if s[0].Text == "target" && len(s) > 1 && s[1].Kind == dsl.WordToken {
				one.Name, one.At = "target "+s[1].Text, Range{whole.Start, s[1].Span.End.Offset}
			}
			one.Below = d.settings(s)
		case len(s) > 1:
			one.Detail = text(1, len(s)-1)
		}
		one.Detail = short(one.Detail)
		out = append(out, one)
	}
	return out
}

// settings lists the settings of a block.
func (d *Document) settings(s []dsl.Token) (out []Symbol) {
	for _, p := range pairs(s) {
		key, end := s[p.key].Span, s[p.end-1].Span
		one := Symbol{Name: s[p.key].Text, Kind: SettingSymbol, Whole: Range{key.Start.Offset, end.End.Offset}, At: d.within(key)}
		if p.value < p.end {
			one.Detail = short(d.Text[s[p.value].Span.Start.Offset:end.End.Offset])
		}
		out = append(out, one)
	}
	return out
}

// pair is a setting among the tokens of a block: its key, and where its value begins and ends.
type pair struct{ key, value, end int }

// pairs finds the settings of a block, the last of which may be half typed.
func pairs(s []dsl.Token) (out []pair) {
	for i, t := range s {
		if t.Text == "=" && i > 0 && s[i-1].Kind == dsl.WordToken {
			out = append(out, pair{i - 1, i + 1, len(s)})
		}
	}
	for i := range out {
		end := len(s)
		if i+1 < len(out) {
			end = out[i+1].key
		}
		for end > out[i].value && (s[end-1].Text == "," || s[end-1].Text == ";" || s[end-1].Text == "}") {
			end--
		}
		out[i].end = end
	}
	return out
}

// short cuts what would not fit a line.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}

// Colour is a token and what it is, for highlighting.
type Colour struct {
	Range
	Kind     ColourKind
	Declares bool
}

// ColourKind is what a token is, in the terms of the protocol's semantic tokens.
type ColourKind string

// The kinds.
const (
	Keyword    ColourKind = "keyword"
	Function   ColourKind = "function"
	Type       ColourKind = "type"
	Namespace  ColourKind = "namespace"  // the model's name, and a target's
	Variable   ColourKind = "variable"   // states, named values, the output
	Parameter  ColourKind = "parameter"  // the input
	Property   ColourKind = "property"   // settings and options
	EnumMember ColourKind = "enumMember" // words that they may be
	Tensor     ColourKind = "class"      // params
	Constant   ColourKind = "macro"
	String     ColourKind = "string"
	Number     ColourKind = "number"
	Comment    ColourKind = "comment"
	Operator   ColourKind = "operator"
)

// ColourKinds lists them all.
var ColourKinds = []ColourKind{Keyword, Function, Type, Namespace, Variable, Parameter, Property, EnumMember, Tensor, Constant, String, Number, Comment, Operator}

var colourOf = map[dsl.NameKind]ColourKind{dsl.ModelName: Namespace, dsl.ConstName: Constant, dsl.InputName: Parameter, dsl.ParamName: Tensor,
	dsl.StateName: Variable, dsl.ValueName: Variable, dsl.OutputName: Variable}

// Colours gives the kinds of all tokens, in their order. Tokens over several lines are cut at the line ends.
func (d *Document) Colours() []Colour {
	kinds := map[int]ColourKind{}
	for _, s := range d.statements {
		d.colour(s, kinds)
	}
	declares := map[int]bool{}
	for _, n := range d.model.Names {
		kind, known := colourOf[n.Kind]
		if !known {
			continue
		}
		kinds[n.At.Start.Offset], declares[n.At.Start.Offset] = kind, true
		for _, u := range n.Uses {
			kinds[u.Start.Offset] = kind
		}
	}
	var out []Colour
	for _, t := range d.tokens {
		kind := kinds[t.Span.Start.Offset]
		switch t.Kind {
		case dsl.CommentToken:
			kind = Comment
		case dsl.StringToken:
			kind = String
		case dsl.NumberToken:
			kind = Number
		case dsl.SignToken:
			if strings.Contains("+-*/^<>=<-", t.Text) {
				kind = Operator
			}
		}
		if kind == "" {
			continue
		}
		start := t.Span.Start.Offset
		for line := range strings.SplitAfterSeq(t.Text, "\n") {
			if text := strings.TrimRight(line, "\r\n"); text != "" {
				out = append(out, Colour{Range{start, start + len(text)}, kind, declares[start]})
			}
			start += len(line)
		}
	}
	return out
}

// colour finds the words of a statement that are no names.
func (d *Document) colour(s []dsl.Token, kinds map[int]ColourKind) {
	set := func(i int, kind ColourKind) {
		if i < len(s) && s[i].Kind == dsl.WordToken {
			kinds[s[i].Span.Start.Offset] = kind
		}
	}
	if dsl.IsKeyword(s[0].Text) {
		set(0, Keyword)
	}
	switch s[0].Text {
	case "train", "decide", "target":
		if s[0].Text == "target" {
			set(1, Namespace)
		}
		for _, p := range pairs(s) {
			set(p.key, Property)
			for i := p.value; i < p.end; i++ {
				set(i, EnumMember)
			}
		}
		return
	}
	depth := 0
	for i, t := range s {
		next := ""
		if i+1 < len(s) {
			next = s[i+1].Text
		}
		switch {
		case t.Text == "(" || t.Text == "[":
			depth++
		case t.Text == ")" || t.Text == "]":
			depth--
		case i > 0 && s[i-1].Text == ":":
			set(i, Type)
		case next == "(":
			set(i, Function)
		case i > 0 && depth > 0 && next == "=":
			set(i, Property)
		case i > 1 && depth > 0 && s[i-1].Text == "=" && s[i-2].Text == "rounding":
			set(i, EnumMember)
		case i > 1 && depth == 0 && clause(s[0].Text, t.Text):
			set(i, Keyword)
		}
	}
}

// clause reports whether a word goes on a statement.
func clause(keyword, word string) bool {
	for _, w := range dsl.Clauses[keyword] {
		for part := range strings.FieldsSeq(w.Name) {
			if part == word {
				return true
			}
		}
	}
	return false
}
