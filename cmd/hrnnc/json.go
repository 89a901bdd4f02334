package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// mostJSON is how many diagnostics the document lists, for editors that mark them all.
const mostJSON = 1000

// printJSON prints the one document of a command: the result v, an object, with the warnings that came before it as its
// diagnostics. docs/command.md has the keys of every command.
func (a *app) printJSON(v any) error {
	object, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("the result cannot be written as JSON: %w", err)
	}
	first, more := a.warned.Sorted().First(mostJSON)
	list, err := json.MarshalIndent(first, "  ", "  ")
	if err != nil {
		return fmt.Errorf("the warnings cannot be written as JSON: %w", err)
	}
	var doc bytes.Buffer
	doc.Write(bytes.TrimSuffix(bytes.TrimSuffix(object, []byte("}")), []byte("\n")))
	if len(object) > len("{}") {
		doc.WriteByte(',')
	}
	fmt.Fprintf(&doc, "\n  \"diagnostics\": %s", list)
	if more > 0 {
		fmt.Fprintf(&doc, ",\n  \"more\": %d", more)
	}
	doc.WriteString("\n}\n")
	a.printed = true
	_, err = a.out.Write(doc.Bytes())
	return err
}

// documentErrors prints the document of a command that has no result, unless one is printed already.
func (a *app) documentErrors(l diag.List) {
	if a.printed {
		return
	}
	a.warned = append(a.warned, l...)
	if err := a.printJSON(struct{}{}); err != nil {
		fmt.Fprintln(a.err, err)
	}
}

// commandHelp is a command's help as data.
type commandHelp struct {
	Command  string      `json:"command"`
	Short    string      `json:"short"`
	Long     string      `json:"long,omitempty"`
	Usage    string      `json:"usage"`
	Examples string      `json:"examples,omitempty"`
	Flags    []flagHelp  `json:"flags"`
	Commands []shortHelp `json:"commands,omitempty"`
}

type flagHelp struct {
	Name      string `json:"name"`
	Shorthand string `json:"shorthand,omitempty"`
	Type      string `json:"type"`
	Default   string `json:"default,omitempty"`
	Usage     string `json:"usage"`
}

type shortHelp struct {
	Name  string `json:"name"`
	Short string `json:"short"`
}

func helpOf(c *cobra.Command) commandHelp {
	h := commandHelp{Command: c.CommandPath(), Short: c.Short, Long: c.Long, Usage: c.UseLine(), Examples: c.Example, Flags: []flagHelp{}}
	c.InitDefaultHelpFlag()
	add := func(f *pflag.Flag) {
		h.Flags = append(h.Flags, flagHelp{f.Name, f.Shorthand, f.Value.Type(), f.DefValue, f.Usage})
	}
	c.LocalFlags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			h.Commands = append(h.Commands, shortHelp{sub.Name(), sub.Short})
		}
	}
	return h
}
