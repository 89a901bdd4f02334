package files

import (
	"strings"
	"testing"
)

func TestFits(t *testing.T) {
	t.Setenv(MemoryVariable, "")
	for _, c := range []struct {
		limit      string
		need, file int64
		want       string
	}{
		{"", 1 << 30, 0, ""},
		{"", 3 << 30, 0, "would take 3.0 GB of memory; 2.0 GB are allowed; help: take fewer sequences; or, if that is right, allow it: HRNNC_MAX_MEMORY=4GB"},
		{"", 1 << 30, 1 << 19, "1.0 GB of memory; 128 MB are allowed"},
		{"4GB", 3 << 30, 1 << 19, ""},
		{"4", 5 << 30, 0, "4.0 GB are allowed"},
		{"much", 1, 0, "no amount of memory"},
	} {
		t.Setenv(MemoryVariable, c.limit)
		err := Fits("set", c.need, c.file)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: got %v", c, err)
		}
	}
}
