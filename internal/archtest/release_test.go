package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestChangelog holds CHANGELOG.md to the form that it says it has: versions from the newest down, each with a date, and in them
// the kinds of changes of Keep a Changelog.
func TestChangelog(t *testing.T) {
	text := read(t, "CHANGELOG.md")
	headings := regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1)
	if len(headings) == 0 || headings[0][1] != "[Unreleased]" {
		t.Fatal("CHANGELOG.md does not begin with [Unreleased]")
	}
	newest := ""
	for _, h := range headings[1:] {
		m := regexp.MustCompile(`^\[([0-9]+\.[0-9]+\.[0-9]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$`).FindStringSubmatch(h[1])
		if m == nil || newest != "" && semver.Compare("v"+m[1], newest) >= 0 {
			t.Errorf("%q is no version below %s with a date", h[1], newest)
			continue
		}
		newest = "v" + m[1]
	}
	for _, k := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains([]string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}, k[1]) {
			t.Errorf("%q is no kind of change", k[1])
		}
	}
	for _, h := range headings {
		if name, _, _ := strings.Cut(strings.TrimPrefix(h[1], "["), "]"); !strings.Contains(text, "\n["+name+"]: https://") {
			t.Errorf("CHANGELOG.md has no link for %s", name)
		}
	}
}

// TestRelease holds the recipe of releases to the tree: what it sets and packs exists.
func TestRelease(t *testing.T) {
	recipe := read(t, ".goreleaser.yaml")
	m := regexp.MustCompile(`-X (\S+)\.(\w+)=`).FindStringSubmatch(recipe)
	if m == nil {
		t.Fatal("the recipe sets no version")
	}
	folder := strings.TrimPrefix(m[1], module+"/")
	if !strings.Contains(read(t, folder+"/version.go"), "\nvar "+m[2]+" = \"") {
		t.Errorf("the recipe sets %s.%s, which is no variable of %s/version.go", m[1], m[2], folder)
	}
	if !strings.Contains(read(t, "docs/release.md"), "-X "+m[1]+"."+m[2]+"=") {
		t.Errorf("docs/release.md builds without -X %s.%s", m[1], m[2])
	}
	for _, src := range regexp.MustCompile(`(?m)- src: (\S+)$`).FindAllStringSubmatch(recipe, -1) {
		if !exists(t, src[1]) {
			t.Errorf("the recipe packs %s, which does not exist", src[1])
		}
	}
	for _, want := range []string{"version: 2\n", "-trimpath", "CGO_ENABLED=0", `mod_timestamp: "{{ .CommitTimestamp }}"`, "sboms:", "checksum:"} {
		if !strings.Contains(recipe, want) {
			t.Errorf("the recipe lacks %q", want)
		}
	}
}
