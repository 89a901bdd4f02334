// Package lsp serves package dsl/editor by the Language Server Protocol: documents that are open in an editor, their diagnostics while
// they change, and requests about them. It knows no model, reads no file but through what it is given, and writes none. Start with Serve.
package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/handler"

	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Options are what a server knows beyond the text of a document.
type Options struct {
	Version  string
	Language *editor.Language
	// Measure says what a model takes together with its weights; it may take seconds. nil for never.
	Measure func(file, text string) *editor.Measured
	// Pause is how long a document rests before it is measured; 0 for 300 milliseconds.
	Pause time.Duration
}

// ErrNoShutdown is a client that left without a word.
var ErrNoShutdown = diag.InFile("", "").Errorf("editor", "the editor left without asking for a shutdown").
	Helpf("%s", startedByEditor)

const startedByEditor = "hrnnc lsp is started by an editor, and speaks its protocol: docs/editor.md says how to set one up"

// Serve speaks the protocol until the editor says exit or closes the stream. A request that fails, even by a panic, is answered with
// an error, and the next is served.
func Serve(ctx context.Context, in io.Reader, out io.WriteCloser, o Options) error {
	if o.Pause == 0 {
		o.Pause = 300 * time.Millisecond
	}
	s := &server{Options: o, docs: map[string]*open{}}
	s.rpc = jrpc2.NewServer(s.methods(), &jrpc2.ServerOptions{AllowPush: true, DisableBuiltin: true})
	// Reading standard input cannot be interrupted: a pipe behind it can.
	from, to := io.Pipe()
	s.hangUp = func() { to.Close() }
	go func() {
		if _, err := io.Copy(to, in); err != nil {
			to.CloseWithError(err)
			return
		}
		// Who closes the stream is gone, or has said all at once: what came before is still served.
		time.AfterFunc(leaving, s.hangUp)
		_, _ = io.WriteString(to, goodbye) // the pipe may be closed already
	}()
	s.rpc.Start(newInTurn(newFramed(from, out)))
	stop := context.AfterFunc(ctx, s.hangUp)
	defer stop()
	defer from.Close()
	err := s.rpc.Wait()
	s.measuring.Wait()
	s.Lock()
	defer s.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.shut:
		return nil
	case err != nil:
		return err
	}
	return ErrNoShutdown
}

// goodbye is what an editor says at the end, and leaving how long its last requests may take where it does not.
const (
	goodbye = "Content-Length: 33\r\n\r\n" + `{"jsonrpc":"2.0","method":"exit"}`
	leaving = time.Second
)

// server is one connection. The lock guards all below it; handlers of requests hold it only to find their document.
type server struct {
	Options
	rpc       *jrpc2.Server
	hangUp    func() // ends the connection behind what was read
	measuring sync.WaitGroup

	sync.Mutex
	docs             map[string]*open
	ready            bool // initialize was answered
	shut             bool
	snippets, nested bool // the client takes these
}

// open is a document that the editor has open.
type open struct {
	uri     string
	version int
	doc     *editor.Document
	timer   *time.Timer // until it is measured
	busy    bool        // it is being measured
	again   bool        // it changed meanwhile
}

// failed is an answer that says what cannot be done, in words for people.
func failed(err error) error { return jrpc2.Errorf(codeRequestFailed, "%v", err) }

// guarded makes a handler that survives its panics and checks the order of the protocol.
func guarded[P, R any](s *server, method string, h func(ctx context.Context, p P) (R, error)) jrpc2.Handler {
	return func(ctx context.Context, req *jrpc2.Request) (result any, err error) {
		defer func() {
			if r := recover(); r != nil {
				s.say(messageError, fmt.Sprintf("hrnnc lsp: %s failed: %v\n%s", method, r, debug.Stack()))
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "%s failed: %v; please report it, with the model", method, r)
			}
		}()
		var p P
		if req.HasParams() {
			if err := json.Unmarshal([]byte(req.ParamString()), &p); err != nil {
				return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s: %v", method, err)
			}
		}
		s.Lock()
		ready, shut := s.ready, s.shut
		s.Unlock()
		switch {
		case !ready && method != "initialize" && method != "exit":
			return nil, jrpc2.Errorf(codeNotInitialised, "the server is not initialised")
		case shut && method != "exit":
			return nil, jrpc2.Errorf(jrpc2.InvalidRequest, "the server is shut down")
		}
		return h(ctx, p)
	}
}

// about makes a handler of a request about a document. The one that is not open is answered with nothing.
func about[P, R any](s *server, method string, of func(P) string, h func(d *editor.Document, uri string, p P) (R, error)) jrpc2.Handler {
	return guarded(s, method, func(_ context.Context, p P) (any, error) {
		uri := of(p)
		d := s.document(uri)
		if d == nil {
			return nil, nil
		}
		return h(d, uri, p)
	})
}

func (s *server) document(uri string) *editor.Document {
	s.Lock()
	defer s.Unlock()
	if o := s.docs[uri]; o != nil {
		return o.doc
	}
	return nil
}

