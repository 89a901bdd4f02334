package importer

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Choice is a tensor of the checkpoint and what it was taken for.
type Choice struct {
	Param  string `json:"param"` // in the model; "" for a tensor that was left out
	Tensor string `json:"tensor"`
	Shape  []int  `json:"shape"`
	Type   string `json:"type"`
	By     string `json:"by"` // what told it: "name", "words", "shape", "values", "layer", "--map", "--ignore", "unused"
}

// match finds the role of every tensor: what the user says comes first, then names that tell a role by themselves, then words
// of names together with shapes, then shapes alone. A tensor without a role, or with two, is an error.
type match struct {
	f      *weights.File
	tensor map[Role][]*weights.Tensor
	role   map[*weights.Tensor]Role
	by     map[*weights.Tensor]string
	left   []*weights.Tensor // without a role so far, in the order of the names
	n      int               // units, 0 while unknown
}

func newMatch(f *weights.File) *match {
	return &match{f: f, tensor: map[Role][]*weights.Tensor{}, role: map[*weights.Tensor]Role{}, by: map[*weights.Tensor]string{}, left: slices.Clone(f.Tensors)}
}

// one is the tensor of a role, nil when there is none.
func (m *match) one(r Role) *weights.Tensor {
	if all := m.tensor[r]; len(all) > 0 {
		return all[0]
	}
	return nil
}

func (m *match) take(t *weights.Tensor, r Role, by string) {
	m.tensor[r] = append(m.tensor[r], t)
	m.role[t], m.by[t] = r, by
	m.left = slices.DeleteFunc(m.left, func(u *weights.Tensor) bool { return u == t })
	m.units()
}

// units learns the number of units from what has a role, the recurrence first.
func (m *match) units() {
	if t := m.one(RoleSigns); t != nil {
		m.n = len(t.Data)
		return
	}
	for _, r := range []struct {
		role Role
		dim  int
	}{{RoleW, 0}, {RoleW2, 0}, {RoleB, 0}, {RoleU, 0}, {RoleV, 1}} {
		if t := m.one(r.role); t != nil && len(t.Shape) == 2 {
			m.n = t.Shape[r.dim]
			return
		}
	}
}

// run finds all roles.
func (m *match) run(o Options) error {
	if err := m.asked(o); err != nil {
		return err
	}
	if len(m.left) > mostTensors {
		return m.leftOver()
	}
	for _, t := range slices.Clone(m.left) {
		if err := m.refused(t); err != nil {
			return err
		}
		if r := knownRole(t.Name); r != "" && len(o.Map[r]) == 0 {
			m.take(t, r, "name")
		}
	}
	if err := m.twice(); err != nil {
		return err
	}
	m.sizes()
	for m.step(m.words, "words") || m.values() || m.step(m.matrices, "shape") || m.layers() || m.step(m.vectors, "shape") {
	}
	return m.leftOver()
}

// asked takes what --map and --ignore name.
func (m *match) asked(o Options) error {
	for _, name := range o.Ignore {
		before := len(m.tensor[unusedRole])
		m.left = slices.DeleteFunc(m.left, func(t *weights.Tensor) bool {
			ok, err := path.Match(name, t.Name)
			if ok = ok && err == nil || t.Name == name; ok {
				m.tensor[unusedRole] = append(m.tensor[unusedRole], t)
				m.role[t], m.by[t] = unusedRole, "--ignore"
			}
			return ok
		})
		if len(m.tensor[unusedRole]) == before {
			return m.noTensor(name)
		}
	}
	for _, r := range Roles {
		for _, name := range o.Map[r] {
			t := m.f.Find(name)
			if t == nil {
				return m.noTensor(name)
			}
			if r, taken := m.role[t]; taken {
				return m.at(t).Errorf("weights", "is named twice, for %s and here", r).Helpf("give it once, to --map or --ignore")
			}
			m.take(t, r, "--map")
		}
	}
	return nil
}

