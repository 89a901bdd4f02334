package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Section is the part of a page of Markdown from its heading "## title" to the next one; "" where there is none.
func Section(page, title string) string {
	_, after, found := strings.Cut("\n"+page, "\n## "+title+"\n")
	if !found {
		return ""
	}
	if next := strings.Index(after, "\n## "); next >= 0 {
		after = after[:next+1]
	}
	return "## " + title + "\n" + after
}

// WriteSection puts text, which begins with the heading of a section, in the place of that section of a page in Folder below root.
func WriteSection(root, file, text string) error {
	path := filepath.Join(root, Folder, file)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(text, "\n")
	old := Section(string(data), strings.TrimPrefix(head, "## "))
	if old == "" {
		return fmt.Errorf("%s has no section %q", path, head)
	}
	return fileio.WriteFile(path, []byte(strings.Replace(string(data), old, text, 1)))
}
