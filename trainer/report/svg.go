package report

import (
	"encoding/xml"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// element is a node of an SVG. Text and attribute values are escaped when it is printed.
type element struct {
	name string
	attr []attribute
	text string
	kids []*element
}

type attribute struct{ name, value string }

// el makes an element of a name and attributes, given as names and values in turn; values are strings or numbers.
func el(name string, attr ...any) *element {
	e := &element{name: name}
	for i := 0; i+1 < len(attr); i += 2 {
		value := ""
		switch v := attr[i+1].(type) {
		case string:
			value = v
		case int:
			value = strconv.Itoa(v)
		case float64:
			value = coordinate(v)
		}
		e.attr = append(e.attr, attribute{attr[i].(string), value})
	}
	return e
}

func (e *element) add(kids ...*element) *element {
	for _, k := range kids {
		if k != nil {
			e.kids = append(e.kids, k)
		}
	}
	return e
}

// say sets the element's text.
func (e *element) say(text string) *element {
	e.text = text
	return e
}

// label is a text; anchor is start, middle or end.
func label(x, y float64, anchor, text string) *element {
	return el("text", "x", x, "y", y, "text-anchor", anchor).say(text)
}

func line(class string, x1, y1, x2, y2 float64) *element {
	return el("line", "class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2)
}

func rect(class string, x, y, w, h float64) *element {
	return el("rect", "class", class, "x", x, "y", y, "width", max(w, 0), "height", max(h, 0))
}

// drawing is the root of a chart w wide and h high, in units of about a pixel; about says what it shows.
func drawing(class, about string, w, h float64) *element {
	return el("svg", "xmlns", "http://www.w3.org/2000/svg", "class", class, "viewBox", "0 0 "+coordinate(w)+" "+coordinate(h),
		"role", "img", "aria-label", about)
}

// html is the element as it stands in the page. What it came from was escaped node by node.
func (e *element) html() template.HTML {
	var b strings.Builder
	e.print(&b)
	return template.HTML(b.String())
}

func (e *element) print(b *strings.Builder) {
	b.WriteString("<" + e.name)
	for _, a := range e.attr {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value)
		b.WriteString(`"`)
	}
	if e.text == "" && len(e.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	escape(b, e.text)
	for _, k := range e.kids {
		k.print(b)
	}
	b.WriteString("</" + e.name + ">")
}

// escape writes text that no XML or HTML reader takes for markup; a strings.Builder returns no error.
func escape(b *strings.Builder, text string) { _ = xml.EscapeText(b, []byte(text)) }

// coordinate prints hundredths of a unit, which no screen shows.
func coordinate(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64)
}

// with adds an attribute.
func (e *element) with(name, value string) *element {
	e.attr = append(e.attr, attribute{name, value})
	return e
}
