package editor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Item is a word that may stand at a place.
type Item struct {
	Label, Detail, Doc string
	Kind               ColourKind
	// Insert takes the place of Replace. Snippet is the same with places to fill in, as the protocol writes them; "" where there are none.
	Insert, Snippet string
	Replace         Range
}

// Complete lists what may stand at an offset, the likeliest first: also in a line that is half typed. Clients choose by what is typed.
func (d *Document) Complete(offset int) []Item {
	offset = min(max(offset, 0), len(d.Text))
	if len(d.Text) > dsl.MaxSource {
		return nil
	}
	start := offset
	for start > 0 && wordByte(d.Text[start-1]) {
		start--
	}
	end := offset
	for end < len(d.Text) && wordByte(d.Text[end]) {
		end++
	}
	c := &completion{d: d, at: Range{start, end}}
	for _, t := range d.tokens {
		if inside := t.Span.Start.Offset < offset && offset < t.Span.End.Offset; inside || t.Kind == dsl.CommentToken && offset == t.Span.End.Offset && strings.HasPrefix(t.Text, "//") {
			switch {
			case t.Kind == dsl.CommentToken, t.Kind == dsl.StrayToken && len(t.Text) > 1:
				return nil
			case t.Kind == dsl.StringToken:
				c.at, c.quoted, start = d.within(t.Span), true, t.Span.Start.Offset
			}
		}
	}
	if line := d.Text[strings.LastIndexByte(d.Text[:start], '\n')+1 : start]; !c.quoted && strings.Count(line, `"`)%2 == 1 {
		c.quoted = true // a string without an end
		start = strings.LastIndexByte(d.Text[:start], '"')
		c.at = Range{start, offset}
	}
	// A word in the place of what is typed makes the line one that the language can cut.
	const marker = "zzzz"
	statements := dsl.Statements(d.File, []byte(d.Text[:start]+marker))
	if len(statements) == 0 {
		return nil
	}
	last := statements[len(statements)-1]
	c.before = last[:len(last)-1]
	if len(c.before) > 0 && c.before[len(c.before)-1].Text == "}" {
		c.before = nil
	}
	c.statement()
	return c.items
}

