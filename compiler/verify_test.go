package compiler

import (
	"context"
	"testing"

	"github.com/hrnnc/hrnnc/passes"
)

// TestVerifyWatch: what is said of the work goes on, from 0 to below 1, and names every level.
func TestVerifyWatch(t *testing.T) {
	m, err := Load("../examples/copy/model.hrn", "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	last, said := -1.0, []string{}
	watch := func(level string, done float64) {
		if done < last || done < 0 || done > 1 {
			t.Errorf("%s at %v behind %v", level, done, last)
		}
		last = done
		if len(said) == 0 || said[len(said)-1] != level {
			said = append(said, level)
		}
	}
	if _, err := l.Verify(context.Background(), VerifyOptions{Sequences: 2, Levels: []string{"real", "plan", "c"}, NoProof: true, Watch: watch}); err != nil {
		t.Fatal(err)
	}
	if len(said) != 4 || last < 0.3 {
		t.Errorf("%v, up to %v", said, last)
	}
}