func (m *match) noTensor(name string) error {
	_, err := m.f.Tensor(name)
	return err
}

func (m *match) at(t *weights.Tensor) diag.Builder {
	return diag.InFile(m.f.Path, "tensor "+diag.Short(t.Name))
}

// refused names what is another kind of network by its names and shapes.
func (m *match) refused(t *weights.Tensor) error {
	last := t.Name[strings.LastIndex(t.Name, ".")+1:]
	if strings.HasPrefix(last, "weight_hh") && len(t.Shape) == 2 && t.Shape[1] > 0 {
		switch t.Shape[0] / t.Shape[1] {
		case 4:
			return m.at(t).Errorf("weights", "is %s: that of an LSTM, which has gates", shape(t)).Helpf("train a HadamRNN on the same data: hrnnc train")
		case 3:
			return m.at(t).Errorf("weights", "is %s: that of a GRU, which has gates", shape(t)).Helpf("train a HadamRNN on the same data: hrnnc train")
		}
	}
	if strings.HasSuffix(last, "_reverse") {
		return m.at(t).Errorf("weights", "is one of a bidirectional network, which reads a sequence from its end too").Helpf("train with bidirectional=False")
	}
	return nil
}

// mostTensors is far more than a HadamRNN has: two layers with all that wrappers and trainers put beside them.
const mostTensors = 200

// said are the roles that the words of a name speak for, behind what all names begin with.
func (m *match) said(t *weights.Tensor) []Role { return wordRoles(t.Name[len(m.prefix()):]) }

// twice refuses two tensors that names give the same role.
func (m *match) twice() error {
	for _, r := range Roles {
		if all := m.tensor[r]; len(all) > 1 && !r.adds() {
			return diag.InFile(m.f.Path, "").Errorf("weights", "it is not clear which tensor is %s: %s", r, list(all)).
				Helpf("say it: --map %s=%s; and leave others out: --ignore %s", r, all[0].Name, all[1].Name)
		}
	}
	return nil
}

// sizes learns the number of units from shapes alone: the only size of square matrices, or of vectors of signs.
func (m *match) sizes() {
	if m.n > 0 {
		return
	}
	seen := map[int]bool{}
	for _, t := range m.left {
		switch {
		case len(t.Shape) == 2 && t.Shape[0] == t.Shape[1] && t.Shape[0] > 1:
			seen[t.Shape[0]] = true
		case isSigns(t):
			seen[len(t.Data)] = true
		}
	}
	if len(seen) == 1 {
		for n := range seen {
			m.n = n
		}
	}
}

// prefix is what the names of all tensors begin with, up to a dot: "module.", "_orig_mod.", "net.rnn.".
func (m *match) prefix() string {
	if len(m.f.Tensors) < 2 {
		return ""
	}
	// Names are sorted: what the first and the last share, all do.
	a, b := m.f.Tensors[0].Name, m.f.Tensors[len(m.f.Tensors)-1].Name
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:strings.LastIndex(a[:n], ".")+1]
}

// step gives tensors the only free role that a way of looking at them leaves; a role that two tensors could have is left.
func (m *match) step(roles func(*weights.Tensor) []Role, by string) bool {
	could := map[Role][]*weights.Tensor{}
	candidates := map[*weights.Tensor][]Role{}
	for _, t := range m.left {
		for _, r := range roles(t) {
			if m.free(r, by == "words") && m.fits(t, r) && !m.excluded(r) {
				candidates[t] = append(candidates[t], r)
				could[r] = append(could[r], t)
			}
		}
	}
	for _, t := range slices.Clone(m.left) {
		if c := candidates[t]; len(c) == 1 && (len(could[c[0]]) == 1 || c[0].adds() && by == "words") {
			m.take(t, c[0], by)
			return true
		}
	}
	return false
}

// free reports whether a role may take a tensor: one more where tensors add up, but not to what the user has named.
func (m *match) free(r Role, more bool) bool {
	t := m.one(r)
	return t == nil || more && r.adds() && m.by[t] != "--map"
}

