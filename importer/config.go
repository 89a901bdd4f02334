package importer

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Config is what a checkpoint's tensors do not say: the arguments of the authors' BinadamSSM, by their names.
type Config struct {
	File     string
	NumBits  int  // of U and V; 1 is ternary; 0 leaves them as they are
	Block    int  // m; 0 stands for one block of all units
	QOutput  bool // V is quantised like U
	EachStep bool // manytomany
	Relu     bool
	Dataset  string // DATASET.NAME, a hint about the inputs
	known    map[string]any
}

// ReadConfig reads the authors' YAML (arguments under MODEL), or JSON with them under "config" or at the top.
func ReadConfig(path string) (*Config, error) {
	data, err := fileio.ReadAtMost(path, "config", maxConfig)
	if err != nil {
		return nil, err
	}
	return decodeConfig(path, data)
}

// maxConfig and maxNesting bound a configuration: those that people have are lists of a hundred arguments, two levels deep.
const (
	maxConfig  = 64 << 10
	maxNesting = 32
)

func decodeConfig(path string, data []byte) (*Config, error) {
	if fault := unfit(data); fault != "" {
		return nil, diag.InFile(path, "").Errorf("config", "%s, which no configuration of a training needs", fault).
			Helpf("write its arguments as plain lines: num_bits: 4")
	}
	var top map[string]any
	if err := yaml.Unmarshal(data, &top); err != nil {
		return nil, diag.InFile(path, "").Errorf("config", "is neither YAML nor JSON: %s", firstLine(yaml.FormatError(err, false, false))).
			Helpf("it is the file that the training was started with, such as config/pmnist/pmnist_hadamRNN_paper.yaml")
	}
	c := &Config{File: path, known: lower(top)}
	for _, section := range []string{"model", "config"} {
		if inner, ok := c.known[section].(map[string]any); ok {
			if set, ok := c.known["dataset"].(map[string]any); ok {
				c.Dataset, _ = lower(set)["name"].(string)
			}
			c.known = lower(inner)
		}
	}
	return c, c.read()
}

// unfit says why a YAML text would take the parser too long or too much memory; "" when it would not.
func unfit(data []byte) string {
	flow, line, dashes := 0, 0, 0
	indents := []int{}
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
			for len(indents) > 0 && indents[len(indents)-1] >= t.Position.Column {
				indents = indents[:len(indents)-1]
			}
			indents = append(indents, t.Position.Column)
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType:
			return fmt.Sprintf("line %d has an anchor, an alias or a tag", line)
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			dashes++
		}
		if flow+len(indents) > maxNesting || flow == 0 && dashes > maxNesting {
			return fmt.Sprintf("line %d nests deeper than %d", line, maxNesting)
		}
	}
	return ""
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// lower makes keys comparable: the YAML writes HIDDEN_SIZE, the JSON hidden_size.
func lower(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[strings.ToLower(k)] = v
	}
	return out
}

func (c *Config) read() error {
	if len(c.known) == 0 || c.known["hidden_size"] == nil && c.known["basic_block"] == nil && c.known["num_bits"] == nil {
		return diag.InFile(c.File, "").Errorf("config", "says nothing about a HadamRNN").
			Helpf("it holds num_bits, basic_block, qoutput and manytomany, under MODEL or config; it has %s", diag.Names(c.keys()))
	}
	block, err := c.integer("basic_block", 0)
	if s, ok := c.known["basic_block"].(string); ok && strings.EqualFold(s, "full") {
		block, err = -1, nil
	}
	if err != nil {
		return err
	}
	if c.known["basic_block"] == nil {
		block = -1
	}
	if block > 24 {
		return c.wrong("basic_block", "it is the logarithm of the block: 4 gives blocks of 16; 'full' gives one block")
	}
	if block >= 0 {
		c.Block = 1 << block
	}
	if c.NumBits, err = c.integer("num_bits", 0); err != nil {
		return err
	}
	if c.NumBits < 0 || c.NumBits > 16 {
		return c.wrong("num_bits", "1 (ternary) to 16 bits are possible")
	}
	if c.QOutput, err = c.flag("qoutput"); err != nil {
		return err
	}
	if c.EachStep, err = c.flag("manytomany"); err != nil {
		return err
	}
	c.Relu = true
	if a, given := c.known["activation"]; given {
		s, _ := a.(string)
		c.Relu = strings.Contains(s, "ReLU")
		if s != "" && !c.Relu && !strings.Contains(s, "Identity") {
			return c.wrong("activation", "hrnnc has torch.nn.ReLU and none (null)")
		}
	}
	return nil
}

func (c *Config) keys() []string {
	var out []string
	for k := range c.known {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func (c *Config) wrong(key, help string) error {
	return diag.InFile(c.File, "").Errorf("config", "%s is %v", key, c.known[key]).Helpf("%s", help)
}

func (c *Config) integer(key string, missing int) (int, error) {
	switch v := c.known[key].(type) {
	case nil:
		return missing, nil
	case int:
		return v, nil
	case int64:
		return int(v), nil
	case uint64:
		if v < math.MaxInt32 {
			return int(v), nil
		}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < math.MaxInt32 {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	}
	return 0, c.wrong(key, "a whole number is wanted")
}

func (c *Config) flag(key string) (bool, error) {
	switch v := c.known[key].(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(strings.ToLower(v)); err == nil {
			return b, nil
		}
	}
	return false, c.wrong(key, "true or false is wanted")
}

// ParseScale reads 1/255, 0.01 or 2.
func ParseScale(s string) (float64, error) {
	num, den, isRatio := strings.Cut(s, "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if err == nil && isRatio {
		var d float64
		d, err = strconv.ParseFloat(strings.TrimSpace(den), 64)
		v /= d
	}
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is no scale: 1/255 or 0.01 is", s)
	}
	return v, nil
}
