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
		out = append(out, backends.File{Path: "src/" + path.Base(s.Path), Data: s.Data})
	}
	for name, to := range f.shared() {
		file, err := render("templates/shared/"+name+".tmpl", to, v)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	root := "templates/" + cmp.Or(f.folder, f.Name)
	err := fs.WalkDir(templates, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := strings.TrimSuffix(strings.TrimPrefix(name, root+"/"), ".tmpl")
		file, err := render(name, strings.NewReplacer("ID", f.fileID(v), "MODEL", v.Prefix).Replace(to), v)
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

// fileID is what stands for ID in the path of a template.
func (f Format) fileID(v values) string {
	if f.Target == "verilog" {
		return v.ID
	}
	return v.Vendor + "." + v.Prefix
}

// shared says which of the templates that several formats have this one has, and what file each becomes.
func (f Format) shared() map[string]string {
	to := map[string]string{}
	if f.example != "" {
		to["example/protocol.h"] = f.example + "/protocol.h"
	}
	if f.bare {
		for _, name := range []string{"main.c", "serial.h", "serial_cmsdk.c"} {
			to["example/"+name] = f.example + "/" + name
		}
	}
	if f.example != "" || f.board != "" {
		for _, name := range []string{"go.mod", "host/main.go", "host/model.json", "host/golden.json"} {
			to[name] = name
		}
	}
	if f.avr {
		to["extras/simavr.c"] = "extras/simavr.c"
	}
	return to
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
