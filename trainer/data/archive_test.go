package data

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/fetch"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// numbersIn writes rows of a text file, one number after the other.
func numbersIn(rows, columns int, separator string, value func(row, column int) float32) string {
	var b strings.Builder
	for r := range rows {
		for c := range columns {
			if c > 0 {
				b.WriteString(separator)
			}
			fmt.Fprintf(&b, "%e", value(r, c))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// wav is a WAV file as the recordings of fsdd are, with a chunk that readers skip.
func wav(samples ...int16) string {
	var b bytes.Buffer
	b.WriteString("RIFF____WAVEfmt \x10\x00\x00\x00")
	for _, part := range []any{[]uint16{1, 1}, []uint32{8000, 16000}, []uint16{2, 16}, []byte("LIST\x03\x00\x00\x00abc\x00data"), uint32(2 * len(samples)), samples} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	return b.String()
}

// published are small archives in the layout of the real ones, by known set: path and content of each file.
func published() map[string]map[string]string {
	har := map[string]string{}
	for i, split := range []string{"train", "test"} {
		in := "UCI HAR Dataset/" + split + "/"
		for c, name := range []string{"body_acc_x", "body_acc_y", "body_acc_z", "body_gyro_x", "body_gyro_y", "body_gyro_z", "total_acc_x", "total_acc_y", "total_acc_z"} {
			har[in+"Inertial Signals/"+name+"_"+split+".txt"] = numbersIn(6, 128, "  ", func(r, t int) float32 { return float32(100*c+r) + float32(t)/128 })
		}
		har[in+"y_"+split+".txt"] = "1\n2\n3\n4\n5\n6\n"
		har[in+"subject_"+split+".txt"] = strings.Repeat(fmt.Sprintln(i+1), 3) + strings.Repeat(fmt.Sprintln(i+11), 3)
		har[in+"X_"+split+".txt"] = "features, which are not read"
	}
	hapt := map[string]string{"RawData/labels.txt": "1 1 5 11 150\n1 1 7 151 160\n2 22 1 1 140\n", "Train/X_train.txt": "not read"}
	for _, name := range []string{"exp01_user01", "exp02_user22"} {
		for s, sensor := range []string{"acc_", "gyro_"} {
			hapt["RawData/"+sensor+name+".txt"] = numbersIn(200, 3, " ", func(r, c int) float32 { return float32(1000*s + 10*r + c) })
		}
	}
	dsa := map[string]string{}
	for _, name := range []string{"a01/p1/s01", "a02/p7/s01", "a19/p8/s60"} {
		dsa["data/"+name+".txt"] = numbersIn(dsaSteps, 45, ",", func(r, c int) float32 { return float32(r) + float32(c)/64 })
	}
	return map[string]map[string]string{
		"har": har, "har2": har, "hapt": hapt, "dsa19": dsa,
		"fsdd": {"set-26eb9a/recordings/0_george_0.wav": wav(1, -2, 3), "set-26eb9a/recordings/7_theo_12.wav": wav(9), "set-26eb9a/utils/fsdd.py": "not read"},
		"sst2": {"SST-2/train.tsv": "sentence\tlabel\n" + strings.Repeat("good film \t1\nbad film \t0\n", 6), "SST-2/dev.tsv": "sentence\tlabel\na good one\t1\n",
			"SST-2/test.tsv": "index\tsentence\n0\tnot read\n"},
		"imdb": {"aclImdb/train/pos/0_9.txt": "great!", "aclImdb/train/neg/0_2.txt": "dull<br />dull", "aclImdb/test/pos/0_10.txt": "great", "aclImdb/test/neg/0_3.txt": "dull",
			"aclImdb/train/unsup/0_0.txt": "not read"},
	}
}

// counts are how many recordings, sequences or texts those have.
var counts = map[string]int{"har": 12, "har2": 12, "hapt": 2, "dsa19": 3, "fsdd": 2, "sst2": 13, "imdb": 4}

// small is a known set whose archive is the small one.
func small(name string) *Known {
	k := *Find(name)
	a := *k.Archive
	a.MD5, a.Count = "", counts[name]
	k.Archive = &a
	return &k
}

// serve gives the address of a server with contents by path, and empty folders to fetch to.
func serve(t *testing.T, list map[string]string) string {
	t.Helper()
	t.Setenv(known.DirVariable, filepath.Join(t.TempDir(), "data"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return filetest.Serve(t, list)
}

// place is where a set is fetched to.
func place(k *Known) string { return filepath.Join(os.Getenv(known.DirVariable), k.Folder) }

// TestGetArchive fetches every archive from a server, packed as its authors pack it, and reads what came.
func TestGetArchive(t *testing.T) {
	for name, list := range published() {
		t.Run(name, func(t *testing.T) {
			packed := filetest.Zip(t, list)
			switch name {
			case "imdb":
				packed = filetest.Tar(t, list)
			case "har", "har2":
				packed = filetest.Zip(t, map[string]string{"UCI HAR Dataset.zip": packed, "UCI HAR Dataset.names": "not read"})
			}
			url := serve(t, map[string]string{"archive": packed}) + "archive"
			k := small(name)
			sum := md5.Sum([]byte(packed))
			k.Archive.URL, k.Archive.MD5 = url, hex.EncodeToString(sum[:])
			// Stopped while unpacking, it leaves nothing; killed, what the next one removes.
			ctx, stop := context.WithCancel(context.Background())
			_, err := k.Get(ctx, func(what string, done, _ int) {
				if what == "unpacking archive" && done > 0 {
					stop()
				}
			})
			if !errors.Is(err, context.Canceled) && len(list) > 1 {
				t.Errorf("stopped: %v", err)
			}
			to := place(k)
			if entries, err := os.ReadDir(to); err == nil && len(entries) > 0 && len(list) > 1 {
				t.Errorf("stopped, it leaves %v", entries)
			}
			stale := filepath.Join(to, "."+fetch.UnpackedIn+".tmp-01234567", "half")
			if err := os.MkdirAll(stale, 0o777); err != nil {
				t.Fatal(err)
			}
			said := map[string]bool{}
			dir, err := k.Get(context.Background(), func(what string, _, _ int) { said[what] = true })
			if err != nil {
				t.Fatal(err)
			}
			if k.Where() != dir || !said["fetching archive"] || !said["unpacking archive"] {
				t.Errorf("%s is in %q; said %v", name, k.Where(), said)
			}
			checkPublished(t, k)
			left, err := filepath.Glob(filepath.Join(dir, ".*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

// checkPublished reads a set from its small archive.
func checkPublished(t *testing.T, k *Known) {
	t.Helper()
	o := options(t, "valid=0")
	p, err := k.open(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.set(k.Name, o)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	switch k.Name {
	case "har":
		x := values(&s.Test, 3)
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Classes[s.Test.Label(3)], s.Channels[8].Name, x[0], x[9+8], s.Test.Groups)
	case "har2":
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Classes[s.Test.Label(3)])
	case "hapt":
		x := values(&s.Train, 0)
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Train.T, s.Classes[s.Train.Label(0)], s.Classes[s.Test.Label(0)], x[:4])
	case "dsa19":
		x := values(&s.Test, 0)
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Test.T, s.Classes[s.Test.Label(1)], x[45:47], s.Train.Groups)
	case "fsdd":
		x := values(&s.Train, 0)
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Test.Label(0), s.Train.Label(0), x[len(x)-1]*(1<<15), s.Notes[0])
	case "sst2":
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Classes[s.Test.Label(0)], s.Vocabulary)
	case "imdb":
		got = fmt.Sprintln(s.Train.N, s.Test.N, s.Classes[s.Train.Label(0)], s.Classes[s.Train.Label(1)], s.Vocabulary)
	}
	want := map[string]string{
		"har":   "6 6 sitting total acc z 3 803.0078 [2 2 2 12 12 12]",
		"har2":  "6 6 sitting, lying or walking upstairs",
		"hapt":  "1 1 128 standing walking [110 111 112 120]",
		"dsa19": "1 2 125 playing basketball [1 1.015625] [1]",
		"fsdd":  "1 1 0 7 9 speakers: george, theo",
		"sst2":  "12 1 positive [padding unknown film bad good]",
		"imdb":  "2 2 negative positive [padding unknown dull ! great]",
	}[k.Name]
	if got = strings.TrimSpace(got); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestUnpackedByHand reads an archive that somebody unpacked into the set's folder, or named by its path.
func TestUnpackedByHand(t *testing.T) {
	sets := t.TempDir()
	t.Setenv(known.DirVariable, sets)
	for name, list := range published() {
		for file, content := range list {
			filetest.Write(t, sets, filepath.Join(name, file), []byte(content))
		}
	}
	for name := range published() {
		checkPublished(t, small(name))
	}
	if _, err := Load("dsa19", Defaults()); err == nil || !strings.Contains(err.Error(), "data: error[data]: holds 3 segments; the archive has 9120; help: hrnnc data get dsa19  fetches it again; a set of your own") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(filepath.Join(sets, "fsdd"), Defaults()); err == nil || !strings.Contains(err.Error(), "holds 2 recordings; the archive has 3000") {
		t.Errorf("got %v", err)
	}
}

func TestArchiveErrors(t *testing.T) {
	get := func(content string, change func(*fetch.Archive)) error {
		t.Helper()
		url := serve(t, map[string]string{"set.zip": content}) + "set.zip"
		k := small("fsdd")
		k.Archive.URL = url
		if change != nil {
			change(k.Archive)
		}
		_, err := k.Get(context.Background(), func(string, int, int) {})
		if files.Exists(place(k)) {
			t.Errorf("left something in %s", place(k))
		}
		return err
	}
	recording := "x/recordings/0_george_0.wav"
	for _, c := range []struct {
		err  error
		want string
	}{
		{get("x", func(a *fetch.Archive) { a.URL += "x" }), "answers 404 Not Found; help: hrnnc data get fsdd  where there is a network; or fetch http://"},
		{get("x", func(a *fetch.Archive) { a.MD5 = "1234" }), "is not the known archive: its MD5 is 9dd4e461268c8034f5c8564e155c67a6; help: fetch it again; 1234 is expected"},
		{get("text", nil), "is neither a .zip nor a .tar.gz archive"},
		{get("PK\x03\x04", nil), "is a damaged zip archive"},
		{get(filetest.Tar(t, map[string]string{recording: wav(1)})[:60], nil), "cannot be unpacked: it is truncated"},
		{get(filetest.Zip(t, map[string]string{"__MACOSX/recordings/0_george_0.wav": ""}), nil), "holds no recordings/0_george_0.wav"},
		{get(filetest.Zip(t, map[string]string{recording: "no sound"}), nil), "/set.zip/recordings/0_george_0.wav: error[data]: is not a WAV file; help: nothing was put in place"},
		{get(filetest.Zip(t, map[string]string{recording: wav(1)[:30]}), nil), "is truncated: chunk fmt  declares 16 bytes and has 10"},
		{get(filetest.Zip(t, map[string]string{recording: wav()[:36]}), nil), "holds no samples"},
		{get(filetest.Zip(t, map[string]string{recording: strings.Replace(wav(1), "\x40\x1f", "\x80\x3e", 1)}), nil), "has 1 channel of 16 bits at 16000 Hz, format 1; 1 of 16 at 8000"},
		{get(filetest.Zip(t, map[string]string{recording: wav(1)}), nil), "/set.zip: error[data]: holds 1 recordings; the archive has 2; help: nothing was put in place: it is not the archive that hrnnc knows"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
}

// TestGetReplaces has a damaged set in its place: what reads it says how to mend it, and Get does, unless something else would
// go with it.
func TestGetReplaces(t *testing.T) {
	say := func(string, int, int) {}
	url := serve(t, map[string]string{"set.zip": filetest.Zip(t, published()["fsdd"])}) + "set.zip"
	k := small("fsdd")
	k.Archive.URL = url
	first, second := "recordings/0_george_0.wav", "recordings/7_theo_12.wav"
	for _, c := range []struct {
		name   string
		list   map[string]string // of the set's folder
		want   string            // what Get says, "" where it mends the set
		whole  bool              // nothing is to be done
		reader string            // what reading the set says before
	}{
		{"nothing", nil, "", false, "is not on this machine; help: hrnnc data get fsdd"},
		{"whole by hand", map[string]string{first: wav(1), "x/y": "z", second: wav(2)}, "", true, ""},
		{"one missing", map[string]string{"original/" + first: wav(1)}, "", false, "holds 1 recordings; the archive has 2; help: hrnnc data get fsdd  fetches it again"},
		{"first missing", map[string]string{"original/" + second: wav(1)}, "", false, "is not on this machine"},
		{"damaged", map[string]string{"original/" + first: "RIFF", "original/" + second: wav(1)}, "", false, "is not a WAV file; help: hrnnc data get fsdd"},
		{"damaged by hand", map[string]string{"my copy/" + first: wav(1)}, "", false, "holds 1 recordings"},
		{"a note", map[string]string{"original/" + first: wav(1), "original/note.txt": "mine"}, "is no whole set, and holds note.txt, which is not of the archive; help: move it away", false, "holds 1 recordings"},
		{"one's own", map[string]string{"original/" + first: wav(1), "original/" + second: wav(1), "original/recordings/3_anna_0.wav": wav(3)},
			"holds recordings/3_anna_0.wav, which is not of the archive", false, "holds 3 recordings; the archive has 2"},
		{"other arrays", map[string]string{"fsdd_8khz_int16.npz": "PK"}, "is not the known file: its SHA-256 is fcab7fcc", false, "help: move it away; then  hrnnc data get fsdd  fetches what its authors publish"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(known.DirVariable, t.TempDir())
			to := place(k)
			for name, content := range c.list {
				filetest.Write(t, to, name, []byte(content))
			}
			if _, err := k.open(Defaults()); (c.reader == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.reader) {
				t.Errorf("before: %v\nwant %s", err, c.reader)
			}
			dir, err := k.Get(context.Background(), say)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v\nwant %s", err, c.want)
				}
				for name, content := range c.list {
					if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != content {
						t.Errorf("%s: %q, %v", name, got, err)
					}
				}
				return
			}
			if err != nil || dir != to || files.Exists(to, fetch.UnpackedIn) == c.whole {
				t.Fatalf("%s, %v", dir, err)
			}
			if p, err := k.open(Defaults()); err != nil || p.n != 2 {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// TestSameRecordings writes the recordings of fsdd as its authors publish them, and reads the same back.
func TestSameRecordings(t *testing.T) {
	knownSet(t, "fsdd", "limit=1") // or skips
	want, err := SpokenDigits()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, r := range want[:100] {
		filetest.Write(t, dir, fmt.Sprintf("recordings/%d_%s_%d.wav", r.Digit, r.Speaker, r.Take), []byte(wav(r.Samples...)))
	}
	got, err := wavRecordings(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if w := want[i]; r.Digit != w.Digit || r.Take != w.Take || r.Speaker != w.Speaker || !slices.Equal(r.Samples, w.Samples) {
			t.Fatalf("recording %d is %d by %s, take %d; want %d by %s, take %d", i, r.Digit, r.Speaker, r.Take, w.Digit, w.Speaker, w.Take)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}
