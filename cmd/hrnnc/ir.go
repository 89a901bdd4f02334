package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) irCmd() *cobra.Command {
	var after, output, weights, mcu string
	var list, inline, form bool
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "ir model.hrn",
		Short: "Print the intermediate representation before or after a pass",
		Long: `Print the intermediate representation, which docs/ir.md describes. Constants of more than 16 entries are shown by their
hash; -o FILE.ir writes them beside it, in FILE.ir.consts, and the pair can be read back wherever a model can. --inline
shows every entry, so that the text alone can be read back; so does -o -, which is standard output, or a device.

--step prints what a processor does in a step, which docs/step.md describes, once it is proven; so does FILE.step in the model's
place. With --json, the proof's claims and the counts of operations stand beside it.`,
		Example: `  hrnnc ir model.hrn                      # as the language gives it
  hrnnc ir model.hrn --after quantize     # the first integers
  hrnnc ir model.hrn --after range -o model.ir
  hrnnc ir model.ir                       # read it back, check it, print it
  hrnnc ir model.hrn --inline > model.ir  # one file with all weights in it
  hrnnc ir --passes                       # the passes, in order
  hrnnc ir model.hrn --step               # loops, arrays and integer types, as for C`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if list {
				return a.listPasses()
			}
			if len(args) == 0 {
				return usageError{fmt.Errorf("which model? hrnnc ir model.hrn")}
			}
			if _, ok := passes.Find(after); after != "" && !ok {
				return usageError{fmt.Errorf("there is no pass %q; the passes are %s", after, passes.Names())}
			}
			if err := checkPasses(cfg); err != nil {
				return err
			}
			if form || filepath.Ext(args[0]) == ".step" {
				if after != "" || inline {
					return usageError{fmt.Errorf("--after and --inline are about the representation that passes rewrite; --step is behind them all")}
				}
				return a.step(args[0], weights, output, mcu, cfg)
			}
			if mcu != "" {
				return usageError{fmt.Errorf("--mcu is about the step: add --step")}
			}
			m, err := compiler.Load(args[0], weights)
			if err != nil {
				return err
			}
			inline = inline || output != "" && fileio.IsStream(output) // nothing lies beside a stream
			outputs := []string{output}
			if output != "" && !inline {
				outputs = append(outputs, output+".consts")
			}
			if err := a.mayEmit(outputs...); err != nil {
				return err
			}
			module, err := m.IRAfter(after, cfg)
			if err != nil {
				return err
			}
			switch {
			case output != "" && inline:
				err := a.emit(output, func(w io.Writer) error { return ir.PrintWhole(w, module) })
				if err != nil || !a.json {
					return err
				}
				return a.printJSON(map[string]string{"output": output})
			case output != "":
				if err := writeIR(output, module); err != nil || !a.json {
					return err
				}
				return a.printJSON(map[string]string{"output": output})
			case a.json && inline:
				return a.printText(module, ir.PrintWhole)
			case a.json:
				return a.printText(module, ir.Print)
			case inline:
				return ir.PrintWhole(a.out, module)
			}
			return ir.Print(a.out, module)
		},
	}
	f := c.Flags()
	f.StringVar(&after, "after", "", "run the passes up to this one: "+passes.Names())
	f.StringVarP(&output, "output", "o", "", "write FILE.ir and its constants; - is standard output")
	f.BoolVar(&inline, "inline", false, "show every entry of every constant instead of its hash")
	f.BoolVar(&form, "step", false, "print the form for processors instead: one step, as loops over arrays of integers")
	f.StringVar(&mcu, "mcu", "", "with --step: the chip whose schedule it is, as hrnnc chips lists them (default: mcu of the model's target c)")
	f.BoolVar(&list, "passes", false, "list the passes")
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

// step prints or writes the form for processors, of a model or read from its text.
func (a *app) step(file, weights, output, mcu string, cfg passes.Config) error {
	if err := a.mayEmit(output); err != nil {
		return err
	}
	p, report, err := a.program(file, weights, mcu, cfg)
	if err != nil {
		return err
	}
	if output != "" {
		err := a.emit(output, func(w io.Writer) error { return step.Print(w, p) })
		if err != nil || !a.json {
			return err
		}
		return a.printJSON(map[string]string{"output": output})
	}
	if !a.json {
		return step.Print(a.out, p)
	}
	work, err := step.Count(p)
	if err != nil {
		return err
	}
	return a.printJSON(map[string]any{"step": step.Text(p), "proof": report, "work": work})
}

func (a *app) program(file, weights, mcu string, cfg passes.Config) (*step.Program, *step.Report, error) {
	if filepath.Ext(file) == ".step" {
		return compiler.LoadProgram(file)
	}
	l, err := a.lower(file, weights, forChip(nil, mcu), cfg, func(string) {})
	if err != nil {
		return nil, nil, err
	}
	return l.Program()
}

// printText prints the text of a module in a document.
func (a *app) printText(m *ir.Module, print func(io.Writer, *ir.Module) error) error {
	var text strings.Builder
	if err := print(&text, m); err != nil {
		return err
	}
	return a.printJSON(map[string]string{"ir": text.String()})
}

// writeIR writes the text, and the constants beside it.
func writeIR(path string, m *ir.Module) error {
	var consts bytes.Buffer
	if err := ir.WriteConsts(&consts, m); err != nil {
		return err
	}
	if consts.Len() > 0 {
		if err := fileio.WriteFile(path+".consts", consts.Bytes()); err != nil {
			return err
		}
	}
	return fileio.WriteFile(path, []byte(ir.Text(m)))
}

func (a *app) listPasses() error {
	if a.json {
		type pass struct {
			Name string   `json:"name"`
			In   ir.Level `json:"in"`
			Out  ir.Level `json:"out"`
			Doc  string   `json:"doc"`
			// Required says why it cannot be left out.
			Required string `json:"required,omitempty"`
		}
		var list []pass
		for _, p := range passes.Pipeline {
			list = append(list, pass{p.Name, p.In, p.Out, p.Doc, p.Required})
		}
		return a.printJSON(map[string]any{"passes": list})
	}
	var rows [][]string
	for _, p := range passes.Pipeline {
		disable := "yes"
		if p.Required != "" {
			disable = "no"
		}
		rows = append(rows, []string{p.Name, string(p.In) + " -> " + string(p.Out), disable, p.Doc})
	}
	return table(a.out, []string{"pass", "level", "may be left out", "what it does"}, rows)
}
