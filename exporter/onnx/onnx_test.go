package onnx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/exporter/onnx"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/npm"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

var (
	models    = flag.Int("models", 12, "random models that onnxruntime must compute like the interpreters")
	firstSeed = flag.Int64("seed", 1, "seed of the first random model")
	runtime   = flag.String("onnxruntime", "1.20.1", "version of onnxruntime-node")
)

// exported is a model with its graphs, as files.
type exported struct {
	name   string
	text   string
	real   *ir.Module
	fixed  *ir.Module
	plan   *lower.Plan
	graphs []onnx.Graph
}

// export gives nil where no width of integers can run the model.
func export(t *testing.T, name string, m *compiler.Model) *exported {
	t.Helper()
	l, err := m.Lower(passes.Config{})
	var list diag.List
	if errors.As(err, &list) && (list[0].Code == "width" || list[0].Code == "range") {
		return nil
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	e := &exported{name: name, text: string(m.Text), fixed: l.Module, plan: l.Plan}
	if m.Real != nil {
		after := []string{"fold", "", "parity"}[len(e.text)%3] // any of the real level
		if e.real, err = m.IRAfter(after, passes.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	e.graphs, err = onnx.Graphs(onnx.Model{Real: e.real, Fixed: l.Module, Plan: l.Plan, Text: e.text, Version: "test"})
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, e.text)
	}
	return e
}

func mustExport(t *testing.T, name string, m *compiler.Model) *exported {
	t.Helper()
	e := export(t, name, m)
	if e == nil {
		t.Fatalf("%s cannot be lowered", name)
	}
	return e
}

func random(t *testing.T, seed int64) *exported {
	t.Helper()
	g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 256})
	if err != nil {
		t.Fatal(err)
	}
	m, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
	if err != nil {
		t.Fatal(err)
	}
	return export(t, fmt.Sprintf("seed %d", seed), m)
}

func randoms(t *testing.T) (list []*exported) {
	for seed := *firstSeed; len(list) < *models; seed++ {
		if e := random(t, seed); e != nil {
			list = append(list, e)
		}
	}
	return list
}

func examples(t *testing.T) (list []*exported) {
	files, err := filepath.Glob("../../examples/*/model.hrn")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		m, err := compiler.Load(f, "")
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, mustExport(t, f, m))
	}
	return list
}

// special are models that random ones leave out: names that are taken, hops that are odd, one course, one
// that starts at every step, courses at odd and at even steps at once, and a dense matrix.
func special(t *testing.T) (list []*exported) {
	decide := "output class = argmax(y) at every step\ndecide { hold = 2  smooth = 4  threshold = 0.6 }\n"
	for _, s := range [][2]string{
		{"names", "input h_in : i8[3] / 64\nparam U : int4[8, 3]\nstate h : int16[8] range 9\nstate step : int16[8] range 20\nparam B : int3[8, 8]\n" +
			"h <- hadamard(h) + U*h_in\nstep <- hadamard(step) + B*h\nparam V : int4[3, 8]\nh_out = V*step\noutput class_out = argmax(h_out) at every step\n" +
			"decide { hold = 1  smooth = 2  threshold = 0.6  start = 1 }\n"},
		{"odd hop", "input x : u8[2] / 255\nrestart 9 hop 3\nparam U : int8[16, 2]\nstate h : int16[16] range 4\nh <- hadamard(h) + U*x\nparam V : int4[4, 16]\ny = V*relu(h)\n" + decide},
		{"staged", "input x : u8[2] / 255\nrestart 12 hop 4\nparam U : int8[32, 2]\nstate h : int12[32] range 4\nh <- hadamard(h, rounding = staged) + U*x\nparam V : int4[4, 32]\ny = V*relu(h)\noutput class = argmax(y) mean\n"},
		{"one course", "input t : token[5]\nrestart 4 hop 4\nparam U : int8[2, 5]\nstate h : int16[2] range 4\nh <- hadamard(h) + U*onehot(t)\nparam V : int4[4, 2]\nparam c\ny = V*h + c\noutput y at last\n"},
		{"every step", "input t : token[5]\nrestart 6 hop 1\nparam U : int8[4, 5]\nstate h : int16[4] range 4\nh <- hadamard(h) + U*onehot(t)\nparam V : int4[4, 4]\nparam c\ny = V*h + c\noutput y > 0.2 at last\n"},
		{"dense", "input x : u8[2] / 255\nsteps 30\nparam U : int8[8, 2]\nparam W : [8, 8]\nstate h : int16[8] range 9\nh <- W*h + U*x\nparam V : int4[4, 8]\ny = V*relu(h)\noutput y at every step\n"},
	} {
		name, text := s[0], "model special\n"+s[1]+"weights \"model.safetensors\"\n"
		w, err := modelgen.Weights(text, 5)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if dense := w.Find("W"); dense != nil {
			for i := range dense.Data {
				dense.Data[i] = float64(hadamard.Entry(i/8, i%8)) / math.Sqrt(8)
			}
		}
		m, err := compiler.FromParts("model.hrn", []byte(text), w)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, mustExport(t, name, m))
		if name == "staged" { // IR may start courses at odd steps, which then differ from those at even ones
			file := filepath.Join(t.TempDir(), "odd.ir")
			text := strings.Replace(ir.Text(m.Real), "restart 12 hop 4", "restart 15 hop 5", 1)
			var consts bytes.Buffer
			if err := errors.Join(ir.WriteConsts(&consts, m.Real), os.WriteFile(file, []byte(text), 0o644), os.WriteFile(file+".consts", consts.Bytes(), 0o644)); err != nil {
				t.Fatal(err)
			}
			odd, err := compiler.Load(file, "")
			if err != nil || odd.Real.Hop != 5 {
				t.Fatalf("%v", err)
			}
			list = append(list, mustExport(t, "odd courses", odd))
		}
	}
	return list
}

