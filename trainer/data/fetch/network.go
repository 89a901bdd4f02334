//go:build !js

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// idle is how long a server may send nothing.
const idle = 60 * time.Second

// client gives up on a network that does not answer; a slow one may take its time. What began encrypted stays so.
var client = &http.Client{CheckRedirect: onlyEncrypted, Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	TLSHandshakeTimeout:   10 * time.Second,
	ResponseHeaderTimeout: 30 * time.Second,
}}

// onlyEncrypted refuses to be led from https to http.
func onlyEncrypted(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("it is redirected in a circle")
	}
	if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("%s redirects to %s://%s, which is not encrypted", via[len(via)-1].URL.Host, next.URL.Scheme, next.URL.Host)
	}
	return nil
}

// Bytes brings the bytes of one file, at most so many; report hears how many there are, and of how many, -1 where that is not known.
func Bytes(ctx context.Context, from string, most int, report func(done, total int)) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(idle, func() { stop(fmt.Errorf("it sent nothing for %v", idle)) })
	defer watch.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", req.URL.Host, resp.Status)
	}
	total := -1
	if resp.ContentLength >= 0 && resp.ContentLength <= int64(most) {
		total = int(resp.ContentLength)
	}
	data, err := io.ReadAll(&counter{r: io.LimitReader(resp.Body, int64(most)+1), report: func(done int) {
		watch.Reset(idle)
		report(done, total)
	}})
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > most {
		return nil, fmt.Errorf("it is larger than %s", diag.Count(most, "byte"))
	}
	return data, nil
}

// counter reports how much has been read through it.
type counter struct {
	r      io.Reader
	done   int
	report func(done int)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += n
	c.report(c.done)
	return n, err
}

// reason is a network's error without the address, which the diagnostic says.
func reason(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
