package pack

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/ir"
)

// tree is the files of a package, by path.
type tree map[string]string

func filesOf(t *testing.T, format string, m Model, c Choice) (tree, string) {
	t.Helper()
	if err := c.setFormats(format); err != nil {
		t.Fatal(err)
	}
	files, figures, err := Files(m, c)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newValues(m, c, c.Formats[0])
	if err != nil {
		t.Fatal(err)
	}
	folder := format + "/" + v.ID
	if len(figures) != 1 || !strings.HasSuffix(figures[0].Note, " in "+folder) {
		t.Errorf("%s: figures %v", format, figures)
	}
	out := tree{}
	for _, f := range files {
		name, below := strings.CutPrefix(f.Path, folder+"/")
		if _, twice := out[name]; !below || twice {
			t.Errorf("%s: %s is not below %s, or there twice", format, f.Path, folder)
		}
		out[name] = string(f.Data)
	}
	return out, path.Base(folder)
}

func (f tree) need(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		if f[n] == "" {
			t.Errorf("%s is missing or empty", n)
		}
	}
}

// models are one of each kind of input and decision, with names as users may choose them.
func models() map[string]Model {
	sources := func(prefix string, more ...string) (out []backends.File) {
		for _, ext := range append([]string{".h", ".c"}, more...) {
			out = append(out, backends.File{Path: prefix + ext, Data: []byte("/* " + prefix + ext + " */\n")})
		}
		return out
	}
	long := strings.Repeat("Very_", 15) + "long"
	return map[string]Model{
		"token": {Name: "copy", Prefix: "copy", Sources: sources("copy"), Outputs: 9, Steps: 120,
			Input: ir.Input{Kind: ir.Token, Size: 1, Vocab: 10, Scale: 1}, Output: ir.Output{When: ir.EveryStep, Decision: ir.Argmax},
			Vectors: backends.Vectors{X: [][][]int64{{{1}, {2}}}, Y: [][][]int64{{make([]int64, 9), make([]int64, 9)}}}},
		"classes": {Name: "gait", Prefix: "gait", Sources: sources("gait", ".S"), Outputs: 2, Steps: 128,
			Input: ir.Input{Kind: ir.Vector, Size: 2, Bits: 8, Signed: true, Scale: 1.0 / 32,
				Channels: []ir.Channel{{Name: "acc x", Gain: 79.5, Offset: -64.25}, {Name: `"y" <&>`, Gain: 1e-9, Offset: 3}}},
			Output: ir.Output{When: ir.Mean, Decision: ir.Argmax, Labels: []string{"walk\n\"fast\" <b>", "größer & mehr"}}},
		"bits": {Name: "alarm & more", Prefix: "alarm_more", Sources: sources("alarm_more"), Outputs: 3,
			Input: ir.Input{Kind: ir.Vector, Size: 4, Bits: 16, Scale: 1}, Output: ir.Output{When: ir.AtLast, Decision: ir.Threshold}},
		"values": {Name: "next", Prefix: "next", Sources: sources("next"), Outputs: 1, Steps: 70000,
			Input: ir.Input{Kind: ir.Vector, Size: 1, Bits: 12, Signed: true, Scale: 1}, Output: ir.Output{When: ir.EveryStep}},
		"long": {Name: long, Prefix: long, Sources: sources(long), Outputs: 2,
			Input: ir.Input{Kind: ir.Vector, Size: 1, Bits: 1, Scale: 1}, Output: ir.Output{When: ir.EveryStep, Decision: ir.Argmax}},
	}
}

