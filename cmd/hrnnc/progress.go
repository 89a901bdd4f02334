package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// patience is how long a job may take before a bar appears.
const patience = 500 * time.Millisecond

// redraw is the least time between two pictures of the bar.
const redraw = 100 * time.Millisecond

// progress is the one line at the foot of a terminal: what a command is at, and, once it has lasted a while, how far all of
// it is and how long the rest takes. Work is planned in stages before it is done, in any unit that they share. Off a
// terminal, with --quiet and with --json it shows nothing. The methods of a nil *progress and *stage do nothing.
type progress struct {
	w     io.Writer
	shown bool
	now   func() time.Time

	mu     sync.Mutex
	stages []*stage
	what   string
	bar    *progressbar.ProgressBar
	start  time.Time
	drawn  time.Time
	latest time.Time // move of work
	// moved is when work was first seen done, and before how much was done by then, in a run that went before this one.
	moved  time.Time
	before float64
}

// progress starts one; close ends it.
func (a *app) progress() *progress {
	a.bar = newProgress(a.rawErr, isTerminal(a.rawErr) && !a.quiet && !a.json, time.Now)
	return a.bar
}

func newProgress(w io.Writer, shown bool, now func() time.Time) *progress {
	return &progress{w: w, shown: shown, now: now, start: now()}
}

// stage is a part of the work.
type stage struct {
	of         *progress
	what       string
	work, done float64
}

// plan adds a stage of some work to what is to be done.
func (p *progress) plan(what string, work float64) *stage {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &stage{of: p, what: what, work: work}
	p.stages = append(p.stages, s)
	return s
}

// say tells what the command is at.
func (p *progress) say(what string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
	p.draw(true)
}

// Begin tells what the stage does.
func (s *stage) Begin() {
	if s != nil {
		s.of.say(s.what)
	}
}

// Set says how much of the stage's work is done.
func (s *stage) Set(done float64) { s.move(func() { s.done = min(done, s.work) }) }

// Add says that some more of it is done.
func (s *stage) Add(done float64) { s.move(func() { s.done = min(s.done+done, s.work) }) }

// at says that done of total parts are; total is -1 where that is not known.
func (s *stage) at(done, total int) {
	if s != nil && total > 0 {
		s.Set(s.work * float64(done) / float64(total))
	}
}

// Resize says that it is another amount of work than was planned; nothing more is needed when that is 0.
func (s *stage) Resize(work float64) { s.move(func() { s.work, s.done = work, min(s.done, work) }) }

// End says that the rest of it is not needed.
func (s *stage) End() { s.move(func() { s.work = s.done }) }

// Say tells what the stage is at.
func (s *stage) Say(what string) {
	if s != nil {
		s.of.say(what)
	}
}

// reach says what the stage is at and how much of it is done.
func (s *stage) reach(what string, done float64) {
	s.Set(done)
	s.Say(what)
}

func (s *stage) move(change func()) {
	if s == nil {
		return
	}
	p := s.of
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.moved.IsZero() {
		p.moved = p.now()
		p.before, _ = p.sum()
	}
	p.latest = p.now()
	p.draw(false)
}

// sum is the work done and all work.
func (p *progress) sum() (done, all float64) {
	for _, s := range p.stages {
		done, all = done+s.done, all+s.work
	}
	return done, all
}

// left is how long the rest takes, at the pace so far; 0 where nobody can know.
func (p *progress) left() time.Duration {
	done, all := p.sum()
	elapsed := p.now().Sub(p.moved)
	if p.moved.IsZero() || elapsed < patience || done <= p.before {
		return 0
	}
	return time.Duration(float64(elapsed) * (all - done) / (done - p.before))
}

const (
	barWidth = 24   // characters
	barSteps = 1000 // of all work
	wipe     = "\r\x1b[K"
)

// draw shows the line, where it is time to; another text at once where no work moves, which would show it soon.
func (p *progress) draw(text bool) {
	now := p.now()
	if !p.shown || now.Sub(p.drawn) < redraw && !(text && now.Sub(p.latest) >= redraw) {
		return
	}
	p.drawn = now
	done, all := p.sum()
	if all == 0 || now.Sub(p.start) < patience {
		fmt.Fprintf(p.w, "%s%s ...", wipe, diag.Escape(p.what))
		return
	}
	line := diag.Escape(p.what)
	if left := p.left(); left > 0 {
		line += ", " + roughly(left) + " left"
	}
	if p.bar == nil {
		fmt.Fprint(p.w, wipe)
		p.bar = progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(barWidth), progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetDescription(line))
	}
	_ = p.bar.Set(min(int(barSteps*done/all), barSteps-1)) // it says that it is done by going away
	p.bar.Describe(line)
}

// roughly writes a time as a person would: 40 s, 3 min, 2 h 10 min.
func roughly(d time.Duration) string {
	switch s := int(d.Seconds() + 0.5); {
	case s < 100:
		return fmt.Sprintf("%d s", max(s, 1))
	case s < 100*60:
		return fmt.Sprintf("%d min", (s+30)/60)
	default:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
}

// clear takes the line away, so that something can be printed; what comes next brings it back.
func (p *progress) clear() {
	if p == nil || !p.shown {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
	if !p.drawn.IsZero() {
		fmt.Fprint(p.w, wipe)
	}
	p.drawn = time.Time{}
}

// watcher shows what a study does: its stages in the bar of the command, and lines above it.
type watcher struct{ a *app }

func (w watcher) Plan(what string, work float64) study.Stage { return w.a.bar.plan(what, work) }
func (w watcher) Say(what string)                            { w.a.bar.say(what) }
func (w watcher) Tell(line string)                           { w.a.tell("%s", line) }
func (w watcher) Warn(list diag.List)                        { w.a.warn(list) }
