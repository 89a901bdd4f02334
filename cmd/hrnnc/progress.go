package main

import (
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// patience is how long a job may take before a bar appears.
const patience = 500 * time.Millisecond

// progress gives a callback that shows a bar on a terminal once a job has lasted a while, and a function that ends it.
func (a *app) progress(what string) (compiler.Progress, func()) {
	if a.quiet || a.json || !isTerminal(a.rawErr) {
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
				bar = progressbar.NewOptions(u[1], progressbar.OptionSetWriter(a.rawErr), progressbar.OptionSetDescription(what),
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
	if a.quiet || a.json || !isTerminal(a.rawErr) {
		return func(string) {}, func() {}
	}
	wipe := "\r\x1b[K"
	return func(what string) { _, _ = a.rawErr.Write([]byte(wipe + diag.Escape(what) + " ...")) }, func() { _, _ = a.rawErr.Write([]byte(wipe)) }
}

// longBar shows how far a job of minutes is, once it has lasted a while, on a terminal; what it is at stands before the bar.
type longBar struct {
	app     *app
	options []progressbar.Option
	start   time.Time
	bar     *progressbar.ProgressBar
}

func (a *app) longBar(options ...progressbar.Option) *longBar {
	return &longBar{app: a, start: time.Now(), options: append(options, progressbar.OptionSetWriter(a.rawErr), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

// set moves the bar to done of total.
func (b *longBar) set(done, total int, what string) {
	if !isTerminal(b.app.rawErr) || time.Since(b.start) < patience {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions(total, b.options...)
	}
	b.bar.Describe(diag.Escape(what))
	_ = b.bar.Set(done)
}

// clear takes the bar away, so that a line can be printed; the next set brings it back.
func (b *longBar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
		b.bar = nil
	}
}
