package data

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// sentiment are the classes 0 and 1 of both text sets.
var sentiment = []string{"negative", "positive"}

// sst2Words is the length of its texts: the longest sentence has 50 words.
const sst2Words = 64

// readSST2 reads three files with a header.
func readSST2(dir string, o Options) (*pool, error) {
	return readSentences(dir, o, []dataFile{{"train.tsv.gz", train}, {"dev.tsv.gz", valid}, {"test.tsv.gz", test}})
}

// readSST2Archive reads GLUE's files: the development set is the test part, since GLUE's test set has no labels.
func readSST2Archive(root string, count int, o Options) (*pool, error) {
	p, err := readSentences(filepath.Join(root, "SST-2"), o, []dataFile{{"train.tsv", train}, {"dev.tsv", test}})
	if err == nil && p.n != count {
		return nil, notWhole(root, "sentences", p.n, count)
	}
	return p, err
}

func readSentences(dir string, o Options, list []dataFile) (*pool, error) {
	o.Columns = Columns{Text: "sentence", Label: "label", Header: "yes"}
	return readSentiment(dir, o, sst2Words, list)
}

// readIMDB reads two files without a header: label, number, stars, text.
func readIMDB(dir string, o Options) (*pool, error) {
	o.Columns = Columns{Label: "1", Text: "4", Header: "no"}
	return readSentiment(dir, o, defaultLength, []dataFile{{"imdb_train.tsv.xz", train}, {"imdb_test.tsv.xz", test}})
}

func readSentiment(dir string, o Options, length int, list []dataFile) (*pool, error) {
	for i := range list {
		list[i].path = known.File{Name: list[i].path}.In(dir)
	}
	p, err := tablePool(dir, list, &o)
	if err != nil {
		return nil, err
	}
	if len(p.classes) != len(sentiment) {
		return nil, fail(dir, "").Errorf(code, "its labels are not 0 and 1").Helpf("fetch or copy it again")
	}
	p.classes, p.length = sentiment, length
	return p, nil
}

// readIMDBArchive reads train and test, each with the folders neg and pos: a review a file.
func readIMDBArchive(root string, count int, _ Options) (*pool, error) {
	p := &pool{classes: sentiment, length: defaultLength, texts: newTexts()}
	var labels files.Packed[int32]
	for i, name := range []string{"train", "test"} {
		for class, folder := range []string{"neg", "pos"} {
			n, err := p.texts.addFolder(filepath.Join(root, name, folder))
			if err != nil {
				return nil, err
			}
			for range n {
				labels, p.parts = append(labels, int32(class)), append(p.parts, []part{train, test}[i])
			}
		}
	}
	if p.n = len(labels); p.n != count {
		return nil, notWhole(root, "reviews", p.n, count)
	}
	p.y = array{Numbers: labels, size: 1}
	return p, nil
}

// addFolder adds the texts of the .txt files of a folder, in the order of their names, and counts them.
func (t *texts) addFolder(dir string) (n int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fail(dir, "").Errorf(code, "cannot be read: %v", fileio.Reason(err)).Helpf("unpack it again")
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".txt" {
			continue
		}
		text, err := fileio.Read(filepath.Join(dir, e.Name()), code)
		if err != nil {
			return 0, err
		}
		t.add(strings.ToValidUTF8(string(text), " "))
		n++
	}
	return n, nil
}
