// Package results are the measurements that benchmarks keep beside their pages, as JSON in docs/benchmarks: what one measures,
// another page, such as the gallery, shows. Nobody types a figure. Start with Training, Chip and Part.
package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Folder is where pages and results lie, below the root of the repository.
var Folder = filepath.Join("docs", "benchmarks")

// Trainings of every example, in examples.json.
type Trainings struct {
	Examples map[string][]Training `json:"examples"`
}

// Training is one training, as hrnnc train --json and hrnnc report --json have it.
type Training struct {
	Machine    string  `json:"machine"` // its processor, and what compiled hrnnc there
	Seed       int     `json:"seed"`
	Epochs     int     `json:"epochs"`
	Best       int     `json:"best_epoch"`
	Seconds    float64 `json:"seconds"`
	Scores     []Score `json:"scores"`
	Parameters int     `json:"parameters"`
	Bits       int     `json:"bits"`
	State      int     `json:"state_bits,omitempty"`
	Adds       int     `json:"adds"`
	// Valid is the accuracy on the validation part after every epoch.
	Valid []float64 `json:"valid"`
	// Events are those of a stream, at the fixed level.
	Events *Events `json:"events,omitempty"`
}

// Events of a stream, which a model names when they occur: of all classes but the background, and by class.
type Events struct {
	All     Event   `json:"events"`
	ByClass []Event `json:"events_by_class"`
}

// Event is how well events are found: the part of them that is, and the part of what is named that is one.
type Event struct {
	Class       string  `json:"class"`
	Count       int     `json:"events"`
	Recall      float64 `json:"recall"`
	Precision   float64 `json:"precision"`
	FalseAlarms struct {
		PerHour float64 `json:"per_hour"`
	} `json:"false_alarms"`
}

// Score is that of one level.
type Score struct {
	Level    string  `json:"level"`
	Accuracy float64 `json:"accuracy"`
	MacroF1  float64 `json:"macro_f1"`
	Loss     float64 `json:"loss"`
	// Outputs are those of a regression, which has neither accuracy nor F1.
	Outputs []Number `json:"outputs,omitempty"`
	// Classes are those of a task where rare ones count.
	Classes []Class `json:"classes,omitempty"`
}

// At is the score at a level, the zero one where there is none.
func (t Training) At(level string) Score {
	i := slices.IndexFunc(t.Scores, func(s Score) bool { return s.Level == level })
	if i < 0 {
		return Score{}
	}
	return t.Scores[i]
}

// String is the one number that says most.
func (s Score) String() string {
	if len(s.Outputs) > 0 {
		return fmt.Sprintf("%s off by %.2f", s.Outputs[0].Name, s.Outputs[0].RMSE)
	}
	return fmt.Sprintf("%.4f", s.Accuracy)
}

// Class is how well a class is decided: null of no decisions counts as 0.
type Class struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
}

// Number is how far one output of a regression is off, in the units of the data.
type Number struct {
	Name string  `json:"name"`
	RMSE float64 `json:"rmse"`
}

// Chips are firmwares of the examples, in mcu.json: by example, by chip.
type Chips struct {
	// Measured says which compilers and emulators did.
	Measured string                     `json:"measured"`
	Examples map[string]map[string]Chip `json:"examples"`
}

// Chip is a bare firmware of an example on a simulated chip, built with the chip's own flags.
type Chip struct {
	// Problem is why there are no figures: the chip has no room for the model. "" where there are.
	Problem string `json:"problem,omitempty"`
	// Unit is what the chip's simulator counts: cycles or instructions.
	Unit string `json:"unit,omitempty"`
	// Step and Output are means, in Unit, of a step without outputs and of the outputs alone.
	Step   float64 `json:"step,omitempty"`
	Output float64 `json:"output,omitempty"`
	// Flash and RAM are bytes of the firmware, stack included.
	Flash int `json:"flash,omitempty"`
	RAM   int `json:"ram,omitempty"`
	// Microjoules are of a step.
	Microjoules float64 `json:"microjoules,omitempty"`
}

// Parts are designs of the examples, in fpga.json: by example, by part.
type Parts struct {
	Measured string                     `json:"measured"`
	Examples map[string]map[string]Part `json:"examples"`
}

// Part is the smallest design of an example on an FPGA, placed and routed.
type Part struct {
	// Problem is why there are no figures. "" where there are.
	Problem string `json:"problem,omitempty"`
	// LUTs, FlipFlops and Blocks of RAM are those of the model alone.
	LUTs      int `json:"luts,omitempty"`
	FlipFlops int `json:"flip_flops,omitempty"`
	Blocks    int `json:"block_rams,omitempty"`
	// MHz is the highest clock in the worst of the seeds.
	MHz float64 `json:"mhz,omitempty"`
	// Cycles are of a step without outputs, as counted in simulation, and OutputCycles of one with them.
	Cycles       int `json:"cycles,omitempty"`
	OutputCycles int `json:"cycles_with_outputs,omitempty"`
}

// Micros is how long a step without outputs takes at the highest clock; 0 where that is not known.
func (p Part) Micros() float64 {
	if p.MHz == 0 {
		return 0
	}
	return float64(p.Cycles) / p.MHz
}

// Read fills v from a file of Folder below root. A file that does not exist leaves v as it is.
func Read(root, file string, v any) error {
	data, err := os.ReadFile(filepath.Join(root, Folder, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// Write puts v into a file of Folder below root.
func Write(root, file string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return fileio.WriteFile(filepath.Join(root, Folder, file), append(data, '\n'))
}

// Examples are the names of the folders of examples/ that hold a model, in order.
func Examples(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "model.hrn"))
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return names, err
}

// Chosen are those examples, or all without names, beside all that there are. A name of none is an error.
func Chosen(root string, names []string) (all, chosen []string, err error) {
	if all, err = Examples(root); err != nil || len(names) == 0 {
		return all, all, err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, nil, fmt.Errorf("there is no example %s", name)
		}
	}
	return all, names, nil
}
