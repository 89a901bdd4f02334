package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// images writes a folder of two-by-three images: three to train, one to test; pixel p of image i is 10*i + p.
func images(t testing.TB) string {
	dir := t.TempDir()
	pixels := func(from, n int) (out []byte) {
		for i := from; i < from+n; i++ {
			for p := range 6 {
				out = append(out, byte(10*i+p))
			}
		}
		return out
	}
	filetest.Write(t, dir, "train-images-idx3-ubyte", filetest.IDX(8, []int{3, 2, 3}, pixels(0, 3)...))
	filetest.Write(t, dir, "train-labels-idx1-ubyte", filetest.IDX(8, []int{3}, 4, 7, 4))
	filetest.Write(t, dir, "t10k-images-idx3-ubyte.gz", filetest.Gzip(t, string(filetest.IDX(8, []int{1, 2, 3}, pixels(3, 1)...))))
	filetest.Write(t, dir, "t10k-labels-idx1-ubyte", filetest.IDX(8, []int{1}, 7))
	return dir
}

func TestImageFolder(t *testing.T) {
	dir := images(t)
	s := load(t, dir, "valid=0", "unit=1")
	if s.Train.N != 3 || s.Test.N != 1 || s.Train.T != 6 || !slices.Equal(s.Classes, []string{"4", "7"}) {
		t.Fatalf("%+v", s)
	}
	if got := values(&s.Test, 0); !slices.Equal(got, []float64{30, 31, 32, 33, 34, 35}) || s.Test.Label(0) != 1 {
		t.Errorf("got %v, label %d", got, s.Test.Label(0))
	}
	c := load(t, dir, "valid=0", "unit=1", "layout=columns")
	if got := values(&c.Train, 0); !slices.Equal(got, []float64{0, 3, 1, 4, 2, 5}) || c.Train.D != 2 || c.Channels[1].Name != "row 1" {
		t.Errorf("got %v, %v", got, c.Channels)
	}
	r := load(t, dir, "valid=0", "unit=1", "layout=rows", "subsample=2")
	if got := values(&r.Train, 0); !slices.Equal(got, []float64{0, 1, 2}) || r.Train.T != 1 {
		t.Errorf("got %v", got)
	}
	if got := values(&load(t, dir).Train, 0)[1]; got != float64(1.0/255) {
		t.Errorf("a pixel of 1 is %v", got)
	}
}

func TestImageFolderErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"train-labels-idx1-ubyte", filetest.IDX(8, []int{2}, 1, 2), "train-labels-idx1-ubyte: error[data]: has shape [2] for 3 images"},
		{"train-images-idx3-ubyte", filetest.IDX(8, []int{3}, 1, 2, 3), "train-images-idx3-ubyte: error[data]: has shape [3]; help: [images, lines, columns] is needed"},
		{"train-images-idx3-ubyte", filetest.IDX(8, []int{3, 1, 1}, 1, 2, 3), "its images are [1, 1] in train and [2, 3] in test"},
	} {
		dir := images(t)
		filetest.Write(t, dir, test.name, test.data)
		if _, err := Load(dir, Defaults()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	dir := images(t)
	if err := os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Defaults()); err == nil || !strings.Contains(err.Error(), "has no t10k-labels-idx1-ubyte; help") {
		t.Errorf("got %v", err)
	}
}
