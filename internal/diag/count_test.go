package diag

import "testing"

func TestCount(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{Count(1, "weight"), "1 weight"}, {Count(0, "weight"), "0 weights"}, {Count(1024, "unit"), "1024 units"}, {GroupedCount(1024, "unit"), "1,024 units"}, {GroupedCount(1, "unit"), "1 unit"}, {Count(2, "class"), "2 classes"},
		{Count(3, "entry"), "3 entries"}, {Count(3, "delay"), "3 delays"}, {Count(2, "epoch"), "2 epochs"}, {Count(2, "batch"), "2 batches"}, {Count(2, "index", "indices"), "2 indices"}, {Grouped(-1234567), "-1,234,567"}, {Grouped(-123), "-123"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
