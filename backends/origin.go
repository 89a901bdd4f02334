package backends

import (
	"bytes"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// Named is a name in a generated file, and the part of the model that it belongs to.
type Named struct {
	Name string
	Of   lower.Origin
	Func bool // it begins a function, whose lines belong there where nothing in them says more
}

// Stretch is the lines From to To of a file, counted from 1, and the parts of the model that they belong to.
type Stretch struct {
	From, To int
	Of       []lower.Origin
}

// Origins says which lines of the file belong to which part of the model: what its target noted of them, or what the names say that
// stand in them. A line without names belongs where the block does that it stands in, and a line of a loop that knows no more than
// states and inputs where its function does too; one of a function goes on with what stands above it. Nothing is said of lines that are of the language alone.
func (f File) Origins() []Stretch {
	if f.Stretches != nil || f.Named == nil {
		return f.Stretches
	}
	r := &originReader{named: map[string]originSet{}, funcs: map[string]originSet{}}
	for _, n := range f.Named {
		of := r.named[n.Name]
		of.add(n.Of) // functions may give a name to several arrays
		r.named[n.Name] = of
		if n.Func {
			r.funcs[n.Name] = of
		}
	}
	for line := range bytes.Lines(f.Data) {
		r.line(line)
	}
	r.attribute(&r.root, nil)
	return r.stretches()
}

// originReader reads lines of a language with braces.
type originReader struct {
	named   map[string]originSet
	funcs   map[string]originSet
	root    originBlock
	open    []*originBlock // those around the line that is read, without the root
	lines   []originSet
	comment bool      // within /* */
	last    originSet // of the function that the line before names
}

// originBlock is what braces hold, with the line that opens them.
type originBlock struct {
	lines  []int // of its own, from 0
	blocks []*originBlock
	of     originSet // of names in it, at any depth
	fn     originSet // of the function that it is
}

type originSet []lower.Origin

func (s *originSet) add(list ...lower.Origin) {
	for _, o := range list {
		if !slices.Contains(*s, o) {
			*s = append(*s, o)
		}
	}
}

// weak reports whether nothing in a set says what is computed.
func (s originSet) weak() bool {
	return !slices.ContainsFunc(s, func(o lower.Origin) bool { return o.Part != lower.PartState && o.Part != lower.PartInput })
}

func (r *originReader) inner() *originBlock {
	if len(r.open) == 0 {
		return &r.root
	}
	return r.open[len(r.open)-1]
}

// line takes a line in. The line that opens a block, and the one that closes it, are the block's.
func (r *originReader) line(text []byte) {
	n := len(r.lines)
	own, fn := originSet{}, originSet{}
	block, opened := r.inner(), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case r.comment:
			if c == '*' && i+1 < len(text) && text[i+1] == '/' {
				r.comment = false
				i++
			}
		case c == '/' && i+1 < len(text) && text[i+1] == '*':
			r.comment = true
			i++
		case c == '/' && i+1 < len(text) && text[i+1] == '/', c == '#' && len(bytes.TrimSpace(text[:i])) == 0:
			i = len(text)
		case c == '{':
			b := &originBlock{}
			block = r.inner()
			block.blocks = append(block.blocks, b)
			r.open = append(r.open, b)
			block, opened = b, true
			if len(r.open) == 1 {
				b.fn = fn
			}
		case c == '}' && len(r.open) > 0:
			if !opened {
				block = r.inner()
			}
			r.open = r.open[:len(r.open)-1]
		case letter(c):
			from := i
			for i+1 < len(text) && (letter(text[i+1]) || '0' <= text[i+1] && text[i+1] <= '9') {
				i++
			}
			name := text[from : i+1]
			if of, ok := r.funcs[string(name)]; ok && len(r.open) == 0 {
				fn.add(of...)
			} else {
				own.add(r.named[string(name)]...)
			}
		}
	}
	r.lines = append(r.lines, own)
	block.lines = append(block.lines, n)
	// A function whose brace stands on a line of its own is opened by the line before.
	if opened && len(r.open) == 1 && len(block.fn) == 0 && len(bytes.TrimSpace(text)) == 1 && n > 0 {
		block.fn = r.last
	}
	r.last = fn
	block.of.add(own...)
	for _, b := range r.open {
		b.of.add(own...)
	}
}

func letter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// attribute gives the lines of a block theirs, within a function that belongs to fn.
func (r *originReader) attribute(b *originBlock, fn originSet) {
	fn = append(slices.Clone(fn), b.fn...)
	of := slices.Clone(b.of)
	if b == &r.root {
		of = nil
	} else if of.weak() {
		of.add(fn...)
	}
	for i, n := range b.lines {
		switch s := &r.lines[n]; {
		case b == &r.root || !s.weak():
		case len(b.fn) > 0 && len(*s) == 0 && i > 1 && i < len(b.lines)-1 && b.lines[i-1] == n-1:
			s.add(r.lines[n-1]...) // goes on with what stands above
		case len(b.fn) > 0 && len(*s) == 0:
			s.add(fn...)
		default:
			s.add(of...)
		}
	}
	for _, inner := range b.blocks {
		r.attribute(inner, fn)
	}
}

// stretches joins lines that belong together.
func (r *originReader) stretches() []Stretch {
	out := []Stretch{}
	for i, of := range r.lines {
		switch {
		case len(of) == 0:
		case len(out) > 0 && out[len(out)-1].To == i && sameOrigins(out[len(out)-1].Of, of):
			out[len(out)-1].To = i + 1
		default:
			out = append(out, Stretch{i + 1, i + 1, of})
		}
	}
	return out
}

func sameOrigins(a, b []lower.Origin) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(o lower.Origin) bool { return !slices.Contains(b, o) })
}
