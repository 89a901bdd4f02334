package diag

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const source = "model bad\nstate h : int16[48]\n\th <- hadamard(h) + ü*x\n"

func span(line, col, end int) Span {
	return Span{File: "bad.hrn", Start: Pos{Line: line, Col: col}, End: Pos{Line: line, Col: end}}
}

func render(t *testing.T, r Renderer, l List) string {
	t.Helper()
	var b strings.Builder
	r.Source = func(string) []byte { return []byte(source) }
	if err := r.RenderAll(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRender(t *testing.T) {
	var l List
	l.Add(At(span(3, 19, 20)).Errorf("shape", "the operands of + differ: [48] and [64]").
		Notef(span(2, 1, 20), "[48], state h").Notef(span(3, 21, 24), "[64], from ü").Helpf("declare  state h : int16[64]"))
	l.Add(InFile("model.safetensors", "tensor U").Errorf("weights", "entry 3 is NaN").Helpf("train it again"))
	l.Add(At(span(99, 1, 2)).Warningf("unused", "param b is not used"))
	want := `bad.hrn:3:19: error[shape]: the operands of + differ: [48] and [64]
  3 |  h <- hadamard(h) + ü*x
    |                   ^
  2 | state h : int16[48]
    | ------------------- [48], state h
  3 |  h <- hadamard(h) + ü*x
    |                     --- [64], from ü
  help: declare  state h : int16[64]

model.safetensors: tensor U: error[weights]: entry 3 is NaN
  help: train it again

bad.hrn:99:1: warning[unused]: param b is not used
`
	if d := cmp.Diff(want, render(t, Renderer{}, l)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if got := render(t, Renderer{Color: true}, l[2:]); !strings.Contains(got, yellow) || !strings.HasSuffix(got, reset+"\n") {
		t.Errorf("no colour in %q", got)
	}
}

func TestListIsAnErrorWhenOneIs(t *testing.T) {
	warning := List{At(span(1, 1, 2)).Warningf("unused", "w")}
	if warning.Err() != nil {
		t.Error("a list of warnings is an error")
	}
	if both := append(warning, At(span(1, 1, 2)).Errorf("shape", "e")); both.Err() == nil || strings.Count(both.Error(), "\n") != 1 {
		t.Error("a list with an error is none, or not one line each")
	}
}
