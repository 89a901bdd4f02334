package compiler

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/participle/v2/ebnf"
	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

const languagePage = "../docs/language.md"

// example is a fenced block of a page.
type example struct {
	line int
	kind string // what stands behind the fence
	text string
	rest string // the comment above it, with the lines that a part of a model leaves out
}

var fence = regexp.MustCompile("(?ms)(?:^<!-- rest\n([^>]*?)^-->\n)?^```([a-z-]+)\n(.*?)^```$")

func examples(t *testing.T, page string) []example {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, m := range fence.FindAllSubmatchIndex(text, -1) {
		e := example{line: 1 + bytes.Count(text[:m[4]], []byte("\n")), kind: string(text[m[4]:m[5]]), text: string(text[m[6]:m[7]])}
		if m[2] >= 0 {
			e.rest = string(text[m[2]:m[3]])
		}
		out = append(out, e)
	}
	return out
}

// model is the whole model of an example; the lines left out come behind, so that messages number those on the page.
func (e example) model() string { return e.text + e.rest }

// compileExample takes a model with random weights through everything, for all targets.
func compileExample(text string) (diag.List, error) {
	tensors, err := modelgen.Weights(text, 1)
	if err != nil {
		return nil, err
	}
	if err := hadamardWeights(text, tensors); err != nil {
		return nil, err
	}
	// Weights makes ranges up. Those that a model must say itself are not to be hidden by them.
	clear(tensors.Metadata)
	m, err := FromParts("model.hrn", []byte(text), tensors)
	if err != nil {
		return nil, err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	out, err := l.Compile(context.Background(), Targets)
	if err == nil && len(out.Files) != len(Targets) {
		err = fmt.Errorf("files of %d targets, want %d", len(out.Files), len(Targets))
	}
	return m.Warnings, err
}

// hadamardWeights gives dense recurrent matrices values that they can have: negated rows of a Hadamard matrix.
func hadamardWeights(text string, f *weights.File) error {
	tree, errs := dsl.Parse("model.hrn", []byte(text))
	m, more := dsl.Check(tree)
	if err := append(errs, more...).Err(); err != nil {
		return err
	}
	for _, l := range m.Layers {
		if l.Dense == nil {
			continue
		}
		n, w := l.State.Size, f.Find(l.Dense.Name)
		for row := range n {
			v := w.Data[row*n : row*n+n]
			clear(v)
			v[row] = (1 - 2*float64(row%2)) / math.Sqrt(float64(n))
			hadamard.Transform(v, n) // symmetric: a row of it
		}
	}
	return nil
}

// render words an error as the command does.
func render(t *testing.T, text string, err error) string {
	t.Helper()
	var b bytes.Buffer
	r := diag.Renderer{Source: func(string) []byte { return []byte(text) }}
	if err := r.RenderAll(&b, Diagnostics(err)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDocsExamples compiles the models of the pages. Those that are wrong must fail with the message below them.
func TestDocsExamples(t *testing.T) {
	for _, page := range []string{languagePage, "../docs/errors.md", "../docs/weights.md"} {
		all := examples(t, page)
		for i, e := range all {
			if e.kind != "hrn" && e.kind != "hrn-error" {
				continue
			}
			t.Run(fmt.Sprintf("%s:%d", page[len("../docs/"):], e.line), func(t *testing.T) {
				t.Parallel()
				if whole := strings.HasPrefix(e.text, "model "); whole != (e.rest == "") {
					t.Errorf("it has a model line: %v; it has a comment with the rest: %v", whole, e.rest != "")
				}
				warnings, err := compileExample(e.model())
				switch {
				case e.kind == "hrn" && err != nil:
					t.Error(render(t, e.model(), err))
				case e.kind == "hrn" && len(warnings) > 0:
					t.Error(warnings)
				case e.kind == "hrn":
				case err == nil:
					t.Error("it compiles")
				case i+1 == len(all) || all[i+1].kind != "text":
					t.Error("no message follows it")
				default:
					same(t, all[i+1], render(t, e.model(), err))
					if i+2 < len(all) && all[i+2].kind == "json" {
						same(t, all[i+2], asJSON(t, err))
					}
				}
			})
		}
	}
}

// same compares a block of a page with what hrnnc prints.
func same(t *testing.T, page example, printed string) {
	t.Helper()
	if d := cmp.Diff(page.text, printed); d != "" {
		t.Errorf("line %d: -page +hrnnc\n%s", page.line, d)
	}
}

// asJSON is what the command prints with --json.
func asJSON(t *testing.T, err error) string {
	t.Helper()
	text, jsonErr := json.MarshalIndent(map[string]diag.List{"diagnostics": Diagnostics(err)}, "", "  ")
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	return string(text) + "\n"
}

// words of a model, without those of its comments and strings.
func words(model string) []string {
	model = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/|"[^"]*"`).ReplaceAllString(model, "")
	return regexp.MustCompile(`[A-Za-z_]\w*`).FindAllString(model, -1)
}

// TestDocsCoverage looks for every word of the language in the examples that compile.
func TestDocsCoverage(t *testing.T) {
	var used []string
	for _, e := range examples(t, languagePage) {
		if e.kind == "hrn" {
			used = append(used, words(e.text)...)
		}
	}
	lists := map[string][]string{"words that the grammar names": grammarWords(t)}
	for name, words := range map[string][]dsl.Word{"functions": dsl.Functions, "options": dsl.Options, "weight types": dsl.WeightTypes} {
		for _, w := range words {
			lists[name] = append(lists[name], w.Name)
		}
	}
	lists["other words"] = []string{"token", "staged", "last", "every", "step", "mean"}
	for _, target := range Targets {
		lists["targets"] = append(lists["targets"], target.Name())
	}
	for what, list := range lists {
		if len(list) == 0 {
			t.Errorf("no %s", what)
		}
		for _, w := range list {
			family := strings.TrimRight(w, "0123456789")
			if !slices.ContainsFunc(used, func(u string) bool { return u == w || family != w && strings.TrimRight(u, "0123456789") == family }) {
				t.Errorf("%s: no example on the page has %s", what, w)
			}
		}
	}
}

// TestDocsSettings holds the page's table to the targets: every setting has a row and stands in an example that compiles.
func TestDocsSettings(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, e := range examples(t, languagePage) {
		for _, m := range regexp.MustCompile(`(?s)target (\w+) \{(.*?)\}`).FindAllStringSubmatch(e.text, -1) {
			blocks[m[1]] += m[2]
		}
	}
	for _, target := range Targets {
		var rows []string
		row := regexp.MustCompile(fmt.Sprintf("(?m)^\\| `%s` \\| `(\\w+)` \\| ", target.Name()))
		for _, m := range row.FindAllSubmatch(page, -1) {
			rows = append(rows, string(m[1]))
			if !regexp.MustCompile(`\b` + string(m[1]) + ` = `).MatchString(blocks[target.Name()]) {
				t.Errorf("no example sets %s of target %s", m[1], target.Name())
			}
		}
		// The help of an error names every setting, among other words, which are errors themselves.
		help := settingError(t, target, "nonsense").Help
		for _, w := range regexp.MustCompile(`\w+`).FindAllString(help, -1) {
			exists := !strings.Contains(settingError(t, target, w).Summary, "has no setting")
			if exists != slices.Contains(rows, w) {
				t.Errorf("target %s: %s is a setting: %v; the page has it: %v", target.Name(), w, exists, !exists)
			}
		}
		if len(rows) == 0 {
			t.Errorf("the page has no setting of target %s", target.Name())
		}
	}
}

// settingError is what a target says about a setting with a value that none can have.
func settingError(t *testing.T, target backends.Target, setting string) *diag.Diagnostic {
	t.Helper()
	_, _, err := target.Generate(&lower.Plan{Name: "m"}, backends.Vectors{}, backends.Settings{setting: "?"})
	if err == nil {
		t.Fatalf("target %s takes any %s", target.Name(), setting)
	}
	return Diagnostics(err)[0]
}

// dslFiles are the sources of package dsl, by their names.
func dslFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob("../dsl/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, p := range paths {
		if files[filepath.Base(p)], err = parser.ParseFile(token.NewFileSet(), p, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// literals are the words and marks that the parser's grammar has, from the tags of ast.go.
func literals(t *testing.T) []string {
	t.Helper()
	var out []string
	ast.Inspect(dslFiles(t)["ast.go"], func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Tag != nil {
			for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(f.Tag.Value, -1) {
				out = append(out, m[1])
			}
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

func grammarWords(t *testing.T) []string {
	return slices.DeleteFunc(literals(t), func(s string) bool { return !regexp.MustCompile(`^[a-z]`).MatchString(s) })
}

func pageGrammar(t *testing.T) map[string]*ebnf.Expression {
	t.Helper()
	for _, e := range examples(t, languagePage) {
		if e.kind != "ebnf" {
			continue
		}
		g, err := ebnf.ParseString(e.text)
		if err != nil {
			t.Fatal(err)
		}
		rules := map[string]*ebnf.Expression{}
		for _, p := range g.Productions {
			rules[p.Production] = p.Expression
		}
		return rules
	}
	t.Fatal("the page has no grammar")
	return nil
}

// TestDocsGrammar holds the page's grammar to the parser: it has the same words and marks, and what it derives parses.
func TestDocsGrammar(t *testing.T) {
	s := sentences{t: t, rules: pageGrammar(t), rng: rand.New(rand.NewSource(1)), literals: map[string]bool{}}
	tested := map[string]bool{}
	for range 3000 {
		s.depth, s.out = 0, nil
		s.rule("Statement")
		text := strings.Join(s.out, " ")
		tested[s.out[0]] = true
		tree, errs := dsl.Parse("page.hrn", []byte(text))
		if errs.HasErrors() || len(tree.Stmts) != 1 {
			t.Fatalf("the page derives what does not parse as one statement:\n%s\n%v", text, errs)
		}
	}
	if len(tested) < len(dsl.Keywords()) {
		t.Errorf("only statements that begin with %v were tried", tested)
	}
	// The checker reads the words after at; the parser takes any.
	want := append(literals(t), "every", "last", "mean", "step")
	slices.Sort(want)
	var have []string
	for l := range s.literals {
		have = append(have, l)
	}
	slices.Sort(have)
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("words and marks, -parser +page\n%s", d)
	}
}

// sentences derives random sentences of a grammar.
type sentences struct {
	t        *testing.T
	rules    map[string]*ebnf.Expression
	rng      *rand.Rand
	depth    int
	out      []string
	literals map[string]bool // those derived so far
}

// deepest is where a derivation takes the first alternative and leaves out what it may.
const deepest = 12

func (s *sentences) rule(name string) {
	e, ok := s.rules[name]
	if !ok {
		s.t.Fatalf("the page's grammar has no rule %s", name)
	}
	s.expression(e)
}

func (s *sentences) expression(e *ebnf.Expression) {
	s.depth++
	defer func() { s.depth-- }()
	pick := 0
	if s.depth < deepest {
		pick = s.rng.Intn(len(e.Alternatives))
	}
	for _, term := range e.Alternatives[pick].Terms {
		for range s.times(term.Repetition) {
			s.term(term)
		}
	}
}

func (s *sentences) times(repetition string) int {
	least, most := 0, 2
	switch repetition {
	case "":
		return 1
	case "?":
		most = 1
	case "+":
		least = 1
	}
	if s.depth >= deepest {
		return least
	}
	return least + s.rng.Intn(most-least+1)
}

func (s *sentences) term(term *ebnf.Term) {
	tokens := map[string][]string{"name": {"a", "h1", "rnn.weight", "_x"}, "number": {"0", "512", "0.5", "1e-3"}, "string": {`""`, `"a b"`, `"\""`}}
	switch {
	case term.Literal != "":
		text, err := strconv.Unquote(term.Literal)
		if err != nil {
			s.t.Fatal(err)
		}
		s.literals[text] = true
		s.out = append(s.out, text)
	case term.Token != "":
		s.out = append(s.out, tokens[term.Token][s.rng.Intn(len(tokens[term.Token]))])
	case term.Group != nil:
		s.expression(term.Group.Expr)
	default:
		s.rule(term.Name)
	}
}
