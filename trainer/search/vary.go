package search

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// Varied is a key with the values that a search gives it: one of Knobs, or a setting of the train block behind "train.".
type Varied struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// Knob is a property of the model's states that a search can vary.
type Knob struct {
	Key, Form string
	set       func(m *dsl.Model, value string) bool
}

const (
	trainKey  = "train."
	layersKey = "layers"
)

// mostLayers is how many states a search stacks at most.
const mostLayers = 8

// Knobs are what can be varied beside settings of the train block.
var Knobs = []Knob{
	{"leak", "leak=0,1/32,[1/8,1/32]: powers of two down to 1/4096, of every layer; 0 for none; a list for the blocks in turn", func(m *dsl.Model, value string) bool {
		leak, ok := readLeak(value)
		for _, l := range m.Layers {
			l.Leak = leak
		}
		return ok
	}},
	{layersKey, "layers=1,2: states that are stacked, 1 to 8", func(_ *dsl.Model, value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n >= 1 && n <= mostLayers
	}},
	{"rounding", "rounding=once,staged: of the transform", func(m *dsl.Model, value string) bool {
		for _, l := range m.Layers {
			l.Staged = value == "staged"
		}
		return value == "staged" || value == "once"
	}},
}

// ReadVaried reads KEY=VALUE,VALUE; commas within brackets part no values. The error is a usage error's text and remedy.
func ReadVaried(text string) (Varied, error) {
	key, list, ok := strings.Cut(text, "=")
	v := Varied{Key: strings.TrimSpace(key)}
	at := diag.InFile("", "")
	if !ok || v.Key == "" {
		return v, at.Errorf("usage", "--vary %s varies nothing", diag.Short(text)).Helpf("write  --vary KEY=VALUE,VALUE, such as  --vary leak=1/16,1/32")
	}
	depth, from := 0, 0
	for i, r := range list + "," {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == ',' && depth == 0:
			v.Values = append(v.Values, strings.TrimSpace(list[from:i]))
			from = i + 1
		}
	}
	if depth != 0 || slices.Contains(v.Values, "") {
		return v, at.Errorf("usage", "--vary %s lacks a value or a bracket", diag.Short(text)).Helpf("write  --vary KEY=VALUE,VALUE, such as  --vary leak=1/16,[1/8,1/32]")
	}
	return v, v.known()
}

// ofSearch are settings of the train block that a search varies or holds by a flag of its own.
var ofSearch = map[string]string{
	"rate":   "vary it with  --rate 0.003,0.01",
	"epochs": "give it with  --epochs, the same for all, since shorter trainings are worse ones",
	"data":   "search each data set for itself",
}

// known is an error for a key that nothing has.
func (v Varied) known() error {
	var keys []string
	for _, k := range Knobs {
		keys = append(keys, k.Key)
	}
	for _, k := range trainer.Settings {
		keys = append(keys, trainKey+k.Key)
	}
	for _, k := range data.Settings {
		keys = append(keys, trainKey+k.Name)
	}
	name, train := strings.CutPrefix(v.Key, trainKey)
	at := diag.InFile("", "")
	if how := ofSearch[name]; how != "" {
		return at.Errorf("usage", "--vary does not vary %s", v.Key).Helpf("%s", how)
	}
	if slices.Contains(keys, v.Key) {
		return nil
	}
	d := at.Errorf("usage", "there is nothing called %s to vary", diag.Short(v.Key))
	if meant := trainer.Alias(name); meant != "" {
		name, train = meant, false
	}
	switch {
	case !train && slices.Contains(keys, trainKey+name):
		return d.Helpf("did you mean  %s%s?", trainKey, name)
	case diag.Nearest(v.Key, keys) != "":
		return d.Helpf("did you mean  %s?", diag.Nearest(v.Key, keys))
	}
	return d.Helpf("it is leak, layers, rounding or a setting of the train block, such as train.weight_decay; units, blocks, weight types and rates have flags of their own")
}

// check reports values that cannot be.
func (v Varied) check(m *dsl.Model) (errs diag.List) {
	for _, value := range v.Values {
		c, _ := again(m)
		if err := set(c, v.Key, value); err != nil {
			errs.Add(err)
		}
	}
	return errs
}

