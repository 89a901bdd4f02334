package main

import (
	"time"

	"github.com/schollz/progressbar/v3"

	"hrnnc/compiler"
)

// patience is how long a job may take before a bar appears.
const patience = 500 * time.Millisecond

// progress gives a callback that shows a bar on a terminal once a job has lasted a while, and a function that ends it.
func (a *app) progress(what string) (compiler.Progress, func()) {
	if a.quiet || a.json || !isTerminal(a.err) {
		return nil, func() {}
	}
	start := time.Now()
	updates := make(chan [2]int, 64)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		var bar *progressbar.ProgressBar
		for u := range updates {
			if bar == nil && time.Since(start) > patience {
				bar = progressbar.NewOptions(u[1], progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what),
					progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
			}
			if bar != nil {
				_ = bar.Set(u[0])
			}
		}
		if bar != nil {
			_ = bar.Finish()
		}
	}()
	return func(done, total int) { updates <- [2]int{done, total} }, func() {
		close(updates)
		<-finished
	}
}

// status shows what a command is at, on a terminal; the function that it gives wipes it.
func (a *app) status() (say func(what string), done func()) {
	if a.quiet || a.json || !isTerminal(a.err) {
		return func(string) {}, func() {}
	}
	wipe := "\r\x1b[K"
	return func(what string) { _, _ = a.err.Write([]byte(wipe + what + " ...")) }, func() { _, _ = a.err.Write([]byte(wipe)) }
}
