package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
)

// Exit codes.
const (
	exitUser        = 1   // the input is wrong, or a check failed
	exitUsage       = 2   // the command line is wrong
	exitBug         = 3   // hrnnc is wrong
	exitUndecided   = 4   // the time was up before a proof ended
	exitInterrupted = 130 // as a shell has it for SIGINT
)

// app is what all commands share.
type app struct {
	// out and err take text with names, labels and messages from anywhere: what a terminal would obey is spelled out.
	out, err io.Writer
	// rawOut and rawErr are what lies behind: for files that are printed to the byte, and for colours and bars.
	rawOut, rawErr io.Writer
	data           io.Writer // standard output to the byte, once mayEmit has given it to what is made
	args           []string  // the command line, without the program's name
	json           bool
	printed        bool      // the JSON document, which is one
	warned         diag.List // warnings that it is to have
	quiet          bool
	bar            *progress // of the command at hand, to be cleared before something is printed beside it
}

func newApp(out, err io.Writer, args ...string) *app {
	return &app{out: diag.NewWriter(out), err: diag.NewWriter(err), rawOut: out, rawErr: err, args: args}
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

// run runs one command line and gives its exit code.
func run(args []string, out, errs io.Writer) int {
	// To the end of the process: a signal that comes when all is done does not make it look as if it were not.
	// A second one ends the process at once, where something does not hear the first: files are whole at any moment.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	stdout := &remembering{w: out}
	a := newApp(stdout, errs, args...)
	defer func() {
		if r := recover(); r != nil {
			a.bug(fmt.Errorf("panic: %v", r))
			os.Exit(exitBug)
		}
	}()
	root := a.root()
	root.SetArgs(args)
	a.json = slices.ContainsFunc(args, func(s string) bool { return s == "--json" || s == "--json=true" }) // also where the command is unknown and no flag is read
	code := a.exitCode(root.ExecuteContext(ctx))
	if stdout.err != nil {
		if !errors.Is(stdout.err, syscall.EPIPE) { // who closed the pipe knows
			fmt.Fprintf(a.err, "hrnnc: standard output cannot be written: %v\n", cause(stdout.err))
		}
		return max(code, exitUser)
	}
	return code
}

// remembering keeps the first error of a writer to itself, for run to say once: a result that could not be printed is none,
// whoever printed it.
type remembering struct {
	w   io.Writer
	err error
}

func (r *remembering) Write(p []byte) (int, error) {
	if r.err == nil {
		_, r.err = r.w.Write(p)
	}
	return len(p), nil
}

// cause is an error without the path and the system call.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (a *app) root() *cobra.Command {
	version := false
	c := &cobra.Command{
		Use:   "hrnnc",
		Short: "Train HadamRNNs and compile them to Go, C and Verilog that compute the same bits",
		Long: `hrnnc trains HadamRNNs (Foucault, Mamalet, Malgouyres, ICLR 2025) and compiles them to specialised Go, C for
microcontrollers and Verilog for FPGAs, all computing the same bits, and proves it.

A model is a file model.hrn and a weights file that it names. docs/quickstart.md starts with a table of a sensor's values and
ends with C; docs/language.md describes the language.`,
		Example: `  hrnnc data info recordings.csv               # what training would see of a table
  hrnnc new recordings.csv                     # write a model for it, every line with its reason
  hrnnc train model.hrn                        # train it, score it, write a report
  hrnnc eval model.hrn                         # class by class, as real numbers and as a chip's integers
  hrnnc compile model.hrn                      # Go, C and Verilog under build/
  hrnnc run model.hrn --data field.csv         # what the model says of other recordings
  hrnnc verify model.hrn                       # hold every target against the reference, bit by bit
  hrnnc bench model.hrn --mcu atmega328p       # cycles, flash, RAM and energy on a simulated chip
  hrnnc synth model.hrn --part up5k            # LUTs, clock, time and energy on an FPGA
  hrnnc import model.pth --config config.json  # or bring a PyTorch checkpoint
  hrnnc help train                             # every command has examples`,
		SilenceErrors: true, SilenceUsage: true,
		Args: knownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				return a.printVersion()
			}
			return c.Help()
		},
	}
	c.SetOut(a.out)
	c.SetErr(a.err)
	c.SetFlagErrorFunc(a.flagError)
	printHelp := c.HelpFunc()
	c.SetHelpFunc(func(c *cobra.Command, args []string) {
		if !a.json {
			printHelp(c, args)
		} else if err := a.printJSON(helpOf(c)); err != nil {
			fmt.Fprintln(a.err, err)
		}
	})
	c.Flags().BoolVar(&version, "version", false, "print the version")
	c.PersistentFlags().BoolVar(&a.json, "json", false, "print results and errors as JSON on standard output")
	c.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"From data to a model:", []*cobra.Command{a.dataCmd(), a.newCmd(), a.trainCmd(), a.evalCmd(), a.searchCmd()}},
		{"From a model to code:", []*cobra.Command{a.compileCmd(), a.runCmd(), a.verifyCmd(), a.benchCmd(), a.exploreCmd(), a.synthCmd(), a.coreCmd(), a.reportCmd(), a.chipsCmd()}},
		{"From and to elsewhere:", []*cobra.Command{a.importCmd(), a.calibrateCmd(), a.exportCmd()}},
		{"Models as text:", []*cobra.Command{a.checkCmd(), a.fmtCmd(), a.irCmd(), a.lspCmd()}},
	} {
		c.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, sub := range g.commands {
			sub.GroupID = g.title
			c.AddCommand(sub)
		}
	}
	c.AddCommand(a.versionCmd(), a.completionCmd())
	c.CompletionOptions.DisableDefaultCmd = true
	c.SetHelpCommand(helpCmd())
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
	addCompletion(c)
	return c
}

