package lower

import (
	"fmt"
	"regexp"
	"strings"
)

// Names gives each thing of a generated file a name of its own: the model's where it is a word of the language, the
// same with a number behind it where that is taken.
type Names struct {
	outer *Names
	taken map[string]bool
}

// NewNames starts with the words that a language or a generated file already uses. Comparison is exact.
func NewNames(reserved ...string) *Names {
	n := &Names{taken: map[string]bool{}}
	for _, r := range reserved {
		n.taken[r] = true
	}
	return n
}

// Inner gives names that differ from those taken so far too, and takes none of them away.
func (n *Names) Inner() *Names { return &Names{outer: n, taken: map[string]bool{}} }

func (n *Names) has(name string) bool {
	return n != nil && (n.taken[name] || n.outer.has(name))
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// Word makes an identifier of any text: letters, digits and underscores, not starting with a digit.
func Word(text string) string {
	w := strings.Trim(notWord.ReplaceAllString(text, "_"), "_")
	if w == "" {
		w = "model"
	}
	if w[0] >= '0' && w[0] <= '9' {
		w = "n" + w
	}
	return w
}

// Get gives a name close to the hint and takes it.
func (n *Names) Get(hint string) string {
	base := Word(hint)
	name := base
	for i := 2; n.has(name); i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	n.taken[name] = true
	return name
}
