package lsp

import (
	"bytes"
	"encoding/json"
	"sync"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// inTurn hands on a message only when the requests before it are answered: jrpc2 serves requests side by side, and one that changes
// what the next may do, as initialize and shutdown are, or that asks about a text which the next message changes, must come first.
// Requests take about a millisecond, so that none is worth to be served or cancelled beside another.
type inTurn struct {
	channel.Channel
	sync.Mutex
	changed    sync.Cond
	unanswered int // requests that were handed on
	closed     bool
}

func newInTurn(c channel.Channel) *inTurn {
	t := &inTurn{Channel: c}
	t.changed.L = t
	return t
}

func (t *inTurn) Recv() ([]byte, error) {
	t.Lock()
	for t.unanswered > 0 && !t.closed {
		t.changed.Wait()
	}
	t.Unlock()
	msg, err := t.Channel.Recv()
	if err != nil {
		return msg, err
	}
	t.Lock()
	defer t.Unlock()
	t.unanswered = requests(msg)
	return msg, nil
}

func (t *inTurn) Send(msg []byte) error {
	err := t.Channel.Send(msg)
	t.Lock()
	defer t.Unlock()
	t.unanswered -= answers(msg)
	t.changed.Broadcast()
	return err
}

func (t *inTurn) Close() error {
	t.Lock()
	defer t.Unlock()
	t.closed = true
	t.changed.Broadcast()
	return t.Channel.Close()
}

// requests are those in a message, which may be a list of them, that get an answer with their number.
func requests(msg []byte) (n int) {
	parsed, err := jrpc2.ParseRequests(msg)
	if err != nil {
		return 0
	}
	for _, p := range parsed {
		if p.ID != "" {
			n++
		}
	}
	return n
}

// answers are those in a message of the server that have the number of a request. What it says unasked has none.
func answers(msg []byte) (n int) {
	type answer struct{ ID *json.RawMessage }
	list := make([]answer, 1)
	if msg = bytes.TrimSpace(msg); bytes.HasPrefix(msg, []byte("[")) {
		// jrpc2 wrote it: it can be read.
		_ = json.Unmarshal(msg, &list)
	} else {
		_ = json.Unmarshal(msg, &list[0])
	}
	for _, a := range list {
		if a.ID != nil {
			n++
		}
	}
	return n
}
