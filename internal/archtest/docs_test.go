package archtest

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// pages gives the texts of docs/*.md, README.md and CONTRIBUTING.md by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("docs/ holds no page (%v)", err)
	}
	out := map[string]string{}
	for _, f := range append(files, filepath.Join(root(t), "README.md"), filepath.Join(root(t), "CONTRIBUTING.md")) {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root(t), f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.ToSlash(name)] = string(text)
	}
	return out
}

// block is a fenced block of a page: the words behind its fence, and its lines.
type block struct {
	info  []string
	lines []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func blocks(page string) []block {
	var out []block
	var open *block
	for _, line := range strings.Split(page, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{info: strings.Fields(info)}
		case fence:
			out, open = append(out, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		}
	}
	return out
}

// missingFrom gives the lines of an excerpt that do not stand together in a text, or not behind those before them. A
// line "..." stands for lines left out.
func (b block) missingFrom(text string) string {
	for _, part := range strings.Split("\n"+b.text(), "\n...\n") {
		part = strings.Trim(part, "\n") + "\n"
		_, rest, found := strings.Cut("\n"+text, "\n"+part)
		if !found {
			return part
		}
		text = rest
	}
	return ""
}

// TestExcerpts holds the fenced blocks of the pages to what they are parts of. The words behind the fence's language say
// what that is: a section of a golden file, the output of "hrnnc ir MODEL [--after PASS]", the first layer of a plan, a file that
// compiling examples/copy writes, or a file of the tree.
func TestExcerpts(t *testing.T) {
	files := compiled(t)
	for name, page := range pages(t) {
		for _, b := range blocks(page) {
			if len(b.info) < 2 || strings.HasPrefix(b.info[1], "tiny-") {
				continue
			}
			source := strings.Join(b.info[1:], " ")
			text, err := sourceText(t, b.info[1:], files)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if part := b.missingFrom(text); part != "" {
				t.Errorf("%s shows what does not stand, or stands elsewhere, in %s:\n%s", name, source, part)
			}
		}
	}
}

func sourceText(t *testing.T, source []string, files map[string]string) (string, error) {
	switch {
	case source[0] == "hrnnc" && len(source) >= 3 && source[1] == "ir":
		after := ""
		if len(source) == 5 {
			after = source[4]
		}
		m, err := compiler.Load(filepath.Join(root(t), filepath.FromSlash(source[2])), "")
		if err != nil {
			return "", err
		}
		module, err := m.IRAfter(after, passes.Config{})
		if err != nil {
			return "", err
		}
		return ir.Text(module), nil
	case strings.HasSuffix(source[0], ".txtar") && len(source) == 2:
		arch, err := txtar.ParseFile(filepath.Join(root(t), filepath.FromSlash(source[0])))
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(arch.Files, func(f txtar.File) bool { return f.Name == source[1] })
		if i < 0 {
			return "", fmt.Errorf("%s has no section %s", source[0], source[1])
		}
		return string(arch.Files[i].Data), nil
	}
	if source[0] == "plan" && len(source) == 2 {
		return planText(t, source[1])
	}
	if text, ok := files[source[0]]; ok {
		return text, nil
	}
	data, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(source[0])))
	return string(data), err
}