// excluded reports whether the other of signs and matrix is there, which say the same thing.
func (m *match) excluded(r Role) bool {
	return r == RoleSigns && m.one(RoleW) != nil || r == RoleW && m.one(RoleSigns) != nil
}

// fits reports whether a tensor has the shape of a role, as far as sizes are known.
func (m *match) fits(t *weights.Tensor, r Role) bool {
	n := m.n
	matrix := len(t.Shape) == 2
	switch r {
	case RoleW, RoleW2, RoleB:
		return matrix && t.Shape[0] == t.Shape[1] && (n == 0 || t.Shape[0] == n)
	case RoleU:
		e := m.one(RoleE)
		return matrix && (n == 0 || t.Shape[0] == n) && (e == nil || len(e.Shape) == 2 && t.Shape[1] == e.Shape[1])
	case RoleV:
		return matrix && (n == 0 || t.Shape[1] == n)
	case RoleE:
		u := m.one(RoleU)
		return matrix && u != nil && len(u.Shape) == 2 && t.Shape[1] == u.Shape[1]
	case RoleSigns, RoleSigns2:
		return !(matrix && min(t.Shape[0], t.Shape[1]) > 1) && len(t.Data) > 1 && (n == 0 || len(t.Data) == n)
	case RoleBias, RoleBias2:
		return !matrix && len(t.Data) == n
	case RoleC:
		v := m.one(RoleV)
		return !matrix && v != nil && len(t.Data) == v.Shape[0]
	}
	return false
}

// words are the roles that a name speaks for, as a weight or as a bias.
func (m *match) words(t *weights.Tensor) []Role {
	if saysBias(t.Name) {
		return biases(m.said(t))
	}
	return m.said(t)
}

