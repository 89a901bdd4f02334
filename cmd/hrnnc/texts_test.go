package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/weights"
)

// TestTextsOfData trains on names that a spreadsheet, a file system or an attacker gives to columns, folders and classes, and then
// does all that a person does with a model.
func TestTextsOfData(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := func(class int) []string {
		row := make([]string, 2)
		for d := range row {
			row[d] = fmt.Sprintf("%.3f", float64(class)+0.3*rng.NormFloat64())
		}
		return row
	}
	table := func(dir string, header []string, rows func(i int) []string) {
		f, err := os.Create(filepath.Join(dir, "s.csv"))
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		w.Write(header)
		for i := range 240 {
			w.Write(rows(i))
		}
		if w.Flush(); w.Error() != nil || f.Close() != nil {
			t.Fatal(w.Error())
		}
	}
	classes := []string{"walk/*run", "*/ rest\nhome", "tab\t\\", "say \"hi\" ??/ %s \u202e"}
	for name, test := range map[string]struct {
		make           func(dir string)
		output, config string
	}{
		"table": {func(dir string) {
			table(dir, []string{"rec", "acc\nx", "\x1b]0;*/\a", "class"}, func(i int) []string {
				c := i / 6 % 4
				return append(append([]string{fmt.Sprint(i / 6)}, values(c)...), classes[c])
			})
		}, "output class = argmax(y)", `data = "s.csv"  id = rec  label = class`},
		"regression": {func(dir string) {
			table(dir, []string{"rec", "a", "b", "one\ntwo*/", "\ttab", "c\\", "d"}, func(i int) []string {
				row := values(i % 3)
				return append(append([]string{fmt.Sprint(i / 6)}, row...), append(values(i%3), values(i%3)...)...)
			})
		}, "output y", `data = "s.csv"  id = rec  targets = "4,5,6,7"`},
		"folders": {func(dir string) {
			for c, class := range []string{"w\xffx", "new\nline", "walk *run", "\u202e"} {
				folder := filepath.Join(dir, "s", class)
				if err := os.MkdirAll(folder, 0o755); err != nil {
					t.Skip(err) // not on every file system
				}
				for i := range 12 {
					var b strings.Builder
					b.WriteString("a,b\n")
					for range 6 {
						b.WriteString(strings.Join(values(c), ",") + "\n")
					}
					if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.csv", i)), []byte(b.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, "output class = argmax(y)", `data = "s"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			test.make(dir)
			at := func(name string) string { return filepath.Join(dir, name) }
			model := `model sensor
input x : i8[2] / 32
steps 6
param U : int4[16, 2]
param b : [16]
param V : int4[4, 16]
param c : [4]
state h : int16[16]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
` + test.output + `
weights "model.safetensors"
train { ` + test.config + `  window = 6  normalise = channel  epochs = 1  batch = 16 }
`
			if name == "folders" {
				model = strings.Replace(model, "  window = 6", "", 1)
			}
			if err := os.WriteFile(at("model.hrn"), []byte(model), 0o644); err != nil {
				t.Fatal(err)
			}
			command(t, "train", at("model.hrn"))
			command(t, "eval", at("model.hrn"))
			command(t, "report", at("model.hrn"))
			command(t, "compile", at("model.hrn"), "-o", at("out"))
			command(t, "ir", at("model.hrn"), "-o", at("model.ir"))
			command(t, "verify", at("model.ir"), "--level", "plan,go")
			f, err := weights.Open(at("model.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			header, err := os.ReadFile(at("out/c/sensor.h"))
			if err != nil {
				t.Fatal(err)
			}
			if test.output != "output y" && (f.Metadata["output.classes"] == "" || strings.Count(string(header), "    \"") != 4) {
				t.Errorf("classes %s, header\n%s", f.Metadata["output.classes"], header)
			}
		})
	}
}