// othersCommands are what commands are called elsewhere.
var othersCommands = map[string][]string{
	"data":      {"dataset", "datasets", "download", "fetch", "info"},
	"new":       {"init", "create", "design", "generate-model", "scaffold"},
	"train":     {"fit", "learn", "finetune", "retrain"},
	"eval":      {"evaluate", "test", "score", "accuracy", "validate"},
	"search":    {"tune", "sweep", "nas", "optimize", "optimise"},
	"compile":   {"build", "generate", "gen", "codegen", "deploy", "make"},
	"run":       {"predict", "infer", "inference", "exec", "simulate", "classify"},
	"verify":    {"prove", "compare", "equiv"},
	"bench":     {"benchmark", "measure", "profile", "time", "speed"},
	"synth":     {"synthesise", "synthesize", "yosys", "nextpnr", "pnr", "place", "fpga", "area"},
	"core":      {"ip", "transform", "hadamard", "fwht", "verilog"},
	"chips":     {"boards", "mcus", "devices", "parts", "mcu", "board"},
	"report":    {"stats", "summary", "cost", "size", "inspect", "describe", "show"},
	"import":    {"convert", "load", "pytorch"},
	"export":    {"onnx", "torch", "save"},
	"calibrate": {"quantize", "quantise", "calib"},
	"check":     {"lint", "vet"},
	"fmt":       {"format"},
	"ir":        {"dump", "print"},
	"lsp":       {"server", "language-server", "editor", "vscode"},
}

func helpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Explain a command, with examples",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = knownCommand(about, rest)
			}
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// knownCommand is the check of a command that has others below it: whatever stands there is none of them.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	d := misuse("unknown command %q", strings.TrimPrefix(c.CommandPath()+" ", c.Root().Name()+" ")+args[0]).
		Helpf("%s --help shows the commands", c.CommandPath())
	called := map[string]string{} // what each command is called, here or elsewhere
	for _, sub := range c.Commands() {
		for _, name := range append([]string{sub.Name()}, othersCommands[sub.Name()]...) {
			called[name] = sub.Name()
		}
	}
	if meant := diag.Nearest(args[0], slices.Sorted(maps.Keys(called))); meant != "" {
		d.Helpf("did you mean  %s %s?", c.CommandPath(), called[meant])
	}
	return d
}

