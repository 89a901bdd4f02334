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
			changed := false
			for _, file := range args {
				src, err := readModel(cmd, file)
				if err != nil {
					return err
				}
				out, list := dsl.Format(file, src)
				errs = append(errs, list...)
				if list.HasErrors() {
					continue
				}
				if file == "-" {
					_, err = a.out.Write(out)
				} else if !bytes.Equal(src, out) {
					changed = true
					fmt.Fprintln(a.out, file)
					if !check {
						err = fileio.Rewrite(file, out)
					}
				}
				if err != nil {
					return err
				}
			}
			if errs.HasErrors() {
				return errs
			}
			if check && changed {
				return errFailed
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing; exit code 1 where a file would change")
	return c
}

func readModel(cmd *cobra.Command, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return fileio.Read(file, "file")
}
