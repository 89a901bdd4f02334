package compiler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/golang"
	"github.com/hrnnc/hrnnc/backends/verilog"
)

// Targets is every target, in the order that the command compiles them.
var Targets = []backends.Target{golang.Target, c.Target, verilog.Target}

// FindTargets finds targets by their names; no name, or "all", stands for all.
func FindTargets(names []string) ([]backends.Target, error) {
	if len(names) == 0 || slices.Equal(names, []string{"all"}) {
		return Targets, nil
	}
	var out []backends.Target
	for _, n := range names {
		t := findTarget(n)
		if t == nil {
			return nil, &UnknownTargetError{n}
		}
		out = append(out, t)
	}
	return out, nil
}

func findTarget(name string) backends.Target {
	for _, t := range Targets {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

// UnknownTargetError is a target that does not exist: a usage error.
type UnknownTargetError struct{ Target string }

func (e *UnknownTargetError) Error() string {
	return fmt.Sprintf("there is no target %q; the targets are %s", e.Target, strings.Join(targetNames(), ", "))
}

func targetNames() []string {
	var names []string
	for _, t := range Targets {
		names = append(names, t.Name())
	}
	return names
}
