package hrnnc

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/hrnnc/hrnnc/compiler"
)

// Code is what was generated of a model.
type Code struct {
	// Files are sorted by their paths.
	Files []File
	out   *compiler.Output
}

// File is one generated file.
type File struct {
	Path string // with slashes, below the target's folder: "c/model.c"
	Data []byte
}

// Targets are the names of the targets that Compile knows: "go", "c", "verilog".
func Targets() []string { return compiler.TargetNames() }

// Compile generates the code of targets, of all where none is named. The same model gives the same bytes. The settings of
// the targets are those of the model's target blocks.
func (m *Model) Compile(ctx context.Context, targets ...string) (*Code, error) {
	chosen, err := compiler.FindTargets(targets)
	if err != nil {
		return nil, public(err)
	}
	l, err := m.lower()
	if err != nil {
		return nil, public(err)
	}
	out, err := l.Compile(ctx, chosen)
	if err != nil {
		return nil, public(err)
	}
	c := &Code{out: out}
	for _, name := range slices.Sorted(maps.Keys(out.Files)) {
		for _, f := range out.Files[name] {
			c.Files = append(c.Files, File{name + "/" + f.Path, f.Data})
		}
	}
	slices.SortFunc(c.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return c, nil
}

// Write puts the files and a manifest into a folder, whole or not at all. A folder with anything in it that hrnnc did not write, or
// that was changed since, is left alone and an [Error].
func (c *Code) Write(folder string) error { return public(c.out.Write(folder, false)) }