// set gives a model one value of what is varied.
func set(m *dsl.Model, key, value string) *diag.Diagnostic {
	wrong := diag.InFile(m.File, "").Errorf("settings", "the search cannot have %s %s", key, diag.Short(value))
	for _, k := range Knobs {
		if k.Key == key {
			if !k.set(m, value) {
				return wrong.Helpf("write  --vary %s", k.Form)
			}
			return nil
		}
	}
	key = strings.TrimPrefix(key, trainKey)
	m.Train[key] = value
	_, err := trainer.ReadConfig(m, nil, dataKeys())
	if slices.Contains(dataKeys(), key) && err == nil {
		o := data.Defaults()
		_, err = o.Set(key, value)
	}
	var list diag.List
	var one *diag.Diagnostic
	switch {
	case errors.As(err, &list):
		return wrong.Helpf("%s", list.Sorted()[0].Help)
	case errors.As(err, &one):
		return wrong.Helpf("%s", one.Help)
	}
	return nil
}

func dataKeys() (keys []string) {
	for _, k := range data.Settings {
		keys = append(keys, k.Name)
	}
	return keys
}

// varied lists the combinations of what else is varied; one without any where nothing is.
func (s Space) varied() []map[string]string {
	all := []map[string]string{nil}
	for _, v := range s.Vary {
		var next []map[string]string
		for _, had := range all {
			for _, value := range v.Values {
				with := map[string]string{v.Key: value}
				for k, x := range had {
					with[k] = x
				}
				next = append(next, with)
			}
		}
		all = next
	}
	return all
}

// readLeak reads 1/32, 0 or [1/8,1/32].
func readLeak(text string) (out arith.Leak, ok bool) {
	inner, list := strings.CutPrefix(text, "[")
	if list {
		if inner, list = strings.CutSuffix(inner, "]"); !list {
			return nil, false
		}
	}
	values := strings.Split(inner, ",")
	for _, value := range values {
		v, ok := fraction(strings.TrimSpace(value))
		if !ok {
			return nil, false
		}
		if v == 0 && len(values) == 1 {
			return nil, true
		}
		part, exponent := math.Frexp(v)
		if part != 0.5 || exponent > 0 || exponent < 1-arith.MaxLeak {
			return nil, false
		}
		out = append(out, 1-exponent)
	}
	return out, true
}

// fraction reads 1/32 or 0.03125.
func fraction(text string) (float64, bool) {
	over, under, divided := strings.Cut(text, "/")
	a, err := strconv.ParseFloat(strings.TrimSpace(over), 64)
	if !divided || err != nil {
		return a, err == nil
	}
	b, err := strconv.ParseFloat(strings.TrimSpace(under), 64)
	return a / b, err == nil && b != 0
}

// setLayers stacks so many states: those of the model from below, and above them others like its last one, which read the one below
// through relu, as the output does. A value that is no number was refused before.
func setLayers(m *dsl.Model, value string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > mostLayers {
		return
	}
	for len(m.Layers) < n {
		stack(m)
	}
	m.Layers = m.Layers[:n]
	top := m.Layers[n-1]
	m.Readout.From = top
	used := m.Tensors()
	m.Params = slices.DeleteFunc(m.Params, func(p *dsl.Param) bool { return !slices.Contains(used, p) })
}

// stack adds a state like the last one on top of it.
func stack(m *dsl.Model) {
	below := m.Layers[len(m.Layers)-1]
	l := *below
	l.State.Name = free(m, below.State.Name)
	param := func(p *dsl.Param) *dsl.Param {
		if p == nil || !slices.Contains(m.Params, p) {
			return nil // signs that no line declares
		}
		c := *p
		c.Name = free(m, p.Name)
		m.Params = append(m.Params, &c)
		return &c
	}
	l.Signs, l.PreSigns, l.Permute = param(below.Signs), param(below.PreSigns), param(below.Permute)
	n := below.State.Size
	between := &dsl.Param{Name: free(m, "W_"+l.State.Name), Kind: m.Readout.Matrix.Kind, Shape: []int{n, n}, Between: true}
	m.Params = append(m.Params, between)
	l.Inflow = &dsl.Inflow{Matrix: between, From: below, Relu: m.Readout.Relu}
	l.Bias = nil
	for _, b := range below.Bias {
		l.Bias = append(l.Bias, param(b))
	}
	m.Layers = append(m.Layers, &l)
}

// free is a name like another that a model does not have: name2, name3.
func free(m *dsl.Model, like string) string {
	taken := []string{m.Input.Name, m.Readout.Name, m.Output.Name}
	for _, p := range m.Params {
		taken = append(taken, p.Name)
	}
	for _, l := range m.Layers {
		taken = append(taken, l.State.Name)
	}
	like = strings.TrimRight(like, "0123456789")
	for i := len(m.Layers) + 1; ; i++ {
		if name := fmt.Sprintf("%s%d", like, i); !slices.Contains(taken, name) {
			return name
		}
	}
}
