package compiler

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
)

const metadataModel = `model m
input x : u8[2]
param U : int4[4, 2]
param V : int4[2, 4]
state h : int16[4]
h <- hadamard(h) + U*x
y = V*relu(h)
output y
`

// withMetadata makes the model with weights that have an entry.
func withMetadata(key, text string) (*Model, error) {
	return FromParts("m.hrn", []byte(metadataModel), metadataWeights(key, text))
}

func metadataWeights(key, text string) *weights.File {
	tensor := func(name string, rows, cols int) *weights.Tensor {
		data := make([]float64, rows*cols)
		for i := range data {
			data[i] = 1 / float64(i+1)
		}
		return &weights.Tensor{Name: name, Shape: []int{rows, cols}, Data: data, DType: "F32"}
	}
	signs := &weights.Tensor{Name: "h.signs", Shape: []int{4}, Data: []float64{1, -1, 1, 1}, DType: "F32"}
	f := &weights.File{Path: "w.safetensors", Tensors: []*weights.Tensor{tensor("U", 4, 2), tensor("V", 2, 4), signs},
		Metadata: map[string]string{"range.h": "12.5"}}
	f.Metadata[key] = text
	return f
}

func TestMetadata(t *testing.T) {
	for _, c := range []struct{ key, text, want string }{
		{"range.h", " 12.5\n", ""},
		{"range.h", "1e2", ""},
		{"output.classes", `["` + strings.Repeat("x", 1000) + `"]`, ""},
		{"output.classes", `["no", "` + strings.Repeat("x", 1001) + `"]`, "metadata output.classes: error[weights]: the name of class 1 has 1001 bytes; help: write one of at most 1000"},
		{"range.h", "12.5abc", `metadata range.h: error[weights]: "12.5abc" is no range; help: it is the largest |h|`},
		{"range.h", "12,5", `"12,5" is no range`},
		{"range.h", "0,9", `"0,9" is no range`},
		{"range.h", "1,234.5", `"1,234.5" is no range`},
		{"range.h", "-1", `"-1" is no range`},
		{"range.h", "NaN", `"NaN" is no range`},
		{"range.h", "1e999", `"1e999" is no range`},
		{"range.h", strings.Repeat("9", 1_000_000), "... ("},
		{"input.channels", `[{"name":"a\nb","gain":2,"offset":0},{"name":"b","gain":1,"offset":0}]`, ""},
		{"input.channels", `[{"name":"a","gain":2,"offset":0}]`, "has 1 channel, and the input 2 entries"},
		{"input.channels", `[{"name":"a","gain":1e999,"offset":0}]`, "metadata input.channels: error[weights]: cannot be read"},
		{"input.channels", `nonsense`, "cannot be read"},
		{"output.classes", `{"a": 1}`, "metadata output.classes: error[weights]: cannot be read"},
		{"output.channels", `[1]`, "cannot be read"},
		{"output.channels", `[{"name":"a","gain":0,"offset":0},{"name":"b","gain":1,"offset":0}]`, "metadata output.channels: error[weights]: has a gain of 0"},
		{"output.channels", `[{"name":"a","gain":1,"offset":0}]`, "metadata output.channels: error[weights]: has 1 entry, the model 2 outputs"},
		{"input.length", "128", ""},
		{"input.length", "-5", "metadata input.length: error[weights]: cannot be read: -5 is no number of steps"},
		{"input.length", "many", "cannot be read"},
	} {
		_, err := withMetadata(c.key, c.text)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s = %.40q: %v", c.key, c.text, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 2000):
			t.Errorf("%s = %.40q: got %v, want %s", c.key, c.text, err, c.want)
		}
	}
}

// FuzzMetadata reads any text as an entry: the model is made, or a diagnostic names the file.
func FuzzMetadata(f *testing.F) {
	keys := []string{"range.h"}
	for _, e := range metadata.Entries {
		keys = append(keys, e.Key)
	}
	for i, text := range []string{"12.5", `[{"name":"a\u202e","gain":2,"offset":0},{"name":"b","gain":1,"offset":-1e300}]`, `[{}]`, `["a","*/"]`, "[", "null", "\xff"} {
		f.Add(uint8(i), text)
		f.Add(uint8(0), text)
	}
	f.Fuzz(func(t *testing.T, key uint8, text string) {
		_ = hostile.Read(t, "", func() error {
			_, err := withMetadata(keys[int(key)%len(keys)], text)
			return err
		})
	})
}

// TestFromPartsIsLoad makes a model in memory and from files: the same one, with the words, the channels and the hashes of both.
func TestFromPartsIsLoad(t *testing.T) {
	made, err := withMetadata(metadata.InputsKey, `[{"name":"a","gain":2,"offset":0},{"name":"b","gain":1,"offset":0}]`)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, weightsFile := filepath.Join(dir, "m.hrn"), filepath.Join(dir, "w.safetensors")
	content, err := weights.Encode(weightsFile, metadataWeights(metadata.InputsKey, `[{"name":"a","gain":2,"offset":0},{"name":"b","gain":1,"offset":0}]`))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, []byte(metadataModel), 0o666), os.WriteFile(weightsFile, content, 0o666)); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(file, weightsFile)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := FromBytes("m.hrn", []byte(metadataModel), "w.safetensors", content)
	if err != nil {
		t.Fatal(err)
	}
	for how, m := range map[string]*Model{"FromParts": made, "FromBytes": bytes} {
		if !slices.Equal(m.hashes, loaded.hashes) || len(m.hashes) != 2 {
			t.Errorf("%s: hashes %v; Load: %v", how, m.hashes, loaded.hashes)
		}
		if !reflect.DeepEqual(m.Real.Input.Channels, loaded.Real.Input.Channels) || len(m.Real.Input.Channels) != 2 {
			t.Errorf("%s: channels %v; Load: %v", how, m.Real.Input.Channels, loaded.Real.Input.Channels)
		}
		if got, want := filepath.Base(m.Weights), filepath.Base(loaded.Weights); got != want {
			t.Errorf("%s: weights %s; Load: %s", how, got, want)
		}
	}
}
