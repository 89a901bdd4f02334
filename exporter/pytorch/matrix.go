package pytorch

import (
	"slices"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// matrix is a recurrent matrix W of h <- W*h: signs on both sides of a transform of blocks, whose rows stand in order and whose
// columns are permuted. The signs are trained, where entries stand is not, as in hrnnc train.
type matrix struct {
	name           string
	block          int
	order, permute []int
}

// matrixParts are the tensors that stand for a recurrent matrix W in model.py, as W/name.
var matrixParts = []struct{ name, kind string }{{"signs", "sign"}, {"presigns", "sign"}, {"order", "index"}, {"permute", "index"}}

// matrices are the recurrent matrices of a network whose weights are loaded; nil has none.
func matrices(m *dsl.Model, net *network.Network) ([]matrix, error) {
	at := slices.IndexFunc(m.Layers, func(l *dsl.Layer) bool { return l.Dense != nil })
	if at < 0 {
		return nil, nil
	}
	if l := m.Layers[at]; net == nil {
		return nil, diag.At(l.Span).Errorf("export", "state %s has the recurrent matrix %s, and there are no weights to find its transform in", l.State.Name, l.Dense.Name).
			Helpf("give the weights that hold it with  --weights FILE;  or write hadamard(%s), whose weights are signs", l.State.Name)
	}
	parts := map[string][]int{}
	for _, p := range net.Params {
		if p.Part && p.Fixed {
			for _, v := range p.Latent {
				parts[p.Name] = append(parts[p.Name], int(v))
			}
		}
	}
	var out []matrix
	names, _ := net.Dense()
	for _, name := range names {
		out = append(out, matrix{name, parts[name+"/block"][0], parts[name+"/order"], parts[name+"/permute"]})
	}
	return out, nil
}
