package lsp

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/creachadair/jrpc2/channel"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// longest is how many bytes a message may have: a model's text has at most a few thousand.
const longest = 64 << 20

// framed reads messages behind headers that end with an empty line, as channel.LSP does, and refuses those that memory may not do for.
type framed struct {
	channel.Channel // to send
	in              *bufio.Reader
}

func newFramed(in io.Reader, out io.WriteCloser) *framed {
	return &framed{channel.LSP(in, out), bufio.NewReader(in)}
}

func (f *framed) Recv() ([]byte, error) {
	size, err := f.header()
	if err != nil {
		return nil, err
	}
	msg := make([]byte, size)
	if _, err := io.ReadFull(f.in, msg); err != nil {
		return nil, notAnEditor("ends in the middle of a message")
	}
	return msg, nil
}

// header gives the length of the message behind it, and io.EOF where there is none.
func (f *framed) header() (size int, err error) {
	for size, first := -1, true; ; first = false {
		line, err := f.in.ReadSlice('\n')
		switch {
		case err == io.EOF && first && len(line) == 0:
			return 0, io.EOF
		case err != nil:
			return 0, notAnEditor("has a header without an end")
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			if size < 0 {
				return 0, notAnEditor("has a header without Content-Length")
			}
			return size, nil
		}
		key, value, ok := strings.Cut(text, ":")
		if !ok {
			return 0, notAnEditor("has a header that is none: " + diag.Short(strconv.Quote(text)))
		}
		if strings.EqualFold(key, "Content-Length") {
			if size, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || size < 0 || size > longest {
				return 0, notAnEditor(fmt.Sprintf("has a message of %s bytes; 0 to %d are taken", diag.Short(strings.TrimSpace(value)), longest))
			}
		}
	}
}

// notAnEditor is about an input that does not speak the protocol.
func notAnEditor(what string) error {
	return diag.InFile("", "").Errorf("editor", "the input %s", what).Helpf("%s", startedByEditor)
}
