package c

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

var found = regexp.MustCompile(`(?m)^(\S+) (\S+):(\d+): (.*)$`)

// TestMisra holds what cppcheck and its MISRA add-on find in random models under random choices, for every kind of chip, to the list of deviations.
func TestMisra(t *testing.T) {
	need(t, "cppcheck")
	listed := map[string]bool{}
	for _, d := range deviations {
		listed["misra-c2012-"+d.Rule] = false
	}
	for _, mcu := range []string{"", "atmega328p", "cortex-m0", "cortex-m4"} {
		dir := t.TempDir()
		set := &settings{asm: true, steady: mcu != ""}
		if mcu != "" {
			part, err := chip.Get(mcu)
			if err != nil {
				t.Fatal(err)
			}
			set.part = part
		}
		put := func(files []backends.File) {
			for _, f := range files[:2] {
				if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		for seed := range 5 {
			rng := rand.New(rand.NewSource(int64(2000 + seed)))
			p := plantest.WithOrder(rng, 1+seed%3)
			if seed > 2 {
				streaming(rng, p, seed-1) // that decide, and restart too
			}
			_, prog := choose(rng, p)
			set.prefix = fmt.Sprintf("m%d", seed)
			files, _ := write(p, prog, backends.Vectors{}, set)
			put(files)
			out, err := exttool.Run(context.Background(), dir, nil, "sh", "-c", "cppcheck --addon=misra --enable=style,warning,performance,portability "+
				"--std=c99 --quiet --suppress=missingIncludeSystem --template='{id} {file}:{line}: {code}' $0 2>&1", set.prefix+".c")
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range found.FindAllStringSubmatch(string(out), -1) {
				rule := m[1]
				if _, ok := listed[rule]; !ok {
					t.Errorf("%s: %s in %s:%s: %s", mcu, rule, m[2], m[3], m[4])
					continue
				}
				listed[rule] = true
			}
		}
	}
	for rule, seen := range listed {
		if !seen && rule != "misra-c2012-2.7" { // functions of assembly alone, which not every draw of choices calls
			t.Errorf("nothing deviates from %s, which the list says", rule)
		}
	}
	if !slices.IsSortedFunc(deviations, func(a, b deviation) int { return compareRules(a.Rule, b.Rule) }) {
		t.Error("the list is not in the order of the rules")
	}
}

func compareRules(a, b string) int {
	var x, y [2]int
	fmt.Sscanf(a, "%d.%d", &x[0], &x[1])
	fmt.Sscanf(b, "%d.%d", &y[0], &y[1])
	return slices.Compare(x[:], y[:])
}
