package data

import (
	"archive/zip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npy"
)

// arrays are numpy arrays by name, read when asked for: those of an .npz file, or the .npy files of a folder.
type arrays struct {
	file  string
	names []string
	asked map[string]bool // names that were asked for
	read  func(name string) (*npy.Raw, error)
}

func openNpz(path string) (*arrays, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if !fileio.IsZip(data) {
		return nil, fail(path, "").Errorf(code, "is not an .npz file").Helpf("save the arrays with np.savez")
	}
	z, err := fileio.OpenZip(path, data, code)
	if err != nil {
		return nil, err
	}
	entries := map[string]*zip.File{}
	a := &arrays{file: path, asked: map[string]bool{}}
	for _, e := range z.Entries {
		if name, ok := strings.CutSuffix(e.Name, ".npy"); ok {
			entries[name] = e
			a.names = append(a.names, name)
		}
	}
	slices.Sort(a.names)
	need := int64(0)
	a.read = func(name string) (*npy.Raw, error) {
		// Its bytes, and its values in the type that they are kept in. All that is read is counted.
		need += 2 * int64(entries[name].UncompressedSize64)
		if err := fits(path, need, int64(len(data))); err != nil {
			return nil, err
		}
		body, err := z.Read(entries[name])
		if err != nil {
			return nil, err
		}
		return npy.ReadRaw(path, "array "+diag.Short(name), body)
	}
	return a, nil
}

// openNpyFolder offers the .npy files of a folder.
func openNpyFolder(dir string) (*arrays, error) {
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.npy"))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	a := &arrays{file: dir, asked: map[string]bool{}}
	for _, f := range files {
		a.names = append(a.names, strings.TrimSuffix(filepath.Base(f), ".npy"))
	}
	slices.Sort(a.names)
	a.read = func(name string) (*npy.Raw, error) {
		path := filepath.Join(dir, name+".npy")
		data, err := fileio.Read(path, code)
		if err != nil {
			return nil, err
		}
		return npy.ReadRaw(path, "", data)
	}
	return a, nil
}

// escapeGlob makes a folder's name mean itself in a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

func (a *arrays) has(name string) bool { return slices.Contains(a.names, name) }

// get reads an array that must be there.
func (a *arrays) get(name string) (*npy.Raw, error) {
	if !a.has(name) {
		return nil, fail(a.file, "").Errorf(code, "holds no array %s", name).Helpf("it holds %s", diag.Names(a.names))
	}
	a.asked[name] = true
	return a.read(name)
}

// tensor reads an array of numbers in the most compact type that holds them.
func (a *arrays) tensor(name string) (tensor, error) { return a.tensorOf(name, nil) }

// tensorOf is tensor, of text too where the words are to be numbered; an empty one is -1.
func (a *arrays) tensorOf(name string, words *intern) (tensor, error) {
	t, err := a.numbersOf(name, words)
	if err != nil {
		return t, err
	}
	return t, checkFinite(fail(a.file, "array "+diag.Short(name)), diag.Short(name), t)
}

// numbersOf is tensorOf, of NaN and infinite numbers too.
func (a *arrays) numbersOf(name string, words *intern) (tensor, error) {
	raw, err := a.get(name)
	if err != nil {
		return tensor{}, err
	}
	at := fail(a.file, "array "+diag.Short(name))
	if raw.Kind == 'U' && words == nil {
		return tensor{}, at.Errorf(code, "holds text").Helpf("numbers are needed here")
	}
	if len(raw.Shape) == 0 {
		return tensor{}, at.Errorf(code, "is a single number").Helpf("its first axis must count the sequences")
	}
	t := tensor{shape: raw.Shape}
	if raw.Kind == 'U' {
		t.numbers = spelt{fill(raw.Len(), func(i int) int32 { return words.orNone(clean(raw.Text(i))) })}
		return t, nil
	}
	if n := beyond(raw); n >= 0 {
		return t, at.Errorf(code, "%s%s is %d; integers are %d to %d here", diag.Short(name), t.place(n), raw.Int(n), math.MinInt32, math.MaxInt32).
			Helpf("scale it, or save it as float64")
	}
	t.numbers = compact(raw)
	return t, nil
}

