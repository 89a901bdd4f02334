// Package dsl reads model.hrn: it tokenises, parses statement by statement so that one run reports every error, checks
// names, types and shapes, formats, and builds the real-level IR. It knows no pass and no weights format; tensors come
// through the Tensors interface. Start with Parse, Check and Build.
package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// form is how a kind of statement is parsed and what it looks like.
type form struct {
	keyword string
	looks   string
	doc     string
	parse   func(file string, s statement) (Stmt, error)
}

// forms is every statement that starts with a keyword.
var forms = []form{
	{"model", "model my_model", "Names the generated package, module and files. Left out: the file's name.", parser[ModelStmt](4)},
	{"const", "const NAME = 512", "Names a number, for sizes, scales, ranges, options and thresholds below it.", parser[ConstStmt](4)},
	{"input", "input x : u8[1] / 255   or   input t : token[1000]", "What one step receives: a vector of integers and what one of them is worth, or a token. A model has one.", parser[InputStmt](4)},
	{"steps", "steps 784", "How long a sequence is at most. Left out: an endless stream.", parser[StepsStmt](4)},
	{"restart", "restart 128 hop 32", "For a model of windows on an endless stream: copies of the states start from zero in turn, one every hop steps, and the oldest answers.", parser[RestartStmt](4)},
	{"param", "param U : int4[512, 1]", "A tensor of the weights file, under the same name: a vector [n] or a matrix [rows, columns].", parser[ParamStmt](4)},
	{"state", "state h : int16[512] range 12.5 headroom 1, the last two if needed", "Memory: it starts at 0 and is replaced once a step. Left out: int16, and a size that a tensor says.", parser[StateStmt](4)},
	{"output", "output class = argmax(y) at last", "What leaves the model, and when: numbers, the largest of them (argmax), or bits (y > 0.5). A model has one.", parser[OutputStmt](4)},
	{"labels", `labels "yes", "no"`, "Names the outputs, as many as there are.", parser[LabelsStmt](4)},
	{"weights", `weights "model.safetensors"`, "The weights file, relative to the model: safetensors, .npz or .pth.", parser[WeightsStmt](4)},
	// Without lookahead an error stands where a setting goes wrong, not where it begins.
	{"train", "train { epochs = 10 }", "How hrnnc train trains the model, and on what. Compiling does not look at it.", parser[BlockStmt](0)},
	{"decide", "decide { hold = 8  smooth = 16  threshold = 0.7 }", "Steadies the decisions on a stream: smooths the outputs, asks for a lead, and stays with a class.", parser[BlockStmt](0)},
	{"target", "target verilog { butterflies = 8 }", "Settings of the code that is generated for one target: go, c or verilog.", parser[BlockStmt](0)},
}

var (
	updateForm = form{"", "h <- hadamard(h) + U*x + b", "", parser[UpdateStmt](4)}
	letForm    = form{"", "y = V*relu(h) + c", "", parser[LetStmt](4)}
)

// IsKeyword reports whether a word starts a statement, and so cannot be a name.
func IsKeyword(s string) bool {
	return slices.ContainsFunc(forms, func(f form) bool { return f.keyword == s })
}

// parser builds the parse function of one kind of statement, which looks some tokens ahead.
func parser[T any](lookahead int) func(file string, s statement) (Stmt, error) {
	p := participle.MustBuild[T](participle.Lexer(definition), participle.UseLookahead(lookahead))
	return func(file string, s statement) (Stmt, error) {
		lex, err := lexer.Upgrade(&tokenLexer{tokens: s})
		if err != nil {
			return nil, err
		}
		v, err := p.ParseFromLexer(lex)
		if err != nil {
			return nil, err
		}
		stmt, _ := any(v).(Stmt)
		return stmt, nil
	}
}

// tokenLexer hands out the tokens of one statement.
type tokenLexer struct{ tokens statement }

func (l *tokenLexer) Next() (lexer.Token, error) {
	if len(l.tokens) == 0 {
		return lexer.EOFToken(lexer.Position{}), nil
	}
	t := l.tokens[0]
	l.tokens = l.tokens[1:]
	return t, nil
}

// MaxSource is the largest model.hrn: the labels of 20,000 classes, and no file that only looks like a model.
const MaxSource = 512 << 10

