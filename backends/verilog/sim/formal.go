package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// Names of proofs: the files formal/NAME.sv, around the model.
const (
	Stream     = "stream"
	Hold       = "hold"
	Reset      = "reset"
	Definition = "definition"
)

// ProofNames are all of them.
var ProofNames = []string{Stream, Hold, Reset, Definition}

// Proof is a set of properties of a design, in formal/ of its folder.
type Proof struct {
	Name string
	Says string // what holds, in words
	// Cycles is how far it has to be searched at least for a statement about a whole step.
	Cycles int
	// Cut says that it does not depend on what memories hold: first their words are taken to be anything, which proves more.
	Cut bool
	// Bounded says that it is about values, for which no reason is found that holds for ever.
	Bounded bool
}

// Proven is what came of a proof.
type Proven struct {
	Proof
	Forever bool    // for any number of cycles
	Depth   int     // cycles from reset in which nothing can fail, where not for ever
	Failed  string  // the property that fails, "" where none does
	Seconds float64 // that it took
}

// Enough reports whether nothing fails, for as many cycles as the statement is about.
func (p Proven) Enough() bool { return p.Failed == "" && (p.Forever || p.Depth >= p.Cycles) }

// ProofTools are the programs that proofs need: yosys brings both.
var ProofTools = []string{"yosys", "yosys-abc"}

// CutMemories is what PrepareScript takes for words of memories to be anything.
const CutMemories = "cutpoint t:$mem*; opt -full; "

// PrepareScript is what yosys is told to make gates, one bad state a property, of a design and a module of properties around it.
func PrepareScript(sources []string, properties, top, gates, cut string) string {
	return fmt.Sprintf("read_verilog %s; read_verilog -formal -sv %s; prep -flatten -nordff -top %s; opt -full; %smemory_map; opt -full; "+
		"techmap; opt -fast; dffunmap; abc -g AND -fast; opt_clean; write_aiger -zinit %s.aig; tee -q -o %s.names select -list t:$assert",
		strings.Join(sources, " "), properties, top, cut, gates, gates)
}

// Prove searches for a reason that holds for ever, where there may be one, and where it finds none in half of the seconds, for a
// failure, cycle by cycle.
func Prove(ctx context.Context, d *Design, p Proof, seconds int) (Proven, error) {
	out := Proven{Proof: p}
	tmp, err := os.MkdirTemp("", "hrnnc-formal-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(tmp)
	start := time.Now()
	limit := time.Duration(seconds) * time.Second
	searches := []search{{command: fmt.Sprintf("bmc3 -v -F %d", max(p.Cycles+1, 16)), limit: limit}}
	if !p.Bounded {
		searches[0].limit = limit / 2
		searches = append([]search{{command: "pdr", limit: limit / 2, cut: p.Cut}}, searches...)
	}
	for _, s := range searches {
		gates := filepath.Join(tmp, fmt.Sprintf("%s-%t", p.Name, s.cut))
		if _, err := os.Stat(gates + ".aig"); err != nil {
			cut := ""
			if s.cut {
				cut = CutMemories
			}
			script := PrepareScript(d.Sources, "formal/"+p.Name+".sv", d.Top+"_"+p.Name, gates, cut)
			within, cancel := context.WithTimeout(ctx, limit)
			_, err := exttool.Run(within, d.Dir, nil, "yosys", "-q", "-p", script)
			cancel()
			if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				out.Seconds = time.Since(start).Seconds()
				return out, nil // too large: nothing is known
			} else if err != nil {
				return out, err
			}
		}
		within, cancel := context.WithTimeout(ctx, s.limit)
		text, err := exttool.Run(within, tmp, nil, "yosys-abc", "-c", fmt.Sprintf("read_aiger %s.aig; fold; scorr; %s", gates, s.command))
		cancel()
		if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return out, err
		}
		decided := out.read(string(text), gates+".names", !s.cut)
		out.Seconds = time.Since(start).Seconds()
		if decided {
			break
		}
	}
	return out, nil
}

// search is a command of ABC's, for a time at most.
type search struct {
	command string
	limit   time.Duration
	cut     bool
}

var (
	failedOutput = regexp.MustCompile(`Output (\d+) of miter "[^"]*" was asserted in frame (\d+)`)
	frameDone    = regexp.MustCompile(`(\d+) \+ : Var`)
)

// read takes what ABC printed, and reports whether it decides the matter. Failures of a design with its memories cut are none.
func (p *Proven) read(text, names string, real bool) bool {
	if strings.Contains(text, "Property proved") {
		p.Forever = true
		return true
	}
	if m := failedOutput.FindStringSubmatch(text); m != nil {
		if !real {
			return false
		}
		n, _ := strconv.Atoi(m[1])
		p.Failed = fmt.Sprintf("%s, in cycle %s", propertyName(names, n), m[2])
		return true
	}
	for _, m := range frameDone.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		p.Depth = max(p.Depth, n)
	}
	return false
}

// propertyName finds the name of a bad state in the list that yosys wrote.
func propertyName(file string, n int) string {
	text, _ := os.ReadFile(file)
	if names := strings.Fields(string(text)); n < len(names) {
		_, name, _ := strings.Cut(names[n], "/")
		return name
	}
	return fmt.Sprintf("property %d", n)
}
