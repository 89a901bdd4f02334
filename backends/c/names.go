package c

import (
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/backends/spell"
)

// reserved are the words of C, C++ and their headers, and what generated files call something themselves: no value of a function
// has such a name.
var reserved = slices.Concat(spell.CWords(), inlineNames(), stringFunctions,
	strings.Fields("main TABLE INLINE DSP s x y token odd"))

// parts are other names of generated files, which no table and no state has, and which are no prefix.
var parts = strings.Fields("best bits values gain offset unit rest n u r i v w a b lo hi k at acc")

// apiNames are what a header declares.
func apiNames(prefix string) []string {
	out := []string{prefix}
	for _, s := range strings.Fields("init step output class bits state input value values quantise classes int24") {
		out = append(out, prefix+"_"+s)
	}
	return out
}

// takenPrefix reports whether a prefix would give files or functions that a system or this target has under that name.
func takenPrefix(prefix string) bool {
	return slices.Contains(reserved, prefix) || slices.Contains(parts, prefix) || spell.HeaderName(prefix) || spell.FunctionPrefix(prefix) ||
		pack.Taken(prefix) || prefix+".c" == harnessFile
}

// stringFunctions are of string.h and strings.h, which a program that includes the header may include as well.
var stringFunctions = strings.Fields(`memset memcpy memcmp memmove memchr memccpy memmem strlen strcpy strcat strcmp strncpy strncat strncmp
strchr strrchr strspn strcspn strpbrk strstr strtok strcoll strxfrm strerror strdup strndup strlcpy strlcat stpcpy index rindex bcmp bcopy
bzero ffs`)
