package report

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// exampleStream is a page about one recording of some steps: two words in noise, of which one is found late.
func exampleStream(steps int) StreamPage {
	classes := []string{"noise", "computer", "jarvis <&> friends"}
	truth, decided := make([]int32, steps), make([]int32, steps)
	for t := range truth {
		switch {
		case t >= steps/10 && t < steps/5:
			truth[t] = 1
		case t >= steps/2 && t < steps*6/10:
			truth[t] = 2
		case t < steps/20:
			truth[t] = -1
		}
		if t > steps/8 && t < steps/4 {
			decided[t] = 1
		}
	}
	tally := stream.New(stream.Rules{Classes: classes, Period: 0.01, Tolerance: 3})
	tally.Add(stream.Recording{Truth: truth, Decided: decided})
	return StreamPage{Model: "words", Command: "hrnnc eval model.hrn --stream", DataSet: "wakeword", Notes: []string{"voices may be those of training"},
		Scores: []StreamScore{{Split: "test", Level: "fixed", Decide: "decide { hold = 8 }", Score: tally.Score("persons"),
			Curve: []stream.Point{{Threshold: 0.5, Misses: 0.1, FalseAlarms: 40}, {Threshold: 0.9, Misses: 0.5, FalseAlarms: 0.3, Chosen: true}, {Threshold: 0.99, Misses: 1}},
			Strip: Strip{Name: "7 of anna", Period: 0.01, Truth: truth, Decided: decided}}}}
}

func renderedStream(t testing.TB, p StreamPage) string {
	t.Helper()
	text, err := RenderStream(p)
	if err != nil {
		t.Fatal(err)
	}
	checkDrawings(t, string(text))
	return string(text)
}

// TestStreamPage counts points, bars and rows.
func TestStreamPage(t *testing.T) {
	p := exampleStream(5000)
	text := renderedStream(t, p)
	for pattern, want := range map[string]int{
		`class="dot second"`: 3, `class="ring"`: 1, `<tr class="kept">`: 1, `threshold 0.99: 100[.0]* % missed, 0 an hour`: 1,
		`class="strip true"`: 5, // noise thrice, either word once
		`jarvis &lt;`:        1, `7 of anna`: 2, `Events missed</span><strong>50`: 1,
	} {
		if n := len(regexp.MustCompile(pattern).FindAllString(text, -1)); n != want && !(strings.HasPrefix(pattern, "jarvis") && n >= want) {
			t.Errorf("%s: %d times, want %d", pattern, n, want)
		}
	}
	if renderedStream(t, p) != text {
		t.Error("two pages about one score differ")
	}
	for _, outside := range []string{"<script", "<link", "<img", "@import", "url(", "src=", "href="} {
		if strings.Contains(text, outside) {
			t.Errorf("the page asks for something: %s", outside)
		}
	}
}

// TestStreamPageOfNothing leaves out what cannot be drawn.
func TestStreamPageOfNothing(t *testing.T) {
	nan := score.Part(math.NaN())
	silent := exampleStream(100)
	silent.Scores[0].Curve = []stream.Point{{Threshold: 0.5}, {Threshold: 0.9}}
	unknown := exampleStream(1)
	unknown.Scores[0].Curve = []stream.Point{{Threshold: 0.5, Misses: nan, FalseAlarms: 3}, {Threshold: 0.9, Misses: 0, FalseAlarms: nan}}
	none := exampleStream(10)
	none.Scores[0].Strip, none.Scores[0].Score = Strip{}, stream.New(stream.Rules{Background: -1, Classes: []string{"a"}}).Score("recordings")
	for i, p := range []StreamPage{{}, silent, unknown, none} {
		text := renderedStream(t, p)
		if strings.Contains(text, "NaN") || strings.Contains(text, "∞") {
			t.Errorf("%d: a figure that is none", i)
		}
	}
}

// TestStreamPageStaysSmall draws a week of flicker.
func TestStreamPageStaysSmall(t *testing.T) {
	p := exampleStream(1_000_000)
	for i := range p.Scores[0].Strip.Decided {
		p.Scores[0].Strip.Decided[i] = int32(i / 1200 % 3)
	}
	if text := renderedStream(t, p); len(text) > 400_000 {
		t.Errorf("%d bytes", len(text))
	}
}
