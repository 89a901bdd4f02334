//go:build !unix

package main

func processorSeconds() float64 { return 0 }
