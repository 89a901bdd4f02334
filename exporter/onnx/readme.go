package onnx

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

//go:embed README.md.tmpl
var readmeText string

var readme = template.Must(template.New("README.md").Funcs(template.FuncMap{"dims": dims, "ones": ones, "entries": entries, "array": array, "markdown": spell.Markdown}).Parse(readmeText))

// Readme says how the graphs of a model are run, with their names.
func Readme(d Model, graphs []Graph) ([]byte, error) {
	m := d.Fixed
	if m == nil {
		m = d.Real
	}
	step := graphs[0] // the fixed level comes first, a step before a sequence
	lo, hi := m.Input.Range()
	says := struct {
		Model           string
		Graphs          []Graph
		Step            Graph
		Input, Answer   string
		Lowest, Highest int64
		Size            int // entries of x a step
		Token, Values   bool
		Labels          []string
	}{m.Name, graphs, step, step.Inputs[0].Name, "", lo, hi, m.Input.Size, m.Input.Kind == ir.Token, len(m.Input.Channels) > 0, m.Output.Labels}
	for _, p := range step.Outputs {
		if !p.Handed {
			says.Answer = p.Name // the last: what is decided, or the outputs in real units
		}
	}
	var out bytes.Buffer
	if err := readme.Execute(&out, says); err != nil {
		return nil, fmt.Errorf("README.md: %w", err)
	}
	return out.Bytes(), nil
}

func dims(list []any) string {
	if len(list) == 0 {
		return "one number"
	}
	return "[" + sizes(list) + "]"
}

func sizes(list []any) string {
	var words []string
	for _, d := range list {
		words = append(words, fmt.Sprint(d))
	}
	return strings.Join(words, ", ")
}

// ones are the dimensions of a batch of one.
func ones(list []any) string { return strings.ReplaceAll(sizes(list), batch, "1") }

// entries is how many a tensor has, of a batch of one.
func entries(list []any) int {
	n := 1
	for _, d := range list {
		if size, ok := d.(int); ok {
			n *= size
		}
	}
	return n
}

// array is what JavaScript holds a type in.
func array(t string) string {
	return map[string]string{"float32": "Float32Array", "int32": "Int32Array", "int64": "BigInt64Array"}[t]
}
