// Package archtest holds the rules that no compiler checks: which package may import which, and who may print or end the
// program. It also keeps docs/, README.md and CONTRIBUTING.md true to the tree. It holds tests only; start with rules.
package archtest

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the name in go.mod; the rules leave it out.
const module = "github.com/hrnnc/hrnnc"

type rule struct {
	of     string
	except []string // packages that of covers and the rule does not
	may    []string
	reason string
}

// rules says what of this module a package may import, tests aside. "dir/*" stands for the packages one level below
// dir, "dir/..." for dir and all below it.
var rules = []rule{
	{of: ".", may: []string{"compiler", "importer", "internal/diag", "ir", "passes"}, reason: "what programs import is thin over the road, and no second one"},
	{of: "internal/diag", reason: "every reader of input reports through it"},
	{of: "internal/exttool", may: []string{"internal/diag"}, reason: "it runs tools and knows nothing of what they run on"},
	{of: "internal/exttool/exttest", may: []string{"internal/exttool"}, reason: "it finds tools, for tests"},
	{of: "internal/fileio", may: []string{"internal/diag"}, reason: "files are bytes"},
	{of: "internal/npm", may: []string{"internal/exttool", "internal/fileio"}, reason: "it fetches packages and knows nothing of what they do"},
	{of: "internal/npy", may: []string{"internal/diag", "internal/fileio"}, reason: "a reader of hostile input knows no model"},
	{of: "internal/weights", may: []string{"internal/diag", "internal/fileio", "internal/npy"}, reason: "a reader of hostile input knows no model"},
	{of: "internal/metadata", may: []string{"internal/diag", "internal/weights", "ir"}, reason: "the schema of an entry knows no model: compiling and training share it"},
	{of: "internal/svg", reason: "a drawing is elements: what they show is the caller's"},
	{of: "internal/frontend", reason: "a chip computes it too: it depends on nothing"},
	{of: "internal/arith", reason: "arithmetic depends on nothing"},
	{of: "internal/decider", may: []string{"internal/arith"}, reason: "a chip computes it too, and who measures streams: it knows no model"},
	{of: "internal/hadamard", may: []string{"internal/arith"}, reason: "mathematics depends on nothing but arithmetic"},
	{of: "ir", may: []string{"internal/arith", "internal/decider", "internal/diag"}, reason: "every stage reads the IR, so it may depend on none"},
	{of: "ir/form", may: []string{"internal/decider", "internal/arith", "internal/diag", "ir"}, reason: "all who read an update read it here, so it may depend on none of them"},
	{of: "ir/interp", may: []string{"internal/decider", "internal/arith", "internal/diag", "ir", "internal/hadamard", "internal/numerics"}, reason: "the oracle shares no pass and no bound with what it checks"},
	{of: "internal/numerics", may: []string{"internal/arith", "ir"}, reason: "the arithmetic of the contract knows no graph and no file format"},
	{of: "internal/bounds", may: []string{"internal/arith", "ir", "ir/form"}, reason: "an analysis reads the IR and changes nothing"},
	{of: "dsl", may: []string{"internal/decider", "internal/arith", "internal/diag", "ir", "internal/numerics"}, reason: "the language knows no pass, no backend and no weights format"},
	{of: "dsl/editor", may: []string{"dsl", "internal/arith", "internal/diag", "internal/numerics", "ir"}, reason: "it reads a text in memory, in a browser too: it knows no file, no wire and no target"},
	{of: "internal/editing", may: []string{"backends/chip", "compiler", "dsl", "dsl/editor", "internal/diag", "passes", "trainer", "trainer/data"}, reason: "it joins what editors are told"},
	{of: "editors", reason: "it has tests alone: what lies there is for editors"},
	{of: "internal/lsp", may: []string{"dsl", "dsl/editor", "internal/diag"}, reason: "a wire knows no model: what is beyond the text is given to it"},
	{of: "passes", may: []string{"internal/arith", "internal/bounds", "internal/hadamard", "internal/diag", "ir", "ir/form", "ir/interp", "internal/numerics"},
		reason: "a pass knows neither the language it came from nor the target it goes to"},
	{of: "backends/lower", may: []string{"internal/decider", "internal/arith", "internal/bounds", "internal/diag", "internal/hadamard", "ir", "ir/form", "internal/numerics"}, reason: "the plan knows no target and no pass"},
	{of: "backends/lower/step", may: []string{"internal/decider", "backends/lower", "internal/arith", "internal/diag", "ir"}, reason: "the form knows no language that it is spelled in"},
	{of: "backends/lower/datapath", may: []string{"internal/decider", "backends/lower", "internal/arith", "internal/diag", "ir"}, reason: "the form knows no language that it is spelled in"},
	{of: "backends/lower/datapath/area", may: []string{"backends/lower/datapath"}, reason: "area is counted on the form alone"},
	{of: "backends/lower/datapath/waveform", may: []string{"backends/lower", "backends/lower/datapath", "internal/svg"}, reason: "it draws what a design does, and decides nothing"},
	{of: "backends/lower/datapath/explore", may: []string{"backends/chip", "backends/lower", "backends/lower/datapath", "backends/lower/datapath/area", "ir"},
		reason: "what an architecture costs is counted on the form, before a language spells it"},
	{of: "backends/lower/schedule", may: []string{"backends/chip", "backends/lower", "backends/lower/step", "internal/arith", "ir"},
		reason: "what a choice costs is counted on the form, before a language spells it"},
	{of: "backends", may: []string{"internal/decider", "backends/lower", "internal/diag", "ir"}, reason: "what a target is must not depend on any target"},
	{of: "backends/spell", reason: "words and texts are those of languages: no plan, no target"},
	{of: "backends/chip", may: []string{"internal/diag"}, reason: "chips are data: they know no plan and no target"},
	{of: "backends/run", may: []string{"backends", "backends/chip", "backends/lower", "internal/diag", "internal/exttool", "internal/fileio", "ir"},
		reason: "it runs generated C whoever wrote it, by its header and the plan"},
	{of: "backends/run/runtest", may: []string{"backends", "backends/chip", "backends/lower", "backends/run", "internal/exttool"}, reason: "it is run, for tests"},
	{of: "backends/synth", may: []string{"backends/chip", "internal/diag", "internal/exttool", "internal/fileio", "internal/npm", "internal/svg"}, reason: "it measures Verilog, whoever wrote it: it knows no plan and no target"},
	{of: "backends/pack", may: []string{"backends", "backends/chip", "backends/spell", "internal/diag", "ir"}, reason: "a package wraps sources: it knows no plan and no target"},
	{of: "backends/c", may: []string{"internal/decider", "internal/arith", "backends", "backends/c/avr", "backends/chip", "backends/lower", "backends/lower/schedule", "backends/lower/step", "backends/pack", "backends/spell", "internal/diag", "internal/exttool", "ir"},
		reason: "a target spells the step form of a plan: it asks no pass, no language and no other target"},
	{of: "backends/golang", may: []string{"internal/decider", "internal/arith", "backends", "backends/lower", "backends/lower/step", "backends/spell", "internal/diag", "internal/exttool", "ir"},
		reason: "a target spells the step form of a plan: it asks no pass, no language and no other target"},
	{of: "backends/c/avr", may: []string{"backends/lower/step", "internal/arith"}, reason: "assembly is spelled from the form, as C is"},
	{of: "backends/*", except: []string{"backends/c", "backends/golang", "backends/chip", "backends/run", "backends/lower", "backends/pack", "backends/spell", "backends/synth"}, may: []string{"internal/decider", "internal/arith", "backends", "backends/chip", "backends/lower", "backends/lower/datapath", "backends/lower/datapath/explore", "backends/lower/datapath/waveform", "backends/pack", "backends/spell", "backends/verilog/sim", "internal/diag", "internal/exttool", "internal/hadamard", "ir"},
		reason: "a target spells a plan: it asks no pass, no language and no other target"},
	{of: "backends/verilog/sim", may: []string{"backends", "backends/chip", "backends/lower", "internal/exttool", "ir"},
		reason: "it runs generated Verilog whoever wrote it, by its files and ports"},
	{of: "importer", may: []string{"dsl", "internal/hadamard", "internal/diag", "internal/fileio", "internal/weights"},
		reason: "an importer writes model.hrn and weights, and compiles nothing"},
	{of: "exporter/onnx", may: []string{"backends/lower", "backends/spell", "internal/arith", "internal/bounds", "internal/decider", "ir"}, reason: "what is exported is a module as the road leaves it, and knows no language it came from"},
	{of: "exporter/pytorch", may: []string{"dsl", "internal/diag", "internal/metadata", "internal/npy", "ir", "trainer", "trainer/data", "trainer/network"}, reason: "what is exported is what a checked model means: no pass and no plan has a say in it"},
	{of: "internal/modelgen", may: []string{"dsl", "internal/weights"}, reason: "random models must not lean on the passes they test"},
	{of: "trainer/kernels/...", may: []string{"trainer/kernels/..."}, reason: "arithmetic on tiles knows no model"},
	{of: "trainer/score", reason: "how good answers are depends on no model and no data set"},
	{of: "trainer/score/stream", may: []string{"trainer/score"}, reason: "how good decisions about streams are depends on no model, no data set and no decider"},
	{of: "trainer/...", except: []string{"trainer/kernels", "trainer/kernels/asm", "trainer/kernels/limits", "trainer/score", "trainer/study", "trainer/data/fetch", "trainer/data/files", "trainer/data/filetest", "trainer/data/known"}, may: []string{"internal/decider", "internal/arith", "trainer/...", "dsl", "internal/hadamard", "internal/diag", "internal/fileio", "internal/frontend", "internal/metadata", "internal/npy", "internal/svg", "internal/weights", "ir", "internal/numerics"},
		reason: "training knows the model and its weights, and not how it is lowered"},
	{of: "trainer/data/files", may: []string{"internal/diag", "internal/fileio", "internal/npy"}, reason: "a format knows no set, no class and no part"},
	{of: "trainer/data/fetch", may: []string{"internal/diag", "internal/fileio"}, reason: "what is fetched is bytes, and archives of files"},
	{of: "trainer/data/known", may: []string{"internal/diag", "internal/fileio", "trainer/data/fetch", "trainer/data/files"}, reason: "what a known set is, and where, does not depend on how it is read"},
	{of: "trainer/data/filetest", reason: "it makes files as people have them"},
	{of: "trainer/study", may: []string{"internal/decider", "backends/lower", "compiler", "dsl", "exporter/pytorch", "internal/arith", "internal/diag", "internal/exttool", "internal/fileio", "internal/metadata", "internal/npy", "internal/weights", "ir", "passes", "trainer/..."},
		reason: "a study strings training and compiling together: it is the one place that knows both"},
	{of: "web", reason: "it tests a page, which has its own language"},
	{of: "web/playground", may: []string{"backends", "backends/chip", "backends/lower", "backends/lower/schedule", "compiler", "dsl", "dsl/editor", "internal/diag", "internal/editing", "internal/fileio", "internal/metadata", "ir", "passes", "trainer", "trainer/data", "trainer/design", "trainer/network", "trainer/study"},
		reason: "it asks the road and the trainer what a command would, and decides nothing"},
	{of: "internal/hostile", may: []string{"internal/diag"}, reason: "it says what every reader owes"},
	{of: "internal/shared", reason: "it finds files"},
	{of: "backends/lower/plantest", may: []string{"internal/decider", "internal/arith", "backends/lower", "ir"}, reason: "random plans must not lean on the passes that make real ones"},
	{of: "backends/lower/step/steptest", may: []string{"backends/lower", "backends/lower/step"}, reason: "it draws choices of the form, and prices none"},
}

