package fetch

import (
	"crypto/md5"
	"encoding/hex"
	"path"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Archive is an archive that somebody publishes, of which some files are wanted.
type Archive struct {
	URL string
	// MD5 is what others have published of the archive, "" where nobody has: the checksums inside it, and Count, must do.
	MD5 string
	// Files are those that are read, as patterns (path.Match) of the last elements of their paths. The first pattern is
	// the path of one file: where that is, the archive has been unpacked.
	Files []string
	// Count is how many recordings, sequences or texts the whole archive has.
	Count int
}

// UnpackedIn is the folder that archives are unpacked to.
const UnpackedIn = "original"

// Root finds the unpacked archive in a folder or at most two folders below it, first where hrnnc puts it; "" when it is not
// there.
func (a *Archive) Root(dir string) string {
	if a == nil {
		return ""
	}
	for _, below := range []string{UnpackedIn, "", "*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(dir), below, fileio.EscapeGlob(a.Files[0])))
		if err == nil && len(found) > 0 {
			return strings.TrimSuffix(found[0], string(filepath.Separator)+filepath.FromSlash(a.Files[0]))
		}
	}
	return ""
}

// local gives the path that an entry of the archive gets below the root, "" when it is not needed. Such a path is never
// outside the root.
func (a *Archive) local(entry string) string {
	parts := strings.Split(path.Clean(entry), "/")
	if parts[0] == "__MACOSX" { // what macOS writes beside the files
		return ""
	}
	for _, pattern := range a.Files {
		n := strings.Count(pattern, "/") + 1
		if len(parts) < n {
			continue
		}
		tail := path.Join(parts[len(parts)-n:]...)
		if ok, err := path.Match(pattern, tail); ok && err == nil && filepath.IsLocal(tail) {
			return tail
		}
	}
	return ""
}

// Check compares the archive's bytes with the checksum that is known of it.
func (a *Archive) Check(file string, data []byte) error {
	sum := md5.Sum(data)
	if got := hex.EncodeToString(sum[:]); a.MD5 != "" && got != a.MD5 {
		return diag.InFile(file, "").Errorf(code, "is not the known archive: its MD5 is %s", got).Helpf("fetch it again; %s is expected", a.MD5)
	}
	return nil
}
