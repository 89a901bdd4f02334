package pack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
)

// templates has a folder a format, and in shared what several have. ID in a path stands for the package's name.
//
//go:embed templates
var templates embed.FS

// files are those of one package: the model's sources, what all packages have, and what the format's own folder has.
func (f Format) files(v values) ([]backends.File, error) {
	var out []backends.File
	for _, s := range v.Sources {
		out = append(out, backends.File{Path: "src/" + s.Path, Data: s.Data})
	}
	example := []string{"protocol.h"}
	if f.bare {
		example = append(example, "main.c", "serial.h", "serial_cmsdk.c")
	}
	for _, name := range example {
		file, err := render("templates/shared/example/"+name+".tmpl", f.example+"/"+name, v)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	shared := []string{"go.mod", "host/main.go", "host/model.json", "host/golden.json"}
	if f.avr {
		shared = append(shared, "extras/simavr.c")
	}
	for _, name := range shared {
		file, err := render("templates/shared/"+name+".tmpl", name, v)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	root := "templates/" + f.Name
	err := fs.WalkDir(templates, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := strings.TrimSuffix(strings.TrimPrefix(name, root+"/"), ".tmpl")
		file, err := render(name, strings.ReplaceAll(to, "ID", v.Vendor+"."+v.Prefix), v)
		if len(bytes.TrimSpace(file.Data)) > 0 { // some are not for every model
			out = append(out, file)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b backends.File) int { return cmp.Compare(a.Path, b.Path) })
	if f.Name == "cmsis-pack" {
		archive, err := archived(out)
		if err != nil {
			return nil, err
		}
		out = append(out, backends.File{Path: v.Vendor + "." + v.Prefix + "." + v.Version + ".pack", Data: archive})
	}
	return out, nil
}

// render fills one template.
func render(name, to string, v values) (backends.File, error) {
	t, err := template.New(path.Base(name)).Option("missingkey=error").ParseFS(templates, name, "templates/shared/readme.tmpl")
	if err != nil {
		return backends.File{}, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, v)
	return backends.File{Path: to, Data: b.Bytes()}, err
}

// archived packs files into a zip archive without times, so that the same files are the same bytes.
func archived(files []backends.File) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		into, err := w.CreateHeader(&zip.FileHeader{Name: f.Path, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := into.Write(f.Data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
