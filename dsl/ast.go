package dsl

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// AST is a parsed source: its statements in order. Broken has the tokens of those that did not parse: they may declare names,
// whose uses the checker does not report.
type AST struct {
	File   string
	Stmts  []Stmt
	Broken []statement

	tokens     []lexer.Token
	statements []statement
}

// Stmt is a statement of one of the types below.
type Stmt interface{ span(file string) diag.Span }

// node carries the place of everything parsed; participle fills it in.
type node struct {
	Pos    lexer.Position
	EndPos lexer.Position
	Tokens []lexer.Token
}

func (n node) span(file string) diag.Span {
	if len(n.Tokens) > 0 {
		return spanOf(file, n.Tokens[0], n.Tokens[len(n.Tokens)-1])
	}
	return diag.Span{File: file, Start: position(n.Pos), End: position(n.EndPos)}
}

// The statements. Sizes and types are optional everywhere; the checker infers or asks.
type (
	// ModelStmt names the model.
	ModelStmt struct {
		node
		Name *Name `parser:"'model' @@"`
	}
	// ConstStmt names a number.
	ConstStmt struct {
		node
		Name  *Name `parser:"'const' @@ '='"`
		Value *Expr `parser:"@@"`
	}
	// InputStmt declares what a step receives.
	InputStmt struct {
		node
		Name  *Name     `parser:"'input' @@ ':'"`
		Type  *TypeExpr `parser:"@@"`
		Op    string    `parser:"( @('/' | '*')"`
		Scale *Term     `parser:"@@ )?"`
	}
	// StepsStmt says how long a sequence is.
	StepsStmt struct {
		node
		Count *Expr `parser:"'steps' @@"`
	}
	// RestartStmt says that copies of the states start in turn, and how long each runs.
	RestartStmt struct {
		node
		Count *Expr `parser:"'restart' @@"`
		Hop   *Expr `parser:"'hop' @@"`
	}
	// ParamStmt declares a tensor of the weights file.
	ParamStmt struct {
		node
		Name *Name     `parser:"'param' @@"`
		Type *TypeExpr `parser:"( ':' @@ )?"`
	}
	// StateStmt declares memory.
	StateStmt struct {
		node
		Name     *Name     `parser:"'state' @@"`
		Type     *TypeExpr `parser:"( ':' @@ )?"`
		Range    *Expr     `parser:"( 'range' @@ )?"`
		Headroom *Expr     `parser:"( 'headroom' @@ )?"`
	}
	// UpdateStmt is  h <- expression.
	UpdateStmt struct {
		node
		State *Name `parser:"@@ '<-'"`
		Value *Expr `parser:"@@"`
	}
	// LetStmt is  y = expression.
	LetStmt struct {
		node
		Name  *Name `parser:"@@ '='"`
		Value *Expr `parser:"@@"`
	}
	// OutputStmt says what leaves the model and when.
	OutputStmt struct {
		node
		Name  *Name   `parser:"'output' ( @@ '=' )?"`
		Value *Expr   `parser:"@@"`
		When  []*Name `parser:"( 'at' @@+ | @@+ )?"`
	}
	// LabelsStmt names the classes.
	LabelsStmt struct {
		node
		Labels []string `parser:"'labels' @String ( ',' @String )*"`
	}
	// WeightsStmt names the weights file.
	WeightsStmt struct {
		node
		Path string `parser:"'weights' @String"`
	}
	// BlockStmt is  train { ... },  target NAME { ... }  or  decide { ... }.
	BlockStmt struct {
		node
		Kind  string  `parser:"@('train' | 'target' | 'decide')"`
		Name  *Name   `parser:"@@? '{'"`
		Pairs []*Pair `parser:"@@* '}'"`
	}
	// Pair is one setting of a block.
	Pair struct {
		node
		Key   string   `parser:"@Ident '='"`
		Value []*Value `parser:"( '[' ( @@ ( ',' @@ )* )? ']' | @@ ) ( ',' | ';' )?"`
	}
	// Value is a setting's value, as written.
	Value struct {
		node
		Text string `parser:"@( '-'? Number | Ident | Frequency ) | @String"`
	}
)

// The parts of statements.
type (
	// Name is an identifier and its place.
	Name struct {
		node
		Text string `parser:"@Ident"`
	}
	// TypeExpr is a type name, a shape, or both.
	TypeExpr struct {
		node
		Name  *Name   `parser:"@@?"`
		Shape []*Expr `parser:"( '[' ( @@ ( ',' @@ )* )? ']' )?"`
	}
	// Expr is a sum, or a comparison of two.
	Expr struct {
		node
		Sum   *Sum   `parser:"@@"`
		Op    string `parser:"( @( '>' | '<' )"`
		Right *Sum   `parser:"@@ )?"`
	}
	// Sum is terms added or subtracted.
	Sum struct {
		node
		First *Term     `parser:"@@"`
		Rest  []*Addend `parser:"@@*"`
	}
	// Addend is one further term.
	Addend struct {
		node
		Op   string `parser:"@( '+' | '-' )"`
		Term *Term  `parser:"@@"`
	}
	// Term is factors multiplied or divided.
	Term struct {
		node
		First *Factor    `parser:"@@"`
		Rest  []*MulRest `parser:"@@*"`
	}
	// MulRest is one further factor.
	MulRest struct {
		node
		Op     string  `parser:"@( '*' | '/' )"`
		Factor *Factor `parser:"@@"`
	}
	// Factor is an atom, negated or raised to a power.
	Factor struct {
		node
		Minus bool    `parser:"@'-'?"`
		Atom  *Atom   `parser:"@@"`
		Power *Factor `parser:"( '^' @@ )?"`
	}
	// Atom is a number, a name, a call or an expression in parentheses.
	Atom struct {
		node
		Number string `parser:"  @Number"`
		Call   *Call  `parser:"| @@"`
		Name   *Name  `parser:"| @@"`
		Parens *Expr  `parser:"| '(' @@ ')'"`
	}
	// Call is a function and its arguments.
	Call struct {
		node
		Func *Name  `parser:"@@ '('"`
		Args []*Arg `parser:"( @@ ( ',' @@ )* )? ')'"`
	}
	// Arg is an argument, by position or by name: an expression, or a list of them.
	Arg struct {
		node
		Name  *Name   `parser:"( @@ '=' )?"`
		List  []*Expr `parser:"( '[' @@ ( ',' @@ )* ']'"`
		Value *Expr   `parser:"| @@ )"` // nil of a list
	}
)
