package design

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// tables are small data sets of each kind, as rows that draw makes.
var tables = map[string]struct {
	name, header string
	rows         int
	draw         func(rng *rand.Rand, i int) string
	set          []string
	wants        []string // lines of the model, or parts of them
}{
	"a sequence a row": {"series.csv", "", 40, func(rng *rand.Rand, i int) string { return wave(rng, i%2, 60) + "," + []string{"slow", "fast"}[i%2] }, []string{"inputs=1", "label=61", "header=no"},
		[]string{"input x : i", "steps 15", "frame = 4", "param V : int8[2, 128]", "output class = argmax(y) mean", "augment_shift = 2", "augment_warp = 0.02", "valid = 0", "keep = last"}},
	"recordings": {"walk.csv", "id,label,ax,ay", 400, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d,%s,%.3f,%.3f", i/40, []string{"up", "down"}[i/40%2], rng.NormFloat64()+float64(i/40%2), 5*rng.NormFloat64())
	}, []string{"id=id", "window=20", "stride=10"}, []string{"id = id  ", "window = 20  ", "// given", "normalise = channel", "/ 64  // 64 is the deviation of a channel; values reach "}},
	"every step": {"sleep.csv", "id,label,v", 400, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d,%d,%.3f", i/40, i/10%2, rng.NormFloat64()+2*float64(i/10%2))
	}, []string{"id=id", "window=20", "each_step=yes"}, []string{"steps 20", "argmax(y) at every step", "// every step has an answer"}},
	"unbroken": {"sensor.csv", "id,label,v,w", 4000, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d,%d,%.3f,%.3f", i/400, i/10%2, rng.NormFloat64()+2*float64(i/10%2), rng.NormFloat64())
	}, []string{"id=id", "stream=yes"}, []string{"8 unbroken recordings of up to 400 steps", "h <- hadamard(h, leak = 1/32) + U*x + b", "g <- hadamard(g, leak = 1/32)",
		"argmax(y) at every step", "truncate = 256", "pieces of recordings a step"}},
	"a forecast": {"plant.csv", "id,v", 900, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d,%.3f", i/300, math.Sin(float64(i)/5)+0.1*rng.NormFloat64())
	}, []string{"id=id", "stream=yes", "horizon=5"}, []string{"leak = 1/32", "output y at every step", "param V : int8[1, 128]"}},
	"numbers": {"depth.csv", "id,depth,v", 400, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("%d,%.2f,%.3f", i/20, float64(i/20), float64(i/20)+rng.NormFloat64())
	}, []string{"id=id", "targets=depth"}, []string{"output y at last", "param V : int8[1, 128]"}},
	"things at once": {"faults.csv", "id,hot,loud,v,w", 400, func(rng *rand.Rand, i int) string {
		k := i / 20
		return fmt.Sprintf("%d,%d,%d,%.3f,%.3f", k, k&1, k>>1&1, float64(k&1)+rng.NormFloat64(), float64(k>>1&1)+rng.NormFloat64())
	}, []string{"id=id", "targets=hot,loud"}, []string{"output y > 0 mean", "param V : int8[2, 128]"}},
	"texts": {"said.csv", "text,label", 60, func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("it was %s,%d", []string{"good", "bad"}[i%2], i%2)
	}, nil, []string{"input x : token[", "h <- hadamard(h) + U*embed(E, x) + b", "output class = argmax(y) mean"}},
}

// wave is a noisy sine, slow or fast.
func wave(rng *rand.Rand, class, steps int) string {
	phase := 6 * rng.Float64()
	fields := make([]string, steps)
	for t := range fields {
		fields[t] = fmt.Sprintf("%.3f", math.Sin(phase+float64(t)*[]float64{0.2, 0.45}[class])+0.3*rng.NormFloat64())
	}
	return strings.Join(fields, ",")
}

// designed makes the design of a table.
func designed(t *testing.T, kind string) *Design {
	t.Helper()
	table := tables[kind]
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	if table.header != "" {
		fmt.Fprintln(&b, table.header)
	}
	for i := range table.rows {
		fmt.Fprintln(&b, table.draw(rng, i))
	}
	file := filepath.Join(t.TempDir(), table.name)
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return made(t, file, table.set...)
}

