package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/passes"
)

// Exit codes.
const (
	exitUser        = 1   // the input is wrong, or a check failed
	exitUsage       = 2   // the command line is wrong
	exitBug         = 3   // hrnnc is wrong
	exitInterrupted = 130 // as a shell has it for SIGINT
)

// app is what all commands share.
type app struct {
	out, err io.Writer
	json     bool
	quiet    bool
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

// run runs one command line and gives its exit code.
func run(args []string, out, errs io.Writer) int {
	// To the end of the process: a signal that comes when all is done does not make it look as if it were not.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := &app{out: out, err: errs}
	defer func() {
		if r := recover(); r != nil {
			a.bug(fmt.Errorf("panic: %v", r))
			os.Exit(exitBug)
		}
	}()
	root := a.root()
	root.SetArgs(args)
	a.json = slices.Contains(args, "--json") // also where the command is unknown and no flag is read
	return a.exitCode(root.ExecuteContext(ctx))
}

func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "hrnnc",
		Short: "Compile HadamRNNs to Go, C and Verilog that compute the same bits",
		Long: `hrnnc compiles HadamRNNs (Foucault, Mamalet, Malgouyres, ICLR 2025) to specialised Go, C for microcontrollers and
Verilog for FPGAs, all computing the same bits, and proves it.

A model is a file model.hrn and a weights file that it names. docs/language.md describes the language.`,
		Example: `  hrnnc compile model.hrn                      # Go, C and Verilog under build/
  hrnnc verify model.hrn                       # hold every one against the reference
  hrnnc run model.hrn --input X.npy            # run sequences
  hrnnc import model.pth --config config.json  # bring a PyTorch checkpoint`,
		SilenceErrors: true, SilenceUsage: true,
	}
	c.SetOut(a.out)
	c.SetErr(a.err)
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c.PersistentFlags().BoolVar(&a.json, "json", false, "print results and errors as JSON on standard output")
	c.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	c.AddCommand(a.importCmd(), a.compileCmd(), a.runCmd(), a.verifyCmd(), a.irCmd(), a.checkCmd(), a.fmtCmd(),
		a.reportCmd(), a.calibrateCmd(), a.trainCmd(), a.searchCmd(), a.evalCmd(), a.dataCmd(), a.versionCmd())
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
	return c
}

// wrapArgs makes a wrong number of arguments a usage error.
func wrapArgs(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w\nusage: %s", err, c.UseLine())}
		}
		return nil
	}
}

// exitCode prints an error in the way that suits it.
func (a *app) exitCode(err error) int {
	var usage usageError
	var level *compiler.UnknownLevelError
	var target *compiler.UnknownTargetError
	var bug *passes.BugError
	var list diag.List
	var one *diag.Diagnostic
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, "interrupted; no file is half written")
		return exitInterrupted
	case errors.Is(err, errFailed):
		return exitUser
	case errors.As(err, &usage), errors.As(err, &level), errors.As(err, &target), strings.HasPrefix(err.Error(), "unknown command"):
		a.diagnostics(diag.List{{Severity: diag.Error, Code: "usage", Summary: err.Error(), Help: "hrnnc --help shows the commands, hrnnc COMMAND --help their flags"}})
		return exitUsage
	case errors.As(err, &bug):
		a.bug(err)
		return exitBug
	case errors.As(err, &list):
		if containsInternal(list) {
			a.bug(err)
			return exitBug
		}
		a.diagnostics(list)
	case errors.As(err, &one):
		a.diagnostics(diag.List{one})
	default:
		var tool *exttool.Failure
		help := ""
		if errors.As(err, &tool) {
			help = "the generated code did not build or run with this tool; please report it, with the model"
		}
		a.diagnostics(diag.List{{Severity: diag.Error, Code: "failed", Summary: err.Error(), Help: help}})
	}
	return exitUser
}

// errFailed is a check that failed and has already been reported.
var errFailed = errors.New("failed")

func containsInternal(l diag.List) bool {
	for _, d := range l {
		if d.Code == "internal" {
			return true
		}
	}
	return false
}

// bug reports what is hrnnc's own fault.
func (a *app) bug(err error) {
	fmt.Fprintf(a.err, "hrnnc %s: this is a bug in hrnnc, not in your model:\n%v\n\nPlease report it with the model and this command:\n  hrnnc %s\n",
		compiler.Version, err, strings.Join(os.Args[1:], " "))
}

// diagnostics prints a list for people, or as JSON.
func (a *app) diagnostics(l diag.List) {
	l = l.Sorted()
	if a.json {
		a.printJSON(struct {
			Diagnostics diag.List `json:"diagnostics"`
		}{l})
		return
	}
	r := diag.Renderer{Source: readSource, Color: isTerminal(a.err) && os.Getenv("NO_COLOR") == ""}
	if err := r.RenderAll(a.err, l); err != nil {
		fmt.Fprintln(a.err, l.Error())
	}
}

// warn prints what does not stop a command.
func (a *app) warn(l diag.List) {
	if len(l) > 0 && !a.json {
		a.diagnostics(l)
	}
}

func readSource(file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return data
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) printJSON(v any) {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		fmt.Fprintln(a.err, err)
	}
}
