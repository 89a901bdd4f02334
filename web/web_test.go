// Package web holds the page of the playground, and tests it as a person uses it: in a browser without a window, from a file and from
// a server. build.sh makes the page; src/main.ts is where to start reading it.
package web

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// tools are what the tests need.
var tools = []string{"chromium", "node", "npm"}

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
func open(t testing.TB, address string) *visit {
	t.Helper()
	for _, tool := range tools {
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
const patience = time.Minute

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

// click clicks in the middle of what a selector names.
func (v *visit) click(selector string) {
	v.Helper()
	v.do(chromedp.Click(selector))
}

// drop drops files onto the page.
func (v *visit) drop(files ...string) {
	v.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			v.Fatal(err)
		}
		v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
			const dataTransfer = new DataTransfer();
			dataTransfer.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q));
			for (const type of ["dragenter", "dragover", "drop"])
				document.getElementById("panel").dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
		})()`, base64.StdEncoding.EncodeToString(data), filepath.Base(file))))
	}
}

// holds evaluates a condition in the page.
func (v *visit) holds(condition string) bool {
	v.Helper()
	is, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](condition))
	if err != nil {
		v.Fatal(err)
	}
	return is
}

// TestPage uses the page from the disk: types, looks at every tab, points at code, copies a link.
func TestPage(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.until("[data-target=c] .view", "hrnnc")
	v.shot("light")
	paint, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](`performance.getEntriesByName("first-contentful-paint")[0].startTime`))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first painted after %.0f ms", paint)

	v.replace("hadamard", "hadamrad")
	if problems := v.until("#problems", "hadamrad"); !strings.Contains(problems, "14:6") {
		t.Errorf("the problem has no place: %q", problems)
	}
	if seen := v.see("#old"); !strings.Contains(seen, "last text that had none") {
		t.Error("old code is shown as that of a text with errors")
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

	// A click into a line of the model brings its code, and pointing at the code its term of the model.
	x, y := v.place("#editor .cm-content", "onehot")
	v.do(chromedp.MouseClickXY(x, y))
	v.until("[data-target=c] .view", "weights_U")
	x, y = v.place("[data-target=c] .cm-content", "weights_U")
	v.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
	v.until("#editor .from-model-strong", "param U")
	if !v.holds(`[...document.querySelectorAll("#editor .from-model-strong")].some((e) => e.innerText.startsWith("U"))`) {
		t.Error("the term that the weights are for is not marked")
	}
	v.shot("tied")

	v.click("[data-tab=ir]")
	v.until("#panel", "hadamard(%0, block = 128, norm)")
	v.click("#panel .chips button:nth-child(6)")
	v.until("#panel", "quantize: choose units")
	v.shot("passes")

	v.click("[data-tab=run]")
	v.until("#panel", "At the end it says")
	v.shot("run")

	v.click("[data-tab=wave]")
	v.until("#panel", "One step of the Verilog")
	for end := time.Now().Add(patience); !v.holds(`document.querySelector("#panel img").naturalWidth > 300`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the waveform is no picture")
		}
	}
	v.shot("waveform")

	v.click("[data-tab=schedule]")
	v.until("#panel", "an output")
	v.do(chromedp.SetValue("#panel select", "up5k"), chromedp.Evaluate[chromedp.Void](`document.querySelector("#panel select").dispatchEvent(new Event("change"))`))
	if seen := v.until("#panel", "architectures, those that no other beats"); !strings.Contains(seen, "streaming") || !strings.Contains(seen, "9 of the readout") {
		t.Errorf("no architecture streams: %q", seen)
	}
	v.shot("architectures")

	// Fewer units: the weights do not fit any more, which the page says, and code and costs are there all the same.
	v.click("[data-tab=costs]")
	v.until("#panel", "2,697")
	v.replace("120", "60")
	v.until("#state", "no errors")
	v.until("#panel .tiles", "parameters")

	if seen := v.see("#example option:checked"); seen != "a model of yours" {
		t.Errorf("a changed example is called %q", seen)
	}

	before := v.see("#editor .cm-content")
	v.click("#share")
	v.until("#toast", "link")
	address, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("location.href"))
	if err != nil || !strings.Contains(address, "#m=") {
		t.Fatalf("the address is %q, %v", address, err)
	}
	v.do(chromedp.Navigate("about:blank"))
	v.do(chromedp.Navigate(address))
	v.until("#state", "no errors")
	if after := v.see("#editor .cm-content"); after != before || !strings.Contains(after, "steps 60") {
		t.Errorf("the link gives another text:\n%s", after)
	}
	if seen := v.see("#weights"); !strings.Contains(seen, "trained with the example") {
		t.Errorf("the link lost the weights: %q", seen)
	}

	v.click("button[id=theme]") // not what the style says of #theme
	v.shot("dark")
	v.do(chromedp.EmulateViewport(390, 844))
	v.until("#state", "no errors")
	v.shot("narrow")
	if !v.holds("document.scrollingElement.scrollWidth <= 390") {
		t.Error("a narrow page is wider than its window")
	}
	if !v.holds(`[...document.querySelectorAll("#tabs button")].every((b) => b.getBoundingClientRect().right <= 390)`) {
		t.Error("tabs are beyond the edge of a narrow page")
	}
}

// keys presses a named key, with modifiers.
func (v *visit) keys(key string, with ...chromedp.Modifier) {
	v.Helper()
	var options []chromedp.KeyOption
	if len(with) > 0 {
		options = append(options, chromedp.KeyModifiers(with...))
	}
	v.do(chromedp.KeyEvent(key, options...))
}

// enter presses Enter as a keyboard does: what takes the key keeps it from writing a line.
func (v *visit) enter() {
	v.Helper()
	v.do(chromedp.KeyEvent(kb.Enter, func(k *input.DispatchKeyEventParams) {
		switch k.Type {
		case kb.KeyDown:
			k.Type, k.Text = input.DispatchKeyEventTypeKeyDown, "\r"
		case kb.KeyChar:
			k.Modifiers = int64(chromedp.ModifierAlt) // leaves it out: the browser makes it
		}
	}))
}

// selected is what is selected in the editor.
func (v *visit) selected() string {
	v.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("getSelection().toString()"))
	if err != nil {
		v.Fatal(err)
	}
	return text
}

// line is the line of the editor that the selection begins in.
func (v *visit) line() string {
	v.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`getSelection().anchorNode?.parentElement?.closest(".cm-line")?.innerText ?? ""`))
	if err != nil {
		v.Fatal(err)
	}
	return text
}

// TestEditor uses what the editor knows: hover, completion, definition, uses, rename, fixes.
func TestEditor(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	point := func(word string) {
		x, y := v.place("#editor .cm-content", word)
		v.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
	}
	at := func(word string) { // from a place that the hover does not cover
		v.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 300, 600))
		for end := time.Now().Add(patience); v.see(".cm-tooltip-hover") != "" && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		x, y := v.place("#editor .cm-content", word)
		v.do(chromedp.MouseClickXY(x, y))
	}
	point("hadamard")
	v.until(".cm-tooltip .about", "hadamard")
	v.shot("hover")
	point("relu")
	v.until(".cm-tooltip .about", "relu")

	at("onehot")
	v.keys(kb.Home)
	for range strings.Index("h <- hadamard(h) + U*onehot(t)", "U") {
		v.keys(kb.ArrowRight)
	}
	v.keys(kb.F12)
	onLine := func(how, name, line string) {
		t.Helper()
		for end := time.Now().Add(patience); v.selected() != name || !strings.HasPrefix(v.line(), line); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				v.shot("failed")
				t.Fatalf("%s selects %q in %q, not %q in %q", how, v.selected(), v.line(), name, line)
			}
		}
	}
	onLine("F12", "U", "param U")
	v.keys(kb.F12, chromedp.ModifierShift)
	onLine("Shift+F12", "U", "h <- ")
	v.keys(kb.F12, chromedp.ModifierShift)
	onLine("Shift+F12 at the last use", "U", "param U")
	x, y := v.place("#editor .cm-content", "relu")
	v.do(chromedp.MouseClickXY(x, y))               // elsewhere
	x, y = v.place("#editor .cm-content", "onehot") // whose middle is 15 characters behind that of hadamard, and 4.5 behind that of U
	left, _ := v.place("#editor .cm-content", "hadamard")
	v.do(chromedp.MouseClickXY(x-4.5*(x-left)/15, y, chromedp.ButtonModifiers(chromedp.ModifierCtrl)))
	onLine("Ctrl and a click", "U", "param U")
	v.keys(kb.F2)
	v.until(".cm-dialog", "Rename U to")
	v.shot("rename")
	v.do(chromedp.KeyEvent("Win"))
	v.enter()
	if text := v.until("#editor", "Win*onehot"); !strings.Contains(text, "param Win") {
		t.Errorf("not all places are renamed:\n%s", text)
	}
	v.until("#toast", "keeps the name U")
	v.keys("z", chromedp.ModifierCtrl)
	v.until("#editor", "U*onehot")
	v.until("#state", "no errors")

	// A misspelt word is mended by the button beside the problem.
	v.replace("hadamard", "hadamrad")
	v.until("#problems", "Change hadamrad to hadamard")
	v.click("#problems .fix")
	v.until("#editor", "hadamard(h)")
	v.until("#state", "no errors")

	// What is typed is completed.
	v.keys(kb.End, chromedp.ModifierCtrl)
	v.do(chromedp.KeyEvent("\ntarget c { mc"))
	v.until(".cm-tooltip-autocomplete", "mcu")
	v.shot("completion")
	time.Sleep(100 * time.Millisecond) // what has just come up takes no key yet
	v.enter()
	v.until("#editor", "mcu = ")
	v.do(chromedp.KeyEvent("atmega328"))
	v.until(".cm-tooltip-autocomplete", "atmega328p")
	time.Sleep(100 * time.Millisecond) // what has just come up takes no key yet
	v.enter()
	v.until("#editor", "mcu = atmega328p")
	v.until("#state", "no errors")
}

// kinds writes a table of recordings of two kinds, which are easily told.
func kinds(t *testing.T, dir string) string {
	t.Helper()
	data := filepath.Join(dir, "kinds.csv")
	var rows strings.Builder
	rows.WriteString("recording,x,kind\n")
	for r := range 40 {
		for s := range 8 {
			sign := 1 - 2*((r+s*(r%2))%2)
			fmt.Fprintf(&rows, "r%02d,%d.%d,%s\n", r, sign, (r*7+s*3)%10, []string{"same", "turns"}[r%2])
		}
	}
	if err := os.WriteFile(data, []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return data
}

// press presses a button of the tab that is shown.
func (v *visit) press(name string) {
	v.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll("#panel button")].find((b) => b.textContent === %q).click()`, name)))
}

