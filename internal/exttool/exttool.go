// Package exttool finds and runs the outside tools that tests and the levels c, go and verilog need: compilers,
// simulators, linters. It knows what Debian package brings each (tools.txt, which the install script reads too) and
// nothing of what they are run on. Start with Find and Run.
package exttool

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
)

//go:embed tools.txt
var table string

// Package gives the Debian package that brings a command, or "".
func Package(command string) string {
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == command {
			return f[1]
		}
	}
	return ""
}

// locate finds a command on the PATH, and a header or library where its path says.
func locate(command string) (string, error) {
	if filepath.IsAbs(command) {
		_, err := os.Stat(command)
		return command, err
	}
	return exec.LookPath(command)
}

// Find gives the path of a command, or of a file that is asked for by its path. The error is a diagnostic that says how to
// install it.
func Find(command string) (string, error) {
	path, err := locate(command)
	if err == nil {
		return path, nil
	}
	d := diag.InFile("", "").Errorf("tool", "%s is not installed", command)
	switch pkg := Package(command); {
	case pkg != "":
		d.Helpf("install it: apt-get install %s", pkg)
	case command == "go":
		d.Helpf("install Go 1.26 or newer, and put it on the PATH")
	case filepath.IsAbs(command):
		d.Helpf("install the package that brings it")
	default:
		d.Helpf("install it, and put it on the PATH")
	}
	return "", d
}

// Missing lists those of the commands and files that are not installed.
func Missing(commands ...string) []string {
	var out []string
	for _, c := range commands {
		if _, err := locate(c); err != nil {
			out = append(out, c)
		}
	}
	return out
}

// Run runs a command in a folder and gives what it printed on standard output. stdin may be nil. A failure carries
// the end of what it printed on standard error. When ctx ends, the command is stopped, with those that it started, and what it
// printed comes with ctx's error.
func Run(ctx context.Context, dir string, stdin io.Reader, command string, args ...string) ([]byte, error) {
	return RunEnv(ctx, dir, nil, stdin, command, args...)
}

// RunEnv is Run with KEY=value pairs added to the environment.
func RunEnv(ctx context.Context, dir string, env []string, stdin io.Reader, command string, args ...string) ([]byte, error) {
	path, err := Find(command)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdin, cmd.Env = dir, stdin, append(os.Environ(), env...)
	withChildren(cmd)
	cmd.WaitDelay = 5 * time.Second // for what a child of its keeps open
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return out.Bytes(), ctx.Err()
		}
		return out.Bytes(), &Failure{Command: command, Args: args, Output: tail(errs.String()+out.String(), 4000), cause: err}
	}
	return out.Bytes(), nil
}

// Failure is a tool that ran and reported an error.
type Failure struct {
	Command string
	Args    []string
	Output  string // the end of what it printed
	cause   error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s %s: %v\n%s", f.Command, strings.Join(f.Args, " "), f.cause, f.Output)
}

// Unwrap gives the exit status.
func (f *Failure) Unwrap() error { return f.cause }

// IsMissing reports whether an error is a tool that is not installed.
func IsMissing(err error) bool {
	var d *diag.Diagnostic
	return errors.As(err, &d) && d.Code == "tool"
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "..." + s[len(s)-n:]
}

// Python gives an interpreter that has modules: the one that the packages of Debian belong to, or the one on the PATH.
func Python(modules ...string) (string, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return python, nil
		}
	}
	return "", diag.InFile("", "").Errorf("tool", "there is no python3 with %s", strings.Join(modules, " and ")).
		Helpf("install it: apt-get install python3-%s", strings.Join(modules, " python3-"))
}
