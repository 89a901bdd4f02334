package archtest

import (
	"go/types"
	"strings"
	"testing"

	gopackages "golang.org/x/tools/go/packages"
)

// TestPublicPackage holds what the package at the module's root exports to types that a program can name: its own, and those
// of the standard library. Types of other packages of this module, which may change or are internal, stand nowhere in it: in no
// signature, no exported field and no method, however deep.
func TestPublicPackage(t *testing.T) {
	loaded, err := gopackages.Load(&gopackages.Config{Mode: gopackages.NeedName | gopackages.NeedTypes | gopackages.NeedImports, Dir: root(t)}, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) != 1 || len(loaded[0].Errors) > 0 || loaded[0].Types == nil {
		t.Fatalf("the package at the root is not there: %v", loaded)
	}
	w := &publicWalk{t: t, own: loaded[0].Types, seen: map[types.Type]bool{}}
	names := map[string]bool{}
	for _, name := range w.own.Scope().Names() {
		if o := w.own.Scope().Lookup(name); o.Exported() {
			names[name] = true
			w.visit(o.Type(), name)
		}
	}
	for _, name := range []string{"Load", "Check", "Import", "Model", "Error"} {
		if !names[name] {
			t.Errorf("the package has no %s", name)
		}
	}
}

// publicWalk goes through types that are exported.
type publicWalk struct {
	t    *testing.T
	own  *types.Package
	seen map[types.Type]bool
}

func (w *publicWalk) visit(t types.Type, where string) {
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		w.visit(types.Unalias(t), where)
	case *types.Named:
		w.named(t, where)
	case *types.Pointer:
		w.visit(t.Elem(), where)
	case *types.Slice:
		w.visit(t.Elem(), where)
	case *types.Array:
		w.visit(t.Elem(), where)
	case *types.Chan:
		w.visit(t.Elem(), where)
	case *types.Map:
		w.visit(t.Key(), where)
		w.visit(t.Elem(), where)
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for v := range tuple.Variables() {
				w.visit(v.Type(), where)
			}
		}
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				w.visit(f.Type(), where+"."+f.Name())
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			w.visit(m.Type(), where+"."+m.Name())
		}
	}
}

func (w *publicWalk) named(t *types.Named, where string) {
	p := t.Obj().Pkg()
	switch {
	case p == nil: // error
		return
	case p.Path() == module || p == w.own:
	case strings.HasPrefix(p.Path(), module+"/"):
		w.t.Errorf("%s has the type %s, which no program outside may depend on: give it one of the package's own", where, t)
		return
	case strings.Contains(strings.Split(p.Path(), "/")[0], "."):
		w.t.Errorf("%s has the type %s of another module: give it one of the package's own", where, t)
		return
	default: // the standard library
		return
	}
	for i := range t.TypeArgs().Len() {
		w.visit(t.TypeArgs().At(i), where)
	}
	for m := range t.Methods() {
		if m.Exported() {
			w.visit(m.Type(), where+"."+m.Name())
		}
	}
	w.visit(t.Underlying(), where)
}
