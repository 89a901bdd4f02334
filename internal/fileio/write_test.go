//go:build unix

package fileio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func mustWrite(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// onlyFiles fails when a folder holds anything else, such as temporary files.
func onlyFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("the folder holds %v, want %v", got, names)
	}
}

func TestWriteIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := WriteFile(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken off")
	err := Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "second")
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	holds(t, path, "first")
	onlyFiles(t, dir, "f")
}

func TestWriteObeysUmaskAndKeepsModes(t *testing.T) {
	dir := t.TempDir()
	defer syscall.Umask(syscall.Umask(0o027))
	path := filepath.Join(dir, "f")
	for _, want := range []os.FileMode{0o640, 0o600, 0o660, 0o755} {
		if want != 0o640 { // which a new file gets
			if err := os.Chmod(path, want); err != nil {
				t.Fatal(err)
			}
		}
		if err := WriteFile(path, []byte("text")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode %v, %v; want %v", info.Mode(), err, want)
		}
	}
}

func TestWriteKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: only root may give files away")
	}
	path := filepath.Join(t.TempDir(), "f")
	mustWrite(t, path, "old", 0o644)
	if err := os.Chown(path, 1234, 5678); err != nil {
		t.Skip("skipped: no file can be given away here: ", err)
	}
	if err := WriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if uid, gid, _ := owner(info); uid != 1234 || gid != 5678 {
		t.Errorf("owner %d, group %d", uid, gid)
	}
}

func TestWriteFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"cache", "work", "elsewhere/deep"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) string {
		name = filepath.Join(dir, name)
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	mustWrite(t, filepath.Join(dir, "cache", "a"), "old", 0o600)
	for _, test := range []struct{ path, target string }{
		{link("../cache/a", "work/link"), "cache/a"},
		{link(filepath.Join(dir, "cache", "a"), "work/absolute"), "cache/a"},
		{link("link", "work/chain"), "cache/a"},
		{link("../cache/new", "work/dangling"), "cache/new"},
		{filepath.Join(link("../elsewhere/deep", "work/folder"), "x"), "elsewhere/deep/x"},
		{link("folder/../y", "work/through"), "elsewhere/y"}, // .. of where the link leads
	} {
		if err := WriteFile(test.path, []byte(test.path)); err != nil {
			t.Error(err)
			continue
		}
		holds(t, filepath.Join(dir, test.target), test.path)
		if info, err := os.Lstat(test.path); filepath.Base(test.path) != "x" && (err != nil || info.Mode()&os.ModeSymlink == 0) {
			t.Errorf("%s is no link any more: %v", test.path, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "cache", "a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the target's mode: %v, %v", info.Mode(), err)
	}
	onlyFiles(t, filepath.Join(dir, "cache"), "a", "new")
	refused(t, WriteFile(link("loop", "loop"), nil), "too many symbolic links")
}

func TestWriteIntoWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("skipped: no FIFO: ", err)
	}
	got := make(chan string)
	go func() {
		data, _ := os.ReadFile(fifo)
		got <- string(data)
	}()
	if err := WriteFile(fifo, []byte("through")); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "through" {
		t.Errorf("the FIFO gave %q", text)
	}
	if err := WriteFile(os.DevNull, []byte("nothing")); err != nil {
		t.Error(err)
	}
	for _, path := range []string{fifo, os.DevNull} {
		if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s was replaced: %v, %v", path, info.Mode(), err)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		refused(t, WriteFile("/dev/full", []byte("text")), "cannot be written: no space left on device")
	}
}

func TestWriteIntoDescriptors(t *testing.T) {
	dir := t.TempDir()
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.WriteString("before "); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/dev/fd/%d", log.Fd())
	link := filepath.Join(dir, "link")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{name, link, fmt.Sprintf("/proc/self/fd/%d", log.Fd())} {
		if err := WriteFile(path, []byte("more ")); err != nil {
			t.Error(err)
		}
	}
	holds(t, log.Name(), "before more more more ")
	refused(t, WriteFile("/dev/fd/999999", nil), "cannot be written: bad file descriptor")
}

