// Command hrnnc compiles HadamRNNs to Go, C and Verilog that compute the same bits. Each command is a file; what a
// command does lives in package compiler. Start with root.go.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
