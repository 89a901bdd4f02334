package schedule

import (
	"strings"
	"testing"
)

// What a user gives of a chip can be raised; what the chip has cannot.
func TestNoFitHelp(t *testing.T) {
	chip := Budget{Flash: 32768, RAM: 2048}
	for _, c := range []struct {
		need Budget
		want string
	}{
		{Budget{Flash: 4000, RAM: 900}, "flash = 4000 with ram = 900 would do"},
		{Budget{Flash: 4000, RAM: 2049}, "a chip with 4000 bytes of flash and 2049 of RAM would do"},
		{Budget{Flash: 32769, RAM: 900}, "a chip with 32769 bytes of flash and 900 of RAM would do"},
	} {
		e := &NoFit{Budget: Budget{Flash: 500, RAM: 100}, Chip: chip, Smallest: c.need, LeastFlash: c.need.Flash, LeastRAM: c.need.RAM}
		if got := e.Help(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %s", c.need, got)
		}
	}
}
