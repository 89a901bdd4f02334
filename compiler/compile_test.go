package compiler

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// save writes a model of a text with tensors of small random-looking numbers, and gives its path.
func save(t *testing.T, text string, ranges map[string]string) string {
	t.Helper()
	f, err := modelgen.Weights(text, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range ranges {
		f.Metadata["range."+k] = v
	}
	dir := t.TempDir()
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), f); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.hrn")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const stacked = `model stacked
input x : u8[3] / 255
steps 30
param U : int4[64, 3]   param b : [64]
param B : binary[64, 64]
param V : int4[5, 64]   param c : [5]
state h1 : int16[64]   state h2 : int16[64]
h1 <- hadamard(h1, block = 8) + U*x + b
h2 <- hadamard(h2) + B*relu(h1)
y = V*relu(h2) + c
output class = argmax(y) at last
weights "model.safetensors"
`

const embedded = `model embedded
input t : token[50]
steps 20
param E : int8[50, 12]
param U : int4[32, 12]   param b : [32]
param V : int4[1, 32]    param c : [1]
state h : int16[32]
h <- hadamard(h) + U*embed(E, t) + b
y = V*relu(h) + c
output positive = y > 0 mean
weights "model.safetensors"
`

func load(t *testing.T, text string, ranges map[string]string) *Model {
	t.Helper()
	m, err := Load(save(t, text, ranges), "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStackedAndEmbeddedEverywhere is hrnnc verify on the paper's other shapes.
func TestStackedAndEmbeddedEverywhere(t *testing.T) {
	verifyAll(t, load(t, stacked, map[string]string{"h1": "6", "h2": "20"}))
	verifyAll(t, load(t, embedded, map[string]string{"h": "9"}))
}

func compile(t *testing.T, m *Model) *Output {
	t.Helper()
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := l.Compile(context.Background(), Targets)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDeterministic compiles in two folders and on one core and many: every byte must agree.
func TestDeterministic(t *testing.T) {
	ranges := map[string]string{"h1": "6", "h2": "20"}
	one := compile(t, load(t, stacked, ranges))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	two := compile(t, load(t, stacked, ranges))
	a, b := one.tree(), two.tree()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d files and %d", len(a), len(b))
	}
	for i := range a {
		if a[i].Path != b[i].Path || string(a[i].Data) != string(b[i].Data) {
			t.Errorf("%s differs", a[i].Path)
		}
		if strings.Contains(string(a[i].Data), os.TempDir()) {
			t.Errorf("%s holds a path of this machine", a[i].Path)
		}
	}
}

// TestRecurrenceIsATransform holds the figure that the report gives for n = 512 and one 4-bit input.
func TestRecurrenceIsATransform(t *testing.T) {
	text := "model m\ninput x : u8[1] / 255\nparam U : int4[512, 1]\nparam b\nparam V : int4[10, 512]\nstate h : int16[512]\n" +
		"h <- hadamard(h) + U*x + b\ny = V*relu(h)\noutput y\nweights \"model.safetensors\"\n"
	m := load(t, text, map[string]string{"h": "9"})
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := l.Plan.Cost()
	if most := 512*9 + 3*512; c.Recurrence.Adds > most || c.Recurrence.Muls != 0 {
		t.Errorf("the recurrence takes %+v, want at most %d additions and no multiplication", c.Recurrence, most)
	}
}

func holdsMine(t *testing.T, path string) {
	t.Helper()
	if data, err := os.ReadFile(path); err != nil || string(data) != "mine" {
		t.Errorf("the user's %s is gone: %q, %v", path, data, err)
	}
}

// relink puts a link to a copy in a file's place.
func relink(path string) error {
	return errors.Join(os.Rename(path, path+".copy"), os.Symlink(filepath.Base(path)+".copy", path))
}

func TestWriteKeepsWhatIsTheUsers(t *testing.T) {
	o := compile(t, load(t, embedded, map[string]string{"h": "9"}))
	dir := filepath.Join(t.TempDir(), "out")
	write := func(force bool, want string) {
		t.Helper()
		err := o.Write(dir, force)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	write(false, "")
	write(false, "") // what hrnnc wrote may be replaced
	source := filepath.Join(dir, "c", "embedded.c")
	if err := os.WriteFile(source, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(false, "holds what hrnnc did not write: c/embedded.c")
	if data, _ := os.ReadFile(source); string(data) != "mine" {
		t.Error("the user's change is gone")
	}
	write(true, "")
	put := func(name string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("mine"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"c/build/test", "verilog/build/testbench", "verilog/build/result.txt", "verilog/build/size.txt"} {
		put(name)
	}
	write(false, "") // products can be made again
	for _, name := range []string{"notes.txt", "c/build/notes.txt", "build/notes.txt", "go/cmd/build/deep/notes.txt", "verilog/build/test", ".hidden", "c/.git/config"} {
		put(name)
		write(false, "holds what hrnnc did not write: "+name)
		holdsMine(t, filepath.Join(dir, filepath.FromSlash(name)))
		write(true, "")
	}
	manifest := filepath.Join(dir, manifestName)
	whole, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() error{
		"build/":       func() error { return os.MkdirAll(filepath.Join(dir, "build"), 0o755) },
		"c/empty/":     func() error { return os.MkdirAll(filepath.Join(dir, "c", "empty"), 0o755) },
		"c/build/test": func() error { return os.MkdirAll(filepath.Join(dir, "c", "build", "test"), 0o755) },
		"link":         func() error { return os.Symlink("/", filepath.Join(dir, "link")) },
		"c/README.md":  func() error { return relink(filepath.Join(dir, "c", "README.md")) },
		manifestName: func() error {
			return os.WriteFile(manifest, bytes.Replace(whole, []byte(`"report"`), []byte(`"Report"`), 1), 0o644)
		},
		"hrnnc did not make": func() error { return os.WriteFile(manifest, []byte(`{"files": {}}`), 0o644) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		write(false, what)
		write(true, "")
		write(false, "")
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	write(false, "is a folder that hrnnc did not make")
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*tmp*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// slow is a target that waits.
type slow struct {
	backends.Target
	begun, end chan struct{}
}

func (s slow) Name() string { return "c" }

func (s slow) Generate(*lower.Plan, backends.Vectors, backends.Settings) ([]backends.File, []backends.Figure, error) {
	close(s.begun)
	<-s.end
	return nil, nil, nil
}

// TestCancelledCompileReturns: whoever stops a compilation need not wait for a long search for a design.
func TestCancelledCompileReturns(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	target := slow{begun: make(chan struct{}), end: make(chan struct{})}
	defer close(target.end)
	go func() { <-target.begun; cancel() }()
	if out, err := randomWeights(t, stacked, 1).Compile(ctx, []backends.Target{target}); out != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", out, err)
	}
}
