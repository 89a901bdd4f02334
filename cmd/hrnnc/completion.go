package main

import (
	"bytes"
	_ "embed" // of completion.bash
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// bashWords is what the script of bash needs of another package.
//
//go:embed completion.bash
var bashWords string

// shells are those that completion can be made for.
var shells = map[string]func(root *cobra.Command, w io.Writer) error{
	"bash": func(root *cobra.Command, w io.Writer) error {
		if _, err := io.WriteString(w, bashWords); err != nil {
			return err
		}
		return root.GenBashCompletionV2(w, true)
	},
	"zsh":        func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) },
}

func (a *app) completionCmd() *cobra.Command {
	names := slices.Sorted(maps.Keys(shells))
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script of a shell",
		Long: `Print the script that makes a shell complete commands, flags and their values: targets, levels, data sets, settings
behind --set, passes, parts of a data set and files of the kinds that a command reads.`,
		Example: `  source <(hrnnc completion bash)                                        # in this shell
  hrnnc completion bash > /etc/bash_completion.d/hrnnc                   # for all users
  hrnnc completion zsh > "${fpath[1]}/_hrnnc"                            # zsh, once compinit is loaded
  hrnnc completion fish > ~/.config/fish/completions/hrnnc.fish
  hrnnc completion powershell | Out-String | Invoke-Expression`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			write, ok := shells[args[0]]
			if !ok {
				return misuse("there is no completion for %q", args[0]).Helpf("the shells are %s", strings.Join(names, ", "))
			}
			var script bytes.Buffer
			if err := write(c.Root(), &script); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]string{"shell": args[0], "script": script.String()})
			}
			_, err := a.out.Write(script.Bytes())
			return err
		},
	}
}

// values lists what a flag or an argument may be. Words of a list stand behind commas.
type values struct {
	words func() []cobra.Completion
	list  bool
	// extensions are of the files that it may be; any file where there are neither words nor extensions.
	extensions []string
	folder     bool
}

func (v values) complete(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case v.folder:
		return nil, cobra.ShellCompDirectiveFilterDirs
	case v.words == nil && v.extensions != nil:
		return v.extensions, cobra.ShellCompDirectiveFilterFileExt
	case v.words == nil:
		return nil, cobra.ShellCompDirectiveDefault
	}
	words := v.words()
	if i := strings.LastIndexByte(typed, ','); v.list && i >= 0 {
		for k := range words {
			words[k] = typed[:i+1] + words[k]
		}
	}
	words = startingWith(typed, words)
	if len(words) == 0 && v.extensions != nil {
		return v.extensions, cobra.ShellCompDirectiveFilterFileExt
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func startingWith(typed string, words []cobra.Completion) []cobra.Completion {
	return slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, typed) })
}

func words(w ...string) values {
	return values{words: func() []cobra.Completion { return slices.Clone(w) }}
}

func files(extensions ...string) values { return values{extensions: extensions} }

// The kinds of files.
var (
	modelFiles  = files("hrn", "ir")
	weightFiles = files("safetensors", "pth", "pt", "npz")
	arrayFiles  = files("npy", "npz")
	dataFiles   = []string{"csv", "tsv", "txt", "ts", "arff", "npy", "npz", "wav", "tab", "dat", "gz", "xz"}
)

// dataSets are known sets, generators and files.
var dataSets = values{extensions: dataFiles, words: func() (out []cobra.Completion) {
	for _, k := range data.KnownSets {
		out = append(out, cobra.CompletionWithDesc(k.Name, k.What))
	}
	for _, g := range data.Generators {
		out = append(out, cobra.CompletionWithDesc(fmt.Sprintf("%s(%d)", g.Name, min(max(100, g.Min), g.Max)), g.What))
	}
	return out
}}

