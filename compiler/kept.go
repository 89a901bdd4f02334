package compiler

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// measured is what is kept of a synthesis: all else follows from the model and the options.
type measured struct {
	Counted int           `json:"cycles_counted"`
	Result  *synth.Result `json:"result"`
}

// kept fills in what was measured: from the user's cache, or by measuring it and putting it there.
func (s *Synthesis) kept(files []backends.File, part *chip.Part, o synth.Options, measure func() error) error {
	path, err := keptFile(files, part, o)
	if err != nil {
		return err
	}
	var m measured
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &m) == nil && m.Result != nil {
		s.Counted, s.Result = m.Counted, m.Result
		return nil
	}
	if err := measure(); err != nil {
		return err
	}
	data, err := json.Marshal(measured{s.Counted, s.Result})
	if err != nil {
		return err
	}
	if err := fileio.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return fileio.WriteFile(path, data)
}

// keptFile is the file of the user's cache that holds what the tools make of Verilog. It is named after all that decides that.
func keptFile(files []backends.File, part *chip.Part, o synth.Options) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	tools, err := synth.Installed(part, o)
	if err != nil {
		return "", err
	}
	logic, err := json.Marshal(part.Logic)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%q\n%d %t %t\n", part.Name, logic, tools, max(1, o.Seeds), o.Multipliers, o.SizeOnly)
	for _, f := range files {
		if slices.Contains([]string{".v", ".mem", ".hex"}, filepath.Ext(f.Path)) {
			fmt.Fprintf(h, "%s %d\n%s", f.Path, len(f.Data), f.Data)
		}
	}
	return filepath.Join(cache, "hrnnc", "synth", fmt.Sprintf("%x.json", h.Sum(nil)[:16])), nil
}
