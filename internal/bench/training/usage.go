package main

import (
	"fmt"
	"os"
	"strings"
)

// peakMemory is the largest resident memory of this process so far, in KiB: VmHWM of Linux, 0 elsewhere.
func peakMemory() int {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	return 0
}
