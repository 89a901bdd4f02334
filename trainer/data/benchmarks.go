package data

import (
	"path/filepath"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// readImages reads a folder of images as MNIST has them.
func readImages(dir string, o Options) (*pool, error) { return imagePool(dir, &o) }

// fashionClasses names the classes as the README of Fashion-MNIST does.
func fashionClasses(p *pool) {
	p.classes = []string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}
}

// readMNIST1D reads mnist1d.npz, whose arrays have the names that are guessed.
func readMNIST1D(dir string, o Options) (*pool, error) {
	a, err := files.OpenNpz(filepath.Join(dir, "mnist1d.npz"))
	if err != nil {
		return nil, err
	}
	return numpyPool(a, &o)
}
