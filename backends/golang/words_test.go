package golang

import (
	"fmt"
	"go/token"
	"go/types"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/ir"
)

// candidates are Go's words: keywords (package go/token), predeclared identifiers (go/types), names that packages and files give a
// meaning to, and those of the generated packages.
func candidates() []string {
	words := types.Universe.Names()
	for tok := token.Token(0); tok < 256; tok++ {
		if tok.IsKeyword() {
			words = append(words, tok.String())
		}
	}
	return append(append(words, fixed...), strings.Fields("_ init main Main documentation test internal vendor testdata C unsafe math fmt os testing linux amd64 con NUL cmd harness "+
		"i j v b t y got want best limit bits model h U values value u x")...)
}

// TestEveryWord gives the model, its state and its matrices each word as a name, and vets all packages at once.
func TestEveryWord(t *testing.T) {
	dir := t.TempDir()
	all := map[string]string{"go.mod": "module example.com/all\n\ngo 1.22\n"}
	for i, word := range candidates() {
		p := plantest.WithOrder(rand.New(rand.NewSource(int64(i%5))), 1)
		p.Name = word
		p.Layers[0].Name, p.Readout.Matrix.Name = word, word
		if p.Layers[0].Term != nil {
			p.Layers[0].Term.Matrix.Name = word
		}
		path := fmt.Sprintf("p%d", i)
		for name, text := range generate(t, p, backends.Vectors{}, backends.Settings{"import": "example.com/all/" + path}) {
			if name != "go.mod" {
				all[filepath.Join(path, filepath.FromSlash(name))] = text
			}
		}
	}
	write(t, dir, all)
	gotool(t, dir, "vet", "./...")
}

// TestTexts spells names of classes and channels, and lines of the header.
func TestTexts(t *testing.T) {
	texts := []string{"walk/*run", "*/", "//go:build ignore", "+build ignore", "go:embed x", "two\nlines", "say \"hi\" `there`", "\u202eright", "\xff", "C:\\", "%d", "größer", ""}
	rng := rand.New(rand.NewSource(3))
	p := plantest.WithOrder(rng, 2)
	for p.Input.Kind == ir.Token {
		p = plantest.WithOrder(rng, 2)
	}
	for from := range texts {
		p.Name, p.Comment, p.Output.Labels, p.Input.Channels = "gait", texts, nil, nil
		for i := range p.Readout.Matrix.Rows {
			p.Output.Labels = append(p.Output.Labels, texts[(from+i)%len(texts)])
		}
		for i := range p.Input.Size {
			p.Input.Channels = append(p.Input.Channels, ir.Channel{Name: texts[(from+i)%len(texts)], Gain: 2.5, Offset: float64(i)})
		}
		files := generate(t, p, backends.Vectors{}, nil)
		dir := t.TempDir()
		write(t, dir, files)
		if from%4 == 0 {
			gotool(t, dir, "vet", "./...")
		}
	}
}
