// Command new measures what hrnnc new is worth: for every data set it runs  hrnnc new  and  hrnnc train  without a change, and
// prints the accuracy on the test part at the fixed level beside that of one nearest neighbour with Euclidean distance.
//
//	go run ./internal/bench/new                                  # the sets that are made by formulas
//	go run ./internal/bench/new -folder UCR                      # and those in a folder: UCR/NAME/NAME_TRAIN.ts and NAME_TEST.ts
//	go run ./internal/bench/new -folder UCR -only GunPoint,Beef -write
//
// -write keeps the results in docs/benchmarks/new.json, beside those of other calls, and puts the table of all into
// docs/benchmarks/new.md, which says where the archive is.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// development are the sets that the choices of trainer/design were made on; all others were looked at when they were made.
var development = []string{"CBF", "SyntheticControl", "TwoPatterns", "Spectra", "GunPoint", "ArrowHead", "ItalyPowerDemand", "OSULeaf", "ACSF1",
	"BasicMotions", "JapaneseVowels", "PLAID"}

func main() {
	log.SetFlags(0)
	folder := flag.String("folder", "", "folder of data sets in the archive's layout")
	only := flag.String("only", "", "names of sets, separated by commas; all")
	write := flag.Bool("write", false, "put the table into docs/benchmarks/new.md")
	flag.Parse()
	if err := measure(context.Background(), *folder, *only, *write); err != nil {
		log.Fatal(err)
	}
}

// result is what one set gave.
type result struct {
	Set      string  `json:"set"`
	Train    int     `json:"train"`
	Test     int     `json:"test"`
	Steps    int     `json:"steps"`
	Channels int     `json:"channels"`
	Classes  int     `json:"classes"`
	Nearest  float64 `json:"nearest"` // accuracy on the test part
	Fixed    float64 `json:"fixed"`
	Seconds  float64 `json:"seconds"` // of hrnnc new and hrnnc train
}

func measure(ctx context.Context, folder, only string, write bool) error {
	work, err := os.MkdirTemp("", "bench-new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	command := filepath.Join(work, "hrnnc")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", command, "./cmd/hrnnc").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	files, err := trainFiles(folder, filepath.Join(work, "made"))
	if err != nil {
		return err
	}
	var results []result
	failed := 0
	for _, f := range files {
		if only != "" && !slices.Contains(strings.Split(only, ","), name(f)) {
			continue
		}
		r, err := one(ctx, command, f, filepath.Join(work, name(f)))
		if err != nil {
			log.Printf("%s: %v", name(f), err)
			failed++
			continue
		}
		if r.Classes == 0 {
			continue // numbers, of which a nearest neighbour is no measure
		}
		log.Printf("%-32s 1-NN %.3f  hrnnc %.3f  %.0f s", r.Set, r.Nearest, r.Fixed, r.Seconds)
		if !write {
			results = append(results, r)
			continue
		}
		if results, err = kept(filepath.Join("docs", "benchmarks", "new.json"), r); err != nil {
			return err
		}
		if err := intoPage(filepath.Join("docs", "benchmarks", "new.md"), table(results)); err != nil {
			return err
		}
	}
	if !write {
		fmt.Print(table(results))
	}
	if failed > 0 || len(results) == 0 {
		return fmt.Errorf("%d sets were measured, and %d could not be", len(results), failed)
	}
	return nil
}

// kept puts a result among those in a file, and gives all.
func kept(file string, r result) ([]result, error) {
	var all []result
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all = append(slices.DeleteFunc(all, func(old result) bool { return old.Set == r.Set }), r)
	slices.SortFunc(all, func(x, y result) int { return cmp.Compare(x.Set, y.Set) })
	text, err = json.MarshalIndent(all, "", " ")
	if err != nil {
		return nil, err
	}
	return all, fileio.WriteFile(file, append(text, '\n'))
}

// trainFiles makes the sets of formulas, and lists the training files of all.
func trainFiles(folder, made string) ([]string, error) {
	if err := writeFamilies(made); err != nil {
		return nil, err
	}
	var out []string
	for _, dir := range []string{made, folder} {
		if dir == "" {
			continue
		}
		sets, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, s := range sets {
			for _, ext := range []string{".ts", ".arff", ".tsv", ".txt"} {
				file := filepath.Join(dir, s.Name(), s.Name()+"_TRAIN"+ext)
				if _, err := os.Stat(file); err == nil {
					out = append(out, file)
					break
				}
			}
		}
	}
	return out, nil
}