func TestInputsAreNotWrittenOver(t *testing.T) {
	dir := t.TempDir()
	read := filepath.Join(dir, "read")
	mustWrite(t, read, "input", 0o644)
	if _, err := Read(read, "test"); err != nil {
		t.Fatal(err)
	}
	soft, hard := filepath.Join(dir, "soft"), filepath.Join(dir, "hard")
	if err := errors.Join(os.Symlink("read", soft), os.Link(read, hard)); err != nil {
		t.Fatal(err)
	}
	refused(t, WriteFile(read, nil), "error[write]: is read by this command, and not written over; help: write to another file")
	for _, path := range []string{soft, hard} {
		refused(t, WriteFile(path, nil), "is read by this command, as "+read)
		refused(t, Rewrite(path, nil), "is read by this command, as "+read)
	}
	holds(t, read, "input")
	if err := Rewrite(read, []byte("formatted")); err != nil {
		t.Error(err)
	}
	// What was read is gone: its number may be that of any other file now.
	for range 3 {
		if err := WriteFile(filepath.Join(dir, "other"), []byte("new")); err != nil {
			t.Error(err)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	protected := filepath.Join(dir, "protected")
	mustWrite(t, protected, "kept", 0o444)
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "f"), "error[write]: cannot be written: no such file or directory; help: check that the folder exists"},
		{dir, "error[write]: is a folder"},
		{protected, "error[write]: cannot be written: it is read-only; help: allow it with  chmod u+w"},
	} {
		refused(t, WriteFile(test.path, nil), test.want)
	}
	holds(t, protected, "kept")
	onlyFiles(t, dir, "protected")
}

func TestTemporaryFilesOfTheKilledGo(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	mustWrite(t, temporary(path), "half", 0o600)
	for _, name := range []string{".f.tmp-mine", ".f.tmp-0123456g", ".g.tmp-01234567"} {
		mustWrite(t, filepath.Join(dir, name), "the user's", 0o600)
	}
	err := Write(path, func(w io.Writer) error {
		return WriteFile(path, []byte("another at the same time")) // finds a temporary file that is locked
	})
	if err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, ".f.tmp-0123456g", ".f.tmp-mine", ".g.tmp-01234567", "f")
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model")
	if err := os.Symlink("model", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, ".model.lock"), "17\n", 0o600) // of one that was killed
	lock, err := LockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = LockFile(filepath.Join(dir, "link"))
	refused(t, err, fmt.Sprintf("link: error[locked]: process %d writes to it; help: wait for its end, or stop it (kill %d)", os.Getpid(), os.Getpid()))
	lock.Release()
	lock.Release()
	onlyFiles(t, dir, "link")
	if lock, err = LockFolder(dir); err != nil {
		t.Fatal(err)
	}
	_, err = LockFolder(dir)
	refused(t, err, "error[locked]")
	lock.Release()
	onlyFiles(t, dir, "link")
}

func anything(string) error { return nil }

