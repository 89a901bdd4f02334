package golang

import (
	"fmt"
	"go/doc"
	"go/token"
	"slices"
	"strings"
	"unicode"

	"github.com/hrnnc/hrnnc/backends/spell"
)

// names hands out identifiers, each once. Names of the model come first; what collides gets a number.
type names map[string]bool

// fixed are the identifiers every generated package may have.
var fixed = strings.Fields(`Model Step Reset Output Class Bits Unit ClassNames Quantise Values Inputs Outputs Vocab Steps math
	InputUnit OutputUnit OutputUnitOdd Threshold ThresholdOdd odd m x token ones gains offsets
	TestGolden TestStepDoesNotAllocate BenchmarkStep goldenX goldenY`)

func newNames() names {
	n := names{}
	for _, w := range fixed {
		n[w] = true
	}
	return n
}

// pick gives want, or want2, want3, ... if it is taken or means something in Go.
func (n names) pick(want string) string {
	name := want
	for i := 2; n[name] || reserved(name); i++ {
		name = fmt.Sprintf("%s%d", want, i)
	}
	n[name] = true
	return name
}

// reserved reports whether a word is a keyword, predeclared, or special to a package.
func reserved(word string) bool {
	return token.IsKeyword(word) || word == "init" || doc.IsPredeclared(word)
}

// camel joins the letters and digits of a name into words with capitals: "h_next" gives "hNext", or "HNext" when upper.
func camel(name string, upper bool) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			upper = upper || b.Len() > 0
			continue
		case b.Len() == 0 && unicode.IsDigit(r):
			b.WriteString("n")
			upper = false
		case upper:
			r = unicode.ToUpper(r)
			upper = false
		case b.Len() == 0:
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		if upper {
			return "X"
		}
		return "x"
	}
	return b.String()
}

// shadowing are package names that a program using the package, such as the generated harness, is likely to have
// taken: its variables and the packages it imports.
var shadowing = strings.Fields("documentation b bufio err fmt i io j m main internal out os r read run sequences steps t testdata v vendor w write x y")

// comment spells any text as a comment of one line that is no directive.
func comment(text string) string {
	text = strings.ReplaceAll(spell.Line(text), "+build", "+ build")
	if strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*") {
		text = "- " + text
	}
	return text
}

// packageName makes a package name of a model's: small letters and digits, not a word that Go or the harness has taken.
func packageName(model string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(model) {
		if r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) && b.Len() > 0) {
			b.WriteRune(r)
		}
	}
	switch name := b.String(); {
	case name == "":
		return "model"
	case slices.Contains(shadowing, name) || reserved(name) || spell.Device(name):
		return name + "model"
	default:
		return name
	}
}
