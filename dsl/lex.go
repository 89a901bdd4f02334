package dsl

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// tokens of the language. The last rule takes any character, so that one stray character hides no later error.
var definition = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Comment", Pattern: `//[^\n]*|/\*([^*]|\*+[^*/])*\*+/`},
	{Name: "Unclosed", Pattern: `/\*[\s\S]*`},
	{Name: "Newline", Pattern: `\n`},
	{Name: "Space", Pattern: `[ \t\r\x{FEFF}]+`}, // the last is the byte order mark of some editors
	{Name: "String", Pattern: `"(\\.|[^"\\\n])*"`},
	{Name: "Frequency", Pattern: `[0-9]+(\.[0-9]+)?[kMG]?Hz\b`},
	{Name: "Number", Pattern: `[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?`},
	{Name: "Ident", Pattern: `[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*`},
	{Name: "Arrow", Pattern: `<-`},
	{Name: "Punct", Pattern: `[-+*/^()\[\]{}:=,<>;]`},
	{Name: "Other", Pattern: `[\s\S]`},
})

var (
	symbols    = definition.Symbols()
	commentTok = symbols["Comment"]
	newlineTok = symbols["Newline"]
	spaceTok   = symbols["Space"]
	unclosed   = symbols["Unclosed"]
	otherTok   = symbols["Other"]
	identTok   = symbols["Ident"]
)

// tokenise splits a source; it never fails.
func tokenise(file string, src []byte) []lexer.Token {
	lex, err := definition.LexString(file, string(src))
	if err != nil {
		return nil
	}
	var out []lexer.Token
	for {
		t, err := lex.Next()
		if err != nil || t.EOF() {
			return out
		}
		out = append(out, t)
	}
}

// spanOf covers tokens first to last.
func spanOf(file string, first, last lexer.Token) diag.Span {
	return diag.Span{File: file, Start: position(first.Pos), End: position(after(last))}
}

func position(p lexer.Position) diag.Pos {
	return diag.Pos{Line: p.Line, Col: p.Column, Offset: p.Offset}
}

// after is the position behind a token.
func after(t lexer.Token) lexer.Position {
	p := t.Pos
	p.Advance(t.Value)
	return p
}

// statement is the tokens of one statement without comments and white space.
type statement []lexer.Token

// split cuts tokens into statements. A statement ends at a newline outside brackets, unless the line ends in an
// operator or the next one starts with one, at a semicolon, and before a keyword that starts the next. Where a name is
// wanted, a keyword on the same line is taken for a badly chosen one.
func split(tokens []lexer.Token) []statement {
	var out []statement
	var cur statement
	depth := 0
	tokens = significant(tokens)
	flush := func() {
		if len(cur) > 0 {
			out = append(out, cur)
			cur = nil
		}
	}
	for i, t := range tokens {
		switch {
		case t.Type == newlineTok:
			if depth == 0 && i+1 < len(tokens) && !continues(cur, tokens[i+1]) {
				flush()
			}
			continue
		case t.Value == ";" && depth == 0:
			flush()
			continue
		}
		if depth > 0 && t.Type == identTok && startsLine(tokens, i) && IsKeyword(t.Value) && opener(cur) != "{" {
			flush()
			depth = 0
		}
		if depth == 0 && len(cur) > 0 && IsKeyword(t.Value) && (startsLine(tokens, i) || !expectsOperand(cur[len(cur)-1]) && !wantsName(cur)) {
			flush()
		}
		switch t.Value {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth = max(depth-1, 0)
		}
		cur = append(cur, t)
	}
	flush()
	return out
}

// opener is the bracket that a statement's open depth began with.
func opener(s statement) string {
	for _, t := range s {
		if t.Value == "{" || t.Value == "(" || t.Value == "[" {
			return t.Value
		}
	}
	return ""
}

// significant leaves out white space, comments and empty lines.
func significant(tokens []lexer.Token) []lexer.Token {
	var out []lexer.Token
	for _, t := range tokens {
		empty := t.Type == newlineTok && len(out) > 0 && out[len(out)-1].Type == newlineTok
		if t.Type != spaceTok && t.Type != commentTok && !empty {
			out = append(out, t)
		}
	}
	return out
}

func startsLine(tokens []lexer.Token, i int) bool { return i == 0 || tokens[i-1].Type == newlineTok }

// wantsName reports whether a statement consists of a keyword that a name follows.
func wantsName(s statement) bool {
	if len(s) != 1 {
		return false
	}
	switch s[0].Value {
	case "model", "const", "input", "param", "state", "output":
		return true
	}
	return false
}

func expectsOperand(t lexer.Token) bool {
	switch t.Value {
	case "+", "-", "*", "/", "^", "=", "<-", ":", ",", "<", ">":
		return true
	}
	return false
}

// continues reports whether a newline before a token does not end the statement.
func continues(cur statement, next lexer.Token) bool {
	if len(cur) == 0 {
		return false
	}
	if expectsOperand(cur[len(cur)-1]) {
		return true
	}
	switch next.Value {
	case "+", "-", "*", "/", "^", "<", ">", "<-", "=", ",", "{":
		return true
	}
	return false
}