// beyond finds an integer that an int32 cannot hold; -1 when there is none.
func beyond(raw *npy.Raw) int {
	if !raw.IsInt() || raw.Size < 4 {
		return -1
	}
	for i := range raw.Len() {
		if v := raw.Int(i); v != int64(int32(v)) || v < 0 && raw.Kind == 'u' {
			return i
		}
	}
	return -1
}

// compact keeps numbers in the smallest type of this package that holds them.
func compact(raw *npy.Raw) numbers {
	switch {
	case raw.Kind == 'f' && raw.Size == 2:
		out := make(halves, raw.Len())
		for i := range out {
			out[i] = raw.Half(i)
		}
		return out
	case raw.Kind == 'f' && raw.Size == 4:
		return fill(raw.Len(), func(i int) float32 { return float32(raw.Float(i)) })
	case raw.Kind == 'f':
		return exact(raw.Len(), lastAxis(raw.Shape), raw.Float)
	case raw.Kind == 'i' && raw.Size <= 2:
		return fill(raw.Len(), func(i int) int16 { return int16(raw.Int(i)) })
	case raw.Size == 1:
		return fill(raw.Len(), func(i int) uint8 { return uint8(raw.Int(i)) })
	case raw.Size == 2:
		return fill(raw.Len(), func(i int) uint16 { return uint16(raw.Int(i)) })
	}
	return fill(raw.Len(), func(i int) int32 { return int32(raw.Int(i)) })
}

func fill[S uint8 | uint16 | int16 | int32 | float32 | float64](n int, value func(int) S) packed[S] {
	out := make(packed[S], n)
	for i := range out {
		out[i] = value(i)
	}
	return out
}

// lastAxis is the length of the last axis, which tells the channels of a step.
func lastAxis(shape []int) int {
	if len(shape) < 2 {
		return 1
	}
	return max(1, shape[len(shape)-1])
}

// integers reads a one-dimensional array of integers, such as labels or persons.
func (a *arrays) integers(name string) ([]int32, error) {
	t, err := a.tensor(name)
	if err != nil {
		return nil, err
	}
	return a.column(name, t)
}

// column is the integers of an array that must have one for each sequence.
func (a *arrays) column(name string, t tensor) ([]int32, error) {
	what := "its shape is " + diag.Shape(t.shape)
	if isFloat(t.numbers) {
		what = "it holds floats"
	} else if len(t.shape) == 1 {
		return allInts(t.numbers), nil
	}
	return nil, fail(a.file, "array "+diag.Short(name)).Errorf(code, "%s", what).Helpf("one integer for each sequence is needed")
}

// spelt are the numbers of words.
type spelt struct{ packed[int32] }

func isText(n numbers) bool {
	_, ok := n.(spelt)
	return ok
}

func isFloat(n numbers) bool {
	switch n.(type) {
	case packed[float32], packed[float64], decimals, halves:
		return true
	}
	return false
}

func allInts(n numbers) []int32 {
	out := make([]int32, n.len())
	n.ints(0, out)
	return out
}

// exists reports whether there is a file or folder.
func exists(path ...string) bool {
	_, err := os.Stat(filepath.Join(path...))
	return err == nil
}

// wholeFloats reports whether all values are whole numbers, as class numbers saved as floats are.
func wholeFloats(n numbers) bool {
	buf := make([]float64, n.len())
	n.floats(0, buf)
	return !slices.ContainsFunc(buf, func(v float64) bool { return v != math.Trunc(v) })
}

// noteUnread says which arrays are not read.
func (a *arrays) noteUnread(p *pool) {
	var unread []string
	for _, name := range a.names {
		if !a.asked[name] {
			unread = append(unread, diag.Short(name))
		}
	}
	if len(unread) > 0 {
		p.note("arrays that are not read: %s; arrays = \"x=NAME,y=NAME,groups=NAME,lengths=NAME\" says which is what", listed(unread))
	}
}
