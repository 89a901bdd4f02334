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

// maxNesting is how many dictionaries a state_dict may lie below.
const maxNesting = 4

// readCheckpoint finds the state_dict in what the pickle built and reads its tensors.
func (a *archive) readCheckpoint(top any) error {
	at := diag.InFile(a.Path, "data.pkl")
	d, ok := top.(*dict)
	if !ok {
		return at.Errorf(code, "holds %s, not a state_dict", describe(top)).Helpf(saveStateDict)
	}
	a.readMetadata(d)
	for range maxNesting {
		key, inner, err := a.wrapped(d)
		if err != nil {
			return err
		}
		if inner == nil {
			break
		}
		a.Inside = append(a.Inside, key)
		d = inner
		a.readMetadata(d)
	}
	for i, v := range d.values {
		name, isText := d.keys[i].(string)
		if o, ok := v.(opaque); ok && (strings.HasSuffix(string(o), "._reconstruct") || strings.HasSuffix(string(o), "._frombuffer")) {
			return a.at(name).Errorf(code, "is an array of NumPy inside a pickle").Helpf("save such arrays by name with np.savez(path, **arrays)")
		}
		tensor, ok := v.(view)
		if !ok {
			continue
		}
		if !isText {
			return at.Errorf(code, "holds a tensor whose name is %s", describe(d.keys[i])).Helpf(saveStateDict)
		}
		t, err := a.tensor(name, tensor)
		if err != nil {
			return err
		}
		a.Tensors = append(a.Tensors, t)
	}
	if len(a.Tensors) == 0 {
		return at.Errorf(code, "holds no tensors%s", d.list()).Helpf(saveStateDict)
	}
	return nil
}

// wrapped is the dictionary with the tensors inside another: that under the first usual key; or else, where the other has no
// tensors of its own, the only one that has any and is no optimiser's. It is nil when there is none.
func (a *archive) wrapped(d *dict) (string, *dict, error) {
	inner, known := map[string]*dict{}, nesting{}
	var keys []string
	for i, k := range d.keys {
		key, isText := k.(string)
		if v, ok := d.values[i].(*dict); ok && isText && known.holdsTensors(v, maxNesting) && !v.isOptimiser() {
			inner[key] = v
			keys = append(keys, key)
		}
	}
	for _, key := range wrappers {
		if inner[key] != nil {
			return key, inner[key], nil
		}
	}
	switch {
	case len(keys) == 0 || known.holdsTensors(d, 0):
		return "", nil, nil
	case len(keys) == 1:
		return keys[0], inner[keys[0]], nil
	}
	return "", nil, diag.InFile(a.Path, "data.pkl").Errorf(code, "holds several sets of tensors: %s", diag.Names(keys)).
		Helpf("save one of them alone: torch.save(torch.load(path)['%s'], other)", diag.Short(keys[0]))
}

// nesting remembers which dictionaries hold tensors, themselves or so many levels below: the memo of a pickle may share one
// dictionary between many.
type nesting map[nested]bool

type nested struct {
	d      *dict
	levels int
}

func (n nesting) holdsTensors(d *dict, levels int) bool {
	at := nested{d, levels}
	if known, ok := n[at]; ok {
		return known
	}
	n[at] = false
	for _, v := range d.values {
		switch v := v.(type) {
		case view:
			n[at] = true
			return true
		case *dict:
			if levels > 0 && n.holdsTensors(v, levels-1) {
				n[at] = true
				return true
			}
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
