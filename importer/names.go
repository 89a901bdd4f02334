package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Role is what a tensor is in a HadamRNN: the name of a param in the model that Import writes. The signs of a state go by "signs"
// and "signs2" here, and by the state's name there.
type Role string

// The roles: h <- W*h + U*x + b, or with signs for W; y = V*relu(h) + c; E is the table of an embedding; B, W2, signs2 and b2
// are a second layer's.
const (
	RoleU      Role = "U"
	RoleE      Role = "E"
	RoleW      Role = "W"
	RoleSigns  Role = "signs"
	RoleBias   Role = "b"
	RoleB      Role = "B"
	RoleW2     Role = "W2"
	RoleSigns2 Role = "signs2"
	RoleBias2  Role = "b2"
	RoleV      Role = "V"
	RoleC      Role = "c"
	// unusedRole is a tensor of the authors' code that plays no part in what it computes.
	unusedRole Role = "unused"
	// copyRole is the second name that the authors' code gives to the signs.
	copyRole Role = "copy of the signs"
)

// Roles are the roles that a user can name, in the order of the model.
var Roles = []Role{RoleE, RoleU, RoleSigns, RoleW, RoleBias, RoleB, RoleSigns2, RoleW2, RoleBias2, RoleV, RoleC}

// aliases are the names that roles have in models.
var aliases = map[string]Role{"h.signs": RoleSigns, "h1.signs": RoleSigns, "h2.signs": RoleSigns2}

// adds reports whether several tensors may have a role, which are added up.
func (r Role) adds() bool { return r == RoleBias || r == RoleBias2 }

// known are the names that tell a role by themselves, behind any prefix: those of the authors' code (deel-ai-papers/hadamRNN,
// BinadamSSM), of torch.nn.RNN and RNNCell, and of hrnnc.
var known = compiled([]struct {
	role  Role
	names string
}{
	{RoleU, `input_layer\.(parametrizations\.weight\.original|original_weight|weight)|weight_ih(_l0)?|U`},
	{RoleE, `word_embedding\.weight|E`},
	{RoleW, `recurrent_layer\.weight|weight_hh(_l0)?|W`},
	{RoleSigns, `recurrent_layer\.sign_vector|h1?\.signs|signs`},
	{copyRole, `recurrent_layer\.parametrizations\.weight\.0\.sign_vector`},
	{unusedRole, `recurrent_layer(_2)?\.parametrizations\.weight\.original`},
	{RoleBias, `input_layer\.bias|recurrent_layer\.bias|bias_(ih|hh)(_l0)?|b`},
	{RoleB, `input_layer_2\.(parametrizations\.weight\.original|original_weight|weight)|weight_ih_l1|B`},
	{RoleW2, `recurrent_layer_2\.weight|weight_hh_l1|W2`},
	{RoleSigns2, `recurrent_layer_2\.sign_vector|h2\.signs|signs2`},
	{copyRole, `recurrent_layer_2\.parametrizations\.weight\.0\.sign_vector`},
	{RoleBias2, `input_layer_2\.bias|recurrent_layer_2\.bias|bias_(ih|hh)_l1|b2`},
	{RoleV, `output_layer\.(parametrizations\.weight\.original|original_weight|weight)|V`},
	{RoleC, `output_layer\.bias|c`},
})

type namePattern struct {
	role  Role
	names *regexp.Regexp
}

func compiled(rows []struct {
	role  Role
	names string
}) (out []namePattern) {
	for _, r := range rows {
		out = append(out, namePattern{r.role, regexp.MustCompile(`^(?:.*\.)?(?:` + r.names + `)$`)})
	}
	return out
}

// knownRole is the role that a name tells by itself, or "".
func knownRole(name string) Role {
	for _, p := range known {
		if p.names.MatchString(name) {
			return p.role
		}
	}
	return ""
}

