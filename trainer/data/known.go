package data

import (
	"cmp"
	"context"
	"slices"

	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// Known is a data set that hrnnc knows by name: its row of the table, and how it is read.
type Known struct {
	known.Set
	reader
}

// reader makes the pool of a known set.
type reader struct {
	Kind Kind
	read func(dir string, o Options) (*pool, error)
	// readArchive reads what the set's authors publish, unpacked, which has so many recordings, sequences or texts; nil where the
	// files of the table are that.
	readArchive func(root string, count int, o Options) (*pool, error)
	// adapt makes the set of what was read, where that is not all of it.
	adapt func(*pool)
}

// readers are those of known.Sets, by name.
var readers = map[string]reader{
	"mnist":    {Images, readImages, nil, nil},
	"fashion":  {Images, readImages, nil, fashionClasses},
	"mnist1d":  {Series, readMNIST1D, nil, nil},
	"har":      {Series | Grouped, readHAR, readHARArchive, nil},
	"har2":     {Series | Grouped, readHAR, readHARArchive, twoClasses},
	"hapt":     {Series | Streams | Grouped, readHAPT, readHAPTArchive, nil},
	"fsdd":     {Audio | Grouped, readFSDD, readFSDDArchive, nil},
	"sst2":     {Text, readSST2, readSST2Archive, nil},
	"imdb":     {Text, readIMDB, readIMDBArchive, nil},
	"dsa19":    {Series | Grouped, readDSA19, readDSA19Archive, nil},
	"wakeword": {Audio | Streams | Strung, readWakeword, nil, nil},
	"cmapss":   {Series | Streams | Grouped, readCMAPSS, nil, nil},
	"mitbih":   {Series | Streams | Grouped, readMITBIH, nil, nil},
}

// KnownSets are the known sets, in the order of the table.
var KnownSets = knownSets()

func knownSets() (out []Known) {
	for _, s := range known.Sets {
		out = append(out, Known{s, readers[s.Name]})
	}
	return out
}

// Find gives the known set of a name, nil when there is none.
func Find(name string) *Known {
	i := slices.IndexFunc(KnownSets, func(k Known) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &KnownSets[i]
}

// OfWindows reports whether its sequences are windows of recordings: cut here, or by its authors.
func (k *Known) OfWindows() bool { return k.Windows || k.Kind&Streams != 0 }

// Lookup is Find with an error for a name that is not known.
func Lookup(name string) (*Known, error) {
	if k := Find(name); k != nil {
		return k, nil
	}
	return nil, fail(name, "").Errorf(code, "there is no known data set of this name%s", known.Nearest(name)).Helpf("hrnnc data list  shows them")
}

// Get fetches what is missing or damaged of the set, and gives the folder that it is in: known.Set.Get.
func (k *Known) Get(ctx context.Context, report known.Progress) (dir string, err error) {
	return k.Set.Get(ctx, report, k.whole)
}

// whole reads an unpacked archive, all of it.
func (k *Known) whole(root string) error {
	_, err := k.openArchive(root, Defaults())
	return err
}

// open reads the set: the files of the table, once they are known to be those, or else the unpacked archive.
func (k *Known) open(o Options) (*pool, error) {
	dir := k.Where()
	switch {
	case dir == "":
		return nil, k.Missing()
	case !k.Complete(dir):
		p, err := k.openArchive(k.Archive.Root(dir), o)
		if err != nil {
			if bad := k.Check(dir, k.whole); bad != nil { // whatever the options
				err = k.Again(dir, bad)
			}
		}
		return p, err
	}
	if err := k.CheckFiles(dir); err != nil {
		return nil, k.Again(dir, err)
	}
	return k.as(k.read(dir, o))
}

func (k *Known) openArchive(root string, o Options) (*pool, error) {
	return k.as(k.readArchive(root, k.Archive.Count, o))
}

// as makes the known set of what was read.
func (k *Known) as(p *pool, err error) (*pool, error) {
	if err != nil {
		return nil, err
	}
	if k.adapt != nil {
		k.adapt(p)
	}
	p.kind, p.source, p.licence, p.hz = k.Kind, k.Source, k.Licence, cmp.Or(p.hz, k.Hz)
	return p, nil
}

// notWhole is the error of an unpacked archive that has less in it, or more, than was published.
func notWhole(root, what string, have, want int) error {
	return fail(root, "").Errorf(code, "holds %d %s; the archive has %d", have, what, want).Helpf("unpack it again")
}
