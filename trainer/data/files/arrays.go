package files

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

// Arrays are numpy arrays by name, read when asked for: those of an .npz file, or the .npy files of a folder.
type Arrays struct {
	File  string
	Names []string
	asked map[string]bool // names that were asked for
	read  func(name string) (*npy.Raw, error)
}

// OpenNpz offers the arrays of an .npz file.
func OpenNpz(path string) (*Arrays, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if !fileio.IsZip(data) {
		return nil, diag.InFile(path, "").Errorf(code, "is not an .npz file").Helpf("save the arrays with np.savez")
	}
	z, err := fileio.OpenZip(path, data, code)
	if err != nil {
		return nil, err
	}
	entries := map[string]*zip.File{}
	a := &Arrays{File: path, asked: map[string]bool{}}
	for _, e := range z.Entries {
		if name, ok := strings.CutSuffix(e.Name, ".npy"); ok {
			entries[name] = e
			a.Names = append(a.Names, name)
		}
	}
	slices.Sort(a.Names)
	need := int64(0)
	a.read = func(name string) (*npy.Raw, error) {
		// Its bytes, and its values in the type that they are kept in. All that is read is counted.
		need += 2 * int64(entries[name].UncompressedSize64)
		if err := Fits(path, need, int64(len(data))); err != nil {
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

// OpenNpyFolder offers the .npy files of a folder.
func OpenNpyFolder(dir string) (*Arrays, error) {
	files, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(dir), "*.npy"))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	a := &Arrays{File: dir, asked: map[string]bool{}}
	for _, f := range files {
		a.Names = append(a.Names, strings.TrimSuffix(filepath.Base(f), ".npy"))
	}
	slices.Sort(a.Names)
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

// Has reports whether there is an array of this name.
func (a *Arrays) Has(name string) bool { return slices.Contains(a.Names, name) }

// Get reads an array that must be there.
func (a *Arrays) Get(name string) (*npy.Raw, error) {
	if !a.Has(name) {
		return nil, diag.InFile(a.File, "").Errorf(code, "holds no array %s", name).Helpf("it holds %s", diag.Names(a.Names))
	}
	a.asked[name] = true
	return a.read(name)
}

// Tensor reads an array of numbers in the most compact type that holds them.
func (a *Arrays) Tensor(name string) (Tensor, error) { return a.TensorOf(name, nil) }

// TensorOf is tensor, of text too where the words are to be numbered; an empty one is -1.
func (a *Arrays) TensorOf(name string, words *Words) (Tensor, error) {
	t, err := a.NumbersOf(name, words)
	if err != nil {
		return t, err
	}
	return t, CheckFinite(diag.InFile(a.File, "array "+diag.Short(name)), diag.Short(name), t)
}

// NumbersOf is tensorOf, of NaN and infinite numbers too.
func (a *Arrays) NumbersOf(name string, words *Words) (Tensor, error) {
	raw, err := a.Get(name)
	if err != nil {
		return Tensor{}, err
	}
	at := diag.InFile(a.File, "array "+diag.Short(name))
	if raw.Kind == 'U' && words == nil {
		return Tensor{}, at.Errorf(code, "holds text").Helpf("numbers are needed here")
	}
	if len(raw.Shape) == 0 {
		return Tensor{}, at.Errorf(code, "is a single number").Helpf("its first axis must count the sequences")
	}
	t := Tensor{Shape: raw.Shape}
	if raw.Kind == 'U' {
		t.Numbers = spelt{Fill(raw.Len(), func(i int) int32 { return words.OrNone(Clean(raw.Text(i))) })}
		return t, nil
	}
	if n := beyond(raw); n >= 0 {
		return t, at.Errorf(code, "%s%s is %d; integers are %d to %d here", diag.Short(name), t.Place(n), raw.Int(n), math.MinInt32, math.MaxInt32).
			Helpf("scale it, or save it as float64")
	}
	t.Numbers = compact(raw)
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
func compact(raw *npy.Raw) Numbers {
	switch {
	case raw.Kind == 'f' && raw.Size == 2:
		out := make(halves, raw.Len())
		for i := range out {
			out[i] = raw.Half(i)
		}
		return out
	case raw.Kind == 'f' && raw.Size == 4:
		return Fill(raw.Len(), func(i int) float32 { return float32(raw.Float(i)) })
	case raw.Kind == 'f':
		return exact(raw.Len(), LastAxis(raw.Shape), raw.Float)
	case raw.Kind == 'i' && raw.Size <= 2:
		return Fill(raw.Len(), func(i int) int16 { return int16(raw.Int(i)) })
	case raw.Size == 1:
		return Fill(raw.Len(), func(i int) uint8 { return uint8(raw.Int(i)) })
	case raw.Size == 2:
		return Fill(raw.Len(), func(i int) uint16 { return uint16(raw.Int(i)) })
	}
	return Fill(raw.Len(), func(i int) int32 { return int32(raw.Int(i)) })
}

// Fill makes n numbers of a type.
func Fill[S uint8 | uint16 | int16 | int32 | float32 | float64](n int, value func(int) S) Packed[S] {
	out := make(Packed[S], n)
	for i := range out {
		out[i] = value(i)
	}
	return out
}

// LastAxis is the length of the last axis, which tells the channels of a step.
func LastAxis(shape []int) int {
	if len(shape) < 2 {
		return 1
	}
	return max(1, shape[len(shape)-1])
}

// Integers reads a one-dimensional array of integers, such as labels or persons.
func (a *Arrays) Integers(name string) ([]int32, error) {
	t, err := a.Tensor(name)
	if err != nil {
		return nil, err
	}
	return a.Column(name, t)
}

// Column is the integers of an array that must have one for each sequence.
func (a *Arrays) Column(name string, t Tensor) ([]int32, error) {
	what := "its shape is " + diag.Shape(t.Shape)
	if IsFloat(t.Numbers) {
		what = "it holds floats"
	} else if len(t.Shape) == 1 {
		return AllInts(t.Numbers), nil
	}
	return nil, diag.InFile(a.File, "array "+diag.Short(name)).Errorf(code, "%s", what).Helpf("one integer for each sequence is needed")
}

// spelt are the numbers of words.
type spelt struct{ Packed[int32] }

// IsText reports whether numbers are those of words.
func IsText(n Numbers) bool {
	_, ok := n.(spelt)
	return ok
}

// IsFloat reports whether numbers may have fractions.
func IsFloat(n Numbers) bool {
	switch n.(type) {
	case Packed[float32], Packed[float64], decimals, halves:
		return true
	}
	return false
}

// AllInts gives all numbers as integers.
func AllInts(n Numbers) []int32 {
	out := make([]int32, n.Len())
	n.Ints(0, out)
	return out
}

// Exists reports whether there is a file or folder.
func Exists(path ...string) bool {
	_, err := os.Stat(filepath.Join(path...))
	return err == nil
}

// WholeFloats reports whether all values are whole numbers, as class numbers saved as floats are.
func WholeFloats(n Numbers) bool {
	buf := make([]float64, n.Len())
	n.Floats(0, buf)
	return !slices.ContainsFunc(buf, func(v float64) bool { return v != math.Trunc(v) })
}

// Unread are the arrays that nobody asked for.
func (a *Arrays) Unread() (names []string) {
	for _, name := range a.Names {
		if !a.asked[name] {
			names = append(names, diag.Short(name))
		}
	}
	return names
}
