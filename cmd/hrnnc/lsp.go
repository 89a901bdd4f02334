package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/editing"
	"github.com/hrnnc/hrnnc/internal/lsp"
)

func (a *app) lspCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor by the Language Server Protocol",
		Long: `Serve an editor by the Language Server Protocol, on standard input and output, until it says exit: diagnostics with fixes while a
model is typed, hover, completion, definition, references, rename, layout, outline and semantic tokens. Editors start it;
docs/editor.md says how to set up VS Code, Neovim and Helix. No file is written.`,
		Example: `  hrnnc lsp      # speaks the protocol until the editor says exit`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := nopCloser{a.rawOut}
			return lsp.Serve(cmd.Context(), cmd.InOrStdin(), out, lsp.Options{Version: compiler.Version, Language: editing.Language(), Measure: editing.Measure})
		},
	}
	c.Flags().Bool("stdio", true, "standard input and output: the only way there is")
	return c
}

// nopCloser is a stream that others close.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
