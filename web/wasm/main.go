//go:build js

// The command wasm is the playground for a Web Worker: hrnnc.call(name, arguments, tell, done) answers a question of package
// playground, in JSON; tell hears what a long one is at, done the answer. hrnnc.cancel() ends it. Files are those of the worker's fs.
package main

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"syscall/js"
	"time"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/web/playground"
)

// call is a question that waits.
type call struct {
	name       string
	args       string
	tell, done js.Value
}

func main() {
	debug.SetGCPercent(400) // what a question takes is small; collecting it took a sixth of the time
	calls := make(chan call, 64)
	cancel := func() {}
	hrnnc := map[string]any{
		"version": compiler.Version,
		"call": js.FuncOf(func(_ js.Value, a []js.Value) any {
			calls <- call{a[0].String(), a[1].String(), a[2], a[3]}
			return nil
		}),
		"cancel": js.FuncOf(func(js.Value, []js.Value) any { cancel(); return nil }),
	}
	js.Global().Set("hrnnc", hrnnc)
	js.Global().Call("hrnncReady")
	p := &playground.Playground{}
	for c := range calls {
		var ctx context.Context
		ctx, cancel = context.WithCancel(context.Background())
		p.Tell = func(news any) {
			if text, err := json.Marshal(news); err == nil {
				c.tell.Invoke(string(text))
				time.Sleep(time.Millisecond) // so that the worker hears a cancel
			}
		}
		c.done.Invoke(string(p.Call(ctx, c.name, []byte(c.args))))
		cancel()
	}
}