// free are the packages that may import any other: the road itself, and the programs on it.
var free = []string{"compiler", "cmd/...", "internal/bench/...", "examples/...", "scripts/...", "web/wasm", "internal/archtest"}

// users says which packages may import one that few should know, tests aside.
var users = []struct {
	imported string
	by       []string
	reason   string
}{
	{"compiler", []string{".", "cmd/...", "internal/editing", "trainer/study", "internal/bench/...", "examples/...", "web/..."}, "the whole road is for programs; a stage knows its neighbours only"},
	{"trainer/study", []string{"cmd/...", "internal/bench/...", "examples/...", "web/..."}, "it is for programs; what it strings together does not know it"},
	{"backends/c", []string{"compiler", "internal/bench/mcu", "internal/bench/price"}, "one list names the targets: compiler/targets.go"},
	{"backends/golang", []string{"compiler"}, "one list names the targets: compiler/targets.go"},
	{"backends/verilog", []string{"compiler"}, "one list names the targets: compiler/targets.go"},
	{"internal/modelgen", []string{"internal/bench/area", "internal/bench/price"}, "it is for tests, and for prices and areas of models that nobody has seen"},
	{"internal/hostile", nil, "it is for tests"},
	{"internal/shared", nil, "it is for tests"},
	{"trainer/data/filetest", nil, "it is for tests"},
	{"backends/lower/plantest", nil, "it is for tests"},
	{"backends/lower/step/steptest", nil, "it is for tests"},
	{"backends/run/runtest", nil, "it is for tests"},
	{"internal/exttool/exttest", nil, "it is for tests"},
	{"net/http", []string{"trainer/data/fetch", "trainer/data/filetest"}, "only what fetches asks a network"},
	{"github.com/agnivade/levenshtein", []string{"internal/diag"}, "one function says what a misspelling meant: diag.Nearest"},
	{"github.com/creachadair/jrpc2", []string{"internal/lsp"}, "only editors are spoken to by JSON-RPC"},
	{"github.com/creachadair/jrpc2/channel", []string{"internal/lsp"}, "only editors are spoken to by JSON-RPC"},
	{"github.com/creachadair/jrpc2/handler", []string{"internal/lsp"}, "only editors are spoken to by JSON-RPC"},
	{"github.com/spf13/cobra", []string{"cmd/hrnnc"}, "only the command knows flags"},
	{"github.com/schollz/progressbar/v3", []string{"cmd/hrnnc"}, "only the command talks to a terminal"},
	{"golang.org/x/term", []string{"cmd/hrnnc"}, "only the command talks to a terminal"},
	{"golang.org/x/text/unicode/norm", []string{"trainer/data/files"}, "only names in tables may be written in two ways"},
	{"github.com/alecthomas/participle/v2", []string{"backends/lower/step", "dsl", "ir"}, "there are three languages: model.hrn, IR text and step text"},
	{"github.com/dave/jennifer/jen", []string{"backends/golang"}, "only the Go target prints Go"},
	{"gonum.org/v1/gonum/mathext", []string{"trainer/score"}, "only scores have intervals"},
	{"github.com/gofrs/flock", []string{"internal/fileio"}, "only the writer locks"},
	{"github.com/santhosh-tekuri/jsonschema/v6", nil, "a test holds manifests to their schema"},
	{"golang.org/x/net/html", []string{"scripts/checksite"}, "only the site is HTML that is read"},
	{"google.golang.org/protobuf/encoding/protowire", []string{"exporter/onnx"}, "only ONNX is written in protocol buffers"},
	{"github.com/chromedp/chromedp", nil, "a browser is driven by tests"},
	{"github.com/goccy/go-yaml", []string{"importer"}, "only the authors' configurations are YAML"},
}