// planText lists the fields of the first layer of a model's plan.
func planText(t *testing.T, model string) (string, error) {
	m, err := compiler.Load(filepath.Join(root(t), filepath.FromSlash(model)), "")
	if err != nil {
		return "", err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	layer := reflect.ValueOf(l.Plan.Layers[0])
	for i := range layer.NumField() {
		fmt.Fprintf(&b, "%s: %+v\n", layer.Type().Field(i).Name, layer.Field(i).Interface())
	}
	return b.String(), nil
}

// compiled is what hrnnc compile examples/copy/model.hrn writes, by path.
func compiled(t *testing.T) map[string]string {
	t.Helper()
	m, err := compiler.Load(filepath.Join(root(t), "examples", "copy", "model.hrn"), "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := l.Compile(context.Background(), compiler.Targets)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for target, files := range o.Files {
		for _, f := range files {
			out["build/copy/"+target+"/"+f.Path] = string(f.Data)
		}
	}
	return out
}

// TestExample runs the model of docs/ir.md: its fixed level there, and the numbers of docs/numerics.md section 6.
func TestExample(t *testing.T) {
	all := pages(t)
	text := map[string]string{}
	for _, b := range blocks(all["docs/ir.md"]) {
		text[strings.Join(b.info, " ")] = b.text()
	}
	m, err := ir.Parse("docs/ir.md", []byte(text["ir tiny-real"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ir.Text(m); got != text["ir tiny-real"] {
		t.Errorf("docs/ir.md: the real level prints as\n%s", got)
	}
	fixed, _, err := passes.Run(m, passes.Config{VerifyEach: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := ir.Text(fixed); got != text["ir tiny-fixed"] {
		t.Errorf("docs/ir.md: the fixed level is now\n%s", got)
	}
	for _, row := range workedExample(t, fixed) {
		if !strings.Contains(all["docs/numerics.md"], row+"\n") {
			t.Errorf("docs/numerics.md, section 6, lacks the row\n%s", row)
		}
	}
}

// workedExample is the table of docs/numerics.md section 6: for each step, the values of line after line of the contract.
func workedExample(t *testing.T, m *ir.Module) []string {
	find := func(op ir.Op, name string) ir.ID {
		i := slices.IndexFunc(m.Values, func(v *ir.Value) bool { return v.Op == op && v.Name == name })
		if i < 0 {
			t.Fatalf("the example has no %s %q", op, name)
		}
		return ir.ID(i)
	}
	next := m.States[0].Next
	columns := []ir.ID{find(ir.OpHadamard, "h_transformed"), find(ir.OpRequant, "h_rounded"), find(ir.OpRequant, "x_scaled"),
		find(ir.OpRequant, "h_input"), find(ir.OpConst, "b"), m.Value(next).Args[0], next, m.Y}
	var x [][]int64
	var rows []string
	for i, v := range []int64{3, -1, -2, 2} {
		x = append(x, []int64{v})
		rows = append(rows, fmt.Sprintf("| %d | %d |", i+1, v))
	}
	for _, id := range columns {
		shown := *m
		shown.Y, shown.Output.When = id, ir.EveryStep
		r, err := interp.RunFixed(&shown, x)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range r.Y {
			rows[i] += " " + strings.Trim(strings.ReplaceAll(fmt.Sprint(y), " ", ", "), "[]") + " |"
		}
	}
	return rows
}

// TestRooms holds the table of packages in docs/architecture.md to the tree: every package has a row, and every row one.
func TestRooms(t *testing.T) {
	_, table, _ := strings.Cut(pages(t)["docs/architecture.md"], "\n## Rooms\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		rows = append(rows, m[1])
	}
	all := packages(t)
	for _, p := range all {
		if !anyMatches(rows, p.path()) {
			t.Errorf("docs/architecture.md has no row for package %s", p.path())
		}
	}
	for _, r := range rows {
		if !slices.ContainsFunc(all, func(p goPackage) bool { return matches(r, p.path()) }) {
			t.Errorf("docs/architecture.md has a row for %s, which is no package", r)
		}
	}
}

var (
	code       = regexp.MustCompile("`([^`\n]+)`")
	pathLike   = regexp.MustCompile(`^[A-Za-z0-9_.*/-]+$`)
	exported   = regexp.MustCompile(`^([a-z0-9]+)\.([A-Z][A-Za-z0-9]*)(\.([A-Z][A-Za-z0-9]*))?$`)
	link       = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	flagLike   = regexp.MustCompile("(?:^|[ `(|])(--[a-z][a-z0-9-]*[a-z0-9])\\b")
	others     = regexp.MustCompile(`(?m)^(?:\$ |    )(?:arduino-cli|cbuild|cmake|code|hx|kubectl|nextpnr-ice40|riscv64-unknown-elf-gcc|sh trials.slurm.sh)\b.*$`) // commands with flags of their own
	testedName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9]*`)
)

// made are the folders that commands make and .gitignore names.
var made = []string{"build", "dist", "out", "web/dist"}

// isMade reports whether a path lies in such a folder.
func isMade(path string) bool {
	return slices.ContainsFunc(made, func(dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") })
}

// TestPagesNameWhatExists checks what the pages name: paths, links, flags, tests, and Go names such as passes.Run.
func TestPagesNameWhatExists(t *testing.T) {
	all := packages(t)
	names := exportedNames(t, all)
	tests, flags := testNames(t), commandText(t)
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if !exists(t, filepath.Join(filepath.Dir(page), m[1])) {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			}
		}
		for _, m := range flagLike.FindAllStringSubmatch(others.ReplaceAllString(text, ""), -1) {
			if !strings.Contains(flags, `"`+m[1][2:]+`"`) && !strings.Contains(flags, m[1]+" ") {
				t.Errorf("%s names the flag %s, which no command and no script has", page, m[1])
			}
		}
		for _, m := range testedName.FindAllString(text, -1) {
			if !tests[m] {
				t.Errorf("%s names %s, which does not exist", page, m)
			}
		}
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			if top, _, _ := strings.Cut(m[1], "/"); top != "" && !isMade(m[1]) && strings.Contains(m[1], "/") && pathLike.MatchString(m[1]) && exists(t, top) && !exists(t, strings.TrimSuffix(m[1], "/...")) {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
			if g := exported.FindStringSubmatch(m[1]); g != nil && names[g[1]] != nil && !names[g[1]][g[2]] {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
		}
	}
}

// TestContributingRunsWhatExists checks that the packages which commands of CONTRIBUTING.md name exist:  go test ./passes.
func TestContributingRunsWhatExists(t *testing.T) {
	command, named := regexp.MustCompile(`(?m)\bgo (?:test|run|build|vet|install) [^\n`+"`"+`]*`), regexp.MustCompile(`(?:^|\s)\./([a-z][a-z0-9/]*[a-z0-9])`)
	all := packages(t)
	for _, line := range command.FindAllString(pages(t)["CONTRIBUTING.md"], -1) { // other pages run what lies in folders of the user's
		line, _, _ = strings.Cut(line, "#")
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if !slices.ContainsFunc(all, func(p goPackage) bool { return matches(m[1]+"/...", p.path()) }) {
				t.Errorf("CONTRIBUTING.md runs ./%s, which is no package:  %s", m[1], line)
			}
		}
	}
}

// atTheTop are the folders that a newcomer finds first; what is nobody's entry point goes under internal/.
var atTheTop = []string{"backends", "cmd", "compiler", "docs", "dsl", "editors", "examples", "exporter", "importer", "internal", "ir", "passes", "scripts", "trainer", "web"}

func TestTopLevel(t *testing.T) {
	for _, p := range packages(t) {
		if top, _, _ := strings.Cut(p.path(), "/"); top != "." && !slices.Contains(atTheTop, top) {
			t.Errorf("%s stands at the top level: put it below one of %s, or under internal/", p.path(), strings.Join(atTheTop, ", "))
		}
	}
}

// exists reports whether a path below the root exists; it may hold *.
func exists(t *testing.T, path string) bool {
	found, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(path)))
	return err == nil && len(found) > 0
}

// exportedNames lists, by package name, what packages declare at top level, methods included.
func exportedNames(t *testing.T, all []goPackage) map[string]map[string]bool {
	t.Helper()
	out := map[string]map[string]bool{}
	for _, p := range all {
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if out[file.Name.Name] == nil {
				out[file.Name.Name] = map[string]bool{}
			}
			for _, d := range file.Decls {
				for _, n := range declared(d) {
					out[file.Name.Name][n] = true
				}
			}
		}
	}
	return out
}

func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []string{d.Name.Name}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

// testNames is every test and fuzzer of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	walk(t, "_test.go", func(text []byte) {
		for _, m := range regexp.MustCompile(`(?m)^func ((Test|Fuzz)\w+)`).FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
	})
	return found
}

// commandText is the source of the command and of the scripts, where flags are declared.
func commandText(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	for _, pattern := range []string{"cmd/hrnnc/*.go", "scripts/*.sh"} {
		files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	return b.String()
}

// walk visits the files of the module whose names end in suffix.
func walk(t *testing.T, suffix string, visit func(text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root(t), func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "build" || strings.HasPrefix(d.Name(), ".")) && path != root(t):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, suffix):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			visit(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
