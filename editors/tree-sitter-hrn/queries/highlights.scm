; Highlighting, by the capture names that Neovim and Helix share.

(comment) @comment
(string) @string
[(number) (frequency)] @number

[
  "model" "const" "input" "steps" "restart" "hop" "param" "state" "range" "headroom"
  "output" "labels" "weights" "train" "decide" "target"
] @keyword
(time) @keyword

(type_name) @type
(call function: (function) @function.builtin)
(option name: (option_name) @variable.parameter)
(option
  name: (option_name) @_option
  value: (name) @constant.builtin
  (#eq? @_option "rounding"))

(model name: (identifier) @namespace)
(const name: (identifier) @constant)
(input name: (identifier) @variable.parameter)
(param name: (identifier) @variable)
(state name: (identifier) @variable)
(update state: (identifier) @variable)
(value name: (identifier) @variable)
(output name: (identifier) @variable)
(name) @variable

(block name: (identifier) @namespace)
(setting key: (key) @property)
(word) @constant

["+" "-" "*" "/" "^" "=" "<-" "<" ">"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ";" ":"] @punctuation.delimiter
