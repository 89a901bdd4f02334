package known

import (
	"context"
	"path"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/fetch"
)

// The most that is fetched as one file, and as an archive: the largest known ones have 30 and 163 MB.
const (
	maxFetch   = 64 << 20
	maxArchive = 512 << 20
)

// Progress hears what is being done, and how many bytes of it are done; total is -1 where that is not known.
type Progress func(what string, done, total int)

// Get fetches what is missing or damaged of a set, checks it against the table, and gives the folder that it is in: under
// $HRNNC_DATA when that is set, else under the user's cache. whole reads an unpacked archive, all of it.
func (k *Set) Get(ctx context.Context, report Progress, whole func(root string) error) (dir string, err error) {
	if dir := k.Where(); dir != "" {
		bad := k.Check(dir, whole)
		if bad == nil {
			return dir, nil
		}
		if !k.replaces(dir) {
			return "", k.Again(dir, bad)
		}
	}
	if k.URL == "" && k.Archive == nil || len(k.places()) == 0 {
		return "", k.Missing()
	}
	dir = k.places()[0]
	if k.Archive != nil {
		return dir, k.fetchArchive(ctx, filepath.Join(dir, fetch.UnpackedIn), report, whole)
	}
	for _, f := range k.Files {
		if file := f.In(dir); file != "" && f.checkAt(file) == nil {
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
func (k *Set) fetch(ctx context.Context, f File, file string, report Progress) error {
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
func (k *Set) fetchArchive(ctx context.Context, to string, report Progress, whole func(root string) error) error {
	if err := k.Archive.MayReplace(to); err != nil {
		return err // before much is fetched
	}
	name := path.Base(k.Archive.URL)
	data, err := k.download(ctx, k.Archive.URL, name, maxArchive, report)
	if err != nil {
		return err
	}
	if err := k.Archive.Check(k.Archive.URL, data); err != nil {
		return err
	}
	err = k.Archive.UnpackTo(ctx, to, k.Archive.URL, data, whole, func(done int) { report("unpacking "+name, done, -1) })
	if dir := k.Where(); err != nil && ctx.Err() == nil && dir != "" && k.Check(dir, whole) == nil {
		return nil // another process was first
	}
	return err
}

// download brings the bytes of one file; an error is a diagnostic, or the context's.
func (k *Set) download(ctx context.Context, from, name string, most int, report Progress) ([]byte, error) {
	data, err := fetch.Bytes(ctx, from, most, func(done, total int) { report("fetching "+name, done, total) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, diag.InFile(k.Name, "").Errorf(code, "%s cannot be fetched: %v", name, err).Helpf("%s", k.ways())
	}
	return data, nil
}
