package files

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Extension is the end of a file's name in lower case, without what packed it.
func Extension(path string) string { return filepath.Ext(UnpackedName(strings.ToLower(path))) }

// UnpackedName is a name without .gz or .xz behind it.
func UnpackedName(path string) string {
	for _, packed := range []string{".gz", ".xz"} {
		if rest := path[:max(0, len(path)-len(packed))]; strings.EqualFold(path[len(rest):], packed) {
			return rest
		}
	}
	return path
}

// PartName is a file's name that says which part of a set it holds: NAME_TRAIN.ts, walk-test.csv.gz, or NAME_TRAIN as in the UCR archive
// of 2015.
var PartName = regexp.MustCompile(`(?i)^(.*)[_-](train|training|valid|validation|val|dev|test|testing)(\.[^.]+(?:\.gz|\.xz)?)?$`)

// LabelNames are what columns of answers are called.
var LabelNames = []string{"label", "class", "y", "target", "activity", "category"}
