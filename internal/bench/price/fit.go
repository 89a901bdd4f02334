package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// row is an equation: features times prices are what was measured.
type row struct {
	seed int64
	what string
	x    schedule.Features
	y    float64
	note string
	// picked is a row of the schedule that the picker chose.
	picked bool
}

func load(folder string, part *chip.Part) ([]sample, error) {
	f, err := os.Open(filepath.Join(folder, part.Name+".jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []sample
	in := bufio.NewScanner(f)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var s sample
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, in.Err()
}

func rows(samples []sample, part *chip.Part) (time, code []row, err error) {
	for _, s := range samples {
		p, err := step.Parse("p.step", []byte(s.Program))
		if err != nil {
			return nil, nil, err
		}
		m := schedule.Measure(p, part, s.Assembly)
		even, odd := m.Step[0], m.Step[1]
		time = append(time, row{s.Seed, "even", even, s.Even, s.Choice, s.Picked}, row{s.Seed, "odd", odd, s.Odd, s.Choice, s.Picked},
			row{s.Seed, "output", m.Output[0], s.Output, s.Choice, s.Picked})
		if s.Decides {
			for n, v := range m.Class {
				m.Code[n] += v
			}
		}
		code = append(code, row{s.Seed, "code", m.Code, float64(s.Code), s.Choice, s.Picked})
	}
	return time, code, nil
}

// rare are features that few programs have, and that cost what is expected where none of those measured does.
var rare = schedule.Features{"clamp.32": 1, "clampfar.32": 1, "clampbelow.32": 1, "crop.32": 1, "max.32": 1, "neg.32": 1, "ext.32": 1, "lane.32": 1, "swap.16x2": 1, "min.32": 1}

// solve finds prices, none below 0, that make the relative errors of rows small and stay near what is expected of them, as far as
// stiffness says: coordinate descent, with rows that miss by more than far counted less (Huber).
func solve(rows []row, expected func(name string) float64, stiffness float64) map[string]float64 {
	const far, rounds = 0.05, 8
	var names []string
	index := map[string]int{}
	for _, r := range append(rows, row{x: rare}) {
		for n := range r.x {
			if _, ok := index[n]; !ok && n != "exactly" {
				index[n] = 0
				names = append(names, n)
			}
		}
	}
	sort.Strings(names)
	for i, n := range names {
		index[n] = i
	}
	cols := make([][]float64, len(names)) // features over what was measured
	price, prior, stiff := make([]float64, len(names)), make([]float64, len(names)), make([]float64, len(names))
	for i, n := range names {
		cols[i] = make([]float64, len(rows))
		price[i] = expected(n)
		prior[i], stiff[i] = price[i], stiffness/((price[i]+0.3)*(price[i]+0.3))
	}
	residual := make([]float64, len(rows))
	for j, r := range rows {
		w := 1 / math.Max(r.y, 50)
		residual[j] = r.y * w
		for n, v := range r.x {
			if n == "exactly" {
				residual[j] -= v * w
				continue
			}
			cols[index[n]][j] = v * w
			residual[j] -= v * w * price[index[n]]
		}
	}
	weight := make([]float64, len(rows))
	for round := range rounds {
		for j, e := range residual {
			weight[j] = rows[j].weight()
			if e = math.Abs(e); round > 0 && e > far {
				weight[j] *= far / e
			}
		}
		for range 400 {
			change := 0.0
			for i, col := range cols {
				num, den := stiff[i]*(prior[i]-price[i]), stiff[i]
				for j, v := range col {
					if v != 0 {
						num += weight[j] * v * residual[j]
						den += weight[j] * v * v
					}
				}
				next := math.Max(0, price[i]+num/den)
				if d := next - price[i]; d != 0 {
					for j, v := range col {
						residual[j] -= d * v
					}
					price[i] = next
					change = math.Max(change, math.Abs(d)/(0.1+next))
				}
			}
			if change < 1e-4 {
				break
			}
		}
	}
	out := map[string]float64{}
	for i, n := range names {
		out[n] = price[i]
	}
	return out
}

// weight is how much a row weighs: less where the model has every construct of the language than where it is one of those that
// microcontrollers are given, and more where its schedule was picked, for such prices users see.
func (r row) weight() float64 {
	switch {
	case r.picked:
		return 3
	case usual(r.seed):
		return 1
	}
	return 0.2
}

func predict(x schedule.Features, price map[string]float64) (v float64) {
	for n, times := range x {
		if n == "exactly" {
			v += times
			continue
		}
		v += times * price[n]
	}
	return v
}

// cross gives the relative error of each row, by prices fitted to the other parts.
func cross(rows []row, expected func(string) float64, stiffness float64) []float64 {
	const parts = 5
	out := make([]float64, len(rows))
	for k := range int64(parts) {
		var train []row
		for _, r := range rows {
			if r.seed%parts != k {
				train = append(train, r)
			}
		}
		price := solve(train, expected, stiffness)
		for i, r := range rows {
			if r.seed%parts == k {
				out[i] = predict(r.x, price)/r.y - 1
			}
		}
	}
	return out
}

func quantile(v []float64, q float64) float64 {
	a := make([]float64, len(v))
	for i := range v {
		a[i] = math.Abs(v[i])
	}
	slices.Sort(a)
	if len(a) == 0 {
		return 0
	}
	return a[min(len(a)-1, int(q*float64(len(a))))]
}

// write keeps the prices of a chip where the schedule reads them.
func write(p schedule.Prices) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("backends/lower/schedule/prices", p.Chip+".json"), append(text, '\n'), 0o666)
}

