// Package dsl reads model.hrn: it tokenises, parses statement by statement so that one run reports every error, checks
// names, types and shapes, formats, and builds the real-level IR. It knows no pass and no weights format; tensors come
// through the Tensors interface. Start with Parse, Check and Build.
package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"hrnnc/internal/diag"
)

// form is how a kind of statement is parsed and what it looks like.
type form struct {
	keyword string
	looks   string
	parse   func(file string, s statement) (Stmt, error)
}

// forms is every statement that starts with a keyword.
var forms = []form{
	{"model", "model NAME", parser[ModelStmt]()},
	{"const", "const NAME = 512", parser[ConstStmt]()},
	{"input", "input x : u8[1] / 255   or   input t : token[1000]", parser[InputStmt]()},
	{"steps", "steps 784", parser[StepsStmt]()},
	{"param", "param U : int4[512, 1]", parser[ParamStmt]()},
	{"state", "state h : int16[512]", parser[StateStmt]()},
	{"output", "output class = argmax(y) at last", parser[OutputStmt]()},
	{"labels", `labels "yes", "no"`, parser[LabelsStmt]()},
	{"weights", `weights "model.safetensors"`, parser[WeightsStmt]()},
	{"train", "train { epochs = 10 }", parser[BlockStmt]()},
	{"target", "target verilog { butterflies = 8 }", parser[BlockStmt]()},
}

var (
	updateForm = form{"", "h <- hadamard(h) + U*x + b", parser[UpdateStmt]()}
	letForm    = form{"", "y = V*relu(h) + c", parser[LetStmt]()}
)

// IsKeyword reports whether a word starts a statement, and so cannot be a name.
func IsKeyword(s string) bool {
	return slices.ContainsFunc(forms, func(f form) bool { return f.keyword == s })
}

// parser builds the parse function of one kind of statement.
func parser[T any]() func(file string, s statement) (Stmt, error) {
	p := participle.MustBuild[T](participle.Lexer(definition), participle.UseLookahead(4))
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

// maxSource keeps a hostile file from taking minutes.
const maxSource = 4 << 20

// maxNesting bounds brackets within brackets, and with them the depth of the syntax tree.
const maxNesting = 64

// Parse reads a source. The AST holds every statement that parsed; the list every one that did not.
func Parse(file string, src []byte) (*AST, diag.List) {
	ast := &AST{File: file}
	var errs diag.List
	if len(src) > maxSource {
		errs.Add(diag.InFile(file, "").Errorf("syntax", "the file has %d bytes, more than a model can need", len(src)).
			Helpf("is it a model? hrnnc reads model.hrn; weights stand in a .safetensors file"))
		return ast, errs
	}
	for _, s := range split(tokenise(file, src)) {
		stmt, err := parseStatement(file, s)
		if err != nil {
			errs.Add(err)
			continue
		}
		ast.Stmts = append(ast.Stmts, stmt)
	}
	return ast, errs
}

func parseStatement(file string, s statement) (Stmt, *diag.Diagnostic) {
	if bad := strayToken(s); bad >= 0 {
		return nil, diag.At(spanOf(file, s[bad], s[bad])).Errorf("syntax", "%q does not belong here", s[bad].Value).
			Helpf("%s", strayHelp(s[bad].Value))
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

func strayToken(s statement) int {
	return slices.IndexFunc(s, func(t lexer.Token) bool { return t.Type == otherTok })
}

func strayHelp(v string) string {
	if v == `"` {
		return "close the string on the same line"
	}
	if v == "#" {
		return "a comment starts with //"
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
	if near := nearest(s[0].Value, keywords()); near != "" {
		return form{}, d.Helpf("did you mean %s?", near)
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

// nearest finds the name that a misspelling meant, or "".
func nearest(got string, names []string) string {
	best, distance := "", 3
	if len(got) < 4 {
		distance = 2
	}
	for _, n := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(n)); d < min(distance, len(got)) {
			best, distance = n, d
		}
	}
	return best
}

func syntaxError(file string, s statement, f form, err error) *diag.Diagnostic {
	at := s[len(s)-1]
	what := "the line ends too early"
	var perr participle.Error
	if errors.As(err, &perr) {
		for _, t := range s {
			if t.Pos.Offset == perr.Position().Offset && perr.Position().Line > 0 {
				at, what = t, fmt.Sprintf("%s does not belong here", quoteToken(t.Value))
				break
			}
		}
	}
	return diag.At(spanOf(file, at, at)).Errorf("syntax", "%s", what).Helpf("the form is  %s", f.looks)
}

func quoteToken(v string) string {
	if strings.HasPrefix(v, `"`) {
		return v
	}
	return `"` + v + `"`
}
