package compiler

import (
	"runtime/debug"
	"strings"
)

// Version is hrnnc's own; it stands in the header of every generated file. A release sets it with -ldflags -X.
var Version = "0.1.0"

// Commit names the commit that the program was built from, with "+" where files differed from it; "" where the build does not say.
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return commit(info.Settings)
}

func commit(settings []debug.BuildSetting) string {
	said := map[string]string{}
	for _, s := range settings {
		if name, ok := strings.CutPrefix(s.Key, "vcs."); ok {
			said[name] = s.Value
		}
	}
	c := said["revision"]
	c = c[:min(len(c), 12)]
	if c != "" && said["modified"] == "true" {
		c += "+"
	}
	return c
}