// wrapArgs makes a wrong number of arguments a usage error, which says what is missing or too many.
func wrapArgs(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		err := check(c, args)
		var known *diag.Diagnostic
		if err == nil || errors.As(err, &known) {
			return err
		}
		named := strings.Fields(c.Use)[1:] // the command's arguments, and then perhaps a flag
		if flag := slices.IndexFunc(named, func(word string) bool { return strings.HasPrefix(word, "-") }); flag >= 0 {
			named = named[:flag]
		}
		d := misuse("no %s is named", strings.TrimSuffix(strings.Join(named, " "), "..."))
		if len(args) > 0 {
			extra := args[min(len(named), len(args)-1)]
			if d = misuse("%q is one argument too many", extra); strings.Contains(extra, "=") && c.Flags().Lookup("set") != nil {
				return d.Helpf("write  --set %s", extra)
			}
		}
		return d.Helpf("write  %s;  %s --help shows more", strings.TrimSuffix(c.UseLine(), " [flags]"), c.CommandPath())
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
		if a.json {
			a.documentErrors(diag.List{diag.InFile("", "").Errorf("interrupted", "no file is half written").Helpf("train and search go on with --resume")})
		}
		return exitInterrupted
	case errors.Is(err, errFailed):
		return exitUser
	case errors.Is(err, errUndecided):
		return exitUndecided
	case errors.As(err, &usage), errors.As(err, &level), errors.As(err, &target):
		var meant interface{ Help() string }
		help := ""
		if errors.As(err, &meant) {
			help = meant.Help()
		}
		a.diagnostics(diag.List{misuse("%v", err).Helpf("%s", cmp.Or(help, "hrnnc --help shows the commands, hrnnc COMMAND --help their flags"))})
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
		if one.Code == usageCode {
			return exitUsage
		}
	default:
		var tool *exttool.Failure
		d := outside("failed", err)
		if errors.As(err, &tool) {
			d.Helpf("the generated code did not build or run with this tool; please report it, with the model")
		}
		a.diagnostics(diag.List{d})
	}
	return exitUser
}

// outside is an error of another program or library: its first line, and what that printed.
func outside(code string, err error) *diag.Diagnostic {
	first, rest, _ := strings.Cut(err.Error(), "\n")
	d := diag.InFile("", "").Errorf(code, "%s", first)
	d.Output = strings.TrimSpace(rest)
	return d
}

// errFailed is a check that failed and has already been reported.
var errFailed = errors.New("failed")

// errUndecided is a proof whose time was up, which has already been reported.
var errUndecided = errors.New("undecided")

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
	fmt.Fprintf(a.err, "hrnnc %s: this is a bug in hrnnc, not in your model:\n%v\n\nPlease report it with the model and this command:\n  %s\n",
		compiler.Version, err, commandLine())
	if a.json {
		a.documentErrors(diag.List{diag.InFile("", "").Errorf("internal", "%v", err).Helpf("this is a bug in hrnnc %s: please report it, with the model", compiler.Version)})
	}
}

// diagnostics prints a list for people, or as JSON.
func (a *app) diagnostics(l diag.List) {
	if a.json {
		a.documentErrors(l)
		return
	}
	a.bar.clear()
	l = l.Sorted()
	r := diag.Renderer{Source: readSource, Color: isTerminal(a.rawErr) && os.Getenv("NO_COLOR") == ""}
	if err := r.RenderAll(a.rawErr, l); err != nil {
		fmt.Fprintln(a.err, l.Error())
	}
}

// warn prints what does not stop a command, or keeps it for the document that the command prints.
func (a *app) warn(l diag.List) {
	switch {
	case a.json:
		a.warned = append(a.warned, l...)
	case len(l) > 0:
		a.diagnostics(l)
	}
}

// readSource gives the text of a model or IR file to show lines of; nothing of what is too large to be one.
func readSource(file string) []byte {
	data, err := fileio.ReadAtMost(file, "file", dsl.MaxSource)
	if err != nil {
		return nil
	}
	return data
}

func isTerminal(w io.Writer) bool {
	if r, ok := w.(*remembering); ok {
		w = r.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
