package data

import (
	"slices"
	"strings"
	"testing"
)

// TestTextAsItComes reads tables as spreadsheets, numpy and old Macs write them: the same two recordings.
func TestTextAsItComes(t *testing.T) {
	const plain = "id,ax,class\n1,1,a\n1,2.5,a\n2,3,b\n2,4,b\n"
	utf16 := func(text string, big bool) string {
		out := []byte{0xff, 0xfe}
		for _, c := range []byte(text) {
			out = append(out, c, 0)
		}
		if big {
			for i := 0; i < len(out); i += 2 {
				out[i], out[i+1] = out[i+1], out[i]
			}
		}
		return string(out)
	}
	tabs := strings.ReplaceAll(plain, ",", "\t")
	comma := strings.ReplaceAll(strings.ReplaceAll(plain, ",", ";"), ".", ",")
	for _, test := range []struct{ name, file, text, settings string }{
		{"as it is", "a.csv", plain, ""},
		{"with a mark", "a.csv", "\xef\xbb\xbf" + plain, ""},
		{"UTF-16 of Excel", "a.txt", utf16(tabs, false), ""},
		{"UTF-16, the other way", "a.csv", utf16(plain, true), ""},
		{"tabs in .txt", "a.txt", tabs, ""},
		{"lines of old Macs", "a.csv", strings.ReplaceAll(plain, "\n", "\r"), ""},
		{"lines of Windows", "a.csv", strings.ReplaceAll(plain, "\n", "\r\n"), ""},
		{"a decimal comma", "a.csv", comma, "decimal=comma"},
		{"a decimal comma within quotes", "a.csv", strings.Replace(plain, "2.5", `"2,5"`, 1), "decimal=comma"},
		{"sep=", "a.csv", "sep=|\r\n" + strings.ReplaceAll(plain, ",", "|"), ""},
		{"units", "a.csv", strings.Replace(plain, "class\n", "class\n-,m/s²,\n", 1), ""},
		{"comments", "a.csv", "# made on a Monday, with care\n#\n" + strings.Replace(plain, "2,3", "# a pause\n2,3", 1), ""},
		{"names in a comment", "a.csv", "# " + strings.NewReplacer(",a\n", ",7\n", ",b\n", ",8\n").Replace(plain), ""},
		{"names with blanks", "a.csv", strings.Replace(plain, "id,ax,class", ` id ,"a
x", class `, 1), "values=a,x"},
	} {
		settings := []string{"id=id", "label=class", "valid=0", "hold=0"}
		if test.settings == "values=a,x" {
			settings = append(settings, "values=a x")
		} else {
			settings = append(settings, strings.Fields(test.settings)...)
		}
		s, err := Load(saveTable(t, test.file, test.text), options(t, settings...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if s.Train.N != 2 || !slices.Equal(values(&s.Train, 0), []float64{1, 2.5}) || !slices.Equal(values(&s.Train, 1), []float64{3, 4}) || len(s.Classes) != 2 {
			t.Errorf("%s: %d sequences, %v, notes %q", test.name, s.Train.N, values(&s.Train, 0), s.Notes)
		}
	}
	for _, test := range []struct{ text, settings, want string }{
		{comma, "id=id", `column ax is "2,5", which is no finite number; help: say  decimal = comma`},
		{plain, "id=id decimal=comma", "has commas between its fields, where decimal = comma needs others"},
		{strings.Replace(comma, "2,5", "2.5", 1), "id=id decimal=comma", `column ax is "2.5"`},
		{"850,852,854,856,858\n1,0.5,0.2,0.1,1\n2,0.5,0.2,0.1,4\n", "", "numbers that rise evenly, as names of columns do (850, 852, 854, ...); help: say  header = yes"},
	} {
		if _, err := Load(saveTable(t, "a.csv", test.text), options(t, strings.Fields(test.settings)...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q %s: got %v\nwant %s", test.text, test.settings, err, test.want)
		}
	}
	for name, text := range map[string]string{"counted": "0,1,2,3,label\n0.5,0.25,0.1,3,a\n0.5,0.25,0.1,3,b\n", "words above numbers": "850,first,854,label\n1,2,3,a\n1,2,3,b\n"} {
		if s := load(t, saveTable(t, "a.csv", text), "valid=0", "hold=0"); s.Train.N != 2 || !noted(s, "header = no makes it data") {
			t.Errorf("%s: %d sequences, notes %q", name, s.Train.N, s.Notes)
		}
	}
}
