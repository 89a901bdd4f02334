package compiler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
)

// runPlanFunc runs a plan in some engine.
type runPlanFunc func(p *lower.Plan, x [][][]int64) ([][][]int64, error)

// proven pushes the unit vectors of every layer's transform through something that computes it and compares with the definition:
// between roundings the transform is a linear map, so n right answers prove it (docs/numerics.md section 5). It words the result.
func proven(p *lower.Plan, probe func(l *lower.Layer, amplitude int64) string) string {
	var out []string
	for i := range p.Layers {
		l := &p.Layers[i]
		amplitude := probeAmplitude(l)
		result := "sampled (its state is too narrow for unit vectors)"
		if arith.SignedBits(2*amplitude) <= l.Bits {
			result = probe(l, amplitude)
		}
		out = append(out, l.Name+": "+result)
	}
	return strings.Join(out, "; ")
}

// provenBy is proven for an engine that runs generated code. Transforms that take more than limit additions and multiplications, or
// whose unit vectors make tables that no compiler likes, are left out, and said to be.
func provenBy(p *lower.Plan, run runPlanFunc, limit float64) string {
	return proven(p, func(l *lower.Layer, amplitude int64) string {
		switch {
		case l.N > mostProbed:
			return fmt.Sprintf("sampled (%d unit vectors are too many for generated code)", l.N)
		case probeWork(l, amplitude) > limit:
			return fmt.Sprintf("sampled (%d unit vectors are too many for a simulator)", l.N)
		}
		return probe(l, amplitude, run)
	})
}

// mostProbed are the units of the largest transform whose unit vectors generated code holds in a table.
const mostProbed = 2048

// provenInMachine is proven for the plan's own machine, whose state is set to each unit vector.
func provenInMachine(p *lower.Plan) string {
	return proven(p, func(l *lower.Layer, amplitude int64) string {
		alone := *l
		alone.Term, alone.Bias = nil, arith.Phased[[]int64]{}
		m := lower.NewMachine(&lower.Plan{Layers: []lower.Layer{alone}})
		phases := []int{arith.Even, arith.Odd}
		if !alone.TwoPhase() {
			phases = phases[:1]
		}
		for _, phase := range phases {
			for unit := range l.N {
				m.T = phase + 1 // the next step is of that phase
				clear(m.G[0])
				m.G[0][unit] = amplitude
				m.Step(nil)
				if !slices.Equal(m.G[0], transformed(l, unit, amplitude, phase)) {
					return fmt.Sprintf("FAILED on unit vector %d", unit)
				}
			}
		}
		return fmt.Sprintf("proven on %d unit vectors", l.N)
	})
}

// probeAmplitude is a power of two that both phases' shifts divide, so that no rounding is in play.
func probeAmplitude(l *lower.Layer) int64 {
	return 1 << max(l.Round[arith.Even].Shift, l.Round[arith.Odd].Shift)
}

// probeWork is how much a probe computes: two or three steps a unit vector at each phase.
func probeWork(l *lower.Layer, amplitude int64) float64 {
	p := probePlan(l, amplitude)
	steps := 2
	if p.TwoPhase() {
		steps = 5
	}
	return float64(steps*l.N) * float64(p.Cost().Total())
}

func probe(l *lower.Layer, amplitude int64, run runPlanFunc) string {
	p := probePlan(l, amplitude)
	var x [][][]int64
	for i := range l.N {
		unit, zero := []int64{int64(i)}, []int64{int64(l.N)}
		x = append(x, [][]int64{unit, zero})
		if p.TwoPhase() {
			x = append(x, [][]int64{zero, unit, zero})
		}
	}
	y, err := run(p, x)
	if err != nil {
		if isNoFit(err) {
			return fmt.Sprintf("sampled (the chip has no room for %d unit vectors)", l.N)
		}
		return fmt.Sprintf("FAILED (%v)", err)
	}
	for i, s := range x {
		unit := int(slices.Max([]int64{s[0][0] % int64(l.N), s[1][0] % int64(l.N)}))
		want := pack(transformed(l, unit, amplitude, len(s)&1))
		if len(y) <= i || len(y[i]) != 1 || !slices.Equal(y[i][0], want) {
			return fmt.Sprintf("FAILED on unit vector %d", unit)
		}
	}
	return fmt.Sprintf("proven on %d unit vectors", l.N)
}

