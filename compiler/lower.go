package compiler

import (
	"errors"
	"fmt"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

// Lowered is a model at the fixed level, with what each pass did and the plan that backends print from.
type Lowered struct {
	*Model
	Module *ir.Module
	Steps  []passes.Step
	Plan   *lower.Plan
	// Watch, when set, hears how much of Compile is done; it may be called from several goroutines.
	Watch Progress
	// Draft has Compile leave out drawings, which take longer than all else.
	Draft bool
}

// Lower runs the passes and reads off the plan. Errors are a diag.List, or a *passes.BugError for the compiler's own.
func (m *Model) Lower(cfg passes.Config) (*Lowered, error) {
	l := &Lowered{Model: m}
	var err error
	if l.Module, l.Steps, err = passes.Run(m.Loaded(), cfg); err != nil {
		return nil, passError(err)
	}
	plan, err := lower.Extract(l.Module)
	if err != nil {
		if m.Fixed != nil {
			return nil, diag.List{notLowered(m.File, err)}
		}
		var width *lower.WidthError
		if errors.As(err, &width) {
			return nil, diag.List{diag.At(m.outputSpan()).Errorf("width", "%v", width.Reason).Helpf("%s", width.Help)}
		}
		var decide *lower.DecideError
		if errors.As(err, &decide) {
			return nil, diag.List{diag.At(m.decideSpan()).Errorf("decide", "%v", decide.Reason).Helpf("%s", decide.Help)}
		}
		return nil, &passes.BugError{Pass: "lower", Cause: err}
	}
	plan.Name = m.Name()
	plan.Comment = append([]string{"hrnnc " + Version}, m.hashes...)
	l.Plan = plan
	return l, nil
}

// Schedule is how target c computes a step on the chip of its settings, with its price and the runners-up; nil where no chip is
// named, or one whose prices nobody fitted. The error is a diag.List where nothing fits the chip.
func (l *Lowered) Schedule() (*schedule.Picked, error) {
	picked, err := c.Pick(l.Plan, l.Targets[c.Target.Name()])
	if err != nil {
		return nil, l.placed(c.Target, err)
	}
	return picked, nil
}

// Program is what a processor does in a step, under the schedule for its chip or the plain choice, and proven.
func (l *Lowered) Program() (*step.Program, *step.Report, error) {
	picked, err := l.Schedule()
	if err != nil {
		return nil, nil, err
	}
	if picked != nil {
		return picked.Program, picked.Report, nil
	}
	p, err := c.Program(l.Plan, l.Targets[c.Target.Name()])
	if err != nil {
		return nil, nil, &passes.BugError{Pass: "step", Cause: err}
	}
	r, err := step.Prove(p)
	if err != nil {
		return nil, nil, &passes.BugError{Pass: "step", Cause: err}
	}
	return p, r, nil
}

// LoadProgram reads the text of a program and proves it. The error is a diag.List.
func LoadProgram(file string) (*step.Program, *step.Report, error) {
	text, err := fileio.ReadAtMost(file, "file", step.MaxText)
	if err != nil {
		return nil, nil, asList(err)
	}
	p, err := step.Parse(file, text)
	if err != nil {
		return nil, nil, asList(err)
	}
	r, err := step.Prove(p)
	if err != nil {
		return nil, nil, diag.List{diag.InFile(file, "").Errorf("step", "%v", err).Helpf("docs/step.md says what is proven")}
	}
	return p, r, nil
}

// notLowered is an error about IR of the fixed level that somebody wrote: at the value that is wrong, where one is.
func notLowered(file string, err error) *diag.Diagnostic {
	at := diag.Span{File: file}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		at, err = d.Span, errors.New(d.Summary)
	}
	return diag.At(at).Errorf("ir", "the module is not one that the passes leave: %v", err).
		Helpf("compile from model.hrn, or from IR of the real level")
}

// outputSpan is where the model has its output, or its file.
func (m *Model) outputSpan() diag.Span {
	if at := m.Loaded().Output.Span; !at.IsZero() {
		return at
	}
	return diag.Span{File: m.File}
}

// decideSpan is where the model says the threshold of its decide block, or has its output.
func (m *Model) decideSpan() diag.Span {
	if m.Checked != nil {
		for _, key := range []string{"decide.threshold", "decide"} {
			if at, ok := m.Checked.Settings[key]; ok {
				return at
			}
		}
	}
	return m.outputSpan()
}

func passError(err error) error {
	if d, ok := passes.Explain(err); ok {
		return diag.List{d}
	}
	return err
}

// IRAfter gives the module after a pass; the empty name stands for before the first. Unknown passes are usage errors.
func (m *Model) IRAfter(pass string, c passes.Config) (*ir.Module, error) {
	if pass == "" {
		return m.Loaded(), nil
	}
	p, ok := passes.Find(pass)
	if !ok {
		return nil, fmt.Errorf("there is no pass %q; the passes are %s", pass, passes.Names())
	}
	if m.Real == nil && p.In == ir.Real {
		return nil, diag.List{diag.InFile(m.File, "").Errorf("level", "IR of the fixed level has been through pass %s", pass).
			Helpf("start from model.hrn or from IR of the real level")}
	}
	c.StopAfter = pass
	out, _, err := passes.Run(m.Loaded(), c)
	if err != nil {
		return nil, passError(err)
	}
	return out, nil
}

// Loaded is the module as it was read, of whichever level.
func (m *Model) Loaded() *ir.Module {
	if m.Real != nil {
		return m.Real
	}
	return m.Fixed
}
