//go:build unix

// Command runtests runs go test and says how it went: a line a package, the output of what failed, what was skipped and why,
// the slowest tests and, last, how many passed, failed and were skipped. No test has a limit of its own, which a loaded
// machine would meet; all of them together have one, -within, and what still ran then is named. Start with main; the counting
// is in results.go.
//
//	go run ./scripts/runtests -within 85m ./...
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// silence is how long nothing may happen before what runs is named.
const silence = 2 * time.Minute

func main() {
	within := flag.Duration("within", 85*time.Minute, "what all tests together may take")
	flag.Parse()
	args := flag.Args()
	if len(args) == 0 {
		args = []string{"./..."}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, *within, fmt.Errorf("%v are over", *within))
	defer cancel()
	r := newResults()
	err := run(ctx, args, r)
	r.broken = err != nil
	if ctx.Err() != nil {
		fmt.Printf("stopped: %v\n", context.Cause(ctx))
	}
	fmt.Print(r.summary())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || ctx.Err() != nil {
		os.Exit(1)
	}
}

// run runs the tests, and prints what happens as it does.
func run(ctx context.Context, args []string, r *results) error {
	c := exec.CommandContext(ctx, "go", append([]string{"test", "-json", "-timeout", "0"}, args...)...)
	// Test programs and the compilers and simulators that they run belong to the group, and end with it.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<26)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	for quiet := time.NewTicker(silence); ; {
		select {
		case line, ok := <-lines:
			if !ok {
				return c.Wait()
			}
			said := r.take(parse(line))
			if said == "" {
				continue
			}
			fmt.Print(said)
		case <-quiet.C:
			fmt.Printf("running: %s\n", strings.Join(r.running(time.Now()), ", "))
		}
		quiet.Reset(silence)
	}
}

// parse reads a line of go test -json; what is none is output.
func parse(line string) event {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return event{Action: "output", Output: line + "\n"}
	}
	return e
}
