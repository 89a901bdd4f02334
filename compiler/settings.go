package compiler

import (
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Set gives settings of targets a value, each as "verilog.butterflies=8", in the place of what the model's target blocks say
// of them. What is set here is said in the generated files and in the report. A target that does not exist is an error here;
// its keys and values are checked where they are in the model too, when code is generated.
func (m *Model) Set(settings []string) error {
	var errs diag.List
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		target, name, ok := strings.Cut(key, ".")
		if !ok || findTarget(target) == nil {
			errs.Add(diag.InFile(m.File, "--set "+s).Errorf("settings", "there is no target %s", target).
				Helpf("the targets are %s, and a setting of one is  --set %s.KEY=VALUE", strings.Join(TargetNames(), ", "), Targets[0].Name()))
			continue
		}
		if m.Targets[target] == nil {
			m.Targets[target] = map[string]string{}
		}
		m.Targets[target][name] = value
		m.overrides = slices.DeleteFunc(m.overrides, func(o override) bool { return o.key == key })
		m.overrides = append(m.overrides, override{key, value})
	}
	return errs.Err()
}

// With is the model with settings of targets as Set takes them; this one keeps its own.
func (l *Lowered) With(settings []string) (*Lowered, error) {
	model, lowered := *l.Model, *l
	model.Targets = map[string]map[string]string{}
	for name, s := range l.Targets {
		model.Targets[name] = maps.Clone(s)
	}
	model.overrides = slices.Clone(model.overrides)
	lowered.Model = &model
	return &lowered, model.Set(settings)
}

// override is a setting of a target that the command line gives, by "target.key".
type override struct{ key, value string }

func (o override) String() string { return o.key + "=" + o.value }

// of reports whether it is a setting of a target.
func (o override) of(target string) bool { return strings.HasPrefix(o.key, target+".") }

// unusedSettings reports settings of targets that are not generated: they would go unseen.
func (l *Lowered) unusedSettings(generated []string) error {
	var errs diag.List
	for _, o := range l.overrides {
		if !slices.ContainsFunc(generated, o.of) {
			target, _, _ := strings.Cut(o.key, ".")
			errs.Add(diag.InFile(l.File, "--set "+o.String()).Errorf("settings", "target %s is not generated", target).
				Helpf("leave the setting out, or add  --target %s", target))
		}
		if (o.key == "c.flash" || o.key == "c.ram") && l.MCU() == "" {
			errs.Add(diag.InFile(l.File, "--set "+o.String()).Errorf("settings", "%s is a limit on a chip, and none is named", o.key).
				Helpf("add  --mcu NAME;  hrnnc chips lists them"))
		}
	}
	return errs.Err()
}

// KnowsSetting reports whether a key such as "verilog.butterflies" is of a setting that a target has.
func KnowsSetting(key string) bool {
	target, name, _ := strings.Cut(key, ".")
	t := findTarget(target)
	return t != nil && slices.ContainsFunc(t.Settings(), func(s backends.Setting) bool { return s.Key == name })
}
