package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// clock is a time that tests set.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(1000, 0)}
	p := newProgress(&out, true, c.now)
	p.say("reading data")
	if !strings.Contains(out.String(), "reading data ...") || strings.Contains(out.String(), "%") {
		t.Errorf("at first there is %q", out.String())
	}
	train, score := p.plan("training", 75), p.plan("scoring", 25)
	c.pass(time.Second)
	train.Add(0) // the run starts here
	for range 25 {
		c.pass(time.Second)
		train.Add(1)
	}
	if done, all := p.sum(); done != 25 || all != 100 {
		t.Errorf("%v of %v are done", done, all)
	}
	if left := p.left(); left != 75*time.Second {
		t.Errorf("25 of 100 took 25 s, and the rest takes %v", left)
	}
	out.Reset()
	c.pass(time.Second)
	p.say("epoch 2/6")
	if !strings.Contains(out.String(), "epoch 2/6, 78 s left") || !strings.Contains(out.String(), "25%") {
		t.Errorf("the bar shows %q", out.String())
	}
	// A stage that ends early takes its work out of what is left.
	train.Resize(train.done)
	score.at(1, 2)
	if done, all := p.sum(); done != 37.5 || all != 50 {
		t.Errorf("%v of %v are done", done, all)
	}
	out.Reset()
	p.clear()
	if !strings.HasSuffix(out.String(), wipe) {
		t.Errorf("%q does not clear the line", out.String())
	}
}

// A run that goes on is timed from where it went on.
func TestProgressOfResumption(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	p := newProgress(&bytes.Buffer{}, true, c.now)
	s := p.plan("training", 100)
	s.Set(80)
	c.pass(10 * time.Second)
	s.Set(90)
	if left := p.left(); left != 10*time.Second {
		t.Errorf("10 of 100 took 10 s, and the last 10 take %v", left)
	}
}

func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(1000, 0)}
	p := newProgress(&out, false, c.now)
	s := p.plan("training", 10)
	for range 10 {
		c.pass(time.Second)
		p.say("epoch")
		s.Add(1)
	}
	p.clear()
	var none *progress
	none.say("nothing")
	none.clear()
	none.plan("nothing", 1).Add(1)
	if out.Len() > 0 {
		t.Errorf("off a terminal there is %q", out.String())
	}
}

func TestRoughly(t *testing.T) {
	for seconds, want := range map[float64]string{0.2: "1 s", 59.6: "60 s", 100: "2 min", 3599: "60 min", 7200: "2 h 0 min", 7860: "2 h 11 min"} {
		if got := roughly(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("%v s: %s, not %s", seconds, got, want)
		}
	}
}
