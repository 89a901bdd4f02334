package passes

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestPassesPage holds docs/passes.md to the pipeline: a section and a row a pass, with its Doc and whether it may be left
// out, and a row an ordering.
func TestPassesPage(t *testing.T) {
	page, err := os.ReadFile("../docs/passes.md")
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	for _, p := range Pipeline {
		out := "yes"
		if p.Required != "" {
			out = "no: " + p.Required
		}
		wanted = append(wanted, fmt.Sprintf("\n## %s\n\n%s.", p.Name, strings.ToUpper(p.Doc[:1])+p.Doc[1:]),
			fmt.Sprintf("\n| [%s](#%s) | %s -> %s | %s | %s |", p.Name, p.Name, p.In, p.Out, p.Doc, out))
	}
	for _, o := range Order {
		wanted = append(wanted, fmt.Sprintf("\n| %s | %s | %s |\n", o.Before, o.After, o.Reason))
	}
	for _, want := range wanted {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/passes.md lacks%s", want)
		}
	}
}
