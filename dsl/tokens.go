package dsl

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// TokenKind is what a token is, as far as its characters say.
type TokenKind int

// The kinds.
const (
	WordToken TokenKind = iota // a name, or a word of the language
	NumberToken
	StringToken
	CommentToken
	SignToken    // an operator, a bracket, a comma
	NewlineToken // outside comments
	StrayToken   // no character of the language, or a comment or a string without an end
)

// Token is a word, number or sign of a source, for those who show it.
type Token struct {
	Kind TokenKind
	Text string
	Span diag.Span
}

// kindOf is the kind of a type of the lexer; white space has none.
var kindOf = func() map[lexer.TokenType]TokenKind {
	out := map[lexer.TokenType]TokenKind{}
	for name, kind := range map[string]TokenKind{"Ident": WordToken, "Number": NumberToken, "Frequency": NumberToken, "String": StringToken,
		"Comment": CommentToken, "Arrow": SignToken, "Punct": SignToken, "Newline": NewlineToken, "Unclosed": StrayToken, "Other": StrayToken} {
		out[symbols[name]] = kind
	}
	return out
}()

func tokensOf(file string, tokens []lexer.Token) []Token {
	out := make([]Token, 0, len(tokens))
	for _, t := range tokens {
		if kind, ok := kindOf[t.Type]; ok {
			out = append(out, Token{kind, t.Value, spanOf(file, t, t)})
		}
	}
	return out
}

// Tokens cuts a source, without its white space. It takes any text.
func Tokens(file string, src []byte) []Token { return tokensOf(file, tokenise(file, src)) }

// Statements cuts a source into statements, each of its tokens without comments and line ends. It takes any text.
func Statements(file string, src []byte) [][]Token {
	return statementsOf(file, split(tokenise(file, src)))
}

func statementsOf(file string, statements []statement) (out [][]Token) {
	for _, s := range statements {
		out = append(out, tokensOf(file, s))
	}
	return out
}

// Tokens are those of the source, as the function of this name cuts it.
func (a *AST) Tokens() []Token { return tokensOf(a.File, a.tokens) }

// Statements are those of the source, whether they parsed or not.
func (a *AST) Statements() [][]Token { return statementsOf(a.File, a.statements) }
