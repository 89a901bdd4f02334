package hrnnc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc"
)

// Errors of a model come all at once, each with its place, a code and a remedy.
func ExampleCheck() {
	file := filepath.Join(os.TempDir(), "wrong.hrn")
	text := "input x : u8[3]\nparam U : int4[48, 3]\nparam V : int4[2, 48]\nstate h : int16[48]\nh <- hadamard(h) + U*x\noutput V*relu(g)\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file)
	var errs hrnnc.Errors
	if errors.As(hrnnc.Check(file), &errs) {
		for _, e := range errs {
			fmt.Printf("%d:%d [%s] %s (%s)\n", e.Line, e.Col, e.Code, e.Summary, e.Help)
		}
	}
	// Output:
	// 5:6 [shape] hadamard needs a power of two; 48 is not (block = 16 gives 3 blocks)
	// 6:15 [name] there is no state g (known here: h)
}

// A model says what it takes and gives.
func ExampleLoad() {
	m, err := hrnnc.Load("examples/copy/model.hrn")
	if err != nil {
		log.Fatal(err)
	}
	in, out := m.Input(), m.Output()
	fmt.Printf("%s: %s, a token of %d a step\n", m.Name(), in.Name, in.Max+1)
	fmt.Printf("%s: one of %d classes, at every step: %v\n", out.Name, out.Size, out.EveryStep)
	// Output:
	// copy: t, a token of 10 a step
	// class: one of 9 classes, at every step: true
}

// The model of the copy task says ten symbols back after a hundred blanks. Run computes the bits that generated code does.
func ExampleModel_Run() {
	m, err := hrnnc.Load("examples/copy/model.hrn")
	if err != nil {
		log.Fatal(err)
	}
	symbols := []int64{3, 1, 4, 1, 5, 2, 6, 5, 3, 8}
	x := make(hrnnc.Sequence, 120) // blanks are 0
	for t := range x {
		x[t] = []int64{0}
	}
	for t, s := range symbols {
		x[t][0] = s
	}
	x[110][0] = 9 // say it
	results, err := m.Run(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results[0].Class[110:])
	// Output: [3 1 4 1 5 2 6 5 3 8]
}

// Compile generates the files of a target; Write puts them into a folder.
func ExampleModel_Compile() {
	m, err := hrnnc.Load("examples/copy/model.hrn")
	if err != nil {
		log.Fatal(err)
	}
	code, err := m.Compile(context.Background(), "c")
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range code.Files {
		if strings.HasPrefix(f.Path, "c/copy.") {
			fmt.Println(f.Path)
		}
	}
	folder := filepath.Join(os.TempDir(), "hrnnc-example")
	defer os.RemoveAll(folder)
	if err := code.Write(folder); err != nil {
		log.Fatal(err)
	}
	// Output:
	// c/copy.c
	// c/copy.h
}

// Import finds out what the tensors of a checkpoint are, and measures how large the states get.
func ExampleImport() {
	step := hrnnc.Sequence{{40, -3, 7}, {38, -2, 9}, {35, 0, 4}}
	im, err := hrnnc.Import(context.Background(), "cmd/hrnnc/testdata/checkpoints/linear.pth", hrnnc.ImportOptions{
		Name: "gesture", Input: "i8", InputScale: "1/32", Calibrate: []hrnnc.Sequence{step}})
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range im.Tensors {
		fmt.Printf("%s is %s %v\n", t.Param, t.Tensor, t.Shape)
	}
	results, err := im.Model.Run(context.Background(), step)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("class", results[0].Class[0])
	// Output:
	// U is module.i2h.weight [16 3]
	// W is module.h2h.weight [16 16]
	// b is module.i2h.bias [16]
	// V is module.h2o.weight [4 16]
	// c is module.h2o.bias [4]
	// class 3
}