// TestRules holds every package of every kind of model to the rules of its format.
func TestRules(t *testing.T) {
	rules := map[string]func(t *testing.T, f tree, v values){
		"arduino": arduino, "cmake": cmake, "cmsis-pack": cmsisPack, "esp-idf": espIDF, "platformio": platformIO, "zephyr": zephyr,
	}
	for kind, m := range models() {
		for _, c := range []Choice{{Target: "c"}, {Target: "c", Vendor: "Acme-Labs", Version: "12.0.34"}} {
			for _, format := range Names("c") {
				t.Run(fmt.Sprintf("%s/%s/%s", kind, format, c.Vendor), func(t *testing.T) {
					f, folder := filesOf(t, format, m, c)
					found, _ := Find(format)
					v, err := newValues(m, c, found)
					if err != nil {
						t.Fatal(err)
					}
					common(t, f, m, v)
					if !regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`).MatchString(folder) {
						t.Errorf("folder %s", folder)
					}
					rules[format](t, f, v)
				})
			}
		}
	}
}

// common is what all packages have: the model, the example, the host's program, and a page that says the first commands.
func common(t *testing.T, f tree, m Model, v values) {
	if len(v.Sources) < 2 || v.Assembly() != "" && !slices.ContainsFunc(m.Sources, func(s backends.File) bool { return "src/"+s.Path == v.Assembly() }) {
		t.Errorf("sources %v", v.Sources)
	}
	for _, s := range v.Sources {
		if f["src/"+s.Path] != string(s.Data) {
			t.Errorf("src/%s is not the model's", s.Path)
		}
	}
	f.need(t, "go.mod", "host/main.go", "host/golden.json", "README.md")
	for name, text := range f {
		if path.Ext(name) == ".pack" {
			continue
		}
		if strings.Contains(text, "{{") || strings.Contains(text, "<no value>") || strings.Contains(text, "\r") {
			t.Errorf("%s has something of a template left", name)
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s does not end with one newline", name)
		}
	}
	var h hostModel
	if err := json.Unmarshal([]byte(f["host/model.json"]), &h); err != nil {
		t.Fatal(err)
	}
	if h.Name != m.Prefix || h.Inputs != m.Input.Size || h.Steps != m.Steps || !slices.Equal(h.Classes, m.Output.Labels) {
		t.Errorf("host/model.json says %+v", h)
	}
	for i, c := range h.Channels {
		if want := m.Input.Conversion(i); c.Gain != want.Gain || c.Offset != want.Offset {
			t.Errorf("channel %d is %+v, want %+v", i, c, want)
		}
	}
	for _, command := range []string{"go run ./host -port", "-golden"} {
		if !strings.Contains(f["README.md"], command) {
			t.Errorf("README.md does not say %s", command)
		}
	}
}

var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`) // semver.org, as far as packages go

// arduino holds a library to the "Arduino library specification", 1.5 format, revision 2.2
// (arduino.github.io/arduino-cli/latest/library-specification), and to the patterns of arduino-lint's schema of library.properties.
func arduino(t *testing.T, f tree, v values) {
	p := map[string]string{}
	for line := range strings.Lines(f["library.properties"]) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if _, twice := p[key]; !ok || twice || value == "" || value != strings.TrimSpace(value) {
			t.Errorf("library.properties: %q", line)
		}
		p[key] = value
	}
	for _, field := range strings.Fields("name version author maintainer sentence paragraph category url architectures includes") {
		if p[field] == "" {
			t.Errorf("library.properties has no %s", field)
		}
	}
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9 _.\-]{0,62}$`).MatchString(p["name"]) ||
		strings.HasPrefix(strings.ToLower(p["name"]), "arduino") {
		t.Errorf("name = %s", p["name"])
	}
	if !semantic.MatchString(p["version"]) {
		t.Errorf("version = %s", p["version"])
	}
	categories := strings.Split("Display,Communication,Signal Input/Output,Sensors,Device Control,Timing,Data Storage,Data Processing,Other", ",")
	if !slices.Contains(categories, p["category"]) {
		t.Errorf("category = %s", p["category"])
	}
	if !strings.HasPrefix(p["url"], "https://") {
		t.Errorf("url = %s", p["url"])
	}
	f.need(t, "src/"+p["includes"])
	sketches := 0
	for name := range f {
		if path.Ext(name) == ".ino" { // "Arduino sketch specification": the main file has its folder's name
			sketches++
			if dir := path.Dir(name); path.Dir(dir) != "examples" || path.Base(dir)+".ino" != path.Base(name) {
				t.Errorf("%s is no sketch of an example", name)
			}
		}
	}
	if want := map[bool]int{true: 1, false: 2}[v.Token()]; sketches != want {
		t.Errorf("%d sketches, want %d", sketches, want)
	}
	for line := range strings.Lines(f["keywords.txt"]) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 2 || !slices.Contains([]string{"KEYWORD1", "KEYWORD2", "LITERAL1"}, fields[1]) {
			t.Errorf("keywords.txt: %q", line)
		}
	}
	for name := range f {
		top, _, below := strings.Cut(name, "/")
		if !below && slices.Contains([]string{".c", ".h", ".cpp", ".S", ".ino"}, path.Ext(name)) {
			t.Errorf("%s lies in the root: the layout would be the flat one", name)
		}
		if top == "utility" {
			t.Errorf("%s is of the flat layout", name)
		}
	}
}

// platformIO holds a library to PlatformIO's schema of library.json (platformio-core, platformio/assets/schema/library.json) and the
// example to the sections of platformio.ini (docs.platformio.org/en/latest/projectconf).
func platformIO(t *testing.T, f tree, v values) {
	var l struct {
		Name, Version, Description, Homepage, Headers, Frameworks, Platforms string
		Schema                                                               string `json:"$schema"`
		Keywords                                                             []string
		Authors                                                              []struct {
			Name       string
			Maintainer bool
		}
		Examples []struct {
			Name, Base string
			Files      []string
		}
	}
	d := json.NewDecoder(strings.NewReader(f["library.json"]))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		t.Fatal(err)
	}
	if len(l.Name) > 50 || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(l.Name) {
		t.Errorf("name %q", l.Name)
	}
	if len(l.Version) > 20 || !semantic.MatchString(l.Version) {
		t.Errorf("version %q", l.Version)
	}
	if l.Description == "" || len(l.Description) > 255 || len(l.Homepage) > 255 ||
		len(l.Keywords) == 0 || len(l.Authors) == 0 || l.Authors[0].Name == "" {
		t.Errorf("library.json: %+v", l)
	}
	for _, k := range l.Keywords {
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(k) {
			t.Errorf("keyword %q", k)
		}
	}
	f.need(t, "src/"+l.Headers)
	for _, e := range l.Examples {
		for _, file := range e.Files {
			f.need(t, e.Base+"/"+file)
		}
	}
	sections := ini(t, f["examples/stream/platformio.ini"])
	for name, keys := range sections {
		if strings.HasPrefix(name, "env:") && (keys["platform"] == "" || keys["board"] == "") {
			t.Errorf("[%s] lacks a platform or a board: %v", name, keys)
		}
	}
	if sections["env"]["framework"] == "" || sections["env:"+sections["platformio"]["default_envs"]] == nil {
		t.Errorf("platformio.ini: %v", sections)
	}
	if sections["env"]["lib_deps"] != "symlink://../.." {
		t.Errorf("lib_deps = %s", sections["env"]["lib_deps"])
	}
}

// ini reads sections of key = value lines.
func ini(t *testing.T, text string) map[string]map[string]string {
	out := map[string]map[string]string{}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, ";") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok && strings.HasSuffix(name, "]") {
			section = strings.TrimSuffix(name, "]")
			out[section] = map[string]string{}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section == "" {
			t.Errorf("%q is no setting of a section", line)
			continue
		}
		out[section][strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return out
}

// zephyr holds a module to the schema in Zephyr's scripts/zephyr_module.py, and its sample to docs.zephyrproject.org, "Test Runner
// (Twister)" and "Application Development".
func zephyr(t *testing.T, f tree, v values) {
	var module struct {
		Name  string
		Build struct {
			Cmake, Kconfig string
		}
		Samples []string
	}
	strictYAML(t, f["zephyr/module.yml"], &module)
	f.need(t, module.Build.Cmake+"/CMakeLists.txt", module.Build.Kconfig)
	if module.Name != v.ID || len(module.Samples) != 1 {
		t.Errorf("module.yml: %+v", module)
	}
	symbol := regexp.MustCompile(`(?m)^config ([A-Z0-9_]+)\n\tbool "[^"\n]+"\n\thelp\n\t  \S`).FindStringSubmatch(f["zephyr/Kconfig"])
	if symbol == nil {
		t.Fatalf("Kconfig:\n%s", f["zephyr/Kconfig"])
	}
	if !strings.Contains(f["zephyr/CMakeLists.txt"], "if(CONFIG_"+symbol[1]+")") {
		t.Errorf("zephyr/CMakeLists.txt does not ask for CONFIG_%s", symbol[1])
	}
	sample := module.Samples[0] + "/stream/"
	f.need(t, sample+"CMakeLists.txt", sample+"src/main.c")
	config := map[string]string{}
	for line := range strings.Lines(f[sample+"prj.conf"]) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || !regexp.MustCompile(`^CONFIG_[A-Z0-9_]+$`).MatchString(key) || value != "y" && value != "n" {
			t.Errorf("prj.conf: %q", line)
		}
		config[key] = value
	}
	if config["CONFIG_"+symbol[1]] != "y" {
		t.Errorf("prj.conf does not set CONFIG_%s", symbol[1])
	}
	var s struct {
		Sample struct {
			Name, Description string
		}
		Common struct {
			Tags, Harness string
			HarnessConfig struct {
				Type  string
				Regex []string
			} `yaml:"harness_config"`
		}
		Tests map[string]struct {
			IntegrationPlatforms []string `yaml:"integration_platforms"`
		}
	}
	strictYAML(t, f[sample+"sample.yaml"], &s)
	if s.Sample.Name == "" || s.Common.Harness != "console" ||
		s.Common.HarnessConfig.Type != "one_line" || len(s.Common.HarnessConfig.Regex) != 1 {
		t.Errorf("sample.yaml: %+v", s)
	}
	for name := range s.Tests {
		if !regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)+$`).MatchString(name) {
			t.Errorf("the test %q has no category in front", name)
		}
	}
	if _, err := regexp.Compile(s.Common.HarnessConfig.Regex[0]); err != nil {
		t.Error(err)
	}
	inOrder(t, f[sample+"CMakeLists.txt"], "cmake_minimum_required(", "EXTRA_ZEPHYR_MODULES",
		"find_package(Zephyr REQUIRED", "project(", "target_sources(app PRIVATE src/main.c)")
}

// espIDF holds a component to "idf_component.yml Manifest File" (docs.espressif.com/projects/idf-component-manager) and "Build System"
// of the ESP-IDF Programming Guide.
func espIDF(t *testing.T, f tree, v values) {
	var manifest struct {
		Version, Description, URL string
		Dependencies              map[string]string
	}
	strictYAML(t, f["idf_component.yml"], &manifest)
	if !semantic.MatchString(manifest.Version) || manifest.Description == "" ||
		!strings.HasPrefix(manifest.URL, "https://") || manifest.Dependencies["idf"] == "" {
		t.Errorf("idf_component.yml: %+v", manifest)
	}
	var example struct {
		Dependencies map[string]struct{ Path string }
	}
	strictYAML(t, f["examples/stream/main/idf_component.yml"], &example)
	for name, d := range example.Dependencies {
		if !regexp.MustCompile(`^[a-z0-9_-]+$`).MatchString(name) || name != v.ID {
			t.Errorf("the dependency %q is not the folder's name, %s", name, v.ID)
		}
		if path.Join("examples/stream/main", d.Path) != "." {
			t.Errorf("the path of %s leads to %s", name, path.Join("examples/stream/main", d.Path))
		}
	}
	if len(example.Dependencies) != 1 {
		t.Errorf("dependencies: %v", example.Dependencies)
	}
	inOrder(t, f["examples/stream/CMakeLists.txt"], "cmake_minimum_required(VERSION 3.16)",
		"include($ENV{IDF_PATH}/tools/cmake/project.cmake)", "project(")
	for line := range strings.Lines(f["examples/stream/sdkconfig.defaults"]) {
		if !regexp.MustCompile(`^CONFIG_[A-Z0-9_]+=[yn]\n$`).MatchString(line) {
			t.Errorf("sdkconfig.defaults: %q", line)
		}
	}
}

// cmake holds a project to what find_package and install expect; TestCMake builds it.
func cmake(t *testing.T, f tree, v values) {
	lists := f["CMakeLists.txt"]
	inOrder(t, lists, "cmake_minimum_required(VERSION 3.13)", "project("+v.ID+" VERSION "+v.Version, "add_library("+v.ID+" STATIC",
		"ALIAS "+v.ID,
		"target_include_directories(", "install(TARGETS "+v.ID, "install(EXPORT "+v.ID)
	if strings.Contains(lists, "enable_language(ASM)") != (v.Assembly() != "") {
		t.Error("CMakeLists.txt and the sources disagree about assembly")
	}
	f.need(t, "cmake/arm-none-eabi.cmake", "cmake/riscv64-unknown-elf.cmake", "examples/stream/CMakeLists.txt", "examples/stream/main.c")
}

// cmsisPack holds a pack to "Pack Description (*.pdsc) Format" and schema/PACK.xsd of the Open-CMSIS-Pack specification, 1.7: the
// elements that it requires, its patterns of names and versions, and the files named, which are those of the archive.
func cmsisPack(t *testing.T, f tree, v values) {
	name := v.Vendor + "." + v.Prefix
	type file struct {
		Category string `xml:"category,attr"`
		Name     string `xml:"name,attr"`
		Attr     string `xml:"attr,attr"`
		Select   string `xml:"select,attr"`
	}
	var p struct {
		XMLName       xml.Name `xml:"package"`
		SchemaVersion string   `xml:"schemaVersion,attr"`
		Vendor        string   `xml:"vendor"`
		Name          string   `xml:"name"`
		Description   string   `xml:"description"`
		URL           *string  `xml:"url"`
		Releases      []struct {
			Version string `xml:"version,attr"`
		} `xml:"releases>release"`
		Components []struct {
			Cvendor     string `xml:"Cvendor,attr"`
			Cclass      string `xml:"Cclass,attr"`
			Cgroup      string `xml:"Cgroup,attr"`
			Csub        string `xml:"Csub,attr"`
			Cversion    string `xml:"Cversion,attr"`
			Description string `xml:"description"`
			Files       []file `xml:"files>file"`
		} `xml:"components>component"`
		Examples []struct {
			Folder      string `xml:"folder,attr"`
			Doc         string `xml:"doc,attr"`
			Name        string `xml:"name,attr"`
			Description string `xml:"description"`
			Environment struct {
				Name string `xml:"name,attr"`
				Load string `xml:"load,attr"`
			} `xml:"project>environment"`
		} `xml:"examples>example"`
	}
	if err := xml.Unmarshal([]byte(f[name+".pdsc"]), &p); err != nil {
		t.Fatal(err)
	}
	restricted := regexp.MustCompile(`^[\-_A-Za-z0-9]+$`)
	if !restricted.MatchString(p.Vendor) || !restricted.MatchString(p.Name) || p.Vendor+"."+p.Name != name {
		t.Errorf("vendor %q, name %q", p.Vendor, p.Name)
	}
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?$`).MatchString(p.SchemaVersion) || p.Description == "" || p.URL == nil ||
		len(p.Releases) != 1 || len(p.Components) != 1 || len(p.Examples) != 1 {
		t.Fatalf("%s.pdsc: %+v", name, p)
	}
	if !semantic.MatchString(p.Releases[0].Version) || p.Releases[0].Version != v.Version {
		t.Errorf("release %q", p.Releases[0].Version)
	}
	c := p.Components[0]
	part := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+()'/\-\s\.]{1,31}$`)
	if !part.MatchString(c.Cclass) || !part.MatchString(c.Cgroup) ||
		!regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+():/\- \.]{0,31}$`).MatchString(c.Csub) ||
		!regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9\-\s]{1,31}$`).MatchString(c.Cvendor) || c.Cversion != v.Version || c.Description == "" {
		t.Errorf("component %+v", c)
	}
	var listed []string
	for _, x := range c.Files {
		if !slices.Contains([]string{"doc", "header", "include", "source"}, x.Category) ||
			x.Attr != "" && (x.Attr != "template" || x.Select == "") {
			t.Errorf("file %+v", x)
		}
		if x.Category == "include" {
			if !strings.HasSuffix(x.Name, "/") {
				t.Errorf("the include path %s does not end with /", x.Name)
			}
			continue
		}
		f.need(t, x.Name)
		listed = append(listed, x.Name)
	}
	for _, s := range []string{"src/" + v.Prefix + ".c", "src/" + v.Prefix + ".h"} {
		if !slices.Contains(listed, s) {
			t.Errorf("the component does not list %s", s)
		}
	}
	e := p.Examples[0]
	f.need(t, e.Folder+"/"+e.Doc, e.Folder+"/"+e.Environment.Load)
	csolution(t, f, e.Folder, e.Environment.Load, fmt.Sprintf("%s::%s:%s:%s", c.Cvendor, c.Cclass, c.Cgroup, c.Csub))

	archive := f[name+"."+v.Version+".pack"]
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	packed := tree{}
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		packed[entry.Name] = string(data)
	}
	for file, text := range f {
		if path.Ext(file) != ".pack" && packed[file] != text {
			t.Errorf("%s is not the archive's", file)
		}
	}
	if len(packed) != len(f)-1 {
		t.Errorf("the archive has %d files, the folder %d", len(packed), len(f)-1)
	}
}

