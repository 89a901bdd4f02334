package verilog

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
)

//go:embed templates/*.tmpl templates/shell/*.tmpl templates/core/*.tmpl
var templateFiles embed.FS

// templates have [[ ]] around their actions, because Verilog itself uses {{ }}.
var templates = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{
	"span": span, "lit": lit, "note": note, "md": spell.Markdown,
	"banner": func() string { return "" }, // a writer sets it
	"bytes":  func(bits int) int { return (bits + 7) / 8 * 8 },
	"dec":    func(n int) int { return n - 1 },
	"sub":    func(a, b int) int { return a - b },
	"top":    func(n int) string { return fmt.Sprintf("[%d]", n-1) },
	"slice":  func(high, low int) string { return fmt.Sprintf("[%d:%d]", high-1, low) },
}).ParseFS(templateFiles, "templates/*.tmpl", "templates/shell/*.tmpl"))

// writer makes the files of a design. The first error stays in err.
type writer struct {
	*design
	files []backends.File
	err   error
}

// print fills a template with values into a file.
func (w *writer) print(path, name string, values any) {
	t, err := templates.Clone()
	if err == nil {
		var b bytes.Buffer
		err = t.Funcs(template.FuncMap{"banner": w.banner}).ExecuteTemplate(&b, name+".tmpl", values)
		w.files = append(w.files, backends.File{Path: path, Data: b.Bytes()})
	}
	if err != nil && w.err == nil {
		w.err = err
	}
}

func (w *writer) banner() string {
	text := ""
	for _, s := range w.plan.Comment {
		text += spell.Line(s) + "\n"
	}
	return comment(text + "Generated: change the model, not this file.\n")
}

// memoriesMacro names the folder of a model's memory files.
func memoriesMacro(prefix string) string { return strings.ToUpper(prefix) + "_MEMORIES" }
