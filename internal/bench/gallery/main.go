// Command gallery makes docs/gallery.md and the drawings in docs/gallery: every example with its task, what it reaches and what it
// costs on chips. Nothing in the page is typed in: it is made of the models' own text, of what the other benchmarks keep in
// docs/benchmarks, and of gallery.json there, which holds how the weights of each example decide about its test part.
//
//	go run ./internal/bench/gallery                      # writes the page from what is kept
//	go run ./internal/bench/gallery -measure ecg,digits  # scores those, or all, anew before: needs the data sets, docs/data.md
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
)

func main() {
	measured := flag.String("measure", "", "examples, with commas, or all, to score anew")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, ".", *measured); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, root, names string) error {
	if names != "" {
		if err := measureAll(ctx, root, names); err != nil {
			return err
		}
	}
	files, err := render(root)
	if err != nil {
		return err
	}
	drawings, err := filepath.Glob(filepath.Join(root, "docs", "gallery", "*.svg"))
	if err != nil {
		return err
	}
	for _, f := range drawings { // of examples that are gone
		if name, err := filepath.Rel(root, f); err == nil && files[filepath.ToSlash(name)] == nil {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "docs", "gallery"), 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, files[name]) {
			continue
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		log.Print(name)
		if err := fileio.WriteFile(path, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// hash is that of a model as it is loaded: its statements and the values of its weights.
func hash(m *compiler.Model) string {
	sum := sha256.Sum256([]byte(ir.Text(m.Loaded())))
	return hex.EncodeToString(sum[:8])
}

// keptIn holds evidence by example.
const keptIn = "gallery.json"

func measureAll(ctx context.Context, root, names string) error {
	all, err := results.Examples(root)
	if err != nil {
		return err
	}
	list := strings.Split(names, ",")
	if names == "all" {
		list = all
	}
	kept := map[string]*evidence{}
	if err := results.Read(root, keptIn, &kept); err != nil {
		return err
	}
	for _, name := range list {
		log.Printf("scoring %s", name)
		dir := filepath.Join(root, "examples", name)
		if kept[name], err = measure(ctx, dir); err != nil {
			return err
		}
		m, err := compiler.Load(filepath.Join(dir, "model.hrn"), "")
		if err != nil {
			return err
		}
		kept[name].Of = hash(m)
	}
	maps.DeleteFunc(kept, func(name string, _ *evidence) bool { return !slices.Contains(all, name) })
	return results.Write(root, keptIn, kept)
}
