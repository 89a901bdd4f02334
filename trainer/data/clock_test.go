package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestClock takes the steps a second from a column of times that is regular and says its unit, and says why from no other.
func TestClock(t *testing.T) {
	for _, test := range []struct {
		column, settings string
		time             func(id, step int) string
		hz               float64
		timed            string
	}{
		{"timestamp_ms", "", func(id, step int) string { return fmt.Sprint(1700000000000 + int64(id*3000+step)*20) }, 50, "50 steps a second, by column timestamp_ms; hz = NUMBER says otherwise"},
		{"Time (s)", "", func(_, step int) string { return fmt.Sprintf("%.2f", float64(step)/50) }, 50, "by column Time (s); "},
		{"time [us]", "", func(_, step int) string { return fmt.Sprint(step * 33333) }, 30.0003, "30.0003 steps a second"},
		{"t", "", func(_, step int) string { return fmt.Sprintf("%.2f", float64(step)/25) }, 25, "25 steps a second, by column t, taken for seconds; hz"},
		{"t", "values=ax", func(_, step int) string { return fmt.Sprintf("%.2f", float64(step)/25) }, 25, "by column t,"},
		{"unix time", "", func(_, step int) string { return fmt.Sprint(1700000000 + 2*step) }, 0.5, "by column unix time; "},
		{"timestamp", "", func(_, step int) string { return fmt.Sprint(1700000000000000000 + int64(step)*4000000) }, 250, "by column timestamp; "},
		{"date", "", func(_, step int) string { return fmt.Sprintf("2024-05-01 10:00:%02d.%d00", step/2, step%2*5) }, 2, "by column date; "},
		{"when", "", func(_, step int) string { return fmt.Sprintf("2024-05-01T10:00:%02d", step) }, 1, "by column when; "}, // its name says nothing
		{"time", "", func(_, step int) string { return fmt.Sprintf("10:00:%02d", 2*step) }, 0.5, "by column time; "},
		{"elapsed_ms", "", func(_, step int) string { return fmt.Sprint(step*40 + step%3*2) }, 24.9141, "by column elapsed_ms; "}, // read late
		{"time_s", "decimal=comma", func(_, step int) string { return strings.ReplaceAll(fmt.Sprintf("%.2f", float64(step)/10), ".", ",") }, 10, "by column time_s; "},
		{"timestamp_ms", "hz=100", func(_, step int) string { return fmt.Sprint(step * 20) }, 100, ""},
		{"time", "", func(_, step int) string { return fmt.Sprint(step * 20) }, 0, "the steps of column time are 20 apart, in a unit that it does not say"},
		{"timestamp", "", func(_, step int) string { return fmt.Sprint(1200000000000 + int64(step)*50000000) }, 0, "in a unit that it does not say"}, // nanoseconds since a start
		{"time_ms", "", func(_, step int) string { return fmt.Sprint(step * step) }, 0, "the times of column time_ms are not regular"},
		{"time_s", "", func(_, step int) string { return fmt.Sprint(step / 10) }, 0, "not regular"}, // of whole seconds
		{"time", "", func(_, step int) string { return "noon" }, 0, ""},
		{"step", "", func(_, step int) string { return fmt.Sprint(step) }, 0, ""},
		{"az", "", func(_, step int) string { return fmt.Sprintf("%.2f", float64(step)/50) }, 0, ""},
	} {
		sep := ","
		if strings.Contains(test.settings, "decimal") {
			sep = ";"
		}
		text := long(strings.Join([]string{"session", test.column, "ax", "class"}, sep), func(id, step int, noise func() float64) string {
			return strings.Join([]string{fmt.Sprint(id), test.time(id, step), fmt.Sprintf("%.0f", 100*noise()), []string{"run", "walk"}[id%2]}, sep)
		})
		s, err := Load(saveTable(t, "a.csv", text), options(t, strings.Fields("id=session label=class window=5 valid=0 "+test.settings)...))
		if err != nil {
			t.Errorf("%s: %v", test.column, err)
			continue
		}
		if s.Hz != test.hz || !strings.Contains(s.Timed, test.timed) || test.timed == "" && s.Timed != "" || s.Timed != "" && noted(s, s.Timed) != (s.Hz > 0) {
			t.Errorf("%s: %g steps a second, %q, notes %q; want %g, %q", test.column, s.Hz, s.Timed, s.Notes, test.hz, test.timed)
		}
	}
}

// TestGapInTime: times that were added up say how far apart steps are in digits that mean something, and one gap is one place.
func TestGapInTime(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,label,time,a\n")
	for i := range 90 {
		at := 0.02 * float64(i)
		if i%30 > 20 {
			at += 1000
		}
		fmt.Fprintf(&text, "%d,%d,%v,%d\n", i/30, i/10%2, at, i%7)
	}
	s, err := Load(saveTable(t, "a.csv", text.String()), options(t, "id=id", "label=label", "stream=yes", "hz=50"))
	if err != nil {
		t.Fatal(err)
	}
	want := "column time: steps are mostly 0.02 apart, and in 3 places by up to 1000; windows run across them"
	if !slices.Contains(s.Notes, want) {
		t.Errorf("notes %q", s.Notes)
	}
}