// save writes graphs, each once, and gives their paths.
func save(t *testing.T, list []*exported) map[*onnx.Graph]string {
	dir, paths := t.TempDir(), map[*onnx.Graph]string{}
	for i, e := range list {
		for k := range e.graphs {
			g := &e.graphs[k]
			paths[g] = filepath.Join(dir, fmt.Sprintf("%d-%s.onnx", i, g.Name()))
			if err := os.WriteFile(paths[g], g.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return paths
}

const python = "/usr/bin/python3"

func needPython(t *testing.T) {
	t.Helper()
	if missing := exttool.Missing(python, "/usr/lib/python3/dist-packages/onnx"); len(missing) > 0 {
		t.Skipf("skipped: no %s", strings.Join(missing, ", "))
	}
}

// TestCheckerAccepts holds graphs to ONNX's own checker, with its inference of types and shapes.
func TestCheckerAccepts(t *testing.T) {
	needPython(t)
	list := slices.Concat(examples(t), special(t), randoms(t))
	paths := save(t, list)
	var files []string
	for _, p := range paths {
		files = append(files, p)
	}
	slices.Sort(files)
	out, err := exttool.Run(context.Background(), ".", strings.NewReader(strings.Join(files, "\n")), python, "testdata/check.py")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d graphs are valid\n", len(files)); string(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
}

// job and result are those of testdata/run.cjs.
type (
	job struct {
		Path     string          `json:"path"`
		Input    string          `json:"input"`
		X        array           `json:"x"`
		States   map[string]port `json:"states"`
		Sequence bool            `json:"sequence"`
		Chunk    int             `json:"chunk"`
		Late     *lateness       `json:"late,omitempty"`
	}
	lateness struct { // what is added to the count of steps, behind some of them
		Behind int `json:"behind"`
		By     int `json:"by"`
	}
	array struct {
		Type string        `json:"type,omitempty"`
		Dims []int         `json:"dims"`
		Data []json.Number `json:"data"`
	}
	port struct {
		Type string `json:"type"`
		Dims []int  `json:"dims"`
	}
	result struct {
		Outputs map[string][]array `json:"outputs"`
		Error   string             `json:"error"`
	}
)

const batch = 3

// sequences are some of one length: random ones, and one at the ends of the input's range.
func sequences(m *ir.Module, steps int, rng *rand.Rand) [][][]int64 {
	lo, hi := m.Input.Range()
	if most := m.Longest(); most > 0 {
		steps = min(steps, most)
	}
	x := make([][][]int64, batch)
	for i := range x {
		for range steps {
			row := make([]int64, m.Input.Size)
			for k := range row {
				row[k] = lo + rng.Int63n(hi-lo+1)
				if i == 0 {
					row[k] = []int64{lo, hi}[rng.Intn(2)]
				}
			}
			x[i] = append(x[i], row)
		}
	}
	return x
}

func jobOf(m *ir.Module, g *onnx.Graph, path string, x [][][]int64, chunk int) job {
	j := job{Path: path, Input: g.Inputs[0].Name, States: map[string]port{}, Sequence: g.Kind == onnx.Sequence, Chunk: chunk}
	for _, p := range g.Inputs[1:] {
		dims := []int{}
		for _, d := range p.Dims {
			if d == "batch" {
				d = batch
			}
			dims = append(dims, d.(int))
		}
		j.States[p.Name] = port{p.Type, dims}
	}
	j.X.Dims = []int{batch, len(x[0])}
	if m.Input.Kind == ir.Vector {
		j.X.Dims = append(j.X.Dims, m.Input.Size)
	}
	for _, sequence := range x {
		for _, row := range sequence {
			for _, n := range row {
				j.X.Data = append(j.X.Data, json.Number(fmt.Sprint(n)))
			}
		}
	}
	return j
}

// packages is where onnxruntime-node is.
func packages(t *testing.T) string {
	t.Helper()
	if missing := exttool.Missing(npm.Tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s", strings.Join(missing, ", "))
	}
	folder, err := npm.Install(context.Background(), nil, "onnxruntime-node@"+*runtime)
	if err != nil {
		t.Skipf("skipped: no onnxruntime-node: %v", err)
	}
	return folder
}

// run gives the results of jobs, all in one process.
func run(t *testing.T, jobs []job) []result {
	t.Helper()
	folder := packages(t)
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exttool.Run(context.Background(), ".", strings.NewReader(string(in)), "node", "testdata/run.cjs", folder)
	if err != nil {
		t.Fatal(err)
	}
	var results []result
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

// TestRuntimeComputesTheModel holds onnxruntime to the interpreters: at the fixed level to the bit, at the real one to 1e-4 of the largest
// output. Graphs of a step are called step by step, those of a sequence in pieces, with what a call left given to the next.
func TestRuntimeComputesTheModel(t *testing.T) {
	list := randoms(t)
	if *firstSeed == 1 {
		list = slices.Concat(examples(t), special(t), list)
	}
	paths := save(t, list)
	var jobs []job
	var checks []*check
	for i, e := range list {
		x := sequences(e.fixed, 23, rand.New(rand.NewSource(int64(i))))
		wanted := map[ir.Level][]want{ir.Fixed: e.wanted(t, ir.Fixed, x)}
		if e.real != nil {
			wanted[ir.Real] = e.wanted(t, ir.Real, x)
		}
		for k := range e.graphs {
			g := &e.graphs[k]
			c := &check{exported: e, g: g, want: wanted[g.Level], steps: len(x[0]), chunk: 1}
			if g.Kind == onnx.Sequence {
				c.chunk = 1 + i%9
			}
			jobs, checks = append(jobs, jobOf(e.fixed, g, paths[g], x, c.chunk)), append(checks, c)
		}
	}
	decisions, close := 0, 0
	for i, r := range run(t, jobs) {
		c := checks[i]
		if err := c.result(r); err != nil {
			t.Errorf("%s, %s: %v\n%s", c.name, c.g.Name(), err, c.text)
		}
		decisions, close = decisions+c.decisions, close+c.close
	}
	if close*200 > decisions {
		t.Errorf("%d of %d decisions of the real level are others than in float64", close, decisions)
	}
	t.Logf("%d graphs; of %d decisions of the real level %d are others than in float64", len(jobs), decisions, close)
}

// TestCountsForEver holds models that count steps to the same outputs where the count begins anew.
func TestCountsForEver(t *testing.T) {
	var list []*exported
	for seed := int64(1); len(list) < 4; seed++ {
		e := random(t, seed)
		if e != nil && (e.fixed.Hop > 0 || e.fixed.Output.When != ir.Mean) && counts(&e.graphs[0]) && (e.fixed.Hop > 0) == (len(list)%2 == 0) {
			list = append(list, e)
		}
	}
	paths := save(t, list)
	var jobs []job
	for i, e := range list {
		before, period := 4, 2
		if e.fixed.Hop > 0 {
			before, period = e.fixed.Steps+1, 2*e.fixed.Steps
		}
		x := sequences(e.fixed, before+2*period, rand.New(rand.NewSource(int64(i))))
		for k := range e.graphs {
			g := &e.graphs[k]
			if g.Level != ir.Fixed {
				continue
			}
			plain := jobOf(e.fixed, g, paths[g], x, 1)
			late := plain
			late.Late = &lateness{Behind: before, By: (1<<30 - before) / period * period}
			jobs = append(jobs, plain, late)
		}
	}
	results := run(t, jobs)
	for i := 0; i < len(results); i += 2 {
		if results[i].Error != "" || !reflect.DeepEqual(results[i], results[i+1]) {
			t.Errorf("%s gives other outputs late: %s%s", jobs[i].Path, results[i].Error, results[i+1].Error)
		}
	}
}

func counts(g *onnx.Graph) bool { return g.Inputs[len(g.Inputs)-1].Name == "step_in" }

// want is what a level gives of a sequence behind every step: outputs as numbers, in real units, and what is decided.
type want struct {
	y, real  [][]float64
	ints     [][]int64
	decision [][]int64 // nil without one
	scale    float64   // what float32 rounds by
}

func (e *exported) wanted(t *testing.T, level ir.Level, x [][][]int64) (list []want) {
	t.Helper()
	m := e.fixed
	if level == ir.Real {
		m = e.real
	}
	for _, sequence := range x {
		w := want{scale: 1e-30}
		machine := lower.NewMachine(e.plan)
		for n := 1; n <= len(sequence); n++ {
			if level == ir.Real {
				r, err := interp.RunReal(m, sequence[:n])
				if err != nil {
					t.Fatal(err)
				}
				y := r.Y[len(r.Y)-1]
				w.y, w.decision = append(w.y, y), append(w.decision, decide(m.Output, y, r.Decisions))
				for _, v := range append(y, 0.01*slices.Max(r.Max)) {
					w.scale = max(w.scale, math.Abs(v))
				}
				continue
			}
			r, err := interp.RunFixed(m, sequence[:n])
			if err != nil {
				t.Fatal(err)
			}
			y := r.Y[len(r.Y)-1]
			machine.Step(sequence[n-1])
			w.ints = append(w.ints, y)
			if m.Output.Decision != ir.Logits {
				w.decision = append(w.decision, machine.Decide(y))
			}
			var real []float64
			for _, v := range y {
				unit := e.plan.Readout.Unit.At(machine.T)
				if m.Output.When == ir.Mean {
					unit = e.plan.Readout.Unit.Unit / float64(machine.T)
				}
				real = append(real, unit*float64(v))
			}
			w.real = append(w.real, real)
		}
		list = append(list, w)
	}
	return list
}

// decide is what the real level makes of outputs.
func decide(o ir.Output, y []float64, decisions []int) []int64 {
	switch {
	case decisions != nil:
		return []int64{int64(decisions[len(decisions)-1])}
	case o.Decision == ir.Argmax:
		best := 0
		for i := range y {
			if y[i] > y[best] {
				best = i
			}
		}
		return []int64{int64(best)}
	case o.Decision == ir.Threshold:
		bits := make([]int64, len(y))
		for i := range y {
			if y[i] > o.Threshold {
				bits[i] = 1
			}
		}
		return bits
	}
	return nil
}

// check holds the result of a graph to what is wanted.
type check struct {
	*exported
	g            *onnx.Graph
	want         []want // a sequence
	steps, chunk int
	// Decisions of the real level, and how many of them are others than in float64, because they were close.
	decisions, close int
}

func (c *check) result(r result) error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	every := c.fixed.Output.When == ir.EveryStep && c.g.Kind == onnx.Sequence
	o := c.fixed.Values[c.fixed.Y].Type.Len()
	for _, p := range c.g.Outputs {
		if p.Handed {
			continue
		}
		for call := range (c.steps + c.chunk - 1) / c.chunk {
			from, to := call*c.chunk, min((call+1)*c.chunk, c.steps)
			if len(r.Outputs[p.Name]) <= call {
				return fmt.Errorf("call %d gave no %s", call+1, p.Name)
			}
			got := r.Outputs[p.Name][call]
			dims := []int{batch}
			if every {
				dims = append(dims, to-from)
			} else {
				from = to - 1
			}
			if len(p.Dims) == len(dims)+1 {
				dims = append(dims, o)
			}
			if !slices.Equal(got.Dims, dims) || got.Type != p.Type {
				return fmt.Errorf("call %d gave %s as %s %v, want %s %v", call+1, p.Name, got.Type, got.Dims, p.Type, dims)
			}
			size := len(got.Data) / batch / (to - from)
			for b := range batch {
				for step := from; step < to; step++ {
					at := (b*(to-from) + step - from) * size
					if err := c.row(p.Name, got.Data[at:at+size], &c.want[b], step); err != nil {
						return fmt.Errorf("%s of sequence %d behind step %d: %w", p.Name, b, step+1, err)
					}
				}
			}
		}
	}
	return nil
}

// row holds one output of a step.
func (c *check) row(name string, got []json.Number, w *want, step int) error {
	numbers := func(within float64, want []float64) error {
		for i, v := range want {
			if f, err := got[i].Float64(); err != nil || !(math.Abs(f-v) <= within) {
				return fmt.Errorf("entry %d is %v, want %v", i, got[i], v)
			}
		}
		return nil
	}
	integers := func(want []int64) error {
		for i, v := range want {
			if n, err := got[i].Int64(); err != nil || n != v {
				return fmt.Errorf("%v, want %v", got, want)
			}
		}
		return nil
	}
	isY := name == c.g.Outputs[0].Name
	switch {
	case c.g.Level == ir.Real && isY:
		return numbers(1e-4*w.scale, w.y[step])
	case c.g.Level == ir.Real:
		c.decisions++
		if integers(w.decision[step]) != nil {
			c.close++
		}
		return nil
	case isY:
		return integers(w.ints[step])
	case name == c.g.Outputs[1].Name:
		most := 0.0
		for _, v := range w.real[step] {
			most = max(most, math.Abs(v))
		}
		return numbers(1e-6*most, w.real[step])
	}
	return integers(w.decision[step])
}

// TestReadmeRuns runs the JavaScript of the README of a model as it stands, step by step.
func TestReadmeRuns(t *testing.T) {
	folder := packages(t)
	for _, seed := range []int64{3, 4, 12} {
		e := random(t, seed)
		if e == nil {
			t.Fatalf("seed %d makes no model", seed)
		}
		text, err := onnx.Readme(onnx.Model{Real: e.real, Fixed: e.fixed, Plan: e.plan}, e.graphs)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "step-fixed.onnx"), e.graphs[0].Data, 0o644); err != nil {
			t.Fatal(err)
		}
		x := sequences(e.fixed, 9, rand.New(rand.NewSource(seed)))[0]
		in, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		_, program, found := strings.Cut(string(text), "## JavaScript\n")
		if !found {
			t.Fatalf("there is no JavaScript in\n%s", text)
		}
		program = strings.Replace(program, `"onnxruntime-node"`, fmt.Sprintf("%q", filepath.Join(folder, "node_modules/onnxruntime-node/dist/index.js")), 1)
		call := "row"
		if e.fixed.Input.Kind == ir.Token {
			call = "row[0]"
		}
		program += fmt.Sprintf("\nfor (const row of %s) console.log(Array.from(await step(%s), Number).join(\" \"));\n", in, call)
		if err := os.WriteFile(filepath.Join(dir, "run.mjs"), []byte(program), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exttool.Run(context.Background(), dir, nil, "node", "run.mjs")
		if err != nil {
			t.Fatalf("%v\n%s", err, program)
		}
		w := e.wanted(t, ir.Fixed, [][][]int64{x})[0]
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		c := check{exported: e, g: &e.graphs[0]}
		name := c.g.Outputs[1].Name
		if w.decision != nil {
			name = e.fixed.Output.Name
		}
		for step, line := range lines {
			var got []json.Number
			for _, f := range strings.Fields(line) {
				got = append(got, json.Number(f))
			}
			if err := c.row(name, got, &w, step); err != nil || len(lines) != len(x) {
				t.Errorf("seed %d, step %d of %d: %v", seed, step+1, len(lines), err)
			}
		}
	}
}

// TestReadmePython runs the Python of the README with a stand-in for onnxruntime, which Debian does not have, that holds every call to
// the names, types and shapes of the graph.
func TestReadmePython(t *testing.T) {
	needPython(t)
	for _, seed := range []int64{3, 4, 12} {
		e := random(t, seed)
		text, err := onnx.Readme(onnx.Model{Real: e.real, Fixed: e.fixed, Plan: e.plan}, e.graphs)
		if err != nil {
			t.Fatal(err)
		}
		_, program, _ := strings.Cut(string(text), "## Python\n")
		program, _, _ = strings.Cut(program, "## JavaScript\n")
		lines := strings.Split(program, "\n")
		for i := range lines {
			lines[i] = strings.TrimPrefix(lines[i], "    ")
		}
		x := fmt.Sprint(make([]int, e.fixed.Input.Size))
		if e.fixed.Input.Kind == ir.Token {
			x = "0"
		}
		lines = append(lines, fmt.Sprintf("for n in range(3):\n    y = step(%s)\nprint(y.shape[0], n)", strings.ReplaceAll(x, " ", ", ")))
		standIn, err := filepath.Abs("testdata/standin")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "step-fixed.onnx"), e.graphs[0].Data, 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exttool.RunEnv(context.Background(), dir, []string{"PYTHONPATH=" + standIn, "PYTHONDONTWRITEBYTECODE=1"}, strings.NewReader(strings.Join(lines, "\n")), python, "-")
		if err != nil || !strings.Contains(string(out), fmt.Sprintf("'decision': '%s'", e.fixed.Output.Decision)) || !strings.HasSuffix(string(out), "1 2\n") {
			t.Errorf("seed %d: %v\n%s", seed, err, out)
		}
	}
}
