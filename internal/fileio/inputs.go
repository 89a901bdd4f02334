package fileio

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// input is a file that this process has read.
type input struct {
	name string // absolute
	info os.FileInfo
}

// inputs are the files that this process has read. What a command reads it does not write over, whatever the command and
// however both are named, so that this is a matter of the process and not of each command.
var inputs struct {
	sync.Mutex
	list []input
	have map[string]bool
}

// NoteInput says that the process reads a file. Read does it by itself.
func NoteInput(path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	name := absolute(path)
	inputs.Lock()
	defer inputs.Unlock()
	if inputs.have == nil {
		inputs.have = map[string]bool{}
	}
	if !inputs.have[name] {
		inputs.have[name] = true
		inputs.list = append(inputs.list, input{name, info})
	}
}

// ForgetInputs says that what the process has read in a folder was only checked: it may be written over.
func ForgetInputs(folder string) {
	folder = absolute(folder)
	inputs.Lock()
	defer inputs.Unlock()
	inputs.list = slices.DeleteFunc(inputs.list, func(in input) bool { return isBelow(folder, in.name) })
	maps.DeleteFunc(inputs.have, func(name string, _ bool) bool { return isBelow(folder, name) })
}

// absolute is a path from the root where that can be told.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// inputNames are the names under which the process has read a file.
func inputNames(file os.FileInfo) []string {
	inputs.Lock()
	defer inputs.Unlock()
	var names []string
	for _, in := range inputs.list {
		if !os.SameFile(in.info, file) {
			continue
		}
		// Numbers of files are used again once one was replaced: the name must still lead here.
		if now, err := os.Stat(in.name); err == nil && os.SameFile(now, file) {
			names = append(names, in.name)
		}
	}
	return names
}

// notInput refuses a target that the process has read, under any name but for those allowed.
func notInput(path string, target os.FileInfo, allowed ...string) error {
	for _, name := range inputNames(target) {
		ok := false
		for _, a := range allowed {
			ok = ok || name == a
		}
		if ok {
			continue
		}
		also := ""
		if name != absolute(path) {
			also = ", as " + name
		}
		return diag.InFile(path, "").Errorf("write", "is read by this command%s, and not written over", also).Helpf("write to another file")
	}
	return nil
}

// inputBelow gives an input that lies in a folder, "" when there is none.
func inputBelow(folder string) string {
	inputs.Lock()
	defer inputs.Unlock()
	for _, in := range inputs.list {
		real, err := filepath.EvalSymlinks(in.name)
		if err == nil && (isBelow(folder, real) || isBelow(folder, in.name)) {
			return in.name
		}
	}
	return ""
}

// isBelow reports whether a path lies in a folder, or is it; both are absolute.
func isBelow(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
