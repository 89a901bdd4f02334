package c

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

//go:embed templates/inline.c.tmpl
var inlineText string

// pairPrefix begins the names of functions on two lanes.
const pairPrefix = "pair_"

var inlineTemplates = template.Must(template.New("inline").Funcs(template.FuncMap{"use": func(string, int, ...int) string { return "" }}).Parse(inlineText))

// inlineNames are the functions at the head of a file, in any width.
func inlineNames() (out []string) {
	for _, t := range inlineTemplates.Templates() {
		if t.Name() != "inline" {
			for _, bits := range []int{16, 24, 32, 64} {
				out = append(out, inlineName(t.Name(), bits))
				if strings.HasSuffix(t.Name(), "clamp") || strings.HasSuffix(t.Name(), "crop") {
					for n := range bits {
						out = append(out, fmt.Sprintf("%s_%d", inlineName(t.Name(), bits), n))
					}
				}
			}
		}
	}
	return out
}

// inlineName is what C calls one: round16, pair16_add, PAIR16.
func inlineName(name string, bits int) string {
	lanes, pair := strings.CutPrefix(name, pairPrefix)
	switch {
	case lanes == "CONST":
		return fmt.Sprintf("PAIR%d", bits)
	case pair:
		return fmt.Sprintf("pair%d_%s", bits, lanes)
	}
	return fmt.Sprintf("%s%d", name, bits)
}

// helper gives the name of a function at the head of the file, and puts it there with those that it calls. Some are made for a
// constant: clamp16_12.
func (s *speller) helper(name string, bits int, constant ...int) string {
	full := inlineName(name, bits)
	n := 0
	if len(constant) > 0 {
		n = constant[0]
		full = fmt.Sprintf("%s_%d", full, n)
	}
	if s.inlined[full] {
		return full
	}
	s.inlined[full] = true
	t := template.Must(inlineTemplates.Clone()).Funcs(template.FuncMap{"use": s.helper})
	low := uint64(1)<<bits - 1
	word := func(v uint64) string {
		if bits == 64 {
			return ""
		}
		return fmt.Sprintf("UINT%d_C(0x%X)", 2*bits, v)
	}
	number := fmt.Sprintf("int%d_t", bits)
	if bits == 24 {
		number = s.typeName(step.I24)
	}
	wide := bits
	if bits == 32 {
		wide = 64
	} else if bits == 16 {
		wide = 32
	}
	var b strings.Builder
	err := t.ExecuteTemplate(&b, name, map[string]any{
		"Name": full, "W": bits, "Top": bits - 1, "T": number, "U": fmt.Sprintf("uint%d_t", bits),
		"U1": fmt.Sprintf("UINT%d_C(1)", bits), "UMax": fmt.Sprintf("UINT%d_MAX", bits),
		"V": fmt.Sprintf("uint%d_t", 2*bits), "TWide": fmt.Sprintf("int%d_t", wide),
		"Ones": word(1<<bits | 1), "Signs": word(1<<(bits-1)<<bits | 1<<(bits-1)), "Sign": word(1 << (bits - 1)), "Low": word(low),
		"N": n, "Less": n - 1, "Hi": literal(1<<max(n-1, 0) - 1), "Lo": literal(-1 << max(n-1, 0)), "Ones2": literal(1<<n - 1),
		"Part": 1 << max(n-9, 0), "Parts": 2 << max(n-9, 0),
		"Steady": s.dialect.steady, "AVR": s.dialect.avr, "ByParts": s.dialect.steady && s.dialect.parts > 0 && s.dialect.parts <= 32, "Arm": s.dialect.arm, "Halves": s.dialect.dsp && bits == 16,
	})
	if err != nil {
		panic(err) // the templates are part of this program
	}
	s.inline.buf.WriteString("\n" + strings.TrimSpace(b.String()) + "\n")
	return full
}
