// Package playground is what the page in web/ asks of hrnnc: each question is a method by name, with arguments and an answer in JSON.
// Models come as text, weights and data as files, which are those of the page in the browser. It decides nothing that the command
// does not: the road is package compiler's, training trainer/study's. Start with Playground.Call; web/wasm hands it to JavaScript.
package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Playground answers the questions of one page. It remembers the last model; calls come one after another.
type Playground struct {
	// Tell hears what a long call is at; it may be nil.
	Tell func(news any)
	last *loaded
}

// method answers one question.
type method func(p *Playground, ctx context.Context, args []byte) (any, error)

// answer makes a method of a function over its arguments.
func answer[A any](f func(*Playground, context.Context, A) (any, error)) method {
	return func(p *Playground, ctx context.Context, args []byte) (any, error) {
		var a A
		if err := json.Unmarshal(args, &a); err != nil {
			return nil, fmt.Errorf("the arguments: %w", err)
		}
		return f(p, ctx, a)
	}
}

var methods = map[string]method{
	"check":    answer((*Playground).check),
	"format":   answer((*Playground).format),
	"hover":    answer((*Playground).hover),
	"complete": answer((*Playground).complete),
	"names":    answer((*Playground).names),
	"rename":   answer((*Playground).rename),
	"passes":   answer((*Playground).passes),
	"code":     answer((*Playground).code),
	"chips":    answer((*Playground).chips),
	"cost":     answer((*Playground).cost),
	"schedule": answer((*Playground).schedule),
	"explore":  answer((*Playground).explore),
	"samples":  answer((*Playground).samples),
	"run":      answer((*Playground).run),
	"design":   answer((*Playground).design),
	"train":    answer((*Playground).train),
	"bundle":   answer((*Playground).bundle),
}

// Methods are the names of the questions.
func Methods() []string { return slices.Sorted(maps.Keys(methods)) }

// Failure is an error as the page shows it: what is wrong with a file is diagnostics.
type Failure struct {
	Message     string       `json:"message"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
}

// Diagnostic is one finding, placed as an editor counts: lines and characters from 1, 0 where there is no line.
type Diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Help     string `json:"help,omitempty"`
	File     string `json:"file,omitempty"`
	Part     string `json:"part,omitempty"` // of a file without lines
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	EndLine  int    `json:"endLine"`
	EndCol   int    `json:"endCol"`
	Fixes    []Fix  `json:"fixes,omitempty"`
}

func listed(l diag.List) []Diagnostic {
	out := make([]Diagnostic, 0, len(l))
	for _, d := range l {
		out = append(out, Diagnostic{Severity: string(d.Severity), Code: d.Code, Message: d.Summary, Help: d.Help, File: d.Span.File, Part: d.Span.What,
			Line: d.Span.Start.Line, Col: d.Span.Start.Col, EndLine: d.Span.End.Line, EndCol: d.Span.End.Col})
	}
	return out
}

// FailureOf is how an error is shown.
func FailureOf(err error) *Failure {
	var list diag.List
	var one *diag.Diagnostic
	f := &Failure{Message: err.Error()}
	if errors.As(err, &list) || errors.As(err, &one) {
		list = compiler.Diagnostics(err)
		f.Diagnostics = listed(list)
		f.Message = list[0].Summary
	}
	return f
}

// Call answers a question: {"answer": ...}, or {"failure": ...}. A panic is a failure too.
func (p *Playground) Call(ctx context.Context, name string, args []byte) (out []byte) {
	fileio.ForgetInputs("/") // each question is a command of its own, which may write over what one before it read
	reply := map[string]any{}
	func() {
		defer func() {
			if r := recover(); r != nil {
				reply["failure"] = &Failure{Message: fmt.Sprintf("%s: %v; this is a bug in hrnnc", name, r)}
			}
		}()
		m, ok := methods[name]
		if !ok {
			reply["failure"] = &Failure{Message: fmt.Sprintf("there is no method %q", name)}
			return
		}
		answer, err := m(p, ctx, args)
		if err != nil {
			reply["failure"] = FailureOf(err)
			return
		}
		reply["answer"] = answer
	}()
	out, err := json.Marshal(reply)
	if err != nil { // a number that JSON cannot say
		out, _ = json.Marshal(map[string]any{"failure": &Failure{Message: fmt.Sprintf("%s: %v", name, err)}})
	}
	return out
}

func (p *Playground) tell(news any) {
	if p.Tell != nil {
		p.Tell(news)
	}
}
