package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// TestSite builds the site as scripts/site.sh does, which fails on a page, a picture or a link that leads nowhere.
func TestSite(t *testing.T) {
	if missing := exttool.Missing("hugo"); len(missing) > 0 {
		t.Skipf("skipped: no hugo (apt-get install %s)", exttool.Package("hugo"))
	}
	to := t.TempDir()
	c := exec.Command("bash", filepath.Join("..", "site.sh"), "--to", to)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range []string{"index.html", "docs/quickstart.html", "search-index.js", "site.js", "style.css"} {
		data, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(file)))
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(string(data), "ZgotmplZ") {
			t.Errorf("%s: a template put text where it is not safe", file)
		}
	}
}

// TestCheck finds each kind of dead link, and nothing in a site without one.
func TestCheck(t *testing.T) {
	file := func(body string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("<!doctype html>" + body)} }
	tree := fstest.MapFS{"examples/a/model.hrn": file(""), "internal/x/README.md": file("")}
	good := fstest.MapFS{
		"index.html":    file(`<a href="docs/a.html#part">a</a><link rel="stylesheet" href="style.css">`),
		"style.css":     file(""),
		"docs/a.html":   file(`<h2 id="part">x</h2><a href="#part">here</a><a href="../index.html">up</a><a href="https://example.org/x">out</a>` + `<a href="` + repository + `examples/a/model.hrn#L3">m</a>`),
		"docs/pic.webp": file(""),
	}
	if got, err := check(good, tree); err != nil || len(got) != 0 {
		t.Errorf("a good site: %q, %v", got, err)
	}
	for link, want := range map[string]string{
		"gone.html":                           "there is no such file",
		"../docs":                             "there is no such file",
		"a.html#other":                        "no part of that name",
		"#nowhere":                            "no part of that name",
		"/docs/a.html":                        "begins at the root",
		"//example.org/x":                     "begins at the root",
		repository + "examples/b.hrn":         "the repository has no such file",
		repository + "../etc":                 "the repository has no such file",
		repository + "internal/x/README.md#y": "not in the site",
		"%zz":                                 "invalid URL escape",
	} {
		bad := fstest.MapFS{"docs/b.html": file(`<a href="` + link + `">x</a>`)}
		for name, f := range good {
			bad[name] = f
		}
		bad["index.html"] = file(`<a href="docs/a.html">a</a><a href="docs/b.html">b</a>`)
		got, err := check(bad, tree)
		if err != nil || len(got) != 1 || !strings.Contains(got[0], want) || !strings.HasPrefix(got[0], "docs/b.html links to "+link) {
			t.Errorf("%s: %q, %v; want %q", link, got, err, want)
		}
	}
	bad := fstest.MapFS{"index.html": file(""), "docs/lost.html": file(`<a href="lost.html">me</a>`)}
	if got, _ := check(bad, tree); len(got) != 1 || !strings.Contains(got[0], "no page leads to docs/lost.html") {
		t.Errorf("a page that none leads to: %q", got)
	}
}

// TestRepository holds the place of files to that in the site's settings, and to the name of the module.
func TestRepository(t *testing.T) {
	for file, want := range map[string]string{"site/hugo.toml": `repository = "` + repository + `"`, "go.mod": "module " + strings.TrimSuffix(strings.TrimPrefix(repository, "https://"), "/blob/main/") + "\n"} {
		data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), want) {
			t.Errorf("%s does not say %s", file, want)
		}
	}
}

// TestSiteKeepsFolders writes into no folder that holds something else.
func TestSiteKeepsFolders(t *testing.T) {
	if missing := exttool.Missing("hugo"); len(missing) > 0 {
		t.Skipf("skipped: no hugo (apt-get install %s)", exttool.Package("hugo"))
	}
	to := t.TempDir()
	thesis := filepath.Join(to, "thesis.txt")
	if err := os.WriteFile(thesis, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("bash", filepath.Join("..", "site.sh"), "--to", to).CombinedOutput()
	if err == nil || !strings.Contains(string(out), to+" holds files") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(thesis); err != nil {
		t.Error(err)
	}
}
