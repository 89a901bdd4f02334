package web

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// BenchmarkKey types a blank into each of some examples, with one language shown, and reports the median of what passes until all is
// drawn, as the page itself says it: docs/playground.md has the figures of
//
//	go test ./web -run NONE -bench Key -benchtime 9x
func BenchmarkKey(b *testing.B) {
	v := open(b, "")
	v.until("#state", "no errors")
	for _, language := range []string{"c", "go", "verilog"} {
		for _, example := range []string{"copy", "activity", "ecg", "har2", "digits", "wakeword", "pmnist"} {
			b.Run(language+"/"+example, func(b *testing.B) {
				v := &visit{b, v.ctx}
				v.run(`for (const press of [true, false])
					for (const e of document.querySelectorAll(".chips button[data-target]"))
						if (press === (e.dataset.target === %q) && press === (e.getAttribute("aria-pressed") === "false")) e.click()`, language)
				v.run(`const list = document.getElementById("example");
					list.value = [...list.options].find((o) => o.value === %q || o.text.startsWith(%q)).value;
					list.dispatchEvent(new Event("change"))`, example, example)
				time.Sleep(3 * time.Second)
				var took []float64
				for b.Loop() {
					v.run(`document.querySelector("#editor .cm-content").focus();
						document.getElementById("state").textContent = "";
						document.execCommand("insertText", false, " ")`)
					took = append(took, v.drawn())
					time.Sleep(300 * time.Millisecond)
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2], "ms/key")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// run runs a script in the page.
func (v *visit) run(script string, args ...any) {
	v.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("(() => { "+script+" })()", args...)))
}

var milliseconds = regexp.MustCompile(`(\d+) ms`)

// drawn waits until the page says how many milliseconds it took to draw all that follows from a key.
func (v *visit) drawn() float64 {
	v.Helper()
	ms, err := strconv.ParseFloat(milliseconds.FindStringSubmatch(v.until("#state", " ms"))[1], 64)
	if err != nil {
		v.Fatal(err)
	}
	return ms
}
