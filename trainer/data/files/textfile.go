package files

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// ReadNumbers reads a text file of numbers between commas, packed or not, in UTF-8 or, with a byte order mark, in UTF-16;
// its lines end with \n. It is refused where so many numbers would take too much memory.
func ReadNumbers(path string) (string, error) {
	data, size, err := readSized(path)
	if err != nil {
		return "", err
	}
	numbers := bytes.Count(data, []byte(",")) + bytes.Count(data, []byte("\n"))
	if err := Fits(path, int64(numbers)*NumberBytes, size); err != nil {
		return "", err
	}
	return decodeText(path, data)
}

// decodeText is the text of a file's bytes. Spreadsheets write byte order marks and UTF-16, and old Macs end lines with \r.
func decodeText(path string, data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		data = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return "", diag.InFile(path, "").Errorf(code, "is not text: byte %d is 0", at).Helpf("save it as CSV or TSV in UTF-8")
	}
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	return string(data), nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	out := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// LineReader gives the lines of a text that are neither empty nor comments, which start with # or %.
type LineReader struct {
	File, Text string
	line       int // the one that was read last, from 1
}

// Next gives the next line that says something; false at the end.
func (l *LineReader) Next() (string, bool) {
	for l.Text != "" {
		var line string
		line, l.Text, _ = strings.Cut(l.Text, "\n")
		l.line++
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != '%' {
			return line, true
		}
	}
	return "", false
}

// At is the line that was read last.
func (l *LineReader) At() diag.Builder { return lineAt(l.File, l.line, 1) }

// lineAt is a place in a text file; line and column count from 1.
func lineAt(file string, line, column int) diag.Builder {
	p := diag.Pos{Line: max(1, line), Col: max(1, column)}
	return diag.At(diag.Span{File: file, Start: p, End: diag.Pos{Line: p.Line, Col: p.Col + 1}})
}

// missingWords are how tables write that there is no value, in lower case.
var missingWords = map[string]bool{"": true, "?": true, "na": true, "n/a": true, "nan": true, "-nan": true, "null": true, "none": true, "#n/a": true, "-": true, ".": true}

// IsMissing reports whether a field stands for a value that is not there.
func IsMissing(field string) bool {
	field = strings.TrimSpace(field)
	return len(field) <= 4 && missingWords[strings.ToLower(field)]
}

// value reads a number, NaN where it says that there is none; false when it is neither.
func value(field string) (float64, bool) {
	field = strings.TrimSpace(field)
	if v, err := strconv.ParseFloat(field, 64); err == nil && math.Abs(v) <= math.MaxFloat32 {
		return v, true
	}
	return math.NaN(), IsMissing(field)
}

// timeLayouts are how times are written, seconds aside.
var timeLayouts = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02",
	"2006/01/02 15:04:05", "2006/01/02", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "01/02/2006 15:04:05", "01/02/2006 15:04", "15:04:05", "15:04"}

// ParseTime reads a time as seconds, or as a date and a time of day.
func ParseTime(text string) (seconds float64, ok bool) {
	text = strings.TrimSpace(text)
	if v, isNumber := Finite(text); isNumber {
		return v, true
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return float64(at.Unix()) + float64(at.Nanosecond())/1e9, true
		}
	}
	return 0, false
}
