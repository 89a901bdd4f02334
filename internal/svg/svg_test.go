package svg

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPrint(t *testing.T) {
	root := Drawing("chart", `a "b" & <c>`, 10, 20.004).Add(nil, Text(1, 1.0/3, "end", "1 < 2"), Rect("", 0, -0.001, -5, 2)).AddFirst(New("style").Say("a>b{}"))
	want := `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 10 20" role="img" aria-label="a &#34;b&#34; &amp; &lt;c&gt;">` +
		`<style>a&gt;b{}</style><text x="1" y="0.33" text-anchor="end">1 &lt; 2</text><rect class="" x="0" y="0" width="0" height="2"/></svg>`
	if got := root.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(root.File()); got != want+"\n" {
		t.Errorf("a file is %q", got)
	}
	for d := xml.NewDecoder(strings.NewReader(root.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