func TestWriteFolder(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if err := os.Symlink("out", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	fill := func(name string) func(Put) error {
		return func(put Put) error { return put("sub/"+name, []byte(name)) }
	}
	if err := WriteFolder(filepath.Join(dir, "link"), anything, fill("a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(out, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(temporary(out)+"/left/over", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := WriteFolder(out, anything, fill("b")); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, "link", "out")
	onlyFiles(t, filepath.Join(out, "sub"), "b")
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	no := errors.New("no")
	if err := WriteFolder(out, func(string) error { return no }, fill("c")); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	// What came into the folder while it was written anew.
	asked := 0
	err := WriteFolder(out, func(string) error {
		if asked++; asked == 2 {
			return no
		}
		return nil
	}, fill("c"))
	if !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	if err := WriteFolder(out, anything, func(put Put) error { return errors.Join(put("x", nil), no) }); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	onlyFiles(t, dir, "link", "out")
	onlyFiles(t, filepath.Join(out, "sub"), "b")
	refused(t, WriteFolder(out, anything, func(put Put) error { return put("../x", nil) }), "lies outside")
}

func TestWriteFolderLeavesTheGroundAlone(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	read := filepath.Join(out, "deep", "model")
	if err := os.MkdirAll(filepath.Dir(read), 0o777); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, read, "input", 0o644)
	if _, err := Read(read, "test"); err != nil {
		t.Fatal(err)
	}
	t.Chdir(out)
	fill := func(put Put) error { return put("f", nil) }
	for _, path := range []string{".", "..", "/", out} {
		refused(t, WriteFolder(path, anything, fill), "error[output]: the current folder is in it")
	}
	t.Chdir(dir)
	refused(t, WriteFolder(out, anything, fill), "error[output]: holds "+read+", which this command reads")
	mustWrite(t, filepath.Join(dir, "file"), "", 0o644)
	refused(t, WriteFolder("file", anything, fill), "error[output]: is a file")
	if err := os.Mkdir("fixed", 0o555); err != nil {
		t.Fatal(err)
	}
	refused(t, WriteFolder("fixed", anything, fill), "error[output]: is read-only")
	open, err := OpenFolder("open")
	if err != nil {
		t.Fatal(err)
	}
	refused(t, WriteFolder("open", anything, fill), "error[locked]: process")
	open.Close()
	if err := WriteFolder("open", anything, fill); err != nil {
		t.Error(err)
	}
	holds(t, read, "input")
}

func TestFolderReplacesOnlyItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	open := func() *Folder {
		t.Helper()
		f, err := OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := open()
	_, err := OpenFolder(dir)
	refused(t, err, "error[locked]: process")
	f.Close()
	if _, err := os.Stat(dir); err == nil {
		t.Error("an empty folder is left")
	}

	f = open()
	far := filepath.Join(filepath.Dir(dir), "weights")
	f.Elsewhere("weights", far)
	sub := f.Sub("sub")
	put := func(text string) {
		t.Helper()
		err := errors.Join(f.Claim("a", "weights", "sub/b"), f.Write(Content{"a", []byte(text)}, Content{"weights", []byte(text)}), sub.Write(Content{"b", []byte(text)}))
		if err != nil {
			t.Error(err)
		}
	}
	put("one")
	put("two")
	f.Close()
	f = open()
	f.Elsewhere("weights", far)
	sub = f.Sub("sub")
	put("three")
	holds(t, far, "three")
	holds(t, filepath.Join(dir, "sub", "b"), "three")
	if got := fmt.Sprint(f.Names(), sub.Names()); got != "[a sub/b] [b]" {
		t.Errorf("names %s", got)
	}

	// What the user changed, put there, or linked stays.
	mustWrite(t, filepath.Join(dir, "a"), "mine", 0o644)
	mustWrite(t, filepath.Join(dir, "c"), "mine", 0o644)
	for _, name := range []string{"a", "c"} {
		refused(t, f.Claim("sub/b", name), filepath.Join(dir, name)+": error[output]: would be replaced, and is not as hrnnc wrote it; help: move it away")
	}
	if err := f.Remove("a", "c", "weights", "sub/b"); err != nil {
		t.Error(err)
	}
	onlyFiles(t, dir, ".lock", "a", "c", writtenName)
	holds(t, filepath.Join(dir, "a"), "mine")
	f.Close()
	mustWrite(t, filepath.Join(dir, writtenName), "mine", 0o644)
	_, err = OpenFolder(dir)
	refused(t, err, "is not the list of files")
	onlyFiles(t, dir, "a", "c", writtenName)
}

// TestFolderKnowsItsOwnAfterAKill cuts writing short between the list and the file, again and again.
func TestFolderKnowsItsOwnAfterAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	file := filepath.Join(dir, "a")
	for i := range 4 {
		f, err := OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Claim("a"); err != nil {
			t.Error(err)
		}
		old, err := os.ReadFile(file)
		if err := f.Write(Content{"a", fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			mustWrite(t, file, string(old), 0o644) // as if killed before the file was there
		}
		f.Close()
	}
	holds(t, file, "0")
}

// TestWritersAtOnce: many that write one file at once all succeed, and it is whole.
func TestWritersAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 40 {
				if err := WriteFile(path, bytes.Repeat([]byte{'a' + byte(i)}, 1000)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 1000 || bytes.Count(got, got[:1]) != 1000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
