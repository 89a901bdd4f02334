// Package svg makes drawings: elements that are printed with everything escaped, the few shapes that charts are made of, and the
// colours that all drawings share, for light and dark. It knows nothing of what is drawn. Start with Drawing.
package svg

import (
	_ "embed"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// Style are the colours and the type of drawings, as CSS: for a style element, or for the page that a drawing stands in.
//
//go:embed style.css
var Style string

// Categories are fills that tell up to eight kinds of things apart on any ground, to the colour-blind too: those of Okabe and Ito.
var Categories = []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#555555"}

// Element is a node of an SVG. Text and attribute values are escaped when it is printed.
type Element struct {
	name string
	attr []attribute
	text string
	kids []*Element
}

type attribute struct{ name, value string }

// New makes an element of a name and attributes, given as names and values in turn; values are strings or numbers.
func New(name string, attr ...any) *Element {
	e := &Element{name: name}
	for i := 0; i+1 < len(attr); i += 2 {
		value := ""
		switch v := attr[i+1].(type) {
		case string:
			value = v
		case int:
			value = strconv.Itoa(v)
		case float64:
			value = Number(v)
		}
		e.attr = append(e.attr, attribute{attr[i].(string), value})
	}
	return e
}

// Drawing is the root of a drawing w wide and h high, in units of about a pixel; about says what it shows.
func Drawing(class, about string, w, h float64) *Element {
	return New("svg", "xmlns", "http://www.w3.org/2000/svg", "class", class, "viewBox", "0 0 "+Number(w)+" "+Number(h),
		"role", "img", "aria-label", about)
}

// Text is a text; anchor is start, middle or end.
func Text(x, y float64, anchor, text string) *Element {
	return New("text", "x", x, "y", y, "text-anchor", anchor).Say(text)
}

// Line is a straight line.
func Line(class string, x1, y1, x2, y2 float64) *Element {
	return New("line", "class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2)
}

// Rect is a rectangle; a negative width or height counts as 0.
func Rect(class string, x, y, w, h float64) *Element {
	return New("rect", "class", class, "x", x, "y", y, "width", max(w, 0), "height", max(h, 0))
}

// Add puts elements inside, behind those that are there; nil ones are left out.
func (e *Element) Add(kids ...*Element) *Element {
	for _, k := range kids {
		if k != nil {
			e.kids = append(e.kids, k)
		}
	}
	return e
}

// AddFirst puts elements inside, in front of those that are there.
func (e *Element) AddFirst(kids ...*Element) *Element {
	e.kids = append(append([]*Element{}, kids...), e.kids...)
	return e
}

// Say sets the element's text.
func (e *Element) Say(text string) *Element {
	e.text = text
	return e
}

// With adds an attribute.
func (e *Element) With(name, value string) *Element {
	e.attr = append(e.attr, attribute{name, value})
	return e
}

// String is the element as text, as it may stand in a page.
func (e *Element) String() string {
	var b strings.Builder
	e.print(&b)
	return b.String()
}

// File is the element as a file of its own.
func (e *Element) File() []byte { return []byte(e.String() + "\n") }

func (e *Element) print(b *strings.Builder) {
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

// Number prints hundredths of a unit, which no screen shows.
func Number(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64)
}