// csolution holds the example's project to "CMSIS-Toolbox: Project Build, YAML input format": files that exist, and the component.
func csolution(t *testing.T, f tree, folder, load, component string) {
	var s struct {
		Solution struct {
			CreatedFor  string `yaml:"created-for"`
			Compiler    string
			Packs       []struct{ Pack string }
			TargetTypes []struct{ Type, Device string }   `yaml:"target-types"`
			BuildTypes  []struct{ Type, Optimize string } `yaml:"build-types"`
			Projects    []struct{ Project string }
		}
	}
	strictYAML(t, f[folder+"/"+load], &s)
	if len(s.Solution.Projects) != 1 || len(s.Solution.Packs) == 0 || len(s.Solution.TargetTypes) == 0 {
		t.Fatalf("%s: %+v", load, s)
	}
	var p struct {
		Project struct {
			Groups []struct {
				Group string
				Files []struct{ File string }
			}
			Components []struct{ Component string }
		}
	}
	strictYAML(t, f[folder+"/"+s.Solution.Projects[0].Project], &p)
	for _, g := range p.Project.Groups {
		for _, x := range g.Files {
			f.need(t, folder+"/"+x.File)
		}
	}
	if !slices.ContainsFunc(p.Project.Components, func(c struct{ Component string }) bool { return c.Component == component }) {
		t.Errorf("the project has no component %s: %v", component, p.Project.Components)
	}
}

