package diag

import (
	"fmt"
	"regexp"
)

// whole are the types of counts.
type whole interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Grouped writes a number with commas: 12,345.
func Grouped[N whole](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count is a number of things in words, as messages have it: 1 class, 12 classes, 1024 units. many says the plural where it is no regular one.
func Count[N whole](n N, one string, many ...string) string {
	return fmt.Sprint(n) + " " + noun(n == 1, one, many)
}

// GroupedCount is Count as summaries have it: 1,024 units.
func GroupedCount[N whole](n N, one string, many ...string) string {
	return Grouped(n) + " " + noun(n == 1, one, many)
}

func noun(single bool, one string, many []string) string {
	switch {
	case single:
		return one
	case len(many) > 0:
		return many[0]
	}
	return plural(one)
}

var (
	hisses = regexp.MustCompile(`(s|x|sh|[^o]ch)$`)
	endsY  = regexp.MustCompile(`([^aeiou])y$`)
)

func plural(one string) string {
	switch {
	case hisses.MatchString(one):
		return one + "es"
	case endsY.MatchString(one):
		return endsY.ReplaceAllString(one, "${1}ies")
	}
	return one + "s"
}
