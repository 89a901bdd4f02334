package weights

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// wrappers are the keys under which training scripts keep the state_dict of a checkpoint, the usual ones first.
var wrappers = []string{"state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "params"}

// maxNesting is how many dictionaries and lists tensors may lie below.
const maxNesting = 8

// readCheckpoint finds the state_dict in what the pickle built and reads its tensors.
func (a *archive) readCheckpoint(top any) error {
	at := diag.InFile(a.Path, "data.pkl")
	d, ok := top.(*dict)
	if !ok {
		return at.Errorf(code, "holds %s, not a state_dict", describe(top)).Helpf(saveStateDict)
	}
	a.readMetadata(d)
	a.open = append(a.open, d)
	for level := range maxNesting {
		key, inner, err := a.wrapped(d, level == 0)
		if err != nil {
			return err
		}
		if inner == nil {
			break
		}
		a.Inside = append(a.Inside, key)
		d = inner
		a.open = append(a.open, d)
		a.readMetadata(d)
	}
	if err := a.collect("", d, maxNesting); err != nil {
		return err
	}
	if len(a.Tensors) == 0 {
		return at.Errorf(code, "holds no tensors%s", d.list()).Helpf(saveStateDict)
	}
	return nil
}

// A pickle may share dictionaries and lists between many, so that the names of what is in them grow: maxEntries is how many entries
// are looked at below the state_dict, maxJoined how long a joined name may be.
const (
	maxEntries = 1 << 16
	maxJoined  = 1024
)

// collect reads the tensors of a dictionary or a list, and of those in it under names joined by dots.
func (a *archive) collect(prefix string, container any, levels int) error {
	keys, values := entriesOf(container)
	if prefix != "" {
		a.entries += len(values)
	}
	if a.entries > maxEntries || len(prefix) > maxJoined {
		return diag.InFile(a.Path, "data.pkl").Errorf(code, "holds more lists and dictionaries within each other than a state_dict does").Helpf(saveStateDict)
	}
	for i, v := range values {
		name := strconv.Itoa(i)
		if keys != nil {
			text, ok := keys[i].(string)
			if _, isTensor := v.(view); isTensor && !ok {
				return diag.InFile(a.Path, "data.pkl").Errorf(code, "holds a tensor whose name is %s", describe(keys[i])).Helpf(saveStateDict)
			}
			name = text
		}
		if err := a.collectOne(prefix+name, v, levels); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) collectOne(name string, v any, levels int) error {
	switch v := v.(type) {
	case view:
		t, err := a.tensor(name, v)
		if err != nil {
			return err
		}
		a.Tensors = append(a.Tensors, t)
	case opaque:
		if strings.HasSuffix(string(v), "._reconstruct") || strings.HasSuffix(string(v), "._frombuffer") {
			return a.at(name).Errorf(code, "is an array of NumPy inside a pickle").Helpf("save such arrays by name with np.savez(path, **arrays)")
		}
	case *dict, *list, tuple:
		if levels == 0 || !a.known.holdsTensors(v, levels-1) || a.within(v) {
			return nil
		}
		a.open = append(a.open, v)
		err := a.collect(name+".", v, levels-1)
		a.open = a.open[:len(a.open)-1]
		return err
	}
	return nil
}

// within reports whether a dictionary or list is one of those that hold the place at hand, in a circle.
func (a *archive) within(container any) bool {
	return slices.ContainsFunc(a.open, func(o any) bool { return identity(o) == identity(container) })
}

// entriesOf gives what a dictionary or a list holds; keys is nil for lists.
func entriesOf(container any) (keys, values []any) {
	switch c := container.(type) {
	case *dict:
		return c.keys, c.values
	case *list:
		return nil, c.items
	case tuple:
		return nil, c
	}
	return nil, nil
}

// wrapped is the dictionary with the tensors inside another: that under the first usual key; or else, where the other has no
// tensors of its own, the only one that has any and is no optimiser's. It is nil when there is none. Several at the top are
// several networks, or states of one; further in they are its parts.
func (a *archive) wrapped(d *dict, top bool) (string, *dict, error) {
	inner := map[string]*dict{}
	var keys, beside []string
	for i, k := range d.keys {
		key, isText := k.(string)
		if !isText {
			continue
		}
		switch v := d.values[i].(type) {
		case *dict:
			if a.known.holdsTensors(v, maxNesting) {
				inner[key] = v
				keys = append(keys, key)
			}
		case *list, tuple:
			if a.known.holdsTensors(v, maxNesting) {
				keys = append(keys, key)
			}
		case view:
			beside = append(beside, key)
		}
	}
	for _, key := range wrappers {
		if inner[key] != nil {
			for _, k := range append(beside, keys...) {
				if k != key {
					a.Beside = append(a.Beside, k)
				}
			}
			return key, inner[key], nil
		}
	}
	switch {
	case len(keys) == 0 || len(beside) > 0 || !top:
		return "", nil, nil
	case len(keys) == 1:
		return keys[0], inner[keys[0]], nil // nil for a list: its tensors have no other names than its key
	}
	return "", nil, diag.InFile(a.Path, "data.pkl").Errorf(code, "holds several sets of tensors: %s", diag.Names(keys)).
		Helpf("save one of them alone: torch.save(torch.load(path)['%s'], other)", diag.Short(keys[0]))
}

// nesting remembers which dictionaries and lists hold tensors, themselves or so many levels below: the memo of a pickle may
// share one between many.
type nesting map[nested]bool

type nested struct {
	container any // its identity
	levels    int
}

// identity tells dictionaries, lists and tuples apart, as a key of a map.
func identity(container any) any {
	if t, ok := container.(tuple); ok {
		if len(t) == 0 {
			return nil
		}
		return &t[0] // no two tuples share an array
	}
	return container
}

func (n nesting) holdsTensors(container any, levels int) bool {
	at := nested{identity(container), levels}
	if known, ok := n[at]; ok {
		return known
	}
	n[at] = false
	if d, ok := container.(*dict); ok && d.isOptimiser() {
		return false
	}
	_, values := entriesOf(container)
	for _, v := range values {
		found := false
		switch v := v.(type) {
		case view:
			found = true
		case *dict, *list, tuple:
			found = levels > 0 && n.holdsTensors(v, levels-1)
		}
		if found {
			n[at] = true
			return true
		}
	}
	return false
}

// isOptimiser reports whether a dictionary is the state of an optimiser, which every one of PyTorch keeps the same way.
func (d *dict) isOptimiser() bool { return slices.Contains(d.keys, any("param_groups")) }

// readMetadata keeps the numbers and strings of a checkpoint, such as its epoch.
func (a *archive) readMetadata(d *dict) {
	for i, k := range d.keys {
		key, ok := k.(string)
		if !ok {
			continue
		}
		switch v := d.values[i].(type) {
		case string:
			a.Metadata[key] = v
		case int64:
			a.Metadata[key] = strconv.FormatInt(v, 10)
		case float64:
			a.Metadata[key] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			a.Metadata[key] = strconv.FormatBool(v)
		}
	}
}

// list names the keys of a dictionary for a diagnostic.
func (d *dict) list() string {
	var names []string
	for _, k := range d.keys {
		if s, ok := k.(string); ok {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; it has " + diag.Names(names)
}

// describe names a value of a pickle.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case opaque:
		return "an object " + diag.Short(string(v))
	case view:
		return "one tensor without a name"
	case *list, tuple:
		return "a list"
	case *dict:
		return "a dictionary"
	case string:
		return "the string " + diag.Short(v)
	case int64, float64, bool:
		return fmt.Sprintf("the value %v", v)
	}
	return "no value"
}
