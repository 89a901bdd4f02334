package compiler

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDocsErrors holds docs/errors.md to the sources: a row for every code that a diagnostic can have, and no other.
func TestDocsErrors(t *testing.T) {
	page, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| ").FindAllStringSubmatch(string(page), -1) {
		rows = append(rows, m[1])
	}
	codes := codesIn(t, "..")
	for _, c := range codes {
		if !slices.Contains(rows, c) {
			t.Errorf("docs/errors.md has no row for the code %s", c)
		}
	}
	for _, r := range rows {
		if !slices.Contains(codes, r) {
			t.Errorf("docs/errors.md has a row for %s, which no diagnostic has", r)
		}
	}
	if !slices.IsSorted(rows) || len(slices.Compact(slices.Clone(rows))) != len(rows) {
		t.Errorf("the rows of docs/errors.md are not in order: %v", rows)
	}
}

// codesIn lists the codes of all diagnostics in the Go files below a folder, tests left out. What is given to the field
// Code is one; where that is a parameter, so is what the callers of its function give, and so on.
func codesIn(t *testing.T, dir string) []string {
	t.Helper()
	s := &codeScan{t: t, root: dir, funcs: map[function]int{}, fields: map[field]bool{}}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && file != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "build" || d.Name() == "out") {
			return filepath.SkipDir // tools and what was generated
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		s.files = append(s.files, source{filepath.Dir(file), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Each scan may find functions and fields whose calls and values are codes too.
	for known := -1; known < len(s.funcs)+len(s.fields); {
		known = len(s.funcs) + len(s.fields)
		for _, f := range s.files {
			s.scan(f)
		}
	}
	slices.Sort(s.codes)
	return slices.Compact(s.codes)
}

type source struct {
	dir  string
	file *ast.File
}

// function is a function or method that hands a parameter on as a code. Exported methods have no folder, since a call
// does not show whose they are.
type function struct {
	dir, name string
	method    bool
}

func functionOf(dir string, fn *ast.FuncDecl) function {
	if fn.Recv != nil && fn.Name.IsExported() {
		dir = ""
	}
	return function{dir, fn.Name.Name, fn.Recv != nil}
}

// field is a field of a type of a folder.
type field struct{ dir, name string }

type codeScan struct {
	t      *testing.T
	root   string
	files  []source
	funcs  map[function]int // which parameter
	fields map[field]bool   // that hold a code, beside Code
	codes  []string
}

func (s *codeScan) scan(f source) {
	var inside *ast.FuncDecl
	ast.Inspect(f.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			inside = n
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && s.holdsCode(f, k.Name) {
				s.value(f, inside, n.Value)
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if sel, ok := l.(*ast.SelectorExpr); ok && s.holdsCode(f, sel.Sel.Name) && len(n.Rhs) == len(n.Lhs) {
					s.value(f, inside, n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if i, ok := s.funcs[s.callee(f, n)]; ok && i < len(n.Args) {
				s.value(f, inside, n.Args[i])
			}
		}
		return true
	})
}

// holdsCode reports whether a field is a code: Code, in a file that knows diagnostics, since others have code of programs.
func (s *codeScan) holdsCode(f source, name string) bool {
	_, knows := imported(f.file, "diag")
	return name == "Code" && (knows || f.file.Name.Name == "diag") || s.fields[field{f.dir, name}]
}

// callee is the function of a call.
func (s *codeScan) callee(f source, call *ast.CallExpr) function {
	switch x := call.Fun.(type) {
	case *ast.Ident:
		return function{f.dir, x.Name, false}
	case *ast.SelectorExpr:
		if p, ok := x.X.(*ast.Ident); ok {
			if pkg, ok := imported(f.file, p.Name); ok {
				return function{filepath.Join(s.root, strings.TrimPrefix(pkg, "github.com/hrnnc/hrnnc/")), x.Sel.Name, false}
			}
		}
		dir := f.dir
		if x.Sel.IsExported() {
			dir = ""
		}
		return function{dir, x.Sel.Name, true}
	}
	return function{}
}

// imported is the path of the package that a file calls by a name.
func imported(f *ast.File, name string) (string, bool) {
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil && (i.Name != nil && i.Name.Name == name || i.Name == nil && path.Base(p) == name) {
			return p, true
		}
	}
	return "", false
}

// value notes what is given as a code: a string, a constant, a parameter or a field.
func (s *codeScan) value(f source, inside *ast.FuncDecl, e ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if v, err := strconv.Unquote(e.Value); err == nil {
			s.codes = append(s.codes, v)
			return
		}
	case *ast.SelectorExpr:
		if e.Sel.Name != "Code" {
			s.fields[field{f.dir, e.Sel.Name}] = true
		}
		return
	case *ast.Ident:
		if v, ok := s.constant(f.dir, e.Name); ok {
			s.codes = append(s.codes, v)
			return
		}
		if i := parameter(inside, e.Name); i >= 0 {
			s.funcs[functionOf(f.dir, inside)] = i
			return
		}
	}
	s.t.Errorf("%s: cannot tell the code of a diagnostic in %v", f.dir, e)
}

// constant finds a string constant of a package.
func (s *codeScan) constant(dir, name string) (string, bool) {
	for _, f := range s.files {
		if f.dir != dir {
			continue
		}
		for _, d := range f.file.Decls {
			if v, ok := stringConstant(d, name); ok {
				return v, true
			}
		}
	}
	return "", false
}

func stringConstant(d ast.Decl, name string) (string, bool) {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.CONST {
		return "", false
	}
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		for i, n := range v.Names {
			if n.Name != name || i >= len(v.Values) {
				continue
			}
			if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				return text, err == nil
			}
		}
	}
	return "", false
}

// parameter is the place of a parameter, or -1.
func parameter(fn *ast.FuncDecl, name string) int {
	if fn == nil {
		return -1
	}
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}
