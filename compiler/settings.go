package compiler

import (
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/dsl"
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

// CheckTargets finds, in a checked model without a plan, the target blocks, settings and words that cannot be. What depends on the plan,
// such as whether a chip is large enough, is for Compile.
func CheckTargets(m *dsl.Model) (errs diag.List) {
	for _, name := range slices.Sorted(maps.Keys(m.Targets)) {
		t := findTarget(name)
		if t == nil {
			errs.Add(unknownTarget(name, m.Settings[name]))
			continue
		}
		known := t.Settings()
		for _, key := range slices.Sorted(maps.Keys(m.Targets[name])) {
			at := m.Settings[name+"."+key]
			i := slices.IndexFunc(known, func(s backends.Setting) bool { return s.Key == key })
			if i < 0 {
				d := backends.UnknownSetting(t, key)
				d.Span = at
				if near := diag.Nearest(key, settingKeys(known)); near != "" {
					d.Fix(keyOf(at, key), near)
				}
				errs.Add(d)
				continue
			}
			for value := range strings.SplitSeq(m.Targets[name][key], ",") {
				if words := known[i].Words; words != nil && !slices.Contains(words, value) {
					d := diag.At(at).Errorf("settings", "%s is %q", key, value).Helpf("it is one of %s", strings.Join(words, ", "))
					if near := diag.Nearest(value, words); near != "" && value == m.Targets[name][key] {
						d.Fix(at, key+" = "+near)
					}
					errs.Add(d)
				}
			}
		}
	}
	return errs
}

func settingKeys(settings []backends.Setting) (out []string) {
	for _, s := range settings {
		out = append(out, s.Key)
	}
	return out
}

// keyOf is the key of a setting that stands at a span.
func keyOf(at diag.Span, key string) diag.Span {
	at.End = at.Start
	at.End.Col += len(key)
	at.End.Offset += len(key)
	return at
}

// KnowsSetting reports whether a key such as "verilog.butterflies" is of a setting that a target has.
func KnowsSetting(key string) bool {
	target, name, _ := strings.Cut(key, ".")
	t := findTarget(target)
	return t != nil && slices.ContainsFunc(t.Settings(), func(s backends.Setting) bool { return s.Key == name })
}