func strictYAML(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// inOrder wants parts of a text, each behind the one before.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("%q is missing, or stands too early, in\n%s", p, text)
			return
		}
		rest = after
	}
}

// TestChoice reads settings, good and bad.
func TestChoice(t *testing.T) {
	const there = "there are packages for arduino, cmake, cmsis-pack, esp-idf, platformio, zephyr"
	const letters = "use a letter, then letters, digits and hyphens, 2 to 31 in all"
	for _, c := range []struct{ key, value, wrong, help string }{
		{"package", "arduino", "", ""},
		{"package", " Zephyr , esp-idf,zephyr", "", ""},
		{"package", "arduno", "there is no package for arduno", "did you mean arduino?"},
		{"package", "", "there is no package for ", there},
		{"package", "cmake,mbed-classic", "there is no package for mbed-classic", there},
		{"package_version", "1.2.0", "", ""},
		{"package_version", "1.2", "package_version = 1.2 is no version", `write three numbers, such as  package_version = "1.2.0"`},
		{"package_version", "1.2.03", "package_version = 1.2.03 is no version", `write three numbers, such as  package_version = "1.2.0"`},
		{"package_vendor", "Acme", "", ""},
		{"package_vendor", "a b", "package_vendor = a b cannot be part of a package's name", letters},
		{"package_vendor", "ArduinoFan", "package_vendor = ArduinoFan cannot be part of a package's name",
			"names that begin with Arduino are for libraries of the Arduino project"},
		{"package_vendor", "x", "package_vendor = x cannot be part of a package's name", letters},
	} {
		choice := Choice{Target: "c"}
		known, err := choice.Set(c.key, c.value)
		if !known {
			t.Errorf("%s is not known", c.key)
		}
		switch {
		case err == nil && c.wrong != "", err != nil && (err.Summary != c.wrong || err.Help != c.help):
			t.Errorf("%s = %q: %v", c.key, c.value, err)
		}
	}
	choice := Choice{Target: "c"}
	if known, _ := choice.Set("tables", "wide"); known {
		t.Error("tables is about packages")
	}
	if _, err := choice.Set("package", "zephyr,esp-idf,zephyr"); err != nil || len(choice.Formats) != 2 || choice.Formats[0].Name != "zephyr" {
		t.Errorf("the formats are %v", choice.Formats)
	}
}

// TestJoinedSamples makes the sketch of a sensor whose samples are joined to steps.
func TestJoinedSamples(t *testing.T) {
	m := models()["classes"]
	m.Input.Size, m.Input.Channels = 6, nil
	for step := range 3 {
		for _, axis := range []string{"ax", "ay"} {
			m.Input.Channels = append(m.Input.Channels, ir.Channel{Name: fmt.Sprintf("%s, step %d of 3", axis, step+1), Gain: 1})
		}
	}
	f, _ := filesOf(t, "arduino", m, Choice{Target: "c"})
	inOrder(t, f["examples/sensor/sensor.ino"], "static double values[6];", "double sample[2]", "read_sensor(values + 2 * samples);", "if (++samples < 3) {", "gait_quantise(values, x)")
}

// TestSameBytes makes packages twice.
func TestSameBytes(t *testing.T) {
	c := Choice{Target: "c"}
	if err := c.setFormats(strings.Join(Names("c"), ",")); err != nil {
		t.Fatal(err)
	}
	a, _, err := Files(models()["classes"], c)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Files(models()["classes"], c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i].Path != b[i].Path || !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("%s differs", a[i].Path)
		}
	}
}
