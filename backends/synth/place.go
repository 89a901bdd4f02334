package synth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// target is the clock that nextpnr is asked for, in MHz: one that no design of interest reaches, so that it does its best.
const target = 200

// place places and routes with every seed.
func (r *runner) place(ctx context.Context, design []byte, out *Result) error {
	if err := fileio.WriteIn(r.dir, "design.json", design); err != nil {
		return err
	}
	seeds := max(1, r.Seeds)
	out.Seeds = make([]Seed, seeds)
	var done atomic.Int64
	r.watch(fmt.Sprintf("placing, %d of %d", 1, seeds), 0.4)
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(min(seeds, runtime.NumCPU()))
	for i := range seeds {
		work.Go(func() error {
			s, err := r.seed(within, i+1, out.Size)
			if err != nil {
				return err
			}
			out.Seeds[i] = *s
			n := done.Add(1)
			r.watch(fmt.Sprintf("placing, %d of %d", min(int(n)+1, seeds), seeds), 0.4+0.6*float64(n)/float64(seeds))
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	if err := out.spread(); err != nil {
		return err
	}
	for _, s := range out.Seeds {
		if s.Problem == "" && s.MHz == out.Worst {
			out.LogicCells = s.cells
			out.Log = append(out.Log, s.log...)
			var made struct {
				Creator string `json:"creator"`
			}
			if err := json.Unmarshal(s.plan, &made); err != nil {
				return fmt.Errorf("nextpnr wrote a placement that is none: %w", err)
			}
			out.Tools = append(out.Tools, nextpnrVersion(r.part.Logic.PlaceRoute.Command, made.Creator))
			var err error
			if out.FloorPlan, err = floorPlan(r.part, s); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// nextpnrVersion is short: nextpnr-ice40 0.4.
func nextpnrVersion(command, creator string) string {
	_, v, _ := strings.Cut(creator, "(Version ")
	return command + " " + strings.TrimPrefix(strings.TrimSuffix(v, ")"), "nextpnr-")
}

// seed places and routes once. A placement that fails for want of room is an error, any other is a problem of the seed.
func (r *runner) seed(ctx context.Context, seed int, size Size) (*Seed, error) {
	name := func(what string) string { return fmt.Sprintf("%s-%d", what, seed) }
	p := r.part.Logic.PlaceRoute
	args := append([]string{"--json", "design.json", "--seed", strconv.Itoa(seed), "--freq", strconv.Itoa(target), "--timing-allow-fail", "--quiet",
		"--report", name("report"), "--write", name("plan"), "--log", name("log")}, p.Args...)
	_, err := r.run(ctx, p.Command, args...)
	out := &Seed{Seed: seed}
	out.log, _ = fileio.Read(filepath.Join(r.dir, name("log")), "file") // it may have ended before there was one
	var failed *exttool.Failure
	switch {
	case errors.As(err, &failed):
		if lacking := overfull(string(out.log) + failed.Output); len(lacking) > 0 {
			return nil, r.noRoom(size, lacking)
		}
		out.Problem = firstError(failed.Output)
		return out, nil
	case err != nil:
		return nil, err
	}
	report, err := fileio.Read(filepath.Join(r.dir, name("report")), "file")
	if err != nil {
		return nil, err
	}
	if out.plan, err = fileio.Read(filepath.Join(r.dir, name("plan")), "file"); err != nil {
		return nil, err
	}
	return out, out.read(report)
}

// overfull finds what nextpnr counted more of than there is.
func overfull(log string) []lack {
	names := map[string]string{"ICESTORM_LC": "logic cells", "ICESTORM_RAM": "block RAMs", "ICESTORM_DSP": "multipliers", "ICESTORM_SPRAM": "large RAMs",
		"SB_IO": "pins", "SB_GB": "global nets"}
	seen := map[string]bool{}
	var out []lack
	for _, m := range utilisation.FindAllStringSubmatch(log, -1) {
		needs, _ := strconv.Atoi(m[2]) // the pattern has digits only
		has, _ := strconv.Atoi(m[3])
		if name := names[m[1]]; name != "" && needs > has && !seen[name] {
			seen[name] = true
			out = append(out, lack{name, needs, has})
		}
	}
	return out
}

var utilisation = regexp.MustCompile(`(?m)^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%`)

func firstError(output string) string {
	for line := range strings.Lines(output) {
		if why, ok := strings.CutPrefix(strings.TrimSpace(line), "ERROR: "); ok {
			return why
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(output), "\n")
	return first
}

// read takes the clock, the cells and the slowest path from nextpnr's report.
func (s *Seed) read(report []byte) error {
	type end struct {
		Cell string     `json:"cell"`
		At   [2]float64 `json:"loc"`
	}
	var r struct {
		Clocks map[string]struct {
			Achieved float64 `json:"achieved"`
		} `json:"fmax"`
		Use map[string]struct {
			Used int `json:"used"`
		} `json:"utilization"`
		Paths []struct {
			From string `json:"from"`
			To   string `json:"to"`
			Path []struct {
				Delay float64 `json:"delay"`
				From  end     `json:"from"`
				To    end     `json:"to"`
				Type  string  `json:"type"`
			} `json:"path"`
		} `json:"critical_paths"`
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return fmt.Errorf("nextpnr wrote a report that is none: %w", err)
	}
	for _, c := range r.Clocks {
		if s.MHz == 0 || c.Achieved < s.MHz {
			s.MHz = c.Achieved
		}
	}
	if s.MHz == 0 {
		s.Problem = "nextpnr found no path between flip-flops"
		return nil
	}
	s.cells = r.Use["ICESTORM_LC"].Used
	for _, p := range r.Paths {
		if p.From != p.To || len(p.Path) == 0 {
			continue
		}
		s.Path = &Path{From: nameInDesign(p.Path[0].From.Cell), To: nameInDesign(p.Path[len(p.Path)-1].To.Cell)}
		for _, e := range p.Path {
			if e.Type == "routing" {
				s.Path.Routing += e.Delay
				s.Path.at = append(s.Path.at, e.From.At, e.To.At)
			} else {
				s.Path.Logic += e.Delay
				s.Path.Levels++
			}
		}
		s.Path.Levels-- // the set-up time is none
		break
	}
	return nil
}

// ending is what yosys and nextpnr add to the name of the net that a cell drives.
var ending = regexp.MustCompile(`(_(SB_|LC$|DFFLC$|I[0-3]_|O_|Q_).*|\$.*)$`)

// nameInDesign is a cell's name without the harness, and without what the tools add.
func nameInDesign(cell string) string {
	name, inside := strings.CutPrefix(cell, "core.")
	if !inside {
		name = "harness." + name
	}
	if short := ending.ReplaceAllString(name, ""); short != "" {
		return short
	}
	return name
}