// goPackage is what go list says of a package.
type goPackage struct {
	Dir        string
	ImportPath string
	GoFiles    []string
	Imports    []string // of the files that are no tests
}

// path is the import path without the module; "." for the package at its root.
func (p goPackage) path() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// root is the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func packages(t testing.TB) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,GoFiles,Imports", "./...")
	cmd.Dir, cmd.Stderr = root(t), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(out); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// matches reports whether a package path is one that a pattern of the rules names.
func matches(pattern, path string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == dir || strings.HasPrefix(path, dir+"/")
	}
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, below := strings.CutPrefix(path, dir+"/")
		return below && !strings.Contains(rest, "/")
	}
	return pattern == path
}

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func TestImports(t *testing.T) {
	all := packages(t)
	for _, r := range rules {
		covered := 0
		for _, p := range all {
			if !matches(r.of, p.path()) || slices.Contains(r.except, p.path()) {
				continue
			}
			covered++
			for _, i := range p.Imports {
				own, ok := strings.CutPrefix(i, module+"/")
				if ok && !anyMatches(r.may, own) {
					t.Errorf("%s imports %s; it may import %s, because %s", p.path(), own, orNothing(r.may), r.reason)
				}
			}
		}
		if covered == 0 {
			t.Errorf("the rule for %s is about no package: remove it, or mend it", r.of)
		}
	}
}