// transformed is the state after one step without input from amplitude times a unit vector, by the definition.
func transformed(l *lower.Layer, unit int, amplitude int64, phase int) []int64 {
	g := make([]int64, l.N)
	for j := range g {
		row := j
		if l.Perm != nil {
			row = l.Perm[j]
		}
		if row/l.Block != unit/l.Block {
			continue
		}
		z := int64(hadamard.Entry(row%l.Block, unit%l.Block)) * amplitude >> l.Round[phase].Shift
		if l.PreSigns != nil {
			z *= int64(l.PreSigns[unit])
		}
		if k := l.LeakOf(j); k > 0 {
			z = arith.Leaked(z, k) // which still tells 1 from -1
		}
		g[j] = int64(l.Signs[j]) * z
	}
	return g
}

// packed entries of a state share an output in balanced base 8: each is at most 2 in magnitude.
const packed = 5

func pack(g []int64) []int64 {
	y := make([]int64, (len(g)+packed-1)/packed)
	for j, v := range g {
		y[j/packed] += v << (3 * (j % packed))
	}
	return y
}

// probing is l with settings of a target that suit a layer alone.
func (l *Lowered) probing(t backends.Target, p *lower.Plan) *Lowered {
	prober, ok := t.(backends.Prober)
	if !ok {
		return l
	}
	out, m := *l, *l.Model
	m.Targets = map[string]map[string]string{}
	maps.Copy(m.Targets, l.Targets)
	m.Targets[t.Name()] = prober.Probing(p, l.Targets[t.Name()])
	out.Model = &m
	return &out
}

// probePlan is a layer alone: token i adds amplitude times unit vector i, token N adds nothing, and the readout packs
// the state.
func probePlan(l *lower.Layer, amplitude int64) *lower.Plan {
	layer := *l
	identity := arith.Both(arith.Identity)
	width := arith.SignedBits(amplitude)
	u := lower.Matrix{Name: "U", Rows: l.N, Cols: l.N + 1, Ints: make([]int64, l.N*(l.N+1)), Bits: width}
	for i := range l.N {
		u.Ints[i*(l.N+1)+i] = amplitude
	}
	layer.Term = &lower.Term{Source: lower.FromOneHot, Matrix: u, In: identity, InBits: 2, InMulBits: 2, AccBits: width,
		Mid: identity, MidBits: width, MidMulBits: width, Out: identity, OutBits: width}
	layer.Bias = arith.Phased[[]int64]{}
	layer.SumBits = max(l.SumBits, l.RBits+1)
	outputs := (l.N + packed - 1) / packed
	v := lower.Matrix{Name: "V", Rows: outputs, Cols: l.N, Ints: make([]int64, outputs*l.N), Bits: 14}
	for j := range l.N {
		v.Ints[j/packed*l.N+j] = 1 << (3 * (j % packed))
	}
	p := &lower.Plan{
		Name:    "probe",
		Comment: []string{"unit vectors of the transform of " + l.Name},
		Input:   ir.Input{Name: "unit", Kind: ir.Token, Size: 1, Vocab: l.N + 1, Scale: 1},
		Layers:  []lower.Layer{layer},
		Output:  ir.Output{Name: "y", When: ir.AtLast, Decision: ir.Logits},
		Readout: lower.Readout{Matrix: v, YBits: min(l.Bits+14+3, ir.MaxBits), Unit: ir.Scale{Unit: 1}},
	}
	return p
}