// name is that of the set of a training file.
func name(file string) string { return filepath.Base(filepath.Dir(file)) }

// one measures a set as a user would.
func one(ctx context.Context, command, file, dir string) (result, error) {
	r := result{Set: name(file)}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return r, err
	}
	model := filepath.Join(dir, "model.hrn")
	start := time.Now()
	var trained struct {
		Scores []struct {
			Split, Level string
			Accuracy     float64
		}
	}
	if err := call(ctx, nil, command, "new", file, "-o", model, "--json"); err != nil {
		return r, err
	}
	if err := call(ctx, &trained, command, "train", model, "--json"); err != nil {
		return r, err
	}
	r.Seconds = time.Since(start).Seconds()
	r.Fixed = math.NaN()
	for _, s := range trained.Scores {
		if s.Split == "test" && s.Level == "fixed" {
			r.Fixed = s.Accuracy
		}
	}
	o := data.Defaults()
	o.Valid = 0
	set, err := data.Load(file, o)
	if err != nil {
		return r, err
	}
	r.Train, r.Test, r.Steps, r.Channels, r.Classes = set.Train.N, set.Test.N, set.Train.T, set.Train.D, len(set.Classes)
	r.Nearest = nearestNeighbour(set)
	return r, nil
}

// call runs the command and reads what it prints.
func call(ctx context.Context, into any, command string, args ...string) error {
	out, err := exec.CommandContext(ctx, command, args...).Output()
	if err != nil {
		return fmt.Errorf("hrnnc %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out, into)
}

// nearestNeighbour is the part of the test sequences whose class is that of the training sequence with the smallest Euclidean
// distance, over the values as they are in the file.
func nearestNeighbour(set *data.Set) float64 {
	rows := func(s *data.Sequences) [][]float64 {
		out := make([][]float64, s.N)
		for i := range out {
			out[i] = make([]float64, s.T*s.D)
			s.Values(i, out[i])
		}
		return out
	}
	train, right := rows(&set.Train), 0
	for i, x := range rows(&set.Test) {
		best, least := 0, math.Inf(1)
		for j, y := range train {
			sum := 0.0
			for k, v := range x {
				sum += (v - y[k]) * (v - y[k])
			}
			if sum < least {
				best, least = j, sum
			}
		}
		if set.Train.Label(best) == set.Test.Label(i) {
			right++
		}
	}
	return float64(right) / float64(set.Test.N)
}

// table prints the sets that were looked at last above those of development.
func table(results []result) string {
	var b strings.Builder
	isNew := func(r result) bool { return !slices.Contains(development, r.Set) }
	slices.SortStableFunc(results, func(x, y result) int { return cmp.Compare(x.Set, y.Set) })
	for _, part := range []struct {
		title string
		takes func(result) bool
	}{{"Sets that no choice was made on", isNew}, {"Sets of the development", func(r result) bool { return !isNew(r) }}} {
		n, nearest, fixed := 0, 0.0, 0.0
		for _, r := range results {
			if !part.takes(r) {
				continue
			}
			if n == 0 {
				fmt.Fprintf(&b, "%s:\n\n| set | train | test | steps | channels | classes | 1-NN, Euclidean | hrnnc new, fixed | seconds |\n"+
					"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", part.title)
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %.3f | %.3f | %.0f |\n", r.Set, r.Train, r.Test, r.Steps, r.Channels, r.Classes, r.Nearest, r.Fixed, r.Seconds)
			n, nearest, fixed = n+1, nearest+r.Nearest, fixed+r.Fixed
		}
		if n > 0 {
			fmt.Fprintf(&b, "| mean of %d | | | | | | %.3f | %.3f | |\n\n", n, nearest/float64(n), fixed/float64(n))
		}
	}
	return b.String()
}

// The table stands between these lines of the page.
const (
	begin = "<!-- go run ./internal/bench/new -write -->\n"
	end   = "<!-- end -->\n"
)

func intoPage(file, table string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", file)
	}
	return fileio.WriteFile(file, []byte(string(before)+begin+table+end+string(after)))
}