func TestEveryPackageHasARule(t *testing.T) {
	for _, p := range packages(t) {
		ruled := slices.ContainsFunc(rules, func(r rule) bool { return matches(r.of, p.path()) && !slices.Contains(r.except, p.path()) })
		if !ruled && !anyMatches(free, p.path()) {
			t.Errorf("%s has no rule: add what it may import, and why, to internal/archtest", p.path())
		}
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing of this module"
	}
	return strings.Join(names, ", ")
}

func TestImportedBy(t *testing.T) {
	all := packages(t)
	for _, u := range users {
		for _, p := range all {
			uses := slices.ContainsFunc(p.Imports, func(i string) bool { return strings.TrimPrefix(i, module+"/") == u.imported })
			if uses && !anyMatches(u.by, p.path()) {
				by := "only tests"
				if len(u.by) > 0 {
					by = "only " + strings.Join(u.by, ", ")
				}
				t.Errorf("%s imports %s; %s may, because %s", p.path(), u.imported, by, u.reason)
			}
		}
	}
}

// programs may print and end; everything else returns values and errors to them.
var programs = []string{"cmd/...", "internal/bench/...", "examples/...", "scripts/...", "web/wasm"}

// loud is what packages that are no programs may not touch, by import path; an empty list stands for all of it.
var loud = map[string][]string{
	"fmt": {"Print", "Printf", "Println"},
	"os":  {"Exit", "Stdout", "Stderr"},
	"log": nil,
}