func rounded(price map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for n, v := range price {
		if v = math.Round(v*100) / 100; v > 0 {
			out[n] = v
		}
	}
	return out
}

// stiffest gives how much an expected price weighs beside a row where prices of some rows do best for the others, and how they do there.
func stiffest(rows []row, expected func(string) float64) (stiffness float64, held []float64) {
	least := math.Inf(1)
	for _, s := range []float64{1e-3, 3e-3, 1e-2, 3e-2} {
		errs := cross(rows, expected, s)
		sum := 0.0
		for _, e := range errs {
			sum += math.Min(math.Abs(e), 0.25)
		}
		if sum < least {
			least, stiffness, held = sum, s, errs
		}
	}
	return stiffness, held
}

func expects(part *chip.Part, code bool) func(string) float64 {
	return func(name string) float64 { return prior(name, part, code) }
}

func fit(part *chip.Part, folder string, verbose, keep bool) error {
	samples, err := load(folder, part)
	if err != nil {
		return err
	}
	time, code, err := rows(samples, part)
	if err != nil {
		return err
	}
	p := schedule.Prices{Chip: part.Name, Unit: part.Emulator.Counts}
	for _, set := range []struct {
		name string
		rows []row
		to   *map[string]float64
	}{{"time", time, &p.Time}, {"code", code, &p.Code}} {
		expected := expects(part, set.name == "code")
		stiffness, held := stiffest(set.rows, expected)
		price := solve(set.rows, expected, stiffness)
		*set.to = rounded(price)
		errs := make([]float64, len(set.rows))
		for i, r := range set.rows {
			errs[i] = predict(r.x, price)/r.y - 1
		}
		fmt.Printf("%s %s: %d rows, %d prices; error in the fit: median %.1f %%, 90 %% within %.1f %%, worst %.1f %%; held out: %.1f, %.1f, %.1f\n", part.Name, set.name,
			len(set.rows), len(price), 100*quantile(errs, .5), 100*quantile(errs, .9), 100*quantile(errs, 1), 100*quantile(held, .5), 100*quantile(held, .9), 100*quantile(held, 1))
		byWhat := map[string][]float64{}
		for i, r := range set.rows {
			byWhat[r.what] = append(byWhat[r.what], held[i])
		}
		for w, e := range byWhat {
			fmt.Printf("   %s: held out median %.1f, 90 %% within %.1f\n", w, 100*quantile(e, .5), 100*quantile(e, .9))
		}
		if !verbose {
			continue
		}
		var names []string
		for n := range price {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			uses := 0
			for _, r := range set.rows {
				if r.x[n] > 0 {
					uses++
				}
			}
			fmt.Printf("      %-24s %8.2f  expected %.2f, in %d\n", n, price[n], expected(n), uses)
		}
		order := make([]int, len(held))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int {
			if math.Abs(held[a]) > math.Abs(held[b]) {
				return -1
			}
			return 1
		})
		for _, i := range order[:min(40, len(order))] {
			r := set.rows[i]
			fmt.Printf("      seed %d %s: measured %.0f, error %.0f %% (fit %.0f %%) %s\n", r.seed, r.what, r.y, 100*held[i], 100*errs[i], r.note)
		}
	}
	if keep {
		return write(p)
	}
	return nil
}

// check holds the prices that are in use against programs that they were not fitted to, and gives rows of the page.
func check(part *chip.Part, folder string) (string, error) {
	samples, err := load(folder, part)
	if err != nil {
		return "", err
	}
	time, code, err := rows(samples, part)
	if err != nil {
		return "", err
	}
	prices := schedule.PricesOf(part)
	errorsOf := func(rows []row, price map[string]float64, what ...string) (out []float64) {
		for _, r := range rows {
			if slices.Contains(what, r.what) {
				out = append(out, predict(r.x, price)/r.y-1)
			}
		}
		return out
	}
	line := ""
	for _, set := range []struct {
		name string
		errs []float64
	}{
		{string(prices.Unit) + " of a step", errorsOf(time, prices.Time, "even", "odd")},
		{string(prices.Unit) + " of an output", errorsOf(time, prices.Time, "output")},
		{"bytes of code", errorsOf(code, prices.Code, "code")},
	} {
		line += fmt.Sprintf("| %s | %s | %d | %.1f %% | %.1f %% | %.1f %% |\n", part.Name, set.name, len(samples),
			100*quantile(set.errs, .5), 100*quantile(set.errs, .9), 100*quantile(set.errs, 1))
	}
	known := 0
	var exact []float64
	for i, s := range samples {
		if len(s.Assembly) > 0 && time[3*i].x["round"] == 0 && time[3*i].x["exactly"] > 0 {
			known++
			exact = append(exact, predict(time[3*i].x, prices.Time)/time[3*i].y-1)
		}
	}
	if known > 0 {
		line += fmt.Sprintf("| %s | %s of a step in assembly | %d | %.1f %% | %.1f %% | %.1f %% |\n", part.Name, prices.Unit, known,
			100*quantile(exact, .5), 100*quantile(exact, .9), 100*quantile(exact, 1))
	}
	return line, nil
}
