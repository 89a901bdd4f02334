//go:build unix

package exttool

import (
	"os/exec"
	"syscall"
)

// withChildren makes the end of a command's context the end of what it has started too, such as yosys's abc.
func withChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