// biases are the roles of the biases of layers.
func biases(of []Role) (out []Role) {
	for _, r := range of {
		if b, ok := biasOf[r]; ok && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// values finds the recurrence by what it holds: signs, or the only square matrix that is a Hadamard.
func (m *match) values() bool {
	if m.one(RoleW) != nil || m.one(RoleSigns) != nil {
		return false
	}
	var found []*weights.Tensor
	for _, t := range m.left {
		if contradicts(m.said(t), RoleW) {
			continue
		}
		if isSigns(t) && m.fits(t, RoleSigns) && !saysBias(t.Name) {
			found = append(found, t)
		} else if len(t.Shape) == 2 && t.Shape[0] > 1 && m.fits(t, RoleW) {
			if _, err := hadamard.Recognise(t.Data, t.Shape[0]); err == nil {
				found = append(found, t)
			}
		}
	}
	if len(found) != 1 {
		return false
	}
	r := RoleW
	if isSigns(found[0]) {
		r = RoleSigns
	}
	m.take(found[0], r, "values")
	return true
}

// isSigns reports whether a tensor is a vector of one magnitude and both signs.
func isSigns(t *weights.Tensor) bool {
	if len(t.Shape) > 2 || len(t.Shape) == 2 && min(t.Shape[0], t.Shape[1]) > 1 || len(t.Data) < 2 {
		return false
	}
	both := [2]bool{}
	for _, v := range t.Data {
		if v == 0 || math.Abs(v) != math.Abs(t.Data[0]) {
			return false
		}
		if v < 0 {
			both[0] = true
		} else {
			both[1] = true
		}
	}
	return both[0] && both[1]
}

// matrices are the roles of a matrix by its shape.
func (m *match) matrices(t *weights.Tensor) []Role {
	if len(t.Shape) != 2 || m.n == 0 {
		return nil
	}
	said := m.said(t)
	return slices.DeleteFunc([]Role{RoleW, RoleU, RoleV}, func(r Role) bool { return contradicts(said, r) })
}

// contradicts reports whether a name speaks for the input or the output, and a shape for something else. Words of the
// recurrence do not count: they often name all of a network.
func contradicts(said []Role, r Role) bool {
	return (slices.Contains(said, RoleU) || slices.Contains(said, RoleV)) && !slices.Contains(said, r)
}

// layers gives biases the layer whose weight has a role.
func (m *match) layers() bool {
	for _, t := range slices.Clone(m.left) {
		if !saysBias(t.Name) {
			continue
		}
		var could []Role
		for weight, r := range m.role {
			if b, ok := biasOf[r]; ok && owner(t.Name) != "" && owner(weight.Name) == owner(t.Name) && m.fits(t, b) && m.free(b, true) && !slices.Contains(could, b) {
				could = append(could, b)
			}
		}
		if len(could) == 1 {
			m.take(t, could[0], "layer")
			return true
		}
	}
	return false
}

// vectors are the roles of a vector by its length, if its name says nothing else.
func (m *match) vectors(t *weights.Tensor) []Role {
	if len(t.Shape) == 2 || !saysBias(t.Name) && !anonymous.MatchString(t.Name) {
		return nil
	}
	return []Role{RoleBias, RoleC}
}

// leftOver refuses what has no role, and a network that lacks one.
func (m *match) leftOver() error {
	at := diag.InFile(m.f.Path, "")
	var missing []string
	for _, r := range []Role{RoleU, RoleV} {
		if m.one(r) == nil {
			missing = append(missing, string(r))
		}
	}
	if m.one(RoleW) == nil && m.one(RoleSigns) == nil {
		missing = append(missing, "W (or signs)")
	}
	for _, t := range m.left {
		said := m.said(t)
		for _, r := range said {
			turned := &weights.Tensor{Shape: slices.Clone(t.Shape), Data: t.Data}
			slices.Reverse(turned.Shape)
			if len(t.Shape) == 2 && m.one(r) == nil && m.n > 0 && !m.excluded(r) && !m.fits(t, r) && m.fits(turned, r) {
				return m.at(t).Errorf("weights", "is %s, and %s would be %s: it looks transposed%s", shape(t), r, shape(turned), m.so()).
					Helpf("save its transpose, as [outputs, inputs]; Keras and JAX have [inputs, outputs]")
			}
		}
	}
	switch {
	case len(missing) > 0 && len(m.left) > 0:
		return at.Errorf("weights", "it is not clear which tensor is %s; these have no role yet: %s%s", strings.Join(missing, ", "), list(m.left), m.so()).
			Helpf("say it: --map %s=%s; in  h <- W*h + U*x + b  and  y = V*relu(h) + c  U is [units, inputs], W [units, units], V [outputs, units]; b and c are optional",
				strings.Fields(missing[0])[0], m.left[0].Name)
	case len(missing) > 0:
		return at.Errorf("weights", "has no tensor for %s%s", strings.Join(missing, ", "), m.so()).
			Helpf("in  h <- W*h + U*x + b  and  y = V*relu(h) + c  U is [units, inputs], W [units, units], V [outputs, units]; save all of the model")
	case len(m.left) > 0:
		var names []string
		for _, t := range m.left[:min(len(m.left), named)] {
			names = append(names, t.Name)
		}
		return at.Errorf("weights", "%d of its %d tensors have no place in the model: %s%s", len(m.left), len(m.f.Tensors), list(m.left), m.so()).
			Helpf("say what they are, such as  --map b=%s, or leave them out with  --ignore %s", names[0], strings.Join(names, ","))
	}
	return nil
}

// named is how many tensors the remedy names.
const named = 20

// so words what has a role, for diagnostics.
func (m *match) so() string {
	var out []string
	for _, r := range Roles {
		if all := m.tensor[r]; len(all) > 0 {
			out = append(out, string(r)+" is "+list(all))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// list names tensors with their shapes.
func list(all []*weights.Tensor) string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = diag.Short(t.Name) + " " + shape(t)
	}
	return diag.Names(names)
}

func shape(t *weights.Tensor) string { return diag.Shape(t.Shape) }
