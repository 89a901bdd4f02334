// Package importer turns the tensors of a trained HadamRNN, under the names of the authors' PyTorch code or under others, into a
// model.hrn and a safetensors file. It finds out what each tensor is (match.go) and knows the authors' configuration; reading
// the formats is package weights', and what the model means is package dsl's. Start with Import.
package importer

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Options are what the user says beside the checkpoint.
type Options struct {
	Name      string // of the model; empty for the checkpoint's
	Input     string // "u8", "i16", ..., "onehot" or "token"; empty to guess from the data set's name
	Scale     string // real value of one, as written: "1/255"
	Steps     int    // 0: endless
	StateBits int    // 0: 16
	Normalise bool   // divide a dense recurrent matrix by its scale
	// Map says which tensors have a role; those of a bias are added up. Roles that are not in it are found by name and shape.
	Map map[Role][]string
	// Ignore are names of tensors that are left out, or patterns of path.Match.
	Ignore []string
}

// ParseMap reads roles as the command line has them: "U=W_ih.weight,b=W_ih.bias+W_hh.bias", any number of times.
func ParseMap(values []string) (map[Role][]string, error) {
	out := map[string][]string{}
	for _, value := range values {
		for _, pair := range strings.Split(value, ",") {
			name, tensors, ok := strings.Cut(pair, "=")
			name = strings.TrimSpace(name)
			if !ok || strings.TrimSpace(tensors) == "" {
				return nil, fmt.Errorf("%q is not ROLE=TENSOR, such as U=W_ih.weight", pair)
			}
			if out[name] != nil {
				return nil, fmt.Errorf("%s is said twice; tensors that add up are written b=one+other", name)
			}
			for _, t := range strings.Split(tensors, "+") {
				out[name] = append(out[name], strings.TrimSpace(t))
			}
		}
	}
	return RoleMap(out)
}

// RoleMap reads roles and their tensors by the names of the roles.
func RoleMap(names map[string][]string) (map[Role][]string, error) {
	out := map[Role][]string{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		role := Role(name)
		if alias, known := aliases[name]; known {
			role = alias
		}
		switch {
		case !slices.Contains(Roles, role):
			return nil, fmt.Errorf("there is no role %q; the roles are %s", role, roleNames())
		case out[role] != nil:
			return nil, fmt.Errorf("%s is said twice; tensors that add up are written b=one+other", role)
		case len(names[name]) > 1 && !role.adds():
			return nil, fmt.Errorf("%s is one tensor; only b and b2 add up", role)
		}
		out[role] = names[name]
	}
	return out, nil
}

