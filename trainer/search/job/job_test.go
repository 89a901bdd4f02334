package job

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var examples = []Job{
	{Name: "trials", File: "trials.x", Trials: "trials.jsonl", Folder: "search", Shards: 8, Rounds: 1, Image: "registry.example/hrnnc:1", Claim: "search"},
	{Name: "Gait & Fall's \"best\"", File: "a\ntouch hacked\nb.x", Trials: "a b'c.jsonl", Folder: "$(touch hacked)", Data: "/data/x y#.csv: 1", Shards: 1, Rounds: 3, CPUs: 2,
		Image: "localhost:5000/x@sha256:0", Claim: "nas: yes # no"},
}

// jobSchema is that of an Indexed Job, strict: no object has a key that its type does not name.
func jobSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/job.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.(map[string]any)["definitions"].(map[string]any) {
		if d := d.(map[string]any); d["properties"] != nil {
			d["additionalProperties"] = false
		}
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("job.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("job.json#/definitions/io.k8s.api.batch.v1.Job")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func written(t *testing.T, kind string, j Job) []byte {
	t.Helper()
	k, ok := Find(kind)
	if !ok {
		t.Fatal(kind)
	}
	text, err := k.Write(j)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func fromYAML(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.UnmarshalWithOptions(text, &v, yaml.Strict()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestManifestIsAJob holds the manifest to Kubernetes' own schema, and the schema to mistakes.
func TestManifestIsAJob(t *testing.T) {
	schema := jobSchema(t)
	for _, j := range examples {
		text := written(t, "kubernetes", j)
		doc := fromYAML(t, text)
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		spec := doc.(map[string]any)["spec"].(map[string]any)
		volumes := spec["template"].(map[string]any)["spec"].(map[string]any)["volumes"].([]any)
		claim := volumes[0].(map[string]any)["persistentVolumeClaim"].(map[string]any)["claimName"]
		if spec["completionMode"] != "Indexed" || spec["completions"] != spec["parallelism"] || spec["backoffLimitPerIndex"] == nil || claim != j.Claim {
			t.Errorf("%s", text)
		}
		for _, mistake := range [][2]string{{"completions: ", "completion: "}, {"backoffLimitPerIndex: 6", "backoffLimitPerIndex: many"}, {"image: ", "picture: "},
			{"claimName: ", "claim: "}, {"  template:", "  pod:"}} {
			if wrong := strings.Replace(string(text), mistake[0], mistake[1], 1); wrong == string(text) || schema.Validate(fromYAML(t, []byte(wrong))) == nil {
				t.Errorf("%v passes", mistake)
			}
		}
	}
}

// TestWordsReachTheProgram runs both files with a stand-in for hrnnc, which notes its arguments: names with any characters arrive as they
// are, and start nothing.
func TestWordsReachTheProgram(t *testing.T) {
	for _, j := range examples {
		dir := t.TempDir()
		notes := filepath.Join(dir, "notes")
		script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + Quote(notes) + "\n"
		if err := os.WriteFile(filepath.Join(dir, "hrnnc"), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
		run := func(env string, args ...string) string {
			c := exec.Command(args[0], args[1:]...)
			c.Dir, c.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), env)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(notes)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		want := []string{"search", "--trials", j.Trials, "--shard", "1/1", "--merge", j.Folder}
		j.Shards = 1
		if j.Data != "" {
			want = append(want, "--data", j.Data)
		}
		spec := fromYAML(t, written(t, "kubernetes", j)).(map[string]any)["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		var command []string
		for _, word := range spec["containers"].([]any)[0].(map[string]any)["command"].([]any) {
			command = append(command, word.(string))
		}
		if got := run("JOB_COMPLETION_INDEX=0", command...); got != strings.Join(want, "\n")+"\n" {
			t.Errorf("%q", got)
		}
		if err := os.WriteFile(filepath.Join(dir, "job.sh"), written(t, "slurm", j), 0o666); err != nil {
			t.Fatal(err)
		}
		want[5] = "-o"
		if got := run("SLURM_ARRAY_TASK_ID=1", "sh", "job.sh", "shard"); got != strings.Join(want, "\n")+"\n" {
			t.Errorf("%q", got)
		}
		if got := run("X=1", "sh", "job.sh", "merge"); got != strings.Join([]string{"search", "--trials", j.Trials, "--merge", j.Folder}, "\n")+"\n" {
			t.Errorf("%q", got)
		}
		if _, err := os.Stat(filepath.Join(dir, "hacked")); err == nil {
			t.Error("a name was run")
		}
	}
}

func TestLabel(t *testing.T) {
	for name, want := range map[string]string{"trials": "trials", "My Search.v2": "my-search-v2", "--": "search", "": "search", "ä": "search",
		strings.Repeat("x", 80): strings.Repeat("x", longLabel)} {
		if got := Label(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
