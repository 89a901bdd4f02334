package data

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// idxFiles are the files of MNIST and of the sets that took its place, each perhaps with .gz behind it.
var idxFiles = []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// findIDX gives the path of an IDX file of a folder, "" when it is not there.
func findIDX(dir, name string) string {
	for _, suffix := range []string{"", ".gz"} {
		if files.Exists(dir, name+suffix) {
			return filepath.Join(dir, name+suffix)
		}
	}
	return ""
}

func isIDXFolder(dir string) bool { return findIDX(dir, idxFiles[0]) != "" }

// imagePool reads a folder of images and labels as MNIST has them. A pixel is 0 to 255, worth 1/255 each.
func imagePool(dir string, o *Options) (*pool, error) {
	p := &pool{kind: Images, source: dir, layout: "pixels"}
	var x []files.Tensor
	var labels []int32
	for i, of := range []part{train, test} {
		images, y, err := imagePart(dir, idxFiles[2*i], idxFiles[2*i+1])
		if err != nil {
			return nil, err
		}
		if len(x) > 0 && !slices.Equal(images.Shape[1:], x[0].Shape[1:]) {
			return nil, fail(dir, "").Errorf(code, "its images are %s in train and %s in test", diag.Shape(x[0].Shape[1:]), diag.Shape(images.Shape[1:])).
				Helpf("copy or fetch it again")
		}
		x, labels = append(x, images), append(labels, y...)
		p.parts = append(p.parts, slices.Repeat([]part{of}, images.Rows())...)
	}
	p.n, p.x = len(labels), join(x)
	p.frame = frame{steps: x[0].Shape[1], channels: x[0].Shape[2], image: true}
	p.channels = []Channel{{Name: "pixel", Scale: cmp.Or(o.Unit, 1.0/255)}}
	numbered, names, err := numberClasses(fail(dir, "labels"), labels, false)
	p.y, p.classes = array{Numbers: numbered, size: 1}, names
	return p, err
}

// imagePart reads the images and labels of one part.
func imagePart(dir, imageFile, labelFile string) (files.Tensor, []int32, error) {
	var t [2]files.Tensor
	var paths [2]string
	for i, name := range []string{imageFile, labelFile} {
		paths[i] = findIDX(dir, name)
		if paths[i] == "" {
			return files.Tensor{}, nil, fail(dir, "").Errorf(code, "has no %s", name).Helpf("put it there, packed (.gz) or not")
		}
		var err error
		if t[i], err = files.ReadIDX(paths[i]); err != nil {
			return files.Tensor{}, nil, err
		}
	}
	images, labels := t[0], t[1]
	if len(images.Shape) != 3 || images.RowSize() == 0 {
		return files.Tensor{}, nil, fail(paths[0], "").Errorf(code, "has shape %s", diag.Shape(images.Shape)).Helpf("[images, lines, columns] is needed")
	}
	if len(labels.Shape) != 1 || labels.Rows() != images.Rows() || files.IsFloat(labels.Numbers) {
		return files.Tensor{}, nil, fail(paths[1], "").Errorf(code, "has shape %s for %d images", diag.Shape(labels.Shape), images.Rows()).Helpf("one whole number for each image is needed")
	}
	return images, files.AllInts(labels.Numbers), files.CheckFinite(fail(paths[0], ""), "images", images)
}
