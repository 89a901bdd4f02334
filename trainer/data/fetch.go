package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"hrnnc/internal/fileio"
)

// maxFetch is the most that is fetched as one file: the largest known one has 30 MB.
const maxFetch = 64 << 20

// client gives up on a network that does not answer; a slow one may take its time.
var client = &http.Client{Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	TLSHandshakeTimeout:   10 * time.Second,
	ResponseHeaderTimeout: 30 * time.Second,
}}

// Get fetches the files of a known set that are missing, checks them against the table, and gives the folder they are
// in: under $HRNNC_DATA when that is set, else under the user's cache. say hears what is fetched.
func (k *Known) Get(ctx context.Context, say func(string)) (dir string, err error) {
	if dir := k.Where(); dir != "" {
		return dir, nil
	}
	if k.URL == "" || len(k.places()) == 0 {
		return "", k.missing()
	}
	dir = k.places()[0]
	for _, f := range k.Files {
		if f.in(dir) != "" {
			continue
		}
		say("fetching " + f.Name)
		if err := k.fetch(ctx, f, filepath.Join(dir, f.Name)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// fetch brings one file.
func (k *Known) fetch(ctx context.Context, f File, path string) error {
	data, err := download(ctx, k.URL+f.Name)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fail(k.Name, "").Errorf(code, "%s cannot be fetched: %v", f.Name, err).Helpf("%s", k.ways())
	}
	if err := f.check(k.URL+f.Name, data); err != nil {
		return err
	}
	// Not before: what cannot be fetched leaves no folder behind.
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(dir, "").Errorf(code, "cannot be made: %v", errors.Unwrap(err)).Helpf("set $%s to a folder that may be written to", DirVariable)
	}
	return fileio.WriteFile(path, data)
}

func download(ctx context.Context, from string) ([]byte, error) {
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
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxFetch+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > maxFetch {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFetch)
	}
	return data, nil
}

// reason is a network's error without the address, which the diagnostic says.
func reason(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
