package weights

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// legacyMagic is the pickled number 0x1950a86a20f9469cfc6c, which opens the files that torch wrote before 1.6; PROTO, and from
// protocol 4 on FRAME, stand before it.
const legacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// legacyStart is where the magic number ends, 0 when the data does not begin with it.
func legacyStart(data []byte) int {
	if i := bytes.Index(data[:min(len(data), 32)], []byte(legacyMagic)); i >= 0 {
		return i + len(legacyMagic)
	}
	return 0
}

// readLegacy reads a .pth of before PyTorch 1.6: pickles of a magic number, the version of the format, the machine, the
// checkpoint and the keys of the storages; then the storages in that order, each with the number of its values before it, as
// 8 bytes. All numbers are little endian (torch/csrc/generic/serialization.cpp).
func (f *File) readLegacy(content *io.SectionReader, start int64, need need) error {
	m := &machine{file: f.Path, code: fileio.Head(content, int(start)+maxPickle)[start:], storages: map[string]string{}}
	var parts [4]any // version, machine, checkpoint, keys
	for i := range parts {
		var err error
		if parts[i], err = m.run(); err != nil {
			return err
		}
	}
	at := diag.InFile(f.Path, "data.pkl")
	if parts[0] != any(int64(1001)) {
		return at.Errorf(code, "says that its format is %s; 1001 is known", describe(parts[0])).Helpf(saveStateDict)
	}
	keys, ok := parts[3].(*list)
	if !ok {
		return at.Errorf(code, "has %s instead of the list of its storages", describe(parts[3])).Helpf(saveStateDict)
	}
	storages, next := map[string]*io.SectionReader{}, start+int64(m.pos)
	for _, k := range keys.items {
		key, _ := k.(string)
		dtype, ok := m.storages[key]
		if !ok {
			return at.Errorf(code, "lists the storage %s, which no tensor has", describe(k)).Helpf("copy or save it again; the file is damaged")
		}
		width := uint64(1)
		if dtype != untyped {
			width = uint64(dtypes[dtype].width)
		}
		var count [8]byte
		_, err := content.ReadAt(count[:], next)
		values := binary.LittleEndian.Uint64(count[:])
		if err != nil || values > uint64(content.Size()-next-int64(len(count)))/width {
			return diag.InFile(f.Path, "storage "+diag.Short(key)).Errorf(code, "is cut short").Helpf("copy or save it again; it looks truncated")
		}
		storages[key] = io.NewSectionReader(content, next+int64(len(count)), int64(values*width))
		next += int64(len(count)) + int64(values*width)
	}
	a := &archive{File: f, need: need, order: binary.LittleEndian, storages: map[string][]byte{}, known: nesting{}, load: func(key string, size int64) ([]byte, int64, error) {
		s := storages[key]
		switch {
		case s == nil:
			return nil, none, nil
		case s.Size() != size:
			return nil, s.Size(), nil
		}
		return fileio.Head(s, int(size)), size, nil
	}}
	return a.readCheckpoint(parts[2])
}