// flagValues says of every flag with values that can be listed what they are; the flag means the same in all commands.
var flagValues = map[string]values{
	"target":  {list: true, words: func() []cobra.Completion { return append(compiler.TargetNames(), "all") }},
	"package": {list: true, words: words(pack.Names("")...).words},
	"level":   {list: true, words: compiler.Levels},
	"split":   {list: true, words: words("train", "valid", "test").words},
	"disable": {list: true, words: func() []cobra.Completion {
		return passNames(func(p passes.Pass) bool { return p.Required == "" })
	}},
	"mcu":       {list: true, words: func() []cobra.Completion { return chipNames(chip.MCU, chip.Host) }},
	"netlist":   {list: true, words: func() []cobra.Completion { return chipNames(chip.FPGA) }},
	"part":      {words: func() []cobra.Completion { return chipNames(chip.FPGA) }},
	"tools":     words("system", "npm"),
	"to":        words(exportNames()...),
	"style":     words(coreStyles()...),
	"optimise":  words("0", "1", "2", "3", "s"),
	"after":     {words: func() []cobra.Completion { return passNames(func(passes.Pass) bool { return true }) }},
	"data":      dataSets,
	"weights":   weightFiles,
	"from":      weightFiles,
	"input":     arrayFiles,
	"labels":    arrayFiles,
	"answers":   arrayFiles,
	"csv":       files("csv"),
	"calibrate": arrayFiles,
	"config":    files("yaml", "yml", "json"),
	"finetune":  words("fixed"),
	"report":    files("html"),
	"tune":      words("valid", "train"),
	"plan":      files("jsonl"),
	"trials":    files("jsonl"),
	"emit":      words("slurm", "kubernetes"),
	"bits":      {list: true, words: words("binary", "ternary", "int2", "int3", "int4", "int6", "int8").words},
	"block":     {list: true, words: words("full", "8", "16", "32", "64", "128").words},
}

func chipNames(kinds ...chip.Kind) (out []cobra.Completion) {
	for _, p := range chip.All() {
		if slices.Contains(kinds, p.Kind) {
			out = append(out, cobra.CompletionWithDesc(p.Name, p.Title))
		}
	}
	return out
}

func passNames(take func(passes.Pass) bool) (out []cobra.Completion) {
	for _, p := range passes.Pipeline {
		if take(p) {
			out = append(out, cobra.CompletionWithDesc(p.Name, p.Doc))
		}
	}
	return out
}

// argumentValues says what the arguments of commands are; those of all others are models.
var argumentValues = map[string]values{
	"hrnnc import":     weightFiles,
	"hrnnc new":        dataSets,
	"hrnnc data info":  dataSets,
	"hrnnc data get":   dataSets,
	"hrnnc completion": words(slices.Sorted(maps.Keys(shells))...),
}

// addCompletion makes a command and those below it complete what the tables say.
func addCompletion(c *cobra.Command) {
	for _, sub := range c.Commands() {
		addCompletion(sub)
	}
	if !c.HasSubCommands() {
		v, ok := argumentValues[c.CommandPath()]
		if !ok {
			v = modelFiles
		}
		c.ValidArgsFunction = v.complete
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		complete := cobra.NoFileCompletions
		if v, ok := flagValues[f.Name]; ok {
			complete = v.complete
		} else if f.Name == "output" {
			return // any file
		}
		if set, ok := f.Value.(*settingFlag); ok {
			complete = set.complete
		}
		// An error says that the flag does not exist or is registered already; neither can be.
		_ = c.RegisterFlagCompletionFunc(f.Name, complete)
	})
}

// complete lists settings, and behind the = of one the words that it may be.
func (f *settingFlag) complete(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	key, value, behind := strings.Cut(typed, "=")
	var out []cobra.Completion
	for _, s := range settings() {
		switch {
		case s.about&f.about == 0:
		case !behind:
			out = append(out, cobra.CompletionWithDesc(s.key+"=", s.doc))
		case s.key == key && key == "data":
			sets, directive := dataSets.complete(c, args, value)
			if directive != cobra.ShellCompDirectiveNoFileComp {
				return nil, cobra.ShellCompDirectiveDefault
			}
			s.words = sets
			fallthrough
		case s.key == key:
			for _, w := range s.words {
				out = append(out, key+"="+w)
			}
			return startingWith(typed, out), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return startingWith(typed, out), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}
