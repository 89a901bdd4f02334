// Package web holds the page of the playground, and tests it as a person uses it: in a browser without a window, from a file and from
// a server. build.sh makes the page; src/main.ts is where to start reading it.
package web

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// built makes the page once.
var built = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("./build.sh")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return filepath.Abs("dist")
})

// visit is a page that is open in a browser.
type visit struct {
	testing.TB
	ctx context.Context
}

// open starts a browser on the page: from the disk, or from a server where address is one.
func open(t *testing.T, address string) *visit {
	t.Helper()
	for _, tool := range []string{"chromium", "node", "npm"} {
		if _, err := exttool.Find(tool); err != nil {
			t.Skipf("skipped: no %s: apt-get install %s", tool, exttool.Package(tool))
		}
	}
	dist, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if address == "" {
		address = "file://" + dist + "/index.html"
	}
	path, _ := exttool.Find("chromium")
	ctx, done := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(path), chromedp.WindowSize(1440, 900))...)
	t.Cleanup(done)
	ctx, done = chromedp.NewContext(ctx)
	t.Cleanup(done)
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil { // the browser lives as long as the context that starts it
		t.Fatal(err)
	}
	return &visit{t, ctx}
}

// do does what a person does.
func (v *visit) do(steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	ctx, done := context.WithTimeout(v.ctx, patience)
	defer done()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.Fatal(err)
	}
}

// patience is how long anything may take on a machine that has much else to do.
const patience = 2 * time.Minute

// see gives what a selector's element shows, "" where there is none.
func (v *visit) see(selector string) string {
	v.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector)))
	if err != nil {
		v.Fatal(err)
	}
	return text
}

// until waits until a selector's element shows a text, and gives all that it shows.
func (v *visit) until(selector, text string) string {
	v.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if seen := v.see(selector); strings.Contains(seen, text) {
			return seen
		}
	}
	v.shot("failed")
	v.Fatalf("%s never showed %q, but %q; see failed.png", selector, text, v.see(selector))
	return ""
}

// shot takes a picture where HRNNC_SHOTS names a folder.
func (v *visit) shot(name string) {
	folder := os.Getenv("HRNNC_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err := errors.Join(err, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)); err != nil {
		v.Fatal(err)
	}
}

// place is where a word stands in the window, in the editor of the model or where within says.
func (v *visit) place(within, word string) (x, y float64) {
	v.Helper()
	at, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
		const walk = document.createTreeWalker(document.querySelector(%q), NodeFilter.SHOW_TEXT), word = %q;
		for (let n; (n = walk.nextNode());) {
			const at = n.data.indexOf(word);
			if (at < 0) continue;
			const range = document.createRange();
			range.setStart(n, at);
			range.setEnd(n, at + word.length);
			const r = range.getBoundingClientRect();
			return [r.x + r.width / 2, r.y + r.height / 2];
		}
		return [];
	})()`, within, word)))
	if err != nil || len(at) != 2 {
		v.Fatalf("%s does not show %q: %v", within, word, err)
	}
	return at[0], at[1]
}

// replace types over a word of the model's text, which it selects by a double click.
func (v *visit) replace(word, with string) {
	v.Helper()
	x, y := v.place("#editor .cm-content", word)
	v.do(chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)), chromedp.KeyEvent(with))
}

func TestTyping(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.until("[data-target=c] .view", "hrnnc")
	v.shot("light")
	v.replace("hadamard", "hadamrad")
	if problems := v.until("#problems", "hadamrad"); !strings.Contains(problems, "14:6") {
		t.Errorf("the problem has no place: %q", problems)
	}
	if seen := v.see("#state"); seen != "1 error" {
		t.Errorf("the state is %q", seen)
	}
	v.shot("error")
	v.replace("hadamrad", "hadamard")
	v.until("#state", "no errors")
	if seen := v.see("#problems"); seen != "" {
		t.Errorf("problems stayed: %q", seen)
	}
}
