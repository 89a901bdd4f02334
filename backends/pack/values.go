package pack

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

// values are what the templates say.
type values struct {
	Model
	ID      string // the name of the package: vendor_prefix, in small letters
	Vendor  string
	Version string
	Home    string // a page for people
	Board   onBoard
}

func newValues(m Model, c Choice, f Format) (values, error) {
	v := values{Model: m, Vendor: c.Vendor, Version: c.Version, Home: "https://github.com/hrnnc/hrnnc"}
	if v.Vendor == "" {
		v.Vendor = "hrnnc"
	}
	v.Sources = nil
	if f.Target == "verilog" {
		v.Sources = m.Logic.taken(m.Sources, f)
	}
	for _, s := range m.Sources {
		if f.Target == "c" && (s.Path == m.Prefix+".h" || s.Path == m.Prefix+".c" || f.avr && path.Ext(s.Path) == ".S") {
			v.Sources = append(v.Sources, s)
		}
	}
	if v.Version == "" {
		v.Version = "0.1.0"
	}
	v.ID = clip(strings.ToLower(v.Vendor+"_"+m.Prefix), 63)
	var err error
	if f.board != "" {
		v.Board, err = newBoard(f.board, m.Logic.Clock)
	}
	return v, err
}

// clip shortens a name: formats allow 50 to 63 characters.
func clip(name string, most int) string { return strings.TrimRight(name[:min(len(name), most)], "_-") }

// Upper is the prefix of macros.
func (v values) Upper() string { return strings.ToUpper(v.Prefix) }

// Title is the model's name as text of one line.
func (v values) Title() string { return spell.Line(v.Name) }

// MarkdownTitle is the name in Markdown.
func (v values) MarkdownTitle() string { return spell.Markdown(v.Name) }

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// Slug is the package's name in small letters, digits and single hyphens, 50 at most.
func (v values) Slug() string {
	return clip(strings.Trim(notSlug.ReplaceAllString(v.ID, "-"), "-"), 50)
}

// UpperID is the package's name in capitals, digits and underscores.
func (v values) UpperID() string { return strings.ToUpper(notSlug.ReplaceAllString(v.ID, "_")) }

// Csub is the model's name among the components of a CMSIS-Pack: 32 characters at most.
func (v values) Csub() string { return clip(v.Prefix, 32) }

// Sentence says what the model is.
func (v values) Sentence() string {
	in := fmt.Sprintf("steps of %d values", v.Input.Size)
	switch {
	case v.Token():
		in = fmt.Sprintf("steps of one of %d tokens", v.Input.Vocab)
	case v.Input.Size == 1:
		in = "steps of one value"
	}
	if v.Steps > 0 {
		in = fmt.Sprintf("up to %d %s", v.Steps, in)
	}
	out := fmt.Sprintf("%d values", v.Outputs)
	switch {
	case v.Classes():
		out = fmt.Sprintf("one of %d classes", v.Outputs)
	case v.Bits():
		out = fmt.Sprintf("%d bits", v.Outputs)
	case v.Outputs == 1:
		out = "one value"
	}
	return fmt.Sprintf("A recurrent network in integers that makes %s of %s.", out, in)
}

var joined = regexp.MustCompile(`, step 1 of ([1-9][0-9]*)$`)

// Joined is how many samples of the data are a step of the model, as the names of the channels say; 1 where they say nothing.
func (v values) Joined() int {
	if len(v.Input.Channels) > 0 {
		if m := joined.FindStringSubmatch(v.Input.Channels[0].Name); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil && v.Input.Size%n == 0 {
				return n
			}
		}
	}
	return 1
}

// Sample is how many values a sample has.
func (v values) Sample() int { return v.Input.Size / v.Joined() }

// Token reports whether a step's input is a token.
func (v values) Token() bool { return v.Input.Kind == ir.Token }

// Low is the smallest integer of an input.
func (v values) Low() int64 { lo, _ := v.Input.Range(); return lo }

// High is the largest integer of an input.
func (v values) High() int64 { _, hi := v.Input.Range(); return hi }

// EveryStep reports whether there is a result at every step.
func (v values) EveryStep() bool { return v.Output.When == ir.EveryStep }

// Classes reports whether a result is a class.
func (v values) Classes() bool { return v.Output.Decision == ir.Argmax }

// Named reports whether the outputs have names, which the header has too.
func (v values) Named() bool { return len(v.Output.Labels) == v.Outputs }

// Bits reports whether a result is bits.
func (v values) Bits() bool { return v.Output.Decision == ir.Threshold }

// Assembly is the path of the model's assembly for AVR in the package, "" where there is none.
func (v values) Assembly() string {
	for _, s := range v.Sources {
		if path.Ext(s.Path) == ".S" {
			return "src/" + s.Path
		}
	}
	return ""
}

// hostModel is what the host's program knows of the model: host/model.json.
type hostModel struct {
	Name     string    `json:"name"`     // the prefix, as the firmware says it
	Inputs   int       `json:"inputs"`   // numbers of a step
	Low      int64     `json:"low"`      // of these integers
	High     int64     `json:"high"`     //
	Token    bool      `json:"token"`    // they are tokens, which nothing scales
	Channels []channel `json:"channels"` // how each comes from a value of the data
	Steps    int       `json:"steps"`    // of a sequence, 0 for any number
	Outputs  int       `json:"outputs"`
	Classes  []string  `json:"classes,omitempty"` // names of outputs
}

type channel struct {
	Name   string  `json:"name,omitempty"`
	Gain   float64 `json:"gain"`
	Offset float64 `json:"offset"`
}

// HostModel is host/model.json.
func (v values) HostModel() (string, error) {
	m := hostModel{Name: v.Prefix, Inputs: v.Input.Size, Low: v.Low(), High: v.High(), Token: v.Token(), Steps: v.Steps, Outputs: v.Outputs}
	if !v.Token() {
		for i := range v.Input.Size {
			c := v.Input.Conversion(i)
			m.Channels = append(m.Channels, channel{c.Name, c.Gain, c.Offset})
		}
	}
	if v.Named() {
		m.Classes = v.Output.Labels
	}
	text, err := json.MarshalIndent(m, "", "  ")
	return string(text), err
}

// Golden is host/golden.json: the golden vectors.
func (v values) Golden() (string, error) {
	y := make([][][]int64, len(v.Vectors.Y)) // without the decisions that may stand behind the outputs
	for i, sequence := range v.Vectors.Y {
		for _, row := range sequence {
			y[i] = append(y[i], row[:v.Outputs])
		}
	}
	text, err := json.Marshal(struct {
		Every bool        `json:"every"` // outputs at every step
		X     [][][]int64 `json:"x"`
		Y     [][][]int64 `json:"y"`
	}{v.EveryStep(), v.Vectors.X, y})
	return string(text), err
}
