package network

import (
	"fmt"
	"math"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

func build(t testing.TB, text string) *Network {
	t.Helper()
	ast, errs := dsl.Parse("model.hrn", []byte(text))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		t.Fatal(errs)
	}
	n := New(m)
	names, units := n.Dense()
	for i, name := range names {
		if err := n.SetDense(name, permutedHadamard(units[i], units[i]/2)); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func floats(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// TestAuthorsGradients holds loss and gradients against those of the authors' PyTorch code.
func TestAuthorsGradients(t *testing.T) {
	for _, name := range []string{"grad_full16_q4", "grad_block32x8_ternary"} {
		t.Run(name, func(t *testing.T) {
			f, err := weights.Open(shared.Path(t, "reference", name+".pth"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := importer.ReadConfig(shared.Path(t, "reference", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			im, err := importer.Import(f, c, importer.Options{Input: "u8", Scale: "1/255"})
			if err != nil {
				t.Fatal(err)
			}
			n := build(t, im.Text)
			for _, w := range im.Weights.Tensors {
				copy(n.Param(w.Name).Latent, floats(w.Data))
			}
			n.Refresh()
			path := shared.Path(t, "reference", name+"_grads.npz")
			data, err := fileio.Read(path, "data")
			if err != nil {
				t.Fatal(err)
			}
			arrays, err := npy.ReadNpz(path, data)
			if err != nil {
				t.Fatal(err)
			}
			x := arrays["inputs_u8"]
			b := &Batch{N: x.Shape[0], T: x.Shape[1], D: x.Shape[2]}
			for _, v := range x.Ints {
				b.X = append(b.X, float32(v))
			}
			for _, v := range arrays["targets"].Ints {
				b.Labels = append(b.Labels, int32(v))
			}
			r := n.Step(b)
			if want := arrays["loss"].Floats[0]; math.Abs(r.Mean()-want) > 1e-5 {
				t.Errorf("loss %v, the authors' %v", r.Mean(), want)
			}
			for ours, theirs := range map[string]string{"U": "input_layer.parametrizations.weight.original", "b": "recurrent_layer.bias",
				"h.signs": "recurrent_layer.sign_vector", "c": "output_layer.bias", "V": "output_layer.parametrizations.weight.original"} {
				want, got := arrays["grad."+theirs].Floats, n.Param(ours).Grad
				if len(want) != len(got) {
					t.Fatalf("%s: %d gradients, the authors' %d", ours, len(got), len(want))
				}
				if d := relative(got, want); d > 1e-4 {
					t.Errorf("%s: gradient differs by %.2g of its largest entry", ours, d)
				}
			}
		})
	}
}

// relative is the largest difference over the largest magnitude.
func relative(got []float32, want []float64) float64 {
	worst, most := 0.0, 1e-30
	for i, w := range want {
		worst, most = max(worst, math.Abs(w-float64(got[i]))), max(most, math.Abs(w))
	}
	return worst / most
}

// shapes are models of every construct that can be trained; weights are of many bits, so that quantisation hides no
// small difference.
var shapes = map[string]string{
	"last": "input x : i8[3] / 16\nparam U : int16[12, 3]\nparam b : [12]\nparam V : int16[4, 12]\nparam c : [4]\nstate h : int16[12]\n" +
		"h <- hadamard(h, block = 4) + U*x + b\ny = V*relu(h) + c\noutput class = argmax(y) at last\n",
	"every": "input x : i8[1] / 16\nparam U : int16[8, 1]\nparam V : int16[3, 8]\nstate h : int16[8]\n" +
		"h <- hadamard(h) + U*x\ny = V*h\noutput class = argmax(y) at every step\n",
	"mean": "steps 11\ninput x : i8[2] / 16\nparam U : int16[16, 2]\nparam b : [16]\nparam V : int16[3, 16]\nparam c : [3]\nstate h : int16[16]\n" +
		"h <- hadamard(h) + U*x + b\ny = V*relu(h) + c\noutput class = argmax(y) mean\n",
	"threshold": "input x : i8[2] / 16\nparam U : int16[16, 2]\nparam V : int16[2, 16]\nstate h : int16[16]\n" +
		"h <- hadamard(h) + U*x\ny = V*relu(h)\noutput alarm = y > 0.25 at last\n",
	"regression": "input x : i8[2] / 16\nparam U : int16[16, 2]\nparam V : int16[2, 16]\nstate h : int16[16]\n" +
		"h <- hadamard(h) + U*x\ny = V*relu(h)\noutput y at last\n",
	"onehot": "input t : token[5]\nparam U : int16[8, 5]\nparam V : int16[3, 8]\nstate h : int16[8]\n" +
		"h <- hadamard(h) + U*onehot(t)\ny = V*relu(h)\noutput class = argmax(y) at every step\n",
	"vocabulary": "input t : token[40]\nparam U : int16[8, 40]\nparam b\nparam V : int16[3, 8]\nstate h : int16[8]\n" +
		"h <- hadamard(h) + U*onehot(t) + b\ny = V*relu(h)\noutput class = argmax(y) at last\n",
	"embedding": "input t : token[30]\nparam E : int16[30, 5]\nparam U : int16[8, 5]\nparam V : int16[3, 8]\nstate h : int16[8]\n" +
		"h <- hadamard(h) + U*embed(E, t)\ny = V*relu(h)\noutput class = argmax(y) at last\n",
	"stacked": "input x : i8[2] / 16\nparam U : int16[16, 2]\nparam b : [16]\nparam B : int16[8, 16]\nparam b2 : [8]\nparam V : int16[3, 8]\n" +
		"state h1 : int16[16]\nstate h2 : int16[8]\nh1 <- hadamard(h1, block = 4) + U*x + b\nh2 <- hadamard(h2) + B*relu(h1) + b2\n" +
		"y = V*relu(h2)\noutput class = argmax(y) at every step\n",
	"dense": "input x : i8[2] / 16\nparam U : int16[8, 2]\nparam W : [8, 8]\nparam V : int16[3, 8]\nstate h : int16[8]\n" +
		"h <- W*h + U*x\ny = V*relu(h)\noutput y at last\n",
	"leak": "input x : i8[3] / 16\nparam U : int16[12, 3]\nparam b : [12]\nparam V : int16[4, 12]\nparam c : [4]\nstate h : int16[12]\n" +
		"h <- hadamard(h, block = 4, leak = [1/2, 1/8, 1/32]) + U*x + b\ny = V*relu(h) + c\noutput class = argmax(y) at every step\n",
	"leaks in a stack": "input x : i8[2] / 16\nparam U : int16[16, 2]\nparam B : int16[8, 16]\nparam p : index\nparam s : sign\nparam V : int16[3, 8]\n" +
		"state h1 : int16[16]\nstate h2 : int16[8]\nh1 <- hadamard(h1, block = 8, leak = [1/4, 1/16], permute = p, presigns = s) + U*x\n" +
		"h2 <- hadamard(h2, leak = 1/2) + B*relu(h1)\ny = V*relu(h2)\noutput class = argmax(y) mean\nsteps 11\n",
	"permuted": "input x : i8[2] / 16\nparam U : int16[16, 2]\nparam p : index\nparam s : sign\nparam V : int16[3, 16]\nstate h : int16[16]\n" +
		"h <- hadamard(h, permute = p, presigns = s) + U*x\ny = V*relu(h)\noutput class = argmax(y) at every step\n",
}

// permutedHadamard is a signed block Hadamard of n units whose rows and columns are permuted and negated.
func permutedHadamard(n, block int) []float64 {
	rng := rand.New(rand.NewSource(9))
	rows, cols := rng.Perm(n), rng.Perm(n)
	w := make([]float64, n*n)
	for i, r := range rows {
		for j, c := range cols {
			if r/block == c/block {
				w[i*n+j] = float64(hadamard.Entry(r%block, c%block)) / math.Sqrt(float64(block)) * float64(1-2*(r*r%3%2)) * float64(1-2*(c*c%5%2))
			}
		}
	}
	return w
}

// TestDenseMatrix holds a recurrent matrix to what was set: it is given back, and the states are those that it makes.
func TestDenseMatrix(t *testing.T) {
	n := build(t, shapes["dense"])
	n.Initialise(2, RandomSigns)
	want, got := permutedHadamard(8, 4), n.DenseMatrix("W")
	if d := relative(got, want); d > 1e-6 {
		t.Fatalf("the matrix differs by %v", d)
	}
	b := randomBatch(n, 1, 9, rand.New(rand.NewSource(3)))
	u, v := n.Param("U").Used, n.Param("V").Used
	h := make([]float64, 8)
	for step := range b.T {
		next := make([]float64, 8)
		for i := range next {
			for j := range h {
				next[i] += want[i*8+j] * h[j]
			}
			for j := range 2 {
				next[i] += float64(u[i*2+j]) * float64(b.X[step*2+j]) / 16
			}
		}
		h = next
	}
	b.Targets = nil
	for i := range 3 {
		y := 0.0
		for j, x := range h {
			y += float64(v[i*8+j]) * max(x, 0)
		}
		b.Targets = append(b.Targets, float32(y))
	}
	if r := n.Step(b); r.Mean() > 1e-8 {
		t.Errorf("the outputs are not those of the matrix: squared error %v", r.Mean())
	}
	if err := n.SetDense("W", make([]float64, 64)); err == nil {
		t.Error("a matrix of zeros is taken")
	}
	scaled := permutedHadamard(8, 4)
	for i := range scaled {
		scaled[i] *= 1.1
	}
	if err := n.SetDense("W", scaled); err == nil || !strings.Contains(err.Error(), "keeps the norm") {
		t.Errorf("a scaled matrix: %v", err)
	}
}

func randomBatch(n *Network, sequences, steps int, rng *rand.Rand) *Batch {
	b := &Batch{N: sequences, T: steps, D: n.Model.Input.Size}
	if v := n.Model.Input.Vocab; v > 0 {
		for range sequences * steps {
			b.Tokens = append(b.Tokens, int32(rng.Intn(v)))
		}
	} else {
		for range sequences * steps * b.D {
			b.X = append(b.X, float32(rng.Intn(255)-127))
		}
	}
	answers := sequences
	if n.everyStep() {
		answers *= steps
	}
	for range answers {
		switch n.Loss {
		case MeanSquared:
			for range n.Outputs() {
				b.Targets = append(b.Targets, float32(rng.NormFloat64()))
			}
		case BinaryCrossEntropy:
			b.Labels = append(b.Labels, int32(rng.Intn(1<<n.Outputs())))
		default:
			b.Labels = append(b.Labels, int32(rng.Intn(n.Outputs()+1)-1))
		}
	}
	return b
}

// TestGradientsAreSlopes compares gradients with differences of the loss, for every construct: along a random direction of
// every parameter that has no signs.
func TestGradientsAreSlopes(t *testing.T) {
	for name, text := range shapes {
		t.Run(name, func(t *testing.T) {
			n := build(t, text)
			n.Initialise(3, RandomSigns)
			rng := rand.New(rand.NewSource(4))
			b := randomBatch(n, 21, 11, rng)
			n.Step(b)
			for _, p := range n.Params {
				if p.Sign() || p.Fixed {
					continue
				}
				direction, slope := make([]float32, len(p.Latent)), 0.0
				for i := range direction {
					direction[i] = float32(rng.NormFloat64())
					slope += float64(direction[i]) * float64(p.Grad[i])
				}
				// Used values are moved, so that rounding to 16 bits is no part of the difference.
				at := func(h float32) float64 {
					saved := slices.Clone(p.Used)
					for i := range p.Used {
						p.Used[i] += h * direction[i]
					}
					n.rest()
					loss := n.Evaluate(b, nil).Mean()
					copy(p.Used, saved)
					n.rest()
					return loss
				}
				const h = 3e-5 // small, since relu has a kink
				difference := (at(h) - at(-h)) / (2 * h)
				if math.Abs(difference-slope) > 2e-2*max(math.Abs(difference), math.Abs(slope))+1e-3 {
					t.Errorf("%s: the gradient says %.5g, the loss %.5g", p.Name, slope, difference)
				}
			}
		})
	}
}

// TestSignGradients compares the gradient of signs with an unrolled definition: that of the factor a sign stands for.
func TestSignGradients(t *testing.T) {
	for _, name := range []string{"last", "mean", "stacked", "permuted", "leak", "leaks in a stack"} {
		t.Run(name, func(t *testing.T) {
			n := build(t, shapes[name])
			n.Initialise(5, RandomSigns)
			rng := rand.New(rand.NewSource(6))
			b := randomBatch(n, 17, 9, rng)
			n.Step(b)
			for i, l := range n.layers {
				grads := map[*Param][]float32{l.signs: slices.Clone(l.signs.Grad)}
				if l.presigns != nil {
					grads[l.presigns] = slices.Clone(l.presigns.Grad)
				}
				for p, g := range grads {
					for j := range p.Used {
						at := func(h float32) float64 {
							saved := p.Used[j]
							p.Used[j] += h
							n.rest()
							loss := n.Evaluate(b, nil).Mean()
							p.Used[j] = saved
							n.rest()
							return loss
						}
						const h = 2e-4
						difference := (at(h) - at(-h)) / (2 * h)
						if math.Abs(difference-float64(g[j])) > 2e-2*math.Abs(difference)+1.5e-3 {
							t.Errorf("layer %d, %s[%d]: the gradient says %.5g, the loss %.5g", i, p.Name, j, g[j], difference)
						}
					}
				}
			}
		})
	}
}

// TestWorkers demands the same bits however many cores share the tiles.
func TestWorkers(t *testing.T) {
	for name, text := range shapes {
		var want [][]float32
		for _, cores := range []int{1, 2, 5} {
			old := runtime.GOMAXPROCS(cores)
			n := build(t, text)
			n.Initialise(1, RandomSigns)
			n.Step(randomBatch(n, 70, 20, rand.New(rand.NewSource(2))))
			runtime.GOMAXPROCS(old)
			var got [][]float32
			for _, p := range n.Params {
				got = append(got, p.Grad)
			}
			if want == nil {
				want = got
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %d cores give other gradients", name, cores)
			}
		}
	}
}

// TestDrift recovers the states of long sequences from the last one, with checkpoints, and compares with those of the forward
// pass: orthogonal ones, and those that leak, whose errors grow on the way back.
func TestDrift(t *testing.T) {
	for _, c := range []struct {
		units, steps int
		options      string
	}{{128, 5000, ""}, {512, 5000, ""}, {16, 100000, ", block = 8, leak = [1/8, 1/512]"}, {16, 3000, ", leak = 1/2"}, {16, 20000, ", leak = 1/4096"}} {
		n := build(t, fmt.Sprintf("input x : u8[1] / 255\nparam U : int4\nparam b\nparam V : int4[4, %d]\nstate h : int16[%d]\n"+
			"h <- hadamard(h%s) + U*x + b\ny = V*relu(h)\noutput class = argmax(y) at last\n", c.units, c.units, c.options))
		n.Initialise(1, RandomSigns)
		b := &Batch{N: 1, T: c.steps, D: 1, Labels: make([]int32, 1)}
		rng := rand.New(rand.NewSource(1))
		for range b.N * b.T {
			b.X = append(b.X, float32(rng.Intn(256)))
		}
		tl := n.newTile()
		tl.begin(b, 0, 1)
		states := make([][]float32, b.T)
		lane := func() []float32 {
			h := make([]float32, c.units)
			for i := range h {
				h[i] = tl.layers[0].h[i*kernels.Lanes]
			}
			return h
		}
		tl.forward(true, func(step int) { states[step] = lane() })
		worst, most := 0.0, 0.0
		tl.recovered = func(step int) {
			for i, v := range lane() {
				worst = max(worst, math.Abs(float64(states[step][i]-v)))
				most = max(most, math.Abs(float64(v)))
			}
		}
		tl.backward()
		if worst > 1e-4*most {
			t.Errorf("%d units%s: recovered states are off by %.2g of the largest, %.3g", c.units, c.options, worst/most, most)
		}
	}
}

// TestLeaksAreThoseOfTheFixedLevel compares a rounded step with the contract's integers, at steps of both parities.
func TestLeaksAreThoseOfTheFixedLevel(t *testing.T) {
	n := build(t, shapes["leaks in a stack"])
	n.Initialise(2, RandomSigns)
	n.TrainRounded([]Rounding{{Unit: arith.Both(0.125), Bits: 16}, {Unit: arith.Both(0.125), Bits: 16}})
	rng := rand.New(rand.NewSource(5))
	tl := n.newTile()
	for i, l := range n.layers {
		s := &tl.layers[i]
		clear(s.inflow)
		for range 50 {
			z := make([]int64, l.n)
			for j := range z {
				z[j] = int64(rng.Intn(4001) - 2000)
				for lane := range kernels.Lanes {
					s.h[j*kernels.Lanes+lane] = float32(z[j]) * 0.125
				}
			}
			n.rounding[i].update(l, s, 0)
			hadamard.Transform(z, l.block)
			for j := range z {
				r := arith.Requant{Mul: 1, Shift: shiftAt(l.block, 1)}.Apply(z[j])
				want := int64(l.signs.Used[j]) * arith.Leaked(r, l.leak.At(j, l.n))
				if got := s.h[j*kernels.Lanes] / 0.125; got != float32(want) {
					t.Fatalf("layer %d, unit %d: %v of %d, want %d", i, j, got, z[j], want)
				}
			}
		}
	}
}

// TestMemoryIsOfTheSize bounds what a tile allocates for a long sequence beside the sequence itself.
func TestMemoryIsOfTheSize(t *testing.T) {
	n := build(t, shapes["last"])
	n.Initialise(1, RandomSigns)
	b := randomBatch(n, 16, 4000, rand.New(rand.NewSource(1)))
	n.Step(b)
	if got, most := len(n.tiles[0].layers[0].checkpoints), 1+4000/checkpointSteps; got > most {
		t.Errorf("%d states are stored for 4,000 steps, want at most %d", got, most)
	}
	if allocated := testing.AllocsPerRun(3, func() { n.Step(b) }); allocated > 100 {
		t.Errorf("a step allocates %.0f times", allocated)
	}
}

// TestRoundedStates compares training through rounding with the exact network: the same where the unit is fine, whole
// multiples of the unit and no gradient beyond the range where it is coarse.
func TestRoundedStates(t *testing.T) {
	n := build(t, shapes["stacked"])
	n.Initialise(2, RandomSigns)
	b := randomBatch(n, 20, 15, rand.New(rand.NewSource(3)))
	n.Step(b)
	want := slices.Clone(n.Param("U").Grad)
	// Layer 1 has blocks of 4; layer 2 is of odd order, whose unit alternates.
	n.TrainRounded([]Rounding{{Unit: arith.Phased[float64]{1e-4, 1e-4}, Bits: 24}, {Unit: arith.Phased[float64]{1e-4, 1e-4 / math.Sqrt2}, Bits: 24}})
	n.Step(b)
	if d := relative(n.Param("U").Grad, doubles(want)); d > 1e-2 {
		t.Errorf("with fine units the gradient differs by %.2g", d)
	}
	coarse := Rounding{Unit: arith.Phased[float64]{0.5, 0.25}, Bits: 8}
	n.TrainRounded([]Rounding{coarse, coarse})
	for _, h := range n.LastStates(b) {
		for _, v := range h {
			if u := float64(v) / 0.25; u != math.Trunc(u) || v > 127*0.25 || v < -128*0.25 {
				t.Fatalf("a state after 15 steps is %v, no multiple of 0.25 in 8 bits", v)
			}
		}
	}
	tiny := Rounding{Unit: arith.Phased[float64]{1e-6, 1e-6}, Bits: 8}
	n.TrainRounded([]Rounding{tiny, tiny})
	n.Step(b)
	for _, g := range n.Param("U").Grad {
		if math.Abs(float64(g)) > 1e-9 {
			t.Fatalf("gradient %v passes a saturated state", g)
		}
	}
}

func doubles(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
