// Package golang writes a plan as a Go package without dependencies, with its test and a harness, and builds and runs it. It spells
// the step form (package step) and decides nothing about arithmetic: which form a plan has, choice.go says. expr.go has a case an
// operation, program.go one a statement, window.go takes parts of arrays for loops; api.go and package.go write what a caller sees.
// Start with Target, then generator in package.go and program.
package golang

import (
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"slices"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Target writes Go.
var Target backends.Target = target{}

type target struct{}

// Name is "go".
func (target) Name() string { return "go" }

func (target) Settings() []backends.Setting {
	return []backends.Setting{
		{Key: "import", Doc: "the module path in go.mod"},
		{Key: "package", Doc: "the package and its file"},
		{Key: "tables", Doc: "wide is faster, compact is small", Words: []string{"wide", "compact"}},
	}
}

// Generate writes the package, its test, go.mod, README.md and cmd/harness.
// Products: the folder has no Makefile.
func (target) Products() []string { return nil }

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	o, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	prog, err := step.Build(p, choice(p, o.wide))
	if err != nil {
		return nil, nil, fmt.Errorf("go: %w", err)
	}
	return newGenerator(p, prog, o).files(v)
}

// Engines lists the one way to run it: the go command.
func (target) Engines() []backends.Engine {
	return []backends.Engine{{Name: "go", Tools: []string{"go"}, Run: runHarness}}
}

// options are the settings, read.
type options struct {
	pkg    string // package name
	module string // import path
	wide   bool   // tables of words, for speed, where a state is packed
}

var (
	identifier = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	importPath = regexp.MustCompile(`^[A-Za-z0-9_~][A-Za-z0-9._~-]*(/[A-Za-z0-9_~][A-Za-z0-9._~-]*)*$`)
)

// settings are the known settings, and how each is read.
var settings = map[string]func(o *options, value string) *diag.Diagnostic{
	"package": func(o *options, v string) *diag.Diagnostic {
		if !identifier.MatchString(v) || token.IsKeyword(v) || packageName(v) != v {
			return backends.BadSetting("package", "%q cannot name a Go package", v).
				Helpf("use small letters and digits, a letter first, and no word of the language: package = %q", packageName(v))
		}
		o.pkg = v
		return nil
	},
	"import": func(o *options, v string) *diag.Diagnostic {
		if !importPath.MatchString(v) {
			return backends.BadSetting("import", "%q is no import path", v).
				Helpf("write names with slashes between: import = \"example.com/models/smnist\"")
		}
		o.module = v
		return nil
	},
	"tables": func(o *options, v string) *diag.Diagnostic {
		if v != "wide" && v != "compact" {
			return backends.BadSetting("tables", "tables = %q is neither wide nor compact", v).
				Helpf("wide tables have 4 bytes an entry and run faster; compact ones are as narrow as their numbers")
		}
		o.wide = v == "wide"
		return nil
	},
}

func readSettings(p *lower.Plan, s backends.Settings) (options, error) {
	o := options{pkg: packageName(p.Name), wide: true}
	var problems diag.List
	for _, key := range slices.Sorted(maps.Keys(s)) {
		read, ok := settings[key]
		if !ok {
			problems.Add(backends.UnknownSetting(Target, key))
			continue
		}
		if err := read(&o, s[key]); err != nil {
			problems.Add(err)
		}
	}
	if o.module == "" {
		o.module = fmt.Sprintf("example.com/%s", o.pkg)
	}
	return o, problems.Err()
}
