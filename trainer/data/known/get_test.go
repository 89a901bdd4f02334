package known

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// served is a known set on a server of the test, which has only the files given.
func served(t *testing.T, list map[string]string) *Set {
	t.Helper()
	t.Setenv(DirVariable, filepath.Join(t.TempDir(), "data"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return &Set{Name: "small", Folder: "small", URL: filetest.Serve(t, list),
		Files: []File{{"a", digest([]byte("one")), ""}, {"b.gz", "", digest([]byte("two"))}}}
}

// get fetches a set without an archive.
func get(ctx context.Context, k *Set, report Progress) (string, error) {
	return k.Get(ctx, report, func(string) error { panic("there is no archive") })
}

func TestGet(t *testing.T) {
	k := served(t, map[string]string{"a": "one", "b.gz": string(filetest.Gzip(t, "two"))})
	said := map[string]bool{}
	dir, err := get(context.Background(), k, func(what string, _, _ int) { said[what] = true })
	if err != nil || dir != filepath.Join(os.Getenv(DirVariable), "small") || len(said) != 2 || k.Where() != dir {
		t.Fatalf("%s, %v, said %v", dir, err, said)
	}
	if again, err := get(context.Background(), k, func(what string, _, _ int) { t.Errorf("%s again", what) }); err != nil || again != dir {
		t.Errorf("%s, %v", again, err)
	}
}

// TestGetDamaged has a file in place that is not the known one: it is fetched again, and the other is not.
func TestGetDamaged(t *testing.T) {
	k := served(t, map[string]string{"a": "one"})
	place := k.places()[0]
	filetest.Write(t, place, "a", []byte("damaged"))
	filetest.Write(t, place, "b.gz", filetest.Gzip(t, "two"))
	if err := k.Again(place, k.CheckFiles(place)); err == nil || !strings.Contains(err.Error(), "is not the known file: its SHA-256 is") || !strings.Contains(err.Error(), "help: hrnnc data get small  fetches it again") {
		t.Errorf("got %v", err)
	}
	if dir, err := get(context.Background(), k, func(string, int, int) {}); err != nil || dir != place || k.CheckFiles(dir) != nil {
		t.Errorf("%s, %v", dir, err)
	}
	filetest.Write(t, place, "a", []byte("damaged"))
	k.URL = ""
	if _, err := get(context.Background(), k, func(string, int, int) {}); err == nil || !strings.Contains(err.Error(), "is not the known file") {
		t.Errorf("got %v", err)
	}
}

func TestGetErrors(t *testing.T) {
	say := func(string, int, int) {}
	k := served(t, map[string]string{"a": "one", "b.gz": "other"})
	if _, err := get(context.Background(), k, say); err == nil || !strings.Contains(err.Error(), "b.gz: error[data]: is not the known file") || k.Where() != "" {
		t.Errorf("got %v", err)
	}
	k = served(t, nil)
	_, err := get(context.Background(), k, say)
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
	if _, err := get(ctx, k, say); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	k.URL = ""
	if _, err := get(context.Background(), k, say); err == nil || !strings.Contains(err.Error(), "help: put a, b.gz into $HRNNC_DATA/small (hrnnc knows no place to fetch it from; it was made from )") {
		t.Errorf("got %v", err)
	}
	k = served(t, map[string]string{"a": "one"})
	t.Setenv(DirVariable, filetest.Write(t, t.TempDir(), "file", nil))
	if _, err := get(context.Background(), k, say); err == nil || !strings.Contains(err.Error(), "the folder cannot be made: not a directory; help: choose") {
		t.Errorf("got %v", err)
	}
}

// TestFileIsItsContent takes a file for the known one however it is packed.
func TestFileIsItsContent(t *testing.T) {
	labels := File{Name: "l.gz", SHA256: "none", Unpacked: digest([]byte("labels"))}
	for _, data := range [][]byte{[]byte("labels"), filetest.Gzip(t, "labels")} {
		if err := labels.check("l.gz", data); err != nil {
			t.Error(err)
		}
	}
	if err := labels.check("l.gz", filetest.Gzip(t, "other labels")); err == nil {
		t.Error("other content passes")
	}
}
