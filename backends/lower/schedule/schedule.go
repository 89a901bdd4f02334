// Package schedule chooses how a plan is computed on a chip: Of says what can be chosen, Price what a program costs there,
// counted on the step form, and Pick which choice is cheapest within a budget. The prices of operations are fitted to simulated
// chips by internal/bench/price. Start with Pick.
package schedule

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Measures is what a program is priced by on a chip: what a step of even and odd t, an output, and its code are made of.
type Measures struct {
	Step, Output arith.Phased[Features]
	Decide       arith.Phased[Features] // of what decides behind an output; nil where Step does, or nothing
	Code         Features
	// Class is what the code of the function is made of that finds the largest output, of models that have one.
	Class Features
	// Spilled are the bytes of each function's values that find no register.
	Spilled map[string]int
}

// Known is what a target knows of a function that it writes in assembly, with those that it calls: the time of a call at even and at
// odd t, and bytes of code and stack.
type Known struct {
	Time  arith.Phased[float64] `json:"time"`
	Code  int                   `json:"code"`
	Stack int                   `json:"stack"`
}

// Assembler gives the functions of a program that a target writes in assembly on a chip, by name.
type Assembler func(p *step.Program, c *chip.Part) map[string]Known

// Measure counts a program that is right, of which some functions are known.
func Measure(p *step.Program, c *chip.Part, known map[string]Known) Measures {
	var m Measures
	k := newCounter(p, c, known)
	once := times{1, 1, 1}
	k.function(p.Step, once)
	var code Features
	m.Step[arith.Even], m.Step[arith.Odd], m.Code = k.take()
	k.function(p.Output, once)
	m.Output[arith.Even], m.Output[arith.Odd], code = k.take()
	for n, v := range code {
		m.Code[n] += v
	}
	if p.Decide != "" {
		k.function(p.Decide, once)
		m.Decide[arith.Even], m.Decide[arith.Odd], code = k.take()
		for n, v := range code {
			m.Code[n] += v
		}
	}
	m.Spilled = k.spilled
	m.Class = classCode(p, c, known)
	return m
}

// Class is the name that the function has among those known which finds the largest output.
const Class = "$class"

// classCode counts the code of the function that finds the largest output. On a chip of 8 bits it has the body of the output's.
func classCode(p *step.Program, c *chip.Part, known map[string]Known) Features {
	if e, ok := known[Class]; ok {
		return Features{exactly: float64(e.Code)}
	}
	if c.Word > 8 {
		return Features{"class": 1}
	}
	k := newCounter(p, c, nil)
	k.function(p.Output, times{0, 0, 1})
	_, _, code := k.take()
	return code
}

// Prices are those of features on a chip: time in what its emulator counts, code in bytes.
type Prices struct {
	Chip string             `json:"chip"`
	Unit chip.Unit          `json:"unit"`
	Time map[string]float64 `json:"time"`
	Code map[string]float64 `json:"code"`
}

//go:embed prices/*.json
var files embed.FS

var fitted = sync.OnceValues(func() (map[string]*Prices, error) {
	entries, err := files.ReadDir("prices")
	if err != nil {
		return nil, err
	}
	all := map[string]*Prices{}
	for _, e := range entries {
		data, err := files.ReadFile("prices/" + e.Name())
		if err != nil {
			return nil, err
		}
		p := &Prices{}
		if err := json.Unmarshal(data, p); err != nil {
			return nil, fmt.Errorf("prices/%s: %w", e.Name(), err)
		}
		all[p.Chip] = p
	}
	return all, nil
})

// PricesOf are the prices that hold on a chip; nil for one that has none, as the host.
func PricesOf(c *chip.Part) *Prices {
	all, err := fitted()
	if err != nil {
		panic(err) // TestPrices reads every file
	}
	return all[c.Prices]
}

// Price is what a program costs on a chip. Times are in the unit, the rest in bytes.
type Price struct {
	Unit   chip.Unit `json:"unit"`
	Even   float64   `json:"even_step"`
	Odd    float64   `json:"odd_step"`
	Output float64   `json:"output"`
	Code   int       `json:"code"`
	Tables int       `json:"tables"`
	State  int       `json:"state"`
	Stack  int       `json:"stack"`
	// What finding the largest output takes, for a model that does: stack, and more code.
	classStack, classCode int
	// What deciding behind an output takes, where the model restarts: once a step, whatever the number of courses.
	decide      arith.Phased[float64]
	decideState int
	decideStack int
}

// deciding is a price with the function that gives the class.
func (p Price) deciding() Price {
	p.Stack = max(p.Stack, p.classStack)
	p.Code += p.classCode
	return p
}

// The price of restarts beside that of their courses: two counters, and code that clears a course, byte by byte.
const (
	restartState = 5
	restartCode  = 140
	clearByte    = 8 // time: a load, a mask, a store and a loop
	// The same where arithmetic has 8 bits.
	restartCode8 = 340
	clearByte8   = 12
)

