package files

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// MemoryVariable names the environment variable with the most memory that one data set may take, such as 4GB.
const MemoryVariable = "HRNNC_MAX_MEMORY"

// usualMemory holds where the variable says nothing; a small file that unpacks to much more than others do is believed only up
// to smallMemory.
const (
	usualMemory = 2 << 30
	smallMemory = 128 << 20
	usualRatio  = 100 // of a file's size to what its values take
)

// NumberBytes is what a number takes while a text is read: a float64.
const NumberBytes = 8

// Fits says whether a set may take so many bytes of memory; file is the size of what it is read from, 0 where it is generated.
func Fits(name string, need, file int64) error {
	most := int64(usualMemory)
	if file > 0 {
		most = min(most, max(smallMemory, usualRatio*file))
	}
	if text := os.Getenv(MemoryVariable); text != "" {
		n, err := strconv.ParseFloat(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), "GB"), 64)
		if err != nil || !(n > 0 && n < 1<<20) {
			return diag.InFile("$"+MemoryVariable, "").Errorf(code, "%q is no amount of memory", text).Helpf("write gigabytes: %s=4GB", MemoryVariable)
		}
		most = int64(n * (1 << 30))
	}
	if need <= most {
		return nil
	}
	return diag.InFile(name, "").Errorf(code, "would take %s of memory; %s are allowed", memory(need), memory(most)).
		Helpf("take fewer sequences; or, if that is right, allow it: %s=%.0fGB", MemoryVariable, float64(need)/(1<<30)+1)
}

func memory(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}
