package data

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Set gives the option with a train block's name its value, as written there. It reports whether there is such an
// option; the error says what the value may be.
func (o *Options) Set(name, value string) (known bool, err error) {
	i := slices.IndexFunc(Settings, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return false, nil
	}
	s := &Settings[i]
	if err := parse(s.field(o), strings.TrimSpace(value)); err != nil {
		if bounds := s.bounds(); bounds != "" {
			err = fmt.Errorf("%w: %s", err, bounds)
		}
		return true, fail("", "").Errorf(code, "%s = %s: %s", name, value, err).Helpf("%s: %s", name, s.Doc)
	}
	if fault := s.fault(o, true); fault != "" {
		return true, fail("", "").Errorf(code, "%s", fault).Helpf("%s: %s", name, s.Doc)
	}
	return true, nil
}

// parse sets an option from its text.
func parse(field any, text string) (err error) {
	switch f := field.(type) {
	case *string:
		*f = text
	case *bool:
		*f = text == "yes" || text == "true"
		if !*f && text != "no" && text != "false" {
			return fmt.Errorf("it is yes or no")
		}
	case *int:
		if *f, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("it is a whole number")
		}
	case *float64:
		*f, err = fraction(text)
	case *[]string:
		*f = list(text)
	case *[]float64:
		*f = nil
		for _, item := range list(text) {
			v, err := fraction(item)
			if err != nil {
				return err
			}
			*f = append(*f, v)
		}
	}
	return err
}

// fraction reads 0.1, 10% or 1/255.
func fraction(text string) (float64, error) {
	divisor := 1.0
	if t, ok := strings.CutSuffix(text, "%"); ok {
		text, divisor = t, 100
	} else if top, bottom, ok := strings.Cut(text, "/"); ok {
		b, err := strconv.ParseFloat(strings.TrimSpace(bottom), 64)
		if err != nil || b == 0 {
			return 0, fmt.Errorf("it is a number, such as 0.1, 10%% or 1/255")
		}
		text, divisor = top, b
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, fmt.Errorf("it is a number, such as 0.1, 10%% or 1/255")
	}
	return v / divisor, nil
}

func list(text string) []string {
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// bounds says which numbers a setting may be; "" when it is no number.
func (s *Setting) bounds() string {
	switch s.field(&Options{}).(type) {
	case *int:
		if s.Max == many {
			return fmt.Sprintf("%.0f or more", s.Min)
		}
		return fmt.Sprintf("%.0f to %.0f", s.Min, s.Max)
	case *float64, *[]float64:
		return fmt.Sprintf("%g to %g", s.Min, s.Max)
	}
	return ""
}

// fault says why an option's value cannot be; "" when it can. A number that was not given is 0, whatever its bounds.
func (s *Setting) fault(o *Options, given bool) string {
	switch f := s.field(o).(type) {
	case *string:
		if *f != "" && s.Words != nil && !slices.Contains(s.Words, *f) {
			return fmt.Sprintf("%s is %s, not %q", s.Name, oneOf(s.Words), *f)
		}
	case *int:
		if (given || *f != 0) && (float64(*f) < s.Min || float64(*f) > s.Max) {
			return fmt.Sprintf("%s is %s, not %d", s.Name, s.bounds(), *f)
		}
	case *float64:
		if (given || *f != 0) && !(*f >= s.Min && *f <= s.Max) {
			return fmt.Sprintf("%s is %s, not %g", s.Name, s.bounds(), *f)
		}
	case *[]float64:
		for _, v := range *f {
			if !(v >= s.Min && v <= s.Max) {
				return fmt.Sprintf("%s is %s, not %g", s.Name, s.bounds(), v)
			}
		}
	}
	return ""
}

// oneOf spells choices: a, b or c.
func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// validate checks every option by itself.
func (o *Options) validate(name string) error {
	for i := range Settings {
		if fault := Settings[i].fault(o, false); fault != "" {
			return fail(name, "").Errorf(code, "%s", fault).Helpf("%s: %s", Settings[i].Name, Settings[i].Doc)
		}
	}
	return nil
}

// applies checks that the set is of a kind that knows every option that was given, so that none is silently ignored.
func (o *Options) applies(name string, kind Kind) error {
	if o.Stream && kind&Streams == 0 {
		return fail(name, "").Errorf(code, "has no recordings to read unbroken: it is %s", kind).
			Helpf("take a set that has: hapt, a folder of sounds, or a table with a step a row, whose  id  says which rows are one recording")
	}
	defaults := Defaults()
	for i := range Settings {
		s := &Settings[i]
		if s.Kinds&kind == 0 && !reflect.DeepEqual(s.field(o), s.field(&defaults)) && !slices.Contains(o.Borrowed, s.Name) {
			return fail(name, "").Errorf(code, "%s says nothing about this data set", s.Name).
				Helpf("remove it; the set is %s, and %s means: %s", kind, s.Name, s.Doc)
		}
	}
	return nil
}

// String names the kinds, for diagnostics.
func (k Kind) String() string {
	names := []struct {
		kind Kind
		name string
	}{{Images, "images"}, {Series, "series"}, {Streams, "recordings"}, {Audio, "sound"}, {Text, "text"}, {Discrete, "tokens"}, {Generated, "generated"}}
	var out []string
	for _, n := range names {
		if k&n.kind != 0 {
			out = append(out, n.name)
		}
	}
	return strings.Join(out, ", ")
}
