package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestNavigation holds site/data/nav.yaml to the pages: every page of docs/ is in one group, once, and every row is a page.
func TestNavigation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "site", "data", "nav.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var nav []struct {
		Title, About string
		Pages        []struct {
			Page, Title string
			Expected    bool
		}
	}
	if err := yaml.UnmarshalWithOptions(data, &nav, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, group := range nav {
		if group.Title == "" || group.About == "" || len(group.Pages) == 0 {
			t.Errorf("site/data/nav.yaml: the group %q lacks its title, what it is about, or pages", group.Title)
		}
		for _, p := range group.Pages {
			if slices.Contains(rows, p.Page) {
				t.Errorf("site/data/nav.yaml has %s twice", p.Page)
			}
			if p.Title == "" || !p.Expected && !exists(t, p.Page) {
				t.Errorf("site/data/nav.yaml: the row of %q has no title, or there is no such page", p.Page)
			}
			rows = append(rows, p.Page)
		}
	}
	for _, pattern := range []string{"docs/*.md", "docs/benchmarks/*.md", "*.md", "examples/README.md", "examples/*/README.md"} {
		files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name, err := filepath.Rel(root(t), f)
			if err != nil {
				t.Fatal(err)
			}
			if name = filepath.ToSlash(name); !slices.Contains(rows, name) {
				t.Errorf("%s is in no group of site/data/nav.yaml: add a row where a reader looks for it,  - {page: %s, title: %s}", name, name,
					strings.TrimSuffix(filepath.Base(name), ".md"))
			}
		}
	}
}
