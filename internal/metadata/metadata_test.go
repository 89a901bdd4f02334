package metadata

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
)

var full = Metadata{Ranges: map[string]float64{"h": 12.5}, Inputs: []ir.Channel{{Name: "a", Gain: 32, Offset: -1}}, Outputs: []ir.Channel{{Name: "b", Gain: 0.1, Offset: 3}},
	Classes: []string{"no", "yes"}, Vocabulary: []string{"", "film"}, Length: 64, TrainedOn: "imdb", DrawnBy: map[string]string{"seed": "2", "valid": "0.2"}, Version: "1.2.0"}

// TestEveryEntryIsWrittenAndRead takes metadata to a file and back, and knows a key for every field and no other.
func TestEveryEntryIsWrittenAndRead(t *testing.T) {
	f := &weights.File{Path: "w.safetensors", Metadata: map[string]string{}}
	full.Write(f.Metadata)
	m, errs := Read(f, []string{"h"})
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	if !reflect.DeepEqual(*m, full) {
		t.Errorf("read %+v", *m)
	}
	var want []string
	for _, e := range Entries {
		want = append(want, strings.ReplaceAll(e.Key, "*", "h"))
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(f.Metadata)); !slices.Equal(got, want) {
		t.Errorf("wrote %v, the schema has %v", got, want)
	}
	for i := range reflect.TypeFor[Metadata]().NumField() {
		if reflect.ValueOf(full).Field(i).IsZero() {
			t.Errorf("the test has no %s", reflect.TypeFor[Metadata]().Field(i).Name)
		}
	}
}

// TestNothingSaidIsNothingWritten leaves what is there alone.
func TestNothingSaidIsNothingWritten(t *testing.T) {
	into := map[string]string{"range.h": "3", "hrnnc": "1", "others": "x"}
	(&Metadata{}).Write(into)
	if len(into) != 3 || into["hrnnc"] != "1" {
		t.Errorf("there is now %v", into)
	}
}

// TestDocs holds the table of docs/weights.md to the schema.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/weights.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, e := range Entries {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", e.Key, e.Form, e.About)
	}
	if !strings.Contains(string(page), "| key | text | what it says |\n| --- | --- | --- |\n"+table.String()+"\n") {
		t.Errorf("docs/weights.md lacks this table of the metadata\n%s", table.String())
	}
}
