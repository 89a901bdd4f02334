package editors_test

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/modelgen"
)

var update = flag.Bool("update", false, "write the trees of test/corpus anew")

func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s", strings.Join(missing, ", "))
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func runIn(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestSnippetsAreModels fills in every snippet of the extension with what it proposes: it parses.
func TestSnippetsAreModels(t *testing.T) {
	var snippets map[string]struct {
		Prefix string
		Body   []string
	}
	if err := json.Unmarshal([]byte(read(t, "vscode/snippets/hrn.json")), &snippets); err != nil {
		t.Fatal(err)
	}
	for name, s := range snippets {
		text := strings.Join(s.Body, "\n")
		text = regexp.MustCompile(`\$\{\d+:([^}]*)\}`).ReplaceAllString(text, "$1")
		text = strings.ReplaceAll(text, "$0", "")
		ast, errs := dsl.Parse("snippet.hrn", []byte(text))
		if strings.HasPrefix(text, "model") {
			_, more := dsl.Check(ast)
			errs = append(errs, more...)
		}
		if len(errs) > 0 {
			t.Errorf("%s: %v\n%s", name, errs, text)
		}
	}
}

// TestGrammarsKnowTheWords holds both grammars to the words of the language.
func TestGrammarsKnowTheWords(t *testing.T) {
	textMate := read(t, "vscode/syntaxes/hrn.tmLanguage.json")
	treeSitter := read(t, "tree-sitter-hrn/grammar.js") + read(t, "tree-sitter-hrn/queries/highlights.scm")
	for _, w := range dsl.Keywords() {
		if !regexp.MustCompile(`[(|]`+w.Name+`[)|]`).MatchString(textMate) || !strings.Contains(treeSitter, "'"+w.Name+"'") || !strings.Contains(treeSitter, `"`+w.Name+`"`) {
			t.Errorf("a grammar does not know %s", w.Name)
		}
	}
	for _, w := range append(slices.Clone(dsl.Functions), dsl.Options...) {
		if !regexp.MustCompile(`[(|]` + w.Name + `[)|]`).MatchString(textMate) {
			t.Errorf("the grammar of VS Code does not know %s", w.Name)
		}
	}
}

// TestVSCodePackage builds the extension as a person would, in a copy, and tests its grammar by its own tool.
func TestVSCodePackage(t *testing.T) {
	need(t, "node", "npm")
	dir := t.TempDir()
	copyTree(t, "vscode", filepath.Join(dir, "editors", "vscode"))
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(read(t, "../LICENSE")), 0o644); err != nil {
		t.Fatal(err)
	}
	vsix := filepath.Join(dir, "hrnnc.vsix")
	out, err := runIn(t, dir, "bash", "editors/vscode/package.sh", vsix)
	if err != nil {
		if strings.Contains(out, "npm error code E") || strings.Contains(out, "npm ERR! code E") {
			t.Skipf("skipped: no packages of npm\n%.400s", out)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	z, err := zip.OpenReader(vsix)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	for _, want := range []string{"extension.vsixmanifest", "extension/package.json", "extension/dist/client.js", "extension/syntaxes/hrn.tmLanguage.json",
		"extension/snippets/hrn.json", "extension/language-configuration.json", "extension/LICENSE.txt", "extension/readme.md"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s in %v", want, names)
		}
	}
	if out, err := runIn(t, filepath.Join(dir, "editors", "vscode"), "npm", "test", "--silent"); err != nil {
		t.Errorf("the grammar: %v\n%s", err, out)
	}
}

// copyTree copies a folder without what is built in it.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "node_modules" || name == "dist":
		case e.IsDir():
			copyTree(t, filepath.Join(from, name), filepath.Join(to, name))
		default:
			if err := os.WriteFile(filepath.Join(to, name), []byte(read(t, filepath.Join(from, name))), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// treeSitter compiles the grammar with a program that parses files.
func treeSitter(t *testing.T) (drive string) {
	t.Helper()
	need(t, "gcc", "/usr/include/tree_sitter/api.h")
	drive = filepath.Join(t.TempDir(), "drive")
	if out, err := runIn(t, "tree-sitter-hrn", "gcc", "-O1", "-std=c11", "-I", "src", "-o", drive, "src/parser.c", "test/drive.c", "-ltree-sitter"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return drive
}

// TestTreeSitterCorpus holds the trees of test/corpus.
func TestTreeSitterCorpus(t *testing.T) {
	drive := treeSitter(t)
	files, _ := filepath.Glob("tree-sitter-hrn/test/corpus/*.txt")
	if len(files) == 0 {
		t.Fatal("no corpus")
	}
	source := filepath.Join(t.TempDir(), "source.hrn")
	for _, file := range files {
		var written strings.Builder
		cases := regexp.MustCompile(`(?ms)^={3,}\n(.*?)\n={3,}\n\n(.*?)\n-{3,}\n(.*?)(?:\n\n|\n*\z)(?:=|\z)`)
		for text := read(t, file); text != ""; {
			m := cases.FindStringSubmatchIndex(text)
			if m == nil {
				t.Fatalf("%s: no case in %.100q", file, text)
			}
			name, code, want := text[m[2]:m[3]], text[m[4]:m[5]], strings.TrimSpace(text[m[6]:m[7]])
			if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := runIn(t, ".", drive, source)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got := indented(out[strings.Index(out, "("):])
			if !*update {
				if d := cmp.Diff(indented(want), got); d != "" {
					t.Errorf("%s: -want +got\n%s", name, d)
				}
			}
			line := strings.Repeat("=", 80)
			fmt.Fprintf(&written, "%s\n%s\n%s\n\n%s\n%s\n\n%s\n\n", line, name, line, code, strings.Repeat("-", 80), got)
			if text = text[m[1]:]; text != "" {
				text = "=" + text
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.TrimSuffix(written.String(), "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// indented writes an S-expression with a node a line.
func indented(s string) string {
	var b strings.Builder
	depth := 0
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
	for i, w := range words {
		switch {
		case w == "(":
			if depth > 0 && !strings.HasSuffix(words[i-1], ":") {
				b.WriteString("\n" + strings.Repeat("  ", depth))
			}
			b.WriteString("(")
			depth++
		case w == ")":
			depth--
			b.WriteString(")")
		case strings.HasSuffix(w, ":"):
			b.WriteString("\n" + strings.Repeat("  ", depth) + w + " ")
		default:
			if words[i-1] != "(" {
				b.WriteString(" ")
			}
			b.WriteString(w)
		}
	}
	return b.String()
}

// TestTreeSitterTakesEveryModel parses all models of the repository, those of the documentation and random ones: what the language takes, the
// grammar takes.
func TestTreeSitterTakesEveryModel(t *testing.T) {
	drive := treeSitter(t)
	dir := t.TempDir()
	var files []string
	for _, pattern := range []string{"../examples/*/*.hrn", "../dsl/testdata/models/*.hrn", "../cmd/hrnnc/testdata/*/*.hrn", "vscode/test/*.hrn"} {
		found, _ := filepath.Glob(pattern)
		files = append(files, found...)
	}
	add := func(text string) {
		file := filepath.Join(dir, fmt.Sprintf("%d.hrn", len(files)))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for seed := range int64(100) {
		m, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 16})
		if err != nil {
			t.Fatal(err)
		}
		add(m.Text)
	}
	for _, m := range regexp.MustCompile("(?s)```hrn\n(.*?)```").FindAllStringSubmatch(read(t, "../docs/language.md"), -1) {
		add(m[1])
	}
	if len(files) < 130 {
		t.Fatalf("only %d models", len(files))
	}
	out, err := runIn(t, ".", drive, files...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	trees := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(trees) != len(files) {
		t.Fatalf("%d trees of %d files", len(trees), len(files))
	}
	for i, tree := range trees {
		if strings.HasPrefix(tree, "ERROR") {
			t.Errorf("%s: %.200s\n%.1000s", files[i], tree, read(t, files[i]))
		}
	}
}

// TestTreeSitterHighlights runs the queries: each is one for this grammar, and words are what they are.
func TestTreeSitterHighlights(t *testing.T) {
	drive := treeSitter(t)
	source := filepath.Join(t.TempDir(), "source.hrn")
	if err := os.WriteFile(source, []byte("model m // é\nparam U : int4[4, 2]\nh <- hadamard(h, rounding = staged) + U*x\noutput y at last\ntarget c { mcu = atmega328p }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	queries, _ := filepath.Glob("tree-sitter-hrn/queries/*.scm")
	for _, q := range queries {
		out, err := runIn(t, ".", drive, "-q", q, source)
		if err != nil {
			t.Fatalf("%s: %v\n%s", q, err, out)
		}
		if filepath.Base(q) != "highlights.scm" {
			continue
		}
		for _, want := range []string{"1:1 keyword model", "1:7 namespace m", "1:9 comment // é", "2:11 type int4", "3:3 operator <-", "3:6 function.builtin hadamard",
			"3:18 variable.parameter rounding", "3:29 constant.builtin staged", "4:10 keyword at last", "5:8 namespace c", "5:12 property mcu", "5:18 constant atmega328p"} {
			if !strings.Contains(out, want+"\n") {
				t.Errorf("%s has no %q:\n%s", q, want, out)
			}
		}
	}
}

// TestTreeSitterIsGenerated generates the parser anew and holds it to the one that is committed.
func TestTreeSitterIsGenerated(t *testing.T) {
	if _, err := exec.LookPath("tree-sitter"); err != nil {
		t.Skip("skipped: no tree-sitter, the command; Debian has it from version 13 on as tree-sitter-cli")
	}
	dir := filepath.Join(t.TempDir(), "grammar")
	copyTree(t, "tree-sitter-hrn", dir)
	if out, err := runIn(t, dir, "tree-sitter", "generate", "--abi", "14"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// Versions differ in the C that they write, and agree on the grammar.
	var was, is any
	for file, into := range map[string]*any{"tree-sitter-hrn/src/grammar.json": &was, filepath.Join(dir, "src/grammar.json"): &is} {
		if err := json.Unmarshal([]byte(read(t, file)), into); err != nil {
			t.Fatal(err)
		}
	}
	rules := func(v any) any { m, _ := v.(map[string]any); return m["rules"] }
	if d := cmp.Diff(rules(was), rules(is)); d != "" {
		t.Errorf("src is not of grammar.js: tree-sitter generate --abi 14\n%s", d)
	}
}
