package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

func (a *app) fmtCmd() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "fmt model.hrn...",
		Short: "Lay models out in the one way, comments kept",
		Example: `  hrnnc fmt model.hrn            # rewrites the file
  hrnnc fmt --check *.hrn        # only says which would change; exit code 1 if any
  hrnnc fmt - < model.hrn        # from standard input to standard output`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var errs diag.List
			var formatted []formattedFile
			changed := false
			for _, file := range args {
				f, list, err := a.format(cmd, file, check)
				if err != nil {
					return err
				}
				errs = append(errs, list...)
				formatted = append(formatted, f)
				changed = changed || f.Changed
			}
			if a.json {
				a.warn(errs)
				if err := a.printJSON(map[string]any{"files": formatted}); err != nil {
					return err
				}
			} else if errs.HasErrors() {
				return errs
			}
			if errs.HasErrors() || check && changed {
				return errFailed
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing; exit code 1 where a file would change")
	return c
}

// formattedFile is what became of a file.
type formattedFile struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`
	Text    string `json:"text,omitempty"` // of standard input, laid out
}

// format lays one file out, and says so; - is standard input. Errors of the model are listed.
func (a *app) format(cmd *cobra.Command, file string, check bool) (f formattedFile, errs diag.List, err error) {
	f.File = file
	src, err := readModel(cmd, file)
	if err != nil {
		return f, nil, err
	}
	out, errs := dsl.Format(file, src)
	if errs.HasErrors() {
		return f, errs, nil
	}
	f.Changed = !bytes.Equal(src, out)
	switch {
	case file == "-" && a.json:
		f.Text = string(out)
	case file == "-":
		_, err = a.file().Write(out)
	case f.Changed && !check:
		err = fileio.Rewrite(file, out)
	}
	if err == nil && f.Changed && file != "-" && !a.json {
		_, err = fmt.Fprintln(a.out, file)
	}
	return f, errs, err
}

// file is where a file goes that is printed: to the byte, but for a terminal.
func (a *app) file() io.Writer {
	if isTerminal(a.rawOut) {
		return a.out
	}
	return a.rawOut
}

func readModel(cmd *cobra.Command, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), dsl.MaxSource+1)) // one more: Format says that it is too large
	}
	return fileio.ReadAtMost(file, "file", dsl.MaxSource)
}