// TestStop stops a training, which leaves the model as it was, and trains again.
func TestStop(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.drop(kinds(t, t.TempDir()))
	v.until("#panel", "kinds.csv")
	v.click(`#panel input[type="text"]`)
	v.do(chromedp.KeyEvent("id=recording label=kind epochs=9999 repeat=1 augment_shift=0 augment_noise=0"))
	v.press("Write a model for it")
	v.until("#weights", "Weights are random")
	for range 2 {
		v.press("Train")
		v.until("#panel .log", "epoch 2/9999")
		if !v.holds(`document.querySelector("#panel button.main").disabled`) {
			t.Error("a second training may be started beside the first")
		}
		v.press("Stop")
		v.until("#panel", "Stopped. Nothing was changed.")
		if seen := v.see("#weights"); !strings.Contains(seen, "Weights are random") {
			t.Errorf("the model has weights: %q", seen)
		}
	}
}

// TestStopNew stops what tries settings for a new model, which leaves the model as it was.
func TestStopNew(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.click("[data-tab=train]")
	v.press("Use a sample: motion.csv")
	v.until("#panel", "Write a model for it")
	v.press("Write a model for it")
	if seen := v.until("#panel", "short training"); strings.Contains(seen, "no train block") {
		t.Errorf("while a model is written, the page says of the old one that it cannot be trained: %q", seen)
	}
	if !v.holds(`document.querySelector("#panel progress").value > 0`) {
		t.Error("the bar stands still")
	}
	v.press("Stop")
	v.until("#panel", "Stopped. The model is as it was.")
	v.until("#editor", "model copy")
}

