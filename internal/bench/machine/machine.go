// Package machine names the machine that a benchmark ran on, and says how busy it was, and how much of it this process had. Start with Processor.
package machine

import (
	"os"
	"runtime"
	"strings"
)

// Processor is the processor's name for itself, or its architecture where it gives none.
func Processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// LoadAverage is how many threads wanted to run in the last minute, or "" where Linux does not say.
func LoadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