// restarting is a price with all courses of a plan, each of which takes its memory and its time.
func (p Price) restarting(plan *lower.Plan, c *chip.Part) Price {
	if plan.Hop == 0 {
		return p
	}
	n := plan.Courses()
	code, clear := restartCode, clearByte
	if c.Word == 8 {
		code, clear = restartCode8, clearByte8
	}
	clears := float64(clear * p.State)
	p.Even = float64(n)*p.Even + clears + p.decide[arith.Even]
	p.Odd = float64(n)*p.Odd + clears + p.decide[arith.Odd]
	p.State = n*p.State + restartState + p.decideState
	p.Stack = max(p.Stack, p.decideStack) + frame(c)
	p.Code += code
	return p
}

// Step is the mean over even and odd t.
func (p Price) Step() float64 { return (p.Even + p.Odd) / 2 }

// Flash is code and tables.
func (p Price) Flash() int { return p.Code + p.Tables }

// RAM is state and stack.
func (p Price) RAM() int { return p.State + p.Stack }

// PriceOf prices a program that is right, of which some functions are known.
func PriceOf(p *step.Program, c *chip.Part, known map[string]Known) Price {
	prices := PricesOf(c)
	m := Measure(p, c, known)
	out := Price{Unit: prices.Unit, Even: m.Step[arith.Even].at(prices.Time), Odd: m.Step[arith.Odd].at(prices.Time),
		Code: int(math.Round(m.Code.at(prices.Code)))}
	out.Output = (m.Output[arith.Even].at(prices.Time) + m.Output[arith.Odd].at(prices.Time)) / 2
	out.Tables, out.State, out.decideState = memory(p)
	need := stack(p, c, known, m.Spilled)
	out.Stack = max(need[p.Step], need[p.Output])
	if p.Decide != "" { // it asks for an output first, which it keeps
		for ph := range out.decide {
			out.decide[ph] = m.Output[ph].at(prices.Time) + m.Decide[ph].at(prices.Time)
		}
		out.decideStack = outputBytes(p) + max(out.Stack, need[p.Decide])
	}
	out.classStack = class(p, c, need[p.Output])
	out.classCode = int(math.Round(m.Class.at(prices.Code)))
	return out
}

// memory is the bytes of a program's tables and of its state.
func memory(p *step.Program) (tables, state, stream int) {
	own := p.Stream()
	for _, a := range p.Arrays {
		switch {
		case a.Kind == step.Table:
			tables += a.Len * a.Elem.Bytes()
		case a.Kind == step.State && own[a.Name]:
			stream += a.Len * stored(a.Elem)
		case a.Kind == step.State:
			state += a.Len * stored(a.Elem)
		}
	}
	if p.TwoPhase {
		state++
	}
	return tables, state, stream
}

// stored is the size of an entry in C, which has no integer of three bytes everywhere.
func stored(t step.Int) int {
	if t.Bits == 24 {
		return 4
	}
	return t.Bytes()
}

// at sums features times prices.
func (f Features) at(prices map[string]float64) (sum float64) {
	for _, n := range f.names() { // in an order, so that sums are the same to the bit
		if n == exactly {
			sum += f[n]
		}
		sum += f[n] * prices[n]
	}
	return sum
}

// stack is what functions take at most: scratch and values without a register of those that are in each other, and a frame each.
func stack(p *step.Program, c *chip.Part, known map[string]Known, spilled map[string]int) map[string]int {
	need := map[string]int{}
	for _, f := range p.Funcs {
		if e, ok := known[f.Name]; ok {
			need[f.Name] = e.Stack
			continue
		}
		own, deepest := frame(c)+spilled[f.Name], 0
		for _, a := range f.Scratch {
			own += a.Len * stored(a.Elem)
		}
		leaf := true
		eachCall(f.Body, func(name string) { deepest, leaf = max(deepest, need[name]), false })
		if leaf && c.Word == 32 {
			own += hoisted
		}
		need[f.Name] = own + deepest
	}
	return need
}

// hoisted is what compilers for 32 bits keep of addresses and numbers that they make ahead of loops, as measured.
const hoisted = 24

// frame is what a call takes for the way back, and for registers that are kept.
func frame(c *chip.Part) int { return 8 * max(machineOf(c).width, 2) }

// class is what the function takes that finds the largest output: on a chip of 8 bits it looks at each as it is made, elsewhere at all of
// them, in an array.
func class(p *step.Program, c *chip.Part, output int) int {
	if c.Word == 8 {
		return output
	}
	return output + frame(c) + outputBytes(p)
}

// outputBytes is what an array of outputs takes.
func outputBytes(p *step.Program) (n int) {
	for _, a := range p.Arrays {
		if a.Kind == step.Output {
			n += a.Len * stored(a.Elem)
		}
	}
	return n
}

func eachCall(body []step.Stmt, see func(name string)) {
	for _, s := range body {
		switch s := s.(type) {
		case step.Call:
			see(s.Func)
		case step.For:
			eachCall(s.Body, see)
		case step.IfOdd:
			eachCall(s.Odd, see)
			eachCall(s.Even, see)
		}
	}
}
