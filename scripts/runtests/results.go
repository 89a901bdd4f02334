//go:build unix

package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json; go doc test2json describes it.
type event struct {
	Time       time.Time
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
	Elapsed    float64
}

// test names a test of a package; the package itself has none.
type test struct{ pkg, name string }

func (t test) String() string { return strings.TrimSpace(shortPackage(t.pkg) + " " + t.name) }

// shortPackage is a path without the host, the owner and the module.
func shortPackage(path string) string {
	if parts := strings.SplitN(path, "/", 4); len(parts) == 4 && strings.Contains(parts[0], ".") {
		return parts[3]
	}
	return path
}

// results is what tests came to so far.
type results struct {
	started map[test]time.Time
	ended   map[test]event
	output  map[test]*strings.Builder
	builds  map[string]*strings.Builder // what compilers said, by package
	skipped map[string]int              // how often for which reason
	broken  bool                        // go test did not end well
}

func newResults() *results {
	return &results{started: map[test]time.Time{}, ended: map[test]event{}, output: map[test]*strings.Builder{}, builds: map[string]*strings.Builder{}, skipped: map[string]int{}}
}

var reason = regexp.MustCompile(`skipped: .*`)

// take files an event, and gives what is to be printed of it.
func (r *results) take(e event) string {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		written(r.builds, e.ImportPath).WriteString(e.Output)
	case "start", "run":
		r.started[t] = e.Time
	case "output":
		written(r.output, t).WriteString(e.Output)
	case "skip", "pass", "fail":
		return r.end(t, e)
	}
	return ""
}

func (r *results) end(t test, e event) string {
	r.ended[t] = e
	out := written(r.output, t).String()
	delete(r.output, t)
	switch {
	case t.name == "" && e.Action == "fail":
		text := fmt.Sprintf("FAIL  %-40s %.1f s\n%s", shortPackage(t.pkg), e.Elapsed, out)
		for _, name := range slices.Sorted(maps.Keys(r.builds)) {
			if pkg, _, _ := strings.Cut(name, " "); pkg == t.pkg || pkg == t.pkg+"_test" || strings.HasSuffix(name, "["+t.pkg+".test]") {
				text += r.builds[name].String()
			}
		}
		return text
	case t.name == "" && e.Action == "pass":
		return fmt.Sprintf("ok    %-40s %.1f s\n", shortPackage(t.pkg), e.Elapsed)
	case e.Action == "fail":
		return out
	case e.Action == "skip" && t.name != "":
		if why := reason.FindString(out); why != "" {
			r.skipped[why]++
		} else {
			r.skipped["skipped: "+t.String()]++
		}
	}
	return ""
}

func written[K comparable](m map[K]*strings.Builder, key K) *strings.Builder {
	if m[key] == nil {
		m[key] = &strings.Builder{}
	}
	return m[key]
}

// leaves are the tests without tests below them.
func (r *results) leaves() []test {
	parents := map[test]bool{}
	for t := range r.started {
		for i, c := range t.name {
			if c == '/' {
				parents[test{t.pkg, t.name[:i]}] = true
			}
		}
	}
	var out []test
	for t := range r.started {
		if t.name != "" && !parents[t] {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b test) int { return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name)) })
	return out
}

// running names what has started and not ended, and since when it runs: tests, or packages that have none at hand.
func (r *results) running(now time.Time) []string {
	var out []string
	for _, t := range r.leaves() {
		if _, ended := r.ended[t]; !ended && !r.over(t.pkg) {
			out = append(out, fmt.Sprintf("%s (%v)", t, now.Sub(r.started[t]).Round(time.Second)))
		}
	}
	return out
}

// over reports whether a package has ended.
func (r *results) over(pkg string) bool {
	_, ended := r.ended[test{pkg: pkg}]
	return ended
}

// count says how many tests passed, failed and were skipped. A test that did not end failed; so did a package that failed
// with no test of it, such as one that does not build.
func (r *results) count() (passed, failed, skipped int) {
	failing := map[string]bool{}
	for _, t := range r.leaves() {
		switch r.ended[t].Action {
		case "pass":
			passed++
		case "skip":
			skipped++
		default:
			failed++
			failing[t.pkg] = true
		}
	}
	for t, e := range r.ended {
		if e.Action == "fail" && t.name == "" && !failing[t.pkg] {
			failed++
		}
	}
	if r.broken && failed == 0 {
		failed = 1 // such as the build, or what never started
	}
	return passed, failed, skipped
}

// slowest is how many slow tests are named.
const slowest = 10

// summary is what stands at the end.
func (r *results) summary() string {
	var b strings.Builder
	top := slices.DeleteFunc(slices.Collect(maps.Keys(r.ended)), func(t test) bool { return t.name == "" || strings.Contains(t.name, "/") })
	slices.SortFunc(top, func(x, y test) int {
		return cmp.Or(cmp.Compare(r.ended[y].Elapsed, r.ended[x].Elapsed), cmp.Compare(x.String(), y.String()))
	})
	fmt.Fprintln(&b, "\nSlowest:")
	for _, t := range top[:min(len(top), slowest)] {
		fmt.Fprintf(&b, "  %6.1f s  %s\n", r.ended[t].Elapsed, t)
	}
	if len(r.skipped) > 0 {
		fmt.Fprintln(&b, "\nSkipped, and why:")
		for _, why := range slices.Sorted(maps.Keys(r.skipped)) {
			fmt.Fprintf(&b, "  %3d  %s\n", r.skipped[why], why)
		}
	}
	if still := r.running(time.Now()); len(still) > 0 {
		fmt.Fprintf(&b, "\nStill running:\n  %s\n", strings.Join(still, "\n  "))
	}
	passed, failed, skipped := r.count()
	fmt.Fprintf(&b, "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return b.String()
}