// TestSkip takes the first model of sampled data while settings are tried.
func TestSkip(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.click("[data-tab=train]")
	v.press("Use a sample: motion.csv")
	v.until("#panel", "Write a model for it")
	if seen := v.see("#panel"); strings.Contains(seen, "Skip the trials") {
		t.Errorf("there is nothing to skip: %q", seen)
	}
	v.press("Write a model for it")
	v.until("#panel", "Skip the trials")
	v.shot("trials")
	v.press("Skip the trials")
	if seen := v.until("#panel", "Why the model is as it is"); strings.Contains(seen, "tried") || strings.Contains(seen, "Stopped") || strings.Contains(seen, "Skip the trials") {
		t.Errorf("the trials were not skipped: %q", seen)
	}
	v.until("#editor", "model motion")
}

// TestChangedMeanwhile changes the text while it is trained: the weights are not taken, and nothing says that they are.
func TestChangedMeanwhile(t *testing.T) {
	v := open(t, "")
	v.until("#state", "no errors")
	v.drop(kinds(t, t.TempDir()))
	v.until("#panel", "kinds.csv")
	v.click(`#panel input[type="text"]`)
	v.do(chromedp.KeyEvent("id=recording label=kind epochs=60 repeat=1 augment_shift=0 augment_noise=0"))
	v.press("Write a model for it")
	v.until("#weights", "Weights are random")
	v.press("Train")
	v.until("#panel .log", "epoch 2/60")
	v.click("#editor .cm-content")
	v.keys(kb.Home, chromedp.ModifierCtrl)
	v.do(chromedp.KeyEvent("/"))
	if seen := v.until("#panel", "Trained in"); !strings.Contains(seen, "these weights are not taken") || strings.Contains(seen, "the model's now") {
		t.Errorf("weights of another text: %q", seen)
	}
	if seen := v.see("#weights"); !strings.Contains(seen, "Weights are random") {
		t.Errorf("the model has weights of another text: %q", seen)
	}
}

