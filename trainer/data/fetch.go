package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"time"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// The most that is fetched as one file, and as an archive: the largest known ones have 30 and 163 MB.
const (
	maxFetch   = 64 << 20
	maxArchive = 512 << 20
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

// Progress hears what is being done, and how many bytes of it are done; total is -1 where that is not known.
type Progress func(what string, done, total int)

// Get fetches what is missing or damaged of a known set, checks it against the table, and gives the folder that it is in:
// under $HRNNC_DATA when that is set, else under the user's cache.
func (k *Known) Get(ctx context.Context, report Progress) (dir string, err error) {
	if dir := k.Where(); dir != "" {
		bad := k.check(dir)
		if bad == nil {
			return dir, nil
		}
		if !k.replaces(dir) {
			return "", k.again(dir, bad)
		}
	}
	if k.URL == "" && k.Archive == nil || len(k.places()) == 0 {
		return "", k.missing()
	}
	dir = k.places()[0]
	if k.Archive != nil {
		return dir, k.fetchArchive(ctx, filepath.Join(dir, unpackedIn), report)
	}
	for _, f := range k.Files {
		if file := f.in(dir); file != "" && f.checkAt(file) == nil {
			continue
		}
		fileio.ForgetInputs(dir)
		if err := k.fetch(ctx, f, filepath.Join(dir, f.Name), report); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// fetch brings one file.
func (k *Known) fetch(ctx context.Context, f File, file string, report Progress) error {
	data, err := k.download(ctx, k.URL+f.Name, f.Name, maxFetch, report)
	if err != nil {
		return err
	}
	if err := f.check(k.URL+f.Name, data); err != nil {
		return err
	}
	// Not before: what cannot be fetched leaves no folder behind.
	if err := fileio.MakeFolder(filepath.Dir(file)); err != nil {
		return err
	}
	return fileio.WriteFile(file, data)
}

// fetchArchive brings what the set's authors publish, and unpacks what is needed of it to a folder.
func (k *Known) fetchArchive(ctx context.Context, to string, report Progress) error {
	if err := (&unpacker{archive: k.Archive}).onlyOurs(to); err != nil {
		return err // before much is fetched
	}
	name := path.Base(k.Archive.URL)
	data, err := k.download(ctx, k.Archive.URL, name, maxArchive, report)
	if err != nil {
		return err
	}
	if err := k.Archive.check(k.Archive.URL, data); err != nil {
		return err
	}
	err = k.Archive.unpackTo(ctx, to, k.Archive.URL, data, func(done int) { report("unpacking "+name, done, -1) })
	if dir := k.Where(); err != nil && ctx.Err() == nil && dir != "" && k.check(dir) == nil {
		return nil // another process was first
	}
	return err
}

// download brings the bytes of one file; an error is a diagnostic, or the context's.
func (k *Known) download(ctx context.Context, from, name string, most int, report Progress) ([]byte, error) {
	data, err := download(ctx, from, most, func(done, total int) { report("fetching "+name, done, total) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fail(k.Name, "").Errorf(code, "%s cannot be fetched: %v", name, err).Helpf("%s", k.ways())
	}
	return data, nil
}

func download(ctx context.Context, from string, most int, report func(done, total int)) ([]byte, error) {
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
		return nil, fmt.Errorf("it is larger than %d bytes", most)
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
