package data

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	o := options(t, "valid=5%", "hold=1/4", "test=1, 3-5", "channels=acc x, gyro y", "limit=12", "tokens=yes", "label=class", "unit= 1 / 255 ", "augment_noise=0.1")
	if o.Valid != 0.05 || o.Hold != 0.25 || !slices.Equal(o.Test, []string{"1", "3-5"}) || !slices.Equal(o.Channels, []string{"acc x", "gyro y"}) || o.Limit != 12 ||
		!o.Tokens || o.Columns.Label != "class" || o.Augment.Noise != 0.1 {
		t.Errorf("%+v", o)
	}
	if known, err := o.Set("epochs", "3"); known || err != nil {
		t.Errorf("epochs: %v, %v", known, err)
	}
	for setting, want := range map[string]string{
		"layout=spiral":                     `error[data]: layout is pixels, rows or columns, not "spiral"; help: layout: how an image`,
		"valid=2":                           "valid is 0 to 0.9, not 2",
		"valid=some":                        "valid = some: it is a number, such as 0.1, 10% or 1/255: 0 to 0.9",
		"valid=1/0":                         "it is a number",
		"valid=NaN":                         "valid is 0 to 0.9, not NaN",
		"window=-1":                         "window is 1 to 1048576, not -1",
		"window=0":                          "window is 1 to 1048576, not 0",
		"stride=0":                          "stride is 1 to 1048576, not 0",
		"unit=0":                            "unit is 1e-12 to 1e+12, not 0",
		"limit=-1":                          "limit is 0 or more, not -1",
		"window=1.5":                        "window = 1.5: it is a whole number: 1 to 1048576",
		"window=" + strings.Repeat("9", 30): "it is a whole number: 1 to 1048576",
		"tokens=perhaps":                    "it is yes or no",
	} {
		name, value, _ := strings.Cut(setting, "=")
		o := Defaults()
		if known, err := o.Set(name, value); !known || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", setting, err, want)
		}
	}
}

// TestSettingsAreComplete checks the table: names are unique, each has words and reaches a field of its own.
func TestSettingsAreComplete(t *testing.T) {
	o := Options{}
	names, fields := map[string]bool{}, map[any]bool{}
	for _, s := range Settings {
		field := s.field(&o)
		if names[s.Name] || fields[field] || s.Doc == "" || s.Kinds == 0 {
			t.Errorf("%s", s.Name)
		}
		names[s.Name], fields[field] = true, true
		switch field.(type) {
		case *string, *bool, *int, *float64, *[]string, *[]float64:
		default:
			t.Errorf("%s is a %T, which parse does not read", s.Name, field)
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	o := Defaults()
	o.Window = -3
	if _, err := Load("copy(10)", o); err == nil || !strings.Contains(err.Error(), "copy(10): error[data]: window is 1 to") {
		t.Errorf("got %v", err)
	}
}

// TestSettingsPage demands a row of docs/data.md for every setting, in the words of its documentation.
func TestSettingsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings {
		if row := fmt.Sprintf("| `%s` | %s |\n", s.Name, s.Doc); !strings.Contains(string(page), row) {
			t.Errorf("docs/data.md has no row\n%s", row)
		}
	}
}
