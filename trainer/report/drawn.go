package report

import (
	"html/template"

	"github.com/hrnnc/hrnnc/internal/svg"
)

// html is a drawing as it stands in the page. What it came from was escaped element by element.
func html(e *svg.Element) template.HTML { return template.HTML(e.String()) }
