package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

func TestWordsOf(t *testing.T) {
	for text, want := range map[string]string{
		"It's GOOD, isn't it?!":           "it's good isn't it ? !",
		"one<br /><br />two -- 3rd":       "one two 3rd",
		"Größe\u2014naïve":                "größe naïve",
		"":                                "",
		" \t!":                            "!",
		"it 's a charming . journey . \n": "it 's a charming journey",
	} {
		if got := strings.Join(slices.Collect(wordsOf(text)), " "); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for range wordsOf("a b ! c") { // a loop that ends early
		break
	}
}

func TestTextTable(t *testing.T) {
	dir := t.TempDir()
	filetest.Write(t, dir, "train.tsv", []byte("text\tlabel\ngood good film\tpos\nbad film\tneg\ngood plot\tpos\n"))
	filetest.Write(t, dir, "test.tsv.gz", filetest.Gzip(t, "text\tlabel\na good plot of a bad film\tpos\n"))
	s := load(t, dir, "valid=0", "length=4")
	// Words by frequency, then by the alphabet: good 3, film 2, bad 1, plot 1. "a" and "of" are not in the training part.
	if want := []string{"padding", "unknown", "good", "film", "bad", "plot"}; !slices.Equal(s.Vocabulary, want) || s.Train.Vocabulary != 6 {
		t.Errorf("vocabulary %q", s.Vocabulary)
	}
	if got := tokens(&s.Train, 1); !slices.Equal(got, []int32{0, 0, 4, 3}) {
		t.Errorf("bad film is %v", got)
	}
	if got := tokens(&s.Test, 0); !slices.Equal(got, []int32{1, 1, 4, 3}) || s.Classes[s.Test.Label(0)] != "pos" {
		t.Errorf("the last four words are %v", got)
	}
	few := load(t, dir, "valid=0", "vocabulary=3", "min_count=2")
	if !slices.Equal(few.Vocabulary, []string{"padding", "unknown", "good"}) || few.Train.T != 7 {
		t.Errorf("vocabulary %q, %d steps", few.Vocabulary, few.Train.T)
	}
	if _, err := Load(dir, options(t, "normalise=channel")); err == nil || !strings.Contains(err.Error(), "normalise says nothing about this data set; help: remove it; the set is text") {
		t.Errorf("got %v", err)
	}
}