// methods is all that is understood. A notification that is not is ignored by the protocol's rules, a request refused.
func (s *server) methods() handler.Map {
	in := func(p documentParams) string { return p.TextDocument.URI }
	at := func(p positionParams) string { return p.TextDocument.URI }
	ignored := func(context.Context, json.RawMessage) (any, error) { return nil, nil }
	return handler.Map{
		"initialize":                       guarded(s, "initialize", s.initialize),
		"initialized":                      guarded(s, "initialized", ignored),
		"shutdown":                         guarded(s, "shutdown", s.shutdown),
		"exit":                             guarded(s, "exit", s.exit),
		"$/cancelRequest":                  guarded(s, "$/cancelRequest", ignored), // it is answered already
		"$/setTrace":                       guarded(s, "$/setTrace", ignored),
		"workspace/didChangeConfiguration": guarded(s, "workspace/didChangeConfiguration", ignored),
		"workspace/didChangeWatchedFiles":  guarded(s, "workspace/didChangeWatchedFiles", s.watched),
		"textDocument/didOpen":             guarded(s, "textDocument/didOpen", s.didOpen),
		"textDocument/didChange":           guarded(s, "textDocument/didChange", s.didChange),
		"textDocument/didSave":             guarded(s, "textDocument/didSave", s.didSave),
		"textDocument/didClose":            guarded(s, "textDocument/didClose", s.didClose),
		"textDocument/hover":               about(s, "textDocument/hover", at, hoverAt),
		"textDocument/completion":          about(s, "textDocument/completion", at, s.complete),
		"textDocument/definition":          about(s, "textDocument/definition", at, definition),
		"textDocument/references":          about(s, "textDocument/references", func(p referenceParams) string { return p.TextDocument.URI }, references),
		"textDocument/documentHighlight":   about(s, "textDocument/documentHighlight", at, highlight),
		"textDocument/prepareRename":       about(s, "textDocument/prepareRename", at, prepareRename),
		"textDocument/rename":              about(s, "textDocument/rename", func(p renameParams) string { return p.TextDocument.URI }, s.rename),
		"textDocument/formatting":          about(s, "textDocument/formatting", in, formatting),
		"textDocument/documentSymbol":      about(s, "textDocument/documentSymbol", in, s.symbols),
		"textDocument/semanticTokens/full": about(s, "textDocument/semanticTokens/full", in, colours),
		"textDocument/codeAction":          about(s, "textDocument/codeAction", func(p codeActionParams) string { return p.TextDocument.URI }, codeActions),
	}
}

func (s *server) initialize(_ context.Context, p initializeParams) (any, error) {
	s.Lock()
	defer s.Unlock()
	if s.ready {
		return nil, jrpc2.Errorf(jrpc2.InvalidRequest, "the server is initialised already")
	}
	s.ready = true
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	s.nested = p.Capabilities.TextDocument.DocumentSymbol.Hierarchical
	return map[string]any{
		"serverInfo": map[string]string{"name": "hrnnc", "version": s.Version},
		"capabilities": map[string]any{
			"positionEncoding":           "utf-16",
			"textDocumentSync":           map[string]any{"openClose": true, "change": syncIncremental, "save": true},
			"hoverProvider":              true,
			"completionProvider":         map[string]any{"triggerCharacters": []string{"=", ":", "(", ",", "*", "{", "\""}},
			"definitionProvider":         true,
			"referencesProvider":         true,
			"documentHighlightProvider":  true,
			"renameProvider":             map[string]any{"prepareProvider": true},
			"documentFormattingProvider": true,
			"documentSymbolProvider":     true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix"}},
			"semanticTokensProvider": map[string]any{"full": true,
				"legend": map[string]any{"tokenTypes": editor.ColourKinds, "tokenModifiers": []string{"declaration"}}},
		},
	}, nil
}

func (s *server) shutdown(context.Context, json.RawMessage) (any, error) {
	s.Lock()
	defer s.Unlock()
	s.shut = true
	for _, o := range s.docs {
		o.rest()
	}
	return nil, nil
}

func (s *server) exit(context.Context, json.RawMessage) (any, error) {
	s.hangUp()
	return nil, nil
}

// say writes a message into the editor's log.
func (s *server) say(kind int, text string) {
	// An error says that the connection is gone.
	_ = s.rpc.Notify(context.Background(), "window/logMessage", messageParams{kind, text})
}

// show puts a message before the person.
func (s *server) show(kind int, text string) {
	_ = s.rpc.Notify(context.Background(), "window/showMessage", messageParams{kind, text})
}

// path is the file of a URI: that of a buffer which is not saved, its name.
func path(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return uri
	}
	p := filepath.FromSlash(u.Path)
	if len(p) > 2 && p[2] == ':' { // /C:/...
		p = strings.TrimPrefix(p, string(filepath.Separator))
	}
	return p
}
