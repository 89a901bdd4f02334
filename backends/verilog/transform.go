package verilog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// transformValues fill templates/hadamard.v.tmpl.
type transformValues struct {
	*layer
	Meaning, StageText string
	WordBits           int
	Depth              int // of the memory, in words
	StageBits          int
	UnitBits, LaneBits int
	Pause, Across      bool
	Within             []stageWithin
	Rotations          []rotation
	Halves             bool // between stages, for staged rounding
	HalvesByPhase      bool
	HalveText          string
	Lanes              []int
}

// stageWithin pairs integers of one word, Stride apart.
type stageWithin struct {
	Stage, Stride int
	Default       bool // the last case
}

// rotation is the order in which a stage that pairs words takes them.
type rotation struct {
	Stage   int
	Address string
}

func (v transformValues) LastWord() int  { return v.Words - 1 }
func (v transformValues) LastStage() int { return v.K - 1 }
func (v transformValues) LastUnit() int  { return v.N - 1 }

// WordOf is the address of the word that an integer lies in.
func (v transformValues) WordOf(unit string) string {
	if v.Words == 1 {
		return lit(1, 0)
	}
	if v.LaneBits == 0 {
		return unit
	}
	return fmt.Sprintf("%s[%d:%d]", unit, v.UnitBits-1, v.LaneBits)
}

func (l *layer) transform() transformValues {
	v := transformValues{layer: l, WordBits: l.W * l.M, Depth: max(2, l.Words), StageBits: clog2(l.K), UnitBits: clog2(l.N),
		LaneBits: l.StageShift, Pause: l.pause(), Across: l.K > l.StageShift}
	if l.Perm != nil {
		v.Depth = 2 << l.A
	}
	for i := 1; i < l.W; i++ {
		v.Lanes = append(v.Lanes, i)
	}
	within := min(l.K, l.StageShift)
	for s := range within {
		v.Within = append(v.Within, stageWithin{s, 1 << s, s == within-1 && !v.Across})
	}
	for s := l.StageShift + 1; s < l.K; s++ {
		v.Rotations = append(v.Rotations, rotation{s, rotated(l.A, s-l.StageShift)})
	}
	v.halves()
	v.Meaning = v.meaning()
	if l.K > 0 {
		v.StageText = fmt.Sprintf("%d stages of butterflies, %d a cycle: no multiplication.", l.K, max(1, l.W/2))
		if v.Halves {
			v.StageText += " Sums are halved between stages (staged rounding)."
		}
	} else {
		v.StageText = "The transform is of order 1, which is none."
	}
	return v
}

func (v *transformValues) meaning() string {
	var f []string
	if v.Perm != nil {
		f = append(f, "permutation")
	}
	if v.K > 0 {
		f = append(f, fmt.Sprintf("Hadamard transform in blocks of %d", v.Block))
	}
	if v.PreSigns != nil {
		f = append(f, "signs")
	}
	if len(f) == 0 {
		return "the identity"
	}
	slices.Reverse(f)
	return strings.Join(f, ", then ")
}

// rotated takes the two words of a pair one after the other: the lowest bit of index moves up to the bit that the stage
// pairs.
func rotated(width, bit int) string {
	var parts []string
	if bit < width-1 {
		parts = append(parts, indices("index", width-1, bit+1))
	}
	return "{" + strings.Join(append(parts, "index[0]", indices("index", bit, 1)), ", ") + "}"
}

func indices(name string, high, low int) string {
	if high == low {
		return fmt.Sprintf("%s[%d]", name, high)
	}
	return fmt.Sprintf("%s[%d:%d]", name, high, low)
}

// halves finds the stages behind which staged rounding halves: every second, while more of the step's shift is left.
func (v *transformValues) halves() {
	var text []string
	for s := range v.K {
		even, odd := v.Layer.Halves(s+1, arith.Even), v.Layer.Halves(s+1, arith.Odd)
		at := fmt.Sprintf("stage2 == %s", lit(v.StageBits, s))
		switch {
		case even && odd:
			text = append(text, at)
		case odd:
			text = append(text, at+" & odd")
		case even:
			text = append(text, at+" & ~odd")
		}
		v.HalvesByPhase = v.HalvesByPhase || even != odd
	}
	v.Halves = len(text) > 0
	v.HalveText = strings.Join(text, " | ")
}