// maxTokens bounds a statement, but for the labels: a sum of 256 terms of a matrix and a call has less.
const maxTokens = 4096

// maxNesting bounds brackets within brackets, and with them the depth of the syntax tree.
const maxNesting = 64

// Parse reads a source. The AST holds every statement that parsed; the list every one that did not.
func Parse(file string, src []byte) (*AST, diag.List) {
	ast := &AST{File: file}
	var errs diag.List
	if len(src) > MaxSource {
		errs.Add(diag.InFile(file, "").Errorf("syntax", "the file has %s, more than a model can need", diag.Count(len(src), "byte")).
			Helpf("is it a model? hrnnc reads model.hrn; weights stand in a .safetensors file"))
		return ast, errs
	}
	ast.tokens = tokenise(file, src)
	ast.statements = split(ast.tokens)
	for _, s := range ast.statements {
		stmt, err := parseStatement(file, s)
		if err != nil {
			errs.Add(err)
			ast.Broken = append(ast.Broken, s)
			continue
		}
		ast.Stmts = append(ast.Stmts, stmt)
	}
	return ast, errs
}

// firstWords is the identifiers that may be what a statement declares: the first two of it, which may be a keyword and
// a name, and the first of every line that it swallowed.
func firstWords(s statement) []string {
	var out []string
	for i, t := range s {
		if t.Type == identTok && (i < 2 || s[i-1].Pos.Line != t.Pos.Line) {
			out = append(out, t.Value)
		}
	}
	return out
}

func parseStatement(file string, s statement) (Stmt, *diag.Diagnostic) {
	if bad := strayToken(s); bad >= 0 {
		return nil, strayError(file, s[bad])
	}
	if wantsName(s[:1]) && len(s) > 1 && IsKeyword(s[1].Value) {
		return nil, wordOfLanguage(spanOf(file, s[1], s[1]), s[1].Value)
	}
	if len(s) > maxTokens && s[0].Value != "labels" {
		return nil, diag.At(spanOf(file, s[0], s[0])).Errorf("syntax", "the statement has %d words and signs; at most %d are read", len(s), maxTokens).
			Helpf("name parts of it with const or =; what is long belongs in the weights file")
	}
	if deep := tooDeep(s); deep >= 0 {
		return nil, diag.At(spanOf(file, s[deep], s[deep])).Errorf("syntax", "brackets nest deeper than %d", maxNesting).
			Helpf("name a part of the expression with const or =")
	}
	f, err := formOf(file, s)
	if err != nil {
		return nil, err
	}
	stmt, perr := f.parse(file, s)
	if perr == nil {
		return stmt, nil
	}
	return nil, syntaxError(file, s, f, perr)
}

func wordOfLanguage(at diag.Span, word string) *diag.Diagnostic {
	return diag.At(at).Errorf("name", "%s is a word of the language", word).Helpf("choose another name")
}

func strayToken(s statement) int {
	return slices.IndexFunc(s, func(t lexer.Token) bool { return t.Type == otherTok || t.Type == unclosed })
}

func strayError(file string, t lexer.Token) *diag.Diagnostic {
	if t.Type == unclosed {
		t.Value = t.Value[:len("/*")]
		return diag.At(spanOf(file, t, t)).Errorf("syntax", "the comment has no end").Helpf("close it with */")
	}
	if t.Value == `"` {
		return diag.At(spanOf(file, t, t)).Errorf("syntax", "the string has no end").Helpf("close it on the same line")
	}
	d := diag.At(spanOf(file, t, t)).Errorf("syntax", "%q does not belong here", t.Value).Helpf("%s", strayHelp(t.Value))
	switch t.Value {
	case "'":
		return d.Fix(d.Span, `"`)
	case "#":
		return d.Fix(d.Span, "//")
	}
	return d
}

func strayHelp(v string) string {
	switch r, _ := utf8.DecodeRuneInString(v); {
	case v == "'":
		return `strings stand in double quotes: "model.safetensors"`
	case v == "#":
		return "a comment starts with //"
	case v == ".":
		return "numbers have digits on both sides of the point: 0.5"
	case unicode.IsLetter(r):
		return "names are made of a to z, A to Z, 0 to 9 and _"
	}
	return "remove it"
}

