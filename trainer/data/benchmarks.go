package data

import "path/filepath"

// fashionClasses are those of the README of Fashion-MNIST.
var fashionClasses = []string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}

func readFashion(dir string, o Options) (*pool, error) {
	p, err := imagePool(dir, &o)
	if err != nil {
		return nil, err
	}
	p.classes = fashionClasses
	return p, nil
}

// readMNIST1D reads mnist1d.npz, whose arrays have the names that are guessed.
func readMNIST1D(dir string, o Options) (*pool, error) {
	a, err := openNpz(filepath.Join(dir, "mnist1d.npz"))
	if err != nil {
		return nil, err
	}
	return numpyPool(a, &o)
}

// sentiment are the classes 0 and 1 of both text sets.
var sentiment = []string{"negative", "positive"}

// readSST2 reads three files with a header. The longest sentence has 50 words.
func readSST2(dir string, o Options) (*pool, error) {
	o.Columns = Columns{Text: "sentence", Label: "label", Header: "yes"}
	return readSentiment(dir, o, 64, []tableFile{{"train.tsv.gz", train}, {"dev.tsv.gz", valid}, {"test.tsv.gz", test}})
}

// readIMDB reads two files without a header: label, number, stars, text.
func readIMDB(dir string, o Options) (*pool, error) {
	o.Columns = Columns{Label: "1", Text: "4", Header: "no"}
	return readSentiment(dir, o, defaultLength, []tableFile{{"imdb_train.tsv.xz", train}, {"imdb_test.tsv.xz", test}})
}

func readSentiment(dir string, o Options, length int, files []tableFile) (*pool, error) {
	for i := range files {
		files[i].path = File{Name: files[i].path}.in(dir)
	}
	p, err := tablePool(dir, files, &o)
	if err != nil {
		return nil, err
	}
	if len(p.classes) != len(sentiment) {
		return nil, fail(dir, "").Errorf(code, "its labels are not 0 and 1").Helpf("fetch or copy it again")
	}
	p.classes, p.length = sentiment, length
	return p, nil
}