func wordByte(b byte) bool {
	return b == '_' || b == '.' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// completion collects what may stand behind the tokens of a statement.
type completion struct {
	d      *Document
	at     Range
	quoted bool
	before []dsl.Token
	items  []Item
}

func (c *completion) add(i Item) {
	i.Replace = c.at
	if i.Insert == "" {
		i.Insert = i.Label
	}
	c.items = append(c.items, i)
}

func (c *completion) words(words []dsl.Word, kind ColourKind) {
	for _, w := range words {
		c.add(Item{Label: w.Name, Detail: w.Form, Doc: w.Doc, Kind: kind})
	}
}

// last is the token i from the end of what stands before, "" where there are not so many.
func (c *completion) last(i int) string {
	if i > len(c.before) {
		return ""
	}
	return c.before[len(c.before)-i].Text
}

// open is the bracket that is open, and where; "" and -1 outside brackets.
func (c *completion) open() (string, int) {
	var stack []int
	for i, t := range c.before {
		switch t.Text {
		case "(", "[", "{":
			stack = append(stack, i)
		case ")", "]", "}":
			stack = stack[:max(len(stack)-1, 0)]
		}
	}
	if len(stack) == 0 {
		return "", -1
	}
	i := stack[len(stack)-1]
	return c.before[i].Text, i
}

func (c *completion) statement() {
	first := ""
	if len(c.before) > 0 {
		first = c.before[0].Text
	}
	bracket, at := c.open()
	operand := c.operandEnds()
	switch {
	case first == "train" || first == "decide" || first == "target":
		c.block(first)
	case c.quoted || first == "labels" || first == "weights" || first == "model":
	case len(c.before) == 0:
		c.starts()
	case first == "const":
		if len(c.before) > 2 && !operand {
			c.names(dsl.ConstName)
		}
	case bracket == "[" && (first == "input" || first == "param" || first == "state"):
		if !operand {
			c.names(dsl.ConstName)
		}
	case (first == "input" || first == "param" || first == "state") && c.last(1) == ":":
		c.types(first)
	case first == "input" || first == "steps" || first == "param":
		if !operand && len(c.before) > 0 && (first == "steps" || c.last(1) == "/" || c.last(1) == "*") {
			c.names(dsl.ConstName)
		}
	case first == "restart" || first == "state":
		switch {
		case first == "state" && len(c.before) < 2:
		case operand:
			c.clauses(first)
		default:
			c.names(dsl.ConstName)
		}
	case first == "output":
		c.output(operand, bracket, at)
	case c.last(1) == "" || operand:
		if len(c.before) == 1 {
			c.assigns()
		}
	default:
		c.expression(bracket, at)
	}
}

// operandEnds reports whether an operand has just ended, behind which another word would be a clause.
func (c *completion) operandEnds() bool {
	if len(c.before) == 0 {
		return false
	}
	t := c.before[len(c.before)-1]
	return t.Kind == dsl.WordToken && !dsl.IsKeyword(t.Text) && t.Text != "range" && t.Text != "headroom" && t.Text != "hop" && t.Text != "at" ||
		t.Kind == dsl.NumberToken || t.Text == ")" || t.Text == "]"
}

// starts lists what a statement begins with.
func (c *completion) starts() {
	for _, n := range c.d.model.Names {
		if n.Kind == dsl.StateName && c.d.model.Layer(n.Name) == nil {
			c.add(Item{Label: n.Name + " <- ", Detail: "update of state " + n.Name, Kind: Variable, Snippet: n.Name + " <- hadamard(" + n.Name + ") + $0"})
		}
	}
	for _, w := range dsl.Keywords() {
		form, _, _ := strings.Cut(w.Form, "   or ")
		form, _, _ = strings.Cut(form, ", the last")
		c.add(Item{Label: w.Name, Detail: form, Doc: w.Doc, Kind: Keyword, Snippet: snippets[w.Name]})
	}
}

// snippets are how statements go on.
var snippets = map[string]string{
	"model":   "model ${1:my_model}",
	"const":   "const ${1:units} = ${2:512}",
	"input":   "input ${1:x} : ${2:u8}[${3:1}] / ${4:255}",
	"steps":   "steps ${1:784}",
	"restart": "restart ${1:128} hop ${2:32}",
	"param":   "param ${1:U} : ${2:int4}[${3:512}, ${4:1}]",
	"state":   "state ${1:h} : ${2:int16}[${3:512}]",
	"output":  "output ${1:class} = argmax(${2:y}) ${3|at last,at every step,mean|}",
	"labels":  "labels \"${1:yes}\", \"${2:no}\"",
	"weights": "weights \"${1:model}.safetensors\"",
	"train":   "train {\n  data = ${1:\"data.csv\"}\n  epochs = ${2:20}\n}",
	"decide":  "decide { smooth = ${1:16}, threshold = ${2:0.7}, hold = ${3:8} }",
	"target":  "target ${1|c,go,verilog|} {\n  $0\n}",
}

func (c *completion) assigns() {
	if c.d.model.Layer(c.before[0].Text) != nil {
		return
	}
	kind := ""
	for _, n := range c.d.model.Names {
		if n.Name == c.before[0].Text {
			kind = string(n.Kind)
		}
	}
	if kind == string(dsl.StateName) {
		c.add(Item{Label: "<-", Detail: "update of state " + c.before[0].Text, Kind: Operator, Insert: "<- "})
	}
}

func (c *completion) types(keyword string) {
	for _, w := range typesOf(keyword) {
		i := Item{Label: w.Name, Detail: w.Form, Doc: w.Doc, Kind: Type}
		if name, shape, ok := strings.Cut(w.Form, "["); ok && name == w.Name {
			sizes := strings.Count(shape[:strings.IndexByte(shape, ']')], ",")
			i.Snippet = name + "[${1}]"
			if sizes == 1 {
				i.Snippet = name + "[${1:rows}, ${2:columns}]"
			}
		}
		c.add(i)
	}
}

func (c *completion) clauses(keyword string) {
	for _, w := range dsl.Clauses[keyword] {
		said := slices.ContainsFunc(c.before, func(t dsl.Token) bool { return t.Text == w.Name })
		if !said && (w.Name != "range" || !slices.ContainsFunc(c.before, func(t dsl.Token) bool { return t.Text == "headroom" })) {
			c.add(Item{Label: w.Name, Detail: w.Form, Doc: w.Doc, Kind: Keyword, Insert: w.Name + " "})
		}
	}
}

func (c *completion) output(operand bool, bracket string, at int) {
	switch {
	case c.last(1) == "at":
		for _, w := range dsl.Clauses["output"] {
			if rest, ok := strings.CutPrefix(w.Name, "at "); ok {
				c.add(Item{Label: rest, Detail: w.Form, Doc: w.Doc, Kind: Keyword})
			}
		}
	case c.last(1) == "every":
		c.add(Item{Label: "step", Kind: Keyword})
	case c.last(1) == "last" || c.last(1) == "step":
	case operand && bracket == "":
		c.words(dsl.Clauses["output"], Keyword)
	case operand:
	case bracket == "" && (c.last(1) == "output" || c.last(1) == "="):
		c.functions("argmax", "threshold")
		c.names(dsl.ValueName, dsl.ParamName)
	default:
		c.expression(bracket, at)
	}
}

// functions offers some functions, with their arguments to fill in.
func (c *completion) functions(names ...string) {
	for _, w := range dsl.Functions {
		if !slices.Contains(names, w.Name) {
			continue
		}
		snippet := w.Name + "(${1})"
		switch w.Name {
		case "onehot":
			snippet = "onehot(" + c.d.model.Input.Name + ")"
		case "embed":
			snippet = "embed(${1:E}, " + c.d.model.Input.Name + ")"
		case "threshold":
			snippet = "threshold(${1:y}, ${2:0.5})"
		case "hadamard":
			if len(c.before) > 1 && c.before[1].Text == "<-" {
				snippet = "hadamard(" + c.before[0].Text + "${1})"
			}
		}
		c.add(Item{Label: w.Name, Detail: w.Form, Doc: w.Doc, Kind: Function, Snippet: snippet})
	}
}

// expression offers what stands in an update or a named value.
func (c *completion) expression(bracket string, at int) {
	call := ""
	if bracket == "(" && at > 0 && c.before[at-1].Kind == dsl.WordToken {
		call = c.before[at-1].Text
	}
	within := c.before[at+1:]
	token := c.d.model.Input.Kind == ir.Token
	switch {
	case bracket == "[" || c.last(1) == "^":
		c.names(dsl.ConstName)
	case call == "hadamard" && len(within) > 0:
		c.option()
	case call == "hadamard" || call == "relu":
		c.names(dsl.StateName)
	case call == "onehot", call == "embed" && len(within) > 0:
		c.names(dsl.InputName)
	case call == "embed":
		c.names(dsl.ParamName)
	case call == "threshold" && len(within) > 0:
		c.names(dsl.ConstName)
	case c.last(1) == "*" && token:
		c.functions("onehot", "embed", "relu")
		c.names(dsl.StateName)
	case c.last(1) == "*":
		c.names(dsl.InputName)
		c.functions("relu")
		c.names(dsl.StateName)
	default:
		if c.before[min(1, len(c.before)-1)].Text == "<-" && !slices.ContainsFunc(c.before, func(t dsl.Token) bool { return t.Text == "hadamard" }) {
			c.functions("hadamard")
		}
		c.names(dsl.ParamName, dsl.ValueName)
	}
}

// option offers the options of hadamard that are not there yet, and their values.
func (c *completion) option() {
	if c.last(1) == "=" {
		switch c.last(2) {
		case "rounding":
			c.words(dsl.Roundings, EnumMember)
		case "signs", "presigns", "permute":
			c.names(dsl.ParamName)
		default:
			c.names(dsl.ConstName)
		}
		return
	}
	if c.last(1) != "," {
		c.names(dsl.ConstName)
		return
	}
	for _, w := range dsl.Options {
		if !slices.ContainsFunc(c.before, func(t dsl.Token) bool { return t.Text == w.Name }) {
			c.add(Item{Label: w.Name, Detail: w.Form, Doc: w.Doc, Kind: Property, Insert: w.Name + " = "})
		}
	}
}

// names offers the names of some kinds, each kind in the order of the text.
func (c *completion) names(kinds ...dsl.NameKind) {
	for _, kind := range kinds {
		for _, n := range c.d.model.Names {
			if n.Kind != kind || c.declares(n.Name) {
				continue
			}
			code, lines := c.d.about(n)
			c.add(Item{Label: n.Name, Detail: diag.Short(diag.Escape(code)), Doc: strings.Join(lines, " "), Kind: colourOf[kind]})
		}
	}
}

// declares reports whether the statement declares a name: no value stands for itself.
func (c *completion) declares(name string) bool {
	if len(c.before) < 2 {
		return false
	}
	return c.before[1].Text == "=" && c.before[0].Text == name || c.before[0].Text == "const" && c.before[1].Text == name
}

// block offers the targets, the settings of a block and their values.
func (c *completion) block(kind string) {
	open := slices.IndexFunc(c.before, func(t dsl.Token) bool { return t.Text == "{" })
	if open < 0 {
		if kind == "target" && len(c.before) == 1 && !c.quoted {
			for _, b := range c.d.lang.Blocks {
				if b.Kind == "target" {
					c.add(Item{Label: b.Name, Detail: "target " + b.Name + " { ... }", Kind: Namespace})
				}
			}
		}
		return
	}
	b := c.d.lang.block(kind, blockName(c.before))
	if b == nil {
		return
	}
	if p := pairs(c.before); len(p) > 0 && (c.last(1) == "=" || c.last(1) == "[" || c.last(1) == "," && c.inList()) {
		key := c.before[p[len(p)-1].key].Text
		c.values(b.setting(key), key)
		return
	}
	if c.quoted {
		return
	}
	for _, s := range b.Settings {
		if slices.ContainsFunc(c.before[open:], func(t dsl.Token) bool { return t.Text == s.Key }) {
			continue
		}
		i := Item{Label: s.Key, Detail: s.Key + " = ...", Doc: s.Doc, Kind: Property, Insert: s.Key + " = "}
		if words := texts(s.Values); len(words) > 0 && len(words) <= 4 {
			i.Detail = s.Key + " = " + strings.Join(words, " | ")
			if !slices.ContainsFunc(words, func(w string) bool { return strings.ContainsAny(w, ",|\\}$") }) {
				i.Snippet = fmt.Sprintf("%s = ${1|%s|}", s.Key, strings.Join(words, ","))
			}
		}
		c.add(i)
	}
}

func (c *completion) inList() bool {
	b, _ := c.open()
	return b == "["
}

// values offers what a setting may be. The start of a decide block is a label.
func (c *completion) values(s *Setting, key string) {
	if key == "start" && c.before[0].Text == "decide" {
		for i, l := range c.d.model.Output.Labels {
			c.add(Item{Label: fmt.Sprintf("%q", l), Detail: fmt.Sprintf("class %d", i), Kind: EnumMember})
		}
		return
	}
	if s == nil {
		return
	}
	for _, v := range s.Values {
		i := Item{Label: v.Text, Detail: key + " = " + v.Text, Doc: v.Doc, Kind: EnumMember}
		if c.quoted || !bare(v.Text) {
			i.Insert = fmt.Sprintf("%q", v.Text)
		}
		c.add(i)
	}
}

// bare reports whether a value needs no quotes.
func bare(v string) bool {
	t := dsl.Tokens("", []byte(v))
	return len(t) == 1 && (t[0].Kind == dsl.WordToken || t[0].Kind == dsl.NumberToken)
}
