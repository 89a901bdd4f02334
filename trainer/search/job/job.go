// Package job writes what runs the trials of a search on many machines: a script for Slurm, and a manifest for Kubernetes. It starts
// nothing and asks nobody. Start with Kinds.
package job

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Job is trials to be run in shards.
type Job struct {
	Name   string // of the job: what the plan's file is called
	Trials string // file of the plan, as seen from where the job runs
	Folder string // of the search there
	Data   string // where the data set lies there; "" for where the plan says
	Shards int
	Rounds int // of the search: 1, or more with successive halving
	CPUs   int // of a shard; 0 leaves it open
	// Of Kubernetes: the image that has hrnnc, and the claim of the volume that has the plan and takes the results.
	Image, Claim string
	// File is what the job is called in its own words.
	File string
}

// Kind is a way to run a job.
type Kind struct {
	Name, Ext string // Ext ends the file's name
	text      *template.Template
}

var (
	//go:embed slurm.sh
	slurm string
	//go:embed kubernetes.yaml
	kubernetes string

	words = template.FuncMap{"sh": Quote, "line": line, "json": quoteJSON, "label": Label}
)

// Kinds are all of them.
var Kinds = []Kind{
	{"slurm", ".slurm.sh", template.Must(template.New("slurm").Funcs(words).Parse(slurm))},
	{"kubernetes", ".kubernetes.yaml", template.Must(template.New("kubernetes").Funcs(words).Parse(kubernetes))},
}

// Names are those of the kinds.
func Names() (out []string) {
	for _, k := range Kinds {
		out = append(out, k.Name)
	}
	return out
}

// Find is the kind of a name.
func Find(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Write gives the file of a job.
func (k Kind) Write(j Job) ([]byte, error) {
	var b strings.Builder
	err := k.text.Execute(&b, j)
	return []byte(b.String()), err
}

// Round counts the rounds from 1.
func (j Job) Round() (out []int) {
	for i := range j.Rounds {
		out = append(out, i+1)
	}
	return out
}

// Command is what runs a shard, in the words of a shell. index is what the shell has for the shard's number.
func (j Job) Command(index string) string {
	words := "hrnnc search --trials " + Quote(j.Trials) + " --shard " + index + "/" + quoteJSON(j.Shards) + " --merge " + Quote(j.Folder)
	if j.Data != "" {
		words += " --data " + Quote(j.Data)
	}
	return words
}

// Quote writes a word for a shell.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,@+", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// line is Quote for a comment, which ends with its line.
func line(word string) string { return diag.Escape(Quote(word)) }

// quoteJSON writes a value in JSON, which is YAML too.
func quoteJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and numbers
	}
	return strings.TrimSpace(b.String())
}

// longLabel is the most letters of a name that Kubernetes takes, less what it adds for the pods of an index.
const longLabel = 50

// Label makes a name one that Kubernetes takes: small letters, digits and hyphens.
func Label(name string) string {
	label := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	label = strings.Trim(label[:min(len(label), longLabel)], "-")
	if label == "" {
		return "search"
	}
	return label
}
