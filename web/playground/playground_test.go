package playground_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/web/playground"
)

// ask asks a question, and gives its answer or the failure.
func ask[T any](t *testing.T, p *playground.Playground, name string, args map[string]any) (out T, failure *playground.Failure) {
	t.Helper()
	in, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	var reply struct {
		Answer  json.RawMessage
		Failure *playground.Failure
	}
	if err := json.Unmarshal(p.Call(context.Background(), name, in), &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Failure != nil {
		return out, reply.Failure
	}
	if err := json.Unmarshal(reply.Answer, &out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

// example is a model of examples/ as arguments.
func example(t *testing.T, name string) map[string]any {
	t.Helper()
	dir := filepath.Join("..", "..", "examples", name)
	text, err := os.ReadFile(filepath.Join(dir, "model.hrn"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"text": string(text), "weights": filepath.Join(dir, "model.safetensors")}
}

// TestParts holds lines of generated code to the line of the model that they came from.
func TestParts(t *testing.T) {
	p := &playground.Playground{}
	for _, name := range []string{"copy", "activity"} {
		args := example(t, name)
		model := strings.Split(args["text"].(string), "\n")
		line := func(start string) int {
			return 1 + slices.IndexFunc(model, func(l string) bool { return strings.HasPrefix(l, start) })
		}
		for target, ext := range map[string]string{"c": ".c", "go": ".go", "verilog": ".v"} {
			args["target"] = target
			code, failure := ask[playground.Code](t, p, "code", args)
			if failure != nil {
				t.Fatal(failure.Message)
			}
			i := slices.IndexFunc(code.Files, func(f playground.File) bool { return len(f.Parts) > 0 && strings.HasSuffix(f.Path, ext) })
			if i < 0 {
				t.Errorf("%s, %s: no file is tied to the model", name, target)
				continue
			}
			f := code.Files[i]
			lines := strings.Split(f.Text, "\n")
			from := map[int]bool{} // lines of the model that some code came from
			tied := 0
			for _, part := range f.Parts {
				if os.Getenv("SHOW") != "" {
					t.Logf("%s %d-%d %s %v: %.90s", target, part.From, part.To, part.What, part.Spans, lines[part.From-1])
				}
				if part.From < 1 || part.To > len(lines) || part.From > part.To {
					t.Errorf("%s: part %+v is not in %d lines", f.Path, part, len(lines))
				}
				tied += part.To - part.From + 1
				for _, s := range part.Spans {
					from[s[0]] = true
				}
			}
			for _, want := range []string{"param U", "state h", "h <-", "y =", "param V"} {
				if n := line(want); n > 0 && !from[n] {
					t.Errorf("%s: nothing came from line %d, %s", f.Path, n, want)
				}
			}
			if tied*2 < len(lines) && target != "c" {
				t.Errorf("%s: %d of %d lines are tied to the model", f.Path, tied, len(lines))
			}
		}
	}
}

func TestCheck(t *testing.T) {
	p := &playground.Playground{}
	args := example(t, "copy")
	checked, failure := ask[playground.Checked](t, p, "check", args)
	if failure != nil || !checked.OK || checked.Name != "copy" || checked.Drawn != "" || len(checked.Diagnostics) > 0 {
		t.Errorf("copy: %+v, %+v", checked, failure)
	}
	text := args["text"].(string)

	args["text"] = strings.Replace(text, "hadamard", "hadamrad", 1)
	checked, _ = ask[playground.Checked](t, p, "check", args)
	if d := checked.Diagnostics; checked.OK || len(d) == 0 || d[0].Line != 14 || d[0].Col != 6 || d[0].Help == "" {
		t.Errorf("a misspelt function: %+v", checked)
	}

	// Weights that do not fit the text any more are replaced by random ones, which is said; what data would give is refused.
	args["text"] = strings.ReplaceAll(text, "128", "64")
	checked, _ = ask[playground.Checked](t, p, "check", args)
	if !checked.OK || checked.Drawn == "" {
		t.Errorf("fewer units: %+v", checked)
	}
	args["target"] = "c"
	if code, failure := ask[playground.Code](t, p, "code", args); failure != nil || len(code.Files) == 0 {
		t.Errorf("fewer units have no code: %+v", failure)
	}
	args["data"] = filepath.Join("..", "..", "examples", "copy", "x.npy")
	if _, failure := ask[playground.Ran](t, p, "run", args); failure == nil {
		t.Error("random weights decide about data")
	}

	if _, failure := ask[any](t, p, "no such method", nil); failure == nil {
		t.Error("any method is answered")
	}
}

// TestRun holds the last decisions of a run to what the example is known to say.
func TestRun(t *testing.T) {
	p := &playground.Playground{}
	args := example(t, "copy")
	args["data"] = filepath.Join("..", "..", "examples", "copy", "x.npy")
	args["sequence"] = 0
	ran, failure := ask[playground.Ran](t, p, "run", args)
	if failure != nil {
		t.Fatal(failure.Message)
	}
	if ran.Steps != 120 || len(ran.States) != 1 || len(ran.States[0].Bytes) != 120*128 || len(ran.Decisions) != 120 {
		t.Fatalf("%d steps, %d states, %d decisions", ran.Steps, len(ran.States), len(ran.Decisions))
	}
	for i, d := range ran.Decisions[110:] { // the ten symbols again
		if want := int(ran.Input[0].Values[i]); d != want {
			t.Errorf("symbol %d is %d, and it says %d", i, want, d)
		}
	}
}

func TestCosts(t *testing.T) {
	p := &playground.Playground{}
	chips, failure := ask[[]playground.Chip](t, p, "chips", map[string]any{})
	if failure != nil || len(chips) < 10 {
		t.Fatalf("%d chips, %+v", len(chips), failure)
	}
	for _, chip := range []string{"atmega328p", "up5k"} {
		args := example(t, "ecg")
		args["chip"] = chip
		cost, failure := ask[playground.Cost](t, p, "cost", args)
		if failure != nil || cost.Cycles == 0 || cost.Flash+cost.LUTs == 0 || cost.Unmet != "" {
			t.Errorf("%s: %+v, %+v", chip, cost, failure)
		}
	}
	args := example(t, "ecg")
	args["chip"] = "atmega328p"
	args["text"], args["weights"] = example(t, "copy")["text"], example(t, "copy")["weights"] // an output at every step
	schedule, failure := ask[playground.Schedule](t, p, "schedule", args)
	if failure != nil || len(schedule.Chosen.Said) == 0 || len(schedule.Others) == 0 {
		t.Errorf("%+v, %+v", schedule, failure)
	}
	for _, o := range schedule.Others {
		if o.Instead == "" {
			t.Errorf("a runner-up that does not differ: %+v", o)
		}
		if c := schedule.Chosen; o.Step+o.Output < c.Step+c.Output {
			t.Errorf("a runner-up that is quicker than the choice: %+v, %+v", o, c)
		}
	}
}

// TestTrain trains what design writes for a table, takes it home, and runs a file without labels through it.
func TestTrain(t *testing.T) {
	p, dir := &playground.Playground{}, t.TempDir()
	var rows strings.Builder
	rows.WriteString("recording,x,kind\n")
	for r := range 60 {
		for s := range 8 {
			rows.WriteString([]string{"", "-"}[(r+s*(r%2))%2])
			rows.WriteString(strings.Join([]string{"1." + string(rune('0'+(r*7+s*3)%10)), []string{"same", "turns"}[r%2]}, ","))
			rows.WriteString("\n")
		}
	}
	lines := strings.Split(strings.TrimSpace(rows.String()), "\n")
	for i := range lines[1:] {
		lines[i+1] = string(rune('a'+i/8/26)) + string(rune('a'+i/8%26)) + "," + lines[i+1]
	}
	data := filepath.Join(dir, "kinds.csv")
	if err := os.WriteFile(data, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	designed, failure := ask[struct{ Text string }](t, p, "design", map[string]any{"data": data, "set": []string{"id=recording", "label=kind", "epochs=2", "repeat=1", "augment_noise=0", "augment_shift=0"}})
	if failure != nil {
		t.Fatal(failure)
	}
	heard := 0
	p.Tell = func(any) { heard++ }
	train := map[string]any{"text": designed.Text, "folder": dir}
	if _, failure := ask[struct{}](t, p, "train", train); failure != nil {
		t.Fatal(failure)
	}
	trained, failure := ask[struct{ Weights, Report string }](t, p, "train", train) // again, in the same files
	if failure != nil {
		t.Fatal(failure)
	}
	if report, err := os.ReadFile(trained.Report); err != nil || !strings.Contains(string(report), "</html>") || heard == 0 {
		t.Errorf("the report: %v, %d news", err, heard)
	}
	home := map[string]any{"text": designed.Text, "weights": trained.Weights, "report": trained.Report, "output": filepath.Join(dir, "home.zip")}
	if name, failure := ask[string](t, p, "bundle", home); failure != nil || name != "kinds.zip" {
		t.Errorf("%q, %+v", name, failure)
	}
	z, err := zip.OpenReader(filepath.Join(dir, "home.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	for _, want := range []string{"kinds/model.hrn", "kinds/model.safetensors", "kinds/report.html", "kinds/build/c/kinds.c", "kinds/build/go/go.mod", "kinds/build/verilog/kinds.v"} {
		if !slices.Contains(names, want) {
			t.Errorf("the archive has no %s: %s", want, names)
		}
	}
	run := map[string]any{"text": designed.Text, "weights": trained.Weights, "data": data, "folder": filepath.Join(dir, "run"), "sequence": 1}
	if _, failure := ask[playground.Ran](t, p, "run", run); failure != nil {
		t.Fatal(failure)
	}
	run["sequence"] = 3
	ran, failure := ask[playground.Ran](t, p, "run", run)
	if failure != nil || ran.Sequences != 60 || ran.Sequence != 3 || ran.Last == "" {
		t.Errorf("%+v, %+v", ran.Sequences, failure)
	}
}
