// Command checksite finds links of the built site that lead nowhere: to pages and parts of pages that do not exist, to files that the
// repository does not have, and pages that no other page leads to. It asks no network. Start with check.
//
//	go run ./scripts/checksite build/site   # in the root of the repository
package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// repository is where the pages show files of the repository; site/hugo.toml says so too.
const repository = "https://github.com/hrnnc/hrnnc/blob/main/"

// playground is a folder that is no page of docs/; its own tests know it.
const playground = "playground"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/checksite FOLDER")
		os.Exit(2)
	}
	problems, err := check(os.DirFS(os.Args[1]), os.DirFS("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// page is what links ask of a page.
type page struct {
	ids   map[string]bool
	links []string
}

// check gives a line for each dead link of the site and for each page that none leads to; tree is the repository.
func check(site, tree fs.FS) ([]string, error) {
	pages := map[string]*page{}
	err := fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && name == playground {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		f, err := site.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		root, err := html.Parse(f)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		pages[name] = read(root)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if pages["index.html"] == nil {
		return []string{"the site has no index.html"}, nil
	}
	var problems []string
	reached := map[string]bool{"index.html": true}
	for name, p := range pages {
		for _, link := range p.links {
			to, problem := follow(name, link, pages, site, tree)
			if problem != "" {
				problems = append(problems, fmt.Sprintf("%s links to %s: %s", name, link, problem))
			} else if to != name {
				reached[to] = true
			}
		}
	}
	for name := range pages {
		if !reached[name] {
			problems = append(problems, fmt.Sprintf("no page leads to %s: give it a row in site/data/nav.yaml", name))
		}
	}
	slices.Sort(problems)
	return slices.Compact(problems), nil
}

// read collects the ids and links of a page.
func read(root *html.Node) *page {
	p := &page{ids: map[string]bool{}}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				p.ids[a.Val] = true
			case a.Key == "href" && (n.Data == "a" || n.Data == "link"), a.Key == "src":
				p.links = append(p.links, a.Val)
			}
		}
	}
	return p
}

// follow gives the file of the site that a link leads to, "" where it leads elsewhere, and what is wrong with it.
func follow(from, link string, pages map[string]*page, site, tree fs.FS) (to, problem string) {
	u, err := url.Parse(link)
	if err != nil {
		return "", err.Error()
	}
	if inTree, ours := strings.CutPrefix(link, repository); ours {
		return "", inRepository(inTree, tree)
	}
	if u.Scheme != "" {
		return "", "" // elsewhere: a build asks no network
	}
	if u.Host != "" || strings.HasPrefix(u.Path, "/") {
		return "", "it begins at the root of a server, and the site may lie in any folder: make it relative"
	}
	to = from
	if u.Path != "" {
		to = path.Join(path.Dir(from), u.Path)
	}
	if info, err := fs.Stat(site, to); err != nil || info.IsDir() {
		return "", "there is no such file"
	}
	if u.Fragment != "" && (pages[to] == nil || !pages[to].ids[u.Fragment]) {
		return "", "the page has no part of that name"
	}
	return to, ""
}

// inRepository checks a path in the repository; only pages of the site have parts that can be checked.
func inRepository(link string, tree fs.FS) string {
	name, fragment, _ := strings.Cut(link, "#")
	name, err := url.PathUnescape(name)
	if err != nil {
		return err.Error()
	}
	if _, err := fs.Stat(tree, filepath.ToSlash(strings.TrimSuffix(name, "/"))); err != nil {
		return "the repository has no such file"
	}
	if fragment != "" && path.Ext(name) == ".md" {
		return "a part of a page that is not in the site cannot be checked: give it a row in site/data/nav.yaml, or leave out the part"
	}
	return ""
}