// TestDrop brings the page from a server, drops data on it, trains a model that it writes, runs it and takes it home.
func TestDrop(t *testing.T) {
	dir := t.TempDir()
	data := kinds(t, dir)
	for _, tool := range tools {
		if _, err := exttool.Find(tool); err != nil {
			t.Skipf("skipped: no %s: apt-get install %s", tool, exttool.Package(tool))
		}
	}
	dist, err := built()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dist)))
	t.Cleanup(server.Close)
	v := open(t, server.URL)
	if _, err := chromedp.CallBrowser(v.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir}); err != nil {
		t.Fatal(err)
	}
	v.until("#state", "no errors")
	v.drop(data)
	v.until("#panel", "kinds.csv")
	v.click(`#panel input[type="text"]`)
	v.do(chromedp.KeyEvent("id=recording label=kind epochs=4 repeat=1 augment_shift=0 augment_noise=0"))
	v.press("Write a model for it")
	v.until("#editor", "model kinds")
	v.until("#panel", "Why the model is as it is")
	v.until("#weights", "Weights are random")
	v.click("#panel button.main")
	v.until("#panel", "Trained in")
	if !v.holds(`document.querySelector("#panel iframe").srcdoc.includes("</html>")`) {
		t.Error("there is no report")
	}
	v.shot("trained")
	v.until("#weights", "Weights: model.safetensors")

	v.click("#take")
	home := filepath.Join(dir, "kinds.zip")
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if z, err := zip.OpenReader(home); err == nil {
			if len(z.File) < 20 {
				t.Errorf("the archive has %d files", len(z.File))
			}
			z.Close()
			break
		} else if time.Now().After(end) {
			t.Fatalf("%v; the page says %q", err, v.see("#toast"))
		}
	}

	v.click("[data-tab=run]")
	v.until("#panel", "golden")
	v.drop(data) // onto the tab that runs
	v.until("#panel", "of 40, 8 steps")
	v.until("#panel", "At the end it says")

	v.drop(filepath.Join("..", "README.md"))
	v.until("#toast", "is no model")
}