// words are what people call the layers whose names nobody fixed. They count together with a shape that fits.
var words = map[string][]Role{
	"input": {RoleU}, "inp": {RoleU}, "in": {RoleU}, "i2h": {RoleU}, "x2h": {RoleU}, "ih": {RoleU}, "xh": {RoleU}, "win": {RoleU},
	"wx": {RoleU}, "wxh": {RoleU}, "encoder": {RoleU, RoleE}, "enc": {RoleU}, "u": {RoleU},
	"recurrent": {RoleW, RoleSigns}, "rec": {RoleW, RoleSigns}, "h2h": {RoleW, RoleSigns}, "hh": {RoleW, RoleSigns}, "whh": {RoleW},
	"wh": {RoleW}, "wrec": {RoleW}, "hidden": {RoleW, RoleSigns}, "cell": {RoleW, RoleSigns}, "rnn": {RoleW, RoleSigns},
	"transition": {RoleW}, "w": {RoleW}, "sign": {RoleSigns}, "signs": {RoleSigns}, "hadamard": {RoleW, RoleSigns},
	"output": {RoleV}, "out": {RoleV}, "h2o": {RoleV}, "ho": {RoleV}, "hy": {RoleV}, "why": {RoleV}, "wo": {RoleV}, "wout": {RoleV},
	"fc": {RoleV}, "head": {RoleV}, "classifier": {RoleV}, "decoder": {RoleV}, "dec": {RoleV}, "readout": {RoleV}, "v": {RoleV},
	"bx": {RoleU}, "bi": {RoleU}, "bih": {RoleU}, "bxh": {RoleU}, "bin": {RoleU}, "bh": {RoleW}, "bhh": {RoleW}, "brec": {RoleW},
	"wy": {RoleV}, "by": {RoleV}, "bo": {RoleV}, "bhy": {RoleV}, "bout": {RoleV}, "wi": {RoleU},
	"embedding": {RoleE}, "embeddings": {RoleE}, "embed": {RoleE}, "emb": {RoleE}, "wte": {RoleE}, "e": {RoleE},
}

// biasOf is what the bias of a layer is, by the role of its weight.
var biasOf = map[Role]Role{RoleU: RoleBias, RoleW: RoleBias, RoleSigns: RoleBias, RoleB: RoleBias2, RoleW2: RoleBias2, RoleV: RoleC}

// wordRoles are the roles that the words of a name speak for: those of its last part that has any.
func wordRoles(name string) (out []Role) {
	parts := strings.Split(name, ".")
	for i := len(parts) - 1; i >= 0 && out == nil; i-- {
		long := slices.ContainsFunc(tokens(parts[i]), func(w string) bool { return len(w) > 1 && words[w] != nil })
		for _, w := range tokens(parts[i]) {
			for _, r := range words[w] {
				if !slices.Contains(out, r) && (len(w) > 1 || !long) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// tokens cuts a part of a name into its words: at underscores and hyphens, and before capitals that follow small letters.
func tokens(part string) []string {
	var b strings.Builder
	var before rune
	for _, c := range part {
		if unicode.IsUpper(c) && unicode.IsLower(before) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
		before = c
	}
	return strings.FieldsFunc(b.String(), func(c rune) bool { return c == '_' || c == '-' || c == '/' || c == ' ' })
}

// anonymous is a name that says nothing: np.savez calls arrays so that are given without one.
var anonymous = regexp.MustCompile(`^arr_\d+$`)

var biasName = regexp.MustCompile(`^(b|bias(es)?|b(h|hh|x|i|ih|xh|in|rec|y|o|hy|out))\d*$`)

// saysBias reports whether a name is one of a bias.
func saysBias(name string) bool {
	return slices.ContainsFunc(tokens(name[strings.LastIndex(name, ".")+1:]), biasName.MatchString)
}

// owner is the layer of a tensor: its name without the last part.
func owner(name string) string { return name[:max(strings.LastIndex(name, "."), 0)] }
