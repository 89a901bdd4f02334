package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWhyNamesItsFigures finds each figure of docs/why.md on a page that its own paragraph links to.
func TestWhyNamesItsFigures(t *testing.T) {
	const name = "docs/why.md"
	figure := regexp.MustCompile(`(?:^|[ (])(\d[\d,]*(?:\.\d+)?)(?:[ ,.;:)]|$)`)
	found := 0
	for _, paragraph := range strings.Split(strings.ReplaceAll(pages(t)[name], "\n**", "\n\n**"), "\n\n") {
		var linked strings.Builder
		for _, m := range link.FindAllStringSubmatch(paragraph, -1) {
			text, err := os.ReadFile(filepath.Join(root(t), "docs", filepath.FromSlash(m[1])))
			if err != nil {
				t.Fatal(err)
			}
			linked.Write(text)
		}
		said := code.ReplaceAllString(regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(paragraph, "]"), "")
		for _, m := range figure.FindAllStringSubmatch(strings.Join(strings.Fields(said), "  "), -1) {
			found++
			whole := regexp.MustCompile(`(^|[^\d.,])` + regexp.QuoteMeta(strings.TrimRight(m[1], ",")) + `([^\d]|$)`)
			if !whole.MatchString(linked.String()) {
				t.Errorf("%s says %s, which no page has that its paragraph links to:\n%s", name, m[1], paragraph)
			}
		}
	}
	if found < 20 {
		t.Errorf("%s has %d figures only: is the test reading it right?", name, found)
	}
}