func TestOnlyProgramsPrintAndExit(t *testing.T) {
	for _, p := range packages(t) {
		if anyMatches(programs, p.path()) {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			names := importNames(file)
			ast.Inspect(file, func(n ast.Node) bool {
				if what := usesLoud(n, names); what != "" {
					t.Errorf("%s/%s:%d uses %s; only cmd, bench, examples and scripts print and end the program, because a library that does cannot be used by another",
						p.path(), name, fset.Position(n.Pos()).Line, what)
				}
				return true
			})
		}
	}
}

// writers change files. Who writes with them forgets links, modes, devices, locks, or what the command has read.
var writers = map[string][]string{
	"os": {"Chmod", "Create", "CreateTemp", "Link", "Mkdir", "MkdirAll", "OpenFile", "Remove", "RemoveAll", "Rename", "Symlink", "Truncate", "WriteFile"},
}

// writing may use them: the one writer, what only tests use, and programs that are run in the repository.
var writing = []string{"backends/run/runtest", "internal/fileio", "internal/hostile", "internal/modelgen", "trainer/data/filetest", "internal/bench/...", "examples/..."}

func TestOnlyFileioWrites(t *testing.T) {
	for _, p := range packages(t) {
		if anyMatches(writing, p.path()) {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			names := importNames(file)
			for _, d := range file.Decls {
				if makesTemporary(d, names) {
					continue // a folder of the system's for temporary ones, which the function fills and removes
				}
				ast.Inspect(d, func(n ast.Node) bool {
					if what := uses(n, names, writers); what != "" {
						t.Errorf("%s/%s:%d uses %s; internal/fileio writes, so that nothing of the user's is lost", p.path(), name, fset.Position(n.Pos()).Line, what)
					}
					return true
				})
			}
		}
	}
}

// makesTemporary reports whether a function calls os.MkdirTemp for the system's temporary folder.
func makesTemporary(d ast.Decl, names map[string]string) (yes bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && uses(call.Fun, names, map[string][]string{"os": {"MkdirTemp"}}) != "" {
			in, ok := call.Args[0].(*ast.BasicLit)
			yes = yes || ok && in.Value == `""`
		}
		return true
	})
	return yes
}

// importNames maps the names that a file uses for packages to their paths.
func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = path
	}
	return names
}

// uses names the thing of a list that a node uses, or is empty.
func uses(n ast.Node, names map[string]string, list map[string][]string) string {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	path := names[x.Name]
	if words, known := list[path]; known && (len(words) == 0 || slices.Contains(words, s.Sel.Name)) {
		return path + "." + s.Sel.Name
	}
	return ""
}

// usesLoud is uses for what prints and ends, the builtins included.
func usesLoud(n ast.Node, names map[string]string) string {
	if call, ok := n.(*ast.CallExpr); ok {
		if f, ok := call.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
			return "the builtin " + f.Name
		}
	}
	return uses(n, names, loud)
}
