package c

import (
	"strings"
)

// codeWidth is where lines of generated C are broken.
const codeWidth = 140

// folded breaks the long lines of a file of C: a comment behind code goes in front of it, code continues on the next line, at the
// outermost comma or operator that fits. A line of the preprocessor and a string stay whole.
func folded(text []byte) []byte {
	var w writer
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) <= codeWidth {
			w.buf.WriteString(line + "\n")
			continue
		}
		body := strings.TrimLeft(line, " ")
		w.indent = (len(line) - len(body)) / 4
		code, comment := splitComment(body)
		if comment != "" {
			w.comment(comment)
		}
		if code != "" {
			w.fold(code)
		}
	}
	return w.buf.Bytes()
}

// splitComment takes the comment that ends a line from what stands in front of it.
func splitComment(line string) (code, comment string) {
	at := strings.LastIndex(line, "/*")
	if at < 0 || !strings.HasSuffix(line, "*/") || strings.Count(line[:at], `"`)%2 == 1 {
		return line, ""
	}
	return strings.TrimRight(line[:at], " "), strings.TrimSpace(strings.TrimSuffix(line[at+2:], "*/"))
}

// fold writes a statement, on as many lines as it needs.
func (w *writer) fold(code string) {
	indent := w.indent
	defer func() { w.indent = indent }()
	for {
		at := len(code)
		if 4*w.indent+at > codeWidth && !strings.HasPrefix(code, "#") {
			at = breakAt(code, codeWidth-4*w.indent)
		}
		w.line(strings.TrimRight(code[:at], " "))
		if code = strings.TrimLeft(code[at:], " "); code == "" {
			return
		}
		w.indent = indent + 2
	}
}

// breakAt is where a statement goes on on the next line: behind a comma or in front of an operator, at the least depth of
// parentheses that is found within a width, and there at the last; where none is, at the first behind it.
func breakAt(code string, width int) int {
	best, least, depth := len(code), 1<<30, 0
	quoted := false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
			continue
		case c == '"':
			quoted = true
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
		after := i + 1
		if i == 0 || code[i-1] != ' ' || !operatorAt(code[i:]) {
			if !strings.HasPrefix(code[i:], ", ") && !strings.HasPrefix(code[i:], "; ") {
				continue
			}
		} else {
			after = i
		}
		switch {
		case after <= width && depth <= least:
			best, least = after, depth
		case after > width && best == len(code):
			return after
		}
	}
	return best
}

// operatorAt reports whether a text begins with an operator between two operands.
func operatorAt(text string) bool {
	op, _, ok := strings.Cut(text, " ")
	return ok && len(op) <= 2 && strings.Trim(op, "+-&|^<>?:") == ""
}
