package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// TestInABrowser uses the site from the disk as a person does: searches by keys, follows what is found, turns dark, and opens the
// menu of a narrow screen.
func TestInABrowser(t *testing.T) {
	for _, tool := range []string{"hugo", "chromium"} {
		if _, err := exttool.Find(tool); err != nil {
			t.Skipf("skipped: no %s (apt-get install %s)", tool, exttool.Package(tool))
		}
	}
	site := t.TempDir()
	if out, err := exec.Command("bash", filepath.Join("..", "site.sh"), "--to", site).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path, _ := exttool.Find("chromium")
	ctx, done := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(path))...)
	defer done()
	ctx, done = chromedp.NewContext(ctx)
	defer done()
	ctx, done = context.WithTimeout(ctx, 3*time.Minute)
	defer done()
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	// ask gives the value of an expression in the page.
	ask := func(expression string) string {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	// until waits for an expression to be true in the page.
	until := func(what, expression string) {
		t.Helper()
		for range 300 {
			if ask(expression) == "true" {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s: not after half a minute, at %s", what, ask(`location.href + " " + document.querySelector(".search input").value + ": " + document.querySelector(".found").innerText`))
	}
	do(chromedp.Navigate("file://"+filepath.ToSlash(site)+"/docs/quickstart.html"), chromedp.EmulateViewport(1300, 900))

	slash := func() {
		t.Helper()
		do(chromedp.KeyEvent("/"))
		until("/ leads to the search", `document.activeElement.matches(".search input")`)
		ask(`(document.querySelector(".search input").value = "")`) // a key of a person's that a page takes types nothing; this one does
	}
	slash()
	do(chromedp.KeyEvent("decide block"))
	until("the page about streams is found first", `!!document.querySelector(".found a[aria-selected=true] b")?.textContent.includes("decide block")`)
	do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.Enter))
	until("Enter goes there", `location.pathname.includes("/docs/") && !location.pathname.includes("quickstart") && document.readyState === "complete"`)
	if strings.TrimSpace(ask(`document.querySelector("h1").textContent`)) == "" {
		t.Error("the page that was found has no heading")
	}
	slash()
	do(chromedp.KeyEvent("zzzqqq"))
	until("what is nowhere is said", `document.querySelector(".found p")?.textContent.includes("No page")`)
	do(chromedp.KeyEvent(kb.Escape))
	until("Escape closes it", `document.querySelector(".found").hidden`)

	ground := `getComputedStyle(document.body).backgroundColor`
	before := ask(ground)
	ask(`document.querySelector(".theme").click()`)
	if after := ask(ground); before == after {
		t.Errorf("the ground is %s in dark and in light", after)
	}

	do(chromedp.EmulateViewport(420, 900))
	until("narrow pages have no wider text", `document.documentElement.scrollWidth <= innerWidth`)
	ask(`document.querySelector(".menu").click()`)
	until("the menu opens", `document.getElementById("pages").classList.contains("open") && document.querySelector(".menu").ariaExpanded === "true"`)
	do(chromedp.KeyEvent(kb.Escape))
	until("and closes", `!document.getElementById("pages").classList.contains("open")`)
}
