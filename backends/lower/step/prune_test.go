package step

import (
	"strings"
	"testing"
)

func TestPruneLeavesOutWhatNothingReads(t *testing.T) {
	p := parse(t, `program "p" step s output o parity {
  input x : i8[2] in -8..7
  state h : i32[4] in -100..100
  output y : i32[1] in -100..100
  func s {
    for i = 0 to 4 by 1 independent {
      let a = ext(i32, x[0])
      let unread = a + 1i32
      let behind = unread + 2i32
      if odd {
        let b = a + 3i32
        h[i] = a
      } else {
        let b = a + 4i32
        h[i] = b
      }
    }
    for k = 2 to 3 by 1 {
      h[k * 1 + 1] = 5i32
    }
  }
  func o {
    var acc = 0i32
    for j = 0 to 2 by 1 {
      acc = claim(acc + h[j], -100, 100)
    }
    y[0] = acc
  }
}
`)
	p.prune()
	text := Text(p)
	for _, gone := range []string{"unread", "behind", "a + 3i32", "for k"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is left in\n%s", gone, text)
		}
	}
	for _, kept := range []string{"let a = ", "let b = a + 4i32", "h[3] = 5i32", "acc = claim"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is gone from\n%s", kept, text)
		}
	}
	if err := Verify(p); err != nil {
		t.Error(err)
	}
}
