package data

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// served is a known set on a server of the test, which has only the files given.
func served(t *testing.T, list map[string]string) *Known {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := list[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(content)) // a client that has gone away is no fault
	}))
	t.Cleanup(server.Close)
	before := client
	client = server.Client()
	t.Cleanup(func() { client = before })
	t.Setenv(DirVariable, filepath.Join(t.TempDir(), "data"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return &Known{Name: "small", Folder: "small", URL: server.URL + "/",
		Files: []File{{"a", digest([]byte("one")), ""}, {"b.gz", "", digest([]byte("two"))}}}
}

func TestGet(t *testing.T) {
	k := served(t, map[string]string{"a": "one", "b.gz": string(filetest.Gzip(t, "two"))})
	said := map[string]bool{}
	dir, err := k.Get(context.Background(), func(what string, _, _ int) { said[what] = true })
	if err != nil || dir != filepath.Join(os.Getenv(DirVariable), "small") || len(said) != 2 || k.Where() != dir {
		t.Fatalf("%s, %v, said %v", dir, err, said)
	}
	if again, err := k.Get(context.Background(), func(what string, _, _ int) { t.Errorf("%s again", what) }); err != nil || again != dir {
		t.Errorf("%s, %v", again, err)
	}
}

// TestGetDamaged has a file in place that is not the known one: it is fetched again, and the other is not.
func TestGetDamaged(t *testing.T) {
	k := served(t, map[string]string{"a": "one"})
	place := k.places()[0]
	write(t, place, "a", []byte("damaged"))
	write(t, place, "b.gz", filetest.Gzip(t, "two"))
	if _, err := k.open(Defaults()); err == nil || !strings.Contains(err.Error(), "is not the known file: its SHA-256 is") || !strings.Contains(err.Error(), "help: hrnnc data get small  fetches it again") {
		t.Errorf("got %v", err)
	}
	if dir, err := k.Get(context.Background(), func(string, int, int) {}); err != nil || dir != place || k.checkFiles(dir) != nil {
		t.Errorf("%s, %v", dir, err)
	}
	write(t, place, "a", []byte("damaged"))
	k.URL = ""
	if _, err := k.Get(context.Background(), func(string, int, int) {}); err == nil || !strings.Contains(err.Error(), "is not the known file") {
		t.Errorf("got %v", err)
	}
}

func TestGetErrors(t *testing.T) {
	say := func(string, int, int) {}
	k := served(t, map[string]string{"a": "one", "b.gz": "other"})
	if _, err := k.Get(context.Background(), say); err == nil || !strings.Contains(err.Error(), "b.gz: error[data]: is not the known file") || k.Where() != "" {
		t.Errorf("got %v", err)
	}
	k = served(t, nil)
	_, err := k.Get(context.Background(), say)
	for _, want := range []string{"small: error[data]: a cannot be fetched: 127.0.0.1:", "answers 404 Not Found", "hrnnc data get small  where there is a network", "put a, b.gz into $HRNNC_DATA/small"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	if files.Exists(os.Getenv(DirVariable)) {
		t.Error("what was not fetched left a folder behind")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := k.Get(ctx, say); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	k.URL = ""
	if _, err := k.Get(context.Background(), say); err == nil || !strings.Contains(err.Error(), "help: put a, b.gz into $HRNNC_DATA/small (hrnnc knows no place to fetch it from; it was made from )") {
		t.Errorf("got %v", err)
	}
	k = served(t, map[string]string{"a": "one"})
	t.Setenv(DirVariable, write(t, t.TempDir(), "file", nil))
	if _, err := k.Get(context.Background(), say); err == nil || !strings.Contains(err.Error(), "the folder cannot be made: not a directory; help: choose") {
		t.Errorf("got %v", err)
	}
}

func TestGetStaysEncrypted(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("one")) }))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	before := client
	t.Cleanup(func() { client = before })
	client = secure.Client()
	client.CheckRedirect = onlyEncrypted
	if _, err := download(context.Background(), secure.URL, 10, func(int, int) {}); err == nil || !strings.Contains(err.Error(), "which is not encrypted") {
		t.Errorf("got %v", err)
	}
	if data, err := download(context.Background(), plain.URL, 10, func(int, int) {}); err != nil || string(data) != "one" {
		t.Errorf("%q, %v", data, err)
	}
}
