package step

import (
	"os"
	"reflect"
	"testing"
)

func small(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/small.step")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func parse(t testing.TB, src string) *Program {
	t.Helper()
	p, err := Parse("small.step", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTextIsReadBack(t *testing.T) {
	src := small(t)
	p := parse(t, src)
	if got := Text(p); got != src {
		t.Fatalf("printed:\n%s", got)
	}
	if again := parse(t, Text(p)); !reflect.DeepEqual(p, again) {
		t.Fatal("what was printed reads as another program")
	}
	r, err := Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
}