func tooDeep(s statement) int {
	depth := 0
	for i, t := range s {
		switch t.Value {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "-", "^":
			// Each of these nests a factor too.
			if i > 0 && (s[i-1].Value == t.Value) {
				depth++
			}
		}
		if depth > maxNesting {
			return i
		}
	}
	return -1
}

func formOf(file string, s statement) (form, *diag.Diagnostic) {
	for _, f := range forms {
		if s[0].Value == f.keyword {
			return f, nil
		}
	}
	for _, t := range s[1:] {
		switch t.Value {
		case "<-":
			return updateForm, nil
		case "=":
			if s[1].Value == "=" {
				return letForm, nil
			}
		}
	}
	d := diag.At(spanOf(file, s[0], s[0])).Errorf("syntax", "no statement starts with %.40q", s[0].Value)
	if near := diag.Nearest(s[0].Value, keywords()); near != "" {
		return form{}, d.Helpf("did you mean %s?", near).Fix(d.Span, near)
	}
	return form{}, d.Helpf("statements start with %s, or are  h <- ...  or  y = ...", strings.Join(keywords(), ", "))
}

func keywords() []string {
	out := make([]string, len(forms))
	for i, f := range forms {
		out[i] = f.keyword
	}
	return out
}

func syntaxError(file string, s statement, f form, err error) *diag.Diagnostic {
	at := s[len(s)-1]
	what, looks := "the line ends too early", f.looks
	open := openBracket(s)
	if open >= 0 {
		at, what = s[open], fmt.Sprintf("%q is not closed", s[open].Value)
	}
	if i := errorToken(s, err); i >= 0 && (open < 0 || s[i].Pos.Line == s[open].Pos.Line) {
		if k := misfit(s[i:]); k > 0 { // what is in brackets was tried, and given up
			i += k
		}
		if f.looks == updateForm.looks {
			looks = optionForm(s[:i], looks)
		}
		at, what = s[i], fmt.Sprintf("%s does not belong here", quoteToken(s[i].Value))
	}
	return diag.At(spanOf(file, at, at)).Errorf("syntax", "%s", what).Helpf("the form is  %s", looks)
}

// errorToken is the token that participle stumbled over, or -1 when that was the end.
func errorToken(s statement, err error) int {
	var perr participle.Error
	if !errors.As(err, &perr) || perr.Position().Line == 0 {
		return -1
	}
	return slices.IndexFunc(s, func(t lexer.Token) bool { return t.Pos.Offset == perr.Position().Offset })
}

// optionForm shows how the option that a statement stops in is written, or the whole where it is in none.
func optionForm(s statement, whole string) string {
	for i := len(s) - 1; i >= 0 && s[i].Value != ")"; i-- {
		if w := wordNamed(Options, s[i].Value); w != nil {
			return w.Form
		}
	}
	return whole
}

// misfit is the first token within brackets that cannot stand behind the one before it in an expression, or -1.
func misfit(s statement) int {
	depth, operand := 0, false // whether an operand has just ended
	for i, t := range s {
		ends := false
		switch v := t.Value; {
		case v == ")" || v == "]":
			if !operand && s[max(i-1, 0)].Value != "(" && depth > 0 {
				return i
			}
			depth--
			ends = true
		case v == "(":
			depth++ // of a call, or around an expression
		case v == "[":
			if depth > 0 && (operand || s[max(i-1, 0)].Value == "[") {
				return i
			}
			depth++
		case v == "-" || v == "+":
		case strings.Contains("*/^=,", v):
			if !operand && i > 0 && depth > 0 {
				return i
			}
			if i == 0 && v == "," {
				depth++ // the call that it is in
			}
		case t.Type == identTok || t.Type == symbols["Number"]:
			if operand && depth > 0 {
				return i
			}
			ends = true
		case depth > 0:
			return i
		}
		operand = ends
	}
	return -1
}

// openBracket is the last bracket that nothing closes, or -1.
func openBracket(s statement) int {
	var open []int
	for i, t := range s {
		switch t.Value {
		case "(", "[", "{":
			open = append(open, i)
		case ")", "]", "}":
			open = open[:max(len(open)-1, 0)]
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

func quoteToken(v string) string {
	if strings.HasPrefix(v, `"`) {
		return v
	}
	return `"` + v + `"`
}