func roleNames() string {
	names := make([]string, len(Roles))
	for i, r := range Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// Imported is a checkpoint as hrnnc has it.
type Imported struct {
	Text    string // model.hrn
	Weights *weights.File
	Notes   []string // what was decided, for the user
	Choices []Choice // what every tensor of the checkpoint was taken for, in the order of the model
}

// WeightsName is the file that Text names.
const WeightsName = "model.safetensors"

// Import finds out what the tensors are and writes the model that they make. config may be nil when the recurrent matrix is
// dense. Every tensor has a part in the model, is known to have none, or is an error.
func Import(f *weights.File, config *Config, o Options) (*Imported, error) {
	im := &importing{f: f, c: config, o: o, m: newMatch(f), out: &weights.File{Path: WeightsName, Format: weights.Safetensors, Metadata: map[string]string{}}}
	if len(f.Inside) > 0 {
		im.note("the tensors are those under %q of the checkpoint", strings.Join(f.Inside, "."))
	}
	if len(f.Beside) > 0 {
		im.note("the checkpoint has other tensors beside them, which are left out: %s", diag.Names(f.Beside))
	}
	if kept := slices.DeleteFunc(slices.Sorted(maps.Keys(f.Metadata)), func(k string) bool { return k == "format" }); f.Format == weights.Safetensors && len(kept) > 0 {
		im.note("the metadata of the file belongs to the model that it was saved with, and is left out: %s", diag.Names(kept))
	}
	if err := im.m.run(o); err != nil {
		return nil, err
	}
	if config == nil {
		if im.m.one(RoleSigns) != nil || im.m.one(RoleSigns2) != nil {
			return nil, diag.InFile(f.Path, "").Errorf("config", "the checkpoint does not say its blocks and bits").
				Helpf("give --config: the YAML that the training was started with, or JSON such as {\"hidden_size\": 128, \"basic_block\": \"full\", \"num_bits\": 4, \"qoutput\": true}")
		}
		im.c = &Config{Relu: true}
		im.note("the checkpoint does not say how it is read out: the model has relu(h) and the last step, as the paper; change its last lines where yours differ")
	}
	if err := im.layers(); err != nil {
		return nil, err
	}
	text, err := im.text()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(im.out.Tensors, func(a, b *weights.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return &Imported{Text: text, Weights: im.out, Notes: im.notes, Choices: im.choices()}, nil
}

type importing struct {
	f     *weights.File
	c     *Config
	o     Options
	m     *match
	out   *weights.File
	notes []string
	n     int // hidden units
	d     int // entries of the input, or of an embedding
	vocab int // rows of the embedding; 0 without one
	rows  int // outputs
	block int
	dense [2]bool // h <- W*h instead of hadamard(h)
	two   bool    // two layers
	bias  [2]bool
	cBias bool
	uKind string
	bKind string
	vKind string
}

// layerRoles are the roles of the two layers' own tensors.
var layerRoles = [2]struct{ inflow, matrix, signs, bias Role }{{RoleU, RoleW, RoleSigns, RoleBias}, {RoleB, RoleW2, RoleSigns2, RoleBias2}}

// choices lists what was taken for what.
func (im *importing) choices() (out []Choice) {
	for _, r := range append(slices.Clone(Roles), copyRole, unusedRole) {
		for _, t := range im.m.tensor[r] {
			c := Choice{Param: im.param(r), Tensor: t.Name, Shape: t.Shape, Type: t.DType, By: im.m.by[t]}
			if c.Param == "" && c.By == "name" {
				c.By = "unused"
			}
			if r == copyRole {
				c.By = string(copyRole)
			}
			out = append(out, c)
		}
	}
	return out
}

// param is the name that a role has in the model, "" where it is not in it.
func (im *importing) param(r Role) string {
	switch r {
	case RoleSigns:
		return im.stateName(0) + ".signs"
	case RoleSigns2:
		return im.stateName(1) + ".signs"
	case copyRole, unusedRole:
		return ""
	}
	return string(r)
}

func (im *importing) note(format string, args ...any) {
	im.notes = append(im.notes, fmt.Sprintf(format, args...))
}

// values are those of a tensor for a weight type, checked for shape and for values that are not finite.
func (im *importing) values(t *weights.Tensor, kind string, shape ...int) ([]float64, error) {
	x, err := im.f.Param(t.Name, kind, shape...)
	if err != nil {
		return nil, err
	}
	if kind == "sign" && weights.Unsigned(t.DType) {
		im.note("%s has the type %s, which has no minus: 0 is taken for -1, and 1 for +1", t.Name, t.DType)
	}
	return x.Data, nil
}

// copy takes the tensor of a role over, under the name that the model has for it. Several are added up.
func (im *importing) copy(r Role, kind string, shape ...int) error {
	sum := make([]float64, 0)
	for i, t := range im.m.tensor[r] {
		data, err := im.values(t, kind, shape...)
		if err != nil {
			return err
		}
		if i == 0 {
			sum = slices.Clone(data)
			continue
		}
		for j, v := range data {
			sum[j] += v
		}
	}
	if all := im.m.tensor[r]; len(all) > 1 {
		im.note("%s is the sum of %s", im.param(r), list(all))
	}
	im.put(im.param(r), sum, shape...)
	return nil
}

func (im *importing) put(name string, data []float64, shape ...int) {
	im.out.Tensors = append(im.out.Tensors, &weights.Tensor{Name: name, Shape: shape, DType: "F32", Data: data})
}

// kind is the weight type of a number of bits.
func (im *importing) kind(bits int, name Role) string {
	switch bits {
	case 0:
		im.note("nothing says that %s was quantised in training; it is given int16, whose error is below 2^-15 of its largest weight", name)
		return "int16"
	case 1:
		return "ternary"
	}
	return fmt.Sprintf("int%d", bits)
}

// wrongShape says what a role's tensor should be like.
func (im *importing) wrongShape(t *weights.Tensor, r Role, want string) error {
	d := im.m.at(t).Errorf("weights", "is %s; %s, which it is taken for, is %s", shape(t), r, want)
	if len(t.Shape) == 2 {
		return d.Helpf("save its transpose where it is [inputs, outputs], as Keras and JAX have it; or say with --map which tensor is %s", r)
	}
	return d.Helpf("say with --map which tensor is %s", r)
}

func (im *importing) layers() error {
	u := im.m.one(RoleU)
	if len(u.Shape) != 2 || im.m.n > 0 && u.Shape[0] != im.m.n {
		return im.wrongShape(u, RoleU, fmt.Sprintf("[%d, inputs]", im.m.n))
	}
	im.n, im.d = u.Shape[0], u.Shape[1]
	im.uKind = im.kind(im.c.NumBits, RoleU)
	if err := im.copy(RoleU, im.uKind, im.n, im.d); err != nil {
		return err
	}
	if e := im.m.one(RoleE); e != nil {
		if len(e.Shape) != 2 || e.Shape[1] != im.d {
			return im.wrongShape(e, RoleE, fmt.Sprintf("[vocabulary, %d]", im.d))
		}
		im.vocab = e.Shape[0]
		if err := im.copy(RoleE, "int8", im.vocab, im.d); err != nil {
			return err
		}
		im.note("the embedding is quantised to int8; declare  param E : int4  in the model for a smaller table")
	}
	im.two = im.m.one(RoleSigns2) != nil || im.m.one(RoleW2) != nil || im.m.one(RoleB) != nil
	if err := im.recurrence(0); err != nil {
		return err
	}
	if im.two {
		if err := im.secondLayer(); err != nil {
			return err
		}
	}
	return im.readout()
}

func (im *importing) stateName(i int) string {
	if !im.two {
		return "h"
	}
	return []string{"h1", "h2"}[i]
}

// secondLayer takes over what stands above the first; its inflow is binary in the authors' code.
func (im *importing) secondLayer() error {
	if im.m.one(RoleB) == nil || im.m.one(RoleSigns2) == nil && im.m.one(RoleW2) == nil {
		return diag.InFile(im.f.Path, "").Errorf("weights", "has a part of a second layer: B, and signs2 or W2, belong to it%s", im.m.so()).
			Helpf("say what they are with --map B=NAME,signs2=NAME, or leave them out with --ignore")
	}
	im.bKind = "binary"
	if im.m.one(RoleW2) != nil {
		im.bKind = im.kind(0, RoleB)
	}
	if err := im.copy(RoleB, im.bKind, im.n, im.n); err != nil {
		return err
	}
	return im.recurrence(1)
}

func (im *importing) recurrence(i int) error {
	roles := layerRoles[i]
	if im.m.one(roles.bias) != nil {
		im.bias[i] = true
		if err := im.copy(roles.bias, "real", im.n); err != nil {
			return err
		}
	}
	signs, w := im.m.one(roles.signs), im.m.one(roles.matrix)
	switch {
	case signs == nil:
		return im.denseRecurrence(i, w)
	case w != nil:
		return diag.InFile(im.f.Path, "").Errorf("weights", "it is not clear whether the recurrence is %s or %s", list([]*weights.Tensor{signs}), list([]*weights.Tensor{w})).
			Helpf("leave the matrix out with --ignore %s where it is the signs times a Hadamard matrix, or the signs with --ignore %s", w.Name, signs.Name)
	}
	if err := im.copy(roles.signs, "sign", im.n); err != nil {
		return err
	}
	used := im.out.Tensors[len(im.out.Tensors)-1].Data
	if err := im.sameSigns(i, used); err != nil {
		return err
	}
	zeros := 0
	for _, v := range used {
		if v == 0 {
			zeros++
		}
	}
	if zeros > 0 {
		im.note("%d signs of %s are sign(0), which counts as +1 here and as 0 in torch.sign", zeros, im.stateName(i))
	}
	if i > 0 {
		return im.powerOfTwo(im.n)
	}
	im.block = im.c.Block
	if im.block == 0 {
		im.block = im.n
	}
	if im.n%im.block != 0 {
		return diag.InFile(im.c.File, "").Errorf("config", "blocks of %d do not divide the %d hidden units", im.block, im.n).
			Helpf("basic_block is the logarithm of the block: %d gives blocks of %d", bits.TrailingZeros(uint(im.n)), im.n&-im.n)
	}
	return im.powerOfTwo(im.block)
}

// sameSigns checks that the authors' second name for the signs of a layer holds the same.
func (im *importing) sameSigns(i int, used []float64) error {
	for _, t := range im.m.tensor[copyRole] {
		if strings.Contains(t.Name, "recurrent_layer_2.") != (i > 0) {
			continue
		}
		data, err := im.values(t, "sign", im.n)
		if err != nil {
			return err
		}
		for j, v := range data {
			if (v < 0) != (used[j] < 0) {
				return im.m.at(t).Errorf("weights", "differs from %s in the sign of unit %d; they are one tensor in training", im.m.one(layerRoles[i].signs).Name, j).
					Helpf("leave out the one that is wrong with --ignore")
			}
		}
	}
	return nil
}

func (im *importing) powerOfTwo(n int) error {
	if bits.OnesCount(uint(n)) == 1 {
		return nil
	}
	return diag.InFile(im.f.Path, "").Errorf("weights", "the layer has %s, not a power of two, in one block", diag.Count(n, "unit")).
		Helpf("basic_block in the configuration gives blocks: %d gives %s of %d", bits.TrailingZeros(uint(n)), diag.Count(n/(n&-n), "block"), n&-n)
}

// denseRecurrence takes a plain recurrent matrix: signs where it is diag(signs) H, the matrix itself where units are
// permuted too, which the recognise pass sees through.
func (im *importing) denseRecurrence(i int, t *weights.Tensor) error {
	role := layerRoles[i].matrix
	if len(t.Shape) != 2 || t.Shape[0] != im.n || t.Shape[1] != im.n {
		return im.wrongShape(t, role, fmt.Sprintf("[%d, %d]", im.n, im.n))
	}
	data, err := im.values(t, "real", im.n, im.n)
	if err != nil {
		return err
	}
	at := im.m.at(t)
	if strings.Contains(t.Name, "weight_hh") {
		im.note("torch.nn.RNN and RNNCell apply tanh or relu to the state, and a HadamRNN does not: the model computes what training did only if that left it out")
	}
	form, err := hadamard.Recognise(data, im.n)
	if err != nil {
		return at.Errorf("hadamard", "the recurrent matrix is not a signed Hadamard: %v", err).
			Helpf("hrnnc compiles HadamRNNs, whose recurrent matrix is one up to permutations and one scale")
	}
	want := 1 / math.Sqrt(float64(form.Block))
	const float16 = 2e-3
	switch ratio := form.Scale / want; {
	case math.Abs(ratio-1) <= float16:
	case im.o.Normalise:
		im.note("the recurrent matrix was %.6g times a signed Hadamard; it is scaled to 1/sqrt(%d), as --normalise asks", form.Scale, form.Block)
	case math.Abs(form.Scale-1) <= float16:
		im.note("the recurrent matrix holds +1 and -1: taken for its signs, with 1/sqrt(%d) in front", form.Block)
	default:
		return at.Errorf("hadamard", "the recurrent matrix is %.6g times a signed Hadamard of order %d; only 1/sqrt(%d) = %.6g keeps the norm of the state",
			form.Scale, form.Block, form.Block, want).Helpf("give --normalise to scale it, which changes what the model computes")
	}
	im.note("the recurrent matrix is a signed Hadamard of order %d, found in its %s", form.Block, diag.Count(len(data), "entry"))
	if form.Plain() && (i == 0 || form.Block == im.n) {
		im.block = form.Block
		signs := make([]float64, im.n)
		for i, s := range form.Signs {
			signs[i] = float64(s)
		}
		im.put(im.stateName(i)+".signs", signs, im.n)
		return nil
	}
	im.note("its units are permuted or negated on both sides: the model keeps %s, and compiling finds the transform again", role)
	im.dense[i] = true
	w := make([]float64, len(data))
	for j, v := range data {
		w[j] = v * want / form.Scale
	}
	im.put(string(role), w, im.n, im.n)
	return nil
}

func (im *importing) readout() error {
	v := im.m.one(RoleV)
	if len(v.Shape) != 2 || v.Shape[1] != im.n {
		return im.wrongShape(v, RoleV, fmt.Sprintf("[outputs, %d]", im.n))
	}
	im.rows = v.Shape[0]
	bits := 0
	if im.c.QOutput || strings.Contains(v.Name, "parametrizations") {
		bits = im.c.NumBits
	}
	im.vKind = im.kind(bits, RoleV)
	if err := im.copy(RoleV, im.vKind, im.rows, im.n); err != nil {
		return err
	}
	if im.m.one(RoleC) == nil {
		return nil
	}
	im.cBias = true
	return im.copy(RoleC, "real", im.rows)
}
