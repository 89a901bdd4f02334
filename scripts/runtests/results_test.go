//go:build unix

package main

import (
	"strings"
	"testing"
	"time"
)

const log = `{"Action":"start","Package":"example.com/o/m/a"}
{"Action":"run","Package":"example.com/o/m/a","Test":"TestX"}
{"Action":"run","Package":"example.com/o/m/a","Test":"TestX/one"}
{"Action":"run","Package":"example.com/o/m/a","Test":"TestX/two"}
{"Action":"output","Package":"example.com/o/m/a","Test":"TestX/two","Output":"    x_test.go:1: wrong\n"}
{"Action":"pass","Package":"example.com/o/m/a","Test":"TestX/one","Elapsed":1}
{"Action":"fail","Package":"example.com/o/m/a","Test":"TestX/two","Elapsed":2}
{"Action":"fail","Package":"example.com/o/m/a","Test":"TestX","Elapsed":3}
{"Action":"run","Package":"example.com/o/m/a","Test":"TestTool"}
{"Action":"output","Package":"example.com/o/m/a","Test":"TestTool","Output":"    t_test.go:1: skipped: no gcc\n"}
{"Action":"skip","Package":"example.com/o/m/a","Test":"TestTool","Elapsed":0}
{"Action":"fail","Package":"example.com/o/m/a","Elapsed":4}
{"ImportPath":"example.com/o/m/b [example.com/o/m/b.test]","Action":"build-output","Output":"b.go:1: undefined: x\n"}
{"Action":"start","Package":"example.com/o/m/b"}
{"Action":"output","Package":"example.com/o/m/b","Output":"FAIL\texample.com/o/m/b [build failed]\n"}
{"Action":"fail","Package":"example.com/o/m/b","Elapsed":0}
{"Action":"start","Package":"example.com/o/m/c"}
{"Action":"run","Package":"example.com/o/m/c","Test":"TestSlow"}
`

func TestResults(t *testing.T) {
	r := newResults()
	said := ""
	for line := range strings.Lines(log) {
		said += r.take(parse(strings.TrimSpace(line)))
	}
	for _, want := range []string{"x_test.go:1: wrong", "FAIL  a ", "FAIL  b ", "b.go:1: undefined: x"} {
		if strings.Count(said, want) != 1 {
			t.Errorf("%q stands %d times in\n%s", want, strings.Count(said, want), said)
		}
	}
	// One passed; TestX/two, the build of b, and TestSlow, which never ended, failed.
	if passed, failed, skipped := r.count(); passed != 1 || failed != 3 || skipped != 1 {
		t.Errorf("%d passed, %d failed, %d skipped", passed, failed, skipped)
	}
	if still := r.running(time.Time{}); len(still) != 1 || !strings.HasPrefix(still[0], "c TestSlow (") {
		t.Errorf("running: %v", still)
	}
	summary := r.summary()
	for _, want := range []string{"    1  skipped: no gcc\n", "     3.0 s  a TestX\n", "Still running:\n  c TestSlow"} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary lacks %q:\n%s", want, summary)
		}
	}
	if !strings.HasSuffix(summary, "\n1 passed, 3 failed, 1 skipped\n") {
		t.Errorf("the last line of the summary is no count:\n%s", summary)
	}
}