// made makes the design of a data set with settings.
func made(t *testing.T, source string, settings ...string) *Design {
	t.Helper()
	o := Options{Name: filepath.Base(source), Weights: "model.safetensors", Data: source, Load: func(settings [][2]string) (*data.Set, error) {
		o, err := options(settings, nil)
		if err != nil {
			return nil, err
		}
		return data.Load(source, o)
	}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		o.Set = append(o.Set, [2]string{key, value})
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// loaded is a design's model with its train block and its data set, as training has them.
func loaded(t *testing.T, d *Design) (*dsl.Model, trainer.Config, *data.Set) {
	t.Helper()
	m, err := d.Model()
	if err != nil {
		t.Fatal(err)
	}
	c, err := trainer.ReadConfig(m, nil, settingNames())
	if err != nil {
		t.Fatal(err)
	}
	var settings [][2]string
	for k, v := range c.DataKeys {
		settings = append(settings, [2]string{k, v})
	}
	o, err := options(settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := data.Load(c.Data, o)
	if err != nil {
		t.Fatal(err)
	}
	return m, c, set
}

// TestKinds: for data of every kind the model says what it should, is laid out as fmt does, checks, and fits its data set
// without a warning.
func TestKinds(t *testing.T) {
	for kind, table := range tables {
		t.Run(kind, func(t *testing.T) {
			d := designed(t, kind)
			text, err := d.Text()
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range table.wants {
				if !strings.Contains(string(text), want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if again, _ := dsl.Format("", text); !bytes.Equal(again, text) {
				t.Errorf("fmt would change\n%s", text)
			}
			for _, c := range d.Choices() {
				if c.Reason == "" && c.Name != "data" {
					t.Errorf("%s = %s has no reason", c.Name, c.Value)
				}
			}
			m, c, set := loaded(t, d)
			if err := trainer.Fits(m, c.Loss, set); err != nil {
				t.Error(err)
			}
			if w := trainer.DataWarnings(m, set); len(w) > 0 {
				t.Error(w)
			}
			if set.Train.Stream() != (m.Steps == 0) {
				t.Errorf("%d steps in\n%s", m.Steps, text)
			}
		})
	}
}

// TestGenerated: so it is for sets that are generated, which know few settings.
func TestGenerated(t *testing.T) {
	for _, source := range []string{"copy(4)", "adding(8)", "parity(6)", "curves(16)"} {
		m, c, set := loaded(t, made(t, source, "sequences=100"))
		if err := trainer.Fits(m, c.Loss, set); err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if w := trainer.DataWarnings(m, set); len(w) > 0 {
			t.Errorf("%s: %v", source, w)
		}
	}
}

// TestItLearns: a model for small series learns them, tries included.
// TestUnequal takes recordings of different lengths as a person finds them: sound by its bands, others padded, unless they
// differ much.
func TestUnequal(t *testing.T) {
	sounds, tables := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		class := []string{"low", "high"}[i%2]
		samples := make([]int16, 4000+100*i)
		for k := range samples {
			samples[k] = int16(8000*math.Sin(float64(k)*[]float64{0.2, 1}[i%2]) + 500*rng.NormFloat64())
		}
		write(sounds, fmt.Sprintf("%s_%d.wav", class, i), wav(samples))
		write(tables, fmt.Sprintf("%s_%d.csv", class, i), "v\n"+strings.ReplaceAll(wave(rng, i%2, 40+i), ",", "\n")+"\n")
	}
	for dir, wants := range map[string][]string{
		sounds: {"features = bands", "length = 38 ", "have 30 to 38 steps"},
		tables: {"length = 51 ", "have 40 to 51 steps"},
	} {
		d := made(t, dir)
		text, err := d.Text()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if m, _, set := loaded(t, d); set.Train.N != 10 {
			t.Errorf("model %s trains on %d sequences", m.Name, set.Train.N)
		}
	}
	write(tables, "low_12.csv", "v\n"+strings.Repeat("1\n", 500))
	o := Options{Name: "x", Weights: "w", Data: tables, Load: func(settings [][2]string) (*data.Set, error) {
		o, err := options(settings, nil)
		if err != nil {
			return nil, err
		}
		return data.Load(tables, o)
	}}
	var unequal *data.UnequalError
	if _, err := New(o); !errors.As(err, &unequal) || unequal.Longest != 500 {
		t.Errorf("got %v", err)
	}
}

// wav is a file of 16-bit samples, 8,000 a second.
func wav(samples []int16) string {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVEfmt ")
	for _, v := range []any{uint32(16), [2]uint16{1, 1}, [2]uint32{8000, 16000}, [2]uint16{2, 16}, []byte("data"), uint32(2 * len(samples)), samples} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // a buffer takes it all
		}
	}
	return b.String()
}

func TestItLearns(t *testing.T) {
	d := designed(t, "a sequence a row")
	d.updates = 60
	told := 0.0
	if err := d.Try(context.Background(), func(n float64) {
		if n < told || n > told+1 {
			t.Errorf("after %v it is told of %v", told, n)
		}
		told = n
	}); err != nil {
		t.Fatal(err)
	}
	if told != 9 || d.Tries() != 9 && d.Tries() != 0 {
		t.Errorf("told of %v tries; there are %d", told, d.Tries())
	}
	if text, err := d.Text(); err != nil || !strings.Contains(string(text), "tried, % right of held-out thirds: shift and warp ") {
		t.Errorf("the model does not say what was tried (%v):\n%s", err, text)
	}
	m, c, set := loaded(t, d)
	c.Repeat, c.Epochs = 16, 8
	c.Settle(set.Train.N)
	n := network.New(m)
	n.Initialise(c.Seed, c.SignInit)
	task := trainer.Task{Model: m, Loss: c.Loss, Classes: len(set.Classes)}
	run := &trainer.Run{Net: n, Config: c, Train: task.Split(&set.Train, data.Augment{}), Valid: task.Split(&set.Test, data.Augment{}), Keep: func(trainer.Metrics) error { return nil }}
	history, err := run.Start(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	if score := history[len(history)-1].ValidScore; score < 0.85 {
		t.Errorf("%.2f of the test part is right after %d epochs", score, len(history))
	}
}

// TestGivenStands: what is given is in the train block, once, and nothing else is said of it.
func TestGivenStands(t *testing.T) {
	d := made(t, "curves", "sequences=100", "epochs=3", "rate=0.01", "batch=8")
	text, err := d.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"epochs = 3 ", "rate = 0.01 ", "batch = 8 "} {
		name, _, _ := strings.Cut(key, " ")
		if !strings.Contains(string(text), "  "+key) || strings.Count(string(text), "\n  "+name+" =") != 1 {
			t.Errorf("%s is not as given in\n%s", name, text)
		}
	}
}

// TestInputHoldsTheValues: the integers reach as far as the values, and tell neighbours apart.
func TestInputHoldsTheValues(t *testing.T) {
	for _, f := range []facts{
		{deviation: 1, apart: 1, most: 3, nearly: 2.5}, {deviation: 1, apart: 0.1, most: 3, nearly: 2.5}, {deviation: 1, apart: 0.003, most: 26, nearly: 20},
		{deviation: 1000, apart: 50, most: 9000, nearly: 3000}, {deviation: 0, apart: 0, most: 0, nearly: 0}, {deviation: 1e-6, apart: 1e-7, most: 1e-5, nearly: 3e-6},
	} {
		d := &Design{facts: f, set: &data.Set{}}
		m, err := checked("model m\n" + d.input(1).code + "\nparam U : int4[8, 1]\nparam V : int4[2, 8]\nstate h : int16[8]\nh <- hadamard(h) + U*x\noutput V*h\n")
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		lo, hi := m.Input.Range()
		if reach := min(float64(hi), -float64(lo)) * m.Input.Scale; reach < f.nearly {
			t.Errorf("%+v: %s reaches %g", f, d.input(1).code, reach)
		}
		if f.apart > 0.01*f.most && m.Input.Scale > f.apart/16 {
			t.Errorf("%+v: %s does not tell neighbours apart", f, d.input(1).code)
		}
	}
}

func checked(text string) (*dsl.Model, error) {
	ast, errs := dsl.Parse("", []byte(text))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	return m, nil
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{"GunPoint": "gunpoint", "my data.v2": "my_data_v2", "copy(10)": "copy_10", "input": "input_model", "": "sensor", "7": "sensor", "ÄÖ": "sensor", "\x1b]0;x": "x"} {
		if got := name(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"mnist": "mnist", "a b": `"a b"`, "0.1": "0.1", "-3": "-3", "1/255": `"1/255"`, "x,y": `"x,y"`, "7-9": `"7-9"`, "é\n": `"é\n"`, "1e5": `"1e5"`} {
		if got := quoted(text); got != want {
			t.Errorf("%q became %s, not %s", text, got, want)
		}
	}
}

// TestBeats: a later trial wins only by more than chance.
func TestBeats(t *testing.T) {
	right := func(n int) []bool { return append(slices.Repeat([]bool{true}, n), make([]bool, 20-n)...) }
	for _, c := range []struct {
		a, b int
		want bool
	}{{10, 10, false}, {11, 10, false}, {12, 10, true}, {10, 12, false}, {20, 5, true}} {
		if got := beats(right(c.a), right(c.b)); got != c.want {
			t.Errorf("%d right against %d: %v", c.a, c.b, got)
		}
	}
}

// TestFrame: about 16 steps, few left over, and not too many values a step.
func TestFrame(t *testing.T) {
	for _, c := range []struct{ steps, values, want int }{{24, 1, 2}, {60, 1, 4}, {128, 3, 8}, {150, 1, 10}, {251, 1, 0}, {1460, 1, 0}, {125, 45, 2}, {3, 1, 1}, {1, 1, 1}} {
		d := &Design{set: &data.Set{Train: data.Sequences{T: c.steps, D: c.values}, Kind: data.Series}}
		f := d.frame()
		if c.want > 0 && f != c.want || f*c.values > mostFramed && f > 1 || f > c.steps || float64(c.steps%f) > 0.05*float64(c.steps) {
			t.Errorf("%d steps of %d: %d at a time, %d left over", c.steps, c.values, f, c.steps%f)
		}
	}
}
