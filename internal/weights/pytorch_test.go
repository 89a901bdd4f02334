package weights

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/internal/exttool/exttest"
)

// saved is a script of PyTorch that writes files of every kind, and what each holds: {file: {name: [shape, values]}}.
const saved = `
import argparse, collections, json, pathlib, sys, torch, numpy as np
torch.manual_seed(1)
out, want = pathlib.Path(sys.argv[1]), {}
def save(name, obj, tensors=None, **how):
    torch.save(obj, out / name, **how)
    tensors = obj if tensors is None else tensors
    want[name] = {k: [list(t.shape), t.detach().double().flatten().tolist()] for k, t in tensors.items()}

base = torch.arange(24, dtype=torch.float32) / 8 - 1
rnn, linear = torch.nn.RNN(3, 4), torch.nn.Linear(4, 2)
both = collections.OrderedDict(list(rnn.state_dict(prefix='rnn.').items()) + list(linear.state_dict(prefix='fc.').items()))
types = {str(d)[6:]: (base * 3).to(d) for d in [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8]}
types.update(uint8=torch.arange(5, dtype=torch.uint8), bool=torch.tensor([True, False, True]), scalar=torch.tensor(2.5), empty=torch.zeros(0, 3))
views = {'t': base.reshape(4, 6).t(), 'offset': base[5:9], 'strided': base[1::3], 'column': base.reshape(4, 6)[:, 2],
    'expanded': torch.tensor([1.5]).expand(7), 'diagonal': base.reshape(4, 6).diagonal(), 'halves': base.half()[3:8], 'same': base[5:9]}
checkpoint = {'epoch': 3, 'best': np.float64(0.5), 'args': argparse.Namespace(lr=0.1, path=pathlib.PosixPath('/x'), tags={'a', 'b'}),
    'optimizer': torch.optim.Adam(linear.parameters()).state_dict(), 'size': torch.Size([3]), 'device': torch.device('cpu'),
    'seen': collections.Counter(a=1), 'when': None, 'history': collections.defaultdict(list), 'curve': np.zeros(3)}
opt = torch.optim.Adam(linear.parameters()); linear(torch.ones(1, 4)).sum().backward(); opt.step()
checkpoint['optimizer'] = opt.state_dict()
legacy = dict(_use_new_zipfile_serialization=False)
for how, args in [('zip', {}), ('legacy', legacy), ('zip4', dict(pickle_protocol=4)), ('zip5', dict(pickle_protocol=5)), ('legacy4', dict(pickle_protocol=4, **legacy))]:
    save(how + '_types.pth', types, **args)
    save(how + '_views.pth', views, **args)
    save(how + '_modules.pth', both, **args)
    save(how + '_dict.pth', dict(both), **args)
    save(how + '_parameters.pth', {'p': torch.nn.Parameter(base[2:7]), 'q': linear.weight}, **args)
    for key in ['state_dict', 'model_state_dict', 'model', 'my_net']:
        save(f'{how}_in_{key}.pth', {**checkpoint, key: both}, both, **args)
    save(how + '_parts.pth', {'params': {'cell': {'kernel': base[:3], 'bias': base[3:5]}, 'head': [base[5:7], (base[7:9],)]}, 'rng_state': torch.get_rng_state()},
        {'cell.kernel': base[:3], 'cell.bias': base[3:5], 'head.0': base[5:7], 'head.1.0': base[7:9]}, **args)
    save(how + '_mixed.pth', {'U': base[:3], 'rest': {'V': base[3:5]}, 'losses': [0.5, 0.25]}, {'U': base[:3], 'rest.V': base[3:5]}, **args)
    save(how + '_nested.pth', {**checkpoint, 'model': {'net': both, 'version': 2}}, both, **args)
    save(how + '_lists.pth', {'tensors': [base[:2], base[2:3]], 'deep': [[[[[[[[[[1]]]]]]]]]]}, {'tensors.0': base[:2], 'tensors.1': base[2:3]}, **args)
with_attribute = torch.nn.Parameter(base[:4].clone()); with_attribute.note = 'x'
save('attributes.pth', {'p': with_attribute})
class Tagged(torch.Tensor): pass
torch.save({'p': torch.ones(3).as_subclass(Tagged)}, out / 'refused_subclass.pth')
torch.save({'p': torch.quantize_per_tensor(base, 0.1, 10, torch.quint8)}, out / 'refused_quantised.pth')
torch.save({'p': base.reshape(4, 6).to_sparse()}, out / 'refused_sparse.pth')
torch.save(linear, out / 'refused_model.pth')
torch.save([base], out / 'refused_list.pth')
torch.save({'a': both, 'b': both}, out / 'refused_several.pth')
torch.save({'w': np.ones(3)}, out / 'refused_array.pth')
torch.save({'w': torch.ones(3, dtype=torch.complex64)}, out / 'refused_complex.pth')
torch.jit.save(torch.jit.script(linear), str(out / 'refused_script.pt'))
try:
    torch.save({'w': torch.ones(3, dtype=torch.complex64).conj().imag}, out / 'refused_negated.pth')
    if torch.__version__ < '2': (out / 'refused_negated.pth').unlink()
except RuntimeError: pass
json.dump(want, open(out / 'want.json', 'w'))
`

// TestReadWhatTorchWrites holds the reader against PyTorch itself: types, views, parameters, checkpoints, both formats, and what
// is not read.
func TestReadWhatTorchWrites(t *testing.T) {
	python := exttest.Python(t, "torch", "numpy")
	dir := t.TempDir()
	if out, err := exec.Command(python, "-c", saved, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "want.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string][2]json.RawMessage
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for file, tensors := range want {
		f, err := Open(filepath.Join(dir, file))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if len(f.Tensors) != len(tensors) {
			t.Errorf("%s: %d tensors, want %d", file, len(f.Tensors), len(tensors))
		}
		for name, parts := range tensors {
			var shape []int
			var values []float64
			if err := json.Unmarshal(parts[0], &shape); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(parts[1], &values); err != nil {
				t.Fatal(err)
			}
			got := f.Find(name)
			if got == nil {
				t.Errorf("%s: no tensor %s", file, name)
			} else if d := cmp.Diff(shape, got.Shape) + cmp.Diff(values, got.Data); d != "" {
				t.Errorf("%s: %s: %s", file, name, d)
			}
		}
	}
	refused, err := filepath.Glob(filepath.Join(dir, "refused_*"))
	if err != nil || len(refused) == 0 {
		t.Fatal("nothing to refuse")
	}
	for _, file := range refused {
		if f, err := Open(file); err == nil {
			t.Errorf("%s is read: %v", filepath.Base(file), f.Tensors)
		} else if !strings.Contains(err.Error(), "help: ") {
			t.Errorf("%s: no remedy in %v", file, err)
		} else {
			t.Log(err)
		}
	}
}
