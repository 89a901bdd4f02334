package importer

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// inputOf says how the inputs of the authors' data sets arrive.
var inputOf = map[string]struct{ input, scale string }{
	"copymemory": {"onehot", ""},
	"pmnist":     {"u8", "1/255"},
	"smnist":     {"u8", "1/255"},
	"seqmnist":   {"u8", "1/255"},
}

// text writes model.hrn.
func (im *importing) text() (string, error) {
	input, flow, err := im.input()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("// Imported from %s.", diag.Short(filepath.Base(im.f.Path)))
	line("model %s", im.name())
	line("%s", input)
	if im.o.Steps > 0 {
		line("steps %d", im.o.Steps)
	}
	line("")
	if im.vocab > 0 {
		line("param E : int8[%d, %d]", im.vocab, im.d)
	}
	line("param U : %s[%d, %d]", im.uKind, im.n, im.d)
	if im.two {
		line("param B : %s[%d, %d]", im.bKind, im.n, im.n)
	}
	for i, dense := range im.dense {
		if dense {
			line("param %s : [%d, %d]  // a permuted, signed Hadamard", layerRoles[i].matrix, im.n, im.n)
		}
	}
	for i, has := range im.bias {
		if has {
			line("param %s : [%d]", []string{"b", "b2"}[i], im.n)
		}
	}
	line("param V : %s[%d, %d]", im.vKind, im.rows, im.n)
	if im.cBias {
		line("param c : [%d]", im.rows)
	}
	line("")
	stateBits := im.o.StateBits
	if stateBits == 0 {
		stateBits = 16
	}
	line("state %s : int%d[%d]", im.stateName(0), stateBits, im.n)
	if im.two {
		line("state h2 : int%d[%d]", stateBits, im.n)
	}
	line("")
	for _, l := range im.equations(flow) {
		line("%s", l)
	}
	line("")
	line("weights \"%s\"", WeightsName)
	return b.String(), nil
}

func (im *importing) equations(flow string) []string {
	h := im.stateName(0)
	recurrence := fmt.Sprintf("hadamard(%s)", h)
	if im.dense[0] {
		recurrence = "W*" + h
	} else if im.block != im.n {
		recurrence = fmt.Sprintf("hadamard(%s, block = %d)", h, im.block)
	}
	plus := func(has bool, name string) string {
		if has {
			return " + " + name
		}
		return ""
	}
	relu := func(s string) string {
		if im.c.Relu {
			return "relu(" + s + ")"
		}
		return s
	}
	out := []string{fmt.Sprintf("%s <- %s + %s%s", h, recurrence, flow, plus(im.bias[0], "b"))}
	if im.two {
		recurrence = "hadamard(h2)"
		if im.dense[1] {
			recurrence = "W2*h2"
		}
		out = append(out, fmt.Sprintf("h2 <- %s + B*%s%s", recurrence, relu("h1"), plus(im.bias[1], "b2")))
		h = "h2"
	}
	when := "at last"
	if im.c.EachStep {
		when = "at every step"
	}
	decision := "class = argmax(y)"
	if im.rows == 1 {
		decision = "positive = y > 0"
	}
	return append(out, fmt.Sprintf("y = V*%s%s", relu(h), plus(im.cBias, "c")), fmt.Sprintf("output %s %s", decision, when))
}

// input writes the declaration of the input, and what of it flows into the first layer.
func (im *importing) input() (declaration, flow string, err error) {
	kind, scale := im.o.Input, im.o.Scale
	if guess, ok := inputOf[strings.ToLower(im.c.Dataset)]; ok && kind == "" {
		kind = guess.input
		if scale == "" {
			scale = guess.scale
		}
		im.note("inputs are taken to be %s, as in the data set %s", kind, im.c.Dataset)
	}
	if im.vocab > 0 {
		if kind != "" && kind != "token" {
			return "", "", diag.InFile(im.f.Path, "").Errorf("input", "the model embeds tokens; its input is not %s", kind).Helpf("leave --input out")
		}
		return fmt.Sprintf("input t : token[%d]", im.vocab), "U*embed(E, t)", nil
	}
	switch kind {
	case "":
		return "", "", diag.InFile(im.f.Path, "").Errorf("input", "the checkpoint does not say what its %d inputs are", im.d).
			Helpf("give --input u8 --input-scale 1/255 for pixels, --input i16 --input-scale 0.001 for samples, or --input onehot for symbols")
	case "onehot", "token":
		if im.d < 2 {
			return "", "", diag.InFile(im.f.Path, "").Errorf("input", "one input is no one-hot symbol").Helpf("give --input u8 or the like")
		}
		return fmt.Sprintf("input t : token[%d]", im.d), "U*onehot(t)", nil
	}
	switch {
	case scale == "":
	case strings.HasPrefix(scale, "1/"):
		scale = " / " + strings.TrimPrefix(scale, "1/")
	default:
		scale = " * " + scale
	}
	return fmt.Sprintf("input x : %s[%d]%s", kind, im.d, scale), "U*x", nil
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// name makes an identifier of the checkpoint's file name.
func (im *importing) name() string {
	name := im.o.Name
	if name == "" {
		base := filepath.Base(im.f.Path)
		name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	name = strings.Trim(notName.ReplaceAllString(name, "_"), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' || dsl.IsKeyword(name) {
		name = strings.TrimSuffix("hadamrnn_"+name, "_")
	}
	return name
}
